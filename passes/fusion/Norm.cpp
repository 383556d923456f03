//===- Norm.cpp - What the two norms share in primitives ------------------===//

#include "passes/fusion/Norm.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;

namespace {

/// A value as numerator * base^power, with the operations in between.
struct Inverse {
  Value numerator, base;
  SmallVector<Operation *> ops;
};

} // namespace

/// y of y^exponent; null if `value` is not that power with the sign.
static Value matchPower(Value value, double exponent,
                        SmallVectorImpl<Operation *> &ops) {
  auto power = value.getDefiningOp<xf::Pow>();
  if (!power || getScalar(power.getB()) != exponent ||
      !keepsShape(power.getA(), power.getB()))
    return {};
  ops.push_back(power);
  return power.getA();
}

/// y of sqrt(y).
static Value matchRoot(Value value, SmallVectorImpl<Operation *> &ops) {
  auto root = value.getDefiningOp<xf::Sqrt>();
  if (!root)
    return matchPower(value, 0.5, ops);
  ops.push_back(root);
  return root.getX();
}

/// y of 1 / sqrt(y).
static Value matchInverseRoot(Value value, SmallVectorImpl<Operation *> &ops) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return {};
  if (auto root = dyn_cast<xf::Rsqrt>(op)) {
    ops.push_back(op);
    return root.getX();
  }
  Value inner;
  if (auto reciprocal = dyn_cast<xf::Reciprocal>(op))
    inner = reciprocal.getX();
  else if (auto div = dyn_cast<xf::Div>(op))
    inner = getScalar(div.getA()) == 1.0 && keepsShape(div.getB(), div.getA())
                ? div.getB()
                : Value();
  if (!inner)
    return matchPower(value, -0.5, ops);
  ops.push_back(op);
  return matchRoot(inner, ops);
}

static std::optional<Inverse> matchInverse(Operation *op) {
  Inverse found{{}, {}, {op}};
  if (auto div = dyn_cast<xf::Div>(op)) {
    found.numerator = div.getA();
    found.base = matchRoot(div.getB(), found.ops);
  } else if (auto mul = dyn_cast<xf::Mul>(op)) {
    found.numerator = mul.getA();
    found.base = matchInverseRoot(mul.getB(), found.ops);
    if (!found.base) {
      found.ops.resize(1);
      found.numerator = mul.getB();
      found.base = matchInverseRoot(mul.getA(), found.ops);
    }
  }
  return found.base ? std::optional(found) : std::nullopt;
}

/// y of y^2; null if the value is no square.
static Value matchSquare(Value value, SmallVectorImpl<Operation *> &ops) {
  if (auto mul = value.getDefiningOp<xf::Mul>()) {
    ops.push_back(mul);
    return mul.getA() == mul.getB() ? mul.getA() : Value();
  }
  return matchPower(value, 2, ops);
}

std::optional<Normalized>
hagane::fusion::matchNormalized(Operation *op,
                                function_ref<bool(Value, Value)> same) {
  std::optional<Inverse> inverse = matchInverse(op);
  auto sum = inverse ? inverse->base.getDefiningOp<xf::Add>() : xf::Add();
  if (!sum)
    return std::nullopt;
  Normalized found{inverse->numerator, {}, 0, inverse->ops};
  found.ops.push_back(sum);
  std::optional<double> epsilon = getScalar(sum.getB());
  Value variance = sum.getA(), constant = sum.getB();
  if (!epsilon) {
    epsilon = getScalar(sum.getA());
    std::swap(variance, constant);
  }
  auto mean = variance.getDefiningOp<xf::Reduce>();
  if (!epsilon || !keepsShape(variance, constant) || !mean ||
      mean.getKind() != xf::ReduceKind::mean || !mean.getKeepDims())
    return std::nullopt;
  found.epsilon = *epsilon;
  found.axes.assign(mean.getAxes().begin(), mean.getAxes().end());
  found.ops.push_back(mean);
  Value base = matchSquare(mean.getX(), found.ops);
  if (!base || !same(base, found.d))
    return std::nullopt;
  return found;
}

std::optional<int64_t>
hagane::fusion::getFirstOfLastAxes(ArrayRef<int64_t> axes, int64_t rank) {
  int64_t first = rank - static_cast<int64_t>(axes.size());
  if (axes.empty() || !llvm::equal(axes, llvm::seq<int64_t>(first, rank)))
    return std::nullopt;
  return first;
}

std::optional<Narrow> hagane::fusion::matchNarrow(Value x, Value result) {
  auto widen = x.getDefiningOp<xf::Cast>();
  auto back = getOnlyUser<xf::Cast>(result);
  if (!widen || !back || !isa<FloatType>(getElementTypeOrSelf(widen.getX())) ||
      getElementTypeOrSelf(widen.getX()) != getElementTypeOrSelf(back.getY()))
    return std::nullopt;
  return Narrow{widen.getX(), back};
}

Value hagane::fusion::getParameter(OpBuilder &builder, Value value, Value x) {
  auto type = cast<RankedTensorType>(value.getType());
  if (!isConstantExpression(value) || !type.hasStaticShape() ||
      type.getElementType() != getElementTypeOrSelf(x) || !keepsShape(x, value))
    return {};
  int64_t columns = type.getRank() ? type.getShape().back() : 0;
  if (type.getRank() <= 1 || type.getNumElements() != columns)
    return value;
  return makeReshape(builder, value.getLoc(), value,
                     xf::Dim::constant(builder.getContext(), columns));
}
