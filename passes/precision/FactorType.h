//===- FactorType.h - Products that may round their factors -----*- C++ -*-===//

#ifndef HAGANE_PASSES_PRECISION_FACTORTYPE_H
#define HAGANE_PASSES_PRECISION_FACTORTYPE_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"

namespace hagane {

inline constexpr llvm::StringLiteral kFactorTypeAttr = "xf.factor_type";

/// The type to which a product may round its f32 factors; null: none.
inline mlir::FloatType getFactorType(mlir::Operation *op) {
  auto attr = op->getAttrOfType<mlir::TypeAttr>(kFactorTypeAttr);
  return attr ? llvm::dyn_cast<mlir::BFloat16Type>(attr.getValue())
              : mlir::FloatType();
}

} // namespace hagane

#endif // HAGANE_PASSES_PRECISION_FACTORTYPE_H
