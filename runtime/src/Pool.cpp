// The fork-join pool: spinning workers, static parts, futex sleep.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Pool.h"

#include "Status.h"
#include "Topology.h"

#include <signal.h>
#include <string.h>

using namespace hagane::runtime;

static constexpr int32_t kMaxThreads = 1024;
// Long enough to bridge the host code between two kernels, short enough not to
// burn power between requests.
static constexpr int64_t kSpinNs = 75000;
static constexpr size_t kStackBytes = size_t(1) << 20;
static constexpr int kThreadsShift = 48;
static constexpr uint64_t kCountMask = (uint64_t(1) << kThreadsShift) - 1;
// As a number of threads: workers leave.
static constexpr int32_t kLeave = 0xffff;

// The pool whose part this thread computes: its nested use runs inline.
static thread_local const hgn_pool *poolOfThisPart = nullptr;

// Counts forks on the child's side: a child has none of its parent's workers.
static std::atomic<uint32_t> forkCount{0};

static FutexLock defaultLock;
static hgn_pool *defaultPool = nullptr;

static void enterForkedChild() {
  forkCount.fetch_add(1, std::memory_order_relaxed);
  // Its holder, if any, is not in the child.
  new (HgnPlacement{}, &defaultLock) FutexLock();
}

static void watchForks() {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once,
               [] { pthread_atfork(nullptr, nullptr, enterForkedChild); });
}

hgn_status hgn_pool::start(int32_t threads) {
  watchForks();
  forkGeneration = forkCount.load(std::memory_order_relaxed);
  // Spinning on a shared processor would keep others from finishing.
  spinNs = threads <= usableProcessors() ? kSpinNs : 0;
  workerCount = threads - 1;
  if (workerCount == 0)
    return nullptr;
  void *memory = aligned_alloc(alignof(Worker), sizeof(Worker) * workerCount);
  if (!memory)
    return outOfMemory("a thread pool", sizeof(Worker) * workerCount);
  workers = static_cast<Worker *>(memory);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  // Signals are the host's business.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = 0;
  for (; startedCount < workerCount && !error; startedCount += !error) {
    Worker *worker = new (HgnPlacement{}, &workers[startedCount]) Worker();
    worker->pool = this;
    worker->index = startedCount + 1;
    error = pthread_create(&worker->thread, &attributes, workerMain, worker);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (!error)
    return nullptr;
  workerCount = startedCount;
  return makeStatus(HGN_OUT_OF_MEMORY, "cannot start thread %d of %d: %s",
                    startedCount + 2, threads, strerror(error));
}

hgn_pool::~hgn_pool() {
  if (startedCount > 0 && !lostWorkers()) {
    announce(kLeave);
    for (int32_t i = 0; i < startedCount; ++i)
      pthread_join(workers[i].thread, nullptr);
  }
  free(workers);
}

// Publishes the job and wakes those of its workers that sleep.
void hgn_pool::announce(int32_t threads) {
  uint64_t count = ticket.load(std::memory_order_relaxed) + 1;
  ticket.store((count & kCountMask) | uint64_t(threads) << kThreadsShift,
               std::memory_order_seq_cst);
  for (int32_t i = 0; i < workerCount && i + 1 < threads; ++i)
    if (workers[i].asleep.load(std::memory_order_seq_cst) &&
        workers[i].asleep.exchange(0, std::memory_order_seq_cst))
      futexWake(workers[i].asleep, 1);
}

// Returns the next ticket that concerns this worker.
uint64_t hgn_pool::awaitTicket(Worker &self, uint64_t seen) {
  uint64_t now = seen;
  auto called = [&] {
    now = ticket.load(std::memory_order_seq_cst);
    return now != seen && int32_t(now >> kThreadsShift) > self.index;
  };
  while (!spinUntil(spinNs, called)) {
    // The order store-load here against store-load in announce makes sure that
    // either the caller sees the sleeper or the sleeper sees the ticket.
    self.asleep.store(1, std::memory_order_seq_cst);
    if (!called())
      futexWait(self.asleep, 1);
    self.asleep.store(0, std::memory_order_seq_cst);
  }
  return now;
}

void hgn_pool::finishPart() {
  if (pending.fetch_sub(1, std::memory_order_seq_cst) == 1 &&
      callerAsleep.load(std::memory_order_seq_cst))
    futexWake(pending, 1);
}

void hgn_pool::work(Worker &self) {
  for (uint64_t seen = 0;;) {
    seen = awaitTicket(self, seen);
    if (int32_t(seen >> kThreadsShift) == kLeave)
      return;
    runShare(self.index);
    finishPart();
  }
}

void *hgn_pool::workerMain(void *worker) {
  auto *self = static_cast<Worker *>(worker);
  self->pool->work(*self);
  return nullptr;
}

void hgn_pool::awaitParts() {
  auto done = [&] { return pending.load(std::memory_order_seq_cst) == 0; };
  if (spinUntil(spinNs, done))
    return;
  callerAsleep.store(1, std::memory_order_seq_cst);
  while (uint32_t left = pending.load(std::memory_order_seq_cst))
    futexWait(pending, left);
  callerAsleep.store(0, std::memory_order_relaxed);
}

void hgn_pool::runShare(int32_t index) {
  const hgn_pool *outer = poolOfThisPart;
  poolOfThisPart = this;
  int64_t begin = int64_t(jobParts) * index / jobThreads;
  int64_t end = int64_t(jobParts) * (index + 1) / jobThreads;
  for (int64_t part = begin; part < end; ++part)
    jobFn(jobContext, int32_t(part));
  poolOfThisPart = outer;
}

void hgn_pool::run(hgn_part_fn fn, void *context, int32_t parts) {
  if (parts <= 1 || workerCount == 0 || poolOfThisPart == this ||
      lostWorkers()) {
    for (int32_t part = 0; part < parts; ++part)
      fn(context, part);
    return;
  }
  turn.lock(spinNs);
  jobFn = fn;
  jobContext = context;
  jobParts = parts;
  jobThreads = parts < threads() ? parts : threads();
  pending.store(uint32_t(jobThreads - 1), std::memory_order_relaxed);
  announce(jobThreads);
  runShare(0);
  awaitParts();
  turn.unlock();
}

bool hgn_pool::lostWorkers() const {
  return forkGeneration != forkCount.load(std::memory_order_relaxed);
}

hgn_status hgn_pool_create(int32_t threads, hgn_pool **out) {
  if (!out)
    return makeStatus(HGN_INVALID_ARGUMENT, "out is NULL");
  if (threads < 0 || threads > kMaxThreads)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "a pool has 0 (automatic) to %d threads, found %d",
                      kMaxThreads, threads);
  if (threads == 0)
    threads = usableCores() < kMaxThreads ? usableCores() : kMaxThreads;
  hgn_pool *pool = create<hgn_pool>();
  if (!pool)
    return outOfMemory("a thread pool", sizeof(hgn_pool));
  if (hgn_status status = pool->start(threads)) {
    destroy(pool);
    return status;
  }
  *out = pool;
  return nullptr;
}

hgn_status hagane::runtime::acquireDefaultPool(hgn_pool **out) {
  watchForks();
  defaultLock.lock(0);
  hgn_status status = nullptr;
  if (defaultPool && !defaultPool->lostWorkers())
    defaultPool->retain();
  else
    status = hgn_pool_create(0, &defaultPool);
  *out = defaultPool;
  defaultLock.unlock();
  return status;
}

void hagane::runtime::releasePool(hgn_pool *pool) {
  if (!pool)
    return;
  // The lock keeps the default pool from being acquired while it goes away.
  defaultLock.lock(0);
  bool last = pool->drop();
  if (last && pool == defaultPool)
    defaultPool = nullptr;
  defaultLock.unlock();
  if (last)
    destroy(pool);
}

void hgn_pool_release(hgn_pool *pool) { releasePool(pool); }

int32_t hgn_pool_threads(const hgn_pool *pool) {
  return pool ? pool->threads() : 0;
}

void hgn_pool_run(hgn_pool *pool, hgn_part_fn fn, void *context,
                  int32_t parts) {
  if (pool && fn)
    pool->run(fn, context, parts);
}
