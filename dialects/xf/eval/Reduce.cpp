//===- Reduce.cpp - Reductions over axes ----------------------------------===//

#include "dialects/xf/XfSpecial.h"
#include "dialects/xf/eval/Strides.h"
#include <cmath>
#include <functional>
#include <vector>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

static double larger(double a, double b) {
  return std::isnan(a) || a > b ? a : b;
}
static double smaller(double a, double b) {
  return std::isnan(a) || a < b ? a : b;
}

static double reduceReals(ReduceKind kind, ArrayRef<double> values,
                          const Element &type) {
  double result = kind == ReduceKind::prod  ? 1
                  : kind == ReduceKind::max ? type.lowestReal()
                  : kind == ReduceKind::min ? type.highestReal()
                  : kind == ReduceKind::all ? 1
                                            : 0;
  double largest = -std::numeric_limits<double>::infinity();
  if (kind == ReduceKind::log_sum_exp)
    for (double value : values)
      largest = larger(largest, value);
  // Without a finite maximum nothing can overflow that is not infinite anyway.
  double shift = std::isfinite(largest) ? largest : 0;
  for (double value : values) {
    switch (kind) {
    case ReduceKind::sum:
    case ReduceKind::mean:
    case ReduceKind::log_sum:
      result += value;
      break;
    case ReduceKind::prod:
      result *= value;
      break;
    case ReduceKind::max:
      result = larger(result, value);
      break;
    case ReduceKind::min:
      result = smaller(result, value);
      break;
    case ReduceKind::sum_square:
    case ReduceKind::l2:
      result += value * value;
      break;
    case ReduceKind::l1:
      result += std::fabs(value);
      break;
    case ReduceKind::log_sum_exp:
      result += std::exp(value - shift);
      break;
    case ReduceKind::any:
      result = result != 0 || value != 0;
      break;
    case ReduceKind::all:
      result = result != 0 && value != 0;
      break;
    }
  }
  switch (kind) {
  case ReduceKind::mean:
    return result / double(values.size());
  case ReduceKind::l2:
    return std::sqrt(result);
  case ReduceKind::log_sum:
    return std::log(result);
  case ReduceKind::log_sum_exp:
    return std::log(result) + shift;
  default:
    return result;
  }
}

static bool isExactKind(ReduceKind kind) {
  switch (kind) {
  case ReduceKind::mean:
  case ReduceKind::l2:
  case ReduceKind::log_sum:
  case ReduceKind::log_sum_exp:
    return false;
  default:
    return true;
  }
}

/// The kinds that stay within the integers.
static int64_t reduceIntegers(ReduceKind kind, ArrayRef<int64_t> values,
                              const Element &type) {
  auto isLess = [&](int64_t a, int64_t b) {
    return type.isUnsigned() ? uint64_t(a) < uint64_t(b) : a < b;
  };
  uint64_t result = kind == ReduceKind::prod || kind == ReduceKind::all ? 1
                    : kind == ReduceKind::max ? uint64_t(type.lowestInteger())
                    : kind == ReduceKind::min ? uint64_t(type.highestInteger())
                                              : 0;
  for (int64_t value : values) {
    uint64_t bits = uint64_t(value);
    if (kind == ReduceKind::prod)
      result *= bits;
    else if (kind == ReduceKind::max)
      result = isLess(int64_t(result), value) ? bits : result;
    else if (kind == ReduceKind::min)
      result = isLess(value, int64_t(result)) ? bits : result;
    else if (kind == ReduceKind::sum_square)
      result += bits * bits;
    else if (kind == ReduceKind::l1)
      result += isLess(value, 0) ? uint64_t(0) - bits : bits;
    else if (kind == ReduceKind::any)
      result = result || bits;
    else if (kind == ReduceKind::all)
      result = result && bits;
    else
      result += bits;
  }
  return type.wrap(int64_t(result));
}

/// The shape of the result; `reduced` tells which axes go.
static Shape reducedShape(ArrayRef<int64_t> shape, ArrayRef<bool> reduced,
                          bool keepDims) {
  Shape result;
  for (auto [size, isReduced] : llvm::zip(shape, reduced))
    if (!isReduced)
      result.push_back(size);
    else if (keepDims)
      result.push_back(1);
  return result;
}

static LogicalResult defineReduce(Reduce op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  SmallVector<bool> reduced(x.getRank(), false);
  for (int64_t axis : op.getAxes()) {
    if (failed(evaluation.checkAxis(axis, x)))
      return failure();
    reduced[axis] = true;
  }
  FailureOr<HostTensor *> y =
      evaluation.create(reducedShape(x.getShape(), reduced, op.getKeepDims()));
  if (failed(y))
    return failure();
  // Two nested walks: over the kept axes, and over the reduced ones.
  Shape kept(x.getShape()), inner(x.getShape()),
      strides = stridesOf(x.getShape());
  for (int64_t axis = 0; axis < x.getRank(); ++axis)
    (reduced[axis] ? kept : inner)[axis] = 1;
  int64_t count = *countElements(inner);
  bool isReal = x.getElement().isFloat() || !isExactKind(op.getKind());
  std::vector<double> reals(isReal ? count : 0);
  std::vector<int64_t> integers(isReal ? 0 : count);
  Odometer outerAt(kept, {strides});
  for (int64_t n = 0; n < (*y)->getCount(); ++n, outerAt.next()) {
    Odometer at(inner, {strides});
    for (int64_t i = 0; i < count; ++i, at.next()) {
      int64_t offset = outerAt.offset(0) + at.offset(0);
      if (isReal)
        reals[i] = x.getReal(offset);
      else
        integers[i] = x.getInteger(offset);
    }
    if (isReal)
      (*y)->setReal(n, reduceReals(op.getKind(), reals, x.getElement()));
    else
      (*y)->setInteger(n,
                       reduceIntegers(op.getKind(), integers, x.getElement()));
  }
  return success();
}

/// Whether element i is more extreme than j; NaN is the most extreme.
static bool isMoreExtreme(const HostTensor &x, int64_t i, int64_t j,
                          bool largest) {
  if (x.getElement().isFloat()) {
    double a = x.getReal(i), b = x.getReal(j);
    if (std::isnan(a) || std::isnan(b))
      return std::isnan(a) && !std::isnan(b);
    return largest ? a > b : a < b;
  }
  int64_t a = x.getInteger(i), b = x.getInteger(j);
  if (!largest)
    std::swap(a, b);
  return x.getElement().isUnsigned() ? uint64_t(a) > uint64_t(b) : a > b;
}

static LogicalResult defineArgReduce(ArgReduce op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  int64_t axis = op.getAxis();
  if (failed(evaluation.checkAxis(axis, x)))
    return failure();
  SmallVector<bool> reduced(x.getRank(), false);
  reduced[axis] = true;
  FailureOr<HostTensor *> y =
      evaluation.create(reducedShape(x.getShape(), reduced, op.getKeepDims()));
  if (failed(y))
    return failure();
  Lines lines(x.getShape(), axis);
  if (lines.size == 0 && lines.count > 0)
    return evaluation.error("axis " + Twine(axis) + " of " + describe(x) +
                            " is empty");
  for (int64_t line = 0; line < lines.count; ++line) {
    int64_t origin = lines.origin(line), best = 0;
    for (int64_t i = 1; i < lines.size; ++i) {
      int64_t here = origin + i * lines.stride,
              there = origin + best * lines.stride;
      bool replaces = op.getLast()
                          ? !isMoreExtreme(x, there, here, op.getLargest())
                          : isMoreExtreme(x, here, there, op.getLargest());
      if (replaces)
        best = i;
    }
    (*y)->setInteger(line, best);
  }
  return success();
}

/// The sum or product of a line's elements so far, from `neutral` on.
template <typename OpTy, typename Join>
static LogicalResult defineRunning(OpTy op, Evaluation &evaluation,
                                   int64_t neutral, Join join) {
  const HostTensor &x = evaluation.operand(0);
  int64_t axis = op.getAxis();
  if (failed(evaluation.checkAxis(axis, x)))
    return failure();
  FailureOr<HostTensor *> y = evaluation.create(x.getShape());
  if (failed(y))
    return failure();
  Lines lines(x.getShape(), axis);
  for (int64_t line = 0; line < lines.count; ++line) {
    double real = neutral;
    uint64_t integer = neutral;
    for (int64_t i = 0; i < lines.size; ++i) {
      int64_t at = lines.origin(line) +
                   (op.getReverse() ? lines.size - 1 - i : i) * lines.stride;
      double realBefore = real;
      uint64_t integerBefore = integer;
      if (x.getElement().isFloat()) {
        real = join(real, x.getReal(at));
        (*y)->setReal(at, op.getExclusive() ? realBefore : real);
      } else {
        integer = join(integer, uint64_t(x.getInteger(at)));
        int64_t value = int64_t(op.getExclusive() ? integerBefore : integer);
        (*y)->setInteger(at, x.getElement().wrap(value));
      }
    }
  }
  return success();
}

static LogicalResult defineCumSum(CumSum op, Evaluation &evaluation) {
  return defineRunning(op, evaluation, 0, std::plus<>());
}

static LogicalResult defineCumProd(CumProd op, Evaluation &evaluation) {
  return defineRunning(op, evaluation, 1, std::multiplies<>());
}

void hagane::xf::eval::defineReductions(DefinitionTable &table) {
  table.add(defineReduce);
  table.add(defineArgReduce);
  table.add(defineCumSum);
  table.add(defineCumProd);
}
