//===- GemmOperands.h - The factors of a matrix product ---------*- C++ -*-===//
//
// How a and b are read and their products summed up. A step of the micro-kernel
// takes
//
// - one term: elements of the compute type are multiplied and added;
// - or two terms in bf16, which the processor multiplies and sums at once;
// - or two rows of b in bf16, interleaved, which are widened in registers;
// - or four terms of 8 bits, interleaved, which the processor multiplies and
//   sums at once;
// - or which are widened to two pairs of 16 bits, if it does that to those;
// - or which are widened to 32 bits, one after the other.
//
// Instructions for 8 bits want one sign or another: a's is flipped where it is
// the wrong one, a + 128 or a - 128, and one more row of a, of ones, sums b's
// columns, so that 128 times that makes up for it.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_CODEGEN_CPU_GEMMOPERANDS_H
#define HAGANE_CODEGEN_CPU_GEMMOPERANDS_H

#include "codegen/cpu/Lowering.h"
#include "codegen/cpu/Micro.h"

namespace hagane::cpu {

class GemmOperands {
public:
  /// Strips that together ask for all of a panel, and steps in which one of
  /// them asks for a row.
  static constexpr int64_t kPieces = 4;

  GemmOperands(kernel::Gemm op, const LoweringOptions &options, Builder &b);

  /// Fails, with a diagnostic, if b is stored in a way that no step reads.
  llvm::LogicalResult verify();

  mlir::Type getComputeType() const { return compute; }
  int64_t getLanes() const { return lanes; }
  /// Terms of the contraction that a step takes.
  int64_t getTerms() const { return interleave; }
  /// Rows that the micro-kernel has beyond those of a, behind them.
  int64_t getOwnRows() const { return flips ? 1 : 0; }
  /// Whether b is in panels, which are padded: any column may be read.
  bool isInPanels() const { return panelWidth != 0; }
  int64_t getPanelWidth() const { return panelWidth; }
  /// Bytes of a panel's row.
  int64_t getRowBytes() const;

  //===-- Where -----------------------------------------------------------===//

  /// The entry of the batch; null without batches.
  void setBatch(mlir::Value entry) { batch = entry; }
  /// The first of b's columns that a tile has, and which of them exist.
  void setColumns(mlir::Value first, llvm::ArrayRef<Access> accesses);
  /// How many rows of b are asked for ahead, into the first-level cache if
  /// near, else the second; null: none.
  void setPrefetch(mlir::Value rows, bool near) {
    rowsAhead = rows;
    isNear = near;
    pieceBegin = {};
  }
  /// Of a row's vectors, each `count`th from `first` on is asked for.
  void setPrefetchShare(int64_t first, int64_t count) {
    firstAhead = first;
    aheadStep = count;
  }

  /// Strips that follow each other ask for a piece each of the steps from
  /// `begin` to `end`, of `vectors` vectors: all at once they would wait for
  /// the memory.
  void setPrefetchPiece(mlir::Value strip, mlir::Value begin, mlir::Value end,
                        int64_t vectors);

  //===-- a ---------------------------------------------------------------===//

  mlir::Value getA() const { return a; }
  mlir::Value getDepth();
  /// The type of a's elements where they are copied.
  mlir::Type getCopyType() const;
  /// Copies rows [begin, end) for terms [from, to) to where they are close
  /// together.
  void copyRows(mlir::Value into, mlir::Value begin, mlir::Value end,
                mlir::Value from, mlir::Value to);
  Values placeInA(mlir::Value m) const;

  //===-- Steps -----------------------------------------------------------===//

  /// How `micro` reads b and adds products. `isCut`: a step's last terms do not
  /// exist.
  void describe(MicroKernel &micro, bool isCut);
  /// The factor in row `row` of `from` (a, or a copy of its rows) for the
  /// step whose first term is number k there. `exist`: how many of the step's
  /// terms do; null: all.
  mlir::Value loadA(Builder &b, mlir::Value from, mlir::ValueRange row,
                    mlir::Value k, int64_t term, mlir::Value exist) const;
  /// The factor in each of the own rows.
  mlir::Value loadOwnRow(Builder &b) const;
  /// Drops the own rows' sums, the last ones, after adding to the others what
  /// they tell.
  void applyOwnRows(Builder &b, Values &sums, int64_t vectors) const;

private:
  mlir::Value loadRow(mlir::Value m, mlir::Value k, Access part);
  void prefetchA(mlir::Value m, mlir::Value k);
  enum class Way { OneTerm, Dots, Widened, Quads, QuadsOfPairs, QuadsOfOne };

  void chooseWay(const LoweringOptions &options);
  void chooseQuads(const LoweringOptions &options);
  bool isBytes() const;
  mlir::Value loadByte(Builder &b, mlir::Value from, Values at,
                       mlir::Value exist, int64_t term) const;
  mlir::Value loadWord(Builder &b, mlir::Value from, const Values &at,
                       mlir::Value exist) const;
  mlir::Value loadElement(Builder &b, mlir::Value from, mlir::ValueRange at,
                          Access access, bool isUnsigned) const;
  mlir::Value multiplyQuads(Builder &b, mlir::Value a, mlir::Value x,
                            mlir::Value c) const;
  mlir::Value loadB(Builder &b, int64_t vector, Step step, bool isCut);
  mlir::Value loadPanel(Builder &b, int64_t vector, Step step);
  void prefetchPanel(Builder &b, const Values &at, int64_t vector, Step step);
  mlir::Value loadRows(Builder &b, int64_t vector, mlir::Value k,
                       mlir::Type type);
  mlir::Value loadColumns(Builder &b, int64_t vector, mlir::Value k);

  kernel::Gemm op;
  Builder &b;
  mlir::Value a, weight;
  llvm::StringRef layout;
  mlir::Type compute;
  int64_t lanes, panelWidth;
  Way way = Way::OneTerm;
  int64_t interleave = 1; // terms of a step
  llvm::StringRef dots;   // the intrinsic
  // The factors' signs; whether the intrinsic takes b first, as the unsigned
  // one, and whether a's sign is flipped for it.
  bool isUnsignedA, isUnsignedB, swaps = false, flips = false;
  mlir::Value batch, rowsAhead;
  int64_t firstAhead = 0, aheadStep = 1;
  bool isNear = false;
  // The row that a strip's piece begins with, were the first step number 0, and
  // the steps between its vectors.
  mlir::Value pieceBegin;
  int64_t pieceStep = 1;
  // Of the tile: its first column, and where that lies in panels.
  mlir::Value column, panel, panelColumn;
  llvm::SmallVector<Access> access;
};

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_GEMMOPERANDS_H
