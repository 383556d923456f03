// libFuzzer target of the module loader. The input is the header of a module
// whose other bytes are valid and whose preamble agrees with it, so that the
// fuzzer works on the structure and not on the hash.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModuleBuilder.h"

#include "runtime/ModuleFormat.h"

#include <string.h>

using namespace hagane::format;
using namespace hagane::test;

static const Bytes &validFile() {
  static const Bytes file = assemble(*deviceModule());
  return file;
}

// The header's room in the valid file.
static constexpr size_t kRoom = kSegmentAlignment - sizeof(Preamble);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > kRoom)
    return -1;
  Bytes file = validFile();
  uint64_t headerSize = size;
  memcpy(file.data() + offsetof(Preamble, headerSize), &headerSize,
         sizeof(headerSize));
  memset(file.data() + sizeof(Preamble), 0, kRoom);
  memcpy(file.data() + sizeof(Preamble), data, size);
  seal(file);
  ModulePtr module(nullptr, hgn_module_release);
  if (open(file, module, HGN_OPEN_VERIFY | HGN_OPEN_INSPECT).ok())
    readAll(module.get());
  return 0;
}

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

// Starts from a valid header.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t maxSize, unsigned) {
  Preamble preamble;
  memcpy(&preamble, validFile().data(), sizeof(preamble));
  if (size < 16 && maxSize >= preamble.headerSize) {
    size = preamble.headerSize;
    memcpy(data, validFile().data() + sizeof(preamble), size);
  }
  return LLVMFuzzerMutate(data, size, maxSize);
}
