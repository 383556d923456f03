//===- Special.cpp - Algorithms that few models need ----------------------===//

#include "dialects/xf/XfSpecial.h"
#include "dialects/xf/eval/Strides.h"
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

static LogicalResult defineBitcast(Bitcast, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  FailureOr<HostTensor *> y = evaluation.create(x.getShape());
  if (failed(y))
    return failure();
  for (int64_t i = 0, count = x.getCount(); i < count; ++i)
    std::memcpy((*y)->at(i), x.at(i), x.getElement().bytes);
  return success();
}

//===-- Order -------------------------------------------------------------===//

/// -1, 0 or 1; NaN is above every number.
static int compareElements(const HostTensor &x, int64_t i, int64_t j) {
  auto order = [](auto a, auto b) { return a < b ? -1 : b < a ? 1 : 0; };
  if (x.getElement().isFloat()) {
    double a = x.getReal(i), b = x.getReal(j);
    if (std::isnan(a) || std::isnan(b))
      return order(std::isnan(a), std::isnan(b));
    return order(a, b);
  }
  if (x.getElement().isUnsigned())
    return order(uint64_t(x.getInteger(i)), uint64_t(x.getInteger(j)));
  return order(x.getInteger(i), x.getInteger(j));
}

static LogicalResult defineSortRows(SortRows, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  if (failed(evaluation.checkRank(x, 2, "x")))
    return failure();
  int64_t rows = x.getSize(0), columns = x.getSize(1);
  std::vector<int64_t> order(rows);
  std::iota(order.begin(), order.end(), 0);
  llvm::stable_sort(order, [&](int64_t a, int64_t b) {
    for (int64_t i = 0; i < columns; ++i)
      if (int found = compareElements(x, a * columns + i, b * columns + i))
        return found < 0;
    return false;
  });
  FailureOr<HostTensor *> y = evaluation.create({rows});
  if (failed(y))
    return failure();
  for (int64_t i = 0; i < rows; ++i)
    (*y)->setInteger(i, order[i]);
  return success();
}

//===-- Boxes -------------------------------------------------------------===//

namespace {
struct Box {
  double low[2], high[2];

  Box(const HostTensor &boxes, int64_t number, bool center) {
    auto at = [&](int64_t i) { return boxes.getReal(number * 4 + i); };
    for (int64_t i = 0; i < 2; ++i) {
      double a = center ? at(i) - at(i + 2) / 2 : at(i);
      double b = center ? at(i) + at(i + 2) / 2 : at(i + 2);
      low[i] = std::fmin(a, b);
      high[i] = std::fmax(a, b);
    }
  }
  double area() const { return (high[0] - low[0]) * (high[1] - low[1]); }
  /// Intersection over union; 0 where either has no area.
  double overlap(const Box &other) const {
    double shared = 1;
    for (int i = 0; i < 2; ++i)
      shared *= std::fmax(0, std::fmin(high[i], other.high[i]) -
                                 std::fmax(low[i], other.low[i]));
    double all = area() + other.area() - shared;
    return area() > 0 && other.area() > 0 && all > 0 ? shared / all : 0;
  }
};
} // namespace

static LogicalResult defineSuppressBoxes(SuppressBoxes op,
                                         Evaluation &evaluation) {
  const HostTensor &boxes = evaluation.operand(0),
                   &scores = evaluation.operand(1);
  if (boxes.getRank() != 3 || scores.getRank() != 3 || boxes.getSize(2) != 4 ||
      boxes.getSize(0) != scores.getSize(0) ||
      boxes.getSize(1) != scores.getSize(2))
    return evaluation.error("boxes " + describe(boxes) + " do not fit scores " +
                            describe(scores));
  for (const HostTensor &parameter : evaluation.getOperands().drop_front(2))
    if (parameter.getCount() != 1)
      return evaluation.error("a parameter is no scalar: " +
                              describe(parameter));
  FailureOr<HostTensor *> kept = evaluation.create(scores.getShape());
  if (failed(kept))
    return failure();
  int64_t limit = evaluation.operand(2).getInteger(0), count = boxes.getSize(1);
  double overlap = evaluation.operand(3).getReal(0);
  const HostTensor *threshold = evaluation.optional(op, 4);
  for (int64_t line = 0; line < scores.getSize(0) * scores.getSize(1); ++line) {
    auto score = [&](int64_t i) { return scores.getReal(line * count + i); };
    std::vector<int64_t> order, chosen;
    for (int64_t i = 0; i < count; ++i)
      if (!threshold || score(i) > threshold->getReal(0))
        order.push_back(i);
    llvm::stable_sort(
        order, [&](int64_t a, int64_t b) { return score(a) > score(b); });
    int64_t image = line / scores.getSize(1) * count;
    for (int64_t i : order) {
      Box box(boxes, image + i, op.getCenter());
      if (int64_t(chosen.size()) < limit &&
          llvm::none_of(chosen, [&](int64_t j) {
            return box.overlap(Box(boxes, image + j, op.getCenter())) > overlap;
          }))
        chosen.push_back(i);
    }
    for (int64_t i = 0; i < count; ++i)
      (*kept)->setInteger(line * count + i,
                          i < int64_t(chosen.size()) ? chosen[i] : -1);
  }
  return success();
}

static LogicalResult defineRoiPool(RoiPool op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0), &rois = evaluation.operand(1);
  if (x.getRank() != 4 || rois.getRank() != 2 || rois.getSize(1) != 5)
    return evaluation.error("regions " + describe(rois) + " do not fit " +
                            describe(x));
  int64_t parts[] = {int64_t(op.getOutHeight()), int64_t(op.getOutWidth())};
  int64_t channels = x.getSize(1), sizes[] = {x.getSize(2), x.getSize(3)};
  FailureOr<HostTensor *> y =
      evaluation.create({rois.getSize(0), channels, parts[0], parts[1]});
  if (failed(y))
    return failure();
  double scale = op.getSpatialScale().convertToDouble();
  for (int64_t n = 0; n < (*y)->getCount(); ++n) {
    int64_t place[] = {n / parts[1] % parts[0], n % parts[1]};
    int64_t plane = n / (parts[0] * parts[1]), region = plane / channels;
    FailureOr<int64_t> image =
        evaluation.wrapIndex(int64_t(rois.getReal(region * 5)), x.getSize(0));
    if (failed(image))
      return failure();
    int64_t from[2], to[2];
    for (int i = 0; i < 2; ++i) {
      // The columns come first.
      auto corner = [&](int64_t which) {
        return std::round(rois.getReal(region * 5 + which - i) * scale);
      };
      double start = corner(2), extent = std::fmax(corner(4) - start + 1, 1);
      double part = extent / double(parts[i]), size = double(sizes[i]);
      auto clip = [&](double at) {
        return int64_t(std::fmin(std::fmax(at + start, 0), size));
      };
      from[i] = clip(std::floor(double(place[i]) * part));
      to[i] = clip(std::ceil(double(place[i] + 1) * part));
    }
    bool isEmpty = to[0] <= from[0] || to[1] <= from[1];
    double most = isEmpty ? 0 : -std::numeric_limits<double>::infinity();
    int64_t origin = *image * channels + plane % channels;
    for (int64_t i = from[0]; i < to[0]; ++i)
      for (int64_t j = from[1]; j < to[1]; ++j)
        most =
            std::fmax(most, x.getReal((origin * sizes[0] + i) * sizes[1] + j));
    (*y)->setReal(n, most);
  }
  return success();
}

void hagane::xf::eval::defineSpecial(DefinitionTable &table) {
  table.add(defineBitcast);
  table.add(defineSortRows);
  table.add(defineSuppressBoxes);
  table.add(defineRoiPool);
}
