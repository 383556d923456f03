//===- Recurrent.cpp - RNN, GRU and LSTM ----------------------------------===//

#include "dialects/xf/eval/Activation.h"
#include "dialects/xf/eval/Strides.h"
#include <vector>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

namespace {

/// An activation with its parameters, as ONNX's recurrent operators name them.
struct CellActivation {
  double (*function)(double x, double alpha, double beta) = nullptr;
  double alpha = 0, beta = 0;
  double operator()(double x) const { return function(x, alpha, beta); }
};

struct ActivationRow {
  const char *name;
  double (*function)(double, double, double);
  bool hasAlpha, hasBeta;
  double alpha, beta;
};

const ActivationRow kActivations[] = {
    {"relu", [](double x, double, double) { return reluOf(x); }, false, false,
     0, 0},
    {"tanh", [](double x, double, double) { return std::tanh(x); }, false,
     false, 0, 0},
    {"sigmoid", [](double x, double, double) { return sigmoid(x); }, false,
     false, 0, 0},
    {"softsign",
     [](double x, double, double) { return x / (1 + std::fabs(x)); }, false,
     false, 0, 0},
    {"softplus", [](double x, double, double) { return softplus(x); }, false,
     false, 0, 0},
    {"affine", [](double x, double a, double b) { return a * x + b; }, true,
     true, 1, 0},
    {"scaledtanh",
     [](double x, double a, double b) { return a * std::tanh(b * x); }, true,
     true, 1, 1},
    {"hardsigmoid",
     [](double x, double a, double b) {
       return std::fmin(std::fmax(a * x + b, 0), 1);
     },
     true, true, 0.2, 0.5},
    {"leakyrelu", [](double x, double a, double) { return x < 0 ? a * x : x; },
     true, false, 0.01, 0},
    {"thresholdedrelu",
     [](double x, double a, double) { return x > a ? x : 0; }, true, false, 1,
     0},
    {"elu",
     [](double x, double a, double) { return x < 0 ? a * std::expm1(x) : x; },
     true, false, 1, 0},
};

/// Parameters go, in order, to the activations that take them.
FailureOr<std::vector<CellActivation>> activationsOf(Recurrent op,
                                                     Evaluation &evaluation) {
  ArrayRef<double> alphas = op.getAlphas().value_or(ArrayRef<double>());
  ArrayRef<double> betas = op.getBetas().value_or(ArrayRef<double>());
  auto take = [](ArrayRef<double> &values, double otherwise) {
    if (values.empty())
      return otherwise;
    double value = values.front();
    values = values.drop_front();
    return value;
  };
  std::vector<CellActivation> activations = {};
  for (StringRef name : op.getActivations().getAsValueRange<StringAttr>()) {
    const auto *row =
        llvm::find_if(kActivations, [&](const ActivationRow &row) {
          return name.equals_insensitive(row.name);
        });
    if (row == std::end(kActivations))
      return evaluation.error("unknown activation '" + name + "'");
    activations.push_back({row->function,
                           row->hasAlpha ? take(alphas, row->alpha) : 0,
                           row->hasBeta ? take(betas, row->beta) : 0});
  }
  return activations;
}

/// The operands and sizes of a recurrence.
struct Recurrence {
  Recurrent op;
  const HostTensor &x, &w, &r;
  const HostTensor *b, *lengths, *initialH, *initialC, *peepholes;
  int64_t steps = 0, batch = 0, input = 0, hidden = 0, directions = 1,
          gates = 1;
  std::vector<CellActivation> activations = {};
};

/// The state of one sequence in one direction, and one step of its cell.
class Cell {
public:
  Cell(const Recurrence &all, int64_t direction, int64_t sequence)
      : all(all), op(all.op), direction(direction), sequence(sequence),
        h(initial(all.initialH)), c(initial(all.initialC)) {
    int64_t perDirection = all.activations.size() / all.directions;
    activations =
        ArrayRef(all.activations).slice(direction * perDirection, perDirection);
  }

  void step(int64_t time) {
    switch (op.getKind()) {
    case RecurrentKind::rnn:
      return stepRnn(time);
    case RecurrentKind::gru:
      return stepGru(time);
    case RecurrentKind::lstm:
      return stepLstm(time);
    }
  }

  ArrayRef<double> getH() const { return h; }
  ArrayRef<double> getC() const { return c; }

private:
  using Vector = std::vector<double>;

  Vector initial(const HostTensor *state) const {
    Vector values(all.hidden, 0);
    for (int64_t i = 0; state && i < all.hidden; ++i)
      values[i] =
          state->getReal((direction * all.batch + sequence) * all.hidden + i);
    return values;
  }
  /// Row `gate * hidden + i` of w times the input, plus w's bias.
  double fromInput(int64_t time, int64_t gate, int64_t i) const {
    int64_t row = (direction * all.gates + gate) * all.hidden + i;
    double sum = all.b
                     ? all.b->getReal(
                           (direction * 2 * all.gates + gate) * all.hidden + i)
                     : 0;
    for (int64_t k = 0; k < all.input; ++k)
      sum += all.w.getReal(row * all.input + k) *
             all.x.getReal((time * all.batch + sequence) * all.input + k);
    return sum;
  }
  /// The same of r and a state, plus r's bias.
  double fromState(ArrayRef<double> state, int64_t gate, int64_t i) const {
    int64_t row = (direction * all.gates + gate) * all.hidden + i;
    double sum =
        all.b ? all.b->getReal((direction * 2 * all.gates + all.gates + gate) *
                                   all.hidden +
                               i)
              : 0;
    for (int64_t k = 0; k < all.hidden; ++k)
      sum += all.r.getReal(row * all.hidden + k) * state[k];
    return sum;
  }
  double peephole(int64_t gate, int64_t i) const {
    return all.peepholes
               ? all.peepholes->getReal((direction * 3 + gate) * all.hidden + i)
               : 0;
  }
  double activate(unsigned index, double value) {
    double clip = op.getClip().convertToDouble();
    if (clip > 0)
      value = std::fmin(std::fmax(value, -clip), clip);
    return activations[index](value);
  }

  void stepRnn(int64_t time) {
    Vector next(all.hidden);
    for (int64_t i = 0; i < all.hidden; ++i)
      next[i] = activate(0, fromInput(time, 0, i) + fromState(h, 0, i));
    h = next;
  }

  void stepGru(int64_t time) {
    Vector update(all.hidden), reset(all.hidden), gated(all.hidden),
        next(all.hidden);
    for (int64_t i = 0; i < all.hidden; ++i) {
      update[i] = activate(0, fromInput(time, 0, i) + fromState(h, 0, i));
      reset[i] = activate(0, fromInput(time, 1, i) + fromState(h, 1, i));
      gated[i] = reset[i] * h[i];
    }
    for (int64_t i = 0; i < all.hidden; ++i) {
      double recurrent = op.getLinearBeforeReset()
                             ? reset[i] * fromState(h, 2, i)
                             : fromState(gated, 2, i);
      double candidate = activate(1, fromInput(time, 2, i) + recurrent);
      next[i] = (1 - update[i]) * candidate + update[i] * h[i];
    }
    h = next;
  }

  void stepLstm(int64_t time) {
    Vector nextH(all.hidden), nextC(all.hidden);
    auto gate = [&](int64_t number, int64_t i) {
      return fromInput(time, number, i) + fromState(h, number, i);
    };
    for (int64_t i = 0; i < all.hidden; ++i) {
      double in = activate(0, gate(0, i) + peephole(0, i) * c[i]);
      double forget = op.getInputForget()
                          ? 1 - in
                          : activate(0, gate(2, i) + peephole(2, i) * c[i]);
      nextC[i] = forget * c[i] + in * activate(1, gate(3, i));
      double out = activate(0, gate(1, i) + peephole(1, i) * nextC[i]);
      nextH[i] = out * activations[2](nextC[i]);
    }
    h = nextH;
    c = nextC;
  }

  const Recurrence &all;
  Recurrent op;
  int64_t direction, sequence;
  ArrayRef<CellActivation> activations;
  Vector h, c;
};

struct KindTraits {
  int64_t gates;
  size_t activations;
};

KindTraits traitsOf(RecurrentKind kind) {
  switch (kind) {
  case RecurrentKind::rnn:
    return {1, 1};
  case RecurrentKind::gru:
    return {3, 2};
  case RecurrentKind::lstm:
    return {4, 3};
  }
  llvm_unreachable("all kinds are listed");
}

LogicalResult checkShapes(Recurrence &all, Evaluation &evaluation) {
  if (failed(evaluation.checkRank(all.x, 3, "x")))
    return failure();
  all.steps = all.x.getSize(0), all.batch = all.x.getSize(1),
  all.input = all.x.getSize(2);
  all.hidden = all.op.getHidden();
  all.directions =
      all.op.getDirection() == DirectionKind::bidirectional ? 2 : 1;
  KindTraits traits = traitsOf(all.op.getKind());
  all.gates = traits.gates;
  if (all.hidden <= 0 || all.hidden > (int64_t(1) << 32))
    return evaluation.error("found hidden size " + Twine(all.hidden) +
                            ", expected above 0");
  if (all.activations.size() != traits.activations * all.directions)
    return evaluation.error("found " + Twine(all.activations.size()) +
                            " activations, expected " +
                            Twine(traits.activations * all.directions));
  int64_t d = all.directions, rows = all.gates * all.hidden;
  std::pair<const HostTensor *, Shape> expectations[] = {
      {&all.w, {d, rows, all.input}},
      {&all.r, {d, rows, all.hidden}},
      {all.b, {d, 2 * rows}},
      {all.lengths, {all.batch}},
      {all.initialH, {d, all.batch, all.hidden}},
      {all.initialC, {d, all.batch, all.hidden}},
      {all.peepholes, {d, 3 * all.hidden}}};
  for (const auto &[tensor, shape] : expectations)
    if (tensor && tensor->getShape() != ArrayRef<int64_t>(shape))
      return evaluation.error("found " + describe(*tensor) +
                              ", expected shape " + describeShape(shape));
  return success();
}

/// Runs one sequence in one direction and stores its results.
LogicalResult runSequence(const Recurrence &all, int64_t direction,
                          int64_t sequence, HostTensor &y, HostTensor &lastH,
                          HostTensor *lastC, Evaluation &evaluation) {
  Recurrent op = all.op;
  int64_t length = all.lengths ? all.lengths->getInteger(sequence) : all.steps;
  if (length < 0 || length > all.steps)
    return evaluation.error("found length " + Twine(length) +
                            ", expected at most " + Twine(all.steps));
  bool isReverse =
      op.getDirection() == DirectionKind::reverse || direction == 1;
  Cell cell(all, direction, sequence);
  for (int64_t i = 0; i < length; ++i) {
    int64_t time = isReverse ? length - 1 - i : i;
    cell.step(time);
    int64_t to = ((time * all.directions + direction) * all.batch + sequence) *
                 all.hidden;
    for (auto [k, value] : llvm::enumerate(cell.getH()))
      y.setReal(to + k, value);
  }
  int64_t to = (direction * all.batch + sequence) * all.hidden;
  for (int64_t k = 0; k < all.hidden; ++k) {
    lastH.setReal(to + k, cell.getH()[k]);
    if (lastC)
      lastC->setReal(to + k, cell.getC()[k]);
  }
  return success();
}

LogicalResult defineRecurrentOp(Recurrent op, Evaluation &evaluation) {
  FailureOr<std::vector<CellActivation>> activations =
      activationsOf(op, evaluation);
  if (failed(activations))
    return failure();
  Recurrence all{op,
                 evaluation.operand(0),
                 evaluation.operand(1),
                 evaluation.operand(2),
                 evaluation.optional(op, 3),
                 evaluation.optional(op, 4),
                 evaluation.optional(op, 5),
                 evaluation.optional(op, 6),
                 evaluation.optional(op, 7)};
  all.activations = *activations;
  if (failed(checkShapes(all, evaluation)))
    return failure();
  bool hasCell = op.getKind() == RecurrentKind::lstm;
  Shape state{all.directions, all.batch, all.hidden};
  if (failed(evaluation.create(
          {all.steps, all.directions, all.batch, all.hidden})) ||
      failed(evaluation.create(state)))
    return failure();
  // Without a cell state the third result holds nothing.
  FailureOr<HostTensor *> lastC =
      evaluation.create(hasCell ? state : Shape{0, all.batch, all.hidden});
  if (failed(lastC))
    return failure();
  HostTensor &y = *(*lastC - 2), &lastH = *(*lastC - 1);
  for (int64_t direction = 0; direction < all.directions; ++direction)
    for (int64_t sequence = 0; sequence < all.batch; ++sequence)
      if (failed(runSequence(all, direction, sequence, y, lastH,
                             hasCell ? *lastC : nullptr, evaluation)))
        return failure();
  return success();
}

} // namespace

void hagane::xf::eval::defineRecurrent(DefinitionTable &table) {
  table.add(defineRecurrentOp);
}
