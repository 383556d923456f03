//===- TaskBuilder.h - Writing out the generic kernels ----------*- C++ -*-===//

#ifndef HAGANE_PASSES_KERNELS_TASKBUILDER_H
#define HAGANE_PASSES_KERNELS_TASKBUILDER_H

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/kernels/KernelBuilder.h"
#include "passes/kernels/Scalars.h"

namespace hagane {

using Values = llvm::SmallVector<mlir::Value>;

/// Emits the body of a kernel.task: index arithmetic that folds, loops, and
/// elements in their compute types.
class TaskScope {
public:
  TaskScope(mlir::ImplicitLocOpBuilder &b, mlir::ValueRange operands,
            mlir::Value item)
      : b(b), operands(operands), item(item) {}

  mlir::ImplicitLocOpBuilder &b;
  /// One memref per input, then per out.
  mlir::ValueRange operands;
  /// The work item to compute.
  mlir::Value item;

  mlir::Value index(int64_t value);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value min(mlir::Value x, mlir::Value y);
  mlir::Value max(mlir::Value x, mlir::Value y);
  mlir::Value sizeOf(mlir::Value memref, int64_t axis);
  Values sizesOf(mlir::Value memref);
  /// The coordinates of a row-major position, the last axis fastest.
  Values delinearize(mlir::Value linear, mlir::ValueRange sizes);
  mlir::Value isLess(mlir::Value x, mlir::Value y);
  mlir::Value both(mlir::Value x, mlir::Value y);
  mlir::Value either(mlir::Value x, mlir::Value y);
  mlir::Value select(mlir::Value condition, mlir::Value x, mlir::Value y);

  mlir::Value load(mlir::Value memref, mlir::ValueRange at);
  void store(mlir::Value value, mlir::Value memref, mlir::ValueRange at);
  /// The position that an index tensor's element means on an axis, checked as
  /// `kernel.position` does.
  mlir::Value position(mlir::Value raw, mlir::Type storage, mlir::Value size);

  void loop(mlir::Value from, mlir::Value to,
            llvm::function_ref<void(mlir::Value)> body);
  Values carry(mlir::Value from, mlir::Value to, mlir::ValueRange initial,
               llvm::function_ref<Values(mlir::Value, mlir::ValueRange)> body);
  /// One loop per size, outermost first.
  void loops(mlir::ValueRange sizes,
             llvm::function_ref<void(mlir::ValueRange)> body);
  void ifThen(mlir::Value condition, llvm::function_ref<void()> body);
};

/// The results of a kernel.task in the place of `op`, with a remark that this
/// is the generic form. `body` writes one work item of `items`.
mlir::ResultRange formTask(mlir::Operation *op, mlir::ValueRange ins,
                           mlir::ValueRange outs, xf::Dim items,
                           llvm::function_ref<void(TaskScope &)> body,
                           KernelBuilder &b);

/// An empty tensor for a result of an operation.
mlir::Value emptyLike(mlir::Value result, KernelBuilder &b);

/// The sizes without that of one axis.
llvm::SmallVector<xf::Dim> dropAxis(llvm::ArrayRef<xf::Dim> dims, int64_t axis);
/// The coordinates with one more at `axis`.
Values withAxis(mlir::ValueRange coordinates, int64_t axis, mlir::Value value);

} // namespace hagane

#endif // HAGANE_PASSES_KERNELS_TASKBUILDER_H
