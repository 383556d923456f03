#include "tools/driver/ScaleSearch.h"

#include "mlir/IR/Threading.h"
#include <cmath>

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::eval::HostTensor;

/// Exponents that are tried are multiples of one part.
static constexpr int kExponents = 20;
/// What the input's smallest channels count as, beside its largest.
static constexpr double kLeastChannel = 1e-4;
/// Columns that go through the moments together: lanes of vectors.
static constexpr int64_t kLanes = 32;
/// Columns of a weight that stand for all: as many as are worth their time.
static constexpr int64_t kLeastColumns = kLanes, kMostColumns = 8 * kLanes,
                         kMostWork = int64_t(1) << 28;

/// Powers of magnitudes around 1.
static std::vector<double> makeScales(ArrayRef<double> magnitudes,
                                      double exponent) {
  std::vector<double> scales;
  for (double magnitude : magnitudes)
    scales.push_back(std::pow(magnitude, exponent));
  auto [least, most] = std::minmax_element(scales.begin(), scales.end());
  double middle = std::sqrt(*least * *most);
  for (double &scale : scales)
    scale /= middle;
  return scales;
}

namespace {

/// Some columns of a weight, in runs that are spread over it.
class Sampled {
public:
  static FailureOr<Sampled> make(WeightColumns &weight);

  /// The rounding errors of the columns if their channels are scaled, as they
  /// are without scales: [columns / kLanes][channels][kLanes].
  FailureOr<std::vector<float>> round(ArrayRef<double> scales) const;

private:
  explicit Sampled(WeightColumns &weight) : weight(weight) {}
  LogicalResult roundRun(const HostTensor &run, ArrayRef<double> scales,
                         float *errors) const;

  WeightColumns &weight;
  SmallVector<HostTensor> runs; // of kLanes columns, or all that there are
};

/// The sum over columns of e' H e.
class ErrorMeter {
public:
  ErrorMeter(MLIRContext *context, ArrayRef<double> moments, int64_t channels)
      : context(context), channels(channels),
        moments(moments.begin(), moments.end()) {}

  double measure(ArrayRef<float> errors) const;

private:
  MLIRContext *context;
  int64_t channels;
  std::vector<float> moments;
};

} // namespace

FailureOr<Sampled> Sampled::make(WeightColumns &weight) {
  Sampled sampled(weight);
  int64_t channels = weight.countChannels(), columns = weight.countColumns(),
          wanted =
              std::clamp(kMostWork / std::max<int64_t>(1, channels * channels),
                         kLeastColumns, kMostColumns),
          count = std::max<int64_t>(1, std::min(wanted, columns) / kLanes);
  for (int64_t i = 0; i < count; ++i) {
    int64_t begin = i * columns / count,
            end = std::min(begin + kLanes, columns);
    FailureOr<HostTensor> run = weight.getNumbers(begin, end);
    if (failed(run))
      return failure();
    sampled.runs.push_back(*run);
  }
  return sampled;
}

LogicalResult Sampled::roundRun(const HostTensor &run, ArrayRef<double> scales,
                                float *errors) const {
  int64_t columns = run.getSize(weight.getColumnAxis());
  GridWeight grid = weight.makeGrid(columns);
  auto at = [&](int64_t channel, int64_t column) {
    return channel * grid.channelStride + column * grid.columnStride;
  };
  FailureOr<HostTensor> scaled = weight.makeNumbers(columns);
  if (failed(scaled))
    return failure();
  for (int64_t i = 0; i < grid.channels; ++i)
    for (int64_t c = 0; c < columns; ++c)
      scaled->setReal(at(i, c), run.getReal(at(i, c)) * scales[i]);
  FailureOr<codegen::QuantizedMatrix> rounded = weight.quantize(*scaled);
  if (failed(rounded))
    return failure();
  for (int64_t i = 0; i < grid.channels; ++i)
    for (int64_t c = 0; c < columns; ++c) {
      int64_t block =
          i / grid.block * grid.blockStride + c * grid.scaleColumnStride;
      double zero = rounded->zeros
                        ? static_cast<double>(rounded->zeros.getInteger(block))
                        : 0,
             code = static_cast<double>(rounded->codes.getInteger(at(i, c))),
             value = (code - zero) * rounded->scales.getReal(block) / scales[i];
      errors[i * kLanes + c] =
          static_cast<float>(value - run.getReal(at(i, c)));
    }
  return success();
}

FailureOr<std::vector<float>> Sampled::round(ArrayRef<double> scales) const {
  auto size = static_cast<int64_t>(scales.size()) * kLanes;
  std::vector<float> errors(runs.size() * size);
  for (auto [i, run] : llvm::enumerate(runs))
    if (failed(roundRun(run, scales, errors.data() + i * size)))
      return failure();
  return errors;
}

double ErrorMeter::measure(ArrayRef<float> errors) const {
  int64_t size = channels * kLanes;
  std::vector<double> parts(channels);
  parallelFor(context, 0, channels, [&](size_t i) {
    const float *row = moments.data() + i * channels;
    for (ArrayRef<float> left = errors; !left.empty();
         left = left.drop_front(size)) {
      float sums[kLanes] = {};
      for (int64_t j = 0; j < channels; ++j)
        for (int64_t c = 0; c < kLanes; ++c)
          sums[c] += row[j] * left[j * kLanes + c];
      for (int64_t c = 0; c < kLanes; ++c)
        parts[i] += sums[c] * left[i * kLanes + c];
    }
  });
  return std::accumulate(parts.begin(), parts.end(), 0.0);
}

/// Root mean squares but for a factor.
static std::vector<double> getMagnitudes(ArrayRef<double> moments,
                                         int64_t channels) {
  std::vector<double> magnitudes;
  for (int64_t i = 0; i < channels; ++i)
    magnitudes.push_back(std::sqrt(moments[i * channels + i]));
  double most = *llvm::max_element(magnitudes);
  for (double &magnitude : magnitudes)
    magnitude = most > 0 ? std::max(magnitude, kLeastChannel * most) : 1;
  return magnitudes;
}

FailureOr<ChannelScales>
hagane::driver::searchScales(MLIRContext *context,
                             MutableArrayRef<WeightColumns> weights,
                             ArrayRef<double> moments) {
  int64_t channels = weights.front().countChannels();
  std::vector<double> magnitudes = getMagnitudes(moments, channels);
  ErrorMeter meter(context, moments, channels);
  SmallVector<Sampled> samples;
  for (WeightColumns &weight : weights) {
    FailureOr<Sampled> sampled = Sampled::make(weight);
    if (failed(sampled))
      return failure();
    samples.push_back(std::move(*sampled));
  }
  ChannelScales best;
  double unscaled = 0;
  for (int step = 0; step <= kExponents; ++step) {
    std::vector<double> scales =
        makeScales(magnitudes, static_cast<double>(step) / kExponents);
    double error = 0;
    for (const Sampled &sampled : samples) {
      FailureOr<std::vector<float>> errors = sampled.round(scales);
      if (failed(errors))
        return failure();
      error += meter.measure(*errors);
    }
    if (step == 0)
      unscaled = error;
    // Scales that are no numbers are worse than any.
    else if (error / unscaled < best.left)
      best = {std::move(scales), error / unscaled};
  }
  return best;
}

std::vector<double> hagane::driver::smoothScales(ArrayRef<double> inputs,
                                                 ArrayRef<double> weights,
                                                 double part) {
  std::vector<double> scales;
  for (auto [input, weight] : llvm::zip_equal(inputs, weights)) {
    double scale = std::pow(input, part) / std::pow(weight, 1 - part);
    scales.push_back(std::isnormal(scale) ? scale : 1);
  }
  return scales;
}
