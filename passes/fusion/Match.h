//===- Match.h - What matchers of fusions share -----------------*- C++ -*-===//

#ifndef HAGANE_PASSES_FUSION_MATCH_H
#define HAGANE_PASSES_FUSION_MATCH_H

#include "dialects/xf/XfOps.h"
#include "passes/shapes/ShapeAnalysis.h"

namespace hagane::fusion {

//===----------------------------------------------------------------------===//
// Walking
//===----------------------------------------------------------------------===//

/// Offers each operation of a kind that still has users, in program order.
/// `visit` replaces uses and erases nothing; see eraseDeadOps.
template <typename OpTy, typename Visit>
void forEachOp(mlir::Operation *root, Visit visit) {
  llvm::SmallVector<OpTy> ops;
  root->walk([&](OpTy op) { ops.push_back(op); });
  for (OpTy op : ops)
    if (!op->use_empty())
      visit(op);
}

/// Erases what no longer has users.
void eraseDeadOps(mlir::Operation *root);

/// One location for what replaces several operations.
mlir::Location fuseLocations(llvm::ArrayRef<mlir::Operation *> ops);

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// Whether the value depends on constants alone.
bool isConstantExpression(mlir::Value value);

/// The number that every element of a constant is.
std::optional<double> getScalar(mlir::Value value);
/// Whether broadcasting `constant` against `x` leaves x's shape.
bool keepsShape(mlir::Value x, mlir::Value constant);
/// Equal up to what rounding to the value's type, or to the five digits that
/// exporters write, can do.
bool isAbout(double found, double wanted, mlir::Value typed);

/// x * factor, from a product or quotient with a scalar constant.
struct Scaled {
  mlir::Value x;
  double factor;
};
std::optional<Scaled> matchScaled(mlir::Value value);

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// The operation's other operand if one of two is `operand`; null otherwise.
template <typename OpTy> mlir::Value getOther(OpTy op, mlir::Value operand) {
  if (op.getA() == operand)
    return op.getB();
  return op.getB() == operand ? op.getA() : mlir::Value();
}

/// The value before changes of float type.
mlir::Value skipFloatCasts(mlir::Value value);

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// Questions on symbolic shapes whose answers survive new values.
class Shapes {
public:
  explicit Shapes(mlir::Operation *root) : analysis(root) {}

  llvm::SmallVector<xf::Dim> getDims(mlir::Value value) {
    return llvm::SmallVector<xf::Dim>(analysis.getDims(value));
  }
  bool areEqual(xf::Dim a, xf::Dim b) const {
    return a == b || analysis.getProver().isEqual(a, b);
  }
  bool areEqual(llvm::ArrayRef<xf::Dim> a, llvm::ArrayRef<xf::Dim> b) const;
  bool isAtMost(xf::Dim a, xf::Dim b) const {
    return analysis.getProver().isLessOrEqual(a, b);
  }
  bool haveEqualDims(mlir::Value a, mlir::Value b) {
    return areEqual(getDims(a), getDims(b));
  }
  bool areResolved(llvm::ArrayRef<xf::Dim> dims) const {
    return analysis.areResolved(dims);
  }

private:
  ShapeAnalysis analysis;
};

/// "[batch, 12, seq]"
std::string describe(llvm::ArrayRef<xf::Dim> dims);

/// Whether a reshape leaves the last two axes as they are.
bool keepsLastTwo(xf::Reshape op, Shapes &shapes);
/// Whether a transpose does nothing but swap the last two axes.
bool swapsLastTwo(xf::Transpose op);

/// A reshape to sizes that the host can compute.
mlir::Value makeReshape(mlir::OpBuilder &builder, mlir::Location location,
                        mlir::Value x, llvm::ArrayRef<xf::Dim> dims);
/// A broadcast to sizes that the host can compute.
mlir::Value makeBroadcast(mlir::OpBuilder &builder, mlir::Location location,
                          mlir::Value x, llvm::ArrayRef<xf::Dim> dims);
/// A transpose, composed with the one that makes `x`.
mlir::Value makeTranspose(mlir::OpBuilder &builder, mlir::Location location,
                          mlir::Value x, llvm::ArrayRef<int64_t> permutation);

/// A range of one axis, within its bounds.
struct Window {
  int64_t axis, begin, end, step;
};
/// The window of a slice along one axis of known size; none if it is not known
/// or empty, or walks backwards.
std::optional<Window> getWindow(xf::Slice op);
mlir::Value makeSlice(mlir::OpBuilder &builder, mlir::Location location,
                      mlir::Value x, const Window &window);

/// A constant of rank 0.
mlir::Value makeScalar(mlir::OpBuilder &builder, mlir::Location location,
                       mlir::FloatType type, double number);

inline int64_t getRank(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType()).getRank();
}

} // namespace hagane::fusion

#endif // HAGANE_PASSES_FUSION_MATCH_H
