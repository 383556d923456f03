//===- ModuleHeader.h - The FlatBuffer of a module file ---------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_MODULE_MODULEHEADER_H
#define HAGANE_CODEGEN_MODULE_MODULEHEADER_H

#include "codegen/module/ModuleWriter.h"
#include "dialects/kernel/KernelOps.h"
#include "flatbuffers/flatbuffers.h"

namespace hagane::codegen {

/// Where everything is in the file. Offsets of weights are in their segment.
struct ModuleLayout {
  std::vector<uint64_t> codeOffsets;
  std::vector<std::vector<uint64_t>> imageOffsets; // of each code
  uint64_t weightsOffset = 0;
  uint64_t weightsSize = 0;
  struct Weight {
    kernel::Global global;
    uint64_t offset = 0;
    uint64_t size = 0;
    uint64_t hash = 0;
  };
  std::vector<Weight> weights; // ascending offsets
};

/// Builds the header. Its size depends on neither offsets nor hashes, so that
/// a first one tells where the segments start. Fails with a diagnostic for
/// what the format cannot say.
llvm::FailureOr<flatbuffers::DetachedBuffer>
buildHeader(llvm::ArrayRef<CodeVariant> variants, const Provenance &provenance,
            const ModuleLayout &layout);

} // namespace hagane::codegen

#endif // HAGANE_CODEGEN_MODULE_MODULEHEADER_H
