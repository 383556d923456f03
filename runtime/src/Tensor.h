// Element types and shapes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_TENSOR_H
#define HAGANE_RUNTIME_TENSOR_H

#include "hagane/runtime.h"

namespace hagane::runtime {

// The bytes of a dense tensor; false if a dim is negative or the size
// overflows.
bool tensorBytes(hgn_dtype dtype, const int64_t *dims, int32_t rank,
                 int64_t *bytes);

// "[2, 3]", cut with "..." when long.
struct ShapeText {
  ShapeText(const int64_t *dims, int32_t rank);
  // The declared shape: "[batch, 384]", "?" for computed dims.
  explicit ShapeText(const hgn_value_info &value);
  char text[160];

private:
  size_t length = 0;
  bool full = false;
  void append(const char *piece);
};

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_TENSOR_H
