// Pieces of attention, shared by ai.onnx and com.microsoft.
#pragma once

#include "frontend/ops/NodeConverter.h"

namespace hagane::frontend {

struct AttentionOptions {
  mlir::Value bias, keyLengths, sinks;
  /// nullopt: 1 / sqrt(d).
  std::optional<double> scale;
  xf::CausalKind causal = xf::CausalKind::none;
  int64_t windowLeft = -1, windowRight = -1;
  double softcap = 0;
  /// The mask comes before the cap, as first published.
  bool masksFirst = false;
  /// Where scores are a result, hidden ones are the type's lowest number, not
  /// minus infinity.
  bool hidesByLowest = false;
};

/// `xf.attention` on [batch, heads, positions, features] operands.
mlir::Value makeAttention(NodeConverter &n, mlir::Value q, mlir::Value k,
                          mlir::Value v, const AttentionOptions &options);

/// All that hides keys from queries, as one mask that broadcasts to [batch,
/// heads, queries, keys]: i1, or floats to add; null if nothing does. `past`
/// are the keys before the queries' own, if there are any.
mlir::Value makeAttentionMask(NodeConverter &n, mlir::Value q, mlir::Value k,
                              mlir::Value past,
                              const AttentionOptions &options);

/// Attention in primitives, for what `xf.attention` does not know: masks
/// before the cap.
mlir::Value makePlainAttention(NodeConverter &n, mlir::Value q, mlir::Value k,
                               mlir::Value v, mlir::Value mask,
                               const AttentionOptions &options);

/// `y` with rows of NaN for queries that see no key.
mlir::Value spoilBlindRows(NodeConverter &n, mlir::Value y, mlir::Value mask);

/// Which scores ai.onnx Attention gives.
enum class ScoreStage { products, capped, masked, probabilities };

/// Scores [batch, heads, queries, keys].
mlir::Value makeAttentionScores(NodeConverter &n, mlir::Value q, mlir::Value k,
                                mlir::Value mask,
                                const AttentionOptions &options,
                                ScoreStage stage);

/// [batch, positions, heads * d] to [batch, heads, positions, d].
mlir::Value splitHeads(NodeConverter &n, mlir::Value x, int64_t heads);
/// The way back.
mlir::Value mergeHeads(NodeConverter &n, mlir::Value x);

/// Rotary embedding of [.., heads, positions, d] by caches gathered to
/// [.., positions, r/2].
mlir::Value makeRotary(NodeConverter &n, mlir::Value x, mlir::Value cos,
                       mlir::Value sin, int64_t rotated, bool interleaved);

} // namespace hagane::frontend
