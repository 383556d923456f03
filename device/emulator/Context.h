//===- Context.h - Stacks and switches between them -------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef HAGANE_DEVICE_EMULATOR_CONTEXT_H
#define HAGANE_DEVICE_EMULATOR_CONTEXT_H

#include <cstddef>
#include <vector>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace hagane::emulator {

/// A suspended flow of control: the host thread's own, or a fiber's.
class Context {
public:
  /// Makes this a flow that begins with `entry` on the given stack. `entry`
  /// never returns.
  void start(void *stack, size_t bytes, void (*entry)());

  /// Suspends the running flow into `from` and goes on with `to`.
  static void swap(Context &from, Context &to);

private:
#if defined(__x86_64__)
  void *stackPointer = nullptr;
#else
  ucontext_t state;
#endif
};

/// Stacks of a host worker's fibers, used again for each block. One mapping
/// with a guard page below each stack.
class Stacks {
public:
  explicit Stacks(size_t count);
  ~Stacks();
  Stacks(const Stacks &) = delete;
  Stacks &operator=(const Stacks &) = delete;

  void *operator[](size_t index) const;
  bool contains(const void *address) const {
    return size_t(static_cast<const char *>(address) - base) < bytes;
  }
  bool valid() const { return base != nullptr; }

  static constexpr size_t kStackBytes = size_t(256) << 10;

private:
  char *base = nullptr;
  size_t bytes = 0;
};

} // namespace hagane::emulator

#endif // HAGANE_DEVICE_EMULATOR_CONTEXT_H
