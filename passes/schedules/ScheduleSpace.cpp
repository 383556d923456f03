//===- ScheduleSpace.cpp - The schedules a kernel can have ----------------===//

#include "passes/schedules/ScheduleSpace.h"
#include "dialects/kernel/KernelCost.h"
#include "dialects/kernel/KernelScheduleFiles.h"
#include "dialects/kernel/KernelWindows.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;

using EmitError = llvm::function_ref<InFlightDiagnostic()>;

std::optional<KernelPoint> KernelPoint::make(Operation *kernel,
                                             SymbolValue value) {
  KernelPoint point;
  point.kernel = kernel;
  for (const NamedSize &named : getNamedSizes(kernel)) {
    std::optional<int64_t> size =
        named.size ? named.size.evaluate(value) : std::nullopt;
    if (!size || *size < 0)
      return std::nullopt;
    point.sizes.push_back({named.name, *size});
  }
  return point;
}

int64_t KernelPoint::operator[](StringRef name) const {
  const auto *found = llvm::find_if(
      sizes, [&](const auto &size) { return size.first == name; });
  assert(found != sizes.end() && "kernels of this kind have no such size");
  return found->second;
}

//===-- What a target can run ---------------------------------------------===//

/// Registers of a tile of accumulators, a row of vectors of b and one of a.
static int64_t registersOf(int64_t rows, int64_t vectors) {
  return rows * vectors + vectors + 1;
}

static LogicalResult checkMultiple(EmitError error, StringRef name,
                                   int64_t value, int64_t lanes) {
  if (value % lanes == 0)
    return success();
  return error() << name << " is " << value
                 << ", expected a multiple of the target's " << lanes
                 << " lanes";
}

static LogicalResult checkRegisters(EmitError error, int64_t rows,
                                    int64_t vectors,
                                    const TargetDescription &target) {
  // A row more than fits spills little; a tile twice the size never pays.
  if (registersOf(rows, vectors) <= target.vectorRegisters)
    return success();
  return error() << "a tile of " << rows << " x " << vectors
                 << " vectors needs " << registersOf(rows, vectors)
                 << " registers, the target has " << target.vectorRegisters;
}

static int64_t lanesFor(int64_t bytes, const TargetDescription &target) {
  return std::max<int64_t>(target.lanes(8 * bytes), 1);
}

int64_t hagane::getLanes(Gemm op, const TargetDescription &target) {
  return lanesFor(getElementBytes(getAccumulatorType(op)), target);
}

bool hagane::usesDots(Gemm op, const TargetDescription &target) {
  Type factors = getFactorType(op);
  return target.bf16Dots && factors.isBF16() && op.getBLayout() != "columns" &&
         getAccumulatorType(op).isF32();
}

int64_t hagane::getCopyBytes(Gemm op, const TargetDescription &target) {
  return usesDots(op, target) ? 2 : getElementBytes(getAccumulatorType(op));
}

int64_t hagane::getLanes(Conv op, const TargetDescription &target) {
  return lanesFor(getElementBytes(op.getEpilogue().getArgument(0).getType()),
                  target);
}

bool hagane::usesDots(Conv op, const TargetDescription &target) {
  return target.bf16Dots && getInterleave(op) > 1;
}

int64_t hagane::getLanes(Attention op, const TargetDescription &target) {
  Type compute =
      getComputeType(cast<ShapedType>(op.getQ().getType()).getElementType());
  return lanesFor(getElementBytes(compute), target);
}

static LogicalResult check(Gemm op, GemmScheduleAttr schedule,
                           const TargetDescription &target, EmitError error) {
  int64_t lanes = getLanes(op, target), groups = op.getGroups(),
          microN = schedule.getMicroN();
  if (failed(checkMultiple(error, "micro_n", microN, lanes)) ||
      failed(
          checkRegisters(error, schedule.getMicroM(), microN / lanes, target)))
    return failure();
  if (op.getBLayout() == "interleaved" &&
      schedule.getBlockK() %
              cast<ShapedType>(op.getB().getType()).getShape().back() !=
          0)
    return error() << "block_k is " << schedule.getBlockK()
                   << ", expected whole groups of the rows interleaved in "
                   << op.getB().getType();
  int64_t panel = getPanelWidth(op);
  if (panel == 0)
    return success();
  if (panel % microN != 0)
    return error() << "micro_n is " << microN << ", expected a divisor of "
                   << panel << ", the width of a panel";
  int64_t width = panel / groups;
  if (groups > 1 &&
      (panel % groups != 0 || width % std::min(microN, width) != 0 ||
       schedule.getItemN() % width != 0))
    return error() << "micro_n is " << microN << " and item_n "
                   << schedule.getItemN() << ", expected "
                   << "a divisor and a multiple of " << width
                   << ", a group's share of a panel";
  return success();
}

static LogicalResult check(Conv op, ConvScheduleAttr schedule,
                           const TargetDescription &target, EmitError error) {
  int64_t lanes = getLanes(op, target);
  if (failed(checkMultiple(error, "micro_n", schedule.getMicroN(), lanes)) ||
      failed(checkRegisters(error, schedule.getMicroM(),
                            schedule.getMicroN() / lanes, target)))
    return failure();
  auto weight = cast<ShapedType>(op.getWeight().getType());
  if (schedule.getBlockC() % getInterleave(op) != 0)
    return error() << "block_c is " << schedule.getBlockC()
                   << ", expected whole groups of the channels side by side in "
                   << weight;
  if (weight.getRank() == 2)
    return success();
  int64_t panel = weight.getDimSize(2);
  if (panel % schedule.getMicroM() != 0 || schedule.getItemM() % panel != 0)
    return error() << "panels of " << panel << " rows do not fit micro_m "
                   << schedule.getMicroM() << " and item_m "
                   << schedule.getItemM();
  return success();
}

static LogicalResult check(Attention op, AttentionScheduleAttr schedule,
                           const TargetDescription &target, EmitError error) {
  int64_t lanes = getLanes(op, target);
  if (failed(checkMultiple(error, "block_q", schedule.getBlockQ(), lanes)) ||
      failed(checkMultiple(error, "micro_n", schedule.getMicroN(), lanes)))
    return failure();
  if (schedule.getFewQ() > 0 && !getStaticGroup(op))
    return error() << "few_q is " << schedule.getFewQ()
                   << ", expected 0 as the number of heads is not known";
  return checkRegisters(error, schedule.getMicroM(),
                        schedule.getMicroN() / lanes, target);
}

/// Vectors that several registers hold are taken apart: no more than that.
static constexpr int64_t kRegistersOfAVector = 4;

static LogicalResult
checkVector(int64_t vector, const TargetDescription &target, EmitError error) {
  int64_t most = kRegistersOfAVector * target.vectorBits / 8;
  if (llvm::isPowerOf2_64(vector) && vector <= most)
    return success();
  return error() << "vector is " << vector
                 << ", expected a power of two of at most " << most;
}

template <typename OpTy, typename ScheduleT>
static LogicalResult check(OpTy, ScheduleT schedule,
                           const TargetDescription &target, EmitError error) {
  return checkVector(schedule.getVector(), target, error);
}

namespace {
template <typename OpTy> struct ScheduleOf {
  using Type = LoopScheduleAttr;
};
template <> struct ScheduleOf<Gemm> {
  using Type = GemmScheduleAttr;
};
template <> struct ScheduleOf<Conv> {
  using Type = ConvScheduleAttr;
};
template <> struct ScheduleOf<Attention> {
  using Type = AttentionScheduleAttr;
};
template <> struct ScheduleOf<Rows> {
  using Type = RowsScheduleAttr;
};
} // namespace

LogicalResult hagane::checkSchedule(Operation *kernel, Attribute schedule,
                                    const TargetDescription &target,
                                    EmitError emitError) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(kernel)
      .Case<Gemm, Conv, Attention, Rows, Map, Reduce, Window, Gather>(
          [&](auto op) {
            using Type = ScheduleOf<decltype(op)>::Type;
            return check(op, cast<Type>(schedule), target, emitError);
          })
      .Default([&](Operation *op) {
        return emitError() << "kernels of kind "
                           << cast<KernelOpInterface>(op).getKernelKind()
                           << " have no schedule";
      });
}

//===-- Enumeration -------------------------------------------------------===//

namespace {
/// Collects schedules that are distinct and that the target can run.
class Candidates {
public:
  Candidates(const KernelPoint &point, const TargetDescription &target)
      : kernel(point.getKernel()), target(target),
        quiet(kernel->getContext(), [](Diagnostic &) { return success(); }) {}

  template <typename AttrT, typename... Args> void add(Args... args) {
    auto error = [&] { return mlir::emitError(kernel->getLoc()); };
    auto schedule = AttrT::getChecked(error, kernel->getContext(), args...);
    if (schedule && succeeded(checkSchedule(kernel, schedule, target, error)))
      found.insert(schedule);
  }

  SmallVector<Attribute> take() { return found.takeVector(); }

private:
  Operation *kernel;
  const TargetDescription &target;
  /// Rules that a schedule breaks are told to nobody: it is left out.
  ScopedDiagnosticHandler quiet;
  llvm::SetVector<Attribute, SmallVector<Attribute>> found;
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

namespace {
struct Tile {
  int64_t rows, vectors;
};
} // namespace

/// Shapes of a tile of accumulators, largest first; those without room for the
/// whole are left out by the target.
static constexpr Tile kTiles[] = {{14, 2}, {12, 2}, {10, 2}, {8, 3}, {8, 2},
                                  {6, 4},  {6, 2},  {4, 4},  {4, 3}, {4, 2},
                                  {2, 4},  {2, 2},  {12, 1}, {8, 1}, {6, 1},
                                  {4, 1},  {2, 1},  {1, 4},  {1, 2}, {1, 1}};

static void list(Gemm op, const KernelPoint &point,
                 const TargetDescription &target, Candidates &candidates) {
  static constexpr int64_t kBlocks[] = {0, 256, 512, 1024, 2048};
  static constexpr int64_t kUnrolls[] = {2, 4, 8};
  int64_t m = point["m"], n = point["n"], k = point["k"];
  int64_t lanes = getLanes(op, target), groups = op.getGroups();
  int64_t bytes =
      getElementBytes(cast<ShapedType>(op.getB().getType()).getElementType());
  int64_t panelBytes = k * kPanel * bytes;
  for (Tile tile : kTiles) {
    if (tile.rows > std::max<int64_t>(m, 1))
      continue;
    int64_t microN = tile.vectors * lanes;
    int64_t step = std::max<int64_t>(microN, kPanel / groups);
    for (int64_t itemM : piecesOf(m, tile.rows))
      for (int64_t itemN : piecesOf(n, step))
        for (int64_t blockK : kBlocks) {
          if (blockK >= k && blockK != 0)
            continue;
          for (int64_t unroll : kUnrolls)
            for (int64_t prefetch : {int64_t(0), panelBytes})
              for (bool pack : {false, true})
                candidates.add<GemmScheduleAttr>(itemM, itemN, blockK,
                                                 tile.rows, microN, unroll,
                                                 prefetch, pack);
        }
  }
}

static void list(Conv op, const KernelPoint &point,
                 const TargetDescription &target, Candidates &candidates) {
  static constexpr int64_t kVectorsOfItem[] = {2, 4, 8, 16, 32};
  int64_t lanes = getLanes(op, target);
  int64_t volume = getWindowVolume(op.getWindow());
  int64_t channels = std::max<int64_t>(point["depth"] / volume, 1);
  for (Tile tile : kTiles)
    for (int64_t itemM : piecesOf(point["channels"], kRowPanel))
      for (int64_t vectors : kVectorsOfItem)
        for (int64_t blockC : piecesOf(channels, getInterleave(op)))
          candidates.add<ConvScheduleAttr>(itemM, vectors * lanes, blockC,
                                           tile.rows, tile.vectors * lanes,
                                           /*unroll_k=*/int64_t(4));
}

static void list(Attention op, const KernelPoint &point,
                 const TargetDescription &target, Candidates &candidates) {
  static constexpr int64_t kKeys[] = {32, 64, 128, 256, 512};
  static constexpr int64_t kVectorsOfQueries[] = {1, 2, 4, 6, 8};
  int64_t lanes = getLanes(op, target);
  int64_t queries = std::max<int64_t>(point["queries"], 1);
  for (int64_t keys : kKeys) {
    for (int64_t parts : {1, 2, 4, 8})
      if (queries <= lanes)
        candidates.add<AttentionScheduleAttr>(lanes, keys, int64_t(1), lanes,
                                              false, queries, parts);
    for (Tile tile : kTiles)
      for (int64_t vectors : kVectorsOfQueries)
        for (bool pack : {false, true})
          candidates.add<AttentionScheduleAttr>(vectors * lanes, keys,
                                                tile.rows, tile.vectors * lanes,
                                                pack, int64_t(0), int64_t(1));
  }
}

/// Lanes that fill one, two and four registers, or half of one.
static SmallVector<int64_t> vectorsOf(Operation *op,
                                      const TargetDescription &target) {
  int64_t bytes = 4;
  for (Value operand : op->getOperands())
    bytes = std::max(
        bytes,
        getElementBytes(cast<ShapedType>(operand.getType()).getElementType()));
  int64_t lanes = std::max<int64_t>(target.lanes(8 * bytes), 2);
  return {lanes / 2, lanes, 2 * lanes, 4 * lanes};
}

template <typename OpTy>
static void list(OpTy op, const KernelPoint &point,
                 const TargetDescription &target, Candidates &candidates) {
  using Type = ScheduleOf<OpTy>::Type;
  for (int64_t vector : vectorsOf(op, target))
    for (int64_t size : piecesOf(point["rows"], 1))
      candidates.add<Type>(size, vector);
}

SmallVector<Attribute> hagane::listSchedules(const KernelPoint &point,
                                             const TargetDescription &target) {
  Candidates candidates(point, target);
  llvm::TypeSwitch<Operation *>(point.getKernel())
      .Case<Gemm, Conv, Attention, Rows, Map, Reduce, Window, Gather>(
          [&](auto op) { list(op, point, target, candidates); });
  return candidates.take();
}
