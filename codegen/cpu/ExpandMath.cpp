//===- ExpandMath.cpp - Elementary functions as arithmetic ----------------===//
//
// exp, tanh and erf in f32 use minimax polynomials fitted for this file (least
// squares with Lawson's reweighting at Chebyshev nodes); everything else is
// evaluated in f64 by Taylor series after argument reduction, but for erf,
// whose polynomials are interpolated at Chebyshev nodes.
//
// Errors against the exact result, in units in the last place of f32:
//   exp, tanh, erf        at most 2 (tested over all floats)
//   log, sin, cos, tan, pow, atan, asin, acos, sinh, cosh, asinh, acosh,
//   atanh, log1p, expm1   at most 1: evaluated in f64 and rounded once;
//                         sine and cosine for arguments up to 2^30
// In f64 these and exp, tanh and erf are good to about 1e-13 relative.
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/MathBuilder.h"
#include "codegen/cpu/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include <cmath>
#include <limits>

using namespace mlir;

namespace hagane::cpu {
#define GEN_PASS_DEF_EXPANDMATHPASS
#include "codegen/cpu/Passes.h.inc"

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

//===-- f32 ---------------------------------------------------------------===//

/// e^x = 2^n e^f with |f| <= ln(2)/2.
Value exp32(MathBuilder &m, Value x) {
  x = m.clamp(x, -104.0, 89.0);
  auto [whole, n] = m.nearest(m.mul(x, m.constant(1.44269504088896341)));
  // ln 2 in two parts: the first has few bits, so that its product is exact.
  Value f = m.fma(whole, m.constant(-0.693359375), x);
  f = m.fma(whole, m.constant(2.12194440054690583e-4), f);
  Value tail = m.polynomial(f, {0.4999999403953552, 0.1666651964187622,
                                0.041668396443128586, 0.008368796668946743,
                                0.001381443114951253});
  Value p = m.add(m.fma(m.mul(f, f), tail, f), m.constant(1));
  return m.scale(p, whole, n);
}

Value tanh32(MathBuilder &m, Value x) {
  Value magnitude = m.abs(x), square = m.mul(x, x);
  Value series =
      m.polynomial(square, {-0.3333333134651184, 0.13333196938037872,
                            -0.05394551903009415, 0.021693682298064232,
                            -0.008159557357430458, 0.0021262287627905607});
  Value small = m.fma(m.mul(x, square), series, x);
  Value e = exp32(m, m.add(magnitude, magnitude));
  Value large =
      m.sub(m.constant(1), m.div(m.constant(2), m.add(e, m.constant(1))));
  return m.select(m.less(magnitude, m.constant(0.625)), small,
                  m.copySign(large, x));
}

/// x + x P(x^2) near 0; 1 - 2^(polynomial) further out, where log(erfc) is
/// smooth. What the power loses there is small beside the 1.
Value erf32(MathBuilder &m, Value x) {
  Value magnitude = m.abs(x), square = m.mul(x, x);
  Value series = m.polynomial(
      square, {0.12837916612625122, -0.37612631916999817, 0.11283664405345917,
               -0.026857707649469376, 0.005196956917643547,
               -0.0008097744430415332, 8.185231126844883e-05});
  Value small = m.fma(x, series, x);
  Value limited = m.atMost(magnitude, 4.0);
  Value exponent = m.mul(
      limited,
      m.polynomial(limited,
                   {-1.6283038854599, -0.916296124458313, -0.1533227115869522,
                    0.03432896360754967, -0.005277404561638832,
                    0.00047121994430199265, -1.6753327145124786e-05}));
  auto [whole, n] = m.nearest(exponent);
  Value power = m.polynomial(m.sub(exponent, whole),
                             {1.0000001192092896, 0.6931469440460205,
                              0.24022120237350464, 0.05550713092088699,
                              0.009675540961325169, 0.0013276472454890609});
  Value large = m.sub(m.constant(1), m.scale(power, whole, n));
  return m.select(m.less(magnitude, m.constant(0.94)), small,
                  m.copySign(large, x));
}

// erf(x) / x = c[0] + c[1] t + ..., t = x - i / 4, for the nearest i: a column.
constexpr double kErfTable[][16] = {
    {1.1283792, 1.1053056, 1.0409998, 0.9482075, 0.8427008, 0.7383201,
     0.6440701, 0.5638124, 0.49766114, 0.44379434, 0.39983723, 0.36359978,
     0.33332598, 0.30769098, 0.28571406, 0.26666665},
    {3.0246574e-07, -0.18116336, -0.32443064, -0.4070324, -0.42759234,
     -0.40143982, -0.3500945, -0.2920225, -0.23849775, -0.19406784, -0.15906361,
     -0.13200486, -0.11106217, -0.09466511, -0.08163101, -0.071110845},
    {-0.37614277, -0.33532956, -0.22990161, -0.10021411, 0.012483956,
     0.08462739, 0.11446349, 0.11409399, 0.09858184, 0.07911031, 0.06144738,
     0.047415607, 0.03688152, 0.029098554, 0.02331775, 0.01896201},
    {2.993606e-04, 0.10405504, 0.16593428, 0.16860637, 0.12563902, 0.06649105,
     0.016523896, -0.013385231, -0.025005985, -0.02543651, -0.021230245,
     -0.016252058, -0.012047997, -0.00890719, -0.006660184, -0.0050613303},
    {0.11092306, 0.08733388, 0.031569395, -0.02487055, -0.05633101,
     -0.057657275, -0.04039692, -0.019697886, -0.0047127698, 0.0027885344,
     0.005012656, 0.0047085704, 0.003661109, 0.0026502653, 0.0018829482,
     0.0013458547}};

/// Good to 1.7e-7 and three units in the last place.
Value erfByTable32(MathBuilder &m, Value x) {
  // Behind the last column's middle erf is 1.
  Value limited = m.atMost(m.abs(x), 3.874975);
  // A sum of that size is rounded to quarters, whose number it ends in.
  Value magic = m.constant(0x1.8p21);
  Value shifted = arith::AddFOp::create(m.b, limited, magic);
  Value index = m.bits(shifted);
  Value t = m.sub(limited, arith::SubFOp::create(m.b, shifted, magic));
  Value ratio;
  for (const auto &coefficients : llvm::reverse(kErfTable)) {
    Value c = m.lookUp(coefficients, index);
    ratio = ratio ? m.fma(ratio, t, c) : c;
  }
  return m.mul(ratio, m.copySign(limited, x));
}

//===-- f64 ---------------------------------------------------------------===//

Value exp64(MathBuilder &m, Value x) {
  x = m.clamp(x, -746.0, 710.0);
  auto [whole, n] = m.nearest(m.mul(x, m.constant(1.44269504088896340736)));
  Value f = m.fma(whole, m.constant(-6.93147180369123816490e-01), x);
  f = m.fma(whole, m.constant(-1.90821492927058770002e-10), f);
  SmallVector<double> series;
  double factorial = 1;
  for (int k = 0; k <= 13; ++k) {
    series.push_back(1 / factorial);
    factorial *= k + 1;
  }
  return m.scale(m.polynomial(f, series), whole, n);
}

/// x + x P(x^2) near 0; 1 - e^(Q(u) - x^2) further out, where
/// log(erfc(x)) + x^2 is smooth in u, which 4 / (4 + x) makes -1 to 1.
Value erf64(MathBuilder &m, Value x) {
  Value magnitude = m.clamp(m.abs(x), 0.0, 6.0);
  Value square = m.mul(magnitude, magnitude);
  Value series = m.polynomial(
      square,
      {0.1283791670955122, -0.376126389031744, 0.11283791670580423,
       -0.026866170586496874, 0.005223977154105304, -0.0008548304871782741,
       0.00012054681918310599, -1.4913300906316395e-05, 1.631035651387174e-06,
       -1.5188281247335167e-07, 9.428596956834164e-09});
  Value small = m.fma(x, series, x);
  Value u = m.sub(m.div(m.constant(20), m.add(magnitude, m.constant(4))),
                  m.constant(3));
  Value smooth = m.polynomial(
      u,
      {-1.6140855409779233, 0.7440999256153347, 0.003914906066025125,
       0.019234067969478116, -0.003109492927204834, 0.0005729185655189146,
       -0.0002847538572442071, 6.414533691430776e-05, -1.6585780248224657e-05,
       6.238723289551612e-06, -1.6947658555823468e-06, 4.812928291202734e-07,
       -1.6309093999516374e-07, 4.932550226594594e-08, -1.4749376806396951e-08,
       4.075295851130152e-09, -1.2598853529954959e-09, 7.40906976253226e-10,
       -2.3566489261195173e-10});
  Value large = m.sub(m.constant(1), exp64(m, m.sub(smooth, square)));
  return m.select(m.less(magnitude, m.constant(1)), small,
                  m.copySign(large, x));
}

/// x = 2^n c with c in [sqrt(1/2), sqrt(2)); log c = 2 atanh((c - 1) / (c +
/// 1)).
Value log64(MathBuilder &m, Value x) {
  // Subnormals are scaled up first.
  Value tiny = m.less(x, m.constant(0x1p-1022));
  Value scaled = m.select(tiny, m.mul(x, m.constant(0x1p54)), x);
  Builder &b = m.b;
  Value offset =
      arith::SubIOp::create(b, m.bits(scaled), m.integer(0x3FE6A09E667F3BCD));
  Value n = arith::ShRSIOp::create(b, offset, m.integer(52));
  Value c = m.fromBits(arith::SubIOp::create(
      b, m.bits(scaled), arith::ShLIOp::create(b, n, m.integer(52))));
  Value s = m.div(m.sub(c, m.constant(1)), m.add(c, m.constant(1)));
  SmallVector<double> series;
  for (int k = 0; k <= 11; ++k)
    series.push_back(2.0 / (2 * k + 1));
  Value logC = m.mul(s, m.polynomial(m.mul(s, s), series));
  Value exponent = arith::SIToFPOp::create(b, m.type, n);
  exponent = m.sub(exponent, m.select(tiny, m.constant(54), m.constant(0)));
  Value result = m.fma(exponent, m.constant(0.693147180559945309417), logC);
  result = m.select(m.compare(arith::CmpFPredicate::OEQ, x, m.constant(kInf)),
                    x, result);
  result = m.select(m.compare(arith::CmpFPredicate::OEQ, x, m.constant(0)),
                    m.constant(-kInf), result);
  // Negative numbers and NaN.
  return m.select(m.compare(arith::CmpFPredicate::ULT, x, m.constant(0)),
                  m.constant(kNaN), result);
}

/// Both functions from r = x - n pi/2, |r| <= pi/4: quarter turn `shift` is 0
/// for the sine and 1 for the cosine.
Value sine64(MathBuilder &m, Value x, int64_t shift) {
  Builder &b = m.b;
  auto [whole, n] = m.nearest(m.mul(x, m.constant(0.63661977236758134308)));
  Value r = m.fma(whole, m.constant(-1.57079632673412561417), x);
  r = m.fma(whole, m.constant(-6.07710050630396597660e-11), r);
  r = m.fma(whole, m.constant(-2.02226624879595063154e-21), r);
  Value square = m.mul(r, r);
  SmallVector<double> sineSeries, cosineSeries;
  double factorial = 1;
  for (int k = 0; k <= 17; ++k) {
    double sign = (k / 2) % 2 ? -1 : 1;
    (k % 2 ? sineSeries : cosineSeries).push_back(sign / factorial);
    factorial *= k + 1;
  }
  Value sine = m.mul(r, m.polynomial(square, sineSeries));
  Value cosine = m.polynomial(square, cosineSeries);
  Value quadrant = arith::AddIOp::create(b, n, m.integer(shift));
  auto hasBit = [&](int64_t bit) {
    Value masked = arith::AndIOp::create(b, quadrant, m.integer(bit));
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, masked,
                                 m.integer(0))
        .getResult();
  };
  Value result = m.select(hasBit(1), cosine, sine);
  result = m.select(hasBit(2), m.neg(result), result);
  // Infinities have no sine.
  return m.select(m.less(m.abs(x), m.constant(kInf)), result, m.constant(kNaN));
}
Value sin64(MathBuilder &m, Value x) { return sine64(m, x, 0); }
Value cos64(MathBuilder &m, Value x) { return sine64(m, x, 1); }
Value tan64(MathBuilder &m, Value x) { return m.div(sin64(m, x), cos64(m, x)); }

/// atan x = pi/2 - atan 1/x beyond 1, then = pi/6 + atan((sqrt(3) x - 1) /
/// (sqrt(3) + x)) beyond tan(pi/12).
Value atan64(MathBuilder &m, Value x) {
  constexpr double kRoot3 = 1.73205080756887729353;
  Value magnitude = m.abs(x);
  Value inverted = m.greater(magnitude, m.constant(1));
  Value y = m.select(inverted, m.div(m.constant(1), magnitude), magnitude);
  Value turned = m.greater(y, m.constant(0.26794919243112270647));
  Value rotated = m.div(m.sub(m.mul(m.constant(kRoot3), y), m.constant(1)),
                        m.add(m.constant(kRoot3), y));
  Value z = m.select(turned, rotated, y);
  SmallVector<double> series;
  for (int k = 0; k <= 14; ++k)
    series.push_back((k % 2 ? -1.0 : 1.0) / (2 * k + 1));
  Value angle = m.mul(z, m.polynomial(m.mul(z, z), series));
  angle = m.add(angle, m.select(turned, m.constant(0.52359877559829887308),
                                m.constant(0)));
  angle = m.select(inverted, m.sub(m.constant(1.57079632679489661923), angle),
                   angle);
  return m.copySign(angle, x);
}

Value asin64(MathBuilder &m, Value x) {
  Value one = m.constant(1);
  return atan64(m, m.div(x, m.sqrt(m.mul(m.sub(one, x), m.add(one, x)))));
}
Value acos64(MathBuilder &m, Value x) {
  return m.sub(m.constant(1.57079632679489661923), asin64(m, x));
}

/// e^x - 1: the series where the difference would cancel.
Value expm164(MathBuilder &m, Value x) {
  SmallVector<double> series;
  double factorial = 1;
  for (int k = 1; k <= 12; ++k) {
    factorial *= k;
    series.push_back(1 / factorial);
  }
  Value small = m.mul(x, m.polynomial(x, series));
  Value large = m.sub(exp64(m, x), m.constant(1));
  return m.select(m.less(m.abs(x), m.constant(0.25)), small, large);
}

/// log(1 + x), corrected for the rounding of the sum.
Value log1p64(MathBuilder &m, Value x) {
  Value sum = arith::AddFOp::create(m.b, x, m.constant(1));
  Value lost = arith::SubFOp::create(
      m.b, x, arith::SubFOp::create(m.b, sum, m.constant(1)));
  Value result = m.add(log64(m, sum), m.div(lost, sum));
  Value regular = m.less(m.abs(x), m.constant(kInf));
  Value open = m.greater(x, m.constant(-1));
  result = m.select(regular, result, log64(m, sum));
  return m.select(open, result, log64(m, sum));
}

Value sinh64(MathBuilder &m, Value x) {
  Value e = expm164(m, m.abs(x));
  Value half =
      m.mul(m.constant(0.5), m.add(e, m.div(e, m.add(e, m.constant(1)))));
  half = m.select(m.greater(m.abs(x), m.constant(700)),
                  m.mul(m.constant(0.5), exp64(m, m.abs(x))), half);
  return m.copySign(half, x);
}
Value cosh64(MathBuilder &m, Value x) {
  Value e = exp64(m, m.abs(x));
  return m.mul(m.constant(0.5), m.add(e, m.div(m.constant(1), e)));
}
Value tanh64(MathBuilder &m, Value x) {
  Value twice = m.abs(m.add(x, x));
  Value limited = m.clamp(twice, 0.0, 50.0);
  Value e = expm164(m, limited);
  return m.copySign(m.div(e, m.add(e, m.constant(2))), x);
}
Value asinh64(MathBuilder &m, Value x) {
  Value magnitude = m.abs(x), square = m.mul(magnitude, magnitude);
  Value root = m.sqrt(m.add(square, m.constant(1)));
  Value inner = m.add(magnitude, m.div(square, m.add(m.constant(1), root)));
  Value large = m.add(log64(m, magnitude), m.constant(0.693147180559945309417));
  return m.copySign(
      m.select(m.greater(magnitude, m.constant(1e8)), large, log1p64(m, inner)),
      x);
}
Value acosh64(MathBuilder &m, Value x) {
  Value less = m.sub(x, m.constant(1));
  Value inner =
      m.add(less, m.sqrt(m.add(m.mul(less, less), m.add(less, less))));
  Value large = m.add(log64(m, x), m.constant(0.693147180559945309417));
  return m.select(m.greater(x, m.constant(1e8)), large, log1p64(m, inner));
}
Value atanh64(MathBuilder &m, Value x) {
  Value magnitude = m.abs(x);
  Value inner =
      m.div(m.add(magnitude, magnitude), m.sub(m.constant(1), magnitude));
  return m.copySign(m.mul(m.constant(0.5), log1p64(m, inner)), x);
}

/// |x|^y = e^(y log |x|), with C's rules for signs and special values.
Value pow64(MathBuilder &m, Value x, Value y) {
  Builder &b = m.b;
  Value magnitude = m.abs(x);
  Value result = exp64(m, m.mul(y, log64(m, magnitude)));
  // 1^y and x^0 are 1 even for NaN and infinities; -1 to infinities too.
  Value whole = math::FloorOp::create(b, y);
  Value isWhole = m.compare(arith::CmpFPredicate::OEQ, whole, y);
  Value half = m.mul(y, m.constant(0.5));
  Value isOdd =
      arith::AndIOp::create(b, isWhole,
                            m.compare(arith::CmpFPredicate::UNE,
                                      math::FloorOp::create(b, half), half));
  Value negative = m.less(m.copySign(m.constant(1), x), m.constant(0));
  Value flipped = m.select(isOdd, m.neg(result), result);
  Value invalid = m.select(m.less(m.neg(magnitude), m.constant(0)),
                           m.constant(kNaN), result);
  Value finite = m.less(magnitude, m.constant(kInf));
  invalid = m.select(finite, invalid, result);
  Value ofNegative = m.select(isWhole, flipped, invalid);
  result = m.select(negative, ofNegative, result);
  Value one = m.constant(1);
  result = m.select(
      m.compare(arith::CmpFPredicate::OEQ, magnitude, one),
      m.select(m.compare(arith::CmpFPredicate::OEQ, x, one), one, result),
      result);
  Value certain = arith::OrIOp::create(
      b, m.compare(arith::CmpFPredicate::OEQ, x, one),
      m.compare(arith::CmpFPredicate::OEQ, y, m.constant(0)));
  return m.select(certain, one, result);
}

//===-- Patterns ----------------------------------------------------------===//

using Unary = Value (*)(MathBuilder &, Value);

/// Replaces an operation by its f32 formula, or by its f64 formula in f64.
template <typename OpTy> struct ExpandUnary : OpRewritePattern<OpTy> {
  ExpandUnary(MLIRContext *context, bool avx512, Unary single, Unary wide)
      : OpRewritePattern<OpTy>(context), avx512(avx512), single(single),
        wide(wide) {}

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Type type = op.getType();
    Type element = getElementTypeOrSelf(type);
    if (!element.isF32() && !element.isF64())
      return rewriter.notifyMatchFailure(op, "expected f32 or f64");
    if (element.isF32() && single) {
      MathBuilder m(b, type, avx512);
      rewriter.replaceOp(op, single(m, op.getOperand()));
      return success();
    }
    if (!wide)
      return rewriter.notifyMatchFailure(op, "no formula in f64");
    Value x = convert(b, op.getOperand(), b.getF64Type());
    MathBuilder m(b, x.getType(), avx512);
    rewriter.replaceOp(op, convert(b, wide(m, x), element));
    return success();
  }

  bool avx512;
  Unary single, wide;
};

/// Where an approximation will do.
struct ExpandErfByTable : OpRewritePattern<math::ErfOp> {
  ExpandErfByTable(MLIRContext *context, bool avx512)
      : OpRewritePattern(context, /*benefit=*/2), avx512(avx512) {}

  LogicalResult matchAndRewrite(math::ErfOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "expected f32");
    MathBuilder m(b, op.getType(), avx512);
    if (!m.hasTables() ||
        !bitEnumContainsAll(op.getFastmath(), arith::FastMathFlags::afn))
      return rewriter.notifyMatchFailure(op, "expected no accurate digits");
    rewriter.replaceOp(op, erfByTable32(m, op.getOperand()));
    return success();
  }

  bool avx512;
};

struct ExpandPow : OpRewritePattern<math::PowFOp> {
  ExpandPow(MLIRContext *context, bool avx512)
      : OpRewritePattern(context), avx512(avx512) {}

  LogicalResult matchAndRewrite(math::PowFOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Type element = getElementTypeOrSelf(op.getType());
    if (!element.isF32() && !element.isF64())
      return rewriter.notifyMatchFailure(op, "expected f32 or f64");
    Value x = convert(b, op.getLhs(), b.getF64Type()),
          y = convert(b, op.getRhs(), b.getF64Type());
    MathBuilder m(b, x.getType(), avx512);
    rewriter.replaceOp(op, convert(b, pow64(m, x, y), element));
    return success();
  }

  bool avx512;
};

struct ExpandRsqrt : OpRewritePattern<math::RsqrtOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::RsqrtOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    MathBuilder m(b, op.getType(), /*avx512=*/false);
    rewriter.replaceOp(op, m.div(m.constant(1), m.sqrt(op.getOperand())));
    return success();
  }
};

void populate(RewritePatternSet &patterns, bool avx512) {
  MLIRContext *context = patterns.getContext();
  patterns.add<ExpandUnary<math::ExpOp>>(context, avx512, exp32, exp64);
  patterns.add<ExpandUnary<math::TanhOp>>(context, avx512, tanh32, tanh64);
  patterns.add<ExpandUnary<math::ErfOp>>(context, avx512, erf32, erf64);
  patterns.add<ExpandUnary<math::LogOp>>(context, avx512, nullptr, log64);
  patterns.add<ExpandUnary<math::Log1pOp>>(context, avx512, nullptr, log1p64);
  patterns.add<ExpandUnary<math::ExpM1Op>>(context, avx512, nullptr, expm164);
  patterns.add<ExpandUnary<math::SinOp>>(context, avx512, nullptr, sin64);
  patterns.add<ExpandUnary<math::CosOp>>(context, avx512, nullptr, cos64);
  patterns.add<ExpandUnary<math::TanOp>>(context, avx512, nullptr, tan64);
  patterns.add<ExpandUnary<math::AtanOp>>(context, avx512, nullptr, atan64);
  patterns.add<ExpandUnary<math::AsinOp>>(context, avx512, nullptr, asin64);
  patterns.add<ExpandUnary<math::AcosOp>>(context, avx512, nullptr, acos64);
  patterns.add<ExpandUnary<math::SinhOp>>(context, avx512, nullptr, sinh64);
  patterns.add<ExpandUnary<math::CoshOp>>(context, avx512, nullptr, cosh64);
  patterns.add<ExpandUnary<math::AsinhOp>>(context, avx512, nullptr, asinh64);
  patterns.add<ExpandUnary<math::AcoshOp>>(context, avx512, nullptr, acosh64);
  patterns.add<ExpandUnary<math::AtanhOp>>(context, avx512, nullptr, atanh64);
  patterns.add<ExpandErfByTable, ExpandPow>(context, avx512);
  patterns.add<ExpandRsqrt>(context);
}

struct ExpandMathPass : impl::ExpandMathPassBase<ExpandMathPass> {
  using Base::Base;
  void runOnOperation() final {
    RewritePatternSet patterns(&getContext());
    populate(patterns, avx512);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

} // namespace hagane::cpu
