// Linear classifiers and label encoders of ai.onnx.ml, and what all classifiers
// share. Where the standard is silent, two classes with one score above all,
// results are those of ONNX Runtime.
#include "frontend/ops/MatMul.h"
#include "frontend/ops/Ml.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

Value hagane::frontend::realTable(NodeConverter &n, ArrayRef<double> values,
                                  ArrayRef<int64_t> shape, Type type) {
  auto wide = RankedTensorType::get(shape, n.builder().getF64Type());
  return n.cast(n.constant(DenseElementsAttr::get(wide, values)), type);
}

std::optional<SmallVector<double>>
hagane::frontend::tensorReals(NodeConverter &n, StringRef name) {
  DenseElementsAttr tensor = n.getTensor(name);
  if (!tensor)
    return std::nullopt;
  SmallVector<double> found;
  if (isa<FloatType>(tensor.getElementType())) {
    for (APFloat value : tensor.getValues<APFloat>()) {
      bool loses;
      value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                    &loses);
      found.push_back(value.convertToDouble());
    }
  } else {
    for (const APInt &value : tensor.getValues<APInt>())
      found.push_back(static_cast<double>(value.getZExtValue()));
  }
  return found;
}

std::optional<SmallVector<double>>
hagane::frontend::readReals(NodeConverter &n, const Twine &name) {
  std::string text = name.str();
  if (n.hasAttr(text))
    return n.getFloats(text);
  return tensorReals(n, text + "_as_tensor");
}

//===-- Labels ------------------------------------------------------------===//

std::optional<ClassLabels> hagane::frontend::readLabels(NodeConverter &n,
                                                        StringRef ints,
                                                        StringRef strings) {
  ClassLabels labels;
  if (auto given = n.getInts(ints); given && !given->empty()) {
    labels.integers = *given;
    labels.count = given->size();
    return labels;
  }
  auto given = n.getStrings(strings);
  if (n.failed())
    return std::nullopt;
  if (!given || given->empty()) {
    (void)n.error("attributes '" + ints + "' and '" + strings +
                  "' are missing");
    return std::nullopt;
  }
  if (!n.getNode().getOutputs()[0].use_empty()) {
    (void)n.error("the classes' labels are strings, expected integers; train "
                  "with integers, or leave the label out of the model's "
                  "outputs and take the scores");
    return std::nullopt;
  }
  labels.areStrings = true;
  labels.count = given->size();
  return labels;
}

Value hagane::frontend::labelsAt(NodeConverter &n, Value positions,
                                 const ClassLabels &labels) {
  if (labels.areStrings)
    return {};
  return n.make<xf::Gather>(n.ints(labels.integers), positions, int64_t(0));
}

Value hagane::frontend::chooseLabel(NodeConverter &n, Value isPositive,
                                    const ClassLabels &labels) {
  if (labels.areStrings)
    return {};
  bool areTwo = labels.count == 2;
  auto label = [&](size_t i) {
    return n.squeeze(
        n.ints({areTwo ? labels.integers[i] : static_cast<int64_t>(i)}), {0});
  };
  return n.select(isPositive, label(1), label(0));
}

//===-- Scores ------------------------------------------------------------===//

/// Softmax in which scores of 0 stay 0.
static Value softmaxOfOthers(NodeConverter &n, Value x) {
  Type type = n.elem(x);
  Value isZero =
      n.cmp(xf::CmpKind::le, n.make<xf::Abs>(x), n.scalar(1e-7f, type));
  Value most = n.reduce(x, xf::ReduceKind::max, {1});
  Value power = n.make<xf::Exp>(n.sub(x, most));
  Value zero = n.scalar(0, type);
  Value sum = n.reduce(n.select(isZero, zero, power), xf::ReduceKind::sum, {1});
  return n.div(
      n.select(isZero, n.mul(x, n.make<xf::Exp>(n.make<xf::Neg>(most))), power),
      sum);
}

/// sqrt(2) * erf^-1(2x - 1), approximated as ONNX Runtime does.
static Value probit(NodeConverter &n, Value x) {
  constexpr double a = 0.147;
  Value y = n.addScalar(n.mulScalar(x, 2), -1);
  Value log = n.make<xf::Log>(
      n.mul(n.addScalar(n.make<xf::Neg>(y), 1), n.addScalar(y, 1)));
  Value v = n.addScalar(n.mulScalar(log, 0.5), 2 / (M_PI * a));
  Value inner = n.sub(n.mul(v, v), n.mulScalar(log, 1 / a));
  Value root = n.make<xf::Sqrt>(n.sub(n.make<xf::Sqrt>(inner), v));
  Value isLow = n.cmp(xf::CmpKind::lt, y, n.scalar(0, n.elem(y)));
  return n.mulScalar(n.select(isLow, n.make<xf::Neg>(root), root),
                     std::sqrt(2.0));
}

/// By number in ai.onnx.ml TreeEnsemble.
static std::optional<int64_t> readTransform(NodeConverter &n) {
  static constexpr StringRef names[] = {"NONE", "SOFTMAX", "LOGISTIC",
                                        "SOFTMAX_ZERO", "PROBIT"};
  Attribute attr = n.getNode().getAttribute("post_transform");
  if (!isa_and_present<StringAttr>(attr))
    return n.getInt("post_transform", 0);
  StringRef given = n.getString("post_transform", "NONE");
  const auto *it = llvm::find(names, given);
  if (it != std::end(names))
    return it - std::begin(names);
  (void)n.error("attribute 'post_transform' is '" + given +
                "', expected NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO or PROBIT");
  return std::nullopt;
}

Value hagane::frontend::transformScores(NodeConverter &n, Value scores) {
  auto transform = readTransform(n);
  if (!transform || n.failed())
    return {};
  switch (*transform) {
  case 0:
    return scores;
  case 1:
    return n.make<xf::Softmax>(scores, int64_t(1), /*log=*/false);
  case 2:
    return n.make<xf::Sigmoid>(scores);
  case 3:
    return softmaxOfOthers(n, scores);
  case 4:
    return probit(n, scores);
  default:
    (void)n.error("attribute 'post_transform' is " + Twine(*transform) +
                  ", expected 0 to 4");
    return {};
  }
}

Value hagane::frontend::spreadScore(NodeConverter &n, Value score,
                                    bool isSigned) {
  auto transform = readTransform(n);
  if (!transform || n.failed())
    return {};
  if (*transform == 4) {
    (void)n.error("attribute 'post_transform' is PROBIT with one score for "
                  "two classes, which leaves the other class without one");
    return {};
  }
  Value opposite = n.make<xf::Neg>(score);
  if (*transform == 2)
    return n.make<xf::Sigmoid>(n.concat({opposite, score}, 1));
  return n.concat({isSigned ? opposite : n.addScalar(opposite, 1), score}, 1);
}

//===-- Linear ------------------------------------------------------------===//

/// x * coefficients' + intercepts: the labels and scores of rows.
static LogicalResult convertLinearClassifier(NodeConverter &n) {
  auto labels = readLabels(n, "classlabels_ints", "classlabels_strings");
  auto weights = n.getFloats("coefficients");
  if (!labels || n.failed())
    return failure();
  auto intercepts =
      n.getFloats("intercepts").value_or(SmallVector<double>(labels->count, 0));
  auto targets = static_cast<int64_t>(intercepts.size());
  if (!weights || !targets || weights->size() % intercepts.size())
    return n.error("attribute 'coefficients' does not fit " + Twine(targets) +
                   " classes");
  if (intercepts.size() != labels->count &&
      !(targets == 1 && labels->count == 2))
    return n.error("there are " + Twine(labels->count) + " classes for " +
                   Twine(targets) + " scores");
  Type f32 = n.builder().getF32Type();
  Value x = n.cast(n.in(0), f32);
  if (n.rank(x) == 1)
    x = n.unsqueeze(x, {0});
  if (n.rank(x) != 2)
    return n.error("the input has rank " + Twine(n.rank(x)) + ", expected 2");
  auto features = static_cast<int64_t>(weights->size()) / targets;
  Value matrix = realTable(n, *weights, {targets, features}, f32);
  Value scores = n.add(makeMatMul(n, x, n.transpose(matrix, {1, 0})),
                       realTable(n, intercepts, {targets}, f32));
  if (labels->count == 2 && targets == 1) {
    Value isPositive =
        n.squeeze(n.cmp(xf::CmpKind::gt, scores, n.scalar(0, f32)), {1});
    return n.done({chooseLabel(n, isPositive, *labels),
                   spreadScore(n, scores, /*isSigned=*/false)});
  }
  Value best = n.make<xf::ArgReduce>(scores, int64_t(1), /*largest=*/true,
                                     /*keep_dims=*/false, /*last=*/false);
  return n.done({labelsAt(n, best, *labels), transformScores(n, scores)});
}

//===-- Label encoders ----------------------------------------------------===//

namespace {
/// Keys or values: a constant vector.
struct Table {
  Value values;
  bool areStrings = false;
};
} // namespace

/// Reads one of PREFIX_tensor, PREFIX_int64s, PREFIX_floats; null if there is
/// none, or strings.
static Table readTable(NodeConverter &n, const Twine &prefix) {
  std::string name = prefix.str();
  auto size = [](const auto &list) {
    return static_cast<int64_t>(list.size());
  };
  Table table;
  table.areStrings = n.hasAttr(name + "_strings");
  if (n.hasAttr(name + "_tensor")) {
    DenseElementsAttr tensor = n.getTensor(name + "_tensor");
    if (tensor)
      table.values = n.reshape(n.constant(tensor), {-1});
  } else if (auto integers = n.getInts(name + "_int64s")) {
    table.values = n.ints(*integers);
  } else if (auto reals = n.getFloats(name + "_floats")) {
    table.values =
        realTable(n, *reals, {size(*reals)}, n.builder().getF32Type());
  }
  return table;
}

/// What an element becomes that is no key.
static Value readDefault(NodeConverter &n, Type type) {
  if (n.hasAttr("default_tensor")) {
    DenseElementsAttr tensor = n.getTensor("default_tensor");
    if (!tensor || tensor.getNumElements() != 1) {
      (void)n.error("attribute 'default_tensor' is not one element");
      return {};
    }
    return n.cast(n.reshape(n.constant(tensor), ArrayRef<Size>()), type);
  }
  if (n.hasAttr("values_tensor"))
    return n.scalar(isa<FloatType>(type) ? -0.0 : -1, type);
  return isa<FloatType>(type)
             ? n.scalar(n.getFloat("default_float", -0.0), type)
             : n.cast(n.ints({n.getInt("default_int64", -1)}), type);
}

/// Elements are looked up among the keys, of which the first that is equal
/// counts; NaN equals NaN from version 4 on.
static LogicalResult convertLabelEncoder(NodeConverter &n) {
  Value x = n.in(0);
  Table keys = readTable(n, "keys"), values = readTable(n, "values");
  if (n.failed())
    return failure();
  if (keys.areStrings || values.areStrings || n.hasAttr("classes_strings"))
    return n.error("maps strings, expected keys and values of numbers; leave "
                   "it out of the model, or train with integers");
  if (!keys.values || !values.values ||
      n.staticSize(keys.values, 0) != n.staticSize(values.values, 0) ||
      n.staticSize(keys.values, 0) == 0)
    return n.error("keys and values are missing or differ in number");
  Value table = n.cast(keys.values, n.elem(x)),
        wide = n.unsqueeze(x, {n.rank(x)});
  Value hits = n.cmp(xf::CmpKind::eq, wide, table);
  if (isa<FloatType>(n.elem(x)) && n.version() >= 4)
    hits = n.make<xf::Or>(hits, n.make<xf::And>(n.make<xf::IsNaN>(wide),
                                                n.make<xf::IsNaN>(table)));
  Value first = n.make<xf::ArgReduce>(n.cast(hits, n.builder().getI32Type()),
                                      n.rank(x), /*largest=*/true,
                                      /*keep_dims=*/false, /*last=*/false);
  Value isKey = n.reduce(hits, xf::ReduceKind::any, {n.rank(x)},
                         /*keepDims=*/false);
  Value found = n.make<xf::Gather>(values.values, first, int64_t(0));
  Value fallback = readDefault(n, n.elem(found));
  if (n.rank(fallback) == 1)
    fallback = n.squeeze(fallback, {0});
  return n.done({n.select(isKey, found, fallback)});
}

static const OpRow rows[] = {
    {"LabelEncoder", 1, 1, convertLabelEncoder},
    {"LinearClassifier", 1, 1, convertLinearClassifier},
};

void hagane::frontend::registerClassifiers(OpRegistry &registry) {
  registry.add("ai.onnx.ml", rows);
}
