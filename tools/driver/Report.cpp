#include "tools/driver/Report.h"

#include "dialects/kernel/KernelArena.h"
#include "dialects/kernel/KernelCost.h"
#include "dialects/xf/NodeNames.h"
#include "dialects/xf/XfOps.h"
#include "tools/driver/Memory.h"
#include "tools/driver/ReportPoints.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::Dim;

static int64_t countBytes(ShapedType type) {
  return type.getNumElements() * kernel::getElementBytes(type.getElementType());
}

/// Each constant of the model counts once, however many kernels' weights are
/// made of it.
static void countWeights(ModuleOp module, Report &report) {
  llvm::DenseSet<std::pair<Attribute, Attribute>> seen;
  for (auto global : module.getOps<kernel::Global>()) {
    auto type = cast<ShapedType>(global.getType());
    std::string name;
    llvm::raw_string_ostream(name) << type.getElementType();
    report.bytesByType[name] += countBytes(type);
    global.walk([&](xf::Constant constant) {
      auto value = cast<ElementsAttr>(constant.getValue());
      Type element = value.getElementType();
      bool isParameter =
          isa<FloatType>(element) || element.getIntOrFloatBitWidth() <= 8;
      if (isParameter && !element.isInteger(1) &&
          seen.insert({value, constant.getNameAttr()}).second)
        report.parameters += value.getNumElements();
    });
  }
}

/// The bytes of all arguments of one role.
static Dim countArguments(func::FuncOp main, bool isOutput) {
  MLIRContext *context = main.getContext();
  Dim sum = Dim::constant(context, 0);
  for (unsigned i = 0; i < main.getNumArguments(); ++i) {
    auto dims = main.getArgAttrOfType<ArrayAttr>(i, "xf.dims");
    if (!dims ||
        static_cast<bool>(main.getArgAttr(i, "kernel.output")) != isOutput)
      continue;
    Dim bytes =
        Dim::constant(context, kernel::getElementBytes(getElementTypeOrSelf(
                                   main.getArgumentTypes()[i])));
    for (xf::DimAttr dim : dims.getAsRange<xf::DimAttr>())
      bytes = bytes * Dim(dim);
    sum = sum + bytes;
  }
  return sum;
}

namespace {

/// Evaluates costs at a point.
class Evaluator {
public:
  Evaluator(const Report &report, Point &point)
      : report(report), point(point) {}

  LogicalResult add(kernel::KernelOpInterface op);
  LogicalResult finish(ModuleOp module);

private:
  std::optional<int64_t> at(Dim dim) {
    return dim ? dim.evaluate(getValues()) : std::nullopt;
  }
  std::function<std::optional<int64_t>(StringRef)> getValues() const {
    return [this](StringRef name) -> std::optional<int64_t> {
      auto it = point.sizes.find(name.str());
      return it == point.sizes.end() ? std::nullopt : std::optional(it->second);
    };
  }
  LogicalResult placeBuffers(ModuleOp module);

  const Report &report;
  Point &point;
  double memorySeconds = 0, computeSeconds = 0;
};

} // namespace

static InFlightDiagnostic refuse(Operation *op, const Point &point,
                                 StringRef what) {
  return op->emitError("point '")
         << point.name << "': " << what << " cannot be told at these sizes";
}

LogicalResult Evaluator::add(kernel::KernelOpInterface op) {
  auto flops = at(op.getFlops()), bytes = at(op.getBytes()),
       scratch = at(op.getScratchBytes());
  if (!flops || !bytes || !scratch)
    return refuse(op, point, "the kernel's cost");
  double rate = report.machine.flops;
  if (auto gemm = dyn_cast<kernel::Gemm>(op.getOperation());
      gemm && getElementTypeOrSelf(gemm.getA()).isInteger(8))
    rate *= report.machine.byteRate;
  double compute = double(*flops) / rate,
         memory = double(*bytes) / report.machine.bandwidth;
  (compute > memory ? computeSeconds : memorySeconds) +=
      std::max(compute, memory);
  for (Cost *cost : {&point.total, &point.kinds[op.getKernelKind().str()]}) {
    ++cost->count;
    cost->flops += double(*flops);
    cost->bytes += double(*bytes);
    cost->seconds += std::max(compute, memory);
  }
  if (isa<kernel::Task>(op))
    point.fallbacks.push_back(
        {xf::getNodeNames(op.getLoc()), std::max(compute, memory)});
  point.scratch = std::max(point.scratch, *scratch);
  return success();
}

LogicalResult Evaluator::finish(ModuleOp module) {
  for (auto [dim, value] : {std::pair(report.arena, &point.arena),
                            std::pair(report.inputs, &point.inputs),
                            std::pair(report.outputs, &point.outputs),
                            std::pair(report.memory, &point.memory),
                            std::pair(report.units, &point.units)}) {
    auto found = at(dim);
    if (!found)
      return refuse(module, point, "the memory");
    *value = *found;
  }
  if (failed(placeBuffers(module)))
    return failure();
  point.isMemoryBound = memorySeconds >= computeSeconds;
  return success();
}

/// The formula of the arena is a bound; at a point the plan itself is known.
LogicalResult Evaluator::placeBuffers(ModuleOp module) {
  auto plan =
      kernel::ArenaPlan::read(module.lookupSymbol<func::FuncOp>("main"));
  if (failed(plan))
    return failure();
  auto sizes = kernel::getSizes(plan->buffers, getValues());
  if (!sizes)
    return refuse(module, point, "the memory");
  int64_t bytes = kernel::place(*plan, *sizes).bytes;
  point.memory += bytes - point.arena;
  point.arena = bytes;
  return success();
}

static void measure(func::FuncOp main, Report &report) {
  MLIRContext *context = main.getContext();
  Dim zero = Dim::constant(context, 0);
  MemoryNeed need = getMemoryNeed(main->getParentOfType<ModuleOp>());
  report.weightBytes = need.weights;
  report.arena = need.arena;
  report.inputs = countArguments(main, /*isOutput=*/false);
  report.outputs = countArguments(main, /*isOutput=*/true);
  report.memory = report.arena + report.inputs + report.outputs +
                  Dim::constant(context, report.weightBytes);
  report.flops = report.bytes = zero;
  main.walk([&](kernel::KernelOpInterface op) {
    report.flops = report.flops + op.getFlops();
    report.bytes = report.bytes + op.getBytes();
  });
  Signature signature(main);
  report.hasTokens = static_cast<bool>(signature.tokens);
  report.units = Dim::constant(context, 1);
  if (signature.tokens)
    for (xf::DimAttr dim : signature.tokens.getAsRange<xf::DimAttr>())
      report.units = report.units * Dim(dim);
}

FailureOr<Report> hagane::driver::makeReport(ModuleOp module,
                                             const CompileOptions &options) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main)
    return module.emitError("nothing to report on: there is no function main");
  llvm::Expected<Machine> machine = parseMachine(options.machine);
  if (!machine)
    return module.emitError(llvm::toString(machine.takeError()));
  Report report;
  report.model = options.input;
  report.machine = *machine;
  countWeights(module, report);
  measure(main, report);
  FailureOr<SmallVector<Point>> points = choosePoints(module, options);
  if (failed(points))
    return failure();
  report.points = std::move(*points);
  for (Point &point : report.points) {
    Evaluator evaluator(report, point);
    auto result = main.walk([&](kernel::KernelOpInterface op) {
      return WalkResult(evaluator.add(op));
    });
    if (result.wasInterrupted() || failed(evaluator.finish(module)))
      return failure();
  }
  return report;
}
