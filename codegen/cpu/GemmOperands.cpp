//===- GemmOperands.cpp - The factors of a matrix product -----------------===//

#include "codegen/cpu/GemmOperands.h"
#include "codegen/cpu/Lanes.h"
#include "codegen/cpu/Nest.h"
#include "dialects/kernel/KernelCost.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace hagane::cpu {

// How A's rows are copied: vectors an iteration, and rows to fetch ahead.
static constexpr int64_t kCopiedVectors = 4, kRowsAhead = 8;

static MemRefType typeOf(Value memref) {
  return cast<MemRefType>(memref.getType());
}

/// Whether elements of an operand are unsigned: kernels read them without
/// signs.
static bool isUnsigned(Value memref) {
  if (auto cast = memref.getDefiningOp<UnrealizedConversionCastOp>())
    memref = cast.getInputs().front();
  return getElementTypeOrSelf(memref.getType()).isUnsignedInteger();
}

GemmOperands::GemmOperands(kernel::Gemm op, const LoweringOptions &options,
                           Builder &b)
    : op(op), b(b), a(op.getA()), weight(op.getB()), layout(op.getBLayout()),
      compute(kernel::getAccumulatorType(op)), lanes(options.getLanes(compute)),
      panelWidth(kernel::getPanelWidth(op)), isUnsignedA(isUnsigned(a)),
      isUnsignedB(isUnsigned(weight)) {
  chooseWay(options);
}

bool GemmOperands::isBytes() const {
  auto isByte = [](Value factor) {
    return typeOf(factor).getElementType().isInteger(8);
  };
  return isByte(a) && isByte(weight) && compute.isInteger(32);
}

void GemmOperands::chooseWay(const LoweringOptions &options) {
  bool isInterleaved = layout == "interleaved";
  bool isPairs = compute.isF32() && typeOf(a).getElementType().isBF16() &&
                 typeOf(weight).getElementType().isBF16();
  if (isInterleaved && isBytes())
    return chooseQuads(options);
  if (!options.bf16Dots.empty() && isPairs &&
      (isInterleaved || layout == "rows")) {
    way = Way::Dots;
    dots = options.bf16Dots;
  } else if (isInterleaved) {
    way = Way::Widened;
  }
  interleave = way == Way::OneTerm ? 1 : 2;
}

void GemmOperands::chooseQuads(const LoweringOptions &options) {
  const IntegerDots &known = options.integerDots;
  interleave = 4;
  way = Way::Quads;
  if (isUnsignedA != isUnsignedB && !known.mixed.empty()) {
    dots = known.mixed;
    swaps = isUnsignedB;
  } else if (!isUnsignedB && !known.equal.empty()) {
    dots = known.equal;
    flips = isUnsignedA;
  } else if (!isUnsignedB && !known.mixed.empty()) {
    dots = known.mixed;
    flips = true;
  } else {
    dots = known.pairs;
    way = dots.empty() ? Way::QuadsOfOne : Way::QuadsOfPairs;
  }
}

LogicalResult GemmOperands::verify() {
  MemRefType type = typeOf(weight);
  if ((layout == "panels" || layout == "interleaved") && panelWidth <= 0)
    return op.emitError("expected panels of a static width, found b of type ")
           << type;
  if (layout != "interleaved")
    return success();
  bool isPairs = type.getElementType().isBF16() && compute.isF32();
  if (type.getShape().back() != interleave || !(isPairs || isBytes()) ||
      !type.getLayout().isIdentity())
    return op.emitError(
               "expected interleaved pairs of bf16 and sums in f32, or "
               "interleaved quads of 8 bits, a of 8 bits and sums in "
               "i32, found a of type ")
           << op.getA().getType() << ", b of type " << type << " and sums in "
           << compute;
  // What lies side by side of neighbouring columns is one row of elements.
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
  bool isNarrow = way == Way::Dots || interleave == 4;
  return isNarrow ? typeOf(a).getElementType() : compute;
}

Values GemmOperands::placeInA(Value m) const {
  return typeOf(a).getRank() == 3 ? Values{batch, m} : Values{m};
}

Value GemmOperands::loadRow(Value m, Value k, Access part) {
  Values at = placeInA(m);
  at.push_back(k);
  if (getCopyType() == typeOf(a).getElementType())
    return load(b, a, at, part, getCopyType());
  return loadElement(b, a, at, part, isUnsignedA);
}

void GemmOperands::prefetchA(Value m, Value k) {
  Values at = placeInA(m);
  at.push_back(k);
  memref::PrefetchOp::create(b, a, at, /*isWrite=*/false,
                             /*localityHint=*/2, /*isDataCache=*/true);
}

void GemmOperands::copyRows(Value into, Value begin, Value end, Value from,
                            Value to) {
  int64_t copied = kernel::getElementBytes(compute) * lanes /
                   kernel::getElementBytes(getCopyType());
  Value length = sub(b, to, from);
  Value whole = roundDown(b, length, kCopiedVectors * copied);
  forEach(b, begin, end, 1, [&](Value m) {
    auto copy = [&](Value k, Access part) {
      store(b, loadRow(m, add(b, from, k), part), into, {sub(b, m, begin), k},
            part);
    };
    forEach(b, index(b, 0), whole, kCopiedVectors * copied, [&](Value k) {
      for (int64_t v = 0; v < kCopiedVectors; ++v)
        prefetchA(add(b, m, kRowsAhead), add(b, from, add(b, k, v * copied)));
      for (int64_t v = 0; v < kCopiedVectors; ++v)
        copy(add(b, k, v * copied), {copied, Value()});
    });
    forVectors(b, sub(b, length, whole), copied,
               [&](Value k, Access part) { copy(add(b, whole, k), part); });
  });
}

/// Elements as the compute type.
Value GemmOperands::loadElement(Builder &b, Value from, ValueRange at,
                                Access access, bool isUnsigned) const {
  Type element = typeOf(from).getElementType();
  if (!isUnsigned || element == compute || !compute.isInteger())
    return load(b, from, at, access, compute);
  Value value = load(b, from, at, access, element);
  Type wide = access.lanes > 1 || access.mask
                  ? Type(vectorOf(compute, access.lanes))
                  : compute;
  if (element.getIntOrFloatBitWidth() > compute.getIntOrFloatBitWidth())
    return arith::TruncIOp::create(b, wide, value);
  return arith::ExtUIOp::create(b, wide, value);
}

/// A term of a step as i32, 0 if it does not exist.
Value GemmOperands::loadByte(Builder &b, Value from, Values at, Value exist,
                             int64_t term) const {
  Value k = at.back();
  at.back() = add(b, k, term);
  if (!exist)
    return loadElement(b, from, at, Access{}, isUnsignedA);
  // What is read exists in any case.
  at.back() = minimum(b, at.back(), add(b, k, add(b, exist, -1)));
  Value value = loadElement(b, from, at, Access{}, isUnsignedA);
  if (term == 0)
    return value;
  Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, exist,
                                       index(b, term));
  return arith::SelectOp::create(b, exists, value, zero(b, value.getType()));
}

/// The terms of a step as a word; those that do not exist are 0.
Value GemmOperands::loadWord(Builder &b, Value from, const Values &at,
                             Value exist) const {
  Type word = b.getI32Type();
  if (interleave == 2) {
    if (!exist)
      return loadPair(b, from, at);
    Value one = load(b, from, at, Access{}, b.getBF16Type());
    return arith::ExtUIOp::create(
        b, word, arith::BitcastOp::create(b, b.getI16Type(), one));
  }
  if (!exist) {
    Value bytes = load(b, from, at, {interleave, Value()}, b.getI8Type());
    return vector::ExtractOp::create(
        b, vector::BitCastOp::create(b, vectorOf(word, 1), bytes), 0);
  }
  Value joined;
  for (int64_t term = 0; term < interleave; ++term) {
    auto constant = [&](int64_t value) {
      return arith::ConstantIntOp::create(b, value, 32);
    };
    Value byte = arith::AndIOp::create(b, loadByte(b, from, at, exist, term),
                                       constant(0xff));
    byte = arith::ShLIOp::create(b, byte, constant(8 * term));
    joined = joined ? arith::OrIOp::create(b, joined, byte) : byte;
  }
  return joined;
}

static Value splatWord(Builder &b, int64_t value, int64_t lanes) {
  return arith::ConstantOp::create(
      b,
      DenseElementsAttr::get(cast<ShapedType>(vectorOf(b.getI32Type(), lanes)),
                             APInt(32, value)));
}

static Value asBytes(Builder &b, Value words) {
  int64_t lanes = cast<VectorType>(words.getType()).getDimSize(0);
  return vector::BitCastOp::create(b, vectorOf(b.getI8Type(), 4 * lanes),
                                   words);
}

Value GemmOperands::loadA(Builder &b, Value from, ValueRange row, Value k,
                          int64_t term, Value exist) const {
  Values at(row);
  at.push_back(k);
  bool isNarrow = typeOf(from).getElementType().isBF16();
  if (way == Way::OneTerm || (way == Way::Widened && !isNarrow)) {
    at.back() = add(b, k, term);
    return loadElement(b, from, at, Access{}, isUnsignedA);
  }
  if (way == Way::QuadsOfOne)
    return loadByte(b, from, at, exist, term);
  Value words = splat(b, loadWord(b, from, at, exist), lanes);
  if (flips)
    words = arith::XOrIOp::create(b, words, splatWord(b, 0x80808080, lanes));
  switch (way) {
  case Way::Widened:
    return widenHalf(b, words, term);
  case Way::Dots:
    return asPairs(b, words);
  case Way::QuadsOfPairs:
    return widenBytes(b, words, term, isUnsignedA);
  default:
    return asBytes(b, words);
  }
}

Value GemmOperands::loadOwnRow(Builder &b) const {
  auto type = vectorOf(b.getI8Type(), interleave * lanes);
  return arith::ConstantOp::create(
      b, DenseElementsAttr::get(cast<ShapedType>(type), APInt(8, 1)));
}

void GemmOperands::applyOwnRows(Builder &b, Values &sums,
                                int64_t vectors) const {
  if (!flips)
    return;
  size_t rows = sums.size() / vectors - 1;
  Value shift = splatWord(b, 7, lanes);
  for (int64_t v = 0; v < vectors; ++v) {
    // 128 times the sums of b's columns.
    Value part = arith::ShLIOp::create(b, sums[rows * vectors + v], shift);
    for (size_t r = 0; r < rows; ++r) {
      Value &sum = sums[r * vectors + v];
      sum = isUnsignedA ? arith::AddIOp::create(b, sum, part).getResult()
                        : arith::SubIOp::create(b, sum, part).getResult();
    }
  }
  sums.truncate(rows * vectors);
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
  int64_t width = isInterleaved ? interleave : 1;
  Values at{panel, step.k, mul(b, add(b, panelColumn, vector * lanes), width)};
  if (typeOf(weight).getRank() > 3)
    at.insert(at.begin(), batch);
  prefetchPanel(b, at, vector, step);
  Access part{width * lanes, Value()};
  if (isInterleaved)
    return load(b, weight, at, part, typeOf(weight).getElementType());
  return loadElement(b, weight, at, part, isUnsignedB);
}

Value GemmOperands::loadRows(Builder &b, int64_t vector, Value k, Type type) {
  Values at{k, add(b, column, vector * lanes)};
  if (typeOf(weight).getRank() == 3)
    at.insert(at.begin(), batch);
  if (type == compute)
    return loadElement(b, weight, at, access[vector], isUnsignedB);
  return load(b, weight, at, access[vector], type);
}

Value GemmOperands::loadColumns(Builder &b, int64_t vector, Value k) {
  Value n = add(b, column, vector * lanes);
  AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1),
             d2 = b.getAffineDimExpr(2);
  bool isShared = typeOf(weight).getRank() == 2;
  AffineMap map = isShared ? AffineMap::get(3, 0, {d2, d1}, b.getContext())
                           : AffineMap::get(3, 0, {d0, d2, d1}, b.getContext());
  // What bytes become depends on their sign.
  Type element = typeOf(weight).getElementType();
  Value value =
      loadMapped(b, weight, map, {isShared ? index(b, 0) : batch, k, n}, 2,
                 access[vector], isUnsignedB ? element : compute);
  if (!isUnsignedB || element == compute)
    return value;
  return arith::ExtUIOp::create(b, vectorOf(compute, lanes), value);
}

Value GemmOperands::loadB(Builder &b, int64_t vector, Step step, bool isCut) {
  if (layout == "interleaved") {
    Value together = loadPanel(b, vector, step);
    if (way == Way::Dots || way == Way::Quads)
      return together;
    Value words =
        vector::BitCastOp::create(b, vectorOf(b.getI32Type(), lanes), together);
    if (way == Way::Widened)
      return widenHalf(b, words, step.term);
    if (way == Way::QuadsOfPairs)
      return widenBytes(b, words, step.term, isUnsignedB);
    return widenByte(b, words, step.term, isUnsignedB);
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

/// The sum c and the products of quads, or of their widened parts.
Value GemmOperands::multiplyQuads(Builder &b, Value a, Value x, Value c) const {
  if (way == Way::Quads)
    return swaps ? addDots(b, dots, x, a, c) : addDots(b, dots, a, x, c);
  if (way == Way::QuadsOfOne)
    return multiplyAdd(b, a, x, c);
  Value products = LLVM::CallIntrinsicOp::create(
                       b, c.getType(), b.getStringAttr(dots), ValueRange{a, x})
                       .getResult(0);
  return arith::AddIOp::create(b, products, c);
}

void GemmOperands::describe(MicroKernel &micro, bool isCut) {
  micro.loadB = [this, isCut](Builder &b, int64_t vector, Step step) {
    return loadB(b, vector, step, isCut);
  };
  micro.terms = 1;
  if (way == Way::Widened && !isCut)
    micro.terms = 2;
  if (way == Way::QuadsOfPairs)
    micro.terms = 2;
  if (way == Way::QuadsOfOne)
    micro.terms = 4;
  if (way == Way::Dots)
    micro.accumulate = [this](Builder &b, Value a, Value x, Value c) -> Value {
      return addDots(b, dots, a, x, c);
    };
  if (interleave == 4)
    micro.accumulate = [this](Builder &b, Value a, Value x, Value c) -> Value {
      return multiplyQuads(b, a, x, c);
    };
}

} // namespace hagane::cpu
