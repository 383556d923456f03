//===- GemmResults.h - Sums of a matrix product, and its results -*- C++
//-*-===//
//
// Sums wait in scratch memory, those of a strip and a tile together: one stream
// of memory. There are as many as an item has, or a single strip's. The
// epilogue makes results of them.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_CODEGEN_CPU_GEMMRESULTS_H
#define HAGANE_CODEGEN_CPU_GEMMRESULTS_H

#include "codegen/cpu/Emit.h"
#include "codegen/cpu/Lowering.h"

namespace hagane::cpu {

class GemmResults {
public:
  GemmResults(kernel::Gemm op, const KernelBody &body, Builder &b,
              mlir::Type compute, int64_t lanes, int64_t groupWidth)
      : op(op), body(body), b(b), compute(compute), lanes(lanes),
        groups(op.getGroups()), microN(op.getSchedule()->getMicroN()),
        groupWidth(groupWidth) {}

  /// Sums of the item that begins with a row and a column of b.
  void setItem(mlir::Value row, mlir::Value columnOfB);
  /// From now on sums are those of the strip that begins with a row and of one
  /// tile; null: of all of the item.
  void setStrip(mlir::Value row) { strip = row; }

  /// A vector of row m, `offset` columns behind b's column n, where a tile
  /// begins.
  mlir::Value loadSum(mlir::Value m, mlir::Value n, int64_t offset);
  void storeSum(mlir::Value sum, mlir::Value m, mlir::Value n, int64_t offset);

  /// Stores the results of row m and of the columns that begin with one, a
  /// vector for each access.
  void emit(mlir::Value batch, mlir::Value m, mlir::Value column,
            llvm::ArrayRef<Access> accesses);

private:
  Values placeOf(mlir::Value m, mlir::Value n, int64_t offset);
  mlir::Value loadGroup(mlir::Value m, mlir::Value column, int64_t group,
                        int64_t vector);

  kernel::Gemm op;
  const KernelBody &body;
  Builder &b;
  mlir::Type compute;
  int64_t lanes, groups, microN, groupWidth;
  mlir::Value sums, firstRow, firstOfB, strip;
};

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_GEMMRESULTS_H
