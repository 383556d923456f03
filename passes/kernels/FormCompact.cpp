//===- FormCompact.cpp - Lists of elements of unknown number --------------===//

#include "dialects/xf/XfDynamic.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/TaskBuilder.h"

using namespace mlir;
using namespace hagane;

static Value isNonZero(TaskScope &t, Value element) {
  Value zero = makeScalar(t.b, element.getType(), 0);
  if (isa<FloatType>(element.getType()))
    return arith::CmpFOp::create(t.b, arith::CmpFPredicate::UNE, element, zero);
  return arith::CmpIOp::create(t.b, arith::CmpIPredicate::ne, element, zero);
}

/// One work item: an element's place depends on how many come before it.
LogicalResult hagane::form(xf::Compact op, KernelBuilder &b) {
  Value x = b.tensor(op.getX()), out = emptyLike(op.getY(), b);
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], to = t.operands[1];
    Values sizes = t.sizesOf(from);
    Value elements = t.index(1), room = t.sizeOf(to, 1);
    for (Value size : sizes)
      elements = t.mul(elements, size);
    t.carry(t.index(0), elements, t.index(0),
            [&](Value i, ValueRange found) -> Values {
              Values at = t.delinearize(i, sizes);
              Value hit = isNonZero(t, t.load(from, at));
              // The count is exact; a failed run's need not be.
              t.ifThen(t.both(hit, t.isLess(found[0], room)), [&] {
                for (auto [axis, coordinate] : llvm::enumerate(at))
                  t.store(arith::IndexCastOp::create(t.b, t.b.getI64Type(),
                                                     coordinate),
                          to, {t.index(axis), found[0]});
              });
              return {t.select(hit, t.add(found[0], t.index(1)), found[0])};
            });
  };
  b.replace(op, formTask(op, x, out, b.constant(1), body, b).front());
  return success();
}
