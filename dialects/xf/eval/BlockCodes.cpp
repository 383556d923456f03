//===- BlockCodes.cpp - Codes and scales from blocks of numbers -----------===//

#include "dialects/xf/XfQuantization.h"
#include "dialects/xf/eval/Evaluation.h"
#include <cmath>
#include <vector>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

namespace {

using Numbers = std::vector<float>;

/// The largest absolute value, NaN if there is one.
float largest(const Numbers &x) {
  float result = 0;
  for (float value : x)
    if (std::isnan(value) || std::fabs(value) > result)
      result = std::isnan(result) ? result : std::fabs(value);
  return result;
}

float clampTo(float value, float low, float high) {
  return std::fmin(std::fmax(value, low), high);
}

LogicalResult defineQuantizeRows(QuantizeRows op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  auto block = static_cast<int64_t>(op.getBlock());
  if (x.getRank() < 1 || block < 0)
    return evaluation.error("blocks of " + Twine(block) + " do not fit " +
                            describe(x));
  Shape shape(x.getShape());
  int64_t k = shape.back(), rows = k ? x.getCount() / k : 0;
  if (block == 0)
    block = std::max<int64_t>(k, 1);
  int64_t blocks = op.getBlock() == 0 ? 1 : k / block + (k % block != 0);
  FailureOr<HostTensor *> codes = evaluation.create(shape);
  shape.back() = blocks;
  FailureOr<HostTensor *> scales = evaluation.create(shape);
  if (failed(codes) || failed(scales))
    return failure();
  // Making the second result may have moved the first.
  HostTensor &code = evaluation.result(0), &scale = evaluation.result(1);
  for (int64_t n = 0; n < rows * blocks; ++n) {
    int64_t begin = n / blocks * k + n % blocks * block,
            end = std::min(begin + block, (n / blocks + 1) * k);
    Numbers numbers;
    for (int64_t i = begin; i < end; ++i)
      numbers.push_back(static_cast<float>(x.getReal(i)));
    float most = largest(numbers);
    scale.setReal(n, std::isfinite(most) ? most / 127.0F : std::nanf(""));
    bool isCoded = std::isfinite(most) && most >= kLeastMagnitude;
    float inverse = isCoded ? 127.0F / most : 0.0F;
    for (int64_t i = begin; i < end; ++i)
      code.setReal(
          i, clampTo(std::nearbyint(numbers[i - begin] * inverse), -127, 127));
  }
  return success();
}

/// The codes that a symmetric scale or one with a zero point has for a block.
struct BlockCodes {
  double scale = 0;
  float zero = 0;
};

/// How well one block can be told by few bits.
class BlockFit {
public:
  BlockFit(QuantizeWeight op, Numbers numbers)
      : numbers(std::move(numbers)),
        levels(static_cast<float>((1 << op.getBits()) - 1)),
        half(static_cast<float>(1 << (op.getBits() - 1))),
        symmetric(op.getSymmetric()), searches(op.getMethod() == "mse"),
        scaleType(*Element::get(op.getScaleType())) {}

  BlockCodes fit() {
    float most = largest(numbers);
    for (float value : numbers) {
      low = std::fmin(low, value);
      high = std::fmax(high, value);
      if (std::isnan(extreme) || std::fabs(value) > std::fabs(extreme))
        extreme = value;
    }
    if (!std::isfinite(most) || !std::isfinite(high - low))
      return {std::nan(""), 0};
    if (most < kLeastMagnitude)
      return {};
    BlockCodes codes = symmetric ? fitSymmetric() : fitRange();
    codes.scale = rounded(codes.scale);
    if (std::isinf(codes.scale))
      return {std::nan(""), 0};
    if (!searches && !symmetric && codes.scale != 0)
      codes.zero = zeroOf(low, static_cast<float>(codes.scale));
    return codes;
  }

  int64_t codeOf(float value, const BlockCodes &codes) const {
    auto scale = static_cast<float>(codes.scale);
    if (std::isnan(scale) || scale == 0)
      return static_cast<int64_t>(codes.zero);
    auto code = static_cast<double>(std::nearbyint(value / scale)) + codes.zero;
    return static_cast<int64_t>(std::fmin(
        std::fmax(code, symmetric ? -half : 0), symmetric ? half - 1 : levels));
  }

private:
  double rounded(double scale) const {
    char bytes[8];
    scaleType.storeReal(bytes, scale);
    return scaleType.loadReal(bytes);
  }

  float zeroOf(float least, float scale) const {
    return clampTo(std::nearbyint(-least / scale), 0, levels);
  }

  /// What the best scale for codes of w * inverse takes off the squares' sum;
  /// `scale` becomes that scale.
  double gain(float inverse, float lowest, float highest, float &scale) const {
    float products = 0, squares = 0;
    for (float value : numbers) {
      float code = clampTo(std::nearbyint(value * inverse), lowest, highest);
      float product = value * code, square = code * code;
      products += product;
      squares += square;
    }
    if (squares == 0)
      return -1;
    scale = products / squares;
    return double(products) * double(products) / double(squares);
  }

  BlockCodes fitSymmetric() const {
    if (!searches)
      return {std::fabs(extreme) / (half - 1), 0};
    // First the divisor of the nearest codes, then those of the grid.
    std::vector<float> divisors{half - 1};
    for (int step = kFirstDivisor; step <= kLastDivisor; ++step)
      divisors.push_back(half * (1 + static_cast<float>(step) * kGridStep));
    BlockCodes best;
    double most = -1;
    for (float divisor : divisors) {
      float scale;
      double found = gain(-divisor / extreme, -half, half - 1, scale);
      if (found > most) {
        most = found;
        best = {scale, 0};
      }
    }
    return best;
  }

  BlockCodes fitRange() const {
    if (!searches)
      return {(high - low) / levels, 0};
    BlockCodes best;
    double most = -1;
    for (int step = 0; step <= kLastCut; ++step) {
      float part = 1 - static_cast<float>(step) * kGridStep;
      float width = (high - low) * part, first = width / levels, scale;
      float zero = zeroOf(low * part, first);
      double found = gain(1 / first, -zero, levels - zero, scale);
      if (found > most) {
        most = found;
        best = {scale, zero};
      }
    }
    return best;
  }

  Numbers numbers;
  float levels, half;
  bool symmetric, searches;
  Element scaleType;
  float low = 0, high = 0, extreme = std::nanf("");
};

LogicalResult defineQuantizeWeight(QuantizeWeight op, Evaluation &evaluation) {
  const HostTensor &w = evaluation.operand(0);
  if (failed(evaluation.checkRank(w, 2, "w")))
    return failure();
  int64_t along = op.getTransposed() ? 1 : 0, k = w.getSize(along),
          n = w.getSize(1 - along), kStride = along ? 1 : n,
          nStride = along ? k : 1;
  auto block = static_cast<int64_t>(op.getBlock());
  int64_t blocks = block == 0 ? 1 : k / block + (k % block != 0);
  if (block == 0)
    block = std::max<int64_t>(k, 1);
  Shape shape(w.getShape());
  if (failed(evaluation.create(shape)))
    return failure();
  shape[along] = blocks;
  if (failed(evaluation.create(shape)) ||
      (!op.getSymmetric() && failed(evaluation.create(shape))))
    return failure();
  for (int64_t j = 0; j < n; ++j)
    for (int64_t b = 0; b < blocks; ++b) {
      Numbers numbers;
      int64_t begin = b * block, end = std::min(begin + block, k);
      auto at = [&](int64_t i) { return i * kStride + j * nStride; };
      for (int64_t i = begin; i < end; ++i)
        numbers.push_back(static_cast<float>(w.getReal(at(i))));
      BlockFit fit(op, numbers);
      BlockCodes codes = fit.fit();
      for (int64_t i = begin; i < end; ++i)
        evaluation.result(0).setInteger(at(i),
                                        fit.codeOf(numbers[i - begin], codes));
      int64_t place = along ? j * blocks + b : b * n + j;
      evaluation.result(1).setReal(place, codes.scale);
      if (!op.getSymmetric())
        evaluation.result(2).setInteger(place,
                                        static_cast<int64_t>(codes.zero));
    }
  return success();
}

} // namespace

void hagane::xf::eval::defineBlockCodes(DefinitionTable &table) {
  table.add(defineQuantizeRows);
  table.add(defineQuantizeWeight);
}
