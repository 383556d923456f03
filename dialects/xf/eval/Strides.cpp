//===- Strides.cpp - Walking tensors --------------------------------------===//

#include "dialects/xf/eval/Strides.h"
#include <cstring>

using namespace mlir;
using namespace hagane::xf::eval;

Shape hagane::xf::eval::stridesOf(ArrayRef<int64_t> shape) {
  Shape strides(shape.size(), 1);
  for (int64_t i = static_cast<int64_t>(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

Shape hagane::xf::eval::broadcastStrides(ArrayRef<int64_t> shape,
                                         ArrayRef<int64_t> target) {
  Shape own = stridesOf(shape), strides(target.size(), 0);
  size_t shift = target.size() - shape.size();
  for (size_t i = 0; i < shape.size(); ++i)
    if (shape[i] != 1)
      strides[shift + i] = own[i];
  return strides;
}

int64_t hagane::xf::eval::product(ArrayRef<int64_t> shape, int64_t begin,
                                  int64_t end) {
  int64_t result = 1;
  for (int64_t i = begin; i < end; ++i)
    result *= shape[i];
  return result;
}

void Odometer::next() {
  for (int64_t axis = static_cast<int64_t>(shape.size()) - 1; axis >= 0;
       --axis) {
    ++coordinate[axis];
    for (size_t set = 0; set < strides.size(); ++set)
      offsets[set] += strides[set][axis];
    if (coordinate[axis] < shape[axis])
      return;
    for (size_t set = 0; set < strides.size(); ++set)
      offsets[set] -= strides[set][axis] * shape[axis];
    coordinate[axis] = 0;
  }
}

namespace {
/// An axis of a copy.
struct Axis {
  int64_t size, to, from;
};

/// An element as plain bytes: mapped weights need not be aligned.
template <unsigned size> struct Bytes {
  char bytes[size];
};
} // namespace

/// Drops axes of size 1 and joins neighbours that lie as one on both sides.
static SmallVector<Axis> simplify(ArrayRef<int64_t> shape, ArrayRef<int64_t> to,
                                  ArrayRef<int64_t> from) {
  SmallVector<Axis> axes;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 1)
      continue;
    if (!axes.empty() && axes.back().to == to[i] * shape[i] &&
        axes.back().from == from[i] * shape[i])
      axes.back() = {axes.back().size * shape[i], to[i], from[i]};
    else
      axes.push_back({shape[i], to[i], from[i]});
  }
  return axes;
}

/// Both inner axes in tiles, so that neither side strides through memory alone.
template <typename T>
static void copyPlane(T *to, const T *from, Axis outer, Axis inner) {
  constexpr int64_t tile = 32;
  for (int64_t i0 = 0; i0 < outer.size; i0 += tile)
    for (int64_t j0 = 0; j0 < inner.size; j0 += tile)
      for (int64_t i = i0, iEnd = std::min(i0 + tile, outer.size); i < iEnd;
           ++i)
        for (int64_t j = j0, jEnd = std::min(j0 + tile, inner.size); j < jEnd;
             ++j)
          to[i * outer.to + j * inner.to] =
              from[i * outer.from + j * inner.from];
}

template <typename T>
static void copyAxes(T *to, const T *from, ArrayRef<Axis> axes) {
  if (axes.size() == 1 && axes[0].to == 1 && axes[0].from == 1) {
    std::memcpy(to, from, axes[0].size * sizeof(T));
    return;
  }
  if (axes.size() == 1)
    return copyPlane(to, from, {1, 0, 0}, axes[0]);
  if (axes.size() == 2 && (axes[1].to != 1 || axes[1].from != 1))
    return copyPlane(to, from, axes[0], axes[1]);
  for (int64_t i = 0; i < axes[0].size; ++i)
    copyAxes(to + i * axes[0].to, from + i * axes[0].from, axes.drop_front());
}

template <typename T>
static void copyAs(char *to, const char *from, ArrayRef<Axis> axes) {
  if (axes.empty())
    std::memcpy(to, from, sizeof(T));
  else
    copyAxes(reinterpret_cast<T *>(to), reinterpret_cast<const T *>(from),
             axes);
}

void hagane::xf::eval::copyStrided(char *to, ArrayRef<int64_t> toStrides,
                                   const char *from,
                                   ArrayRef<int64_t> fromStrides,
                                   ArrayRef<int64_t> shape, unsigned bytes) {
  if (llvm::is_contained(shape, 0))
    return;
  SmallVector<Axis> axes = simplify(shape, toStrides, fromStrides);
  // The axis along which the source is contiguous belongs next to the last.
  for (size_t i = 0; i + 2 < axes.size(); ++i)
    if (axes[i].from == 1 && axes.back().from != 1)
      std::rotate(axes.begin() + i, axes.begin() + i + 1, axes.end() - 1);
  switch (bytes) {
  case 1:
    return copyAs<Bytes<1>>(to, from, axes);
  case 2:
    return copyAs<Bytes<2>>(to, from, axes);
  case 4:
    return copyAs<Bytes<4>>(to, from, axes);
  default:
    return copyAs<Bytes<8>>(to, from, axes);
  }
}
