//===- VerifyStates.cpp - States stay where they are ----------------------===//

#include "mlir/Interfaces/ViewLikeInterface.h"
#include "passes/state/Passes.h"

namespace hagane {
#define GEN_PASS_DEF_VERIFYSTATESPASS
#include "passes/state/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;

/// Whether a user of a state's memory reads or writes it in place. A kernel
/// that writes it keeps what it does not write.
static bool isInPlace(OpOperand &use) {
  auto kernel = dyn_cast<kernel::KernelOpInterface>(use.getOwner());
  if (!kernel)
    return false;
  if (isa<kernel::Attention>(use.getOwner()))
    return !cast<DestinationStyleOpInterface>(use.getOwner()).isDpsInit(&use);
  return use.getOwner()->hasAttr(kernel::kKeepsAttr) &&
         cast<DestinationStyleOpInterface>(use.getOwner()).isDpsInit(&use);
}

static LogicalResult verify(Value memory, StringRef name) {
  for (OpOperand &use : memory.getUses()) {
    Operation *user = use.getOwner();
    if (auto view = dyn_cast<ViewLikeOpInterface>(user);
        view && view.getViewSource() == memory) {
      if (failed(verify(user->getResult(0), name)))
        return failure();
    } else if (!isInPlace(use)) {
      return user->emitError("state '")
             << name << "' is copied or rewritten here, expected kernels that "
             << "append to it or attend to it";
    }
  }
  return success();
}

namespace {
struct VerifyStates : hagane::impl::VerifyStatesPassBase<VerifyStates> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    for (BlockArgument argument : function.getArguments()) {
      unsigned i = argument.getArgNumber();
      if (!function.getArgAttr(i, "kernel.state"))
        continue;
      auto name = function.getArgAttrOfType<StringAttr>(i, "onnx.name");
      if (failed(verify(argument, name ? name.getValue() : "")))
        return signalPassFailure();
    }
  }
};
} // namespace
