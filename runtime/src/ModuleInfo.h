// The module's tables as plain C structs, built once when it is opened.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_MODULEINFO_H
#define HAGANE_RUNTIME_MODULEINFO_H

#include "Memory.h"
#include "hagane/runtime.h"
#include "runtime/module_generated.h"

namespace hagane::runtime {

class ModuleInfo {
public:
  // module has passed all checks and lies in bytes, which outlive this.
  hgn_status build(const format::Module &module, const uint8_t *bytes,
                   uint64_t size);

  hgn_module_info view = {};
  const uint8_t *weightsBase = nullptr;
  const format::Module *header = nullptr;

private:
  RunHeap heap;
  // Set when memory ran out; the result is then not used.
  bool exhausted = false;

  hgn_dim_info dim(const format::Dim &dim) const;
  template <typename T> T *makeArray(uint64_t count);
  template <typename T, typename Rows, typename Fn>
  const T *convert(const Rows *rows, uint32_t *count, Fn fill);
  const char *const *strings(
      const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>> *list,
      uint32_t *count);
  const hgn_value_info *
  values(const flatbuffers::Vector<flatbuffers::Offset<format::Value>> *list,
         uint32_t *count);
  const hgn_tensor_map_info *tensorMaps(
      const flatbuffers::Vector<flatbuffers::Offset<format::TensorMap>> *list,
      uint32_t *count);
  void buildKernel(const format::Kernel &kernel, hgn_kernel_info &out);
  void buildCodes(const uint8_t *bytes);
  void buildWeights();
  void buildProvenance();
  void buildCache();
};

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_MODULEINFO_H
