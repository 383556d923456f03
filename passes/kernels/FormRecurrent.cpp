//===- FormRecurrent.cpp - RNN, GRU and LSTM ------------------------------===//
//
// What the inputs contribute to the gates is one product for all steps. The
// steps are a task whose work items are the sequences of the batch in each
// direction: they do not meet.
//
//===----------------------------------------------------------------------===//

#include "passes/kernels/Cells.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/TaskBuilder.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;
using xf::RecurrentKind;

/// Rows of the recurrent weight that one pass over the gates adds.
static constexpr int64_t kRowsAtOnce = 4;

namespace {

/// The kernel's operands by what they are; absent ones have no position.
struct Places {
  std::optional<size_t> bias, lengths, initialH, initialC, peepholes;
  size_t inputs = 0, weight = 1;
  size_t y, lastH, lastC, gates, h, c;
};

/// Emits what one sequence does in one direction.
class Steps {
public:
  Steps(xf::Recurrent op, const Places &places,
        ArrayRef<CellActivation> activations, TaskScope &t)
      : op(op), places(places), all(activations), t(t), b(t.b),
        kind(op.getKind()), hidden(op.getHidden()), count(countGates(kind)),
        compute(kernel::getComputeType(
            cast<MemRefType>(t.operands[places.gates].getType())
                .getElementType())) {}

  void emit() {
    Value y = t.operands[places.y];
    Value steps = t.sizeOf(y, 0);
    if (op.getDirection() != xf::DirectionKind::bidirectional)
      return emitDirection(t.index(0), t.item, steps, 0);
    // Activations may differ between the directions: one body for each.
    Value batch = t.sizeOf(y, 2);
    Value isSecond = t.isLess(t.sub(batch, t.index(1)), t.item);
    t.ifThen(t.isLess(t.item, batch),
             [&] { emitDirection(t.index(0), t.item, steps, 0); });
    t.ifThen(isSecond, [&] {
      emitDirection(t.index(1), t.sub(t.item, batch), steps, 1);
    });
  }

private:
  void emitDirection(Value which, Value row, Value steps, int64_t number) {
    direction = which;
    sequence = row;
    activations = all.slice(number * (all.size() / directions()),
                            all.size() / directions());
    Value length = steps;
    if (places.lengths) {
      Value raw = t.load(t.operands[*places.lengths], sequence);
      length = arith::IndexCastOp::create(b, b.getIndexType(), raw);
      length = t.max(t.index(0), t.min(length, steps));
    }
    bool reverse =
        op.getDirection() == xf::DirectionKind::reverse || number == 1;
    eachUnit([&](Value j) {
      setState(places.h, j, initial(places.initialH, j));
      if (kind == RecurrentKind::lstm)
        setState(places.c, j, initial(places.initialC, j));
    });
    t.loop(t.index(0), length, [&](Value i) {
      time = reverse ? t.sub(t.sub(length, t.index(1)), i) : i;
      emitStep();
      eachUnit([&](Value j) { store(getState(places.h, j), j); });
    });
    t.loop(length, steps, [&](Value i) {
      time = i;
      eachUnit([&](Value j) { store(makeScalar(b, compute, 0), j); });
    });
    finish();
  }

  int64_t directions() {
    return op.getDirection() == xf::DirectionKind::bidirectional ? 2 : 1;
  }

  /// The results that are not the state itself.
  void finish() {
    if (places.h != places.lastH)
      eachUnit([&](Value j) {
        t.store(getState(places.h, j), t.operands[places.lastH],
                {direction, sequence, j});
      });
    if (kind == RecurrentKind::lstm && places.c != places.lastC)
      eachUnit([&](Value j) {
        t.store(getState(places.c, j), t.operands[places.lastC],
                {direction, sequence, j});
      });
  }

  //===-- Elements --------------------------------------------------------===//

  void eachUnit(llvm::function_ref<void(Value)> body) {
    t.loop(t.index(0), t.index(hidden), body);
  }
  Value getState(size_t place, Value j) {
    return t.load(t.operands[place], {direction, sequence, j});
  }
  void setState(size_t place, Value j, Value value) {
    t.store(value, t.operands[place], {direction, sequence, j});
  }
  Value initial(std::optional<size_t> place, Value j) {
    return place ? convertFloat(getState(*place, j))
                 : makeScalar(b, compute, 0);
  }
  Value convertFloat(Value value) {
    return convertScalar(b, value, value.getType(), compute);
  }
  void store(Value value, Value j) {
    t.store(value, t.operands[places.y], {time, direction, sequence, j});
  }
  Value place(int64_t gate, Value j) {
    return t.add(t.index(gate * hidden), j);
  }
  /// Of the recurrent weight's bias if `recurrent`, else of the input's.
  Value bias(int64_t gate, Value j, bool recurrent) {
    Value column = place(recurrent ? count + gate : gate, j);
    return convertFloat(t.load(t.operands[*places.bias], {direction, column}));
  }
  /// What the input contributes to a gate.
  Value fromInput(int64_t gate, Value j) {
    Value column =
        t.add(t.mul(direction, t.index(count * hidden)), place(gate, j));
    Value value = t.load(t.operands[places.inputs], {time, sequence, column});
    return places.bias ? add(value, bias(gate, j, false)) : value;
  }
  /// What the state contributes to a gate, as computed before.
  Value fromState(int64_t gate, Value j) {
    return getState(places.gates, place(gate, j));
  }
  Value peephole(int64_t gate, Value j, Value cell) {
    Value weight = convertFloat(
        t.load(t.operands[*places.peepholes], {direction, place(gate, j)}));
    return multiply(weight, cell);
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value multiply(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value oneMinus(Value x) {
    return arith::SubFOp::create(b, makeScalar(b, compute, 1), x);
  }
  Value activate(unsigned index, Value x) {
    double clip = op.getClip().convertToDouble();
    if (clip > 0) {
      x = arith::MaximumFOp::create(b, x, makeScalar(b, compute, -clip));
      x = arith::MinimumFOp::create(b, x, makeScalar(b, compute, clip));
    }
    return activations[index](b, x);
  }

  //===-- Products --------------------------------------------------------===//

  /// gates [first, last) = recurrent bias + source times the weight.
  void multiplyState(int64_t first, int64_t last,
                     llvm::function_ref<Value(Value)> source) {
    Value from = t.index(first * hidden), to = t.index(last * hidden);
    t.loop(from, to, [&](Value j) {
      Value start = places.bias ? bias(0, j, true) : makeScalar(b, compute, 0);
      setState(places.gates, j, start);
    });
    int64_t whole = hidden / kRowsAtOnce * kRowsAtOnce;
    if (whole != 0)
      t.loop(t.index(0), t.index(whole / kRowsAtOnce), [&](Value i) {
        addRows(t.mul(i, t.index(kRowsAtOnce)), kRowsAtOnce, from, to, source);
      });
    if (whole != hidden)
      addRows(t.index(whole), hidden - whole, from, to, source);
  }

  void addRows(Value row, int64_t rows, Value from, Value to,
               llvm::function_ref<Value(Value)> source) {
    auto contract = arith::FastMathFlags::contract;
    Values k, factors;
    for (int64_t i = 0; i < rows; ++i) {
      k.push_back(t.add(row, t.index(i)));
      factors.push_back(source(k.back()));
    }
    t.loop(from, to, [&](Value j) {
      Value sum = getState(places.gates, j);
      for (int64_t i = 0; i < rows; ++i) {
        Value weight = t.load(t.operands[places.weight], {direction, k[i], j});
        Value product = arith::MulFOp::create(b, factors[i], weight, contract);
        sum = arith::AddFOp::create(b, sum, product, contract);
      }
      setState(places.gates, j, sum);
    });
  }

  //===-- Cells -----------------------------------------------------------===//

  Value gate(int64_t number, Value j) {
    return add(fromInput(number, j), fromState(number, j));
  }

  void emitStep() {
    auto state = [&](Value k) { return getState(places.h, k); };
    bool isGatedFirst =
        kind == RecurrentKind::gru && !op.getLinearBeforeReset();
    multiplyState(0, isGatedFirst ? 2 : count, state);
    if (isGatedFirst) {
      eachUnit([&](Value j) {
        Value reset = activate(0, gate(1, j));
        setState(places.gates, place(1, j), multiply(reset, state(j)));
      });
      multiplyState(2, 3, [&](Value k) { return fromState(1, k); });
    }
    eachUnit([&](Value j) {
      switch (kind) {
      case RecurrentKind::rnn:
        return setState(places.h, j, activate(0, gate(0, j)));
      case RecurrentKind::gru:
        return finishGru(j);
      case RecurrentKind::lstm:
        return finishLstm(j);
      }
    });
  }

  void finishGru(Value j) {
    Value update = activate(0, gate(0, j)), recurrent = fromState(2, j);
    if (op.getLinearBeforeReset())
      recurrent = multiply(activate(0, gate(1, j)), recurrent);
    Value candidate = activate(1, add(fromInput(2, j), recurrent));
    Value kept = multiply(update, getState(places.h, j));
    setState(places.h, j, add(multiply(oneMinus(update), candidate), kept));
  }

  void finishLstm(Value j) {
    Value cell = getState(places.c, j);
    auto gateWith = [&](int64_t number, Value cell) {
      Value x = gate(number, j);
      if (places.peepholes)
        x = add(x, peephole(number, j, cell));
      return activate(0, x);
    };
    Value in = gateWith(0, cell);
    Value forget = op.getInputForget() ? oneMinus(in) : gateWith(2, cell);
    Value next =
        add(multiply(forget, cell), multiply(in, activate(1, gate(3, j))));
    Value out = gateWith(1, next);
    setState(places.c, j, next);
    setState(places.h, j, multiply(out, activations[2](b, next)));
  }

  xf::Recurrent op;
  const Places &places;
  ArrayRef<CellActivation> all, activations;
  TaskScope &t;
  ImplicitLocOpBuilder &b;
  RecurrentKind kind;
  int64_t hidden, count;
  Type compute;
  Value direction, sequence, time;
};

} // namespace

static Type elementTypeOf(Value tensor) {
  return cast<ShapedType>(tensor.getType()).getElementType();
}

/// An operation on a constant is a part of the constant.
template <typename OpTy, typename... Args>
static Value makeConstant(Location loc, ArrayRef<Dim> dims, Type element,
                          KernelBuilder &b, Args... args) {
  Value value = OpTy::create(
      b.rewriter, loc, RankedTensorType::get(getStaticSizes(dims), element),
      args...);
  b.shapes.setDims(value, dims);
  return value;
}

/// w as a matrix with the gates of all directions as rows.
static FailureOr<Value> flattenWeight(xf::Recurrent op, KernelBuilder &b) {
  Value w = op.getW();
  ArrayRef<Dim> of = b.shapes.getDims(w);
  SmallVector<Dim> dims{of[0] * of[1], of[2]};
  if (!b.isConstantExpression(w))
    return b.reshape(op.getLoc(), b.tensor(w), dims);
  return makeConstant<xf::Reshape>(op.getLoc(), dims, elementTypeOf(w), b, w,
                                   Value(), getDimsAttr(op.getContext(), dims),
                                   UnitAttr());
}

/// r as [directions, hidden, gates] of the compute type: a unit of the state
/// meets all gates at once.
static Value turnWeight(xf::Recurrent op, Type compute, KernelBuilder &b) {
  Location loc = op.getLoc();
  Value r = op.getR();
  SmallVector<Dim> dims(b.shapes.getDims(r));
  std::swap(dims[1], dims[2]);
  Type element = elementTypeOf(r);
  if (b.isConstantExpression(r)) {
    r = makeConstant<xf::Transpose>(loc, dims, element, b, r,
                                    ArrayRef<int64_t>{0, 2, 1});
    if (element != compute)
      r = makeConstant<xf::Cast>(loc, dims, compute, b, r,
                                 TypeAttr::get(compute), UnitAttr());
    return b.tensor(r);
  }
  AffineMap map = AffineMap::getPermutationMap(ArrayRef<unsigned>{0, 2, 1},
                                               b.rewriter.getContext());
  return b.map(loc, MappedTensor{b.tensor(r), map}, dims, compute,
               [](ImplicitLocOpBuilder &, ValueRange x) {
                 return SmallVector<Value>(x);
               });
}

LogicalResult hagane::form(xf::Recurrent op, KernelBuilder &b) {
  Location loc = op.getLoc();
  StringRef unknown;
  auto activations = readActivations(op, unknown);
  if (failed(activations))
    return b.cannotForm(op, "it has an activation '" + unknown + "'");
  bool lstm = op.getKind() == RecurrentKind::lstm;
  Type compute = computeTypeOf(op.getX());
  int64_t gates = countGates(op.getKind()) * int64_t(op.getHidden());
  ArrayRef<Dim> x = b.shapes.getDims(op.getX());
  Dim steps = x[0], batch = x[1], features = x[2];
  Dim directions = b.shapes.getDims(op.getY())[1];
  FailureOr<Value> rows =
      b.reshape(loc, b.tensor(op.getX()), {steps * batch, features});
  FailureOr<Value> weight = flattenWeight(op, b);
  if (failed(rows) || failed(weight))
    return b.cannotForm(op, "its operands cannot be flattened");
  FailureOr<Value> inputs = b.reshape(
      loc, makeLinear(loc, *rows, *weight, {}, /*transposed=*/true, compute, b),
      {steps, batch, directions * gates});
  if (failed(inputs))
    return b.cannotForm(op, "its steps cannot be unflattened");

  Places places;
  Values ins{*inputs, turnWeight(op, compute, b)}, outs;
  auto optional = [&](Value operand) -> std::optional<size_t> {
    if (!operand)
      return std::nullopt;
    ins.push_back(b.tensor(operand));
    return ins.size() - 1;
  };
  places.bias = optional(op.getB());
  places.lengths = optional(op.getLengths());
  places.initialH = optional(op.getInitialH());
  places.initialC = optional(op.getInitialC());
  places.peepholes = optional(op.getPeepholes());
  auto out = [&](Value tensor) {
    outs.push_back(tensor);
    return ins.size() + outs.size() - 1;
  };
  SmallVector<Dim> state{directions, batch,
                         b.constant(int64_t(op.getHidden()))};
  places.y = out(emptyLike(op.getY(), b));
  places.lastH = places.h = out(emptyLike(op.getLastH(), b));
  places.lastC = places.c = out(emptyLike(op.getLastC(), b));
  places.gates =
      out(b.empty(loc, {directions, batch, b.constant(gates)}, compute));
  // The state is kept as it is computed, not as it is stored.
  if (compute != elementTypeOf(op.getLastH())) {
    places.h = out(b.empty(loc, state, compute));
    if (lstm)
      places.c = out(b.empty(loc, state, compute));
  }
  ResultRange results = formTask(
      op, ins, outs, directions * batch,
      [&](TaskScope &t) { Steps(op, places, *activations, t).emit(); }, b);
  b.replaceAll(op, Values(results.begin(), results.begin() + 3));
  return success();
}
