//===- Target.h - Processors that code is generated for ---------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CPU_TARGET_H
#define HAGANE_CODEGEN_CPU_TARGET_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace hagane::cpu {

/// One level of an instruction set, as a module offers it.
struct TargetLevel {
  llvm::StringLiteral name;
  llvm::StringLiteral triple;
  /// LLVM's name of the processor and the features added to it.
  llvm::StringLiteral cpu;
  llvm::StringLiteral features;
  /// Width and number of vector registers.
  unsigned vectorBits;
  unsigned vectorRegisters;
  /// What a processor must have, by the runtime's names (CpuFeatures.cpp).
  llvm::ArrayRef<llvm::StringLiteral> required;
};

/// All levels, each family from the least to the most capable.
llvm::ArrayRef<TargetLevel> getTargetLevels();

/// Caches and cores that work is cut for; the figures of a common server where
/// the machine is not known.
struct MachineSizes {
  int64_t l1Bytes = 32 << 10; ///< first-level data cache
  int64_t l2Bytes = 1 << 20;  ///< second-level cache, of one core
  int64_t threads = 8;
};

/// A level and the processor whose timing the code is scheduled for.
struct Target {
  const TargetLevel *level = nullptr;
  std::string tuneCpu;
  MachineSizes sizes;
};

/// "native" is the best level that this machine has, tuned for it and its
/// sizes. A module made so needs nothing but that level.
llvm::Expected<Target> parseTarget(llvm::StringRef name);

/// Position-independent code, full optimization; multiplies and additions may
/// fuse, no other floating-point liberty. One per thread.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const Target &target);

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_TARGET_H
