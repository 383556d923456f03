//===- SimplifyForms.cpp - One form for each meaning ----------------------===//
//
// Exporters write one meaning in many ways; what follows looks for one. Each
// rewrite leaves every element as it is, up to rounding.
//
//===----------------------------------------------------------------------===//

#include "passes/fusion/Passes.h"
#include "passes/fusion/Rewrites.h"

namespace hagane {
#define GEN_PASS_DEF_SIMPLIFYFORMSPASS
#define GEN_PASS_DEF_SIMPLIFYVIEWSPASS
#include "passes/fusion/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;

namespace {

/// Each round may uncover forms for the next; chains of them are short.
constexpr int kMaxRounds = 8;

/// Nothing is erased meanwhile: the shapes are known by value.
bool rewriteOne(Operation *op, ArrayRef<Rewrite> rewrites, Shapes &shapes) {
  for (Rewrite rewrite : rewrites) {
    if (op->use_empty())
      return false;
    OpBuilder builder(op);
    Value result = op->getResult(0), other = rewrite(op, builder, shapes);
    if (!other || other.getType() != result.getType())
      continue;
    result.replaceAllUsesWith(other);
    return true;
  }
  return false;
}

bool rewriteAll(Operation *root, ArrayRef<ArrayRef<Rewrite>> tables,
                Shapes &shapes) {
  SmallVector<Operation *> ops;
  root->walk([&](Operation *op) {
    if (op->getNumResults() == 1 && !op->use_empty() &&
        isa<RankedTensorType>(op->getResult(0).getType()))
      ops.push_back(op);
  });
  bool changed = false;
  for (Operation *op : ops)
    for (ArrayRef<Rewrite> table : tables)
      changed |= rewriteOne(op, table, shapes);
  return changed;
}

void simplify(Operation *root, ArrayRef<ArrayRef<Rewrite>> tables) {
  Shapes shapes(root);
  for (int round = 0; round < kMaxRounds; ++round)
    if (!rewriteAll(root, tables, shapes))
      break;
  eraseDeadOps(root);
}

class SimplifyForms
    : public hagane::impl::SimplifyFormsPassBase<SimplifyForms> {
public:
  void runOnOperation() override {
    // Grids first: squeezed broadcasts hide what their columns count.
    simplify(getOperation(), {getGridRewrites()});
    simplify(getOperation(), {getMovementRewrites(), getArithmeticRewrites()});
  }
};

class SimplifyViews
    : public hagane::impl::SimplifyViewsPassBase<SimplifyViews> {
public:
  void runOnOperation() override {
    simplify(getOperation(), {getMovementRewrites(), getViewRewrites()});
  }
};

} // namespace
