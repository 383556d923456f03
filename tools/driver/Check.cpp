// checkModel: every phase's outcome beside that of the phase before.
#include "dialects/kernel/KernelOps.h"
#include "dialects/text/ReadText.h"
#include "dialects/xf/NodeNames.h"
#include "tools/driver/Command.h"
#include "tools/driver/Execute.h"
#include "tools/driver/Phases.h"
#include "tools/driver/Program.h"
#include "tools/driver/Quantize.h"
#include "tools/driver/ReportPoints.h"
#include "tools/driver/Source.h"
#include "tools/driver/SymbolFacts.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::eval::HostTensor;

namespace {
struct Tolerance {
  unsigned precision; // bits of a significand, at least
  double absolute, relative;
};
} // namespace

/// Phases round at other places, all the coarser the narrower the floats.
static const Tolerance kTolerances[] = {
    {24, 1e-4, 1e-3}, {11, 3e-2, 3e-2}, {0, 2e-1, 1e-1}};

/// That of the narrowest floats in the module.
static const Tolerance &toleranceOf(ModuleOp module) {
  unsigned precision = kTolerances[0].precision;
  module.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (auto element = dyn_cast<FloatType>(getElementTypeOrSelf(type)))
        precision = std::min(precision, element.getFPMantissaWidth());
  });
  return *llvm::find_if(kTolerances, [&](const Tolerance &tolerance) {
    return precision >= tolerance.precision;
  });
}

namespace {

using Tensors = SmallVector<HostTensor>;

class Check : Command {
public:
  explicit Check(const CompileOptions &options)
      : Command(options), options(options) {}
  LogicalResult run();

private:
  /// What the evaluators agree on.
  struct Outcome {
    std::string point;
    Tensors arguments, results;
  };

  LogicalResult load();
  LogicalResult runPhase(ModuleOp module, Phase phase);
  FailureOr<OwningOpRef<ModuleOp>> next(ModuleOp before, Phase phase);
  LogicalResult checkPhases();
  LogicalResult evaluateAt(const Point &point);
  FailureOr<Tensors> evaluate(const Point &point, const Tensors &arguments);
  LogicalResult checkCode();
  LogicalResult checkModule();
  LogicalResult checkOwnCode();
  LogicalResult checkCode(const Executable &code);
  void reportAgreement(const Outcome &outcome);
  LogicalResult blameCode(const Tensors &arguments,
                          const Difference &difference, unsigned output);
  LogicalResult blame(Phase phase, const Program &before, const Program &after,
                      const Difference &difference, unsigned output);
  Difference compareTo(const HostTensor &want, const HostTensor &got) {
    return compare(got, want, tolerance.absolute, tolerance.relative,
                   /*anyForNan=*/true);
  }
  /// The first result of a kind that differs; nullopt if none does.
  std::optional<std::pair<unsigned, Difference>>
  findDifference(const Tensors &want, const Tensors &got);
  bool differsEverywhere(Location location, const HostTensor &got,
                         const References &references);
  const CompileOptions &options;
  std::optional<cpu::Target> target;
  Tolerance tolerance = kTolerances[0];
  SmallVector<std::pair<Phase, Program>> stages; // the last are the kernels
  std::vector<Outcome> outcomes;

  Program &kernels() { return stages.back().second; }
};

} // namespace

LogicalResult Check::runPhase(ModuleOp module, Phase phase) {
  progress(getName(phase));
  if (phase == Phase::Shapes && failed(applySymbolFacts(module, options)))
    return failure();
  PassManager pm(&context);
  buildPhase(pm, phase, *target, PhaseOptions(options));
  return pm.run(module);
}

/// What a phase makes of a module, or what the user put in its place.
FailureOr<OwningOpRef<ModuleOp>> Check::next(ModuleOp before, Phase phase) {
  for (const auto &[name, path] : options.replacedPhases)
    if (name == getName(phase)) {
      auto module = readModule(&context, path);
      if (!module)
        return failure();
      auto main = Program::mainOf(*module);
      if (!main ||
          main.getNumArguments() != Program::mainOf(before).getNumArguments())
        return module->emitError("'")
               << path << "' is of another model: expected a function 'main' "
               << "with " << Program::mainOf(before).getNumArguments()
               << " arguments";
      return module;
    }
  OwningOpRef<ModuleOp> module = before.clone();
  if (failed(runPhase(*module, phase)))
    return failure();
  return module;
}

LogicalResult Check::load() {
  Location unknown = UnknownLoc::get(&context);
  llvm::Expected<cpu::Target> parsed = cpu::parseTarget(
      options.targetCpus.empty() ? "native" : options.targetCpus.front());
  if (!parsed)
    return emitError(unknown) << llvm::toString(parsed.takeError());
  target = *parsed;
  progress("import");
  Phase start;
  OwningOpRef<ModuleOp> source = loadSource(&context, options.input, start);
  if (!source)
    return failure();
  if (start > Phase::Fusion || !Program::mainOf(*source))
    return emitError(unknown)
           << "a model is checked before its kernels are formed: expected "
              "ONNX, or IR of the phases up to fusion";
  if (start <= Phase::Convert && failed(runPhase(*source, Phase::Convert)))
    return failure();
  // bf16 factors err as bf16 results do.
  tolerance = options.precision == "model" ? toleranceOf(*source)
                                           : *std::prev(std::end(kTolerances));
  auto addStage = [&](Phase phase, OwningOpRef<ModuleOp> module) {
    stages.emplace_back(phase, Program{std::move(module), {}});
  };
  addStage(start <= Phase::Convert ? Phase::Convert : start, std::move(source));
  for (Phase phase : {Phase::Shapes, Phase::Fusion, Phase::Kernels}) {
    FailureOr<OwningOpRef<ModuleOp>> module =
        next(*stages.back().second.module, phase);
    if (failed(module))
      return failure();
    addStage(phase, std::move(*module));
  }
  return success();
}

std::optional<std::pair<unsigned, Difference>>
Check::findDifference(const Tensors &want, const Tensors &got) {
  for (auto [i, pair] : llvm::enumerate(llvm::zip(want, got))) {
    auto &[expected, found] = pair;
    Difference difference;
    difference.isTolerable = expected.getShape() == found.getShape();
    if (difference.isTolerable)
      difference = compareTo(expected, found);
    if (!difference.isTolerable)
      return std::pair(static_cast<unsigned>(i), difference);
  }
  return std::nullopt;
}

/// Whether a value has counterparts and is none of them.
bool Check::differsEverywhere(Location location, const HostTensor &got,
                              const References &references) {
  SmallVector<Value> candidates = findCandidates(
      location, references, got.getElementType(), got.getCount());
  return !candidates.empty() && llvm::none_of(candidates, [&](Value value) {
    return compareTo(references.find(value)->second, got).isTolerable;
  });
}

static std::string magnitude(const Difference &difference) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.3g", difference.absolute);
  return text;
}

static std::string outputName(func::FuncOp main, unsigned output) {
  auto name = main.getResultAttrOfType<StringAttr>(output, "onnx.name");
  return name ? name.str() : std::to_string(output);
}

/// "kernel 'gemm' of 'MatMul_0, Add_1'", or the operation's name.
static std::string describe(Operation *op) {
  if (auto kernel = dyn_cast<kernel::KernelOpInterface>(op))
    return ("kernel '" + kernel.getKernelKind() + "' of '" +
            xf::getNodeNames(op->getLoc()) + "'")
        .str();
  return op->getName().getStringRef().str();
}

LogicalResult Check::blame(Phase phase, const Program &before,
                           const Program &after, const Difference &difference,
                           unsigned output) {
  Location location = after.main().getLoc();
  std::string what = "an operation";
  for (const auto &[value, tensor] : after.references) {
    // Between kernels there are only views.
    if (phase == Phase::Kernels &&
        !isa<kernel::KernelOpInterface>(value.getDefiningOp()))
      continue;
    if (differsEverywhere(value.getLoc(), tensor, before.references)) {
      location = value.getLoc();
      what = describe(value.getDefiningOp());
      break;
    }
  }
  return emitError(location)
         << "phase '" << getName(phase) << "' changes results: " << what
         << " differs from what was there before, and output '"
         << outputName(after.main(), output) << "' by "
         << magnitude(difference);
}

void Check::reportAgreement(const Outcome &outcome) {
  progress("");
  // IR may be on its way to standard output.
  (options.output == "-" ? llvm::errs() : llvm::outs())
      << "check: phases agree at " << outcome.point << "\n";
}

/// Code has no evaluator: it is run.
LogicalResult Check::checkCode(const Executable &code) {
  for (const Outcome &outcome : outcomes) {
    progress("run");
    FailureOr<Tensors> results = code.run(outcome.arguments);
    if (failed(results))
      return failure();
    if (auto difference = findDifference(outcome.results, *results))
      return blameCode(outcome.arguments, difference->second,
                       difference->first);
    reportAgreement(outcome);
  }
  return success();
}

/// Of what the user gets, where that is a module; it has its name only when it
/// has been found right.
LogicalResult Check::checkModule() {
  CompileOptions compilation = options;
  compilation.output += ".unchecked";
  llvm::scope_exit remove(
      [&] { (void)llvm::sys::fs::remove(compilation.output); });
  if (!compileModel(compilation))
    return failure();
  FailureOr<Executable> code =
      Executable::open(compilation.output, *kernels().module);
  if (failed(code) || failed(checkCode(*code)))
    return failure();
  if (std::error_code error =
          llvm::sys::fs::rename(compilation.output, options.output))
    return emitError(UnknownLoc::get(&context))
           << "cannot write '" << options.output << "': " << error.message();
  return success();
}

/// Of what the phases make of the kernels here.
LogicalResult Check::checkOwnCode() {
  OwningOpRef<ModuleOp> module = kernels().module->clone();
  progress("compile");
  FailureOr<Executable> code = Executable::compile(*module, *target);
  return failed(code) ? failure() : checkCode(*code);
}

LogicalResult Check::checkCode() {
  std::optional<Phase> last = findPhase(options.compileTo);
  if (last && *last <= Phase::Kernels) {
    for (const Outcome &outcome : outcomes)
      reportAgreement(outcome);
    return success(compileModel(options));
  }
  if (options.emit == Emit::Module && options.compileTo.empty() &&
      !options.shapeOnly && options.replacedPhases.empty())
    return checkModule();
  return failed(checkOwnCode()) ? failure() : success(compileModel(options));
}

/// Every kernel's result, by its code and by the evaluator.
LogicalResult Check::blameCode(const Tensors &arguments,
                               const Difference &difference, unsigned output) {
  Program tapped{kernels().module->clone(), {}};
  Location location = tapped.main().getLoc();
  unsigned own = tapped.main().getNumResults();
  SmallVector<Tap> taps = tapKernels(tapped.main());
  FailureOr<Tensors> want = tapped.evaluate(arguments);
  if (failed(want))
    return failure();
  OwningOpRef<ModuleOp> code = tapped.module->clone();
  FailureOr<Tensors> got = compileAndRun(*code, *target, arguments);
  if (failed(got))
    return failure();
  std::string what = "a kernel";
  for (auto [tap, expected, found] :
       llvm::zip_equal(taps, ArrayRef(*want).drop_front(own),
                       ArrayRef(*got).drop_front(own)))
    if (!compareTo(expected, found).isTolerable) {
      location = tap.location;
      what = "kernel '" + tap.kind + "' of '" + xf::getNodeNames(tap.location) +
             "'";
      break;
    }
  return emitError(location)
         << "the phases from '" << getName(Phase::Bufferize) << "' to '"
         << getName(Phase::Object) << "' change results: " << what
         << " differs from the evaluator, and output '"
         << outputName(kernels().main(), output) << "' by "
         << magnitude(difference) << "; hagane bisect takes the kernel apart";
}

FailureOr<Tensors> Check::evaluate(const Point &point,
                                   const Tensors &arguments) {
  const Program *before = nullptr;
  Tensors expected;
  for (auto &[phase, after] : stages) {
    progress("evaluate");
    FailureOr<Tensors> results = after.evaluate(arguments);
    if (failed(results))
      return after.main().emitError("what phase '")
             << getName(phase) << "' made cannot be evaluated at '"
             << point.name
             << (before ? "'"
                        : "'; give inputs that the model takes, by "
                          "--check-inputs, if these are none");
    if (before)
      if (auto difference = findDifference(expected, *results))
        return blame(phase, *before, after, difference->second,
                     difference->first);
    expected = std::move(*results);
    before = &after;
  }
  for (auto &[phase, program] : stages)
    program.references.clear();
  return expected;
}

LogicalResult Check::evaluateAt(const Point &point) {
  FailureOr<Tensors> arguments =
      makeArgumentsAt(*kernels().module, point.sizes, options.checkInputs);
  if (failed(arguments))
    return failure();
  FailureOr<Tensors> results = evaluate(point, *arguments);
  if (failed(results))
    return failure();
  outcomes.push_back({point.name, std::move(*arguments), std::move(*results)});
  return success();
}

LogicalResult Check::checkPhases() {
  if (!options.checkInputs.empty()) {
    Point point;
    point.name = "'" + options.checkInputs + "'";
    return evaluateAt(point);
  }
  CompileOptions atPoints;
  atPoints.points = options.points;
  atPoints.context = kCheckedContext;
  FailureOr<SmallVector<Point>> points =
      choosePoints(*kernels().module, atPoints);
  if (failed(points))
    return failure();
  for (const Point &point : *points)
    if (failed(evaluateAt(point)))
      return failure();
  return success();
}

LogicalResult Check::run() {
  if (looksAtData(options))
    return emitError(UnknownLoc::get(&context))
           << "--check compares phases on data of its own, found "
              "quantization by calibration data";
  return failed(load()) || failed(checkPhases()) ? failure() : checkCode();
}

bool hagane::checkModel(const CompileOptions &options) {
  return succeeded(Check(options).run());
}
