//===- LowerKernels.cpp - Kernel functions to loops
//---------------------------===//

#include "codegen/cpu/Lowering.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace hagane::cpu {
namespace {

LogicalResult lower(Operation *op, const KernelBody &body,
                    ImplicitLocOpBuilder &b) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](kernel::Gemm gemm) { return lowerGemm(gemm, body, b); })
      .Case([&](kernel::Attention attention) {
        return lowerAttention(attention, body, b);
      })
      .Case([&](kernel::Rows rows) { return lowerRows(rows, body, b); })
      .Case([&](kernel::Map map) { return lowerMap(map, body, b); })
      .Case([&](kernel::Reduce reduce) { return lowerReduce(reduce, body, b); })
      .Case([&](kernel::Gather gather) { return lowerGather(gather, body, b); })
      .Case([&](kernel::Task task) { return lowerTask(task, body, b); })
      .Default([](Operation *other) {
        return other->emitError("has no lowering to CPU code");
      });
}

class LowerKernelsPass
    : public PassWrapper<LowerKernelsPass, OperationPass<func::FuncOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerKernelsPass)

  LowerKernelsPass() = default;
  LowerKernelsPass(const LowerKernelsPass &other) : PassWrapper(other) {}
  explicit LowerKernelsPass(const LoweringOptions &options) {
    vectorBits = options.vectorBits;
    vectorRegisters = options.vectorRegisters;
  }

  StringRef getArgument() const final { return "hagane-lower-kernels"; }
  StringRef getDescription() const final {
    return "Replace kernels by loops over their work items";
  }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry
        .insert<arith::ArithDialect, math::MathDialect, memref::MemRefDialect,
                scf::SCFDialect, vector::VectorDialect>();
  }

  void runOnOperation() final {
    func::FuncOp function = getOperation();
    if (!function->hasAttr("kernel.body"))
      return;
    kernel::KernelOpInterface kernel;
    for (Operation &op : function.getBody().front())
      if (auto found = dyn_cast<kernel::KernelOpInterface>(op))
        kernel = found;
    if (!kernel)
      return;
    if (function.getNumArguments() < 3) {
      function.emitError(
          "a kernel function ends with the arguments begin, end and scratch");
      return signalPassFailure();
    }
    Block::BlockArgListType arguments = function.getArguments();
    LoweringOptions options{vectorBits, vectorRegisters};
    KernelBody body{arguments.drop_back(2).back(),
                    arguments.drop_back(1).back(), arguments.back(), options};
    ImplicitLocOpBuilder b(kernel.getLoc(), kernel);
    if (failed(lower(kernel, body, b)))
      return signalPassFailure();
    kernel->erase();
  }

private:
  Option<int64_t> vectorBits{*this, "vector-bits",
                             llvm::cl::desc("Width of a vector register"),
                             llvm::cl::init(512)};
  Option<int64_t> vectorRegisters{*this, "vector-registers",
                                  llvm::cl::desc("Number of vector registers"),
                                  llvm::cl::init(32)};
};

} // namespace

std::unique_ptr<Pass> createLowerKernelsPass(const LoweringOptions &options) {
  return std::make_unique<LowerKernelsPass>(options);
}

} // namespace hagane::cpu
