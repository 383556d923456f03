// Counts processors by the affinity mask and cores by sysfs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Topology.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

using namespace hagane::runtime;

static bool affinity(cpu_set_t *set) {
  CPU_ZERO(set);
  return sched_getaffinity(0, sizeof(*set), set) == 0 && CPU_COUNT(set) > 0;
}

// The lowest processor that shares a core with `processor`, or itself.
static long coreLeader(int processor) {
  char path[96], text[32];
  snprintf(path, sizeof(path),
           "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
           processor);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return processor;
  ssize_t size = read(file, text, sizeof(text) - 1);
  close(file);
  if (size <= 0)
    return processor;
  text[size] = 0;
  long leader = strtol(text, nullptr, 10);
  return leader >= 0 && leader < CPU_SETSIZE ? leader : processor;
}

int32_t hagane::runtime::usableProcessors() {
  cpu_set_t set;
  return affinity(&set) ? CPU_COUNT(&set) : 1;
}

int32_t hagane::runtime::usableCores() {
  cpu_set_t set, leaders;
  if (!affinity(&set))
    return 1;
  CPU_ZERO(&leaders);
  for (int processor = 0; processor < CPU_SETSIZE; ++processor)
    if (CPU_ISSET(processor, &set))
      CPU_SET(coreLeader(processor), &leaders);
  return CPU_COUNT(&leaders);
}
