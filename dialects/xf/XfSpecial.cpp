//===- XfSpecial.cpp - Shape rules of algorithms that few models need -----===//

#include "dialects/xf/XfSpecial.h"
#include "dialects/xf/ShapeRules.h"

using namespace mlir;
using namespace hagane::xf::detail;

namespace hagane::xf {

static std::string describe(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

XF_SHAPE_RULE(Bitcast) {
  Type from = operands[0].elementType, to = adaptor.getTo();
  bool matches = from.isIntOrFloat() && to.isIntOrFloat() &&
                 from.getIntOrFloatBitWidth() == to.getIntOrFloatBitWidth();
  if (!matches || to.isInteger(1))
    return context.error("(W1) elements of type " + describe(from) +
                         " cannot be taken as " + describe(to) +
                         ", expected types of as many bits");
  return addResult(context, results, to, operands[0].dims);
}

XF_SHAPE_RULE(CumProd) {
  const Facts &x = operands[0];
  if (failed(checkAxis(context, "A1", adaptor.getAxis(), x.rank())))
    return failure();
  return addResult(context, results, x.elementType, x.dims);
}

XF_SHAPE_RULE(SortRows) {
  if (failed(checkRank(context, "S1", "x", operands[0], 2)))
    return failure();
  return addResult(context, results, IntegerType::get(context.getContext(), 64),
                   operands[0].dims.front());
}

XF_SHAPE_RULE(SuppressBoxes) {
  const Facts &boxes = operands[0], &scores = operands[1];
  if (failed(checkRank(context, "K1", "boxes", boxes, 3)) ||
      failed(checkRank(context, "K1", "scores", scores, 3)) ||
      failed(checkEqual(context, "K1", "numbers of a box", boxes.dims[2],
                        context.constant(4))) ||
      failed(checkEqual(context, "K2", "batches of boxes and scores",
                        boxes.dims[0], scores.dims[0])) ||
      failed(checkEqual(context, "K2", "counts of boxes and scores",
                        boxes.dims[1], scores.dims[2])))
    return failure();
  for (const Facts &parameter : operands.drop_front(2))
    if (failed(checkRank(context, "K3", "a parameter", parameter, 0)))
      return failure();
  return addResult(context, results, IntegerType::get(context.getContext(), 64),
                   scores.dims);
}

static LogicalResult checkSquare(const FactsContext &context, const Facts &x) {
  if (x.rank() < 2)
    return context.error("(D1) x has rank " + Twine(x.rank()) +
                         ", expected at least 2");
  return checkEqual(context, "D2", "rows and columns", x.dims[x.rank() - 2],
                    x.dims.back());
}

XF_SHAPE_RULE(Determinant) {
  const Facts &x = operands[0];
  if (failed(checkSquare(context, x)))
    return failure();
  return addResult(context, results, x.elementType,
                   ArrayRef(x.dims).drop_back(2));
}

XF_SHAPE_RULE(Inverse) {
  const Facts &x = operands[0];
  if (failed(checkSquare(context, x)))
    return failure();
  return addResult(context, results, x.elementType, x.dims);
}

/// Sizes of an operand; null where any will do. A size may also be 1 where
/// `broadcasts` says so.
static LogicalResult checkSizes(const FactsContext &context, StringRef what,
                                const Facts &facts, ArrayRef<Dim> expected,
                                ArrayRef<bool> broadcasts) {
  if (failed(checkRank(context, "A1", what, facts, expected.size())))
    return failure();
  for (auto [axis, size] : llvm::enumerate(expected)) {
    if (!size || (broadcasts[axis] && facts.dims[axis].isConstant(1)))
      continue;
    if (failed(checkEqual(context, "A3", "axis " + Twine(axis) + " of " + what,
                          facts.dims[axis], size)))
      return failure();
  }
  return success();
}

XF_SHAPE_RULE(LinearAttention) {
  OperandFacts next(operands);
  const Facts &q = *next.take(adaptor.getQ()), &k = *next.take(adaptor.getK()),
              &v = *next.take(adaptor.getV());
  const Facts *decay = next.take(adaptor.getDecay()),
              *rate = next.take(adaptor.getRate()),
              *state = next.take(adaptor.getState());
  if (failed(checkRank(context, "A1", "v", v, 4)) ||
      failed(checkRank(context, "A1", "k", k, 4)) ||
      failed(checkSameElementType(context, "A4", q, k)) ||
      failed(checkSameElementType(context, "A4", q, v)))
    return failure();
  Dim batch = k.dims[0], positions = k.dims[1], heads = k.dims[2],
      d = k.dims[3], e = v.dims[3], one = context.constant(1);
  auto check = [&](StringRef what, const Facts *facts, ArrayRef<Dim> expected,
                   ArrayRef<bool> broadcasts) {
    return facts ? checkSizes(context, what, *facts, expected, broadcasts)
                 : success();
  };
  bool exact[] = {false, false, false, false};
  if (failed(check("q", &q, {batch, positions, Dim(), d}, exact)) ||
      failed(check("v", &v, {batch, positions, heads, Dim()}, exact)) ||
      failed(check("decay", decay, {batch, positions, heads, d},
                   {false, false, false, true})) ||
      failed(check("rate", rate, {batch, positions, heads, one},
                   {false, false, true, false})) ||
      failed(check("state", state, {batch, heads, d, e}, exact)))
    return failure();
  std::optional<int64_t> many = q.dims[2].getConstant(),
                         few = heads.getConstant();
  if (!many || !few || *few == 0 || *many % *few != 0)
    return context.error("(A2) has " + q.dims[2].str() + " heads and " +
                         heads.str() +
                         " key/value heads, expected a known multiple");
  if (failed(addResult(context, results, q.elementType,
                       {batch, positions, q.dims[2], e})))
    return failure();
  return addResult(context, results, state ? state->elementType : q.elementType,
                   {batch, heads, d, e});
}

XF_SHAPE_RULE(RoiPool) {
  const Facts &x = operands[0], &regions = operands[1];
  if (failed(checkRank(context, "J1", "x", x, 4)) ||
      failed(checkRank(context, "J2", "regions", regions, 2)) ||
      failed(checkEqual(context, "J2", "numbers of a region", regions.dims[1],
                        context.constant(5))))
    return failure();
  int64_t height = adaptor.getOutHeight(), width = adaptor.getOutWidth();
  if (height < 1 || width < 1)
    return context.error("(J4) has sizes " + Twine(height) + " and " +
                         Twine(width) + ", expected positive ones");
  return addResult(context, results, x.elementType,
                   {regions.dims[0], x.dims[1], context.constant(height),
                    context.constant(width)});
}

} // namespace hagane::xf

#define GET_OP_CLASSES
#include "dialects/xf/XfSpecial.cpp.inc"
