// Operations that a handler builds in a word.
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;

Value NodeConverter::constant(ElementsAttr value) {
  return make<xf::Constant>(value, StringAttr());
}

Value NodeConverter::scalar(double value, Type type) {
  auto shape = RankedTensorType::get({}, type);
  if (auto integer = dyn_cast<IntegerType>(type)) {
    APInt bits(64, static_cast<uint64_t>(static_cast<int64_t>(value)));
    return constant(
        DenseElementsAttr::get(shape, bits.sextOrTrunc(integer.getWidth())));
  }
  auto floating = dyn_cast<FloatType>(type);
  if (!floating) {
    (void)error("elements are neither floats nor integers");
    return {};
  }
  APFloat number(value);
  bool losesInfo;
  number.convert(floating.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                 &losesInfo);
  return constant(DenseElementsAttr::get(shape, number));
}

Value NodeConverter::ints(ArrayRef<int64_t> values) {
  return constant(b.getI64TensorAttr(values));
}

ArrayAttr NodeConverter::dims(ArrayRef<Dim> values) {
  SmallVector<Attribute> attrs;
  for (Dim value : values)
    attrs.push_back(value.getAttr());
  return b.getArrayAttr(attrs);
}

ArrayAttr NodeConverter::dims(ArrayRef<int64_t> values) {
  SmallVector<Attribute> attrs;
  for (int64_t value : values)
    attrs.push_back(Dim::constant(b.getContext(), value).getAttr());
  return b.getArrayAttr(attrs);
}

Value NodeConverter::cast(Value x, Type to, bool saturate) {
  if (bad || elem(x) == to)
    return x;
  return make<xf::Cast>(x, TypeAttr::get(to),
                        saturate ? b.getUnitAttr() : UnitAttr());
}

Value NodeConverter::reduce(Value x, xf::ReduceKind kind,
                            ArrayRef<int64_t> axes, bool keepDims) {
  return make<xf::Reduce>(x, kind, axes, keepDims);
}

Value NodeConverter::transpose(Value x, ArrayRef<int64_t> permutation) {
  return make<xf::Transpose>(x, permutation);
}

Value NodeConverter::transposeLast(Value x) {
  SmallVector<int64_t> permutation =
      llvm::to_vector(llvm::seq<int64_t>(0, rank(x)));
  if (permutation.size() >= 2)
    std::swap(permutation.back(), permutation[permutation.size() - 2]);
  return transpose(x, permutation);
}

Value NodeConverter::concat(ArrayRef<Value> values, int64_t axis) {
  if (values.size() == 1)
    return values.front();
  return make<xf::Concat>(ValueRange(values), axis);
}

Value NodeConverter::slice(Value x, int64_t axis, int64_t start, int64_t end) {
  return slice(x, axis, Dim::constant(b.getContext(), start),
               Dim::constant(b.getContext(), end));
}

Value NodeConverter::slice(Value x, int64_t axis, Dim start, Dim end) {
  return make<xf::Slice>(x, Value(), Value(), ArrayRef<int64_t>(axis),
                         dims(start), dims(end), ArrayRef<int64_t>(1));
}

ArrayAttr NodeConverter::sizesAttr(ArrayRef<Size> sizes) {
  SmallVector<Dim> known;
  for (const Size &size : sizes) {
    known.push_back(size.source ? dim(size.source, size.axis)
                                : Dim::constant(b.getContext(), size.constant));
    if (!isDurable(known.back()))
      return {};
  }
  return dims(known);
}

Value NodeConverter::sizeTensor(Size size) {
  if (!size.source)
    return ints(size.constant);
  return slice(make<xf::ShapeOf>(size.source), 0, size.axis, size.axis + 1);
}

Value NodeConverter::sizesTensor(ArrayRef<Size> sizes) {
  SmallVector<Value> parts;
  for (const Size &size : sizes)
    parts.push_back(sizeTensor(size));
  return concat(parts, 0);
}

Value NodeConverter::range(Size count) {
  if (bad)
    return {};
  Type type = b.getI64Type();
  Dim end = count.source ? dim(count.source, count.axis)
                         : Dim::constant(b.getContext(), count.constant);
  Dim zero = Dim::constant(b.getContext(), 0),
      one = Dim::constant(b.getContext(), 1);
  if (isDurable(end))
    return make<xf::Range>(Value(), Value(), Value(), dims({zero, end, one}),
                           TypeAttr::get(type));
  return make<xf::Range>(scalar(0, type), squeeze(sizeTensor(count), {0}),
                         scalar(1, type), ArrayAttr(), TypeAttr::get(type));
}

Value NodeConverter::reshape(Value x, ArrayRef<Size> sizes) {
  if (bad)
    return {};
  ArrayAttr known = sizesAttr(sizes);
  return make<xf::Reshape>(x, known ? Value() : sizesTensor(sizes), known,
                           UnitAttr());
}

Value NodeConverter::broadcast(Value x, ArrayRef<Size> sizes) {
  if (bad)
    return {};
  ArrayAttr known = sizesAttr(sizes);
  return make<xf::Broadcast>(x, known ? Value() : sizesTensor(sizes), known);
}

Value NodeConverter::unsqueeze(Value x, ArrayRef<int64_t> axes) {
  SmallVector<Size> sizes;
  int64_t from = 0, total = rank(x) + static_cast<int64_t>(axes.size());
  for (int64_t axis = 0; axis < total; ++axis)
    sizes.push_back(llvm::is_contained(axes, axis) ? Size(1) : Size(x, from++));
  return reshape(x, sizes);
}

Value NodeConverter::squeeze(Value x, ArrayRef<int64_t> axes) {
  SmallVector<Size> sizes;
  for (int64_t axis = 0; axis < rank(x); ++axis)
    if (!llvm::is_contained(axes, axis))
      sizes.push_back(Size(x, axis));
  return reshape(x, sizes);
}
