// The checks a module passes before any of it is used.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_MODULECHECK_H
#define HAGANE_RUNTIME_MODULECHECK_H

#include "hagane/runtime.h"
#include "runtime/module_generated.h"

namespace hagane::runtime {

// Checks the preamble and the header as a whole: magic, sizes, hash,
// FlatBuffer, versions. Sets *module to the header, inside bytes. bytes is
// aligned to 64.
hgn_status checkHeader(const char *label, const uint8_t *bytes, uint64_t size,
                       const format::Module **module);

// Checks what the FlatBuffer verifier cannot know: bounds, alignments, indices,
// ranges and the order of segments.
hgn_status checkStructure(const char *label, const format::Module &module,
                          uint64_t headerEnd, uint64_t size);

// Compares a range's hash with the recorded one.
hgn_status checkHash(const char *label, const char *kind, const char *name,
                     const void *bytes, uint64_t size, uint64_t expected);

// Checks that all bytes outside the header, code and weights are zero.
hgn_status checkPadding(const char *label, const format::Module &module,
                        const uint8_t *bytes, uint64_t headerEnd,
                        uint64_t size);

// The end of the header of a module that passed checkHeader.
uint64_t headerEndOf(const uint8_t *bytes);

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_MODULECHECK_H
