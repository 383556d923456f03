//===- attention_stream.cuh - A few queries against many keys ---*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Decoding reads every key and value for a few rows (queries of the heads that
// share keys): the memory's speed is the limit. A team of lanes reads a key's
// row in accesses of 16 bytes, several keys at a time so that many loads are
// under way, and keeps all rows' queries and results in registers. Each team
// has a softmax of its own; they are merged once, at the end.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/block.cuh"
#include "hagane/cuda/heads.cuh"

namespace hagane::cuda {

/// Lanes that read a row of `chunks` accesses.
HAGANE_DEVICE constexpr int lanesFor(int chunks) {
  int lanes = 1;
  while (lanes < chunks && lanes < kWarpSize)
    lanes *= 2;
  return lanes;
}

HAGANE_DEVICE constexpr int largerOf(int a, int b) { return a > b ? a : b; }

/// Rows of `kSize` elements that teams of `kLanes` lanes read, as they lie in
/// memory: `kAtOnce` of them in registers.
template <typename T, bool kCoded, int kSize, int kLanes, int kAtOnce>
struct StreamedRows {
  static constexpr int kAccess = kFeaturesOfAccess<T>;
  static constexpr int kStrips =
      roundUpTo(kSize, kLanes * kAccess) / (kLanes * kAccess);
  static constexpr int kFeatures = kStrips * kAccess;

  Vector<T, kAccess> chunks[kAtOnce][kStrips];
  float scales[kAtOnce];

  static HAGANE_DEVICE int lane() { return int(threadIdx.x) % kLanes; }
  /// The feature of a lane's feature i.
  static HAGANE_DEVICE int featureOf(int i) {
    return (i / kAccess * kLanes + lane()) * kAccess + i % kAccess;
  }

  /// Begins to load row n, or zeros for null.
  HAGANE_DEVICE void load(int n, const T *row) {
#pragma unroll
    for (int strip = 0; strip < kStrips; ++strip)
      loadChunk(row, featureOf(strip * kAccess), chunks[n][strip]);
    scales[n] = scaleOfRow<kCoded, float>(row, kSize);
  }
  template <typename C> HAGANE_DEVICE C get(int n, int i) const {
    return toCompute<C>(chunks[n][i / kAccess][i % kAccess]);
  }

private:
  static HAGANE_DEVICE void loadChunk(const T *row, int first,
                                      Vector<T, kAccess> &to) {
    if (row && first + kAccess <= kSize &&
        isAligned(row, kAccess * int(sizeof(T)))) {
      to = loadVector<kAccess>(row + first);
      return;
    }
#pragma unroll
    for (int i = 0; i < kAccess; ++i)
      to[i] = row && first + i < kSize ? row[first + i] : zeroOf();
  }
  static HAGANE_DEVICE T zeroOf() {
    if constexpr (sizeof(T) == 2)
      return T(0.0f);
    else
      return T(0);
  }
};

template <typename C, typename TK, typename TV, int kThreads, int kRows,
          int kAtOnce, int kDepth, int kValue, bool kCodedKeys,
          bool kCodedValues>
struct AttentionStream {
  static constexpr int kLanes = lanesFor(
      largerOf(roundUpTo(kDepth, kFeaturesOfAccess<TK>) / kFeaturesOfAccess<TK>,
               roundUpTo(kValue, kFeaturesOfAccess<TV>) /
                   kFeaturesOfAccess<TV>));
  using Keys = StreamedRows<TK, kCodedKeys, kDepth, kLanes, kAtOnce>;
  using Values = StreamedRows<TV, kCodedValues, kValue, kLanes, kAtOnce>;
  using Scores = C[kRows][kAtOnce];

  static constexpr int kTeams = kThreads / kLanes,
                       kWarps = kThreads / kWarpSize;
  /// Keys of a block at a time.
  static constexpr int kKeys = kTeams * kAtOnce;
  static constexpr int kValueStride = Values::kFeatures * kLanes;
  static constexpr int kSharedBytes =
      int(sizeof(C)) * kRows * (2 * kTeams + kWarps * kValueStride);

  C queries[kRows][Keys::kFeatures];
  C sums[kRows][Values::kFeatures];
  RowSoftmax<C> softmax[kRows];

  static HAGANE_DEVICE int team() { return int(threadIdx.x) / kLanes; }
  /// The key of this team's key n: neighbouring teams read neighbouring ones.
  static HAGANE_DEVICE int keyOf(int n) { return team() + n * kTeams; }

  /// Begins a softmax: `sink(row)` is a score without value, or -inf.
  template <typename Sink> HAGANE_DEVICE void begin(Sink &&sink) {
#pragma unroll
    for (int row = 0; row < kRows; ++row) {
      C score = team() == 0 ? sink(row) : Limits<C>::lowest();
      softmax[row] = {score, score != Limits<C>::lowest() ? C(1) : C(0)};
#pragma unroll
      for (int i = 0; i < Values::kFeatures; ++i)
        sums[row][i] = C(0);
    }
  }

  /// The rows of queries, times the scale of scores; `locate(row)` is where a
  /// row lies, or null.
  template <typename Locate>
  HAGANE_DEVICE void loadQueries(C scale, Locate &&locate) {
#pragma unroll
    for (int row = 0; row < kRows; ++row) {
      auto *from = locate(row);
#pragma unroll
      for (int i = 0; i < Keys::kFeatures; ++i) {
        int feature = Keys::featureOf(i);
        queries[row][i] = from && feature < kDepth
                              ? scale * toCompute<C>(from[feature])
                              : C(0);
      }
    }
  }

  /// Begins to load the team's keys, or values; `locate(key)` is where a row
  /// lies, or null: zeros.
  template <typename Rows, typename Locate>
  HAGANE_DEVICE void load(Rows &rows, Locate &&locate) const {
#pragma unroll
    for (int n = 0; n < kAtOnce; ++n)
      rows.load(n, locate(keyOf(n)));
  }

  /// scores = queries * keys, in all lanes of the team.
  HAGANE_DEVICE void multiplyKeys(Scores &scores, const Keys &keys) const {
#pragma unroll
    for (int n = 0; n < kAtOnce; ++n)
#pragma unroll
      for (int row = 0; row < kRows; ++row) {
        C sum = C(0);
#pragma unroll
        for (int i = 0; i < Keys::kFeatures; ++i)
          sum += queries[row][i] * keys.template get<C>(n, i);
        sum = reduceWarp<Sum, kLanes>(sum);
        scores[row][n] = kCodedKeys ? sum * C(keys.scales[n]) : sum;
      }
  }

  /// score = adjust(row, key, score) of each score of the team.
  template <typename Adjust>
  HAGANE_DEVICE void forScores(Scores &scores, Adjust &&adjust) const {
#pragma unroll
    for (int row = 0; row < kRows; ++row)
#pragma unroll
      for (int n = 0; n < kAtOnce; ++n)
        scores[row][n] = adjust(row, keyOf(n), scores[row][n]);
  }

  /// Takes scores into the softmax: they become weights, and older sums are
  /// relative to the new maximum.
  HAGANE_DEVICE void weigh(Scores &scores) {
#pragma unroll
    for (int row = 0; row < kRows; ++row) {
      C most = Limits<C>::lowest();
#pragma unroll
      for (int n = 0; n < kAtOnce; ++n)
        most = Larger::of(scores[row][n], most);
      C factor = softmax[row].raise(most);
#pragma unroll
      for (int i = 0; i < Values::kFeatures; ++i)
        sums[row][i] *= factor;
#pragma unroll
      for (int n = 0; n < kAtOnce; ++n)
        scores[row][n] = softmax[row].weigh(scores[row][n]);
    }
  }

  /// sums += weights * values.
  HAGANE_DEVICE void multiplyValues(const Scores &weights,
                                    const Values &values) {
#pragma unroll
    for (int n = 0; n < kAtOnce; ++n)
#pragma unroll
      for (int i = 0; i < Values::kFeatures; ++i) {
        C value = values.template get<C>(n, i);
        if constexpr (kCodedValues)
          value *= C(values.scales[n]);
#pragma unroll
        for (int row = 0; row < kRows; ++row)
          sums[row][i] += weights[row][n] * value;
      }
  }

  /// Merges the teams: afterwards shared memory has the rows' weighted values,
  /// a part for each warp, and every thread the whole softmax.
  HAGANE_DEVICE void merge(std::byte *shared) {
    C *mosts = sharedRegion<C>(shared, 0), *totals = mosts + kTeams * kRows,
      *parts = totals + kTeams * kRows;
    if (Keys::lane() == 0) {
#pragma unroll
      for (int row = 0; row < kRows; ++row) {
        mosts[team() * kRows + row] = softmax[row].most;
        totals[team() * kRows + row] = softmax[row].sum;
      }
    }
    syncBlock();
#pragma unroll
    for (int row = 0; row < kRows; ++row) {
      RowSoftmax<C> all = {Limits<C>::lowest(), C(0)};
#pragma unroll 1
      for (int team = 0; team < kTeams; ++team)
        all.most = Larger::of(mosts[team * kRows + row], all.most);
#pragma unroll 1
      for (int team = 0; team < kTeams; ++team)
        all.sum += totals[team * kRows + row] *
                   expOf(mosts[team * kRows + row] - all.base());
      C factor = expOf(softmax[row].most - all.base());
      softmax[row] = all;
#pragma unroll
      for (int i = 0; i < Values::kFeatures; ++i)
        mergeWarp(parts, row, i, sums[row][i] * factor);
    }
    syncBlock();
  }

  /// A weighted value of a row after `merge`.
  static HAGANE_DEVICE C valueOf(std::byte *shared, int row, int feature) {
    const C *parts = sharedRegion<C>(shared, 0) + 2 * kTeams * kRows;
    C sum = C(0);
#pragma unroll
    for (int warp = 0; warp < kWarps; ++warp)
      sum += parts[(warp * kRows + row) * kValueStride + feature];
    return sum;
  }

  /// Writes the merged results: store(row, feature, value, softmax).
  template <typename Store>
  HAGANE_DEVICE void forResults(std::byte *shared, Store &&store) const {
#pragma unroll
    for (int row = 0; row < kRows; ++row)
#pragma unroll 1
      for (int feature = int(threadIdx.x); feature < kValue;
           feature += kThreads)
        store(row, feature, valueOf(shared, row, feature), softmax[row]);
  }

private:
  /// The sum over the teams of the warp.
  static HAGANE_DEVICE void mergeWarp(C *parts, int row, int i, C value) {
#pragma unroll
    for (int distance = kLanes; distance < kWarpSize; distance *= 2)
      value += shuffleXor(value, distance);
    if (laneIndex() < kLanes)
      parts[(warpIndex() * kRows + row) * kValueStride + Values::featureOf(i)] =
          value;
  }
};

} // namespace hagane::cuda
