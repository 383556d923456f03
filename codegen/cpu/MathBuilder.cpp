//===- MathBuilder.cpp - Arithmetic on values of one type -----------------===//

#include "codegen/cpu/MathBuilder.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace hagane::cpu {

static constexpr auto kContract = arith::FastMathFlags::contract;

Value MathBuilder::constant(double value) {
  TypedAttr attr = b.getFloatAttr(element, value);
  if (auto vector = dyn_cast<VectorType>(type))
    attr = DenseElementsAttr::get(vector, cast<Attribute>(attr));
  return arith::ConstantOp::create(b, attr);
}

Type MathBuilder::integerType() {
  Type integer = b.getIntegerType(element.getWidth());
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(integer);
  return integer;
}

Value MathBuilder::integer(int64_t value) {
  Type whole = integerType();
  TypedAttr attr = b.getIntegerAttr(getElementTypeOrSelf(whole), value);
  if (auto vector = dyn_cast<VectorType>(whole))
    attr = DenseElementsAttr::get(vector, cast<Attribute>(attr));
  return arith::ConstantOp::create(b, attr);
}

Value MathBuilder::add(Value x, Value y) {
  return arith::AddFOp::create(b, x, y, kContract);
}
Value MathBuilder::sub(Value x, Value y) {
  return arith::SubFOp::create(b, x, y, kContract);
}
Value MathBuilder::mul(Value x, Value y) {
  return arith::MulFOp::create(b, x, y, kContract);
}
Value MathBuilder::div(Value x, Value y) {
  return arith::DivFOp::create(b, x, y);
}
Value MathBuilder::neg(Value x) { return arith::NegFOp::create(b, x); }
Value MathBuilder::abs(Value x) { return math::AbsFOp::create(b, x); }
Value MathBuilder::sqrt(Value x) { return math::SqrtOp::create(b, x); }
Value MathBuilder::copySign(Value magnitude, Value sign) {
  return math::CopySignOp::create(b, magnitude, sign);
}
Value MathBuilder::select(Value condition, Value x, Value y) {
  return arith::SelectOp::create(b, condition, x, y);
}
Value MathBuilder::compare(arith::CmpFPredicate predicate, Value x, Value y) {
  return arith::CmpFOp::create(b, predicate, x, y);
}

Value MathBuilder::atMost(Value x, double high) {
  return select(greater(x, constant(high)), constant(high), x);
}

Value MathBuilder::clamp(Value x, double low, double high) {
  x = atMost(x, high);
  return select(less(x, constant(low)), constant(low), x);
}

Value MathBuilder::polynomial(Value x, ArrayRef<double> coefficients) {
  Value result = constant(coefficients.back());
  for (double c : llvm::reverse(coefficients.drop_back()))
    result = fma(result, x, constant(c));
  return result;
}

std::pair<Value, Value> MathBuilder::nearest(Value x) {
  // Adding 1.5 * 2^(mantissa bits) leaves the rounded integer in the low bits.
  double magic = isDouble() ? 0x1.8p52 : 0x1.8p23;
  // No contraction: the sum must round here.
  Value shifted = arith::AddFOp::create(b, x, constant(magic));
  Value whole = arith::SubFOp::create(b, shifted, constant(magic));
  Value offset = bits(constant(magic));
  return {whole, arith::SubIOp::create(b, bits(shifted), offset)};
}

/// The instruction that scales a full register by powers of two, if any.
static StringRef getScaleIntrinsic(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  if (!vector || vector.getRank() != 1)
    return {};
  if (vector.getElementType().isF32() && vector.getNumElements() == 16)
    return "llvm.x86.avx512.mask.scalef.ps.512";
  if (vector.getElementType().isF64() && vector.getNumElements() == 8)
    return "llvm.x86.avx512.mask.scalef.pd.512";
  return {};
}

Value MathBuilder::scaleRegister(Value x, Value whole, StringRef intrinsic) {
  static constexpr int32_t kCurrentRounding = 4;
  auto lanes = cast<VectorType>(type).getNumElements();
  Value all = arith::ConstantOp::create(
      b, b.getIntegerAttr(b.getIntegerType(lanes), -1));
  Value rounding =
      arith::ConstantOp::create(b, b.getI32IntegerAttr(kCurrentRounding));
  return LLVM::CallIntrinsicOp::create(b, type, b.getStringAttr(intrinsic),
                                       ValueRange{x, whole, x, all, rounding})
      .getResult(0);
}

Value MathBuilder::scale(Value x, Value whole, Value n) {
  StringRef intrinsic = avx512 ? getScaleIntrinsic(type) : StringRef();
  if (!intrinsic.empty())
    return scaleRegister(x, whole, intrinsic);
  // In two steps, so that the factors stay normal numbers.
  int64_t bias = isDouble() ? 1023 : 127, mantissa = isDouble() ? 52 : 23;
  auto power = [&](Value exponent) {
    Value biased = arith::AddIOp::create(b, exponent, integer(bias));
    return fromBits(arith::ShLIOp::create(b, biased, integer(mantissa)));
  };
  Value half = arith::ShRSIOp::create(b, n, integer(1));
  Value rest = arith::SubIOp::create(b, n, half);
  return arith::MulFOp::create(b, arith::MulFOp::create(b, x, power(half)),
                               power(rest));
}

bool MathBuilder::hasTables() const {
  return avx512 && type == VectorType::get({16}, b.getF32Type());
}

Value MathBuilder::lookUp(ArrayRef<double> table, Value index) {
  SmallVector<float> numbers(table.begin(), table.end());
  auto type = cast<VectorType>(this->type);
  Value entries = arith::ConstantOp::create(
      b, DenseElementsAttr::get(type, ArrayRef<float>(numbers)));
  return LLVM::CallIntrinsicOp::create(
             b, type, b.getStringAttr("llvm.x86.avx512.permvar.sf.512"),
             ValueRange{entries, index})
      .getResult(0);
}

Value MathBuilder::bits(Value x) {
  return arith::BitcastOp::create(b, integerType(), x);
}
Value MathBuilder::fromBits(Value value) {
  return arith::BitcastOp::create(b, type, value);
}

} // namespace hagane::cpu
