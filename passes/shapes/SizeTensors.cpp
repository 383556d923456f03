//===- SizeTensors.cpp - Size arithmetic that the run does ----------------===//

#include "passes/shapes/SizeTensors.h"
#include "passes/shapes/ShapeAnalysis.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

Value SizeTensors::cast(Value x, Type to) {
  if (getElementTypeOrSelf(x) == to)
    return x;
  return xf::Cast::create(b, x, to, /*saturate=*/false);
}

Value SizeTensors::scalar(int64_t value, Type type) {
  auto tensor = RankedTensorType::get({}, type);
  Attribute element = isa<FloatType>(type)
                          ? Attribute(b.getFloatAttr(type, double(value)))
                          : b.getIntegerAttr(type, value);
  return xf::Constant::create(
      b, tensor, DenseElementsAttr::get(tensor, element), StringAttr());
}

Value SizeTensors::of(ArrayRef<Dim> dims) {
  auto type = RankedTensorType::get({int64_t(dims.size())}, i64());
  return xf::Dims::create(b, type, getDimsAttr(b.getContext(), dims),
                          TypeAttr::get(type));
}

Value SizeTensors::element(Value vector, int64_t at) {
  auto type = ::llvm::cast<RankedTensorType>(vector.getType());
  MLIRContext *context = b.getContext();
  if (type.getRank() == 0)
    vector = xf::Reshape::create(
        b, vector, Value(), getDimsAttr(context, constantDim(1)), UnitAttr());
  else if (type.getShape() != ArrayRef<int64_t>{1})
    vector = xf::Slice::create(
        b, vector, Value(), Value(), b.getDenseI64ArrayAttr({0}),
        getDimsAttr(context, constantDim(at)),
        getDimsAttr(context, constantDim(at + 1)), b.getDenseI64ArrayAttr({1}));
  return cast(vector, i64());
}

Value SizeTensors::sizeOf(Value x, int64_t axis) {
  return element(xf::ShapeOf::create(b, x), axis);
}

Value SizeTensors::countOf(Value x) {
  return xf::Reduce::create(b, xf::ShapeOf::create(b, x), xf::ReduceKind::prod,
                            ArrayRef<int64_t>{0}, /*keep_dims=*/true);
}

Value SizeTensors::concat(ArrayRef<Value> parts) {
  return parts.size() == 1 ? parts.front()
                           : xf::Concat::create(b, parts, /*axis=*/0);
}

Value SizeTensors::add(Value x, Value y) { return xf::Add::create(b, x, y); }
Value SizeTensors::sub(Value x, Value y) { return xf::Sub::create(b, x, y); }
Value SizeTensors::mul(Value x, Value y) { return xf::Mul::create(b, x, y); }
Value SizeTensors::div(Value x, Value y) { return xf::Div::create(b, x, y); }
Value SizeTensors::min(Value x, Value y) { return xf::Min::create(b, x, y); }
Value SizeTensors::max(Value x, Value y) { return xf::Max::create(b, x, y); }

Value SizeTensors::replace(Value x, int64_t value, Value ifEqual) {
  Value equal = xf::Cmp::create(b, x, constant(value), xf::CmpKind::eq);
  return xf::Select::create(b, equal, ifEqual, x);
}

Value SizeTensors::position(Value at, Value size, Value low, Value high) {
  Value negative = xf::Cmp::create(b, at, constant(0), xf::CmpKind::lt);
  at = xf::Select::create(b, negative, add(at, size), at);
  return min(max(at, low), high);
}
