//===- GemmEmission.h - Matrix products as CUDA C++ -------------*- C++ -*-===//
//
// A product's kernel finds its tile, sums up its products in the family's way,
// lets the sums wait in shared memory, and makes results of them, some
// neighbours of a row a thread:
//
//   tile -> main loop -> staged sums -> epilogue
//
// Tiles of b have `groups` times the columns of the result. What is packed for
// two groups has columns of both in turns, as do the staged sums.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_CODEGEN_CUDA_GEMMEMISSION_H
#define HAGANE_CODEGEN_CUDA_GEMMEMISSION_H

#include "codegen/cuda/KernelWriter.h"
#include "dialects/kernel/KernelCudaGemm.h"

namespace hagane::cuda {

class GemmEmission {
public:
  GemmEmission(kernel::Gemm op, KernelWriter &writer);

  llvm::LogicalResult emit();

private:
  // EmitGemm.cpp: what families share.
  void emitTile();
  llvm::LogicalResult emitEpilogue();
  void emitExtra(unsigned number, std::string &argument);

  // EmitGemmSimt.cpp
  void emitSimt();
  void emitScalarsOfA();
  void emitScalarsOfB();
  std::string elementOfB();
  std::string elementOfCodes();
  /// b's axis of columns, or of panels.
  unsigned getAxisOfColumns();

  // EmitGemmMma.cpp
  void emitMma();
  void emitCopies();
  void emitAlignment(mlir::Value operand, llvm::StringRef name);
  std::string copyOfRows(mlir::Value operand, llvm::StringRef tile,
                         llvm::StringRef target, llvm::StringRef first,
                         llvm::StringRef count);
  std::string tileOfA();
  std::string tileOfB();

  static mlir::Type typeOf(mlir::Value operand);
  /// Elements that a thread of the epilogue has.
  int64_t getNeighbours();
  /// Elements between rows of the staged sums.
  int64_t getPitch() const;
  /// Columns of a group that lie together in tiles of b.
  int64_t getPairedColumns();

  kernel::Gemm op;
  KernelWriter &w;
  kernel::CudaGemmAttr schedule;
  kernel::CudaGemmShared shared;
  mlir::Type sum;
  int64_t groups, tileColumns, rank;
};

} // namespace hagane::cuda

#endif // HAGANE_CODEGEN_CUDA_GEMMEMISSION_H
