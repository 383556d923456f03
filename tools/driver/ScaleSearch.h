// The scales of channels that make rounded products most exact.
#pragma once

#include "tools/driver/WeightColumns.h"

namespace hagane::driver {

/// Scales for the common input of products, whose second moments are known,
/// and how much of the squared error is left with them; 1 and none if none
/// help. They are powers of how large channels are (AWQ: Lin et al. 2023); the
/// exponent is the one with the least error of some columns, rounded as their
/// operations say.
struct ChannelScales {
  std::vector<double> scales;
  double left = 1;
};
llvm::FailureOr<ChannelScales>
searchScales(mlir::MLIRContext *context,
             llvm::MutableArrayRef<WeightColumns> weights,
             llvm::ArrayRef<double> moments);

/// Scales that leave weights `part` of what is large in the input (SmoothQuant:
/// Xiao et al. 2022).
std::vector<double> smoothScales(llvm::ArrayRef<double> inputs,
                                 llvm::ArrayRef<double> weights, double part);

} // namespace hagane::driver
