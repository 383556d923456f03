//===- ScheduleRules.cpp - Rules that choose schedules --------------------===//

#include "passes/schedules/ScheduleRules.h"
#include "dialects/kernel/KernelCodes.h"
#include "dialects/kernel/KernelCost.h"
#include "dialects/kernel/KernelWindows.h"
#include "passes/schedules/ScheduleSpace.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace hagane;
using xf::Dim;

namespace {
/// Accumulator tiles of a micro-kernel: rows, columns in vectors, and the
/// registers that they and the operands take.
struct MicroTile {
  int64_t rows, vectors, registers;
};
} // namespace

/// The widest first; a row fits if the target has its registers.
static constexpr MicroTile kGemmTiles[] = {
    {12, 2, 27}, {6, 2, 15}, {4, 2, 11}, {2, 2, 7}};
static constexpr MicroTile kAttentionTiles[] = {
    {8, 2, 19}, {4, 2, 11}, {2, 2, 7}};

static MicroTile pickTile(ArrayRef<MicroTile> tiles,
                          const TargetDescription &target,
                          int64_t otherRegisters = 0) {
  for (const MicroTile &tile : tiles)
    if (tile.registers + otherRegisters <= target.vectorRegisters)
      return tile;
  return tiles.back();
}

/// What is larger is cut alike, and products of two do not overflow.
static constexpr int64_t kLargestSize = int64_t(1) << 30;

/// A size, or what is assumed of one that is only known when the model runs.
static int64_t valueOr(Dim dim, int64_t assumed) {
  return dim && dim.getConstant() ? std::min(*dim.getConstant(), kLargestSize)
                                  : assumed;
}

static constexpr int64_t kAssumedRows = 1024;

static int64_t bytesOf(Value operand) {
  return kernel::getElementBytes(
      cast<ShapedType>(operand.getType()).getElementType());
}

/// Lanes of an element-wise kernel: its widest operand fills a register.
static int64_t elementLanes(Operation *op, const TargetDescription &target) {
  int64_t bytes = 4;
  for (Value operand : op->getOperands())
    bytes = std::max(bytes, bytesOf(operand));
  return std::max<int64_t>(1, target.lanes(8 * bytes));
}

namespace {
/// A matrix product as its rules see it: sizes, or what is assumed of them.
struct GemmShape {
  int64_t rows, columns, depth;
  bool knowsRows;
  // Bytes of an element: of b, of a as the micro-kernel reads it, of a sum.
  int64_t weightBytes, rowBytes, sumBytes;
};

/// How many parts the rows and the columns are cut into, for as many threads.
struct Grid {
  int64_t rows, columns;
};
} // namespace

/// The grid whose largest part is smallest. Threads with columns of their own
/// read a part of b each, so ties go to columns; rows whose number is not known
/// may be one strip.
static Grid pickGrid(int64_t strips, int64_t panels, bool knowsRows,
                     int64_t threads) {
  Grid best{1, threads};
  auto largest = [&](Grid grid) {
    return llvm::divideCeil(strips, grid.rows) *
           llvm::divideCeil(panels, grid.columns);
  };
  for (int64_t rows = 2; knowsRows && rows <= threads; ++rows) {
    Grid grid{rows, threads / rows};
    if (threads % rows == 0 && largest(grid) < largest(best))
      best = grid;
  }
  return best;
}

/// `total` in the fewest equal pieces of at most `limit`, in steps of `step`.
static int64_t balance(int64_t total, int64_t limit, int64_t step) {
  total = std::max<int64_t>(total, 1);
  int64_t pieces = llvm::divideCeil(total, std::max(limit, step));
  return llvm::alignTo(llvm::divideCeil(total, pieces), step);
}

/// Panels of an item, at most `limit`, that leave the busiest of the threads
/// which share the columns the fewest; if that is equal, the most.
static int64_t pickItemPanels(int64_t panels, int64_t limit, int64_t threads) {
  auto busiest = [&](int64_t item) {
    return llvm::divideCeil(llvm::divideCeil(panels, item), threads) * item;
  };
  int64_t best = 1;
  for (int64_t item = 2; item <= std::min(limit, panels); ++item)
    if (busiest(item) <= busiest(best))
      best = item;
  return best;
}

/// Contractions longer than this run in blocks: a panel of b takes a sixteenth
/// of the L2 cache.
static int64_t pickBlockK(const GemmShape &shape, int64_t microN,
                          const TargetDescription &target) {
  static constexpr int64_t kStep = 64;
  int64_t limit = target.l2Bytes / 16 / (microN * shape.weightBytes);
  return balance(shape.depth, llvm::alignTo(limit, kStep), kStep);
}

// Columns of an item: with packed rows enough to make up for packing; else
// few, so that there are items for more threads than were foreseen.
static constexpr int64_t kPackedColumns = 1024, kColumns = 256;
// What widening pairs takes beside a tile: these themselves, and a mask.
static constexpr int64_t kRegistersOfPairs = 3;
// Rows that make it worthwhile to read b.
static constexpr int64_t kRows = 96;

/// Rows are copied in any case, so that they are as many as the L2 cache has
/// room for beside the sums; the contraction is cut only where these were few.
static kernel::GemmScheduleAttr chooseCoded(kernel::Gemm op,
                                            const TargetDescription &target) {
  SmallVector<Dim> dims =
      op.getOperandDims(op.getDpsInitsMutable()[0].getOperandNumber());
  Dim rowDim = dims[dims.size() - 2];
  int64_t rows = valueOr(rowDim, kAssumedRows),
          columns = std::max<int64_t>(valueOr(dims.back(), kAssumedRows), 1);
  kernel::CodesLayout codes = kernel::getCodesLayout(op);
  int64_t rowBytes = kernel::getElementBytes(kernel::getCopyType(op));
  MicroTile tile = pickTile(kGemmTiles, target, kRegistersOfPairs);
  // The sums of short blocks want registers beside those of their products,
  // unless few rows are left to unpack codes for.
  static constexpr int64_t kLongBlock = 128, kFewestRows = 4;
  int64_t both =
      (target.vectorRegisters - getTileRegisters(0, 2 * tile.vectors)) /
      (2 * tile.vectors);
  if (codes.paddedBlock < kLongBlock && both >= kFewestRows)
    tile.rows = std::min(tile.rows, both);
  int64_t microN = std::min(tile.vectors * getLanes(op, target), kPanel);
  int64_t microM = std::clamp<int64_t>(rows, 1, tile.rows);
  int64_t quantum = kPanel / static_cast<int64_t>(op.getGroups());
  int64_t strips = llvm::divideCeil(rows, microM),
          panels = llvm::divideCeil(columns, quantum);
  Grid grid =
      pickGrid(strips, panels, rowDim && rowDim.getConstant(), target.threads);
  int64_t budget = target.l2Bytes / 2;
  int64_t fitting = budget / (codes.getPaddedRows() * rowBytes), blockK = 0;
  if (fitting < std::min(strips * microM, kRows) && codes.blocks > 1) {
    int64_t blocks = budget / kRows / rowBytes / codes.paddedBlock;
    blockK =
        balance(codes.blocks, std::max<int64_t>(blocks, 1), 1) * codes.block;
    fitting = kRows;
  }
  int64_t itemM = balance(llvm::divideCeil(strips, grid.rows) * microM,
                          fitting / microM * microM, microM);
  int64_t itemN =
      pickItemPanels(panels, kPackedColumns / kPanel, grid.columns) * quantum;
  return kernel::GemmScheduleAttr::get(op.getContext(), itemM, itemN, blockK,
                                       microM, microN, /*unroll_k=*/1,
                                       kCodesAhead, /*pack_a=*/false);
}

static kernel::GemmScheduleAttr choose(kernel::Gemm op,
                                       const TargetDescription &target) {
  if (op.getCodes())
    return chooseCoded(op, target);
  unsigned out = op.getDpsInitsMutable()[0].getOperandNumber();
  SmallVector<Dim> dims = op.getOperandDims(out);
  Dim rowDim = dims[dims.size() - 2];
  GemmShape shape{valueOr(rowDim, kAssumedRows),
                  valueOr(dims.back(), kAssumedRows),
                  valueOr(op.getOperandDims(0).back(), kAssumedRows),
                  rowDim && rowDim.getConstant(),
                  bytesOf(op.getB()),
                  getCopyBytes(op, target),
                  kernel::getElementBytes(kernel::getAccumulatorType(op))};
  // Pairs that are widened stay while their halves are used.
  bool widens = op.getBLayout() == "interleaved" && !usesDots(op, target);
  MicroTile tile = pickTile(kGemmTiles, target, widens ? kRegistersOfPairs : 0);
  int64_t microN = tile.vectors * getLanes(op, target);
  int64_t microM = std::clamp<int64_t>(shape.rows, 1, tile.rows);
  int64_t strips = llvm::divideCeil(shape.rows, microM);
  int64_t groups = op.getGroups();
  int64_t quantum = std::max<int64_t>(microN, kPanel / groups);
  int64_t panels =
      std::max<int64_t>(llvm::divideCeil(shape.columns, quantum), 1);
  Grid grid = pickGrid(strips, panels, shape.knowsRows, target.threads);

  // A block of rows stays in the L2 cache while panels of b pass. If too few
  // whole rows fit, or a panel takes a quarter itself, or they had to be
  // widened for every panel, the contraction runs in blocks of packed rows.
  int64_t budget = target.l2Bytes * 5 / 8;
  int64_t rowBytes = std::max<int64_t>(shape.depth, 1) * shape.rowBytes;
  int64_t fitting = budget / rowBytes;
  bool packed = strips > 1 &&
                ((widens && bytesOf(op.getA()) < shape.rowBytes) ||
                 fitting < std::min(strips * microM, kRows) ||
                 shape.depth * microN * shape.weightBytes > target.l2Bytes / 4);
  int64_t blockK = packed ? pickBlockK(shape, microN, target) : 0;
  if (packed)
    fitting = budget / (blockK * shape.rowBytes);
  // Sums of an item leave room for its rows, or stream if those are packed.
  int64_t sums = target.l2Bytes / 4;
  // Products of bytes are done so soon that results, of as many bytes as ever,
  // count: they are written in longer pieces, and a is read less often, if
  // items have fewer rows and more columns.
  int64_t quarter = target.l2Bytes / 4 / rowBytes;
  if (!packed && shape.rowBytes == 1 && quarter >= kRows) {
    fitting = std::min(fitting, std::max(kRows, quarter / 2));
    sums = target.l2Bytes / 12;
  }
  int64_t itemM = balance(llvm::divideCeil(strips, grid.rows) * microM,
                          fitting / microM * microM, microM);
  int64_t columns = packed
                        ? kPackedColumns
                        : std::min(kColumns, sums / (itemM * shape.sumBytes));
  int64_t itemN =
      pickItemPanels(panels, columns / (quantum * groups), grid.columns) *
      quantum;
  // While one panel is used, the next one comes closer: other kernels' weights
  // have been used since the last run, so that no cache but the last has b.
  int64_t panelBytes = shape.depth * kPanel * shape.weightBytes;
  bool isFar = llvm::divideCeil(shape.columns * groups, kPanel) * panelBytes >
               uint64_t(target.l1Bytes);
  return kernel::GemmScheduleAttr::get(
      op.getContext(), itemM, itemN, blockK, microM, microN, /*unroll_k=*/4,
      isFar ? panelBytes : 0, /*pack_a=*/packed);
}

static kernel::ConvScheduleAttr choose(kernel::Conv op,
                                       const TargetDescription &target) {
  unsigned out = op.getDpsInitsMutable()[0].getOperandNumber();
  SmallVector<Dim> dims = op.getOperandDims(out);
  int64_t groups = std::min<int64_t>(op.getGroups(), kLargestSize);
  int64_t channels = llvm::divideCeil(valueOr(dims[1], kAssumedRows), groups);
  int64_t positions = std::max<int64_t>(valueOr(dims[2], kAssumedRows), 1);
  int64_t width =
      usesDots(op, target)
          ? 2
          : kernel::getElementBytes(op.getEpilogue().getArgument(0).getType());
  MicroTile tile = pickTile(kGemmTiles, target);
  int64_t microN = tile.vectors * getLanes(op, target);
  // Rows of weights are in panels, which items must not divide.
  int64_t rows = llvm::alignTo(channels, kRowPanel);
  int64_t images = std::max<int64_t>(valueOr(dims[0], 1), 1) * groups;
  int64_t itemN =
      llvm::alignTo(std::min<int64_t>(positions, 4 * microN), microN);
  // Patches are copied once for all rows of an item; it has a part of them
  // only if the threads had nothing to do otherwise.
  int64_t share = std::min(images, target.threads) *
                  static_cast<int64_t>(llvm::divideCeil(positions, itemN));
  int64_t parts =
      share >= target.threads ? 1 : llvm::divideCeil(target.threads, share);
  int64_t itemM = balance(
      rows, std::min<int64_t>(llvm::divideCeil(rows, parts), 384), kRowPanel);
  // A block of patches and the sums share the L2 cache with the weights.
  int64_t volume = kernel::getWindowVolume(op.getWindow());
  int64_t depth = target.l2Bytes / 8 / (itemN * width);
  int64_t beside = kernel::getInterleave(op);
  int64_t blockC = std::max<int64_t>(depth / volume / beside, 1) * beside;
  return kernel::ConvScheduleAttr::get(op.getContext(), itemM, itemN, blockC,
                                       tile.rows, microN, /*unroll_k=*/4);
}

/// Whether the rows of an operand lie apart, or are no numbers that products
/// are computed of, as f32 is none beside queries in bf16.
static bool wantsPacking(kernel::Attention op, Value operand, unsigned i,
                         const TargetDescription &target) {
  auto layout = cast<StringAttr>(op.getLayouts()[i]).getValue();
  Type element = cast<ShapedType>(operand.getType()).getElementType();
  bool usesDots = target.bf16Dots && kernel::getFactorType(op).isBF16();
  Type factor =
      usesDots ? kernel::getFactorType(op) : kernel::getComputeType(element);
  return !layout.ends_with("sd") || element != factor;
}

/// Queries of an item: many, so that copied keys serve them all, but so that
/// the busiest thread has least to do.
static int64_t pickBlockQ(int64_t queries, int64_t heads, int64_t step,
                          int64_t threads) {
  static constexpr int64_t kMostQueries = 128;
  int64_t best = step;
  auto busiest = [&](int64_t block) {
    return llvm::divideCeil(heads * llvm::divideCeil(queries, block), threads) *
           block;
  };
  for (int64_t block = 2 * step; block <= kMostQueries; block += step)
    if (busiest(block) <= busiest(best))
      best = block;
  return best;
}

/// Parts of the keys so that every thread has one, where few queries of one
/// sequence leave threads without work.
static int64_t pickParts(const kernel::AttentionSizes &sizes, int64_t threads) {
  static constexpr int64_t kMostParts = 8, kFewKeys = 256;
  int64_t items = std::max<int64_t>(valueOr(sizes.batch, 1), 1) *
                  std::max<int64_t>(valueOr(sizes.kvHeads, 1), 1);
  // Queries that see only one another are few only where keys are.
  if (sizes.keys == sizes.queries ||
      valueOr(sizes.keys, kAssumedRows) <= kFewKeys)
    return 1;
  return std::clamp<int64_t>(threads / items, 1, kMostParts);
}

/// Keys of a block: whole blocks make a page.
static int64_t pickBlockK(kernel::Attention op) {
  static constexpr int64_t kBlockK = 128;
  return op.getPages() ? std::gcd(op.getPageSize(), kBlockK) : kBlockK;
}

static kernel::AttentionScheduleAttr choose(kernel::Attention op,
                                            const TargetDescription &target) {
  kernel::AttentionSizes sizes = kernel::getAttentionSizes(op);
  MicroTile tile = pickTile(kAttentionTiles, target);
  int64_t lanes = getLanes(op, target);
  int64_t queries = std::max<int64_t>(valueOr(sizes.queries, 128), 1);
  int64_t microN =
      std::min(tile.vectors * lanes,
               static_cast<int64_t>(llvm::alignTo(queries, lanes)));
  int64_t blockK = pickBlockK(op);
  while (microN > lanes && blockK % microN != 0)
    microN -= lanes;
  int64_t heads = std::max<int64_t>(valueOr(sizes.batch, 1), 1) *
                  std::max<int64_t>(valueOr(sizes.heads, 1), 1);
  int64_t blockQ = pickBlockQ(queries, heads, microN, target.threads);
  // More queries fill lanes better than one after another.
  int64_t few =
      kernel::getStaticGroup(op) ? std::max<int64_t>(lanes / 2, 1) : 0;
  if (sizes.queries && sizes.queries.getConstant())
    few = queries <= few ? queries : 0;
  return kernel::AttentionScheduleAttr::get(
      op.getContext(), blockQ, blockK, tile.rows, microN,
      wantsPacking(op, op.getK(), 1, target) ||
          wantsPacking(op, op.getV(), 2, target),
      few, few ? pickParts(sizes, target.threads) : 1);
}

/// Rows of `columns` elements that an item takes to be worth its launch.
static int64_t rowsPerItem(int64_t columns) {
  static constexpr int64_t kItemElements = 4096;
  return std::clamp<int64_t>(kItemElements / std::max<int64_t>(columns, 1), 1,
                             256);
}

static kernel::RowsScheduleAttr choose(kernel::Rows op,
                                       const TargetDescription &target) {
  auto maps = op.getMaps().getAsValueRange<AffineMapAttr>();
  unsigned last = (*maps.begin()).getNumDims() - 1;
  int64_t columns = kAssumedRows;
  for (auto [i, map] : llvm::enumerate(maps))
    if (auto position =
            map.getResultPosition(getAffineDimExpr(last, op.getContext())))
      columns = valueOr(op.getOperandDims(i)[*position], kAssumedRows);
  return kernel::RowsScheduleAttr::get(op.getContext(), rowsPerItem(columns),
                                       elementLanes(op, target));
}

static kernel::LoopScheduleAttr chooseLoop(Operation *op, ArrayRef<Dim> dims,
                                           const TargetDescription &target) {
  int64_t columns = dims.empty() ? 1 : valueOr(dims.back(), 256);
  return kernel::LoopScheduleAttr::get(op->getContext(), rowsPerItem(columns),
                                       elementLanes(op, target));
}

static kernel::LoopScheduleAttr choose(kernel::Map op,
                                       const TargetDescription &target) {
  return chooseLoop(
      op, op.getOperandDims(op.getDpsInitsMutable()[0].getOperandNumber()),
      target);
}

static kernel::LoopScheduleAttr choose(kernel::Reduce op,
                                       const TargetDescription &target) {
  return chooseLoop(op, op.getOperandDims(0), target);
}

static kernel::LoopScheduleAttr choose(kernel::Window op,
                                       const TargetDescription &target) {
  return chooseLoop(
      op, op.getOperandDims(op.getDpsInitsMutable()[0].getOperandNumber()),
      target);
}

static kernel::LoopScheduleAttr choose(kernel::Gather op,
                                       const TargetDescription &target) {
  return chooseLoop(op, op.getOperandDims(2), target);
}

static kernel::LoopScheduleAttr choose(kernel::Write op,
                                       const TargetDescription &target) {
  // An item is positions of a line, with all that lies behind each.
  auto dims = op.getOperandDims(op.getDpsInitsMutable()[0].getOperandNumber());
  int64_t columns = 1;
  for (Dim dim : ArrayRef(dims).drop_front(op.getAxis() + 1))
    columns *= valueOr(dim, 256);
  return kernel::LoopScheduleAttr::get(op.getContext(), rowsPerItem(columns),
                                       elementLanes(op, target));
}

Attribute hagane::chooseSchedule(Operation *op,
                                 const TargetDescription &target) {
  return llvm::TypeSwitch<Operation *, Attribute>(op)
      .Case<kernel::Gemm, kernel::Conv, kernel::Window, kernel::Attention,
            kernel::Rows, kernel::Map, kernel::Reduce, kernel::Gather,
            kernel::Write>([&](auto kernel) { return choose(kernel, target); });
}
