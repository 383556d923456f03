//===- GemmOperands.cpp - The factors of a matrix product -----------------===//

#include "codegen/cpu/GemmOperands.h"
#include "codegen/cpu/Lanes.h"
#include "dialects/kernel/KernelCost.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace hagane::cpu {

static MemRefType typeOf(Value memref) {
  return cast<MemRefType>(memref.getType());
}

GemmOperands::GemmOperands(kernel::Gemm op, const LoweringOptions &options,
                           Builder &b)
    : op(op), b(b), a(op.getA()), weight(op.getB()), layout(op.getBLayout()),
      compute(kernel::getAccumulatorType(op)), lanes(options.getLanes(compute)),
      panelWidth(kernel::getPanelWidth(op)), dots(options.bf16Dots),
      way(chooseWay(options)) {}

GemmOperands::Way
GemmOperands::chooseWay(const LoweringOptions &options) const {
  bool isInterleaved = layout == "interleaved";
  bool hasDots = !options.bf16Dots.empty() && compute.isF32() &&
                 typeOf(a).getElementType().isBF16() &&
                 typeOf(weight).getElementType().isBF16();
  if (hasDots && (isInterleaved || layout == "rows"))
    return Way::Dots;
  return isInterleaved ? Way::Widened : Way::OneTerm;
}

LogicalResult GemmOperands::verify() {
  MemRefType type = typeOf(weight);
  if ((layout == "panels" || layout == "interleaved") && panelWidth <= 0)
    return op.emitError("expected panels of a static width, found b of type ")
           << type;
  if (layout != "interleaved")
    return success();
  if (type.getShape().back() != 2 || !type.getElementType().isBF16() ||
      !compute.isF32() || !type.getLayout().isIdentity())
    return op.emitError("expected interleaved pairs of bf16 and sums in f32, "
                        "found b of type ")
           << type << " and sums in " << compute;
  // Pairs of neighbouring columns are one row of elements.
  SmallVector<ReassociationIndices> axes;
  for (int64_t axis = 0; axis + 1 < type.getRank(); ++axis)
    axes.push_back({axis});
  axes.back().push_back(type.getRank() - 1);
  weight = memref::CollapseShapeOp::create(b, weight, axes);
  return success();
}

int64_t GemmOperands::getRowBytes() const {
  MemRefType type = typeOf(weight);
  return type.getShape().back() *
         kernel::getElementBytes(type.getElementType());
}

void GemmOperands::setColumns(Value first, ArrayRef<Access> accesses) {
  column = first;
  access.assign(accesses.begin(), accesses.end());
  if (!isInPanels())
    return;
  Value width = index(b, panelWidth);
  panel = divide(b, first, width);
  panelColumn = remainder(b, first, width);
}

//===-- a -----------------------------------------------------------------===//

Value GemmOperands::getDepth() { return sizeOf(b, a, typeOf(a).getRank() - 1); }

Type GemmOperands::getCopyType() const {
  return way == Way::Dots ? typeOf(a).getElementType() : compute;
}

Values GemmOperands::placeInA(Value m) const {
  return typeOf(a).getRank() == 3 ? Values{batch, m} : Values{m};
}

Value GemmOperands::loadRow(Value m, Value k, Access part) {
  Values at = placeInA(m);
  at.push_back(k);
  return load(b, a, at, part, getCopyType());
}

void GemmOperands::prefetchA(Value m, Value k) {
  Values at = placeInA(m);
  at.push_back(k);
  memref::PrefetchOp::create(b, a, at, /*isWrite=*/false,
                             /*localityHint=*/2, /*isDataCache=*/true);
}

/// A word of two elements; the second is 0 if it does not exist.
static Value loadWord(Builder &b, Value from, ValueRange at, bool isCut) {
  if (!isCut)
    return loadPair(b, from, at);
  Value one = load(b, from, at, Access{}, b.getBF16Type());
  Value bits = arith::BitcastOp::create(b, b.getI16Type(), one);
  return arith::ExtUIOp::create(b, b.getI32Type(), bits);
}

Value GemmOperands::loadA(Builder &b, Value from, ValueRange row, Value k,
                          int64_t term, bool isCut) const {
  bool isNarrow = typeOf(from).getElementType().isBF16();
  bool isSingle = way == Way::OneTerm || (way == Way::Widened && !isNarrow);
  Values at(row);
  at.push_back(isSingle ? add(b, k, term) : k);
  if (isSingle)
    return load(b, from, at, Access{}, compute);
  Value pairs = splat(b, loadWord(b, from, at, isCut), lanes);
  if (way == Way::Widened)
    return widenHalf(b, pairs, term);
  return asPairs(b, pairs);
}

//===-- b -----------------------------------------------------------------===//

void GemmOperands::setPrefetchPiece(Value strip, Value begin, Value end,
                                    int64_t vectors) {
  pieceBegin = {};
  if (!rowsAhead || kPieces % vectors != 0)
    return;
  Value pieces = index(b, kPieces);
  Value rows = divide(b, sub(b, end, begin), pieces);
  pieceBegin = add(b, sub(b, begin, divide(b, begin, pieces)),
                   mul(b, remainder(b, strip, pieces), rows));
  pieceStep = kPieces / vectors;
}

/// What is asked for some rows ahead lies beyond the end of a panel in the next
/// one, and beyond the last one is a hint without effect.
void GemmOperands::prefetchPanel(Builder &b, const Values &at, int64_t vector,
                                 Step step) {
  if (!rowsAhead || step.term != 0)
    return;
  Values ahead = at;
  Value &row = ahead.end()[-2];
  if (pieceBegin) {
    // As many steps as there are pieces ask for a row.
    int64_t inRow = step.inIteration % kPieces;
    if (vector * pieceStep != inRow)
      return;
    row = add(b, pieceBegin, divide(b, step.k, index(b, kPieces)));
  } else if (vector % aheadStep != firstAhead) {
    return;
  }
  row = add(b, row, rowsAhead);
  memref::PrefetchOp::create(b, weight, ahead, /*isWrite=*/false,
                             isNear ? 3 : 2, /*isDataCache=*/true);
}

Value GemmOperands::loadPanel(Builder &b, int64_t vector, Step step) {
  bool isInterleaved = layout == "interleaved";
  int64_t width = isInterleaved ? 2 : 1;
  Values at{panel, step.k, mul(b, add(b, panelColumn, vector * lanes), width)};
  if (typeOf(weight).getRank() > 3)
    at.insert(at.begin(), batch);
  prefetchPanel(b, at, vector, step);
  return load(b, weight, at, {width * lanes, Value()},
              isInterleaved ? b.getBF16Type() : compute);
}

Value GemmOperands::loadRows(Builder &b, int64_t vector, Value k, Type type) {
  Values at{k, add(b, column, vector * lanes)};
  if (typeOf(weight).getRank() == 3)
    at.insert(at.begin(), batch);
  return load(b, weight, at, access[vector], type);
}

Value GemmOperands::loadColumns(Builder &b, int64_t vector, Value k) {
  Value n = add(b, column, vector * lanes);
  AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1),
             d2 = b.getAffineDimExpr(2);
  bool isShared = typeOf(weight).getRank() == 2;
  AffineMap map = isShared ? AffineMap::get(3, 0, {d2, d1}, b.getContext())
                           : AffineMap::get(3, 0, {d0, d2, d1}, b.getContext());
  return loadMapped(b, weight, map, {isShared ? index(b, 0) : batch, k, n}, 2,
                    access[vector], compute);
}

Value GemmOperands::loadB(Builder &b, int64_t vector, Step step, bool isCut) {
  if (layout == "interleaved") {
    Value pairs = loadPanel(b, vector, step);
    if (way == Way::Dots)
      return pairs;
    pairs =
        vector::BitCastOp::create(b, vectorOf(b.getI32Type(), lanes), pairs);
    return widenHalf(b, pairs, step.term);
  }
  if (layout == "panels")
    return loadPanel(b, vector, step);
  if (layout == "columns")
    return loadColumns(b, vector, step.k);
  if (way == Way::OneTerm)
    return loadRows(b, vector, step.k, compute);
  Type bf16 = b.getBF16Type();
  Value k = mul(b, step.k, 2), even = loadRows(b, vector, k, bf16),
        odd = isCut ? zero(b, even.getType())
                    : loadRows(b, vector, add(b, k, 1), bf16);
  SmallVector<int64_t> order;
  for (int64_t lane = 0; lane < lanes; ++lane)
    order.append({lane, lanes + lane});
  return vector::ShuffleOp::create(b, even, odd, order);
}

void GemmOperands::describe(MicroKernel &micro, bool isCut) {
  micro.terms = way == Way::Widened && !isCut ? 2 : 1;
  micro.loadB = [this, isCut](Builder &b, int64_t vector, Step step) {
    return loadB(b, vector, step, isCut);
  };
  if (way == Way::Dots)
    micro.accumulate = [this](Builder &b, Value a, Value x, Value c) -> Value {
      return addDots(b, dots, a, x, c);
    };
}

} // namespace hagane::cpu
