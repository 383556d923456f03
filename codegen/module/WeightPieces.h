//===- WeightPieces.h - Parts of the constants of the module ----*- C++ -*-===//

#ifndef HAGANE_CODEGEN_MODULE_WEIGHTPIECES_H
#define HAGANE_CODEGEN_MODULE_WEIGHTPIECES_H

#include "codegen/module/QuantizeWeights.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/xf/XfOps.h"
#include "dialects/xf/eval/HostTensor.h"

namespace hagane::codegen {

/// The elements [begin, end) along an axis.
struct PieceRange {
  int64_t axis, begin, end;
};

/// Evaluates parts of the values in a constant's expression. What a part needs
/// is traced back to the model's constants; operations without a rule for that
/// are evaluated whole, once.
class WeightPieces {
public:
  llvm::Expected<xf::eval::HostTensor> get(mlir::Value value, PieceRange range);
  llvm::Expected<xf::eval::HostTensor> getWhole(mlir::Value value);
  /// The operation that the last error is about.
  mlir::Operation *getGuilty() const { return guilty; }

private:
  using Tensor = llvm::Expected<xf::eval::HostTensor>;

  Tensor getPacked(kernel::Pack op, PieceRange range);
  Tensor getCoded(kernel::PackCodes op, PieceRange range);
  Tensor getConcat(xf::Concat op, PieceRange range);
  Tensor getDequantized(xf::Dequantize op, PieceRange range);
  Tensor getReshaped(xf::Reshape op, PieceRange range);
  Tensor getMultiplied(xf::Mul op, PieceRange range);
  Tensor getQuantized(xf::QuantizeWeight op, unsigned result, PieceRange range);
  Tensor getAllQuantized(xf::QuantizeWeight op, unsigned result);
  Tensor getSums(xf::Reduce op, int64_t axis);
  Tensor cutWhole(mlir::Value value, PieceRange range);
  Tensor evaluate(mlir::Operation *op,
                  llvm::ArrayRef<xf::eval::HostTensor> operands);

  llvm::DenseMap<mlir::Value, xf::eval::HostTensor> whole;
  /// The columns that were quantized last: all results are asked for in turn.
  struct {
    mlir::Operation *op = nullptr;
    PieceRange range{0, 0, 0};
    QuantizedMatrix matrix;
  } quantized;
  mlir::Operation *guilty = nullptr;
};

} // namespace hagane::codegen

#endif // HAGANE_CODEGEN_MODULE_WEIGHTPIECES_H
