/* peak THREADS [bf16|int8]: prints the machine's multiply-add peak in 10^9
   operations a second, of f32, of dot products of bf16 pairs or of quads of
   bytes (those of f32 on processors without). Independent chains of the widest
   vectors hide the latency; the figure is the best of several rounds. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__AVX512BF16__) || defined(__AVX512VNNI__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define BYTES 64
#elif defined(__AVX__)
#define BYTES 32
#else
#define BYTES 16
#endif
typedef float vec __attribute__((vector_size(BYTES)));
enum { CHAINS = 16, STEPS = 4000000 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#define RUN_CHAINS(a, NEXT)                                                    \
  for (int step = 0; step < STEPS; ++step) {                                   \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; ++i) a[i] = \
        NEXT(a[i]);                                                            \
    __asm__ volatile("" : "+v"(a[0]));                                         \
  }                                                                            \
  for (int i = 1; i < CHAINS; ++i)                                             \
    a[0] += a[i];                                                              \
  __asm__ volatile("" : : "v"(a[0]))

static void *work(void *unused) {
  vec a[CHAINS], x = {0}, y = {0};
  for (int i = 0; i < CHAINS; ++i)
    a[i] = x + (float)i;
  x += 0.999f;
  y += 0.001f;
  /* Unknown factors: else the chain that stays at its fixed point is folded. */
  __asm__("" : "+v"(x), "+v"(y));
#define NEXT_SUM(sum) (sum) * x + y
  RUN_CHAINS(a, NEXT_SUM);
  return unused;
}

#ifdef __AVX512BF16__
enum { DOTS = 2 };
static void *workDots(void *unused) {
  __m512 a[CHAINS];
  __m512bh x = (__m512bh)_mm512_set1_epi16(0x3f00), y = x;
  for (int i = 0; i < CHAINS; ++i)
    a[i] = _mm512_set1_ps((float)i);
  __asm__("" : "+v"(x), "+v"(y));
#define NEXT_DOT(sum) _mm512_dpbf16_ps(sum, x, y)
  RUN_CHAINS(a, NEXT_DOT);
  return unused;
}
#else
enum { DOTS = 1 };
#define workDots work
#endif

#ifdef __AVX512VNNI__
enum { QUADS = 4 };
static void *workQuads(void *unused) {
  __m512i a[CHAINS], x = _mm512_set1_epi8(1), y = x;
  for (int i = 0; i < CHAINS; ++i)
    a[i] = _mm512_set1_epi32(i);
  __asm__("" : "+v"(x), "+v"(y));
#define NEXT_QUAD(sum) _mm512_dpbusd_epi32(sum, x, y)
  RUN_CHAINS(a, NEXT_QUAD);
  return unused;
}
#else
enum { QUADS = 1 };
#define workQuads work
#endif

/* What is multiplied, by name; the first unless another is asked for. */
static const struct {
  const char *name;
  void *(*run)(void *);
  int products; /* that a lane sums at once */
} kinds[] = {
    {"f32", work, 1}, {"bf16", workDots, DOTS}, {"int8", workQuads, QUADS}};

static double rate(int threads, void *(*run)(void *), int products) {
  double best = 0;
  for (int round = 0; round < 7; ++round) {
    pthread_t others[64];
    double start = now();
    for (int i = 1; i < threads; ++i)
      pthread_create(&others[i], NULL, run, NULL);
    run(NULL);
    for (int i = 1; i < threads; ++i)
      pthread_join(others[i], NULL);
    double lanes = BYTES / sizeof(float) * products;
    double flops = 2.0 * CHAINS * STEPS * lanes * threads;
    double found = flops / (now() - start) * 1e-9;
    best = found > best ? found : best;
  }
  return best;
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 1;
  if (threads < 1 || threads > 64)
    threads = 1;
  size_t kind = 0;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i)
    if (argc > 2 && strcmp(argv[2], kinds[i].name) == 0)
      kind = i;
  printf("%.1f\n", rate(threads, kinds[kind].run, kinds[kind].products));
  return 0;
}
