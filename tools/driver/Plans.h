// What the cost model says of a model's kernels.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "tools/driver/EmitPlan.h"
#include "tools/hagane/Plan.h"

namespace hagane::driver {

/// Adds the kernels of a module as the bufferize phase leaves it.
void addPlans(mlir::ModuleOp module, const CodeTarget &target,
              PlanRequest &request);

} // namespace hagane::driver
