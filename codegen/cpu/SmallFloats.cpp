//===- SmallFloats.cpp - Floats of at most 8 bits
//--------------------------===//

#include "codegen/cpu/Bits.h"

using namespace mlir;

namespace hagane::cpu {

namespace {

/// What a type's codes beyond its finite numbers mean.
enum class Special {
  None,         // nothing: infinity becomes the largest, and NaN -0
  Ieee,         // infinity, then NaN
  OneNan,       // the code of all ones, whatever the sign
  NegativeZero, // NaN is the sign alone, and zero has none
};

struct Format {
  TypeID type;
  int64_t bits;
  int64_t mantissa;
  int64_t bias;
  int64_t largest; // the code of the largest number
  Special special;
};

} // namespace

static const Format *findFormat(Type type) {
  static const Format formats[] = {
      {TypeID::get<Float8E4M3FNType>(), 8, 3, 7, 0x7e, Special::OneNan},
      {TypeID::get<Float8E4M3FNUZType>(), 8, 3, 8, 0x7f, Special::NegativeZero},
      {TypeID::get<Float8E5M2Type>(), 8, 2, 15, 0x7b, Special::Ieee},
      {TypeID::get<Float8E5M2FNUZType>(), 8, 2, 16, 0x7f,
       Special::NegativeZero},
      {TypeID::get<Float6E2M3FNType>(), 6, 3, 1, 0x1f, Special::None},
      {TypeID::get<Float6E3M2FNType>(), 6, 2, 3, 0x1f, Special::None},
      {TypeID::get<Float4E2M1FNType>(), 4, 1, 1, 0x7, Special::None},
  };
  TypeID id = getElementTypeOrSelf(type).getTypeID();
  const Format *found =
      llvm::find_if(formats, [&](const Format &row) { return row.type == id; });
  return found == std::end(formats) ? nullptr : found;
}

static constexpr int64_t kNan = 0x7fc00000, kInfinity = 0x7f800000;

/// The bits of f32's 2^n.
static int64_t powerOfTwo(int64_t n) { return (n + 127) << 23; }

/// f8E8M0FNU is the exponent of an f32; its values are powers of two.
static bool isExponent(Type type) {
  return isa<Float8E8M0FNUType>(getElementTypeOrSelf(type));
}

namespace {

struct ExtendExponent : OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    if (!isExponent(op.getIn().getType()))
      return rewriter.notifyMatchFailure(op, "expected an exponent");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Bits i{b, op.getType()};
    Type code = i.typeOf(b.getI8Type());
    Value bits = arith::ExtUIOp::create(
        b, i.word(), arith::BitcastOp::create(b, code, op.getIn()));
    Value value = i.select(i.isBelow(bits, 1), i.constant(1 << 22),
                           i.left(bits, 23)); // The least is subnormal.
    value = i.select(i.isBelow(bits, 0xff), value, i.constant(kNan));
    rewriter.replaceOp(
        op, convert(b, i.toFloat(value), getElementTypeOrSelf(op.getType())));
    return success();
  }
};

/// Of a power of two or NaN; the sign is dropped.
struct TruncateExponent : OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &rewriter) const override {
    if (!isExponent(op.getType()))
      return rewriter.notifyMatchFailure(op, "expected an exponent");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Bits i{b, op.getType()};
    Value bits = i.toBits(convert(b, op.getIn(), b.getF32Type()));
    Value code =
        arith::TruncIOp::create(b, i.typeOf(b.getI8Type()), i.right(bits, 23));
    rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, op.getType(), code);
    return success();
  }
};

struct Extend : OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    const Format *format = findFormat(op.getIn().getType());
    if (!format)
      return rewriter.notifyMatchFailure(op, "expected a small float");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Bits i{b, op.getType()};
    Type code = i.typeOf(b.getIntegerType(format->bits));
    Value bits = arith::ExtUIOp::create(
        b, i.word(), arith::BitcastOp::create(b, code, op.getIn()));
    int64_t signBit = int64_t(1) << (format->bits - 1);
    Value magnitude = i.band(bits, signBit - 1);
    // The product is exact, corrects the bias and makes subnormals normal.
    Value scaled = arith::MulFOp::create(
        b, i.toFloat(i.left(magnitude, 23 - format->mantissa)),
        i.toFloat(i.constant(powerOfTwo(127 - format->bias))));
    Value value = i.toBits(scaled);
    Value isFinite = i.isBelow(magnitude, format->largest + 1);
    if (format->special == Special::Ieee)
      value = i.select(isFinite, value, i.bor(value, i.constant(kInfinity)));
    if (format->special == Special::OneNan)
      value = i.select(isFinite, value, i.constant(kNan));
    value = i.bor(value, i.left(i.band(bits, signBit), 32 - format->bits));
    if (format->special == Special::NegativeZero) {
      Value isNan = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, bits,
                                          i.constant(signBit));
      value = i.select(isNan, i.constant(kNan), value);
    }
    rewriter.replaceOp(
        op, convert(b, i.toFloat(value), getElementTypeOrSelf(op.getType())));
    return success();
  }
};

struct Truncate : OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &rewriter) const override {
    const Format *format = findFormat(op.getType());
    if (!format)
      return rewriter.notifyMatchFailure(op, "expected a small float");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Bits i{b, op.getType()};
    Value bits = i.toBits(convert(b, op.getIn(), b.getF32Type()));
    Value magnitude = i.band(bits, 0x7fffffff);
    Value code = limit(*format, i, magnitude, round(*format, i, magnitude));
    rewriter.replaceOp(
        op, toType(b, *format, i, withSign(*format, i, code, bits), op));
    return success();
  }

private:
  /// The code of the nearest number, ties to even, as if there were no largest.
  static Value round(const Format &format, const Bits &i, Value magnitude) {
    int64_t shift = 23 - format.mantissa;
    // Half an ulp less the tie, plus the last bit kept.
    Value odd = i.band(i.right(magnitude, shift), 1);
    int64_t rebias = (127 - format.bias) << 23;
    Value half = i.constant((int64_t(1) << (shift - 1)) - 1 - rebias);
    Value normal = i.right(i.add(i.add(magnitude, half), odd), shift);
    // The sum with a power of two whose ulp is that of subnormals has their
    // code in its last bits.
    int64_t unit = powerOfTwo(24 - format.bias - format.mantissa);
    Value sum = i.toBits(arith::AddFOp::create(i.b, i.toFloat(magnitude),
                                               i.toFloat(i.constant(unit))));
    Value subnormal = i.add(sum, i.constant(-unit));
    return i.select(i.isBelow(magnitude, powerOfTwo(1 - format.bias)),
                    subnormal, normal);
  }

  static Value limit(const Format &format, const Bits &i, Value magnitude,
                     Value code) {
    int64_t over = format.largest + (format.special == Special::None ? 0 : 1);
    int64_t nan = format.special == Special::Ieee ? format.largest + 3
                                                  : format.largest + 1;
    code =
        i.select(i.isBelow(code, format.largest + 1), code, i.constant(over));
    return i.select(i.isBelow(magnitude, kInfinity + 1), code, i.constant(nan));
  }

  static Value withSign(const Format &format, const Bits &i, Value code,
                        Value bits) {
    int64_t signBit = int64_t(1) << (format.bits - 1);
    Value sign = i.band(i.right(bits, 32 - format.bits), signBit);
    if (format.special != Special::NegativeZero)
      return i.bor(code, sign);
    // NaN has become the sign's bit already; zero stays without one.
    Value isNumber = arith::AndIOp::create(
        i.b, i.isBelow(code, signBit),
        arith::CmpIOp::create(i.b, arith::CmpIPredicate::ne, code,
                              i.constant(0)));
    return i.select(isNumber, i.bor(code, sign), code);
  }

  static Value toType(Builder &b, const Format &format, const Bits &i,
                      Value code, arith::TruncFOp op) {
    Type narrow = i.typeOf(b.getIntegerType(format.bits));
    return arith::BitcastOp::create(b, op.getType(),
                                    arith::TruncIOp::create(b, narrow, code));
  }
};

} // namespace

void populateSmallFloatPatterns(RewritePatternSet &patterns) {
  patterns.add<Extend, ExtendExponent, Truncate, TruncateExponent>(
      patterns.getContext());
}

} // namespace hagane::cpu
