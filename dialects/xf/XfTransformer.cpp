//===- XfTransformer.cpp - Shape rules of the large operations ------------===//

#include "dialects/xf/ShapeRules.h"

using namespace mlir;
using namespace hagane::xf::detail;

namespace hagane::xf {

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

/// 8-bit integers accumulate in i32; everything else keeps its type.
static Type getProductType(Type type) {
  return type.isInteger(8) ? IntegerType::get(type.getContext(), 32) : type;
}

/// Equal element types; 8-bit integers may differ in their signs.
static LogicalResult checkFactors(const FactsContext &context, StringRef rule,
                                  const Facts &a, const Facts &b) {
  if (a.elementType.isInteger(8) && b.elementType.isInteger(8))
    return success();
  return checkSameElementType(context, rule, a, b);
}

XF_SHAPE_RULE(MatMul) {
  const Facts &a = operands[0], &b = operands[1];
  if (a.rank() < 2 || b.rank() < 2)
    return context.error("(M1) operands have ranks " + Twine(a.rank()) +
                         " and " + Twine(b.rank()) + ", expected at least 2");
  if (failed(checkFactors(context, "M3", a, b)))
    return failure();
  bool transposeA = adaptor.getTransposeA(),
       transposeB = adaptor.getTransposeB();
  Dim m = a.dims[a.rank() - (transposeA ? 1 : 2)],
      aK = a.dims[a.rank() - (transposeA ? 2 : 1)];
  Dim n = b.dims[b.rank() - (transposeB ? 2 : 1)],
      bK = b.dims[b.rank() - (transposeB ? 1 : 2)];
  if (failed(checkEqual(context, "M2", "contracted sizes", aK, bK)))
    return failure();
  FailureOr<SmallVector<Dim>> dims =
      broadcastShapes(context, {ArrayRef<Dim>(a.dims).drop_back(2),
                                ArrayRef<Dim>(b.dims).drop_back(2)});
  if (failed(dims))
    return failure();
  dims->append({m, n});
  return addResult(context, results, getProductType(a.elementType), *dims);
}

XF_SHAPE_RULE(Linear) {
  OperandFacts next(operands);
  const Facts &x = *next.take(adaptor.getX()),
              &weight = *next.take(adaptor.getWeight());
  const Facts *bias = next.take(adaptor.getBias());
  if (failed(checkRank(context, "L1", "weight", weight, 2)) ||
      failed(checkFactors(context, "L4", x, weight)))
    return failure();
  if (x.rank() < 1)
    return context.error("(L2) x has rank 0, expected at least 1");
  bool transposed = adaptor.getTransposeWeight();
  Dim k = weight.dims[transposed ? 1 : 0], n = weight.dims[transposed ? 0 : 1];
  if (failed(checkEqual(context, "L2", "contracted sizes", x.dims.back(), k)))
    return failure();
  if (bias && (failed(checkRank(context, "L3", "bias", *bias, 1)) ||
               failed(checkEqual(context, "L3", "sizes of bias and result",
                                 bias->dims[0], n))))
    return failure();
  SmallVector<Dim> dims = x.dims;
  dims.back() = n;
  return addResult(context, results, getProductType(x.elementType), dims);
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

static Content reduceContent(const Facts &x, ReduceKind kind,
                             const FactsContext &context) {
  if (!x.content || x.rank() != 1 ||
      (x.content->empty() && kind != ReduceKind::sum &&
       kind != ReduceKind::prod))
    return std::nullopt;
  Dim result;
  if (kind == ReduceKind::sum || kind == ReduceKind::prod)
    result = context.constant(kind == ReduceKind::prod);
  else
    result = x.content->front();
  for (Dim element : *x.content) {
    switch (kind) {
    case ReduceKind::sum:
      result = result + element;
      break;
    case ReduceKind::prod:
      result = result * element;
      break;
    case ReduceKind::max:
      result = result.max(element);
      break;
    case ReduceKind::min:
      result = result.min(element);
      break;
    default:
      return std::nullopt;
    }
  }
  return SmallVector<Dim>{result};
}

XF_SHAPE_RULE(Reduce) {
  const Facts &x = operands[0];
  ArrayRef<int64_t> axes = adaptor.getAxes();
  for (auto [i, axis] : llvm::enumerate(axes)) {
    if (failed(checkAxis(context, "D1", axis, x.rank())))
      return failure();
    if (i > 0 && axis <= axes[i - 1])
      return context.error("(D1) has axis " + Twine(axis) + " after axis " +
                           Twine(axes[i - 1]) +
                           ", expected unique and ascending axes");
  }
  SmallVector<Dim> dims;
  for (auto [axis, dim] : llvm::enumerate(x.dims)) {
    if (!llvm::is_contained(axes, int64_t(axis)))
      dims.push_back(dim);
    else if (adaptor.getKeepDims())
      dims.push_back(context.constant(1));
  }
  Content content = axes.empty() ? std::nullopt
                                 : reduceContent(x, adaptor.getKind(), context);
  return addResult(context, results, x.elementType, dims, std::move(content));
}

XF_SHAPE_RULE(CumSum) {
  if (failed(checkAxis(context, "A1", adaptor.getAxis(), operands[0].rank())))
    return failure();
  return addResult(context, results, operands[0].elementType, operands[0].dims);
}

XF_SHAPE_RULE(Softmax) {
  if (failed(checkAxis(context, "A1", adaptor.getAxis(), operands[0].rank())))
    return failure();
  return addResult(context, results, operands[0].elementType, operands[0].dims);
}

//===----------------------------------------------------------------------===//
// Norms
//===----------------------------------------------------------------------===//

/// x's type and shape; the parameters broadcast against x.
static LogicalResult inferNorm(const FactsContext &context,
                               ArrayRef<Facts> operands, int64_t axis,
                               SmallVectorImpl<Facts> &results) {
  const Facts &x = operands[0];
  if (failed(checkAxis(context, "A1", axis, x.rank())))
    return failure();
  for (const Facts &parameter : operands.drop_front())
    if (failed(checkBroadcastsTo(context, "a parameter of the norm",
                                 parameter.dims, x.dims)))
      return failure();
  return addResult(context, results, x.elementType, x.dims);
}

XF_SHAPE_RULE(LayerNorm) {
  return inferNorm(context, operands, adaptor.getAxis(), results);
}

XF_SHAPE_RULE(RmsNorm) {
  return inferNorm(context, operands, adaptor.getAxis(), results);
}

XF_SHAPE_RULE(GroupNorm) {
  const Facts &x = operands[0];
  if (x.rank() < 2)
    return context.error("(H1) x has rank " + Twine(x.rank()) +
                         ", expected at least 2");
  for (const Facts &parameter : operands.drop_front())
    if (failed(checkRank(context, "H2", "parameter", parameter, 1)) ||
        failed(checkEqual(context, "H2", "channels of x and parameter",
                          x.dims[1], parameter.dims[0])))
      return failure();
  std::optional<int64_t> channels = x.dims[1].getConstant();
  int64_t groups = adaptor.getGroups();
  if (groups < 1 || (channels && *channels % groups != 0))
    return context.error("(H3) has " + Twine(groups) + " groups for " +
                         x.dims[1].str() + " channels, expected a divisor");
  return addResult(context, results, x.elementType, x.dims);
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

static LogicalResult checkHeads(const FactsContext &context, Dim heads,
                                Dim kvHeads) {
  std::optional<int64_t> many = heads.getConstant(),
                         few = kvHeads.getConstant();
  if (!many || !few || (*few > 0 && *many % *few == 0))
    return success();
  return context.error("(A3) has " + heads.str() + " heads and " +
                       kvHeads.str() + " key/value heads, expected a multiple");
}

static LogicalResult checkQkv(const FactsContext &context, const Facts &q,
                              const Facts &k, const Facts &v) {
  for (auto [name, facts] :
       {std::pair<StringRef, const Facts &>("q", q), {"k", k}, {"v", v}})
    if (failed(checkRank(context, "A1", name, facts, 4)))
      return failure();
  return failure(failed(checkSameElementType(context, "A4", q, k)) ||
                 failed(checkSameElementType(context, "A4", q, v)) ||
                 failed(checkEqual(context, "A2", "features of q and k",
                                   q.dims[3], k.dims[3])) ||
                 failed(checkHeads(context, q.dims[1], k.dims[1])) ||
                 failed(checkEqual(context, "A5", "batches of q and k",
                                   q.dims[0], k.dims[0])) ||
                 failed(checkEqual(context, "A5", "batches of k and v",
                                   k.dims[0], v.dims[0])) ||
                 failed(checkEqual(context, "A5", "heads of k and v", k.dims[1],
                                   v.dims[1])) ||
                 failed(checkEqual(context, "A5", "keys of k and v", k.dims[2],
                                   v.dims[2])));
}

XF_SHAPE_RULE(Attention) {
  OperandFacts next(operands);
  const Facts &q = *next.take(adaptor.getQ()), &k = *next.take(adaptor.getK());
  const Facts &v = *next.take(adaptor.getV());
  if (failed(checkQkv(context, q, k, v)))
    return failure();
  if (const Facts *bias = next.take(adaptor.getBias())) {
    Dim scores[] = {q.dims[0], q.dims[1], q.dims[2], k.dims[2]};
    if (failed(checkBroadcastsTo(context, "(A6) bias", bias->dims, scores)))
      return failure();
  }
  const Facts *lengths = next.take(adaptor.getKeyLengths());
  if (lengths &&
      (failed(checkRank(context, "A7", "key lengths", *lengths, 1)) ||
       failed(checkEqual(context, "A7", "batches of q and key lengths",
                         q.dims[0], lengths->dims[0]))))
    return failure();
  const Facts *sinks = next.take(adaptor.getSinks());
  if (sinks && (failed(checkRank(context, "A8", "sinks", *sinks, 1)) ||
                failed(checkEqual(context, "A8", "heads of q and sinks",
                                  q.dims[1], sinks->dims[0]))))
    return failure();
  return addResult(context, results, q.elementType,
                   {q.dims[0], q.dims[1], q.dims[2], v.dims[3]});
}

XF_SHAPE_RULE(Rotary) {
  const Facts &x = operands[0];
  if (x.rank() < 2)
    return context.error("(O2) x has rank " + Twine(x.rank()) +
                         ", expected at least 2");
  int64_t rotated = adaptor.getRotated();
  if (rotated <= 0 || rotated % 2 != 0 ||
      context.getProver().isLessOrEqual(x.dims.back() + 1,
                                        context.constant(rotated)))
    return context.error("(O1) rotates " + Twine(rotated) + " of " +
                         x.dims.back().str() +
                         " features, expected an even number of at most all");
  SmallVector<Dim> angles = x.dims;
  angles.back() = context.constant(rotated / 2);
  for (const Facts &table : operands.drop_front())
    if (failed(
            checkBroadcastsTo(context, "(O3) cos or sin", table.dims, angles)))
      return failure();
  return addResult(context, results, x.elementType, x.dims);
}

XF_SHAPE_RULE(Gated) {
  const Facts &gate = operands[0], &up = operands[1];
  if (failed(checkRank(context, "J1", "up", up, gate.rank())))
    return failure();
  for (int64_t axis = 0; axis < gate.rank(); ++axis)
    if (failed(checkEqual(context, "J1",
                          "axis " + Twine(axis) + " of gate and up",
                          gate.dims[axis], up.dims[axis])))
      return failure();
  return addResult(context, results, gate.elementType, gate.dims);
}

} // namespace hagane::xf
