//===- LowerAttention.cpp - Streaming-softmax attention -------------------===//

#include "codegen/cpu/Attention.h"

using namespace mlir;

namespace hagane::cpu {

// Vectors of features are unrolled.
static constexpr int64_t kMostFeatures = 1 << 14;

static LogicalResult check(kernel::Attention op, int64_t lanes) {
  kernel::AttentionScheduleAttr schedule = *op.getSchedule();
  if (schedule.getBlockQ() % lanes || schedule.getMicroN() % lanes)
    return op.emitError("block_q ")
           << schedule.getBlockQ() << " and micro_n " << schedule.getMicroN()
           << " must be multiples of " << lanes << " lanes";
  for (Value operand : {op.getQ(), op.getV()})
    if (int64_t size = cast<MemRefType>(operand.getType()).getDimSize(3);
        size > kMostFeatures)
      return op.emitError("expected heads of at most ")
             << kMostFeatures << " features, found " << size;
  if (schedule.getFewQ() > 0 && !kernel::getStaticGroup(op))
    return op.emitError("few_q needs static numbers of heads");
  return success();
}

LogicalResult lowerAttention(kernel::Attention op, const KernelBody &body,
                             ImplicitLocOpBuilder &b) {
  auto element = cast<MemRefType>(op.getQ().getType()).getElementType();
  int64_t lanes = body.options.getLanes(kernel::getComputeType(element));
  if (failed(check(op, lanes)))
    return failure();
  int64_t few = op.getSchedule()->getFewQ();
  kernel::AttentionAxes axes(cast<StringAttr>(op.getLayouts()[0]).getValue());
  Value queries = sizeOf(b, op.getQ(), int64_t(axes.positions));
  auto compare = [&](arith::CmpIPredicate predicate) {
    return b.createOrFold<arith::CmpIOp>(predicate, queries, index(b, few));
  };
  if (few > 0)
    ifThen(b, compare(arith::CmpIPredicate::sle),
           [&] { FewAttention(op, body, b).emitItems(); });
  ifThen(b, compare(arith::CmpIPredicate::sgt),
         [&] { BlockAttention(op, body, b).emitItems(); });
  return success();
}

} // namespace hagane::cpu
