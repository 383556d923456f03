// The onnx dialect: see OnnxDialect.td.
#pragma once

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/onnx/OnnxDialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/onnx/OnnxTypes.h.inc"

#define GET_OP_CLASSES
#include "dialects/onnx/OnnxOps.h.inc"

namespace hagane::onnx {

/// Bytes that `type` occupies in ONNX's raw_data layout, or nothing where the
/// shape is dynamic, the element type has no such layout, or the size does not
/// fit.
std::optional<uint64_t> rawDataSize(mlir::ShapedType type);

} // namespace hagane::onnx
