//===- Products.cpp - Products that have weights to quantize --------------===//

#include "passes/quantization/Products.h"
#include "dialects/xf/XfQuantization.h"
#include "passes/fusion/Match.h"

using namespace mlir;
using namespace hagane;

SmallVector<xf::Linear> hagane::getWeightedProducts(func::FuncOp main) {
  SmallVector<xf::Linear> products;
  if (main.isExternal())
    return products;
  for (auto op : main.front().getOps<xf::Linear>()) {
    auto weight = cast<RankedTensorType>(op.getWeight().getType());
    if (isa<FloatType>(getElementTypeOrSelf(op.getX())) &&
        weight.hasStaticShape() &&
        fusion::isConstantExpression(op.getWeight()) &&
        !fusion::isConstantExpression(op.getX()))
      products.push_back(op);
  }
  return products;
}

bool hagane::isQuantized(Value constant) {
  Operation *op = constant.getDefiningOp();
  return op && (isa<xf::Dequantize, xf::QuantizeWeight>(op) ||
                llvm::any_of(op->getOperands(), isQuantized));
}

std::optional<QuantizationScheme> hagane::getScheme(xf::Linear op) {
  auto text = op->getAttrOfType<StringAttr>(kSchemeAttr);
  if (!text)
    return std::nullopt;
  llvm::Expected<QuantizationScheme> scheme =
      QuantizationScheme::parse(text.getValue());
  if (scheme)
    return *scheme;
  llvm::consumeError(scheme.takeError());
  return std::nullopt;
}

std::string hagane::getObservationName(size_t product, StringRef what) {
  return ("product." + Twine(product) + "." + what).str();
}

void hagane::returnInstead(func::FuncOp main, ArrayRef<Value> values,
                           ArrayRef<std::string> names) {
  Builder builder(main.getContext());
  main.front().getTerminator()->setOperands(values);
  main.setType(builder.getFunctionType(main.getArgumentTypes(),
                                       ValueRange(values).getTypes()));
  SmallVector<DictionaryAttr> attributes;
  for (const std::string &name : names)
    attributes.push_back(builder.getDictionaryAttr(
        builder.getNamedAttr("onnx.name", builder.getStringAttr(name))));
  main.setAllResultAttrs(attributes);
}

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

static int64_t countBytes(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return static_cast<int64_t>(llvm::divideCeil(
      type.getNumElements() * type.getElementTypeBitWidth(), 8));
}

/// "int4 in blocks of 32 with zero points".
static std::string describeCodes(xf::Dequantize op) {
  auto type = cast<RankedTensorType>(op.getX().getType());
  std::string text = ("int" + Twine(type.getElementTypeBitWidth())).str();
  if (auto block = static_cast<int64_t>(op.getBlock());
      block > 0 && block < type.getDimSize(op.getAxis()))
    text += " in blocks of " + std::to_string(block);
  if (op.getZeroPoint())
    text += " with zero points";
  return text;
}

/// Adds what a constant expression is stored as.
static void addForm(Value value, FactorForm &form) {
  Operation *op = value.getDefiningOp();
  if (auto codes = dyn_cast<xf::Dequantize>(op)) {
    for (Value operand : codes->getOperands())
      form.bytes += countBytes(fusion::skipFloatCasts(operand));
    std::string text = describeCodes(codes);
    if (!StringRef(form.text).contains(text))
      form.text += (form.text.empty() ? "" : " and ") + text;
    return;
  }
  if (op->getNumOperands() == 0) {
    form.bytes += countBytes(value);
    return;
  }
  for (Value operand : op->getOperands())
    addForm(operand, form);
}

FactorForm hagane::getFactorForm(xf::Linear op) {
  FactorForm form;
  addForm(op.getWeight(), form);
  if (auto scheme = op->getAttrOfType<StringAttr>(kSchemeAttr)) {
    form.text = scheme.str();
    return form;
  }
  Value x = fusion::skipFloatCasts(op.getX());
  if (auto codes = x.getDefiningOp<xf::Dequantize>()) {
    auto type = cast<RankedTensorType>(codes.getX().getType());
    form.text += (Twine(form.text.empty() ? "" : ", ") + "inputs int" +
                  Twine(type.getElementTypeBitWidth()))
                     .str();
  }
  return form;
}
