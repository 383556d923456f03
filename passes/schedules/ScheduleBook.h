//===- ScheduleBook.h - A schedule file in memory ---------------*- C++ -*-===//

#ifndef HAGANE_PASSES_SCHEDULES_SCHEDULEBOOK_H
#define HAGANE_PASSES_SCHEDULES_SCHEDULEBOOK_H

#include "dialects/kernel/KernelScheduleFiles.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "passes/schedules/Target.h"

namespace hagane {

/// The lines of a schedule file.
class ScheduleBook {
public:
  /// Fails with diagnostics located in the file.
  static mlir::FailureOr<ScheduleBook> read(llvm::StringRef path,
                                            mlir::MLIRContext *context);

  /// The first line that fits, or null. `prover` knows the ranges of symbols.
  kernel::ScheduleFor find(mlir::Operation *kernel,
                           const TargetDescription &target,
                           const xf::DimProver &prover) const;

private:
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace hagane

#endif // HAGANE_PASSES_SCHEDULES_SCHEDULEBOOK_H
