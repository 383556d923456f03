// compileModel: from a model's file to the file that was asked for.
#include "codegen/module/EmbedModule.h"
#include "codegen/module/ModuleWriter.h"
#include "codegen/module/OutputFile.h"
#include "frontend/Import.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Remarks.h"
#include "tools/driver/Command.h"
#include "tools/driver/DeviceCode.h"
#include "tools/driver/EmitPlan.h"
#include "tools/driver/Memory.h"
#include "tools/driver/Phases.h"
#include "tools/driver/Plans.h"
#include "tools/driver/Print.h"
#include "tools/driver/Quantize.h"
#include "tools/driver/Report.h"
#include "tools/driver/Source.h"
#include "tools/driver/SymbolFacts.h"
#include "tools/hagane/QuantizeReport.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;

namespace {

class Compilation : Command {
public:
  explicit Compilation(const CompileOptions &options)
      : Command(options), options(options) {
    if (options.verbose)
      enableRemarks();
  }
  LogicalResult run();
  LogicalResult run(std::vector<CompileVariant> &ways);

private:
  LogicalResult load();
  LogicalResult runPhases(ModuleOp module, Phase first, Phase last,
                          const CodeTarget &target);
  LogicalResult prepare();
  LogicalResult compileForTargets();
  LogicalResult compileFor(const CodeTarget &target);
  LogicalResult scheduleFor(ModuleOp module, const CodeTarget &target);
  LogicalResult addVariant(OwningOpRef<ModuleOp> module,
                           const CodeTarget &target,
                           ArrayRef<std::string> files);
  LogicalResult writeDeviceSources(const std::string &folder);
  bool makesCode(const CodeTarget &target) const;
  std::string describeOptions() const;
  LogicalResult writeCode(ArrayRef<std::string> files);
  LogicalResult writeIr(Operation *op);
  LogicalResult writeText(StringRef text);
  LogicalResult writeModuleFile(const std::string &path);
  LogicalResult writeEmbedding();
  void enableRemarks();
  void remarkFallbacks(ModuleOp module);
  LogicalResult writeReport(ModuleOp module, const CodeTarget &target);
  void releaseModel();
  LogicalResult report(llvm::Error error) {
    if (!error)
      return success();
    return emitError(UnknownLoc::get(&context))
           << llvm::toString(std::move(error));
  }
  CompileOptions options;
  EmitPlan plan;
  std::string sourceHash; // once it is known
  Phase start = Phase::Convert;
  OwningOpRef<ModuleOp> source;
  SmallVector<OwningOpRef<ModuleOp>> records;
  std::vector<codegen::CodeVariant> variants;
  std::vector<DeviceSources> devices;
  cpu::WeightPlaces places;
  // Of the target that is being compiled for.
  llvm::StringMap<std::string> kernels;
  codegen::MemoryFormulas memory;
};

} // namespace

static std::string withEnding(StringRef file, StringRef ending) {
  llvm::SmallString<128> result(file);
  llvm::sys::path::replace_extension(result, ending);
  return result.str().str();
}

LogicalResult Compilation::load() {
  progress("import");
  frontend::ImportOptions limits = importOptions(options);
  if (options.model.empty())
    source = loadSource(&context, options.input, start, limits);
  else
    source = frontend::importModel(
        &context,
        llvm::MemoryBuffer::getMemBuffer(options.model, options.input,
                                         /*RequiresNullTerminator=*/false),
        options.input, limits);
  return failure(!source);
}

LogicalResult Compilation::runPhases(ModuleOp module, Phase first, Phase last,
                                     const CodeTarget &target) {
  for (int i = static_cast<int>(std::max(first, start));
       i <= static_cast<int>(last); ++i) {
    Phase phase = static_cast<Phase>(i);
    if (phase == Phase::Import || phase == Phase::Object)
      continue;
    if (phase == Phase::Shapes && failed(applySymbolFacts(module, options)))
      return failure();
    progress(getName(phase));
    PassManager pm(&context);
    // What is only measured is compiled many times, and checked once.
    pm.enableVerifier(!options.leavesOutWeights);
    if (!options.dumpDir.empty())
      pm.enableIRPrintingToFileTree(
          [](Pass *, Operation *) { return false; },
          [](Pass *, Operation *) { return true; }, true, true, false,
          (options.dumpDir + "/" + getName(phase)).str());
    PhaseOptions phaseOptions(options);
    phaseOptions.device = target.device;
    phaseOptions.places = &places;
    // Data is run through the model as it is, and quantizes it afterwards.
    if (looksAtData(options) && phase == Phase::Fusion) {
      phaseOptions.precision = "model";
      phaseOptions.quantization.clear();
    }
    buildPhase(pm, phase, target.cpu, phaseOptions);
    if (failed(pm.run(module)))
      return failure();
  }
  return success();
}

/// What was fused and what was not, and why, becomes a remark.
void Compilation::enableRemarks() {
  const std::string category = "fusion|state|precision|quantization";
  remark::RemarkCategories categories{category, category, category, category,
                                      category};
  if (failed(remark::enableOptimizationRemarks(
          context, nullptr, std::make_unique<remark::RemarkEmittingPolicyAll>(),
          categories, /*printAsEmitRemarks=*/true)))
    emitWarning(UnknownLoc::get(&context)) << "remarks are not available";
}

/// Names the kernels without a better form, with their share of the time.
void Compilation::remarkFallbacks(ModuleOp module) {
  FailureOr<Report> made;
  {
    // That nothing can be told of some model is no error here.
    ScopedDiagnosticHandler quiet(&context,
                                  [](Diagnostic &) { return success(); });
    made = makeReport(module, options);
  }
  if (failed(made))
    return;
  for (const Point &point : made->points)
    for (const Fallback &fallback : point.fallbacks)
      emitRemark(UnknownLoc::get(&context))
          << "generic fallback: " << fallback.nodes << ", "
          << llvm::formatv("{0:f1}", 100 * fallback.seconds /
                                         std::max(point.total.seconds, 1e-30))
                 .str()
          << " % of the predicted time at " << point.name;
}

/// Of the first level's kernels.
LogicalResult Compilation::writeReport(ModuleOp module,
                                       const CodeTarget &target) {
  if (!records.empty())
    return success();
  if (options.verbose)
    remarkFallbacks(module);
  if (options.report.empty())
    return success();
  FailureOr<Report> made = makeReport(module, options);
  if (failed(made))
    return failure();
  if (options.precision != "model" && start <= Phase::Fusion) {
    progress("measure precision");
    FailureOr<Rounding> rounding =
        measureRounding(*source, target.cpu, options);
    if (failed(rounding))
      return failure();
    made->rounding = std::move(*rounding);
  }
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (StringRef(options.report).ends_with(".json"))
    printJson(*made, stream);
  else
    printText(*made, stream);
  if (options.report != "-")
    return report(codegen::writeFile(options.report, text));
  progress("");
  llvm::outs() << text;
  return success();
}

/// Up to kernels with schedules and buffers with places, with what is told of
/// them.
LogicalResult Compilation::scheduleFor(ModuleOp module,
                                       const CodeTarget &target) {
  if (failed(runPhases(module, Phase::Kernels,
                       std::min(plan.last, Phase::Bufferize), target)))
    return failure();
  if (plan.last < Phase::Bufferize)
    return success();
  if (failed(writeReport(module, target)))
    return failure();
  int64_t threads = target.device ? 0 : target.cpu.sizes.threads;
  if (options.maxMemory &&
      failed(checkMemory(module, options.maxMemory, threads)))
    return failure();
  memory = getMemoryNeed(module, target.device != nullptr).getFormulas();
  if (options.plan && records.empty())
    addPlans(module, target, *options.plan);
  return success();
}

/// Whether anything but sources is made for the target.
bool Compilation::makesCode(const CodeTarget &target) const {
  return !target.device || plan.compiler || plan.last < Phase::Object ||
         !(plan.writesModule || options.emit == Emit::CudaSource);
}

/// The rest of the pipeline for one target.
LogicalResult Compilation::compileFor(const CodeTarget &target) {
  OwningOpRef<ModuleOp> module = source->clone();
  if (failed(scheduleFor(*module, target)) ||
      failed(runPhases(*module, Phase::Outline,
                       std::min(plan.last, Phase::Outline), target)))
    return failure();
  if (plan.last <= Phase::Outline)
    return writeIr(*module);
  kernels = printKernels(*module);
  if (target.device) {
    progress("emit CUDA C++");
    FailureOr<DeviceSources> emitted = emitSources(*module, *target.device);
    if (failed(emitted))
      return failure();
    devices.push_back(std::move(*emitted));
  }
  if (!makesCode(target))
    return success();
  if (failed(runPhases(*module, Phase::Lower, Phase::Lower, target)))
    return failure();
  if (plan.last <= Phase::Lower)
    return writeIr(*module);
  OwningOpRef<ModuleOp> parts = cpu::splitModule(*module);
  if (failed(runPhases(*parts, Phase::Llvm, Phase::Llvm, target)))
    return failure();
  if (plan.last == Phase::Llvm)
    return writeIr(*parts);
  progress(getName(Phase::Object));
  FailureOr<SmallVector<std::string>> files =
      cpu::emitCode(*parts, target.cpu, plan.kind);
  if (failed(files))
    return failure();
  if (!plan.writesModule)
    return writeCode(*files);
  return addVariant(std::move(module), target, *files);
}

LogicalResult Compilation::addVariant(OwningOpRef<ModuleOp> module,
                                      const CodeTarget &target,
                                      ArrayRef<std::string> files) {
  llvm::Expected<codegen::CodeVariant> variant =
      linkVariant(target.cpu, files, *module);
  if (!variant)
    return report(variant.takeError());
  variant->kernels = std::move(kernels);
  variant->memory = std::move(memory);
  if (target.device) {
    auto code = compileDevice(devices.back(), plan, options);
    if (!code)
      return report(code.takeError());
    variant->level = target.getName().str();
    variant->device = std::move(*code);
  }
  variants.push_back(std::move(*variant));
  records.push_back(std::move(module));
  return success();
}

/// Of all devices, with a note where more was wanted.
LogicalResult Compilation::writeDeviceSources(const std::string &folder) {
  if (!plan.noCompiler.empty())
    emitWarning(UnknownLoc::get(&context))
        << plan.noCompiler << "; only the sources are written, to '" << folder
        << "'";
  return report(writeSources(devices, folder));
}

LogicalResult Compilation::writeCode(ArrayRef<std::string> files) {
  std::string text;
  for (const std::string &file : files)
    text += file + "\n";
  return writeText(text);
}

/// Weights stay in the model.
LogicalResult Compilation::writeIr(Operation *op) {
  return writeText(printForReading(op, options.locations));
}

LogicalResult Compilation::writeText(StringRef text) {
  if (options.output != "-")
    return report(codegen::writeFile(options.output, text));
  llvm::outs() << text;
  return success();
}

/// The options that matter for the result.
std::string Compilation::describeOptions() const {
  SmallVector<std::string> words;
  for (const CodeTarget &target : plan.targets)
    words.push_back((target.device ? "--target=cuda --sm=" : "--target-cpu=") +
                    target.getName().str());
  for (const DimRange &range : options.dims)
    words.push_back("--dim " + range.name + "=" + std::to_string(range.min) +
                    ":" + std::to_string(range.max));
  for (auto &[name, value] : options.specialize)
    words.push_back("--specialize " + name + "=" + std::to_string(value));
  if (options.attentionSemantics != "standard")
    words.push_back("--attention-semantics=" + options.attentionSemantics);
  if (options.precision != "model")
    words.push_back("--precision=" + options.precision);
  for (const std::string &rule : options.quantize)
    words.push_back("--quantize " + rule);
  if (options.stateful)
    words.push_back(
        "--stateful --page-size=" + std::to_string(options.pageSize) +
        " --cache-type=" + options.cacheType);
  if (!options.scheduleFile.empty())
    words.push_back("--schedule=" +
                    llvm::sys::path::filename(options.scheduleFile).str());
  return llvm::join(words, " ");
}

LogicalResult Compilation::writeModuleFile(const std::string &path) {
  if (sourceHash.empty()) {
    llvm::Expected<std::string> hash = hashModel(options);
    if (!hash)
      return report(hash.takeError());
    sourceHash = *hash;
  }
  codegen::Provenance provenance;
  provenance.compilerVersion = HAGANE_VERSION;
  provenance.sourceName = llvm::sys::path::filename(options.input).str();
  provenance.sourceHash = sourceHash;
  provenance.options = describeOptions();
  if (options.quantizeReport)
    provenance.notes = summarize(*options.quantizeReport);
  if (plan.compiler)
    provenance.notes.push_back("CUDA sources compiled by " +
                               plan.compiler->getIdentity());
  return codegen::writeModule(
      variants, provenance, path,
      [&](uint64_t done, uint64_t total) {
        progress("weights",
                 static_cast<double>(done) / static_cast<double>(total));
      },
      options.leavesOutWeights ? codegen::WeightBytes::Holes
                               : codegen::WeightBytes::All);
}

/// Nothing of the model is needed once a module file holds it; its weights are
/// mapped as long as resources refer to them.
void Compilation::releaseModel() {
  variants.clear();
  records.clear();
  source = {};
  auto &manager = DenseResourceElementsHandle::getManagerInterface(&context)
                      .getBlobManager();
  SmallVector<std::string> names;
  manager.getBlobMap([&](const auto &blobs) {
    for (const auto &entry : blobs)
      names.push_back(entry.getKey().str());
  });
  for (const std::string &name : names)
    manager.update(name, AsmResourceBlob());
}

/// By way of a module file that goes again, or becomes the weights' place.
LogicalResult Compilation::writeEmbedding() {
  llvm::SmallString<128> module;
  int descriptor = -1;
  if (llvm::Error error = codegen::createTemporary(options.output, ".hgn.tmp",
                                                   module, descriptor))
    return report(std::move(error));
  (void)llvm::sys::Process::SafelyCloseFileDescriptor(descriptor);
  llvm::scope_exit cleanUp([&] {
    (void)llvm::sys::fs::remove(module);
    llvm::sys::DontRemoveFileOnSignal(module);
  });
  std::string path = module.str().str();
  if (failed(writeModuleFile(path)))
    return failure();
  releaseModel();
  codegen::EmbedOptions embed;
  embed.triple = plan.targets.front().cpu.level->architecture->triple.str();
  embed.symbol = codegen::symbolFor(options.output);
  embed.shared = options.emit == Emit::Shared;
  embed.limit = options.embedLimit;
  return report(codegen::embedModule(path, options.output, embed));
}

/// Everything that schedules do not change.
LogicalResult Compilation::prepare() {
  FailureOr<EmitPlan> made = makeEmitPlan(&context, options);
  if (failed(made))
    return failure();
  plan = std::move(*made);
  if (failed(load()))
    return failure();
  if (plan.last == Phase::Import)
    return success();
  if (failed(runPhases(*source, Phase::Convert,
                       std::min(plan.last, Phase::Fusion),
                       plan.targets.front())))
    return failure();
  if (!looksAtData(options))
    return success();
  auto quantized = quantizeWithData(*source, options);
  if (failed(quantized))
    return failure();
  source = std::move(*quantized);
  return success();
}

LogicalResult Compilation::compileForTargets() {
  for (const CodeTarget &target : plan.targets)
    if (failed(compileFor(target)))
      return failure();
  return success();
}

LogicalResult Compilation::run() {
  if (failed(prepare()))
    return failure();
  if (plan.last <= Phase::Fusion)
    return writeIr(*source);
  if (failed(compileForTargets()))
    return failure();
  if (options.emit == Emit::CudaSource && !plan.printsIr)
    return writeDeviceSources(options.output);
  if (!plan.writesModule || options.shapeOnly)
    return success();
  if (!devices.empty() && !plan.compiler &&
      failed(writeDeviceSources(withEnding(options.output, ".cuda"))))
    return failure();
  if (variants.empty())
    return success();
  return options.emit == Emit::Module ? writeModuleFile(options.output)
                                      : writeEmbedding();
}

LogicalResult Compilation::run(std::vector<CompileVariant> &ways) {
  if (failed(prepare()))
    return failure();
  for (CompileVariant &way : ways) {
    variants.clear();
    records.clear();
    devices.clear();
    options.scheduleFile = way.scheduleFile;
    options.plan = way.plan;
    way.isCompiled = succeeded(compileForTargets()) &&
                     succeeded(writeModuleFile(way.output));
  }
  return success();
}

bool hagane::compileModel(const CompileOptions &options) {
  return succeeded(Compilation(options).run());
}

bool hagane::compileVariants(const CompileOptions &options,
                             std::vector<CompileVariant> &variants) {
  return succeeded(Compilation(options).run(variants));
}
