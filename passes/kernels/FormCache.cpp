//===- FormCache.cpp - Writing into caches --------------------------------===//

#include "dialects/xf/XfDynamic.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/TaskBuilder.h"

using namespace mlir;
using namespace hagane;

/// What is written, read where it is behind a transpose, and the map from the
/// cache's axes to its own.
static std::pair<Value, AffineMap> getWritten(xf::CacheWrite op,
                                              KernelBuilder &b) {
  auto rank = static_cast<unsigned>(b.shapes.getDims(op.getX()).size());
  auto transpose = op.getX().getDefiningOp<xf::Transpose>();
  if (!transpose)
    return {op.getX(),
            AffineMap::getMultiDimIdentityMap(rank, op.getContext())};
  // Axis i of the cache is axis permutation[i] of what is read.
  auto order =
      AffineMap::getPermutationMap(transpose.getPermutation(), op.getContext());
  return {transpose.getX(), inversePermutation(order)};
}

LogicalResult hagane::form(xf::CacheWrite op, KernelBuilder &b) {
  auto [written, map] = getWritten(op, b);
  SmallVector<Value> operands{b.tensor(written), b.tensor(op.getStarts())};
  if (op.getPast())
    operands.push_back(b.tensor(op.getPast()));
  Value out = emptyLike(op.getY(), b);
  operands.push_back(out);
  Value past = op.getPast() ? operands[2] : Value();
  auto write = kernel::Write::create(
      b.rewriter, op.getLoc(), out.getType(), operands[0], operands[1], past,
      out, op.getAxis(), map, op.getKeepRest(), op.getCircular(),
      b.shapesOf(operands), /*schedule=*/Attribute());
  b.noteResults(write);
  b.replace(op, write.getResult(0));
  return success();
}
