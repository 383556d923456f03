//===- Gptq.h - Codes whose errors make up for each other -------*- C++ -*-===//
//
// GPTQ (Frantar et al. 2022, "GPTQ: Accurate post-training quantization for
// generative pre-trained transformers"): channels are rounded one after the
// other, and what one loses is made up for by those that follow, as far as
// inputs are correlated.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_PASSES_QUANTIZATION_GPTQ_H
#define HAGANE_PASSES_QUANTIZATION_GPTQ_H

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <vector>

namespace hagane {

/// A weight and the grid that its codes lie on. Element (channel, column) of
/// the weight and of the codes is at channel * channelStride + column *
/// columnStride; a scale or a zero point of (block, column) likewise.
struct GridWeight {
  int64_t channels = 0, columns = 0, block = 0; // the last block may be shorter
  int64_t channelStride = 0, columnStride = 0;
  int64_t blockStride = 0, scaleColumnStride = 0;
  std::vector<double> weight, scales, zeros; // no zeros: all are 0
  double lowest = 0, highest = 0;            // codes
};

/// Codes for a product whose inputs have these second moments, [channels,
/// channels]: they minimise, greedily, the squared error of
/// the product. A scale that is 0 or NaN gives the zero point. Uses the
/// context's threads. Fails if the moments are no finite numbers.
llvm::Expected<std::vector<double>> chooseCodes(mlir::MLIRContext *context,
                                                const GridWeight &grid,
                                                llvm::ArrayRef<double> moments);

} // namespace hagane

#endif // HAGANE_PASSES_QUANTIZATION_GPTQ_H
