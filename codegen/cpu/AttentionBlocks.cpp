//===- AttentionBlocks.cpp - Attention of many queries --------------------===//
//
// A work item is a block of queries of one head. Queries run along vector
// lanes: the block is transposed once, scores are computed transposed (keys by
// queries), so that the softmax's maxima and sums are plain vector operations,
// and the transposed probabilities are read as the broadcast operand of the
// second product. Blocks of keys and values pass over tiles of queries, whose
// scores stay in the nearest cache. Only one tile by block of scores exists at
// a time (Milakov and Gimelshein, 2018; Dao et al., 2022).
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/Attention.h"
#include "codegen/cpu/Nest.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include <numeric>

using namespace mlir;

namespace hagane::cpu {

static constexpr int64_t kUnroll = 4;

void BlockAttention::emitItems() {
  carveScratch();
  Value blocks = ceilDivide(b, queries, schedule.getBlockQ());
  forEach(b, body.begin, body.end, 1, [&](Value item) {
    next = delinearize(b, add(b, item, 1), {index(b, 1), heads, blocks});
    Values place = delinearize(b, item, {index(b, 1), heads, blocks});
    setBatch(place[0]);
    head = place[1];
    keyHead = divide(b, head, group);
    queryBegin = mul(b, place[2], schedule.getBlockQ());
    queryCount =
        minimum(b, sub(b, queries, queryBegin), index(b, schedule.getBlockQ()));
    emitItem();
  });
}

void BlockAttention::carveScratch() {
  int64_t blockQ = schedule.getBlockQ(), blockK = schedule.getBlockK(),
          microN = schedule.getMicroN();
  kernel::AttentionScratch layout = kernel::getAttentionScratch(op);
  auto viewAs = [&](Type element, int64_t offset, ArrayRef<int64_t> shape) {
    return scratchView(b, body.scratch, index(b, offset), shape, {}, element);
  };
  auto view = [&](int64_t offset, ArrayRef<int64_t> shape) {
    return viewAs(compute, offset, shape);
  };
  int64_t tiles = llvm::divideCeil(blockQ, microN);
  queriesT = viewAs(usesDots() ? word() : compute, layout.queries,
                    {tiles, depth() / terms(), microN});
  scores = view(layout.scores, {layout.scoreRows, microN});
  accumulator = view(layout.acc, {blockQ, paddedValue()});
  rowMax = view(layout.rowMax, {blockQ});
  rowSum = view(layout.rowSum, {blockQ});
  rescale = view(layout.rescale, {microN});
  if (schedule.getPack() || isCoded(k) || (usesDots() && !k.isBF16()))
    packedK = viewAs(usesDots() ? b.getBF16Type() : compute, layout.packedK,
                     {blockK, depth()});
  // Pairs of probabilities take the place of scores that have been read.
  probabilities =
      usesDots() ? viewAs(word(), layout.scores, {blockK / 2, microN}) : scores;
  if (usesDots())
    packedV = viewAs(word(), layout.packedV, {blockK / 2, paddedValue()});
  else if (schedule.getPack() || isCoded(v))
    packedV = view(layout.packedV, {blockK, paddedValue()});
}

void BlockAttention::emitItem() {
  transposeQueries();
  emitStart();
  Value first = index(b, 0), last = keyEnd;
  if (auto right = rightReach())
    last =
        maximum(b, first,
                minimum(b, keyEnd,
                        add(b, add(b, add(b, queryBegin, queryCount), diagonal),
                            *right)));
  if (windowLeft() >= 0)
    first = roundDown(
        b,
        maximum(b, first, add(b, add(b, queryBegin, diagonal), -windowLeft())),
        schedule.getBlockK());
  int64_t microN = schedule.getMicroN();
  Value whole = roundDown(b, queryCount, microN);
  Value padded = mul(b, ceilDivide(b, queryCount, lanes), lanes);
  forEach(b, first, last, schedule.getBlockK(), [&](Value key) {
    setBlock(key);
    keyCount = minimum(b, sub(b, last, key), index(b, schedule.getBlockK()));
    packBlock();
    auto tiles = [&](Value from, Value to, int64_t step) {
      forEach(b, from, to, step, [&](Value i) {
        tileBegin = i;
        emitTile(step / lanes);
      });
    };
    tiles(index(b, 0), whole, microN);
    if (constantOf(sub(b, padded, whole)) != 0)
      tiles(whole, padded, lanes);
  });
  emitResult();
}

void BlockAttention::emitStart() {
  Value start = lowest(), count = constant(0);
  if (op.getSinks()) {
    start = load(b, op.getSinks(), {head}, Access{}, compute);
    count = constant(1);
  }
  Value padded = mul(b, ceilDivide(b, queryCount, lanes), lanes);
  forEach(b, index(b, 0), padded, lanes, [&](Value i) {
    storeScratch(start, rowMax, {i});
    storeScratch(count, rowSum, {i});
  });
  forEach(b, index(b, 0), padded, 1, [&](Value i) {
    for (int64_t e = 0; e < paddedValue(); e += lanes)
      storeScratch(constant(0), accumulator, {i, index(b, e)});
  });
}

/// A tile of queries and the keys of the block that any of them sees.
void BlockAttention::emitTile(int64_t vectors) {
  tileFirst = index(b, 0);
  tileLast = keyCount;
  Value own = sub(b, add(b, add(b, queryBegin, tileBegin), diagonal), keyBegin);
  if (auto right = rightReach()) {
    Value count =
        minimum(b, index(b, vectors * lanes), sub(b, queryCount, tileBegin));
    tileLast = minimum(b, keyCount, add(b, add(b, own, count), *right));
  }
  if (windowLeft() >= 0)
    tileFirst = roundDown(b, maximum(b, tileFirst, add(b, own, -windowLeft())),
                          std::lcm(schedule.getMicroM(), terms()));
  Value any = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt,
                                            tileFirst, tileLast);
  if (rightReach() || windowLeft() >= 0)
    return ifThen(b, any, [&] { emitVisibleTile(vectors); });
  emitVisibleTile(vectors);
}

void BlockAttention::emitVisibleTile(int64_t vectors) {
  auto emit = [&] {
    emitSoftmax(emitScores(vectors));
    emitValues(vectors);
  };
  if (!hasSpreadBias())
    return emit();
  tileLast = spreadBias(vectors);
  Value any = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt,
                                            tileFirst, tileLast);
  ifThen(b, any, emit);
}

/// The tile's scores; returns the largest of each query, those of the blocks
/// before included.
Values BlockAttention::emitScores(int64_t vectors) {
  Values tops;
  for (int64_t vector = 0; vector < vectors; ++vector)
    tops.push_back(loadScratch(rowMax, {add(b, tileBegin, vector * lanes)}));
  int64_t step = schedule.getMicroM();
  Value middle =
      add(b, tileFirst, roundDown(b, sub(b, tileLast, tileFirst), step));
  tops = forCarrying(b, tileFirst, middle, step, tops,
                     [&](Value key, ValueRange carried) {
                       fetchNext(key);
                       return emitScoreTile(vectors, key, true, carried);
                     });
  if (constantOf(sub(b, tileLast, middle)) == 0)
    return tops;
  return forCarrying(b, middle, tileLast, step, tops,
                     [&](Value key, ValueRange carried) {
                       return emitScoreTile(vectors, key, false, carried);
                     });
}

/// Scores of `micro_m` keys from `key` on; where they are not all there
/// (`whole`), the last one is repeated, which changes no maximum.
Values BlockAttention::emitScoreTile(int64_t vectors, Value key, bool whole,
                                     ValueRange tops) {
  int64_t rows = schedule.getMicroM();
  Values tileKeys;
  for (int64_t r = 0; r < rows; ++r) {
    Value row = add(b, key, r);
    tileKeys.push_back(whole ? row : minimum(b, row, add(b, tileLast, -1)));
  }
  MicroKernel micro{rows, vectors, lanes, kUnroll, compute, nullptr, nullptr};
  micro.loadA = [&](Builder &, int64_t r, Step d) {
    return loadKey(tileKeys[r], d);
  };
  Value tile = divide(b, tileBegin, index(b, schedule.getMicroN()));
  Value column = remainder(b, tileBegin, index(b, schedule.getMicroN()));
  micro.loadB = [&](Builder &, int64_t vector, Step d) {
    Values place{tile, d, add(b, column, vector * lanes)};
    return usesDots()
               ? asPairs(load(b, queriesT, place, vectorAccess(), word()))
               : loadScratch(queriesT, place);
  };
  if (usesDots())
    micro.accumulate = [this](Builder &b, Value a, Value x, Value c) {
      return addDot(b, a, x, c);
    };
  Values results = adjustScores(
      emitMicroKernel(b, micro, index(b, 0), index(b, depth() / terms())),
      vectors, tileKeys);
  Values best(tops);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t vector = 0; vector < vectors; ++vector) {
      Value score = results[r * vectors + vector];
      best[vector] = larger(score, best[vector]);
      storeScratch(score, scores, {add(b, key, r), index(b, vector * lanes)});
    }
  return best;
}

/// Soft cap, bias and visibility.
Values BlockAttention::adjustScores(Values tile, int64_t vectors,
                                    ValueRange tileKeys) {
  for (auto [i, score] : llvm::enumerate(tile)) {
    score = capScore(scaleScore(score));
    if (op.getBias())
      score = addTileBias(score, int64_t(i) % vectors, tileKeys[i / vectors]);
  }
  if (rightReach() || windowLeft() >= 0)
    maskScores(tile, vectors, tileKeys);
  return tile;
}

Value BlockAttention::addTileBias(Value score, int64_t vector, Value key) {
  if (hasSpreadBias()) {
    Value bias = loadScratch(scores, {key, index(b, vector * lanes)});
    if (!isBooleanBias())
      return arith::AddFOp::create(b, score, bias);
    Value seen = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, bias,
                                       splatOf(constant(0)));
    return arith::SelectOp::create(b, seen, score, bias);
  }
  Value query = add(b, tileBegin, vector * lanes);
  return addBias(
      score, {batch, head, add(b, queryBegin, query), add(b, keyBegin, key)},
      /*vectorDim=*/2, {lanes, maskOf(b, sub(b, queryCount, query), lanes)});
}

/// Masks a tile that not all of its queries see whole.
void BlockAttention::maskScores(Values &tile, int64_t vectors,
                                ValueRange tileKeys) {
  // Of the tile's first and last query, on the axis of the block's keys.
  Value first =
      sub(b, add(b, add(b, queryBegin, tileBegin), diagonal), keyBegin);
  Value last = add(b, first, vectors * lanes - 1);
  Value partly = arith::ConstantOp::create(b, b.getBoolAttr(false));
  auto note = [&](arith::CmpIPredicate predicate, Value x, Value y) {
    partly = arith::OrIOp::create(b, partly,
                                  arith::CmpIOp::create(b, predicate, x, y));
  };
  if (auto right = rightReach())
    note(arith::CmpIPredicate::sgt, tileKeys.back(), add(b, first, *right));
  if (windowLeft() >= 0)
    note(arith::CmpIPredicate::slt, tileKeys.front(),
         add(b, last, -windowLeft()));
  auto branch = scf::IfOp::create(b, ValueRange(tile).getTypes(), partly,
                                  /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, tile);
  b.setInsertionPointToStart(branch.thenBlock());
  Values masked;
  for (auto [i, score] : llvm::enumerate(tile))
    masked.push_back(maskInvisible(score, int64_t(i) % vectors,
                                   add(b, keyBegin, tileKeys[i / vectors])));
  scf::YieldOp::create(b, masked);
  tile = llvm::to_vector_of<Value>(branch.getResults());
}

Value BlockAttention::maskInvisible(Value score, int64_t vector, Value key) {
  Type integer = b.getI32Type();
  auto toVector = [&](Value x) {
    return splatOf(arith::IndexCastOp::create(b, integer, x));
  };
  SmallVector<Attribute> steps;
  for (int64_t lane = 0; lane < lanes; ++lane)
    steps.push_back(b.getI32IntegerAttr(lane));
  Value ramp = arith::ConstantOp::create(
      b, DenseElementsAttr::get(cast<ShapedType>(vectorOf(integer, lanes)),
                                steps));
  // Position of each query on the key axis.
  Value query = add(b, add(b, queryBegin, tileBegin), vector * lanes);
  Value own = arith::AddIOp::create(b, toVector(add(b, query, diagonal)), ramp);
  Value visible;
  auto also = [&](Value condition) {
    visible = visible ? arith::AndIOp::create(b, visible, condition).getResult()
                      : condition;
  };
  if (auto right = rightReach())
    also(arith::CmpIOp::create(b, arith::CmpIPredicate::sle,
                               toVector(add(b, key, -*right)), own));
  if (windowLeft() >= 0)
    also(arith::CmpIOp::create(b, arith::CmpIPredicate::sge,
                               toVector(add(b, key, windowLeft())), own));
  return arith::SelectOp::create(b, visible, score, splatOf(lowest()));
}

/// Turns the tile's scores into unnormalised probabilities and updates the
/// running maximum and sum; `rescale` becomes the factor for what was
/// accumulated under the old maximum.
void BlockAttention::emitSoftmax(ValueRange tops) {
  int64_t vectors = tops.size();
  Values bases, sums;
  for (int64_t vector = 0; vector < vectors; ++vector) {
    Value i = add(b, tileBegin, vector * lanes);
    Value base = baseOf(tops[vector]);
    Value old = loadScratch(rowMax, {i});
    storeScratch(tops[vector], rowMax, {i});
    Value factor = expOfScore(arith::SubFOp::create(b, old, base));
    storeScratch(factor, rescale, {index(b, vector * lanes)});
    bases.push_back(base);
    sums.push_back(arith::MulFOp::create(b, loadScratch(rowSum, {i}), factor));
  }
  auto loop = [&](Value from, Value to, int64_t unroll, int64_t count) {
    sums = forCarrying(
        b, from, to, unroll, sums, [&](Value key, ValueRange carried) {
          Values values(carried);
          for (int64_t u = 0; u < unroll; u += count)
            values = emitProbabilities(add(b, key, u), count, bases, values);
          return values;
        });
  };
  Value middle =
      add(b, tileFirst, roundDown(b, sub(b, tileLast, tileFirst), kUnroll));
  loop(tileFirst, middle, kUnroll, terms());
  if (constantOf(sub(b, tileLast, middle)) != 0) {
    Value pairs =
        add(b, middle, roundDown(b, sub(b, tileLast, middle), terms()));
    if (usesDots())
      loop(middle, pairs, terms(), terms());
    loop(usesDots() ? pairs : middle, tileLast, 1, 1);
  }
  for (int64_t vector = 0; vector < vectors; ++vector)
    storeScratch(sums[vector], rowSum, {add(b, tileBegin, vector * lanes)});
}

/// The upper half of f32 in the lower half of a word, rounded.
static Value roundToHalf(Builder &b, Value x, bool high) {
  auto type = cast<VectorType>(x.getType());
  Type words = type.clone(b.getI32Type());
  auto constant = [&](uint32_t bits) {
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(cast<ShapedType>(words), APInt(32, bits)));
  };
  Value bits = arith::AddIOp::create(b, arith::BitcastOp::create(b, words, x),
                                     constant(0x8000));
  if (high)
    return arith::AndIOp::create(b, bits, constant(0xffff0000));
  return arith::ShRUIOp::create(b, bits, constant(16));
}

/// Probabilities of `count` keys from `key` on, in place of their scores;
/// returns the sums with them. In pairs, a key without a second one gets 0.
Values BlockAttention::emitProbabilities(Value key, int64_t count,
                                         ValueRange bases, ValueRange sums) {
  Values results(sums);
  for (auto [vector, base] : llvm::enumerate(bases)) {
    Value column = index(b, int64_t(vector) * lanes);
    Values found;
    for (int64_t i = 0; i < count; ++i) {
      Value score = loadScratch(scores, {add(b, key, i), column});
      found.push_back(expOfScore(arith::SubFOp::create(b, score, base)));
      results[vector] = arith::AddFOp::create(b, results[vector], found.back());
    }
    if (!usesDots()) {
      storeScratch(found[0], scores, {key, column});
      continue;
    }
    Value words = roundToHalf(b, found[0], /*high=*/false);
    if (count == 2)
      words = arith::OrIOp::create(b, words,
                                   roundToHalf(b, found[1], /*high=*/true));
    storeScratch(words, probabilities, {divide(b, key, index(b, 2)), column});
  }
  return results;
}

/// accumulator = accumulator * rescale + probabilities * values.
void BlockAttention::emitValues(int64_t vectors) {
  // Half of the registers hold sums: a load for each operand and step hides
  // behind twice as many products.
  int64_t registers = body.options.vectorRegisters;
  int64_t widest = registers / 8, total = paddedValue() / lanes;
  Value count =
      minimum(b, index(b, vectors * lanes), sub(b, queryCount, tileBegin));
  for (int64_t first = 0; first < total; first += widest) {
    int64_t width = std::min(widest, total - first);
    int64_t rows = std::min<int64_t>(
        lanes, llvm::bit_floor(uint64_t(registers / 2 / width)));
    // Rows beyond the last query exist in scratch memory; nobody reads them.
    forEach(b, index(b, 0), count, rows,
            [&](Value row) { emitValueTile(row, rows, first * lanes, width); });
  }
}

void BlockAttention::emitValueTile(Value row, int64_t rows, int64_t feature,
                                   int64_t vectors) {
  MicroKernel micro{rows, vectors, lanes, kUnroll, compute, nullptr, nullptr};
  micro.loadA = [&](Builder &, int64_t r, Step step) -> Value {
    Values place{step, add(b, row, r)};
    if (!usesDots())
      return loadScalar(scores, place);
    return asPairs(splatOf(load(b, probabilities, place, Access{}, word())));
  };
  micro.loadB = [&](Builder &, int64_t vector, Step step) {
    return loadValues(step, feature + vector * lanes);
  };
  if (usesDots())
    micro.accumulate = [this](Builder &b, Value a, Value x, Value c) {
      return addDot(b, a, x, c);
    };
  accumulate({accumulator, add(b, tileBegin, row), rescale, row}, micro,
             divide(b, tileFirst, index(b, terms())),
             ceilDivide(b, tileLast, terms()), feature);
}

void BlockAttention::emitResult() {
  forEach(b, index(b, 0), queryCount, 1, [&](Value i) {
    Value query = add(b, queryBegin, i);
    emitRow(accumulator, i, index(b, 0), head, query, loadScalar(rowMax, {i}),
            loadScalar(rowSum, {i}));
    // Another kernel merges the parts: those but the first are empty.
    for (int64_t part = 1; part < schedule.getParts(); ++part)
      emitStatistics(index(b, part), head, query, lowest(), constant(0),
                     [&](Value) { return splatOf(constant(0)); });
  });
}

} // namespace hagane::cpu
