//===- BindSizes.h - Sizes that only running the model tells ----*- C++ -*-===//

#ifndef HAGANE_PASSES_SHAPES_BINDSIZES_H
#define HAGANE_PASSES_SHAPES_BINDSIZES_H

#include "mlir/IR/BuiltinOps.h"

namespace hagane {

/// Gives a name (`xf.computed_size`) to each size that depends on the contents
/// of tensors, and computes it (`xf.bind`) before the first operation with a
/// result of that size. Shapes are then expressions over these names too.
void bindSizes(mlir::ModuleOp module);

} // namespace hagane

#endif // HAGANE_PASSES_SHAPES_BINDSIZES_H
