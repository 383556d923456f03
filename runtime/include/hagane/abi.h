/* Hagane: the interface between compiled modules and the runtime.
 *
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Compiled code calls nothing but the functions of hgn_host_api and exports two
 * entry points, whose offsets the module file records:
 *
 *   int32_t hgn_plan(const int64_t *symbols, int64_t *plan);
 *   int32_t hgn_run(hgn_exec *exec);
 *
 * hgn_plan fills plan[0 .. plan_slots) for one assignment of the symbols. It is
 * pure: it touches no other memory, so any thread may call it at any time.
 * Returns 0, or 1 + the index of the check that failed; the first two slots
 * then hold the values found and expected that the check's message may show.
 * Slots that only the run can tell become HGN_PLAN_UNKNOWN; hgn_run writes them
 * once it knows.
 *
 * hgn_run computes the outputs. It is called by one thread per hgn_exec; the
 * work spreads to other threads only through hgn_host_api.parallel. Returns 0,
 * or non-zero after it reported the reason through hgn_host_api.fail (or after
 * allocate returned NULL).
 *
 * Code for a device is the same host code, but its launches have no function:
 * the runtime launches the kernel's image with as many blocks as items, and one
 * workspace of plan[1] bytes stands for the scratch of all of them. All memory
 * it gives is the device's; hgn_run touches it only through hgn_host_api.read
 * and write.
 *
 * The layouts below are frozen for one HGN_ABI_VERSION; later versions only add
 * fields at the end.
 */
#ifndef HAGANE_ABI_H
#define HAGANE_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HGN_ABI_VERSION 3
/* The oldest version whose modules run: code compiled for it knows the first
 * fields of the structs below. */
#define HGN_ABI_OLDEST_VERSION 2

/* Slots of the plan whose meaning the ABI fixes. */
#define HGN_PLAN_ARENA_BYTES 0
#define HGN_PLAN_SCRATCH_BYTES 1
#define HGN_PLAN_FIXED_SLOTS 2
/* The same slots after a failed check. */
#define HGN_PLAN_GOT 0
#define HGN_PLAN_WANT 1
/* The value of a slot that hgn_run computes, until it does. */
#define HGN_PLAN_UNKNOWN INT64_MIN

/* Alignment of the arena, of scratch and of allocate's results, in bytes. */
#define HGN_ALIGNMENT 64

typedef struct hgn_exec hgn_exec;

/* A kernel body: computes work items [begin, end).
 * args: the 64-bit words the host code stored for this launch (pointers, sizes,
 *   strides); owned by the host code, read-only, shared by all threads.
 * scratch: private to this call, 64-byte aligned, plan[1] bytes, contents
 *   undefined on entry; not to be touched if plan[1] is 0.
 * Called concurrently by several threads on disjoint ranges. Cannot fail: a
 * kernel that finds bad data (an index out of range) stays within its operands
 * and notes the check in memory of the host code, which calls
 * hgn_host_api.fail before hgn_run returns. */
typedef void (*hgn_task_fn)(const int64_t *args, int64_t begin, int64_t end,
                            void *scratch);

typedef struct hgn_host_api {
  uint32_t version; /* HGN_ABI_VERSION */
  uint32_t reserved;

  /* Runs fn over [0, items) in fixed contiguous partitions over the pool and
   * returns when all are done; writes of the items are visible to the caller.
   * kernel: index in the module's kernel table: for profiling, and what to
   *   launch where fn is NULL (device code: the call may return before the
   *   launch is done; launches run in order).
   * args must stay valid until the return. items <= 0: does nothing.
   * Called only from the thread that runs hgn_run, never from within a task.
   * Cannot fail. */
  void (*parallel)(hgn_exec *exec, uint32_t kernel, hgn_task_fn fn,
                   const int64_t *args, int64_t items);

  /* Memory for data-dependent sizes: 64-byte aligned, uninitialised, owned by
   * the runtime and valid until the end of the run.
   * Called only from the thread that runs hgn_run.
   * Returns NULL on failure or for bytes < 0; hgn_run must then return
   * non-zero. */
  void *(*allocate)(hgn_exec *exec, int64_t bytes);

  /* Records a failed check: its index in the module's check table and the two
   * values its message may show. The first report of a run is kept.
   * Called only from the thread that runs hgn_run. Cannot fail. */
  void (*fail)(hgn_exec *exec, uint32_t check, int64_t got, int64_t want);

  /* Memory for an output with a dim that hgn_plan does not know; exec->outputs
   * holds NULL for it. dims: its extents, as many as it has axes.
   * Called once for each such output, only from the thread that runs hgn_run.
   * Returns NULL on failure (no memory, or the caller's is too small); hgn_run
   * must then return non-zero. */
  void *(*output)(hgn_exec *exec, uint32_t index, const int64_t *dims);

  /* Since version 3. Copies bytes of any memory of the run to the host's once
   * all launches before are done.
   * Called only from the thread that runs hgn_run.
   * Returns 0, or non-zero on failure; hgn_run must then return non-zero. */
  int32_t (*read)(hgn_exec *exec, const void *memory, void *host,
                  int64_t bytes);
  /* The other way round, in order with the launches; host may change after the
   * return. */
  int32_t (*write)(hgn_exec *exec, void *memory, const void *host,
                   int64_t bytes);
} hgn_host_api;

/* Everything one run may touch. Owned by the runtime, read-only to compiled
 * code (the memory behind plan, outputs, arena and states is writable). */
struct hgn_exec {
  const hgn_host_api *api;
  const int64_t *symbols; /* values of the module's symbolic dims */
  /* Written by hgn_plan for these symbols: [0] arena bytes, [1] scratch bytes
   * per thread, then what the compiler put there: buffer offsets, output dims,
   * per-kernel flops and bytes. hgn_run writes those that it computes, and
   * raises [1] where a computed size needs more scratch. */
  int64_t *plan;
  void *const *inputs; /* dense row-major data, in signature order */
  void *const *outputs;
  const uint8_t *weights; /* base of the weight segment */
  uint8_t *arena;         /* 64-byte aligned, plan[0] bytes */
  void *const *states;
  /* Since version 3; device code only, else NULL. Three numbers in the device's
   * memory, zero when the run begins: 1 + the index of the first check that a
   * kernel found to fail, or 0, and the values found and expected. The runtime
   * looks at it after the run, also where hgn_run returned non-zero. */
  int64_t *report;
};

#ifdef __cplusplus
}
#endif

#endif /* HAGANE_ABI_H */
