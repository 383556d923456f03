//===- FormItem.cpp - Parts of tensors at an iteration's position ---------===//

#include "dialects/xf/XfDynamic.h"
#include "passes/kernels/Forms.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

namespace {
/// The part of a tensor at one position of an axis, which the item lacks.
struct Window {
  Window(ArrayRef<Dim> dims, int64_t axis, Dim at, Location loc,
         KernelBuilder &b) {
    SmallVector<Dim> starts(dims.size(), b.constant(0)), counts(dims);
    starts[axis] = at;
    counts[axis] = b.constant(1);
    offsets = b.sizes(loc, starts);
    sizes = b.sizes(loc, counts);
    strides.assign(dims.size(), b.rewriter.getIndexAttr(1));
  }
  SmallVector<OpFoldResult> offsets, sizes, strides;
};
} // namespace

/// A view.
LogicalResult hagane::form(xf::Item op, KernelBuilder &b) {
  Value x = b.tensor(op.getX());
  SmallVector<Dim> dims(b.shapes.getDims(x));
  Window window(dims, op.getAxis(), op.getAt(), op.getLoc(), b);
  dims.erase(dims.begin() + int64_t(op.getAxis()));
  auto type = RankedTensorType::get(
      getStaticSizes(dims),
      cast<RankedTensorType>(x.getType()).getElementType());
  Value y = tensor::ExtractSliceOp::create(b.rewriter, op.getLoc(), type, x,
                                           window.offsets, window.sizes,
                                           window.strides);
  b.shapes.setDims(y, dims);
  b.replace(op, y);
  return success();
}

/// Written in place where nobody reads the tensor as it was.
LogicalResult hagane::form(xf::PutItem op, KernelBuilder &b) {
  Value item = b.tensor(op.getItem()), x = b.tensor(op.getX());
  SmallVector<Dim> dims(b.shapes.getDims(x));
  Window window(dims, op.getAxis(), op.getAt(), op.getLoc(), b);
  Value y = tensor::InsertSliceOp::create(b.rewriter, op.getLoc(), item, x,
                                          window.offsets, window.sizes,
                                          window.strides);
  b.shapes.setDims(y, dims);
  b.replace(op, y);
  return success();
}
