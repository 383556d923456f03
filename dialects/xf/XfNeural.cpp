//===- XfNeural.cpp - Shape rules of quantization, windows and recurrence -===//

#include "dialects/xf/ShapeRules.h"

using namespace mlir;
using namespace hagane::xf::detail;

namespace hagane::xf {

//===----------------------------------------------------------------------===//
// Quantization
//===----------------------------------------------------------------------===//

/// A scale is a scalar, a vector along `axis`, or has x's rank if blocked.
static LogicalResult checkQuantization(const FactsContext &context,
                                       ArrayRef<Facts> operands, int64_t axis,
                                       int64_t block) {
  const Facts &x = operands[0], &scale = operands[1];
  if (block < 0)
    return context.error("(Q1) has a block of " + Twine(block) +
                         ", expected at least 0");
  if (operands.size() > 2 &&
      failed(checkRank(context, "Q2", "zero point", operands[2], scale.rank())))
    return failure();
  if (scale.rank() == 0)
    return success();
  if (failed(checkAxis(context, "Q3", axis, x.rank())) ||
      failed(checkRank(context, "Q4", "scale", scale, block ? x.rank() : 1)))
    return failure();
  Dim expected =
      block ? x.dims[axis].ceilDiv(context.constant(block)) : x.dims[axis];
  Dim found = scale.dims[block ? axis : 0];
  if (!block && found.isConstant(1))
    return success();
  return checkEqual(context, "Q4",
                    "number of scales and size of axis " + Twine(axis), found,
                    expected);
}

XF_SHAPE_RULE(Quantize) {
  if (failed(checkQuantization(context, operands, adaptor.getAxis(),
                               adaptor.getBlock())))
    return failure();
  return addResult(context, results, adaptor.getTo(), operands[0].dims);
}

XF_SHAPE_RULE(Dequantize) {
  if (failed(checkQuantization(context, operands, adaptor.getAxis(),
                               adaptor.getBlock())))
    return failure();
  return addResult(context, results, operands[1].elementType, operands[0].dims);
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

namespace {
/// The parameters that convolution and pooling share.
struct Windows {
  ArrayRef<int64_t> strides, pads, dilations;
};
} // namespace

static LogicalResult checkWindows(const FactsContext &context,
                                  const Windows &windows, int64_t space) {
  auto sizes = [&](size_t strides, size_t pads, size_t dilations) {
    return (Twine(strides) + " strides, " + Twine(dilations) +
            " dilations and " + Twine(pads) + " pads")
        .str();
  };
  if (int64_t(windows.strides.size()) != space ||
      int64_t(windows.dilations.size()) != space ||
      int64_t(windows.pads.size()) != 2 * space)
    return context.error("(V1) has " +
                         sizes(windows.strides.size(), windows.pads.size(),
                               windows.dilations.size()) +
                         ", expected " + sizes(space, 2 * space, space));
  auto isPositive = [](int64_t value) { return value > 0; };
  if (!llvm::all_of(windows.strides, isPositive) ||
      !llvm::all_of(windows.dilations, isPositive))
    return context.error("(V3) has a stride or dilation below 1");
  return success();
}

/// Elements of axis `i` of space, with both pads, beyond the window at its
/// start.
static Dim getSlack(const Windows &windows, Dim size, Dim window, size_t i) {
  size_t space = windows.strides.size();
  return size + windows.pads[i] + windows.pads[i + space] -
         (window - 1) * windows.dilations[i] - 1;
}

XF_SHAPE_RULE(Conv) {
  OperandFacts next(operands);
  const Facts &x = *next.take(adaptor.getX()),
              &weight = *next.take(adaptor.getWeight());
  const Facts *bias = next.take(adaptor.getBias());
  if (x.rank() < 3 || x.rank() != weight.rank())
    return context.error("(V4) x and weight have ranks " + Twine(x.rank()) +
                         " and " + Twine(weight.rank()) +
                         ", expected equal ones of at least 3");
  Windows windows{adaptor.getStrides(), adaptor.getPads(),
                  adaptor.getDilations()};
  int64_t space = x.rank() - 2, groups = adaptor.getGroups();
  if (failed(checkWindows(context, windows, space)))
    return failure();
  std::optional<int64_t> outputs = weight.dims[0].getConstant();
  if (groups < 1 || (outputs && *outputs % groups != 0))
    return context.error("(V2) has " + Twine(groups) + " groups for " +
                         weight.dims[0].str() +
                         " output channels, expected a divisor");
  if (failed(checkEqual(context, "V2",
                        "channels of x and of all groups of the weight",
                        x.dims[1], weight.dims[1] * groups)))
    return failure();
  if (bias &&
      (failed(checkRank(context, "V5", "bias", *bias, 1)) ||
       failed(checkEqual(context, "V5", "sizes of bias and output channels",
                         bias->dims[0], weight.dims[0]))))
    return failure();
  SmallVector<Dim> dims{x.dims[0], weight.dims[0]};
  for (int64_t i = 0; i < space; ++i) {
    Dim slack = getSlack(windows, x.dims[i + 2], weight.dims[i + 2], i);
    dims.push_back(slack.floorDiv(context.constant(windows.strides[i])) + 1);
  }
  bool isInteger = x.elementType.isInteger(8);
  Type type =
      isInteger ? IntegerType::get(context.getContext(), 32) : x.elementType;
  return addResult(context, results, type, dims);
}

/// The result's shape for what `xf.pool` and `xf.pool_indices` share.
template <typename Adaptor>
static FailureOr<SmallVector<Dim>> poolDims(const FactsContext &context,
                                            Adaptor adaptor, const Facts &x) {
  if (x.rank() < 3)
    return context.error("(V4) x has rank " + Twine(x.rank()) +
                         ", expected at least 3");
  Windows windows{adaptor.getStrides(), adaptor.getPads(),
                  adaptor.getDilations()};
  int64_t space = x.rank() - 2;
  if (failed(checkWindows(context, windows, space)))
    return failure();
  if (int64_t(adaptor.getWindow().size()) != space)
    return context.error("(V6) has a window of rank " +
                         Twine(adaptor.getWindow().size()) + ", expected " +
                         Twine(space));
  SmallVector<Dim> dims{x.dims[0], x.dims[1]};
  for (int64_t i = 0; i < space; ++i) {
    Dim size = x.dims[i + 2], stride = context.constant(windows.strides[i]);
    Dim slack =
        getSlack(windows, size, context.constant(adaptor.getWindow()[i]), i);
    if (!adaptor.getCeilMode())
      dims.push_back(slack.floorDiv(stride) + 1);
    else // No window starts in the end padding.
      dims.push_back((slack.ceilDiv(stride) + 1)
                         .min((size + windows.pads[i]).ceilDiv(stride)));
  }
  return dims;
}

XF_SHAPE_RULE(Pool) {
  auto dims = poolDims(context, adaptor, operands[0]);
  return failed(dims)
             ? failure()
             : addResult(context, results, operands[0].elementType, *dims);
}

XF_SHAPE_RULE(PoolIndices) {
  auto dims = poolDims(context, adaptor, operands[0]);
  return failed(dims)
             ? failure()
             : addResult(context, results,
                         IntegerType::get(context.getContext(), 64), *dims);
}

//===----------------------------------------------------------------------===//
// Recurrence
//===----------------------------------------------------------------------===//

XF_SHAPE_RULE(Recurrent) {
  OperandFacts next(operands);
  const Facts &x = *next.take(adaptor.getX()), &w = *next.take(adaptor.getW());
  const Facts &r = *next.take(adaptor.getR());
  for (auto [name, facts] :
       {std::pair<StringRef, const Facts &>("x", x), {"w", w}, {"r", r}})
    if (failed(checkRank(context, "X1", name, facts, 3)))
      return failure();
  RecurrentKind kind = adaptor.getKind();
  int64_t gates = kind == RecurrentKind::rnn   ? 1
                  : kind == RecurrentKind::gru ? 3
                                               : 4;
  Dim directions = context.constant(
      adaptor.getDirection() == DirectionKind::bidirectional ? 2 : 1);
  Dim hidden = context.constant(adaptor.getHidden());
  if (adaptor.getHidden() < 1)
    return context.error("(X2) has " + hidden.str() +
                         " hidden units, expected at least 1");
  if (failed(checkEqual(context, "X2", "directions and first size of w",
                        directions, w.dims[0])) ||
      failed(checkEqual(context, "X2", "directions and first size of r",
                        directions, r.dims[0])) ||
      failed(
          checkEqual(context, "X2", "gates of w", hidden * gates, w.dims[1])) ||
      failed(
          checkEqual(context, "X2", "gates of r", hidden * gates, r.dims[1])) ||
      failed(checkEqual(context, "X2", "features of x and w", x.dims[2],
                        w.dims[2])) ||
      failed(checkEqual(context, "X2", "hidden units and last size of r",
                        hidden, r.dims[2])))
    return failure();
  Dim batch = x.dims[1];
  Dim cells = kind == RecurrentKind::lstm ? directions : context.constant(0);
  return failure(failed(addResult(context, results, x.elementType,
                                  {x.dims[0], directions, batch, hidden})) ||
                 failed(addResult(context, results, x.elementType,
                                  {directions, batch, hidden})) ||
                 failed(addResult(context, results, x.elementType,
                                  {cells, batch, hidden})));
}

} // namespace hagane::xf
