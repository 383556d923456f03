//===- Scalars.h - Element-wise operations on scalars -----------*- C++ -*-===//

#ifndef HAGANE_PASSES_KERNELS_SCALARS_H
#define HAGANE_PASSES_KERNELS_SCALARS_H

#include "dialects/xf/XfOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace hagane {

/// Builds what an element-wise operation does to one element: from operands
/// in the compute types of their tensors to the compute type of the result.
using ScalarBuilder = mlir::Value (*)(mlir::ImplicitLocOpBuilder &builder,
                                      mlir::Operation *op,
                                      mlir::ValueRange operands);

/// The builder of an element-wise xf operation; null for other operations.
ScalarBuilder findScalarBuilder(mlir::Operation *op);

/// The builders of xf.cast and xf.bitcast.
mlir::Value castElement(mlir::ImplicitLocOpBuilder &builder,
                        mlir::Operation *op, mlir::ValueRange operands);
mlir::Value bitcastElement(mlir::ImplicitLocOpBuilder &builder,
                           mlir::Operation *op, mlir::ValueRange operands);

/// The builder of xf.pow.
mlir::Value powerElement(mlir::ImplicitLocOpBuilder &builder,
                         mlir::Operation *op, mlir::ValueRange operands);

/// A constant of a float or integer type.
mlir::Value makeScalar(mlir::ImplicitLocOpBuilder &builder, mlir::Type type,
                       double value);

/// Conversion between compute types; `from` and `to` are storage types, which
/// tell the signs of integers.
mlir::Value convertScalar(mlir::ImplicitLocOpBuilder &builder,
                          mlir::Value value, mlir::Type from, mlir::Type to);

/// An unsigned integer as the signed one at the same place of the order, and
/// back.
mlir::Value flipSign(mlir::ImplicitLocOpBuilder &builder, mlir::Value value);

} // namespace hagane

#endif // HAGANE_PASSES_KERNELS_SCALARS_H
