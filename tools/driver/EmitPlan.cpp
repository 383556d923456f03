#include "tools/driver/EmitPlan.h"

#include "mlir/IR/Diagnostics.h"
#include "passes/quantization/Scheme.h"
#include "tools/driver/Quantize.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;

namespace {

/// What a kind of output needs: the last phase to run, and which code.
struct EmitRow {
  Emit emit;
  Phase last;
  cpu::CodeKind kind;
};

constexpr EmitRow kEmits[] = {
    {Emit::Module, Phase::Object, cpu::CodeKind::Object},
    {Emit::Object, Phase::Object, cpu::CodeKind::Object},
    {Emit::Shared, Phase::Object, cpu::CodeKind::Object},
    {Emit::CudaSource, Phase::Object, cpu::CodeKind::Object},
    {Emit::Assembly, Phase::Object, cpu::CodeKind::Assembly},
    {Emit::LlvmIr, Phase::Object, cpu::CodeKind::LlvmIr},
    {Emit::MlirOnnx, Phase::Import, cpu::CodeKind::Object},
    {Emit::MlirXf, Phase::Fusion, cpu::CodeKind::Object},
    {Emit::MlirKernel, Phase::Kernels, cpu::CodeKind::Object},
    {Emit::MlirLlvm, Phase::Llvm, cpu::CodeKind::Object},
};

class Planner {
public:
  Planner(MLIRContext *context, const CompileOptions &options)
      : location(UnknownLoc::get(context)), options(options) {}

  FailureOr<EmitPlan> run();

private:
  LogicalResult choosePhase();
  LogicalResult checkWords();
  LogicalResult parseTargets();
  LogicalResult addProcessors();
  LogicalResult addDevices();
  FailureOr<cpu::Target> findHost();
  LogicalResult openCompiler();
  LogicalResult checkTargets();
  LogicalResult checkOutput();
  InFlightDiagnostic error() { return emitError(location); }
  LogicalResult report(llvm::Error failed) {
    return error() << llvm::toString(std::move(failed));
  }

  Location location;
  const CompileOptions &options;
  EmitPlan plan;
};

} // namespace

LogicalResult Planner::choosePhase() {
  const EmitRow *row = llvm::find_if(
      kEmits, [&](const EmitRow &row) { return row.emit == options.emit; });
  plan.last = row->last;
  plan.kind = row->kind;
  if (!options.compileTo.empty()) {
    std::optional<Phase> phase = findPhase(options.compileTo);
    if (!phase)
      return error() << "unknown phase '" << options.compileTo << "'";
    plan.last = *phase;
  }
  plan.printsIr = plan.last != Phase::Object;
  bool isModule = llvm::is_contained({Emit::Module, Emit::Object, Emit::Shared},
                                     options.emit);
  plan.writesModule = isModule && !plan.printsIr;
  return success();
}

LogicalResult Planner::checkWords() {
  if (!llvm::is_contained({"model", "bf16", "f16"}, options.precision))
    return error() << "unknown precision '" << options.precision
                   << "', expected model, bf16 or f16";
  for (const std::string &rule : options.quantize)
    if (auto parsed = QuantizationRule::parse(rule); !parsed)
      return report(parsed.takeError());
  if (options.stateful && options.check)
    return error()
           << "a stateful module has another signature than its model, so that "
              "--check cannot compare them";
  return success();
}

LogicalResult Planner::addProcessors() {
  std::vector<std::string> names = options.targetCpus;
  if (names.empty())
    names = {"native"};
  for (const std::string &name : names) {
    llvm::Expected<cpu::Target> target = cpu::parseTarget(name);
    if (!target)
      return report(target.takeError());
    if (options.runThreads != 0)
      target->sizes.threads = options.runThreads;
    plan.targets.push_back({*target});
  }
  return success();
}

/// The processor of a device's host code: the last one asked for, but any of
/// its architecture if that is this machine's.
FailureOr<cpu::Target> Planner::findHost() {
  bool isNative =
      options.targetCpus.empty() || options.targetCpus.back() == "native";
  llvm::Expected<cpu::Target> host =
      cpu::parseTarget(isNative ? "native" : options.targetCpus.back());
  if (!host)
    return report(host.takeError());
  if (isNative)
    host->level = llvm::find_if(
        cpu::getTargetLevels(), [&](const cpu::TargetLevel &level) {
          return level.architecture == host->level->architecture;
        });
  return *host;
}

LogicalResult Planner::addDevices() {
  FailureOr<cpu::Target> host = findHost();
  if (failed(host))
    return failure();
  if (options.sms.empty())
    return error() << "--target=cuda needs --sm, one or several of "
                   << listSms();
  for (const std::string &sm : options.sms) {
    const cuda::Target *device =
        llvm::find_if(cuda::getTargets(), [&](const cuda::Target &target) {
          return target.name == "sm_" + sm || target.name == sm;
        });
    if (device == cuda::getTargets().end())
      return error() << "unknown SM '" << sm << "', expected one of "
                     << listSms();
    plan.targets.push_back({*host, device});
  }
  return openCompiler();
}

/// What is not there is an error only where it was asked for.
LogicalResult Planner::openCompiler() {
  if (!plan.writesModule || options.shapeOnly)
    return success();
  StringRef name =
      options.cudaCompiler.empty() ? "nvrtc" : StringRef(options.cudaCompiler);
  const cuda::CompilerRow *row =
      llvm::find_if(cuda::getCompilers(), [&](const cuda::CompilerRow &row) {
        return row.name == name;
      });
  if (row == cuda::getCompilers().end())
    return error() << "unknown CUDA compiler '" << name << "', expected "
                   << llvm::join(listCudaCompilers(), ", ");
  if (!row->open)
    return success();
  auto compiler = row->open();
  if (compiler) {
    plan.compiler = std::move(*compiler);
    if (row->kind == cuda::CompilerKind::Emulator)
      plan.imageKind = codegen::ImageKind::Emulated;
    return success();
  }
  if (!options.cudaCompiler.empty())
    return report(compiler.takeError());
  plan.noCompiler = llvm::toString(compiler.takeError());
  return success();
}

LogicalResult Planner::parseTargets() {
  auto wants = [&](StringRef kind) {
    return llvm::is_contained(options.targets, kind.str());
  };
  for (const std::string &kind : options.targets)
    if (kind != "cpu" && kind != "cuda")
      return error() << "unknown target '" << kind
                     << "', expected cpu, cuda or both";
  if (!wants("cuda") && !options.sms.empty())
    return error() << "--sm is for GPUs: expected --target=cuda";
  if (!wants("cuda") && options.emit == Emit::CudaSource)
    return error() << "--emit=cuda-src is for GPUs: expected --target=cuda";
  if (wants("cpu") && failed(addProcessors()))
    return failure();
  return wants("cuda") ? addDevices() : success();
}

LogicalResult Planner::checkTargets() {
  ArrayRef<CodeTarget> targets = plan.targets;
  if (targets.empty())
    return error() << "expected --target=cpu, cuda or both";
  if (options.emit == Emit::CudaSource && !targets.front().device)
    return error() << "--emit=cuda-src writes nothing for CPUs: expected "
                      "--target=cuda alone";
  bool holdsSeveral = plan.writesModule || options.emit == Emit::CudaSource;
  if (targets.size() > 1 && !holdsSeveral)
    return error() << "only modules, objects and shared libraries hold code "
                      "for several levels, found "
                   << targets.size() << " levels";
  auto isForeign = [&](const CodeTarget &target) {
    return target.cpu.level->architecture !=
           targets.front().cpu.level->architecture;
  };
  const auto *foreign = llvm::find_if(targets, isForeign);
  if (foreign != targets.end() && options.emit != Emit::Module)
    return error() << "an object or a library is for one architecture, found "
                   << targets.front().getName() << " and "
                   << foreign->getName();
  return success();
}

LogicalResult Planner::checkOutput() {
  if (plan.writesModule && options.output == "-")
    return error() << "only text can be written to standard output";
  if (options.emit == Emit::CudaSource && !plan.printsIr &&
      options.output == "-")
    return error() << "the sources are several files: expected a folder, found "
                      "standard output";
  if (options.check && llvm::is_contained(options.targets, "cuda"))
    return error() << "--check runs the model on this machine's processor: "
                      "expected --target=cpu";
  if (options.shapeOnly && options.emit != Emit::Module && !plan.printsIr)
    return error() << "without weights only code can be made and reported on";
  if (looksAtData(options) && (options.shapeOnly || plan.last < Phase::Fusion))
    return error()
           << "calibration runs the model: expected its weights and the "
              "fusion phase, found "
           << (options.shapeOnly ? "no weights" : "an earlier last phase");
  return success();
}

FailureOr<EmitPlan> Planner::run() {
  if (failed(choosePhase()) || failed(checkWords()) || failed(parseTargets()) ||
      failed(checkTargets()) || failed(checkOutput()))
    return failure();
  return std::move(plan);
}

FailureOr<EmitPlan>
hagane::driver::makeEmitPlan(MLIRContext *context,
                             const CompileOptions &options) {
  return Planner(context, options).run();
}
