//===- PlanArena.cpp - All buffers in one arena ---------------------------===//

#include "dialects/kernel/KernelCost.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/xf/XfDynamic.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/memory/BufferLife.h"
#include "passes/memory/MemrefDims.h"
#include "passes/memory/Passes.h"
#include "passes/shapes/ShapeAnalysis.h"
#include "llvm/ADT/StringSet.h"

namespace hagane {
#define GEN_PASS_DEF_PLANARENAPASS
#include "passes/memory/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using xf::Dim;

namespace {

constexpr int64_t kAlign = 64;
/// Sizes are compared at this value of every symbol, within its range.
constexpr int64_t kSample = 128;

struct Buffer {
  memref::AllocOp alloc;
  Dim bytes;
  int64_t sample = 0;
  int64_t first = 0, last = 0; // positions of its first and last use
  size_t bin = 0;
};

/// Buffers that live at different times.
struct Bin {
  Dim bytes;
  SmallVector<size_t> members;
};

class ArenaPlanner {
public:
  explicit ArenaPlanner(func::FuncOp function)
      : function(function), context(function.getContext()) {
    for (auto symbol :
         function->getParentOfType<ModuleOp>().getOps<xf::Symbol>()) {
      int64_t min = symbol.getMin(), max = symbol.getMax();
      samples[symbol.getSymName()] = std::clamp(kSample, min, max);
      prover.setRange(symbol.getSymName(), {min, max});
    }
    for (auto size :
         function->getParentOfType<ModuleOp>().getOps<xf::ComputedSize>())
      computed.insert(size.getSymName());
  }

  LogicalResult run() {
    if (failed(collect()))
      return failure();
    assignBins();
    rewrite();
    return success();
  }

private:
  LogicalResult collect();
  LogicalResult measure(Buffer &buffer);
  void assignBins();
  void rewrite();
  Dim getLarger(Dim a, Dim b) const {
    if (prover.isLessOrEqual(b, a))
      return a;
    return prover.isLessOrEqual(a, b) ? b : a.max(b);
  }
  bool conflicts(const Bin &bin, const Buffer &buffer) const {
    return llvm::any_of(bin.members, [&](size_t member) {
      return buffers[member].first <= buffer.last &&
             buffer.first <= buffers[member].last;
    });
  }

  func::FuncOp function;
  MLIRContext *context;
  /// Whether only the run tells the size: the buffer lives on the heap then.
  bool isLate(Dim bytes) const {
    bool late = false;
    bytes.forEachSymbol(
        [&](StringRef name) { late |= computed.contains(name); });
    return late;
  }

  llvm::StringMap<int64_t> samples;
  llvm::StringSet<> computed;
  xf::DimProver prover;
  Positions positions;
  SmallVector<Buffer> buffers;
  SmallVector<Bin> bins;
};

/// Whether a loop around the allocation carries the buffer into its next
/// iteration. The yield of a branch leaves no more than the branch.
bool isCarried(memref::AllocOp alloc, const Life &life) {
  return llvm::any_of(life.names, [&](Value name) {
    return llvm::any_of(name.getUsers(), [&](Operation *user) {
      Operation *parent = user->getParentOp();
      return isa<scf::YieldOp>(user) && !isa<scf::IfOp>(parent) &&
             parent->isProperAncestor(alloc);
    });
  });
}

LogicalResult ArenaPlanner::measure(Buffer &buffer) {
  memref::AllocOp alloc = buffer.alloc;
  Dim count = Dim::constant(context, 1);
  for (Dim dim : getMemrefDims(alloc)) {
    if (!dim)
      return alloc.emitError(
          "cannot place a buffer whose size only running the model tells");
    count = count * dim;
  }
  Dim bytes = count * kernel::getElementBytes(alloc.getType().getElementType());
  buffer.bytes = bytes.ceilDiv(Dim::constant(context, kAlign)) * kAlign;
  if (!buffer.bytes)
    return alloc.emitError("cannot place a buffer whose size overflows");
  auto value =
      buffer.bytes.evaluate([&](StringRef name) -> std::optional<int64_t> {
        auto it = samples.find(name);
        return it == samples.end() ? kSample : it->second;
      });
  buffer.sample = value.value_or(0);
  return success();
}

LogicalResult ArenaPlanner::collect() {
  Block *block = &function.front();
  positions = numberOperations(*block);
  auto result = function.walk([&](memref::AllocOp alloc) {
    Buffer buffer;
    buffer.alloc = alloc;
    if (failed(measure(buffer)))
      return WalkResult::interrupt();
    Life life = getLife(alloc, *block, positions);
    bool alternates = isCarried(alloc, life);
    if (alternates)
      alloc->setAttr("kernel.alternates", UnitAttr::get(context));
    if (alternates || isLate(buffer.bytes)) {
      alloc->setAttr("kernel.heap_bytes", buffer.bytes.getAttr());
      return WalkResult::advance();
    }
    buffer.first = life.first;
    buffer.last = life.last;
    buffers.push_back(buffer);
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

void ArenaPlanner::assignBins() {
  SmallVector<size_t> order(llvm::to_vector(llvm::seq<size_t>(buffers.size())));
  llvm::stable_sort(order, [&](size_t a, size_t b) {
    return buffers[a].sample > buffers[b].sample;
  });
  for (size_t i : order) {
    Buffer &buffer = buffers[i];
    // The smallest bin that fits: the latest, as bins come by falling size. One
    // of the same symbolic size is better still.
    std::optional<size_t> best;
    for (auto [j, bin] : llvm::enumerate(bins)) {
      if (conflicts(bin, buffer))
        continue;
      // Sizes that differ in too many ways have no expression for the larger.
      if ((!best || bins[*best].bytes != buffer.bytes) &&
          getLarger(bin.bytes, buffer.bytes))
        best = j;
    }
    if (!best) {
      best = bins.size();
      bins.push_back({buffer.bytes, {}});
    }
    Bin &bin = bins[*best];
    bin.bytes = getLarger(bin.bytes, buffer.bytes);
    bin.members.push_back(i);
    buffer.bin = *best;
  }
}

/// The number of kernels before each operation of the function's block, and
/// behind the last.
SmallVector<int64_t> countLaunches(Block &block) {
  SmallVector<int64_t> counts = {0};
  for (Operation &op : block) {
    int64_t count = counts.back();
    op.walk([&](kernel::KernelOpInterface) { ++count; });
    counts.push_back(count);
  }
  return counts;
}

void ArenaPlanner::rewrite() {
  Builder attributes(context);
  auto arenaType =
      MemRefType::get({ShapedType::kDynamic}, attributes.getI8Type());
  unsigned number = function.getNumArguments();
  auto marked = attributes.getDictionaryAttr(
      attributes.getNamedAttr("kernel.arena", attributes.getUnitAttr()));
  (void)function.insertArgument(number, arenaType, marked, function.getLoc());
  Value arena = function.getArgument(number);
  // A bin after which the end would have no expression is left to the heap.
  SmallVector<Dim> offsets;
  Dim end = Dim::constant(context, 0);
  for (const Bin &bin : bins) {
    Dim next = end + bin.bytes;
    offsets.push_back(next ? end : Dim());
    end = next ? next : end;
  }
  SmallVector<Attribute> plan;
  SmallVector<int64_t> launches = countLaunches(function.front());
  for (Buffer &buffer : buffers) {
    Dim offset = offsets[buffer.bin];
    if (!offset) {
      buffer.alloc->setAttr("kernel.heap_bytes", buffer.bytes.getAttr());
      continue;
    }
    OpBuilder builder(buffer.alloc);
    Location loc = buffer.alloc.getLoc();
    Value byte = xf::DimValue::create(builder, loc, builder.getIndexType(),
                                      offset.getAttr());
    auto view =
        memref::ViewOp::create(builder, loc, buffer.alloc.getType(), arena,
                               byte, buffer.alloc.getDynamicSizes());
    view->setAttr("kernel.arena_offset", offset.getAttr());
    view->setAttr("kernel.arena_bytes", buffer.bytes.getAttr());
    int64_t first = launches[buffer.first],
            last = std::max(first, launches[buffer.last + 1] - 1);
    plan.push_back(attributes.getDictionaryAttr({
        attributes.getNamedAttr("offset", offset.getAttr()),
        attributes.getNamedAttr("bytes", buffer.bytes.getAttr()),
        attributes.getNamedAttr("first_use",
                                attributes.getI64IntegerAttr(first)),
        attributes.getNamedAttr("last_use", attributes.getI64IntegerAttr(last)),
    }));
    buffer.alloc.replaceAllUsesWith(view.getResult());
    buffer.alloc.erase();
  }
  function->setAttr("kernel.arena_bytes", end.getAttr());
  function->setAttr("kernel.buffers", attributes.getArrayAttr(plan));
}

struct PlanArena : hagane::impl::PlanArenaPassBase<PlanArena> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && !function.isPrivate() &&
          failed(ArenaPlanner(function).run()))
        return signalPassFailure();
  }
};

} // namespace
