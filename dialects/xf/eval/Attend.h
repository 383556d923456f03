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
  /// Equal parts of the keys; each has a batch of `y` of its own.
  int64_t parts = 1;
  /// Keys of a part, if it is not the least number that suffices.
  int64_t partSize = 0;
  /// With several, each part's largest score and sum of weights; `y` is not
  /// divided by the latter then.
  HostTensor *most = nullptr, *sums = nullptr;
  Shape biasStrides = {};
};

/// What an attention operation, of either dialect, says of itself. Its optional
/// operands 3 to 5 are bias, lengths and sinks.
template <typename OpTy>
AttentionProblem makeAttentionProblem(OpTy op, const Evaluation &evaluation,
                                      Heads q, Heads k, Heads v, Heads y) {
  return {std::move(q),
          std::move(k),
          std::move(v),
          std::move(y),
          evaluation.optional(op, 3),
          evaluation.optional(op, 4),
          evaluation.optional(op, 5),
          op.getScale().convertToDouble(),
          op.getSoftcap().convertToDouble(),
          op.getCausal(),
          static_cast<int64_t>(op.getWindowLeft()),
          static_cast<int64_t>(op.getWindowRight())};
}

/// Writes `y`, which must be new. Fails if shapes do not fit.
LogicalResult attend(AttentionProblem &problem, Evaluation &evaluation,
                     MLIRContext *context);

} // namespace hagane::xf::eval

#endif // HAGANE_DIALECTS_XF_EVAL_ATTEND_H
