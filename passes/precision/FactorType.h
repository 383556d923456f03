//===- FactorType.h - Products that may round their factors -----*- C++ -*-===//

#ifndef HAGANE_PASSES_PRECISION_FACTORTYPE_H
#define HAGANE_PASSES_PRECISION_FACTORTYPE_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/STLExtras.h"

namespace hagane {

inline constexpr llvm::StringLiteral kFactorTypeAttr = "xf.factor_type";

/// The type to which a product may round its f32 factors; null: none.
inline mlir::FloatType getFactorType(mlir::Operation *op) {
  auto attr = op->getAttrOfType<mlir::TypeAttr>(kFactorTypeAttr);
  return attr ? llvm::dyn_cast<mlir::BFloat16Type>(attr.getValue())
              : mlir::FloatType();
}

/// The type to which it may round its constant weight; null: none. The range of
/// f16 is too small for other factors.
inline mlir::FloatType getWeightType(mlir::Operation *op) {
  auto attr = op->getAttrOfType<mlir::TypeAttr>(kFactorTypeAttr);
  return attr && llvm::isa<mlir::Float16Type>(attr.getValue())
             ? llvm::cast<mlir::FloatType>(attr.getValue())
             : getFactorType(op);
}

/// Elements of bf16 that lie side by side in packed weights: processors sum the
/// products of two at once; others widen both with one load.
inline constexpr int64_t kPair = 2;
/// The same of 8 bits, whose products are summed in i32.
inline constexpr int64_t kQuad = 4;

/// Numbers of the factors that its kernel rounds, if it does, as it reads them:
/// those that lie in memory.
inline constexpr llvm::StringLiteral kReadFactorsAttr = "xf.read_factors";

inline bool isReadFactor(mlir::Operation *op, int64_t number) {
  auto attr = op->getAttrOfType<mlir::DenseI64ArrayAttr>(kReadFactorsAttr);
  return attr && llvm::is_contained(attr.asArrayRef(), number);
}

} // namespace hagane

#endif // HAGANE_PASSES_PRECISION_FACTORTYPE_H
