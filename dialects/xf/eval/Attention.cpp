//===- Attention.cpp - Attention and rotary embedding ---------------------===//

#include "dialects/xf/eval/Strides.h"
#include <cmath>
#include <cstring>
#include <vector>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

/// The operands and sizes of one attention.
struct AttentionProblem {
  Attention op;
  const HostTensor &q, &k, &v;
  const HostTensor *bias, *lengths, *sinks;
  int64_t batch = 0, heads = 0, kvHeads = 0, queries = 0, keys = 0, d = 0,
          e = 0;
  Shape biasStrides = {};
};

/// The keys [begin, end) that a query of a sequence of `length` keys may see.
/// Windows are counted from the diagonal, which is that of `top_left` where
/// attention is not causal.
std::pair<int64_t, int64_t> visibleKeys(const AttentionProblem &problem,
                                        int64_t query, int64_t length) {
  Attention op = problem.op;
  int64_t diagonal = query;
  if (op.getCausal() == CausalKind::bottom_right)
    diagonal += length - problem.queries;
  int64_t begin = 0, end = length;
  if (op.getCausal() != CausalKind::none)
    end = std::min(end, diagonal + 1);
  if (int64_t right = op.getWindowRight(); right >= 0 && right < length)
    end = std::min(end, diagonal + right + 1);
  if (int64_t left = op.getWindowLeft(); left >= 0)
    begin = std::max(begin, left > diagonal ? 0 : diagonal - left);
  return {begin, std::max(begin, end)};
}

/// The logit of one query and key; minus infinity where the mask hides the key.
double scoreOf(const AttentionProblem &problem, int64_t b, int64_t h,
               int64_t query, int64_t key) {
  int64_t group = h / (problem.heads / problem.kvHeads);
  int64_t qRow =
      ((b * problem.heads + h) * problem.queries + query) * problem.d;
  int64_t kRow =
      ((b * problem.kvHeads + group) * problem.keys + key) * problem.d;
  double sum = 0;
  for (int64_t i = 0; i < problem.d; ++i)
    sum += problem.q.getReal(qRow + i) * problem.k.getReal(kRow + i);
  Attention op = problem.op;
  double score = sum * op.getScale().convertToDouble();
  double softcap = op.getSoftcap().convertToDouble();
  if (softcap != 0)
    score = softcap * std::tanh(score / softcap);
  if (!problem.bias)
    return score;
  int64_t at = b * problem.biasStrides[0] + h * problem.biasStrides[1] +
               query * problem.biasStrides[2] + key * problem.biasStrides[3];
  if (problem.bias->getElement().isBool())
    return problem.bias->getInteger(at) ? score : kMinusInfinity;
  return score + problem.bias->getReal(at);
}

void attendRow(const AttentionProblem &problem, HostTensor &y, int64_t b,
               int64_t h, int64_t query, int64_t length) {
  auto [begin, end] = visibleKeys(problem, query, length);
  double largest = problem.sinks ? problem.sinks->getReal(h) : kMinusInfinity;
  std::vector<double> scores;
  for (int64_t key = begin; key < end; ++key) {
    scores.push_back(scoreOf(problem, b, h, query, key));
    largest = std::fmax(largest, scores.back());
  }
  if (largest == kMinusInfinity &&
      llvm::none_of(scores, [](double s) { return std::isnan(s); }))
    return; // No key is seen: the row stays zero.
  double sum =
      problem.sinks ? std::exp(problem.sinks->getReal(h) - largest) : 0;
  for (double &score : scores) {
    score = std::exp(score - largest);
    sum += score;
  }
  int64_t group = h / (problem.heads / problem.kvHeads);
  for (int64_t i = 0; i < problem.e; ++i) {
    double value = 0;
    for (int64_t key = begin; key < end; ++key) {
      // A key of weight 0 is not read, so that what lies there cannot matter.
      int64_t vRow =
          ((b * problem.kvHeads + group) * problem.keys + key) * problem.e;
      if (scores[key - begin] != 0)
        value += scores[key - begin] / sum * problem.v.getReal(vRow + i);
    }
    y.setReal(((b * problem.heads + h) * problem.queries + query) * problem.e +
                  i,
              value);
  }
}

LogicalResult checkShapes(AttentionProblem &problem, Evaluation &evaluation) {
  const HostTensor &q = problem.q, &k = problem.k, &v = problem.v;
  for (const HostTensor *tensor : {&q, &k, &v})
    if (failed(evaluation.checkRank(*tensor, 4, "operands of attention")))
      return failure();
  problem.batch = q.getSize(0), problem.heads = q.getSize(1),
  problem.queries = q.getSize(2);
  problem.d = q.getSize(3), problem.kvHeads = k.getSize(1),
  problem.keys = k.getSize(2);
  problem.e = v.getSize(3);
  if (k.getSize(0) != problem.batch || v.getSize(0) != problem.batch ||
      v.getSize(1) != problem.kvHeads || v.getSize(2) != problem.keys ||
      k.getSize(3) != problem.d)
    return evaluation.error("shapes do not fit: q " + describe(q) + ", k " +
                            describe(k) + ", v " + describe(v));
  if (problem.heads > 0 &&
      (problem.kvHeads == 0 || problem.heads % problem.kvHeads != 0))
    return evaluation.error(Twine(problem.heads) +
                            " heads are no multiple of " +
                            Twine(problem.kvHeads) + " key and value heads");
  Shape scores{problem.batch, problem.heads, problem.queries, problem.keys};
  if (problem.bias) {
    if (failed(evaluation.checkBroadcastsTo(*problem.bias, scores)))
      return failure();
    problem.biasStrides = broadcastStrides(problem.bias->getShape(), scores);
  }
  if (problem.lengths && problem.lengths->getCount() != problem.batch)
    return evaluation.error("found lengths " + describe(*problem.lengths) +
                            ", expected " + Twine(problem.batch));
  if (problem.sinks && problem.sinks->getCount() != problem.heads)
    return evaluation.error("found sinks " + describe(*problem.sinks) +
                            ", expected " + Twine(problem.heads));
  return success();
}

LogicalResult defineAttentionOp(Attention op, Evaluation &evaluation) {
  AttentionProblem problem{op,
                           evaluation.operand(0),
                           evaluation.operand(1),
                           evaluation.operand(2),
                           evaluation.optional(op, 3),
                           evaluation.optional(op, 4),
                           evaluation.optional(op, 5)};
  if (failed(checkShapes(problem, evaluation)))
    return failure();
  FailureOr<HostTensor *> y = evaluation.create(
      {problem.batch, problem.heads, problem.queries, problem.e});
  if (failed(y))
    return failure();
  for (int64_t b = 0; b < problem.batch; ++b) {
    int64_t length =
        problem.lengths ? problem.lengths->getInteger(b) : problem.keys;
    if (length < 0 || length > problem.keys)
      return evaluation.error("found length " + Twine(length) +
                              ", expected at most " + Twine(problem.keys));
    for (int64_t h = 0; h < problem.heads; ++h)
      for (int64_t query = 0; query < problem.queries; ++query)
        attendRow(problem, **y, b, h, query, length);
  }
  return success();
}

LogicalResult defineRotary(Rotary op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0), &cos = evaluation.operand(1),
                   &sin = evaluation.operand(2);
  int64_t rotated = op.getRotated();
  if (x.getRank() < 1 || rotated < 0 || rotated % 2 != 0 ||
      rotated > x.getShape().back())
    return evaluation.error("cannot rotate " + Twine(rotated) +
                            " features of " + describe(x));
  int64_t d = x.getShape().back(), half = rotated / 2;
  Shape pairs(x.getShape());
  pairs.back() = half;
  if (failed(evaluation.checkBroadcastsTo(cos, pairs)) ||
      failed(evaluation.checkBroadcastsTo(sin, pairs)))
    return failure();
  FailureOr<HostTensor *> y = evaluation.create(x.getShape());
  if (failed(y))
    return failure();
  if (x.getByteCount() > 0)
    std::memcpy((*y)->data(), x.data(), x.getByteCount());
  Odometer at(pairs, {broadcastStrides(cos.getShape(), pairs),
                      broadcastStrides(sin.getShape(), pairs)});
  for (int64_t n = 0, count = product(pairs, 0, pairs.size()); n < count;
       ++n, at.next()) {
    int64_t row = n / half * d, i = n % half;
    int64_t first = row + (op.getInterleaved() ? 2 * i : i);
    int64_t second = op.getInterleaved() ? first + 1 : first + half;
    double c = cos.getReal(at.offset(0)), s = sin.getReal(at.offset(1));
    double a = x.getReal(first), b = x.getReal(second);
    (*y)->setReal(first, a * c - b * s);
    (*y)->setReal(second, a * s + b * c);
  }
  return success();
}

} // namespace

void hagane::xf::eval::defineAttention(DefinitionTable &table) {
  table.add(defineAttentionOp);
  table.add(defineRotary);
}
