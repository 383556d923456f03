// compileModel: from a model's file to the file that was asked for.
#include "codegen/module/EmbedModule.h"
#include "codegen/module/ModuleWriter.h"
#include "codegen/module/OutputFile.h"
#include "frontend/Import.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Remarks.h"
#include "tools/driver/Command.h"
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
                          const cpu::Target &target);
  LogicalResult prepare();
  LogicalResult compileForTargets();
  LogicalResult compileFor(const cpu::Target &target);
  LogicalResult writeCode(ArrayRef<std::string> files);
  LogicalResult writeIr(Operation *op);
  LogicalResult writeText(StringRef text);
  LogicalResult writeModuleFile(const std::string &path);
  LogicalResult writeEmbedding();
  void enableRemarks();
  void remarkFallbacks(ModuleOp module);
  LogicalResult writeReport(ModuleOp module, const cpu::Target &target);
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
};

} // namespace

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
                                     const cpu::Target &target) {
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
    // Data is run through the model as it is, and quantizes it afterwards.
    if (looksAtData(options) && phase == Phase::Fusion) {
      phaseOptions.precision = "model";
      phaseOptions.quantization.clear();
    }
    buildPhase(pm, phase, target, phaseOptions);
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
                                       const cpu::Target &target) {
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
    FailureOr<Rounding> rounding = measureRounding(*source, target, options);
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

/// The rest of the pipeline for one level.
LogicalResult Compilation::compileFor(const cpu::Target &target) {
  OwningOpRef<ModuleOp> module = source->clone();
  if (failed(runPhases(*module, Phase::Kernels,
                       std::min(plan.last, Phase::Bufferize), target)) ||
      (plan.last >= Phase::Bufferize && failed(writeReport(*module, target))))
    return failure();
  if (options.maxMemory && plan.last >= Phase::Bufferize &&
      failed(checkMemory(*module, options.maxMemory, target.sizes.threads)))
    return failure();
  codegen::MemoryFormulas memory = getMemoryNeed(*module).getFormulas();
  if (options.plan && records.empty() && plan.last >= Phase::Bufferize)
    addPlans(*module, target, *options.plan);
  if (failed(runPhases(*module, Phase::Outline,
                       std::min(plan.last, Phase::Outline), target)))
    return failure();
  llvm::StringMap<std::string> kernels = printKernels(*module);
  if (failed(runPhases(*module, Phase::Lower, std::min(plan.last, Phase::Lower),
                       target)))
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
      cpu::emitCode(*parts, target, plan.kind);
  if (failed(files))
    return failure();
  if (!plan.writesModule)
    return writeCode(*files);
  llvm::Expected<codegen::CodeVariant> variant =
      linkVariant(target, *files, *module);
  if (!variant)
    return report(variant.takeError());
  variant->kernels = std::move(kernels);
  variant->memory = std::move(memory);
  variants.push_back(std::move(*variant));
  records.push_back(std::move(module));
  return success();
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
  SmallVector<std::string> words;
  for (const cpu::Target &target : plan.targets)
    words.push_back("--target-cpu=" + target.level->name.str());
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
  provenance.options = llvm::join(words, " ");
  if (options.quantizeReport)
    provenance.notes = summarize(*options.quantizeReport);
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
  embed.triple = plan.targets.front().level->architecture->triple.str();
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
  for (const cpu::Target &target : plan.targets)
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
  if (!plan.writesModule || options.shapeOnly)
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
