//===- DeviceMemory.cpp - Memory of the emulated device -------------------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "device/emulator/DeviceMemory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

using namespace hagane::emulator;

static constexpr size_t kGranule = 16;
static constexpr size_t kAlignment = 256;
// Bytes between two allocations that belong to neither.
static constexpr size_t kGap = 256;
// Fresh memory is NaN in every float type, unless that takes long.
static constexpr size_t kFilledBytes = size_t(64) << 20;
static constexpr size_t kPage = 4096;

static size_t roundUp(size_t value, size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

static char *reserve(size_t bytes) {
  void *mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return mapped == MAP_FAILED ? nullptr : static_cast<char *>(mapped);
}

DeviceMemory::DeviceMemory(size_t capacity) : limit(capacity) {
  // Room for gaps, for fragments and for host memory beside the device's.
  size_t wanted = roundUp(2 * capacity + (size_t(4) << 30), kPage);
  base = reserve(wanted);
  allocated = reinterpret_cast<uint8_t *>(reserve(wanted / kGranule));
  if (base && allocated)
    reserved = wanted;
}

DeviceMemory::~DeviceMemory() {
  if (base)
    munmap(base, reserved);
  if (allocated)
    munmap(allocated, reserved / kGranule);
}

size_t DeviceMemory::findGap(size_t bytes) const {
  size_t at = kAlignment;
  for (const auto &[offset, allocation] : allocations) {
    if (offset >= at + bytes + kGap)
      break;
    at = roundUp(offset + allocation.bytes + kGap, kAlignment);
  }
  return at;
}

void *DeviceMemory::allocate(size_t bytes, Kind kind) {
  std::lock_guard<std::mutex> lock(mutex);
  if (bytes > reserved || (kind == Kind::Device && used + bytes > limit))
    return nullptr;
  size_t at = findGap(bytes);
  if (at + bytes + kGap > reserved)
    return nullptr;
  allocations[at] = {bytes, kind};
  if (kind == Kind::Device)
    used += bytes;
  size_t whole = bytes / kGranule, rest = bytes % kGranule;
  memset(allocated + at / kGranule, kGranule, whole);
  if (rest)
    allocated[at / kGranule + whole] = uint8_t(rest);
  if (bytes <= kFilledBytes)
    memset(base + at, 0xff, bytes);
  return base + at;
}

bool DeviceMemory::release(void *address) {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = allocations.find(size_t(static_cast<char *>(address) - base));
  if (found == allocations.end())
    return false;
  auto [at, allocation] = *found;
  if (allocation.kind == Kind::Device)
    used -= allocation.bytes;
  memset(allocated + at / kGranule, 0,
         roundUp(allocation.bytes, kGranule) / kGranule);
  size_t first = roundUp(at, kPage);
  size_t end = (at + allocation.bytes) / kPage * kPage;
  if (end > first)
    madvise(base + first, end - first, MADV_DONTNEED);
  allocations.erase(found);
  return true;
}

bool DeviceMemory::valid(const void *address, size_t bytes) const {
  auto at = size_t(static_cast<const char *>(address) - base);
  if (at >= reserved || bytes > reserved - at)
    return false;
  size_t end = at + bytes;
  while (at < end) {
    size_t inside = at % kGranule;
    size_t next = std::min(end, at - inside + kGranule);
    if (next - at + inside > allocated[at / kGranule])
      return false;
    at = next;
  }
  return true;
}

std::string DeviceMemory::describe(const void *address) const {
  std::lock_guard<std::mutex> lock(mutex);
  auto at = size_t(static_cast<const char *>(address) - base);
  auto next = allocations.upper_bound(at);
  if (at >= reserved || next == allocations.begin())
    return "which no allocation holds";
  auto [offset, allocation] = *std::prev(next);
  return "which is byte " + std::to_string(at - offset) +
         " from the begin of an allocation of " +
         std::to_string(allocation.bytes) + " bytes";
}

bool DeviceMemory::kindOf(const void *address, Kind &kind) const {
  std::lock_guard<std::mutex> lock(mutex);
  auto at = size_t(static_cast<const char *>(address) - base);
  auto next = allocations.upper_bound(at);
  if (at >= reserved || next == allocations.begin())
    return false;
  auto [offset, allocation] = *std::prev(next);
  kind = allocation.kind;
  return at < offset + allocation.bytes;
}

size_t DeviceMemory::free() const {
  std::lock_guard<std::mutex> lock(mutex);
  return limit - used;
}
