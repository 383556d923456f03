// Element types and shapes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Tensor.h"

#include <stdio.h>
#include <string.h>

using namespace hagane::runtime;

struct DTypeRow {
  hgn_dtype dtype;
  int32_t bits;
  const char *name;
};

static constexpr DTypeRow kDTypes[] = {
    {HGN_F32, 32, "f32"},
    {HGN_UI8, 8, "ui8"},
    {HGN_I8, 8, "i8"},
    {HGN_UI16, 16, "ui16"},
    {HGN_I16, 16, "i16"},
    {HGN_I32, 32, "i32"},
    {HGN_I64, 64, "i64"},
    {HGN_BOOL, 8, "bool"},
    {HGN_F16, 16, "f16"},
    {HGN_F64, 64, "f64"},
    {HGN_UI32, 32, "ui32"},
    {HGN_UI64, 64, "ui64"},
    {HGN_BF16, 16, "bf16"},
    {HGN_F8E4M3FN, 8, "f8e4m3fn"},
    {HGN_F8E4M3FNUZ, 8, "f8e4m3fnuz"},
    {HGN_F8E5M2, 8, "f8e5m2"},
    {HGN_F8E5M2FNUZ, 8, "f8e5m2fnuz"},
    {HGN_UI4, 8, "ui4"},
    {HGN_I4, 8, "i4"},
    {HGN_F4E2M1FN, 8, "f4e2m1fn"},
    {HGN_F8E8M0FNU, 8, "f8e8m0fnu"},
    {HGN_UI2, 8, "ui2"},
    {HGN_I2, 8, "i2"},
    {HGN_F6E2M3FN, 8, "f6e2m3fn"},
    {HGN_F6E3M2FN, 8, "f6e3m2fn"},
};

static const DTypeRow *findDType(hgn_dtype dtype) {
  for (const DTypeRow &row : kDTypes)
    if (row.dtype == dtype)
      return &row;
  return nullptr;
}

int32_t hgn_dtype_bits(hgn_dtype dtype) {
  const DTypeRow *row = findDType(dtype);
  return row ? row->bits : 0;
}

const char *hgn_dtype_name(hgn_dtype dtype) {
  const DTypeRow *row = findDType(dtype);
  return row ? row->name : "unknown";
}

bool hagane::runtime::tensorBytes(hgn_dtype dtype, const int64_t *dims,
                                  int32_t rank, int64_t *bytes) {
  int64_t bits = hgn_dtype_bits(dtype);
  bool empty = false;
  for (int32_t i = 0; i < rank; ++i) {
    if (dims[i] < 0)
      return false;
    empty |= dims[i] == 0;
  }
  for (int32_t i = 0; i < rank && !empty; ++i)
    if (__builtin_mul_overflow(bits, dims[i], &bits))
      return false;
  *bytes = empty ? 0 : bits / 8 + (bits % 8 != 0);
  return true;
}

void ShapeText::append(const char *piece) {
  size_t size = strlen(piece);
  bool fits = length + size + sizeof("...") <= sizeof(text);
  if (full)
    return;
  memcpy(text + length, fits ? piece : "...", (fits ? size : 3) + 1);
  length += fits ? size : 0;
  full = !fits;
}

ShapeText::ShapeText(const int64_t *dims, int32_t rank) {
  append("[");
  for (int32_t i = 0; i < rank && !full; ++i) {
    char number[24];
    snprintf(number, sizeof(number), "%s%lld", i ? ", " : "",
             static_cast<long long>(dims[i]));
    append(number);
  }
  append("]");
}

ShapeText::ShapeText(const hgn_value_info &value) {
  append("[");
  for (int32_t i = 0; i < value.rank && !full; ++i) {
    const hgn_dim_info &dim = value.dims[i];
    char number[24] = "?";
    if (dim.fixed >= 0)
      snprintf(number, sizeof(number), "%lld",
               static_cast<long long>(dim.fixed));
    append(i ? ", " : "");
    append(dim.symbol_name ? dim.symbol_name : number);
  }
  append("]");
}
