//===- StretchOperands.h - Broadcasting that the run decides ----*- C++ -*-===//

#ifndef HAGANE_PASSES_SHAPES_STRETCHOPERANDS_H
#define HAGANE_PASSES_SHAPES_STRETCHOPERANDS_H

#include "passes/shapes/ShapeAnalysis.h"

namespace hagane {

/// Tells sizes that any of the two operands may repeat from those that a legal
/// run makes equal. For the former there must be no hint of equality: both are
/// sizes of floating-point inputs alone, where token ids, masks and positions
/// go with what they describe, and they meet in an element-wise operation.
class StretchOperands {
public:
  StretchOperands(mlir::ModuleOp module, const ShapeAnalysis &shapes);

  bool applies(const ShapeAnalysis::Assumption &assumption) const;
  /// Stretches the operands of the first operation to which this applies.
  /// Returns whether there was one; the analysis is then out of date.
  bool run();

private:
  bool isFree(xf::Dim dim) const;
  /// Whether `wide` is what `size` was stretched to with another one.
  bool covers(xf::Dim wide, xf::Dim size) const;

  mlir::ModuleOp module;
  const ShapeAnalysis &shapes;
  /// Sizes of inputs with data in them, and what those were stretched to.
  llvm::DenseSet<xf::DimAttr> free;
};

} // namespace hagane

#endif // HAGANE_PASSES_SHAPES_STRETCHOPERANDS_H
