/* Prints the machine's multiply-add peak of one thread and of all, in GFLOP/s
   (f32). Twelve independent chains of the widest vectors hide the latency; the
   figure is the best of several rounds. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__AVX512F__)
#define BYTES 64
#elif defined(__AVX__)
#define BYTES 32
#else
#define BYTES 16
#endif
typedef float vec __attribute__((vector_size(BYTES)));
enum { CHAINS = 12, STEPS = 4000000 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *work(void *unused) {
  vec a[CHAINS], x = {0}, y = {0};
  for (int i = 0; i < CHAINS; ++i)
    a[i] = x + (float)i;
  x += 0.999f;
  y += 0.001f;
  /* Unknown factors: else the chain that stays at its fixed point is folded. */
  __asm__("" : "+v"(x), "+v"(y));
  for (int step = 0; step < STEPS; ++step) {
#pragma clang loop unroll(full)
    for (int i = 0; i < CHAINS; ++i)
      a[i] = a[i] * x + y;
    __asm__ volatile("" : "+v"(a[0]));
  }
  for (int i = 1; i < CHAINS; ++i)
    a[0] += a[i];
  __asm__ volatile("" : : "v"(a[0]));
  return unused;
}

static double rate(int threads) {
  double best = 0;
  for (int round = 0; round < 7; ++round) {
    pthread_t others[64];
    double start = now();
    for (int i = 1; i < threads; ++i)
      pthread_create(&others[i], NULL, work, NULL);
    work(NULL);
    for (int i = 1; i < threads; ++i)
      pthread_join(others[i], NULL);
    double flops = 2.0 * CHAINS * STEPS * (BYTES / sizeof(float)) * threads;
    double found = flops / (now() - start) * 1e-9;
    best = found > best ? found : best;
  }
  return best;
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 1;
  printf("%.1f\n", rate(threads < 1 || threads > 64 ? 1 : threads));
  return 0;
}
