//===- LowerAttention.cpp - Streaming-softmax attention -------------------===//
//
// A work item is a block of queries of one head. Queries run along vector
// lanes: the block is transposed once, scores are computed transposed (keys by
// queries), so that the softmax's maxima and sums are plain vector operations,
// and the transposed probabilities are read as the broadcast operand of the
// second product. Keys and values are read where they are. Only one block of
// scores exists at a time (Milakov and Gimelshein, 2018; Dao et al., 2022).
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/Lowering.h"
#include "codegen/cpu/Micro.h"
#include "dialects/kernel/KernelCost.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <limits>

using namespace mlir;

namespace hagane::cpu {
namespace {

/// A [batch, heads, rows, features] operand in its storage order.
struct HeadsOperand {
  Value memref;
  kernel::AttentionAxes axes{"bhsd"};

  Values at(Value batch, Value head, Value row, Value feature) const {
    Values place(4);
    place[axes.batch] = batch;
    place[axes.heads] = head;
    place[axes.positions] = row;
    place[axes.features] = feature;
    return place;
  }
};

class AttentionLowering {
public:
  AttentionLowering(kernel::Attention op, const KernelBody &body, Builder &b)
      : op(op), body(body), b(b), schedule(*op.getSchedule()) {
    auto operand = [&](Value memref, unsigned i) {
      return HeadsOperand{memref,
                          kernel::AttentionAxes(
                              cast<StringAttr>(op.getLayouts()[i]).getValue())};
    };
    q = operand(op.getQ(), 0);
    k = operand(op.getK(), 1);
    v = operand(op.getV(), 2);
    out = operand(op.getOuts().front(), 3);
    compute = kernel::getComputeType(
        cast<MemRefType>(q.memref.getType()).getElementType());
    lanes = body.options.getLanes(compute);
  }

  LogicalResult run() {
    int64_t features = cast<MemRefType>(v.memref.getType()).getDimSize(3);
    if (schedule.getBlockQ() % lanes || schedule.getMicroN() % lanes)
      return op.emitError("block_q ")
             << schedule.getBlockQ() << " and micro_n " << schedule.getMicroN()
             << " must be multiples of " << lanes << " lanes";
    valueSize = features;
    depth = sizeOf(b, q.memref, 3);
    heads = sizeOf(b, q.memref, q.axes.heads);
    queries = sizeOf(b, q.memref, q.axes.positions);
    keys = sizeOf(b, k.memref, k.axes.positions);
    headsPerKey = divide(
        b, heads, maximum(b, sizeOf(b, k.memref, k.axes.heads), index(b, 1)));
    carveScratch();
    Value blocks = ceilDivide(b, queries, schedule.getBlockQ());
    forEach(b, body.begin, body.end, 1, [&](Value item) {
      Values place = delinearize(b, item, {index(b, 1), heads, blocks});
      batch = place[0];
      head = place[1];
      keyHead = divide(b, head, headsPerKey);
      queryBegin = mul(b, place[2], schedule.getBlockQ());
      queryCount = minimum(b, sub(b, queries, queryBegin),
                           index(b, schedule.getBlockQ()));
      emitItem();
    });
    return success();
  }

private:
  void carveScratch() {
    int64_t depthSize = cast<MemRefType>(q.memref.getType()).getDimSize(3);
    int64_t blockQ = schedule.getBlockQ(), blockK = schedule.getBlockK();
    kernel::AttentionScratch layout = kernel::getAttentionScratch(op);
    auto view = [&](int64_t offset, ArrayRef<int64_t> shape) {
      return scratchView(b, body.scratch, index(b, offset), shape, {}, compute);
    };
    int64_t padded = llvm::alignTo(valueSize, lanes);
    queriesT = view(layout.queries, {depthSize, blockQ});
    scores = view(layout.scores, {blockK, blockQ});
    accumulator = view(layout.acc, {blockQ, padded});
    rowMax = view(layout.rowMax, {blockQ});
    rowSum = view(layout.rowSum, {blockQ});
    rescale = view(layout.rescale, {blockQ});
  }

  Value constant(double value) {
    return arith::ConstantOp::create(b, b.getFloatAttr(compute, value))
        .getResult();
  }
  Value lowest() { return constant(-std::numeric_limits<double>::infinity()); }
  Access vectorAccess() const { return {lanes, Value()}; }
  Value loadScratch(Value view, ValueRange at) {
    return load(b, view, at, vectorAccess(), compute);
  }
  void storeScratch(Value value, Value view, ValueRange at) {
    store(b, value, view, at, vectorAccess());
  }

  void emitItem() {
    keyEnd = keys;
    if (op.getKeyLengths()) {
      Value length = memref::LoadOp::create(b, op.getKeyLengths(), batch);
      keyEnd = minimum(
          b, arith::IndexCastOp::create(b, b.getIndexType(), length), keys);
    }
    // Query i of the block sees the keys up to i + queryBegin + diagonal.
    diagonal = op.getCausal() == xf::CausalKind::bottom_right
                   ? sub(b, keyEnd, queries)
                   : index(b, 0);
    transposeQueries();
    emitStart();
    Value first = index(b, 0), last = keyEnd;
    if (auto right = rightReach())
      last = maximum(
          b, index(b, 0),
          minimum(b, keyEnd,
                  add(b, add(b, add(b, queryBegin, queryCount), diagonal),
                      *right)));
    if (windowLeft() >= 0) {
      first = maximum(b, index(b, 0),
                      add(b, add(b, queryBegin, diagonal), -windowLeft()));
      first = mul(b, divide(b, first, index(b, schedule.getBlockK())),
                  schedule.getBlockK());
    }
    forEach(b, first, last, schedule.getBlockK(), [&](Value key) {
      keyBegin = key;
      keyCount = minimum(b, sub(b, last, key), index(b, schedule.getBlockK()));
      emitScores();
      emitSoftmax();
      emitValues();
    });
    emitResult();
  }

  // The generated accessors are unsigned; -1 means no limit.
  int64_t windowLeft() { return op.getWindowLeft(); }
  int64_t windowRight() { return op.getWindowRight(); }

  /// How far right of the causal diagonal a query sees, if that is limited.
  std::optional<int64_t> rightReach() {
    if (op.getCausal() != xf::CausalKind::none)
      return 0;
    if (windowRight() >= 0)
      return windowRight();
    return std::nullopt;
  }

  /// queriesT[d][i] = scale * q[i][d]; lanes beyond the last query hold 0.
  void transposeQueries() {
    Value scale = constant(op.getScale().convertToDouble());
    Value padded = mul(b, ceilDivide(b, queryCount, lanes), lanes);
    forEach(b, index(b, 0), padded, 1, [&](Value i) {
      Value exists =
          arith::CmpIOp::create(b, arith::CmpIPredicate::slt, i, queryCount);
      Value row = add(b, queryBegin, minimum(b, i, add(b, queryCount, -1)));
      forEach(b, index(b, 0), depth, 1, [&](Value d) {
        Value element =
            load(b, q.memref, q.at(batch, head, row, d), Access{}, compute);
        element = arith::MulFOp::create(b, element, scale);
        element = arith::SelectOp::create(b, exists, element, constant(0));
        store(b, element, queriesT, {d, i}, Access{});
      });
    });
  }

  void emitStart() {
    Value start = lowest(), count = constant(0);
    if (op.getSinks()) {
      start = load(b, op.getSinks(), {head}, Access{}, compute);
      count = constant(1);
    }
    forEach(b, index(b, 0), queryCount, lanes, [&](Value i) {
      storeScratch(start, rowMax, {i});
      storeScratch(count, rowSum, {i});
    });
    forEach(b, index(b, 0), queryCount, 1, [&](Value i) {
      forEach(b, index(b, 0), index(b, valueSize), lanes,
              [&](Value e) { storeScratch(constant(0), accumulator, {i, e}); });
    });
  }

  void emitScores() {
    // Whole tiles of queries, then single vectors.
    Value whole = mul(b, divide(b, queryCount, index(b, schedule.getMicroN())),
                      schedule.getMicroN());
    Value padded = mul(b, ceilDivide(b, queryCount, lanes), lanes);
    auto tiles = [&](Value from, Value to, int64_t size) {
      forEach(b, from, to, size, [&](Value i) {
        emitStrips(b, index(b, 0), keyCount, schedule.getMicroM(),
                   [&](Value key, int64_t rows) {
                     emitScoreTile(i, size / lanes, key, rows);
                   });
      });
    };
    tiles(index(b, 0), whole, schedule.getMicroN());
    tiles(whole, padded, lanes);
  }

  void emitScoreTile(Value i, int64_t vectors, Value key, int64_t rows) {
    MicroKernel micro{rows, vectors, lanes, 2, compute, nullptr, nullptr};
    micro.loadA = [&](Builder &b, int64_t r, Value d) {
      return load(b, k.memref,
                  k.at(batch, keyHead, add(b, add(b, keyBegin, key), r), d),
                  Access{}, compute);
    };
    micro.loadB = [&](Builder &b, int64_t vector, Value d) {
      return loadScratch(queriesT, {d, add(b, i, vector * lanes)});
    };
    Values tile = emitMicroKernel(b, micro, index(b, 0), depth);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t vector = 0; vector < vectors; ++vector) {
        Value query = add(b, i, vector * lanes), row = add(b, key, r);
        storeScratch(adjustScore(tile[r * vectors + vector], query, row),
                     scores, {row, query});
      }
  }

  /// Soft cap, bias and visibility of a vector of scores: one key, `lanes`
  /// queries.
  Value adjustScore(Value score, Value query, Value key) {
    double cap = op.getSoftcap().convertToDouble();
    if (cap != 0) {
      Value limit = splat(b, constant(cap), lanes);
      Value ratio = arith::DivFOp::create(b, score, limit);
      score = arith::MulFOp::create(b, math::TanhOp::create(b, ratio), limit);
    }
    if (op.getBias())
      score = addBias(score, query, add(b, keyBegin, key));
    if (rightReach() || windowLeft() >= 0)
      score = maskInvisible(score, query, add(b, keyBegin, key));
    return score;
  }

  Value addBias(Value score, Value query, Value key) {
    auto type = cast<MemRefType>(op.getBias().getType());
    SmallVector<AffineExpr> exprs;
    Values dims{batch, head, add(b, queryBegin, query), key};
    for (unsigned axis = 0; axis < 4; ++axis) {
      bool broadcast = type.getDimSize(axis) == 1;
      exprs.push_back(broadcast ? b.getAffineConstantExpr(0)
                                : b.getAffineDimExpr(axis));
    }
    AffineMap map = AffineMap::get(4, 0, exprs, b.getContext());
    Access access{lanes, maskOf(b, sub(b, queryCount, query), lanes)};
    bool boolean = type.getElementType().isInteger(1);
    Type element = boolean ? type.getElementType() : compute;
    Value bias = splat(
        b, loadMapped(b, op.getBias(), map, dims, 2, access, element), lanes);
    if (boolean)
      return arith::SelectOp::create(b, bias, score, splat(b, lowest(), lanes));
    return arith::AddFOp::create(b, score, bias);
  }

  Value maskInvisible(Value score, Value query, Value key) {
    Type integer = b.getI32Type();
    auto toVector = [&](Value x) {
      return splat(b, arith::IndexCastOp::create(b, integer, x), lanes);
    };
    SmallVector<Attribute> steps;
    for (int64_t lane = 0; lane < lanes; ++lane)
      steps.push_back(b.getI32IntegerAttr(lane));
    Value ramp = arith::ConstantOp::create(
        b, DenseElementsAttr::get(cast<ShapedType>(vectorOf(integer, lanes)),
                                  steps));
    // Position of each query on the key axis.
    Value own = arith::AddIOp::create(
        b, toVector(add(b, add(b, queryBegin, query), diagonal)), ramp);
    Value visible;
    auto also = [&](Value condition) {
      visible = visible
                    ? arith::AndIOp::create(b, visible, condition).getResult()
                    : condition;
    };
    if (auto right = rightReach())
      also(arith::CmpIOp::create(b, arith::CmpIPredicate::sle,
                                 toVector(add(b, key, -*right)), own));
    if (windowLeft() >= 0)
      also(arith::CmpIOp::create(b, arith::CmpIPredicate::sge,
                                 toVector(add(b, key, windowLeft())), own));
    return arith::SelectOp::create(b, visible, score,
                                   splat(b, lowest(), lanes));
  }

  /// Turns the block's scores into unnormalised probabilities and updates the
  /// running maximum and sum; `rescale` becomes the factor for what was
  /// accumulated under the old maximum.
  void emitSoftmax() {
    forEach(b, index(b, 0), queryCount, lanes, [&](Value i) {
      Value old = loadScratch(rowMax, {i});
      Value top =
          forCarrying(b, index(b, 0), keyCount, 1, old,
                      [&](Value key, ValueRange carried) {
                        return Values{arith::MaximumFOp::create(
                            b, carried[0], loadScratch(scores, {key, i}))};
                      })
              .front();
      storeScratch(top, rowMax, {i});
      // A query that has seen no key yet has the maximum -inf, which must not
      // be subtracted from itself.
      Value none = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, top,
                                         splat(b, lowest(), lanes));
      Value base =
          arith::SelectOp::create(b, none, splat(b, constant(0), lanes), top);
      Value factor =
          math::ExpOp::create(b, arith::SubFOp::create(b, old, base));
      storeScratch(factor, rescale, {i});
      Value start = arith::MulFOp::create(b, loadScratch(rowSum, {i}), factor);
      Value sum =
          forCarrying(b, index(b, 0), keyCount, 1, start,
                      [&](Value key, ValueRange carried) {
                        Value score = loadScratch(scores, {key, i});
                        Value p = math::ExpOp::create(
                            b, arith::SubFOp::create(b, score, base));
                        storeScratch(p, scores, {key, i});
                        return Values{arith::AddFOp::create(b, carried[0], p)};
                      })
              .front();
      storeScratch(sum, rowSum, {i});
    });
  }

  /// accumulator = accumulator * rescale + probabilities * values.
  void emitValues() {
    constexpr int64_t kMaxVectors = 4;
    int64_t total = llvm::divideCeil(valueSize, lanes);
    for (int64_t first = 0; first < total; first += kMaxVectors) {
      int64_t vectors = std::min(kMaxVectors, total - first);
      int64_t rows =
          std::clamp<int64_t>((body.options.vectorRegisters - 4) / vectors, 1,
                              schedule.getMicroM());
      emitStrips(b, index(b, 0), queryCount, rows, [&](Value i, int64_t count) {
        emitValueTile(i, count, first * lanes, vectors);
      });
    }
  }

  void emitValueTile(Value i, int64_t rows, int64_t feature, int64_t vectors) {
    MicroKernel micro{rows, vectors, lanes, 4, compute, nullptr, nullptr};
    micro.loadA = [&](Builder &b, int64_t r, Value key) {
      return load(b, scores, {key, add(b, i, r)}, Access{}, compute);
    };
    micro.loadB = [&](Builder &b, int64_t vector, Value key) {
      Value e = index(b, feature + vector * lanes);
      return load(b, v.memref, v.at(batch, keyHead, add(b, keyBegin, key), e),
                  valueAccess(feature + vector * lanes), compute);
    };
    Values initial;
    for (int64_t r = 0; r < rows; ++r) {
      Value row = add(b, i, r);
      Value factor =
          splat(b, load(b, rescale, {row}, Access{}, compute), lanes);
      for (int64_t vector = 0; vector < vectors; ++vector)
        initial.push_back(arith::MulFOp::create(
            b, factor,
            loadScratch(accumulator,
                        {row, index(b, feature + vector * lanes)})));
    }
    Values tile = emitMicroKernel(b, micro, index(b, 0), keyCount, initial);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t vector = 0; vector < vectors; ++vector)
        storeScratch(tile[r * vectors + vector], accumulator,
                     {add(b, i, r), index(b, feature + vector * lanes)});
  }

  /// The last vector of features may be partly beyond their end.
  Access valueAccess(int64_t feature) {
    if (feature + lanes <= valueSize)
      return vectorAccess();
    return {lanes, maskOf(b, index(b, valueSize - feature), lanes)};
  }

  void emitResult() {
    forEach(b, index(b, 0), queryCount, 1, [&](Value i) {
      Value sum = load(b, rowSum, {i}, Access{}, compute);
      Value empty =
          arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, sum, constant(0));
      Value inverse = arith::DivFOp::create(b, constant(1), sum);
      Value factor = splat(
          b, arith::SelectOp::create(b, empty, constant(0), inverse), lanes);
      for (int64_t e = 0; e < valueSize; e += lanes) {
        Value value = arith::MulFOp::create(
            b, loadScratch(accumulator, {i, index(b, e)}), factor);
        store(b, value, out.memref,
              out.at(batch, head, add(b, queryBegin, i), index(b, e)),
              valueAccess(e));
      }
    });
  }

  kernel::Attention op;
  const KernelBody &body;
  Builder &b;
  kernel::AttentionScheduleAttr schedule;
  HeadsOperand q, k, v, out;
  Type compute;
  int64_t lanes, valueSize = 0;
  Value depth, heads, queries, keys, headsPerKey;
  // Scratch: see carveScratch.
  Value queriesT, scores, accumulator, rowMax, rowSum, rescale;
  // The item and key block being emitted.
  Value batch, head, keyHead, queryBegin, queryCount, keyBegin, keyCount,
      keyEnd, diagonal;
};

} // namespace

LogicalResult lowerAttention(kernel::Attention op, const KernelBody &body,
                             ImplicitLocOpBuilder &b) {
  return AttentionLowering(op, body, b).run();
}

} // namespace hagane::cpu
