// bisectModel: the compiled module and the evaluator side by side.
#include "dialects/kernel/KernelOps.h"
#include "dialects/text/ReadText.h"
#include "dialects/xf/XfOps.h"
#include "dialects/xf/eval/Interpreter.h"
#include "tools/driver/Command.h"
#include "tools/driver/Execute.h"
#include "tools/driver/Phases.h"
#include "tools/driver/Reproducer.h"
#include "tools/driver/Source.h"
#include "tools/driver/SymbolFacts.h"
#include "tools/driver/UndoFusion.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::eval::HostTensor;

namespace {

/// A kernel's result beside the value it stands for.
struct Row {
  Tap tap;
  Value value; // null: the evaluator has no counterpart
  Difference difference;
  unsigned number; // of the kernel's result in the module that returns all
};

class Bisection : Command {
public:
  explicit Bisection(const BisectOptions &options)
      : Command(options.compile), options(options) {}
  /// True if all kernels agree.
  FailureOr<bool> run();

private:
  LogicalResult load();
  LogicalResult evaluate(Program &program);
  LogicalResult runPhase(ModuleOp module, Phase phase) {
    progress(getName(phase));
    PassManager pm(&context);
    buildPhase(pm, phase, *target, PhaseOptions(options.compile));
    return pm.run(module);
  }
  FailureOr<OwningOpRef<ModuleOp>> makeKernels();
  FailureOr<SmallVector<Row>> compareKernels();
  LogicalResult judge(const Row &guilty);
  Row match(Tap tap, unsigned number, const HostTensor &got);
  SmallVector<Value> partsOf(const Row &guilty, ArrayRef<Row> rows);
  FailureOr<SmallVector<Difference>>
  runParts(ModuleOp module, const Program &program, ArrayRef<Value> parts);
  LogicalResult split(const Row &guilty, ArrayRef<Row> rows);
  LogicalResult undo(Value guilty);
  LogicalResult reproduce(ArrayRef<Value> parts);
  Difference compareTo(const HostTensor &want, const HostTensor &got) {
    return compare(got, want, options.absTolerance, options.relTolerance);
  }
  const BisectOptions &options;
  std::optional<cpu::Target> target;
  Program plain; // before fusion
  Program fused;
  Program kernels; // with every kernel's result behind those of the model
  SmallVector<HostTensor> arguments;
};

} // namespace

LogicalResult Bisection::load() {
  Location unknown = UnknownLoc::get(&context);
  const std::vector<std::string> &names = options.compile.targetCpus;
  if (names.size() > 1)
    return emitError(unknown)
           << "one level is run at a time, found " << names.size();
  llvm::Expected<cpu::Target> parsed =
      cpu::parseTarget(names.empty() ? "native" : names.front());
  if (!parsed)
    return emitError(unknown) << llvm::toString(parsed.takeError());
  target = *parsed;
  if (options.compile.runThreads != 0)
    target->sizes.threads = options.compile.runThreads;
  progress("import");
  Phase start;
  plain.module = loadSource(&context, options.compile.input, start);
  if (!plain.module)
    return failure();
  if (start > Phase::Fusion || !plain.main())
    return emitError(unknown)
           << "a model is compared before its kernels are formed: expected "
              "ONNX, or IR of the phases up to fusion";
  if (start <= Phase::Convert &&
      failed(runPhase(*plain.module, Phase::Convert)))
    return failure();
  if (failed(applySymbolFacts(*plain.module, options.compile)) ||
      failed(runPhase(*plain.module, Phase::Shapes)))
    return failure();
  fused.module = plain.module->clone();
  if (failed(runPhase(*fused.module, Phase::Fusion)))
    return failure();
  FailureOr<SmallVector<HostTensor>> made =
      makeArguments(*fused.module, options);
  if (failed(made))
    return failure();
  arguments = std::move(*made);
  return success();
}

LogicalResult Bisection::evaluate(Program &program) {
  progress("evaluate");
  return program.evaluate(arguments);
}

/// The counterpart that is nearest: a kernel with fused neighbours has one of
/// several.
Row Bisection::match(Tap tap, unsigned number, const HostTensor &got) {
  Row row{std::move(tap), {}, {}, number};
  for (Value value : findCandidates(row.tap.location, fused.references,
                                    got.getElementType(), got.getCount())) {
    Difference difference = compareTo(fused.references[value], got);
    if (row.value && difference.absolute >= row.difference.absolute)
      continue;
    row.value = value;
    row.difference = difference;
  }
  return row;
}

/// The compiler's kernels, or the user's with the weights of the compiler's.
FailureOr<OwningOpRef<ModuleOp>> Bisection::makeKernels() {
  OwningOpRef<ModuleOp> own = fused.module->clone();
  if (failed(runPhase(*own, Phase::Kernels)))
    return failure();
  if (options.kernels.empty())
    return own;
  auto module = readModule(&context, options.kernels);
  if (!module)
    return failure();
  func::FuncOp main = Program::mainOf(*module);
  if (!main ||
      main.getFunctionType() != Program::mainOf(*own).getFunctionType())
    return module->emitError("'")
           << options.kernels << "' is of another model: expected a function "
           << "'main' of type " << Program::mainOf(*own).getFunctionType();
  // Printed weights are left out.
  SmallVector<kernel::Global> globals(module->getOps<kernel::Global>());
  for (kernel::Global global : globals)
    if (auto original = own->lookupSymbol<kernel::Global>(global.getSymName());
        original && original.getType() == global.getType()) {
      original->moveBefore(global);
      global->erase();
    }
  return module;
}

FailureOr<SmallVector<Row>> Bisection::compareKernels() {
  FailureOr<OwningOpRef<ModuleOp>> module = makeKernels();
  if (failed(module))
    return failure();
  func::FuncOp main = Program::mainOf(**module);
  unsigned own = main.getNumResults();
  SmallVector<Tap> taps = tapKernels(main);
  kernels.module = module->get().clone();
  progress("run");
  FailureOr<SmallVector<HostTensor>> results =
      compileAndRun(**module, *target, arguments);
  if (failed(results))
    return failure();
  SmallVector<Row> rows;
  for (auto [i, tap] : llvm::enumerate(taps))
    rows.push_back(match(tap, own + i, (*results)[own + i]));
  return rows;
}

/// Says whether the first kernel that differs was formed or compiled wrong, by
/// what it computes as it stands.
LogicalResult Bisection::judge(const Row &guilty) {
  progress("evaluate");
  FailureOr<SmallVector<HostTensor>> results = kernels.evaluate(arguments);
  if (failed(results))
    return failure();
  progress("");
  const HostTensor &meant = (*results)[guilty.number];
  bool isFormed = llvm::any_of(
      findCandidates(guilty.tap.location, fused.references,
                     meant.getElementType(), meant.getCount()),
      [&](Value value) {
        return compareTo(fused.references[value], meant).isTolerable;
      });
  llvm::outs() << (isFormed ? "the kernel as it was formed computes the right "
                              "result: its code is wrong\n"
                            : "the kernel as it was formed computes another "
                              "result, whatever its code is\n");
  return success();
}

static void printRow(StringRef kind, StringRef node, const Difference *d) {
  llvm::outs() << llvm::left_justify(kind, 10) << " ";
  if (d)
    llvm::outs() << llvm::format("%10.3g %10.3g", d->absolute, d->relative)
                 << (d->isTolerable ? "  ok      " : "  DIFFERS ");
  else
    llvm::outs() << llvm::format("%10s %10s", "-", "-") << "  unseen  ";
  llvm::outs() << (node.empty() ? "(no node name)" : node) << "\n";
}

/// "xf.gelu of node 'Gelu_2'".
static std::string describe(Value value) {
  return (value.getDefiningOp()->getName().getStringRef() + " of node '" +
          nodeName(value.getLoc()) + "'")
      .str();
}

/// Operations that only this kernel computes: back from its value to the
/// results of other kernels.
SmallVector<Value> Bisection::partsOf(const Row &guilty, ArrayRef<Row> rows) {
  llvm::SmallPtrSet<Value, 16> boundary;
  for (const Row &row : rows)
    if (row.value != guilty.value)
      boundary.insert(row.value);
  SmallVector<Value> work{guilty.value}, parts;
  llvm::SmallPtrSet<Value, 16> seen;
  while (!work.empty()) {
    Value value = work.pop_back_val();
    Operation *op = value.getDefiningOp();
    if (!op || boundary.contains(value) || !fused.references.contains(value) ||
        isa<xf::Constant>(op) || !seen.insert(value).second)
      continue;
    parts.push_back(value);
    llvm::append_range(work, op->getOperands());
  }
  llvm::sort(parts, [](Value a, Value b) {
    return a.getDefiningOp()->isBeforeInBlock(b.getDefiningOp());
  });
  return parts;
}

/// Compiles and runs a module whose last results are `parts` of `program`, and
/// prints how far each is off.
FailureOr<SmallVector<Difference>> Bisection::runParts(ModuleOp module,
                                                       const Program &program,
                                                       ArrayRef<Value> parts) {
  unsigned own = Program::mainOf(module).getNumResults() - parts.size();
  if (failed(runPhase(module, Phase::Kernels)))
    return failure();
  FailureOr<SmallVector<HostTensor>> results =
      compileAndRun(module, *target, arguments);
  if (failed(results))
    return failure();
  progress("");
  SmallVector<Difference> differences;
  for (auto [part, got] :
       llvm::zip_equal(parts, ArrayRef(*results).drop_front(own))) {
    differences.push_back(
        compareTo(program.references.find(part)->second, got));
    printRow(part.getDefiningOp()->getName().stripDialect(),
             nodeName(part.getLoc()), &differences.back());
  }
  return differences;
}

/// The first of `parts` that differs; null if none does.
static Value findFirst(ArrayRef<Value> parts,
                       ArrayRef<Difference> differences) {
  for (auto [part, difference] : llvm::zip_equal(parts, differences))
    if (!difference.isTolerable)
      return part;
  return {};
}

/// Returning each part's result keeps the parts from being fused again.
LogicalResult Bisection::split(const Row &guilty, ArrayRef<Row> rows) {
  SmallVector<Value> parts = partsOf(guilty, rows);
  if (parts.size() < 2 && options.kernels.empty()) {
    llvm::outs() << "the kernel holds one operation: nothing to split\n";
    return undo(guilty.value);
  }
  IRMapping mapping;
  OwningOpRef<ModuleOp> module =
      cast<ModuleOp>(fused.module.get()->clone(mapping));
  SmallVector<Value> returned;
  for (Value part : parts)
    returned.push_back(mapping.lookup(part));
  appendResults(Program::mainOf(*module), returned);
  llvm::outs() << "\nsplit into " << parts.size() << " operations:\n";
  FailureOr<SmallVector<Difference>> differences =
      runParts(*module, fused, parts);
  if (failed(differences))
    return failure();
  if (Value first = findFirst(parts, *differences)) {
    llvm::outs() << "splitting does not remove the difference: "
                 << describe(first) << " differs by itself\n";
    return undo(first);
  }
  if (parts.size() < 2)
    llvm::outs() << "the compiler's kernel agrees: the difference is in '"
                 << options.kernels << "'\n";
  else
    llvm::outs() << "splitting removes the difference: it is in the fusion\n";
  return reproduce(parts);
}

/// Computes a fused operation by those it was fused from.
LogicalResult Bisection::undo(Value guilty) {
  if (plain.references.empty() && failed(evaluate(plain)))
    return failure();
  std::optional<UndoneFusion> undone =
      undoFusion(guilty.getDefiningOp(), fused, plain);
  if (!undone)
    return reproduce(guilty);
  llvm::outs() << "\n"
               << describe(guilty) << " without fusion, "
               << undone->pieces.size() << " operations:\n";
  FailureOr<SmallVector<Difference>> differences =
      runParts(*undone->module, plain, undone->pieces);
  if (failed(differences))
    return failure();
  if (Value first = findFirst(undone->pieces, *differences))
    llvm::outs() << "undoing the fusion does not remove the difference: "
                 << describe(first) << " differs by itself\n";
  else
    llvm::outs() << "undoing the fusion removes the difference: it is in "
                 << guilty.getDefiningOp()->getName() << "\n";
  return reproduce(guilty);
}

LogicalResult Bisection::reproduce(ArrayRef<Value> parts) {
  if (options.reproducer.empty())
    return success();
  FailureOr<Reproducer> reproducer = cutOut(fused, parts, arguments);
  if (failed(reproducer) || failed(write(*reproducer, options.reproducer)))
    return failure();
  for (Phase phase : {Phase::Shapes, Phase::Fusion, Phase::Kernels})
    if (failed(runPhase(*reproducer->module, phase)))
      return failure();
  FailureOr<SmallVector<HostTensor>> results =
      compileAndRun(*reproducer->module, *target, reproducer->arguments);
  if (failed(results))
    return failure();
  progress("");
  Difference difference = compareTo(reproducer->expected, results->front());
  llvm::outs() << "\nwrote model.mlir, inputs.npz and expected.npz to '"
               << options.reproducer << "': "
               << (difference.isTolerable ? "by itself this part agrees"
                                          : "by itself this part differs")
               << llvm::format(", max abs %.3g, max rel %.3g\n",
                               difference.absolute, difference.relative);
  return success();
}

FailureOr<bool> Bisection::run() {
  if (failed(load()) || failed(evaluate(fused)))
    return failure();
  FailureOr<SmallVector<Row>> rows = compareKernels();
  if (failed(rows))
    return failure();
  progress("");
  llvm::outs() << llvm::format("%-10s %10s %10s  %-7s %s\n", "kernel",
                               "max abs", "max rel", "result", "node");
  const Row *guilty = nullptr;
  unsigned compared = 0;
  for (const Row &row : *rows) {
    printRow(row.tap.kind, nodeName(row.tap.location),
             row.value ? &row.difference : nullptr);
    compared += bool(row.value);
    if (row.value && !row.difference.isTolerable && !guilty)
      guilty = &row;
  }
  if (!guilty) {
    llvm::outs() << "all " << compared << " compared kernels of "
                 << rows->size() << " agree with the evaluator\n";
    return true;
  }
  llvm::outs() << "first difference: node '" << nodeName(guilty->tap.location)
               << "' (" << guilty->tap.kind << ")"
               << llvm::format(", max abs %.3g, max rel %.3g\n",
                               guilty->difference.absolute,
                               guilty->difference.relative);
  if (failed(judge(*guilty)) || failed(split(*guilty, *rows)))
    return failure();
  return false;
}

bool hagane::bisectModel(const BisectOptions &options) {
  FailureOr<bool> agrees = Bisection(options).run();
  return succeeded(agrees) && *agrees;
}
