// A loaded module.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_MODULE_H
#define HAGANE_RUNTIME_MODULE_H

#include "Backend.h"
#include "Mapping.h"
#include "ModuleInfo.h"
#include "hagane/abi.h"

#include <atomic>

namespace hagane::runtime {

using PlanFn = int32_t (*)(const int64_t *symbols, int64_t *plan);
using RunFn = int32_t (*)(hgn_exec *exec);

} // namespace hagane::runtime

// Immutable once opened, but for the reference count.
struct hgn_module {
  std::atomic<int32_t> references{1};
  hagane::runtime::Mapping owned;     // of a file, or of a copy
  hagane::runtime::Mapping code;      // of the selected level, if not embedded
  const uint8_t *codeBytes = nullptr; // executable
  const hgn_embedded_module *embedded = nullptr; // or nullptr
  const uint8_t *bytes = nullptr;
  uint64_t size = 0;
  hagane::runtime::ModuleInfo info;
  hagane::runtime::Device *device = nullptr; // or nullptr: the CPU
  std::atomic<hagane::runtime::DeviceProgram *> program{nullptr};
  char label[128] = {}; // "module 'path'", for messages

  ~hgn_module() { hagane::runtime::releaseProgram(program.load()); }
  const uint8_t *weights() const { return info.weightsBase; }
  const hgn_code_info &selected() const {
    return info.view.codes[info.view.selected_code];
  }
  hagane::runtime::PlanFn planEntry() const {
    return reinterpret_cast<hagane::runtime::PlanFn>(
        reinterpret_cast<uintptr_t>(codeBytes + selected().plan_entry));
  }
  hagane::runtime::RunFn runEntry() const {
    return reinterpret_cast<hagane::runtime::RunFn>(
        reinterpret_cast<uintptr_t>(codeBytes + selected().run_entry));
  }
};

namespace hagane::runtime {

void retainModule(hgn_module *module);

// Why no code of the module can run here: names the levels and what this
// machine lacks.
hgn_status noUsableCode(const hgn_module &module);

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_MODULE_H
