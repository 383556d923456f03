// Resizing, and samples at computed coordinates.
#include "frontend/ops/NodeConverter.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;

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
/// What a resize is to do, as attributes where it is known and as tensors
/// where it is not.
struct Resampling {
  SmallVector<int64_t> axes;
  SmallVector<Dim> sizes; // of all axes; empty if `sizesValue` tells
  SmallVector<double> scales;
  std::optional<SmallVector<double>> roi;
  Value sizesValue, scalesValue, roiValue;
};
} // namespace

static bool isEmpty(NodeConverter &n, Value value) {
  return !value || n.staticSize(value, 0) == 0;
}

/// A vector with an element of `part` for each of the axes and what `other`
/// makes for the rest.
static Value spread(NodeConverter &n, Value part, const Resampling &plan,
                    int64_t rank, llvm::function_ref<Value(int64_t)> other,
                    int64_t from = 0) {
  SmallVector<Value> all;
  for (int64_t axis = 0; axis < rank; ++axis) {
    const auto *place = llvm::find(plan.axes, axis);
    int64_t i = from + (place - plan.axes.begin());
    all.push_back(place == plan.axes.end() ? other(axis)
                                           : n.slice(part, 0, i, i + 1));
  }
  return n.concat(all, 0);
}

static Value oneFloat(NodeConverter &n, double value) {
  return n.reshape(n.scalar(value, n.builder().getF32Type()), {1});
}

/// The sizes of the chosen axes as f64.
static Value chosenSizes(NodeConverter &n, const Resampling &plan) {
  SmallVector<Value> sizes;
  for (int64_t axis : plan.axes)
    sizes.push_back(n.sizeTensor(Size(n.in(0), axis)));
  return n.cast(n.concat(sizes, 0), n.builder().getF64Type());
}

static Value floorToSizes(NodeConverter &n, Value real) {
  return n.cast(n.make<xf::Floor>(real), n.builder().getI64Type());
}

/// All sizes from the computed ones of the chosen axes.
static void setComputedSizes(NodeConverter &n, Value sizes, Resampling &plan) {
  plan.sizes.clear();
  plan.sizesValue = spread(n, sizes, plan, n.rank(n.in(0)), [&](int64_t axis) {
    return n.sizeTensor(Size(n.in(0), axis));
  });
}

static void setComputedScales(NodeConverter &n, Value scales,
                              Resampling &plan) {
  plan.scalesValue =
      spread(n, n.cast(scales, n.builder().getF32Type()), plan, n.rank(n.in(0)),
             [&](int64_t) { return oneFloat(n, 1); });
}

/// One factor for all axes, so that the result is within (or around) what the
/// sizes ask for.
static void keepAspect(NodeConverter &n, Value sizes, bool within,
                       Resampling &plan) {
  Type f64 = n.builder().getF64Type();
  Value from = chosenSizes(n, plan);
  Value factors = n.div(n.cast(sizes, f64), from);
  Value factor = n.reduce(
      factors, within ? xf::ReduceKind::min : xf::ReduceKind::max, {0});
  setComputedSizes(n, floorToSizes(n, n.addScalar(n.mul(factor, from), 0.5)),
                   plan);
  setComputedScales(
      n, n.broadcast(factor, {Size(static_cast<int64_t>(plan.axes.size()))}),
      plan);
}

/// The same with everything known.
static void keepAspect(ArrayRef<int64_t> from, bool within,
                       SmallVectorImpl<int64_t> &sizes, Resampling &plan) {
  double factor = 0;
  for (auto [i, pair] : llvm::enumerate(llvm::zip_equal(sizes, from))) {
    double one = static_cast<double>(std::get<0>(pair)) /
                 static_cast<double>(std::get<1>(pair));
    factor = i == 0   ? one
             : within ? std::min(factor, one)
                      : std::max(factor, one);
  }
  for (auto [i, axis] : llvm::enumerate(plan.axes)) {
    sizes[i] = static_cast<int64_t>(
        std::floor(factor * static_cast<double>(from[i]) + 0.5));
    plan.scales[axis] = factor;
  }
}

static LogicalResult resampleBySizes(NodeConverter &n, Value sizes,
                                     Resampling &plan) {
  StringRef policy = n.getString("keep_aspect_ratio_policy", "stretch");
  if (policy != "stretch" && policy != "not_larger" && policy != "not_smaller")
    return n.error("attribute 'keep_aspect_ratio_policy' is '" + policy +
                   "', expected stretch, not_larger or not_smaller");
  if (n.staticSize(sizes, 0) != static_cast<int64_t>(plan.axes.size()))
    return n.error("sizes are not a vector with one size per axis");
  for (int64_t axis : plan.axes)
    plan.scales[axis] = 0;
  bool within = policy == "not_larger";
  auto known = n.constInts(sizes);
  SmallVector<int64_t> from;
  for (int64_t axis : plan.axes)
    if (auto size = n.staticSize(n.in(0), axis); size && *size > 0)
      from.push_back(*size);
  if (known && policy != "stretch" && from.size() == plan.axes.size())
    keepAspect(from, within, *known, plan);
  else if (policy != "stretch")
    return keepAspect(n, sizes, within, plan), success();
  const auto &content = n.getState().getFacts(sizes).content;
  for (auto [i, axis] : llvm::enumerate(plan.axes)) {
    if (known)
      plan.sizes[axis] = Dim::constant(n.builder().getContext(), (*known)[i]);
    else if (content && n.isDurable((*content)[i]))
      plan.sizes[axis] = (*content)[i];
    else
      return setComputedSizes(n, n.cast(sizes, n.builder().getI64Type()), plan),
             success();
  }
  return success();
}

static LogicalResult resampleByScales(NodeConverter &n, Value scales,
                                      Resampling &plan) {
  if (!scales ||
      n.staticSize(scales, 0) != static_cast<int64_t>(plan.axes.size()))
    return n.error("scales are not a vector with one factor per axis");
  auto computed = [&] {
    Value product =
        n.mul(n.cast(scales, n.builder().getF64Type()), chosenSizes(n, plan));
    setComputedSizes(n, floorToSizes(n, product), plan);
    return success();
  };
  auto known = n.constFloats(scales);
  if (!known) {
    setComputedScales(n, scales, plan);
    return computed();
  }
  for (auto [axis, scale] : llvm::zip_equal(plan.axes, *known)) {
    if (!(scale > 0))
      return n.error("the scale of axis " + Twine(axis) + " is not positive");
    plan.scales[axis] = scale;
    plan.sizes[axis] = scaledDim(n, plan.sizes[axis], scale);
    if (!plan.sizes[axis])
      return computed();
  }
  return success();
}

/// Starts, then ends, of the region in which coordinates lie.
static LogicalResult readRegion(NodeConverter &n, Value roi, int64_t rank,
                                Resampling &plan) {
  auto count = static_cast<int64_t>(plan.axes.size());
  if (!roi || n.staticSize(roi, 0) != 2 * count)
    return n.error("the region is not a vector with two numbers per axis");
  if (auto known = n.constFloats(roi)) {
    plan.roi.emplace(rank, 0.0);
    plan.roi->append(rank, 1.0);
    for (auto [i, axis] : llvm::enumerate(plan.axes)) {
      (*plan.roi)[axis] = (*known)[i];
      (*plan.roi)[rank + axis] = (*known)[i + count];
    }
    return success();
  }
  roi = n.cast(roi, n.builder().getF32Type());
  auto half = [&](double otherwise, int64_t from) {
    return spread(
        n, roi, plan, rank, [&](int64_t) { return oneFloat(n, otherwise); },
        from);
  };
  plan.roiValue = n.concat({half(0, 0), half(1, count)}, 0);
  return success();
}

/// floor(size of x * scale), for a size that is not known yet.
static Value scaledSize(NodeConverter &n, Value x, int64_t axis, double scale) {
  Value size = n.sizeTensor(Size(x, axis));
  if (scale == 1)
    return size;
  if (scale == std::floor(scale))
    return n.mulScalar(size, scale);
  Value scaled = n.mulScalar(n.cast(size, n.builder().getF64Type()), scale);
  return n.cast(n.make<xf::Floor>(scaled), n.builder().getI64Type());
}

/// The last was in opset 11 alone, but TensorFlow's exporter still writes it.
static constexpr StringRef coordinateModes[] = {
    "half_pixel",          "half_pixel_symmetric", "pytorch_half_pixel",
    "align_corners",       "asymmetric",           "tf_crop_and_resize",
    "tf_half_pixel_for_nn"};
static constexpr StringRef nearestModes[] = {
    "round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};

/// A float that holds the elements and the coordinates.
static Type sampledType(Type type, Type coordinates) {
  if (type == coordinates)
    return type;
  unsigned width = isa<FloatType>(type) ? type.getIntOrFloatBitWidth()
                   : type.getIntOrFloatBitWidth() > 16 ? 64
                                                       : 32;
  return std::max({width, coordinates.getIntOrFloatBitWidth(), 32u}) > 32
             ? Type(Float64Type::get(type.getContext()))
             : Type(Float32Type::get(type.getContext()));
}

/// The nearest whole number within the limits of a type.
static Value roundTo(NodeConverter &n, Value x, IntegerType type) {
  unsigned width = type.getWidth();
  bool isUnsigned = type.isUnsigned() || width == 1;
  APInt least = isUnsigned ? APInt::getZero(width)
                           : APInt::getSignedMinValue(width),
        most = isUnsigned ? APInt::getMaxValue(width)
                          : APInt::getSignedMaxValue(width);
  x = n.make<xf::Round>(x);
  x = n.make<xf::Max>(x, n.scalar(least.roundToDouble(!isUnsigned), n.elem(x)));
  // The greatest numbers of 64 bits are no floats: the next below.
  double high = most.roundToDouble(!isUnsigned);
  if (width == 64)
    high = std::nextafter(high, 0.0);
  x = n.make<xf::Min>(x, n.scalar(high, n.elem(x)));
  return n.cast(x, type);
}

static LogicalResult makeResize(NodeConverter &n, Value scales, Value sizes,
                                StringRef coordinates, StringRef nearest) {
  Value x = n.in(0);
  int64_t rank = n.rank(x);
  Resampling plan;
  plan.axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (auto named = n.getInts("axes")) {
    plan.axes = *named;
    for (int64_t &axis : plan.axes)
      axis = n.normalAxis(axis, rank);
  }
  for (int64_t axis = 0; axis < rank; ++axis)
    plan.sizes.push_back(n.dim(x, axis));
  plan.scales.assign(rank, 1.0);
  StringRef mode = n.getString("mode", "nearest");
  auto kind = xf::symbolizeResizeKind(mode == "bilinear" ? "linear" : mode);
  if (!kind)
    return n.error("attribute 'mode' is '" + mode +
                   "', expected nearest, linear or cubic");
  if (!llvm::is_contained(coordinateModes, coordinates))
    return n.error("attribute 'coordinate_transformation_mode' is '" +
                   coordinates + "', expected one of " +
                   llvm::join(ArrayRef(coordinateModes), ", "));
  if (!llvm::is_contained(nearestModes, nearest))
    return n.error("attribute 'nearest_mode' is '" + nearest +
                   "', expected one of " +
                   llvm::join(ArrayRef(nearestModes), ", "));
  if (n.failed() || failed(isEmpty(n, sizes) ? resampleByScales(n, scales, plan)
                                             : resampleBySizes(n, sizes, plan)))
    return failure();
  if (coordinates == "tf_crop_and_resize" &&
      failed(readRegion(n, n.in(1), rank, plan)))
    return failure();
  if (!llvm::all_of(plan.sizes, [&](Dim size) { return n.isDurable(size); })) {
    SmallVector<Value> all;
    Type oneSize = RankedTensorType::get({1}, n.builder().getI64Type());
    for (auto [axis, size] : llvm::enumerate(plan.sizes))
      all.push_back(n.isDurable(size)
                        ? n.make<xf::Dims>(n.dims({size}), oneSize)
                        : scaledSize(n, x, static_cast<int64_t>(axis),
                                     plan.scales[axis]));
    plan.sizes.clear();
    plan.sizesValue = n.concat(all, 0);
  }
  OpBuilder &b = n.builder();
  Type type = n.elem(x);
  bool isRounded = isa<IntegerType>(type) && *kind != xf::ResizeKind::nearest;
  if (isRounded)
    x = n.cast(x, sampledType(type, b.getF32Type()));
  Value y = n.make<xf::Resize>(
      x, plan.sizesValue, plan.scalesValue, plan.roiValue,
      plan.sizesValue ? ArrayAttr() : n.dims(plan.sizes),
      b.getDenseF64ArrayAttr(plan.scales),
      xf::ResizeKindAttr::get(b.getContext(), *kind),
      b.getStringAttr(coordinates), b.getStringAttr(nearest),
      b.getF64FloatAttr(n.getFloat("cubic_coeff_a", -0.75)),
      n.getInt("exclude_outside", 0) ? b.getUnitAttr() : UnitAttr(),
      n.getInt("antialias", 0) ? b.getUnitAttr() : UnitAttr(),
      b.getF64FloatAttr(n.getFloat("extrapolation_value", 0)),
      plan.roi ? b.getDenseF64ArrayAttr(*plan.roi) : DenseF64ArrayAttr());
  return n.done({isRounded ? roundTo(n, y, cast<IntegerType>(type)) : y});
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

/// The oldest one has its scales as an attribute.
static LogicalResult convertOldestUpsample(NodeConverter &n) {
  auto scales = n.getFloats("scales");
  if (!scales)
    return n.error("attribute 'scales' is missing");
  SmallVector<float> values(scales->begin(), scales->end());
  auto type = RankedTensorType::get({static_cast<int64_t>(values.size())},
                                    n.builder().getF32Type());
  return makeResize(
      n, n.constant(DenseElementsAttr::get(type, ArrayRef<float>(values))),
      Value(), "asymmetric", "floor");
}

//===----------------------------------------------------------------------===//
// Grids and regions
//===----------------------------------------------------------------------===//

static LogicalResult convertGridSample(NodeConverter &n) {
  StringRef mode = n.getString("mode", "linear");
  if (mode == "bilinear" || mode == "bicubic")
    mode = mode.drop_front(2) == "linear" ? "linear" : "cubic";
  auto kind = xf::symbolizeResizeKind(mode);
  if (!kind)
    return n.error("attribute 'mode' is '" + mode +
                   "', expected linear, nearest or cubic");
  OpBuilder &b = n.builder();
  Value x = n.in(0), grid = n.in(1);
  Type type = n.elem(x), coordinates = n.elem(grid);
  if (n.failed())
    return failure();
  Type real = sampledType(type, coordinates);
  Value y = n.make<xf::GridSample>(
      n.cast(x, real), n.cast(grid, real),
      xf::ResizeKindAttr::get(b.getContext(), *kind),
      b.getStringAttr(n.getString("padding_mode", "zeros")),
      n.getInt("align_corners", 0) ? b.getUnitAttr() : UnitAttr());
  return n.done({n.cast(y, type)});
}

static LogicalResult convertRoiAlign(NodeConverter &n) {
  StringRef mode = n.getString("mode", "avg");
  if (mode != "avg" && mode != "max")
    return n.error("attribute 'mode' is '" + mode + "', expected avg or max");
  StringRef way =
      n.getString("coordinate_transformation_mode",
                  n.version() < 16 ? "output_half_pixel" : "half_pixel");
  OpBuilder &b = n.builder();
  return n.done({n.make<xf::RoiAlign>(
      n.in(0), n.in(1), n.in(2),
      xf::PoolKindAttr::get(b.getContext(), mode == "avg"
                                                ? xf::PoolKind::average
                                                : xf::PoolKind::max),
      b.getI64IntegerAttr(n.getInt("output_height", 1)),
      b.getI64IntegerAttr(n.getInt("output_width", 1)),
      b.getI64IntegerAttr(n.getInt("sampling_ratio", 0)),
      b.getF64FloatAttr(n.getFloat("spatial_scale", 1)),
      way == "half_pixel" ? b.getUnitAttr() : UnitAttr())});
}

/// The coordinates of an axis of `size` elements (an i64 vector of one) from
/// -1 to 1: of the first and last element's centres, or of the edges.
static Value gridLine(NodeConverter &n, Value size, bool alignCorners,
                      Type type) {
  Value count = n.squeeze(size, {0});
  Type i64 = n.elem(size);
  Value i = n.cast(n.make<xf::Range>(n.scalar(0, i64), count, n.scalar(1, i64),
                                     ArrayAttr(), i64),
                   type);
  Value length = n.cast(count, type);
  if (!alignCorners) {
    Value twice = n.addScalar(n.mulScalar(i, 2), 1);
    return n.addScalar(n.div(twice, length), -1);
  }
  // One element alone lies at -1.
  Value steps = n.make<xf::Max>(n.addScalar(length, -1), n.scalar(1, type));
  return n.addScalar(n.div(n.mulScalar(i, 2), steps), -1);
}

/// theta [batch, r, r + 1] applied to the (x, y, z, 1) of every element:
/// (theta, size [batch, channels, space...]).
static LogicalResult convertAffineGrid(NodeConverter &n) {
  Value theta = n.in(0), size = n.in(1);
  auto space = n.staticSize(theta, 1);
  if (n.rank(theta) != 3 || !space || (*space != 2 && *space != 3) ||
      n.staticSize(size, 0) != *space + 2)
    return n.error("theta is not [batch, 2, 3] or [batch, 3, 4] with a size "
                   "for each axis");
  bool alignCorners = n.getInt("align_corners", 0) != 0;
  Type type = n.elem(theta);
  auto part = [&](int64_t column) {
    // [batch, r] to [batch, 1..., r].
    Value values = n.squeeze(n.slice(theta, 2, column, column + 1), {2});
    return n.unsqueeze(values,
                       llvm::to_vector(llvm::seq<int64_t>(1, *space + 1)));
  };
  Value sum = part(*space);
  for (int64_t axis = 0; axis < *space; ++axis) {
    Value line =
        gridLine(n, n.slice(size, 0, axis + 2, axis + 3), alignCorners, type);
    // Against [batch, space..., r].
    SmallVector<int64_t> trailing =
        llvm::to_vector(llvm::seq<int64_t>(1, *space - axis + 1));
    sum =
        n.add(sum, n.mul(n.unsqueeze(line, trailing), part(*space - 1 - axis)));
  }
  return n.done({sum});
}

static const OpRow rows[] = {
    {"AffineGrid", 20, 2, convertAffineGrid},
    {"GridSample", 16, 2, convertGridSample},
    {"Resize", 10, 2, convertOldResize},
    {"Resize", 11, 1, convertResize},
    {"RoiAlign", 10, 3, convertRoiAlign},
    {"Upsample", 7, 1, convertOldestUpsample},
    {"Upsample", 9, 2, convertOldResize},
};

static const OpRow microsoftRows[] = {
    {"GridSample", 1, 2, convertGridSample},
};

void hagane::frontend::registerResample(OpRegistry &registry) {
  registry.add("com.microsoft", microsoftRows);
  registry.add("", rows);
}
