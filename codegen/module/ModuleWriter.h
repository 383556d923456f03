//===- ModuleWriter.h - Module files ----------------------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_MODULE_MODULEWRITER_H
#define HAGANE_CODEGEN_MODULE_MODULEWRITER_H

#include "codegen/module/DeviceCode.h"
#include "codegen/module/Link.h"
#include "mlir/IR/BuiltinOps.h"
#include <functional>

namespace hagane::codegen {

/// What a session needs, in bytes, as expressions over the symbols.
struct MemoryFormulas {
  std::string arena, scratch, heap;
};

/// Code for one target level, with the host-lowered module it came from (whose
/// attributes ModuleRecord.h lists).
struct CodeVariant {
  std::string level;
  std::vector<std::string> features;
  /// Of the code in the file: what the target's largest pages need.
  uint64_t alignment;
  CodeImage image;
  mlir::ModuleOp record;
  llvm::StringMap<std::string> kernels = {}; ///< their IR, by name
  MemoryFormulas memory = {};
  DeviceCode device = {};
};

struct Provenance {
  std::string compilerVersion;
  std::string sourceName;
  std::string sourceHash;
  std::string options;
  std::vector<std::string> notes;
};

/// Done and total bytes of weights.
using WeightProgress = std::function<void(uint64_t done, uint64_t total)>;

enum class WeightBytes {
  All,
  /// Large floating-point weights are holes in the file, which read as zeros.
  Holes,
};

/// Writes module.hgn: under a temporary name, renamed when it is complete. The
/// signature is that of the first variant, which all variants must share, and
/// so are the weights of processors. Weights are evaluated and written one at a
/// time. Errors are diagnostics at the module.
llvm::LogicalResult writeModule(llvm::ArrayRef<CodeVariant> variants,
                                const Provenance &provenance,
                                llvm::StringRef path,
                                const WeightProgress &progress = {},
                                WeightBytes bytes = WeightBytes::All);

} // namespace hagane::codegen

#endif // HAGANE_CODEGEN_MODULE_MODULEWRITER_H
