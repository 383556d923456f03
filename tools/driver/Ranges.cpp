#include "tools/driver/Ranges.h"

#include "passes/quantization/Products.h"
#include "passes/quantization/Scheme.h"
#include <cmath>

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::eval::HostTensor;

/// The methods that rules need, once each.
static SmallVector<RangeMethod> listMethods(ArrayRef<std::string> rules) {
  SmallVector<RangeMethod> methods;
  for (const std::string &text : rules) {
    llvm::Expected<QuantizationRule> rule = QuantizationRule::parse(text);
    if (!rule)
      llvm::consumeError(rule.takeError());
    else if (const QuantizationScheme &scheme = rule->scheme;
             scheme.activations == QuantizationScheme::Activations::fixed &&
             !llvm::is_contained(methods, scheme.range))
      methods.push_back(scheme.range);
  }
  return methods;
}

namespace {

/// The inputs of products, which may share them.
class InputRanges {
public:
  InputRanges(ModuleOp fused, ArrayRef<Observation> observations)
      : products(getWeightedProducts(fused.lookupSymbol<func::FuncOp>("main"))),
        observations(observations) {
    for (auto [i, product] : llvm::enumerate(products))
      if (firsts.try_emplace(product.getX(), i).second)
        inputs.push_back(i);
  }

  LogicalResult count(const Calibration &calibration, ModuleOp fused,
                      const cpu::Target &target, const PhaseOptions &options);
  LogicalResult note(ArrayRef<RangeMethod> methods);

private:
  FailureOr<NumberRange> getWhole(size_t product);
  NumberRange choose(size_t input, NumberRange whole,
                     RangeMethod method) const {
    auto found = histograms.find(input);
    return found == histograms.end() ? whole : found->second.choose(method);
  }

  SmallVector<xf::Linear> products;
  ArrayRef<Observation> observations;
  llvm::DenseMap<Value, size_t> firsts; // products that read a value
  SmallVector<size_t> inputs;           // those, in order
  llvm::DenseMap<size_t, Histogram> histograms;
};

} // namespace

FailureOr<NumberRange> InputRanges::getWhole(size_t product) {
  const Observation &seen = observations[product];
  for (ArrayRef<double> ends : {ArrayRef(seen.lowest), ArrayRef(seen.highest)})
    if (!llvm::all_of(ends, [](double end) { return std::isfinite(end); }))
      return products[product].emitError(
          "calibration data gives this product an input that is not finite, "
          "expected numbers to find a range of");
  NumberRange range;
  for (double low : seen.lowest)
    range.low = std::min(range.low, low);
  for (double high : seen.highest)
    range.high = std::max(range.high, high);
  return range;
}

LogicalResult InputRanges::count(const Calibration &calibration, ModuleOp fused,
                                 const cpu::Target &target,
                                 const PhaseOptions &options) {
  for (size_t input : inputs) {
    FailureOr<NumberRange> whole = getWhole(input);
    if (failed(whole))
      return failure();
    histograms.try_emplace(input, *whole);
  }
  return calibration.visitInputs(
      fused, inputs, target, options, [&](size_t input, const HostTensor &x) {
        histograms.find(input)->second.add(
            {reinterpret_cast<const float *>(x.data()),
             static_cast<size_t>(x.getCount())});
      });
}

LogicalResult InputRanges::note(ArrayRef<RangeMethod> methods) {
  for (size_t input : inputs) {
    FailureOr<NumberRange> whole = getWhole(input);
    if (failed(whole))
      return failure();
    Builder builder(products[input].getContext());
    NamedAttrList ranges;
    for (RangeMethod method : methods) {
      NumberRange range = choose(input, *whole, method);
      ranges.append(getName(method), builder.getDenseF32ArrayAttr(
                                         {static_cast<float>(range.low),
                                          static_cast<float>(range.high)}));
    }
    for (xf::Linear product : products)
      if (firsts.lookup(product.getX()) == input)
        product->setAttr(kRangesAttr,
                         ranges.getDictionary(builder.getContext()));
  }
  return success();
}

LogicalResult hagane::driver::noteRanges(ModuleOp fused,
                                         ArrayRef<std::string> rules,
                                         const Calibration &calibration,
                                         ArrayRef<Observation> observations,
                                         const cpu::Target &target,
                                         const PhaseOptions &options) {
  SmallVector<RangeMethod> methods = listMethods(rules);
  if (methods.empty())
    return success();
  InputRanges ranges(fused, observations);
  bool needsCounts = llvm::any_of(methods, [](RangeMethod method) {
    return method != RangeMethod::minmax;
  });
  if (needsCounts && failed(ranges.count(calibration, fused, target, options)))
    return failure();
  return ranges.note(methods);
}

void hagane::driver::eraseRanges(ModuleOp module) {
  module.walk([](xf::Linear op) { op->removeAttr(kRangesAttr); });
}
