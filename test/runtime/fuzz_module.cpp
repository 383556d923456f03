// libFuzzer target of the module loader. The preamble is made to agree with the
// input, so that the fuzzer works on the structure and not on the hash.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModuleBuilder.h"

#include <string.h>

using namespace hagane::test;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Bytes file(data, data + size);
  seal(file);
  ModulePtr module(nullptr, hgn_module_release);
  if (open(file, module, HGN_OPEN_VERIFY | HGN_OPEN_INSPECT).ok())
    readAll(module.get());
  return 0;
}

// Starts from a valid module.
extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t maxSize, unsigned) {
  static const Bytes valid = assemble(*addModule());
  if (size < 64 && maxSize >= valid.size()) {
    memcpy(data, valid.data(), valid.size());
    size = valid.size();
  }
  return LLVMFuzzerMutate(data, size, maxSize);
}
