// Short waits: pauses while spinning, the kernel's futex for sleeping.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_FUTEX_H
#define HAGANE_RUNTIME_FUTEX_H

#include <atomic>
#include <linux/futex.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace hagane::runtime {

inline void pauseCpu() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#elif defined(__riscv)
  __asm__ volatile(".4byte 0x0100000f"); // pause: a hint to all processors
#else
  std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
}

inline int64_t monotonicNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t(now.tv_sec) * 1000000000 + now.tv_nsec;
}

// Sleeps while word == expected; may return early.
inline void futexWait(std::atomic<uint32_t> &word, uint32_t expected) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, nullptr);
}

inline void futexWake(std::atomic<uint32_t> &word, int count) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count);
}

// Pauses until done() or for about `ns`; returns done().
template <typename Done> bool spinUntil(int64_t ns, Done done) {
  if (done())
    return true;
  if (ns <= 0)
    return false;
  // Most waits end within the first pauses; the clock is read after that.
  constexpr int kPausesPerRead = 32;
  for (int64_t deadline = 0;;) {
    for (int i = 0; i < kPausesPerRead; ++i) {
      pauseCpu();
      if (done())
        return true;
    }
    int64_t now = monotonicNs();
    if (deadline == 0)
      deadline = now + ns;
    else if (now >= deadline)
      return false;
  }
}

// A mutex of one word: spins for a moment, then sleeps.
class FutexLock {
public:
  void lock(int64_t spinNs) {
    if (spinUntil(spinNs, [&] { return tryLock(); }))
      return;
    while (state.exchange(kContended, std::memory_order_acquire) != kFree)
      futexWait(state, kContended);
  }
  void unlock() {
    if (state.exchange(kFree, std::memory_order_release) == kContended)
      futexWake(state, 1);
  }

private:
  static constexpr uint32_t kFree = 0, kHeld = 1, kContended = 2;
  bool tryLock() {
    uint32_t expected = kFree;
    return state.load(std::memory_order_relaxed) == kFree &&
           state.compare_exchange_strong(expected, kHeld,
                                         std::memory_order_acquire);
  }
  std::atomic<uint32_t> state{kFree};
};

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_FUTEX_H
