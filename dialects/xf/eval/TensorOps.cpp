//===- TensorOps.cpp - Operations of the tensor dialect -------------------===//

#include "dialects/xf/eval/Strides.h"
#include "dialects/xf/eval/UpstreamOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cstring>

using namespace mlir;
using namespace hagane::xf::eval;

namespace {
using Operands = ArrayRef<HostTensor>;
using Result = llvm::Expected<HostTensor>;
} // namespace

static Result evaluateDim(Operands operands) {
  int64_t axis = operands[1].getInteger(0);
  if (axis < 0 || axis >= operands[0].getRank())
    return llvm::createStringError("axis " + Twine(axis) +
                                   " is out of range for " +
                                   describe(operands[0]));
  return HostTensor::scalar(
      IndexType::get(operands[0].getElementType().getContext()),
      operands[0].getSize(axis));
}

static Result evaluateExtract(Operands operands) {
  const HostTensor &x = operands[0];
  int64_t offset = 0;
  for (auto [size, index] : llvm::zip(x.getShape(), operands.drop_front())) {
    int64_t i = index.getInteger(0);
    if (i < 0 || i >= size)
      return llvm::createStringError("index " + Twine(i) +
                                     " is out of range for " + describe(x));
    offset = offset * size + i;
  }
  Result y = HostTensor::create(x.getElementType(), {});
  if (y)
    std::memcpy(y->data(), x.at(offset), x.getElement().bytes);
  return y;
}

static Result evaluateFromElements(tensor::FromElementsOp op,
                                   Operands operands) {
  Result y = HostTensor::create(op.getType().getElementType(),
                                op.getType().getShape());
  if (y)
    for (auto [i, value] : llvm::enumerate(operands))
      std::memcpy(y->at(i), value.data(), y->getElement().bytes);
  return y;
}

/// Static sizes and, in the place of dynamic ones, the next operands.
static Shape mixSizes(ArrayRef<int64_t> sizes, Operands &dynamic) {
  Shape mixed(sizes);
  for (int64_t &size : mixed)
    if (ShapedType::isDynamic(size)) {
      size = dynamic.front().getInteger(0);
      dynamic = dynamic.drop_front();
    }
  return mixed;
}

static Result evaluateEmpty(tensor::EmptyOp op, Operands operands) {
  Type element = op.getType().getElementType();
  Result y =
      HostTensor::create(element, mixSizes(op.getType().getShape(), operands));
  if (!y || y->getByteCount() == 0)
    return y;
  if (y->getElement().isFloat()) {
    for (int64_t i = 0; i < y->getCount(); ++i)
      y->setReal(i, std::numeric_limits<double>::quiet_NaN());
  } else if (!y->getElement().isBool()) {
    for (int64_t i = 0; i < y->getCount(); ++i)
      y->setInteger(i, y->getElement().highestInteger());
  }
  return y;
}

static Result reshape(const HostTensor &x, ArrayRef<int64_t> shape) {
  if (countElements(shape) == x.getCount())
    return x.withShape(shape);
  return llvm::createStringError("found " + describe(x) + ", expected shape " +
                                 describeShape(shape));
}

static Result evaluateExpand(tensor::ExpandShapeOp op, Operands operands) {
  Operands dynamic = operands.drop_front();
  return reshape(operands[0], mixSizes(op.getStaticOutputShape(), dynamic));
}

static Result evaluateCollapse(tensor::CollapseShapeOp op, Operands operands) {
  Shape shape;
  for (const ReassociationIndices &axes : op.getReassociationIndices()) {
    int64_t size = 1;
    for (int64_t axis : axes)
      size *= operands[0].getSize(axis);
    shape.push_back(size);
  }
  return reshape(operands[0], shape);
}

namespace {
/// The part of a tensor that a slice names.
struct Part {
  Shape sizes, strides; // strides in elements of the whole
  int64_t offset = 0;
};
} // namespace

template <typename OpTy>
static llvm::Expected<Part> partOf(OpTy op, const HostTensor &whole,
                                   Operands dynamic) {
  Shape offsets = mixSizes(op.getStaticOffsets(), dynamic);
  Part part;
  part.sizes = mixSizes(op.getStaticSizes(), dynamic);
  Shape steps = mixSizes(op.getStaticStrides(), dynamic);
  part.strides = stridesOf(whole.getShape());
  for (size_t i = 0; i < offsets.size(); ++i) {
    int64_t size = part.sizes[i];
    int64_t last = offsets[i] + (size - 1) * steps[i], end = whole.getSize(i);
    if (size < 0 || offsets[i] < 0 || offsets[i] > end ||
        (size > 0 && (offsets[i] == end || last < 0 || last >= end)))
      return llvm::createStringError(
          "the slice of " + Twine(size) + " from " + Twine(offsets[i]) +
          " is out of range on axis " + Twine(i) + " of " + describe(whole));
    part.offset += offsets[i] * part.strides[i];
    part.strides[i] *= steps[i];
  }
  return part;
}

/// The sizes without those of axes that the type drops.
static Shape dropUnitAxes(ArrayRef<int64_t> sizes,
                          const llvm::SmallBitVector &dropped) {
  Shape shape;
  for (auto [i, size] : llvm::enumerate(sizes))
    if (!dropped.test(i))
      shape.push_back(size);
  return shape;
}

static Result evaluateExtractSlice(tensor::ExtractSliceOp op,
                                   Operands operands) {
  const HostTensor &x = operands[0];
  auto part = partOf(op, x, operands.drop_front());
  if (!part)
    return part.takeError();
  Result y = HostTensor::create(x.getElementType(),
                                dropUnitAxes(part->sizes, op.getDroppedDims()));
  if (y && y->getCount())
    copyStrided(y->data(), stridesOf(part->sizes), x.at(part->offset),
                part->strides, part->sizes, x.getElement().bytes);
  return y;
}

static Result evaluateInsertSlice(tensor::InsertSliceOp op, Operands operands) {
  const HostTensor &x = operands[0], &whole = operands[1];
  auto part = partOf(op, whole, operands.drop_front(2));
  if (!part)
    return part.takeError();
  if (countElements(part->sizes) != x.getCount())
    return llvm::createStringError("found " + describe(x) + " for a slice of " +
                                   describeShape(part->sizes));
  Result y = HostTensor::create(whole.getElementType(), whole.getShape());
  if (!y || y->getCount() == 0)
    return y;
  std::memcpy(y->data(), whole.data(), whole.getByteCount());
  if (x.getCount())
    copyStrided(y->at(part->offset), part->strides, x.data(),
                stridesOf(part->sizes), part->sizes, x.getElement().bytes);
  return y;
}

Result hagane::xf::eval::evaluateTensorOp(Operation *op, Operands operands) {
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](tensor::CastOp) { return operands[0]; })
      .Case([&](tensor::DimOp) { return evaluateDim(operands); })
      .Case([&](tensor::ExtractOp) { return evaluateExtract(operands); })
      .Case<tensor::FromElementsOp>(
          [&](auto op) { return evaluateFromElements(op, operands); })
      .Case([&](tensor::EmptyOp op) { return evaluateEmpty(op, operands); })
      .Case<tensor::ExpandShapeOp>(
          [&](auto op) { return evaluateExpand(op, operands); })
      .Case<tensor::CollapseShapeOp>(
          [&](auto op) { return evaluateCollapse(op, operands); })
      .Case<tensor::ExtractSliceOp>(
          [&](auto op) { return evaluateExtractSlice(op, operands); })
      .Case<tensor::InsertSliceOp>(
          [&](auto op) { return evaluateInsertSlice(op, operands); })
      .Default([](Operation *op) -> Result { return makeUndefinedError(op); });
}
