// Tensors in exchange with other libraries. The layouts are DLPack's ABI in our
// own words.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "hagane/cuda.h"

#include "Memory.h"
#include "Status.h"

#include <string.h>

using namespace hagane::runtime;

namespace {
enum DeviceType : int32_t { kCpu = 1, kCuda = 2, kPinned = 3 };
enum TypeCode : uint8_t {
  kInt = 0,
  kUInt = 1,
  kFloat = 2,
  kBfloat = 4,
  kBool = 6,
  kE4M3FN = 10,
  kE4M3FNUZ = 11,
  kE5M2 = 12,
  kE5M2FNUZ = 13,
  kE8M0FNU = 14
};
} // namespace

struct DLManagedTensor {
  struct {
    void *data;
    struct {
      int32_t type;
      int32_t id;
    } device;
    int32_t ndim;
    struct {
      uint8_t code;
      uint8_t bits;
      uint16_t lanes;
    } dtype;
    int64_t *shape;
    int64_t *strides; // in elements; NULL: dense
    uint64_t byteOffset;
  } tensor;
  void *context;
  void (*deleter)(DLManagedTensor *self);
};

namespace {
struct TypeRow {
  hgn_dtype dtype;
  uint8_t code;
  uint8_t bits;
};

// What is exported: the tensor with its own copy of the shape.
struct Exported {
  DLManagedTensor managed;
  void (*release)(void *);
  void *owner;
  int64_t shape[1];
};
} // namespace

static constexpr TypeRow kTypes[] = {
    {HGN_F32, kFloat, 32},
    {HGN_F64, kFloat, 64},
    {HGN_F16, kFloat, 16},
    {HGN_BF16, kBfloat, 16},
    {HGN_I8, kInt, 8},
    {HGN_I16, kInt, 16},
    {HGN_I32, kInt, 32},
    {HGN_I64, kInt, 64},
    {HGN_UI8, kUInt, 8},
    {HGN_UI16, kUInt, 16},
    {HGN_UI32, kUInt, 32},
    {HGN_UI64, kUInt, 64},
    {HGN_BOOL, kBool, 8},
    {HGN_F8E4M3FN, kE4M3FN, 8},
    {HGN_F8E4M3FNUZ, kE4M3FNUZ, 8},
    {HGN_F8E5M2, kE5M2, 8},
    {HGN_F8E5M2FNUZ, kE5M2FNUZ, 8},
    {HGN_F8E8M0FNU, kE8M0FNU, 8},
};

static bool isDense(const DLManagedTensor &managed) {
  if (!managed.tensor.strides)
    return true;
  int64_t expected = 1;
  for (int32_t d = managed.tensor.ndim - 1; d >= 0; --d) {
    int64_t extent = managed.tensor.shape[d];
    if (extent != 1 && managed.tensor.strides[d] != expected)
      return false;
    expected *= extent;
  }
  return true;
}

static hgn_status placeOf(const DLManagedTensor &managed, hgn_place *place) {
  int32_t type = managed.tensor.device.type;
  if (type != kCpu && type != kCuda && type != kPinned)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "a tensor is on a device of DLPack's type %d, expected "
                      "%d (CPU), %d (CUDA) or %d (pinned)",
                      type, kCpu, kCuda, kPinned);
  *place = type == kCuda ? HGN_ON_DEVICE : HGN_ON_HOST;
  return nullptr;
}

hgn_status hgn_dlpack_import(const DLManagedTensor *managed, hgn_tensor *tensor,
                             hgn_place *place) {
  if (!managed || !tensor || !place)
    return makeStatus(HGN_INVALID_ARGUMENT, "managed, tensor or place is NULL");
  const auto &from = managed->tensor;
  HGN_TRY(placeOf(*managed, place));
  if (!isDense(*managed))
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "a tensor has strides, expected a dense row-major one");
  for (const TypeRow &row : kTypes) {
    if (row.code != from.dtype.code || row.bits != from.dtype.bits ||
        from.dtype.lanes != 1)
      continue;
    *tensor = {static_cast<uint8_t *>(from.data) + from.byteOffset, 0,
               row.dtype, from.ndim, from.shape};
    return nullptr;
  }
  return makeStatus(HGN_INVALID_ARGUMENT,
                    "a tensor has DLPack's element type (code %d, %d bits, %d "
                    "lanes), which modules do not have",
                    from.dtype.code, from.dtype.bits, from.dtype.lanes);
}

static void deleteExported(DLManagedTensor *managed) {
  auto *exported = static_cast<Exported *>(managed->context);
  if (exported->release)
    exported->release(exported->owner);
  free(exported);
}

hgn_status hgn_dlpack_export(const hgn_tensor *tensor, hgn_place place,
                             int32_t device, void (*release)(void *),
                             void *owner, DLManagedTensor **out) {
  if (!tensor || !out || tensor->rank < 0)
    return makeStatus(HGN_INVALID_ARGUMENT, "tensor or out is NULL");
  const TypeRow *type = nullptr;
  for (const TypeRow &row : kTypes)
    type = row.dtype == tensor->dtype ? &row : type;
  if (!type)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "element type %s has no counterpart in DLPack",
                      hgn_dtype_name(tensor->dtype));
  size_t shapeBytes = size_t(tensor->rank) * sizeof(int64_t);
  auto *exported =
      static_cast<Exported *>(calloc(1, sizeof(Exported) + shapeBytes));
  if (!exported)
    return outOfMemory("a tensor", sizeof(Exported) + shapeBytes);
  if (shapeBytes)
    memcpy(exported->shape, tensor->dims, shapeBytes);
  exported->release = release;
  exported->owner = owner;
  auto &to = exported->managed.tensor;
  to.data = tensor->data;
  to.device = {place == HGN_ON_DEVICE ? kCuda : kCpu,
               place == HGN_ON_DEVICE ? device : 0};
  to.ndim = tensor->rank;
  to.dtype = {type->code, type->bits, 1};
  to.shape = exported->shape;
  exported->managed.context = exported;
  exported->managed.deleter = deleteExported;
  *out = &exported->managed;
  return nullptr;
}
