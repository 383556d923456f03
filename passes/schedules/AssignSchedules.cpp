//===- AssignSchedules.cpp - Every kernel gets its schedule ---------------===//

#include "dialects/kernel/KernelCudaCost.h"
#include "dialects/xf/SymbolRanges.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/schedules/Passes.h"
#include "passes/schedules/ScheduleBook.h"
#include "passes/schedules/ScheduleRules.h"
#include "passes/schedules/ScheduleSpace.h"
#include "passes/schedules/SplitAttention.h"
#include "passes/schedules/cuda/CudaRules.h"

namespace hagane {
#define GEN_PASS_DEF_ASSIGNSCHEDULESPASS
#include "passes/schedules/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;

namespace {
/// Chooses for one target, and checks what is chosen.
class Assigner {
public:
  Assigner(TargetDescription target, ModuleOp module)
      : target(std::move(target)), prover(xf::readSymbolRanges(module)) {}

  /// Reads schedule files; empty paths stand for none.
  LogicalResult read(StringRef choicePath, StringRef lockPath,
                     MLIRContext *context);
  LogicalResult assign(kernel::KernelOpInterface op);

private:
  FailureOr<Attribute> choose(kernel::KernelOpInterface op);
  LogicalResult checkLock(kernel::KernelOpInterface op, Attribute schedule);
  kernel::ScheduleFor find(const std::optional<ScheduleBook> &book,
                           Operation *op);

  TargetDescription target;
  xf::DimProver prover;
  std::optional<ScheduleBook> choice, lock;
};
} // namespace

static LogicalResult readBook(StringRef path, MLIRContext *context,
                              std::optional<ScheduleBook> &book) {
  if (path.empty())
    return success();
  FailureOr<ScheduleBook> found = ScheduleBook::read(path, context);
  if (succeeded(found))
    book = std::move(*found);
  return found;
}

LogicalResult Assigner::read(StringRef choicePath, StringRef lockPath,
                             MLIRContext *context) {
  return success(succeeded(readBook(choicePath, context, choice)) &&
                 succeeded(readBook(lockPath, context, lock)));
}

kernel::ScheduleFor Assigner::find(const std::optional<ScheduleBook> &book,
                                   Operation *op) {
  return book && kernel::hasCompleteShapes(op) ? book->find(op, target, prover)
                                               : kernel::ScheduleFor();
}

FailureOr<Attribute> Assigner::choose(kernel::KernelOpInterface op) {
  kernel::ScheduleFor line = find(choice, op);
  if (!line)
    return target.sm ? chooseCudaSchedule(op, target)
                     : chooseSchedule(op, target);
  auto error = [&] {
    return line.emitError("for a ")
           << op.getKernelKind() << " on "
           << (target.level.empty() ? "this target" : target.level) << ": ";
  };
  if (failed(checkSchedule(op, line.getSchedule(), target, error)))
    return failure();
  return line.getSchedule();
}

LogicalResult Assigner::checkLock(kernel::KernelOpInterface op,
                                  Attribute schedule) {
  if (!lock)
    return success();
  kernel::ScheduleFor line = find(lock, op);
  if (!line)
    return op.emitError("no line of the lock fits this ")
           << op.getKernelKind() << ", which gets " << schedule;
  if (line.getSchedule() == schedule)
    return success();
  auto error = op.emitError("gets ")
               << schedule << ", locked to " << line.getSchedule();
  error.attachNote(line.getLoc()) << "locked here";
  return error;
}

LogicalResult Assigner::assign(kernel::KernelOpInterface op) {
  FailureOr<Attribute> schedule = choose(op);
  if (failed(schedule) || failed(checkLock(op, *schedule)))
    return failure();
  auto attention = dyn_cast<kernel::Attention>(op.getOperation());
  int64_t parts = attention ? kernel::getParts(*schedule) : 1;
  if (parts > 1 && attention.getOuts().size() == 1) {
    if (attention->getNumResults() == 0)
      return op.emitError("expects attention on tensors to split it in ")
             << parts << " parts";
    return assign(splitAttention(attention, *schedule, parts));
  }
  op->setAttr("schedule", *schedule);
  return success();
}

namespace {
struct AssignSchedules
    : hagane::impl::AssignSchedulesPassBase<AssignSchedules> {
  using AssignSchedulesPassBase::AssignSchedulesPassBase;

  void runOnOperation() override {
    Assigner assigner({vectorBits, vectorRegisters, l1Bytes, l2Bytes, threads,
                       level, bf16Dots, int8Dots, sm, multiprocessors,
                       sharedBytes},
                      getOperation());
    if (failed(assigner.read(file, lock, &getContext())))
      return signalPassFailure();
    SmallVector<kernel::KernelOpInterface> open;
    WalkResult given = getOperation().walk([&](kernel::KernelOpInterface op) {
      // On a GPU even a task's items are grouped by a schedule.
      if ((sm || kernel::hasSchedule(op)) && !op->hasAttr("schedule"))
        open.push_back(op);
      return WalkResult(checkKind(op));
    });
    if (given.wasInterrupted())
      return signalPassFailure();
    for (kernel::KernelOpInterface op : open)
      if (failed(assigner.assign(op)))
        return signalPassFailure();
  }

private:
  /// A schedule that the kernel comes with has to be of the target's kind.
  LogicalResult checkKind(kernel::KernelOpInterface op) {
    Attribute schedule = op->getAttr("schedule");
    if (!schedule || isa<kernel::CudaScheduleInterface>(schedule) == (sm != 0))
      return success();
    return op->emitError("comes with ")
           << schedule << ", expected a schedule of a "
           << (sm ? "GPU" : "processor")
           << ": schedules cannot change once they are assigned";
  }
};
} // namespace
