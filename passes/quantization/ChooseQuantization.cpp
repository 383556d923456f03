//===- ChooseQuantization.cpp - Products of codes -------------------------===//

#include "dialects/xf/NodeNames.h"
#include "dialects/xf/XfQuantization.h"
#include "passes/fusion/Match.h"
#include "passes/fusion/Remarks.h"
#include "passes/quantization/Passes.h"
#include "passes/quantization/Products.h"
#include <cmath>

namespace hagane {
#define GEN_PASS_DEF_CHOOSEQUANTIZATIONPASS
#include "passes/quantization/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using Scheme = QuantizationScheme;

namespace {

/// Sizes of a weight from which its bytes matter: one vector.
constexpr int64_t kLeastSize = 16;

/// Names that a message lists.
constexpr size_t kMostNames = 4;

/// Why a product with a constant weight stays as it is; empty if it need not.
StringRef findObstacle(xf::Linear op) {
  auto weight = cast<RankedTensorType>(op.getWeight().getType());
  if (!isa<Float32Type, Float16Type, BFloat16Type>(weight.getElementType()) ||
      weight.getRank() != 2)
    return "its weight is no matrix of f32, f16 or bf16";
  if (llvm::any_of(weight.getShape(),
                   [](int64_t size) { return size < kLeastSize; }))
    return "its matrix is small";
  if (isQuantized(op.getWeight()))
    return "its weight is quantized in the model";
  return {};
}

/// What calibration data says of a product's input.
std::optional<NumberRange> getRange(xf::Linear op, RangeMethod method) {
  auto ranges = op->getAttrOfType<DictionaryAttr>(kRangesAttr);
  auto ends = ranges ? ranges.getAs<DenseF32ArrayAttr>(getName(method))
                     : DenseF32ArrayAttr();
  if (!ends || ends.size() != 2 ||
      !llvm::all_of(ends.asArrayRef(),
                    [](float end) { return std::isfinite(end); }))
    return std::nullopt;
  return NumberRange{std::min(ends[0], 0.0F), std::max(ends[1], 0.0F)};
}

/// Codes whose scale and zero point are constants, undone.
Value makeFixedCodes(Value x, NumberRange range, bool isSigned) {
  OpBuilder builder(x.getContext());
  builder.setInsertionPointAfterValue(x);
  Location location = x.getLoc();
  double length =
      isSigned ? 2 * std::max(-range.low, range.high) : range.high - range.low;
  // What is always 0 has any scale.
  float scale = length >= xf::kLeastMagnitude
                    ? static_cast<float>(
                          length / (isSigned ? kRangeSteps - 1 : kRangeSteps))
                    : 1;
  auto addConstant = [&](TypedAttr value, Type type) -> Value {
    auto tensor = RankedTensorType::get({}, type);
    return xf::Constant::create(builder, location, tensor,
                                DenseElementsAttr::get(tensor, value),
                                StringAttr());
  };
  Value scales =
      addConstant(builder.getF32FloatAttr(scale), builder.getF32Type());
  Type code = isSigned ? builder.getI8Type()
                       : Type(builder.getIntegerType(8, /*isSigned=*/false));
  Value zero;
  if (!isSigned)
    zero = addConstant(
        builder.getIntegerAttr(
            code, static_cast<int64_t>(std::rint(-range.low / scale))),
        code);
  Value codes = xf::Quantize::create(builder, location, x, scales, zero,
                                     /*axis=*/0, /*block=*/0, code);
  Value result = xf::Dequantize::create(builder, location, codes, scales, zero,
                                        /*axis=*/0, /*block=*/0);
  Type element = getElementTypeOrSelf(x);
  if (!element.isF32())
    result = xf::Cast::create(builder, location, result, element);
  return result;
}

class ChooseQuantization
    : public hagane::impl::ChooseQuantizationPassBase<ChooseQuantization> {
public:
  using ChooseQuantizationPassBase::ChooseQuantizationPassBase;

  void runOnOperation() override {
    if (rules.empty())
      return;
    if (failed(parseRules()) || failed(chooseAll()))
      signalPassFailure();
  }

private:
  LogicalResult parseRules() {
    for (const std::string &text : rules) {
      llvm::Expected<QuantizationRule> rule = QuantizationRule::parse(text);
      if (!rule)
        return getOperation().emitError(llvm::toString(rule.takeError()));
      parsed.push_back(std::move(*rule));
    }
    return success();
  }

  LogicalResult chooseAll() {
    SmallVector<xf::Linear> products;
    getOperation().walk([&](xf::Linear op) {
      if (isProduct(op))
        products.push_back(op);
    });
    if (products.empty())
      return getOperation().emitError(
          "the model has no product by a constant weight, expected one to "
          "quantize");
    if (failed(checkPatterns(products)))
      return failure();
    for (xf::Linear op : products)
      if (failed(choose(op)))
        return failure();
    return success();
  }

  static bool isProduct(xf::Linear op) {
    auto weight = cast<RankedTensorType>(op.getWeight().getType());
    return isa<FloatType>(weight.getElementType()) && weight.hasStaticShape() &&
           fusion::isConstantExpression(op.getWeight()) &&
           !fusion::isConstantExpression(op.getX());
  }

  static bool matches(const QuantizationRule &rule, xf::Linear op) {
    return !rule.pattern ||
           llvm::any_of(xf::collectNodeNames(op.getLoc()),
                        [&](StringRef name) { return rule.matches(name); });
  }

  LogicalResult checkPatterns(ArrayRef<xf::Linear> products) {
    for (const QuantizationRule &rule : parsed) {
      if (llvm::any_of(products,
                       [&](xf::Linear op) { return matches(rule, op); }))
        continue;
      llvm::SetVector<StringRef> names;
      for (xf::Linear op : products)
        names.insert_range(xf::collectNodeNames(op.getLoc()));
      std::string list =
          llvm::join(names.getArrayRef().take_front(kMostNames), "', '");
      return getOperation().emitError("no product's name matches '")
             << rule.patternText << "', expected one of " << names.size()
             << " names such as '" << list << "'";
    }
    return success();
  }

  LogicalResult choose(xf::Linear op) {
    const QuantizationRule *last = nullptr;
    for (const QuantizationRule &rule : parsed)
      if (matches(rule, op))
        last = &rule;
    if (!last || last->scheme.bits == 0)
      return success();
    StringRef obstacle = findObstacle(op);
    if (!obstacle.empty()) {
      (void)remarks.decline(op, obstacle);
      return success();
    }
    if (failed(checkGroup(op, last->scheme)))
      return failure();
    quantizeWeight(op, last->scheme);
    if (failed(quantizeInput(op, last->scheme)))
      return failure();
    op->setAttr(kSchemeAttr,
                StringAttr::get(&getContext(), last->scheme.str()));
    remarks.apply(op);
    return success();
  }

  static int64_t getDepth(xf::Linear op) {
    return cast<RankedTensorType>(op.getWeight().getType())
        .getDimSize(op.getTransposeWeight() ? 1 : 0);
  }

  /// Groups of activations are views of their rows.
  static LogicalResult checkGroup(xf::Linear op, const Scheme &scheme) {
    int64_t depth = getDepth(op);
    if (scheme.activations != Scheme::Activations::blocks ||
        depth % scheme.block == 0)
      return success();
    return op.emitError("cannot quantize activations by groups of ")
           << scheme.block << ": it sums over " << depth
           << " elements, expected a multiple";
  }

  void quantizeWeight(xf::Linear op, const Scheme &scheme) {
    OpBuilder builder(op);
    Location location = op.getLoc();
    Value weight = op.getWeight();
    Type element = getElementTypeOrSelf(weight);
    bool transposed = op.getTransposeWeight();
    int64_t depth = getDepth(op),
            block = scheme.block < depth ? scheme.block : 0;
    Type f32 = builder.getF32Type();
    auto codes = xf::QuantizeWeight::create(
        builder, location, weight, scheme.bits, block, scheme.symmetric,
        transposed, scheme.searches ? "mse" : "nearest",
        scheme.scale == Scheme::Scale::f16 ? Type(builder.getF16Type()) : f32);
    // Numbers are exact products of f32 scales and codes.
    Value scales = codes.getScales();
    if (!getElementTypeOrSelf(scales).isF32())
      scales = xf::Cast::create(builder, location, scales, f32);
    Value result = xf::Dequantize::create(
        builder, location, codes.getCodes(), scales, codes.getZeros(),
        int64_t(transposed ? 1 : 0), block ? block : depth);
    if (!element.isF32())
      result = xf::Cast::create(builder, location, result, element);
    op.getWeightMutable().assign(result);
  }

  LogicalResult quantizeInput(xf::Linear op, const Scheme &scheme) {
    switch (scheme.activations) {
    case Scheme::Activations::model:
      return success();
    case Scheme::Activations::fixed:
      return quantizeByRange(op, scheme);
    case Scheme::Activations::rows:
    case Scheme::Activations::blocks:
      quantizeByRows(op, scheme);
      return success();
    }
    return failure();
  }

  LogicalResult quantizeByRange(xf::Linear op, const Scheme &scheme) {
    std::optional<NumberRange> range = getRange(op, scheme.range);
    if (!range)
      return op.emitError("has no range of its inputs by the method ")
             << hagane::getName(scheme.range)
             << ", expected one from calibration data";
    // Kernels multiply unsigned bytes by signed ones, and signed bytes by codes
    // of blocks or other zero points.
    bool isSigned = scheme.bits != 8 || scheme.block != 0 || !scheme.symmetric;
    Value &result =
        fixed[{op.getX(), isSigned, static_cast<int>(scheme.range)}];
    if (!result)
      result = makeFixedCodes(op.getX(), *range, isSigned);
    op.getXMutable().assign(result);
    return success();
  }

  void quantizeByRows(xf::Linear op, const Scheme &scheme) {
    Value x = op.getX();
    int64_t depth = getDepth(op),
            block = scheme.activations == Scheme::Activations::blocks &&
                            scheme.block < depth
                        ? scheme.block
                        : 0;
    Value &result = quantized[{x, block}];
    if (!result)
      result = quantizeRows(x, block, depth);
    op.getXMutable().assign(result);
  }

  /// All products of an input share its codes.
  static Value quantizeRows(Value x, int64_t block, int64_t depth) {
    OpBuilder builder(x.getContext());
    builder.setInsertionPointAfterValue(x);
    Location location = x.getLoc();
    int64_t axis = fusion::getRank(x) - 1;
    Type element = getElementTypeOrSelf(x);
    auto codes = xf::QuantizeRows::create(builder, location, x, block);
    Value result = xf::Dequantize::create(builder, location, codes.getCodes(),
                                          codes.getScales(), Value(), axis,
                                          block ? block : depth);
    if (!element.isF32())
      result = xf::Cast::create(builder, location, result, element);
    return result;
  }

  std::vector<QuantizationRule> parsed;
  llvm::DenseMap<std::pair<Value, int64_t>, Value> quantized; // by block
  llvm::DenseMap<std::tuple<Value, int, int>, Value> fixed;
  fusion::Remarks remarks{"quantize", "quantization"};
};

} // namespace
