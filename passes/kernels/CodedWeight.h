//===- CodedWeight.h - Constant weights of codes and scales -----*- C++ -*-===//

#ifndef HAGANE_PASSES_KERNELS_CODEDWEIGHT_H
#define HAGANE_PASSES_KERNELS_CODEDWEIGHT_H

#include "passes/kernels/KernelBuilder.h"

namespace hagane {

/// A matrix that is `xf.dequantize` of constants, whatever way the model
/// spells its scales: codes [k, n], scales and zero points [blocks of k, n], or
/// [n, k] and [n, blocks of k] if transposed.
struct CodedWeight {
  mlir::Value codes;
  mlir::Value scales; ///< null for integers
  mlir::Value zeros;  ///< null if there are none
  int64_t block = 0;  ///< elements along k; all of k at most
  bool transposed = false;

  static std::optional<CodedWeight> match(mlir::Value weight, bool transposed,
                                          KernelBuilder &b);
  /// A constant of i32 that is bytes less their zero point.
  static std::optional<CodedWeight>
  matchIntegers(mlir::Value weight, bool transposed, KernelBuilder &b);

  int64_t getDepth() const;
  int64_t getColumns() const;
  bool isOneBlock() const { return block == getDepth(); }
  bool isSigned() const {
    return !getType().getElementType().isUnsignedInteger();
  }
  /// Whether the codes are bytes of one scale for each column, whose zero point
  /// is in the middle of their range.
  bool areBytes() const;
  /// Those as i8 whose zero point is 0.
  mlir::Value makeSignedBytes(KernelBuilder &b) const;

  /// How kernels store the codes.
  kernel::CodesAttr getCodes(KernelBuilder &b) const;
  /// The sum of each column of signed bytes times a number: [n], i32.
  mlir::Value makeSums(mlir::Value bytes, int64_t factor,
                       KernelBuilder &b) const;
  /// The scales of columns of one block: [n].
  mlir::Value makeScaleRow(KernelBuilder &b) const;

private:
  static std::optional<CodedWeight>
  matchCodes(xf::Dequantize op, bool transposed, KernelBuilder &b);
  static std::optional<CodedWeight> matchConcat(xf::Concat op, bool transposed,
                                                KernelBuilder &b);
  mlir::RankedTensorType getType() const {
    return llvm::cast<mlir::RankedTensorType>(codes.getType());
  }
};

/// The middle of unsigned bytes: what codes are shifted by to have no sign.
inline constexpr int64_t kMiddleByte = 128;

/// Forms a linear whose weight is codes as a product of those. False where the
/// weight or the way it is coded has no kernel; fails after a diagnostic.
llvm::FailureOr<bool> formCodedLinear(mlir::Operation *op, mlir::Value x,
                                      mlir::Value weight, mlir::Value bias,
                                      bool transposed, KernelBuilder &b);

} // namespace hagane

#endif // HAGANE_PASSES_KERNELS_CODEDWEIGHT_H
