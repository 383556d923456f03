//===- Scalars.cpp - Element-wise operations on scalars -------------------===//

#include "passes/kernels/Scalars.h"
#include "dialects/kernel/KernelOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace hagane;

using ScalarScope = ImplicitLocOpBuilder;

static Type elementType(Value tensor) {
  return cast<ShapedType>(tensor.getType()).getElementType();
}

/// Whether integers of the operation's first numeric operand have no sign.
static bool isUnsigned(Type type) {
  return type.isUnsignedInteger() || type.isInteger(1);
}
static bool isUnsigned(Operation *op) {
  return isUnsigned(elementType(op->getOperand(0)));
}
static bool isFloat(Value value) { return isa<FloatType>(value.getType()); }

Value hagane::makeScalar(ScalarScope &b, Type type, double value) {
  if (isa<FloatType>(type))
    return arith::ConstantOp::create(b, type, b.getFloatAttr(type, value));
  return arith::ConstantOp::create(
      b, type, b.getIntegerAttr(type, static_cast<int64_t>(value)));
}

//===-- Conversions -------------------------------------------------------===//

static Value isNonZero(ScalarScope &b, Value value) {
  Value zero = makeScalar(b, value.getType(), 0);
  if (isFloat(value))
    return arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, value, zero);
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, value, zero);
}

static Value convertInteger(ScalarScope &b, Value value, bool isUnsignedSource,
                            Type to) {
  unsigned from = value.getType().getIntOrFloatBitWidth(),
           width = to.getIntOrFloatBitWidth();
  if (from == width)
    return value;
  if (from > width)
    return arith::TruncIOp::create(b, to, value);
  if (isUnsignedSource)
    return arith::ExtUIOp::create(b, to, value);
  return arith::ExtSIOp::create(b, to, value);
}

Value hagane::convertScalar(ScalarScope &b, Value value, Type from, Type to) {
  Type target = kernel::getComputeType(to), source = value.getType();
  if (to.isInteger(1))
    return source.isInteger(1) ? value : isNonZero(b, value);
  if (isa<FloatType>(source) && isa<FloatType>(target)) {
    if (source == target)
      return value;
    if (source.getIntOrFloatBitWidth() < target.getIntOrFloatBitWidth())
      return arith::ExtFOp::create(b, target, value);
    return arith::TruncFOp::create(b, target, value);
  }
  if (isa<FloatType>(source)) {
    // Through i64, so that values wrap instead of being undefined.
    Type wide = b.getI64Type();
    if (to.isUnsignedInteger(64))
      return arith::FPToUIOp::create(b, wide, value);
    return convertInteger(b, arith::FPToSIOp::create(b, wide, value), false,
                          target);
  }
  if (isa<FloatType>(target)) {
    if (isUnsigned(from))
      return arith::UIToFPOp::create(b, target, value);
    return arith::SIToFPOp::create(b, target, value);
  }
  return convertInteger(b, value, isUnsigned(from), target);
}

Value hagane::flipSign(ScalarScope &b, Value value) {
  unsigned width = value.getType().getIntOrFloatBitWidth();
  Value sign = arith::ConstantOp::create(
      b, b.getIntegerAttr(value.getType(), APInt::getSignMask(width)));
  return arith::XOrIOp::create(b, value, sign);
}

//===-- Rows of the table -------------------------------------------------===//

template <typename FloatOp>
static Value unaryFloat(ScalarScope &b, Operation *, ValueRange x) {
  return FloatOp::create(b, x[0]);
}

template <typename FloatOp, typename IntOp>
static Value binary(ScalarScope &b, Operation *, ValueRange x) {
  if (isFloat(x[0]))
    return FloatOp::create(b, x[0], x[1]);
  return IntOp::create(b, x[0], x[1]);
}

template <typename FloatOp, typename SignedOp, typename UnsignedOp>
static Value extremum(ScalarScope &b, Operation *op, ValueRange x) {
  if (isFloat(x[0]))
    return FloatOp::create(b, x[0], x[1]);
  if (isUnsigned(op))
    return UnsignedOp::create(b, x[0], x[1]);
  return SignedOp::create(b, x[0], x[1]);
}

template <typename IntOp>
static Value bitwise(ScalarScope &b, Operation *, ValueRange x) {
  return IntOp::create(b, x[0], x[1]);
}

static Value negate(ScalarScope &b, Operation *, ValueRange x) {
  if (isFloat(x[0]))
    return arith::NegFOp::create(b, x[0]);
  return arith::SubIOp::create(b, makeScalar(b, x[0].getType(), 0), x[0]);
}

static Value absolute(ScalarScope &b, Operation *op, ValueRange x) {
  if (isFloat(x[0]))
    return math::AbsFOp::create(b, x[0]);
  return isUnsigned(op) ? x[0] : Value(math::AbsIOp::create(b, x[0]));
}

static Value sign(ScalarScope &b, Operation *op, ValueRange x) {
  Value zero = makeScalar(b, x[0].getType(), 0),
        one = makeScalar(b, x[0].getType(), 1);
  Value minus = makeScalar(b, x[0].getType(), -1);
  if (!isFloat(x[0])) {
    auto greater =
        isUnsigned(op) ? arith::CmpIPredicate::ugt : arith::CmpIPredicate::sgt;
    Value positive = arith::CmpIOp::create(b, greater, x[0], zero);
    Value isZero =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x[0], zero);
    Value rest = arith::SelectOp::create(b, isZero, zero, minus);
    return arith::SelectOp::create(b, positive, one, rest);
  }
  Value positive =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x[0], zero);
  Value negative =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x[0], zero);
  // What is neither is a zero or NaN, and stays itself.
  Value rest = arith::SelectOp::create(b, negative, minus, x[0]);
  return arith::SelectOp::create(b, positive, one, rest);
}

static Value reciprocalOf(ScalarScope &b, Value x) {
  return arith::DivFOp::create(b, makeScalar(b, x.getType(), 1), x);
}

static Value rsqrt(ScalarScope &b, Operation *, ValueRange x) {
  return reciprocalOf(b, math::SqrtOp::create(b, x[0]));
}
static Value reciprocal(ScalarScope &b, Operation *, ValueRange x) {
  return reciprocalOf(b, x[0]);
}

/// 1 + e^-x
static Value logisticDenominator(ScalarScope &b, Value x) {
  Value e = math::ExpOp::create(b, arith::NegFOp::create(b, x));
  return arith::AddFOp::create(b, makeScalar(b, x.getType(), 1), e);
}

static Value sigmoid(ScalarScope &b, Operation *, ValueRange x) {
  return reciprocalOf(b, logisticDenominator(b, x[0]));
}

static Value silu(ScalarScope &b, Operation *, ValueRange x) {
  return arith::DivFOp::create(b, x[0], logisticDenominator(b, x[0]));
}

static Value relu(ScalarScope &b, Operation *op, ValueRange x) {
  Value zero = makeScalar(b, x[0].getType(), 0);
  if (isFloat(x[0]))
    return arith::MaximumFOp::create(b, x[0], zero);
  return isUnsigned(op) ? x[0] : Value(arith::MaxSIOp::create(b, x[0], zero));
}

/// max(x, 0) + log(1 + e^-|x|): no overflow.
static Value softplus(ScalarScope &b, Operation *op, ValueRange x) {
  Value e = math::ExpOp::create(
      b, arith::NegFOp::create(b, math::AbsFOp::create(b, x[0])));
  return arith::AddFOp::create(b, relu(b, op, x), math::Log1pOp::create(b, e));
}

static Value geluErf(ScalarScope &b, Value x) {
  Type type = x.getType();
  Value scaled =
      arith::MulFOp::create(b, x, makeScalar(b, type, 0.70710678118654752440));
  // Of the error function, the sum with 1 keeps no more than absolute digits.
  Value erf =
      math::ErfOp::create(b, scaled, arith::FastMathFlags::afn).getResult();
  Value e = arith::AddFOp::create(b, erf, makeScalar(b, type, 1));
  return arith::MulFOp::create(
      b, arith::MulFOp::create(b, x, makeScalar(b, type, 0.5)), e);
}

static Value geluTanh(ScalarScope &b, Value x) {
  Type type = x.getType();
  Value square = arith::MulFOp::create(b, x, x);
  Value cubic = arith::MulFOp::create(b, arith::MulFOp::create(b, square, x),
                                      makeScalar(b, type, 0.044715));
  Value inner =
      arith::MulFOp::create(b, arith::AddFOp::create(b, x, cubic),
                            makeScalar(b, type, 0.79788456080286535588));
  Value t = arith::AddFOp::create(b, math::TanhOp::create(b, inner),
                                  makeScalar(b, type, 1));
  return arith::MulFOp::create(
      b, arith::MulFOp::create(b, x, makeScalar(b, type, 0.5)), t);
}

static Value gelu(ScalarScope &b, Operation *op, ValueRange x) {
  return cast<xf::Gelu>(op).getTanh() ? geluTanh(b, x[0]) : geluErf(b, x[0]);
}

static Value gated(ScalarScope &b, Operation *op, ValueRange x) {
  Value gate = x[0];
  switch (cast<xf::Gated>(op).getActivation()) {
  case xf::ActivationKind::identity:
    break;
  case xf::ActivationKind::relu:
    gate = arith::MaximumFOp::create(b, gate, makeScalar(b, gate.getType(), 0));
    break;
  case xf::ActivationKind::gelu:
    gate = geluErf(b, gate);
    break;
  case xf::ActivationKind::gelu_tanh:
    gate = geluTanh(b, gate);
    break;
  case xf::ActivationKind::silu:
    gate = arith::DivFOp::create(b, gate, logisticDenominator(b, gate));
    break;
  case xf::ActivationKind::sigmoid:
    gate = reciprocalOf(b, logisticDenominator(b, gate));
    break;
  case xf::ActivationKind::tanh:
    gate = math::TanhOp::create(b, gate);
    break;
  }
  return arith::MulFOp::create(b, gate, x[1]);
}

static Value bitNot(ScalarScope &b, Operation *, ValueRange x) {
  return arith::XOrIOp::create(b, x[0], makeScalar(b, x[0].getType(), -1));
}

static Value isNaN(ScalarScope &b, Operation *, ValueRange x) {
  return arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x[0], x[0]);
}

static Value isInf(ScalarScope &b, Operation *op, ValueRange x) {
  auto inf = cast<xf::IsInf>(op);
  auto equals = [&](double value) -> Value {
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x[0],
                                 makeScalar(b, x[0].getType(), value));
  };
  double infinity = std::numeric_limits<double>::infinity();
  Value none = makeScalar(b, b.getI1Type(), 0);
  Value above = inf.getPositive() ? equals(infinity) : none;
  Value below = inf.getNegative() ? equals(-infinity) : none;
  return arith::OrIOp::create(b, above, below);
}

/// The divisor made safe: 1 where it is 0 (or -1 for signed integers, whose
/// quotient is taken apart), and what to select afterwards.
static Value integerDivide(ScalarScope &b, Operation *op, ValueRange x,
                           bool remainder) {
  Type type = x[0].getType();
  Value zero = makeScalar(b, type, 0), one = makeScalar(b, type, 1),
        minus = makeScalar(b, type, -1);
  Value isZero = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x[1], zero);
  if (isUnsigned(op)) {
    Value safe = arith::SelectOp::create(b, isZero, one, x[1]);
    Value result = remainder ? Value(arith::RemUIOp::create(b, x[0], safe))
                             : Value(arith::DivUIOp::create(b, x[0], safe));
    return arith::SelectOp::create(b, isZero, zero, result);
  }
  Value isMinus =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x[1], minus);
  Value special = arith::OrIOp::create(b, isZero, isMinus);
  Value safe = arith::SelectOp::create(b, special, one, x[1]);
  if (remainder) {
    Value result = arith::RemSIOp::create(b, x[0], safe);
    return arith::SelectOp::create(b, special, zero, result);
  }
  Value result = arith::DivSIOp::create(b, x[0], safe);
  Value negated = arith::SubIOp::create(b, zero, x[0]);
  Value other = arith::SelectOp::create(b, isMinus, negated, result);
  return arith::SelectOp::create(b, isZero, zero, other);
}

static Value divide(ScalarScope &b, Operation *op, ValueRange x) {
  if (isFloat(x[0]))
    return arith::DivFOp::create(b, x[0], x[1]);
  return integerDivide(b, op, x, /*remainder=*/false);
}

/// The exact remainder of |x| by |y| with x's sign, in f64. Each step takes off
/// a multiple of y of 25 bits, whose product with either half of y is exact.
static Value floatRemainder(ScalarScope &b, Value x, Value y) {
  Type narrow = x.getType(), wide = b.getF64Type(), bits = b.getI64Type();
  if (narrow != wide) {
    x = arith::ExtFOp::create(b, wide, x);
    y = arith::ExtFOp::create(b, wide, y);
  }
  auto keepBits = [&](Value value, int64_t dropped) -> Value {
    Value mask = arith::ConstantIntOp::create(b, -(int64_t(1) << dropped), 64);
    Value kept = arith::AndIOp::create(
        b, arith::BitcastOp::create(b, bits, value), mask);
    return arith::BitcastOp::create(b, wide, kept);
  };
  Value rest = math::AbsFOp::create(b, x), divisor = math::AbsFOp::create(b, y);
  Value high = keepBits(divisor, 27),
        low = arith::SubFOp::create(b, divisor, high);
  // Quotients of f32 numbers have up to 277 bits.
  for (int step = 0; step < 12; ++step) {
    Value quotient = keepBits(
        math::TruncOp::create(b, arith::DivFOp::create(b, rest, divisor)), 28);
    rest = arith::SubFOp::create(b, rest,
                                 arith::MulFOp::create(b, quotient, high));
    rest =
        arith::SubFOp::create(b, rest, arith::MulFOp::create(b, quotient, low));
  }
  // A quotient that was rounded up has taken off one too many.
  Value isNegative = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, rest,
                                           makeScalar(b, wide, 0));
  rest = arith::SelectOp::create(b, isNegative,
                                 arith::AddFOp::create(b, rest, divisor), rest);
  Value infinity = makeScalar(b, wide, std::numeric_limits<double>::infinity());
  Value isWhole = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT,
                                        math::AbsFOp::create(b, x), infinity);
  Value isInfinite =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, divisor, infinity);
  rest = arith::SelectOp::create(
      b, arith::AndIOp::create(b, isWhole, isInfinite), x, rest);
  rest = math::CopySignOp::create(b, rest, x);
  return narrow == wide ? rest : arith::TruncFOp::create(b, narrow, rest);
}

static Value modulo(ScalarScope &b, Operation *op, ValueRange x) {
  bool truncated = cast<xf::Mod>(op).getTruncated();
  Type type = x[0].getType();
  Value zero = makeScalar(b, type, 0);
  Value rest = isFloat(x[0]) ? floatRemainder(b, x[0], x[1])
                             : integerDivide(b, op, x, /*remainder=*/true);
  if (truncated || (!isFloat(x[0]) && isUnsigned(op)))
    return rest;
  // Where the signs differ, one divisor more: NumPy's remainder.
  Value nonZero = isNonZero(b, rest), differ, sum;
  if (isFloat(x[0])) {
    Value negativeRest =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, rest, zero);
    Value negativeDivisor =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x[1], zero);
    differ = arith::XOrIOp::create(b, negativeRest, negativeDivisor);
    sum = arith::AddFOp::create(b, rest, x[1]);
  } else {
    Value mixed = arith::XOrIOp::create(b, rest, x[1]);
    differ = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, mixed, zero);
    sum = arith::AddIOp::create(b, rest, x[1]);
  }
  return arith::SelectOp::create(b, arith::AndIOp::create(b, nonZero, differ),
                                 sum, rest);
}

template <typename ShiftOp>
static Value shift(ScalarScope &b, Operation *, ValueRange x) {
  Type type = x[0].getType();
  Value width = makeScalar(b, type, type.getIntOrFloatBitWidth());
  Value inside =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, x[1], width);
  Value zero = makeScalar(b, type, 0);
  Value amount = arith::SelectOp::create(b, inside, x[1], zero);
  return arith::SelectOp::create(b, inside, ShiftOp::create(b, x[0], amount),
                                 zero);
}

static Value compare(ScalarScope &b, Operation *op, ValueRange x) {
  struct Predicates {
    arith::CmpFPredicate onFloats;
    arith::CmpIPredicate onSigned, onUnsigned;
  };
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  // In the order of xf::CmpKind: eq, ne, lt, le, gt, ge.
  static constexpr Predicates table[] = {
      {F::OEQ, I::eq, I::eq},   {F::UNE, I::ne, I::ne},
      {F::OLT, I::slt, I::ult}, {F::OLE, I::sle, I::ule},
      {F::OGT, I::sgt, I::ugt}, {F::OGE, I::sge, I::uge}};
  const Predicates &row =
      table[static_cast<unsigned>(cast<xf::Cmp>(op).getKind())];
  if (isFloat(x[0]))
    return arith::CmpFOp::create(b, row.onFloats, x[0], x[1]);
  return arith::CmpIOp::create(
      b, isUnsigned(op) ? row.onUnsigned : row.onSigned, x[0], x[1]);
}

static Value select(ScalarScope &b, Operation *, ValueRange x) {
  return arith::SelectOp::create(b, x[0], x[1], x[2]);
}

ScalarBuilder hagane::findScalarBuilder(Operation *op) {
  static const llvm::StringMap<ScalarBuilder> table = {
      {"xf.neg", negate},
      {"xf.abs", absolute},
      {"xf.sign", sign},
      {"xf.exp", unaryFloat<math::ExpOp>},
      {"xf.log", unaryFloat<math::LogOp>},
      {"xf.sqrt", unaryFloat<math::SqrtOp>},
      {"xf.rsqrt", rsqrt},
      {"xf.reciprocal", reciprocal},
      {"xf.erf", unaryFloat<math::ErfOp>},
      {"xf.tanh", unaryFloat<math::TanhOp>},
      {"xf.sigmoid", sigmoid},
      {"xf.silu", silu},
      {"xf.relu", relu},
      {"xf.softplus", softplus},
      {"xf.sin", unaryFloat<math::SinOp>},
      {"xf.cos", unaryFloat<math::CosOp>},
      {"xf.tan", unaryFloat<math::TanOp>},
      {"xf.asin", unaryFloat<math::AsinOp>},
      {"xf.acos", unaryFloat<math::AcosOp>},
      {"xf.atan", unaryFloat<math::AtanOp>},
      {"xf.sinh", unaryFloat<math::SinhOp>},
      {"xf.cosh", unaryFloat<math::CoshOp>},
      {"xf.asinh", unaryFloat<math::AsinhOp>},
      {"xf.acosh", unaryFloat<math::AcoshOp>},
      {"xf.atanh", unaryFloat<math::AtanhOp>},
      {"xf.floor", unaryFloat<math::FloorOp>},
      {"xf.ceil", unaryFloat<math::CeilOp>},
      {"xf.round", unaryFloat<math::RoundEvenOp>},
      {"xf.not", bitNot},
      {"xf.gelu", gelu},
      {"xf.gated", gated},
      {"xf.is_nan", isNaN},
      {"xf.is_inf", isInf},
      {"xf.cast", castElement},
      {"xf.bitcast", bitcastElement},
      {"xf.add", binary<arith::AddFOp, arith::AddIOp>},
      {"xf.sub", binary<arith::SubFOp, arith::SubIOp>},
      {"xf.mul", binary<arith::MulFOp, arith::MulIOp>},
      {"xf.div", divide},
      {"xf.min", extremum<arith::MinimumFOp, arith::MinSIOp, arith::MinUIOp>},
      {"xf.max", extremum<arith::MaximumFOp, arith::MaxSIOp, arith::MaxUIOp>},
      {"xf.and", bitwise<arith::AndIOp>},
      {"xf.or", bitwise<arith::OrIOp>},
      {"xf.xor", bitwise<arith::XOrIOp>},
      {"xf.shl", shift<arith::ShLIOp>},
      {"xf.shr", shift<arith::ShRUIOp>},
      {"xf.mod", modulo},
      {"xf.pow", powerElement},
      {"xf.cmp", compare},
      {"xf.select", select},
  };
  return table.lookup(op->getName().getStringRef());
}
