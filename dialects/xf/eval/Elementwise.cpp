//===- Elementwise.cpp - Element-wise arithmetic --------------------------===//

#include "dialects/xf/eval/Activation.h"
#include "dialects/xf/eval/Strides.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

namespace {

/// What an operation does with one element or a pair; null where its operands
/// cannot be of that class. Integers come with their type's sign.
struct UnaryRule {
  double (*real)(double);
  int64_t (*integer)(int64_t, const Element &);
};
struct BinaryRule {
  double (*real)(double, double);
  int64_t (*integer)(int64_t, int64_t, const Element &);
};

double sign(double x) { return std::isnan(x) ? x : double((x > 0) - (x < 0)); }
double smaller(double a, double b) { return std::isnan(a) || a < b ? a : b; }
double larger(double a, double b) { return std::isnan(a) || a > b ? a : b; }

bool isLess(int64_t a, int64_t b, const Element &element) {
  return element.isUnsigned() ? uint64_t(a) < uint64_t(b) : a < b;
}

int64_t wrappingSub(int64_t a, int64_t b) {
  return int64_t(uint64_t(a) - uint64_t(b));
}
int64_t wrappingMul(int64_t a, int64_t b) {
  return int64_t(uint64_t(a) * uint64_t(b));
}

int64_t divide(int64_t a, int64_t b, const Element &element) {
  if (b == 0)
    return 0;
  if (element.isUnsigned())
    return int64_t(uint64_t(a) / uint64_t(b));
  return b == -1 ? wrappingSub(0, a) : a / b;
}

int64_t truncatedRemainder(int64_t a, int64_t b, const Element &element) {
  return b == 0 ? 0 : wrappingSub(a, wrappingMul(divide(a, b, element), b));
}

int64_t flooredRemainder(int64_t a, int64_t b, const Element &element) {
  int64_t rest = truncatedRemainder(a, b, element);
  return !element.isUnsigned() && rest != 0 && (rest < 0) != (b < 0) ? rest + b
                                                                     : rest;
}

double flooredRemainder(double a, double b) {
  double rest = std::fmod(a, b);
  if (rest == 0)
    return std::copysign(rest, b);
  return (rest < 0) != (b < 0) && !std::isnan(rest) && !std::isnan(b) ? rest + b
                                                                      : rest;
}

int64_t shiftLeft(int64_t a, int64_t b, const Element &element) {
  return uint64_t(b) >= element.bits ? 0 : int64_t(uint64_t(a) << b);
}

int64_t shiftRight(int64_t a, int64_t b, const Element &element) {
  uint64_t bits = uint64_t(a) & llvm::maskTrailingOnes<uint64_t>(element.bits);
  return uint64_t(b) >= element.bits ? 0 : int64_t(bits >> b);
}

/// a^b modulo 2^64; a negative exponent leaves 0 unless a is 1 or -1.
int64_t integerPower(int64_t a, int64_t b, bool isUnsignedExponent) {
  if (b < 0 && !isUnsignedExponent)
    return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
  int64_t result = 1;
  for (uint64_t rest = uint64_t(b); rest; rest >>= 1, a = wrappingMul(a, a))
    if (rest & 1)
      result = wrappingMul(result, a);
  return result;
}

template <typename OpTy> constexpr UnaryRule unaryRule() {
  return {nullptr, nullptr};
}
template <typename OpTy> constexpr BinaryRule binaryRule() {
  return {nullptr, nullptr};
}

#define UNARY(OP, REAL, INTEGER)                                               \
  template <> constexpr UnaryRule unaryRule<OP>() {                            \
    return {                                                                   \
        [](double x) -> double { return REAL; },                               \
        [](int64_t i, const Element &type) -> int64_t { return INTEGER; }};    \
  }
#define UNARY_REAL(OP, REAL)                                                   \
  template <> constexpr UnaryRule unaryRule<OP>() {                            \
    return {[](double x) -> double { return REAL; }, nullptr};                 \
  }
#define BINARY(OP, REAL, INTEGER)                                              \
  template <> constexpr BinaryRule binaryRule<OP>() {                          \
    return {[](double x, double y) -> double { return REAL; },                 \
            [](int64_t i, int64_t j, const Element &type) -> int64_t {         \
              return INTEGER;                                                  \
            }};                                                                \
  }
#define BINARY_INTEGER(OP, INTEGER)                                            \
  template <> constexpr BinaryRule binaryRule<OP>() {                          \
    return {nullptr,                                                           \
            [](int64_t i, int64_t j, const Element &type) -> int64_t {         \
              return INTEGER;                                                  \
            }};                                                                \
  }

UNARY(Neg, -x, wrappingSub(0, i))
UNARY(Abs, std::fabs(x), isLess(i, 0, type) ? wrappingSub(0, i) : i)
UNARY(Sign, sign(x), isLess(i, 0, type) ? -1 : i != 0)
UNARY(Relu, reluOf(x), isLess(i, 0, type) ? 0 : i)
UNARY_REAL(Exp, std::exp(x))
UNARY_REAL(Log, std::log(x))
UNARY_REAL(Sqrt, std::sqrt(x))
UNARY_REAL(Rsqrt, 1 / std::sqrt(x))
UNARY_REAL(Reciprocal, 1 / x)
UNARY_REAL(Erf, std::erf(x))
UNARY_REAL(Tanh, std::tanh(x))
UNARY_REAL(Sigmoid, sigmoid(x))
UNARY_REAL(Silu, silu(x))
UNARY_REAL(Softplus, softplus(x))
UNARY_REAL(Sin, std::sin(x))
UNARY_REAL(Cos, std::cos(x))
UNARY_REAL(Tan, std::tan(x))
UNARY_REAL(Asin, std::asin(x))
UNARY_REAL(Acos, std::acos(x))
UNARY_REAL(Atan, std::atan(x))
UNARY_REAL(Sinh, std::sinh(x))
UNARY_REAL(Cosh, std::cosh(x))
UNARY_REAL(Asinh, std::asinh(x))
UNARY_REAL(Acosh, std::acosh(x))
UNARY_REAL(Atanh, std::atanh(x))
UNARY_REAL(Floor, std::floor(x))
UNARY_REAL(Ceil, std::ceil(x))
UNARY_REAL(Round, std::nearbyint(x))
template <> constexpr UnaryRule unaryRule<Not>() {
  return {nullptr, [](int64_t i, const Element &type) -> int64_t {
            return type.wrap(~i);
          }};
}

BINARY(Add, x + y, int64_t(uint64_t(i) + uint64_t(j)))
BINARY(Sub, x - y, wrappingSub(i, j))
BINARY(Mul, x *y, wrappingMul(i, j))
BINARY(Div, x / y, divide(i, j, type))
BINARY(Min, smaller(x, y), isLess(i, j, type) ? i : j)
BINARY(Max, larger(x, y), isLess(i, j, type) ? j : i)
BINARY_INTEGER(And, i &j)
BINARY_INTEGER(Or, i | j)
BINARY_INTEGER(Xor, i ^ j)
BINARY_INTEGER(Shl, shiftLeft(i, j, type))
BINARY_INTEGER(Shr, shiftRight(i, j, type))

LogicalResult applyUnary(const UnaryRule &rule, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  FailureOr<HostTensor *> y = evaluation.create(x.getShape());
  if (failed(y))
    return failure();
  const Element &type = x.getElement();
  if (type.isFloat() ? !rule.real : !rule.integer)
    return evaluation.error("not defined for " + describe(x));
  for (int64_t n = 0, count = x.getCount(); n < count; ++n)
    if (type.isFloat())
      (*y)->setReal(n, rule.real(x.getReal(n)));
    else
      (*y)->setInteger(n, type.wrap(rule.integer(x.getInteger(n), type)));
  return success();
}

LogicalResult applyBinary(const BinaryRule &rule, Evaluation &evaluation) {
  const HostTensor &a = evaluation.operand(0), &b = evaluation.operand(1);
  const Element &type = a.getElement();
  if (type.isFloat() ? !rule.real : !rule.integer)
    return evaluation.error("not defined for " + describe(a));
  return broadcastPairs(evaluation, [&](HostTensor &y, int64_t n, int64_t i,
                                        int64_t j) {
    if (type.isFloat())
      y.setReal(n, rule.real(a.getReal(i), b.getReal(j)));
    else
      y.setInteger(
          n, type.wrap(rule.integer(a.getInteger(i), b.getInteger(j), type)));
  });
}

template <typename... OpTys> void addUnary(DefinitionTable &table) {
  (table.add<OpTys>([](OpTys, Evaluation &evaluation) {
    return applyUnary(unaryRule<OpTys>(), evaluation);
  }),
   ...);
}

template <typename... OpTys> void addBinary(DefinitionTable &table) {
  (table.add<OpTys>([](OpTys, Evaluation &evaluation) {
    return applyBinary(binaryRule<OpTys>(), evaluation);
  }),
   ...);
}

LogicalResult defineGelu(Gelu op, Evaluation &evaluation) {
  return applyUnary({op.getTanh() ? geluTanh : gelu, nullptr}, evaluation);
}

LogicalResult defineMod(Mod op, Evaluation &evaluation) {
  if (op.getTruncated())
    return applyBinary({[](double x, double y) { return std::fmod(x, y); },
                        truncatedRemainder},
                       evaluation);
  return applyBinary({flooredRemainder, flooredRemainder}, evaluation);
}

LogicalResult definePow(Pow, Evaluation &evaluation) {
  const HostTensor &a = evaluation.operand(0), &b = evaluation.operand(1);
  bool isReal = a.getElement().isFloat() || b.getElement().isFloat();
  bool isUnsignedExponent = b.getElement().isUnsigned();
  return broadcastPairs(evaluation, [&](HostTensor &y, int64_t n, int64_t i,
                                        int64_t j) {
    if (isReal)
      y.setReal(n, std::pow(a.getReal(i), b.getReal(j)));
    else
      y.setInteger(
          n, a.getElement().wrap(integerPower(a.getInteger(i), b.getInteger(j),
                                              isUnsignedExponent)));
  });
}

LogicalResult defineGated(Gated op, Evaluation &evaluation) {
  double (*activation)(double) = activationOf(op.getActivation());
  const HostTensor &gate = evaluation.operand(0), &up = evaluation.operand(1);
  if (gate.getShape() != up.getShape())
    return evaluation.error("gate and up must have equal shapes, found " +
                            describe(gate) + " and " + describe(up));
  return broadcastPairs(
      evaluation, [&](HostTensor &y, int64_t n, int64_t i, int64_t j) {
        y.setReal(n, activation(gate.getReal(i)) * up.getReal(j));
      });
}

} // namespace

void hagane::xf::eval::defineElementwise(DefinitionTable &table) {
  addUnary<Neg, Abs, Sign, Relu, Exp, Log, Sqrt, Rsqrt, Reciprocal, Erf, Tanh,
           Sigmoid, Silu, Softplus, Sin, Cos, Tan, Asin, Acos, Atan, Sinh, Cosh,
           Asinh, Acosh, Atanh, Floor, Ceil, Round, Not>(table);
  addBinary<Add, Sub, Mul, Div, Min, Max, And, Or, Xor, Shl, Shr>(table);
  table.add(defineGelu);
  table.add(defineMod);
  table.add(definePow);
  table.add(defineGated);
}
