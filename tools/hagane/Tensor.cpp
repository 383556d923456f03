#include "Tensor.h"

#include "Commands.h"

#include <cstring>
#include <functional>
#include <random>

namespace hagane::tool {

hgn_tensor HostTensor::view() {
  return {data.data(), data.size(), dtype, static_cast<int32_t>(dims.size()),
          dims.data()};
}

HostTensor copyOf(const hgn_tensor &tensor) {
  HostTensor copy{tensor.dtype, {tensor.dims, tensor.dims + tensor.rank}, {}};
  copy.data.resize(tensorBytes(copy.dtype, copy.dims));
  if (!copy.data.empty())
    std::memcpy(copy.data.data(), tensor.data, copy.data.size());
  return copy;
}

uint64_t tensorBytes(hgn_dtype dtype, const std::vector<int64_t> &dims) {
  int64_t count = 1;
  for (int64_t dim : dims)
    if (dim < 0 || __builtin_mul_overflow(count, dim, &count))
      throw Error("tensor has a negative dim or too many elements");
  int64_t bits;
  if (__builtin_mul_overflow(count, int64_t(hgn_dtype_bits(dtype)), &bits))
    throw Error("tensor has too many elements");
  return (uint64_t(bits) + 7) / 8;
}

namespace {

using Rng = std::mt19937_64;

template <typename T>
void fill(HostTensor &tensor, const std::function<T(size_t)> &value) {
  size_t count = tensor.data.size() / sizeof(T);
  for (size_t i = 0; i < count; ++i) {
    T element = value(i);
    std::memcpy(tensor.data.data() + i * sizeof(T), &element, sizeof(T));
  }
}

uint16_t roundToBf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

bool contains(const std::string &name, const char *part) {
  return name.find(part) != std::string::npos;
}

int64_t integerFor(const std::string &name, int64_t lastDim, size_t index,
                   Rng &rng) {
  if (contains(name, "mask"))
    return 1;
  if (contains(name, "type"))
    return 0;
  if (contains(name, "position"))
    return lastDim > 0 ? int64_t(index) % lastDim : 0;
  return std::uniform_int_distribution<int64_t>(0, 99)(rng);
}

} // namespace

HostTensor randomTensor(const std::string &name, hgn_dtype dtype,
                        std::vector<int64_t> dims) {
  HostTensor tensor{dtype, std::move(dims), {}};
  tensor.data.resize(tensorBytes(dtype, tensor.dims));
  Rng rng(std::hash<std::string>{}(name));
  std::normal_distribution<float> normal;
  int64_t lastDim = tensor.dims.empty() ? 1 : tensor.dims.back();
  auto real = [&](size_t) {
    return contains(name, "mask") ? 1.0f : normal(rng);
  };
  auto integer = [&](size_t i) { return integerFor(name, lastDim, i, rng); };
  switch (dtype) {
  case HGN_F32:
    fill<float>(tensor, real);
    break;
  case HGN_F64:
    fill<double>(tensor, real);
    break;
  case HGN_F16:
    fill<_Float16>(tensor,
                   [&](size_t i) { return static_cast<_Float16>(real(i)); });
    break;
  case HGN_BF16:
    fill<uint16_t>(tensor, [&](size_t i) { return roundToBf16(real(i)); });
    break;
  case HGN_I64:
  case HGN_UI64:
    fill<int64_t>(tensor, integer);
    break;
  case HGN_I32:
  case HGN_UI32:
    fill<int32_t>(tensor,
                  [&](size_t i) { return static_cast<int32_t>(integer(i)); });
    break;
  case HGN_I16:
  case HGN_UI16:
    fill<int16_t>(tensor,
                  [&](size_t i) { return static_cast<int16_t>(integer(i)); });
    break;
  case HGN_BOOL:
    fill<uint8_t>(tensor, [](size_t) { return uint8_t(1); });
    break;
  default:
    // Bytes, nibbles and 8-bit floats: small codes of either meaning are
    // finite.
    fill<uint8_t>(tensor, [&](size_t i) {
      return static_cast<uint8_t>(integer(i) & 0x33);
    });
    break;
  }
  return tensor;
}

} // namespace hagane::tool
