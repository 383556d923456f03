//===- DeviceMemory.h - Memory of the emulated device -----------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef HAGANE_DEVICE_EMULATOR_DEVICEMEMORY_H
#define HAGANE_DEVICE_EMULATOR_DEVICEMEMORY_H

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace hagane::emulator {

/// Allocations of device memory and of pinned host memory, all in one reserved
/// range of addresses with gaps between them, so that an access is checked by a
/// look at one byte.
class DeviceMemory {
public:
  enum class Kind : uint8_t { Device, Host };

  /// `capacity`: the bytes that device allocations may have together.
  explicit DeviceMemory(size_t capacity);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory &) = delete;
  DeviceMemory &operator=(const DeviceMemory &) = delete;

  /// Null when the capacity is used up.
  void *allocate(size_t bytes, Kind kind);
  /// False if no allocation begins there.
  bool release(void *address);

  /// Whether the address is in the reserved range, allocated or not.
  bool reserves(const void *address) const {
    return size_t(static_cast<const char *>(address) - base) < reserved;
  }
  /// Whether all bytes are inside of allocations.
  bool valid(const void *address, size_t bytes) const;
  /// The allocation nearest below an address, for messages.
  std::string describe(const void *address) const;
  /// The kind of the allocation that holds an address; false if none does.
  bool kindOf(const void *address, Kind &kind) const;

  size_t capacity() const { return limit; }
  size_t free() const;

private:
  struct Allocation {
    size_t bytes;
    Kind kind;
  };
  size_t findGap(size_t bytes) const;

  char *base = nullptr;
  size_t reserved = 0;
  /// For each 16 bytes: how many of them, from the first on, are allocated.
  uint8_t *allocated = nullptr;
  size_t limit;
  size_t used = 0;
  mutable std::mutex mutex;
  std::map<size_t, Allocation> allocations;
};

} // namespace hagane::emulator

#endif // HAGANE_DEVICE_EMULATOR_DEVICEMEMORY_H
