//===- ShareOutputs.cpp - Outputs that may take an input's memory ---------===//

#include "dialects/kernel/KernelOps.h"
#include "passes/memory/BufferLife.h"
#include "passes/memory/Passes.h"

namespace hagane {
#define GEN_PASS_DEF_SHAREOUTPUTSPASS
#include "passes/memory/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;

/// The argument that an operand of a kernel is, itself and not a view of it.
static BlockArgument argumentOf(Value operand, const Block &body) {
  auto argument = dyn_cast_if_present<BlockArgument>(operand);
  return argument && argument.getOwner() == &body ? argument : BlockArgument();
}

namespace {

struct ShareOutputs : hagane::impl::ShareOutputsPassBase<ShareOutputs> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal() || function.isPrivate())
      return;
    Block &body = function.front();
    Positions positions = numberOperations(body);
    for (auto write : body.getOps<kernel::Write>()) {
      BlockArgument input = argumentOf(write.getPast(), body),
                    output = argumentOf(write.getOuts().front(), body);
      if (input && output && input.getType() == output.getType() &&
          isAlone(write, input, output, positions))
        function.setArgAttr(
            output.getArgNumber(), "kernel.shares",
            Builder(&getContext()).getI64IntegerAttr(input.getArgNumber()));
    }
  }

private:
  /// Whether only `write` reads the input, and nothing has the output before
  /// it.
  bool isAlone(Operation *write, BlockArgument input, BlockArgument output,
               const Positions &positions) {
    if (!getOperation().getArgAttr(output.getArgNumber(), "kernel.output") ||
        getOperation().getArgAttr(input.getArgNumber(), "kernel.output"))
      return false;
    Block &body = *input.getOwner();
    Life read = getLife(input, body, positions),
         written = getLife(output, body, positions);
    int64_t here = positions.lookup(write);
    return read.first == here && read.last == here && written.first == here &&
           llvm::count(write->getOperands(), input) == 1;
  }
};

} // namespace
