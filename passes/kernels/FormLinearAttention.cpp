//===- FormLinearAttention.cpp - Attention by a matrix of state -----------===//
//
// Columns of the state do not meet: a work item is a block of columns of one
// sequence and head, and steps through all positions.
//
//===----------------------------------------------------------------------===//

#include "dialects/xf/XfSpecial.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/Reals.h"
#include "passes/kernels/TaskBuilder.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

/// Columns of the state that one work item computes.
static constexpr int64_t kColumns = 16;

namespace {

/// The kernel's operands by position; absent ones have none.
struct Places {
  size_t q = 0, k = 1, v = 2;
  std::optional<size_t> decay, rate, initial;
  size_t y, last, state, update, sums;
};

class Columns {
public:
  Columns(const Places &places, TaskScope &t, Reals r, double scale)
      : p(places), t(t), r(r), scale(scale) {
    Values sizes = t.sizesOf(t.operands[p.last]);
    depth = sizes[2];
    Value blocks = arith::CeilDivUIOp::create(t.b, sizes[3], t.index(kColumns));
    Values item = t.delinearize(t.item, {sizes[0], sizes[1], blocks});
    sequence = item[0];
    head = item[1];
    first = t.mul(item[2], t.index(kColumns));
    end = t.min(t.add(first, t.index(kColumns)), sizes[3]);
    group = arith::DivUIOp::create(t.b, t.sizeOf(t.operands[p.q], 2), sizes[1]);
  }

  void emit() {
    eachElement([&](Value i, Value j) {
      setState(i, j,
               p.initial ? load(*p.initial, {sequence, head, i, j})
                         : r.number(0));
    });
    t.loop(t.index(0), t.sizeOf(t.operands[p.k], 1), [&](Value t) {
      position = t;
      emitPosition();
    });
    if (p.state != p.last)
      eachElement([&](Value i, Value j) {
        t.store(getState(i, j), t.operands[p.last], {sequence, head, i, j});
      });
  }

private:
  Value load(size_t place, ValueRange at) {
    return r.convert(t.load(t.operands[place], at));
  }
  Value getState(Value i, Value j) {
    return load(p.state, {sequence, head, i, j});
  }
  void setState(Value i, Value j, Value value) {
    t.store(value, t.operands[p.state], {sequence, head, i, j});
  }
  Value getUpdate(Value j) { return load(p.update, {sequence, head, j}); }
  void setUpdate(Value j, Value value) {
    t.store(value, t.operands[p.update], {sequence, head, j});
  }
  void eachColumn(llvm::function_ref<void(Value)> body) {
    t.loop(first, end, body);
  }
  void eachElement(llvm::function_ref<void(Value, Value)> body) {
    t.loop(t.index(0), depth,
           [&](Value i) { eachColumn([&](Value j) { body(i, j); }); });
  }

  /// A size of 1 holds for all.
  Value loadShared(size_t place, Value at, unsigned axis) {
    Values coordinates{sequence, position, head, t.index(0)};
    bool isShared =
        cast<MemRefType>(t.operands[place].getType()).getDimSize(axis) == 1;
    coordinates[axis] = isShared ? t.index(0) : at;
    return load(place, coordinates);
  }

  void emitPosition() {
    Value k = t.operands[p.k];
    auto key = [&](Value i) {
      return r.convert(t.load(k, {sequence, position, head, i}));
    };
    eachColumn([&](Value j) { setUpdate(j, r.number(0)); });
    if (p.decay || p.rate)
      t.loop(t.index(0), depth, [&](Value i) { decayRow(i, key(i)); });
    Value rate = p.rate ? loadShared(*p.rate, head, 2) : Value();
    eachColumn([&](Value j) {
      Value update = load(p.v, {sequence, position, head, j});
      if (rate)
        update = r.mul(rate, r.sub(update, getUpdate(j)));
      setUpdate(j, update);
    });
    t.loop(t.index(0), depth, [&](Value i) {
      Value factor = key(i);
      eachColumn([&](Value j) {
        setState(i, j, multiplyAdd(factor, getUpdate(j), getState(i, j)));
      });
    });
    t.loop(t.index(0), group,
           [&](Value i) { emitResult(t.add(t.mul(head, group), i)); });
  }

  /// Shrinks a row of the state and adds what the key finds in it.
  void decayRow(Value i, Value key) {
    Value decay = p.decay ? loadShared(*p.decay, i, 3) : Value();
    eachColumn([&](Value j) {
      Value state = getState(i, j);
      if (decay) {
        state = r.mul(state, decay);
        setState(i, j, state);
      }
      if (p.rate)
        setUpdate(j, multiplyAdd(key, state, getUpdate(j)));
    });
  }

  void emitResult(Value queryHead) {
    Value sums = t.operands[p.sums];
    auto at = [&](Value j) { return Values{sequence, queryHead, j}; };
    eachColumn([&](Value j) { t.store(r.number(0), sums, at(j)); });
    t.loop(t.index(0), depth, [&](Value i) {
      Value query = load(p.q, {sequence, position, queryHead, i});
      eachColumn([&](Value j) {
        t.store(multiplyAdd(query, getState(i, j), t.load(sums, at(j))), sums,
                at(j));
      });
    });
    eachColumn([&](Value j) {
      t.store(r.mul(t.load(sums, at(j)), scale), t.operands[p.y],
              {sequence, position, queryHead, j});
    });
  }

  Value multiplyAdd(Value x, Value y, Value sum) {
    auto contract = arith::FastMathFlags::contract;
    return arith::AddFOp::create(
        t.b, sum, arith::MulFOp::create(t.b, x, y, contract), contract);
  }

  const Places &p;
  TaskScope &t;
  Reals r;
  double scale;
  Value depth, sequence, head, first, end, group, position;
};

} // namespace

LogicalResult hagane::form(xf::LinearAttention op, KernelBuilder &b) {
  Location loc = op.getLoc();
  Type compute = computeTypeOf(op.getQ());
  Places places;
  Values ins{b.tensor(op.getQ()), b.tensor(op.getK()), b.tensor(op.getV())},
      outs;
  auto optional = [&](Value operand) -> std::optional<size_t> {
    if (!operand)
      return std::nullopt;
    ins.push_back(b.tensor(operand));
    return ins.size() - 1;
  };
  places.decay = optional(op.getDecay());
  places.rate = optional(op.getRate());
  places.initial = optional(op.getState());
  auto out = [&](Value tensor) {
    outs.push_back(tensor);
    return ins.size() + outs.size() - 1;
  };
  places.y = out(emptyLike(op.getY(), b));
  places.last = places.state = out(emptyLike(op.getLast(), b));
  SmallVector<Dim> state(b.shapes.getDims(op.getLast()));
  // The state is kept as it is computed, not as it is stored.
  if (compute != cast<ShapedType>(op.getLast().getType()).getElementType())
    places.state = out(b.empty(loc, state, compute));
  places.update = out(b.empty(loc, {state[0], state[1], state[3]}, compute));
  Dim heads = b.shapes.getDims(op.getQ())[2];
  places.sums = out(b.empty(loc, {state[0], heads, state[3]}, compute));
  double scale = op.getScale().convertToDouble();
  ResultRange results = formTask(
      op, ins, outs,
      state[0] * state[1] * state[3].ceilDiv(b.constant(kColumns)),
      [&](TaskScope &t) {
        Columns(places, t, Reals{t.b, compute}, scale).emit();
      },
      b);
  b.replaceAll(op, results.take_front(2));
  return success();
}
