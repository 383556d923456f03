// The processors this process may use.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_TOPOLOGY_H
#define HAGANE_RUNTIME_TOPOLOGY_H

#include <stdint.h>

namespace hagane::runtime {

// Logical processors in the affinity mask; at least 1.
int32_t usableProcessors();

// Physical cores behind them; at least 1.
int32_t usableCores();

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_TOPOLOGY_H
