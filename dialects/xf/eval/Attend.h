//===- Attend.h - Attention over strided heads ------------------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_EVAL_ATTEND_H
#define HAGANE_DIALECTS_XF_EVAL_ATTEND_H

#include "dialects/xf/eval/Evaluation.h"

namespace hagane::xf::eval {

/// A tensor of [batch, heads, positions, features] in any order of axes.
struct Heads {
  Heads(const HostTensor &tensor, llvm::StringRef layout);

  const HostTensor &tensor;
  int64_t batch, heads, positions, features;
  Shape strides; // of these four
};

/// One attention, as `xf.attention` defines it.
struct AttentionProblem {
  Heads q, k, v, y;
  const HostTensor *bias, *lengths, *sinks;
  double scale, softcap;
  CausalKind causal;
  int64_t windowLeft, windowRight;
  Shape biasStrides = {};
};

/// Writes `y`, which must be new. Fails if shapes do not fit.
LogicalResult attend(AttentionProblem &problem, Evaluation &evaluation,
                     MLIRContext *context);

} // namespace hagane::xf::eval

#endif // HAGANE_DIALECTS_XF_EVAL_ATTEND_H
