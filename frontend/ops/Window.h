// The window of a convolution or pool, as its node's attributes give it.
#pragma once

#include "frontend/ops/NodeConverter.h"

namespace hagane::frontend {

/// The window's way over the spatial axes; pads are begins, then ends. Where
/// they depend on sizes that vary they are 0, and `border` has them, or
/// `computed` as a tensor if only running the model tells the sizes.
struct Window {
  llvm::SmallVector<int64_t> kernel, strides, dilations, pads;
  llvm::SmallVector<xf::Dim> border;
  mlir::Value computed;

  bool hasBorder() const { return !border.empty() || computed; }
};

/// Reads strides, dilations, pads and auto_pad for a window of `kernel` sizes
/// over x, and checks that they fit.
llvm::FailureOr<Window> readWindow(NodeConverter &n, mlir::Value x,
                                   llvm::SmallVector<int64_t> kernel);

/// x with the window's border, filled with `fill`.
mlir::Value addBorder(NodeConverter &n, mlir::Value x, const Window &window,
                      double fill);

/// The sizes of a weight's window, which must be static.
llvm::FailureOr<llvm::SmallVector<int64_t>> readKernel(NodeConverter &n,
                                                       mlir::Value weight);

/// The convolution that the node's attributes describe; null after an error.
mlir::Value makeConv(NodeConverter &n, mlir::Value x, mlir::Value weight,
                     mlir::Value bias);

/// Between [batch, space..., channels] and [batch, channels, space...].
mlir::Value channelsFirst(NodeConverter &n, mlir::Value x);
mlir::Value channelsLast(NodeConverter &n, mlir::Value x);

/// A vector of channels as [channels, 1, ...] against x's axes from 1 on.
mlir::Value alongChannels(NodeConverter &n, mlir::Value vector, mlir::Value x);

} // namespace hagane::frontend
