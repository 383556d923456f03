//===- XfVision.cpp - Shape rules of resampling and folding ---------------===//

#include "dialects/xf/ShapeRules.h"

using namespace mlir;
using namespace hagane::xf::detail;

namespace hagane::xf {

static constexpr int64_t kMaxSpace = 3;

/// Fails unless the operand is a vector that may have `length` elements.
static LogicalResult checkVector(const FactsContext &context, StringRef rule,
                                 StringRef what, const Facts &facts,
                                 int64_t length) {
  if (failed(checkRank(context, rule, what, facts, 1)))
    return failure();
  return checkEqual(context, rule, "length of " + what, facts.dims[0],
                    context.constant(length));
}

XF_SHAPE_RULE(Resize) {
  OperandFacts next(operands);
  const Facts &x = *next.take(adaptor.getX());
  FailureOr<SmallVector<Dim>> sizes = detail::getSizes(
      context, "sizes", adaptor.getSizes(), next.take(adaptor.getSizesValue()));
  if (failed(sizes))
    return failure();
  const Facts *scales = next.take(adaptor.getScalesValue()),
              *roi = next.take(adaptor.getRoiValue());
  if (int64_t(sizes->size()) != x.rank() ||
      int64_t(adaptor.getScales().size()) != x.rank())
    return context.error("(Z1) has " + Twine(sizes->size()) + " sizes and " +
                         Twine(adaptor.getScales().size()) +
                         " scales, expected " + Twine(x.rank()) + " each");
  if (scales &&
      failed(checkVector(context, "Z1", "scales_value", *scales, x.rank())))
    return failure();
  if (roi && adaptor.getRoi())
    return context.error("(Z2) has both the attribute 'roi' and the operand "
                         "'roi_value', expected at most one");
  if (roi &&
      failed(checkVector(context, "Z2", "roi_value", *roi, 2 * x.rank())))
    return failure();
  for (auto [axis, size] : llvm::enumerate(*sizes))
    if (!size)
      size = context.getFresh(0, axis);
  return addResult(context, results, x.elementType, *sizes);
}

XF_SHAPE_RULE(GridSample) {
  const Facts &x = operands[0], &grid = operands[1];
  int64_t space = x.rank() - 2;
  if (space < 1 || space > kMaxSpace || grid.rank() != x.rank() ||
      !grid.dims.back().isConstant(space))
    return context.error("(I1) has ranks " + Twine(x.rank()) + " and " +
                         Twine(grid.rank()) +
                         ", expected 3 to 5 for both and a coordinate for "
                         "each axis of space");
  StringRef outside = adaptor.getOutside();
  if (outside != "zeros" && outside != "border" && outside != "reflection")
    return context.error("(I3) has outside '" + outside +
                         "', expected zeros, border or reflection");
  if (failed(checkEqual(context, "I2", "batches of x and grid", x.dims[0],
                        grid.dims[0])))
    return failure();
  SmallVector<Dim> dims{x.dims[0], x.dims[1]};
  llvm::append_range(dims, ArrayRef(grid.dims).drop_front().drop_back());
  return addResult(context, results, x.elementType, dims);
}

XF_SHAPE_RULE(RoiAlign) {
  const Facts &x = operands[0], &regions = operands[1], &images = operands[2];
  if (failed(checkRank(context, "J1", "x", x, 4)) ||
      failed(checkRank(context, "J2", "regions", regions, 2)) ||
      failed(checkRank(context, "J2", "images", images, 1)) ||
      failed(checkEqual(context, "J2", "numbers of a region", regions.dims[1],
                        context.constant(4))) ||
      failed(checkEqual(context, "J2", "counts of regions and images",
                        regions.dims[0], images.dims[0])))
    return failure();
  if (adaptor.getKind() == PoolKind::lp)
    return context.error("(J3) has kind lp, expected average or max");
  int64_t height = adaptor.getOutHeight(), width = adaptor.getOutWidth(),
          sampling = adaptor.getSampling();
  if (height < 1 || width < 1 || sampling < 0)
    return context.error("(J4) has sizes " + Twine(height) + " and " +
                         Twine(width) + " and sampling " + Twine(sampling) +
                         ", expected positive sizes and at least 0");
  return addResult(context, results, x.elementType,
                   {regions.dims[0], x.dims[1], context.constant(height),
                    context.constant(width)});
}

XF_SHAPE_RULE(FoldWindows) {
  OperandFacts next(operands);
  const Facts &x = *next.take(adaptor.getX());
  FailureOr<SmallVector<Dim>> sizes = detail::getSizes(
      context, "sizes", adaptor.getSizes(), next.take(adaptor.getSizesValue()));
  if (failed(sizes))
    return failure();
  size_t space = adaptor.getWindow().size();
  if (space < 1 || space > kMaxSpace || x.rank() != int64_t(space) + 2 ||
      adaptor.getStrides().size() != space ||
      adaptor.getPads().size() != space ||
      adaptor.getDilations().size() != space || sizes->size() != space)
    return context.error("(F1) has " + Twine(adaptor.getStrides().size()) +
                         " strides, " + Twine(adaptor.getPads().size()) +
                         " pads, " + Twine(adaptor.getDilations().size()) +
                         " dilations and " + Twine(sizes->size()) +
                         " sizes for a window of rank " + Twine(space) +
                         " and x of rank " + Twine(x.rank()));
  Dim volume = context.constant(1);
  for (size_t i = 0; i < space; ++i) {
    if (adaptor.getWindow()[i] < 1 || adaptor.getStrides()[i] < 1 ||
        adaptor.getDilations()[i] < 1)
      return context.error("(F2) has a window size, stride or dilation below "
                           "1");
    volume = volume * adaptor.getWindow()[i];
    if (!volume)
      return context.error("(F2) has a window of more elements than can be "
                           "counted");
  }
  std::optional<int64_t> channels = x.dims[1].getConstant();
  if (channels && *channels % *volume.getConstant() != 0)
    return context.error("(F3) has " + Twine(*channels) +
                         " channels, expected a multiple of " + volume.str());
  SmallVector<Dim> dims{x.dims[0], x.dims[1].floorDiv(volume)};
  for (auto [axis, size] : llvm::enumerate(*sizes))
    dims.push_back(size ? size : context.getFresh(0, axis + 2));
  return addResult(context, results, x.elementType, dims);
}

} // namespace hagane::xf
