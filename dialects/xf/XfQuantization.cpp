//===- XfQuantization.cpp - Shape rules of codes and scales ---------------===//

#include "dialects/xf/XfQuantization.h"
#include "dialects/xf/ShapeRules.h"

using namespace mlir;
using namespace hagane::xf::detail;

namespace hagane::xf {

/// How many blocks an axis has; null after an error.
static Dim countBlocks(const FactsContext &context, int64_t block, Dim size) {
  if (block < 0) {
    (void)context.error("(Q6) has a block of " + Twine(block) +
                        ", expected at least 0");
    return {};
  }
  return block == 0 ? context.constant(1)
                    : size.ceilDiv(context.constant(block));
}

XF_SHAPE_RULE(QuantizeRows) {
  const Facts &x = operands[0];
  if (x.rank() < 1)
    return context.error("(Q5) x is a scalar, expected at least one axis");
  SmallVector<Dim> scales(x.dims);
  scales.back() = countBlocks(context, static_cast<int64_t>(adaptor.getBlock()),
                              x.dims.back());
  MLIRContext *types = context.getContext();
  if (!scales.back() ||
      failed(addResult(context, results, IntegerType::get(types, 8), x.dims)))
    return failure();
  return addResult(context, results, Float32Type::get(types), scales);
}

XF_SHAPE_RULE(QuantizeWeight) {
  const Facts &w = operands[0];
  auto bits = static_cast<int64_t>(adaptor.getBits());
  Type scaleType = adaptor.getScaleType();
  if (failed(checkRank(context, "Q7", "w", w, 2)))
    return failure();
  if (!llvm::is_contained({2, 3, 4, 6, 8}, bits))
    return context.error("(Q8) has codes of " + Twine(bits) +
                         " bits, expected 2, 3, 4, 6 or 8");
  if (!llvm::is_contained({"nearest", "mse"}, adaptor.getMethod()))
    return context.error("(Q9) has method '" + adaptor.getMethod() +
                         "', expected nearest or mse");
  if (!scaleType.isF16() && !scaleType.isBF16() && !scaleType.isF32())
    return context.error("(Q10) has scales of another type than f16, bf16 or "
                         "f32");
  SmallVector<Dim> blocks(w.dims);
  Dim &along = blocks[adaptor.getTransposed() ? 1 : 0];
  along = countBlocks(context, static_cast<int64_t>(adaptor.getBlock()), along);
  if (!along)
    return failure();
  bool symmetric = adaptor.getSymmetric();
  Type code = IntegerType::get(
      context.getContext(), static_cast<unsigned>(bits),
      symmetric ? IntegerType::Signless : IntegerType::Unsigned);
  if (failed(addResult(context, results, code, w.dims)) ||
      failed(addResult(context, results, scaleType, blocks)))
    return failure();
  return symmetric ? success() : addResult(context, results, code, blocks);
}

} // namespace hagane::xf

#define GET_OP_CLASSES
#include "dialects/xf/XfQuantization.cpp.inc"
