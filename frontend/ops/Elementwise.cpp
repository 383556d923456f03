// Arithmetic, comparison, logic and casts, element by element.
#include "dialects/xf/XfSpecial.h"
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

template <xf::CmpKind kind>
static LogicalResult convertCompare(NodeConverter &n) {
  return n.done({n.cmp(kind, n.in(0), n.in(1))});
}

/// Sum, Min, Max, Mean of any number of inputs.
template <typename OpTy>
static LogicalResult convertVariadic(NodeConverter &n) {
  SmallVector<Value> inputs = n.allInputs();
  Value y = inputs.front();
  for (Value x : ArrayRef(inputs).drop_front())
    y = n.make<OpTy>(y, x);
  return n.done({y});
}

static LogicalResult convertMean(NodeConverter &n) {
  SmallVector<Value> inputs = n.allInputs();
  Value y = inputs.front();
  for (Value x : ArrayRef(inputs).drop_front())
    y = n.add(y, x);
  if (inputs.size() > 1)
    y = n.div(y, n.scalar(static_cast<double>(inputs.size()), n.elem(y)));
  return n.done({y});
}

static LogicalResult convertMod(NodeConverter &n) {
  bool truncated = n.getInt("fmod", 0) != 0;
  return n.done({n.make<xf::Mod>(n.in(0), n.in(1), truncated)});
}

/// Shifts the sign in where x is negative: the complement of the complement's
/// logical shift.
static Value shiftRight(NodeConverter &n, Value x, Value by) {
  Value shifted = n.make<xf::Shr>(x, by);
  if (n.elem(x).isUnsignedInteger())
    return shifted;
  Value complement = n.make<xf::Not>(n.make<xf::Shr>(n.make<xf::Not>(x), by));
  Value negative = n.cmp(xf::CmpKind::lt, x, n.scalar(0, n.elem(x)));
  return n.select(negative, complement, shifted);
}

static LogicalResult convertShift(NodeConverter &n) {
  StringRef direction = n.getString("direction", "");
  if (direction == "LEFT")
    return convertBinary<xf::Shl>(n);
  if (direction == "RIGHT")
    return n.done({shiftRight(n, n.in(0), n.in(1))});
  return n.error("attribute 'direction' is '" + direction +
                 "', expected 'LEFT' or 'RIGHT'");
}

/// To the power of two above, below or nearest to x > 0, as f32's bits tell.
static LogicalResult castToExponent(NodeConverter &n, Value x, Type to) {
  StringRef mode = n.getString("round_mode", "up");
  bool saturate = n.getInt("saturate", 1) != 0;
  Type f32 = n.builder().getF32Type(), i32 = n.builder().getI32Type();
  auto word = [&](int64_t value) {
    return n.scalar(static_cast<double>(value), i32);
  };
  Value bits = n.make<xf::Bitcast>(n.cast(x, f32), i32);
  // What carries into the exponent: any part of the mantissa, or its half.
  int64_t carry = mode == "up" ? 0x7fffff : mode == "nearest" ? 0x400000 : 0;
  if (!carry && mode != "down")
    return n.error("attribute 'round_mode' is '" + mode +
                   "', expected 'up', 'down' or 'nearest'");
  constexpr int64_t kTop = int64_t(254) << 23;
  Value rounded = n.make<xf::And>(n.add(bits, word(carry)), word(-(1 << 23)));
  Value isOver = n.cmp(xf::CmpKind::gt, rounded, word(kTop));
  Value isNan = n.make<xf::IsNaN>(n.cast(x, f32));
  constexpr int64_t kNan = 0x7fc00000;
  rounded = n.select(isOver, word(saturate ? kTop : kNan), rounded);
  Value isLow = n.cmp(xf::CmpKind::lt, rounded, word(1 << 23));
  rounded = n.select(isLow, word(1 << 22), rounded);
  rounded = n.select(isNan, word(kNan), rounded);
  return n.done({n.cast(n.make<xf::Bitcast>(rounded, f32), to)});
}

/// Cast with the choices that some types have: 8-bit floats may saturate;
/// floats become integers narrower than a byte by way of wider ones and wrap.
static LogicalResult castTo(NodeConverter &n, Value x, Type to) {
  if (isa<Float8E8M0FNUType>(to))
    return castToExponent(n, x, to);
  auto integer = dyn_cast<IntegerType>(to);
  if (integer && integer.getWidth() > 1 && integer.getWidth() < 8 &&
      isa<FloatType>(n.elem(x)))
    x = n.cast(x, n.builder().getI32Type());
  bool saturate = n.getInt("saturate", 1) && isa<FloatType>(to) &&
                  to.getIntOrFloatBitWidth() == 8;
  return n.done({n.cast(x, to, saturate)});
}

/// The value of a short float vector as i64, if it is made of integers only;
/// else null. Exporters send shape arithmetic through floats, as Max and Min
/// had no integer form. A size that f32 would round is the model's own error.
static Value asIntegers(NodeConverter &n, Value x, unsigned depth = 0) {
  constexpr unsigned deepest = 8;
  Type i64 = n.builder().getI64Type();
  Operation *op = x.getDefiningOp();
  if (!op || depth > deepest || n.rank(x) > 1 || !n.type(x).hasStaticShape() ||
      n.type(x).getNumElements() > xf::Facts::kMaxContent)
    return {};
  if (auto cast = dyn_cast<xf::Cast>(op))
    return isa<IntegerType>(n.elem(cast.getX())) ? n.cast(cast.getX(), i64)
                                                 : Value();
  if (auto constants = n.constFloats(x)) {
    SmallVector<int64_t> integers;
    for (double constant : *constants) {
      if (constant != std::trunc(constant) || std::abs(constant) > 1e15)
        return {};
      integers.push_back(static_cast<int64_t>(constant));
    }
    auto type = RankedTensorType::get(n.type(x).getShape(), i64);
    return n.constant(DenseIntElementsAttr::get(type, integers));
  }
  if (!isa<xf::Max, xf::Min>(op))
    return {};
  Value left = asIntegers(n, op->getOperand(0), depth + 1),
        right = left ? asIntegers(n, op->getOperand(1), depth + 1) : Value();
  if (!right)
    return {};
  return isa<xf::Max>(op) ? n.make<xf::Max>(left, right)
                          : n.make<xf::Min>(left, right);
}

static LogicalResult convertCast(NodeConverter &n) {
  Type to = n.getDataType("to");
  if (!to)
    return n.error("attribute 'to' is missing");
  Value x = n.in(0);
  if (isa<FloatType>(n.elem(x)) && to.isInteger() && !to.isInteger(1))
    if (Value integers = asIntegers(n, x))
      x = integers;
  return castTo(n, x, to);
}

static LogicalResult convertCastLike(NodeConverter &n) {
  return castTo(n, n.in(0), n.elem(n.in(1)));
}

static LogicalResult convertBitCast(NodeConverter &n) {
  Type to = n.getDataType("to");
  if (!to)
    return n.error("attribute 'to' is missing");
  Value x = n.in(0);
  // Booleans are bytes of 0 and 1 there.
  if (n.elem(x).isInteger(1) || to.isInteger(1))
    return n.done({n.cast(x, to)});
  return n.done({n.make<xf::Bitcast>(x, to)});
}

static LogicalResult convertWhere(NodeConverter &n) {
  return n.done({n.select(n.in(0), n.in(1), n.in(2))});
}

static LogicalResult convertIsInf(NodeConverter &n) {
  return n.done({n.make<xf::IsInf>(n.in(0), n.getInt("detect_positive", 1) != 0,
                                   n.getInt("detect_negative", 1) != 0)});
}

static LogicalResult convertClipAttributes(NodeConverter &n) {
  Value y = n.in(0);
  if (n.hasAttr("min"))
    y = n.make<xf::Max>(y, n.scalar(n.getFloat("min", 0), n.elem(y)));
  if (n.hasAttr("max"))
    y = n.make<xf::Min>(y, n.scalar(n.getFloat("max", 0), n.elem(y)));
  return n.done({y});
}

static LogicalResult convertClip(NodeConverter &n) {
  Value y = n.in(0);
  if (Value low = n.in(1))
    y = n.make<xf::Max>(y, low);
  if (Value high = n.in(2))
    y = n.make<xf::Min>(y, high);
  return n.done({y});
}

static LogicalResult convertIdentity(NodeConverter &n) {
  if (const SmallVector<Value> *elements = n.sequence(0))
    return n.doneSequence(SmallVector<Value>(*elements));
  return n.done({n.in(0)});
}

static const OpRow rows[] = {
    {"Abs", 1, 1, convertUnary<xf::Abs>},
    {"Acos", 7, 1, convertUnary<xf::Acos>},
    {"Acosh", 9, 1, convertUnary<xf::Acosh>},
    {"Add", 7, 2, convertBinary<xf::Add>},
    {"And", 7, 2, convertBinary<xf::And>},
    {"Asin", 7, 1, convertUnary<xf::Asin>},
    {"Asinh", 9, 1, convertUnary<xf::Asinh>},
    {"Atan", 7, 1, convertUnary<xf::Atan>},
    {"Atanh", 9, 1, convertUnary<xf::Atanh>},
    {"BitCast", 26, 1, convertBitCast},
    {"BitShift", 11, 2, convertShift},
    {"BitwiseAnd", 18, 2, convertBinary<xf::And>},
    {"BitwiseNot", 18, 1, convertUnary<xf::Not>},
    {"BitwiseOr", 18, 2, convertBinary<xf::Or>},
    {"BitwiseXor", 18, 2, convertBinary<xf::Xor>},
    {"Cast", 6, 1, convertCast},
    {"CastLike", 15, 2, convertCastLike},
    {"Ceil", 1, 1, convertUnary<xf::Ceil>},
    {"Clip", 6, 1, convertClipAttributes},
    {"Clip", 11, 1, convertClip},
    {"Cos", 7, 1, convertUnary<xf::Cos>},
    {"Cosh", 9, 1, convertUnary<xf::Cosh>},
    {"Div", 7, 2, convertBinary<xf::Div>},
    {"Equal", 7, 2, convertCompare<xf::CmpKind::eq>},
    {"Erf", 9, 1, convertUnary<xf::Erf>},
    {"Exp", 1, 1, convertUnary<xf::Exp>},
    {"Floor", 1, 1, convertUnary<xf::Floor>},
    {"Greater", 7, 2, convertCompare<xf::CmpKind::gt>},
    {"GreaterOrEqual", 12, 2, convertCompare<xf::CmpKind::ge>},
    {"Identity", 1, 0, convertIdentity},
    {"IsInf", 10, 1, convertIsInf},
    {"IsNaN", 9, 1, convertUnary<xf::IsNaN>},
    {"Less", 7, 2, convertCompare<xf::CmpKind::lt>},
    {"LessOrEqual", 12, 2, convertCompare<xf::CmpKind::le>},
    {"Log", 1, 1, convertUnary<xf::Log>},
    {"Max", 1, 1, convertVariadic<xf::Max>},
    {"Mean", 1, 1, convertMean},
    {"Min", 1, 1, convertVariadic<xf::Min>},
    {"Mod", 10, 2, convertMod},
    {"Mul", 7, 2, convertBinary<xf::Mul>},
    {"Neg", 1, 1, convertUnary<xf::Neg>},
    {"Not", 1, 1, convertUnary<xf::Not>},
    {"Or", 7, 2, convertBinary<xf::Or>},
    {"Pow", 7, 2, convertBinary<xf::Pow>},
    {"Reciprocal", 1, 1, convertUnary<xf::Reciprocal>},
    {"Round", 11, 1, convertUnary<xf::Round>},
    {"Sign", 9, 1, convertUnary<xf::Sign>},
    {"Sin", 7, 1, convertUnary<xf::Sin>},
    {"Sinh", 9, 1, convertUnary<xf::Sinh>},
    {"Sqrt", 1, 1, convertUnary<xf::Sqrt>},
    {"Sub", 7, 2, convertBinary<xf::Sub>},
    {"Sum", 1, 1, convertVariadic<xf::Add>},
    {"Tan", 7, 1, convertUnary<xf::Tan>},
    {"Where", 9, 3, convertWhere},
    {"Xor", 7, 2, convertBinary<xf::Xor>},
};

void hagane::frontend::registerElementwise(OpRegistry &registry) {
  registry.add("", rows);
}
