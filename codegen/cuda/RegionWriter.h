//===- RegionWriter.h - Scalar operations as statements ---------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CUDA_REGIONWRITER_H
#define HAGANE_CODEGEN_CUDA_REGIONWRITER_H

#include "codegen/cuda/KernelWriter.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace hagane::cuda {

/// The C++ of an arithmetic operation as a format of its operands: {0}, {1},
/// {2}, {t} for the result's type, {s} for that of the first operand, {u} and
/// {v} for the unsigned types as wide. Empty if there is none.
llvm::StringRef findFormat(mlir::Operation *op);

/// Writes one region of arith, math, scf and memref operations.
class RegionWriter {
public:
  RegionWriter(KernelWriter &w, llvm::ArrayRef<std::string> dims)
      : w(w), dims(dims) {}

  llvm::FailureOr<Texts> write(mlir::Region &region,
                               llvm::ArrayRef<std::string> arguments);

private:
  llvm::LogicalResult writeBlock(mlir::Block &block);
  llvm::LogicalResult write(mlir::Operation *op);
  llvm::LogicalResult writeArithmetic(mlir::Operation *op);
  void writeConstant(mlir::arith::ConstantOp op);
  void writePosition(kernel::Position op);
  llvm::LogicalResult writeIf(mlir::scf::IfOp op);
  llvm::LogicalResult writeFor(mlir::scf::ForOp op);
  llvm::LogicalResult writeWhile(mlir::scf::WhileOp op);

  const std::string &nameOf(mlir::Value value) { return names[value]; }
  Texts namesOf(mlir::ValueRange values);
  /// Declares the value as `expression`.
  void define(mlir::Value value, const std::string &expression);
  /// Variables that a loop or a branch sets.
  Texts declare(mlir::ValueRange results);
  void assign(llvm::ArrayRef<std::string> targets, mlir::ValueRange values);

  KernelWriter &w;
  llvm::ArrayRef<std::string> dims;
  llvm::DenseMap<mlir::Value, std::string> names;
};

} // namespace hagane::cuda

#endif // HAGANE_CODEGEN_CUDA_REGIONWRITER_H
