// Convolution, pooling and resampling.
#include "frontend/ops/NodeConverter.h"

#include "llvm/ADT/StringSwitch.h"
#include <cmath>

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;

namespace {
/// The window's way over the spatial axes.
struct Window {
  SmallVector<int64_t> kernel, strides, dilations, pads;
};
} // namespace

/// Pads so that each axis gives ceil(size / stride) windows.
static LogicalResult padSame(NodeConverter &n, Value x, bool upper,
                             Window &window) {
  size_t spatial = window.kernel.size();
  window.pads.assign(2 * spatial, 0);
  for (size_t i = 0; i < spatial; ++i) {
    int64_t extent = (window.kernel[i] - 1) * window.dilations[i] + 1,
            total = extent - 1;
    if (window.strides[i] != 1) {
      auto size = n.staticSize(x, i + 2);
      if (!size)
        return n.error("auto_pad with strides needs static sizes");
      int64_t count = llvm::divideCeil(*size, window.strides[i]);
      total = std::max<int64_t>(
          (count - 1) * window.strides[i] + extent - *size, 0);
    }
    int64_t less = total / 2, more = total - less;
    window.pads[i] = upper ? less : more;
    window.pads[i + spatial] = upper ? more : less;
  }
  return success();
}

static FailureOr<Window> readWindow(NodeConverter &n, Value x,
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
    if (failed(padSame(n, x, mode == "SAME_UPPER", window)))
      return failure();
  } else if (mode != "NOTSET")
    return n.error("attribute 'auto_pad' is '" + mode +
                   "', expected NOTSET, VALID, SAME_UPPER or SAME_LOWER");
  return window;
}

static LogicalResult convertConv(NodeConverter &n) {
  Value x = n.in(0), weight = n.in(1);
  SmallVector<int64_t> kernel;
  for (int64_t axis = 2; axis < n.rank(weight); ++axis) {
    auto size = n.staticSize(weight, axis);
    if (!size)
      return n.error("the kernel's sizes are not static");
    kernel.push_back(*size);
  }
  auto window = readWindow(n, x, kernel);
  if (failed(window))
    return failure();
  return n.done(
      {n.make<xf::Conv>(x, weight, n.in(2), window->strides, window->pads,
                        window->dilations, n.getInt("group", 1))});
}

static LogicalResult makePool(NodeConverter &n, xf::PoolKind kind,
                              bool countPad, int64_t p = 2) {
  auto kernel = n.getInts("kernel_shape");
  if (!kernel)
    return n.error("attribute 'kernel_shape' is missing");
  auto window = readWindow(n, n.in(0), *kernel);
  if (failed(window))
    return failure();
  return n.done({n.make<xf::Pool>(
      n.in(0), kind, window->kernel, window->strides, window->pads,
      window->dilations, countPad, n.getInt("ceil_mode", 0) != 0, p)});
}

static LogicalResult convertMaxPool(NodeConverter &n) {
  return makePool(n, xf::PoolKind::max, false);
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

//===----------------------------------------------------------------------===//
// Resize
//===----------------------------------------------------------------------===//

/// floor(size * scale), or null if that is no expression over the symbols.
static Dim scaledDim(NodeConverter &n, Dim size, double scale) {
  MLIRContext *context = n.builder().getContext();
  if (auto constant = size.getConstant())
    return Dim::constant(context, static_cast<int64_t>(std::floor(
                                      static_cast<double>(*constant) * scale)));
  for (int64_t divisor = 1; divisor <= 1024; divisor *= 2)
    if (double factor = scale * static_cast<double>(divisor);
        factor == std::floor(factor) && factor < 1e6) {
      Dim product = size * static_cast<int64_t>(factor);
      return divisor == 1 ? product
                          : product.floorDiv(Dim::constant(context, divisor));
    }
  return {};
}

namespace {
/// Sizes and scales of all axes, from those given for some.
struct Resampling {
  SmallVector<Dim> sizes;
  SmallVector<double> scales;
};
} // namespace

static LogicalResult resampleBySizes(NodeConverter &n, Value sizes,
                                     ArrayRef<int64_t> axes, Resampling &out) {
  auto known = n.constInts(sizes);
  if (!known || known->size() != axes.size())
    return n.error("sizes are not a constant with one size per axis");
  for (auto [axis, size] : llvm::zip_equal(axes, *known)) {
    auto from = n.staticSize(n.in(0), axis);
    if (!from || *from <= 0)
      return n.error("sizes are given and axis " + Twine(axis) +
                     " has no static size");
    out.sizes[axis] = Dim::constant(n.builder().getContext(), size);
    out.scales[axis] = static_cast<double>(size) / static_cast<double>(*from);
  }
  return success();
}

static LogicalResult resampleByScales(NodeConverter &n, Value scales,
                                      ArrayRef<int64_t> axes, Resampling &out) {
  auto known = n.constFloats(scales);
  if (!known || known->size() != axes.size())
    return n.error("scales are not a constant with one factor per axis");
  for (auto [axis, scale] : llvm::zip_equal(axes, *known)) {
    out.scales[axis] = scale;
    out.sizes[axis] = scaledDim(n, out.sizes[axis], scale);
    if (scale <= 0 || !out.sizes[axis])
      return n.error("axis " + Twine(axis) +
                     " has no static size to scale by a fraction");
  }
  return success();
}

static bool isEmpty(NodeConverter &n, Value value) {
  return !value || n.staticSize(value, 0) == 0;
}

static LogicalResult makeResize(NodeConverter &n, Value scales, Value sizes,
                                StringRef coordinates, StringRef nearest) {
  Value x = n.in(0);
  int64_t rank = n.rank(x);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (auto named = n.getInts("axes")) {
    axes = *named;
    for (int64_t &axis : axes)
      axis = n.normalAxis(axis, rank);
  }
  Resampling out;
  for (int64_t axis = 0; axis < rank; ++axis)
    out.sizes.push_back(n.dim(x, axis));
  out.scales.assign(rank, 1.0);
  StringRef mode = n.getString("mode", "nearest");
  auto kind = xf::symbolizeResizeKind(mode == "bilinear" ? "linear" : mode);
  if (!kind)
    return n.error("attribute 'mode' is '" + mode +
                   "', expected nearest, linear or cubic");
  if (coordinates == "tf_crop_and_resize")
    return n.error("coordinate_transformation_mode is tf_crop_and_resize, "
                   "which is not supported");
  if (n.getString("keep_aspect_ratio_policy", "stretch") != "stretch")
    return n.error("keep_aspect_ratio_policy is not 'stretch'");
  if (n.failed() ||
      failed(isEmpty(n, sizes) ? resampleByScales(n, scales, axes, out)
                               : resampleBySizes(n, sizes, axes, out)))
    return failure();
  if (!llvm::all_of(out.sizes, [&](Dim size) { return n.isDurable(size); }))
    return n.error("the input's sizes are not known");
  OpBuilder &b = n.builder();
  return n.done({n.make<xf::Resize>(
      x, Value(), n.dims(out.sizes), b.getDenseF64ArrayAttr(out.scales),
      xf::ResizeKindAttr::get(b.getContext(), *kind),
      b.getStringAttr(coordinates), b.getStringAttr(nearest),
      b.getF64FloatAttr(n.getFloat("cubic_coeff_a", -0.75)),
      n.getInt("exclude_outside", 0) ? b.getUnitAttr() : UnitAttr(),
      n.getInt("antialias", 0) ? b.getUnitAttr() : UnitAttr(),
      b.getF64FloatAttr(n.getFloat("extrapolation_value", 0)),
      DenseF64ArrayAttr())});
}

/// (x, roi?, scales?, sizes?).
static LogicalResult convertResize(NodeConverter &n) {
  return makeResize(n, n.in(2), n.in(3),
                    n.getString("coordinate_transformation_mode", "half_pixel"),
                    n.getString("nearest_mode", "round_prefer_floor"));
}

/// Before version 11 (x, scales): no choice of coordinates.
static LogicalResult convertOldResize(NodeConverter &n) {
  return makeResize(n, n.in(1), Value(), "asymmetric", "floor");
}

static const OpRow rows[] = {
    {"AveragePool", 1, 1, convertAveragePool},
    {"Conv", 1, 2, convertConv},
    {"GlobalAveragePool", 1, 1, convertGlobalPool<xf::ReduceKind::mean>},
    {"GlobalMaxPool", 1, 1, convertGlobalPool<xf::ReduceKind::max>},
    {"LpPool", 2, 1, convertLpPool},
    {"MaxPool", 1, 1, convertMaxPool},
    {"Resize", 10, 2, convertOldResize},
    {"Resize", 11, 1, convertResize},
    {"Upsample", 9, 2, convertOldResize},
};

void hagane::frontend::registerNn(OpRegistry &registry) {
  registry.add("", rows);
}
