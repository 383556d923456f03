//===- Attention.cpp - What the ways of attention share -------------------===//

#include "codegen/cpu/Attention.h"
#include "codegen/cpu/MathBuilder.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <limits>

using namespace mlir;

namespace hagane::cpu {

Values HeadsOperand::at(Value batch, Value head, Value row,
                        Value feature) const {
  Values place(4);
  place[axes.batch] = batch;
  place[axes.heads] = head;
  place[axes.positions] = row;
  place[axes.features] = feature;
  return place;
}

AttentionCode::AttentionCode(kernel::Attention op, const KernelBody &body,
                             Builder &b)
    : op(op), body(body), b(b), schedule(*op.getSchedule()) {
  auto operand = [&](Value memref, unsigned i) {
    return HeadsOperand{
        memref,
        kernel::AttentionAxes(cast<StringAttr>(op.getLayouts()[i]).getValue())};
  };
  q = operand(op.getQ(), 0);
  k = operand(op.getK(), 1);
  v = operand(op.getV(), 2);
  out = operand(op.getOuts().front(), 3);
  compute = kernel::getComputeType(q.type().getElementType());
  lanes = body.options.getLanes(compute);
  auto isRounded = [](const HeadsOperand &operand) {
    Type element = operand.type().getElementType();
    return element.isBF16() || element.isF32() || element.isInteger(8);
  };
  dots = !body.options.bf16Dots.empty() && q.isBF16() && isRounded(k) &&
         isRounded(v) && depth() % 2 == 0;
  batches = sizeOf(b, q.memref, q.axes.batch);
  heads = sizeOf(b, q.memref, q.axes.heads);
  queries = sizeOf(b, q.memref, q.axes.positions);
  keyHeads = sizeOf(b, k.memref, k.axes.heads);
  keys = op.getPages() ? mul(b, sizeOf(b, op.getPages(), 1), op.getPageSize())
                       : sizeOf(b, k.memref, k.axes.positions);
  group = divide(b, heads, maximum(b, keyHeads, index(b, 1)));
}

int64_t AttentionCode::paddedValue() const {
  return llvm::alignTo(valueSize(), lanes);
}

Value AttentionCode::constant(double value) {
  return arith::ConstantOp::create(b, b.getFloatAttr(compute, value))
      .getResult();
}

Value AttentionCode::lowest() {
  return constant(-std::numeric_limits<double>::infinity());
}

Access AttentionCode::featureAccess(int64_t feature, int64_t size,
                                    int64_t count) {
  if (feature + count <= size)
    return {count, Value()};
  return {count, maskOf(b, index(b, size - feature), count)};
}

Value AttentionCode::asWords(Value pairs) {
  return vector::BitCastOp::create(b, vectorOf(word(), lanes), pairs);
}

Value AttentionCode::asPairs(Value words) {
  return vector::BitCastOp::create(b, vectorOf(b.getBF16Type(), 2 * lanes),
                                   words);
}

Value AttentionCode::addDot(Builder &b, Value a, Value x, Value c) const {
  return addDots(b, body.options.bf16Dots, a, x, c);
}

Value AttentionCode::scaleScore(Value score) {
  if (!usesDots())
    return score;
  Value scale = splatOf(constant(op.getScale().convertToDouble()));
  return arith::MulFOp::create(b, score, scale);
}

Value AttentionCode::loadScratch(Value view, ValueRange at) {
  return load(b, view, at, vectorAccess(), compute);
}

void AttentionCode::storeScratch(Value value, Value view, ValueRange at) {
  store(b, value, view, at, vectorAccess());
}

Value AttentionCode::loadScalar(Value view, ValueRange at) {
  return load(b, view, at, Access{}, compute);
}

void AttentionCode::setBatch(Value entry) {
  batch = entry;
  keyEnd = keys;
  if (op.getKeyLengths()) {
    Value length = memref::LoadOp::create(b, op.getKeyLengths(), batch);
    keyEnd = minimum(b, arith::IndexCastOp::create(b, b.getIndexType(), length),
                     keys);
  }
  diagonal = op.getCausal() == xf::CausalKind::bottom_right
                 ? sub(b, keyEnd, queries)
                 : index(b, 0);
}

void AttentionCode::setBlock(Value key) {
  keyBegin = key;
  std::tie(blockEntry, blockRow) = locate(key);
}

std::pair<Value, Value> AttentionCode::locate(Value key) {
  if (!op.getPages())
    return {batch, key};
  Value page = index(b, op.getPageSize());
  Value number = memref::LoadOp::create(
      b, op.getPages(), ValueRange{batch, divide(b, key, page)});
  return {arith::IndexCastOp::create(b, b.getIndexType(), number),
          remainder(b, key, page)};
}

Value AttentionCode::scaleOf(const HeadsOperand &x, Value key) {
  Value feature = index(b, x.type().getDimSize(3) - kernel::kScaleBytes);
  // Not aligned.
  Value bytes = load(b, x.memref, placeOf(x, key, feature),
                     {kernel::kScaleBytes, Value()}, b.getI8Type());
  Value scale =
      vector::BitCastOp::create(b, vectorOf(b.getF32Type(), 1), bytes);
  return vector::ExtractOp::create(b, scale, 0);
}

Value AttentionCode::loadRow(const HeadsOperand &x, Value key, Value feature,
                             Access access) {
  if (!isCoded(x))
    return load(b, x.memref, placeOf(x, key, feature), access, compute);
  Value codes =
      load(b, x.memref, placeOf(x, key, feature), access, b.getI8Type());
  return arith::SIToFPOp::create(b, vectorOf(compute, access.lanes), codes);
}

Value AttentionCode::partSize() {
  Value size = ceilDivide(b, keys, schedule.getParts());
  if (!op.getPages())
    return size;
  int64_t page = op.getPageSize();
  return mul(b, ceilDivide(b, size, page), page);
}

std::optional<int64_t> AttentionCode::rightReach() {
  if (op.getCausal() != xf::CausalKind::none)
    return 0;
  if (int64_t right = op.getWindowRight(); right >= 0)
    return right;
  return std::nullopt;
}

Value AttentionCode::larger(Value x, Value best) {
  Value isLarger = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x, best);
  return arith::SelectOp::create(b, isLarger, x, best);
}

Value AttentionCode::baseOf(Value top) {
  Value none = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, top,
                                     splatOf(lowest()));
  return arith::SelectOp::create(b, none, splatOf(constant(0)), top);
}

Value AttentionCode::expOfScore(Value x) {
  if (!compute.isF32())
    return math::ExpOp::create(b, x);
  // e^x = 2^n e^f with |f| <= ln(2)/2. The sum with 1.5 * 2^23 + 127 has n,
  // biased as an exponent, in its low bits. The polynomial is a minimax fit
  // made for this file; with the rounding of f, two units in the last place.
  MathBuilder m(b, x.getType(), /*avx512=*/false);
  Value magic = m.constant(0x1.8p23 + 127);
  Value shifted = m.fma(x, m.constant(1.44269504088896341), magic);
  Value n = arith::SubFOp::create(b, shifted, magic);
  Value f = m.fma(n, m.constant(-0.693147180559945309), x);
  Value p = m.polynomial(f, {1.0, 0.9999997019767761, 0.4999915063381195,
                             0.1666763573884964, 0.04189793020486832,
                             0.008290315046906471});
  Value power = m.fromBits(
      arith::ShLIOp::create(b, m.bits(shifted), m.integer(23)).getResult());
  Value isTiny = m.less(x, m.constant(-87.0));
  return m.select(isTiny, m.constant(0), m.mul(p, power));
}

Value AttentionCode::capScore(Value score) {
  double cap = op.getSoftcap().convertToDouble();
  if (cap == 0)
    return score;
  Value limit = splatOf(constant(cap));
  Value ratio = arith::DivFOp::create(b, score, limit);
  return arith::MulFOp::create(b, math::TanhOp::create(b, ratio), limit);
}

bool AttentionCode::isBooleanBias() {
  return getElementTypeOrSelf(op.getBias().getType()).isInteger(1);
}

Value AttentionCode::addBias(Value score, ValueRange dims, unsigned vectorDim,
                             Access access) {
  auto type = cast<MemRefType>(op.getBias().getType());
  SmallVector<AffineExpr> exprs;
  for (unsigned axis = 0; axis < 4; ++axis)
    exprs.push_back(type.getDimSize(axis) == 1 ? b.getAffineConstantExpr(0)
                                               : b.getAffineDimExpr(axis));
  AffineMap map = AffineMap::get(4, 0, exprs, b.getContext());
  Type element = isBooleanBias() ? type.getElementType() : compute;
  Value bias = splatOf(
      loadMapped(b, op.getBias(), map, dims, vectorDim, access, element));
  if (isBooleanBias())
    return arith::SelectOp::create(b, bias, score, splatOf(lowest()));
  return arith::AddFOp::create(b, score, bias);
}

void AttentionCode::accumulate(const Accumulator &to, const MicroKernel &micro,
                               Value from, Value end, int64_t feature) {
  auto place = [&](int64_t r, int64_t vector) {
    return Values{add(b, to.row, r), index(b, feature + vector * lanes)};
  };
  Values initial;
  for (int64_t r = 0; r < micro.rows; ++r) {
    Value factor = splatOf(loadScalar(to.factors, {add(b, to.factorRow, r)}));
    for (int64_t vector = 0; vector < micro.vectors; ++vector)
      initial.push_back(arith::MulFOp::create(
          b, factor, loadScratch(to.sums, place(r, vector))));
  }
  Values tile = emitMicroKernel(b, micro, from, end, initial);
  for (int64_t r = 0; r < micro.rows; ++r)
    for (int64_t vector = 0; vector < micro.vectors; ++vector)
      storeScratch(tile[r * micro.vectors + vector], to.sums, place(r, vector));
}

void AttentionCode::emitRow(Value accumulator, Value row, Value part,
                            Value head, Value query, Value top, Value sum) {
  auto loadFeatures = [&](Value e) {
    return loadScratch(accumulator, {row, e});
  };
  if (isPart())
    return emitStatistics(part, head, query, top, sum, loadFeatures);
  Value empty =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, sum, constant(0));
  Value inverse = arith::DivFOp::create(b, constant(1), sum);
  Value factor = splatOf(
      arith::SelectOp::create(b, empty, constant(0), inverse).getResult());
  storeFeatures(batch, head, query, [&](Value e) {
    return arith::MulFOp::create(b, loadFeatures(e), factor).getResult();
  });
}

void AttentionCode::emitStatistics(Value part, Value head, Value query,
                                   Value top, Value sum,
                                   llvm::function_ref<Value(Value)> features) {
  Value entry = add(b, mul(b, part, batches), batch);
  storeFeatures(entry, head, query, features);
  store(b, top, op.getOuts()[1], {entry, head, query}, Access{});
  store(b, sum, op.getOuts()[2], {entry, head, query}, Access{});
}

void AttentionCode::storeFeatures(Value entry, Value head, Value query,
                                  llvm::function_ref<Value(Value)> features) {
  for (int64_t e = 0; e < valueSize(); e += lanes)
    store(b, features(index(b, e)), out.memref,
          out.at(entry, head, query, index(b, e)),
          featureAccess(e, valueSize()));
}

} // namespace hagane::cpu
