//===- Tables.h - Tables of embeddings to quantize --------------*- C++ -*-===//

#ifndef HAGANE_PASSES_QUANTIZATION_TABLES_H
#define HAGANE_PASSES_QUANTIZATION_TABLES_H

#include "dialects/xf/XfOps.h"
#include "passes/quantization/Scheme.h"

namespace hagane {

/// The gathers of rows of constant matrices of floats that the model adds to
/// other rows, normalizes or multiplies by weights, as it does embeddings: an
/// error in them is one in a sum, as that of a product is. Rotations, and
/// biases of attention, are none.
llvm::SmallVector<xf::Gather> getTables(mlir::Operation *root);

/// The scheme of a table for which a rule of products says `scheme`.
QuantizationScheme getTableScheme(QuantizationScheme scheme);

/// A matrix [k, n], or [n, k] if transposed, as the numbers of its codes, in
/// its own type.
mlir::Value makeCodedMatrix(mlir::OpBuilder &builder, mlir::Location location,
                            mlir::Value matrix, bool transposed,
                            const QuantizationScheme &scheme);

} // namespace hagane

#endif // HAGANE_PASSES_QUANTIZATION_TABLES_H
