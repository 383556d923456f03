//===- Attend.cpp - Attention over strided heads --------------------------===//

#include "dialects/xf/eval/Attend.h"
#include "dialects/xf/eval/Strides.h"
#include "mlir/IR/Threading.h"
#include <cmath>
#include <vector>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

static constexpr double kMinusInfinity =
    -std::numeric_limits<double>::infinity();

Heads::Heads(const HostTensor &tensor, StringRef layout)
    : tensor(tensor), batch(tensor.getSize(layout.find('b'))),
      heads(tensor.getSize(layout.find('h'))),
      positions(tensor.getSize(layout.find('s'))),
      features(tensor.getSize(layout.find('d'))) {
  Shape own = stridesOf(tensor.getShape());
  for (char axis : {'b', 'h', 's', 'd'})
    strides.push_back(own[layout.find(axis)]);
}

/// One head as [positions, features].
static std::vector<double> loadHead(const Heads &x, int64_t b, int64_t h) {
  std::vector<double> values(x.positions * x.features);
  int64_t first = b * x.strides[0] + h * x.strides[1];
  for (int64_t s = 0; s < x.positions; ++s)
    for (int64_t i = 0; i < x.features; ++i)
      values[s * x.features + i] =
          x.tensor.getReal(first + s * x.strides[2] + i * x.strides[3]);
  return values;
}

/// The keys [begin, end) that a query of a sequence of `length` keys may see.
/// Windows are counted from the diagonal, which is that of `top_left` where
/// attention is not causal.
static std::pair<int64_t, int64_t> visibleKeys(const AttentionProblem &problem,
                                               int64_t query, int64_t length) {
  int64_t diagonal = query;
  if (problem.causal == CausalKind::bottom_right)
    diagonal += length - problem.q.positions;
  int64_t begin = 0, end = length;
  if (problem.causal != CausalKind::none)
    end = std::min(end, diagonal + 1);
  if (int64_t right = problem.windowRight; right >= 0 && right < length)
    end = std::min(end, diagonal + right + 1);
  if (int64_t left = problem.windowLeft; left >= 0)
    begin = std::max(begin, left > diagonal ? 0 : diagonal - left);
  return {begin, std::max(begin, end)};
}

namespace {
/// One head of one sequence, at one part of its keys.
class HeadWalk {
public:
  HeadWalk(const AttentionProblem &problem, int64_t part, int64_t b, int64_t h)
      : problem(problem), part(part), b(b), h(h),
        group(h / (problem.q.heads / problem.k.heads)),
        length(problem.lengths ? problem.lengths->getInteger(b)
                               : problem.k.positions),
        q(loadHead(problem.q, b, h)), k(loadHead(problem.k, b, group)),
        v(loadHead(problem.v, b, group)) {}

  void attend(int64_t query);

private:
  double scoreOf(int64_t query, int64_t key) const;
  /// The keys of this part that a query sees.
  std::pair<int64_t, int64_t> keysOf(int64_t query) const;
  void noteStatistics(int64_t query, double most, double sum);
  void write(int64_t query, int64_t begin, ArrayRef<double> weights);

  const AttentionProblem &problem;
  int64_t part, b, h, group, length;
  std::vector<double> q, k, v, scores, row;
};
} // namespace

/// The logit of one query and key; minus infinity where the mask hides the key.
double HeadWalk::scoreOf(int64_t query, int64_t key) const {
  int64_t d = problem.q.features;
  double sum = 0;
  for (int64_t i = 0; i < d; ++i)
    sum += q[query * d + i] * k[key * d + i];
  double score = sum * problem.scale;
  if (problem.softcap != 0)
    score = problem.softcap * std::tanh(score / problem.softcap);
  if (!problem.bias)
    return score;
  int64_t at = b * problem.biasStrides[0] + h * problem.biasStrides[1] +
               query * problem.biasStrides[2] + key * problem.biasStrides[3];
  if (problem.bias->getElement().isBool())
    return problem.bias->getInteger(at) ? score : kMinusInfinity;
  return score + problem.bias->getReal(at);
}

std::pair<int64_t, int64_t> HeadWalk::keysOf(int64_t query) const {
  auto [begin, end] = visibleKeys(problem, query, length);
  int64_t keys = problem.k.positions,
          size = problem.partSize ? problem.partSize
                                  : (keys + problem.parts - 1) / problem.parts;
  begin = std::max(begin, std::min(part * size, keys));
  return {begin, std::max(begin, std::min(end, (part + 1) * size))};
}

void HeadWalk::noteStatistics(int64_t query, double most, double sum) {
  if (!problem.most)
    return;
  int64_t at = ((part * problem.q.batch + b) * problem.q.heads + h) *
                   problem.q.positions +
               query;
  problem.most->setReal(at, most);
  problem.sums->setReal(at, sum);
}

void HeadWalk::attend(int64_t query) {
  auto [begin, end] = keysOf(query);
  bool sinks = problem.sinks && part == 0;
  double largest = sinks ? problem.sinks->getReal(h) : kMinusInfinity;
  scores.clear();
  for (int64_t key = begin; key < end; ++key) {
    scores.push_back(scoreOf(query, key));
    largest = std::fmax(largest, scores.back());
  }
  if (largest == kMinusInfinity &&
      llvm::none_of(scores, [](double s) { return std::isnan(s); }))
    // No key is seen: the row stays zero.
    return noteStatistics(query, largest, 0);
  double sum = sinks ? std::exp(problem.sinks->getReal(h) - largest) : 0;
  for (double &score : scores) {
    score = std::exp(score - largest);
    sum += score;
  }
  noteStatistics(query, largest, sum);
  for (double &score : scores)
    score /= problem.most ? 1 : sum;
  write(query, begin, scores);
}

void HeadWalk::write(int64_t query, int64_t begin, ArrayRef<double> weights) {
  int64_t e = problem.v.features;
  row.assign(e, 0);
  // A key of weight 0 is not read, so that what lies there cannot matter.
  for (auto [i, weight] : llvm::enumerate(weights))
    if (weight != 0)
      for (int64_t n = 0; n < e; ++n)
        row[n] += weight * v[(begin + int64_t(i)) * e + n];
  HostTensor y = problem.y.tensor;
  const Shape &strides = problem.y.strides;
  int64_t first = (part * problem.q.batch + b) * strides[0] + h * strides[1] +
                  query * strides[2];
  for (int64_t n = 0; n < e; ++n)
    y.setReal(first + n * strides[3], row[n]);
}

static LogicalResult checkShapes(AttentionProblem &problem,
                                 Evaluation &evaluation) {
  const Heads &q = problem.q, &k = problem.k, &v = problem.v, &y = problem.y;
  if (k.batch != q.batch || v.batch != q.batch || v.heads != k.heads ||
      v.positions != k.positions || k.features != q.features ||
      y.batch != problem.parts * q.batch || y.heads != q.heads ||
      y.positions != q.positions || y.features != v.features)
    return evaluation.error("shapes do not fit: q " + describe(q.tensor) +
                            ", k " + describe(k.tensor) + ", v " +
                            describe(v.tensor));
  if (q.heads > 0 && (k.heads == 0 || q.heads % k.heads != 0))
    return evaluation.error(Twine(q.heads) + " heads are no multiple of " +
                            Twine(k.heads) + " key and value heads");
  Shape scores{q.batch, q.heads, q.positions, k.positions};
  if (problem.bias) {
    if (failed(evaluation.checkBroadcastsTo(*problem.bias, scores)))
      return failure();
    problem.biasStrides = broadcastStrides(problem.bias->getShape(), scores);
  }
  if (problem.lengths && problem.lengths->getCount() != q.batch)
    return evaluation.error("found lengths " + describe(*problem.lengths) +
                            ", expected " + Twine(q.batch));
  if (problem.sinks && problem.sinks->getCount() != q.heads)
    return evaluation.error("found sinks " + describe(*problem.sinks) +
                            ", expected " + Twine(q.heads));
  for (int64_t b = 0; problem.lengths && b < q.batch; ++b)
    if (int64_t length = problem.lengths->getInteger(b);
        length < 0 || length > k.positions)
      return evaluation.error("found length " + Twine(length) +
                              ", expected at most " + Twine(k.positions));
  return success();
}

LogicalResult hagane::xf::eval::attend(AttentionProblem &problem,
                                       Evaluation &evaluation,
                                       MLIRContext *context) {
  if (failed(checkShapes(problem, evaluation)))
    return failure();
  int64_t heads = problem.q.heads, batch = problem.q.batch;
  parallelFor(context, 0, problem.parts * batch * heads, [&](size_t item) {
    int64_t row = int64_t(item) / heads;
    HeadWalk walk(problem, row / batch, row % batch, int64_t(item) % heads);
    for (int64_t query = 0; query < problem.q.positions; ++query)
      walk.attend(query);
  });
  return success();
}
