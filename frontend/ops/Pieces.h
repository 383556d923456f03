// Nodes that become many values.
#pragma once

#include "frontend/ops/NodeConverter.h"

namespace hagane::frontend {

/// Parts of a split, elements of a sequence.
inline constexpr int64_t kMaxPieces = 1 << 14;

/// `count` pieces along an axis, one after another, whose sizes only running
/// the model tells.
llvm::SmallVector<mlir::Value> cutBySizes(NodeConverter &n, mlir::Value x,
                                          int64_t axis, mlir::Value sizes,
                                          int64_t count);

} // namespace hagane::frontend
