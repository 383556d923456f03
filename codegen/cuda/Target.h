//===- Target.h - GPUs that code is generated for ---------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CUDA_TARGET_H
#define HAGANE_CODEGEN_CUDA_TARGET_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>

namespace hagane::cuda {

/// A GPU's compute capability and what kernels may use of it (CUDA C++
/// Programming Guide, "Technical Specifications per Compute Capability").
struct Target {
  llvm::StringLiteral name; ///< "sm_90a"
  int64_t sm;               ///< 90
  int64_t sharedBytes;      ///< of one block, at most
  int64_t multiprocessors;  ///< of the largest GPU, for rules that share work
  bool hasTma;              ///< copies of tiles, mbarriers with bytes
  bool hasWgmma;            ///< products of warpgroups from shared memory
};

/// All of them, oldest first.
llvm::ArrayRef<Target> getTargets();

/// Finds "sm_90a", "90a" or, where no letter tells it from another, "90"; null
/// if there is none.
const Target *findTarget(llvm::StringRef name);

/// "80, 86, ...", for messages.
std::string listTargets();

} // namespace hagane::cuda

#endif // HAGANE_CODEGEN_CUDA_TARGET_H
