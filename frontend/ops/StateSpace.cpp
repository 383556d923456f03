// Operators with a state that a decoder carries along.
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

/// (input [b, c, l], weight [c, 1, k], bias?, past_state [b, c, k-1]?): each
/// channel's dot products with its last k positions. k is small, so that the
/// sum of k products is one element-wise kernel.
static LogicalResult convertCausalConv(NodeConverter &n) {
  Value x = n.in(0), weight = n.in(1), bias = n.in(2), past = n.in(3);
  auto taps = n.rank(weight) == 3 ? n.staticSize(weight, 2) : std::nullopt;
  if (n.rank(x) != 3 || !taps || *taps < 1)
    return n.error(
        "the input is not of rank 3 with a kernel of rank 3 and a known size");
  int64_t before = *taps - 1;
  xf::Dim length = n.dim(x, 2);
  if (!n.isDurable(length))
    return n.error("the number of positions is not known");
  if (!past)
    past = n.broadcast(n.scalar(0, n.elem(x)),
                       {Size(x, 0), Size(x, 1), Size(before)});
  Value all = n.concat({past, x}, 2), y;
  for (int64_t tap = 0; tap < *taps; ++tap) {
    xf::Dim start = xf::Dim::constant(n.builder().getContext(), tap);
    // [c, 1, 1] is a factor per channel.
    Value factor = n.slice(weight, 2, tap, tap + 1);
    factor = n.reshape(factor, {Size(weight, 0), Size(1)});
    Value term = n.mul(n.slice(all, 2, start, start + length), factor);
    y = y ? n.add(y, term) : term;
  }
  if (bias)
    y = n.add(y, n.unsqueeze(bias, {1}));
  StringRef activation = n.getString("activation", "none");
  if (activation == "silu" || activation == "swish")
    y = n.make<xf::Silu>(y);
  else if (activation != "none")
    return n.error("attribute 'activation' is '" + activation +
                   "', expected none, silu or swish");
  xf::Dim shift = xf::Dim::constant(n.builder().getContext(), before);
  return n.done({y, n.slice(all, 2, length, length + shift)});
}

static const OpRow rows[] = {
    {"CausalConvWithState", 27, 2, convertCausalConv},
};

void hagane::frontend::registerStateSpace(OpRegistry &registry) {
  registry.add("", rows);
}
