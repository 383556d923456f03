//===- XfFold.cpp - Folders and canonicalizations -------------------------===//
//
// Only what needs no arithmetic on elements: identities and reshapes. Folding
// constants is the evaluator's work.
//
//===----------------------------------------------------------------------===//

#include "dialects/xf/XfOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace hagane::xf {

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

OpFoldResult Constant::fold(FoldAdaptor) { return getValue(); }

OpFoldResult DimValue::fold(FoldAdaptor) {
  std::optional<int64_t> value = Dim(getDim()).getConstant();
  return value ? OpFoldResult(IntegerAttr::get(getType(), *value))
               : OpFoldResult();
}

/// Whether the attribute is a splat of the number, with the same sign of zero.
static bool isSplatOf(Attribute attribute, double number) {
  auto splat = dyn_cast_or_null<SplatElementsAttr>(attribute);
  if (!splat)
    return false;
  if (isa<IntegerType>(splat.getElementType()))
    return splat.getSplatValue<APInt>() ==
           APInt(splat.getElementType().getIntOrFloatBitWidth(),
                 int64_t(number), /*isSigned=*/true,
                 /*implicitTrunc=*/true);
  if (!isa<FloatType>(splat.getElementType()))
    return false;
  APFloat value = splat.getSplatValue<APFloat>(), wanted(number);
  bool inexact;
  wanted.convert(value.getSemantics(), APFloat::rmNearestTiesToEven, &inexact);
  return !inexact && value.bitwiseIsEqual(wanted);
}

/// x + zero is x for every x only if a float zero is negative: 0.0 + -0.0 is
/// 0.0.
static bool isAdditiveZero(Attribute attribute) {
  auto elements = dyn_cast_or_null<ElementsAttr>(attribute);
  bool isFloat = elements && isa<FloatType>(elements.getElementType());
  return isSplatOf(attribute, isFloat ? -0.0 : 0.0);
}

//===----------------------------------------------------------------------===//
// Element-wise operations
//===----------------------------------------------------------------------===//

/// The operand if replacing the result by it changes no type.
static OpFoldResult unchanged(Value operand, Value result) {
  return operand.getType() == result.getType() ? OpFoldResult(operand)
                                               : OpFoldResult();
}

/// f(f(x)) = x
template <typename OpTy> static OpFoldResult foldInvolution(OpTy op) {
  auto inner = op.getX().template getDefiningOp<OpTy>();
  return inner ? unchanged(inner.getX(), op.getY()) : OpFoldResult();
}

/// f(f(x)) = f(x)
template <typename OpTy> static OpFoldResult foldIdempotent(OpTy op) {
  return op.getX().template getDefiningOp<OpTy>()
             ? unchanged(op.getX(), op.getY())
             : OpFoldResult();
}

OpFoldResult Neg::fold(FoldAdaptor) { return foldInvolution(*this); }
OpFoldResult Not::fold(FoldAdaptor) { return foldInvolution(*this); }
OpFoldResult Abs::fold(FoldAdaptor) { return foldIdempotent(*this); }
OpFoldResult Sign::fold(FoldAdaptor) { return foldIdempotent(*this); }
OpFoldResult Relu::fold(FoldAdaptor) { return foldIdempotent(*this); }
OpFoldResult Floor::fold(FoldAdaptor) { return foldIdempotent(*this); }
OpFoldResult Ceil::fold(FoldAdaptor) { return foldIdempotent(*this); }
OpFoldResult Round::fold(FoldAdaptor) { return foldIdempotent(*this); }

OpFoldResult Add::fold(FoldAdaptor adaptor) {
  if (isAdditiveZero(adaptor.getB()))
    return unchanged(getA(), getY());
  return isAdditiveZero(adaptor.getA()) ? unchanged(getB(), getY())
                                        : OpFoldResult();
}

OpFoldResult Sub::fold(FoldAdaptor adaptor) {
  return isSplatOf(adaptor.getB(), 0.0) ? unchanged(getA(), getY())
                                        : OpFoldResult();
}

OpFoldResult Mul::fold(FoldAdaptor adaptor) {
  if (isSplatOf(adaptor.getB(), 1.0))
    return unchanged(getA(), getY());
  return isSplatOf(adaptor.getA(), 1.0) ? unchanged(getB(), getY())
                                        : OpFoldResult();
}

OpFoldResult Div::fold(FoldAdaptor adaptor) {
  return isSplatOf(adaptor.getB(), 1.0) ? unchanged(getA(), getY())
                                        : OpFoldResult();
}

/// f(a, a) = a
template <typename OpTy> static OpFoldResult foldEqualOperands(OpTy op) {
  return op.getA() == op.getB() ? unchanged(op.getA(), op.getY())
                                : OpFoldResult();
}

/// f(a, neutral) = a for integers
template <typename OpTy>
static OpFoldResult foldNeutral(OpTy op, typename OpTy::FoldAdaptor adaptor,
                                int64_t neutral) {
  if (isSplatOf(adaptor.getB(), neutral))
    return unchanged(op.getA(), op.getY());
  return isSplatOf(adaptor.getA(), neutral) ? unchanged(op.getB(), op.getY())
                                            : OpFoldResult();
}

OpFoldResult Min::fold(FoldAdaptor) { return foldEqualOperands(*this); }
OpFoldResult Max::fold(FoldAdaptor) { return foldEqualOperands(*this); }

OpFoldResult And::fold(FoldAdaptor adaptor) {
  OpFoldResult same = foldEqualOperands(*this);
  return same ? same : foldNeutral(*this, adaptor, -1);
}

OpFoldResult Or::fold(FoldAdaptor adaptor) {
  OpFoldResult same = foldEqualOperands(*this);
  return same ? same : foldNeutral(*this, adaptor, 0);
}

OpFoldResult Xor::fold(FoldAdaptor adaptor) {
  return foldNeutral(*this, adaptor, 0);
}

OpFoldResult Shl::fold(FoldAdaptor adaptor) {
  return isSplatOf(adaptor.getB(), 0.0) ? unchanged(getA(), getY())
                                        : OpFoldResult();
}

OpFoldResult Shr::fold(FoldAdaptor adaptor) {
  return isSplatOf(adaptor.getB(), 0.0) ? unchanged(getA(), getY())
                                        : OpFoldResult();
}

OpFoldResult Cast::fold(FoldAdaptor) { return unchanged(getX(), getY()); }

/// An integer compared with itself is decided; a float may be NaN.
OpFoldResult Cmp::fold(FoldAdaptor) {
  auto type = cast<RankedTensorType>(getType());
  if (getA() != getB() || !isa<IntegerType>(getElementTypeOrSelf(getA())) ||
      !type.hasStaticShape())
    return {};
  CmpKind kind = getKind();
  bool value =
      kind == CmpKind::eq || kind == CmpKind::le || kind == CmpKind::ge;
  return DenseElementsAttr::get(type, value);
}

/// The chosen operand, if no other one can make the result larger than it.
static OpFoldResult choose(Value chosen, ValueRange others, Value result) {
  auto isStatic = [](Value other) {
    return cast<RankedTensorType>(other.getType()).hasStaticShape();
  };
  return llvm::all_of(others, isStatic) ? unchanged(chosen, result)
                                        : OpFoldResult();
}

OpFoldResult Select::fold(FoldAdaptor adaptor) {
  if (getA() == getB())
    return choose(getA(), getCondition(), getY());
  if (isSplatOf(adaptor.getCondition(), 0.0))
    return choose(getB(), getA(), getY());
  auto condition = dyn_cast_or_null<SplatElementsAttr>(adaptor.getCondition());
  return condition ? choose(getA(), getB(), getY()) : OpFoldResult();
}

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

/// The operand if its static shape is the result's: then nothing moved.
static OpFoldResult unchangedStatic(Value operand, Value result) {
  auto type = cast<RankedTensorType>(result.getType());
  return type.hasStaticShape() ? unchanged(operand, result) : OpFoldResult();
}

/// Whether a reshape's sizes mean the same whatever the shape of its operand.
static bool isIndependentOfOperand(Reshape op) {
  if (!op.getShape())
    return false;
  return !op.getCopyZero() ||
         llvm::none_of(op.getShapeAttr().getAsRange<DimAttr>(),
                       [](DimAttr size) { return Dim(size).isConstant(0); });
}

OpFoldResult Reshape::fold(FoldAdaptor) {
  if (OpFoldResult same = unchangedStatic(getX(), getY()))
    return same;
  // Of two reshapes only the last decides.
  auto inner = getX().getDefiningOp<Reshape>();
  if (!inner || !isIndependentOfOperand(*this))
    return {};
  getXMutable().assign(inner.getX());
  return getResult();
}

OpFoldResult Transpose::fold(FoldAdaptor) {
  for (auto [i, axis] : llvm::enumerate(getPermutation()))
    if (axis != int64_t(i))
      return {};
  return unchanged(getX(), getY());
}

namespace {
/// transpose(transpose(x, p), q) is transpose(x, p[q]).
struct MergeTransposes : OpRewritePattern<Transpose> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(Transpose op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getX().getDefiningOp<Transpose>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "operand is no transpose");
    SmallVector<int64_t> permutation;
    for (int64_t axis : op.getPermutation())
      permutation.push_back(inner.getPermutation()[axis]);
    rewriter.modifyOpInPlace(op, [&] {
      op.getXMutable().assign(inner.getX());
      op.setPermutation(permutation);
    });
    return success();
  }
};
} // namespace

void Transpose::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *context) {
  patterns.add<MergeTransposes>(context);
}

OpFoldResult Broadcast::fold(FoldAdaptor) {
  return unchangedStatic(getX(), getY());
}

OpFoldResult Concat::fold(FoldAdaptor) {
  return getInputs().size() == 1 ? unchanged(getInputs().front(), getY())
                                 : OpFoldResult();
}

OpFoldResult Slice::fold(FoldAdaptor) {
  // All elements of an axis in their order: only a step of 1 keeps it.
  bool inOrder =
      llvm::all_of(getSteps(), [](int64_t step) { return step > 0; });
  return inOrder ? unchangedStatic(getX(), getY()) : OpFoldResult();
}

/// The first position of each axis: what a gather of index 0 along an axis of
/// size 1 that keeps the axis does.
OpFoldResult Gather::fold(FoldAdaptor adaptor) {
  auto type = cast<RankedTensorType>(getX().getType());
  bool isUnit =
      type.getDimSize(getAxis()) == 1 && isSplatOf(adaptor.getIndices(), 0.0);
  return isUnit ? unchanged(getX(), getY()) : OpFoldResult();
}

OpFoldResult Reduce::fold(FoldAdaptor) {
  // Kinds that leave a single element as it is.
  switch (getKind()) {
  case ReduceKind::sum:
  case ReduceKind::mean:
  case ReduceKind::prod:
  case ReduceKind::max:
  case ReduceKind::min:
    break;
  default:
    return {};
  }
  auto type = cast<RankedTensorType>(getX().getType());
  for (int64_t axis : getAxes())
    if (type.getDimSize(axis) != 1)
      return {};
  return unchanged(getX(), getY());
}

} // namespace hagane::xf
