// Outputs in the memory of inputs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Session.h"

#include "Status.h"
#include "Tensor.h"

using namespace hagane::runtime;

static bool overlap(const void *a, uint64_t aBytes, const void *b,
                    uint64_t bBytes) {
  uintptr_t x = reinterpret_cast<uintptr_t>(a);
  uintptr_t y = reinterpret_cast<uintptr_t>(b);
  return x < y ? y - x < aBytes : x - y < bBytes;
}

// Whether the output has the shape of the input that it may share with.
static bool matches(const hgn_tensor &input, const int64_t *dims) {
  for (int32_t d = 0; d < input.rank; ++d)
    if (input.dims[d] != dims[d])
      return false;
  return true;
}

hgn_status hgn_session::checkSharing(uint32_t index, const hgn_tensor &output) {
  const hgn_value_info &value = info().outputs[index];
  bool isLate = lateOutputs[index].isLate;
  uint64_t needed = isLate ? output.bytes : uint64_t(outputBytes[index]);
  for (uint32_t i = 0; i < info().input_count && needed > 0; ++i) {
    const void *data = given[i].data;
    uint64_t bytes = uint64_t(inputBytes[i]);
    if (bytes == 0 || !overlap(data, bytes, output.data, needed))
      continue;
    if (int32_t(i) != value.shares || data != output.data)
      return makeStatus(HGN_INVALID_ARGUMENT,
                        "output '%s' overlaps input '%s', expected memory of "
                        "its own",
                        value.name, info().inputs[i].name);
    if (!isLate)
      HGN_TRY(checkSharedShape(index));
  }
  return nullptr;
}

hgn_status hgn_session::checkSharedShape(uint32_t index) {
  const hgn_value_info &value = info().outputs[index];
  const hgn_tensor &input = given[value.shares];
  const int64_t *dims = dimsOfOutput(index);
  if (matches(input, dims))
    return nullptr;
  ShapeText expected(dims, value.rank), found(input.dims, input.rank);
  return makeStatus(HGN_INVALID_ARGUMENT,
                    "output '%s' is in the memory of input '%s' of shape %s, "
                    "expected its own shape %s",
                    value.name, info().inputs[value.shares].name, found.text,
                    expected.text);
}

bool hgn_session::isShared(uint32_t index) const {
  int32_t input = info().outputs[index].shares;
  return input >= 0 && inputBytes[uint32_t(input)] > 0 &&
         lateOutputs[index].data == given[input].data;
}
