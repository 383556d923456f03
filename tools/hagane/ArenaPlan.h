// Where a module's buffers lie, and when.
#pragma once

#include "Module.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace hagane::tool {

/// A buffer in the arena, alive from one launch to another.
struct ArenaBuffer {
  std::string name, formula;
  int64_t first = 0, last = 0;
  int64_t offset = 0, bytes = 0; ///< where sizes are known
};

/// What a session needs beside inputs and outputs.
struct ArenaPlan {
  uint64_t weights = 0;
  std::string arena, scratch, heap; ///< bytes at most, over the symbols
  std::vector<ArenaBuffer> buffers;

  /// For these sizes, if they are given.
  struct Bytes {
    DimValues dims;
    int64_t arena = 0, scratch = 0, states = 0;
  };
  std::optional<Bytes> at;

  /// Bytes of the buffers that are alive at each launch. No arena can be
  /// smaller than the most.
  std::vector<int64_t> aliveBytes() const;
  int64_t mostAlive() const;
  /// Everything, in words.
  std::string peakFormula() const;
};

ArenaPlan readPlan(hgn_module *module, const DimValues &dims);
nlohmann::ordered_json toJson(const ArenaPlan &plan);
/// A line for each buffer, with a bar for its life if it `draws`.
void printPlan(const ArenaPlan &plan, bool draws);
/// One page without references to anything outside it.
std::string makePage(const ArenaPlan &plan);

} // namespace hagane::tool
