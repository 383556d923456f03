// How many values one node may become.
#pragma once

#include <cstdint>

namespace hagane::frontend {

/// Parts of a split, elements of a sequence.
inline constexpr int64_t kMaxPieces = 1 << 14;

} // namespace hagane::frontend
