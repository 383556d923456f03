//===- PrepareLoops.cpp - Loops carry values in place ---------------------===//

#include "dialects/xf/XfDynamic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/memory/Passes.h"

namespace hagane {
#define GEN_PASS_DEF_PREPARELOOPSPASS
#include "passes/memory/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;

/// The argument as the body knows it, if its sizes are those of every
/// iteration; null otherwise.
static Value getDestination(BlockArgument argument) {
  auto type = dyn_cast<RankedTensorType>(argument.getType());
  if (!type)
    return {};
  for (Operation *user : argument.getUsers())
    if (auto measure = dyn_cast<xf::Measure>(user))
      return measure.getBinds().empty() ? measure.getY() : Value();
  return type.hasStaticShape() ? Value(argument) : Value();
}

/// Whether the value is the destination with parts of it written.
static bool isWrittenInto(Value value, Value destination,
                          BlockArgument argument) {
  while (value != destination && value != argument) {
    if (auto insert = value.getDefiningOp<tensor::InsertSliceOp>())
      value = insert.getDest();
    else if (auto cast = value.getDefiningOp<tensor::CastOp>())
      value = cast.getSource();
    else
      return false;
  }
  return true;
}

/// Whether a buffer of an inner loop may be that of the value: the inner loop
/// uses it again when it runs the next time.
static bool isOfInnerLoop(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<LoopLikeOpInterface>(op))
      return true;
    if (auto branches = dyn_cast<scf::IfOp>(op)) {
      unsigned i = cast<OpResult>(value).getResultNumber();
      return isOfInnerLoop(branches.thenYield().getOperand(i)) ||
             isOfInnerLoop(branches.elseYield().getOperand(i));
    }
    if (!isa<xf::Measure, tensor::CastOp, tensor::ExpandShapeOp,
             tensor::CollapseShapeOp, tensor::ExtractSliceOp,
             tensor::InsertSliceOp, arith::SelectOp>(op))
      return false;
    for (Value operand : llvm::drop_begin(op->getOperands()))
      if (isa<RankedTensorType>(operand.getType()) && isOfInnerLoop(operand))
        return true;
    value = op->getOperand(0);
  }
  return false;
}

/// Whether the yield passes the value on twice.
static bool isYieldedBefore(OpOperand &next) {
  return llvm::is_contained(
      next.getOwner()->getOperands().take_front(next.getOperandNumber()),
      next.get());
}

/// The buffers of a value whose size changes take turns, so that it must not
/// share one with another value.
static void carryAlone(OpOperand &next) {
  if (!isOfInnerLoop(next.get()) && !isYieldedBefore(next))
    return;
  OpBuilder b(next.getOwner());
  Location loc = next.getOwner()->getLoc();
  auto type = cast<RankedTensorType>(next.get().getType());
  next.set(bufferization::AllocTensorOp::create(b, loc, type, ValueRange(),
                                                next.get()));
}

static void carryInPlace(BlockArgument argument, OpOperand &next) {
  if (!isa<RankedTensorType>(argument.getType()))
    return;
  Value destination = getDestination(argument);
  if (!destination)
    return carryAlone(next);
  if (isWrittenInto(next.get(), destination, argument))
    return;
  OpBuilder b(next.getOwner());
  Location loc = next.getOwner()->getLoc();
  Value written = bufferization::MaterializeInDestinationOp::create(
                      b, loc, destination.getType(), next.get(), destination)
                      .getResult();
  next.set(written);
}

namespace {
struct PrepareLoops : hagane::impl::PrepareLoopsPassBase<PrepareLoops> {
  void runOnOperation() override {
    getOperation().walk([&](scf::ForOp loop) {
      MutableArrayRef<OpOperand> yields =
          loop.getBody()->getTerminator()->getOpOperands();
      for (auto [argument, next] :
           llvm::zip_equal(loop.getRegionIterArgs(), yields))
        carryInPlace(argument, next);
    });
    // The test passes on what the body is to get, after the condition.
    getOperation().walk([&](scf::WhileOp loop) {
      MutableArrayRef<OpOperand> yields = loop.getYieldOp()->getOpOperands();
      for (auto [i, passed] : llvm::enumerate(loop.getConditionOp().getArgs()))
        if (auto given = dyn_cast<BlockArgument>(passed);
            given && given.getOwner() == loop.getBeforeBody())
          carryInPlace(loop.getAfterArguments()[i],
                       yields[given.getArgNumber()]);
    });
  }
};
} // namespace
