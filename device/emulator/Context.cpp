//===- Context.cpp - Stacks and switches between them ---------------------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "device/emulator/Context.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstring>

using namespace hagane::emulator;

static constexpr size_t kGuardBytes = 4096;
static constexpr size_t kStride = Stacks::kStackBytes + kGuardBytes;

#if defined(__x86_64__)
// Only the registers that a call preserves: a switch is a call. ucontext would
// also save the signal mask, by a system call each time.
asm(R"(
.text
.local hagane_emulator_swap
.type hagane_emulator_swap, @function
hagane_emulator_swap:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  retq
.size hagane_emulator_swap, . - hagane_emulator_swap
)");
extern "C" void hagane_emulator_swap(void **save, void *load);

void Context::start(void *stack, size_t bytes, void (*entry)()) {
  // Six registers, then the address to return to; entry finds its stack
  // aligned as after a call.
  constexpr int kSaved = 6;
  uintptr_t top = (reinterpret_cast<uintptr_t>(stack) + bytes) & ~uintptr_t(15);
  auto *words = reinterpret_cast<uintptr_t *>(top) - 2 - kSaved;
  memset(words, 0, kSaved * sizeof(uintptr_t));
  words[kSaved] = reinterpret_cast<uintptr_t>(entry);
  words[kSaved + 1] = 0;
  stackPointer = words;
}

void Context::swap(Context &from, Context &to) {
  hagane_emulator_swap(&from.stackPointer, to.stackPointer);
}
#else
void Context::start(void *stack, size_t bytes, void (*entry)()) {
  getcontext(&state);
  state.uc_stack.ss_sp = stack;
  state.uc_stack.ss_size = bytes;
  state.uc_link = nullptr;
  makecontext(&state, entry, 0);
}

void Context::swap(Context &from, Context &to) {
  swapcontext(&from.state, &to.state);
}
#endif

Stacks::Stacks(size_t count) : bytes(count * kStride) {
  void *mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED)
    return;
  base = static_cast<char *>(mapped);
  for (size_t i = 0; i < count; ++i)
    mprotect(base + i * kStride, kGuardBytes, PROT_NONE);
}

Stacks::~Stacks() {
  if (base)
    munmap(base, bytes);
}

void *Stacks::operator[](size_t index) const {
  return base + index * kStride + kGuardBytes;
}
