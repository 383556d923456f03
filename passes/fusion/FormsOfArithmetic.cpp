//===- FormsOfArithmetic.cpp - Sums, products, conversions, selections ----===//

#include "passes/fusion/Rewrites.h"
#include <cmath>

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;
using xf::Dim;

/// Whether every number of `narrow` is one of `wide`.
static bool holds(Type wide, Type narrow) {
  if (auto a = dyn_cast<FloatType>(wide)) {
    auto b = dyn_cast<FloatType>(narrow);
    if (!b)
      return false;
    const llvm::fltSemantics &to = a.getFloatSemantics(),
                             &from = b.getFloatSemantics();
    return a.getWidth() > b.getWidth() && b.getWidth() >= 16 &&
           APFloat::semanticsPrecision(to) >=
               APFloat::semanticsPrecision(from) &&
           APFloat::semanticsMaxExponent(to) >=
               APFloat::semanticsMaxExponent(from) &&
           APFloat::semanticsMinExponent(to) <=
               APFloat::semanticsMinExponent(from);
  }
  auto a = dyn_cast<IntegerType>(wide), b = dyn_cast<IntegerType>(narrow);
  return a && b && a.getWidth() > b.getWidth() && b.getWidth() > 1 &&
         a.getSignedness() == b.getSignedness();
}

/// There and back through a wider type.
static Value dropCasts(xf::Cast op, OpBuilder &, Shapes &) {
  auto inner = op.getX().getDefiningOp<xf::Cast>();
  if (!inner || inner.getX().getType() != op.getType() ||
      !holds(getElementTypeOrSelf(inner.getY()), getElementTypeOrSelf(op)))
    return {};
  return inner.getX();
}

/// x - c is x + -c.
static Value addNegated(xf::Sub op, OpBuilder &builder, Shapes &) {
  auto type = dyn_cast<FloatType>(getElementTypeOrSelf(op));
  std::optional<double> number = getScalar(op.getB());
  if (!type || !number || !keepsShape(op.getA(), op.getB()))
    return {};
  Value negated = makeScalar(builder, op.getLoc(), type, -*number);
  return xf::Add::create(builder, op.getLoc(), op.getType(), op.getA(),
                         negated);
}

/// a + -b is a - b, and -a + b is b - a.
static Value subtract(xf::Add op, OpBuilder &builder, Shapes &) {
  for (auto [value, other] :
       {std::pair(op.getB(), op.getA()), std::pair(op.getA(), op.getB())})
    if (auto negated = value.getDefiningOp<xf::Neg>())
      return xf::Sub::create(builder, fuseLocations({op, negated}),
                             op.getType(), other, negated.getX());
  return {};
}

/// A mask's selection by what it hides, as one by what it keeps.
static Value selectByPositive(xf::Select op, OpBuilder &builder, Shapes &) {
  auto hides = op.getCondition().getDefiningOp<xf::Not>();
  return hides ? xf::Select::create(builder, op.getLoc(), op.getType(),
                                    hides.getX(), op.getB(), op.getA())
                     .getY()
               : Value();
}

/// A product over one element, [.., m, 1] by [.., 1, n], but of weights of one
/// key: those belong to an attention.
static Value multiplyOuter(xf::MatMul op, OpBuilder &builder, Shapes &) {
  auto a = cast<RankedTensorType>(op.getA().getType()),
       b = cast<RankedTensorType>(op.getB().getType());
  bool isOuter = !op.getTransposeA() && !op.getTransposeB() &&
                 a.getShape().back() == 1 &&
                 b.getDimSize(b.getRank() - 2) == 1 &&
                 a.getElementType() == getElementTypeOrSelf(op) &&
                 isa<FloatType>(a.getElementType()) &&
                 !skipFloatCasts(op.getA()).getDefiningOp<xf::Softmax>();
  return isOuter ? xf::Mul::create(builder, op.getLoc(), op.getType(),
                                   op.getA(), op.getB())
                       .getY()
                 : Value();
}

/// softmax(x - max(x)) is softmax(x).
static Value dropShift(xf::Softmax op, OpBuilder &builder, Shapes &) {
  auto shifted = op.getX().getDefiningOp<xf::Sub>();
  auto max =
      shifted ? shifted.getB().getDefiningOp<xf::Reduce>() : xf::Reduce();
  if (!max || max.getKind() != xf::ReduceKind::max || !max.getKeepDims() ||
      max.getX() != shifted.getA() ||
      max.getAxes() != ArrayRef{static_cast<int64_t>(op.getAxis())})
    return {};
  return xf::Softmax::create(builder, op.getLoc(), op.getType(), shifted.getA(),
                             op.getAxisAttr(), op.getLogAttr());
}

/// sum(x) / n is mean(x).
static Value averageSum(Operation *op, OpBuilder &builder, Shapes &) {
  std::optional<Scaled> scaled = matchScaled(op->getResult(0));
  auto sum = scaled ? scaled->x.getDefiningOp<xf::Reduce>() : xf::Reduce();
  if (!sum || sum.getKind() != xf::ReduceKind::sum ||
      !isa<FloatType>(getElementTypeOrSelf(sum)))
    return {};
  auto type = cast<RankedTensorType>(sum.getX().getType());
  double count = 1;
  for (int64_t axis : sum.getAxes()) {
    if (type.isDynamicDim(axis))
      return {};
    count *= static_cast<double>(type.getDimSize(axis));
  }
  if (!isAbout(scaled->factor * count, 1, sum))
    return {};
  return xf::Reduce::create(builder, op->getLoc(), op->getResult(0).getType(),
                            sum.getX(), xf::ReduceKind::mean, sum.getAxes(),
                            sum.getKeepDims());
}

/// An operand that an element-wise operation broadcasts by itself, because
/// another operand has the result's shape.
static Value dropBroadcast(Operation *op, OpBuilder &builder, Shapes &shapes) {
  if (!isa<xf::Add, xf::Sub, xf::Mul, xf::Div, xf::Pow, xf::Max, xf::Min,
           xf::Cmp, xf::And, xf::Or, xf::Select>(op))
    return {};
  SmallVector<Dim> dims = shapes.getDims(op->getResult(0));
  auto hasShape = [&](Value operand) {
    return shapes.areEqual(shapes.getDims(operand), dims);
  };
  for (OpOperand &operand : op->getOpOperands()) {
    auto broadcast = operand.get().getDefiningOp<xf::Broadcast>();
    bool isSpare = llvm::any_of(op->getOpOperands(), [&](OpOperand &other) {
      return &other != &operand && hasShape(other.get());
    });
    if (!broadcast || !isSpare)
      continue;
    Operation *copy = builder.clone(*op);
    copy->setOperand(operand.getOperandNumber(), broadcast.getX());
    return copy->getResult(0);
  }
  return {};
}

ArrayRef<Rewrite> hagane::fusion::getArithmeticRewrites() {
  static constexpr Rewrite rewrites[] = {
      only<xf::Cast, dropCasts>,
      only<xf::Sub, addNegated>,
      only<xf::Add, subtract>,
      only<xf::Select, selectByPositive>,
      only<xf::MatMul, multiplyOuter>,
      only<xf::Softmax, dropShift>,
      averageSum,
      dropBroadcast,
  };
  return rewrites;
}
