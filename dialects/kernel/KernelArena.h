//===- KernelArena.h - Buffers in the arena ---------------------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_KERNELARENA_H
#define HAGANE_DIALECTS_KERNEL_KERNELARENA_H

#include "dialects/kernel/KernelOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#define GET_OP_CLASSES
#include "dialects/kernel/KernelArena.h.inc"

namespace hagane::kernel {

/// A buffer of the arena, and the first and the last kernel that uses it.
struct ArenaBuffer {
  xf::Dim bytes;
  int64_t first = 0, last = 0;
};

/// Buffers by number, in the order in which they are placed.
using ArenaOrder = llvm::SmallVector<int32_t>;
/// For each buffer those that are alive at some time with it.
using ArenaConflicts = llvm::SmallVector<llvm::SmallVector<int32_t>>;

struct ArenaPlan {
  llvm::SmallVector<ArenaBuffer> buffers;
  llvm::SmallVector<ArenaOrder> orders;

  /// As attributes of `main`.
  void write(mlir::func::FuncOp main) const;
  /// Fails with a diagnostic if the attributes are malformed; empty if there
  /// are none.
  static llvm::FailureOr<ArenaPlan> read(mlir::func::FuncOp main);
};

ArenaConflicts getConflicts(llvm::ArrayRef<ArenaBuffer> buffers);

/// Puts one buffer after the other at the lowest place where it overlaps none
/// that it conflicts with. Returns the end of the highest, or, as soon as it is
/// more than `limit`, nothing. Sizes add up to no more than int64 holds.
std::optional<int64_t> placeInOrder(llvm::ArrayRef<int32_t> order,
                                    const ArenaConflicts &conflicts,
                                    llvm::ArrayRef<int64_t> sizes,
                                    llvm::MutableArrayRef<int64_t> offsets,
                                    int64_t limit);

/// The sizes of the buffers for these values of the symbols; nothing if one has
/// no value or they add up to more than int64 holds.
std::optional<llvm::SmallVector<int64_t>>
getSizes(llvm::ArrayRef<ArenaBuffer> buffers,
         llvm::function_ref<std::optional<int64_t>(llvm::StringRef)> values);

/// Where `hgn_plan` places buffers of these sizes.
struct Placement {
  llvm::SmallVector<int64_t> offsets;
  int64_t bytes = 0; ///< of all
};
Placement place(const ArenaPlan &plan, llvm::ArrayRef<int64_t> sizes);

} // namespace hagane::kernel

#endif // HAGANE_DIALECTS_KERNEL_KERNELARENA_H
