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
};

/// `xf.attention` on [batch, heads, positions, features] operands.
mlir::Value makeAttention(NodeConverter &n, mlir::Value q, mlir::Value k,
                          mlir::Value v, const AttentionOptions &options);

/// [batch, positions, heads * d] to [batch, heads, positions, d].
mlir::Value splitHeads(NodeConverter &n, mlir::Value x, int64_t heads);
/// The way back.
mlir::Value mergeHeads(NodeConverter &n, mlir::Value x);

/// Rotary embedding of [.., heads, positions, d] by caches gathered to
/// [.., positions, r/2].
mlir::Value makeRotary(NodeConverter &n, mlir::Value x, mlir::Value cos,
                       mlir::Value sin, int64_t rotated, bool interleaved);

} // namespace hagane::frontend
