//===- ShapeAnalysis.h - Symbolic shapes of values --------------*- C++ -*-===//

#ifndef HAGANE_PASSES_SHAPES_SHAPEANALYSIS_H
#define HAGANE_PASSES_SHAPES_SHAPEANALYSIS_H

#include "dialects/xf/XfOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSet.h"

namespace hagane {

/// Facts of the tensor values under an operation, from the ranges of the
/// module's symbols, the `xf.dims` of function arguments and the shape rules
/// of operations. Values of other origin get fresh symbols. Cheap enough to
/// be made anew by every pass that needs it; a pass that changes the IR tells
/// the facts of its new values with `set`.
class ShapeAnalysis {
public:
  /// Analyses everything under `root`. Provable shape errors are emitted at
  /// their operations if `report`; `isConsistent` tells whether any was met.
  explicit ShapeAnalysis(mlir::Operation *root, bool report = false);

  bool isConsistent() const { return consistent; }
  const xf::DimProver &getProver() const { return prover; }

  /// What the rules assumed, with the operation that needs it.
  struct Assumption {
    mlir::Operation *op;
    xf::SizeCondition condition;
  };
  llvm::ArrayRef<Assumption> getAssumptions() const { return assumptions; }

  /// Facts of a ranked tensor, inferred now if the value is new.
  const xf::Facts &get(mlir::Value value);
  llvm::ArrayRef<xf::Dim> getDims(mlir::Value value) { return get(value).dims; }
  /// The same of a tensor that has been analysed.
  llvm::ArrayRef<xf::Dim> getKnownDims(mlir::Value value) const {
    return known.find(value)->second.dims;
  }
  void set(mlir::Value value, xf::Facts facts) {
    known[value] = std::move(facts);
  }
  /// Facts without known contents.
  void setDims(mlir::Value value, llvm::ArrayRef<xf::Dim> dims);

  /// Whether the host can compute the dimension: it has no symbol that only
  /// running the model tells.
  bool isResolved(xf::Dim dim) const;
  bool areResolved(llvm::ArrayRef<xf::Dim> dims) const;

private:
  void readRequirement(xf::Require op);
  /// The simplest expression known for a size or an element.
  xf::Dim simplify(xf::Dim dim);
  void visit(mlir::Operation *op);
  void inferResults(mlir::Operation *op);
  xf::Dim makeFresh();
  xf::Facts ofType(mlir::Value value);

  mlir::MLIRContext *context;
  xf::DimProver prover;
  llvm::StringSet<> declared;
  llvm::DenseMap<mlir::Value, xf::Facts> known;
  llvm::SmallVector<Assumption> assumptions;
  /// The simpler side of each equality that the runtime checks.
  llvm::DenseMap<xf::DimAttr, xf::Dim> simpler;
  llvm::DenseMap<xf::DimAttr, xf::Dim> simplified;
  int64_t freshCount = 0;
  bool report;
  bool consistent = true;
};

/// The `xf.dims` attribute for `dims`.
mlir::ArrayAttr getDimsAttr(mlir::MLIRContext *context,
                            llvm::ArrayRef<xf::Dim> dims);
/// Its elements; empty if `attr` is not an array of dimensions.
llvm::SmallVector<xf::Dim> getDimsFrom(mlir::Attribute attr);
/// What a tensor's type says of `dims`: kDynamic where they are no constants.
llvm::SmallVector<int64_t> getStaticSizes(llvm::ArrayRef<xf::Dim> dims);

} // namespace hagane

#endif // HAGANE_PASSES_SHAPES_SHAPEANALYSIS_H
