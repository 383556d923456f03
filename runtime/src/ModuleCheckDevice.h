// The checks of a module's device code: its images and how kernels launch them.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_MODULECHECKDEVICE_H
#define HAGANE_RUNTIME_MODULECHECKDEVICE_H

#include "hagane/runtime.h"
#include "runtime/module_generated.h"

namespace hagane::runtime {

// Where all images of a module lie in its file; empty if it has none.
struct ImageRange {
  uint64_t begin = 0, end = 0;
  uint64_t size() const { return end - begin; }
};

// Checks that the images lie inside the file, in ascending order behind the
// header and apart from the codes, and tells their range.
hgn_status checkImages(const char *label, const format::Module &module,
                       uint64_t headerEnd, uint64_t size, ImageRange *range);

// Checks that every kernel of a device's code names an image and a launch that
// devices can do, and that a CPU's code has none of this.
hgn_status checkDeviceCode(const char *label, uint32_t index,
                           const format::Code &code);

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_MODULECHECKDEVICE_H
