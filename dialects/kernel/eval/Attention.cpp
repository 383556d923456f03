//===- Attention.cpp - xf.attention in other layouts ----------------------===//

#include "dialects/kernel/KernelCost.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/kernel/eval/Definitions.h"
#include "dialects/kernel/eval/Product.h"
#include "dialects/kernel/eval/Space.h"
#include "dialects/xf/eval/Attend.h"
#include <cstring>

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;
using namespace hagane::kernel::eval;
using xf::eval::Evaluation;
using xf::eval::Heads;

/// Keys or values as they lie in pages, or as many of them as scores have
/// places; without their scales if they are codes.
static FailureOr<HostTensor> readPages(const HostTensor &state,
                                       const HostTensor &pages, int64_t count,
                                       bool isCoded, Evaluation &evaluation) {
  int64_t heads = state.getSize(1), page = state.getSize(2),
          row = state.getSize(3), batch = pages.getSize(0);
  int64_t size = isCoded ? row - kScaleBytes : row;
  Type element = state.getElementType();
  if (isCoded)
    element = Float32Type::get(element.getContext());
  FailureOr<HostTensor> rows =
      evaluation.createLike(element, {batch, heads, count, size});
  if (failed(rows))
    return failure();
  auto scaleOf = [&](int64_t from) {
    float scale = 1;
    if (isCoded)
      std::memcpy(&scale, state.at(from + size), sizeof(scale));
    return double(scale);
  };
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t t = 0; t < count; ++t) {
      if (t / page >= pages.getSize(1))
        break;
      int64_t number = pages.getInteger(b * pages.getSize(1) + t / page);
      // A page that is not needed may have any number.
      if (number < 0 || number >= state.getSize(0))
        continue;
      for (int64_t h = 0; h < heads; ++h) {
        int64_t from = ((number * heads + h) * page + t % page) * row;
        int64_t to = ((b * heads + h) * count + t) * size;
        double scale = scaleOf(from);
        for (int64_t i = 0; i < size; ++i)
          rows->setReal(to + i,
                        scale * (isCoded ? double(state.getInteger(from + i))
                                         : state.getReal(from + i)));
      }
    }
  return rows;
}

static LogicalResult defineAttentionOp(Attention op, Evaluation &evaluation) {
  FailureOr<SmallVector<HostTensor>> outs =
      createOuts(op.getOuts().size(), evaluation);
  if (failed(outs))
    return failure();
  HostTensor k = evaluation.operand(1), v = evaluation.operand(2);
  if (const HostTensor *pages = evaluation.optional(op, 6)) {
    int64_t count = pages->getSize(1) * op.getPageSize();
    const HostTensor *bias = evaluation.optional(op, 3);
    if (bias && bias->getSize(3) != 1)
      count = bias->getSize(3);
    for (auto [state, rows] :
         {std::pair(op.getK(), &k), std::pair(op.getV(), &v)}) {
      FailureOr<HostTensor> read =
          readPages(*rows, *pages, count, isCoded(op, state), evaluation);
      if (failed(read))
        return failure();
      *rows = *read;
    }
  }
  // Keys and values are rounded to the type of queries.
  for (HostTensor *rows : {&k, &v}) {
    FailureOr<HostTensor> rounded =
        roundFactor(*rows, evaluation.operand(0), evaluation);
    if (failed(rounded))
      return failure();
    *rows = *rounded;
  }
  auto layouts = llvm::to_vector(op.getLayouts().getAsValueRange<StringAttr>());
  xf::eval::AttentionProblem problem = xf::eval::makeAttentionProblem(
      op, evaluation, Heads(evaluation.operand(0), layouts[0]),
      Heads(k, layouts[1]), Heads(v, layouts[2]),
      Heads(outs->front(), layouts[3]));
  if (outs->size() == 1)
    return attend(problem, evaluation, op.getContext());
  problem.most = &(*outs)[1];
  problem.sums = &(*outs)[2];
  int64_t batch = problem.q.batch, rows = problem.most->getSize(0);
  xf::eval::Shape wanted{rows, problem.q.heads, problem.q.positions};
  if (batch <= 0 || rows % batch != 0 ||
      problem.most->getShape() != ArrayRef(wanted) ||
      problem.sums->getShape() != ArrayRef(wanted))
    return evaluation.error(
        "shapes do not fit: q " + describe(problem.q.tensor) + ", outs " +
        describe(*problem.most) + " and " + describe(*problem.sums));
  problem.parts = rows / batch;
  if (const HostTensor *pages = evaluation.optional(op, 6))
    problem.partSize =
        llvm::divideCeil(pages->getSize(1), problem.parts) * op.getPageSize();
  return attend(problem, evaluation, op.getContext());
}

void eval::defineAttention(xf::eval::DefinitionTable &table) {
  table.add(defineAttentionOp);
}
