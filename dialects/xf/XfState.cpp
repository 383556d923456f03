//===- XfState.cpp - Shape rules of caches that stay in place -------------===//

#include "dialects/xf/XfState.h"
#include "dialects/xf/ShapeRules.h"

using namespace mlir;
using namespace hagane::xf::detail;

namespace hagane::xf {

static LogicalResult checkTable(const FactsContext &context, const Facts &pages,
                                const Facts &lengths) {
  if (failed(checkRank(context, "T1", "pages", pages, 2)) ||
      failed(checkRank(context, "T1", "lengths", lengths, 1)))
    return failure();
  return checkEqual(context, "T1", "batches of pages and lengths",
                    pages.dims[0], lengths.dims[0]);
}

XF_SHAPE_RULE(StatePlaces) {
  const Facts &pages = operands[0], &lengths = operands[1];
  if (failed(checkTable(context, pages, lengths)))
    return failure();
  if (auto page = static_cast<int64_t>(adaptor.getPage()); page < 1)
    return context.error("(T2) a page has " + Twine(page) +
                         " positions, expected at least 1");
  if (failed(addResult(context, results, pages.elementType, pages.dims)) ||
      failed(addResult(context, results, lengths.elementType, lengths.dims)))
    return failure();
  return addResult(context, results, lengths.elementType, lengths.dims);
}

static LogicalResult checkState(const FactsContext &context,
                                const Facts &state) {
  if (failed(checkRank(context, "T3", "the state", state, 4)))
    return failure();
  if (!state.dims[2].getConstant())
    return context.error("(T5) the size of a page is " + state.dims[2].str() +
                         ", expected a number");
  std::optional<int64_t> row = state.dims[3].getConstant();
  if (state.elementType.isInteger(8) && (!row || *row <= kStateScaleBytes))
    return context.error("(T5) rows of i8 have " + state.dims[3].str() +
                         " elements, expected a number above " +
                         Twine(kStateScaleBytes));
  return success();
}

/// Features of a row, without what its scale takes.
static Dim featuresOf(const Facts &state) {
  return state.elementType.isInteger(8) ? state.dims[3] - kStateScaleBytes
                                        : state.dims[3];
}

XF_SHAPE_RULE(StateAppend) {
  const Facts &state = operands[0], &x = operands[1];
  if (failed(checkState(context, state)) ||
      failed(checkRank(context, "T3", "x", x, 4)) ||
      failed(checkTable(context, operands[2], operands[3])) ||
      failed(checkEqual(context, "T4", "heads of state and x", state.dims[1],
                        x.dims[1])) ||
      failed(checkEqual(context, "T4", "features of state and x",
                        featuresOf(state), x.dims[3])) ||
      failed(checkEqual(context, "T4", "batches of x and numbers", x.dims[0],
                        operands[2].dims[0])))
    return failure();
  if (state.elementType.isInteger(8) && x.elementType.isF64())
    return context.error("(T6) f64 cannot be quantized, expected f32 or less");
  return addResult(context, results, state.elementType, state.dims);
}

XF_SHAPE_RULE(StateRead) {
  const Facts &state = operands[0], &numbers = operands[1];
  if (failed(checkState(context, state)) ||
      failed(checkRank(context, "T1", "numbers", numbers, 2)))
    return failure();
  Type element = state.elementType;
  if (element.isInteger(8))
    element = Float32Type::get(context.getContext());
  return addResult(
      context, results, element,
      {numbers.dims[0], state.dims[1], adaptor.getCount(), featuresOf(state)});
}

XF_SHAPE_RULE(StateAlign) {
  const Facts &x = operands[0], &starts = operands[1];
  if (x.dims.size() < 2)
    return context.error("(T7) x has " + Twine(x.dims.size()) +
                         " axes, expected at least 2");
  if (failed(checkRank(context, "T1", "starts", starts, 1)) ||
      (!x.dims[0].isConstant(1) &&
       failed(checkEqual(context, "T8", "batches of x and starts", x.dims[0],
                         starts.dims[0]))))
    return failure();
  SmallVector<Dim> dims(x.dims);
  dims[0] = starts.dims[0];
  return addResult(context, results, x.elementType, dims);
}

} // namespace hagane::xf

#define GET_OP_CLASSES
#include "dialects/xf/XfState.cpp.inc"
