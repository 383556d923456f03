//===- ShiftProof.h - Biases that know relative positions alone -*- C++ -*-===//

#ifndef HAGANE_PASSES_STATE_SHIFTPROOF_H
#define HAGANE_PASSES_STATE_SHIFTPROOF_H

#include "passes/state/MaskBounds.h"

namespace hagane {

/// Proves that an element for query i and key c stays the same if the past
/// gets shorter by any number and c smaller by it, as long as the masks move
/// along: then an entry with fewer positions may take the bias of the longest,
/// read from the end.
class ShiftProof {
public:
  ShiftProof(mlir::Block &block, ShapeAnalysis &shapes, xf::Dim past,
             const PastContents &contents,
             const llvm::DenseSet<mlir::Value> &masks);

  /// Of a bias of at most four axes, the last being queries and keys.
  bool holds(mlir::Value bias);

private:
  /// base + query * i + key * c; `base` is null for what the shift leaves as it
  /// is anyway.
  struct Line {
    xf::Dim base;
    int64_t query = 0, key = 0;
  };
  /// Where a value is read: a position for each axis.
  using Place = llvm::SmallVector<Line>;
  /// What is read there; none if it may change.
  using Term = std::optional<Line>;

  Term visit(mlir::Value value, const Place &place);
  Term visitOp(mlir::Operation *op, const Place &place);
  Term visitRange(xf::Range op, const Place &place);
  Term visitReshape(xf::Reshape op, const Place &place);
  Term visitSlice(xf::Slice op, Place place);
  Term visitConcat(xf::Concat op, Place place);
  Term visitTrilu(xf::Trilu op, const Place &place);
  Term visitGather(xf::Gather op, const Place &place);
  Term visitSum(mlir::Operation *op, const Place &place);
  Term visitCmp(xf::Cmp op, const Place &place);
  Term visitElementwise(mlir::Operation *op, const Place &place);

  Term operand(mlir::Operation *op, unsigned i, const Place &place);
  Term same(Term term) const;
  /// By how much a position changes per position that the past is shorter.
  std::optional<int64_t> moves(const Line &line) const;
  bool stays(const Line &line) const { return moves(line) == 0; }
  bool allStay(llvm::ArrayRef<Line> lines) const;
  Line constant(int64_t value) const;

  ShapeAnalysis &shapes;
  xf::Dim past;
  const PastContents &contents;
  const llvm::DenseSet<mlir::Value> &masks;
  /// What masks, or inputs with a place for each key, were used for.
  llvm::DenseSet<mlir::Value> ofMasks;
  int visits = 0;
};

} // namespace hagane

#endif // HAGANE_PASSES_STATE_SHIFTPROOF_H
