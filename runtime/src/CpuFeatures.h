// What this processor and its operating system support.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_CPUFEATURES_H
#define HAGANE_RUNTIME_CPUFEATURES_H

namespace hagane::runtime {

// Whether the feature of this name (as LLVM spells it) can be used. False for
// names this runtime does not know.
bool cpuSupports(const char *feature);

// Asks the system for register state that it grants on demand (AMX tiles).
// False if it refuses.
bool enableCpuFeature(const char *feature);

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_CPUFEATURES_H
