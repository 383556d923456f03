//===- AttentionFew.cpp - Attention of few queries ------------------------===//
//
// Decoding reads every key and value for a query or a few: the memory's speed
// is the limit. A work item is a part of the keys of all heads that share them,
// read once for all their queries, here called rows. Features run along vector
// lanes, as they lie in memory; as many pairs of rows and keys as there are
// lanes give a vector of scores, whose sums over lanes are one tree. The keys
// of a row's softmax follow each other in memory.
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/Attention.h"
#include "codegen/cpu/Lanes.h"
#include "codegen/cpu/Nest.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace hagane::cpu {

// Rows that share a load of keys or values, and vectors of features at a time.
static constexpr int64_t kRows = 4, kVectors = 4;
// Bytes that a prefetch brings.
static constexpr int64_t kLine = 64;

void FewAttention::emitItems() {
  carveScratch();
  rows = mul(b, group, queries);
  forEach(b, body.begin, body.end, 1, [&](Value item) {
    Values place = delinearize(
        b, item, {index(b, 1), keyHeads, index(b, schedule.getParts())});
    setBatch(place[0]);
    keyHead = place[1];
    part = place[2];
    emitItem();
  });
}

void FewAttention::carveScratch() {
  kernel::FewAttentionScratch layout = kernel::getFewAttentionScratch(op);
  auto view = [&](int64_t offset, ArrayRef<int64_t> shape) {
    return scratchView(b, body.scratch, index(b, offset), shape, {}, compute);
  };
  int64_t paddedDepth = llvm::alignTo(depth(), width());
  queryRows = scratchView(b, body.scratch, index(b, layout.queries),
                          {layout.rows, paddedDepth}, {},
                          usesDots() ? Type(b.getBF16Type()) : compute);
  scores = view(layout.scores, {layout.rows, layout.scoreColumns});
  accumulator = view(layout.acc, {layout.rows, paddedValue()});
  rowMax = view(layout.rowMax, {layout.rows});
  rowSum = view(layout.rowSum, {layout.rows});
  rescale = view(layout.rescale, {layout.rows});
  if (hasScales())
    scales = view(layout.scales, {2, layout.scoreColumns});
}

/// Visits the rows: the queries of each head of the group.
void FewAttention::forRows(
    llvm::function_ref<void(Value, Value, Value)> visit) {
  forEach(b, index(b, 0), group, 1, [&](Value member) {
    Value head = add(b, mul(b, keyHead, group), member);
    Value first = mul(b, member, queries);
    forEach(b, index(b, 0), queries, 1,
            [&](Value query) { visit(add(b, first, query), head, query); });
  });
}

void FewAttention::emitItem() {
  copyQueries();
  emitStart();
  Value first = index(b, 0), last = keyEnd;
  if (schedule.getParts() > 1) {
    Value size = partSize();
    first = mul(b, part, size);
    last = minimum(b, last, add(b, first, size));
  }
  if (auto right = rightReach())
    last = minimum(b, last, add(b, add(b, queries, diagonal), *right));
  if (windowLeft() >= 0)
    first = maximum(b, first, add(b, diagonal, -windowLeft()));
  if (op.getPages())
    // No block reaches from one page to the next.
    first = roundDown(b, first, schedule.getBlockK());
  forEach(b, first, last, schedule.getBlockK(), [&](Value key) {
    setBlock(key);
    setNext(key, first, last);
    keyCount = minimum(b, sub(b, last, key), index(b, schedule.getBlockK()));
    if (hasScales())
      loadScales();
    emitScores();
    forRows([&](Value row, Value head, Value query) {
      emitSoftmax(row, head, query);
    });
    emitValues();
  });
  emitResult();
}

/// Blocks of a state's pages lie apart, so that no hardware foresees the next
/// one: that of the same head, or where those end, the first of the next head.
void FewAttention::setNext(Value key, Value first, Value last) {
  if (!op.getPages())
    return;
  nextHead = keyHead;
  Value next = add(b, key, schedule.getBlockK());
  if (schedule.getParts() == 1) {
    Value isEnd =
        arith::CmpIOp::create(b, arith::CmpIPredicate::sge, next, last);
    Value follower = minimum(b, add(b, keyHead, 1), add(b, keyHeads, -1));
    nextHead = arith::SelectOp::create(b, isEnd, follower, keyHead);
    next = arith::SelectOp::create(b, isEnd, first, next);
  } else {
    next = minimum(b, next, add(b, keyEnd, -1));
  }
  std::tie(nextEntry, nextRow) = locate(next);
}

/// Asks for the next block's row where this one's is read.
void FewAttention::prefetchNext(const HeadsOperand &x, Value key) {
  if (!op.getPages())
    return;
  int64_t size = x.type().getDimSize(3);
  int64_t element = kernel::getElementBytes(x.type().getElementType());
  for (int64_t at = 0; at < size; at += kLine / element)
    memref::PrefetchOp::create(
        b, x.memref,
        x.at(nextEntry, nextHead, add(b, nextRow, key), index(b, at)),
        /*isWrite=*/false, /*localityHint=*/3, /*isDataCache=*/true);
}

/// queryRows[row] = scale * q, features beyond the last one 0. Pairs are not
/// scaled.
void FewAttention::copyQueries() {
  Value scale = splatOf(constant(op.getScale().convertToDouble()));
  Type element = usesDots() ? b.getBF16Type() : compute;
  forRows([&](Value row, Value head, Value query) {
    for (int64_t d = 0; d < depth(); d += width()) {
      Value part = load(b, q.memref, q.at(batch, head, query, index(b, d)),
                        featureAccess(d, depth(), width()), element);
      if (!usesDots())
        part = arith::MulFOp::create(b, part, scale);
      store(b, part, queryRows, {row, index(b, d)}, {width(), Value()});
    }
  });
}

void FewAttention::emitStart() {
  forRows([&](Value row, Value head, Value) {
    Value start = lowest(), count = constant(0);
    if (op.getSinks()) {
      Value isFirst =
          arith::CmpIOp::create(b, arith::CmpIPredicate::eq, part, index(b, 0));
      start = arith::SelectOp::create(
          b, isFirst, load(b, op.getSinks(), {head}, Access{}, compute), start);
      count = arith::SelectOp::create(b, isFirst, constant(1), count);
    }
    store(b, start, rowMax, {row}, Access{});
    store(b, count, rowSum, {row}, Access{});
    for (int64_t e = 0; e < paddedValue(); e += lanes)
      storeScratch(constant(0), accumulator, {row, index(b, e)});
  });
}

/// The scales of the block's keys and values; 1 where there are none.
void FewAttention::loadScales() {
  forEach(b, index(b, 0), keyCount, 1, [&](Value key) {
    for (auto [i, x] : {std::pair(0, &k), std::pair(1, &v)}) {
      Value scale = isCoded(*x) ? scaleOf(*x, key) : constant(1);
      store(b, scale, scales, {index(b, i), key}, Access{});
    }
  });
}

/// x times the scales of keys (row 0) or values (row 1) from `key` on.
Value FewAttention::scaled(Value x, int64_t row, Value key) {
  if (!hasScales())
    return x;
  Value factor = loadScratch(scales, {index(b, row), key});
  return arith::MulFOp::create(b, x, factor);
}

void FewAttention::emitScores() {
  emitStrips(b, index(b, 0), rows, std::min(kRows, lanes),
             [&](Value row, int64_t count) {
               int64_t step = lanes / count;
               Value whole = roundDown(b, keyCount, step);
               forEach(b, index(b, 0), whole, step, [&](Value key) {
                 emitScoreTile(row, count, key, true);
               });
               if (constantOf(sub(b, keyCount, whole)) != 0)
                 forEach(b, whole, keyCount, step, [&](Value key) {
                   emitScoreTile(row, count, key, false);
                 });
             });
}

/// A vector of scores: of `count` rows, each with as many keys from `key` on as
/// fill it; where they are not all there (`whole`), the last one is repeated.
void FewAttention::emitScoreTile(Value row, int64_t count, Value key,
                                 bool whole) {
  int64_t columns = lanes / count;
  Type element = usesDots() ? Type(b.getBF16Type()) : compute;
  Values places;
  for (int64_t i = 0; i < columns; ++i) {
    Value at = add(b, key, i);
    if (!whole)
      at = minimum(b, at, add(b, keyCount, -1));
    places.push_back(at);
    if (whole)
      prefetchNext(k, at);
  }
  auto addProducts = [&](Value d, Access access, ValueRange sums) {
    Values results(sums), loaded;
    for (Value place : places)
      loaded.push_back(isCoded(k) ? loadRow(k, place, d, access)
                                  : load(b, k.memref, placeOf(k, place, d),
                                         access, element));
    for (int64_t r = 0; r < count; ++r) {
      Value query =
          load(b, queryRows, {add(b, row, r), d}, {width(), Value()}, element);
      for (int64_t i = 0; i < columns; ++i) {
        Value &sum = results[r * columns + i];
        sum = usesDots() ? addDot(b, query, loaded[i], sum)
                         : multiplyAdd(b, query, loaded[i], sum);
      }
    }
    return results;
  };
  Values sums(lanes, zero(b, vectorOf(compute, lanes)));
  int64_t middle = depth() / width() * width();
  sums = forCarrying(b, index(b, 0), index(b, middle), width(), sums,
                     [&](Value d, ValueRange carried) {
                       return addProducts(d, {width(), Value()}, carried);
                     });
  if (middle < depth())
    sums = addProducts(index(b, middle),
                       featureAccess(middle, depth(), width()), sums);
  Value tile = scaleScore(sumLanes(b, sums));
  for (int64_t r = 0; r < count; ++r) {
    Value part = vector::ExtractStridedSliceOp::create(b, tile, r * columns,
                                                       columns, int64_t(1));
    if (columns == 1)
      part = vector::ExtractOp::create(b, part, 0);
    store(b, part, scores, {add(b, row, r), key}, {columns, Value()});
  }
}

/// Soft cap, bias and visibility of scores of one row and keys from `key` on.
Value FewAttention::adjustScore(Value score, Value head, Value query, Value key,
                                Value mask) {
  score = capScore(score);
  if (op.getBias())
    score = addBias(score, {batch, head, query, add(b, keyBegin, key)},
                    /*vectorDim=*/3, {lanes, mask});
  return arith::SelectOp::create(b, mask, score, splatOf(lowest()));
}

/// Turns a row's scores into unnormalised probabilities and updates its
/// maximum and sum.
void FewAttention::emitSoftmax(Value row, Value head, Value query) {
  Value own = sub(b, add(b, query, diagonal), keyBegin);
  Value end = keyCount;
  if (auto right = rightReach())
    end = minimum(b, end, add(b, own, *right + 1));
  auto maskAt = [&](Value key) -> Value {
    Value mask = maskOf(b, sub(b, end, key), lanes);
    if (windowLeft() < 0)
      return mask;
    Value hidden = maskOf(b, sub(b, add(b, own, -windowLeft()), key), lanes);
    Value none = zero(b, mask.getType());
    return arith::SelectOp::create(b, hidden, none, mask);
  };
  Value old = loadScalar(rowMax, {row});
  Value tops =
      forCarrying(b, index(b, 0), keyCount, lanes, splatOf(old),
                  [&](Value key, ValueRange carried) {
                    Value score =
                        scaled(loadScratch(scores, {row, key}), 0, key);
                    score = adjustScore(score, head, query, key, maskAt(key));
                    storeScratch(score, scores, {row, key});
                    return Values{larger(score, carried[0])};
                  })
          .front();
  Value top = combineLanes(b, "max", tops);
  store(b, top, rowMax, {row}, Access{});
  Value base = baseOf(splatOf(top));
  Value factor = vector::ExtractOp::create(
      b, expOfScore(arith::SubFOp::create(b, splatOf(old), base)), 0);
  store(b, factor, rescale, {row}, Access{});
  Value sums =
      forCarrying(b, index(b, 0), keyCount, lanes,
                  zero(b, vectorOf(compute, lanes)),
                  [&](Value key, ValueRange carried) {
                    Value p = expOfScore(arith::SubFOp::create(
                        b, loadScratch(scores, {row, key}), base));
                    storeScratch(scaled(p, 1, key), scores, {row, key});
                    return Values{arith::AddFOp::create(b, carried[0], p)};
                  })
          .front();
  Value sum = arith::MulFOp::create(b, loadScalar(rowSum, {row}), factor);
  sum = arith::AddFOp::create(b, sum, combineLanes(b, "sum", sums));
  store(b, sum, rowSum, {row}, Access{});
}

/// accumulator = accumulator * rescale + probabilities * values.
void FewAttention::emitValues() {
  int64_t total = paddedValue() / lanes;
  int64_t widest = std::min(kVectors, body.options.vectorRegisters / 8);
  for (int64_t first = 0; first < total; first += widest)
    emitStrips(b, index(b, 0), rows, kRows, [&](Value row, int64_t count) {
      emitValueTile(row, count, first * lanes, std::min(widest, total - first));
    });
}

void FewAttention::emitValueTile(Value row, int64_t count, int64_t feature,
                                 int64_t vectors) {
  MicroKernel micro{count, vectors, lanes, 4, compute, nullptr, nullptr};
  micro.loadA = [&](Builder &, int64_t r, Value key) {
    return loadScalar(scores, {add(b, row, r), key});
  };
  micro.loadB = [&](Builder &, int64_t vector, Value key) {
    int64_t e = feature + vector * lanes;
    if (e == 0)
      prefetchNext(v, key);
    return loadRow(v, key, index(b, e), featureAccess(e, valueSize()));
  };
  accumulate({accumulator, row, rescale, row}, micro, index(b, 0), keyCount,
             feature);
}

void FewAttention::emitResult() {
  forRows([&](Value row, Value head, Value query) {
    emitRow(accumulator, row, part, head, query, loadScalar(rowMax, {row}),
            loadScalar(rowSum, {row}));
  });
}

} // namespace hagane::cpu
