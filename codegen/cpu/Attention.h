//===- Attention.h - What the ways of attention share -----------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CPU_ATTENTION_H
#define HAGANE_CODEGEN_CPU_ATTENTION_H

#include "codegen/cpu/Lowering.h"
#include "codegen/cpu/Micro.h"
#include "dialects/kernel/KernelCost.h"

namespace hagane::cpu {

/// A [batch, heads, positions, features] operand in its storage order.
struct HeadsOperand {
  mlir::Value memref;
  kernel::AttentionAxes axes{"bhsd"};

  Values at(mlir::Value batch, mlir::Value head, mlir::Value row,
            mlir::Value feature) const;
  mlir::MemRefType type() const {
    return mlir::cast<mlir::MemRefType>(memref.getType());
  }
  bool isBF16() const { return type().getElementType().isBF16(); }
};

/// An attention kernel as its lowerings see it: operands, sizes, and formulas
/// on vectors of scores.
class AttentionCode {
public:
  AttentionCode(kernel::Attention op, const KernelBody &body, Builder &b);

protected:
  int64_t depth() const { return q.type().getDimSize(3); }
  int64_t valueSize() const { return kernel::getValueSize(op); }
  /// Whether keys or values are codes with a scale for each row.
  bool isCoded(const HeadsOperand &x) const {
    return kernel::isCoded(op, x.memref);
  }
  /// The scale of a row of the block.
  mlir::Value scaleOf(const HeadsOperand &x, mlir::Value key);
  /// Features of a row of the block, in the compute type; codes as they are.
  mlir::Value loadRow(const HeadsOperand &x, mlir::Value key,
                      mlir::Value feature, Access access);
  /// Features of a value, rounded up to whole vectors.
  int64_t paddedValue() const;
  /// The result is what a part of the keys gives, for another kernel to merge.
  bool isPart() { return op.getOuts().size() == 3; }

  /// Products are those of pairs of bf16, which lie in words of 32 bits; keys
  /// and values in f32 are rounded while they are copied. Only then scores, and
  /// not queries, are scaled.
  bool usesDots() const { return dots; }
  mlir::Type word() { return b.getI32Type(); }
  /// Features that a vector of operands has, and that a step multiplies.
  int64_t width() const { return dots ? 2 * lanes : lanes; }
  int64_t terms() const { return dots ? 2 : 1; }
  mlir::Value asWords(mlir::Value pairs);
  mlir::Value asPairs(mlir::Value words);
  mlir::Value scaleScore(mlir::Value score);
  /// c with the products of pairs.
  mlir::Value addDot(Builder &b, mlir::Value a, mlir::Value x,
                     mlir::Value c) const;

  mlir::Value constant(double value);
  mlir::Value lowest();
  mlir::Value splatOf(mlir::Value scalar) { return splat(b, scalar, lanes); }
  Access vectorAccess() const { return {lanes, mlir::Value()}; }
  /// The vector, of `count` lanes, of `size` features from a multiple of that
  /// on: the last may be partly beyond their end.
  Access featureAccess(int64_t feature, int64_t size, int64_t count);
  Access featureAccess(int64_t feature, int64_t size) {
    return featureAccess(feature, size, lanes);
  }
  mlir::Value loadScratch(mlir::Value view, mlir::ValueRange at);
  void storeScratch(mlir::Value value, mlir::Value view, mlir::ValueRange at);
  mlir::Value loadScalar(mlir::Value view, mlir::ValueRange at);

  /// Sets the block of keys that begins there: of the batch entry, or in a page
  /// of a state.
  void setBlock(mlir::Value key);
  /// The entry, or page of a state, that holds the position, and its row there.
  std::pair<mlir::Value, mlir::Value> locate(mlir::Value key);
  /// An element of a key or value of the block.
  Values placeOf(const HeadsOperand &x, mlir::Value key,
                 mlir::Value feature) const {
    return x.at(blockEntry, keyHead, add(b, blockRow, key), feature);
  }
  /// Keys that a part of several has.
  mlir::Value partSize();

  /// Sets the batch entry, with the end of its keys and the diagonal.
  void setBatch(mlir::Value entry);

  // The generated accessors are unsigned; -1 means no limit.
  int64_t windowLeft() { return op.getWindowLeft(); }
  /// How far right of the causal diagonal a query sees, if that is limited.
  std::optional<int64_t> rightReach();

  /// The larger of each pair, `best` where `x` is no number: sums tell of that.
  mlir::Value larger(mlir::Value x, mlir::Value best);
  /// What may be subtracted from scores of that maximum: 0 if no key was seen.
  mlir::Value baseOf(mlir::Value top);
  /// e^x for x of at most 0, 0 where that is below the normal numbers.
  mlir::Value expOfScore(mlir::Value x);
  mlir::Value capScore(mlir::Value score);
  /// The score with the bias at [batch, head, query, key] (`dims`), the axis
  /// `vectorDim` of which runs along the lanes of `access`.
  mlir::Value addBias(mlir::Value score, mlir::ValueRange dims,
                      unsigned vectorDim, Access access);
  bool isBooleanBias();

  /// Rows of sums and of the factors that they are scaled by first.
  struct Accumulator {
    mlir::Value sums, row, factors, factorRow;
  };
  /// sums = sums * factor + the products of `micro`, for its rows and the
  /// vectors from `feature` on.
  void accumulate(const Accumulator &to, const MicroKernel &micro,
                  mlir::Value from, mlir::Value end, int64_t feature);

  /// Writes the result of a query from `row` of the accumulator: divided by the
  /// sum of weights, or, in parts, with it and the largest score.
  void emitRow(mlir::Value accumulator, mlir::Value row, mlir::Value part,
               mlir::Value head, mlir::Value query, mlir::Value top,
               mlir::Value sum);
  void emitStatistics(mlir::Value part, mlir::Value head, mlir::Value query,
                      mlir::Value top, mlir::Value sum,
                      llvm::function_ref<mlir::Value(mlir::Value)> features);
  void storeFeatures(mlir::Value entry, mlir::Value head, mlir::Value query,
                     llvm::function_ref<mlir::Value(mlir::Value)> features);

  kernel::Attention op;
  const KernelBody &body;
  Builder &b;
  kernel::AttentionScheduleAttr schedule;
  HeadsOperand q, k, v, out;
  mlir::Type compute;
  int64_t lanes;
  bool dots;
  mlir::Value batches, heads, keyHeads, group, queries, keys;
  // The item being emitted. Query i sees no key beyond i + diagonal + reach.
  mlir::Value batch, keyHead, keyEnd, diagonal;
  // The block of keys: its first one, as a position and as a row of k and v,
  // and how many.
  mlir::Value keyBegin, blockEntry, blockRow, keyCount;
};

/// A block of queries of one head, queries along vector lanes.
class BlockAttention : AttentionCode {
public:
  using AttentionCode::AttentionCode;
  void emitItems();

private:
  void carveScratch();
  void emitItem();
  void transposeQueries();
  void emitStart();
  mlir::Value loadQueries(mlir::Value row, mlir::Value feature,
                          int64_t features);
  void packBlock();
  void fetchNext(mlir::Value key);
  void copyRows(const HeadsOperand &from, mlir::Value to, int64_t features);
  mlir::Value loadScaled(const HeadsOperand &from, mlir::Value key,
                         mlir::Value feature, Access access);
  void pairValues();
  void emitTile(int64_t vectors);
  void emitVisibleTile(int64_t vectors);
  mlir::Value spreadBias(int64_t vectors);
  mlir::Value spreadSquare(int64_t vectors, mlir::Value key, mlir::Value end,
                           mlir::Value before);
  mlir::Value isAnySeen(mlir::ValueRange rows);
  Values loadBias(int64_t vectors, mlir::Value key);
  Values emitScores(int64_t vectors);
  Values emitScoreTile(int64_t vectors, mlir::Value key, bool whole,
                       mlir::ValueRange tops);
  Values adjustScores(Values tile, int64_t vectors, mlir::ValueRange tileKeys);
  mlir::Value addTileBias(mlir::Value score, int64_t vector, mlir::Value key);
  void maskScores(Values &tile, int64_t vectors, mlir::ValueRange tileKeys);
  mlir::Value maskInvisible(mlir::Value score, int64_t vector, mlir::Value key);
  void emitSoftmax(mlir::ValueRange tops);
  Values emitProbabilities(mlir::Value key, int64_t count,
                           mlir::ValueRange bases, mlir::ValueRange sums);
  void emitValues(int64_t vectors);
  void emitValueTile(mlir::Value row, int64_t rows, int64_t feature,
                     int64_t vectors);
  void emitResult();

  bool hasSpreadBias();
  mlir::Value loadKey(mlir::Value key, mlir::Value step);
  mlir::Value loadValues(mlir::Value step, int64_t feature);

  // Scratch: see kernel::AttentionScratch.
  mlir::Value queriesT, scores, probabilities, accumulator, rowMax, rowSum,
      rescale, packedK, packedV;
  // Where the next item is: batch, head and block of queries.
  Values next;
  // The item, the tile of queries and its keys, of those
  // of the block.
  mlir::Value head, queryBegin, queryCount, tileBegin, tileFirst, tileLast;
};

/// All heads that share keys and values, for few queries: features along
/// vector lanes.
class FewAttention : AttentionCode {
public:
  FewAttention(kernel::Attention op, const KernelBody &body, Builder &b)
      : AttentionCode(op, body, b) {
    // Keys are not copied: pairs are read as they are.
    dots &= k.isBF16();
  }
  void emitItems();

private:
  void carveScratch();
  void emitItem();
  void forRows(llvm::function_ref<void(mlir::Value row, mlir::Value head,
                                       mlir::Value query)>
                   visit);
  void copyQueries();
  void emitStart();
  bool hasScales() const { return isCoded(k) || isCoded(v); }
  void loadScales();
  void setNext(mlir::Value key, mlir::Value first, mlir::Value last);
  void prefetchNext(const HeadsOperand &x, mlir::Value key);
  mlir::Value scaled(mlir::Value x, int64_t row, mlir::Value key);
  void emitScores();
  void emitScoreTile(mlir::Value row, int64_t count, mlir::Value key,
                     bool whole);
  void emitSoftmax(mlir::Value row, mlir::Value head, mlir::Value query);
  mlir::Value adjustScore(mlir::Value score, mlir::Value head,
                          mlir::Value query, mlir::Value key, mlir::Value mask);
  void emitValues();
  void emitValueTile(mlir::Value row, int64_t rows, int64_t feature,
                     int64_t vectors);
  void emitResult();

  mlir::Value queryRows, scores, accumulator, rowMax, rowSum, rescale, scales;
  mlir::Value part, rows;
  // Where the block begins that comes next.
  mlir::Value nextEntry, nextHead, nextRow;
};

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_ATTENTION_H
