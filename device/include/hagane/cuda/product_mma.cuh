//===- product_mma.cuh - Matrix products by mma.sync ------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A step of a product takes tiles of both factors whose rows have 64 or 128
// bytes of terms. Rows of a tile, and of an operand stored by columns, are
// chunks of 16 bytes, permuted so that eight rows' chunks of the same terms lie
// in different banks. Packed weights have the chunks of 16 columns together:
// they are copied as they are, and eight of them fill all banks once.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/mma.cuh"
#include "hagane/cuda/product.cuh"

namespace hagane::cuda {

constexpr int kChunkBytes = 16;

/// A tile of kRows rows in shared memory, kDepth bytes of terms each.
template <int kRows, int kDepth> struct RowsTile {
  static_assert(kDepth == 64 || kDepth == 128, "rows fill lines of all banks");
  static constexpr int kBytes = kRows * kDepth;
  static constexpr int kChunks = kDepth / kChunkBytes;

  std::byte *shared;

  HAGANE_DEVICE std::byte *chunk(int row, int number) const {
    int permuted = number ^ (row * kDepth / 128 % kChunks);
    return shared + row * kDepth + permuted * kChunkBytes;
  }

  /// Begins to copy the first `rows` rows of a matrix whose rows are `stride`
  /// elements apart, and `terms` terms of each; zeros stand for others. All
  /// kThreads threads call this. Rows that begin off 16 bytes are copied by
  /// elements.
  template <int kThreads, typename T>
  HAGANE_DEVICE void copy(const T *from, int64_t stride, int rows,
                          int64_t terms, bool isAligned) const {
    constexpr int kElements = kChunkBytes / int(sizeof(T));
#pragma unroll
    for (int first = 0; first < kRows * kChunks; first += kThreads) {
      int place = first + int(threadIdx.x);
      if (kRows * kChunks % kThreads != 0 && place >= kRows * kChunks)
        break;
      int row = place / kChunks, number = place % kChunks;
      int64_t left = row < rows ? terms - number * kElements : 0;
      int count = left >= kElements ? kElements : left > 0 ? int(left) : 0;
      const T *source = count ? from + row * stride + number * kElements : from;
      copyChunk(chunk(row, number), source, count, isAligned);
    }
  }

  template <typename T>
  static HAGANE_DEVICE void copyChunk(std::byte *to, const T *from, int count,
                                      bool isAligned) {
    if (isAligned) {
      copyAsync16(to, from, uint32_t(count) * uint32_t(sizeof(T)));
      return;
    }
    Vector<T, kChunkBytes / int(sizeof(T))> chunk;
#pragma unroll
    for (int i = 0; i < kChunkBytes / int(sizeof(T)); ++i)
      chunk[i] = i < count ? from[i] : T(0);
    storeVector(reinterpret_cast<T *>(to), chunk);
  }
};

/// A tile of kColumns columns of a packed weight, kDepth bytes of terms each.
template <int kColumns, int kDepth> struct PanelsTile {
  static constexpr int kBytes = kColumns * kDepth;
  static constexpr int kChunks = kDepth / kChunkBytes, kPanel = 16;
  static constexpr int kPanelBytes = kChunks * kPanel * kChunkBytes;

  std::byte *shared;

  HAGANE_DEVICE std::byte *chunk(int column, int number) const {
    return shared + column / kPanel * kPanelBytes +
           (number * kPanel + column % kPanel) * kChunkBytes;
  }

  /// Begins to copy chunks from `chunk` on, of the `chunks` that each of
  /// `panels` panels has; zeros stand for others. `from` is the tile's first
  /// panel. All kThreads threads call this.
  template <int kThreads, typename T>
  HAGANE_DEVICE void copy(const T *from, int64_t panels, int64_t chunk,
                          int64_t chunks) const {
    constexpr int kPlaces = kBytes / kChunkBytes, kSide = kChunks * kPanel;
    constexpr int kElements = kChunkBytes / int(sizeof(T));
#pragma unroll
    for (int first = 0; first < kPlaces; first += kThreads) {
      int place = first + int(threadIdx.x);
      if (kPlaces % kThreads != 0 && place >= kPlaces)
        break;
      int panel = place / kSide, inPanel = place % kSide;
      bool exists = panel < panels && chunk + inPanel / kPanel < chunks;
      const T *source =
          from + ((panel * chunks + chunk) * kPanel + inPanel) * kElements;
      copyAsync16(shared + place * kChunkBytes, exists ? source : from,
                  exists ? kChunkBytes : 0);
    }
  }
};

/// A warp's sums: kDown x kAcross products of 16 x 8.
template <int kDown, int kAcross, typename Sum> struct FragmentSums {
  static_assert(kAcross % 2 == 0, "columns are loaded by sixteen");
  Sum sums[kDown][kAcross][4] = {};

  /// Adds the products of all terms of two tiles, for the rows and columns that
  /// begin with those named.
  template <typename A, typename B, typename Left, typename Right>
  HAGANE_DEVICE void add(Left left, int row, Right right, int column) {
    int lane = laneIndex();
#pragma unroll
    for (int chunk = 0; chunk < Left::kChunks; chunk += 2) {
      uint32_t rows[kDown][4], columns[kAcross / 2][4];
#pragma unroll
      for (int i = 0; i < kDown; ++i)
        loadMatrices(rows[i], left.chunk(row + i * 16 + lane % 16,
                                         chunk + lane / 16));
#pragma unroll
      for (int j = 0; j < kAcross / 2; ++j)
        loadMatrices(columns[j],
                     right.chunk(column + j * 16 + lane / 16 * 8 + lane % 8,
                                 chunk + lane / 8 % 2));
#pragma unroll
      for (int i = 0; i < kDown; ++i)
#pragma unroll
        for (int j = 0; j < kAcross; ++j)
          multiplyAdd<A, B>(sums[i][j], rows[i], columns[j / 2][j % 2 * 2],
                            columns[j / 2][j % 2 * 2 + 1]);
    }
  }

  /// Writes them where the epilogue of the block reads them.
  template <int kPitch> HAGANE_DEVICE void stage(Sum *staged) const {
    int lane = laneIndex();
#pragma unroll
    for (int i = 0; i < kDown; ++i)
#pragma unroll
      for (int j = 0; j < kAcross; ++j) {
        Sum *at = staged + (i * 16 + lane / 4) * kPitch + j * 8 + lane % 4 * 2;
        const Sum(&four)[4] = sums[i][j];
        storeVector(at, Vector<Sum, 2>{{four[0], four[1]}});
        storeVector(at + 8 * kPitch, Vector<Sum, 2>{{four[2], four[3]}});
      }
  }
};

} // namespace hagane::cuda
