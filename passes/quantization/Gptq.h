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
#include <memory>
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

/// Chooses codes for a product by the second moments of its input, so that they
/// minimise, greedily, the squared error of the product.
class CodeChooser {
public:
  /// Moments are [channels, channels]. Uses the context's threads. Fails if
  /// they are no finite numbers.
  static llvm::Expected<CodeChooser> make(mlir::MLIRContext *context,
                                          int64_t channels,
                                          llvm::ArrayRef<double> moments);
  CodeChooser(CodeChooser &&) noexcept;
  ~CodeChooser();

  /// Codes of some columns of the weight. A scale that is 0 or NaN gives the
  /// zero point.
  std::vector<double> choose(const GridWeight &grid) const;

private:
  class Triangle;
  CodeChooser(mlir::MLIRContext *context, int64_t channels,
              llvm::ArrayRef<double> moments);
  llvm::Error factorize(llvm::ArrayRef<double> moments);
  void roundColumns(const GridWeight &grid, int64_t first,
                    std::vector<double> &codes) const;

  mlir::MLIRContext *context;
  std::vector<int64_t> order; // in which channels are rounded
  std::unique_ptr<Triangle> triangle;
};

} // namespace hagane

#endif // HAGANE_PASSES_QUANTIZATION_GPTQ_H
