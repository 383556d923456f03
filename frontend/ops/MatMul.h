// Matrix products, shared by the families that contain one.
#pragma once

#include "frontend/ops/NodeConverter.h"

namespace hagane::frontend {

/// ONNX's MatMul: NumPy's matmul, 1-D operands included; a constant matrix on
/// the right becomes the weight of `xf.linear`.
mlir::Value makeMatMul(NodeConverter &n, mlir::Value x, mlir::Value y);

/// com.microsoft: the product that FusedMatMul's attributes describe; null
/// after an error.
mlir::Value makeFusedMatMul(NodeConverter &n);

} // namespace hagane::frontend
