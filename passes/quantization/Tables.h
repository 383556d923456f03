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

/// The scheme that a rule gives to a table. Fewer than 8 bits are for those
/// that a pattern names: an error in a token's row goes through all layers, and
/// nothing tells beforehand which of its elements these will magnify.
QuantizationScheme getTableScheme(const QuantizationRule &rule);

/// A matrix [k, n], or [n, k] if transposed, as the numbers of its codes, in
/// its own type.
mlir::Value makeCodedMatrix(mlir::OpBuilder &builder, mlir::Location location,
                            mlir::Value matrix, bool transposed,
                            const QuantizationScheme &scheme);

} // namespace hagane

#endif // HAGANE_PASSES_QUANTIZATION_TABLES_H
