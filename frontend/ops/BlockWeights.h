// Constant weights quantized in blocks, as com.microsoft packs them.
#pragma once

#include "frontend/ops/NodeConverter.h"

namespace hagane::frontend {

/// A weight of `rows` rows, quantized in blocks along its last axis.
struct BlockLayout {
  int64_t rows, columns, bits, block;
  int64_t blocks() const { return llvm::divideCeil(columns, block); }
};

llvm::LogicalResult checkLayout(NodeConverter &n, const BlockLayout &layout);

/// Zero points as [rows, blocks]; the middle of the range where absent.
mlir::Value zeroPoints(NodeConverter &n, mlir::Value points,
                       const BlockLayout &layout);

/// The numbers that constant bytes, low bits first, stand for.
mlir::Value dequantizeBlocks(NodeConverter &n, mlir::Value bytes,
                             mlir::Value scales, mlir::Value points,
                             const BlockLayout &layout);

/// x times the transpose of a weight in blocks, plus a bias that may be absent.
mlir::Value makeBlockLinear(NodeConverter &n, mlir::Value x, mlir::Value bytes,
                            mlir::Value scales, mlir::Value points,
                            mlir::Value bias, const BlockLayout &layout);

/// Element `index` of a constant's first axis, which shares its bytes.
mlir::Value partOfConstant(NodeConverter &n, mlir::Value x, int64_t index);

} // namespace hagane::frontend
