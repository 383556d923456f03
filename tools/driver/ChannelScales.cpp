#include "tools/driver/ChannelScales.h"

#include "passes/quantization/Products.h"
#include "passes/quantization/ScaleChannels.h"
#include "tools/driver/ScaleSearch.h"
#include "llvm/ADT/MapVector.h"
#include <cmath>

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using Scaling = QuantizationScheme::Scaling;

/// Part of the squared error that scales must leave at most where they cost a
/// multiplication of their own.
static constexpr double kWorthAnOperation = 0.95;
static constexpr double kHundred = 100;

namespace {

/// Products of one input that are scaled alike.
struct Group {
  QuantizationScheme scheme;
  SmallVector<size_t> numbers;
  std::vector<double> scales; // none: they stay
};

class Scaler {
public:
  Scaler(ModuleOp fused, ModuleOp trial, const Calibration &calibration,
         MutableArrayRef<Observation> observations, const cpu::Target &target,
         const PhaseOptions &options)
      : fused(fused), products(productsOf(fused)), changed(productsOf(trial)),
        calibration(calibration), observations(observations), target(target),
        options(options) {}

  LogicalResult run(llvm::function_ref<void(double fraction)> progress);

private:
  static SmallVector<xf::Linear> productsOf(ModuleOp module) {
    return getWeightedProducts(module.lookupSymbol<func::FuncOp>("main"));
  }
  LogicalResult findGroups();
  SmallVector<xf::Linear> getProducts(const Group &group) const;
  std::vector<WeightColumns> getWeights(const Group &group) const;
  LogicalResult search(Group &group, ArrayRef<double> moments);
  LogicalResult smooth(Group &group);
  void apply(const Group &group);

  ModuleOp fused;
  SmallVector<xf::Linear> products, changed;
  const Calibration &calibration;
  MutableArrayRef<Observation> observations;
  const cpu::Target &target;
  const PhaseOptions &options;
  SmallVector<Group> groups;
};

} // namespace

LogicalResult Scaler::findGroups() {
  llvm::MapVector<std::pair<Value, Attribute>, Group> found;
  for (auto [i, product] : llvm::enumerate(changed)) {
    std::optional<QuantizationScheme> scheme = getScheme(product);
    if (!scheme || scheme->scaling == Scaling::none || !findCodes(product))
      continue;
    if (failed(checkRows(product, observations[i])))
      return failure();
    // What matters to scales is the same where the schemes are.
    Group &group = found[{products[i].getX(), product->getAttr(kSchemeAttr)}];
    group.scheme = *scheme;
    group.numbers.push_back(i);
  }
  for (auto &[key, group] : found)
    groups.push_back(std::move(group));
  return success();
}

SmallVector<xf::Linear> Scaler::getProducts(const Group &group) const {
  return llvm::map_to_vector(group.numbers,
                             [&](size_t number) { return products[number]; });
}

std::vector<WeightColumns> Scaler::getWeights(const Group &group) const {
  std::vector<WeightColumns> weights;
  for (size_t number : group.numbers)
    weights.emplace_back(findCodes(changed[number]));
  return weights;
}

LogicalResult Scaler::search(Group &group, ArrayRef<double> moments) {
  std::vector<WeightColumns> weights = getWeights(group);
  FailureOr<ChannelScales> found =
      searchScales(fused.getContext(), weights, moments);
  if (failed(found))
    return failure();
  if (found->left < kWorthAnOperation ||
      (found->left < 1 && canScaleInput(getProducts(group))))
    group.scales = std::move(found->scales);
  return success();
}

LogicalResult Scaler::smooth(Group &group) {
  const Observation &seen = observations[group.numbers.front()];
  std::vector<double> inputs, most(seen.lowest.size());
  for (auto [low, high] : llvm::zip_equal(seen.lowest, seen.highest))
    inputs.push_back(std::max(std::abs(low), std::abs(high)));
  for (WeightColumns &weight : getWeights(group))
    if (failed(weight.raiseToLargest(most)))
      return failure();
  group.scales = smoothScales(
      inputs, most, static_cast<double>(group.scheme.smoothing) / kHundred);
  return success();
}

void Scaler::apply(const Group &group) {
  if (group.scales.empty())
    return;
  hagane::scaleChannels(getProducts(group), group.scales);
  for (size_t number : group.numbers) {
    Observation &seen = observations[number];
    for (auto [i, scale] : llvm::enumerate(group.scales)) {
      seen.lowest[i] /= scale;
      seen.highest[i] /= scale;
      seen.squares[i] /= scale * scale;
    }
  }
}

LogicalResult Scaler::run(llvm::function_ref<void(double fraction)> progress) {
  if (failed(findGroups()))
    return failure();
  SmallVector<size_t> searched;
  llvm::DenseMap<size_t, Group *> groupOf;
  for (Group &group : groups) {
    if (group.scheme.scaling == Scaling::smooth) {
      if (failed(smooth(group)))
        return failure();
      continue;
    }
    searched.push_back(group.numbers.front());
    groupOf[searched.back()] = &group;
  }
  size_t done = 0;
  if (failed(calibration.visitMoments(
          fused, searched, target, options,
          [&](size_t product, ArrayRef<double> moments) {
            progress(static_cast<double>(done++) /
                     static_cast<double>(searched.size()));
            return search(*groupOf.lookup(product), moments);
          })))
    return failure();
  for (const Group &group : groups)
    apply(group);
  return success();
}

LogicalResult hagane::driver::scaleChannels(
    ModuleOp fused, ModuleOp trial, const Calibration &calibration,
    MutableArrayRef<Observation> observations, const cpu::Target &target,
    const PhaseOptions &options,
    llvm::function_ref<void(double fraction)> progress) {
  return Scaler(fused, trial, calibration, observations, target, options)
      .run(progress);
}
