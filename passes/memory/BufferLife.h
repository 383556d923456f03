//===- BufferLife.h - From where to where a buffer is used ------*- C++ -*-===//

#ifndef HAGANE_PASSES_MEMORY_BUFFERLIFE_H
#define HAGANE_PASSES_MEMORY_BUFFERLIFE_H

#include "mlir/IR/Block.h"
#include "llvm/ADT/SetVector.h"
#include <limits>

namespace hagane {

/// Where a buffer is used: positions in a block, none if `last` < `first`.
struct Life {
  int64_t first = std::numeric_limits<int64_t>::max();
  int64_t last = -1;
  /// What the buffer goes by: itself, views, what control flow carries on.
  llvm::SmallSetVector<mlir::Value, 4> names;
};

using Positions = llvm::DenseMap<mlir::Operation *, int64_t>;

/// The operations of `block`, numbered in order.
Positions numberOperations(mlir::Block &block);

/// From the first to the last use of the memref `buffer` under any name; a use
/// inside a region counts as one by the operation of `block` around it.
Life getLife(mlir::Value buffer, mlir::Block &block,
             const Positions &positions);

} // namespace hagane

#endif // HAGANE_PASSES_MEMORY_BUFFERLIFE_H
