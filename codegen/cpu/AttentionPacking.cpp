//===- AttentionPacking.cpp - Operands as blocks of queries read them -----===//
//
// Queries are transposed, keys and values copied close together or paired where
// that pays, and a bias that differs by query and key is put where the scores
// will be.
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/Attention.h"
#include "codegen/cpu/Lanes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace hagane::cpu {

// What a prefetch brings.
static constexpr int64_t kLineBytes = 64;

/// queriesT[tile][d][i] = scale * q[i][d], or pairs of unscaled features; lanes
/// beyond the last query repeat it.
void BlockAttention::transposeQueries() {
  Value padded = mul(b, ceilDivide(b, queryCount, lanes), lanes);
  Value last = add(b, queryCount, -1);
  int64_t whole = depth() / width() * width();
  forEach(b, index(b, 0), padded, lanes, [&](Value i) {
    Value tile = divide(b, i, index(b, schedule.getMicroN()));
    Value column = remainder(b, i, index(b, schedule.getMicroN()));
    auto square = [&](Value d, int64_t features) {
      Values rows;
      for (int64_t lane = 0; lane < lanes; ++lane) {
        Value row = minimum(b, add(b, i, lane), last);
        rows.push_back(loadQueries(add(b, queryBegin, row), d, features));
      }
      rows = transposeLanes(b, rows);
      Value first = divide(b, d, index(b, terms()));
      for (int64_t j = 0; j < features / terms(); ++j)
        storeScratch(rows[j], queriesT, {tile, add(b, first, j), column});
    };
    forEach(b, index(b, 0), index(b, whole), width(),
            [&](Value d) { square(d, width()); });
    if (whole < depth())
      square(index(b, whole), depth() - whole);
  });
}

/// A vector of the query's features, of which `features` exist.
Value BlockAttention::loadQueries(Value row, Value feature, int64_t features) {
  Values place = q.at(batch, head, row, feature);
  Access access = featureAccess(0, features, width());
  if (usesDots())
    return asWords(load(b, q.memref, place, access, b.getBF16Type()));
  Value scale = splatOf(constant(op.getScale().convertToDouble()));
  return arith::MulFOp::create(b, load(b, q.memref, place, access, compute),
                               scale);
}

void BlockAttention::packBlock() {
  if (packedK)
    copyRows(k, packedK, depth());
  if (usesDots())
    pairValues();
  else if (packedV)
    copyRows(v, packedV, valueSize());
}

/// While a tile of keys from `key` on is multiplied, a share of the next item's
/// rows comes closer, of which each is a line or a few far from the others.
/// Rows that do not exist are hints without effect.
void BlockAttention::fetchNext(Value key) {
  if (!packedK)
    return;
  int64_t microN = schedule.getMicroN();
  int64_t share = llvm::divideCeil(
      schedule.getMicroM(), llvm::divideCeil(schedule.getBlockQ(), microN));
  Value tile = divide(b, tileBegin, index(b, microN));
  Value first = add(b, key, mul(b, tile, share));
  auto fetch = [&](const HeadsOperand &from, Value entry, Value inHeads,
                   Value row, int64_t features) {
    int64_t line =
        kLineBytes / kernel::getElementBytes(from.type().getElementType());
    for (int64_t e = 0; e < features; e += line)
      memref::PrefetchOp::create(b, from.memref,
                                 from.at(entry, inHeads, row, index(b, e)),
                                 /*isWrite=*/false, /*localityHint=*/2,
                                 /*isDataCache=*/true);
  };
  Value nextKeyHead = divide(b, next[1], group);
  // The next item is mostly of the same entry of the batch, thus in the same
  // page.
  Value nextEntry = op.getPages() ? blockEntry : next[0];
  Value nextQuery = mul(b, next[2], schedule.getBlockQ());
  for (int64_t r = 0; r < share; ++r) {
    Value row = add(b, first, r);
    fetch(q, next[0], next[1], add(b, nextQuery, row), depth());
    fetch(k, nextEntry, nextKeyHead, add(b, blockRow, row), depth());
    fetch(v, nextEntry, nextKeyHead, add(b, blockRow, row), valueSize());
  }
}

/// Features of a row of the block in the compute type.
Value BlockAttention::loadScaled(const HeadsOperand &from, Value key,
                                 Value feature, Access access) {
  Value row = loadRow(from, key, feature, access);
  if (!isCoded(from))
    return row;
  // Read once for each row: nothing is written between.
  return arith::MulFOp::create(b, row,
                               splat(b, scaleOf(from, key), access.lanes));
}

/// Copies the block's rows to where they lie close together, as elements of
/// that place.
void BlockAttention::copyRows(const HeadsOperand &from, Value to,
                              int64_t features) {
  Type element = cast<MemRefType>(to.getType()).getElementType();
  int64_t step = element == compute ? lanes : width();
  forEach(b, index(b, 0), keyCount, 1, [&](Value key) {
    for (int64_t e = 0; e < features; e += step) {
      Access access = featureAccess(e, features, step);
      Value part =
          isCoded(from)
              ? convert(b, loadScaled(from, key, index(b, e), access), element)
              : load(b, from.memref, placeOf(from, key, index(b, e)), access,
                     element);
      store(b, part, to, {key, index(b, e)}, access);
    }
  });
}

/// Copies the block's values so that those of two keys make a word; a last key
/// without a second one gets zeros.
void BlockAttention::pairValues() {
  VectorType type = vectorOf(word(), lanes);
  auto loadHalf = [&](Value key, int64_t e) -> Value {
    Access access = featureAccess(e, valueSize());
    Value row = isCoded(v) ? convert(b, loadScaled(v, key, index(b, e), access),
                                     b.getBF16Type())
                           : load(b, v.memref, placeOf(v, key, index(b, e)),
                                  access, b.getBF16Type());
    Value bits =
        arith::BitcastOp::create(b, vectorOf(b.getI16Type(), lanes), row);
    return arith::ExtUIOp::create(b, type, bits);
  };
  Value half = splatOf(arith::ConstantOp::create(b, b.getI32IntegerAttr(16)));
  Value last = add(b, keyCount, -1);
  forEach(b, index(b, 0), keyCount, 2, [&](Value key) {
    Value second = add(b, key, 1);
    Value exists =
        arith::CmpIOp::create(b, arith::CmpIPredicate::sle, second, last);
    for (int64_t e = 0; e < valueSize(); e += lanes) {
      Value high =
          arith::ShLIOp::create(b, loadHalf(minimum(b, second, last), e), half);
      high = arith::SelectOp::create(b, exists, high, zero(b, type));
      store(b, arith::OrIOp::create(b, loadHalf(key, e), high), packedV,
            {divide(b, key, index(b, 2)), index(b, e)}, vectorAccess());
    }
  });
}

/// Whether the bias differs by query and key: then it is put where the scores
/// will be before them, transposed like them.
bool BlockAttention::hasSpreadBias() {
  if (!op.getBias())
    return false;
  auto type = cast<MemRefType>(op.getBias().getType());
  return type.getDimSize(2) != 1 && type.getDimSize(3) != 1;
}

/// Returns the end of the keys that the bias lets any of the queries see, be it
/// a mask that is only known now: those behind it are not visited.
Value BlockAttention::spreadBias(int64_t vectors) {
  return forCarrying(b, tileFirst, tileLast, lanes, tileFirst,
                     [&](Value key, ValueRange carried) -> Values {
                       Value end = minimum(b, add(b, key, lanes), tileLast);
                       return {spreadSquare(vectors, key, end, carried[0])};
                     })
      .front();
}

/// The bias of as many keys as a vector has lanes; returns `end` if a query
/// sees one of them, else `before`.
Value BlockAttention::spreadSquare(int64_t vectors, Value key, Value end,
                                   Value before) {
  Values rows = loadBias(vectors, key);
  auto put = [&](Value value, int64_t lane, int64_t vector) {
    storeScratch(value, scores, {add(b, key, lane), index(b, vector * lanes)});
  };
  auto branch = scf::IfOp::create(b, b.getIndexType(), isAnySeen(rows),
                                  /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  for (int64_t vector = 0; vector < vectors; ++vector) {
    Values columns =
        transposeLanes(b, Values(ArrayRef(rows).slice(vector * lanes, lanes)));
    for (int64_t lane = 0; lane < lanes; ++lane)
      put(columns[lane], lane, vector);
  }
  scf::YieldOp::create(b, end);
  b.setInsertionPointToStart(branch.elseBlock());
  for (int64_t vector = 0; vector < vectors; ++vector)
    for (int64_t lane = 0; lane < lanes; ++lane)
      put(lowest(), lane, vector);
  scf::YieldOp::create(b, before);
  return branch.getResult(0);
}

/// Whether any number is not minus infinity.
Value BlockAttention::isAnySeen(ValueRange rows) {
  Value seen;
  for (Value row : rows) {
    Value differs = arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, row,
                                          splatOf(lowest()));
    seen = seen ? arith::OrIOp::create(b, seen, differs).getResult() : differs;
  }
  return vector::ReductionOp::create(b, vector::CombiningKind::OR, seen);
}

/// For each query of the tile, the bias of the keys from `key` on.
Values BlockAttention::loadBias(int64_t vectors, Value key) {
  auto type = cast<MemRefType>(op.getBias().getType());
  bool boolean = type.getElementType().isInteger(1);
  Type element = boolean ? type.getElementType() : compute;
  auto axis = [&](int64_t i, Value at) {
    return type.getDimSize(i) == 1 ? index(b, 0) : at;
  };
  Value last = add(b, queryCount, -1);
  Access access{lanes, maskOf(b, sub(b, tileLast, key), lanes)};
  Values rows;
  for (int64_t i = 0; i < vectors * lanes; ++i) {
    Value query = minimum(b, add(b, tileBegin, i), last);
    Value row = load(b, op.getBias(),
                     {axis(0, batch), axis(1, head), add(b, queryBegin, query),
                      add(b, keyBegin, key)},
                     access, element);
    if (boolean)
      row = arith::SelectOp::create(b, row, splatOf(constant(0)),
                                    splatOf(lowest()));
    rows.push_back(row);
  }
  return rows;
}

/// Features of a key: one, or a pair.
Value BlockAttention::loadKey(Value key, Value step) {
  Value feature = mul(b, step, terms());
  Value from = packedK ? packedK : k.memref;
  Values place = packedK ? Values{key, feature} : placeOf(k, key, feature);
  if (!usesDots())
    return load(b, from, place, Access{}, compute);
  return asPairs(splatOf(loadPair(b, from, place)));
}

/// Features of a value, or of two.
Value BlockAttention::loadValues(Value step, int64_t feature) {
  Values place{step, index(b, feature)};
  if (usesDots())
    return asPairs(load(b, packedV, place, vectorAccess(), word()));
  if (packedV)
    return loadScratch(packedV, place);
  return load(b, v.memref, placeOf(v, step, place[1]),
              featureAccess(feature, valueSize()), compute);
}

} // namespace hagane::cpu
