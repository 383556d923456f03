// Dense tensors in host memory, and their data at random.
#pragma once

#include "hagane/runtime.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hagane::tool {

struct HostTensor {
  hgn_dtype dtype = HGN_F32;
  std::vector<int64_t> dims;
  std::vector<std::byte> data;

  /// The view the runtime takes; valid while this tensor is not changed.
  hgn_tensor view();
};

/// A copy of what the view shows.
HostTensor copyOf(const hgn_tensor &tensor);

using TensorMap = std::map<std::string, HostTensor>;

/// Bytes of a dense tensor; throws Error if that overflows or a dim is
/// negative.
uint64_t tensorBytes(hgn_dtype dtype, const std::vector<int64_t> &dims);

/// Data that a model of that input accepts: normal for floats, all ones for
/// masks, positions counted along the last dim, zero for segment types, else
/// integers in [0, 100).
HostTensor randomTensor(const std::string &name, hgn_dtype dtype,
                        std::vector<int64_t> dims);

} // namespace hagane::tool
