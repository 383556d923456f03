// What running a model takes, and whether that is allowed.
#pragma once

#include "codegen/module/ModuleWriter.h"
#include "dialects/xf/Dim.h"
#include "mlir/IR/BuiltinOps.h"

namespace hagane::driver {

/// Bytes of a session beside the caller's inputs and outputs. A Dim is null if
/// it has no expression.
struct MemoryNeed {
  int64_t weights = 0;
  xf::Dim arena;   ///< at most
  xf::Dim scratch; ///< of one thread, or of a device
  xf::Dim heap;    ///< at most: of buffers whose sizes only the run tells

  codegen::MemoryFormulas getFormulas() const;
};

/// Of a module as the bufferize phase leaves it. All items of a device's launch
/// are under way together.
MemoryNeed getMemoryNeed(mlir::ModuleOp module, bool forDevice = false);

/// Fails, with the formula and the symbols that must be bounded, if a session
/// of so many threads, 0 for a device, may need more than `limit` bytes for
/// sizes in the symbols' ranges.
llvm::LogicalResult checkMemory(mlir::ModuleOp module, uint64_t limit,
                                int64_t threads);

} // namespace hagane::driver
