//===- KernelWriter.h - Text of one CUDA kernel -----------------*- C++ -*-===//
//
// What emitters write with: indented lines, names for a kernel's operands as
// fields of its arguments, and regions of scalar operations as statements.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_CODEGEN_CUDA_KERNELWRITER_H
#define HAGANE_CODEGEN_CUDA_KERNELWRITER_H

#include "codegen/cuda/EmitSource.h"
#include "dialects/kernel/KernelOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringSet.h"

namespace hagane::cuda {

using Texts = llvm::SmallVector<std::string>;

class KernelWriter {
public:
  /// For the kernel `op` in the function that outlining made of it.
  KernelWriter(mlir::func::FuncOp function, kernel::KernelOpInterface op,
               const Target &target);

  const Target &getTarget() const { return target; }

  //===-- Lines -----------------------------------------------------------===//

  /// Adds a line, or several.
  void line(const llvm::Twine &text);
  /// `head {`, what follows indented.
  void open(const llvm::Twine &head);
  /// `}`; with a tail such as " else {" the block that follows it.
  void close(const llvm::Twine &tail = "");
  /// The kernel's head, with `threads` threads a block. What was written before
  /// stands before it.
  void openKernel(int64_t threads);
  void closeKernel();
  /// A name that no other has, for one that several places want.
  std::string unique(llvm::StringRef name);

  //===-- What the source needs -------------------------------------------===//

  void include(llvm::StringRef header);
  void useShared(int64_t bytes);
  /// An instruction that the compiled kernel must have.
  void promise(llvm::StringRef instruction);

  //===-- Operands --------------------------------------------------------===//

  /// Of memory: "float", "bf16", "int8_t", "bool".
  std::string typeName(mlir::Type type) const;
  /// Address of a memref's first element.
  std::string pointer(mlir::Value memref) const;
  std::string size(mlir::Value memref, int64_t axis) const;
  /// In elements.
  std::string stride(mlir::Value memref, int64_t axis) const;
  /// The element at these indices, as a place.
  std::string element(mlir::Value memref, llvm::ArrayRef<std::string> at) const;
  /// The element at these indices as the type in which kernels compute.
  std::string load(mlir::Value memref, llvm::ArrayRef<std::string> at) const;
  /// A value of a type as another type.
  std::string convert(const std::string &value, mlir::Type from,
                      mlir::Type to) const;
  /// The indices that a projected permutation gives for coordinates.
  static Texts apply(mlir::AffineMap map, llvm::ArrayRef<std::string> dims);
  /// An expression over the sizes of the kernel's operands. Fails with a
  /// diagnostic where a symbol is no size of theirs.
  llvm::FailureOr<std::string> number(xf::Dim dim);
  /// Names for the arguments of a region that are memory.
  void bind(mlir::Value argument, mlir::Value memref);
  /// Whether memory is written through the operand.
  bool isWritten(mlir::Value memref) const;

  //===-- Regions ---------------------------------------------------------===//

  /// Statements for a region whose arguments are `arguments` and whose
  /// coordinates are `dims`; the names of what it yields. Fails with a
  /// diagnostic for operations that have no form in C++.
  llvm::FailureOr<Texts> region(mlir::Region &region,
                                llvm::ArrayRef<std::string> arguments,
                                llvm::ArrayRef<std::string> dims = {});

  KernelSource take(std::string name);

private:
  void nameArguments(kernel::KernelOpInterface op);
  void addFields(unsigned number, llvm::StringRef name);
  mlir::Value resolve(mlir::Value memref) const;
  llvm::StringRef nameOf(mlir::Value memref) const;
  std::string baseOf(mlir::Value memref) const;

  mlir::func::FuncOp function;
  kernel::KernelOpInterface op;
  const Target &target;
  KernelSource source;
  llvm::SmallVector<std::string> headers;
  std::string fields, text;
  unsigned depth = 0;
  llvm::StringMap<unsigned> used;
  llvm::SmallVector<std::string> names; ///< by argument
  llvm::DenseMap<mlir::Value, mlir::Value> bound;
};

} // namespace hagane::cuda

#endif // HAGANE_CODEGEN_CUDA_KERNELWRITER_H
