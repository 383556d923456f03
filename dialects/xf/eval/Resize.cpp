//===- Resize.cpp - Resampling --------------------------------------------===//
//
// Interpolation is separable: each axis is resampled on its own by weighted
// sums of neighbours (taps), in double.
//
//===----------------------------------------------------------------------===//

#include "dialects/xf/eval/Strides.h"
#include <cmath>
#include <vector>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

namespace {

struct Tap {
  int64_t index;
  double weight;
};

/// One axis of the resampling.
struct ResizedAxis {
  int64_t input, output;
  double scale;
  double roiStart = 0, roiEnd = 1;
  double width() const { return scale * double(input); }
};

} // namespace

/// The input coordinate of output coordinate `i`; nullopt for unknown modes.
static std::optional<double> coordinateOf(StringRef mode,
                                          const ResizedAxis &axis, double i) {
  double input = double(axis.input), halfPixel = (i + 0.5) / axis.scale - 0.5;
  if (mode == "half_pixel")
    return halfPixel;
  if (mode == "tf_half_pixel_for_nn")
    return (i + 0.5) / axis.scale;
  if (mode == "pytorch_half_pixel")
    return axis.width() == 1 ? -0.5 : halfPixel;
  if (mode == "half_pixel_symmetric")
    return input / 2 * (1 - double(axis.output) / axis.width()) + halfPixel;
  if (mode == "asymmetric")
    return i / axis.scale;
  if (mode == "align_corners")
    return axis.width() == 1 ? 0 : i * (input - 1) / (axis.width() - 1);
  if (mode == "tf_crop_and_resize") {
    double extent = (axis.roiEnd - axis.roiStart) * (input - 1);
    return axis.roiStart * (input - 1) +
           (axis.width() == 1 ? extent / 2 : i * extent / (axis.width() - 1));
  }
  return std::nullopt;
}

static std::optional<double> nearestOf(StringRef mode, double x) {
  if (mode == "round_prefer_floor")
    return std::ceil(x - 0.5);
  if (mode == "round_prefer_ceil")
    return std::floor(x + 0.5);
  if (mode == "floor")
    return std::floor(x);
  if (mode == "ceil")
    return std::ceil(x);
  return std::nullopt;
}

/// The interpolation kernel at distance t.
static double kernelAt(ResizeKind kind, double t, double a) {
  t = std::fabs(t);
  if (kind == ResizeKind::linear)
    return std::fmax(0, 1 - t);
  if (t <= 1)
    return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

static int64_t clampIndex(double index, int64_t size) {
  return static_cast<int64_t>(std::fmin(std::fmax(index, 0), double(size - 1)));
}

/// The neighbours of coordinate x with their weights.
static std::optional<std::vector<Tap>>
tapsAt(Resize op, const ResizedAxis &axis, double x) {
  if (op.getKind() == ResizeKind::nearest) {
    std::optional<double> index = nearestOf(op.getNearestMode(), x);
    if (!index)
      return std::nullopt;
    return std::vector<Tap>{{clampIndex(*index, axis.input), 1.0}};
  }
  double shrink = op.getAntialias() ? std::fmin(axis.scale, 1) : 1;
  double radius = (op.getKind() == ResizeKind::linear ? 1 : 2) / shrink;
  std::vector<Tap> taps;
  double sum = 0;
  double first = std::floor(x - radius);
  auto count = static_cast<int64_t>(std::ceil(x + radius) - first) + 1;
  for (int64_t i = 0; i < count; ++i) {
    double index = first + double(i);
    double weight = kernelAt(op.getKind(), (index - x) * shrink,
                             op.getCubicCoeff().convertToDouble());
    bool isOutside = index < 0 || index >= double(axis.input);
    if (weight == 0 || (isOutside && op.getExcludeOutside()))
      continue;
    taps.push_back({clampIndex(index, axis.input), weight});
    sum += weight;
  }
  for (Tap &tap : taps)
    tap.weight /= sum;
  return taps;
}

/// Resamples axis `axis` of `data`, whose shape is updated.
static LogicalResult resample(Resize op, std::vector<double> &data,
                              Shape &shape, int64_t axis,
                              const ResizedAxis &resized,
                              Evaluation &evaluation) {
  int64_t outer = product(shape, 0, axis),
          inner = product(shape, axis + 1, shape.size());
  shape[axis] = resized.output;
  std::vector<double> result(outer * resized.output * inner);
  for (int64_t i = 0; i < resized.output; ++i) {
    std::optional<double> x =
        coordinateOf(op.getCoordinates(), resized, double(i));
    if (!x || !(std::fabs(*x) < 0x1p52))
      return evaluation.error("coordinates '" + op.getCoordinates() +
                              "' are not usable");
    bool isExtrapolated = op.getCoordinates() == "tf_crop_and_resize" &&
                          (*x < 0 || *x > double(resized.input - 1));
    std::optional<std::vector<Tap>> taps = tapsAt(op, resized, *x);
    if (!taps)
      return evaluation.error("unknown nearest mode '" + op.getNearestMode() +
                              "'");
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t n = 0; n < inner; ++n) {
        double sum =
            isExtrapolated ? op.getExtrapolation().convertToDouble() : 0;
        for (const Tap &tap : *taps)
          if (!isExtrapolated)
            sum +=
                tap.weight * data[(o * resized.input + tap.index) * inner + n];
        result[(o * resized.output + i) * inner + n] = sum;
      }
  }
  data = std::move(result);
  return success();
}

static std::vector<double> realsOf(const HostTensor &tensor) {
  std::vector<double> values(tensor.getCount());
  for (int64_t i = 0; i < tensor.getCount(); ++i)
    values[i] = tensor.getReal(i);
  return values;
}

static LogicalResult defineResizeOp(Resize op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  FailureOr<Shape> sizes =
      evaluation.sizes(op.getSizes(), evaluation.optional(op, 1));
  if (failed(sizes))
    return failure();
  size_t rank = x.getShape().size();
  std::vector<double> scales(op.getScales()), roi;
  if (const HostTensor *given = evaluation.optional(op, 2))
    scales = realsOf(*given);
  if (const HostTensor *given = evaluation.optional(op, 3))
    roi = realsOf(*given);
  else if (auto given = op.getRoi())
    roi.assign(given->begin(), given->end());
  if (sizes->size() != rank || (!scales.empty() && scales.size() != rank) ||
      (!roi.empty() && roi.size() != 2 * rank))
    return evaluation.error("sizes, scales or region do not have the rank of " +
                            describe(x));
  FailureOr<HostTensor *> y = evaluation.create(*sizes);
  if (failed(y))
    return failure();
  if ((*y)->getCount() == 0)
    return success();
  if (x.getCount() == 0)
    return evaluation.error(describe(x) + " is empty and cannot be resampled");
  std::vector<double> data(x.getCount());
  for (int64_t i = 0; i < x.getCount(); ++i)
    data[i] = x.getReal(i);
  Shape shape(x.getShape());
  for (size_t axis = 0; axis < rank; ++axis) {
    ResizedAxis resized{shape[axis], (*sizes)[axis], 1};
    resized.scale = scales.empty() || scales[axis] == 0
                        ? double(resized.output) / double(resized.input)
                        : scales[axis];
    if (!roi.empty())
      resized.roiStart = roi[axis], resized.roiEnd = roi[rank + axis];
    if (!(resized.scale > 0))
      return evaluation.error("scales must be above 0");
    bool isIdentity = resized.input == resized.output && resized.scale == 1 &&
                      resized.roiStart == 0 && resized.roiEnd == 1;
    if (!isIdentity &&
        failed(resample(op, data, shape, axis, resized, evaluation)))
      return failure();
  }
  for (int64_t i = 0; i < (*y)->getCount(); ++i)
    (*y)->setReal(i, data[i]);
  return success();
}

void hagane::xf::eval::defineResize(DefinitionTable &table) {
  table.add(defineResizeOp);
}
