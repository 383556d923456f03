#include "tools/driver/Quantize.h"

#include "mlir/Transforms/Passes.h"
#include "passes/quantization/Scheme.h"
#include "tools/driver/Budget.h"
#include "tools/driver/ChannelScales.h"
#include "tools/driver/Compensation.h"
#include "tools/driver/QuantizeMeasure.h"
#include "tools/driver/Ranges.h"
#include "tools/driver/Report.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;

/// The scheme of a rule, which is one.
static QuantizationScheme getScheme(const std::string &text) {
  llvm::Expected<QuantizationRule> rule = QuantizationRule::parse(text);
  if (rule)
    return rule->scheme;
  llvm::consumeError(rule.takeError());
  return {};
}

static bool needsData(const std::string &text) {
  return getScheme(text).needsData();
}

static bool scalesChannels(const std::string &text) {
  return getScheme(text).scaling != QuantizationScheme::Scaling::none;
}

static bool hasBudget(const CompileOptions &options) {
  return options.maxError >= 0 || options.maxWeightBytes > 0 ||
         options.maxLatency > 0;
}

/// The rules with weights of at least so many bits, where they quantize.
static std::vector<std::string> raise(const std::vector<std::string> &rules,
                                      int64_t bits) {
  std::vector<std::string> raised;
  for (const std::string &text : rules) {
    llvm::Expected<QuantizationRule> rule = QuantizationRule::parse(text);
    if (!rule) {
      llvm::consumeError(rule.takeError());
      raised.push_back(text);
      continue;
    }
    if (rule->scheme.bits > 0)
      rule->scheme.bits = std::max(rule->scheme.bits, bits);
    raised.push_back((rule->pattern ? rule->patternText + "=" : "") +
                     rule->scheme.str());
  }
  return raised;
}

bool hagane::driver::looksAtData(const CompileOptions &options) {
  return !options.calibration.empty() || options.quantizeReport ||
         hasBudget(options) || llvm::any_of(options.quantize, needsData);
}

namespace {

class Quantization {
public:
  Quantization(ModuleOp fused, const CompileOptions &options,
               const cpu::Target &target)
      : fused(fused), options(options), phases(options), target(target) {}

  FailureOr<OwningOpRef<ModuleOp>> run();

private:
  LogicalResult readSamples();
  LogicalResult observe();
  LogicalResult scale();
  FailureOr<OwningOpRef<ModuleOp>>
  quantizeBy(const std::vector<std::string> &rules);
  FailureOr<OwningOpRef<ModuleOp>> choose();
  FailureOr<Choices> chooseAmong(const MixedModel &mixed,
                                 ArrayRef<ModuleOp> ways);
  FailureOr<double> predictSeconds(OwningOpRef<ModuleOp> module);
  LogicalResult measure(const MixedModel &mixed, ArrayRef<int> choices);
  /// No mix of products makes up for what tables lose.
  bool changesTables() const { return options.maxError < 0; }
  void progress(StringRef what, double fraction = -1) {
    if (options.progress)
      options.progress(std::string_view(what.data(), what.size()), fraction);
  }

  ModuleOp fused;
  OwningOpRef<ModuleOp> scaled; // what `fused` is, if not the model
  const CompileOptions &options;
  PhaseOptions phases;
  const cpu::Target &target;
  Calibration calibration;
  std::vector<Observation> observations;
};

} // namespace

LogicalResult Quantization::readSamples() {
  if (!options.calibration.empty()) {
    auto read = Calibration::read(fused, options.calibration);
    if (failed(read))
      return failure();
    calibration = std::move(*read);
    return success();
  }
  for (const std::string &rule : options.quantize)
    if (needsData(rule))
      return fused.emitError("'")
             << rule << "' depends on calibration data, found none: give "
             << "samples of the model's inputs (--calibrate)";
  FailureOr<Sample> sample = makeRandomSample(fused);
  if (failed(sample))
    return failure();
  calibration = Calibration(std::move(*sample));
  return success();
}

LogicalResult Quantization::observe() {
  if (options.calibration.empty())
    return success();
  progress("observe inputs of products");
  auto seen = calibration.observe(fused, target, phases);
  if (failed(seen))
    return failure();
  observations = std::move(*seen);
  if (!options.observations.empty() &&
      failed(writeObservations(fused, options.observations, observations)))
    return failure();
  return noteRanges(fused, options.quantize, calibration, observations, target,
                    phases);
}

/// From here on the model is another one, with the same results.
LogicalResult Quantization::scale() {
  if (llvm::none_of(options.quantize, scalesChannels))
    return success();
  OwningOpRef<ModuleOp> trial = fused.clone();
  PassManager pm(fused.getContext());
  buildFactors(pm, phases.precision, options.quantize);
  if (failed(pm.run(*trial)))
    return failure();
  scaled = fused.clone();
  fused = *scaled;
  if (failed(scaleChannels(
          fused, *trial, calibration, observations, target, phases,
          [&](double fraction) { progress("scale channels", fraction); })))
    return failure();
  eraseRanges(fused);
  return noteRanges(fused, options.quantize, calibration, observations, target,
                    phases);
}

FailureOr<OwningOpRef<ModuleOp>>
Quantization::quantizeBy(const std::vector<std::string> &rules) {
  OwningOpRef<ModuleOp> quantized = fused.clone();
  PassManager pm(fused.getContext());
  buildFactors(pm, phases.precision, rules);
  if (failed(pm.run(*quantized)) ||
      failed(compensateCodes(
          fused, *quantized, calibration, observations, target, phases,
          [&](double fraction) { progress("choose codes", fraction); })))
    return failure();
  return quantized;
}

LogicalResult Quantization::measure(const MixedModel &mixed,
                                    ArrayRef<int> choices) {
  QuantizeReport &report = *options.quantizeReport;
  const Sample &first = calibration.getSamples().front();
  report.scheme = llvm::join(options.quantize, " ");
  report.data = options.calibration.empty()
                    ? "random inputs"
                    : llvm::formatv("{0} samples of calibration data",
                                    calibration.getSamples().size())
                          .str();
  report.sample = first.path;
  for (const auto &symbol : first.symbols)
    report.sizes[symbol.getKey().str()] = symbol.getValue();
  return measureQuantization(
      fused, mixed, choices, calibration.getSamples(), options.effectRuns,
      [&](double fraction) { progress("measure quantization", fraction); },
      report);
}

/// Quantizes by the rules, or within a budget by a mix of them with others of
/// more bits, and measures that.
FailureOr<OwningOpRef<ModuleOp>> Quantization::choose() {
  SmallVector<OwningOpRef<ModuleOp>> made;
  SmallVector<ModuleOp> ways;
  std::vector<std::string> last;
  for (int64_t bits : {0, 6, 8}) {
    std::vector<std::string> rules = raise(options.quantize, bits);
    if (rules == last || (bits && !hasBudget(options)))
      continue;
    auto way = quantizeBy(rules);
    if (failed(way))
      return failure();
    last = std::move(rules);
    ways.push_back(**way);
    made.push_back(std::move(*way));
  }
  progress("compile products in all ways");
  auto mixed = MixedModel::make(fused, ways, changesTables(), target, phases);
  if (failed(mixed))
    return failure();
  auto choices = chooseAmong(*mixed, ways);
  if (failed(choices) ||
      (options.quantizeReport && failed(measure(*mixed, *choices))))
    return failure();
  OwningOpRef<ModuleOp> result = mix(fused, ways, *choices, changesTables());
  PassManager pm(fused.getContext());
  // Products of one input have a copy of its codes each.
  pm.addPass(createCSEPass());
  if (failed(pm.run(*result)))
    return failure();
  return result;
}

/// By the report's last point, which is one token for a decoder.
FailureOr<double> Quantization::predictSeconds(OwningOpRef<ModuleOp> module) {
  PassManager pm(fused.getContext());
  pm.addPass(createCSEPass());
  buildPhase(pm, Phase::Kernels, target, phases);
  buildPhase(pm, Phase::Bufferize, target, phases);
  if (failed(pm.run(*module)))
    return failure();
  FailureOr<Report> report = makeReport(*module, options);
  if (failed(report))
    return failure();
  return report->points.back().total.seconds;
}

/// The first way, or what the budget asks for.
FailureOr<Choices> Quantization::chooseAmong(const MixedModel &mixed,
                                             ArrayRef<ModuleOp> ways) {
  if (hasBudget(options))
    return chooseWithin(
        {options.maxError, static_cast<int64_t>(options.maxWeightBytes),
         options.maxLatency},
        fused, mixed, calibration.getSamples(), options.effectRuns,
        [&](ArrayRef<int> choices) {
          return predictSeconds(mix(fused, ways, choices, changesTables()));
        },
        [&](double fraction) { progress("measure products", fraction); });
  Choices choices(mixed.countProducts(), kAsItWas);
  for (const WayOfProduct &way : mixed.getWays())
    choices[way.product] = way.way;
  return choices;
}

FailureOr<OwningOpRef<ModuleOp>> Quantization::run() {
  if (failed(readSamples()) || failed(observe()) || failed(scale()))
    return failure();
  numberOperations(fused);
  auto quantized = options.quantizeReport || hasBudget(options)
                       ? choose()
                       : quantizeBy(options.quantize);
  if (succeeded(quantized)) {
    eraseNumbers(**quantized);
    eraseRanges(**quantized);
  }
  return quantized;
}

FailureOr<OwningOpRef<ModuleOp>>
hagane::driver::quantizeWithData(ModuleOp fused,
                                 const CompileOptions &options) {
  llvm::Expected<cpu::Target> here = cpu::parseTarget("native");
  if (!here)
    return fused.emitError(llvm::toString(here.takeError()));
  return Quantization(fused, options, *here).run();
}

//===----------------------------------------------------------------------===//
// Notes
//===----------------------------------------------------------------------===//

static std::string summarize(const OutputError &output) {
  std::string text = llvm::formatv("{0}: cosine {1:f6}, relative error {2:e2}",
                                   output.name, output.cosine, output.relative);
  if (output.isLogits)
    text += llvm::formatv(", KL {0:e2} nats, same first choice {1:f2} %",
                          output.divergence, 100 * output.agreement);
  if (output.predictions)
    text += llvm::formatv(", perplexity {0:f3}, before {1:f3}",
                          output.perplexity, output.perplexityBefore);
  return text;
}

std::vector<std::string>
hagane::driver::summarize(const QuantizeReport &report) {
  // Of caches there are many.
  constexpr size_t kMostOutputs = 4;
  int64_t before = 0, after = 0, quantized = 0;
  for (const ProductReport &product : report.products) {
    before += product.bytesBefore;
    after += product.bytes;
    quantized += !product.scheme.empty();
  }
  std::vector<std::string> notes = {
      llvm::formatv("quantized {0} of {1} products, weights of {2} bytes are "
                    "{3}",
                    quantized, report.products.size(), before, after),
      "quantization measured on " + report.data};
  for (const OutputError &output :
       ArrayRef(report.outputs).take_front(kMostOutputs))
    notes.push_back(::summarize(output));
  return notes;
}
