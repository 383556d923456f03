//===- ScheduleList.cpp - The schedules worth trying ----------------------===//
//
// Of schedules that run alike one is listed, and none that cannot be the
// fastest: every rule that leaves some out says why.
//
//===----------------------------------------------------------------------===//

#include "dialects/kernel/KernelCodes.h"
#include "dialects/kernel/KernelCost.h"
#include "dialects/kernel/KernelWindows.h"
#include "passes/schedules/ScheduleSpace.h"
#include "passes/schedules/cuda/CudaRules.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;

static int64_t weightBytes(Gemm op) {
  return getElementBytes(
      cast<ShapedType>(op.getB().getType()).getElementType());
}

static bool isCoded(Gemm op) { return op.getCodes().has_value(); }
static bool isInPanels(Gemm op) { return getPanelWidth(op) != 0; }

/// How far ahead prefetching reads: a panel.
static int64_t panelBytes(Gemm op, int64_t depth) {
  if (isCoded(op))
    return kCodesAhead;
  return depth * kPanel * weightBytes(op);
}

/// A size beyond `total` as if it just covered that, in steps of `step`.
static int64_t covering(int64_t size, int64_t total, int64_t step) {
  return std::min<int64_t>(size,
                           llvm::alignTo(std::max<int64_t>(total, 1), step));
}

//===-- Schedules that run alike ------------------------------------------===//

/// Rows are copied in any case, and 32 of them are unrolled.
static Attribute getCanonicalOfCodes(Gemm op, const KernelPoint &point,
                                     GemmScheduleAttr schedule) {
  int64_t microM = schedule.getMicroM(), blockK = schedule.getBlockK();
  int64_t step = kPanel / static_cast<int64_t>(op.getGroups());
  int64_t itemN = schedule.getItemN();
  if (itemN % step == 0)
    itemN = covering(itemN, point["n"], step);
  return GemmScheduleAttr::get(
      op.getContext(), covering(schedule.getItemM(), point["m"], microM), itemN,
      blockK >= point["k"] ? 0 : blockK, microM, schedule.getMicroN(),
      /*unroll_k=*/1, schedule.getPrefetch(), /*pack_a=*/false);
}

static Attribute getCanonical(Gemm op, const KernelPoint &point,
                              GemmScheduleAttr schedule) {
  if (isCoded(op))
    return getCanonicalOfCodes(op, point, schedule);
  int64_t m = point["m"], k = point["k"];
  int64_t microM = schedule.getMicroM(), microN = schedule.getMicroN(),
          unroll = schedule.getUnrollK();
  int64_t itemM = covering(schedule.getItemM(), m, microM);
  int64_t step = std::max<int64_t>(microN, kPanel / int64_t(op.getGroups()));
  int64_t itemN = schedule.getItemN();
  if (itemN % step == 0)
    itemN = covering(itemN, point["n"], step);
  int64_t blockK = schedule.getBlockK(), prefetch = schedule.getPrefetch();
  bool packs = schedule.getPackA();
  // The whole contraction; rows are copied for all of it.
  if (blockK >= k)
    blockK = packs ? covering(blockK, k, 2 * unroll) : 0;
  bool isFew = isInPanels(op) && m > microM && m <= kFewRows &&
               microM < kFewRows && microM >= kFewRows / 2 && itemM >= kFewRows;
  // Two strips of half of the few rows, whatever a strip is otherwise.
  if (isFew) {
    microM = kFewRows / 2;
    itemM = kFewRows;
  }
  // One pass over b, prefetched close ahead.
  if (isFew || m <= microM) {
    blockK = 0;
    packs = false;
    prefetch = prefetch ? panelBytes(op, k) : 0;
  }
  if (!isInPanels(op))
    prefetch = 0;
  return GemmScheduleAttr::get(op.getContext(), itemM, itemN, blockK, microM,
                               microN, unroll, prefetch, packs);
}

static Attribute getCanonical(Conv op, const KernelPoint &point,
                              ConvScheduleAttr schedule) {
  int64_t volume = getWindowVolume(op.getWindow());
  int64_t channels = std::max<int64_t>(point["depth"] / volume, 1);
  return ConvScheduleAttr::get(
      op.getContext(),
      covering(schedule.getItemM(), point["channels"],
               std::max(kRowPanel, schedule.getMicroM())),
      covering(schedule.getItemN(), point["positions"], schedule.getMicroN()),
      covering(schedule.getBlockC(), channels, getInterleave(op)),
      schedule.getMicroM(), schedule.getMicroN(), schedule.getUnrollK());
}

static Attribute getCanonical(Attention op, const KernelPoint &point,
                              AttentionScheduleAttr schedule) {
  int64_t queries = point["queries"], keys = point["keys"];
  int64_t blockQ = schedule.getBlockQ(), microM = schedule.getMicroM(),
          microN = schedule.getMicroN();
  int64_t few = schedule.getFewQ(), parts = schedule.getParts();
  bool packs = schedule.getPack();
  if (few > 0 && queries <= few) {
    // Tiles are those of blocks of queries.
    few = queries;
    blockQ = microN;
    microM = 1;
    packs = false;
  } else if (few > 0 && parts == 1) {
    few = 0;
  }
  return AttentionScheduleAttr::get(
      op.getContext(), covering(blockQ, queries, microN),
      covering(schedule.getBlockK(), keys, microN), microM, microN, packs, few,
      parts);
}

static Attribute getCanonical(Rows op, const KernelPoint &point,
                              RowsScheduleAttr schedule) {
  return RowsScheduleAttr::get(
      op.getContext(), covering(schedule.getItemRows(), point["rows"], 1),
      schedule.getVector());
}

template <typename OpTy>
static Attribute getCanonical(OpTy op, const KernelPoint &point,
                              LoopScheduleAttr schedule) {
  return LoopScheduleAttr::get(
      op.getContext(), covering(schedule.getItemSize(), point["rows"], 1),
      schedule.getVector());
}

Attribute hagane::getCanonicalSchedule(const KernelPoint &point,
                                       Attribute schedule) {
  if (isa<CudaScheduleInterface>(schedule))
    return schedule;
  return llvm::TypeSwitch<Operation *, Attribute>(point.getKernel())
      .Case<Gemm, Conv, Attention, Rows, Map, Reduce, Window, Gather, Write>(
          [&](auto op) {
            using Type = ScheduleOf<decltype(op)>::Type;
            return getCanonical(op, point, cast<Type>(schedule));
          })
      .Default(schedule);
}

//===-- Pieces and tiles --------------------------------------------------===//

namespace {
/// Collects schedules that differ and that the target can run.
class Candidates {
public:
  Candidates(const KernelPoint &point, const TargetDescription &target)
      : point(point), target(target),
        quiet(point.getKernel()->getContext(),
              [](Diagnostic &) { return success(); }) {}

  template <typename AttrT, typename... Args> void add(Args... args) {
    Operation *kernel = point.getKernel();
    auto error = [&] { return mlir::emitError(kernel->getLoc()); };
    auto schedule = AttrT::getChecked(error, kernel->getContext(), args...);
    if (!schedule)
      return;
    Attribute canonical = getCanonicalSchedule(point, schedule);
    if (succeeded(checkSchedule(kernel, canonical, target, error)))
      found.insert(canonical);
  }

  SmallVector<Attribute> take() { return found.takeVector(); }

private:
  const KernelPoint &point;
  const TargetDescription &target;
  /// Rules that a schedule breaks are told to nobody: it is left out.
  ScopedDiagnosticHandler quiet;
  llvm::SetVector<Attribute, SmallVector<Attribute>> found;
};

struct Tile {
  int64_t rows, vectors;
};

/// How a kernel's work is cut in items.
struct Cut {
  double items;    ///< of all threads
  double itemSize; ///< in any unit
};
} // namespace

/// `total` in 1, 2, 3, 4, 6, 8 ... equal pieces, in steps of `step`, down to
/// one step.
static SmallVector<int64_t> piecesOf(int64_t total, int64_t step) {
  SmallVector<int64_t> pieces;
  total = std::max<int64_t>(total, 1);
  for (int64_t count = 1;; count = count < 2 || llvm::isPowerOf2_64(count)
                                       ? count + std::max<int64_t>(count / 2, 1)
                                       : count / 3 * 4) {
    int64_t piece = llvm::alignTo(llvm::divideCeil(total, count), step);
    if (pieces.empty() || piece != pieces.back())
      pieces.push_back(piece);
    if (piece <= step)
      return pieces;
  }
}

static double ceilDiv(int64_t size, int64_t piece) {
  return double(llvm::divideCeil(std::max<int64_t>(size, 1), piece));
}

/// Shapes of a tile of accumulators, largest first.
static constexpr Tile kTiles[] = {{14, 2}, {12, 2}, {10, 2}, {8, 3}, {8, 2},
                                  {6, 4},  {6, 2},  {4, 4},  {4, 3}, {4, 2},
                                  {2, 4},  {2, 2},  {12, 1}, {8, 1}, {6, 1},
                                  {4, 1},  {2, 1},  {1, 4},  {1, 2}, {1, 1}};

/// The tiles for so many rows that leave no accumulator to memory. One with
/// less than half of the accumulators that another has loads more for every
/// product, and hides less of a product's latency.
static SmallVector<Tile> tilesFor(int64_t rows, const TargetDescription &target,
                                  llvm::function_ref<bool(Tile)> fits) {
  SmallVector<Tile> found;
  int64_t most = 0;
  for (Tile tile : kTiles)
    if (tile.rows <= std::max<int64_t>(rows, 1) && fits(tile) &&
        getTileRegisters(tile.rows, tile.vectors) <= target.vectorRegisters) {
      found.push_back(tile);
      most = std::max(most, tile.rows * tile.vectors);
    }
  llvm::erase_if(
      found, [&](Tile tile) { return 2 * tile.rows * tile.vectors < most; });
  return found;
}

/// What the busiest thread has to do.
static double busiestOf(Cut cut, const TargetDescription &target) {
  return std::ceil(cut.items / double(target.threads)) * cut.itemSize;
}

/// A thread with a quarter more to do than the busiest needs to have is late
/// whatever else is chosen.
static constexpr double kMostImbalance = 1.25;

/// Smaller items than this many for a thread balance no better, but read again
/// what one item reads once.
static constexpr double kMostItems = 16;

//===-- Matrix products ---------------------------------------------------===//

namespace {
class GemmList {
public:
  GemmList(Gemm op, const KernelPoint &point, const TargetDescription &target,
           Candidates &candidates)
      : op(op), target(target), candidates(candidates), batch(point["batch"]),
        m(std::max<int64_t>(point["m"], 1)),
        n(std::max<int64_t>(point["n"], 1)), k(point["k"]),
        lanes(getLanes(op, target)), groups(op.getGroups()),
        sumBytes(getElementBytes(getAccumulatorType(op))) {}

  void run();

private:
  bool fits(Tile tile) const;
  Cut cut(int64_t itemM, int64_t itemN) const;
  bool isWorthwhile(int64_t itemM, int64_t itemN) const;
  SmallVector<int64_t> unrolls(Tile tile) const;
  SmallVector<int64_t> blocks(Tile tile) const;
  void list(Tile tile, int64_t itemM, int64_t itemN);
  int64_t columnStep(Tile tile) const {
    return std::max<int64_t>(tile.vectors * lanes, kPanel / groups);
  }

  Gemm op;
  const TargetDescription &target;
  Candidates &candidates;
  int64_t batch, m, n, k, lanes, groups, sumBytes;
  double leastBusy = 0;
};
} // namespace

bool GemmList::fits(Tile tile) const {
  int64_t panel = getPanelWidth(op), width = tile.vectors * lanes;
  if (panel == 0)
    return width % (lanes * groups) == 0;
  int64_t share = panel / groups;
  return panel % width == 0 && share % std::min(width, share) == 0;
}

Cut GemmList::cut(int64_t itemM, int64_t itemN) const {
  return {double(batch) * ceilDiv(m, itemM) * ceilDiv(n, itemN),
          double(std::min(itemM, m)) * double(itemN)};
}

bool GemmList::isWorthwhile(int64_t itemM, int64_t itemN) const {
  Cut made = cut(itemM, itemN);
  if (busiestOf(made, target) > kMostImbalance * leastBusy)
    return false;
  double rows = double(std::min(itemM, m)), columns = double(itemN),
         cache = double(target.l2Bytes);
  double sums = rows * columns * double(groups) * double(sumBytes);
  // Sums that do not stay in the cache are read from memory at the end.
  if (sums > cache && itemN > columnStep({1, 1}))
    return false;
  bool isWhole = itemM >= m && itemN >= n;
  double copied = rows * double(k) * double(getCopyBytes(op, target));
  return isWhole || made.items <= kMostItems * double(target.threads) ||
         sums + copied > cache / 8;
}

/// So that an iteration has enough products to hide the loop's own
/// instructions, and few enough for short contractions.
SmallVector<int64_t> GemmList::unrolls(Tile tile) const {
  if (isCoded(op))
    return {1};
  static constexpr int64_t kLeastProducts = 64, kMostProducts = 128;
  static constexpr int64_t kUnrolls[] = {2, 4, 8};
  SmallVector<int64_t> found;
  for (int64_t unroll : kUnrolls) {
    int64_t products = tile.rows * tile.vectors * unroll;
    if (products >= kLeastProducts && products <= kMostProducts)
      found.push_back(unroll);
  }
  if (found.empty())
    found.push_back(kUnrolls[std::size(kUnrolls) - 1]);
  return found;
}

/// All of the contraction, and blocks that are long enough to make up for
/// writing and reading the sums, of which a panel leaves room in the cache.
SmallVector<int64_t> GemmList::blocks(Tile tile) const {
  static constexpr int64_t kStep = 64, kLeastBlock = 192;
  SmallVector<int64_t> found{0};
  if (isCoded(op)) {
    CodesLayout codes = getCodesLayout(op);
    for (int64_t count : piecesOf(codes.blocks, 1))
      if (count * codes.block >= kLeastBlock)
        found.push_back(count * codes.block);
    return found;
  }
  for (int64_t block : piecesOf(k, kStep))
    if (block >= std::min<int64_t>(kLeastBlock, llvm::alignTo(k, kStep)) &&
        tile.vectors * lanes * block * weightBytes(op) <= target.l2Bytes / 4)
      found.push_back(block);
  return found;
}

void GemmList::list(Tile tile, int64_t itemM, int64_t itemN) {
  double rowBytes = double(itemM) * double(getCopyBytes(op, target));
  for (int64_t block : blocks(tile))
    for (bool packs : {false, true}) {
      // Copied rows that do not stay in the cache were copied for nothing.
      if (isCoded(op) && (packs || double(block ? block : k) * rowBytes >
                                       double(target.l2Bytes) * 3 / 4))
        continue;
      if (packs && double(block + kPackedRowPadding) * rowBytes >
                       double(target.l2Bytes) * 3 / 4)
        continue;
      for (int64_t unroll : unrolls(tile))
        for (int64_t prefetch : {int64_t(0), panelBytes(op, k)})
          candidates.add<GemmScheduleAttr>(itemM, itemN, block, tile.rows,
                                           tile.vectors * lanes, unroll,
                                           prefetch, packs);
    }
}

void GemmList::run() {
  struct Shape {
    Tile tile;
    int64_t itemM, itemN;
  };
  SmallVector<Shape> shapes;
  for (Tile tile : tilesFor(m, target, [&](Tile tile) { return fits(tile); }))
    for (int64_t itemM : piecesOf(m, tile.rows))
      for (int64_t itemN : piecesOf(n, columnStep(tile))) {
        shapes.push_back({tile, itemM, itemN});
        double busy = busiestOf(cut(itemM, itemN), target);
        leastBusy = leastBusy > 0 ? std::min(leastBusy, busy) : busy;
      }
  for (const Shape &shape : shapes)
    if (isWorthwhile(shape.itemM, shape.itemN))
      list(shape.tile, shape.itemM, shape.itemN);
}

static void list(Gemm op, const KernelPoint &point,
                 const TargetDescription &target, Candidates &candidates) {
  GemmList(op, point, target, candidates).run();
}

//===-- Convolution, attention, loops -------------------------------------===//

static void list(Conv op, const KernelPoint &point,
                 const TargetDescription &target, Candidates &candidates) {
  static constexpr int64_t kVectorsOfItem[] = {2, 4, 8, 16, 32};
  int64_t lanes = getLanes(op, target);
  int64_t volume = getWindowVolume(op.getWindow());
  int64_t channels = std::max<int64_t>(point["depth"] / volume, 1);
  // Rows of weights are in panels, whatever the number of channels.
  for (Tile tile : tilesFor(kRowPanel, target, [](Tile) { return true; }))
    for (int64_t itemM : piecesOf(point["channels"], kRowPanel))
      for (int64_t vectors : kVectorsOfItem)
        for (int64_t blockC : piecesOf(channels, getInterleave(op)))
          candidates.add<ConvScheduleAttr>(itemM, vectors * lanes, blockC,
                                           tile.rows, tile.vectors * lanes,
                                           /*unroll_k=*/int64_t(4));
}

static constexpr int64_t kKeys[] = {32, 64, 96, 128, 192, 256, 384, 512};

/// Up to a vector of queries: keys in parts while that gives threads work.
static void listFew(Attention op, const KernelPoint &point,
                    const TargetDescription &target, Candidates &candidates) {
  int64_t lanes = getLanes(op, target);
  int64_t queries = std::max<int64_t>(point["queries"], 1);
  int64_t items = std::max<int64_t>(point["batch"] * point["kv_heads"], 1);
  for (int64_t parts : {1, 2, 4, 8})
    for (int64_t keys : kKeys)
      if (parts == 1 || (parts - 1) * items < target.threads)
        candidates.add<AttentionScheduleAttr>(lanes, keys, int64_t(1), lanes,
                                              false, queries, parts);
}

static void list(Attention op, const KernelPoint &point,
                 const TargetDescription &target, Candidates &candidates) {
  static constexpr int64_t kVectorsOfQueries[] = {1, 2, 3, 4, 6, 8, 12};
  int64_t lanes = getLanes(op, target), queries = point["queries"];
  if (queries <= lanes && getStaticGroup(op))
    listFew(op, point, target, candidates);
  int64_t widest = llvm::divideCeil(std::max<int64_t>(queries, 1), lanes);
  auto cut = [&](int64_t block) {
    return Cut{double(point["batch"]) * double(point["heads"]) *
                   ceilDiv(queries, block),
               double(std::min<int64_t>(block, widest * lanes))};
  };
  double leastBusy = busiestOf(cut(lanes), target);
  for (int64_t vectors : kVectorsOfQueries)
    leastBusy = std::min(leastBusy, busiestOf(cut(vectors * lanes), target));
  // Keys are many: any number of rows fits.
  SmallVector<Tile> tiles =
      tilesFor(std::max<int64_t>(point["keys"], 1), target,
               [&](Tile tile) { return tile.vectors <= widest; });
  for (Tile tile : tiles)
    for (int64_t vectors : kVectorsOfQueries) {
      // Tiles of one vector, as are left over, are slow.
      bool isEven = vectors % tile.vectors == 0 || vectors >= widest;
      if (vectors < tile.vectors || !isEven ||
          busiestOf(cut(vectors * lanes), target) > kMostImbalance * leastBusy)
        continue;
      for (int64_t keys : kKeys)
        for (bool packs : {false, true})
          candidates.add<AttentionScheduleAttr>(vectors * lanes, keys,
                                                tile.rows, tile.vectors * lanes,
                                                packs, int64_t(0), int64_t(1));
    }
}

/// Lanes that fill one, two and four registers, or half of one; not two sizes
/// that hold all columns at once.
static SmallVector<int64_t> vectorsOf(Operation *op, int64_t columns,
                                      const TargetDescription &target) {
  int64_t bytes = 4;
  for (Value operand : op->getOperands())
    bytes = std::max(
        bytes,
        getElementBytes(cast<ShapedType>(operand.getType()).getElementType()));
  int64_t lanes = std::max<int64_t>(target.lanes(8 * bytes), 2);
  SmallVector<int64_t> found{lanes / 2};
  for (int64_t vector : {lanes, 2 * lanes, 4 * lanes})
    if (found.back() < columns)
      found.push_back(vector);
  return found;
}

template <typename OpTy>
static void list(OpTy op, const KernelPoint &point,
                 const TargetDescription &target, Candidates &candidates) {
  using Type = ScheduleOf<OpTy>::Type;
  for (int64_t vector : vectorsOf(op, point["columns"], target))
    for (int64_t size : piecesOf(point["rows"], 1))
      candidates.add<Type>(size, vector);
}

SmallVector<Attribute> hagane::listSchedules(const KernelPoint &point,
                                             const TargetDescription &target) {
  if (target.sm)
    return listCudaSchedules(point, target);
  Candidates candidates(point, target);
  llvm::TypeSwitch<Operation *>(point.getKernel())
      .Case<Gemm, Conv, Attention, Rows, Map, Reduce, Window, Gather, Write>(
          [&](auto op) { list(op, point, target, candidates); });
  return candidates.take();
}
