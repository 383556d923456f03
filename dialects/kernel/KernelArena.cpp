//===- KernelArena.cpp - Buffers in the arena -----------------------------===//

#include "dialects/kernel/KernelArena.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;

#define GET_OP_CLASSES
#include "dialects/kernel/KernelArena.cpp.inc"

static constexpr StringLiteral kBuffers = "kernel.buffers",
                               kOrders = "kernel.arena_orders";
/// Where buffers are that have no place yet.
static constexpr int64_t kNowhere = std::numeric_limits<int64_t>::max();

LogicalResult BufferOffset::verify() {
  int64_t buffer = getBuffer();
  if (buffer < 0)
    return emitOpError("(A1) is of buffer ")
           << buffer << ", expected 0 or more";
  return success();
}

//===-- The plan as attributes --------------------------------------------===//

void ArenaPlan::write(func::FuncOp main) const {
  Builder b(main.getContext());
  SmallVector<Attribute> listed, ordered;
  for (const ArenaBuffer &buffer : buffers)
    listed.push_back(b.getDictionaryAttr({
        b.getNamedAttr("bytes", buffer.bytes.getAttr()),
        b.getNamedAttr("first_use", b.getI64IntegerAttr(buffer.first)),
        b.getNamedAttr("last_use", b.getI64IntegerAttr(buffer.last)),
    }));
  for (const ArenaOrder &order : orders)
    ordered.push_back(b.getDenseI32ArrayAttr(order));
  main->setAttr(kBuffers, b.getArrayAttr(listed));
  main->setAttr(kOrders, b.getArrayAttr(ordered));
}

static FailureOr<ArenaBuffer> readBuffer(func::FuncOp main, Attribute found) {
  auto entry = dyn_cast<DictionaryAttr>(found);
  auto bytes = entry ? entry.getAs<xf::DimAttr>("bytes") : xf::DimAttr();
  auto first = entry ? entry.getAs<IntegerAttr>("first_use") : IntegerAttr();
  auto last = entry ? entry.getAs<IntegerAttr>("last_use") : IntegerAttr();
  if (!bytes || !first || !last || !first.getType().isInteger(64) ||
      !last.getType().isInteger(64))
    return main.emitError("expected bytes, first_use and last_use of each of ")
           << kBuffers << ", found " << found;
  return ArenaBuffer{bytes, first.getInt(), last.getInt()};
}

/// Each number from 0 to `count` once.
static bool isPermutation(ArrayRef<int32_t> order, size_t count) {
  llvm::BitVector seen(count);
  for (int32_t i : order)
    if (i >= 0 && size_t(i) < count)
      seen.set(i);
  return order.size() == count && seen.all();
}

FailureOr<ArenaPlan> ArenaPlan::read(func::FuncOp main) {
  ArenaPlan plan;
  auto listed = main->getAttrOfType<ArrayAttr>(kBuffers);
  auto ordered = main->getAttrOfType<ArrayAttr>(kOrders);
  if (!listed || listed.empty())
    return plan;
  for (Attribute entry : listed) {
    FailureOr<ArenaBuffer> buffer = readBuffer(main, entry);
    if (failed(buffer))
      return failure();
    plan.buffers.push_back(*buffer);
  }
  if (!ordered || ordered.empty())
    return main.emitError("expected ") << kOrders << " beside " << kBuffers;
  for (Attribute entry : ordered) {
    auto order = dyn_cast<DenseI32ArrayAttr>(entry);
    if (!order || !isPermutation(order, plan.buffers.size()))
      return main.emitError("expected each of ")
             << kOrders << " to have each buffer's number once, found "
             << entry;
    plan.orders.emplace_back(order.asArrayRef());
  }
  return plan;
}

//===-- Placement ---------------------------------------------------------===//

ArenaConflicts hagane::kernel::getConflicts(ArrayRef<ArenaBuffer> buffers) {
  ArenaConflicts conflicts(buffers.size());
  for (auto [i, a] : llvm::enumerate(buffers))
    for (auto [j, b] : llvm::enumerate(buffers))
      if (i != j && a.first <= b.last && b.first <= a.last)
        conflicts[i].push_back(j);
  return conflicts;
}

/// The lowest place for `size` bytes that overlaps none of `others`: whatever
/// is in the way moves it up.
static int64_t findPlace(int64_t size, ArrayRef<int32_t> others,
                         ArrayRef<int64_t> sizes, ArrayRef<int64_t> offsets) {
  int64_t place = 0, before = -1;
  while (place != before) {
    before = place;
    for (int32_t other : others)
      if (offsets[other] != kNowhere && offsets[other] < place + size &&
          place < offsets[other] + sizes[other])
        place = offsets[other] + sizes[other];
  }
  return place;
}

std::optional<int64_t> hagane::kernel::placeInOrder(
    ArrayRef<int32_t> order, const ArenaConflicts &conflicts,
    ArrayRef<int64_t> sizes, MutableArrayRef<int64_t> offsets, int64_t limit) {
  llvm::fill(offsets, kNowhere);
  int64_t end = 0;
  for (int32_t i : order) {
    // An empty buffer is in nobody's way at 0.
    offsets[i] =
        sizes[i] ? findPlace(sizes[i], conflicts[i], sizes, offsets) : 0;
    end = std::max(end, offsets[i] + sizes[i]);
    if (end > limit)
      return std::nullopt;
  }
  return end;
}

std::optional<SmallVector<int64_t>> hagane::kernel::getSizes(
    ArrayRef<ArenaBuffer> buffers,
    llvm::function_ref<std::optional<int64_t>(StringRef)> values) {
  // Many buffers have the same size.
  llvm::DenseMap<xf::DimAttr, int64_t> known;
  SmallVector<int64_t> sizes;
  int64_t sum = 0;
  for (const ArenaBuffer &buffer : buffers) {
    auto [it, isNew] = known.try_emplace(buffer.bytes.getAttr());
    if (isNew) {
      std::optional<int64_t> size = buffer.bytes.evaluate(values);
      if (!size || *size < 0)
        return std::nullopt;
      it->second = *size;
    }
    if (llvm::AddOverflow(sum, it->second, sum))
      return std::nullopt;
    sizes.push_back(it->second);
  }
  return sizes;
}

Placement hagane::kernel::place(const ArenaPlan &plan,
                                ArrayRef<int64_t> sizes) {
  ArenaConflicts conflicts = getConflicts(plan.buffers);
  Placement best{SmallVector<int64_t>(sizes.size()), kNowhere};
  SmallVector<int64_t> offsets(sizes.size());
  for (const ArenaOrder &order : plan.orders)
    if (auto bytes = placeInOrder(order, conflicts, sizes, offsets, best.bytes))
      best = {offsets, *bytes};
  if (plan.orders.empty())
    best.bytes = 0;
  return best;
}
