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
               ArrayRef<Sample> samples)
      : budget(budget), fused(fused), mixed(mixed), samples(samples) {}

  LogicalResult prepare(int64_t runs, MeasureProgress progress);
  FailureOr<Choices> run();

private:
  void orderSteps();
  Choices choicesAfter(size_t steps) const;
  int64_t bytesAfter(size_t steps) const;
  FailureOr<double> errorAfter(size_t steps);
  size_t fitBytes() const;
  FailureOr<size_t> fitError();

  const Budget &budget;
  ModuleOp fused;
  const MixedModel &mixed;
  ArrayRef<Sample> samples;
  std::vector<Ladder> ladders; // of products
  SmallVector<size_t> steps;   // products that go up one rung, in order
  llvm::DenseMap<size_t, double> errors; // measured, by steps
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

/// The most steps that the bytes allow.
size_t BudgetSearch::fitBytes() const {
  size_t count = steps.size();
  while (count > 0 && bytesAfter(count) > budget.bytes)
    --count;
  return count;
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

FailureOr<Choices> BudgetSearch::run() {
  if (budget.bytes && bytesAfter(0) > budget.bytes)
    return fused.emitError("--max-bytes ")
           << budget.bytes << " cannot be met: the scheme takes "
           << bytesAfter(0) << " bytes for the weights of products";
  if (budget.error < 0)
    return choicesAfter(fitBytes());
  FailureOr<size_t> count = fitError();
  if (failed(count))
    return failure();
  if (!budget.bytes || bytesAfter(*count) <= budget.bytes)
    return choicesAfter(budget.bytes ? fitBytes() : *count);
  size_t fitting = fitBytes();
  FailureOr<double> error = errorAfter(fitting);
  if (failed(error))
    return failure();
  return fused.emitError("--max-error ")
         << llvm::formatv("{0:e2}", budget.error).str() << " and --max-bytes "
         << budget.bytes << " cannot both be met: that error takes "
         << bytesAfter(*count) << " bytes, and " << bytesAfter(fitting)
         << " bytes have an error of " << llvm::formatv("{0:e2}", *error).str();
}

FailureOr<Choices>
hagane::driver::chooseWithin(const Budget &budget, ModuleOp fused,
                             const MixedModel &mixed, ArrayRef<Sample> samples,
                             int64_t runs, MeasureProgress progress) {
  BudgetSearch search(budget, fused, mixed, samples);
  if (failed(search.prepare(runs, progress)))
    return failure();
  return search.run();
}
