// What the cost model says of a model's kernels.
#include "tools/driver/Plans.h"

#include "dialects/kernel/KernelScheduleFiles.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/schedules/CostModel.h"
#include "tools/driver/Phases.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;

static std::string toText(Attribute attr) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (attr)
    os << attr;
  return text;
}

/// `kernel.schedule_for` with everything that it can ask for.
static std::string makeLine(kernel::KernelOpInterface op, StringRef level) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "kernel.schedule_for \"" << op.getKernelKind() << "\" of \""
     << kernel::getElementTypes(op) << "\" on \"" << level << "\" where {";
  llvm::interleaveComma(
      kernel::getNamedSizes(op), os, [&](const kernel::NamedSize &named) {
        os << named.name << " = ";
        if (std::optional<int64_t> constant = named.size.getConstant())
          os << *constant;
        else
          os << named.size.getAttr();
      });
  os << "} use ";
  return text;
}

namespace {
class Planner {
public:
  Planner(const CodeTarget &target, PlanRequest &request)
      : target(describe(target.cpu, target.device)), request(request) {
    if (request.flops > 0)
      rates.flops = request.flops;
    if (request.bf16Flops > 0)
      rates.bf16Flops = request.bf16Flops;
    if (request.int8Flops > 0)
      rates.int8Flops = request.int8Flops;
    if (request.memoryBytes > 0)
      rates.memoryBytes = request.memoryBytes;
  }

  KernelPlan plan(kernel::KernelOpInterface op);

private:
  std::optional<int64_t> valueOf(StringRef symbol) const {
    auto found = request.dims.find(symbol.str());
    return found == request.dims.end() ? std::nullopt
                                       : std::optional(found->second);
  }

  TargetDescription target;
  MachineRates rates;
  PlanRequest &request;
};
} // namespace

KernelPlan Planner::plan(kernel::KernelOpInterface op) {
  auto value = [&](StringRef symbol) { return valueOf(symbol); };
  KernelPlan plan;
  plan.kind = op.getKernelKind().str();
  Attribute schedule = op->getAttr("schedule");
  plan.choice.text = toText(schedule);
  std::optional<KernelPoint> point = KernelPoint::make(op, value);
  if (!point)
    return plan;
  KernelLimit limit = getLimit(*point, value, target, rates);
  plan.computeSeconds = limit.computeSeconds;
  plan.memorySeconds = limit.memorySeconds;
  if (!schedule)
    return plan;
  for (auto &[name, size] : point->getSizes())
    plan.sizes.push_back({name.str(), size});
  plan.line = makeLine(op, target.level);
  plan.choice.seconds = predictSeconds(*point, schedule, value, target, rates);
  if (!request.wantsOthers)
    return plan;
  Attribute same = getCanonicalSchedule(*point, schedule);
  for (Attribute other : listSchedules(*point, target))
    if (other != same)
      plan.others.push_back(
          {toText(other), predictSeconds(*point, other, value, target, rates)});
  llvm::sort(plan.others, [](auto &a, auto &b) {
    return std::tie(a.seconds, a.text) < std::tie(b.seconds, b.text);
  });
  return plan;
}

void hagane::driver::addPlans(ModuleOp module, const CodeTarget &target,
                              PlanRequest &request) {
  Planner planner(target, request);
  // Launches follow in this order.
  for (auto function : module.getOps<func::FuncOp>())
    function.walk([&](kernel::KernelOpInterface op) {
      request.kernels.push_back(planner.plan(op));
    });
}
