/* Prints the rate, in GB/s, at which all threads together read memory that no
   cache holds: 256 MB in equal parts, summed. The figure is the best of several
   rounds. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__AVX512F__)
#define BYTES 64
#elif defined(__AVX__)
#define BYTES 32
#else
#define BYTES 16
#endif
typedef long long vec __attribute__((vector_size(BYTES)));
enum { TOTAL = 256 << 20, CHAINS = 8, MAX_THREADS = 64 };

struct part {
  const vec *begin, *end;
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *work(void *argument) {
  const struct part *part = argument;
  vec sums[CHAINS] = {{0}};
  for (const vec *at = part->begin; at + CHAINS <= part->end; at += CHAINS)
    for (int i = 0; i < CHAINS; ++i)
      sums[i] += at[i];
  for (int i = 0; i < CHAINS; ++i)
    __asm__ volatile("" : : "v"(sums[i]));
  return NULL;
}

static double rate(const vec *data, int threads) {
  struct part parts[MAX_THREADS];
  long share = (long)(TOTAL / BYTES) / threads;
  double best = 0;
  for (int i = 0; i < threads; ++i)
    parts[i] = (struct part){data + i * share, data + (i + 1) * share};
  for (int round = 0; round < 25; ++round) {
    pthread_t others[MAX_THREADS];
    double start = now();
    for (int i = 1; i < threads; ++i)
      pthread_create(&others[i], NULL, work, &parts[i]);
    work(&parts[0]);
    for (int i = 1; i < threads; ++i)
      pthread_join(others[i], NULL);
    double found = 1e-9 * (double)share * BYTES * threads / (now() - start);
    best = found > best ? found : best;
  }
  return best;
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 1;
  void *data = aligned_alloc(BYTES, TOTAL);
  if (!data || threads < 1 || threads > MAX_THREADS)
    return 1;
  memset(data, 1, TOTAL);
  printf("%.1f\n", rate(data, threads));
  free(data);
  return 0;
}
