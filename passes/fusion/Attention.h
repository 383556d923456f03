//===- Attention.h - The parts of an attention in primitives ----*- C++ -*-===//

#ifndef HAGANE_PASSES_FUSION_ATTENTION_H
#define HAGANE_PASSES_FUSION_ATTENTION_H

#include "passes/fusion/Match.h"

namespace hagane::fusion {

/// A mask between the scores and their softmax, in the order of application.
struct Mask {
  /// add: score + value; keep: value ? score : fill; hide: the reverse; floor:
  /// max(score, fill).
  enum Kind { add, keep, hide, floor } kind;
  mlir::Value value;
  double fill = 0;
  /// The shape of the scores where the mask applies.
  llvm::SmallVector<xf::Dim> frame = {};
  /// What the masked scores are multiplied by before the softmax.
  double factor = 1;
};

/// The way from the softmax back to the product of q and k.
struct Scores {
  xf::Softmax softmax;
  xf::MatMul product;
  double scale = 1, softcap = 0;
  /// Numbers that scale the scores of each head, of last sizes 1.
  llvm::SmallVector<mlir::Value> factors;
  /// A score more for each query, which the values have no part in, [batch,
  /// heads, queries, 1]; null if there is none.
  mlir::Value sink;
  /// Whether the weights are those of all but the last score.
  bool dropsLast = false;
  llvm::SmallVector<Mask> masks;
  llvm::SmallVector<mlir::Operation *> ops;
};

/// Finds the softmax behind the weights of an attention, through conversions,
/// reshapes of batch and heads, the replacement of NaN by 0, and the loss of
/// the last weight. Null if there is none.
xf::Softmax findSoftmax(mlir::Value weights, Shapes &shapes, Scores &scores);

/// Whether the weights are a softmax that was rounded to integers and back.
bool areQuantized(mlir::Value weights);

/// Follows the scores from `scores.softmax` to their product. Fails with the
/// reason.
llvm::LogicalResult traceScores(Scores &scores, Shapes &shapes,
                                std::string &reason);

/// Batch and heads of the result.
struct HeadDims {
  xf::Dim batch, heads;
};

/// How many of the frame's leading axes make up the batch, the others up to
/// the last two being heads; none if they do not.
std::optional<size_t> countBatchAxes(llvm::ArrayRef<xf::Dim> frame,
                                     HeadDims heads, Shapes &shapes);

/// Brings q, k, v and masks to [batch, heads, rows, features].
class HeadNormalizer {
public:
  HeadNormalizer(mlir::OpBuilder &builder, mlir::Location location,
                 Shapes &shapes, HeadDims dims)
      : builder(builder), location(location), shapes(shapes), dims(dims) {}

  /// An operand of a product. `transposed`: its last two axes come in the
  /// other order. Constant factors move into `scale`, if that is given.
  mlir::Value normalize(mlir::Value x, bool transposed, double *scale);
  /// All masks as one bias; null if there are none.
  mlir::Value combine(llvm::ArrayRef<Mask> masks);

private:
  mlir::Value splitBatch(mlir::Value x);
  mlir::Value splitTransposed(xf::Transpose op);
  mlir::Value frameMask(const Mask &mask);
  mlir::Value apply(mlir::Value bias, const Mask &mask);
  mlir::Value addMask(mlir::Value bias, mlir::Value added);
  mlir::Value hide(mlir::Value bias, mlir::Value condition, bool keeps,
                   double fill);
  mlir::Value makeAddend(mlir::Value bias);
  mlir::Value scalar(mlir::Value like, double number);

  mlir::OpBuilder &builder;
  mlir::Location location;
  Shapes &shapes;
  HeadDims dims;
};

/// One logit per head that [batch, heads, queries, 1] repeats; null if it does
/// not.
mlir::Value findSinks(mlir::OpBuilder &builder, mlir::Value sink,
                      HeadDims heads, xf::Dim queries, Shapes &shapes);

/// x without a constant factor further up, behind changes of shape.
std::optional<Scaled> peelScale(mlir::OpBuilder &builder, mlir::Value x);

/// [batch, kv_heads, ...] before each head was repeated `groups` times; the
/// repetition must be proved. Null if there is none.
mlir::Value findUnrepeated(mlir::OpBuilder &builder, mlir::Value x,
                           Shapes &shapes, int64_t &groups);

} // namespace hagane::fusion

#endif // HAGANE_PASSES_FUSION_ATTENTION_H
