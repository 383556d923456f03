//===- FuseCacheAppend.cpp - Concatenations that grow a cache -------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/fusion/Match.h"
#include "passes/fusion/Passes.h"
#include "passes/fusion/Remarks.h"

namespace hagane {
#define GEN_PASS_DEF_FUSECACHEAPPENDPASS
#include "passes/fusion/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;

/// The attention that reads the value as keys or values, through changes of
/// shape; null if there is none.
static xf::Attention findReader(Value value) {
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (auto attention = dyn_cast<xf::Attention>(user)) {
      if (attention.getK() == value || attention.getV() == value)
        return attention;
    } else if (isa<xf::Transpose, xf::Reshape, xf::Broadcast>(user)) {
      if (xf::Attention reader = findReader(user->getResult(0)))
        return reader;
    }
  }
  return {};
}

/// Whether the value is an argument of the model, or a part of one.
static bool isPast(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<xf::Reshape, xf::Transpose, xf::Slice>(op))
      return false;
    value = op->getOperand(0);
  }
  return isa<func::FuncOp>(value.getParentBlock()->getParentOp());
}

/// Whether the value becomes a result of the model, or a part of one.
static bool isPresent(Value value) {
  return llvm::any_of(value.getUsers(), [](Operation *user) {
    if (isa<func::ReturnOp>(user))
      return true;
    return isa<xf::Reshape, xf::Transpose, xf::Concat>(user) &&
           isPresent(user->getResult(0));
  });
}

namespace {

class FuseCacheAppend
    : public hagane::impl::FuseCacheAppendPassBase<FuseCacheAppend> {
public:
  void runOnOperation() override {
    Shapes shapes(getOperation());
    forEachOp<xf::Concat>(getOperation(),
                          [&](xf::Concat op) { (void)fuse(op, shapes); });
    eraseDeadOps(getOperation());
  }

private:
  LogicalResult fuse(xf::Concat op, Shapes &shapes) {
    if (op.getInputs().size() != 2 || getRank(op) < 3)
      return failure();
    Value past = op.getInputs()[0];
    if (!isPast(past) || !isPresent(op.getY()))
      return failure();
    xf::Attention reader = findReader(op.getY());
    if (!reader)
      return remarks.decline(op, "no attention reads the cache");
    auto axis = static_cast<int64_t>(op.getAxis());
    xf::Dim length = shapes.getDims(op.getY())[axis],
            keys = shapes.getDims(reader.getK())[2];
    if (!shapes.areEqual(length, keys))
      return remarks.decline(op, "the concatenated axis has size " +
                                     length.str() + ", the keys' " +
                                     keys.str());
    OpBuilder builder(op);
    auto append =
        xf::CacheAppend::create(builder, op.getLoc(), op.getType(), past,
                                op.getInputs()[1], op.getAxisAttr());
    op.replaceAllUsesWith(append.getY());
    remarks.apply(append);
    return success();
  }

  Remarks remarks{"cache-append"};
};

} // namespace
