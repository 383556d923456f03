//===- Forms.h - How each operation becomes a kernel ------------*- C++ -*-===//
//
// One handler per operation: it replaces the operation, or emits an error at
// it and fails. Shapes of all operands and results are resolved when called.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_PASSES_KERNELS_FORMS_H
#define HAGANE_PASSES_KERNELS_FORMS_H

#include "passes/kernels/KernelBuilder.h"
#include "passes/kernels/Scalars.h"

namespace hagane::xf {
class CacheWrite;
class Compact;
class CumProd;
class Determinant;
class Inverse;
class Item;
class LinearAttention;
class PutItem;
class QuantizeRows;
class RoiPool;
class SortRows;
class Stretch;
class StateAlign;
class StateAppend;
class StatePlaces;
class SuppressBoxes;
} // namespace hagane::xf

namespace hagane {

/// Any operation with a ScalarBuilder.
llvm::LogicalResult formElementwise(mlir::Operation *op, ScalarBuilder scalar,
                                    KernelBuilder &b);

/// rows [m, k] times a weight [k, n], or [n, k] if transposed, plus the bias
/// [n] if there is one. The weight may be constant.
mlir::Value makeLinear(mlir::Location loc, mlir::Value rows, mlir::Value weight,
                       mlir::Value bias, bool transposed, mlir::Type resultType,
                       KernelBuilder &b);

/// The rotary embedding that makes `piece` for one use; null otherwise.
xf::Rotary findPlacedRotary(mlir::Value piece);
/// The rotated tensor, written into `dest` if there is one. Fails with an
/// error.
llvm::FailureOr<mlir::Value> makeRotary(xf::Rotary op, mlir::Value dest,
                                        KernelBuilder &b);

llvm::LogicalResult form(xf::Linear op, KernelBuilder &b);
llvm::LogicalResult form(xf::MatMul op, KernelBuilder &b);
llvm::LogicalResult form(xf::Attention op, KernelBuilder &b);
llvm::LogicalResult form(xf::Softmax op, KernelBuilder &b);
llvm::LogicalResult form(xf::LayerNorm op, KernelBuilder &b);
llvm::LogicalResult form(xf::RmsNorm op, KernelBuilder &b);
llvm::LogicalResult form(xf::Reduce op, KernelBuilder &b);
llvm::LogicalResult form(xf::Reshape op, KernelBuilder &b);
llvm::LogicalResult form(xf::Transpose op, KernelBuilder &b);
llvm::LogicalResult form(xf::Broadcast op, KernelBuilder &b);
llvm::LogicalResult form(xf::Concat op, KernelBuilder &b);
llvm::LogicalResult form(xf::CacheAppend op, KernelBuilder &b);
llvm::LogicalResult form(xf::CacheWrite op, KernelBuilder &b);
llvm::LogicalResult form(xf::StateAlign op, KernelBuilder &b);
llvm::LogicalResult form(xf::StateAppend op, KernelBuilder &b);
llvm::LogicalResult form(xf::StatePlaces op, KernelBuilder &b);
llvm::LogicalResult form(xf::Compact op, KernelBuilder &b);
llvm::LogicalResult form(xf::Item op, KernelBuilder &b);
llvm::LogicalResult form(xf::PutItem op, KernelBuilder &b);
llvm::LogicalResult form(xf::Slice op, KernelBuilder &b);
llvm::LogicalResult form(xf::Pad op, KernelBuilder &b);
llvm::LogicalResult form(xf::Gather op, KernelBuilder &b);
/// Rows of a table, rounded, that a product reads as columns of its panels.
llvm::LogicalResult formGatherOfPanels(xf::Gather op, KernelBuilder &b);
/// Rows of a table of codes, made numbers as they are read. False where the
/// table is none, or has no such form.
bool formCodedGather(xf::Gather op, KernelBuilder &b);
llvm::LogicalResult form(xf::Range op, KernelBuilder &b);
llvm::LogicalResult form(xf::Trilu op, KernelBuilder &b);
llvm::LogicalResult form(xf::Rotary op, KernelBuilder &b);
llvm::LogicalResult form(xf::Dims op, KernelBuilder &b);
llvm::LogicalResult form(xf::GatherElements op, KernelBuilder &b);
llvm::LogicalResult form(xf::GatherNd op, KernelBuilder &b);
llvm::LogicalResult form(xf::ScatterElements op, KernelBuilder &b);
llvm::LogicalResult form(xf::ScatterNd op, KernelBuilder &b);
/// Pads that repeat elements.
llvm::LogicalResult formRepeatingPad(xf::Pad op, KernelBuilder &b);
llvm::LogicalResult form(xf::CumSum op, KernelBuilder &b);
llvm::LogicalResult form(xf::ArgReduce op, KernelBuilder &b);
llvm::LogicalResult form(xf::TopK op, KernelBuilder &b);
llvm::LogicalResult form(xf::Quantize op, KernelBuilder &b);
llvm::LogicalResult form(xf::Dequantize op, KernelBuilder &b);
llvm::LogicalResult form(xf::QuantizeRows op, KernelBuilder &b);
llvm::LogicalResult form(xf::GroupNorm op, KernelBuilder &b);
llvm::LogicalResult form(xf::Recurrent op, KernelBuilder &b);
llvm::LogicalResult form(xf::Conv op, KernelBuilder &b);
llvm::LogicalResult form(xf::Pool op, KernelBuilder &b);
llvm::LogicalResult form(xf::PoolIndices op, KernelBuilder &b);
llvm::LogicalResult form(xf::FoldWindows op, KernelBuilder &b);
llvm::LogicalResult form(xf::Resize op, KernelBuilder &b);
llvm::LogicalResult form(xf::GridSample op, KernelBuilder &b);
llvm::LogicalResult form(xf::RoiAlign op, KernelBuilder &b);
llvm::LogicalResult form(xf::RoiPool op, KernelBuilder &b);
llvm::LogicalResult form(xf::SuppressBoxes op, KernelBuilder &b);
llvm::LogicalResult form(xf::SortRows op, KernelBuilder &b);
llvm::LogicalResult form(xf::Stretch op, KernelBuilder &b);
llvm::LogicalResult form(xf::CumProd op, KernelBuilder &b);
llvm::LogicalResult form(xf::Determinant op, KernelBuilder &b);
llvm::LogicalResult form(xf::Inverse op, KernelBuilder &b);
llvm::LogicalResult form(xf::LinearAttention op, KernelBuilder &b);

} // namespace hagane

#endif // HAGANE_PASSES_KERNELS_FORMS_H
