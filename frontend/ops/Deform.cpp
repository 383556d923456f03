// Convolution whose windows are bent by offsets.
#include "frontend/ops/Window.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

namespace {

/// Samples x where the offsets say, as a matrix of windows, and multiplies it
/// by the weight. Sampling is that of a grid: a coordinate c of an axis of
/// size s is (2 c + 1) / s - 1 there.
class DeformConv {
public:
  explicit DeformConv(NodeConverter &n)
      : n(n), x(n.in(0)), weight(n.in(1)), offset(n.in(2)), mask(n.in(4)),
        offsetGroups(n.getInt("offset_group", 1)), groups(n.getInt("group", 1)),
        space(n.rank(x) - 2) {}

  LogicalResult convert() {
    auto kernel = readKernel(n, weight);
    if (failed(kernel))
      return failure();
    auto found = readWindow(n, x, *kernel);
    if (failed(found) || failed(check()))
      return failure();
    window = *found;
    for (int64_t size : window.kernel)
      volume *= size;
    // [batch, offset groups, window * axes, positions...], and the mask alike.
    SmallVector<Value> samples;
    for (int64_t group = 0; group < offsetGroups; ++group)
      samples.push_back(sampleGroup(group));
    Value columns = n.concat(samples, 1);
    int64_t in = channels / groups, out = outputs / groups;
    columns = n.reshape(columns, {Size(x, 0), groups, in * volume, -1});
    Value factors = n.reshape(weight, {groups, out, in * volume});
    Value y = n.make<xf::MatMul>(factors, columns, false, false);
    SmallVector<Size> shape{Size(x, 0), outputs};
    for (int64_t i = 0; i < space; ++i)
      shape.push_back(Size(offset, 2 + i));
    y = n.reshape(y, shape);
    if (Value bias = n.in(3))
      y = n.add(y, alongChannels(n, bias, x));
    return n.done({y});
  }

private:
  LogicalResult check() {
    auto in = n.staticSize(x, 1), out = n.staticSize(weight, 0);
    if (!in || !out || groups < 1 || offsetGroups < 1 || *in % groups ||
        *out % groups || *in % offsetGroups)
      return n.error("the channels are not known multiples of the groups");
    if (space > 3 || n.rank(offset) != n.rank(x) ||
        (mask && n.rank(mask) != n.rank(x)))
      return n.error("the input, offset and mask are not of one rank of at "
                     "most 5");
    channels = *in;
    outputs = *out;
    return success();
  }

  /// [batch, channels / offset groups, window * positions...].
  Value sampleGroup(int64_t group) {
    int64_t width = channels / offsetGroups;
    Value part = n.slice(x, 1, group * width, (group + 1) * width);
    SmallVector<Value> coordinates;
    for (int64_t axis = space; axis-- > 0;)
      coordinates.push_back(n.unsqueeze(coordinate(group, axis), {space + 1}));
    Value grid = n.concat(coordinates, space + 1);
    Value y = n.make<xf::GridSample>(part, grid, xf::ResizeKind::linear,
                                     "zeros", /*align_corners=*/false);
    if (!mask)
      return y;
    Value factor = n.slice(mask, 1, group * volume, (group + 1) * volume);
    return n.mul(y, n.unsqueeze(fold(factor), {1}));
  }

  /// [batch, window, positions...] with the window before the first axis of
  /// space: [batch, window * p, q...].
  Value fold(Value x) {
    SmallVector<Size> shape{Size(x, 0), -1};
    for (int64_t i = 1; i < space; ++i)
      shape.push_back(Size(x, 2 + i));
    return n.reshape(x, shape);
  }

  /// Where the group's samples lie on an axis, as grids count.
  Value coordinate(int64_t group, int64_t axis) {
    Type real = n.elem(x).isF64() ? n.elem(x) : n.builder().getF32Type();
    SmallVector<int64_t> firsts, tails;
    int64_t inner = 1;
    for (int64_t i = axis + 1; i < space; ++i)
      inner *= window.kernel[i];
    // Offsets of one axis are every `space`th channel.
    Value shift = n.slice(offset, 1, group * volume * space,
                          (group + 1) * volume * space);
    SmallVector<Size> shape{Size(x, 0), volume, space};
    for (int64_t i = 0; i < space; ++i)
      shape.push_back(Size(offset, 2 + i));
    shift = n.slice(n.reshape(shift, shape), 2, axis, axis + 1);
    shift = n.cast(n.squeeze(shift, {2}), real);
    SmallVector<int64_t> inWindow;
    for (int64_t k = 0; k < volume; ++k)
      inWindow.push_back(k / inner % window.kernel[axis] *
                             window.dilations[axis] -
                         window.pads[axis]);
    Value base = n.cast(n.ints(inWindow), real);
    for (int64_t i = 0; i < space; ++i)
      tails.push_back(1 + i);
    shift = n.add(shift, n.unsqueeze(base, tails));
    Value places = n.mulScalar(n.cast(n.range(Size(offset, 2 + axis)), real),
                               double(window.strides[axis]));
    SmallVector<int64_t> after;
    for (int64_t i = axis + 1; i < space; ++i)
      after.push_back(i - axis);
    if (!after.empty())
      places = n.unsqueeze(places, after);
    Value size = n.cast(n.sizeTensor(Size(x, 2 + axis)), real);
    Value at = n.addScalar(n.mulScalar(n.add(shift, places), 2), 1);
    return fold(n.addScalar(n.div(at, size), -1));
  }

  NodeConverter &n;
  Value x, weight, offset, mask;
  int64_t offsetGroups, groups, space, channels = 0, outputs = 0, volume = 1;
  Window window;
};

} // namespace

static LogicalResult convertDeformConv(NodeConverter &n) {
  return DeformConv(n).convert();
}

static const OpRow rows[] = {
    {"DeformConv", 19, 3, convertDeformConv},
};

void hagane::frontend::registerDeform(OpRegistry &registry) {
  registry.add("", rows);
}
