//===- conv_tile.cuh - Convolution as a matrix product ----------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block computes a tile of channels by positions. What the windows see is
// never stored as a matrix: patches are gathered into shared memory as the
// contraction passes, while the tile before them is multiplied.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/block.cuh"
#include "hagane/cuda/heads.cuh"

namespace hagane::cuda {

/// A number for each axis of space.
template <int kZ, int kY, int kX> struct Axes {
  static constexpr int z = kZ, y = kY, x = kX;
};

/// How a window walks over space; `Pads` are those before the first element.
template <typename Window, typename Strides, typename Pads, typename Dilations>
struct WindowWay {
  static constexpr int kVolume = Window::z * Window::y * Window::x;

  /// Sizes of space.
  struct Space {
    int z, y, x;
  };
  /// Strides of space in memory, in elements.
  struct Steps {
    int64_t z, y, x;
  };

  /// What the window sees at one position.
  struct Patch {
    int z, y, x; // of the window's first element
    bool exists;

    HAGANE_DEVICE Patch(int position, int positions, const Space &out)
        : z(position / (out.x * out.y) * Strides::z - Pads::z),
          y(position / out.x % out.y * Strides::y - Pads::y),
          x(position % out.x * Strides::x - Pads::x),
          exists(position < positions) {}

    /// Where element `element` of the window lies, relative to the channel's
    /// first; -1 in the padding.
    HAGANE_DEVICE int64_t offsetOf(int element, const Space &in,
                                   const Steps &steps) const {
      int atZ = z + element / (Window::x * Window::y) * Dilations::z;
      int atY = y + element / Window::x % Window::y * Dilations::y;
      int atX = x + element % Window::x * Dilations::x;
      bool isInside = exists && atZ >= 0 && atZ < in.z && atY >= 0 &&
                      atY < in.y && atX >= 0 && atX < in.x;
      return isInside ? atZ * steps.z + atY * steps.y + atX * steps.x : -1;
    }
  };
};

/// Sums of kChannels x kPositions; kSteps of the contraction at a time.
template <typename C, int kThreads, int kChannels, int kPositions, int kSteps>
struct ConvTile {
  static constexpr int kWidth = 16 / int(sizeof(C));
  // Threads lie as channels x 16 positions, each with groups of kWidth.
  static constexpr int kAcross = 16, kDown = kThreads / kAcross;
  static constexpr int kGroupsAcross = kPositions / (kAcross * kWidth),
                       kGroupsDown = kChannels / (kDown * kWidth);
  static constexpr int kRows = kGroupsDown * kWidth,
                       kColumns = kGroupsAcross * kWidth;
  static_assert(kGroupsAcross * kAcross * kWidth == kPositions &&
                    kGroupsDown * kDown * kWidth == kChannels,
                "threads have whole groups");
  static_assert(kThreads % kPositions == 0, "a thread copies one position");

  static constexpr int kWeightStride = kChannels + kWidth;
  static constexpr int kSharedBytes =
      int(sizeof(C)) * kSteps * (kWeightStride + kPositions);
  // Elements of a tile that a thread copies.
  static constexpr int kWeightsOfThread =
      (kChannels * kSteps + kThreads - 1) / kThreads;
  static constexpr int kPatchesOfThread = kPositions * kSteps / kThreads;

  C *weights, *patches;
  C nextWeights[kWeightsOfThread], nextPatches[kPatchesOfThread];
  C sums[kRows][kColumns];

  HAGANE_DEVICE explicit ConvTile(std::byte *shared)
      : weights(sharedRegion<C>(shared, 0)),
        patches(weights + kSteps * kWeightStride) {
#pragma unroll
    for (int row = 0; row < kRows; ++row)
#pragma unroll
      for (int column = 0; column < kColumns; ++column)
        sums[row][column] = C(0);
  }

  /// The position of the tile whose patches this thread copies.
  static HAGANE_DEVICE int patchPosition() {
    return int(threadIdx.x) % kPositions;
  }

  /// Begins to load a tile of weights: weight(channel, step). With kAlong,
  /// neighbouring threads load neighbouring channels, else steps.
  template <bool kAlong, typename Weight>
  HAGANE_DEVICE void loadWeights(Weight &&weight) {
#pragma unroll
    for (int i = 0; i < kWeightsOfThread; ++i) {
      int at = int(threadIdx.x) + i * kThreads;
      if (at < kChannels * kSteps)
        nextWeights[i] = weight(channelOf<kAlong>(at), stepOf<kAlong>(at));
    }
    along = kAlong;
  }
  /// Begins to load a tile of patches at the thread's position: patch(step).
  template <typename Patch> HAGANE_DEVICE void loadPatches(Patch &&patch) {
#pragma unroll
    for (int i = 0; i < kPatchesOfThread; ++i)
      nextPatches[i] = patch(patchStep(i));
  }

  /// Hands the loaded tile over to all threads of the block.
  HAGANE_DEVICE void exchange() {
    syncBlock();
#pragma unroll
    for (int i = 0; i < kWeightsOfThread; ++i) {
      int at = int(threadIdx.x) + i * kThreads;
      int channel = along ? channelOf<true>(at) : channelOf<false>(at);
      int step = along ? stepOf<true>(at) : stepOf<false>(at);
      if (at < kChannels * kSteps)
        weights[step * kWeightStride + channel] = nextWeights[i];
    }
#pragma unroll
    for (int i = 0; i < kPatchesOfThread; ++i)
      patches[patchStep(i) * kPositions + patchPosition()] = nextPatches[i];
    syncBlock();
  }

  /// sums += weights * patches of the tile in shared memory.
  HAGANE_DEVICE void multiply() {
#pragma unroll 4
    for (int step = 0; step < kSteps; ++step) {
      Vector<C, kWidth> down[kGroupsDown], across[kGroupsAcross];
#pragma unroll
      for (int g = 0; g < kGroupsDown; ++g)
        down[g] = loadVector<kWidth>(weights + step * kWeightStride +
                                     channelOfRow(g * kWidth));
#pragma unroll
      for (int g = 0; g < kGroupsAcross; ++g)
        across[g] = loadVector<kWidth>(patches + step * kPositions +
                                       positionOfColumn(g * kWidth));
#pragma unroll
      for (int row = 0; row < kRows; ++row)
#pragma unroll
        for (int column = 0; column < kColumns; ++column)
          sums[row][column] += down[row / kWidth][row % kWidth] *
                               across[column / kWidth][column % kWidth];
    }
  }

  /// visit(channel, position, sum) for each sum of the thread.
  template <typename Visit> HAGANE_DEVICE void forResults(Visit &&visit) const {
#pragma unroll
    for (int row = 0; row < kRows; ++row)
#pragma unroll
      for (int column = 0; column < kColumns; ++column)
        visit(channelOfRow(row), positionOfColumn(column), sums[row][column]);
  }

private:
  bool along;

  template <bool kAlong> static HAGANE_DEVICE int channelOf(int at) {
    return kAlong ? at % kChannels : at / kSteps;
  }
  template <bool kAlong> static HAGANE_DEVICE int stepOf(int at) {
    return kAlong ? at / kChannels : at % kSteps;
  }
  static HAGANE_DEVICE int patchStep(int i) {
    return int(threadIdx.x) / kPositions + i * (kThreads / kPositions);
  }
  static HAGANE_DEVICE int channelOfRow(int row) {
    return (row / kWidth * kDown + int(threadIdx.x) / kAcross) * kWidth +
           row % kWidth;
  }
  static HAGANE_DEVICE int positionOfColumn(int column) {
    return (column / kWidth * kAcross + int(threadIdx.x) % kAcross) * kWidth +
           column % kWidth;
  }
};

} // namespace hagane::cuda
