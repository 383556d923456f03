//===- all.cuh - All primitives -------------------------------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#pragma once

#include "hagane/cuda/block.cuh"
#include "hagane/cuda/copies.cuh"
#include "hagane/cuda/entry.cuh"
#include "hagane/cuda/float8.cuh"
#include "hagane/cuda/mma.cuh"
#include "hagane/cuda/types.cuh"
#include "hagane/cuda/warp.cuh"
