//===- PrintSources.cpp - The pass that prints CUDA C++ -------------------===//

#include "codegen/cuda/EmitSource.h"
#include "codegen/cuda/Passes.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace hagane::cuda {
#define GEN_PASS_DEF_EMITCUDAPASS
#include "codegen/cuda/Passes.h.inc"

namespace {
struct EmitCudaPass : impl::EmitCudaPassBase<EmitCudaPass> {
  using EmitCudaPassBase::EmitCudaPassBase;

  void runOnOperation() final {
    const Target *target = findTarget(sm);
    if (!target) {
      getOperation().emitError("no GPU is called ")
          << sm << ", expected one of " << listTargets();
      return signalPassFailure();
    }
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function->hasAttr("kernel.body"))
        continue;
      FailureOr<KernelSource> source = emitSource(function, *target);
      if (failed(source))
        return signalPassFailure();
      llvm::outs() << source->text << "\n";
    }
  }
};
} // namespace
} // namespace hagane::cuda
