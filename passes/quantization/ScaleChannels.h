//===- ScaleChannels.h - Channels between products --------------*- C++ -*-===//

#ifndef HAGANE_PASSES_QUANTIZATION_SCALECHANNELS_H
#define HAGANE_PASSES_QUANTIZATION_SCALECHANNELS_H

#include "dialects/xf/XfOps.h"

namespace hagane {

/// Whether what makes the products' common input can take factors of its
/// channels into its own constants: a norm, or a product before them. It must
/// have no other readers.
bool canScaleInput(llvm::ArrayRef<xf::Linear> products);

/// Multiplies the rows of the products' weights by positive scales, one per
/// channel, and divides their common input by them: in the constants of what
/// makes it, or else by a multiplication of its own. Results stay what they
/// were up to rounding.
void scaleChannels(llvm::ArrayRef<xf::Linear> products,
                   llvm::ArrayRef<double> scales);

} // namespace hagane

#endif // HAGANE_PASSES_QUANTIZATION_SCALECHANNELS_H
