// Module files in memory, for tests.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_TEST_RUNTIME_MODULEBUILDER_H
#define HAGANE_TEST_RUNTIME_MODULEBUILDER_H

#include "hagane/runtime.h"
#include "runtime/module_generated.h"

#include <memory>
#include <stdlib.h>
#include <string>
#include <vector>

namespace hagane::test {

using Bytes = std::vector<uint8_t>;

// The flat image of programs.c.
const Bytes &programImage();

// A module of program 0 (add), 1 (count), 2 (keep) or 3 (recall). Its tables
// may be changed before assembly.
std::unique_ptr<format::ModuleT> addModule();
std::unique_ptr<format::ModuleT> countModule();
std::unique_ptr<format::ModuleT> keepModule();
std::unique_ptr<format::ModuleT> recallModule();

// A module whose second code is a device's: two images, and kernels with a
// tensor map.
std::unique_ptr<format::ModuleT> deviceModule();

// Lays the file out: fills in offsets, sizes and hashes of code and weights,
// the preamble and the padding. `late` may then break the header; it is hashed
// afterwards.
template <typename Late> Bytes assemble(format::ModuleT &module, Late late);
Bytes assemble(format::ModuleT &module);

// Makes the preamble agree with the bytes behind it.
void seal(Bytes &file);

// Lays out the segments, giving their offsets to the tables.
void layOut(format::ModuleT &module);
Bytes emit(const format::ModuleT &module);

template <typename Late> Bytes assemble(format::ModuleT &module, Late late) {
  layOut(module);
  late(module);
  return emit(module);
}

// A status that fails the test if left unread.
struct Status {
  hgn_code code;
  std::string message;
  Status(hgn_status status)
      : code(hgn_status_code(status)), message(hgn_status_message(status)) {
    hgn_status_release(status);
  }
  bool ok() const { return code == HGN_OK; }
  bool says(const char *text) const {
    return message.find(text) != std::string::npos;
  }
};

using ModulePtr = std::unique_ptr<hgn_module, decltype(&hgn_module_release)>;
using SessionPtr = std::unique_ptr<hgn_session, decltype(&hgn_session_release)>;
using PoolPtr = std::unique_ptr<hgn_pool, decltype(&hgn_pool_release)>;

// Opens a copy of the bytes.
Status open(const Bytes &file, ModulePtr &module, uint32_t flags = 0,
            const char *level = nullptr);
// Opens; the module is null and the test fails if that fails.
ModulePtr mustOpen(const Bytes &file);
// A session, or a message and nothing.
SessionPtr makeSession(hgn_module *module, hgn_session_options options = {});

// Reads everything a module says of itself; returns the number of bytes of all
// names.
size_t readAll(const hgn_module *module);

} // namespace hagane::test

#endif // HAGANE_TEST_RUNTIME_MODULEBUILDER_H
