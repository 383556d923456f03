//===- ChooseQuantization.cpp - Products of codes -------------------------===//

#include "dialects/xf/NodeNames.h"
#include "dialects/xf/XfQuantization.h"
#include "passes/fusion/Match.h"
#include "passes/fusion/Remarks.h"
#include "passes/quantization/Passes.h"
#include "passes/quantization/Products.h"
#include "passes/quantization/Tables.h"
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

/// Why a constant weight or table stays as it is; empty if it need not.
StringRef findObstacle(Value matrix) {
  auto type = cast<RankedTensorType>(matrix.getType());
  if (!isa<Float32Type, Float16Type, BFloat16Type>(type.getElementType()) ||
      type.getRank() != 2)
    return "its weight is no matrix of f32, f16 or bf16";
  if (llvm::any_of(type.getShape(),
                   [](int64_t size) { return size < kLeastSize; }))
    return "its matrix is small";
  if (isQuantized(matrix))
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
    SmallVector<xf::Gather> tables = getTables(getOperation());
    SmallVector<Operation *> all(products.begin(), products.end());
    llvm::append_range(all, tables);
    if (all.empty())
      return getOperation().emitError(
          "the model has no product by a constant weight, expected one to "
          "quantize");
    if (failed(checkPatterns(all)))
      return failure();
    // Products that read a table bring its codes.
    for (xf::Gather op : tables)
      tied.try_emplace(op.getX());
    for (xf::Linear op : products)
      if (failed(choose(op)))
        return failure();
    for (xf::Gather op : tables)
      choose(op);
    return success();
  }

  static bool isProduct(xf::Linear op) {
    auto weight = cast<RankedTensorType>(op.getWeight().getType());
    return isa<FloatType>(weight.getElementType()) && weight.hasStaticShape() &&
           fusion::isConstantExpression(op.getWeight()) &&
           !fusion::isConstantExpression(op.getX());
  }

  static bool matches(const QuantizationRule &rule, Operation *op) {
    return !rule.pattern ||
           llvm::any_of(xf::collectNodeNames(op->getLoc()),
                        [&](StringRef name) { return rule.matches(name); });
  }

  LogicalResult checkPatterns(ArrayRef<Operation *> products) {
    for (const QuantizationRule &rule : parsed) {
      if (llvm::any_of(products,
                       [&](Operation *op) { return matches(rule, op); }))
        continue;
      llvm::SetVector<StringRef> names;
      for (Operation *op : products)
        names.insert_range(xf::collectNodeNames(op->getLoc()));
      std::string list =
          llvm::join(names.getArrayRef().take_front(kMostNames), "', '");
      return getOperation().emitError("no product's name matches '")
             << rule.patternText << "', expected one of " << names.size()
             << " names such as '" << list << "'";
    }
    return success();
  }

  /// The last rule that matches; null if there is none that quantizes.
  const QuantizationRule *findRule(Operation *op) const {
    const QuantizationRule *last = nullptr;
    for (const QuantizationRule &rule : parsed)
      if (matches(rule, op))
        last = &rule;
    return last && last->scheme.bits > 0 ? last : nullptr;
  }

  /// Rows are read from codes: those of a product of the same matrix, if there
  /// is one.
  void choose(xf::Gather op) {
    const QuantizationRule *rule = findRule(op);
    if (!rule)
      return;
    Value table = op.getX();
    StringRef obstacle = findObstacle(table);
    if (!obstacle.empty()) {
      (void)remarks.decline(op, obstacle);
      return;
    }
    Scheme scheme = getTableScheme(*rule);
    Value &numbers = tied[table];
    if (!numbers) {
      OpBuilder builder(&getContext());
      builder.setInsertionPointAfterValue(table);
      numbers = makeCodedMatrix(builder, op.getLoc(), table,
                                /*transposed=*/true, scheme);
    }
    op.getXMutable().assign(numbers);
    op->setAttr(kSchemeAttr, StringAttr::get(&getContext(), scheme.str()));
    remarks.apply(op);
  }

  LogicalResult choose(xf::Linear op) {
    const QuantizationRule *last = findRule(op);
    if (!last)
      return success();
    StringRef obstacle = findObstacle(op.getWeight());
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
    Value weight = op.getWeight();
    bool transposed = op.getTransposeWeight();
    auto table = tied.find(weight);
    bool isTable = transposed && table != tied.end();
    if (isTable)
      builder.setInsertionPointAfterValue(weight);
    Value numbers =
        makeCodedMatrix(builder, op.getLoc(), weight, transposed, scheme);
    if (isTable)
      table->second = numbers;
    op.getWeightMutable().assign(numbers);
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
  llvm::DenseMap<Value, Value> tied; ///< tables, and their numbers by codes
  llvm::DenseMap<std::pair<Value, int64_t>, Value> quantized; // by block
  llvm::DenseMap<std::tuple<Value, int, int>, Value> fixed;
  fusion::Remarks remarks{"quantize", "quantization"};
};

} // namespace
