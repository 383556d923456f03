// The fork-join pool.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_POOL_H
#define HAGANE_RUNTIME_POOL_H

#include "Futex.h"
#include "Memory.h"
#include "hagane/runtime.h"

#include <pthread.h>

// One job at a time: the calling thread computes part 0, worker i part i (or a
// contiguous share of the parts if there are more than threads).
//
// `ticket` announces jobs: a count in the low 48 bits, the number of threads
// in the high 16. A worker whose index is below that number takes part,
// and the caller waits for it, so that the job's fields stay valid; the others
// never look at them.
struct hgn_pool {
  struct alignas(128) Worker {
    std::atomic<uint32_t> asleep{0};
    hgn_pool *pool = nullptr;
    int32_t index = 0;
    pthread_t thread = {};
  };

  ~hgn_pool();
  hgn_status start(int32_t threads);
  void run(hgn_part_fn fn, void *context, int32_t parts);
  void retain() { references.fetch_add(1, std::memory_order_relaxed); }
  // True when the last reference is gone.
  bool drop() {
    return references.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }
  int32_t threads() const { return workerCount + 1; }
  // In a forked child: the workers stayed behind in the parent.
  bool lostWorkers() const;

private:
  alignas(128) std::atomic<uint64_t> ticket{0};
  hgn_part_fn jobFn = nullptr;
  void *jobContext = nullptr;
  int32_t jobParts = 0;
  int32_t jobThreads = 0;
  alignas(128) std::atomic<uint32_t> pending{0};
  std::atomic<uint32_t> callerAsleep{0};
  alignas(128) hagane::runtime::FutexLock turn;
  std::atomic<int32_t> references{1};
  Worker *workers = nullptr;
  int32_t workerCount = 0;
  int32_t startedCount = 0;
  uint32_t forkGeneration = 0;
  int64_t spinNs = 0;

  static void *workerMain(void *worker);
  void work(Worker &self);
  void runShare(int32_t index);
  uint64_t awaitTicket(Worker &self, uint64_t seen);
  void finishPart();
  void announce(int32_t threads);
  void awaitParts();
};

namespace hagane::runtime {

// The process's shared pool, with a reference for the caller; it is made when
// first needed and goes away with its last user.
hgn_status acquireDefaultPool(hgn_pool **out);
// Drops a reference of any pool; accepts NULL.
void releasePool(hgn_pool *pool);

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_POOL_H
