//===- CodedInput.h - Bytes that products read as they are ------*- C++ -*-===//

#ifndef HAGANE_PASSES_KERNELS_CODEDINPUT_H
#define HAGANE_PASSES_KERNELS_CODEDINPUT_H

#include "passes/kernels/KernelBuilder.h"

namespace hagane::xf {
class QuantizeRows;
} // namespace hagane::xf

namespace hagane {

/// A tensor that is `(codes - zero) * scale` of bytes, with one zero point and
/// one scale for all; integers have no scale.
struct ByteInput {
  mlir::Value codes;
  mlir::Value zero;  ///< of one element; null: 0
  mlir::Value scale; ///< of one element; null: 1

  static std::optional<ByteInput> match(mlir::Value x);
  bool isSigned() const;
};

/// What x is the numbers of, with a scale for each row or block of rows; null
/// if it is not.
xf::QuantizeRows matchCodedRows(mlir::Value x);

/// Whether a product can read the codes that x is the numbers of.
bool isOfCodes(mlir::Value x);

/// The number that all elements of constant integers are.
std::optional<int64_t> getSplatInteger(mlir::Value value);

/// The value before changes of float type.
mlir::Value skipFloatCasts(mlir::Value value);

} // namespace hagane

#endif // HAGANE_PASSES_KERNELS_CODEDINPUT_H
