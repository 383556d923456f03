//===- FormState.cpp - Caches that stay in place --------------------------===//

#include "dialects/xf/XfState.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/TaskBuilder.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

static Value toIndex(TaskScope &t, Value integer) {
  return arith::IndexCastOp::create(t.b, t.b.getIndexType(), integer);
}

/// Emits the check of one entry's places.
static void emitPlaces(xf::StatePlaces op, TaskScope &t) {
  Value pages = t.operands[0], sizes = t.operands[2], numbers = t.operands[3];
  auto sizeAt = [&](int64_t i) {
    return toIndex(t, t.load(sizes, t.index(i)));
  };
  Value capacity = sizeAt(0), step = sizeAt(1), most = sizeAt(2),
        table = t.sizeOf(pages, 1), zero = t.index(0), one = t.index(1),
        page = t.index(static_cast<int64_t>(op.getPage()));
  Value length = toIndex(t, t.load(t.operands[1], t.item));
  Value end = t.add(length, step), room = t.mul(table, page);
  auto check = [&](Value at, Value size) {
    kernel::Position::create(t.b, at, size, /*from_start=*/true);
    return t.both(t.isLess(t.index(-1), at), t.isLess(at, size));
  };
  Value valid = check(length, t.add(most, one));
  if (op.getEqual())
    valid = t.both(valid, check(t.sub(most, length), one));
  valid = t.both(valid, check(end, t.add(room, one)));
  // Without pages there are no positions.
  valid = t.both(valid, t.either(t.isLess(zero, capacity), t.isLess(end, one)));
  end = t.select(valid, end, zero);
  t.loop(zero, table, [&](Value i) {
    t.store(arith::ConstantIntOp::create(t.b, 0, 32), numbers, {t.item, i});
    t.ifThen(t.isLess(t.mul(i, page), end), [&] {
      Value raw = toIndex(t, t.load(pages, {t.item, i}));
      Value place = kernel::Position::create(t.b, raw, capacity,
                                             /*from_start=*/true);
      t.store(arith::IndexCastOp::create(t.b, t.b.getI32Type(), place), numbers,
              {t.item, i});
    });
  });
  Value bounds[] = {t.select(valid, length, zero), end};
  for (auto [i, value] : llvm::enumerate(bounds))
    t.store(arith::IndexCastOp::create(t.b, t.b.getI64Type(), value),
            t.operands[4 + i], t.item);
}

LogicalResult hagane::form(xf::StatePlaces op, KernelBuilder &b) {
  Location loc = op.getLoc();
  Type i64 = b.rewriter.getI64Type();
  Values sizes;
  for (xf::DimAttr dim : {op.getCapacity(), op.getStep(), op.getMost()}) {
    Value index =
        xf::DimValue::create(b.rewriter, loc, b.rewriter.getIndexType(), dim);
    sizes.push_back(arith::IndexCastOp::create(b.rewriter, loc, i64, index));
  }
  Value given = tensor::FromElementsOp::create(
      b.rewriter, loc, RankedTensorType::get({3}, i64), sizes);
  b.shapes.setDims(given, b.constant(3));
  Values outs;
  for (Value result : op->getResults())
    outs.push_back(emptyLike(result, b));
  Dim batch = b.shapes.getDims(op.getPages())[0];
  b.replaceAll(
      op, formTask(
              op, {b.tensor(op.getPages()), b.tensor(op.getLengths()), given},
              outs, batch, [&](TaskScope &t) { emitPlaces(op, t); }, b));
  return success();
}

/// Moves one row of keys.
static void emitAlign(xf::StateAlign op, TaskScope &t) {
  Value x = t.operands[0], y = t.operands[3];
  Values sizes = t.sizesOf(y);
  Value size = sizes.pop_back_val(), zero = t.index(0);
  Values to = t.delinearize(t.item, sizes), from = to;
  if (cast<MemRefType>(x.getType()).getDimSize(0) == 1)
    from[0] = zero;
  Value most = toIndex(t, t.load(t.operands[2], zero));
  Value by = t.sub(most, toIndex(t, t.load(t.operands[1], to[0])));
  // After a failed check the lengths may be any.
  by = t.min(t.max(by, zero), size);
  if (op.getReverse())
    by = t.sub(zero, by);
  Type element = cast<MemRefType>(y.getType()).getElementType();
  to.push_back(zero);
  from.push_back(zero);
  t.loop(zero, size, [&](Value i) {
    to.back() = i;
    Value nothing = arith::ConstantOp::create(t.b, t.b.getZeroAttr(element));
    t.store(nothing, y, to);
    Value source = t.add(i, by);
    Value exists =
        t.both(t.isLess(t.index(-1), source), t.isLess(source, size));
    t.ifThen(exists, [&] {
      from.back() = source;
      t.store(t.load(x, from), y, to);
    });
  });
}

LogicalResult hagane::form(xf::StateAlign op, KernelBuilder &b) {
  Location loc = op.getLoc();
  Type i64 = b.rewriter.getI64Type();
  Value index = xf::DimValue::create(b.rewriter, loc, b.rewriter.getIndexType(),
                                     op.getMost());
  Value most = tensor::FromElementsOp::create(
      b.rewriter, loc, RankedTensorType::get({1}, i64),
      ValueRange{arith::IndexCastOp::create(b.rewriter, loc, i64, index)});
  b.shapes.setDims(most, b.constant(1));
  SmallVector<Dim> dims(b.shapes.getDims(op.getY()));
  b.replace(op,
            formTask(
                op, {b.tensor(op.getX()), b.tensor(op.getStarts()), most},
                emptyLike(op.getY(), b), b.product(ArrayRef(dims).drop_back()),
                [&](TaskScope &t) { emitAlign(op, t); }, b)[0]);
  return success();
}

/// The value behind a transpose, and where it has each axis.
static Value skipTranspose(Value x, SmallVectorImpl<int64_t> &order) {
  auto transpose = x.getDefiningOp<xf::Transpose>();
  if (!transpose) {
    llvm::append_range(order, llvm::seq<int64_t>(0, 4));
    return x;
  }
  llvm::append_range(order, transpose.getPermutation());
  return transpose.getX();
}

/// Writes a row's codes and its scale: see XfState.td.
static void emitCodes(llvm::function_ref<Value(Value)> load,
                      llvm::function_ref<void(Value, Value)> store,
                      int64_t size, TaskScope &t) {
  auto real = [&](double value) -> Value {
    return arith::ConstantOp::create(t.b, t.b.getF32FloatAttr(float(value)));
  };
  auto isAtLeast = [&](Value x, double least) -> Value {
    return arith::CmpFOp::create(t.b, arith::CmpFPredicate::OGE, x,
                                 real(least));
  };
  Value zero = t.index(0), end = t.index(size);
  // NaN stays.
  Value most = t.carry(zero, end, real(0), [&](Value i, ValueRange carried) {
    Value size = math::AbsFOp::create(t.b, load(i));
    return Values{arith::MaximumFOp::create(t.b, size, carried[0])};
  })[0];
  Value isFinite =
      arith::CmpFOp::create(t.b, arith::CmpFPredicate::OLT, most,
                            real(std::numeric_limits<double>::infinity()));
  isFinite = t.both(isFinite, isAtLeast(most, 0x1p-119));
  Value inverse = arith::DivFOp::create(t.b, real(127), most);
  t.loop(zero, end, [&](Value i) {
    Value code = math::RoundEvenOp::create(
        t.b, arith::MulFOp::create(t.b, load(i), inverse));
    code = arith::MinNumFOp::create(t.b, code, real(127));
    code = arith::MaxNumFOp::create(t.b, code, real(-127));
    code = t.select(isFinite, code, real(0));
    store(arith::FPToSIOp::create(t.b, t.b.getI8Type(), code), i);
  });
  Value bits = arith::BitcastOp::create(
      t.b, t.b.getI32Type(), arith::DivFOp::create(t.b, most, real(127)));
  for (int64_t i = 0; i < xf::kStateScaleBytes; ++i) {
    Value shift = arith::ConstantIntOp::create(t.b, 8 * i, 32);
    Value byte = arith::ShRUIOp::create(t.b, bits, shift);
    store(arith::TruncIOp::create(t.b, t.b.getI8Type(), byte),
          t.index(size + i));
  }
}

/// Writes one position of one entry and head.
static void emitAppend(ArrayRef<int64_t> order, TaskScope &t) {
  Value x = t.operands[0], numbers = t.operands[1], state = t.operands[3];
  Values at =
      t.delinearize(t.item, {t.sizeOf(x, order[0]), t.sizeOf(x, order[1]),
                             t.sizeOf(x, order[2])});
  Value page = t.sizeOf(state, 2);
  Value position = t.add(toIndex(t, t.load(t.operands[2], at[0])), at[2]);
  Value place = arith::DivUIOp::create(t.b, position, page);
  // After a failed check there may be no room; nothing is written then.
  Value exists = t.both(t.isLess(place, t.sizeOf(numbers, 1)),
                        t.isLess(t.index(0), t.sizeOf(state, 0)));
  t.ifThen(exists, [&] {
    Value number = toIndex(t, t.load(numbers, {at[0], place}));
    Value row = arith::RemUIOp::create(t.b, position, page);
    auto load = [&](Value feature) {
      Value own[] = {at[0], at[1], at[2], feature};
      Values source(4);
      for (auto [i, axis] : llvm::enumerate(order))
        source[axis] = own[i];
      return t.load(x, source);
    };
    auto store = [&](Value value, Value feature) {
      t.store(value, state, {number, at[1], row, feature});
    };
    auto type = cast<MemRefType>(state.getType());
    if (type.getElementType().isInteger(8))
      return emitCodes(load, store, type.getDimSize(3) - xf::kStateScaleBytes,
                       t);
    t.loop(t.index(0), t.sizeOf(state, 3),
           [&](Value feature) { store(load(feature), feature); });
  });
}

LogicalResult hagane::form(xf::StateAppend op, KernelBuilder &b) {
  SmallVector<int64_t> order;
  Value x = skipTranspose(op.getX(), order);
  SmallVector<Dim> dims(b.shapes.getDims(op.getX()));
  Dim items = b.product(ArrayRef(dims).take_front(3));
  Value result = formTask(
      op, {b.tensor(x), b.tensor(op.getNumbers()), b.tensor(op.getStarts())},
      b.tensor(op.getState()), items,
      [&](TaskScope &t) { emitAppend(order, t); }, b)[0];
  result.getDefiningOp()->setAttr(kernel::kKeepsAttr, b.rewriter.getUnitAttr());
  b.replace(op, result);
  return success();
}
