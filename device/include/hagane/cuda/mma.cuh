//===- mma.cuh - Products of fragments by tensor cores ----------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Matrices in the registers of a warp (PTX ISA, "ldmatrix" and "mma.sync" of
// m16n8k16 and m16n8k32; sm_80). All lanes call a primitive together. A
// register holds 4 bytes of terms: lane l has, of
// - the rows: l / 4 and l / 4 + 8, of each the terms of word l % 4 of the first
//   16 bytes (registers 0 and 1) and of the next 16 bytes (2 and 3);
// - the columns: l / 4, of it the same words (registers 0 and 1);
// - the sums: rows l / 4 (0 and 1) and l / 4 + 8 (2 and 3), columns
//   l % 4 * 2 and the next one.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/copies.cuh"
#include "hagane/cuda/warp.cuh"

namespace hagane::cuda {

/// Four matrices of 8 rows of 16 bytes from shared memory: lanes 8 i to 8 i + 7
/// name the rows of matrix i, which register i then has.
HAGANE_DEVICE void loadMatrices(uint32_t (&to)[4], const void *row) {
#if defined(HAGANE_CUDA_EMULATED)
  LoadMatrixOperand operand = {row, 4, 0};
  emulation()->warp(WarpOperation::LoadMatrix, kAllLanes, &operand, to);
#else
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, "
               "[%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(sharedAddress(row))
               : "memory");
#endif
}

/// The instruction that multiplies factors of two types.
template <typename A, typename B> struct FragmentProduct;

#if defined(HAGANE_CUDA_EMULATED)
#define HAGANE_FRAGMENT_PRODUCT(A, B, Sum, elementA, elementB, depth, name,    \
                                constraint)                                    \
  template <> struct FragmentProduct<A, B> {                                   \
    static HAGANE_DEVICE void add(Sum (&sums)[4], const uint32_t (&rows)[4],   \
                                  const uint32_t (&columns)[2]) {              \
      Sum before[4] = {sums[0], sums[1], sums[2], sums[3]};                    \
      ProductOperand operand = {                                               \
          Element::elementA, Element::elementB, depth, rows, columns,          \
          reinterpret_cast<const uint32_t *>(before)};                         \
      emulation()->warp(WarpOperation::Product, kAllLanes, &operand, sums);    \
    }                                                                          \
  }
#else
#define HAGANE_FRAGMENT_PRODUCT(A, B, Sum, elementA, elementB, depth, name,    \
                                constraint)                                    \
  template <> struct FragmentProduct<A, B> {                                   \
    static HAGANE_DEVICE void add(Sum (&sums)[4], const uint32_t (&rows)[4],   \
                                  const uint32_t (&columns)[2]) {              \
      asm volatile("mma.sync.aligned." name " {%0, %1, %2, %3}, "              \
                   "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"             \
                   : "+" constraint(sums[0]), "+" constraint(sums[1]),         \
                     "+" constraint(sums[2]), "+" constraint(sums[3])          \
                   : "r"(rows[0]), "r"(rows[1]), "r"(rows[2]), "r"(rows[3]),   \
                     "r"(columns[0]), "r"(columns[1]));                        \
    }                                                                          \
  }
#endif

HAGANE_FRAGMENT_PRODUCT(bf16, bf16, float, BF16, BF16, 16,
                        "m16n8k16.row.col.f32.bf16.bf16.f32", "f");
HAGANE_FRAGMENT_PRODUCT(f16, f16, float, F16, F16, 16,
                        "m16n8k16.row.col.f32.f16.f16.f32", "f");
HAGANE_FRAGMENT_PRODUCT(int8_t, int8_t, int32_t, S8, S8, 32,
                        "m16n8k32.row.col.s32.s8.s8.s32", "r");
HAGANE_FRAGMENT_PRODUCT(uint8_t, int8_t, int32_t, U8, S8, 32,
                        "m16n8k32.row.col.s32.u8.s8.s32", "r");
HAGANE_FRAGMENT_PRODUCT(int8_t, uint8_t, int32_t, S8, U8, 32,
                        "m16n8k32.row.col.s32.s8.u8.s32", "r");
HAGANE_FRAGMENT_PRODUCT(uint8_t, uint8_t, int32_t, U8, U8, 32,
                        "m16n8k32.row.col.s32.u8.u8.s32", "r");
#undef HAGANE_FRAGMENT_PRODUCT

/// Adds the product of 16 rows and 8 columns of 32 bytes of terms each.
template <typename A, typename B, typename Sum>
HAGANE_DEVICE void multiplyAdd(Sum (&sums)[4], const uint32_t (&rows)[4],
                               uint32_t low, uint32_t high) {
  const uint32_t columns[2] = {low, high};
  FragmentProduct<A, B>::add(sums, rows, columns);
}

} // namespace hagane::cuda
