//===- Rotary.h - Rotary embedding in primitives ----------------*- C++ -*-===//

#ifndef HAGANE_PASSES_FUSION_ROTARY_H
#define HAGANE_PASSES_FUSION_ROTARY_H

#include "passes/fusion/Match.h"

namespace hagane::fusion {

/// How features pair up: (i, i + d/2), or (2i, 2i + 1).
enum class Pairing { halves, interleaved };

/// The tensor of which `value` is the first or the second of each pair; null
/// if it is not such a slice.
mlir::Value matchPart(mlir::Value value, bool second, Pairing pairing);

/// The firsts and seconds that `value` pairs up again.
struct Paired {
  mlir::Value first, second;
};
std::optional<Paired> matchPaired(mlir::Value value, Pairing pairing,
                                  Shapes &shapes);

/// Rebuilds tables of full width with one angle per pair, if each angle is
/// proved to be there for both features of its pair.
class TableHalver {
public:
  TableHalver(mlir::Operation *point, Pairing pairing, Shapes &shapes)
      : builder(point), pairing(pairing), shapes(shapes) {}

  /// Null if the proof fails.
  mlir::Value halve(mlir::Value table);

private:
  mlir::Value rebuild(mlir::Operation *op);
  mlir::Value findRepeated(xf::Reshape merge);
  mlir::Value halveOperands(mlir::Operation *op);
  mlir::Value halveReshape(xf::Reshape op);
  mlir::Value halveBroadcast(xf::Broadcast op);
  mlir::Value halveConstant(xf::Constant op);
  mlir::Value clone(mlir::Operation *op, llvm::ArrayRef<mlir::Value> operands);

  mlir::OpBuilder builder;
  Pairing pairing;
  Shapes &shapes;
};

} // namespace hagane::fusion

#endif // HAGANE_PASSES_FUSION_ROTARY_H
