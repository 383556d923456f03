//===- Windows.h - Convolutions and pools in three dimensions ---*- C++ -*-===//

#ifndef HAGANE_PASSES_KERNELS_WINDOWS_H
#define HAGANE_PASSES_KERNELS_WINDOWS_H

#include "passes/kernels/KernelBuilder.h"

namespace hagane {

/// A window's way over three axes of space: with fewer, the first have size 1.
struct WindowWay3 {
  llvm::SmallVector<int64_t> window, strides, pads, dilations;
};

/// Widens parameters over at most three axes.
WindowWay3 widenWay(llvm::ArrayRef<int64_t> window,
                    llvm::ArrayRef<int64_t> strides,
                    llvm::ArrayRef<int64_t> pads,
                    llvm::ArrayRef<int64_t> dilations);

/// [batch, channels, space...] with three axes of space.
llvm::SmallVector<xf::Dim> widenSpace(llvm::ArrayRef<xf::Dim> dims,
                                      KernelBuilder &b);

/// What a kernel.window is made of.
struct WindowSpec {
  /// x has rank 5; the weight, [channels, window], may be null.
  mlir::Value x, weight;
  llvm::SmallVector<MappedTensor> extras;
  /// Of the result, rank 5.
  llvm::SmallVector<xf::Dim> dims;
  mlir::Type resultType;
  llvm::StringRef kind;
  WindowWay3 way;
  bool countPad = false;
  std::function<mlir::Value(mlir::ImplicitLocOpBuilder &, mlir::ValueRange)>
      body, finish;
};
mlir::Value makeWindow(mlir::Location loc, const WindowSpec &spec,
                       KernelBuilder &b);

} // namespace hagane

#endif // HAGANE_PASSES_KERNELS_WINDOWS_H
