//===- Lanes.h - Data between the lanes of vectors --------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CPU_LANES_H
#define HAGANE_CODEGEN_CPU_LANES_H

#include "codegen/cpu/Emit.h"

namespace hagane::cpu {

/// Transposes as many vectors as they have lanes (a power of two): lane j of
/// result i is lane i of vector j.
Values transposeLanes(Builder &b, Values vectors);

/// Lane i of the result is the sum of the lanes of vector i, of as many vectors
/// as they have lanes. Each sum adds in the same order.
mlir::Value sumLanes(Builder &b, Values vectors);

/// Two elements of bf16 from `memref[indices]` on, as a word of 32 bits.
mlir::Value loadPair(Builder &b, mlir::Value memref, mlir::ValueRange indices);

/// Words of 32 bits as pairs of bf16.
mlir::Value asPairs(Builder &b, mlir::Value words);

/// The lower (0) or upper (1) half of each word, a bf16, as f32.
mlir::Value widenHalf(Builder &b, mlir::Value words, int64_t half);

/// Bytes `byte` and `byte` + 2 of each word (`byte` is 0 or 1) as pairs of
/// integers of 16 bits.
mlir::Value widenBytes(Builder &b, mlir::Value words, int64_t byte,
                       bool isUnsigned);

/// Byte `byte` of each word as an integer of 32 bits.
mlir::Value widenByte(Builder &b, mlir::Value words, int64_t byte,
                      bool isUnsigned);

/// Words of two floats, rounded to bf16, scalars or vectors of them.
mlir::Value joinPairs(Builder &b, mlir::Value low, mlir::Value high);

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_LANES_H
