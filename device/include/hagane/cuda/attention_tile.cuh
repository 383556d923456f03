//===- attention_tile.cuh - Queries against tiles of keys -------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tile of rows (queries of the heads that share keys) stays in shared memory
// while tiles of keys and values pass. Teams of 16 lanes share rows: a thread
// has the scores of some rows and keys, then the results of the same rows and
// some features, in registers. A team's weights pass between its lanes through
// shared memory. Products are plain multiply-adds, of floats or doubles.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/block.cuh"
#include "hagane/cuda/heads.cuh"

namespace hagane::cuda {

/// Columns of values that a thread has side by side: as many as pad little.
HAGANE_DEVICE constexpr int columnsBeside(int value) {
  for (int count = 4; count > 1; count /= 2)
    if (roundUpTo(value, 16 * count) == roundUpTo(value, 16))
      return count;
  return 1;
}

template <typename C, int kThreads, int kRowsOfThread, int kKeysOfThread,
          int kDepth, int kValue>
struct AttentionTile {
  static constexpr int kLanes = 16, kTeams = kThreads / kLanes;
  static constexpr int kRows = kTeams * kRowsOfThread;
  static constexpr int kKeys = kLanes * kKeysOfThread;
  static constexpr int kWidth = 16 / int(sizeof(C));
  static constexpr int kBeside =
      columnsBeside(kValue) < kWidth ? columnsBeside(kValue) : kWidth;
  static constexpr int kColumns = roundUpTo(kValue, kLanes * kBeside) / kLanes;
  // Rows of shared memory: one more access each, so that neighbouring rows
  // start in other banks.
  static constexpr int kPaddedDepth = roundUpTo(kDepth, 8);
  static constexpr int kDepthStride = kPaddedDepth + kWidth;
  static constexpr int kValueStride = kColumns * kLanes;
  static constexpr int kWeightStride = kKeys + kWidth;
  static constexpr int kSharedBytes =
      int(sizeof(C)) * ((kRows + kKeys) * kDepthStride + kKeys * kValueStride +
                        kRows * kWeightStride);

  using Scores = C[kRowsOfThread][kKeysOfThread];

  C *queries, *keys, *values, *weights;
  RowSoftmax<C> softmax[kRowsOfThread];
  C sums[kRowsOfThread][kColumns];

  HAGANE_DEVICE explicit AttentionTile(std::byte *shared)
      : queries(sharedRegion<C>(shared, 0)),
        keys(queries + kRows * kDepthStride),
        values(keys + kKeys * kDepthStride),
        weights(values + kKeys * kValueStride) {}

  static HAGANE_DEVICE int lane() { return int(threadIdx.x) % kLanes; }
  /// The tile's row of this thread's row i, its key of key j, and its feature
  /// of column c.
  static HAGANE_DEVICE int rowOf(int i) {
    return int(threadIdx.x) / kLanes + i * kTeams;
  }
  static HAGANE_DEVICE int keyOf(int j) { return lane() + j * kLanes; }
  static HAGANE_DEVICE int featureOf(int c) {
    return (c / kBeside * kLanes + lane()) * kBeside + c % kBeside;
  }

  /// Begins a softmax: `sink(row)` is a score without value, or -inf.
  template <typename Sink> HAGANE_DEVICE void begin(Sink &&sink) {
#pragma unroll
    for (int i = 0; i < kRowsOfThread; ++i) {
      C score = sink(rowOf(i));
      bool counts = score != Limits<C>::lowest() && lane() == 0;
      softmax[i] = {score, counts ? C(1) : C(0)};
#pragma unroll
      for (int c = 0; c < kColumns; ++c)
        sums[i][c] = C(0);
    }
  }

  /// The rows of queries, times the scale of scores; `locate(row)` is where a
  /// row lies, or null.
  template <typename Locate>
  HAGANE_DEVICE void loadQueries(C scale, Locate &&locate) {
    copyRows<false, kRows, kDepth, kPaddedDepth, kDepthStride>(queries, scale,
                                                               locate);
  }
  template <bool kCoded, typename Locate>
  HAGANE_DEVICE void loadKeys(Locate &&locate) {
    copyRows<kCoded, kKeys, kDepth, kPaddedDepth, kDepthStride>(keys, C(1),
                                                                locate);
  }
  template <bool kCoded, typename Locate>
  HAGANE_DEVICE void loadValues(Locate &&locate) {
    copyRows<kCoded, kKeys, kValue, kValueStride, kValueStride>(values, C(1),
                                                                locate);
  }

  /// scores = queries * keys.
  HAGANE_DEVICE void multiplyKeys(Scores &scores) const {
#pragma unroll
    for (int i = 0; i < kRowsOfThread; ++i)
#pragma unroll
      for (int j = 0; j < kKeysOfThread; ++j)
        scores[i][j] = C(0);
#pragma unroll 2
    for (int d = 0; d < kPaddedDepth; d += kWidth) {
      Vector<C, kWidth> row[kRowsOfThread];
#pragma unroll
      for (int i = 0; i < kRowsOfThread; ++i)
        row[i] = loadVector<kWidth>(queries + rowOf(i) * kDepthStride + d);
#pragma unroll
      for (int j = 0; j < kKeysOfThread; ++j) {
        auto key = loadVector<kWidth>(keys + keyOf(j) * kDepthStride + d);
#pragma unroll
        for (int i = 0; i < kRowsOfThread; ++i)
#pragma unroll
          for (int w = 0; w < kWidth; ++w)
            scores[i][j] += row[i][w] * key[w];
      }
    }
  }

  /// score = adjust(row, key, score) of each score of the thread.
  template <typename Adjust>
  HAGANE_DEVICE void forScores(Scores &scores, Adjust &&adjust) const {
#pragma unroll
    for (int i = 0; i < kRowsOfThread; ++i)
#pragma unroll
      for (int j = 0; j < kKeysOfThread; ++j)
        scores[i][j] = adjust(rowOf(i), keyOf(j), scores[i][j]);
  }

  /// Takes the tile's scores into the softmax: weights for `multiplyValues`,
  /// and older sums relative to the new maximum.
  HAGANE_DEVICE void weigh(const Scores &scores) {
#pragma unroll
    for (int i = 0; i < kRowsOfThread; ++i) {
      C most = Limits<C>::lowest();
#pragma unroll
      for (int j = 0; j < kKeysOfThread; ++j)
        most = Larger::of(scores[i][j], most);
      C factor = softmax[i].raise(reduceWarp<Larger, kLanes>(most));
#pragma unroll
      for (int c = 0; c < kColumns; ++c)
        sums[i][c] *= factor;
#pragma unroll
      for (int j = 0; j < kKeysOfThread; ++j)
        weights[rowOf(i) * kWeightStride + keyOf(j)] =
            softmax[i].weigh(scores[i][j]);
    }
    // The lanes of a team are of one warp.
    syncWarp();
  }

  /// sums += weights * values.
  HAGANE_DEVICE void multiplyValues() {
#pragma unroll 2
    for (int key = 0; key < kKeys; key += kWidth) {
      Vector<C, kWidth> row[kRowsOfThread];
#pragma unroll
      for (int i = 0; i < kRowsOfThread; ++i)
        row[i] = loadVector<kWidth>(weights + rowOf(i) * kWeightStride + key);
#pragma unroll
      for (int w = 0; w < kWidth; ++w)
#pragma unroll
        for (int c = 0; c < kColumns; c += kBeside) {
          auto value = loadVector<kBeside>(values + (key + w) * kValueStride +
                                           featureOf(c));
#pragma unroll
          for (int i = 0; i < kRowsOfThread; ++i)
#pragma unroll
            for (int n = 0; n < kBeside; ++n)
              sums[i][c + n] += row[i][w] * value[n];
        }
    }
  }

  /// Ends a row's sum of weights: store(row, largest score, sum), by one lane.
  template <typename Store> HAGANE_DEVICE void forRows(Store &&store) {
#pragma unroll
    for (int i = 0; i < kRowsOfThread; ++i)
      if (lane() == 0)
        store(rowOf(i), softmax[i].most, softmax[i].sum);
  }

  /// The sums of weights: those of a row's 16 lanes together.
  HAGANE_DEVICE void finish() {
#pragma unroll
    for (int i = 0; i < kRowsOfThread; ++i)
      softmax[i].sum = reduceWarp<Sum, kLanes>(softmax[i].sum);
  }

  /// Divides weighted values by the sums of weights.
  HAGANE_DEVICE void divide() {
#pragma unroll
    for (int i = 0; i < kRowsOfThread; ++i) {
      C factor = inverseOf(softmax[i].sum);
#pragma unroll
      for (int c = 0; c < kColumns; ++c)
        sums[i][c] *= factor;
    }
  }

  /// Writes the results; `locate(row)` is where a row belongs, or null.
  template <typename Locate> HAGANE_DEVICE void storeRows(Locate &&locate) {
#pragma unroll
    for (int i = 0; i < kRowsOfThread; ++i) {
      auto *to = locate(rowOf(i));
      if (to)
        storeRow(to, sums[i]);
    }
  }

private:
  /// Copies rows times `scale` and their own scale, zero from kSize on.
  template <bool kCoded, int kCount, int kSize, int kPadded, int kStride,
            typename Locate>
  static HAGANE_DEVICE void copyRows(C *to, C scale, Locate &locate) {
    constexpr int kAccess =
        kFeaturesOfAccess<ElementOf<decltype(locate(0))>>;
    constexpr int kChunks = kPadded / kAccess;
    for (int at = int(threadIdx.x); at < kCount * kChunks; at += kThreads) {
      int row = at / kChunks, first = at % kChunks * kAccess;
      auto *from = locate(row);
      C features[kAccess];
      loadFeatures(from, first, kSize, features);
      C factor = scale * scaleOfRow<kCoded, C>(from, kSize);
#pragma unroll
      for (int i = 0; i < kAccess; ++i)
        to[row * kStride + first + i] = factor * features[i];
    }
  }

  template <typename T>
  static HAGANE_DEVICE void storeRow(T *to, const C (&row)[kColumns]) {
#pragma unroll
    for (int c = 0; c < kColumns; c += kBeside) {
      Vector<T, kBeside> stored;
#pragma unroll
      for (int n = 0; n < kBeside; ++n)
        stored[n] = fromCompute<T>(row[c + n]);
      int first = featureOf(c);
      if (first + kBeside <= kValue && isAligned(to, int(sizeof(stored)))) {
        storeVector(to + first, stored);
        continue;
      }
#pragma unroll
      for (int n = 0; n < kBeside; ++n)
        if (first + n < kValue)
          to[first + n] = stored[n];
    }
  }
};

} // namespace hagane::cuda
