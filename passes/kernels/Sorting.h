//===- Sorting.h - Sorting in kernel bodies ---------------------*- C++ -*-===//

#ifndef HAGANE_PASSES_KERNELS_SORTING_H
#define HAGANE_PASSES_KERNELS_SORTING_H

#include "passes/kernels/TaskBuilder.h"

namespace hagane {

/// Positions in a line of a memref of i64.
struct PositionList {
  mlir::Value memref;
  /// Coordinates before the last one.
  Values line;

  mlir::Value load(TaskScope &t, mlir::Value i) const;
  void store(TaskScope &t, mlir::Value i, mlir::Value position) const;
};

/// Sorts the first `count` positions of a list and keeps the order of equal
/// ones. `spare` has room for as many.
void emitSort(TaskScope &t, const PositionList &list, const PositionList &spare,
              mlir::Value count,
              llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> isLess);

} // namespace hagane

#endif // HAGANE_PASSES_KERNELS_SORTING_H
