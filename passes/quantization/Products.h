//===- Products.h - Products that have weights to quantize ------*- C++ -*-===//

#ifndef HAGANE_PASSES_QUANTIZATION_PRODUCTS_H
#define HAGANE_PASSES_QUANTIZATION_PRODUCTS_H

#include "dialects/xf/XfOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/quantization/Scheme.h"

namespace hagane {

/// The products of floats by a matrix that depends on constants alone, in
/// program order; their numbers are their places in it. Those in loops and
/// branches are left out.
llvm::SmallVector<xf::Linear> getWeightedProducts(mlir::func::FuncOp main);

/// Channels of the product's input, over which it sums.
inline int64_t getChannels(xf::Linear op) {
  auto type = llvm::cast<mlir::RankedTensorType>(op.getWeight().getType());
  return type.getDimSize(op.getTransposeWeight() ? 1 : 0);
}

/// Whether a constant is made of codes.
bool isQuantized(mlir::Value constant);

/// The scheme that a product was quantized by, if it was.
std::optional<QuantizationScheme> getScheme(xf::Linear op);

/// What a product's factors are stored as.
struct FactorForm {
  std::string text;  ///< in short; "" if nothing is quantized
  int64_t bytes = 0; ///< of the weight, with scales and zero points
};
FactorForm getFactorForm(xf::Linear op);

/// Makes `main` return other values, of these names.
void returnInstead(mlir::func::FuncOp main, llvm::ArrayRef<mlir::Value> values,
                   llvm::ArrayRef<std::string> names);

/// What is returned of a product's input, as part of the result's name.
inline constexpr llvm::StringLiteral kLowest = "lowest", kHighest = "highest",
                                     kSquares = "squares", kMoments = "moments",
                                     kInput = "input";

/// The name of such a result: "product.3.lowest".
std::string getObservationName(size_t product, llvm::StringRef what);

} // namespace hagane

#endif // HAGANE_PASSES_QUANTIZATION_PRODUCTS_H
