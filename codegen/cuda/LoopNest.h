//===- LoopNest.h - Operands over an iteration space ------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CUDA_LOOPNEST_H
#define HAGANE_CODEGEN_CUDA_LOOPNEST_H

#include "codegen/cuda/KernelWriter.h"

namespace hagane::cuda {

/// An operand and the map that tells its element from coordinates.
struct NestOperand {
  mlir::Value memref;
  mlir::AffineMap map;
  std::string name; ///< of the variable that holds its elements

  /// The type in which kernels compute on it.
  mlir::Type getComputeType() const;
  bool varies(unsigned dim) const { return map.isFunctionOfDim(dim); }
};

/// The iteration space of a kernel: an affine map (projected permutation,
/// constants 0 for broadcast) per input, then one per out.
class LoopNest {
public:
  LoopNest(KernelWriter &w, mlir::ValueRange ins, mlir::ValueRange outs,
           mlir::ArrayAttr maps);

  unsigned rank() const { return dimSizes.size(); }
  /// Expression for the size of a dimension.
  const std::string &size(unsigned dim) const { return dimSizes[dim]; }
  const Texts &sizes() const { return dimSizes; }
  llvm::ArrayRef<NestOperand> getIns() const { return ins; }
  llvm::ArrayRef<NestOperand> getOuts() const { return outs; }

  /// Declares the inputs that are the same all along `dim` as scalars at
  /// `dims`.
  void loadInvariant(llvm::ArrayRef<std::string> dims, unsigned dim);
  /// Loads the others from `dims` on along `dim`, into the array `target` (by
  /// the operand's name), as far as `count` says.
  void loadVarying(llvm::ArrayRef<std::string> dims, unsigned dim,
                   llvm::function_ref<std::string(const NestOperand &)> target,
                   llvm::StringRef count);
  /// Stores the array of an out.
  void store(const NestOperand &out, llvm::ArrayRef<std::string> dims,
             unsigned dim, llvm::StringRef values, llvm::StringRef count);
  /// Stores one value.
  void store(const NestOperand &out, llvm::ArrayRef<std::string> dims,
             const std::string &value);

private:
  std::string strideAlong(const NestOperand &operand, unsigned dim) const;

  KernelWriter &w;
  llvm::SmallVector<NestOperand> ins, outs;
  Texts dimSizes;
};

/// The type of a kernel's values of this type, as C++ names it.
std::string computeName(KernelWriter &w, mlir::Type type);

/// Product of expressions.
std::string product(llvm::ArrayRef<std::string> factors);

/// Declares a coordinate for each size that together are the linear `position`,
/// the last one fastest; returns their names, `prefix` and a number each.
Texts delinearize(KernelWriter &w, llvm::StringRef position,
                  llvm::ArrayRef<std::string> sizes, llvm::StringRef prefix);

/// The combination of a kind of reduction: "Sum" for "sum".
llvm::StringRef combinationOf(llvm::StringRef kind);

/// Emits the body of each of a thread's groups of `vector` elements that follow
/// each other along the last of `sizes` (none: one element), as `schedule`
/// deals them out: `body` gets the coordinates of the group's first element and
/// an expression for how many of the group exist.
llvm::LogicalResult forGroups(
    KernelWriter &w, llvm::ArrayRef<std::string> sizes,
    kernel::CudaLoopAttr schedule,
    llvm::function_ref<llvm::LogicalResult(Texts at, std::string count)> body);

} // namespace hagane::cuda

#endif // HAGANE_CODEGEN_CUDA_LOOPNEST_H
