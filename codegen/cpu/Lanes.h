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

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_LANES_H
