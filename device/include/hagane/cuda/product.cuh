//===- product.cuh - Matrix products in tiles -------------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What all families of matrix products share: which tile a block computes; and
// the products of scalars, for types that tensor cores lack.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/block.cuh"
#include "hagane/cuda/elements.cuh"

namespace hagane::cuda {

//===-- Which tile --------------------------------------------------------===//

/// A block's part of the result: where it begins, and how much of it exists.
struct ProductTile {
  int64_t batch, row, column;
  int rows, columns;

  HAGANE_DEVICE bool exists() const { return rows > 0 && columns > 0; }
};

/// The tile of block `block`, of kRows x kColumns. Blocks that run at the same
/// time share rows and columns: eight tiles side by side, row after row.
template <int kRows, int kColumns>
HAGANE_DEVICE ProductTile findTile(int64_t block, int64_t batches, int64_t rows,
                                   int64_t columns) {
  constexpr int64_t kSide = 8;
  int64_t down = ceilDivide(rows, int64_t(kRows)),
          across = ceilDivide(columns, int64_t(kColumns)), all = down * across;
  ProductTile tile = {0, 0, 0, 0, 0};
  if (block >= batches * all)
    return tile;
  tile.batch = block / all;
  int64_t place = block % all, first = place / (down * kSide) * kSide;
  int64_t width = across - first < kSide ? across - first : kSide;
  place -= first * down;
  tile.row = place / width * kRows;
  tile.column = (first + place % width) * kColumns;
  int64_t rowsLeft = rows - tile.row, columnsLeft = columns - tile.column;
  tile.rows = int(rowsLeft < kRows ? rowsLeft : kRows);
  tile.columns = int(columnsLeft < kColumns ? columnsLeft : kColumns);
  return tile;
}

//===-- Products of scalars -----------------------------------------------===//

/// A lane's part of a warp's sums: lanes are 4 x 8.
template <int kRows, int kColumns, typename T> struct ScalarSums {
  T sums[kRows][kColumns] = {};

  static HAGANE_DEVICE int firstRow() { return laneIndex() / 8 * kRows; }
  static HAGANE_DEVICE int firstColumn() { return laneIndex() % 8 * kColumns; }

  /// Adds products of kTerms terms. `left` and `right` hold all rows, and all
  /// columns, of the warp, one term after another.
  template <int kTerms, int kLeftPitch, int kRightPitch>
  HAGANE_DEVICE void add(const T *left, const T *right) {
#pragma unroll 4
    for (int term = 0; term < kTerms; ++term) {
      T rows[kRows], columns[kColumns];
      loadNeighbours(rows, left + term * kLeftPitch + firstRow(), kRows);
      loadNeighbours(columns, right + term * kRightPitch + firstColumn(),
                     kColumns);
#pragma unroll
      for (int i = 0; i < kRows; ++i)
#pragma unroll
        for (int j = 0; j < kColumns; ++j)
          sums[i][j] += rows[i] * columns[j];
    }
  }

  /// Writes them where the epilogue of the block reads them.
  template <int kPitch> HAGANE_DEVICE void stage(T *staged) const {
#pragma unroll
    for (int i = 0; i < kRows; ++i)
#pragma unroll
      for (int j = 0; j < kColumns; ++j)
        staged[(firstRow() + i) * kPitch + firstColumn() + j] = sums[i][j];
  }
};

} // namespace hagane::cuda
