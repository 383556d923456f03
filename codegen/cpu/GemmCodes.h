//===- GemmCodes.h - Products with weights that are codes -------*- C++ -*-===//
//
// How a strip of a matrix product adds blocks of codes to its sums. Rows of a
// are copied first, padded as the blocks are, so that every step is whole: 32
// rows of a block, in quads, whose codes are unpacked in registers.
//
// With a of i8 a block's sum is exact, of codes as they are: what their zero
// point would take from each is taken at once, as that times the sum of a's
// block, which is computed while a is copied. With floats the zero point is
// taken from each code, so that infinities stay what they are.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_CODEGEN_CPU_GEMMCODES_H
#define HAGANE_CODEGEN_CPU_GEMMCODES_H

#include "codegen/cpu/CodesLanes.h"
#include "dialects/kernel/KernelCost.h"

namespace hagane::cpu {

class GemmCodes {
public:
  GemmCodes(kernel::Gemm op, const KernelBody &body, Builder &b);

  /// Fails, with a diagnostic, if the schedule cuts blocks of codes.
  llvm::LogicalResult verify();

  /// Rows of b.
  int64_t getRows() const { return layout.rows; }
  /// Rows of the contraction whose codes take about so many bytes of a panel:
  /// whole blocks.
  int64_t getRowsOf(int64_t bytes) const;

  //===-- Where -----------------------------------------------------------===//

  /// The item's rows, of an entry of the batch, null without batches.
  void setRows(mlir::Value entry, mlir::Value begin, mlir::Value end) {
    batch = entry;
    rowBegin = begin;
    rowEnd = end;
  }
  /// The first of b's columns that a tile has.
  void setColumn(mlir::Value column);
  /// How many bytes ahead b is asked for; 0: not at all.
  void setPrefetch(int64_t bytes) { bytesAhead = bytes; }

  //===-- Work ------------------------------------------------------------===//

  /// Copies the item's rows for a part of the contraction, at most a block of
  /// the schedule.
  void copyRows(mlir::Value begin, mlir::Value end);
  /// Adds the products with rows [begin, end) of b, which were copied of a, to
  /// the sums of a strip that begins with row m; these are numbered by row,
  /// then by vector.
  void addBlocks(mlir::Value begin, mlir::Value end, mlir::Value m,
                 int64_t rows, llvm::function_ref<mlir::Value(int64_t)> loadSum,
                 llvm::function_ref<void(int64_t, mlir::Value)> storeSum);

private:
  /// Where a strip is.
  struct Strip {
    int64_t rows;
    mlir::Value m, first; ///< its first row, in a and in the item
    mlir::Value block;    ///< in b
    mlir::Value copy;     ///< the block's number in what was copied
    mlir::Value place;    ///< its first element there
    mlir::Value done;     ///< bytes of the blocks before it
  };

  mlir::Value copyPart(const Values &row, mlir::Value block, mlir::Value copy,
                       mlir::Value offset);
  void copyBlock(mlir::Value m, mlir::Value block);

  int64_t countSums(const Strip &strip) const { return strip.rows * vectors; }
  /// Sums of a block's products that do not wait for one another.
  int64_t countChains(const Strip &strip) const;
  bool keepsSums(int64_t rows) const;
  Values addBlock(const Strip &strip,
                  llvm::function_ref<mlir::Value(int64_t)> loadSum);
  Values startProducts(const Strip &strip);
  void addLines(const Strip &strip, mlir::Value offset, mlir::Value line,
                llvm::ArrayRef<int64_t> numbers, Values &products);
  Values addRows(const Strip &strip, mlir::Value offset, Values products);
  void addExact(const Strip &strip, CodesLanes &codes, mlir::Value place,
                int64_t quad, Values &products);
  void addFloats(const Strip &strip, CodesLanes &codes, mlir::Value place,
                 int64_t quad, Values &products);
  mlir::Value finishProducts(const Strip &strip, int64_t number,
                             mlir::ValueRange products, mlir::Value zero);

  mlir::Value loadBytes(mlir::Value block, mlir::Value at, int64_t count);
  void setShare(mlir::Value from, mlir::Value to, mlir::Value m);
  void prefetch(const Strip &strip, mlir::Value rows, mlir::Value at);
  mlir::Value loadCodes(const Strip &strip, mlir::Value offset, int64_t vector,
                        mlir::Value byte);
  mlir::Value loadScale(mlir::Value block, int64_t vector);
  mlir::Value loadZero(mlir::Value block, int64_t vector);
  mlir::Value loadSumOfA(const Strip &strip, int64_t row);
  mlir::Value loadScaleOfA(const Strip &strip, int64_t row);

  kernel::Gemm op;
  const KernelBody &body;
  Builder &b;
  kernel::GemmScheduleAttr schedule;
  kernel::CodesLayout layout;
  kernel::GemmScratch scratch;
  mlir::Value a, weight, aScales;
  mlir::Type copyType;
  bool isExact;
  std::optional<int64_t> zeroPoint;
  int64_t lanes, vectors, bytesAhead = 0;
  llvm::SmallVector<kernel::CodesPlane, 3> planes;
  QuadProducts quads;
  mlir::Value batch, rowBegin, rowEnd;
  // Where that begins in the panel which the strip asks for ahead, and how far
  // it gets for each byte that it reads.
  mlir::Value share, rate;
  mlir::Value panel, panelColumn;
  // Where the item's rows are copied, the sums of their blocks, and the first
  // block there.
  mlir::Value copies, sumsOfA, firstBlock;
  // Of the block being added: zero points as words or, where codes become
  // floats, as what those are more than their values.
  Values zeros;
};

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_GEMMCODES_H
