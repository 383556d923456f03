//===- Target.h - Processors that code is generated for ---------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CPU_TARGET_H
#define HAGANE_CODEGEN_CPU_TARGET_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace hagane::cpu {

/// What the levels of an instruction set have in common.
struct Architecture {
  llvm::StringLiteral triple;
  /// LLVM's name of the calling convention; empty if there is one only.
  llvm::StringLiteral abi;
  llvm::CodeModel::Model codeModel;
  /// The largest pages that systems use: code is mapped from multiples of it.
  uint64_t pageBytes;
  void (*initialize)();
};

/// Narrow floats that have instructions for their conversion from and to f32.
enum class Narrow : uint8_t { None = 0, F16 = 1, Bf16 = 2, Both = 3 };

/// LLVM's intrinsics that sum products of integers side by side, for a whole
/// register; empty: none.
struct IntegerDots {
  llvm::StringRef mixed; ///< of quads of 8 bits, unsigned by signed, to i32
  llvm::StringRef equal; ///< of quads of 8 bits, both signed, to i32
  llvm::StringRef pairs; ///< of pairs of 16 bits, without sums to add to
};

/// One level of an instruction set, as a module offers it.
struct TargetLevel {
  llvm::StringLiteral name;
  const Architecture *architecture;
  /// LLVM's name of the processor and the features added to it.
  llvm::StringLiteral cpu;
  llvm::StringLiteral features;
  /// Width and number of vector registers.
  unsigned vectorBits;
  unsigned vectorRegisters;
  Narrow converts;
  /// What a processor must have, by the runtime's names (CpuFeatures.cpp).
  llvm::ArrayRef<llvm::StringLiteral> required;
  /// LLVM's intrinsic that adds products of pairs of bf16 to sums in f32.
  llvm::StringLiteral bf16Dots = "";
  IntegerDots integers = {};

  bool canConvert(Narrow type) const {
    return (static_cast<unsigned>(converts) & static_cast<unsigned>(type)) != 0;
  }
};

/// All levels, those of an architecture together and from the least to the most
/// capable.
llvm::ArrayRef<TargetLevel> getTargetLevels();

/// Their names: a line for each architecture.
std::string listTargetLevels();

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
