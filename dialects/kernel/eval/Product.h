//===- Product.h - Matrix products in double or exact integers --*- C++ -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_EVAL_PRODUCT_H
#define HAGANE_DIALECTS_KERNEL_EVAL_PRODUCT_H

#include "dialects/kernel/KernelOps.h"
#include "dialects/kernel/eval/Space.h"

namespace hagane::kernel::eval {

/// Columns of b that are multiplied at a time where b is not in panels.
constexpr int64_t kPanel = 32;

/// The elements of a tensor as operands of a product: doubles or, exact and
/// with the sign of their type, integers.
std::vector<Scalar> loadFactors(const HostTensor &tensor, bool isReal);
Scalar loadFactor(const HostTensor &tensor, int64_t index, bool isReal);

/// A factor of a kernel that rounds one in a wider type of floats to the type
/// of the other.
mlir::FailureOr<HostTensor> roundFactor(const HostTensor &factor,
                                        const HostTensor &other,
                                        xf::eval::Evaluation &evaluation);

/// sums[m, p] = a[m, k] * b[k, p], row-major.
void multiply(const Scalar *a, const Scalar *b, int64_t m, int64_t k, int64_t p,
              bool isReal, Scalar *sums);

/// The epilogue of products, its operands and results.
struct Epilogue {
  /// Of an operation with two operands before its extras.
  static mlir::FailureOr<Epilogue> make(mlir::Region &region,
                                        mlir::ArrayAttr extraMaps,
                                        llvm::ArrayRef<HostTensor> outs,
                                        xf::eval::Evaluation &evaluation);

  Program program;
  Element sumElement;
  llvm::SmallVector<Access> extras, outs;

  /// Computes results from `count` sums of each accumulator; their coordinates
  /// follow the frame's along its `laneDim`.
  void run(Frame &frame, llvm::ArrayRef<const Scalar *> sums,
           int64_t count) const;
};

/// What a matrix product of codes means.
mlir::LogicalResult defineCodedGemm(Gemm op, xf::eval::Evaluation &evaluation);

} // namespace hagane::kernel::eval

#endif // HAGANE_DIALECTS_KERNEL_EVAL_PRODUCT_H
