//===- ScalarPower.cpp - Powers of scalars --------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "passes/kernels/Scalars.h"

using namespace mlir;
using namespace hagane;

using ScalarScope = ImplicitLocOpBuilder;

static Value floatPower(ScalarScope &b, Value x, Value y) {
  FloatAttr exponent;
  if (matchPattern(y, m_Constant(&exponent))) {
    double value = exponent.getValueAsDouble();
    if (value == 2.0)
      return arith::MulFOp::create(b, x, x);
    if (value == 3.0)
      return arith::MulFOp::create(b, arith::MulFOp::create(b, x, x), x);
    if (value == 0.5)
      return math::SqrtOp::create(b, x);
  }
  return math::PowFOp::create(b, x, y);
}

/// Integers to fractional powers, truncated as specified. Whole powers are
/// whole, up to the error of the logarithm.
static Value truncatedPower(ScalarScope &b, Value x, Value y) {
  Value result = math::PowFOp::create(b, x, y);
  Value isWhole = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, y,
                                        math::TruncOp::create(b, y));
  return arith::SelectOp::create(b, isWhole,
                                 math::RoundEvenOp::create(b, result), result);
}

/// Whether a bit of an integer is set.
static Value hasBit(ScalarScope &b, Value value, unsigned bit) {
  Type type = value.getType();
  Value mask = arith::ConstantOp::create(
      b, type,
      b.getIntegerAttr(type,
                       APInt::getOneBitSet(type.getIntOrFloatBitWidth(), bit)));
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ne,
                               arith::AndIOp::create(b, value, mask),
                               makeScalar(b, type, 0));
}

/// By squaring, so that products wrap as they do elsewhere.
static Value squaredPower(ScalarScope &b, Value x, Value y, unsigned bits) {
  APInt known;
  bool isKnown = matchPattern(y, m_ConstantInt(&known));
  if (isKnown)
    bits = std::min(bits, known.getActiveBits());
  Value result;
  for (unsigned bit = 0; bit < bits; ++bit) {
    if (bit)
      x = arith::MulIOp::create(b, x, x);
    if (isKnown && !known[bit])
      continue;
    Value product = result ? Value(arith::MulIOp::create(b, result, x)) : x;
    if (!isKnown)
      product = arith::SelectOp::create(b, hasBit(b, y, bit), product,
                                        result ? result
                                               : makeScalar(b, x.getType(), 1));
    result = product;
  }
  return result ? result : makeScalar(b, x.getType(), 1);
}

/// Integers to integer powers. Of negative powers only those of 1 and -1 are
/// no fractions.
static Value integerPower(ScalarScope &b, Value x, Value y, bool isSigned) {
  Type type = y.getType();
  unsigned width = type.getIntOrFloatBitWidth();
  Value result = squaredPower(b, x, y, isSigned ? width - 1 : width);
  if (!isSigned)
    return result;
  Value isNegative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, y,
                                           makeScalar(b, type, 0));
  Value one = makeScalar(b, x.getType(), 1),
        minus = makeScalar(b, x.getType(), -1),
        zero = makeScalar(b, x.getType(), 0);
  auto is = [&](Value value) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, value);
  };
  Value sign = arith::SelectOp::create(b, hasBit(b, y, 0), minus, one);
  Value fraction = arith::SelectOp::create(b, is(minus), sign, zero);
  fraction = arith::SelectOp::create(b, is(one), one, fraction);
  return arith::SelectOp::create(b, isNegative, fraction, result);
}

Value hagane::powerElement(ScalarScope &b, Operation *op, ValueRange x) {
  auto elementType = [&](unsigned operand) {
    return cast<ShapedType>(op->getOperand(operand).getType()).getElementType();
  };
  Type base = elementType(0), exponent = elementType(1);
  if (isa<FloatType>(base))
    return floatPower(b, x[0], convertScalar(b, x[1], exponent, base));
  if (isa<IntegerType>(exponent))
    return integerPower(b, x[0], x[1], !exponent.isUnsignedInteger());
  Type wide = b.getF64Type();
  Value power = truncatedPower(b, convertScalar(b, x[0], base, wide),
                               convertScalar(b, x[1], exponent, wide));
  return convertScalar(b, power, wide, base);
}
