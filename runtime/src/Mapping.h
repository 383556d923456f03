// Memory mappings of module files.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_MAPPING_H
#define HAGANE_RUNTIME_MAPPING_H

#include "hagane/runtime.h"

namespace hagane::runtime {

// An owned range of mapped pages.
class Mapping {
public:
  Mapping() = default;
  ~Mapping();
  Mapping(const Mapping &) = delete;
  Mapping &operator=(const Mapping &) = delete;

  // Maps the whole file read-only and leaves it open in *file.
  hgn_status mapFile(const char *path, int *file);
  // A read-only copy of the bytes.
  hgn_status copyBytes(const void *bytes, uint64_t count);
  // Executable pages: from the file where the system allows it (file >= 0),
  // so that processes share them, else a copy of the bytes.
  hgn_status mapCode(int file, uint64_t offset, const void *bytes,
                     uint64_t count);

  const uint8_t *data() const { return static_cast<const uint8_t *>(base); }
  uint64_t size() const { return length; }

private:
  void *base = nullptr;
  uint64_t length = 0;

  hgn_status mapCopy(const void *bytes, uint64_t count, int protection);
};

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_MAPPING_H
