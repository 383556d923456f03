// Owners of memory that never throw and need no C++ library.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_MEMORY_H
#define HAGANE_RUNTIME_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// The C++ library is not linked; objects are made in place.
struct HgnPlacement {};
inline void *operator new(size_t, HgnPlacement, void *memory) noexcept {
  return memory;
}

namespace hagane::runtime {

// A fixed-length array; its values start as T().
template <typename T> class Array {
public:
  Array() = default;
  ~Array() { clear(); }
  Array(const Array &) = delete;
  Array &operator=(const Array &) = delete;

  // Replaces the contents by count fresh values; false without memory.
  bool reset(size_t count) {
    clear();
    values = static_cast<T *>(calloc(count ? count : 1, sizeof(T)));
    if (!values)
      return false;
    for (; length < count; ++length)
      new (HgnPlacement{}, &values[length]) T();
    return true;
  }
  T *data() { return values; }
  const T *data() const { return values; }
  size_t size() const { return length; }
  T &operator[](size_t index) { return values[index]; }
  const T &operator[](size_t index) const { return values[index]; }

private:
  T *values = nullptr;
  size_t length = 0;

  void clear() {
    while (length > 0)
      values[--length].~T();
    free(values);
    values = nullptr;
  }
};

// Memory that is not the host's heap.
struct Space {
  // nullptr without memory.
  void *(*take)(const Space &space, uint64_t bytes);
  void (*give)(const Space &space, void *memory);
  bool (*zero)(const Space &space, void *memory, uint64_t bytes);
};

// A 64-byte aligned block that only grows; growing discards the contents.
// Growing again takes more than is asked for, so that sizes that rise step by
// step do not allocate each time.
class Block {
public:
  Block() = default;
  ~Block();
  Block(const Block &) = delete;
  Block &operator=(const Block &) = delete;

  // Makes room for `bytes`; false without memory (the block is then empty).
  bool reserve(uint64_t bytes);
  // The same with new contents, zero; what is not touched takes no memory yet.
  bool reserveZeros(uint64_t bytes);
  uint8_t *data() const { return memory; }
  uint64_t size() const { return capacity; }
  // Takes all memory from the space, which outlives the block, from now on;
  // nullptr: the heap.
  void setSpace(const Space *newSpace) {
    clear();
    space = newSpace;
  }

private:
  void clear();
  uint8_t *take(uint64_t bytes) const;

  const Space *space = nullptr;

  void *base = nullptr; // what is freed
  uint8_t *memory = nullptr;
  uint64_t capacity = 0;
};

// Memory handed out piece by piece and taken back all at once; the blocks stay,
// so that a run that repeats the requests of the one before allocates nothing.
class RunHeap {
public:
  RunHeap() = default;
  ~RunHeap();
  RunHeap(const RunHeap &) = delete;
  RunHeap &operator=(const RunHeap &) = delete;

  // 64-byte aligned; nullptr without memory.
  void *allocate(uint64_t bytes);
  void reset();

private:
  struct Chunk {
    Chunk *next;
    uint64_t capacity; // of the bytes behind this header
    uint64_t used;
  };
  Chunk *first = nullptr;
  Chunk *current = nullptr;
};

// Constructs a T in malloc'ed memory; nullptr without memory.
template <typename T, typename... Arguments>
T *create(Arguments &...arguments) {
  void *memory = aligned_alloc(alignof(T) < 64 ? 64 : alignof(T),
                               (sizeof(T) + 63) / 64 * 64);
  return memory ? new (HgnPlacement{}, memory) T(arguments...) : nullptr;
}

template <typename T> void destroy(T *object) {
  if (!object)
    return;
  object->~T();
  free(object);
}

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_MEMORY_H
