//===- Place.cpp - Places in kernels, for messages ------------------------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "device/emulator/Place.h"

#include <dlfcn.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

extern char **environ;

/// What `llvm-symbolizer` prints for an address; empty if it cannot be run.
static std::string symbolize(const std::string &object, uintptr_t offset) {
  int ends[2];
  if (pipe(ends) != 0)
    return {};
  char address[32];
  snprintf(address, sizeof(address), "0x%zx", size_t(offset));
  const char *tool = getenv("HAGANE_EMULATOR_SYMBOLIZER");
  std::string name = tool ? tool : "llvm-symbolizer";
  std::string from = "--obj=" + object;
  char *arguments[] = {name.data(), from.data(), address, nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", 1, 0);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  pid_t child = -1;
  bool spawned = posix_spawnp(&child, name.c_str(), &actions, nullptr,
                              arguments, environ) == 0;
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string text;
  char buffer[512];
  for (ssize_t count;
       spawned && (count = read(ends[0], buffer, sizeof(buffer))) > 0;)
    text.append(buffer, size_t(count));
  close(ends[0]);
  if (spawned)
    waitpid(child, nullptr, 0);
  return text;
}

/// The kernel's own line: the last of the frames, which name functions and
/// FILE:LINE:COLUMN in turn, the innermost first.
static std::string outermostLine(const std::string &frames) {
  size_t end = frames.find_last_not_of('\n');
  if (end == std::string::npos)
    return {};
  size_t begin = frames.rfind('\n', end);
  // The line before the last names the kernel's entry, the one before that
  // belongs to the function that it calls: the entry's thunk inlines the
  // kernel.
  size_t first = begin == std::string::npos ? 0 : begin + 1;
  std::string line = frames.substr(first, end - first + 1);
  return line.rfind("??", 0) == 0 ? std::string() : line;
}

std::string hagane::emulator::describePlace(const void *place) {
  Dl_info info;
  if (!place || !dladdr(place, &info))
    return {};
  auto address = reinterpret_cast<uintptr_t>(place) - 1;
  uintptr_t offset = address - reinterpret_cast<uintptr_t>(info.dli_fbase);
  // A module loaded from memory is named by this process's descriptor.
  std::string object = info.dli_fname ? info.dli_fname : "";
  const std::string self = "/proc/self/";
  if (object.rfind(self, 0) == 0)
    object =
        "/proc/" + std::to_string(getpid()) + "/" + object.substr(self.size());
  std::string line = outermostLine(symbolize(object, offset));
  if (!line.empty())
    return " at " + line;
  std::string symbol = info.dli_sname ? info.dli_sname : object;
  char digits[32];
  snprintf(digits, sizeof(digits), "+0x%zx", size_t(offset));
  return " at " + symbol + digits;
}
