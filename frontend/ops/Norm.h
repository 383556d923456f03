// Normalisations, shared by ai.onnx and com.microsoft.
#pragma once

#include "frontend/ops/NodeConverter.h"

namespace hagane::frontend {

/// RMS normalisation over the axes from `axis` on; the result has the scale's
/// type.
mlir::Value makeRmsNorm(NodeConverter &n, mlir::Value x, mlir::Value scale,
                        int64_t axis, double epsilon);
mlir::Value makeLayerNorm(NodeConverter &n, mlir::Value x, mlir::Value scale,
                          mlir::Value bias, int64_t axis, double epsilon);

/// Statistics that norms return besides their result, in f32.
mlir::Value makeMean(NodeConverter &n, mlir::Value x, int64_t axis);
/// 1 / sqrt(mean((x - mean)^2) + epsilon); without a mean, of x itself.
mlir::Value makeInverseDeviation(NodeConverter &n, mlir::Value x,
                                 mlir::Value mean, int64_t axis,
                                 double epsilon);

} // namespace hagane::frontend
