//===- Space.h - Operands over an iteration space ---------------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_EVAL_SPACE_H
#define HAGANE_DIALECTS_KERNEL_EVAL_SPACE_H

#include "dialects/kernel/eval/Program.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace hagane::kernel::eval {

/// An operand seen from an iteration space: where its element for a coordinate
/// lies.
struct Access {
  char *data = nullptr;
  Element element;
  Shape strides; // in elements, one per dimension of the space

  int64_t offset(llvm::ArrayRef<int64_t> coordinate) const {
    int64_t sum = 0;
    for (size_t i = 0; i < strides.size(); ++i)
      sum += strides[i] * coordinate[i];
    return sum * element.bytes;
  }
  /// Lanes follow each other along `dim`.
  void load(llvm::ArrayRef<int64_t> coordinate, unsigned dim, int64_t lanes,
            Scalar *to) const {
    loadLanes(element, data + offset(coordinate), strides[dim], lanes, to);
  }
  void store(llvm::ArrayRef<int64_t> coordinate, unsigned dim, int64_t lanes,
             const Scalar *from) const {
    storeLanes(element, from, lanes, data + offset(coordinate), strides[dim]);
  }
};

/// The element that `map`, of dimensions and zeros, gives for a coordinate of a
/// space. Sizes are checked: fails unless each axis has the size of its
/// dimension, or 1 for a zero.
llvm::FailureOr<Access> accessOf(const HostTensor &tensor, mlir::AffineMap map,
                                 llvm::ArrayRef<int64_t> space,
                                 xf::eval::Evaluation &evaluation);
/// The same for several operands.
llvm::FailureOr<llvm::SmallVector<Access>>
accessesOf(llvm::ArrayRef<HostTensor> tensors, mlir::ArrayAttr maps,
           llvm::ArrayRef<int64_t> space, xf::eval::Evaluation &evaluation);

/// Tensors of one shape, which is the space.
llvm::FailureOr<llvm::SmallVector<Access>>
identityAccesses(llvm::ArrayRef<HostTensor> tensors,
                 xf::eval::Evaluation &evaluation);

/// Joins neighbouring dimensions that all operands walk through alike.
void joinDims(Shape &space, llvm::MutableArrayRef<Access> accesses);

/// Adds the results of a kernel, uninitialised: they are as the outs, which the
/// last operands are.
llvm::FailureOr<llvm::SmallVector<HostTensor>>
createOuts(unsigned count, xf::eval::Evaluation &evaluation);

/// Compiles the regions of an operation.
llvm::FailureOr<Program> compile(mlir::Region &region,
                                 xf::eval::Evaluation &evaluation);

/// The coordinate of a row-major position.
void delinearize(int64_t position, llvm::ArrayRef<int64_t> shape,
                 llvm::MutableArrayRef<int64_t> coordinate);

/// Runs [0, count) in chunks on the context's threads. `run` returns what went
/// wrong; that of the first chunk is reported.
llvm::LogicalResult
runChunks(mlir::MLIRContext *context, int64_t count, int64_t work,
          llvm::function_ref<std::string(int64_t, int64_t)> run,
          xf::eval::Evaluation &evaluation);

/// A reduction of kernels, by its name.
class Reduction {
public:
  Reduction(llvm::StringRef kind, const Element &element);
  Scalar identity() const { return start; }
  Scalar combine(Scalar sum, Scalar value) const;
  Scalar combine(Scalar sum, const Scalar *values, int64_t lanes) const;
  /// Rounded or wrapped to the type.
  Scalar finish(Scalar sum) const;

private:
  enum class Kind { Sum, Prod, Max, Min };
  Kind kind;
  Element element;
  Scalar start;
};

} // namespace hagane::kernel::eval

#endif // HAGANE_DIALECTS_KERNEL_EVAL_SPACE_H
