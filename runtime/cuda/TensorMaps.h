// Descriptors of tensors that a launch copies in bulk.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_CUDA_TENSORMAPS_H
#define HAGANE_RUNTIME_CUDA_TENSORMAPS_H

#include "Driver.h"

namespace hagane::runtime {

// Where the maps begin in a launch's parameters, and the parameters' size.
uint64_t mapsOffset(const hgn_kernel_info &kernel);
uint64_t parameterBytes(const hgn_kernel_info &kernel);

// Encodes the kernel's maps for these words; parameters is aligned to 64 bytes.
hgn_status encodeMaps(const Driver &driver, const hgn_kernel_info &kernel,
                      const int64_t *words, uint8_t *parameters);

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_CUDA_TENSORMAPS_H
