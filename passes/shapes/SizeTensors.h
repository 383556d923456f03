//===- SizeTensors.h - Size arithmetic that the run does --------*- C++ -*-===//

#ifndef HAGANE_PASSES_SHAPES_SIZETENSORS_H
#define HAGANE_PASSES_SHAPES_SIZETENSORS_H

#include "dialects/xf/XfOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace hagane {

/// Builds arithmetic on sizes as xf operations. Sizes are i64 tensors of one
/// element and rank 1.
class SizeTensors {
public:
  explicit SizeTensors(mlir::ImplicitLocOpBuilder &b) : b(b) {}

  mlir::Type i64() { return b.getI64Type(); }
  mlir::Value cast(mlir::Value x, mlir::Type to);
  /// A constant of rank 0.
  mlir::Value scalar(int64_t value, mlir::Type type);
  mlir::Value constant(int64_t value) { return of({constantDim(value)}); }
  /// The dimensions as a vector.
  mlir::Value of(llvm::ArrayRef<xf::Dim> dims);
  /// Element `at` of a vector of sizes, or the one of a scalar.
  mlir::Value element(mlir::Value vector, int64_t at);
  mlir::Value sizeOf(mlir::Value x, int64_t axis);
  /// The number of a tensor's elements.
  mlir::Value countOf(mlir::Value x);
  mlir::Value concat(llvm::ArrayRef<mlir::Value> parts);

  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value div(mlir::Value x, mlir::Value y);
  mlir::Value min(mlir::Value x, mlir::Value y);
  mlir::Value max(mlir::Value x, mlir::Value y);
  /// `ifEqual` where x is `value`, x elsewhere.
  mlir::Value replace(mlir::Value x, int64_t value, mlir::Value ifEqual);
  /// A position counted from the end where it is negative, within low..high.
  mlir::Value position(mlir::Value at, mlir::Value size, mlir::Value low,
                       mlir::Value high);

private:
  xf::Dim constantDim(int64_t value) {
    return xf::Dim::constant(b.getContext(), value);
  }

  mlir::ImplicitLocOpBuilder &b;
};

} // namespace hagane

#endif // HAGANE_PASSES_SHAPES_SIZETENSORS_H
