#include "tools/driver/Budget.h"

#include "passes/quantization/Products.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;

namespace {

/// A way to compute a product: what it costs, and what it does to the model.
struct Rung {
  int way = kAsItWas;
  int64_t bytes = 0;
  double error = 0; // of the model, if all else is as it was
};

/// What a product may be, cheapest first; the last one is as it was.
using Ladder = SmallVector<Rung>;

class BudgetSearch {
public:
  BudgetSearch(const Budget &budget, ModuleOp fused, const MixedModel &mixed,
               ArrayRef<Sample> samples, PredictFn predict)
      : budget(budget), fused(fused), mixed(mixed), samples(samples),
        predict(predict) {}

  LogicalResult prepare(int64_t runs, MeasureProgress progress);
  FailureOr<Choices> run();

private:
  void orderSteps();
  Choices choicesAfter(size_t steps) const;
  int64_t bytesAfter(size_t steps) const;
  FailureOr<double> errorAfter(size_t steps);
  FailureOr<double> secondsAfter(size_t steps);
  FailureOr<size_t> fitCosts();
  FailureOr<size_t> fitError();
  LogicalResult checkLeast();
  LogicalResult refuseBoth(size_t wanted, size_t most);

  const Budget &budget;
  ModuleOp fused;
  const MixedModel &mixed;
  ArrayRef<Sample> samples;
  PredictFn predict;
  std::vector<Ladder> ladders; // of products
  SmallVector<size_t> steps;   // products that go up one rung, in order
  // By steps: measured, and predicted.
  llvm::DenseMap<size_t, double> errors, seconds;
};

} // namespace

LogicalResult BudgetSearch::prepare(int64_t runs, MeasureProgress progress) {
  auto effects = measureEffects(fused, mixed, samples, runs, progress);
  if (failed(effects))
    return failure();
  ladders.resize(mixed.countProducts());
  for (auto [way, effect] : llvm::zip_equal(mixed.getWays(), *effects))
    ladders[way.product].push_back({way.way, way.bytes, effect});
  for (auto [product, ladder] : llvm::zip_equal(
           getWeightedProducts(fused.lookupSymbol<func::FuncOp>("main")),
           ladders))
    ladder.push_back({kAsItWas, getFactorForm(product).bytes, 0});
  orderSteps();
  return success();
}

/// Errors of products are independent: their squares add up.
void BudgetSearch::orderSteps() {
  SmallVector<size_t> rungs(ladders.size(), 0);
  while (true) {
    std::optional<size_t> best;
    double most = 0;
    for (auto [i, ladder] : llvm::enumerate(ladders)) {
      if (rungs[i] + 1 >= ladder.size())
        continue;
      const Rung &now = ladder[rungs[i]], &next = ladder[rungs[i] + 1];
      double gain = now.error * now.error - next.error * next.error,
             bytes = static_cast<double>(next.bytes - now.bytes),
             rate = gain / std::max(bytes, 1.0);
      if (!best || rate > most) {
        best = i;
        most = rate;
      }
    }
    if (!best)
      return;
    ++rungs[*best];
    steps.push_back(*best);
  }
}

Choices BudgetSearch::choicesAfter(size_t count) const {
  SmallVector<size_t> rungs(ladders.size(), 0);
  for (size_t product : ArrayRef(steps).take_front(count))
    ++rungs[product];
  Choices choices;
  for (auto [ladder, rung] : llvm::zip_equal(ladders, rungs))
    choices.push_back(ladder[rung].way);
  return choices;
}

int64_t BudgetSearch::bytesAfter(size_t count) const {
  SmallVector<size_t> rungs(ladders.size(), 0);
  for (size_t product : ArrayRef(steps).take_front(count))
    ++rungs[product];
  int64_t bytes = 0;
  for (auto [ladder, rung] : llvm::zip_equal(ladders, rungs))
    bytes += ladder[rung].bytes;
  return bytes;
}

FailureOr<double> BudgetSearch::errorAfter(size_t count) {
  auto [known, isNew] = errors.try_emplace(count, 0);
  if (!isNew)
    return known->second;
  auto error = measureError(fused, mixed, samples, choicesAfter(count));
  if (succeeded(error))
    errors[count] = *error;
  return error;
}

FailureOr<double> BudgetSearch::secondsAfter(size_t count) {
  if (auto known = seconds.find(count); known != seconds.end())
    return known->second;
  auto found = predict(choicesAfter(count));
  if (succeeded(found))
    seconds[count] = *found;
  return found;
}

/// The most steps that the bytes and the time allow. More bits take longer.
FailureOr<size_t> BudgetSearch::fitCosts() {
  size_t low = 0, high = steps.size();
  while (budget.bytes && high > 0 && bytesAfter(high) > budget.bytes)
    --high;
  if (budget.seconds <= 0)
    return high;
  while (low < high) {
    size_t middle = (low + high + 1) / 2;
    FailureOr<double> found = secondsAfter(middle);
    if (failed(found))
      return failure();
    if (*found <= budget.seconds)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

/// The fewest steps after which the error is small enough.
FailureOr<size_t> BudgetSearch::fitError() {
  size_t low = 0, high = steps.size();
  while (low < high) {
    size_t middle = (low + high) / 2;
    FailureOr<double> error = errorAfter(middle);
    if (failed(error))
      return failure();
    if (*error <= budget.error)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

static std::string inMilliseconds(double seconds) {
  return llvm::formatv("{0:f3} ms", 1e3 * seconds);
}

/// Whether the scheme itself is within the budget.
LogicalResult BudgetSearch::checkLeast() {
  if (budget.bytes && bytesAfter(0) > budget.bytes)
    return fused.emitError("--max-bytes ")
           << budget.bytes << " cannot be met: the scheme takes "
           << bytesAfter(0) << " bytes for the weights of products";
  if (budget.seconds <= 0)
    return success();
  FailureOr<double> least = secondsAfter(0);
  if (failed(least))
    return failure();
  if (*least <= budget.seconds)
    return success();
  return fused.emitError("--max-latency ")
         << inMilliseconds(budget.seconds)
         << " cannot be met: the scheme is predicted to take "
         << inMilliseconds(*least);
}

/// The error wants more steps than the costs allow.
LogicalResult BudgetSearch::refuseBoth(size_t wanted, size_t most) {
  FailureOr<double> error = errorAfter(most);
  if (failed(error))
    return failure();
  std::string limit, needed, allowed;
  if (budget.bytes && bytesAfter(wanted) > budget.bytes) {
    limit = "--max-bytes " + std::to_string(budget.bytes);
    needed = "takes " + std::to_string(bytesAfter(wanted)) + " bytes";
    allowed = std::to_string(bytesAfter(most)) + " bytes";
  } else {
    FailureOr<double> slow = secondsAfter(wanted), fast = secondsAfter(most);
    if (failed(slow) || failed(fast))
      return failure();
    limit = "--max-latency " + inMilliseconds(budget.seconds);
    needed = "is predicted to take " + inMilliseconds(*slow);
    allowed = inMilliseconds(*fast);
  }
  return fused.emitError("--max-error ")
         << llvm::formatv("{0:e2}", budget.error).str() << " and " << limit
         << " cannot both be met: that error " << needed << ", and " << allowed
         << " have an error of " << llvm::formatv("{0:e2}", *error).str();
}

FailureOr<Choices> BudgetSearch::run() {
  if (failed(checkLeast()))
    return failure();
  FailureOr<size_t> most = fitCosts();
  if (failed(most))
    return failure();
  if (budget.error < 0)
    return choicesAfter(*most);
  FailureOr<size_t> wanted = fitError();
  if (failed(wanted))
    return failure();
  bool hasCosts = budget.bytes || budget.seconds > 0;
  if (*wanted <= *most)
    return choicesAfter(hasCosts ? *most : *wanted);
  return refuseBoth(*wanted, *most);
}

FailureOr<Choices> hagane::driver::chooseWithin(const Budget &budget,
                                                ModuleOp fused,
                                                const MixedModel &mixed,
                                                ArrayRef<Sample> samples,
                                                int64_t runs, PredictFn predict,
                                                MeasureProgress progress) {
  BudgetSearch search(budget, fused, mixed, samples, predict);
  if (failed(search.prepare(runs, progress)))
    return failure();
  return search.run();
}
