#include "tools/driver/QuantizeMeasure.h"

#include "dialects/xf/NodeNames.h"
#include "passes/fusion/Match.h"
#include "passes/quantization/Products.h"
#include "tools/driver/Metrics.h"
#include "tools/driver/ReportPoints.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::eval::HostTensor;

/// Tokens of a random sample.
static constexpr int64_t kRandomContext = 64;

static func::FuncOp mainOf(ModuleOp module) {
  return module.lookupSymbol<func::FuncOp>("main");
}

static std::string argumentName(func::FuncOp main, unsigned i) {
  auto name = main.getArgAttrOfType<StringAttr>(i, "onnx.name");
  return name ? name.str() : "";
}

/// The argument that a value shows in another shape or type; null if it is
/// something else.
static BlockArgument findArgument(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<xf::Reshape, xf::Cast, xf::Transpose, xf::Slice>(op))
      return {};
    value = op->getOperand(0);
  }
  return cast<BlockArgument>(value);
}

TextInput hagane::driver::findText(ModuleOp fused) {
  TextInput text;
  func::FuncOp main = mainOf(fused);
  for (auto gather : main.front().getOps<xf::Gather>()) {
    auto table = cast<RankedTensorType>(gather.getX().getType());
    BlockArgument tokens = findArgument(gather.getIndices());
    if (!tokens || table.getRank() != 2 || gather.getAxis() != 0 ||
        !fusion::isConstantExpression(gather.getX()) ||
        table.getDimSize(0) <= text.vocabulary)
      continue;
    text.tokens = tokens.getArgNumber();
    text.vocabulary = table.getDimSize(0);
  }
  if (!text.tokens)
    return text;
  for (unsigned i = 0; i < main.getNumArguments(); ++i)
    if (StringRef(argumentName(main, i)).contains("mask") &&
        isa<IntegerType>(getElementTypeOrSelf(main.getArgumentTypes()[i])))
      text.mask = i;
  return text;
}

/// Tokens that the model knows.
static LogicalResult limitTokens(ModuleOp module, HostTensor &tokens,
                                 int64_t vocabulary) {
  llvm::Expected<HostTensor> limited =
      HostTensor::create(tokens.getElementType(), tokens.getShape());
  if (!limited)
    return module.emitError(llvm::toString(limited.takeError()));
  // Neighbours differ in a vocabulary of any size.
  constexpr int64_t kStep = 7919;
  for (int64_t i = 0; i < tokens.getCount(); ++i)
    limited->setInteger(i, (tokens.getInteger(i) * kStep + i) % vocabulary);
  tokens = std::move(*limited);
  return success();
}

FailureOr<Sample> hagane::driver::makeRandomSample(ModuleOp fused) {
  CompileOptions small;
  small.context = kRandomContext;
  auto points = choosePoints(fused, small);
  if (failed(points))
    return failure();
  const std::map<std::string, int64_t> &sizes = points->front().sizes;
  BisectOptions options;
  options.values.assign(sizes.begin(), sizes.end());
  auto arguments = makeArguments(fused, options);
  if (failed(arguments))
    return failure();
  Sample sample{"", std::move(*arguments), {}};
  for (const auto &[name, size] : sizes)
    sample.symbols[name] = size;
  if (TextInput text = findText(fused);
      text.tokens && failed(limitTokens(fused, sample.arguments[*text.tokens],
                                        text.vocabulary)))
    return failure();
  return sample;
}

namespace {

/// Errors of all outputs for one set of choices.
class Meters {
public:
  Meters(const MixedModel &mixed, ArrayRef<bool> isLogits) {
    for (auto [name, logits] : llvm::zip_equal(mixed.getOutputs(), isLogits))
      meters.emplace_back(name, logits);
  }
  void add(const MixedRun &want, const MixedRun &got, Text text) {
    for (auto [i, meter] : llvm::enumerate(meters))
      meter.add(want.outputs[i], got.outputs[i], text);
  }
  std::vector<OutputError> get() const {
    std::vector<OutputError> errors;
    for (const ErrorMeter &meter : meters)
      errors.push_back(meter.get());
    return errors;
  }

private:
  std::vector<ErrorMeter> meters;
};

class QuantizeMeasurement {
public:
  QuantizeMeasurement(ModuleOp fused, const MixedModel &mixed,
                      ArrayRef<int> choices, ArrayRef<Sample> samples,
                      int64_t runs, MeasureProgress progress,
                      QuantizeReport &report)
      : fused(fused), mixed(mixed), samples(samples), runs(runs),
        progress(progress), report(report), text(findText(fused)),
        original(choices.size(), kAsItWas), chosen(choices) {}

  LogicalResult run();
  /// Of each way alone; `run` measures those that `isWanted`, or that are
  /// chosen.
  std::vector<double> getEffects() const;
  bool wantsAll = false;

private:
  bool isWanted(const WayOfProduct &way) const {
    return wantsAll || isChosen(way);
  }
  bool isChosen(const WayOfProduct &way) const {
    return chosen[way.product] == way.way;
  }
  void describe();
  SmallVector<bool> findLogits(const MixedRun &run) const;
  LogicalResult measureOn(const Sample &sample, bool measuresEffects);
  size_t findJudged() const;
  Text textOf(const Sample &sample) const;

  ModuleOp fused;
  const MixedModel &mixed;
  ArrayRef<Sample> samples;
  int64_t runs;
  MeasureProgress progress;
  QuantizeReport &report;
  TextInput text;
  Choices original, chosen;
  SmallVector<bool> isLogits;
  std::optional<Meters> together;
  std::vector<Meters> alone;                     // of each way
  SmallVector<std::pair<double, double>> errors; // of each way
  int64_t runsDone = 0, runsPlanned = 1;
};

} // namespace

/// What is known without running anything.
void QuantizeMeasurement::describe() {
  for (xf::Linear product : getWeightedProducts(mainOf(fused))) {
    ProductReport entry;
    FactorForm form = getFactorForm(product);
    entry.nodes = xf::getNodeNames(product.getLoc());
    entry.channels = getChannels(product);
    entry.columns = cast<RankedTensorType>(product.getType()).getShape().back();
    entry.bytesBefore = entry.bytes = form.bytes;
    report.products.push_back(std::move(entry));
  }
  for (const WayOfProduct &way : mixed.getWays())
    if (isChosen(way)) {
      ProductReport &entry = report.products[way.product];
      entry.scheme = way.scheme;
      entry.bytes = way.bytes;
    }
}

/// Outputs of so many numbers a row as the vocabulary has words.
SmallVector<bool> QuantizeMeasurement::findLogits(const MixedRun &run) const {
  SmallVector<bool> result;
  for (auto [name, output] : llvm::zip_equal(mixed.getOutputs(), run.outputs))
    result.push_back(output.getRank() > 0 && output.getShape().back() > 1 &&
                     (output.getShape().back() == text.vocabulary ||
                      StringRef(name).contains("logits")));
  return result;
}

/// Random tokens are no text.
Text QuantizeMeasurement::textOf(const Sample &sample) const {
  Text result;
  if (sample.path.empty())
    return result;
  if (text.tokens)
    result.tokens = &sample.arguments[*text.tokens];
  if (text.mask)
    result.mask = &sample.arguments[*text.mask];
  return result;
}

LogicalResult QuantizeMeasurement::measureOn(const Sample &sample,
                                             bool measuresEffects) {
  auto runWith = [&](ArrayRef<int> choices, bool readsCodes = false) {
    progress(static_cast<double>(runsDone++) /
             static_cast<double>(runsPlanned));
    return mixed.run(sample, choices, readsCodes);
  };
  FailureOr<MixedRun> want = runWith(original), got = runWith(chosen, true);
  if (failed(want) || failed(got))
    return failure();
  if (!together) {
    isLogits = findLogits(*want);
    together.emplace(mixed, isLogits);
    alone.assign(mixed.getWays().size(), Meters(mixed, isLogits));
    errors.assign(mixed.getWays().size(), {0, 0});
  }
  together->add(*want, *got, textOf(sample));
  for (auto [sum, error] : llvm::zip_equal(errors, want->errors))
    sum = {sum.first + error.first, sum.second + error.second};
  for (size_t i = 0; measuresEffects && i < alone.size(); ++i) {
    const WayOfProduct &way = mixed.getWays()[i];
    if (!isWanted(way))
      continue;
    Choices choices = original;
    choices[way.product] = way.way;
    FailureOr<MixedRun> one = runWith(choices);
    if (failed(one))
      return failure();
    alone[i].add(*want, *one, {});
  }
  return success();
}

/// The output that effects are told of: logits, or the first.
size_t QuantizeMeasurement::findJudged() const {
  const auto *found = llvm::find(isLogits, true);
  return found == isLogits.end() ? 0 : found - isLogits.begin();
}

LogicalResult QuantizeMeasurement::run() {
  describe();
  auto ways = static_cast<int64_t>(llvm::count_if(
      mixed.getWays(), [&](const WayOfProduct &way) { return isWanted(way); }));
  auto count = static_cast<int64_t>(samples.size());
  int64_t withEffects =
      ways && runs ? std::clamp<int64_t>(runs / ways, 1, count) : 0;
  runsPlanned = 2 * count + withEffects * ways;
  for (auto [i, sample] : llvm::enumerate(samples))
    if (failed(measureOn(sample, static_cast<int64_t>(i) < withEffects)))
      return failure();
  report.samples = count;
  report.outputs = together->get();
  if (report.outputs.empty())
    return fused.emitError(
        "the model has no output of floats, expected one to judge by");
  size_t judged = findJudged();
  report.judged = report.outputs[judged].name;
  for (auto [way, meters, error] :
       llvm::zip_equal(mixed.getWays(), alone, errors)) {
    if (!isChosen(way))
      continue;
    ProductReport &entry = report.products[way.product];
    entry.relative =
        error.second > 0 ? std::sqrt(error.first / error.second) : 0;
    if (withEffects)
      entry.effect = meters.get()[judged].relative;
  }
  return success();
}

std::vector<double> QuantizeMeasurement::getEffects() const {
  std::vector<double> effects;
  for (const Meters &meters : alone)
    effects.push_back(meters.get()[findJudged()].relative);
  return effects;
}

LogicalResult hagane::driver::measureQuantization(
    ModuleOp fused, const MixedModel &mixed, ArrayRef<int> choices,
    ArrayRef<Sample> samples, int64_t runs, MeasureProgress progress,
    QuantizeReport &report) {
  return QuantizeMeasurement(fused, mixed, choices, samples, runs, progress,
                             report)
      .run();
}

FailureOr<double> hagane::driver::measureError(ModuleOp fused,
                                               const MixedModel &mixed,
                                               ArrayRef<Sample> samples,
                                               ArrayRef<int> choices) {
  QuantizeReport report;
  if (failed(measureQuantization(
          fused, mixed, choices, samples, /*runs=*/0, [](double) {}, report)))
    return failure();
  for (const OutputError &output : report.outputs)
    if (output.name == report.judged)
      return output.relative;
  return failure();
}

FailureOr<std::vector<double>>
hagane::driver::measureEffects(ModuleOp fused, const MixedModel &mixed,
                               ArrayRef<Sample> samples, int64_t runs,
                               MeasureProgress progress) {
  QuantizeReport report;
  QuantizeMeasurement measurement(
      fused, mixed, Choices(mixed.countProducts(), kAsItWas), samples,
      std::max<int64_t>(runs, 1), progress, report);
  measurement.wantsAll = true;
  if (failed(measurement.run()))
    return failure();
  return measurement.getEffects();
}
