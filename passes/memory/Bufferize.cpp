//===- Bufferize.cpp - One-Shot Bufferize with our options
//---------------------===//

#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotModuleBufferize.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/memory/Passes.h"

namespace hagane {
#define GEN_PASS_DEF_BUFFERIZEPASS
#include "passes/memory/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;

static bufferization::OneShotBufferizationOptions getOptions() {
  bufferization::OneShotBufferizationOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.setFunctionBoundaryTypeConversion(
      bufferization::LayoutMapOption::IdentityLayoutMap);
  options.unknownTypeConverterFn =
      [](TensorType type, Attribute space,
         const bufferization::BufferizationOptions &) {
        return bufferization::getMemRefTypeWithStaticIdentityLayout(type,
                                                                    space);
      };
  // Weights stay expressions on tensors until the module is written.
  options.opFilter.denyOperation([](Operation *op) {
    return isa<kernel::Global>(op) || op->getParentOfType<kernel::Global>();
  });
  return options;
}

/// One tensor.empty per use: a shared one would tie kernels to one buffer for
/// the whole of their common life.
static void separateDestinations(func::FuncOp function,
                                 RewriterBase &rewriter) {
  SmallVector<tensor::EmptyOp> ops;
  function.walk([&](tensor::EmptyOp op) { ops.push_back(op); });
  for (tensor::EmptyOp op : ops)
    for (OpOperand &use :
         llvm::make_early_inc_range(llvm::drop_begin(op->getUses()))) {
      rewriter.setInsertionPoint(op);
      use.set(rewriter.clone(*op)->getResult(0));
    }
}

namespace {
struct Bufferize : hagane::impl::BufferizePassBase<Bufferize> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    for (auto function : module.getOps<func::FuncOp>())
      for (BlockArgument argument : function.getArguments())
        if (isa<TensorType>(argument.getType()))
          function.setArgAttr(argument.getArgNumber(), "bufferization.writable",
                              BoolAttr::get(&getContext(), false));
    IRRewriter rewriter(&getContext());
    for (auto function : module.getOps<func::FuncOp>()) {
      separateDestinations(function, rewriter);
      if (failed(bufferization::eliminateEmptyTensors(rewriter, function)))
        return signalPassFailure();
    }
    bufferization::BufferizationState state;
    if (failed(bufferization::runOneShotModuleBufferize(module, getOptions(),
                                                        state)))
      return signalPassFailure();
    for (auto function : module.getOps<func::FuncOp>())
      for (unsigned i = 0, e = function.getNumArguments(); i != e; ++i)
        function.removeArgAttr(i, "bufferization.writable");
  }
};
} // namespace
