// Constants of the module file that the FlatBuffer schema cannot express; the
// compiler's module writer and the runtime's loader share them.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_MODULEFORMAT_H
#define HAGANE_RUNTIME_MODULEFORMAT_H

#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace hagane::format {

inline constexpr uint8_t kMagic[8] = {'H', 'A', 'G', 'A', 'N', 'E', 0, 1};
inline constexpr uint32_t kFormatVersion = 1;
inline constexpr uint64_t kSegmentAlignment = 4096;
inline constexpr uint64_t kWeightAlignment = 64;
inline constexpr uint64_t kImageAlignment = 64;

// What devices take: bytes of a launch's parameters, of a tensor map among
// them, threads of a block and of a warp, and bytes of shared memory.
inline constexpr uint64_t kMaxParameterBytes = 32764;
inline constexpr uint64_t kTensorMapBytes = 128;
inline constexpr uint32_t kMaxThreads = 1024;
inline constexpr uint32_t kWarpThreads = 32;
inline constexpr uint32_t kMaxSharedBytes = 227 * 1024;

// The first bytes of the file; the header follows at once.
struct Preamble {
  uint8_t magic[8];
  uint64_t headerSize;
  uint64_t headerHash;
  uint64_t fileSize;
};
static_assert(sizeof(Preamble) == 32, "the preamble is part of the format");

// The hash of every checked byte range in a module.
inline uint64_t hashBytes(const void *data, uint64_t size) {
  return XXH3_64bits(data, size);
}

} // namespace hagane::format

#endif // HAGANE_RUNTIME_MODULEFORMAT_H
