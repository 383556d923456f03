// Memory mappings of module files.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Mapping.h"

#include "Status.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace hagane::runtime;

Mapping::~Mapping() {
  if (base)
    munmap(base, length);
}

static hgn_status cannotRead(const char *path, const char *why) {
  return makeStatus(HGN_NOT_FOUND, "cannot read module '%s': %s", path, why);
}

hgn_status Mapping::mapFile(const char *path, int *file) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return cannotRead(path, strerror(errno));
  *file = descriptor;
  struct stat info;
  if (fstat(descriptor, &info) != 0)
    return cannotRead(path, strerror(errno));
  if (!S_ISREG(info.st_mode))
    return cannotRead(path, "not a regular file");
  if (info.st_size == 0)
    return makeStatus(HGN_DAMAGED, "module '%s' is empty", path);
  void *memory =
      mmap(nullptr, info.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (memory == MAP_FAILED)
    return cannotRead(path, strerror(errno));
  base = memory;
  length = info.st_size;
  return nullptr;
}

hgn_status Mapping::mapCopy(const void *bytes, uint64_t count, int protection) {
  void *memory = mmap(nullptr, count, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return outOfMemory("a copy of the module", count);
  memcpy(memory, bytes, count);
  base = memory;
  length = count;
  char *begin = static_cast<char *>(memory);
  __builtin___clear_cache(begin, begin + count);
  if (mprotect(memory, count, protection) != 0)
    return makeStatus(HGN_OUT_OF_MEMORY,
                      "cannot protect the module's pages: %s", strerror(errno));
  return nullptr;
}

hgn_status Mapping::copyBytes(const void *bytes, uint64_t count) {
  return mapCopy(bytes, count, PROT_READ);
}

hgn_status Mapping::mapCode(int file, uint64_t offset, const void *bytes,
                            uint64_t count) {
  // Refused on file systems mounted noexec, and where pages are larger than
  // the segments' alignment.
  void *memory = file < 0 ? MAP_FAILED
                          : mmap(nullptr, count, PROT_READ | PROT_EXEC,
                                 MAP_PRIVATE, file, off_t(offset));
  if (memory == MAP_FAILED)
    return mapCopy(bytes, count, PROT_READ | PROT_EXEC);
  base = memory;
  length = count;
  return nullptr;
}
