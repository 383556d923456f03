//===- EmitObject.h - Object code from host-lowered modules -----*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CPU_EMITOBJECT_H
#define HAGANE_CODEGEN_CPU_EMITOBJECT_H

#include "codegen/cpu/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/SmallVector.h"

namespace hagane::cpu {

/// Splits a host-lowered module into parts that compile independently: the
/// host's entry points, then each kernel with its entry. The result holds one
/// nested module per part; the input stays as it is.
mlir::OwningOpRef<mlir::ModuleOp> splitModule(mlir::ModuleOp module);

/// Lowers every nested module from loops, vectors and memrefs to the LLVM
/// dialect with the stock conversions; parts run in parallel.
void buildLlvmPipeline(mlir::OpPassManager &pm);

enum class CodeKind { Object, Assembly, LlvmIr };

/// One file per part, in order. Parts compile in parallel, each in an LLVM
/// context of its own; the result does not depend on the number of threads.
/// Fails with a diagnostic, also for a call of anything outside the module.
llvm::FailureOr<llvm::SmallVector<std::string>>
emitCode(mlir::ModuleOp parts, const Target &target, CodeKind kind);

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_EMITOBJECT_H
