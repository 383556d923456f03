//===- State.cpp - Caches in pages ----------------------------------------===//

#include "dialects/xf/XfState.h"
#include "dialects/xf/eval/Evaluation.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

static LogicalResult defineStatePlaces(StatePlaces op, Evaluation &evaluation) {
  const HostTensor &pages = evaluation.operand(0),
                   &lengths = evaluation.operand(1);
  FailureOr<int64_t> capacity = evaluation.valueOf(op.getCapacity()),
                     step = evaluation.valueOf(op.getStep()),
                     most = evaluation.valueOf(op.getMost());
  if (failed(capacity) || failed(step) || failed(most))
    return failure();
  int64_t batch = pages.getSize(0), table = pages.getSize(1);
  auto page = static_cast<int64_t>(op.getPage());
  if (lengths.getCount() != batch)
    return evaluation.error("found lengths " + describe(lengths) +
                            ", expected " + Twine(batch));
  if (failed(evaluation.add(pages)) || failed(evaluation.add(lengths)))
    return failure();
  FailureOr<HostTensor *> ends = evaluation.create({batch});
  if (failed(ends))
    return failure();
  for (int64_t b = 0; b < batch; ++b) {
    int64_t length = lengths.getInteger(b), end = length + *step;
    if (length < 0 || length > *most || (op.getEqual() && length != *most) ||
        end > table * page)
      return evaluation.error("entry " + Twine(b) + " has " + Twine(length) +
                              " positions and appends " + Twine(*step) +
                              ", expected at most " + Twine(*most) +
                              " and, in all, " + Twine(table * page));
    for (int64_t i = 0; i * page < end; ++i)
      if (int64_t number = pages.getInteger(b * table + i);
          number < 0 || number >= *capacity)
        return evaluation.error("found page " + Twine(number) +
                                ", expected one of " + Twine(*capacity));
    (*ends)->setInteger(b, end);
  }
  return success();
}

namespace {
/// The rows of a state by entry, head and position.
class PagedRows {
public:
  PagedRows(const HostTensor &state, const HostTensor &numbers)
      : state(state), numbers(numbers) {}

  /// Where a row of features begins, counted in elements; fails if the table
  /// or the state ends before.
  FailureOr<int64_t> find(int64_t b, int64_t h, int64_t position) const {
    int64_t page = state.getSize(2), table = numbers.getSize(1);
    if (position < 0 || page <= 0 || position / page >= table)
      return failure();
    int64_t number = numbers.getInteger(b * table + position / page);
    if (number < 0 || number >= state.getSize(0))
      return failure();
    int64_t row = (number * state.getSize(1) + h) * page + position % page;
    return row * state.getSize(3);
  }

private:
  const HostTensor &state, &numbers;
};
} // namespace

/// Codes and scale of a row, from `first` of x on, in place of `to`.
static void quantizeRow(const HostTensor &x, int64_t first, int64_t size,
                        char *to) {
  double most = 0;
  for (int64_t i = 0; i < size; ++i) {
    double value = std::abs(x.getReal(first + i));
    most = std::isnan(value) || value > most ? value : most;
  }
  bool isFinite = std::isfinite(most) && most >= 0x1p-119;
  auto inverse = static_cast<float>(127 / most);
  for (int64_t i = 0; i < size; ++i) {
    auto scaled = static_cast<float>(x.getReal(first + i) * double(inverse));
    double code = isFinite ? std::nearbyint(scaled) : 0;
    to[i] = static_cast<char>(std::clamp(code, -127.0, 127.0));
  }
  auto scale = static_cast<float>(most / 127);
  std::memcpy(to + size, &scale, sizeof(scale));
}

static LogicalResult defineStateAppend(StateAppend, Evaluation &evaluation) {
  const HostTensor &state = evaluation.operand(0), &x = evaluation.operand(1),
                   &numbers = evaluation.operand(2),
                   &starts = evaluation.operand(3);
  FailureOr<HostTensor *> y = evaluation.create(state.getShape());
  if (failed(y))
    return failure();
  bool isCoded = state.getElementType().isInteger(8);
  int64_t features = state.getSize(3) - (isCoded ? kStateScaleBytes : 0);
  if (x.getSize(1) != state.getSize(1) || x.getSize(3) != features ||
      numbers.getSize(0) != x.getSize(0) || starts.getCount() != x.getSize(0))
    return evaluation.error("shapes do not fit: state " + describe(state) +
                            ", x " + describe(x) + ", numbers " +
                            describe(numbers));
  if (state.getByteCount() > 0)
    std::memcpy((*y)->data(), state.data(), state.getByteCount());
  PagedRows rows(state, numbers);
  int64_t heads = x.getSize(1), step = x.getSize(2), size = x.getSize(3);
  for (int64_t row = 0; row < x.getSize(0) * heads * step; ++row) {
    int64_t b = row / (heads * step), h = row / step % heads;
    int64_t position = starts.getInteger(b) + row % step;
    FailureOr<int64_t> to = rows.find(b, h, position);
    if (failed(to))
      return evaluation.error("position " + Twine(position) + " of entry " +
                              Twine(b) + " is in no page");
    if (isCoded)
      quantizeRow(x, row * size, size, (*y)->at(*to));
    for (int64_t i = 0; !isCoded && i < size; ++i)
      (*y)->setReal(*to + i, x.getReal(row * size + i));
  }
  return success();
}

static LogicalResult defineStateRead(StateRead op, Evaluation &evaluation) {
  const HostTensor &state = evaluation.operand(0),
                   &numbers = evaluation.operand(1);
  FailureOr<int64_t> count = evaluation.valueOf(op.getCount());
  if (failed(count))
    return failure();
  bool isCoded = state.getElementType().isInteger(8);
  int64_t batch = numbers.getSize(0), heads = state.getSize(1),
          size = state.getSize(3) - (isCoded ? kStateScaleBytes : 0);
  FailureOr<HostTensor *> y = evaluation.create({batch, heads, *count, size});
  if (failed(y))
    return failure();
  PagedRows rows(state, numbers);
  int64_t bytes = size * state.getElement().bytes;
  for (int64_t row = 0; bytes > 0 && row < batch * heads * *count; ++row) {
    FailureOr<int64_t> from =
        rows.find(row / (heads * *count), row / *count % heads, row % *count);
    if (failed(from))
      continue;
    if (!isCoded) {
      std::memcpy((*y)->at(row * size), state.at(*from), bytes);
      continue;
    }
    float scale;
    std::memcpy(&scale, state.at(*from + size), sizeof(scale));
    for (int64_t i = 0; i < size; ++i)
      (*y)->setReal(row * size + i,
                    double(state.getInteger(*from + i)) * double(scale));
  }
  return success();
}

static LogicalResult defineStateAlign(StateAlign op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0), &starts = evaluation.operand(1);
  FailureOr<int64_t> most = evaluation.valueOf(op.getMost());
  if (failed(most))
    return failure();
  int64_t batch = starts.getCount();
  if (x.getShape().size() < 2 || (x.getSize(0) != 1 && x.getSize(0) != batch))
    return evaluation.error("found x " + describe(x) + " for " + Twine(batch) +
                            " entries");
  SmallVector<int64_t> shape(x.getShape());
  bool isShared = shape[0] == 1;
  shape[0] = batch;
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  int64_t size = shape.back(), bytes = x.getElement().bytes, rows = 1;
  for (int64_t axis : ArrayRef(shape).drop_front().drop_back())
    rows *= axis;
  for (int64_t row = 0; row < batch * rows; ++row) {
    int64_t by = *most - starts.getInteger(row / rows);
    if (op.getReverse())
      by = -by;
    for (int64_t t = 0; t < size; ++t)
      if (t + by >= 0 && t + by < size)
        std::memcpy((*y)->at(row * size + t),
                    x.at((isShared ? row % rows : row) * size + t + by), bytes);
  }
  return success();
}

void hagane::xf::eval::defineState(DefinitionTable &table) {
  table.add(defineStatePlaces);
  table.add(defineStateAppend);
  table.add(defineStateRead);
  table.add(defineStateAlign);
}
