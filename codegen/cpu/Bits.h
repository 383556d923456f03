// Arithmetic on the bits of floats.
#pragma once

#include "codegen/cpu/Emit.h"
#include "mlir/IR/PatternMatch.h"

namespace hagane::cpu {

/// Integer arithmetic on scalars or vectors of one shape.
struct Bits {
  Builder &b;
  mlir::Type shape; // any type of the shape

  mlir::Type typeOf(mlir::Type element) const {
    if (auto vector = llvm::dyn_cast<mlir::VectorType>(shape))
      return vector.clone(element);
    return element;
  }
  mlir::Type word() const { return typeOf(b.getI32Type()); }
  mlir::Value constant(int64_t value) const {
    mlir::Type type = word();
    mlir::TypedAttr attr = b.getI32IntegerAttr(static_cast<int32_t>(value));
    if (auto vector = llvm::dyn_cast<mlir::VectorType>(type))
      attr = mlir::DenseElementsAttr::get(vector, mlir::Attribute(attr));
    return mlir::arith::ConstantOp::create(b, type, attr);
  }
  mlir::Value band(mlir::Value x, int64_t y) const {
    return mlir::arith::AndIOp::create(b, x, constant(y));
  }
  mlir::Value bor(mlir::Value x, mlir::Value y) const {
    return mlir::arith::OrIOp::create(b, x, y);
  }
  mlir::Value add(mlir::Value x, mlir::Value y) const {
    return mlir::arith::AddIOp::create(b, x, y);
  }
  mlir::Value left(mlir::Value x, int64_t n) const {
    return mlir::arith::ShLIOp::create(b, x, constant(n));
  }
  mlir::Value right(mlir::Value x, int64_t n) const {
    return mlir::arith::ShRUIOp::create(b, x, constant(n));
  }
  mlir::Value isBelow(mlir::Value x, int64_t y) const {
    return mlir::arith::CmpIOp::create(b, mlir::arith::CmpIPredicate::ult, x,
                                       constant(y));
  }
  mlir::Value select(mlir::Value c, mlir::Value x, mlir::Value y) const {
    return mlir::arith::SelectOp::create(b, c, x, y);
  }
  mlir::Value toFloat(mlir::Value x) const {
    return mlir::arith::BitcastOp::create(b, typeOf(b.getF32Type()), x);
  }
  mlir::Value toBits(mlir::Value x) const {
    return mlir::arith::BitcastOp::create(b, word(), x);
  }
};

/// Conversions between f32 and floats of at most 8 bits.
void populateSmallFloatPatterns(mlir::RewritePatternSet &patterns);

} // namespace hagane::cpu
