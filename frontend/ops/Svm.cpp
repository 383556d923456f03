// Support vector machines of ai.onnx.ml, with the numbers of ONNX Runtime.
#include "frontend/ops/ControlFlow.h"
#include "frontend/ops/MatMul.h"
#include "frontend/ops/Ml.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;

/// The kernel of each row of x with each support vector: [rows, vectors].
static Value makeKernel(NodeConverter &n, Value x, Value vectors,
                        StringRef kind) {
  auto given = n.getFloats("kernel_params").value_or(SmallVector<double>());
  double gamma = !given.empty() ? given[0] : 0,
         offset = given.size() > 1 ? given[1] : 0,
         degree = given.size() > 2 ? given[2] : 0;
  if (kind == "RBF") {
    Value apart = n.sub(n.unsqueeze(x, {1}), n.unsqueeze(vectors, {0}));
    Value square = n.reduce(apart, xf::ReduceKind::sum_square, {2},
                            /*keepDims=*/false);
    return n.make<xf::Exp>(n.mulScalar(square, -gamma));
  }
  Value product = makeMatMul(n, x, n.transpose(vectors, {1, 0}));
  if (kind == "LINEAR")
    return product;
  product = n.addScalar(n.mulScalar(product, gamma), offset);
  if (kind == "SIGMOID")
    return n.make<xf::Tanh>(product);
  if (kind == "POLY")
    return n.make<xf::Pow>(product, n.scalar(degree, n.elem(product)));
  (void)n.error("attribute 'kernel_type' is '" + kind +
                "', expected LINEAR, POLY, RBF or SIGMOID");
  return {};
}

/// Rows of features as floats.
static Value readRows(NodeConverter &n) {
  Value x = n.cast(n.in(0), n.builder().getF32Type());
  if (n.rank(x) == 1)
    x = n.unsqueeze(x, {0});
  if (n.rank(x) != 2)
    (void)n.error("the input has rank " + Twine(n.rank(x)) + ", expected 2");
  return x;
}

/// A matrix of `rows` rows from a list of floats.
static Value readMatrix(NodeConverter &n, StringRef name, int64_t rows) {
  auto numbers = n.getFloats(name);
  if (!numbers || rows < 1 || numbers->empty() ||
      static_cast<int64_t>(numbers->size()) % rows) {
    (void)n.error("attribute '" + name + "' is missing or no multiple of " +
                  Twine(rows));
    return {};
  }
  auto columns = static_cast<int64_t>(numbers->size()) / rows;
  return realTable(n, *numbers, {rows, columns}, n.builder().getF32Type());
}

static LogicalResult convertRegressor(NodeConverter &n) {
  int64_t count = n.getInt("n_supports", 0);
  auto rho = n.getFloats("rho");
  if (!rho || rho->empty() || count < 0)
    return n.error("attribute 'rho' is missing or n_supports is " +
                   Twine(count));
  StringRef kind = n.getString("kernel_type", "LINEAR");
  Value x = readRows(n);
  // Without support vectors the coefficients are those of the features.
  if (count)
    x = makeKernel(n, x, readMatrix(n, "support_vectors", count), kind);
  Value weights = readMatrix(n, "coefficients", 1);
  if (n.failed())
    return failure();
  Value y =
      n.addScalar(makeMatMul(n, x, n.transpose(weights, {1, 0})), rho->front());
  if (n.getInt("one_class", 0)) {
    Type type = n.elem(y);
    return n.done({n.select(n.cmp(xf::CmpKind::gt, y, n.scalar(0, type)),
                            n.scalar(1, type), n.scalar(-1, type))});
  }
  bool isProbit = n.getString("post_transform", "NONE") == "PROBIT";
  return n.done({isProbit ? transformScores(n, y) : y});
}

//===-- Classifiers -------------------------------------------------------===//

namespace {
/// One class against another.
struct Pairs {
  /// [rows, pairs]; positive for the first class.
  Value scores;
  SmallVector<std::pair<int64_t, int64_t>> classes;
};
} // namespace

/// Decides between each two classes: their support vectors' kernels, weighted.
static FailureOr<Pairs> comparePairs(NodeConverter &n, Value x,
                                     ArrayRef<int64_t> perClass) {
  auto classes = static_cast<int64_t>(perClass.size());
  SmallVector<int64_t> starts{0};
  for (int64_t count : perClass)
    starts.push_back(starts.back() + count);
  int64_t vectors = starts.back();
  auto numbers = n.getFloats("coefficients"), rho = n.getFloats("rho");
  Pairs pairs;
  for (int64_t i = 0; i < classes; ++i)
    for (int64_t j = i + 1; j < classes; ++j)
      pairs.classes.push_back({i, j});
  size_t count = pairs.classes.size();
  if (!numbers || !rho || rho->size() < count ||
      static_cast<int64_t>(numbers->size()) < (classes - 1) * vectors)
    return n.error("attributes 'coefficients' or 'rho' are missing or do not "
                   "fit " +
                   Twine(classes) + " classes and " + Twine(vectors) +
                   " support vectors");
  // [pairs, vectors]: row c - 1 of the coefficients compares with class c
  // those before it, row c those behind it.
  std::vector<double> weights(count * static_cast<size_t>(vectors), 0);
  for (auto [at, pair] : llvm::enumerate(pairs.classes)) {
    auto [i, j] = pair;
    auto copy = [&](int64_t own, int64_t row) {
      for (int64_t v = starts[own]; v < starts[own + 1]; ++v)
        weights[at * vectors + v] = (*numbers)[row * vectors + v];
    };
    copy(i, j - 1);
    copy(j, i);
  }
  auto rows = static_cast<int64_t>(count);
  Type f32 = n.builder().getF32Type();
  Value kernel = makeKernel(n, x, readMatrix(n, "support_vectors", vectors),
                            n.getString("kernel_type", "LINEAR"));
  Value matrix = realTable(n, weights, {rows, vectors}, f32);
  if (n.failed())
    return failure();
  pairs.scores =
      n.add(makeMatMul(n, kernel, n.transpose(matrix, {1, 0})),
            realTable(n, ArrayRef(*rho).take_front(count), {rows}, f32));
  return pairs;
}

/// How many comparisons each class wins: [rows, classes].
static Value countVotes(NodeConverter &n, const Pairs &pairs, int64_t classes) {
  Type f32 = n.builder().getF32Type();
  auto count = static_cast<int64_t>(pairs.classes.size());
  std::vector<double> wins(count * classes, 0), losses(count * classes, 0);
  for (auto [at, pair] : llvm::enumerate(pairs.classes)) {
    wins[at * classes + pair.first] = 1;
    losses[at * classes + pair.second] = 1;
  }
  Value first = n.cmp(xf::CmpKind::gt, pairs.scores, n.scalar(0, f32));
  return n.add(makeMatMul(n, n.cast(first, f32),
                          realTable(n, wins, {count, classes}, f32)),
               makeMatMul(n, n.cast(n.make<xf::Not>(first), f32),
                          realTable(n, losses, {count, classes}, f32)));
}

/// Platt's probabilities that the first of two classes wins, [rows, pairs].
static Value pairProbabilities(NodeConverter &n, Value scores,
                               ArrayRef<double> a, ArrayRef<double> b) {
  Type f32 = n.builder().getF32Type();
  auto count = n.staticSize(scores, 1).value_or(0);
  Value y = n.add(n.mul(scores, realTable(n, a, {count}, f32)),
                  realTable(n, b, {count}, f32));
  y = n.make<xf::Sigmoid>(n.make<xf::Neg>(y));
  y = n.make<xf::Max>(y, n.scalar(1e-7f, f32));
  return n.make<xf::Min>(y, n.scalar(1 - 1e-7f, f32));
}

/// The matrix of the quadratic form that class probabilities minimise, from
/// those of pairs: sum over t, j of (p_j r_tj - p_t r_jt)^2.
static Value makeForm(NodeConverter &n, Value r, const Pairs &pairs,
                      int64_t classes) {
  SmallVector<SmallVector<Value>> won(classes, SmallVector<Value>(classes));
  for (auto [at, pair] : llvm::enumerate(pairs.classes)) {
    auto [i, j] = pair;
    int64_t column = static_cast<int64_t>(at);
    won[i][j] = n.slice(r, 1, column, column + 1);
    won[j][i] = n.addScalar(n.make<xf::Neg>(won[i][j]), 1);
  }
  SmallVector<Value> rows;
  for (int64_t t = 0; t < classes; ++t) {
    SmallVector<Value> row(classes);
    for (int64_t j = 0; j < classes; ++j) {
      if (j == t)
        continue;
      row[j] = n.make<xf::Neg>(n.mul(won[j][t], won[t][j]));
      Value square = n.mul(won[j][t], won[j][t]);
      row[t] = row[t] ? n.add(row[t], square) : square;
    }
    rows.push_back(n.unsqueeze(n.concat(row, 1), {1}));
  }
  return n.concat(rows, 1);
}

/// One sweep over the classes, each of which takes its best share; rows that
/// are done stay as they are.
static LogicalResult improve(NodeConverter &n, Value form, Value p,
                             int64_t classes, LoopStep &step) {
  Type f32 = n.builder().getF32Type();
  Value gradient = n.squeeze(
      n.make<xf::MatMul>(form, n.unsqueeze(p, {2}), false, false), {2});
  Value value = n.reduce(n.mul(p, gradient), xf::ReduceKind::sum, {1});
  Value error = n.reduce(n.make<xf::Abs>(n.sub(gradient, value)),
                         xf::ReduceKind::max, {1});
  Value isOpen = n.cmp(xf::CmpKind::ge, error,
                       n.scalar(0.005 / static_cast<double>(classes), f32));
  Value next = p;
  for (int64_t t = 0; t < classes; ++t) {
    Value row = n.squeeze(n.slice(form, 1, t, t + 1), {1}),
          own = n.slice(row, 1, t, t + 1), at = n.slice(gradient, 1, t, t + 1);
    Value share = n.div(n.sub(value, at), own), all = n.addScalar(share, 1);
    SmallVector<double> unit(classes, 0);
    unit[t] = 1;
    Value added = n.mul(share, realTable(n, unit, {1, classes}, f32));
    next = n.div(n.add(next, added), all);
    Value more = n.mul(share, n.add(n.mul(share, own), n.mulScalar(at, 2)));
    value = n.div(n.add(value, more), n.mul(all, all));
    gradient = n.div(n.add(gradient, n.mul(share, row)), all);
  }
  step.carried.push_back(n.select(isOpen, next, p));
  step.goesOn = n.reduce(isOpen, xf::ReduceKind::any, {0, 1},
                         /*keepDims=*/false);
  return n.failed() ? failure() : success();
}

/// Probabilities of classes by coupling those of pairs (Wu, Lin and Weng), by
/// at most 100 sweeps.
static FailureOr<Value> couple(NodeConverter &n, Value r, const Pairs &pairs,
                               int64_t classes) {
  Value form = makeForm(n, r, pairs, classes);
  Value even = n.scalar(1.0 / static_cast<double>(classes), n.elem(r));
  if (n.failed())
    return failure();
  LoopSpec spec;
  spec.trips = Dim::constant(n.builder().getContext(), 100);
  spec.inits.push_back(n.broadcast(even, {Size(r, 0), classes}));
  spec.bodySize = 16 * classes;
  spec.body = [&](Dim, ArrayRef<Value> carried, LoopStep &step) {
    return improve(n, form, carried.front(), classes, step);
  };
  SmallVector<Value> results;
  if (n.failed() || failed(buildLoop(n, spec, results)))
    return failure();
  return results.front();
}

/// With weights for each class and no support vectors.
static LogicalResult classifyLinearly(NodeConverter &n, Value x,
                                      const ClassLabels &labels) {
  auto classes = static_cast<int64_t>(labels.count);
  Value weights = readMatrix(n, "coefficients", classes);
  auto rho = n.getFloats("rho");
  if (n.failed())
    return failure();
  if (!rho || rho->empty())
    return n.error("attribute 'rho' is missing");
  Value scores =
      n.addScalar(makeMatMul(n, x, n.transpose(weights, {1, 0})), rho->front());
  Value best = n.make<xf::ArgReduce>(scores, int64_t(1), /*largest=*/true,
                                     /*keep_dims=*/false, /*last=*/false);
  Value label = labelsAt(n, best, labels);
  if (classes == 2 && label) {
    bool arePositive = llvm::all_of(*n.getFloats("coefficients"),
                                    [](double v) { return v >= 0; });
    Value most = n.reduce(scores, xf::ReduceKind::max, {1}, /*keepDims=*/false);
    Value limit = n.scalar(arePositive ? 0.5 : 0, n.elem(scores));
    Value isSecond =
        n.cmp(arePositive ? xf::CmpKind::ge : xf::CmpKind::gt, most, limit);
    label =
        n.select(isSecond, n.squeeze(n.ints({labels.integers[1]}), {0}), label);
  }
  return n.done({label, transformScores(n, scores)});
}

static LogicalResult convertClassifier(NodeConverter &n) {
  auto labels = readLabels(n, "classlabels_ints", "classlabels_strings");
  Value x = readRows(n);
  if (!labels || n.failed())
    return failure();
  auto perClass =
      n.getInts("vectors_per_class").value_or(SmallVector<int64_t>());
  auto classes = static_cast<int64_t>(labels->count);
  if (llvm::all_of(perClass, [](int64_t count) { return count == 0; }))
    return classifyLinearly(n, x, *labels);
  if (static_cast<int64_t>(perClass.size()) != classes || classes < 2 ||
      llvm::any_of(
          perClass,
          [](int64_t count) {
            return count < 0 || count > (int64_t(1) << 30);
          }))
    return n.error("attribute 'vectors_per_class' does not fit " +
                   Twine(classes) + " classes");
  auto pairs = comparePairs(n, x, perClass);
  if (failed(pairs))
    return failure();
  Value best = n.make<xf::ArgReduce>(countVotes(n, *pairs, classes), int64_t(1),
                                     /*largest=*/true, /*keep_dims=*/false,
                                     /*last=*/false);
  Value label = labelsAt(n, best, *labels);
  auto a = n.getFloats("prob_a"), b = n.getFloats("prob_b");
  if (a && !a->empty()) {
    if (a->size() != pairs->classes.size() || !b || b->size() != a->size())
      return n.error("attributes 'prob_a' and 'prob_b' do not fit " +
                     Twine(pairs->classes.size()) + " pairs of classes");
    auto scores =
        couple(n, pairProbabilities(n, pairs->scores, *a, *b), *pairs, classes);
    return failed(scores) ? failure()
                          : n.done({label, transformScores(n, *scores)});
  }
  if (classes > 2)
    return n.done({label, transformScores(n, pairs->scores)});
  bool isSigned = n.getString("post_transform", "NONE") == "NONE";
  return n.done({label, spreadScore(n, pairs->scores, isSigned)});
}

static const OpRow rows[] = {
    {"SVMClassifier", 1, 1, convertClassifier},
    {"SVMRegressor", 1, 1, convertRegressor},
};

void hagane::frontend::registerSvm(OpRegistry &registry) {
  registry.add("ai.onnx.ml", rows);
}
