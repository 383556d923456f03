//===- UnevenLengths.h - Entries of different lengths in a step -*- C++ -*-===//

#ifndef HAGANE_PASSES_STATE_UNEVENLENGTHS_H
#define HAGANE_PASSES_STATE_UNEVENLENGTHS_H

#include "passes/state/CacheInputs.h"

namespace hagane {

/// A function whose caches have become states.
struct StatefulStep {
  mlir::func::FuncOp main;
  StepSizes sizes;
  /// What attends to states.
  llvm::ArrayRef<xf::Attention> readers;
  /// How many positions each entry has before and after the step.
  mlir::Value starts, ends;
};

/// Ends attention at each entry's own last position, and makes the step right
/// for entries of different lengths if that can be proved. Returns why they may
/// not differ, or "".
std::string admitUneven(StatefulStep step);

/// Where the graph counts positions from the past's length and takes those rows
/// of a table, gives each entry the rows of its own positions.
void readCountedRows(StatefulStep step);

/// "node 'name'"
std::string nodesOf(mlir::Operation *op);

} // namespace hagane

#endif // HAGANE_PASSES_STATE_UNEVENLENGTHS_H
