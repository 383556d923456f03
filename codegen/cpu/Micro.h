//===- Micro.h - The register-blocked inner product -------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CPU_MICRO_H
#define HAGANE_CODEGEN_CPU_MICRO_H

#include "codegen/cpu/Emit.h"

namespace hagane::cpu {

/// Where a micro-kernel is along the contracted axis: the number of its step,
/// of the term in it, and of the step in its iteration.
struct Step {
  mlir::Value k;
  int64_t term = 0;
  int64_t inIteration = 0;
  operator mlir::Value() const { return k; }
};

/// rows x (vectors * lanes) accumulators held in registers over a loop along
/// the contracted axis: per step one vector load of B for each vector, one
/// broadcast element of A for each row and a multiply-add for each pair
/// (Goto and van de Geijn, 2008).
struct MicroKernel {
  int64_t rows;
  int64_t vectors;
  int64_t lanes;
  /// Steps per iteration.
  int64_t unroll;
  mlir::Type compute;
  /// The element of A in a row: a scalar of the compute type, or a vector of
  /// equal factors.
  std::function<mlir::Value(Builder &, int64_t row, Step step)> loadA;
  /// Vector number `vector` of B's row.
  std::function<mlir::Value(Builder &, int64_t vector, Step step)> loadB;
  /// Products that a step adds to each sum, one after the other.
  int64_t terms = 1;
  /// The sum c with the product of a factor of A and a vector of B.
  std::function<mlir::Value(Builder &, mlir::Value a, mlir::Value x,
                            mlir::Value c)>
      accumulate = multiplyAdd;
};

/// Accumulates over k in [from, to), starting from `initial` (row-major, rows x
/// vectors; empty means zeros). Few accumulators are split over several chains
/// to hide the latency of the multiply-add.
Values emitMicroKernel(Builder &b, const MicroKernel &micro, mlir::Value from,
                       mlir::Value to, mlir::ValueRange initial = {});

/// Covers [from, to) with strips of `size` rows, then of smaller powers of two
/// down to 1, calling `strip` with the first row and the number of rows.
void emitStrips(Builder &b, mlir::Value from, mlir::Value to, int64_t size,
                llvm::function_ref<void(mlir::Value row, int64_t rows)> strip);

/// Covers [from, to) with strips of `size` rows and, for what is left, one
/// strip of the smallest power of two, at most `size`, that holds it: of those
/// rows only `exist` do. `finish` follows, once for all sizes of the last
/// strip.
void coverWithStrips(
    Builder &b, mlir::Value from, mlir::Value to, int64_t size,
    llvm::function_ref<void(mlir::Value row, int64_t rows, mlir::Value exist)>
        strip,
    llvm::function_ref<void(mlir::Value row, mlir::Value exist)> finish);

/// The same for strips that may compute more: with so many rows left that the
/// smaller strip would have `size`, too, it is one of those before.
void coverRoundedUp(
    Builder &b, mlir::Value from, mlir::Value to, int64_t size,
    llvm::function_ref<void(mlir::Value row, int64_t rows)> strip);

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_MICRO_H
