//===- LoopRecurrent.cpp - Recurrences as loops of linears ----------------===//
//
// What the inputs contribute to the gates is one linear for all steps. Each
// step of a loop then multiplies the state by the recurrent weight, which is
// packed and split over the threads as any other, and applies the cell.
//
//===----------------------------------------------------------------------===//

#include "dialects/xf/XfDynamic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/fusion/Match.h"
#include "passes/fusion/Passes.h"
#include "passes/fusion/Remarks.h"

namespace hagane {
#define GEN_PASS_DEF_LOOPRECURRENTPASS
#include "passes/fusion/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;
using xf::Dim;
using xf::RecurrentKind;

/// Recurrent weights up to this size stay in the first-level cache of the one
/// thread that computes a sequence from end to end.
static constexpr int64_t kInnerBytes = 128 << 10;

namespace {
struct ActivationRow {
  StringLiteral name;
  Value (*apply)(OpBuilder &, Location, Value);
};
} // namespace

template <typename OpTy>
static Value applyOp(OpBuilder &b, Location loc, Value x) {
  return OpTy::create(b, loc, x);
}

static constexpr ActivationRow kActivations[] = {
    {"Sigmoid", applyOp<xf::Sigmoid>},
    {"Tanh", applyOp<xf::Tanh>},
    {"Relu", applyOp<xf::Relu>},
};

static const ActivationRow *findActivation(Attribute name) {
  const auto *row = llvm::find_if(kActivations, [&](const ActivationRow &row) {
    return row.name == cast<StringAttr>(name).getValue();
  });
  return row == std::end(kActivations) ? nullptr : row;
}

/// Rows of a direction's recurrent weight: the units of all gates.
static int64_t getGateUnits(xf::Recurrent op) {
  return cast<RankedTensorType>(op.getR().getType()).getDimSize(1);
}

/// Why the recurrence stays whole; empty if it need not.
static StringRef findObstacle(xf::Recurrent op) {
  if (!isConstantExpression(op.getR()) || !isConstantExpression(op.getW()))
    return "its weights are computed";
  if (!getElementTypeOrSelf(op.getX()).isF32())
    return "its element type is not f32";
  if (op.getPeepholes() || op.getInputForget() ||
      op.getClip().convertToDouble() != 0)
    return "it has peepholes, clips, or forgets by its input";
  if (!llvm::all_of(op.getActivations(), findActivation))
    return "it has an unusual activation";
  return {};
}

namespace {

/// Rewrites one recurrence.
class Recurrence {
public:
  Recurrence(xf::Recurrent op, StringRef step, Shapes &shapes)
      : op(op), step(step), b(op), loc(op.getLoc()), kind(op.getKind()),
        hidden(op.getHidden()), gates(getGateUnits(op)) {
    SmallVector<Dim> x = shapes.getDims(op.getX());
    steps = x[0];
    batch = x[1];
    features = x[2];
  }

  void replace() {
    int64_t directions =
        op.getDirection() == xf::DirectionKind::bidirectional ? 2 : 1;
    findActiveSteps();
    SmallVector<Value> y, h, c;
    for (int64_t i = 0; i < directions; ++i) {
      direction = i;
      isReverse = i == 1 || op.getDirection() == xf::DirectionKind::reverse;
      ArrayRef<Attribute> all = op.getActivations().getValue();
      activations = all.slice(i * all.size() / directions);
      SmallVector<Value> results = makeLoop();
      y.push_back(makeReshape(b, loc, results[0],
                              {steps, constant(1), batch, constant(hidden)}));
      h.push_back(withDirection(results[1]));
      if (kind == RecurrentKind::lstm)
        c.push_back(withDirection(results[2]));
    }
    op.getY().replaceAllUsesWith(join(y, 1));
    op.getLastH().replaceAllUsesWith(join(h, 0));
    op.getLastC().replaceAllUsesWith(
        c.empty() ? zeros({constant(0), batch, constant(hidden)}) : join(c, 0));
  }

private:
  //===-- Pieces ----------------------------------------------------------===//

  Dim constant(int64_t value) { return Dim::constant(b.getContext(), value); }
  Value zeros(ArrayRef<Dim> dims) {
    return makeBroadcast(b, loc, makeScalar(b, loc, b.getF32Type(), 0), dims);
  }
  Value join(ArrayRef<Value> parts, int64_t axis) {
    return parts.size() == 1 ? parts.front()
                             : xf::Concat::create(b, loc, parts, axis);
  }
  Value withDirection(Value state) {
    return makeReshape(b, loc, state, {constant(1), batch, constant(hidden)});
  }
  /// The direction's part of an operand, as [dims...].
  Value ofDirection(Value operand, ArrayRef<Dim> dims) {
    Value part = makeSlice(b, loc, operand, {0, direction, direction + 1, 1});
    return makeReshape(b, loc, part, dims);
  }
  Value columns(Value x, int64_t first, int64_t last) {
    return makeSlice(b, loc, x,
                     {getRank(x) - 1, first * hidden, last * hidden, 1});
  }
  Value rows(Value x, int64_t first, int64_t last) {
    return makeSlice(b, loc, x, {0, first * hidden, last * hidden, 1});
  }
  Value linear(Value x, Value weight, Value bias) {
    return xf::Linear::create(b, loc, x, weight, bias,
                              /*transpose_weight=*/true);
  }
  Value add(Value x, Value y) { return xf::Add::create(b, loc, x, y); }
  Value multiply(Value x, Value y) { return xf::Mul::create(b, loc, x, y); }
  Value activate(unsigned i, Value x) {
    return findActivation(activations[i])->apply(b, loc, x);
  }

  //===-- Before the loop -------------------------------------------------===//

  /// active[t, n, 0]: whether sequence n has a step t.
  void findActiveSteps() {
    if (!op.getLengths())
      return;
    Type integer = getElementTypeOrSelf(op.getLengths());
    Value times = xf::Range::create(
        b, loc, RankedTensorType::get(getStaticSizes({steps}), integer),
        Value(), Value(), Value(),
        getDimsAttr(b.getContext(), {constant(0), steps, constant(1)}),
        TypeAttr::get(integer));
    times = makeReshape(b, loc, times, {steps, constant(1), constant(1)});
    Value lengths =
        makeReshape(b, loc, op.getLengths(), {constant(1), batch, constant(1)});
    active = xf::Cmp::create(b, loc, times, lengths, xf::CmpKind::lt);
  }

  bool resetsAfterProduct() {
    return kind == RecurrentKind::gru && op.getLinearBeforeReset();
  }

  /// What the inputs and all biases that are just added contribute to the
  /// gates: [steps, batch, gates].
  Value makeInputs() {
    Value weight = ofDirection(op.getW(), {constant(gates), features});
    Value bias;
    recurrentBias = Value();
    if (op.getB()) {
      Value both = ofDirection(op.getB(), {constant(2 * gates)});
      bias = makeSlice(b, loc, both, {0, 0, gates, 1});
      Value recurrent = makeSlice(b, loc, both, {0, gates, 2 * gates, 1});
      if (resetsAfterProduct())
        recurrentBias = recurrent;
      else
        bias = add(bias, recurrent);
    }
    return linear(op.getX(), weight, bias);
  }

  Value initial(Value operand) {
    SmallVector<Dim> dims{batch, constant(hidden)};
    return operand ? ofDirection(operand, dims) : zeros(dims);
  }

  //===-- The loop --------------------------------------------------------===//

  SmallVector<Value> makeLoop() {
    Value inputs = makeInputs();
    weight = ofDirection(op.getR(), {constant(gates), constant(hidden)});
    SmallVector<Dim> state{batch, constant(hidden)};
    SmallVector<Value> starts{zeros({steps, batch, constant(hidden)}),
                              initial(op.getInitialH())};
    SmallVector<SmallVector<Dim>> dims{{steps, batch, constant(hidden)}, state};
    if (kind == RecurrentKind::lstm) {
      starts.push_back(initial(op.getInitialC()));
      dims.push_back(state);
    }
    Value zero = arith::ConstantIndexOp::create(b, loc, 0),
          one = arith::ConstantIndexOp::create(b, loc, 1),
          end = xf::DimValue::create(b, loc, b.getIndexType(), steps.getAttr());
    auto measureAll = [&](ValueRange values) {
      SmallVector<Value> measured;
      for (auto [value, of] : llvm::zip_equal(values, dims))
        measured.push_back(measure(value, of));
      return measured;
    };
    auto loop = scf::ForOp::create(
        b, loc, zero, end, one, starts,
        [&](OpBuilder &, Location, Value number, ValueRange carried) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(number.getParentBlock());
          xf::Bind::create(b, loc, step, number);
          scf::YieldOp::create(b, loc, emitStep(inputs, measureAll(carried)));
        });
    return measureAll(loop.getResults());
  }

  Value measure(Value value, ArrayRef<Dim> dims) {
    auto type = cast<RankedTensorType>(value.getType());
    if (type.hasStaticShape())
      return value;
    return xf::Measure::create(b, loc, type, value,
                               getDimsAttr(b.getContext(), dims),
                               ArrayRef<int64_t>())
        .getY();
  }

  /// y, h and, for LSTM, c after a step.
  SmallVector<Value> emitStep(Value inputs, ArrayRef<Value> before) {
    Dim number = Dim::symbol(b.getContext(), step);
    Dim time = isReverse ? steps - constant(1) - number : number;
    auto item = [&](Value x) -> Value {
      return xf::Item::create(b, loc, x, 0, time.getAttr());
    };
    SmallVector<Value> states = emitCell(item(inputs), before.drop_front());
    Value shown = states.front();
    if (active) {
      Value exists = item(active);
      shown = select(exists, shown, makeScalar(b, loc, b.getF32Type(), 0));
      for (auto [after, old] : llvm::zip_equal(states, before.drop_front()))
        after = select(exists, after, old);
    }
    SmallVector<Value> results{
        xf::PutItem::create(b, loc, shown, before.front(), 0, time.getAttr())};
    results.append(states);
    return results;
  }

  Value select(Value condition, Value x, Value y) {
    return xf::Select::create(b, loc, condition, x, y);
  }

  SmallVector<Value> emitCell(Value x, ArrayRef<Value> state) {
    switch (kind) {
    case RecurrentKind::rnn:
      return {activate(0, add(linear(state[0], weight, Value()), x))};
    case RecurrentKind::gru:
      return {emitGru(x, state[0])};
    case RecurrentKind::lstm:
      return emitLstm(x, state[0], state[1]);
    }
    llvm_unreachable("unknown recurrent kind");
  }

  /// Cho et al., 2014; gates z r h.
  Value emitGru(Value x, Value h) {
    int64_t first = resetsAfterProduct() ? 3 : 2;
    Value early = linear(h, rows(weight, 0, first), recurrentBias);
    auto gate = [&](int64_t i) {
      return activate(0, add(columns(early, i, i + 1), columns(x, i, i + 1)));
    };
    Value update = gate(0), reset = gate(1);
    Value recurrent =
        first == 3 ? multiply(reset, columns(early, 2, 3))
                   : linear(multiply(reset, h), rows(weight, 2, 3), Value());
    Value candidate = activate(1, add(recurrent, columns(x, 2, 3)));
    Value rest =
        xf::Sub::create(b, loc, makeScalar(b, loc, b.getF32Type(), 1), update);
    return add(multiply(rest, candidate), multiply(update, h));
  }

  /// Hochreiter and Schmidhuber, 1997; gates i o f c.
  SmallVector<Value> emitLstm(Value x, Value h, Value c) {
    Value sum = add(linear(h, weight, Value()), x);
    auto gate = [&](int64_t i) {
      return activate(i == 3 ? 1 : 0, columns(sum, i, i + 1));
    };
    Value next = add(multiply(gate(2), c), multiply(gate(0), gate(3)));
    return {multiply(gate(1), activate(2, next)), next};
  }

  xf::Recurrent op;
  StringRef step;
  OpBuilder b;
  Location loc;
  RecurrentKind kind;
  int64_t hidden, gates;
  Dim steps, batch, features;
  /// Null if all sequences have all steps.
  Value active;
  // Of the direction that is being rewritten.
  int64_t direction = 0;
  bool isReverse = false;
  ArrayRef<Attribute> activations;
  Value weight, recurrentBias;
};

class LoopRecurrent
    : public hagane::impl::LoopRecurrentPassBase<LoopRecurrent> {
public:
  void runOnOperation() override {
    Shapes shapes(getOperation());
    SymbolTable symbols(getOperation());
    SmallVector<xf::Recurrent> ops;
    getOperation().walk([&](xf::Recurrent op) { ops.push_back(op); });
    for (xf::Recurrent op : ops)
      if (succeeded(checkWorth(op, shapes)))
        rewrite(op, symbols, shapes);
  }

private:
  LogicalResult checkWorth(xf::Recurrent op, Shapes &shapes) {
    int64_t units = getGateUnits(op);
    if (!ShapedType::isDynamic(units) &&
        units * int64_t(op.getHidden()) * 4 <= kInnerBytes)
      return failure();
    if (StringRef obstacle = findObstacle(op); !obstacle.empty())
      return remarks.decline(op, obstacle);
    if (!shapes.areResolved(shapes.getDims(op.getX())))
      return remarks.decline(op, "its sizes are only known as it runs");
    return success();
  }

  void rewrite(xf::Recurrent op, SymbolTable &symbols, Shapes &shapes) {
    OpBuilder b = OpBuilder::atBlockBegin(getOperation().getBody());
    Dim steps = shapes.getDims(op.getX()).front();
    auto size = xf::ComputedSize::create(
        b, op.getLoc(), "step", 0,
        std::max<int64_t>(steps.getConstant().value_or(kMaxSteps) - 1, 0));
    symbols.insert(size);
    Recurrence(op, size.getSymName(), shapes).replace();
    remarks.apply(op);
    op.erase();
  }

  static constexpr int64_t kMaxSteps = std::numeric_limits<int32_t>::max();
  Remarks remarks{"loop-recurrent"};
};

} // namespace
