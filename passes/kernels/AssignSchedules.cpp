//===- AssignSchedules.cpp - Every kernel gets its schedule ---------------===//

#include "passes/kernels/Passes.h"
#include "passes/kernels/Schedules.h"

namespace hagane {
#define GEN_PASS_DEF_ASSIGNSCHEDULESPASS
#include "passes/kernels/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;

namespace {
struct AssignSchedules
    : hagane::impl::AssignSchedulesPassBase<AssignSchedules> {
  using AssignSchedulesPassBase::AssignSchedulesPassBase;

  void runOnOperation() override {
    TargetDescription target{vectorBits, vectorRegisters, l1Bytes, l2Bytes,
                             threads};
    getOperation().walk([&](Operation *op) {
      llvm::TypeSwitch<Operation *>(op)
          .Case<kernel::Gemm, kernel::Conv, kernel::Window, kernel::Attention,
                kernel::Rows, kernel::Map, kernel::Reduce, kernel::Gather>(
              [&](auto kernel) {
                if (!kernel.getScheduleAttr())
                  kernel.setScheduleAttr(chooseSchedule(kernel, target));
              });
    });
  }
};
} // namespace
