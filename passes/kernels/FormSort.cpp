//===- FormSort.cpp - Sorting ---------------------------------------------===//

#include "dialects/xf/XfSpecial.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/Sorting.h"

using namespace mlir;
using namespace hagane;

Value PositionList::load(TaskScope &t, Value i) const {
  Values at(line);
  at.push_back(i);
  return arith::IndexCastOp::create(t.b, t.b.getIndexType(),
                                    t.load(memref, at));
}

void PositionList::store(TaskScope &t, Value i, Value position) const {
  Values at(line);
  at.push_back(i);
  t.store(arith::IndexCastOp::create(t.b, t.b.getI64Type(), position), memref,
          at);
}

/// Merges the sorted runs [low, middle) and [middle, high) into the spare list.
static void emitMerge(TaskScope &t, const PositionList &list,
                      const PositionList &spare, Value low, Value middle,
                      Value high,
                      llvm::function_ref<Value(Value, Value)> isLess) {
  Value one = t.index(1);
  t.carry(low, high, {low, middle}, [&](Value to, ValueRange next) -> Values {
    // An exhausted run is read at its end and not taken.
    Value left = list.load(t, t.min(next[0], t.sub(middle, one)));
    Value right = list.load(t, t.min(next[1], t.sub(high, one)));
    Value takesRight = t.both(
        t.isLess(next[1], high),
        t.either(t.isLess(t.sub(middle, one), next[0]), isLess(right, left)));
    spare.store(t, to, t.select(takesRight, right, left));
    return {t.select(takesRight, next[0], t.add(next[0], one)),
            t.select(takesRight, t.add(next[1], one), next[1])};
  });
}

void hagane::emitSort(TaskScope &t, const PositionList &list,
                      const PositionList &spare, Value count,
                      llvm::function_ref<Value(Value, Value)> isLess) {
  constexpr int64_t kMaxRounds = 62;
  t.carry(t.index(0), t.index(kMaxRounds), t.index(1),
          [&](Value, ValueRange widths) -> Values {
            Value width = widths[0], pair = t.add(width, width);
            t.ifThen(t.isLess(width, count), [&] {
              Value pairs = arith::CeilDivUIOp::create(t.b, count, pair);
              t.loop(t.index(0), pairs, [&](Value i) {
                Value low = t.mul(i, pair);
                Value middle = t.min(t.add(low, width), count);
                Value high = t.min(t.add(low, pair), count);
                emitMerge(t, list, spare, low, middle, high, isLess);
              });
              t.loop(t.index(0), count,
                     [&](Value i) { list.store(t, i, spare.load(t, i)); });
            });
            return {pair};
          });
}

/// Whether x comes before y; NaN comes last.
static Value precedes(TaskScope &t, Value x, Value y, Type storage) {
  if (isa<FloatType>(x.getType())) {
    // Unordered predicates also hold where y is NaN; x then must not be.
    Value below = arith::CmpFOp::create(t.b, arith::CmpFPredicate::ULT, x, y);
    return t.both(below,
                  arith::CmpFOp::create(t.b, arith::CmpFPredicate::ORD, x, x));
  }
  bool isUnsigned = storage.isUnsignedInteger() || storage.isInteger(1);
  return arith::CmpIOp::create(
      t.b, isUnsigned ? arith::CmpIPredicate::ult : arith::CmpIPredicate::slt,
      x, y);
}

/// One work item: the order is of all rows.
LogicalResult hagane::form(xf::SortRows op, KernelBuilder &b) {
  Value x = b.tensor(op.getX()), order = emptyLike(op.getOrder(), b),
        spare = emptyLike(op.getOrder(), b);
  Type storage = cast<ShapedType>(x.getType()).getElementType();
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0];
    Value rows = t.sizeOf(from, 0), columns = t.sizeOf(from, 1);
    PositionList list{t.operands[1], {}}, other{t.operands[2], {}};
    t.loop(t.index(0), rows, [&](Value i) { list.store(t, i, i); });
    Value no = arith::ConstantIntOp::create(t.b, 0, 1);
    emitSort(t, list, other, rows, [&](Value i, Value j) {
      // The first column that differs decides.
      return t.carry(t.index(0), columns, {no, no},
                     [&](Value c, ValueRange sofar) -> Values {
                       Value left = t.load(from, {i, c}),
                             right = t.load(from, {j, c});
                       Value less = precedes(t, left, right, storage),
                             greater = precedes(t, right, left, storage);
                       Value open = arith::CmpIOp::create(
                           t.b, arith::CmpIPredicate::eq,
                           t.either(sofar[0], sofar[1]), no);
                       return {t.either(sofar[0], t.both(open, less)),
                               t.either(sofar[1], t.both(open, greater))};
                     })[0];
    });
  };
  ResultRange results = formTask(op, x, {order, spare}, b.constant(1), body, b);
  b.replaceAll(op, results.take_front(1));
  return success();
}
