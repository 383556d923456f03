//===- Reals.h - Arithmetic of floats in kernel bodies ----------*- C++ -*-===//

#ifndef HAGANE_PASSES_KERNELS_REALS_H
#define HAGANE_PASSES_KERNELS_REALS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "passes/kernels/Scalars.h"

namespace hagane {

/// Writes arithmetic on scalars of one float type.
struct Reals {
  mlir::ImplicitLocOpBuilder &b;
  mlir::Type type;

  using Value = mlir::Value;

  Value number(double value) { return makeScalar(b, type, value); }
  Value add(Value x, Value y) { return mlir::arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return mlir::arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return mlir::arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return mlir::arith::DivFOp::create(b, x, y); }
  Value add(Value x, double y) { return add(x, number(y)); }
  Value mul(Value x, double y) { return mul(x, number(y)); }
  Value min(Value x, Value y) {
    return mlir::arith::MinimumFOp::create(b, x, y);
  }
  Value max(Value x, Value y) {
    return mlir::arith::MaximumFOp::create(b, x, y);
  }
  Value abs(Value x) { return mlir::math::AbsFOp::create(b, x); }
  Value floor(Value x) { return mlir::math::FloorOp::create(b, x); }
  Value ceil(Value x) { return mlir::math::CeilOp::create(b, x); }
  Value isLess(Value x, Value y) {
    return mlir::arith::CmpFOp::create(b, mlir::arith::CmpFPredicate::OLT, x,
                                       y);
  }
  Value isEqual(Value x, Value y) {
    return mlir::arith::CmpFOp::create(b, mlir::arith::CmpFPredicate::OEQ, x,
                                       y);
  }
  Value select(Value condition, Value x, Value y) {
    return mlir::arith::SelectOp::create(b, condition, x, y);
  }
  /// Towards zero, clamped to what an index can hold; NaN is some index.
  Value truncate(Value x) {
    double limit = 1ll << 52;
    Value whole = mlir::arith::FPToSIOp::create(
        b, b.getI64Type(), min(max(x, number(-limit)), number(limit)));
    return mlir::arith::IndexCastOp::create(b, b.getIndexType(), whole);
  }
  Value of(Value index) {
    Value whole = mlir::arith::IndexCastOp::create(b, b.getI64Type(), index);
    return mlir::arith::SIToFPOp::create(b, type, whole);
  }
  Value convert(Value x) { return convertScalar(b, x, x.getType(), type); }

  /// Keys' cubic at distance t (1981), which is 0 from 2 on.
  Value cubic(Value t, double a) {
    t = abs(t);
    Value near = add(mul(mul(add(mul(t, a + 2), -(a + 3)), t), t), 1);
    Value far = add(mul(t, a), -5 * a);
    far = add(mul(far, t), 8 * a);
    far = add(mul(far, t), -4 * a);
    far = select(isLess(t, number(2)), far, number(0));
    return select(isLess(number(1), t), far, near);
  }
};

} // namespace hagane

#endif // HAGANE_PASSES_KERNELS_REALS_H
