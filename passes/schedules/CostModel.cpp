//===- CostModel.cpp - How long a kernel is expected to take --------------===//

#include "passes/schedules/CostModel.h"
#include "dialects/kernel/KernelCodes.h"
#include "dialects/kernel/KernelCost.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;

static double valueOf(xf::Dim dim, KernelPoint::SymbolValue value) {
  std::optional<int64_t> known = dim ? dim.evaluate(value) : std::nullopt;
  return static_cast<double>(std::max<int64_t>(known.value_or(0), 0));
}

/// A score's exponential, maximum and sum in units of multiply-adds, two
/// operations each: what the units that multiply are kept busy by.
static constexpr double kExpFlops = 16;

double MachineRates::getPeak(Type factors) const {
  if (!factors)
    return flops;
  return factors.isBF16()       ? bf16Flops
         : factors.isInteger(8) ? int8Flops
                                : flops;
}

KernelLimit hagane::getLimit(const KernelPoint &point,
                             KernelPoint::SymbolValue value,
                             const TargetDescription &target,
                             const MachineRates &rates) {
  auto op = cast<KernelOpInterface>(point.getKernel());
  Type factors = getFactorType(op);
  double peak = rates.getPeak(factors);
  double flops = valueOf(op.getFlops(), value), seconds = 0;
  if (auto attention = dyn_cast<Attention>(point.getKernel())) {
    // An exponential is no product: it has a time of its own, always in f32.
    double scores = valueOf(getScoreCount(attention), value);
    flops -= scores * kSoftmaxFlops;
    seconds = scores * kExpFlops / rates.flops;
  }
  return {(flops / peak + seconds) / static_cast<double>(target.threads),
          valueOf(op.getBytes(), value) / rates.memoryBytes};
}

namespace {
/// What the items of a kernel cost.
struct Work {
  double items = 1;
  double flops = 0;      ///< of an item, beyond edges included
  Type dots;             ///< what instructions sum products of; null: none
  double cacheBytes = 0; ///< that an item moves between the caches
};
} // namespace

/// The share of the peak that a tile reaches: two multiply-adds and two loads
/// a cycle.
static double tileEfficiency(double rows, double vectors) {
  double products = rows * vectors, loads = rows + vectors;
  return products / std::max(products, loads);
}

/// Rows that strips of `size` compute for `rows`: the last one is rounded up
/// to a power of two.
static double computedRows(int64_t rows, int64_t size) {
  int64_t rest = rows % size;
  int64_t last = rest ? std::min<int64_t>(llvm::PowerOf2Ceil(rest), size) : 0;
  return static_cast<double>(rows - rest + last);
}

static double ceilDiv(int64_t size, int64_t piece) {
  return static_cast<double>(
      llvm::divideCeil(std::max<int64_t>(size, 1), piece));
}

static Work workOf(Gemm op, const KernelPoint &point, GemmScheduleAttr schedule,
                   const TargetDescription &target) {
  int64_t m = point["m"], n = point["n"], k = point["k"];
  double sumBytes = double(getElementBytes(getAccumulatorType(op)));
  double weightBytes = double(
      getElementBytes(cast<ShapedType>(op.getB().getType()).getElementType()));
  if (op.getCodes())
    weightBytes = double(getCodesLayout(op).getPanelBytes()) /
                  (double(kCodesPanel) * double(std::max<int64_t>(k, 1)));
  double rowBytes = double(getCopyBytes(op, target));
  int64_t lanes = getLanes(op, target);
  int64_t rows = std::min(schedule.getItemM(), m),
          columns = std::min<int64_t>(schedule.getItemN(),
                                      llvm::alignTo(n, schedule.getMicroN()));
  double groups = static_cast<double>(op.getGroups());
  double depth = static_cast<double>(k), width = double(columns) * groups;
  Work work;
  if (usesDots(op, target))
    work.dots = getFactorType(op);
  work.items = static_cast<double>(point["batch"]) *
               ceilDiv(m, schedule.getItemM()) *
               ceilDiv(n, schedule.getItemN());
  work.flops = 2 * computedRows(rows, schedule.getMicroM()) * width * depth /
               tileEfficiency(double(schedule.getMicroM()),
                              double(schedule.getMicroN()) / double(lanes));
  // b once; the sums to scratch and back; a once per panel unless it stays.
  int64_t blockK = schedule.getBlockK() && k > schedule.getBlockK()
                       ? schedule.getBlockK()
                       : k;
  double aBytes = double(rows) * double(blockK) * rowBytes;
  double blocks = ceilDiv(k, blockK);
  bool stays = aBytes < double(target.l2Bytes) * 5 / 8;
  double passes = stays ? 1 : width / double(schedule.getMicroN());
  work.cacheBytes = depth * width * weightBytes +
                    2 * blocks * double(rows) * width * sumBytes +
                    blocks * aBytes * (passes + (schedule.getPackA() ? 2 : 0));
  return work;
}

static Work workOf(Conv op, const KernelPoint &point, ConvScheduleAttr schedule,
                   const TargetDescription &target) {
  double sumBytes =
      double(getElementBytes(op.getEpilogue().getArgument(0).getType()));
  double weightBytes = double(getElementBytes(
      cast<ShapedType>(op.getWeight().getType()).getElementType()));
  int64_t lanes = getLanes(op, target);
  int64_t channels = point["channels"], positions = point["positions"];
  double rows = computedRows(std::min(schedule.getItemM(), channels),
                             schedule.getMicroM());
  double columns = double(std::min<int64_t>(
      schedule.getItemN(), llvm::alignTo(positions, schedule.getMicroN())));
  double depth = double(point["depth"]);
  Work work;
  if (usesDots(op, target))
    work.dots = getFactorType(op);
  work.items = double(point["batch"] * point["groups"]) *
               ceilDiv(channels, schedule.getItemM()) *
               ceilDiv(positions, schedule.getItemN());
  work.flops = 2 * rows * columns * depth /
               tileEfficiency(double(schedule.getMicroM()),
                              double(schedule.getMicroN()) / double(lanes));
  // Patches are written and read, weights read; sums pass once per block.
  double blocks = std::max(1.0, depth / (double(schedule.getBlockC()) * 9));
  double patchBytes = work.dots ? 2 : sumBytes;
  work.cacheBytes = 2 * patchBytes * depth * columns +
                    weightBytes * rows * depth +
                    2 * sumBytes * blocks * rows * columns;
  return work;
}

static Work workOf(Attention op, const KernelPoint &point,
                   AttentionScheduleAttr schedule,
                   const TargetDescription &target) {
  int64_t queries = point["queries"];
  double lanes = double(getLanes(op, target));
  double keys = double(point["keys"]), size = double(point["d"] + point["e"]);
  double batch = double(point["batch"]);
  double bytes = double(
      getElementBytes(cast<ShapedType>(op.getK().getType()).getElementType()));
  Work work;
  if (target.bf16Dots && getFactorType(op).isBF16())
    work.dots = getFactorType(op);
  if (queries <= schedule.getFewQ()) {
    double heads = double(std::max<int64_t>(point["kv_heads"], 1));
    double rows = double(queries * point["heads"]) / heads;
    keys /= double(schedule.getParts());
    work.items = batch * heads * double(schedule.getParts());
    // Sums over lanes cost a score as much as three products of vectors.
    work.flops = rows * keys * (2 * size + kExpFlops + 6 * lanes);
    work.cacheBytes = bytes * keys * size + 4 * 3 * rows * keys;
    return work;
  }
  // Queries fill the lanes, whether they exist or not.
  double rows = double(std::min<int64_t>(
      schedule.getBlockQ(), llvm::alignTo(queries, int64_t(lanes))));
  work.items =
      batch * double(point["heads"]) * ceilDiv(queries, schedule.getBlockQ());
  work.flops = rows * keys *
               (2 * size /
                    tileEfficiency(double(schedule.getMicroM()),
                                   double(schedule.getMicroN()) / lanes) +
                kExpFlops * (work.dots ? 2 : 1));
  // Keys and values pass once for each tile of queries, or are copied once.
  double passes = schedule.getPack()
                      ? 2
                      : std::max(1.0, rows / double(schedule.getMicroN()));
  work.cacheBytes = bytes * keys * size * passes + 4 * 3 * rows * keys;
  return work;
}

/// Loops over rows: an item moves its rows' share of the operands.
template <typename OpTy, typename ScheduleT>
static Work workOf(OpTy op, const KernelPoint &point, ScheduleT schedule,
                   const TargetDescription &target) {
  int64_t size;
  if constexpr (std::is_same_v<ScheduleT, RowsScheduleAttr>)
    size = schedule.getItemRows();
  else
    size = schedule.getItemSize();
  int64_t rows = std::max<int64_t>(point["rows"], 1);
  int64_t columns = std::max<int64_t>(point["columns"], 1);
  Work work;
  work.items = ceilDiv(rows, size);
  double elements = double(std::min(size, rows)) *
                    double(llvm::alignTo(columns, schedule.getVector()));
  // A vector narrower than a register wastes the rest of it.
  double fill =
      std::min(1.0, double(schedule.getVector()) / double(target.lanes(32)));
  int64_t operations = 1;
  for (Region &region : op->getRegions())
    operations += countOps(region);
  work.flops = elements * double(operations) / fill;
  work.cacheBytes = 4 * elements * double(op->getNumOperands());
  return work;
}

double hagane::predictSeconds(const KernelPoint &point, Attribute schedule,
                              KernelPoint::SymbolValue value,
                              const TargetDescription &target,
                              const MachineRates &rates) {
  if (isa<CudaScheduleInterface>(schedule))
    return rates.launchSeconds +
           getLimit(point, value, target, rates).getSeconds();
  Work work =
      llvm::TypeSwitch<Operation *, Work>(point.getKernel())
          .Case([&](Gemm op) {
            return workOf(op, point, cast<GemmScheduleAttr>(schedule), target);
          })
          .Case([&](Conv op) {
            return workOf(op, point, cast<ConvScheduleAttr>(schedule), target);
          })
          .Case([&](Attention op) {
            return workOf(op, point, cast<AttentionScheduleAttr>(schedule),
                          target);
          })
          .Case([&](Rows op) {
            return workOf(op, point, cast<RowsScheduleAttr>(schedule), target);
          })
          .Case<Map, Reduce, Window, Gather, Write>([&](auto op) {
            return workOf(op, point, cast<LoopScheduleAttr>(schedule), target);
          });
  double busiest = std::ceil(work.items / double(target.threads));
  double item = std::max(work.flops / rates.getPeak(work.dots),
                         work.cacheBytes / rates.cacheBytes);
  KernelLimit limit = getLimit(point, value, target, rates);
  return rates.launchSeconds + std::max(busiest * item, limit.memorySeconds);
}
