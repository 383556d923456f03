//===- Vision.cpp - Grids and regions -------------------------------------===//

#include "dialects/xf/eval/Strides.h"
#include <cmath>
#include <vector>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

namespace {

//===-- Grids -------------------------------------------------------------===//

/// One axis of space: its size and where what lies beyond is reflected.
struct SampledAxis {
  int64_t size;
  double least, most;
};

double reflect(double x, const SampledAxis &axis) {
  double extent = axis.most - axis.least;
  if (extent <= 0)
    return axis.least;
  double beyond = x < axis.least ? axis.least - x : x - axis.most;
  if (beyond <= 0)
    return x;
  double turns = std::floor(beyond / extent), rest = beyond - turns * extent;
  bool fromLeast = (x < axis.least) == (std::fmod(turns, 2) == 0);
  return fromLeast ? axis.least + rest : axis.most - rest;
}

/// The element that stands for number `i` of an axis; -1 for a zero.
int64_t elementAt(double i, const SampledAxis &axis, StringRef outside) {
  if (outside == "reflection")
    i = std::trunc(reflect(i, axis));
  if (outside == "zeros" && (i < 0 || i >= double(axis.size)))
    return -1;
  return int64_t(std::fmin(std::fmax(i, 0), double(axis.size - 1)));
}

double cubicAt(double t) {
  const double a = -0.75;
  t = std::fabs(t);
  if (t <= 1)
    return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

struct GridTap {
  int64_t index;
  double weight;
};

std::vector<GridTap> tapsAt(GridSample op, double x, const SampledAxis &axis) {
  StringRef outside = op.getOutside();
  if (op.getKind() == ResizeKind::nearest)
    x = std::nearbyint(x);
  if (x < axis.least || x > axis.most) {
    if (outside == "border")
      x = std::fmin(std::fmax(x, 0), double(axis.size - 1));
    if (outside == "reflection")
      x = reflect(x, axis);
  }
  if (op.getKind() == ResizeKind::nearest)
    return {{elementAt(std::trunc(x), axis, outside), 1}};
  std::vector<GridTap> taps;
  double low = std::floor(x);
  bool isLinear = op.getKind() == ResizeKind::linear;
  for (int i = isLinear ? 0 : -1; i <= (isLinear ? 1 : 2); ++i) {
    double t = x - (low + i);
    taps.push_back({elementAt(low + i, axis, outside),
                    isLinear ? 1 - std::fabs(t) : cubicAt(t)});
  }
  return taps;
}

/// The weighted sum of the elements of a plane that the taps name.
double sample(const HostTensor &x, int64_t origin,
              ArrayRef<std::vector<GridTap>> taps, ArrayRef<SampledAxis> axes) {
  if (taps.empty())
    return x.getReal(origin);
  double sum = 0;
  for (const GridTap &tap : taps.front())
    if (tap.index >= 0)
      sum += tap.weight * sample(x, origin * axes.front().size + tap.index,
                                 taps.drop_front(), axes.drop_front());
  return sum;
}

LogicalResult defineGridSample(GridSample op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0), &grid = evaluation.operand(1);
  int64_t space = x.getRank() - 2;
  if (space < 1 || grid.getRank() != x.getRank() ||
      grid.getShape().back() != space || grid.getSize(0) != x.getSize(0))
    return evaluation.error("grid " + describe(grid) + " does not fit " +
                            describe(x));
  Shape shape{x.getSize(0), x.getSize(1)};
  shape.append(grid.getShape().begin() + 1, grid.getShape().end() - 1);
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  SmallVector<SampledAxis> axes;
  for (int64_t size : x.getShape().drop_front(2))
    axes.push_back(op.getAlignCorners()
                       ? SampledAxis{size, 0, double(size) - 1}
                       : SampledAxis{size, -0.5, double(size) - 0.5});
  int64_t points = product(shape, 2, shape.size());
  for (int64_t n = 0; n < (*y)->getCount(); ++n) {
    int64_t plane = n / points, image = plane / shape[1];
    std::vector<std::vector<GridTap>> taps;
    for (int64_t i = 0; i < space; ++i) {
      // The last axis comes first.
      double g =
          grid.getReal((image * points + n % points) * space + space - 1 - i);
      double size = double(axes[i].size);
      double at = op.getAlignCorners() ? (g + 1) / 2 * (size - 1)
                                       : ((g + 1) * size - 1) / 2;
      if (!(std::fabs(at) < 0x1p52))
        return evaluation.error("a coordinate of the grid is not usable");
      taps.push_back(tapsAt(op, at, axes[i]));
    }
    (*y)->setReal(n, sample(x, plane, taps, axes));
  }
  return success();
}

//===-- Regions -----------------------------------------------------------===//

/// One axis of a region: where it starts, and the size of its parts.
struct RegionAxis {
  double start, part;
  int64_t samples;
  /// Sample `i` of part `p`.
  double at(int64_t p, int64_t i) const {
    return start + double(p) * part +
           (double(i) + 0.5) * part / double(samples);
  }
};

RegionAxis regionAxis(RoiAlign op, double start, double end, int64_t parts) {
  double offset = op.getHalfPixel() ? 0.5 : 0,
         scale = op.getSpatialScale().convertToDouble();
  start = start * scale - offset;
  double extent = end * scale - offset - start;
  if (!op.getHalfPixel())
    extent = std::fmax(extent, 1);
  double part = extent / double(parts);
  int64_t samples = op.getSampling() > 0 ? int64_t(op.getSampling())
                                         : int64_t(std::ceil(part));
  return {start, part, samples};
}

struct Corners {
  int64_t low, high;
  double share; // of the high one
};

Corners cornersAt(double x, int64_t size) {
  x = std::fmax(x, 0);
  auto low = int64_t(x);
  if (low >= size - 1)
    return {size - 1, size - 1, 0};
  return {low, low + 1, x - double(low)};
}

/// What a part of a region becomes in one plane.
double poolPart(RoiAlign op, const HostTensor &x, int64_t plane,
                const RegionAxis &rows, const RegionAxis &columns, int64_t row,
                int64_t column) {
  int64_t height = x.getSize(2), width = x.getSize(3);
  bool isMax = op.getKind() == PoolKind::max, isFirst = true;
  double result = 0;
  for (int64_t i = 0; i < rows.samples; ++i)
    for (int64_t j = 0; j < columns.samples; ++j) {
      double v = rows.at(row, i), h = columns.at(column, j);
      double values[4] = {0, 0, 0, 0};
      if (!(v < -1 || v > double(height) || h < -1 || h > double(width))) {
        Corners a = cornersAt(v, height), b = cornersAt(h, width);
        auto read = [&](int64_t r, int64_t c) {
          return x.getReal((plane * height + r) * width + c);
        };
        values[0] = (1 - a.share) * (1 - b.share) * read(a.low, b.low);
        values[1] = (1 - a.share) * b.share * read(a.low, b.high);
        values[2] = a.share * (1 - b.share) * read(a.high, b.low);
        values[3] = a.share * b.share * read(a.high, b.high);
      }
      if (!isMax) {
        result += values[0] + values[1] + values[2] + values[3];
        continue;
      }
      double most = *std::max_element(values, values + 4);
      result = isFirst ? most : std::fmax(result, most);
      isFirst = false;
    }
  double count = double(std::max<int64_t>(rows.samples * columns.samples, 1));
  return isMax ? result : result / count;
}

LogicalResult defineRoiAlign(RoiAlign op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0), &regions = evaluation.operand(1),
                   &images = evaluation.operand(2);
  if (failed(evaluation.checkRank(x, 4, "x")) ||
      failed(evaluation.checkRank(regions, 2, "regions")))
    return failure();
  int64_t count = regions.getSize(0), channels = x.getSize(1);
  int64_t height = op.getOutHeight(), width = op.getOutWidth();
  if (regions.getSize(1) != 4 || images.getCount() != count || height < 1 ||
      width < 1)
    return evaluation.error("regions " + describe(regions) + " do not fit " +
                            describe(images));
  FailureOr<HostTensor *> y =
      evaluation.create({count, channels, height, width});
  if (failed(y))
    return failure();
  for (int64_t r = 0; r < count; ++r) {
    auto edge = [&](int64_t i) { return regions.getReal(r * 4 + i); };
    RegionAxis rows = regionAxis(op, edge(1), edge(3), height),
               columns = regionAxis(op, edge(0), edge(2), width);
    FailureOr<int64_t> image =
        evaluation.wrapIndex(images.getInteger(r), x.getSize(0));
    if (failed(image))
      return failure();
    for (int64_t n = 0; n < channels * height * width; ++n)
      (*y)->setReal(r * channels * height * width + n,
                    poolPart(op, x, *image * channels + n / (height * width),
                             rows, columns, n / width % height, n % width));
  }
  return success();
}

} // namespace

void hagane::xf::eval::defineVision(DefinitionTable &table) {
  table.add(defineGridSample);
  table.add(defineRoiAlign);
}
