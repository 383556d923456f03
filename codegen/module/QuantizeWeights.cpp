//===- QuantizeWeights.cpp - Weights as codes and scales ------------------===//

#include "codegen/module/QuantizeWeights.h"
#include "mlir/IR/Threading.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

using namespace mlir;
using namespace hagane;
using namespace hagane::codegen;
using xf::eval::Element;
using xf::eval::HostTensor;

namespace {

/// Columns that are looked at together: lanes of vectors.
constexpr int64_t kLanes = 16;
using Lanes = float[kLanes];

/// Rounds halves to even, of numbers that are small beside 2^22.
float roundSmall(float x) {
  constexpr float shift = 0x1.8p23F;
  float shifted = x + shift;
  return shifted - shift;
}

/// The lower bound for NaN.
float clampTo(float x, float low, float high) {
  x = x > low ? x : low;
  return x < high ? x : high;
}

/// f16 of a finite number.
uint16_t toHalf(float value) {
  constexpr uint32_t kOverflow = 0x47800000, kLeastNormal = 0x38800000,
                     kRebias = 0x38000000;
  auto bits = llvm::bit_cast<uint32_t>(value);
  auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  bits &= 0x7FFFFFFF;
  uint32_t half;
  if (bits >= kOverflow)
    half = 0x7C00;
  else if (bits < kLeastNormal) // The sum's last place is that of the result.
    half = llvm::bit_cast<uint32_t>(llvm::bit_cast<float>(bits) + 0.5F) -
           llvm::bit_cast<uint32_t>(0.5F);
  else
    half = (bits + 0xFFF + (bits >> 13 & 1) - kRebias) >> 13;
  return sign | static_cast<uint16_t>(half);
}

float fromHalf(uint16_t half) {
  uint32_t magnitude = half & 0x7FFF;
  float value;
  if (magnitude >= 0x7C00)
    value = std::numeric_limits<float>::infinity();
  else if (magnitude < 0x400)
    value = static_cast<float>(magnitude) * 0x1p-24F;
  else
    value = llvm::bit_cast<float>((magnitude << 13) + 0x38000000);
  return half & 0x8000 ? -value : value;
}

/// Floats of a narrower type, and back. There are many scales of f16.
class ScaleType {
public:
  explicit ScaleType(Type type)
      : element(*Element::get(type)), isF32(type.isF32()), isF16(type.isF16()) {
  }

  float round(float value) const {
    if (isF32 || std::isnan(value))
      return value;
    if (isF16)
      return fromHalf(toHalf(value));
    char bytes[8] = {};
    element.storeReal(bytes, value);
    return static_cast<float>(element.loadReal(bytes));
  }
  void store(HostTensor &tensor, int64_t index, float value) const {
    if (!isF16 || std::isnan(value))
      return tensor.setReal(index, value);
    uint16_t half = toHalf(value);
    std::memcpy(tensor.at(index), &half, sizeof half);
  }

private:
  Element element;
  bool isF32, isF16;
};

/// What blocks of 16 columns are stored as, before their scales are rounded.
struct Fit {
  Lanes scale, zero;
};

/// One block of rows of 16 columns. The arithmetic is that of the operation's
/// definition, in another order of lanes only.
class Block {
public:
  Block(const float *x, int64_t rows, float half, float levels)
      : x(x), rows(rows), half(half), levels(levels) {
    for (int64_t l = 0; l < kLanes; ++l)
      low[l] = high[l] = extreme[l] = 0;
    std::memset(odd, 0, sizeof odd);
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t l = 0; l < kLanes; ++l) {
        float value = x[i * kLanes + l];
        // 0 of finite numbers, NaN of others.
        odd[l] += value * 0.0F;
        low[l] = value < low[l] ? value : low[l];
        high[l] = value > high[l] ? value : high[l];
        extreme[l] =
            std::fabs(value) > std::fabs(extreme[l]) ? value : extreme[l];
      }
  }

  bool isFinite(int64_t l) const {
    return !std::isnan(odd[l]) && std::isfinite(high[l] - low[l]);
  }
  bool isZero(int64_t l) const {
    return std::fabs(extreme[l]) < xf::kLeastMagnitude;
  }

  void fitNearest(bool symmetric, Fit &fit) const {
    for (int64_t l = 0; l < kLanes; ++l) {
      fit.scale[l] = symmetric ? std::fabs(extreme[l]) / (half - 1)
                               : (high[l] - low[l]) / levels;
      fit.zero[l] = 0;
    }
  }

  void searchSymmetric(Fit &fit) const {
    Lanes inverse, lowest, highest;
    start(fit);
    for (int64_t l = 0; l < kLanes; ++l) {
      lowest[l] = -half;
      highest[l] = half - 1;
      fit.zero[l] = 0;
    }
    auto tryDivisor = [&](float divisor) {
      for (int64_t l = 0; l < kLanes; ++l)
        inverse[l] = -divisor / extreme[l];
      takeBetter(inverse, lowest, highest, nullptr, fit);
    };
    tryDivisor(half - 1);
    for (int step = xf::kFirstDivisor; step <= xf::kLastDivisor; ++step)
      tryDivisor(half * (1 + static_cast<float>(step) * xf::kGridStep));
  }

  void searchRange(Fit &fit) const {
    Lanes inverse, lowest, highest, zero;
    start(fit);
    for (int step = 0; step <= xf::kLastCut; ++step) {
      float part = 1 - static_cast<float>(step) * xf::kGridStep;
      for (int64_t l = 0; l < kLanes; ++l) {
        float width = (high[l] - low[l]) * part, first = width / levels;
        zero[l] = zeroOf(low[l] * part, first);
        inverse[l] = 1 / first;
        lowest[l] = -zero[l];
        highest[l] = levels - zero[l];
      }
      takeBetter(inverse, lowest, highest, zero, fit);
    }
  }

  float getLow(int64_t l) const { return low[l]; }

  float zeroOf(float least, float scale) const {
    return roundSmall(clampTo(-least / scale, 0, levels));
  }

  /// Codes without their zero points.
  void encode(const Fit &fit, bool symmetric, int8_t *codes) const {
    Lanes lowest, highest;
    for (int64_t l = 0; l < kLanes; ++l) {
      lowest[l] = symmetric ? -half : -fit.zero[l];
      highest[l] = symmetric ? half - 1 : levels - fit.zero[l];
    }
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t l = 0; l < kLanes; ++l) {
        float code =
            clampTo(x[i * kLanes + l] / fit.scale[l], lowest[l], highest[l]);
        code = roundSmall(code) + fit.zero[l];
        codes[i * kLanes + l] = static_cast<int8_t>(static_cast<int>(code));
      }
  }

private:
  void start(Fit &fit) const {
    for (int64_t l = 0; l < kLanes; ++l) {
      fit.scale[l] = fit.zero[l] = 0;
      most[l] = -1;
    }
  }

  /// Takes the best scales for the codes of x * inverse where they leave less
  /// of the squares than those before.
  void takeBetter(const Lanes &inverse, const Lanes &lowest,
                  const Lanes &highest, const float *zero, Fit &fit) const {
    Lanes products = {}, squares = {};
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t l = 0; l < kLanes; ++l) {
        float value = x[i * kLanes + l];
        float code =
            roundSmall(clampTo(value * inverse[l], lowest[l], highest[l]));
        float product = value * code, square = code * code;
        products[l] += product;
        squares[l] += square;
      }
    for (int64_t l = 0; l < kLanes; ++l) {
      double gain =
          squares[l] == 0
              ? -1
              : double(products[l]) * double(products[l]) / double(squares[l]);
      if (!(gain > most[l]))
        continue;
      most[l] = gain;
      fit.scale[l] = products[l] / squares[l];
      if (zero)
        fit.zero[l] = zero[l];
    }
  }

  const float *x;
  int64_t rows;
  float half, levels;
  Lanes low, high, extreme, odd;
  mutable double most[kLanes];
};

/// Quantizes a matrix by 16 columns at a time.
class Quantizer {
public:
  Quantizer(xf::QuantizeWeight op, const HostTensor &w, QuantizedMatrix &result)
      : w(w), result(result), symmetric(op.getSymmetric()),
        transposed(op.getTransposed()), searches(op.getMethod() == "mse"),
        half(static_cast<float>(1 << (op.getBits() - 1))),
        levels(static_cast<float>((1 << op.getBits()) - 1)),
        scaleType(op.getScaleType()), k(w.getSize(transposed ? 1 : 0)),
        n(w.getSize(transposed ? 0 : 1)),
        block(op.getBlock() == 0 ? std::max<int64_t>(k, 1)
                                 : static_cast<int64_t>(op.getBlock())),
        blocks(op.getBlock() == 0 ? 1 : k / block + (k % block != 0)) {}

  int64_t countTiles() const { return llvm::divideCeil(n, kLanes); }

  void quantizeTile(int64_t tile) {
    int64_t first = tile * kLanes, columns = std::min(kLanes, n - first);
    std::vector<float> numbers(k * kLanes);
    std::vector<int8_t> codes(k * kLanes);
    load(first, columns, numbers.data());
    for (int64_t b = 0; b < blocks; ++b) {
      int64_t begin = b * block, rows = std::min(block, k - begin);
      Block part(numbers.data() + begin * kLanes, rows, half, levels);
      Fit fit;
      fitBlock(part, fit);
      int8_t *target = codes.data() + begin * kLanes;
      part.encode(fit, symmetric, target);
      for (int64_t l = 0; l < columns; ++l)
        finish(part, fit, b, first + l, l, rows, target);
    }
    store(first, columns, codes.data());
  }

private:
  void fitBlock(const Block &part, Fit &fit) const {
    if (!searches)
      part.fitNearest(symmetric, fit);
    else if (symmetric)
      part.searchSymmetric(fit);
    else
      part.searchRange(fit);
    for (int64_t l = 0; l < kLanes; ++l) {
      fit.scale[l] = scaleType.round(fit.scale[l]);
      if (!symmetric && !searches && fit.scale[l] != 0)
        fit.zero[l] = part.zeroOf(part.getLow(l), fit.scale[l]);
    }
  }

  /// Stores the scale and zero point of a block of one column; codes that do
  /// not follow from them are replaced.
  void finish(const Block &part, Fit &fit, int64_t b, int64_t column, int64_t l,
              int64_t rows, int8_t *codes) {
    float scale = fit.scale[l], zero = fit.zero[l];
    if (!part.isFinite(l) || (!part.isZero(l) && !std::isfinite(scale))) {
      scale = std::nanf("");
      zero = 0;
    } else if (part.isZero(l)) {
      scale = zero = 0;
    }
    if (std::isnan(scale) || scale == 0)
      for (int64_t i = 0; i < rows; ++i)
        codes[i * kLanes + l] = static_cast<int8_t>(static_cast<int>(zero));
    int64_t place = transposed ? column * blocks + b : b * n + column;
    scaleType.store(result.scales, place, scale);
    if (!symmetric)
      result.zeros.data()[place] = static_cast<char>(static_cast<int>(zero));
  }

  /// 16 columns side by side; those that do not exist are 0.
  void load(int64_t first, int64_t columns, float *to) const {
    bool isF32 = w.getElementType().isF32();
    auto get = [&](int64_t index) {
      if (!isF32)
        return static_cast<float>(w.getReal(index));
      float value; // A model's bytes lie at any address.
      std::memcpy(&value, w.at(index), sizeof value);
      return value;
    };
    if (transposed) {
      for (int64_t l = 0; l < columns; ++l)
        for (int64_t i = 0; i < k; ++i)
          to[i * kLanes + l] = get((first + l) * k + i);
      return;
    }
    for (int64_t i = 0; i < k; ++i)
      for (int64_t l = 0; l < columns; ++l)
        to[i * kLanes + l] = get(i * n + first + l);
  }

  void store(int64_t first, int64_t columns, const int8_t *codes) {
    char *to = result.codes.data();
    if (transposed) {
      for (int64_t l = 0; l < columns; ++l)
        for (int64_t i = 0; i < k; ++i)
          to[(first + l) * k + i] = codes[i * kLanes + l];
      return;
    }
    for (int64_t i = 0; i < k; ++i)
      std::memcpy(to + i * n + first, codes + i * kLanes, columns);
  }

  const HostTensor &w;
  QuantizedMatrix &result;
  bool symmetric, transposed, searches;
  float half, levels;
  ScaleType scaleType;
  int64_t k, n, block, blocks;
};

} // namespace

llvm::Expected<QuantizedMatrix> codegen::quantizeWeight(xf::QuantizeWeight op,
                                                        const HostTensor &w) {
  auto typeOf = [&](Value value) { return getElementTypeOrSelf(value); };
  int64_t along = op.getTransposed() ? 1 : 0,
          block = static_cast<int64_t>(op.getBlock());
  SmallVector<int64_t> shape(w.getShape());
  QuantizedMatrix result;
  auto create = [&](HostTensor &tensor, Value value) -> llvm::Error {
    llvm::Expected<HostTensor> made = HostTensor::create(typeOf(value), shape);
    if (!made)
      return made.takeError();
    tensor = *made;
    return llvm::Error::success();
  };
  if (llvm::Error error = create(result.codes, op.getCodes()))
    return error;
  shape[along] = block == 0 ? 1 : llvm::divideCeil(shape[along], block);
  if (llvm::Error error = create(result.scales, op.getScales()))
    return error;
  if (op.getZeros())
    if (llvm::Error error = create(result.zeros, op.getZeros()))
      return error;
  Quantizer quantizer(op, w, result);
  parallelFor(op.getContext(), 0, quantizer.countTiles(),
              [&](size_t tile) { quantizer.quantizeTile(tile); });
  return result;
}

std::optional<int64_t> codegen::matchSumOfBytes(Operation *op) {
  auto reduce = dyn_cast<xf::Reduce>(op);
  auto cast = reduce ? reduce.getX().getDefiningOp<xf::Cast>() : xf::Cast();
  if (!cast || reduce.getKind() != xf::ReduceKind::sum ||
      reduce.getKeepDims() || reduce.getAxes().size() != 1 ||
      cast.getType().getRank() != 2 ||
      !cast.getType().getElementType().isSignlessInteger(32) ||
      !getElementTypeOrSelf(cast.getX()).isSignlessInteger(8))
    return std::nullopt;
  return reduce.getAxes().front();
}

llvm::Expected<HostTensor>
codegen::sumBytes(MLIRContext *context, const HostTensor &codes, int64_t axis) {
  int64_t n = codes.getSize(1 - axis), k = codes.getSize(axis);
  llvm::Expected<HostTensor> sums =
      HostTensor::create(IntegerType::get(context, 32), {n});
  if (!sums)
    return sums;
  auto *to = reinterpret_cast<int32_t *>(sums->data());
  const auto *from = reinterpret_cast<const int8_t *>(codes.data());
  if (axis == 1) {
    parallelFor(context, 0, n, [&](size_t row) {
      int32_t sum = 0;
      for (int64_t i = 0; i < k; ++i)
        sum += from[static_cast<int64_t>(row) * k + i];
      to[row] = sum;
    });
    return sums;
  }
  for (int64_t i = 0; i < k; ++i)
    for (int64_t j = 0; j < n; ++j)
      to[j] += from[i * n + j];
  return sums;
}
