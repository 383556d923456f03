//===- MathBuilder.h - Arithmetic on values of one type ---------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CPU_MATHBUILDER_H
#define HAGANE_CODEGEN_CPU_MATHBUILDER_H

#include "codegen/cpu/Emit.h"

namespace hagane::cpu {

/// Writes formulas on scalars or vectors of a floating-point type. Products
/// and sums may fuse.
class MathBuilder {
public:
  /// `avx512`: that instruction set's own operations may be used.
  MathBuilder(Builder &b, mlir::Type type, bool avx512)
      : b(b), type(type),
        element(mlir::cast<mlir::FloatType>(mlir::getElementTypeOrSelf(type))),
        avx512(avx512) {}

  mlir::Value constant(double value);
  mlir::Value integer(int64_t value);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value div(mlir::Value x, mlir::Value y);
  mlir::Value neg(mlir::Value x);
  mlir::Value abs(mlir::Value x);
  mlir::Value sqrt(mlir::Value x);
  mlir::Value copySign(mlir::Value magnitude, mlir::Value sign);
  mlir::Value select(mlir::Value condition, mlir::Value x, mlir::Value y);
  mlir::Value compare(mlir::arith::CmpFPredicate predicate, mlir::Value x,
                      mlir::Value y);
  mlir::Value less(mlir::Value x, mlir::Value y) {
    return compare(mlir::arith::CmpFPredicate::OLT, x, y);
  }
  mlir::Value greater(mlir::Value x, mlir::Value y) {
    return compare(mlir::arith::CmpFPredicate::OGT, x, y);
  }
  /// x limited to at most `high`; NaN stays NaN.
  mlir::Value atMost(mlir::Value x, double high);
  /// x limited to [low, high]; NaN stays NaN.
  mlir::Value clamp(mlir::Value x, double low, double high);
  /// a * x + c.
  mlir::Value fma(mlir::Value a, mlir::Value x, mlir::Value c) {
    return add(mul(a, x), c);
  }
  /// c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule.
  mlir::Value polynomial(mlir::Value x, llvm::ArrayRef<double> coefficients);

  /// The integer nearest to x (|x| < 2^21), as a float and as an integer of
  /// the same width. NaN gives NaN and any integer.
  std::pair<mlir::Value, mlir::Value> nearest(mlir::Value x);
  /// x * 2^n for a whole number n, given as a float and as an integer of the
  /// same width; underflows and overflows once.
  mlir::Value scale(mlir::Value x, mlir::Value whole, mlir::Value n);
  /// Whether a table of 16 numbers fits a register that can be looked up in.
  bool hasTables() const;
  /// The number of the table at the lower four bits of each index.
  mlir::Value lookUp(llvm::ArrayRef<double> table, mlir::Value index);
  mlir::Value bits(mlir::Value x);
  mlir::Value fromBits(mlir::Value bits);

  Builder &b;
  mlir::Type type;
  mlir::FloatType element;

private:
  bool avx512;

  mlir::Value scaleRegister(mlir::Value x, mlir::Value whole,
                            llvm::StringRef intrinsic);
  bool isDouble() const { return element.isF64(); }
  mlir::Type integerType();
};

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_MATHBUILDER_H
