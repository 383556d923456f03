//===- AssignSchedules.cpp - Every kernel gets its schedule ---------------===//

#include "dialects/xf/SymbolRanges.h"
#include "passes/schedules/Passes.h"
#include "passes/schedules/ScheduleBook.h"
#include "passes/schedules/ScheduleRules.h"
#include "passes/schedules/ScheduleSpace.h"

namespace hagane {
#define GEN_PASS_DEF_ASSIGNSCHEDULESPASS
#include "passes/schedules/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;

namespace {
struct AssignSchedules
    : hagane::impl::AssignSchedulesPassBase<AssignSchedules> {
  using AssignSchedulesPassBase::AssignSchedulesPassBase;

  void runOnOperation() override {
    TargetDescription target{vectorBits, vectorRegisters, l1Bytes,
                             l2Bytes,    threads,         level};
    std::optional<ScheduleBook> book;
    if (!file.empty()) {
      FailureOr<ScheduleBook> read = ScheduleBook::read(file, &getContext());
      if (failed(read))
        return signalPassFailure();
      book = std::move(*read);
    }
    xf::DimProver prover = xf::readSymbolRanges(getOperation());
    auto assign = [&](kernel::KernelOpInterface op) -> WalkResult {
      if (!kernel::hasSchedule(op) || op->hasAttr("schedule"))
        return WalkResult::advance();
      kernel::ScheduleFor line;
      if (book && kernel::hasCompleteShapes(op))
        line = book->find(op, target, prover);
      Attribute schedule =
          line ? line.getSchedule() : chooseSchedule(op, target);
      if (line && failed(checkSchedule(op, schedule, target, [&] {
            return line.emitError("for a ")
                   << op.getKernelKind() << " on "
                   << (target.level.empty() ? "this target" : target.level)
                   << ": ";
          })))
        return WalkResult::interrupt();
      op->setAttr("schedule", schedule);
      return WalkResult::advance();
    };
    if (getOperation().walk(assign).wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
