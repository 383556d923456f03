//===- Norm.cpp - Softmax and normalisation -------------------------------===//

#include "dialects/xf/eval/Strides.h"
#include <cmath>
#include <vector>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

static LogicalResult defineSoftmax(Softmax op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  int64_t axis = op.getAxis();
  if (failed(evaluation.checkAxis(axis, x)))
    return failure();
  FailureOr<HostTensor *> y = evaluation.create(x.getShape());
  if (failed(y))
    return failure();
  Lines lines(x.getShape(), axis);
  for (int64_t line = 0; line < lines.count; ++line) {
    int64_t begin = lines.origin(line), end = begin + lines.size * lines.stride;
    double largest = -std::numeric_limits<double>::infinity(), sum = 0;
    for (int64_t at = begin; at < end; at += lines.stride)
      largest = std::fmax(largest, x.getReal(at));
    for (int64_t at = begin; at < end; at += lines.stride)
      sum += std::exp(x.getReal(at) - largest);
    for (int64_t at = begin; at < end; at += lines.stride) {
      double shifted = x.getReal(at) - largest;
      (*y)->setReal(at, op.getLog() ? shifted - std::log(sum)
                                    : std::exp(shifted) / sum);
    }
  }
  return success();
}

namespace {
struct Statistics {
  double mean = 0, variance = 0, meanSquare = 0;
};
} // namespace

/// Of the elements [begin, begin + count).
static Statistics measure(const HostTensor &x, int64_t begin, int64_t count) {
  Statistics statistics;
  for (int64_t i = begin; i < begin + count; ++i) {
    statistics.mean += x.getReal(i);
    statistics.meanSquare += x.getReal(i) * x.getReal(i);
  }
  statistics.mean /= double(count);
  statistics.meanSquare /= double(count);
  for (int64_t i = begin; i < begin + count; ++i) {
    double distance = x.getReal(i) - statistics.mean;
    statistics.variance += distance * distance;
  }
  statistics.variance /= double(count);
  return statistics;
}

/// y = normalise(x, statistics of its row) * scale + bias, where a row is made
/// of the axes from `axis` on; scale and bias may be absent.
static LogicalResult normalise(
    Evaluation &evaluation, int64_t axis, const HostTensor *scale,
    const HostTensor *bias,
    llvm::function_ref<double(double, const Statistics &)> normaliseElement) {
  const HostTensor &x = evaluation.operand(0);
  if (failed(evaluation.checkAxis(axis, x)))
    return failure();
  Shape none(x.getRank(), 0);
  SmallVector<Shape> strides;
  for (const HostTensor *factor : {scale, bias}) {
    if (factor && failed(evaluation.checkBroadcastsTo(*factor, x.getShape())))
      return failure();
    strides.push_back(
        factor ? broadcastStrides(factor->getShape(), x.getShape()) : none);
  }
  FailureOr<HostTensor *> y = evaluation.create(x.getShape());
  if (failed(y))
    return failure();
  int64_t row = product(x.getShape(), axis, x.getRank());
  Odometer at(x.getShape(), strides);
  Statistics statistics;
  for (int64_t n = 0; n < x.getCount(); ++n, at.next()) {
    if (n % row == 0)
      statistics = measure(x, n, row);
    double value = normaliseElement(x.getReal(n), statistics);
    if (scale)
      value *= scale->getReal(at.offset(0));
    if (bias)
      value += bias->getReal(at.offset(1));
    (*y)->setReal(n, value);
  }
  return success();
}

static LogicalResult defineLayerNorm(LayerNorm op, Evaluation &evaluation) {
  double epsilon = op.getEpsilon().convertToDouble();
  return normalise(evaluation, op.getAxis(), evaluation.optional(op, 1),
                   evaluation.optional(op, 2),
                   [&](double x, const Statistics &row) {
                     return (x - row.mean) / std::sqrt(row.variance + epsilon);
                   });
}

static LogicalResult defineRmsNorm(RmsNorm op, Evaluation &evaluation) {
  double epsilon = op.getEpsilon().convertToDouble();
  return normalise(evaluation, op.getAxis(), evaluation.optional(op, 1),
                   nullptr, [&](double x, const Statistics &row) {
                     return x / std::sqrt(row.meanSquare + epsilon);
                   });
}

static LogicalResult defineGroupNorm(GroupNorm op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0), &scale = evaluation.operand(1),
                   &bias = evaluation.operand(2);
  double epsilon = op.getEpsilon().convertToDouble();
  int64_t groups = op.getGroups();
  if (x.getRank() < 2 || groups <= 0 || x.getSize(1) % groups != 0)
    return evaluation.error("channels of " + describe(x) +
                            " cannot be split into " + Twine(groups) +
                            " groups");
  int64_t channels = x.getSize(1),
          space = product(x.getShape(), 2, x.getRank());
  for (const HostTensor *factor : {&scale, &bias})
    if (factor->getShape() != ArrayRef<int64_t>(channels))
      return evaluation.error("found " + describe(*factor) +
                              ", expected shape [" + Twine(channels) + "]");
  FailureOr<HostTensor *> y = evaluation.create(x.getShape());
  if (failed(y))
    return failure();
  int64_t row = channels / groups * space;
  Statistics statistics;
  for (int64_t n = 0; n < x.getCount(); ++n) {
    if (n % row == 0)
      statistics = measure(x, n, row);
    int64_t channel = n / space % channels;
    double value = (x.getReal(n) - statistics.mean) /
                   std::sqrt(statistics.variance + epsilon);
    (*y)->setReal(n, value * scale.getReal(channel) + bias.getReal(channel));
  }
  return success();
}

void hagane::xf::eval::defineNorms(DefinitionTable &table) {
  table.add(defineSoftmax);
  table.add(defineLayerNorm);
  table.add(defineRmsNorm);
  table.add(defineGroupNorm);
}
