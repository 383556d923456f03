// Convolution and pooling.
#include "frontend/ops/Quantize.h"
#include "frontend/ops/Window.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;

/// The border of an axis whose size only running the model tells: begin, end.
static std::pair<Value, Value> computeSame(NodeConverter &n, Value size,
                                           bool upper, int64_t stride,
                                           int64_t extent) {
  Type type = n.elem(size);
  Value windows = n.div(n.addScalar(size, static_cast<double>(stride - 1)),
                        n.scalar(static_cast<double>(stride), type));
  Value last = n.addScalar(n.mulScalar(windows, static_cast<double>(stride)),
                           static_cast<double>(extent - stride));
  Value total = n.make<xf::Max>(n.sub(last, size), n.scalar(0, type));
  Value less = n.div(total, n.scalar(2, type)), more = n.sub(total, less);
  return upper ? std::pair(less, more) : std::pair(more, less);
}

/// All axes' begins, then ends.
static Value computeBorder(NodeConverter &n, Value x, bool upper,
                           const Window &window) {
  SmallVector<Value> begins{n.ints({0, 0})}, ends{n.ints({0, 0})};
  for (size_t i = 0; i < window.kernel.size(); ++i) {
    auto [begin, end] = computeSame(
        n, n.sizeTensor(Size(x, static_cast<int64_t>(i) + 2)), upper,
        window.strides[i], (window.kernel[i] - 1) * window.dilations[i] + 1);
    begins.push_back(begin);
    ends.push_back(end);
  }
  begins.append(ends);
  return n.concat(begins, 0);
}

/// Pads so that each axis gives ceil(size / stride) windows.
static void padSame(NodeConverter &n, Value x, bool upper, Window &window) {
  size_t spatial = window.kernel.size();
  SmallVector<Dim> pads(2 * spatial);
  window.pads.assign(2 * spatial, 0);
  for (size_t i = 0; i < spatial; ++i) {
    int64_t stride = window.strides[i],
            extent = (window.kernel[i] - 1) * window.dilations[i] + 1;
    Dim size = n.dim(x, static_cast<int64_t>(i) + 2),
        none = Dim::constant(n.builder().getContext(), 0), total = none;
    if (stride == 1)
      total = none + (extent - 1);
    else if (extent > 1)
      total = size.ceilDiv(none + stride) * stride + (extent - stride) - size;
    // Windows with gaps between them may end before the input does.
    if (stride > extent)
      total = total.max(none);
    if (!total || !n.isDurable(total)) {
      window.computed = computeBorder(n, x, upper, window);
      return;
    }
    Dim less = total.floorDiv(none + 2), more = total - less;
    pads[i] = upper ? less : more;
    pads[i + spatial] = upper ? more : less;
  }
  if (llvm::all_of(pads, [](Dim pad) { return pad.getConstant(); }))
    window.pads =
        llvm::map_to_vector(pads, [](Dim pad) { return *pad.getConstant(); });
  else
    window.border = pads;
}

Value hagane::frontend::addBorder(NodeConverter &n, Value x,
                                  const Window &window, double fill) {
  if (window.computed)
    return n.make<xf::Pad>(x, window.computed, n.scalar(fill, n.elem(x)),
                           ArrayAttr(), xf::PadKind::constant);
  if (window.border.empty())
    return x;
  size_t spatial = window.kernel.size(), rank = spatial + 2;
  SmallVector<Dim> pads(2 * rank, Dim::constant(n.builder().getContext(), 0));
  for (size_t i = 0; i < spatial; ++i) {
    pads[i + 2] = window.border[i];
    pads[rank + i + 2] = window.border[spatial + i];
  }
  return n.make<xf::Pad>(x, Value(), n.scalar(fill, n.elem(x)), n.dims(pads),
                         xf::PadKind::constant);
}

FailureOr<Window> hagane::frontend::readWindow(NodeConverter &n, Value x,
                                               SmallVector<int64_t> kernel) {
  Window window;
  size_t spatial = kernel.size();
  window.kernel = std::move(kernel);
  window.strides =
      n.getInts("strides").value_or(SmallVector<int64_t>(spatial, 1));
  window.dilations =
      n.getInts("dilations").value_or(SmallVector<int64_t>(spatial, 1));
  window.pads =
      n.getInts("pads").value_or(SmallVector<int64_t>(2 * spatial, 0));
  if (n.failed())
    return failure();
  auto positive = [](ArrayRef<int64_t> values) {
    return llvm::all_of(values, [](int64_t v) { return v > 0; });
  };
  if (n.rank(x) != static_cast<int64_t>(spatial) + 2 ||
      window.strides.size() != spatial || window.dilations.size() != spatial ||
      window.pads.size() != 2 * spatial || !positive(window.kernel) ||
      !positive(window.strides) || !positive(window.dilations))
    return n.error(
        "kernel, strides, dilations or pads do not fit an input of rank " +
        Twine(n.rank(x)));
  StringRef mode = n.getString("auto_pad", "NOTSET");
  if (mode == "VALID")
    window.pads.assign(2 * spatial, 0);
  else if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
    padSame(n, x, mode == "SAME_UPPER", window);
  } else if (mode != "NOTSET")
    return n.error("attribute 'auto_pad' is '" + mode +
                   "', expected NOTSET, VALID, SAME_UPPER or SAME_LOWER");
  return window;
}

FailureOr<SmallVector<int64_t>> hagane::frontend::readKernel(NodeConverter &n,
                                                             Value weight) {
  SmallVector<int64_t> kernel;
  for (int64_t axis = 2; axis < n.rank(weight); ++axis) {
    auto size = n.staticSize(weight, axis);
    if (!size)
      return n.error("the kernel's sizes are not static");
    kernel.push_back(*size);
  }
  return kernel;
}

Value hagane::frontend::makeConv(NodeConverter &n, Value x, Value weight,
                                 Value bias) {
  auto kernel = readKernel(n, weight);
  if (failed(kernel))
    return {};
  auto window = readWindow(n, x, *kernel);
  if (failed(window))
    return {};
  return n.make<xf::Conv>(addBorder(n, x, *window, 0), weight, bias,
                          window->strides, window->pads, window->dilations,
                          n.getInt("group", 1));
}

Value hagane::frontend::channelsFirst(NodeConverter &n, Value x) {
  SmallVector<int64_t> order{0, n.rank(x) - 1};
  for (int64_t i = 1; i + 1 < n.rank(x); ++i)
    order.push_back(i);
  return n.transpose(x, order);
}

Value hagane::frontend::channelsLast(NodeConverter &n, Value x) {
  SmallVector<int64_t> order{0};
  for (int64_t i = 2; i < n.rank(x); ++i)
    order.push_back(i);
  order.push_back(1);
  return n.transpose(x, order);
}

static LogicalResult convertConv(NodeConverter &n) {
  return n.done({makeConv(n, n.in(0), n.in(1), n.in(2))});
}

//===-- Integers ----------------------------------------------------------===//

/// One value for each output channel, against the weight's axes.
static Value alongOutputs(NodeConverter &n, Value value, Value weight) {
  if (!value || n.rank(value) == 0)
    return value;
  return n.unsqueeze(value,
                     llvm::to_vector(llvm::seq<int64_t>(1, n.rank(weight))));
}

/// As i32 with the zero point taken off; padding then is zero, too.
static Value centre(NodeConverter &n, Value x, Value zero) {
  Type i32 = n.builder().getI32Type();
  return zero ? n.sub(n.cast(x, i32), n.cast(zero, i32)) : n.cast(x, i32);
}

static Value makeIntegerConv(NodeConverter &n, Value x, Value xZero,
                             Value weight, Value weightZero, Value bias) {
  Value zero = alongOutputs(n, asParameter(n, weightZero), weight);
  return makeConv(n, centre(n, x, asParameter(n, xZero)),
                  centre(n, weight, zero), bias);
}

/// (x, weight, x_zero, weight_zero).
static LogicalResult convertConvInteger(NodeConverter &n) {
  return n.done(
      {makeIntegerConv(n, n.in(0), n.in(2), n.in(1), n.in(3), Value())});
}

/// (x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias). That of
/// com.microsoft may have channels last, except in the weight.
static LogicalResult convertQLinearConv(NodeConverter &n) {
  bool isLast = n.getInt("channels_last", 0) != 0;
  if (isLast && n.rank(n.in(0)) < 3)
    return n.error("the input has rank " + Twine(n.rank(n.in(0))) +
                   ", expected at least 3");
  Value x = isLast ? channelsFirst(n, n.in(0)) : n.in(0);
  Value sum = makeIntegerConv(n, x, n.in(2), n.in(3), n.in(5), n.in(8));
  Value yScale = asParameter(n, n.in(6)), yZero = asParameter(n, n.in(7));
  Value scale = n.mul(asParameter(n, n.in(1)), asParameter(n, n.in(4)));
  if (n.failed())
    return failure();
  if (n.rank(scale) == 1)
    scale = alongChannels(n, scale, sum);
  Value y = n.mul(n.cast(sum, n.elem(scale)), scale);
  Type to = yZero ? n.elem(yZero) : n.elem(x);
  Value codes = quantize(n, y, yScale, yZero, to);
  return n.done({isLast && !n.failed() ? channelsLast(n, codes) : codes});
}

//===-- With state --------------------------------------------------------===//

/// A depthwise convolution in 1-D over (past, x), which also gives the last
/// elements, the next call's past: (x, weight, bias, past).
static LogicalResult convertCausalConv(NodeConverter &n) {
  Value x = n.in(0), weight = n.in(1), past = n.in(3);
  auto kernel = n.staticSize(weight, 2), channels = n.staticSize(weight, 0);
  StringRef activation = n.getString("activation", "none");
  if (n.rank(x) != 3 || !kernel || !channels)
    return n.error("the input is not of rank 3 or the weight not static");
  if (activation != "none" && activation != "silu" && activation != "swish")
    return n.error("attribute 'activation' is '" + activation +
                   "', expected none, silu or swish");
  if (!past)
    past = n.broadcast(n.scalar(0, n.elem(x)),
                       {Size(x, 0), Size(x, 1), Size(*kernel - 1)});
  Value all = n.concat({past, x}, 2);
  Value y = n.make<xf::Conv>(all, weight, n.in(2), ArrayRef<int64_t>(1),
                             ArrayRef<int64_t>{0, 0}, ArrayRef<int64_t>(1),
                             *channels);
  if (activation != "none")
    y = n.make<xf::Silu>(y);
  if (!n.wants(1))
    return n.done({y});
  Dim end = n.dim(past, 2) + n.dim(x, 2);
  Value present;
  if (n.isDurable(end)) {
    present = n.slice(all, 2, end - (*kernel - 1), end);
  } else {
    Value last = n.sizeTensor(Size(all, 2));
    present = n.make<xf::Slice>(all, n.sub(last, n.ints({*kernel - 1})), last,
                                ArrayRef<int64_t>(2), ArrayAttr(), ArrayAttr(),
                                ArrayRef<int64_t>(1));
  }
  return n.done({y, present});
}

//===-- Pools -------------------------------------------------------------===//

/// What no element is below.
static double lowestOf(Type type) {
  if (isa<FloatType>(type))
    return -std::numeric_limits<double>::infinity();
  return type.isUnsignedInteger()
             ? 0
             : -std::ldexp(1.0, type.getIntOrFloatBitWidth() - 1);
}

/// The share of each window that lies on x instead of its border, as
/// [1, 1, ...].
static Value shareOfWindow(NodeConverter &n, Value x, const Window &window) {
  SmallVector<Size> plane{1, 1};
  for (int64_t axis = 2; axis < n.rank(x); ++axis)
    plane.push_back(Size(x, axis));
  Value ones = addBorder(n, n.broadcast(n.scalar(1, n.elem(x)), plane), window,
                         /*fill=*/0);
  return n.make<xf::Pool>(ones, xf::PoolKind::average, window.kernel,
                          window.strides, window.pads, window.dilations,
                          /*count_pad=*/true, /*ceil_mode=*/false, int64_t(2));
}

static LogicalResult makePool(NodeConverter &n, xf::PoolKind kind,
                              bool countPad, int64_t p = 2) {
  auto kernel = n.getInts("kernel_shape");
  if (!kernel)
    return n.error("attribute 'kernel_shape' is missing");
  Value x = n.in(0);
  auto window = readWindow(n, x, *kernel);
  if (failed(window))
    return failure();
  bool isMax = kind == xf::PoolKind::max;
  Value y = n.make<xf::Pool>(
      addBorder(n, x, *window, isMax ? lowestOf(n.elem(x)) : 0), kind,
      window->kernel, window->strides, window->pads, window->dilations,
      countPad, n.getInt("ceil_mode", 0) != 0, p);
  if (kind == xf::PoolKind::average && !countPad && window->hasBorder())
    y = n.div(y, shareOfWindow(n, x, *window));
  return n.done({y});
}

static LogicalResult convertMaxPool(NodeConverter &n) {
  if (!n.wants(1))
    return makePool(n, xf::PoolKind::max, false);
  auto kernel = n.getInts("kernel_shape");
  if (!kernel)
    return n.error("attribute 'kernel_shape' is missing");
  auto window = readWindow(n, n.in(0), *kernel);
  if (failed(window))
    return failure();
  if (window->hasBorder())
    return n.error("auto_pad with strides and indices needs static sizes");
  bool ceilMode = n.getInt("ceil_mode", 0) != 0;
  Value y = n.make<xf::Pool>(n.in(0), xf::PoolKind::max, window->kernel,
                             window->strides, window->pads, window->dilations,
                             false, ceilMode, int64_t(2));
  Value indices = n.make<xf::PoolIndices>(
      n.in(0), window->kernel, window->strides, window->pads, window->dilations,
      ceilMode, n.getInt("storage_order", 0) != 0);
  return n.done({y, indices});
}

static LogicalResult convertAveragePool(NodeConverter &n) {
  return makePool(n, xf::PoolKind::average,
                  n.getInt("count_include_pad", 0) != 0);
}

static LogicalResult convertLpPool(NodeConverter &n) {
  return makePool(n, xf::PoolKind::lp, false, n.getInt("p", 2));
}

template <xf::ReduceKind kind>
static LogicalResult convertGlobalPool(NodeConverter &n) {
  Value x = n.in(0);
  if (n.rank(x) < 3)
    return n.error("the input has rank " + Twine(n.rank(x)) +
                   ", expected at least 3");
  return n.done(
      {n.reduce(x, kind, llvm::to_vector(llvm::seq<int64_t>(2, n.rank(x))))});
}

/// The norm of each channel's plane.
static LogicalResult convertGlobalLpPool(NodeConverter &n) {
  Value x = n.in(0);
  int64_t p = n.getInt("p", 2);
  if (n.rank(x) < 3 || p < 1)
    return n.error("the input has rank " + Twine(n.rank(x)) + " and p is " +
                   Twine(p) + ", expected at least 3 and at least 1");
  auto axes = llvm::to_vector(llvm::seq<int64_t>(2, n.rank(x)));
  if (p <= 2)
    return n.done(
        {n.reduce(x, p == 1 ? xf::ReduceKind::l1 : xf::ReduceKind::l2, axes)});
  auto power = [&](Value base, double exponent) {
    return n.make<xf::Pow>(base, n.scalar(exponent, n.elem(x)));
  };
  Value sum = n.reduce(power(n.make<xf::Abs>(x), static_cast<double>(p)),
                       xf::ReduceKind::sum, axes);
  return n.done({power(sum, 1 / static_cast<double>(p))});
}

/// Neighbouring channels are a window over an axis of their own.
static LogicalResult convertLrn(NodeConverter &n) {
  Value x = n.in(0);
  int64_t size = n.requireInt("size");
  if (n.failed() || n.rank(x) < 2 || size < 1)
    return n.error("the input has rank " + Twine(n.rank(x)) + " and size is " +
                   Twine(size) + ", expected at least 2 and at least 1");
  // [batch, 1, channels, space]: the average over the window, padding
  // included, is the sum over size.
  Value square = n.mul(x, x);
  SmallVector<Size> wide{Size(x, 0), 1}, whole;
  for (int64_t axis = 1; axis < n.rank(x); ++axis)
    wide.push_back(Size(x, axis));
  if (n.rank(x) == 2)
    wide.push_back(1);
  square = n.reshape(square, wide);
  SmallVector<int64_t> window(n.rank(square) - 2, 1), ones = window,
                                                      pads(2 * window.size());
  window[0] = size;
  pads[0] = (size - 1) / 2;
  pads[window.size()] = size - 1 - pads[0];
  Value mean =
      n.make<xf::Pool>(square, xf::PoolKind::average, window, ones, pads, ones,
                       /*count_pad=*/true, /*ceil_mode=*/false, int64_t(2));
  for (int64_t axis = 0; axis < n.rank(x); ++axis)
    whole.push_back(Size(x, axis));
  mean = n.reshape(mean, whole);
  Value base = n.addScalar(n.mulScalar(mean, n.getFloat("alpha", 1e-4f)),
                           n.getFloat("bias", 1));
  Value exponent = n.scalar(n.getFloat("beta", 0.75), n.elem(x));
  return n.done({n.div(x, n.make<xf::Pow>(base, exponent))});
}

static const OpRow rows[] = {
    {"AveragePool", 1, 1, convertAveragePool},
    {"CausalConvWithState", 27, 2, convertCausalConv},
    {"Conv", 1, 2, convertConv},
    {"ConvInteger", 10, 2, convertConvInteger},
    {"GlobalAveragePool", 1, 1, convertGlobalPool<xf::ReduceKind::mean>},
    {"GlobalMaxPool", 1, 1, convertGlobalPool<xf::ReduceKind::max>},
    {"GlobalLpPool", 2, 1, convertGlobalLpPool},
    {"LRN", 1, 1, convertLrn},
    {"LpPool", 2, 1, convertLpPool},
    {"MaxPool", 1, 1, convertMaxPool},
    {"QLinearConv", 10, 8, convertQLinearConv},
};

static const OpRow microsoftRows[] = {
    {"CausalConvWithState", 1, 2, convertCausalConv},
    {"QLinearConv", 1, 8, convertQLinearConv},
};

void hagane::frontend::registerNn(OpRegistry &registry) {
  registry.add("", rows);
  registry.add("com.microsoft", microsoftRows);
}
