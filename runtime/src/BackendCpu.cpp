// The CPU: launches on the pool's threads, memory as it is.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Session.h"

#include <string.h>

using namespace hagane::runtime;

//===--- Launches ---------------------------------------------------------===//

namespace {

struct Launch {
  hgn_task_fn fn;
  const int64_t *args;
  int64_t items;
  int32_t parts;
  uint8_t *scratch;
  int64_t scratchStride;
  hgn_profile_part *times;
};

} // namespace

// Part p computes the p-th of equal contiguous ranges of the items.
static void runPart(void *context, int32_t part) {
  const Launch &launch = *static_cast<const Launch *>(context);
  int64_t share = launch.items / launch.parts;
  int64_t rest = launch.items % launch.parts;
  int64_t begin = share * part + (part < rest ? part : rest);
  int64_t end = begin + share + (part < rest);
  launch.fn(launch.args, begin, end,
            launch.scratch + launch.scratchStride * part);
}

static void runTimedPart(void *context, int32_t part) {
  hgn_profile_part &time = static_cast<const Launch *>(context)->times[part];
  time.start_ns = monotonicNs();
  runPart(context, part);
  time.ns = monotonicNs() - time.start_ns;
}

static int32_t partsOf(const hgn_session &session, int64_t items) {
  return items < session.threads ? int32_t(items) : session.threads;
}

static bool reserveScratch(hgn_session &session) {
  // Two cache lines, so that threads do not share the prefetcher's pairs.
  constexpr int64_t kStride = 128;
  int64_t stride = 0, total = 0;
  if (__builtin_add_overflow(session.plan[HGN_PLAN_SCRATCH_BYTES], kStride - 1,
                             &stride) ||
      __builtin_mul_overflow(stride / kStride * kStride,
                             int64_t(session.threads), &total) ||
      !session.scratch.reserve(uint64_t(total)))
    return false;
  session.scratchStride = stride / kStride * kStride;
  return true;
}

static void launchKernel(hgn_session &session, hgn_task_fn fn,
                         const int64_t *args, int64_t items) {
  int32_t parts = partsOf(session, items);
  Launch launch = {fn,
                   args,
                   items,
                   parts,
                   session.scratch.data(),
                   session.scratchStride,
                   session.partTimes.data()};
  hgn_part_fn run = session.profile ? runTimedPart : runPart;
  if (parts == 1)
    run(&launch, 0);
  else if (session.hostRun)
    session.hostRun(session.hostUser, run, &launch, parts);
  else
    session.pool->run(run, &launch, parts);
}

static void parallel(hgn_exec *exec, uint32_t kernel, hgn_task_fn fn,
                     const int64_t *args, int64_t items) {
  hgn_session &session = sessionOf(exec);
  if (items <= 0)
    return;
  // A size that the run has found out may need more than it began with.
  if (session.plan[HGN_PLAN_SCRATCH_BYTES] > session.scratchStride &&
      !reserveScratch(session)) {
    session.heapExhausted = true;
    return;
  }
  if (!session.profile)
    return launchKernel(session, fn, args, items);
  int64_t start = monotonicNs();
  launchKernel(session, fn, args, items);
  session.reportLaunch({kernel, "", items, start, monotonicNs() - start, -1, -1,
                        partsOf(session, items), session.partTimes.data()});
}

static void *allocate(hgn_exec *exec, int64_t bytes) {
  hgn_session &session = sessionOf(exec);
  void *memory = bytes < 0 ? nullptr : session.heap.allocate(uint64_t(bytes));
  session.heapExhausted |= memory == nullptr;
  return memory;
}

//===--- Memory -----------------------------------------------------------===//

static int32_t read(hgn_exec *, const void *memory, void *host, int64_t bytes) {
  memcpy(host, memory, size_t(bytes));
  return 0;
}

static int32_t write(hgn_exec *, void *memory, const void *host,
                     int64_t bytes) {
  memcpy(memory, host, size_t(bytes));
  return 0;
}

static const hgn_host_api kHostApi = {
    HGN_ABI_VERSION, 0,          parallel, allocate,
    noteFailure,     makeOutput, read,     write};

static hgn_status start(hgn_session &) { return nullptr; }
static void stop(hgn_session &) {}
static hgn_status begin(hgn_session &, const hgn_tensor *) { return nullptr; }

static hgn_status bindInput(hgn_session &session, uint32_t index, void *data,
                            uint64_t) {
  session.inputData[index] = data;
  return nullptr;
}

static hgn_status bindOutput(hgn_session &session, uint32_t index, void *data,
                             uint64_t) {
  session.outputData[index] = data;
  return nullptr;
}

static hgn_status copy(hgn_session &, void *to, const void *from,
                       uint64_t bytes) {
  memcpy(to, from, bytes);
  return nullptr;
}

static int32_t run(hgn_session &session) {
  return session.module->runEntry()(&session.exec);
}

const Backend hagane::runtime::kCpuBackend = {
    &kHostApi,  start,          stop, begin, bindInput,
    bindOutput, reserveScratch, copy, run};
