// From what the module says of a tensor map to the driver's descriptor.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TensorMaps.h"

#include <stdio.h>

using namespace hagane::runtime;

static constexpr uint64_t kMapAlignment = alignof(CUtensorMap);
static constexpr int32_t kMaxRank = 5;

uint64_t hagane::runtime::mapsOffset(const hgn_kernel_info &kernel) {
  uint64_t words = kernel.word_count * sizeof(int64_t);
  return (words + kMapAlignment - 1) / kMapAlignment * kMapAlignment;
}

uint64_t hagane::runtime::parameterBytes(const hgn_kernel_info &kernel) {
  return kernel.map_count > 0
             ? mapsOffset(kernel) + kernel.map_count * sizeof(CUtensorMap)
             : kernel.word_count * sizeof(int64_t);
}

namespace {
struct TypeRow {
  hgn_dtype dtype;
  CUtensorMapDataType type;
};
} // namespace

static constexpr TypeRow kTypes[] = {
    {HGN_F32, CU_TENSOR_MAP_DATA_TYPE_FLOAT32},
    {HGN_F64, CU_TENSOR_MAP_DATA_TYPE_FLOAT64},
    {HGN_F16, CU_TENSOR_MAP_DATA_TYPE_FLOAT16},
    {HGN_BF16, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16},
    {HGN_UI16, CU_TENSOR_MAP_DATA_TYPE_UINT16},
    {HGN_I16, CU_TENSOR_MAP_DATA_TYPE_UINT16},
    {HGN_UI32, CU_TENSOR_MAP_DATA_TYPE_UINT32},
    {HGN_I32, CU_TENSOR_MAP_DATA_TYPE_INT32},
    {HGN_UI64, CU_TENSOR_MAP_DATA_TYPE_UINT64},
    {HGN_I64, CU_TENSOR_MAP_DATA_TYPE_INT64},
};

// All types of one byte are bytes to a copy.
static CUtensorMapDataType typeOf(hgn_dtype dtype) {
  for (const TypeRow &row : kTypes)
    if (row.dtype == dtype)
      return row.type;
  return CU_TENSOR_MAP_DATA_TYPE_UINT8;
}

static CUtensorMapSwizzle swizzleOf(uint32_t bytes) {
  return bytes == 128  ? CU_TENSOR_MAP_SWIZZLE_128B
         : bytes == 64 ? CU_TENSOR_MAP_SWIZZLE_64B
         : bytes == 32 ? CU_TENSOR_MAP_SWIZZLE_32B
                       : CU_TENSOR_MAP_SWIZZLE_NONE;
}

static uint64_t valueOf(const hgn_extent_info &extent, const int64_t *words) {
  int64_t factor = extent.word < 0 ? 1 : words[extent.word];
  return uint64_t(factor * extent.value);
}

static CUresult encode(const Driver &driver, const hgn_tensor_map_info &map,
                       const int64_t *words, CUtensorMap *out) {
  uint64_t dims[kMaxRank], strides[kMaxRank];
  uint32_t steps[kMaxRank];
  for (int32_t d = 0; d < map.rank; ++d) {
    dims[d] = valueOf(map.dims[d], words);
    steps[d] = 1;
  }
  for (int32_t d = 0; d + 1 < map.rank; ++d)
    strides[d] = valueOf(map.strides[d], words);
  return driver.cuTensorMapEncodeTiled(
      out, typeOf(map.dtype), unsigned(map.rank),
      reinterpret_cast<void *>(words[map.word]), dims, strides, map.box, steps,
      CU_TENSOR_MAP_INTERLEAVE_NONE, swizzleOf(map.swizzle),
      CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
}

hgn_status hagane::runtime::encodeMaps(const Driver &driver,
                                       const hgn_kernel_info &kernel,
                                       const int64_t *words,
                                       uint8_t *parameters) {
  auto *maps = reinterpret_cast<CUtensorMap *>(parameters + mapsOffset(kernel));
  for (uint32_t i = 0; i < kernel.map_count; ++i) {
    CUresult result = encode(driver, kernel.maps[i], words, &maps[i]);
    if (result == CUDA_SUCCESS)
      continue;
    char what[200];
    snprintf(what, sizeof(what), "describing tensor %u of kernel '%.100s'", i,
             kernel.name);
    return driver.check(result, what);
  }
  return nullptr;
}
