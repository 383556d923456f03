//===- emulation.h - Interface of kernels to the emulator -------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The functions that the emulator (device/emulator) offers to a kernel that was
// compiled for CPUs, as a table: a module needs no symbol of the emulator. The
// emulator hands the table over before the first launch, through
// `hagane_emulated_attach`.
//
// All functions that wait switch to other threads of the block. None returns to
// a kernel after an error: the block ends and the launch fails.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace hagane::cuda {

struct Index3 {
  uint32_t x, y, z;
};

/// Who the calling thread is.
struct Position {
  Index3 thread, block, blockSize, gridSize;
  uint32_t clusterRank, clusterSize;
};

/// What the lanes of a warp do together. `in` and `out` of `Emulation::warp`
/// are one lane's, of the types named here.
enum class WarpOperation : uint32_t {
  Shuffle,    // in: ShuffleOperand, out: uint64_t
  Vote,       // in: uint32_t (the predicate), out: uint32_t (ballot)
  LoadMatrix, // in: LoadMatrixOperand, out: uint32_t[count]
  Product,    // in: ProductOperand, out: 4 numbers of 32 bits
  Count
};

/// A lane's value and the lane it wants to read.
struct ShuffleOperand {
  uint64_t value;
  uint32_t source;
};

/// ldmatrix: the address of the row that this lane names.
struct LoadMatrixOperand {
  const void *row;
  uint32_t count;
  uint32_t transposed;
};

enum class Element : uint32_t { F16, BF16, TF32, E4M3, E5M2, S8, U8 };

/// mma: the lane's registers.
struct ProductOperand {
  Element a, b;
  uint32_t depth;
  const uint32_t *registersA, *registersB;
  const uint32_t *accumulators;
};

/// wgmma: the matrices by descriptors, or A in the lane's registers.
struct GroupProduct {
  Element a, b;
  uint32_t columns, depth;
  const uint32_t *registersA; // null: descriptorA
  uint64_t descriptorA, descriptorB;
  uint32_t transposedA, transposedB;
  uint32_t negateA, negateB;
  uint32_t accumulate;
  void *accumulators;
};

struct Emulation {
  uint32_t version;

  // The thread and its block.
  const Position *(*position)();
  void *(*sharedMemory)();
  uint32_t (*sharedAddress)(const void *pointer);
  void *(*sharedPointer)(uint32_t address);
  void (*fail)(const char *message);

  // Memory: every load and store of instrumented code, and of primitives.
  void (*access)(const void *address, size_t bytes, uint32_t writes,
                 const void *place);
  void (*proxyFence)();
  /// Lets other threads run: for loops that wait for another thread's store.
  void (*yield)();

  // Threads that wait for one another.
  void (*warp)(WarpOperation operation, uint32_t mask, const void *in,
               void *out);
  void (*syncWarp)(uint32_t mask);
  void (*barrier)(uint32_t number, uint32_t threads, uint32_t waits);
  void (*clusterBarrier)(uint32_t arrives, uint32_t waits);

  // Copies that end when they are waited for.
  void (*copyAsync)(void *shared, const void *global, uint32_t bytes,
                    uint32_t valid);
  void (*copyCommit)();
  void (*copyWait)(uint32_t pendingGroups);
  void (*copyArrive)(uint64_t *barrier);

  // Barriers in shared memory.
  void (*mbarrierInit)(uint64_t *barrier, uint32_t arrivals);
  void (*mbarrierInvalidate)(uint64_t *barrier);
  void (*mbarrierArrive)(uint64_t *barrier, uint32_t count, uint32_t bytes,
                         int32_t clusterRank);
  void (*mbarrierExpect)(uint64_t *barrier, uint32_t bytes);
  uint32_t (*mbarrierTest)(uint64_t *barrier, uint32_t parity, uint32_t waits);

  // Bulk copies.
  void (*tensorLoad)(void *shared, const void *map, uint64_t *barrier,
                     const int32_t *coordinates, uint32_t rank,
                     uint32_t clusterMask);
  void (*tensorStore)(const void *map, const void *shared,
                      const int32_t *coordinates, uint32_t rank, uint32_t adds);
  void (*bulkLoad)(void *shared, const void *global, uint32_t bytes,
                   uint64_t *barrier);
  void (*bulkStore)(void *global, const void *shared, uint32_t bytes);
  void (*bulkCommit)();
  void (*bulkWait)(uint32_t pendingGroups, uint32_t readsOnly);

  // Products of a warpgroup.
  void (*groupFence)();
  void (*groupProduct)(const GroupProduct *product);
  void (*groupCommit)();
  void (*groupWait)(uint32_t pendingGroups);
};

constexpr uint32_t kEmulationVersion = 1;

/// Functions that are no part of the kernel: their own loads and stores are not
/// checked.
#define HAGANE_EMULATED                                                        \
  __attribute__((visibility("hidden"),                                         \
                 disable_sanitizer_instrumentation)) inline

/// A copy of the emulator's table in each module.
__attribute__((weak, visibility("hidden"))) Emulation emulationTable;

HAGANE_EMULATED const Emulation *emulation() { return &emulationTable; }

namespace emulated {

HAGANE_EMULATED Index3 threadIndex() { return emulation()->position()->thread; }
HAGANE_EMULATED Index3 blockIndex() { return emulation()->position()->block; }
HAGANE_EMULATED Index3 blockSize() {
  return emulation()->position()->blockSize;
}
HAGANE_EMULATED Index3 gridSize() { return emulation()->position()->gridSize; }

} // namespace emulated

} // namespace hagane::cuda
