//===- Attention.cpp - Attention and rotary embedding ---------------------===//

#include "dialects/xf/eval/Attend.h"
#include "dialects/xf/eval/Strides.h"
#include <cstring>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

namespace {

LogicalResult defineAttentionOp(Attention op, Evaluation &evaluation) {
  const HostTensor &q = evaluation.operand(0), &v = evaluation.operand(2);
  for (unsigned i = 0; i < 3; ++i)
    if (failed(evaluation.checkRank(evaluation.operand(i), 4,
                                    "operands of attention")))
      return failure();
  FailureOr<HostTensor *> y = evaluation.create(
      {q.getSize(0), q.getSize(1), q.getSize(2), v.getSize(3)});
  if (failed(y))
    return failure();
  AttentionProblem problem = makeAttentionProblem(
      op, evaluation, Heads(q, "bhsd"), Heads(evaluation.operand(1), "bhsd"),
      Heads(v, "bhsd"), Heads(**y, "bhsd"));
  return attend(problem, evaluation, op.getContext());
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
