// RNN, GRU and LSTM.
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::RecurrentKind;

/// The activations of one direction where the model names none.
static SmallVector<std::string> defaultActivations(RecurrentKind kind) {
  switch (kind) {
  case RecurrentKind::rnn:
    return {"Tanh"};
  case RecurrentKind::gru:
    return {"Sigmoid", "Tanh"};
  case RecurrentKind::lstm:
    return {"Sigmoid", "Tanh", "Tanh"};
  }
  return {};
}

static std::optional<SmallVector<std::string>>
readActivations(NodeConverter &n, RecurrentKind kind, int64_t directions) {
  SmallVector<std::string> once = defaultActivations(kind), all;
  size_t count = once.size() * directions;
  for (int64_t i = 0; i < directions; ++i)
    llvm::append_range(all, once);
  all = n.getStrings("activations").value_or(all);
  if (all.size() != count) {
    (void)n.error("attribute 'activations' has " + Twine(all.size()) +
                  " entries, expected " + Twine(count));
    return std::nullopt;
  }
  static constexpr StringRef known[] = {
      "Relu",       "Tanh",        "Sigmoid",
      "Affine",     "LeakyRelu",   "ThresholdedRelu",
      "ScaledTanh", "HardSigmoid", "Elu",
      "Softsign",   "Softplus"};
  for (const std::string &name : all)
    if (!llvm::is_contained(known, name)) {
      (void)n.error("activation '" + name + "' is not known");
      return std::nullopt;
    }
  return all;
}

static DenseF64ArrayAttr floatsAttr(NodeConverter &n, StringRef name) {
  auto floats = n.getFloats(name);
  return floats ? n.builder().getDenseF64ArrayAttr(*floats)
                : DenseF64ArrayAttr();
}

/// Layout 1 puts the batch in front of everything.
static Value swapFirst(NodeConverter &n, Value x) {
  return x && n.rank(x) == 3 ? n.transpose(x, {1, 0, 2}) : x;
}

/// The operator with input and recurrent weights of ai.onnx's layout; the other
/// inputs are where ai.onnx has them.
static LogicalResult finishRecurrent(NodeConverter &n, RecurrentKind kind,
                                     Value w, Value r) {
  auto direction =
      xf::symbolizeDirectionKind(n.getString("direction", "forward"));
  if (!direction)
    return n.error("attribute 'direction' is '" + n.getString("direction", "") +
                   "', expected forward, reverse or bidirectional");
  int64_t directions = *direction == xf::DirectionKind::bidirectional ? 2 : 1;
  bool batchFirst = n.getInt("layout", 0) != 0,
       lstm = kind == RecurrentKind::lstm;
  auto activations = readActivations(n, kind, directions);
  Value x = n.in(0), h = n.in(5), c = lstm ? n.in(6) : Value();
  auto hidden = n.staticSize(r, 2);
  if (!activations || n.failed())
    return failure();
  if (!hidden || n.rank(r) != 3 || n.rank(x) != 3)
    return n.error(
        "the input and weights are not of rank 3 with a known hidden size");
  if (batchFirst) {
    x = swapFirst(n, x);
    h = swapFirst(n, h);
    c = swapFirst(n, c);
  }
  OpBuilder &b = n.builder();
  MLIRContext *context = b.getContext();
  SmallVector<StringRef> names(activations->begin(), activations->end());
  auto unit = [&](StringRef name) {
    return n.getInt(name, 0) ? b.getUnitAttr() : UnitAttr();
  };
  auto op = n.create<xf::Recurrent>(
      x, w, r, n.in(3), n.in(4), h, c, lstm ? n.in(7) : Value(),
      xf::RecurrentKindAttr::get(context, kind),
      xf::DirectionKindAttr::get(context, *direction), b.getStrArrayAttr(names),
      b.getI64IntegerAttr(*hidden), b.getF64FloatAttr(n.getFloat("clip", 0)),
      unit("linear_before_reset"), unit("input_forget"),
      floatsAttr(n, "activation_alpha"), floatsAttr(n, "activation_beta"));
  if (!op)
    return failure();
  Value y = op.getY(), lastH = op.getLastH(), lastC = op.getLastC();
  if (batchFirst) {
    y = n.transpose(y, {2, 0, 1, 3});
    lastH = swapFirst(n, lastH);
    lastC = lstm ? swapFirst(n, lastC) : lastC;
  }
  return n.done({y, lastH, lstm ? lastC : Value()});
}

template <RecurrentKind kind>
static LogicalResult convertRecurrent(NodeConverter &n) {
  return finishRecurrent(n, kind, n.in(1), n.in(2));
}

/// Weights [directions, in, out] of integers, with a scale and zero point for
/// each direction or column, as numbers [directions, out, in].
static Value readWeight(NodeConverter &n, Value codes, Value scale,
                        Value zero) {
  auto along = [&](Value parameter) {
    return n.unsqueeze(parameter, n.rank(parameter) == 1
                                      ? ArrayRef<int64_t>{1, 2}
                                      : ArrayRef<int64_t>{1});
  };
  Type f32 = n.builder().getF32Type();
  Value y = n.sub(n.cast(codes, f32), along(n.cast(zero, f32)));
  return n.transpose(n.mul(y, along(scale)), {0, 2, 1});
}

/// Inputs 8 to 11 are scales and zero points of the weights. Nothing else is
/// quantized on the way, which is nearer to the model than ONNX Runtime is.
static LogicalResult convertQuantizedLstm(NodeConverter &n) {
  if (n.rank(n.in(1)) != 3 || n.rank(n.in(2)) != 3)
    return n.error("the weights have ranks " + Twine(n.rank(n.in(1))) +
                   " and " + Twine(n.rank(n.in(2))) + ", expected 3 and 3");
  return finishRecurrent(n, RecurrentKind::lstm,
                         readWeight(n, n.in(1), n.in(8), n.in(9)),
                         readWeight(n, n.in(2), n.in(10), n.in(11)));
}

static const OpRow rows[] = {
    {"GRU", 3, 3, convertRecurrent<RecurrentKind::gru>},
    {"LSTM", 1, 3, convertRecurrent<RecurrentKind::lstm>},
    {"RNN", 1, 3, convertRecurrent<RecurrentKind::rnn>},
};

static const OpRow microsoftRows[] = {
    {"DynamicQuantizeLSTM", 1, 3, convertQuantizedLstm},
};

void hagane::frontend::registerRecurrent(OpRegistry &registry) {
  registry.add("com.microsoft", microsoftRows);
  registry.add("", rows);
}
