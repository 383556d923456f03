// NumPy's npz files. bf16 travels as its bits in uint16, 8-bit floats in uint8,
// as NumPy has no such types; the reader is told the types it should find.
#pragma once

#include "Tensor.h"

#include <functional>
#include <optional>

namespace hagane::tool {

/// The type an entry is wanted as, or nullopt if any will do.
using WantedType =
    std::function<std::optional<hgn_dtype>(const std::string &name)>;

TensorMap readNpz(const std::string &path, const WantedType &wanted);

void writeNpz(const std::string &path, const TensorMap &tensors);

} // namespace hagane::tool
