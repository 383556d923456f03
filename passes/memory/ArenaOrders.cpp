//===- ArenaOrders.cpp - In which orders to place buffers -----------------===//
//
// Every packing is the lowest placement in some order, that of its offsets, so
// searching orders searches all packings. Sizes depend on symbols: an order is
// found for each of many samples, and a few of them serve them all.
//
//===----------------------------------------------------------------------===//

#include "passes/memory/ArenaOrders.h"
#include <random>

using namespace mlir;
using namespace hagane;
using kernel::ArenaBuffer;
using kernel::ArenaOrder;

/// Orders beside the one to start from; each costs `hgn_plan` a placement.
static constexpr size_t kMostChosen = 12;
/// Changes of an order tried at a sample.
static constexpr int64_t kTrials = 1000;
/// Orders to choose from.
static constexpr size_t kMostFound = 24;
/// Comparisons of two buffers in the search at samples, and about as many to
/// choose: 0.1 s.
static constexpr int64_t kMostWork = 60'000'000;

namespace {

/// The sizes of all buffers, and what follows from them.
struct Sample {
  ArrayRef<int64_t> sizes;
  int64_t alive = 0;            ///< at most at once: no arena is smaller
  SmallVector<int64_t> densest; ///< bytes alive at most during each buffer
};

class OrderSearch {
public:
  explicit OrderSearch(ArrayRef<ArenaBuffer> buffers)
      : buffers(buffers), conflicts(kernel::getConflicts(buffers)),
        offsets(buffers.size()) {
    for (ArrayRef<int32_t> others : conflicts)
      cost += 1 + others.size();
  }

  Sample makeSample(ArrayRef<int64_t> sizes) const;
  /// Adds an order for the sample, unless one found before is perfect.
  void search(const Sample &sample);
  ArrayRef<ArenaOrder> getFound() const { return found; }
  /// How many samples can be looked at without taking long.
  size_t countSamples() const {
    return std::max(kMostWork / (4 * int64_t(kMostFound) * cost), int64_t(8));
  }
  /// Bytes beyond those alive, as a share of them.
  double getWaste(const ArenaOrder &order, const Sample &sample);

private:
  struct Best {
    ArenaOrder order;
    int64_t bytes = std::numeric_limits<int64_t>::max();
  };

  bool isSpent() const { return work > kMostWork; }
  void consider(ArenaOrder order, const Sample &sample, Best &best);
  ArenaOrder sorted(llvm::function_ref<std::array<int64_t, 3>(int32_t)> key);
  void startFromSizes(const Sample &sample, Best &best);
  ArenaOrder change(ArenaOrder order);
  size_t pick() { return random() % buffers.size(); }

  ArrayRef<ArenaBuffer> buffers;
  kernel::ArenaConflicts conflicts;
  SmallVector<int64_t> offsets;
  SmallVector<ArenaOrder> found;
  std::mt19937 random{1};
  int64_t cost = 0, work = 0;
};

} // namespace

Sample OrderSearch::makeSample(ArrayRef<int64_t> sizes) const {
  int64_t end = 0;
  for (const ArenaBuffer &buffer : buffers)
    end = std::max(end, buffer.last + 1);
  SmallVector<int64_t> alive(end);
  for (auto [buffer, size] : llvm::zip_equal(buffers, sizes))
    for (int64_t i = buffer.first; i <= buffer.last; ++i)
      alive[i] += size;
  Sample sample{sizes, 0, {}};
  for (const ArenaBuffer &buffer : buffers) {
    auto during =
        ArrayRef(alive).slice(buffer.first, buffer.last + 1 - buffer.first);
    sample.densest.push_back(*llvm::max_element(during));
    sample.alive = std::max(sample.alive, sample.densest.back());
  }
  return sample;
}

void OrderSearch::consider(ArenaOrder order, const Sample &sample, Best &best) {
  // A buffer is compared with its neighbours two or three times.
  work += 2 * cost;
  if (auto bytes = kernel::placeInOrder(order, conflicts, sample.sizes, offsets,
                                        best.bytes))
    best = {std::move(order), *bytes};
}

ArenaOrder
OrderSearch::sorted(llvm::function_ref<std::array<int64_t, 3>(int32_t)> key) {
  ArenaOrder order(llvm::to_vector(llvm::seq<int32_t>(buffers.size())));
  llvm::stable_sort(order,
                    [&](int32_t a, int32_t b) { return key(a) > key(b); });
  return order;
}

/// What must lie together where memory is tight comes first; what is long or
/// large before what fits into gaps.
void OrderSearch::startFromSizes(const Sample &sample, Best &best) {
  enum { Densest, Length, Size };
  static constexpr int kKeys[][3] = {{Densest, Length, Size},
                                     {Densest, Size, Length},
                                     {Size, Length, Densest}};
  for (ArrayRef<int> key : kKeys)
    consider(sorted([&](int32_t i) {
               int64_t values[] = {sample.densest[i],
                                   buffers[i].last - buffers[i].first,
                                   sample.sizes[i]};
               return std::array{values[key[0]], values[key[1]],
                                 values[key[2]]};
             }),
             sample, best);
}

/// Has one or two buffers take another turn.
ArenaOrder OrderSearch::change(ArenaOrder order) {
  for (int moves = random() % 3 ? 1 : 2; moves > 0; --moves) {
    size_t from = pick(), to = pick();
    int32_t buffer = order[from];
    order.erase(order.begin() + from);
    order.insert(order.begin() + to, buffer);
  }
  return order;
}

void OrderSearch::search(const Sample &sample) {
  Best best;
  auto isPerfect = [&] { return best.bytes <= sample.alive; };
  for (const ArenaOrder &order : found)
    if (!isPerfect())
      consider(order, sample, best);
  if (isPerfect() || isSpent() || found.size() == kMostFound)
    return;
  startFromSizes(sample, best);
  // An order as good as the best so far may lead to a better one.
  for (int64_t i = 0; i < kTrials && !isPerfect() && !isSpent(); ++i)
    consider(change(best.order), sample, best);
  found.push_back(std::move(best.order));
}

double OrderSearch::getWaste(const ArenaOrder &order, const Sample &sample) {
  if (!sample.alive)
    return 0;
  auto bytes = kernel::placeInOrder(order, conflicts, sample.sizes, offsets,
                                    std::numeric_limits<int64_t>::max());
  return double(*bytes) / double(sample.alive) - 1;
}

SmallVector<ArenaOrder>
hagane::findOrders(ArrayRef<ArenaBuffer> buffers, ArenaOrder start,
                   ArrayRef<SmallVector<int64_t>> sizes) {
  SmallVector<ArenaOrder> chosen = {start};
  if (buffers.empty())
    return chosen;
  OrderSearch search(buffers);
  SmallVector<Sample> samples;
  for (ArrayRef<int64_t> sample : sizes.take_front(search.countSamples()))
    samples.push_back(search.makeSample(sample));
  for (const Sample &sample : samples)
    search.search(sample);

  auto wasteOf = [&](const ArenaOrder &order) {
    return llvm::map_to_vector(samples, [&](const Sample &sample) {
      return search.getWaste(order, sample);
    });
  };
  // Squares: one bad sample is worse than many that are nearly good.
  auto sumWith = [](ArrayRef<double> least, ArrayRef<double> waste) {
    double sum = 0;
    for (auto [a, b] : llvm::zip_equal(least, waste))
      sum += std::min(a, b) * std::min(a, b);
    return sum;
  };
  SmallVector<double> least = wasteOf(start);
  auto wastes = llvm::map_to_vector(search.getFound(), wasteOf);
  for (size_t i = 0; i < kMostChosen && !wastes.empty(); ++i) {
    const auto *best = llvm::min_element(wastes, [&](auto &a, auto &b) {
      return sumWith(least, a) < sumWith(least, b);
    });
    if (sumWith(least, *best) >= sumWith(least, least))
      break;
    chosen.push_back(search.getFound()[best - wastes.begin()]);
    for (auto [a, b] : llvm::zip_equal(least, *best))
      a = std::min(a, b);
  }
  return chosen;
}
