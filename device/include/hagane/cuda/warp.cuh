//===- warp.cuh - The 32 threads of a warp ----------------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Exchange of registers between lanes and reductions over a warp. All lanes of
// the mask must call a primitive together (PTX ISA, "shfl.sync", "vote.sync",
// "bar.warp.sync"). Reductions combine lanes in a fixed order (a butterfly), so
// that results are the same in every run, and every lane gets the result.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/types.cuh"

namespace hagane::cuda {

constexpr int kWarpSize = 32;
constexpr uint32_t kAllLanes = 0xffffffffu;

/// Which lane of its warp a thread is, and which warp of its block, for blocks
/// of one dimension.
HAGANE_DEVICE int laneIndex() { return int(threadIdx.x % kWarpSize); }
HAGANE_DEVICE int warpIndex() { return int(threadIdx.x / kWarpSize); }

/// Orders the memory accesses of the lanes: what was written before is seen
/// after by all.
HAGANE_DEVICE void syncWarp(uint32_t mask = kAllLanes) {
#if defined(HAGANE_CUDA_EMULATED)
  emulation()->syncWarp(mask);
#else
  __syncwarp(mask);
#endif
}

/// The value that lane `source` passes; types of up to 8 bytes.
template <typename T>
HAGANE_DEVICE T shuffle(T value, int source, uint32_t mask = kAllLanes) {
  static_assert(sizeof(T) <= 8, "a shuffle moves at most 8 bytes");
#if defined(HAGANE_CUDA_EMULATED)
  ShuffleOperand operand = {0, uint32_t(source) % kWarpSize};
  memcpy(&operand.value, &value, sizeof(T));
  uint64_t received;
  emulation()->warp(WarpOperation::Shuffle, mask, &operand, &received);
  memcpy(&value, &received, sizeof(T));
  return value;
#else
  if constexpr (sizeof(T) == 8) {
    return bitCast<T>(
        __shfl_sync(mask, bitCast<unsigned long long>(value), source));
  } else if constexpr (sizeof(T) == 4) {
    return bitCast<T>(__shfl_sync(mask, bitCast<uint32_t>(value), source));
  } else if constexpr (sizeof(T) == 2) {
    return bitCast<T>(uint16_t(
        __shfl_sync(mask, uint32_t(bitCast<uint16_t>(value)), source)));
  } else {
    return bitCast<T>(
        uint8_t(__shfl_sync(mask, uint32_t(bitCast<uint8_t>(value)), source)));
  }
#endif
}

/// The value of the lane whose number differs in the bits of `distance`.
template <typename T>
HAGANE_DEVICE T shuffleXor(T value, int distance, uint32_t mask = kAllLanes) {
  return shuffle(value, laneIndex() ^ distance, mask);
}

/// The value of the lane `distance` below; the lowest lanes keep their own.
template <typename T>
HAGANE_DEVICE T shuffleUp(T value, int distance, uint32_t mask = kAllLanes) {
  int source = laneIndex() - distance;
  return shuffle(value, source < 0 ? laneIndex() : source, mask);
}

/// The value of the lane `distance` above; the highest lanes keep their own.
template <typename T>
HAGANE_DEVICE T shuffleDown(T value, int distance, uint32_t mask = kAllLanes) {
  int source = laneIndex() + distance;
  return shuffle(value, source >= kWarpSize ? laneIndex() : source, mask);
}

/// Bit i: whether lane i passes true.
HAGANE_DEVICE uint32_t ballot(bool predicate, uint32_t mask = kAllLanes) {
#if defined(HAGANE_CUDA_EMULATED)
  uint32_t operand = predicate, votes;
  emulation()->warp(WarpOperation::Vote, mask, &operand, &votes);
  return votes;
#else
  return __ballot_sync(mask, predicate);
#endif
}

HAGANE_DEVICE bool anyLane(bool predicate, uint32_t mask = kAllLanes) {
  return ballot(predicate, mask) != 0;
}

HAGANE_DEVICE bool allLanes(bool predicate, uint32_t mask = kAllLanes) {
  return ballot(predicate, mask) == mask;
}

/// One lane of a converged warp, the same at every call: for work that one
/// thread of the warp issues.
HAGANE_DEVICE bool electLane() { return laneIndex() == 0; }

/// Combinations for reductions: `of(a, b)` and the value that changes nothing.
struct Sum {
  template <typename T> static HAGANE_DEVICE T of(T a, T b) { return a + b; }
  template <typename T> static HAGANE_DEVICE T identity() { return T(0); }
};

struct Product {
  template <typename T> static HAGANE_DEVICE T of(T a, T b) { return a * b; }
  template <typename T> static HAGANE_DEVICE T identity() { return T(1); }
};

/// The smallest and the largest value of a type; infinities for floats.
template <typename T> struct Limits {
  static constexpr bool kSigned = T(-1) < T(0);
  static HAGANE_DEVICE T lowest() {
    return kSigned ? T(uint64_t(1) << (8 * sizeof(T) - 1)) : T(0);
  }
  static HAGANE_DEVICE T highest() {
    return T(~uint64_t(0) >> (64 - 8 * sizeof(T) + (kSigned ? 1 : 0)));
  }
};

template <> struct Limits<float> {
  static HAGANE_DEVICE float lowest() { return bitCast<float>(0xff800000u); }
  static HAGANE_DEVICE float highest() { return bitCast<float>(0x7f800000u); }
};

template <> struct Limits<double> {
  static HAGANE_DEVICE double lowest() {
    return bitCast<double>(uint64_t(0xfff0000000000000u));
  }
  static HAGANE_DEVICE double highest() {
    return bitCast<double>(uint64_t(0x7ff0000000000000u));
  }
};

/// Largest and smallest; NaN wins, as in ONNX.
struct Max {
  template <typename T> static HAGANE_DEVICE T of(T a, T b) {
    return a > b || a != a ? a : b;
  }
  template <typename T> static HAGANE_DEVICE T identity() {
    return Limits<T>::lowest();
  }
};

struct Min {
  template <typename T> static HAGANE_DEVICE T of(T a, T b) {
    return a < b || a != a ? a : b;
  }
  template <typename T> static HAGANE_DEVICE T identity() {
    return Limits<T>::highest();
  }
};

/// The combination over groups of `kLanes` neighbouring lanes.
template <typename Combination, int kLanes = kWarpSize, typename T>
HAGANE_DEVICE T reduceWarp(T value, uint32_t mask = kAllLanes) {
#pragma unroll
  for (int distance = kLanes / 2; distance > 0; distance /= 2)
    value = Combination::of(value, shuffleXor(value, distance, mask));
  return value;
}

/// Running maximum and sum of exponentials: the state of a softmax that sees
/// its scores in pieces. Scores are in powers of two (scaled by log2 e), so
/// that one exp2 each is enough.
struct OnlineSoftmax {
  float max = Limits<float>::lowest();
  float sum = 0;

  /// Takes the maximum of the next piece in; returns the factor by which sums
  /// and outputs collected so far shrink. A row whose scores are all -inf
  /// keeps a maximum of 0 in its exponents, so that it stays 0, not NaN.
  HAGANE_DEVICE float raise(float pieceMax) {
    float raised = Max::of(max, pieceMax);
    float factor = exp2f(max - shiftFor(raised));
    max = raised;
    sum *= factor;
    return factor;
  }

  /// The exponential of one score of a piece that was raised.
  HAGANE_DEVICE float weight(float score) const {
    return exp2f(score - shiftFor(max));
  }

  /// Takes another state in: rows split over threads or blocks.
  HAGANE_DEVICE void merge(float otherMax, float otherSum) {
    raise(otherMax);
    sum += otherSum * exp2f(otherMax - shiftFor(max));
  }

  static HAGANE_DEVICE float shiftFor(float maximum) {
    return maximum == Limits<float>::lowest() ? 0.0f : maximum;
  }
};

} // namespace hagane::cuda
