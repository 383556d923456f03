//===- PlanArena.cpp - All buffers in one arena ---------------------------===//

#include "dialects/kernel/KernelArena.h"
#include "dialects/kernel/KernelCost.h"
#include "dialects/xf/XfDynamic.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/memory/ArenaOrders.h"
#include "passes/memory/BufferLife.h"
#include "passes/memory/MemrefDims.h"
#include "passes/memory/Passes.h"
#include "passes/shapes/ShapeAnalysis.h"
#include "llvm/ADT/StringSet.h"
#include <random>

namespace hagane {
#define GEN_PASS_DEF_PLANARENAPASS
#include "passes/memory/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using xf::Dim;

namespace {

constexpr int64_t kAlign = 64;
/// Bins are filled by sizes at this value of every symbol, within its range.
constexpr int64_t kSample = 128;
/// What symbols are in half of the samples for which orders are searched:
/// nothing that sizes are multiples of. In the other half they are less than
/// kSmall, where alignment counts.
constexpr int64_t kValues[] = {0,  1,  2,  3,   5,   8,   13,  21,
                               34, 55, 89, 144, 233, 377, 610, 987};
constexpr int64_t kSmall = 17;
constexpr size_t kSamples = 1024;

struct Buffer : kernel::ArenaBuffer {
  memref::AllocOp alloc;
  int64_t sample = 0; // bytes at kSample
  int32_t number = 0; // in the plan
};

/// Buffers that live at different times.
struct Bin {
  Dim bytes;
  SmallVector<size_t> members;
};

struct SymbolRange {
  StringRef name;
  int64_t min, max;
};

class ArenaPlanner {
public:
  explicit ArenaPlanner(func::FuncOp function)
      : function(function), context(function.getContext()) {
    for (auto symbol :
         function->getParentOfType<ModuleOp>().getOps<xf::Symbol>()) {
      int64_t min = symbol.getMin(), max = symbol.getMax();
      symbols.push_back({symbol.getSymName(), min, max});
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
    dropEndless();
    rewrite();
    return success();
  }

private:
  LogicalResult collect();
  LogicalResult measure(Buffer &buffer);
  void assignBins();
  void dropEndless();
  void rewrite();
  std::optional<SmallVector<int64_t>>
  getSizesAt(ArrayRef<kernel::ArenaBuffer> listed,
             llvm::function_ref<int64_t()> pick) const;
  SmallVector<SmallVector<int64_t>>
  makeSamples(const kernel::ArenaPlan &plan) const;
  kernel::ArenaOrder orderByBins() const;
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

  SmallVector<SymbolRange> symbols;
  llvm::StringSet<> computed;
  xf::DimProver prover;
  SmallVector<Buffer> buffers;
  SmallVector<Bin> bins;
  Dim most; // the arena's size with one bin behind the other
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
  return success();
}

/// The number of kernels before each operation of the function's block, and
/// behind the last.
SmallVector<int64_t> countKernels(Block &block) {
  SmallVector<int64_t> counts = {0};
  for (Operation &op : block) {
    int64_t count = counts.back();
    op.walk([&](kernel::KernelOpInterface) { ++count; });
    counts.push_back(count);
  }
  return counts;
}

LogicalResult ArenaPlanner::collect() {
  Block *block = &function.front();
  Positions positions = numberOperations(*block);
  SmallVector<int64_t> kernels = countKernels(*block);
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
    if (life.last < life.first)
      life.first = life.last =
          positions.lookup(block->findAncestorOpInBlock(*alloc));
    // An operation between two kernels counts as the second of them.
    buffer.first = kernels[life.first];
    buffer.last = std::max(kernels[life.last], kernels[life.last + 1] - 1);
    buffers.push_back(buffer);
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

void ArenaPlanner::assignBins() {
  auto listed = llvm::to_vector_of<kernel::ArenaBuffer>(buffers);
  if (auto sizes = getSizesAt(listed, [] { return kSample; }))
    for (auto [buffer, size] : llvm::zip_equal(buffers, *sizes))
      buffer.sample = size;
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
  }
}

/// A bin after which the arena's size would have no expression is left to the
/// heap.
void ArenaPlanner::dropEndless() {
  most = Dim::constant(context, 0);
  llvm::erase_if(bins, [&](const Bin &bin) {
    Dim next = most + bin.bytes;
    if (next)
      most = next;
    else
      for (size_t i : bin.members)
        buffers[i].alloc->setAttr("kernel.heap_bytes",
                                  buffers[i].bytes.getAttr());
    return !next;
  });
}

/// The buffers' sizes where each symbol is what `pick` gives, within its range.
std::optional<SmallVector<int64_t>>
ArenaPlanner::getSizesAt(ArrayRef<kernel::ArenaBuffer> listed,
                         llvm::function_ref<int64_t()> pick) const {
  llvm::StringMap<int64_t> values;
  for (auto [name, min, max] : symbols)
    values[name] = std::clamp(pick(), min, max);
  return kernel::getSizes(
      listed, [&](StringRef name) -> std::optional<int64_t> {
        auto it = values.find(name);
        return it == values.end() ? std::nullopt : std::optional(it->second);
      });
}

SmallVector<SmallVector<int64_t>>
ArenaPlanner::makeSamples(const kernel::ArenaPlan &plan) const {
  SmallVector<SmallVector<int64_t>> samples;
  std::mt19937 random(1);
  for (size_t i = 0; i < kSamples; ++i) {
    // Sizes are often least, or equal.
    int64_t value = 0;
    auto pick = [&] {
      switch (random() % 4) {
      case 0:
        return value = 0;
      case 1:
        return value;
      default:
        return value = i % 2 ? random() % kSmall
                             : kValues[random() % std::size(kValues)];
      }
    };
    if (auto sizes = getSizesAt(plan.buffers, pick);
        sizes && !llvm::is_contained(samples, *sizes))
      samples.push_back(std::move(*sizes));
  }
  return samples;
}

/// Each buffer then fits behind the bins before its own, whatever the sizes:
/// the arena needs no more than one bin behind the other.
kernel::ArenaOrder ArenaPlanner::orderByBins() const {
  kernel::ArenaOrder order;
  for (const Bin &bin : bins)
    for (size_t i : bin.members)
      order.push_back(buffers[i].number);
  return order;
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
  kernel::ArenaPlan plan;
  for (Buffer &buffer : buffers) {
    if (buffer.alloc->hasAttr("kernel.heap_bytes"))
      continue;
    buffer.number = plan.buffers.size();
    OpBuilder builder(buffer.alloc);
    Location loc = buffer.alloc.getLoc();
    Value byte = kernel::BufferOffset::create(
        builder, loc, builder.getIndexType(), buffer.number);
    auto view =
        memref::ViewOp::create(builder, loc, buffer.alloc.getType(), arena,
                               byte, buffer.alloc.getDynamicSizes());
    plan.buffers.push_back(buffer);
    buffer.alloc.replaceAllUsesWith(view.getResult());
    buffer.alloc.erase();
  }
  plan.orders = findOrders(plan.buffers, orderByBins(), makeSamples(plan));
  plan.write(function);
  function->setAttr("kernel.arena_bytes", most.getAttr());
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
