//===- MaskBounds.h - What masks hold beside the diagonal -------*- C++ -*-===//

#ifndef HAGANE_PASSES_STATE_MASKBOUNDS_H
#define HAGANE_PASSES_STATE_MASKBOUNDS_H

#include "dialects/xf/XfOps.h"
#include "passes/shapes/ShapeAnalysis.h"
#include "llvm/ADT/DenseMap.h"

namespace hagane {

/// Values whose elements, not only their number, depend on the length of the
/// past, with the operation that brought it in.
using PastContents = llvm::DenseMap<mlir::Value, mlir::Operation *>;

/// Follows the length of the past, a symbol, through a block. Masks of
/// attention are not followed further.
PastContents findPastContents(mlir::Block &block, llvm::StringRef past,
                              ShapeAnalysis &shapes);

/// Bounds of a mask's or bias's elements at [.., i, j], query i and key j,
/// where it is known on which side of the causal diagonal j is.
class MaskBounds {
public:
  enum class Side {
    Hidden, ///< j > i + past
    Visible ///< j <= i + past
  };
  MaskBounds(ShapeAnalysis &shapes, xf::Dim past, const PastContents &contents,
             const llvm::DenseSet<mlir::Value> &masks, Side side)
      : shapes(shapes), past(past), contents(contents), masks(masks),
        side(side) {}

  struct Bounds {
    double low, high;
    /// Whether elements may depend on the length of the past.
    bool ofPast = false;
    /// base + i * query + j * key, if it is that.
    xf::Dim base = {};
    int64_t query = 0, key = 0;
  };
  /// Bounds of a bias of at most four axes, the last being queries and keys.
  Bounds get(mlir::Value bias);

private:
  /// Which axes of a value are i and j, -1 if none, and what is added to them.
  struct Place {
    int64_t query, key;
    xf::Dim queryOffset, keyOffset;
  };

  Bounds visit(mlir::Value value, Place place);
  Bounds visitOp(mlir::Operation *op, Place place);
  Bounds visitRange(xf::Range op, Place place);
  Bounds visitReshape(xf::Reshape op, Place place);
  Bounds visitSlice(xf::Slice op, Place place);
  Bounds visitConcat(xf::Concat op, Place place);
  Bounds visitTrilu(xf::Trilu op, Place place);
  Bounds visitCmp(xf::Cmp op, Place place);
  Bounds visitSelect(xf::Select op, Place place);
  Bounds visitCast(xf::Cast op, Place place);

  Place broadcast(mlir::Value from, mlir::Value to, Place place);
  Bounds operand(mlir::Operation *op, unsigned i, Place place);
  Bounds unknown(mlir::Value value);
  Bounds linear(xf::Dim base, int64_t query, int64_t key);
  /// The range of base + query * i + key * j.
  std::pair<double, double> rangeOf(xf::Dim base, int64_t query, int64_t key);
  bool mentionsPast(xf::Dim dim);

  ShapeAnalysis &shapes;
  xf::Dim past;
  const PastContents &contents;
  const llvm::DenseSet<mlir::Value> &masks;
  Side side;
};

} // namespace hagane

#endif // HAGANE_PASSES_STATE_MASKBOUNDS_H
