//===- HostPlan.h - The plan: what depends on symbols alone -----*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CPU_HOSTPLAN_H
#define HAGANE_CODEGEN_CPU_HOSTPLAN_H

#include "codegen/cpu/HostPlacement.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace hagane::cpu {

/// Collects the symbolic dimensions that the host needs, one slot each, and
/// then writes the function that computes them.
class HostPlan {
public:
  /// The slot of the plan that holds `dim`.
  int64_t getSlot(xf::Dim dim);
  /// The arena takes no more than that.
  void setArena(xf::Dim most) { arena = most.getAttr(); }
  /// Buffers to place in the arena; each gets slots for offset and size.
  void setBuffers(kernel::ArenaPlan plan);
  const HostBuffers &getBuffers() const { return buffers; }
  /// Some kernel needs this much scratch.
  void addScratch(xf::Dim bytes) { scratch.insert(bytes.getAttr()); }

  /// The dimensions in slot order, without the slots that the ABI fixes; null
  /// in slots that hold offsets of buffers.
  llvm::ArrayRef<xf::DimAttr> getDims() const { return dims; }

  /// Two values that must be equal, by the module's check `check`.
  void addRequirement(xf::Dim lhs, xf::Dim rhs, int64_t check) {
    requirements.push_back({lhs.getAttr(), rhs.getAttr(), check});
  }
  /// Names a size that only the run tells: slots that depend on it are unknown
  /// to `hgn_plan`.
  void addComputed(llvm::StringRef name) { computed.insert(name); }
  bool isComputed(xf::Dim dim) const;

  /// Emits `hgn_plan`. It fails with check `rangeCheck` when a value leaves
  /// int64 or a divisor is not positive. `symbols` maps names to their place.
  /// Fails with a diagnostic for a dimension over unknown symbols.
  llvm::LogicalResult emit(mlir::ImplicitLocOpBuilder &b,
                           const llvm::StringMap<int64_t> &symbols,
                           int64_t rangeCheck);

  /// Emits, into `hgn_run`, the slots and the scratch that depend on the
  /// computed size `name` and otherwise on sizes in `bound` alone, the size's
  /// own slot being stored. `load` gives the value of a symbol. Returns whether
  /// a value left int64 (an i1); slots then hold what is left of it.
  mlir::Value emitBound(mlir::ImplicitLocOpBuilder &b, llvm::StringRef name,
                        const llvm::StringSet<> &bound, mlir::Value plan,
                        llvm::function_ref<mlir::Value(llvm::StringRef)> load);

private:
  /// What the arena takes, once the other slots are stored; sets `result` to
  /// `failed` where nothing fits.
  void emitArena(mlir::ImplicitLocOpBuilder &b, mlir::Value slots,
                 mlir::Value &result, mlir::Value failed);

  struct Requirement {
    xf::DimAttr lhs, rhs;
    int64_t check;
  };

  llvm::SmallVector<Requirement> requirements;
  llvm::StringSet<> computed;
  llvm::SmallVector<xf::DimAttr> dims;
  llvm::DenseMap<xf::DimAttr, int64_t> slots;
  xf::DimAttr arena;
  HostBuffers buffers;
  llvm::SetVector<xf::DimAttr> scratch;
};

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_HOSTPLAN_H
