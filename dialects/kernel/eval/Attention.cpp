//===- Attention.cpp - xf.attention in other layouts ----------------------===//

#include "dialects/kernel/KernelOps.h"
#include "dialects/kernel/eval/Definitions.h"
#include "dialects/kernel/eval/Space.h"
#include "dialects/xf/eval/Attend.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;
using namespace hagane::kernel::eval;
using xf::eval::Evaluation;
using xf::eval::Heads;

static LogicalResult defineAttentionOp(Attention op, Evaluation &evaluation) {
  FailureOr<SmallVector<HostTensor>> outs = createOuts(1, evaluation);
  if (failed(outs))
    return failure();
  auto layouts = llvm::to_vector(op.getLayouts().getAsValueRange<StringAttr>());
  xf::eval::AttentionProblem problem = xf::eval::makeAttentionProblem(
      op, evaluation, Heads(evaluation.operand(0), layouts[0]),
      Heads(evaluation.operand(1), layouts[1]),
      Heads(evaluation.operand(2), layouts[2]),
      Heads(outs->front(), layouts[3]));
  return attend(problem, evaluation, op.getContext());
}

void eval::defineAttention(xf::eval::DefinitionTable &table) {
  table.add(defineAttentionOp);
}
