// bisectModel: the compiled module and the evaluator side by side.
#include "dialects/xf/XfOps.h"
#include "dialects/xf/eval/Interpreter.h"
#include "frontend/Import.h"
#include "tools/driver/Diagnostics.h"
#include "tools/driver/Execute.h"
#include "tools/driver/Phases.h"
#include "tools/driver/SymbolFacts.h"
#include "tools/driver/Taps.h"
#include "tools/hagane/CompileOptions.h"
#include "tools/lib/Register.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/ThreadPool.h"

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
};

class Bisection {
public:
  explicit Bisection(const BisectOptions &options)
      : options(options),
        pool(llvm::hardware_concurrency(options.compile.threads)),
        context(makeRegistry(), MLIRContext::Threading::DISABLED),
        printer(&context, options.compile.verbose) {
    if (pool.getMaxConcurrency() > 1)
      context.setThreadPool(pool);
    context.loadAllAvailableDialects();
  }
  /// True if all kernels agree.
  FailureOr<bool> run();

private:
  static DialectRegistry makeRegistry() {
    DialectRegistry registry;
    registerDialects(registry);
    return registry;
  }

  LogicalResult load();
  LogicalResult evaluate();
  LogicalResult runPhase(ModuleOp module, Phase phase) {
    progress(getName(phase));
    PassManager pm(&context);
    buildPhase(pm, phase, *target);
    return pm.run(module);
  }
  FailureOr<SmallVector<Row>> compareKernels();
  Row match(Tap tap, const HostTensor &got);
  SmallVector<Value> partsOf(const Row &guilty, ArrayRef<Row> rows);
  LogicalResult split(const Row &guilty, ArrayRef<Row> rows);
  Difference compareTo(Value value, const HostTensor &got) {
    return compare(got, references[value], options.absTolerance,
                   options.relTolerance);
  }
  void progress(StringRef phase) {
    if (options.compile.progress)
      options.compile.progress(std::string_view(phase.data(), phase.size()),
                               -1);
  }
  func::FuncOp main(ModuleOp module) {
    return module.lookupSymbol<func::FuncOp>("main");
  }

  const BisectOptions &options;
  llvm::DefaultThreadPool pool;
  MLIRContext context;
  DiagnosticPrinter printer;
  std::optional<cpu::Target> target;
  OwningOpRef<ModuleOp> source; // after fusion
  SmallVector<HostTensor> arguments;
  References references;
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
  progress("import");
  source = frontend::importModel(&context, options.compile.input);
  if (!source)
    return failure();
  if (failed(runPhase(*source, Phase::Convert)) ||
      failed(applySymbolFacts(*source, options.compile)) ||
      failed(runPhase(*source, Phase::Shapes)) ||
      failed(runPhase(*source, Phase::Fusion)))
    return failure();
  FailureOr<SmallVector<HostTensor>> made = makeArguments(*source, options);
  if (failed(made))
    return failure();
  arguments = std::move(*made);
  return success();
}

LogicalResult Bisection::evaluate() {
  progress("evaluate");
  func::FuncOp function = main(*source);
  xf::eval::InterpreterOptions taps;
  taps.afterOp = [&](Operation *op, ArrayRef<HostTensor> results) {
    // What a loop computes differs from one iteration to the next.
    if (op->getParentOp() == function)
      for (auto [value, tensor] : llvm::zip(op->getResults(), results))
        references[value] = tensor;
    return success();
  };
  return interpret(function, arguments, taps);
}

/// The counterpart that is nearest: a kernel with fused neighbours has one of
/// several.
Row Bisection::match(Tap tap, const HostTensor &got) {
  Row row{std::move(tap), {}, {}};
  for (Value value : findCandidates(row.tap.location, references,
                                    got.getElementType(), got.getCount())) {
    Difference difference = compareTo(value, got);
    if (row.value && difference.absolute >= row.difference.absolute)
      continue;
    row.value = value;
    row.difference = difference;
  }
  return row;
}

FailureOr<SmallVector<Row>> Bisection::compareKernels() {
  OwningOpRef<ModuleOp> module = source->clone();
  if (failed(runPhase(*module, Phase::Kernels)))
    return failure();
  unsigned own = main(*module).getNumResults();
  SmallVector<Tap> taps = tapKernels(main(*module));
  progress("run");
  FailureOr<SmallVector<HostTensor>> results =
      compileAndRun(*module, *target, arguments);
  if (failed(results))
    return failure();
  SmallVector<Row> rows;
  for (auto [tap, got] :
       llvm::zip_equal(taps, ArrayRef(*results).drop_front(own)))
    rows.push_back(match(tap, got));
  return rows;
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
    if (!op || boundary.contains(value) || !references.contains(value) ||
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

/// Returning each part's result keeps the parts from being fused again.
LogicalResult Bisection::split(const Row &guilty, ArrayRef<Row> rows) {
  SmallVector<Value> parts = partsOf(guilty, rows);
  if (parts.size() < 2) {
    llvm::outs() << "the kernel holds one operation: nothing to split\n";
    return success();
  }
  IRMapping mapping;
  OwningOpRef<ModuleOp> module = cast<ModuleOp>(source.get()->clone(mapping));
  unsigned own = main(*module).getNumResults();
  SmallVector<Value> returned;
  for (Value part : parts)
    returned.push_back(mapping.lookup(part));
  appendResults(main(*module), returned);
  if (failed(runPhase(*module, Phase::Kernels)))
    return failure();
  FailureOr<SmallVector<HostTensor>> results =
      compileAndRun(*module, *target, arguments);
  if (failed(results))
    return failure();
  llvm::outs() << "\nsplit into " << parts.size() << " operations:\n";
  Value first;
  for (auto [part, got] :
       llvm::zip_equal(parts, ArrayRef(*results).drop_front(own))) {
    Difference difference = compareTo(part, got);
    printRow(part.getDefiningOp()->getName().stripDialect(),
             nodeName(part.getLoc()), &difference);
    if (!difference.isTolerable && !first)
      first = part;
  }
  if (first)
    llvm::outs() << "splitting does not remove the difference: "
                 << first.getDefiningOp()->getName() << " of node '"
                 << nodeName(first.getLoc()) << "' differs by itself\n";
  else
    llvm::outs() << "splitting removes the difference: it is in the fusion\n";
  return success();
}

FailureOr<bool> Bisection::run() {
  if (failed(load()) || failed(evaluate()))
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
  if (failed(split(*guilty, *rows)))
    return failure();
  return false;
}

bool hagane::bisectModel(const BisectOptions &options) {
  FailureOr<bool> agrees = Bisection(options).run();
  return succeeded(agrees) && *agrees;
}
