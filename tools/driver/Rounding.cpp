#include "tools/driver/Rounding.h"

#include "dialects/kernel/KernelOps.h"
#include "dialects/xf/NodeNames.h"
#include "passes/precision/FactorType.h"
#include "tools/driver/Execute.h"
#include "tools/driver/Phases.h"
#include "tools/driver/Program.h"
#include "tools/driver/ReportPoints.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::eval::HostTensor;

namespace {

class Measurement {
public:
  Measurement(ModuleOp fused, const cpu::Target &target,
              const CompileOptions &options)
      : options(options), target(target), exact{fused.clone(), {}} {}

  FailureOr<Rounding> run();

private:
  LogicalResult makeKernels();
  LogicalResult measureAt(const Point &point);
  void compareOutputs(ArrayRef<HostTensor> want, ArrayRef<HostTensor> got);
  double findError(Value result);

  const CompileOptions &options;
  const cpu::Target &target;
  Program exact, rounded;
  SmallVector<Value> results; // of the kernels in `rounding`, in order
  Rounding rounding;
};

} // namespace

/// The norm of the difference relative to that of `want`, where finite.
static double relativeError(const HostTensor &want, const HostTensor &got) {
  double error = 0, norm = 0;
  for (int64_t i = 0; i < want.getCount(); ++i) {
    double x = want.getReal(i), y = got.getReal(i);
    if (!std::isfinite(x) || !std::isfinite(y))
      continue;
    error += (x - y) * (x - y);
    norm += x * x;
  }
  return norm > 0 ? std::sqrt(error / norm) : std::sqrt(error);
}

/// Forms kernels and finds those of marked operations.
LogicalResult Measurement::makeKernels() {
  llvm::SetVector<StringAttr> marked;
  exact.main().walk([&](Operation *op) {
    if (getFactorType(op))
      marked.insert_range(nodeNames(op->getLoc()));
  });
  rounded.module = exact.module->clone();
  PassManager pm(rounded.module->getContext());
  buildPhase(pm, Phase::Kernels, target, PhaseOptions(options));
  if (failed(pm.run(*rounded.module)))
    return failure();
  for (auto op : rounded.main().getOps<kernel::KernelOpInterface>()) {
    bool isProduct =
        isa<kernel::Gemm, kernel::Conv, kernel::Attention, kernel::Task>(op);
    if (!isProduct || llvm::none_of(nodeNames(op->getLoc()), [&](auto name) {
          return marked.contains(name);
        }))
      continue;
    rounding.kernels.push_back(
        {op.getKernelKind().str(), xf::getNodeNames(op->getLoc())});
    results.push_back(op->getResult(0));
  }
  return success();
}

void Measurement::compareOutputs(ArrayRef<HostTensor> want,
                                 ArrayRef<HostTensor> got) {
  auto main = rounded.main();
  for (auto [i, pair] : llvm::enumerate(llvm::zip_equal(want, got))) {
    auto &[expected, found] = pair;
    if (!expected.getElement().isFloat() ||
        expected.getCount() != found.getCount())
      continue;
    auto name = main.getResultAttrOfType<StringAttr>(i, "onnx.name");
    std::string key = name ? name.str() : std::to_string(i);
    double error = relativeError(expected, found);
    auto known = llvm::find_if(rounding.outputs, [&](const auto &output) {
      return output.first == key;
    });
    if (known == rounding.outputs.end())
      rounding.outputs.emplace_back(key, error);
    else
      known->second = std::max(known->second, error);
  }
}

/// A kernel may have absorbed its neighbours: its counterpart is the value of
/// their nodes that comes closest.
double Measurement::findError(Value result) {
  auto *found = rounded.references.find(result);
  if (found == rounded.references.end())
    return -1;
  double error = -1;
  for (Value value : findCandidates(result.getLoc(), exact.references,
                                    Float32Type::get(result.getContext()),
                                    found->second.getCount())) {
    double distance =
        relativeError(exact.references.find(value)->second, found->second);
    error = error < 0 ? distance : std::min(error, distance);
  }
  return error;
}

LogicalResult Measurement::measureAt(const Point &point) {
  auto arguments =
      makeArgumentsAt(*rounded.module, point.sizes, options.checkInputs);
  if (failed(arguments))
    return failure();
  auto want = exact.evaluate(*arguments), got = rounded.evaluate(*arguments);
  if (failed(want) || failed(got))
    return failure();
  compareOutputs(*want, *got);
  for (auto [kernel, result] : llvm::zip_equal(rounding.kernels, results))
    kernel.error = std::max(kernel.error, findError(result));
  return success();
}

FailureOr<Rounding> Measurement::run() {
  rounding.factors = options.precision;
  if (failed(makeKernels()))
    return failure();
  if (options.shapeOnly)
    return rounding;
  CompileOptions small;
  small.context = kCheckedContext;
  ScopedDiagnosticHandler quiet(rounded.module->getContext(),
                                [](Diagnostic &) { return success(); });
  if (auto points = choosePoints(*rounded.module, small); succeeded(points))
    for (const Point &point : *points)
      (void)measureAt(point);
  return rounding;
}

FailureOr<Rounding>
hagane::driver::measureRounding(ModuleOp fused, const cpu::Target &target,
                                const CompileOptions &options) {
  return Measurement(fused, target, options).run();
}
