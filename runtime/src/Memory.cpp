// Aligned memory of sessions.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Memory.h"

#include "hagane/abi.h"

#include <sys/mman.h>

using namespace hagane::runtime;

static constexpr uint64_t kHugePage = uint64_t(2) << 20;
static constexpr uint64_t kMaxBytes = uint64_t(1) << 48;

static uint64_t roundUp(uint64_t bytes, uint64_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

// Large blocks are aligned to, and offered for, huge pages: activations are
// walked through at full bandwidth, where 4 KiB pages cost TLB misses.
static uint8_t *allocateAligned(uint64_t bytes) {
  if (bytes > kMaxBytes)
    return nullptr;
  bool huge = bytes >= kHugePage;
  uint64_t alignment = huge ? kHugePage : HGN_ALIGNMENT;
  void *memory = aligned_alloc(alignment, roundUp(bytes, alignment));
  if (memory && huge)
    madvise(memory, roundUp(bytes, alignment), MADV_HUGEPAGE);
  return static_cast<uint8_t *>(memory);
}

Block::~Block() { clear(); }

void Block::clear() {
  if (space && base)
    space->give(*space, base);
  else
    free(base);
  base = memory = nullptr;
  capacity = 0;
}

uint8_t *Block::take(uint64_t bytes) const {
  return space ? static_cast<uint8_t *>(space->take(*space, bytes))
               : allocateAligned(bytes);
}

bool Block::reserve(uint64_t bytes) {
  if (bytes <= capacity && memory)
    return true;
  uint64_t roomy = bytes;
  if (memory && capacity > 0 && capacity < kMaxBytes)
    roomy = capacity + capacity / 4 > bytes ? capacity + capacity / 4 : bytes;
  // Before the new one, so that the two never add up.
  clear();
  memory = take(roomy ? roomy : 1);
  if (!memory && roomy > bytes)
    memory = take(roomy = bytes);
  base = memory;
  capacity = memory ? roomy : 0;
  return memory != nullptr;
}

bool Block::reserveZeros(uint64_t bytes) {
  clear();
  if (space)
    return reserve(bytes) && space->zero(*space, memory, bytes);
  bool huge = bytes >= kHugePage;
  uint64_t alignment = huge ? kHugePage : HGN_ALIGNMENT;
  if (bytes <= kMaxBytes)
    base = calloc(1, bytes + alignment);
  if (!base)
    return false;
  memory = reinterpret_cast<uint8_t *>(
      roundUp(reinterpret_cast<uintptr_t>(base), alignment));
  if (huge)
    madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
  capacity = bytes;
  return true;
}

// The header takes one alignment unit, so that the bytes behind it are aligned.
static constexpr uint64_t kChunkHeader = HGN_ALIGNMENT;
static constexpr uint64_t kMinChunk = uint64_t(64) << 10;

RunHeap::~RunHeap() {
  while (first) {
    Chunk *next = first->next;
    free(first);
    first = next;
  }
}

void RunHeap::reset() {
  for (Chunk *chunk = first; chunk; chunk = chunk->next)
    chunk->used = 0;
  current = first;
}

void *RunHeap::allocate(uint64_t bytes) {
  static_assert(sizeof(Chunk) <= kChunkHeader, "the header fits its unit");
  if (bytes > kMaxBytes)
    return nullptr;
  bytes = roundUp(bytes ? bytes : 1, HGN_ALIGNMENT);
  while (current && current->capacity - current->used < bytes && current->next)
    current = current->next;
  if (!current || current->capacity - current->used < bytes) {
    uint64_t capacity = bytes < kMinChunk ? kMinChunk : bytes;
    auto *chunk =
        reinterpret_cast<Chunk *>(allocateAligned(kChunkHeader + capacity));
    if (!chunk)
      return nullptr;
    *chunk = {nullptr, capacity, 0};
    (current ? current->next : first) = chunk;
    current = chunk;
  }
  uint8_t *result =
      reinterpret_cast<uint8_t *>(current) + kChunkHeader + current->used;
  current->used += bytes;
  return result;
}
