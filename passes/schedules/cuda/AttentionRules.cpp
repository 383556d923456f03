//===- AttentionRules.cpp - Attention of GPUs -----------------------------===//

#include "dialects/kernel/KernelCost.h"
#include "dialects/kernel/KernelCudaCost.h"
#include "passes/schedules/cuda/CudaRules.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

// Shared memory of a block that lets two of them run on a multiprocessor of
// every GPU since sm_80 that has 164 KiB or more.
static constexpr int64_t kPreferredBytes = 80 << 10;
// Registers of a thread that rows of a stream may take.
static constexpr int64_t kStreamRegisters = 128;

namespace {
/// Rows and keys of a tile.
struct Tile {
  int64_t threads, rows, keys;
};
} // namespace

/// The best first; the last one is for large heads.
static constexpr Tile kTiles[] = {{256, 64, 64}, {256, 64, 32}, {256, 32, 32},
                                  {256, 32, 16}, {256, 16, 16}, {128, 8, 16},
                                  {64, 4, 16},   {32, 2, 16}};

static std::optional<int64_t> constantOf(Dim dim) {
  return dim ? dim.getConstant() : std::nullopt;
}

/// Rows of few queries that a thread has room for: its part of each query and
/// result.
static int64_t pickFewRows(kernel::Attention op, int64_t group) {
  int64_t perRow =
      2 *
      llvm::divideCeil(std::max(kernel::getDepth(op), kernel::getValueSize(op)),
                       32) *
      std::max<int64_t>(kernel::getComputeBytes(op) / 4, 1);
  for (const auto &operand : {op.getK(), op.getV()}) {
    // A team may be smaller than a warp; each lane then has a whole access.
    int64_t bytes =
        kernel::getElementBytes(getElementTypeOrSelf(operand.getType()));
    perRow = std::max(perRow, 2 * (16 / std::max<int64_t>(bytes, 2)));
  }
  int64_t most = std::max<int64_t>(kStreamRegisters / perRow, 1);
  return std::clamp<int64_t>(
      llvm::PowerOf2Ceil(group), 1,
      std::min<int64_t>(llvm::bit_floor(uint64_t(most)), 8));
}

/// Parts so that every multiprocessor has blocks, where few queries of few
/// sequences leave some without; only of queries that are known to be few, as
/// parts of many would take much memory.
static int64_t pickParts(const kernel::AttentionSizes &sizes, int64_t fewQ,
                         const TargetDescription &target) {
  static constexpr int64_t kMostParts = 16, kFewKeys = 256;
  std::optional<int64_t> queries = constantOf(sizes.queries);
  if (!queries || *queries > fewQ || sizes.keys == sizes.queries)
    return 1;
  if (constantOf(sizes.keys).value_or(kFewKeys + 1) <= kFewKeys)
    return 1;
  int64_t blocks = std::max<int64_t>(constantOf(sizes.batch).value_or(1), 1) *
                   std::max<int64_t>(constantOf(sizes.kvHeads).value_or(1), 1);
  return std::clamp<int64_t>(target.multiprocessors / blocks, 1, kMostParts);
}

Attribute hagane::chooseCudaAttention(Operation *kernel,
                                      const TargetDescription &target) {
  auto op = cast<kernel::Attention>(kernel);
  int64_t most = std::min(target.sharedBytes, kPreferredBytes);
  const Tile *tile = llvm::find_if(kTiles, [&](const Tile &tile) {
    return kernel::getTileBytes(op, tile.rows, tile.keys) <= most;
  });
  if (tile == std::end(kTiles))
    --tile;
  kernel::AttentionSizes sizes = kernel::getAttentionSizes(op);
  int64_t fewQ = 0, fewRows = 8;
  if (std::optional<int64_t> group = kernel::getStaticGroup(op)) {
    fewRows = pickFewRows(op, *group);
    fewQ = std::max<int64_t>(fewRows / std::max<int64_t>(*group, 1), 1);
  }
  int64_t fewKeys = fewRows >= 8 ? 2 : 4;
  return kernel::CudaAttentionAttr::get(
      op.getContext(), kernel::CudaAttentionFamily::tiled, tile->threads,
      tile->rows, tile->keys, fewQ, fewRows, fewKeys,
      pickParts(sizes, fewQ, target));
}

LogicalResult hagane::checkCudaAttention(Operation *kernel, Attribute schedule,
                                         const TargetDescription &target,
                                         CudaCheckError error) {
  auto op = cast<kernel::Attention>(kernel);
  auto attention = cast<kernel::CudaAttentionAttr>(schedule);
  int64_t bytes = kernel::getSharedBytes(op, attention);
  if (bytes > target.sharedBytes)
    return error() << "a block takes " << bytes
                   << " bytes of shared memory, expected at most "
                   << target.sharedBytes;
  if (attention.getFewQ() > 0 && !kernel::getStaticGroup(op))
    return error() << "few_q needs static numbers of heads";
  return success();
}
