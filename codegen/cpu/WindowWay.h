//===- WindowWay.h - A window's way over its input --------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CPU_WINDOWWAY_H
#define HAGANE_CODEGEN_CPU_WINDOWWAY_H

#include "codegen/cpu/Emit.h"

namespace hagane::cpu {

/// The axes of space of a kernel.conv or kernel.window, by number 0 to 2.
class WindowWay {
public:
  static constexpr unsigned kSpace = 3;

  /// Computes the sizes of x at the builder's place.
  template <typename OpTy>
  WindowWay(OpTy op, Builder &b)
      : b(b), window(op.getWindow()), strides(op.getStrides()),
        pads(op.getPads()), dilations(op.getDilations()) {
    for (unsigned i = 0; i < kSpace; ++i)
      sizes.push_back(sizeOf(b, op.getX(), 2 + i));
  }

  mlir::Value size(unsigned axis) const { return sizes[axis]; }
  /// Windows that fit, both pads included.
  mlir::Value outSize(unsigned axis);
  /// Where element `k` of the window at position `out` lies in x.
  mlir::Value coordinate(unsigned axis, mlir::Value out, mlir::Value k);
  /// Whether a coordinate lies in x.
  mlir::Value isInside(unsigned axis, mlir::Value coordinate);
  /// The positions [first, last) at which element `k` of the window lies in x;
  /// the first is at least 0, the last may lie before it.
  std::pair<mlir::Value, mlir::Value> range(unsigned axis, mlir::Value k);
  /// The elements [first, last) of the window at `out` that lie in x, with
  /// `padded` in x or its padding.
  std::pair<mlir::Value, mlir::Value> seen(unsigned axis, mlir::Value out,
                                           bool padded);

  /// Elements of x from `indices` on, a stride of the last axis apart.
  mlir::Value load(mlir::Value x, mlir::ValueRange indices, Access access,
                   mlir::Type compute);

private:
  /// ceil(x / step), at least 0.
  mlir::Value steps(mlir::Value x, int64_t step);

  Builder &b;
  llvm::ArrayRef<int64_t> window, strides, pads, dilations;
  Values sizes;
};

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_WINDOWWAY_H
