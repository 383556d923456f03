// Pieces of com.microsoft's attention operators.
#pragma once

#include "frontend/ops/Attention.h"

namespace hagane::frontend {

/// Adds a part of the packed bias [q, k, v] to an operand of rank 3.
mlir::Value addBias(NodeConverter &n, mlir::Value x, mlir::Value bias,
                    int64_t from);

/// A key padding mask as an addend to the scores, or as lengths.
llvm::LogicalResult readKeyMask(NodeConverter &n, mlir::Value mask,
                                mlir::Type type, AttentionOptions &options);

/// A bias over fewer keys than there are, made longer: the others are out of
/// sight by their positions.
mlir::Value padBias(NodeConverter &n, mlir::Value bias, mlir::Value keys);

/// Keys and values written into buffers that past and present share, from the
/// past's length on, which also bounds what is seen.
std::pair<mlir::Value, mlir::Value>
writeShared(NodeConverter &n, mlir::Value k, mlir::Value v, mlir::Value pastK,
            mlir::Value pastV, mlir::Value pastLength,
            AttentionOptions &options);

} // namespace hagane::frontend
