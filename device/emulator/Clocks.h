//===- Clocks.h - What happened before what ---------------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Vector clocks. Each thread of a team (and each agent that carries out copies)
// has its own time; a thread has "seen" another's time if a chain of barriers
// leads from there to here. Two accesses of one word race if one of them writes
// and neither has seen the other.
//
// A thread's view is a shared, never changed vector plus its own time, so that
// a barrier of n threads costs n steps, not n * n.
//
//===----------------------------------------------------------------------===//
#ifndef HAGANE_DEVICE_EMULATOR_CLOCKS_H
#define HAGANE_DEVICE_EMULATOR_CLOCKS_H

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace hagane::emulator {

using Times = std::vector<uint32_t>;
using View = std::shared_ptr<const Times>;

/// The later of two views, entry by entry; null knows nothing.
View merge(const View &a, const View &b);

/// The clock of one thread or agent.
struct Clock {
  uint32_t index = 0;
  uint32_t now = 1;
  View view;

  uint32_t seen(uint32_t other) const {
    return other == index ? now : view ? (*view)[other] : 0;
  }
  void acquire(const View &other) {
    if (other != view)
      view = merge(view, other);
  }
};

/// What those that arrived at a barrier have seen.
class Gathering {
public:
  /// Adds a clock's view and time; that clock then moves on.
  void join(Clock &clock);
  /// Everything that was joined, over `size` clocks; starts afresh.
  View finish(size_t size);
  /// Everything that was joined so far, kept.
  View current(size_t size) const;

private:
  View view;
  std::vector<std::pair<uint32_t, uint32_t>> times;
};

} // namespace hagane::emulator

#endif // HAGANE_DEVICE_EMULATOR_CLOCKS_H
