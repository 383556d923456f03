//===- ExpandConversions.cpp - Narrow floats without instructions ---------===//
//
// Where a processor cannot convert half-precision floats, LLVM calls functions
// of its own library, which compiled code must not need, and it knows nothing
// of narrower ones. These patterns convert on the bits.
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/Bits.h"
#include "codegen/cpu/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace hagane::cpu {
#define GEN_PASS_DEF_EXPANDCONVERSIONSPASS
#include "codegen/cpu/Passes.h.inc"

namespace {

bool isConversion(Type from, Type to, bool widens) {
  from = getElementTypeOrSelf(from);
  to = getElementTypeOrSelf(to);
  return widens ? from.isF16() && to.isF32() : from.isF32() && to.isF16();
}

struct ExtendF16 : OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    if (!isConversion(op.getIn().getType(), op.getType(), /*widens=*/true))
      return rewriter.notifyMatchFailure(op, "expected f16 to f32");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Bits i{b, op.getType()};
    Value half = arith::ExtUIOp::create(
        b, i.word(),
        arith::BitcastOp::create(b, i.typeOf(b.getI16Type()), op.getIn()));
    Value magnitude = i.band(half, 0x7fff);
    // The exponent's bias differs by 112; the product is exact, and makes
    // subnormals normal.
    Value scaled = arith::MulFOp::create(b, i.toFloat(i.left(magnitude, 13)),
                                         i.toFloat(i.constant(0x77800000)));
    Value finite = i.toBits(scaled);
    Value special = i.bor(finite, i.constant(0x7f800000));
    Value bits = i.select(i.isBelow(magnitude, 0x7c00), finite, special);
    Value sign = i.left(i.band(half, 0x8000), 16);
    rewriter.replaceOp(op, i.toFloat(i.bor(bits, sign)));
    return success();
  }
};

struct TruncateF16 : OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &rewriter) const override {
    if (!isConversion(op.getIn().getType(), op.getType(), /*widens=*/false))
      return rewriter.notifyMatchFailure(op, "expected f32 to f16");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Bits i{b, op.getType()};
    Value bits = i.toBits(op.getIn());
    Value magnitude = i.band(bits, 0x7fffffff);
    // Half an ulp less the tie, plus the last bit kept: to nearest even. The
    // carry moves the largest values to infinity.
    Value odd = i.band(i.right(magnitude, 13), 1);
    Value rounded =
        i.add(i.add(magnitude, i.constant(0xfff - (112 << 23))), odd);
    Value normal = i.right(rounded, 13);
    // Adding 1/2 leaves a subnormal's bits, rounded, at the end of the sum.
    Value shifted = i.toBits(arith::AddFOp::create(
        b, i.toFloat(magnitude), i.toFloat(i.constant(0x3f000000))));
    Value subnormal = i.add(shifted, i.constant(-0x3f000000));
    Value special = i.select(i.isBelow(magnitude, 0x7f800001),
                             i.constant(0x7c00), i.constant(0x7e00));
    Value finite =
        i.select(i.isBelow(magnitude, 0x38800000), subnormal, normal);
    Value result = i.select(i.isBelow(magnitude, 0x47800000), finite, special);
    result = i.bor(result, i.band(i.right(bits, 16), 0x8000));
    Value half = arith::TruncIOp::create(b, i.typeOf(b.getI16Type()), result);
    rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, op.getType(), half);
    return success();
  }
};

/// Integers become narrow floats through f32: no target has instructions for
/// the way from the one to the other.
template <typename OpTy> struct NarrowInteger : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    Type type = op.getType();
    if (getElementTypeOrSelf(type).getIntOrFloatBitWidth() >= 32)
      return rewriter.notifyMatchFailure(op, "expected a narrow float");
    Type wide = rewriter.getF32Type();
    if (auto vector = dyn_cast<VectorType>(type))
      wide = vector.clone(wide);
    Value value = OpTy::create(rewriter, op.getLoc(), wide, op.getIn());
    rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, type, value);
    return success();
  }
};

struct ExpandConversionsPass
    : impl::ExpandConversionsPassBase<ExpandConversionsPass> {
  using Base::Base;
  void runOnOperation() final {
    RewritePatternSet patterns(&getContext());
    populateSmallFloatPatterns(patterns);
    patterns
        .add<NarrowInteger<arith::SIToFPOp>, NarrowInteger<arith::UIToFPOp>>(
            &getContext());
    if (f16)
      patterns.add<ExtendF16, TruncateF16>(&getContext());
    if (bf16)
      arith::populateExpandBFloat16Patterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace hagane::cpu
