//===- Shadow.h - What is known of each byte of shared memory ---*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef HAGANE_DEVICE_EMULATOR_SHADOW_H
#define HAGANE_DEVICE_EMULATOR_SHADOW_H

#include "device/emulator/Clocks.h"

#include <string>

namespace hagane::emulator {

/// Through which path an access reaches memory. Bulk copies and products of
/// warpgroups read and write by the asynchronous proxy: stores of threads are
/// visible to it only after a fence.
enum class Proxy : uint8_t { Generic, Async };

enum class AccessKind : uint8_t { Read, Write, Atomic };

/// Who accesses: the time that the access is recorded with, and the thread
/// whose view counts (for a copy: the thread that issued it).
struct Actor {
  uint32_t index;
  uint32_t now;
  const Clock *clock;
  Proxy proxy = Proxy::Generic;
};

/// What a thread made visible to the asynchronous proxy: everything it had done
/// and seen at its last fence.
struct Fenced {
  uint32_t now = 0;
  View view;
};

/// The record of a block's shared memory: bounds, bytes that a copy has still
/// to write, and the last accesses of each word.
class Shadow {
public:
  /// Begins a block with `bytes` of shared memory in a team of `threads`.
  void reset(uint32_t bytes, uint32_t threads,
             const std::vector<Fenced> *fences);

  uint32_t bytes() const { return uint32_t(states.size()); }

  /// Checks and records an access. Returns what is wrong, or an empty string.
  std::string access(const Actor &actor, uint32_t offset, uint32_t count,
                     AccessKind kind);

  /// The copy of these bytes is under way: nobody may touch them.
  void setPending(uint32_t offset, uint32_t count, uint32_t issuer);
  /// The copy has arrived.
  void setArrived(uint32_t offset, uint32_t count);
  /// The 8 bytes of a barrier object, which only its primitives may touch.
  void setBarrier(uint32_t offset, bool present);

private:
  enum State : uint8_t { kOrdinary, kPending, kBarrier };
  struct Access {
    uint32_t time = 0;
    uint16_t index = 0;
    uint8_t bytes = 0;
    Proxy proxy = Proxy::Generic;
    bool atomic = false;
  };
  /// Readers are kept by the lowest bits of their warp, so that warps that read
  /// together do not hide one another.
  static constexpr uint32_t kReaders = 4;
  struct Word {
    Access writer;
    Access readers[kReaders];
  };

  std::string checkStates(uint32_t offset, uint32_t count,
                          AccessKind kind) const;
  std::string checkWord(const Actor &actor, Word &word, uint8_t mask,
                        AccessKind kind) const;
  bool visible(const Actor &actor, const Access &access) const;
  bool fenced(const Actor &actor, const Access &access) const;
  std::string name(uint32_t index) const;

  std::vector<uint8_t> states;
  std::vector<Word> words;
  std::vector<uint16_t> issuers;
  uint32_t threads = 0;
  const std::vector<Fenced> *fences = nullptr;
};

} // namespace hagane::emulator

#endif // HAGANE_DEVICE_EMULATOR_SHADOW_H
