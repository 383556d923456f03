// Quantized values, shared by ai.onnx and com.microsoft.
#pragma once

#include "frontend/ops/NodeConverter.h"

namespace hagane::frontend {

/// A vector of one element holds for the whole tensor, as a scalar does.
mlir::Value asParameter(NodeConverter &n, mlir::Value value);

/// (x - zero) * scale with one scale, or one for each element along `axis`.
mlir::Value dequantize(NodeConverter &n, mlir::Value x, mlir::Value scale,
                       mlir::Value zero, int64_t axis = 0);
/// The nearest code of type `to`; a zero point may be absent.
mlir::Value quantize(NodeConverter &n, mlir::Value x, mlir::Value scale,
                     mlir::Value zero, mlir::Type to);

/// x with a scale and zero point that cover its range, as ui8.
struct Quantized {
  mlir::Value codes, scale, zero;
};
Quantized quantizeDynamically(NodeConverter &n, mlir::Value x);

/// The product of integers with their zero points taken off, as i32.
mlir::Value integerProduct(NodeConverter &n, mlir::Value a, mlir::Value b,
                           mlir::Value aZero, mlir::Value bZero);

} // namespace hagane::frontend
