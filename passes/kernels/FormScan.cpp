//===- FormScan.cpp - Running sums, extremes' places and the top k --------===//

#include "dialects/xf/XfSpecial.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/TaskBuilder.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

static bool isUnsigned(Value tensor) {
  Type type = cast<ShapedType>(tensor.getType()).getElementType();
  return type.isUnsignedInteger() || type.isInteger(1);
}

/// A work item is a line along the axis, where the sum or product runs from
/// `neutral` on.
template <typename OpTy>
static LogicalResult formRunning(
    OpTy op, double neutral,
    llvm::function_ref<Value(ImplicitLocOpBuilder &, Value, Value)> join,
    KernelBuilder &b) {
  Value x = b.tensor(op.getX()), out = emptyLike(op.getY(), b);
  int64_t axis = op.getAxis();
  bool exclusive = op.getExclusive(), reverse = op.getReverse();
  Type type = computeTypeOf(op.getX());
  Dim items = b.product(dropAxis(b.shapes.getDims(out), axis));
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], to = t.operands[1];
    Values sizes = t.sizesOf(to);
    Value size = sizes[axis], first = makeScalar(t.b, type, neutral);
    sizes.erase(sizes.begin() + axis);
    Values line = t.delinearize(t.item, sizes);
    t.carry(t.index(0), size, first,
            [&](Value i, ValueRange carried) -> Values {
              Value place = reverse ? t.sub(t.sub(size, t.index(1)), i) : i;
              Values at = withAxis(line, axis, place);
              Value element = t.load(from, at), before = carried.front();
              Value after = join(t.b, before, element);
              t.store(exclusive ? before : after, to, at);
              return {after};
            });
  };
  b.replace(op, formTask(op, x, out, items, body, b).front());
  return success();
}

/// Floats by one operation, integers by another.
template <typename FloatOp, typename IntOp>
static Value join(ImplicitLocOpBuilder &b, Value x, Value y) {
  if (isa<FloatType>(x.getType()))
    return FloatOp::create(b, x, y);
  return IntOp::create(b, x, y);
}

LogicalResult hagane::form(xf::CumSum op, KernelBuilder &b) {
  return formRunning(op, 0, join<arith::AddFOp, arith::AddIOp>, b);
}

LogicalResult hagane::form(xf::CumProd op, KernelBuilder &b) {
  return formRunning(op, 1, join<arith::MulFOp, arith::MulIOp>, b);
}

namespace {
/// How elements compare; NaN is above every number, or, for `nanFirst`, more
/// extreme than any in both directions.
struct Order {
  bool largest, isUnsigned, nanFirst;

  /// Whether x comes strictly before y.
  Value precedes(TaskScope &t, Value x, Value y) const {
    if (isa<FloatType>(x.getType()))
      return precedesFloat(t, x, y);
    if (!largest)
      std::swap(x, y);
    auto above =
        isUnsigned ? arith::CmpIPredicate::ugt : arith::CmpIPredicate::sgt;
    return arith::CmpIOp::create(t.b, above, x, y);
  }

private:
  Value precedesFloat(TaskScope &t, Value x, Value y) const {
    using F = arith::CmpFPredicate;
    if (!largest && !nanFirst)
      std::swap(x, y);
    F predicate = !largest && nanFirst ? F::ULT : F::UGT;
    // Unordered predicates hold where x is NaN, which y then must not be.
    Value before = arith::CmpFOp::create(t.b, predicate, x, y);
    return t.both(before, arith::CmpFOp::create(t.b, F::ORD, y, y));
  }
};
} // namespace

static Value asInteger(TaskScope &t, Value index) {
  return arith::IndexCastOp::create(t.b, t.b.getI64Type(), index);
}

/// A work item is a line along the axis.
LogicalResult hagane::form(xf::ArgReduce op, KernelBuilder &b) {
  Value x = b.tensor(op.getX()), out = emptyLike(op.getY(), b);
  int64_t axis = op.getAxis();
  bool keepDims = op.getKeepDims(), last = op.getLast();
  Order order{op.getLargest(), isUnsigned(x), /*nanFirst=*/true};
  Dim items = b.product(b.shapes.getDims(out));
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], to = t.operands[1];
    Values sizes = t.sizesOf(from);
    Value size = sizes[axis], zero = t.index(0);
    sizes.erase(sizes.begin() + axis);
    Values line = t.delinearize(t.item, sizes);
    Value none = makeScalar(t.b, computeTypeOf(from), 0);
    Values best = t.carry(
        zero, size, {none, zero}, [&](Value i, ValueRange carried) -> Values {
          Value element = t.load(from, withAxis(line, axis, i));
          Value replaces;
          if (last) {
            Value one = arith::ConstantIntOp::create(t.b, 1, 1);
            replaces = arith::XOrIOp::create(
                t.b, order.precedes(t, carried[0], element), one);
          } else {
            replaces = order.precedes(t, element, carried[0]);
          }
          Value first =
              arith::CmpIOp::create(t.b, arith::CmpIPredicate::eq, i, zero);
          replaces = t.either(first, replaces);
          return {t.select(replaces, element, carried[0]),
                  t.select(replaces, i, carried[1])};
        });
    t.store(asInteger(t, best[1]), to,
            keepDims ? withAxis(line, axis, zero) : line);
  };
  b.replace(op, formTask(op, x, out, items, body, b).front());
  return success();
}

/// The first element of a line, in the order, that comes after the element
/// `previous` (value, position; position -1 for the first of all). Equal
/// elements follow each other by position.
static Values findNext(TaskScope &t, const Order &order, ValueRange previous,
                       Value size, llvm::function_ref<Value(Value)> elementAt) {
  Value zero = t.index(0), none = t.index(-1);
  return t.carry(
      zero, size, {previous[0], none}, [&](Value i, ValueRange best) -> Values {
        Value element = elementAt(i);
        Value later = order.precedes(t, previous[0], element);
        Value earlier = order.precedes(t, element, previous[0]);
        Value one = arith::ConstantIntOp::create(t.b, 1, 1);
        Value isTie = arith::XOrIOp::create(t.b, t.either(later, earlier), one);
        Value follows =
            t.either(later, t.both(isTie, t.isLess(previous[1], i)));
        follows = t.either(follows, t.isLess(previous[1], zero));
        Value better = t.either(t.isLess(best[1], zero),
                                order.precedes(t, element, best[0]));
        Value replaces = t.both(follows, better);
        return {t.select(replaces, element, best[0]),
                t.select(replaces, i, best[1])};
      });
}

/// A work item is a line along the axis, searched once per result: no memory
/// beyond the result's, and quick for the few results that are wanted usually.
LogicalResult hagane::form(xf::TopK op, KernelBuilder &b) {
  Value x = b.tensor(op.getX()), values = emptyLike(op.getValues(), b),
        indices = emptyLike(op.getIndices(), b);
  int64_t axis = op.getAxis();
  Order order{op.getLargest(), isUnsigned(x), /*nanFirst=*/false};
  Dim items = b.product(dropAxis(b.shapes.getDims(values), axis));
  bool mayExceed = !b.shapes.getProver().isLessOrEqual(
      b.shapes.getDims(values)[axis], b.shapes.getDims(x)[axis]);
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], toValues = t.operands[1],
          toIndices = t.operands[2];
    Values sizes = t.sizesOf(from);
    Value size = sizes[axis], none = makeScalar(t.b, computeTypeOf(from), 0);
    sizes.erase(sizes.begin() + axis);
    Values line = t.delinearize(t.item, sizes);
    Value count = t.sizeOf(toValues, axis);
    if (mayExceed)
      t.ifThen(t.isLess(t.index(0), count), [&] {
        kernel::Position::create(t.b, t.sub(count, t.index(1)), size,
                                 /*from_start=*/true);
      });
    t.carry(t.index(0), count, {none, t.index(-1)},
            [&](Value n, ValueRange previous) {
              Values next = findNext(t, order, previous, size, [&](Value i) {
                return t.load(from, withAxis(line, axis, i));
              });
              Values to = withAxis(line, axis, n);
              t.store(next[0], toValues, to);
              t.store(asInteger(t, next[1]), toIndices, to);
              return next;
            });
  };
  ResultRange results = formTask(op, x, {values, indices}, items, body, b);
  b.replaceAll(op, results);
  return success();
}
