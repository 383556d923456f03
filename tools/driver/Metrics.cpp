#include "tools/driver/Metrics.h"

#include <algorithm>
#include <cmath>

using namespace hagane;
using namespace hagane::driver;
using llvm::ArrayRef;
using llvm::MutableArrayRef;
using llvm::SmallVector;
using llvm::SmallVectorImpl;
using xf::eval::HostTensor;

static constexpr int64_t kNoToken = -1;

ErrorMeter::ErrorMeter(std::string name, bool isLogits) {
  error.name = std::move(name);
  error.isLogits = isLogits;
  error.cosine = error.agreement = 0;
}

static void readRow(const HostTensor &tensor, int64_t row, int64_t length,
                    SmallVectorImpl<double> &values) {
  values.resize(length);
  for (int64_t i = 0; i < length; ++i)
    values[i] = tensor.getReal(row * length + i);
}

/// The token that follows a row of logits [.., positions, vocabulary] in the
/// text [.., positions]; kNoToken if there is none that counts.
static int64_t findNext(const HostTensor &logits, int64_t row, Text text) {
  if (!text.tokens ||
      text.tokens->getShape() != logits.getShape().drop_back() ||
      text.tokens->getRank() == 0)
    return kNoToken;
  int64_t positions = text.tokens->getShape().back();
  if (row % positions + 1 == positions)
    return kNoToken;
  bool isMasked = text.mask && text.mask->getShape() == text.tokens->getShape();
  if (isMasked &&
      (text.mask->getInteger(row) == 0 || text.mask->getInteger(row + 1) == 0))
    return kNoToken;
  int64_t next = text.tokens->getInteger(row + 1);
  return next >= 0 && next < logits.getShape().back() ? next : kNoToken;
}

void ErrorMeter::add(const HostTensor &want, const HostTensor &got, Text text) {
  int64_t length = want.getRank() == 0 ? 1 : want.getShape().back();
  if (length == 0 || want.getCount() != got.getCount())
    return;
  SmallVector<double> wanted, found;
  for (int64_t row = 0; row < want.getCount() / length; ++row) {
    readRow(want, row, length, wanted);
    readRow(got, row, length, found);
    addRow(wanted, found);
    if (error.isLogits)
      addLogits(wanted, found, findNext(want, row, text));
  }
}

void ErrorMeter::addRow(ArrayRef<double> want, ArrayRef<double> got) {
  double product = 0, wanted = 0, found = 0, noise = 0;
  for (auto [x, y] : llvm::zip_equal(want, got)) {
    if (!std::isfinite(x))
      continue; // masked by the model itself
    product += x * y;
    wanted += x * x;
    found += y * y;
    noise += (x - y) * (x - y);
    error.largest = std::max(error.largest, std::abs(x - y));
    if (std::isnan(y))
      error.largest = y;
  }
  ++error.rows;
  this->noise += noise;
  signal += wanted;
  if (wanted == 0)
    return;
  double cosine = product / std::sqrt(wanted * found);
  ++directions;
  error.cosine += std::isnan(cosine) ? 0 : cosine;
  error.leastCosine = std::min(error.leastCosine, cosine);
}

/// The logarithm of each number's share after a softmax.
static void takeLogShares(MutableArrayRef<double> values) {
  double most = *llvm::max_element(values), sum = 0;
  for (double value : values)
    sum += std::exp(value - most);
  double shift = most + std::log(sum);
  for (double &value : values)
    value -= shift;
}

void ErrorMeter::addLogits(ArrayRef<double> want, ArrayRef<double> got,
                           int64_t next) {
  SmallVector<double> before(want), after(got);
  error.agreement += llvm::max_element(before) - before.begin() ==
                     llvm::max_element(after) - after.begin();
  takeLogShares(before);
  takeLogShares(after);
  for (auto [x, y] : llvm::zip_equal(before, after))
    if (std::isfinite(x))
      error.divergence += std::exp(x) * (x - y);
  if (next == kNoToken)
    return;
  ++error.predictions;
  error.perplexityBefore -= before[next];
  error.perplexity -= after[next];
}

OutputError ErrorMeter::get() const {
  auto mean = [](double sum, int64_t count, double none) {
    return count ? sum / static_cast<double>(count) : none;
  };
  OutputError result = error;
  result.cosine = mean(error.cosine, directions, 1);
  result.relative = signal > 0 ? std::sqrt(noise / signal) : std::sqrt(noise);
  result.agreement = mean(error.agreement, error.rows, 1);
  result.divergence = mean(error.divergence, error.rows, 0);
  if (error.predictions) {
    result.perplexityBefore =
        std::exp(mean(error.perplexityBefore, error.predictions, 0));
    result.perplexity = std::exp(mean(error.perplexity, error.predictions, 0));
  }
  return result;
}
