#include "tools/driver/EmitPlan.h"

#include "mlir/IR/Diagnostics.h"
#include "passes/quantization/Scheme.h"
#include "tools/driver/Quantize.h"

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

LogicalResult Planner::parseTargets() {
  std::vector<std::string> names = options.targetCpus;
  if (names.empty())
    names = {"native"};
  for (const std::string &name : names) {
    llvm::Expected<cpu::Target> target = cpu::parseTarget(name);
    if (!target)
      return report(target.takeError());
    if (options.runThreads != 0)
      target->sizes.threads = options.runThreads;
    plan.targets.push_back(*target);
  }
  return success();
}

LogicalResult Planner::checkTargets() {
  ArrayRef<cpu::Target> targets = plan.targets;
  if (targets.size() > 1 && !plan.writesModule)
    return error() << "only modules, objects and shared libraries hold code "
                      "for several levels, found "
                   << targets.size() << " levels";
  auto isForeign = [&](const cpu::Target &target) {
    return target.level->architecture != targets.front().level->architecture;
  };
  const auto *foreign = llvm::find_if(targets, isForeign);
  if (foreign != targets.end() && options.emit != Emit::Module)
    return error() << "an object or a library is for one architecture, found "
                   << targets.front().level->name << " and "
                   << foreign->level->name;
  return success();
}

LogicalResult Planner::checkOutput() {
  if (plan.writesModule && options.output == "-")
    return error() << "only text can be written to standard output";
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
