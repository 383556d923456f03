//===- DriverTensor.cpp - Driver API: descriptors of tensors --------------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// cuTensorMapEncodeTiled with the rules of its documentation: what a real
// driver refuses is refused here.
//
//===----------------------------------------------------------------------===//
#include "device/emulator/Device.h"
#include "device/emulator/TensorMap.h"

#include <cstring>

using namespace hagane::emulator;

// Bytes per element, by CUtensorMapDataType.
static const uint8_t kElementBytes[] = {1, 2, 4, 4, 8, 8, 2, 4, 8, 2};
// Bytes of a swizzled row, by CUtensorMapSwizzle.
static const uint8_t kSwizzleBytes[] = {0, 32, 64, 128};

static constexpr uint64_t kAlignment = 16;
static constexpr uint64_t kMostStride = uint64_t(1) << 40;
static constexpr uint64_t kMostExtent = uint64_t(1) << 32;
static constexpr uint32_t kMostBox = 256;

static bool refuse(const char *why) {
  device().detail = why;
  return false;
}

/// Fills the map's sizes in; false if one breaks a rule.
static bool encodeSizes(TensorMap &made, const uint64_t *dims,
                        const uint64_t *strides, const uint32_t *box) {
  for (uint32_t i = 0; i < made.rank; ++i) {
    if (dims[i] == 0 || dims[i] > kMostExtent)
      return refuse("a tensor map's extent is not from 1 to 2^32");
    if (box[i] == 0 || box[i] > kMostBox)
      return refuse("a tensor map's box is not from 1 to 256 in a dimension");
    made.dims[i] = uint32_t(dims[i] - 1);
    made.box[i] = uint16_t(box[i]);
  }
  for (uint32_t i = 0; i + 1 < made.rank; ++i) {
    if (strides[i] % kAlignment != 0 || strides[i] >= kMostStride)
      return refuse("a tensor map's stride is no multiple of 16 below 2^40");
    made.strides[i] = strides[i];
  }
  uint32_t rowBytes = made.box[0] * made.elementBytes;
  if (rowBytes % kAlignment != 0)
    return refuse("a tensor map's box has rows that are no multiple of 16 "
                  "bytes");
  if (made.swizzleBytes && rowBytes > made.swizzleBytes)
    return refuse("a tensor map's box has rows longer than its swizzle");
  return true;
}

CUresult cuTensorMapEncodeTiled(
    CUtensorMap *map, CUtensorMapDataType type, unsigned rank, void *global,
    const uint64_t *dims, const uint64_t *strides, const uint32_t *box,
    const uint32_t *elementStrides, CUtensorMapInterleave interleave,
    CUtensorMapSwizzle swizzle, CUtensorMapL2promotion promotion,
    CUtensorMapFloatOOBfill fill) {
  HAGANE_CALL(kInitialised);
  bool known = size_t(type) < sizeof(kElementBytes) &&
               size_t(swizzle) < sizeof(kSwizzleBytes) &&
               interleave == CU_TENSOR_MAP_INTERLEAVE_NONE &&
               fill == CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE;
  auto base = reinterpret_cast<uint64_t>(global);
  if (!known || rank == 0 || rank > kMaxRank || base % kAlignment != 0)
    return CUDA_ERROR_INVALID_VALUE;
  for (unsigned i = 0; i < rank; ++i)
    if (elementStrides[i] != 1)
      return CUDA_ERROR_NOT_SUPPORTED;
  TensorMap made{};
  made.magic = kTensorMapMagic;
  made.base = base;
  made.rank = uint8_t(rank);
  made.type = uint8_t(type);
  made.elementBytes = kElementBytes[type];
  made.swizzleBytes = kSwizzleBytes[swizzle];
  if (!encodeSizes(made, dims, strides, box))
    return CUDA_ERROR_INVALID_VALUE;
  memset(map, 0, sizeof(*map));
  memcpy(map, &made, sizeof(made));
  return CUDA_SUCCESS;
}
