//===- Operations.cpp - What scalar operations do to batches of lanes -----===//

#include "dialects/kernel/eval/Program.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace hagane::kernel;
using namespace hagane::kernel::eval;

namespace {

//===-- Shapes of instructions --------------------------------------------===//

template <auto rule> void real1(const Instruction &i, Frame &f) {
  Scalar *y = f.slot(i.to), *a = f.slot(i.from[0]);
  for (int64_t n = 0; n < f.lanes; ++n)
    y[n].real = rule(a[n].real);
}

template <auto rule> void real2(const Instruction &i, Frame &f) {
  Scalar *y = f.slot(i.to), *a = f.slot(i.from[0]), *b = f.slot(i.from[1]);
  for (int64_t n = 0; n < f.lanes; ++n)
    y[n].real = rule(a[n].real, b[n].real);
}

/// The rule gets the operands' width and makes a value that is wrapped.
template <auto rule> void integer1(const Instruction &i, Frame &f) {
  Scalar *y = f.slot(i.to), *a = f.slot(i.from[0]);
  for (int64_t n = 0; n < f.lanes; ++n)
    y[n].integer =
        llvm::SignExtend64(rule(a[n].integer, i.source.bits), i.element.bits);
}

template <auto rule> void integer2(const Instruction &i, Frame &f) {
  Scalar *y = f.slot(i.to), *a = f.slot(i.from[0]), *b = f.slot(i.from[1]);
  for (int64_t n = 0; n < f.lanes; ++n)
    y[n].integer = llvm::SignExtend64(
        rule(a[n].integer, b[n].integer, i.source.bits), i.element.bits);
}

//===-- Integers ----------------------------------------------------------===//

uint64_t lowBits(int64_t value, unsigned bits) {
  return uint64_t(value) & llvm::maskTrailingOnes<uint64_t>(bits);
}

using Bits = unsigned;
using I = int64_t;
uint64_t addI(I a, I b, Bits) { return uint64_t(a) + uint64_t(b); }
uint64_t subI(I a, I b, Bits) { return uint64_t(a) - uint64_t(b); }
uint64_t mulI(I a, I b, Bits) { return uint64_t(a) * uint64_t(b); }
uint64_t andI(I a, I b, Bits) { return a & b; }
uint64_t orI(I a, I b, Bits) { return a | b; }
uint64_t xorI(I a, I b, Bits) { return a ^ b; }
// Division by zero is undefined; it must not stop the evaluator.
uint64_t divS(I a, I b, Bits) {
  return b == 0 ? 0 : b == -1 ? -uint64_t(a) : uint64_t(a / b);
}
uint64_t remS(I a, I b, Bits) { return b == 0 || b == -1 ? 0 : a % b; }
uint64_t divU(I a, I b, Bits n) {
  return b == 0 ? 0 : lowBits(a, n) / lowBits(b, n);
}
uint64_t remU(I a, I b, Bits n) {
  return b == 0 ? 0 : lowBits(a, n) % lowBits(b, n);
}
uint64_t ceilDivU(I a, I b, Bits n) {
  return divU(a, b, n) + (remU(a, b, n) != 0);
}
uint64_t shiftLeft(I a, I b, Bits n) {
  return lowBits(b, n) >= n ? 0 : uint64_t(a) << lowBits(b, n);
}
uint64_t shiftRightU(I a, I b, Bits n) {
  return lowBits(b, n) >= n ? 0 : lowBits(a, n) >> lowBits(b, n);
}
uint64_t shiftRightS(I a, I b, Bits n) {
  return lowBits(b, n) >= n ? uint64_t(a < 0 ? -1 : 0) : a >> lowBits(b, n);
}
uint64_t maxS(I a, I b, Bits) { return std::max(a, b); }
uint64_t minS(I a, I b, Bits) { return std::min(a, b); }
uint64_t maxU(I a, I b, Bits n) {
  return std::max(lowBits(a, n), lowBits(b, n));
}
uint64_t minU(I a, I b, Bits n) {
  return std::min(lowBits(a, n), lowBits(b, n));
}
uint64_t absI(I a, Bits) { return a < 0 ? -uint64_t(a) : uint64_t(a); }
uint64_t zeroExtend(I a, Bits n) { return lowBits(a, n); }
uint64_t signExtend(I a, Bits) { return a; }

//===-- Reals -------------------------------------------------------------===//

using R = double;
R addF(R a, R b) { return a + b; }
R subF(R a, R b) { return a - b; }
R mulF(R a, R b) { return a * b; }
R divF(R a, R b) { return a / b; }
R remF(R a, R b) { return std::fmod(a, b); }
R negF(R a) { return -a; }
R maximum(R a, R b) { return std::isnan(a) || a > b ? a : b; }
R minimum(R a, R b) { return std::isnan(a) || a < b ? a : b; }
R maxNum(R a, R b) { return std::fmax(a, b); }
R minNum(R a, R b) { return std::fmin(a, b); }
R power(R a, R b) { return std::pow(a, b); }
R copySign(R a, R b) { return std::copysign(a, b); }
R arcTangent2(R a, R b) { return std::atan2(a, b); }
R inverseRoot(R a) { return 1 / std::sqrt(a); }

#define FUNCTION(name) [](R a) { return std::name(a); }

//===-- Other forms -------------------------------------------------------===//

void select(const Instruction &i, Frame &f) {
  Scalar *y = f.slot(i.to), *c = f.slot(i.from[0]), *a = f.slot(i.from[1]),
         *b = f.slot(i.from[2]);
  for (int64_t n = 0; n < f.lanes; ++n)
    y[n] = c[n].integer ? a[n] : b[n];
}

void copy(const Instruction &i, Frame &f) {
  std::copy_n(f.slot(i.from[0]), f.lanes, f.slot(i.to));
}

bool holds(arith::CmpIPredicate predicate, int64_t a, int64_t b) {
  using P = arith::CmpIPredicate;
  uint64_t u = uint64_t(a), v = uint64_t(b); // Sign extension keeps the order.
  switch (predicate) {
  case P::eq:
    return a == b;
  case P::ne:
    return a != b;
  case P::slt:
    return a < b;
  case P::sle:
    return a <= b;
  case P::sgt:
    return a > b;
  case P::sge:
    return a >= b;
  case P::ult:
    return u < v;
  case P::ule:
    return u <= v;
  case P::ugt:
    return u > v;
  case P::uge:
    return u >= v;
  }
  return false;
}

void compareIntegers(const Instruction &i, Frame &f) {
  auto predicate = static_cast<arith::CmpIPredicate>(i.number);
  Scalar *y = f.slot(i.to), *a = f.slot(i.from[0]), *b = f.slot(i.from[1]);
  for (int64_t n = 0; n < f.lanes; ++n)
    y[n].integer = -int64_t(holds(predicate, a[n].integer, b[n].integer));
}

/// `number` has a bit for each outcome: less, equal, greater, unordered.
void compareReals(const Instruction &i, Frame &f) {
  Scalar *y = f.slot(i.to), *a = f.slot(i.from[0]), *b = f.slot(i.from[1]);
  for (int64_t n = 0; n < f.lanes; ++n) {
    double p = a[n].real, q = b[n].real;
    int outcome = p < q ? 0 : p == q ? 1 : p > q ? 2 : 3;
    y[n].integer = -(i.number >> outcome & 1);
  }
}

template <bool isUnsigned> void integerToReal(const Instruction &i, Frame &f) {
  Scalar *y = f.slot(i.to), *a = f.slot(i.from[0]);
  for (int64_t n = 0; n < f.lanes; ++n)
    y[n].real = isUnsigned ? double(lowBits(a[n].integer, i.source.bits))
                           : double(a[n].integer);
}

/// Towards zero; saturates, and NaN gives 0.
template <bool isUnsigned> void realToInteger(const Instruction &i, Frame &f) {
  Scalar *y = f.slot(i.to), *a = f.slot(i.from[0]);
  double above = std::ldexp(1.0, i.element.bits - !isUnsigned);
  double lowest = isUnsigned ? 0 : -above;
  for (int64_t n = 0; n < f.lanes; ++n) {
    double x = std::trunc(a[n].real);
    uint64_t value;
    if (std::isnan(x))
      value = 0;
    else if (x >= above)
      value = llvm::maskTrailingOnes<uint64_t>(i.element.bits - !isUnsigned);
    else if (x <= lowest)
      value = isUnsigned ? 0 : uint64_t(llvm::minIntN(i.element.bits));
    else
      value = isUnsigned ? uint64_t(x) : uint64_t(int64_t(x));
    y[n].integer = llvm::SignExtend64(value, i.element.bits);
  }
}

void coordinate(const Instruction &i, Frame &f) {
  Scalar *y = f.slot(i.to);
  int64_t step = i.number == f.laneDim;
  for (int64_t n = 0; n < f.lanes; ++n)
    y[n].integer = f.coordinate[i.number] + n * step;
}

void position(const Instruction &i, Frame &f) {
  Scalar *y = f.slot(i.to), *at = f.slot(i.from[0]), *size = f.slot(i.from[1]);
  for (int64_t n = 0; n < f.lanes; ++n) {
    int64_t place = at[n].integer, end = size[n].integer;
    if (place < 0 && !i.number)
      place += end;
    if (place < 0 || place >= end)
      f.fail("index " + Twine(at[n].integer) + " is out of range for size " +
             Twine(end));
    y[n].integer = std::max<int64_t>(0, std::min(place, end - 1));
  }
}

} // namespace

static const OperationRow kOperations[] = {
    {"arith.addf", real2<addF>, true},
    {"arith.subf", real2<subF>, true},
    {"arith.mulf", real2<mulF>, true},
    {"arith.divf", real2<divF>, true},
    {"arith.remf", real2<remF>, true},
    {"arith.negf", real1<negF>},
    {"arith.maximumf", real2<maximum>},
    {"arith.minimumf", real2<minimum>},
    {"arith.maxnumf", real2<maxNum>},
    {"arith.minnumf", real2<minNum>},
    {"arith.cmpf", compareReals},
    {"arith.extf", copy},
    {"arith.truncf", copy, true},
    {"arith.sitofp", integerToReal<false>, true},
    {"arith.uitofp", integerToReal<true>, true},
    {"arith.fptosi", realToInteger<false>},
    {"arith.fptoui", realToInteger<true>},
    {"arith.select", select},
    {"arith.addi", integer2<addI>},
    {"arith.subi", integer2<subI>},
    {"arith.muli", integer2<mulI>},
    {"arith.divsi", integer2<divS>},
    {"arith.divui", integer2<divU>},
    {"arith.ceildivui", integer2<ceilDivU>},
    {"arith.remsi", integer2<remS>},
    {"arith.remui", integer2<remU>},
    {"arith.andi", integer2<andI>},
    {"arith.ori", integer2<orI>},
    {"arith.xori", integer2<xorI>},
    {"arith.shli", integer2<shiftLeft>},
    {"arith.shrui", integer2<shiftRightU>},
    {"arith.shrsi", integer2<shiftRightS>},
    {"arith.maxsi", integer2<maxS>},
    {"arith.minsi", integer2<minS>},
    {"arith.maxui", integer2<maxU>},
    {"arith.minui", integer2<minU>},
    {"arith.cmpi", compareIntegers},
    {"arith.extsi", integer1<signExtend>},
    {"arith.extui", integer1<zeroExtend>},
    {"arith.trunci", integer1<signExtend>},
    {"arith.index_cast", integer1<signExtend>},
    {"arith.index_castui", integer1<zeroExtend>},
    {"builtin.unrealized_conversion_cast", copy},
    {"math.absf", real1<FUNCTION(fabs)>},
    {"math.absi", integer1<absI>},
    {"math.acos", real1<FUNCTION(acos)>, true},
    {"math.acosh", real1<FUNCTION(acosh)>, true},
    {"math.asin", real1<FUNCTION(asin)>, true},
    {"math.asinh", real1<FUNCTION(asinh)>, true},
    {"math.atan", real1<FUNCTION(atan)>, true},
    {"math.atan2", real2<arcTangent2>, true},
    {"math.atanh", real1<FUNCTION(atanh)>, true},
    {"math.ceil", real1<FUNCTION(ceil)>},
    {"math.copysign", real2<copySign>},
    {"math.cos", real1<FUNCTION(cos)>, true},
    {"math.cosh", real1<FUNCTION(cosh)>, true},
    {"math.erf", real1<FUNCTION(erf)>, true},
    {"math.exp", real1<FUNCTION(exp)>, true},
    {"math.expm1", real1<FUNCTION(expm1)>, true},
    {"math.floor", real1<FUNCTION(floor)>},
    {"math.log", real1<FUNCTION(log)>, true},
    {"math.log1p", real1<FUNCTION(log1p)>, true},
    {"math.powf", real2<power>, true},
    {"math.round", real1<FUNCTION(round)>},
    {"math.roundeven", real1<FUNCTION(nearbyint)>},
    {"math.rsqrt", real1<inverseRoot>, true},
    {"math.sin", real1<FUNCTION(sin)>, true},
    {"math.sinh", real1<FUNCTION(sinh)>, true},
    {"math.sqrt", real1<FUNCTION(sqrt)>, true},
    {"math.tan", real1<FUNCTION(tan)>, true},
    {"math.tanh", real1<FUNCTION(tanh)>, true},
    {"math.trunc", real1<FUNCTION(trunc)>},
    {"kernel.index", coordinate},
    {"kernel.position", position},
};

const OperationRow *eval::findOperation(StringRef name) {
  const auto *row = llvm::find_if(
      kOperations, [&](const auto &row) { return row.name == name; });
  return row == std::end(kOperations) ? nullptr : row;
}

void eval::roundLanes(const Element &element, Scalar *values, int64_t lanes) {
  if (element.bits == 64)
    return;
  if (!element.isFloat()) {
    for (int64_t n = 0; n < lanes; ++n)
      values[n].integer = llvm::SignExtend64(values[n].integer, element.bits);
    return;
  }
  if (element.bits == 32) {
    for (int64_t n = 0; n < lanes; ++n)
      values[n].real = static_cast<float>(values[n].real);
    return;
  }
  char bytes[8];
  for (int64_t n = 0; n < lanes; ++n) {
    element.storeReal(bytes, values[n].real);
    values[n].real = element.loadReal(bytes);
  }
}

void eval::roundSlot(const Instruction &i, Frame &f) {
  roundLanes(i.element, f.slot(i.to), f.lanes);
}

template <typename T>
static void loadAs(const char *from, int64_t stride, int64_t lanes,
                   Scalar *to) {
  for (int64_t n = 0; n < lanes; ++n) {
    T value;
    std::memcpy(&value, from + n * stride * int64_t(sizeof(T)), sizeof(T));
    if constexpr (std::is_floating_point_v<T>)
      to[n].real = value;
    else
      to[n].integer = value;
  }
}

void eval::loadLanes(const Element &element, const char *from, int64_t stride,
                     int64_t lanes, Scalar *to) {
  if (stride == 0 && lanes > 1) {
    loadLanes(element, from, 0, 1, to);
    std::fill(to + 1, to + lanes, to[0]);
    return;
  }
  if (element.isFloat() && element.bits >= 32)
    return element.bits == 32 ? loadAs<float>(from, stride, lanes, to)
                              : loadAs<double>(from, stride, lanes, to);
  if (!element.isFloat() && element.bits == 64)
    return loadAs<int64_t>(from, stride, lanes, to);
  int64_t step = stride * element.bytes;
  if (element.isFloat())
    for (int64_t n = 0; n < lanes; ++n)
      to[n].real = element.loadReal(from + n * step);
  else
    for (int64_t n = 0; n < lanes; ++n)
      to[n].integer = llvm::SignExtend64(element.loadInteger(from + n * step),
                                         element.bits);
}

void eval::storeLanes(const Element &element, const Scalar *from, int64_t lanes,
                      char *to, int64_t stride) {
  int64_t step = stride * element.bytes;
  for (int64_t n = 0; n < lanes; ++n)
    if (element.isFloat())
      element.storeReal(to + n * step, from[n].real);
    else
      element.storeInteger(to + n * step, from[n].integer);
}
