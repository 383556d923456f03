//===- Passes.h - Passes by the evaluator -----------------------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_EVAL_PASSES_H
#define HAGANE_DIALECTS_XF_EVAL_PASSES_H

#include "dialects/xf/XfOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace hagane::xf::eval {

#define GEN_PASS_DECL
#include "dialects/xf/eval/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "dialects/xf/eval/Passes.h.inc"

} // namespace hagane::xf::eval

#endif // HAGANE_DIALECTS_XF_EVAL_PASSES_H
