//===- QuantizeWeights.h - Weights as codes and scales ----------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_MODULE_QUANTIZEWEIGHTS_H
#define HAGANE_CODEGEN_MODULE_QUANTIZEWEIGHTS_H

#include "dialects/xf/XfQuantization.h"
#include "dialects/xf/eval/HostTensor.h"

namespace hagane::codegen {

/// A matrix in few bits, as `xf.quantize_weight` tells; no zeros if symmetric.
struct QuantizedMatrix {
  xf::eval::HostTensor codes, scales, zeros;

  const xf::eval::HostTensor &get(unsigned result) const {
    return result == 0 ? codes : result == 1 ? scales : zeros;
  }
};

/// What `xf.quantize_weight` means for some columns of its weight, bit by bit
/// what the evaluator gives. Uses the context's threads.
llvm::Expected<QuantizedMatrix> quantizeWeight(xf::QuantizeWeight op,
                                               const xf::eval::HostTensor &w);

/// Whether an operation sums up the columns of a matrix of bytes as i32, and
/// the axis that is summed over.
std::optional<int64_t> matchSumOfBytes(mlir::Operation *op);
/// Those sums for some columns.
llvm::Expected<xf::eval::HostTensor> sumBytes(mlir::MLIRContext *context,
                                              const xf::eval::HostTensor &codes,
                                              int64_t axis);

} // namespace hagane::codegen

#endif // HAGANE_CODEGEN_MODULE_QUANTIZEWEIGHTS_H
