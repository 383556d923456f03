/* Compiled code for the runtime's tests, as the compiler would emit it:
 * freestanding, position-independent, calling nothing but the host API.
 *
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "hagane/abi.h"

/* The blob begins with its entry points: plan and run of each program. */
__asm__(".section .entries,\"a\"\n"
        ".globl entries\n"
        ".hidden entries\n"
        "entries:\n"
        ".quad plan_add - entries\n"
        ".quad run_add - entries\n"
        ".quad plan_count - entries\n"
        ".quad run_count - entries\n"
        ".quad plan_keep - entries\n"
        ".quad run_keep - entries\n"
        ".quad plan_recall - entries\n"
        ".quad run_recall - entries\n"
        ".previous\n");

/* Program 0: c[n, 4] = a[n, 4] + b[n, 4] + w[4], by way of the arena and of the
 * run's heap. Some n fail, each in its own way. plan: [2] n, [3] flops. */
int32_t plan_add(const int64_t *symbols, int64_t *plan) {
  int64_t n = symbols[0];
  if (n == 13)
    return 1;
  plan[0] = n == 29 ? -1 : n == 31 ? INT64_MAX : n * 16;
  plan[1] = 64;
  plan[2] = n == 37 ? -2 : n;
  plan[3] = n * 8;
  return 0;
}

static void sum_rows(const int64_t *args, int64_t begin, int64_t end,
                     void *scratch) {
  const float *a = (const float *)args[0], *b = (const float *)args[1];
  float *out = (float *)args[2], *row = (float *)scratch;
  for (int64_t i = begin; i < end; ++i) {
    for (int j = 0; j < 4; ++j)
      row[j] = a[i * 4 + j] + b[i * 4 + j];
    for (int j = 0; j < 4; ++j)
      out[i * 4 + j] = row[j];
  }
}

static void add_weight(const int64_t *args, int64_t begin, int64_t end,
                       void *scratch) {
  const float *a = (const float *)args[0], *w = (const float *)args[1];
  float *out = (float *)args[2];
  (void)scratch;
  for (int64_t i = begin; i < end; ++i)
    for (int j = 0; j < 4; ++j)
      out[i * 4 + j] = a[i * 4 + j] + w[j];
}

int32_t run_add(hgn_exec *exec) {
  int64_t n = exec->plan[2];
  if (n == 17) {
    exec->api->fail(exec, 1, n, 7);
    exec->api->fail(exec, 0, 0, 0);
    return 1;
  }
  if (n == 19)
    return 5;
  float *heap = exec->api->allocate(exec, n == 23 ? -1 : n * 16);
  if (!heap)
    return 1;
  int64_t sum[] = {(int64_t)exec->inputs[0], (int64_t)exec->inputs[1],
                   (int64_t)exec->arena};
  exec->api->parallel(exec, 0, sum_rows, sum, n);
  int64_t weight[] = {(int64_t)exec->arena, (int64_t)exec->weights,
                      (int64_t)heap};
  exec->api->parallel(exec, 1, add_weight, weight, n);
  float *out = (float *)exec->outputs[0];
  for (int64_t i = 0; i < n * 4; ++i)
    out[i] = heap[i];
  return 0;
}

/* Program 1: adds step (a scalar) to each of the state's cap counters and
 * copies them out. */
int32_t plan_count(const int64_t *symbols, int64_t *plan) {
  plan[0] = plan[1] = 0;
  plan[2] = symbols[0];
  plan[3] = 0;
  return 0;
}

int32_t run_count(hgn_exec *exec) {
  int64_t *state = (int64_t *)exec->states[0],
          *out = (int64_t *)exec->outputs[0];
  for (int64_t i = 0; i < exec->plan[2]; ++i)
    out[i] = state[i] += *(const int64_t *)exec->inputs[0];
  return 0;
}

/* Program 2: the positive ones of n values. An impossible size for 13 of
 * them; memory refused before that for 17. plan: [2] how many are kept. */
int32_t plan_keep(const int64_t *symbols, int64_t *plan) {
  plan[0] = plan[1] = 0;
  plan[2] = HGN_PLAN_UNKNOWN;
  plan[3] = symbols[0];
  return 0;
}

int32_t run_keep(hgn_exec *exec) {
  const int64_t *in = (const int64_t *)exec->inputs[0];
  int64_t n = exec->plan[3], kept = 0;
  for (int64_t i = 0; i < n; ++i)
    kept += in[i] > 0;
  if (exec->outputs[0] || (n == 17 && !exec->api->allocate(exec, -1)))
    return 1;
  exec->plan[2] = n == 13 ? -kept : kept;
  int64_t *out = (int64_t *)exec->api->output(exec, 0, exec->plan + 2);
  if (!out)
    return 1;
  for (int64_t i = 0; i < n; ++i)
    if (in[i] > 0)
      *out++ = in[i];
  return 0;
}

/* Program 3: keeps tokens[b, s] in pages of 4, twice: as they are and negated;
 * digests[b, s] tell of all tokens up to there, as they lie in the pages, and
 * logits[b, s, 12] of the digest.
 * Positions and mask must agree with the lengths. A token of 1013 fails, after
 * all are written. symbols: batch, step, pages, table, past. plan: [2..5] all
 * but pages, [6] past + step. */
int32_t plan_recall(const int64_t *symbols, int64_t *plan) {
  plan[0] = plan[1] = 0;
  plan[2] = symbols[0];
  plan[3] = symbols[1];
  plan[4] = symbols[3];
  plan[5] = symbols[4];
  plan[6] = symbols[4] + symbols[1];
  return 0;
}

static int check_recall(const hgn_exec *exec) {
  const int64_t *lengths = (const int64_t *)exec->inputs[2];
  const int64_t *positions = (const int64_t *)exec->inputs[3];
  const float *mask = (const float *)exec->inputs[4];
  for (int64_t b = 0; b < exec->plan[2]; ++b) {
    for (int64_t s = 0; s < exec->plan[3]; ++s)
      if (*positions++ != lengths[b] + s)
        return 0;
    for (int64_t i = 0; i < exec->plan[6]; ++i)
      if (*mask++ != (float)(i < lengths[b] + exec->plan[3]))
        return 0;
  }
  return 1;
}

int32_t run_recall(hgn_exec *exec) {
  const int64_t *tokens = (const int64_t *)exec->inputs[0];
  const int64_t *lengths = (const int64_t *)exec->inputs[2];
  int64_t *plain = (int64_t *)exec->states[0];
  int32_t *negated = (int32_t *)exec->states[1];
  int64_t *digests = (int64_t *)exec->outputs[0], step = exec->plan[3];
  float *logits = (float *)exec->outputs[1];
  if (!check_recall(exec)) {
    exec->api->fail(exec, 1, 0, 0);
    return 1;
  }
  int unlucky = 0;
  for (int64_t b = 0; b < exec->plan[2]; ++b) {
    const int32_t *pages = (const int32_t *)exec->inputs[1] + b * exec->plan[4];
    for (int64_t s = 0; s < step; ++s) {
      int64_t position = lengths[b] + s, token = tokens[b * step + s];
      int64_t at = pages[position / 4] * 4 + position % 4;
      plain[at] = token;
      negated[at] = (int32_t)-token;
      unlucky |= token == 1013;
    }
  }
  /* All writes come before the first read: a page that two sequences write to
   * shows. */
  for (int64_t b = 0; b < exec->plan[2]; ++b) {
    const int32_t *pages = (const int32_t *)exec->inputs[1] + b * exec->plan[4];
    int64_t digest = 0;
    for (int64_t i = 0; i < lengths[b] + step; ++i) {
      int64_t at = pages[i / 4] * 4 + i % 4;
      digest = (digest * 31 + plain[at] * 7 - negated[at] + i) % 1000003;
      if (i < lengths[b])
        continue;
      int64_t row = b * step + i - lengths[b];
      digests[row] = digest;
      for (int64_t v = 0; v < 12; ++v)
        logits[row * 12 + v] = (float)(digest * (v + 3) % 97);
    }
  }
  if (unlucky)
    exec->api->fail(exec, 0, 1013, 0);
  return unlucky;
}
