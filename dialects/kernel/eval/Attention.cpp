//===- Attention.cpp - xf.attention in other layouts ----------------------===//

#include "dialects/kernel/KernelOps.h"
#include "dialects/kernel/eval/Definitions.h"
#include "dialects/kernel/eval/Product.h"
#include "dialects/kernel/eval/Space.h"
#include "dialects/xf/eval/Attend.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;
using namespace hagane::kernel::eval;
using xf::eval::Evaluation;
using xf::eval::Heads;

static LogicalResult defineAttentionOp(Attention op, Evaluation &evaluation) {
  FailureOr<SmallVector<HostTensor>> outs =
      createOuts(op.getOuts().size(), evaluation);
  if (failed(outs))
    return failure();
  // Keys and values are rounded to the type of queries.
  FailureOr<HostTensor> k = roundFactor(evaluation.operand(1),
                                        evaluation.operand(0), evaluation),
                        v = roundFactor(evaluation.operand(2),
                                        evaluation.operand(0), evaluation);
  if (failed(k) || failed(v))
    return failure();
  auto layouts = llvm::to_vector(op.getLayouts().getAsValueRange<StringAttr>());
  xf::eval::AttentionProblem problem = xf::eval::makeAttentionProblem(
      op, evaluation, Heads(evaluation.operand(0), layouts[0]),
      Heads(*k, layouts[1]), Heads(*v, layouts[2]),
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
  return attend(problem, evaluation, op.getContext());
}

void eval::defineAttention(xf::eval::DefinitionTable &table) {
  table.add(defineAttentionOp);
}
