// Conversion of a block of nodes: a function's body or a subgraph.
#pragma once

#include "frontend/ops/NodeConverter.h"

namespace hagane::frontend {

/// Converts the operations of `block`, whose arguments and outer values are in
/// the state already, at `builder`. `outputs` are the converted operands of
/// the terminator, null for a sequence if it may be one. Goes on after a failed
/// node, so that every one is reported.
llvm::LogicalResult convertBlock(ConversionState &state, mlir::Block &block,
                                 mlir::OpBuilder &builder,
                                 llvm::SmallVectorImpl<mlir::Value> &outputs,
                                 bool mayBeSequences = false);

} // namespace hagane::frontend
