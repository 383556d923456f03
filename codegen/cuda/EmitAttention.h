//===- EmitAttention.h - Attention as CUDA C++ ------------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CUDA_EMITATTENTION_H
#define HAGANE_CODEGEN_CUDA_EMITATTENTION_H

#include "codegen/cuda/KernelWriter.h"
#include "dialects/kernel/KernelCost.h"
#include <optional>

namespace hagane::cuda {

/// Writes the kernel of one attention operation.
class AttentionEmitter {
public:
  AttentionEmitter(kernel::Attention op, KernelWriter &writer);
  llvm::LogicalResult emit();

private:
  /// An operand [batch, heads, positions, features] in its storage order.
  struct Heads {
    mlir::Value memref;
    kernel::AttentionAxes axes{"bhsd"};
  };

  static mlir::Type elementOf(mlir::Value memref) {
    return mlir::getElementTypeOrSelf(memref.getType());
  }
  bool isCoded(const Heads &x) { return kernel::isCoded(op, x.memref); }
  /// The results are those of parts, for another kernel to merge.
  bool isPart() { return op.getOuts().size() == 3; }
  /// How far right of its diagonal a query sees, if that is limited.
  std::optional<int64_t> rightReach();

  std::string constantOf(double value);
  std::string addressOf(const Heads &x, llvm::StringRef entry,
                        llvm::StringRef head, llvm::StringRef position);
  std::string beginText();
  std::string entryText();

  void emitTypes();
  void emitSizes();
  void emitBlock(bool few);
  void emitPlace();
  void emitRanges();
  void emitRow();
  void emitRowsOf(llvm::StringRef function, const Heads &x);
  void emitScore();
  void emitBias();
  void emitTile();
  void emitStream();
  void emitStatistics(llvm::StringRef most, llvm::StringRef sum);

  kernel::Attention op;
  KernelWriter &w;
  kernel::CudaAttentionAttr schedule;
  Heads q, k, v, out;
  std::string number;
  llvm::StringRef name; // of the way being emitted
};

} // namespace hagane::cuda

#endif // HAGANE_CODEGEN_CUDA_EMITATTENTION_H
