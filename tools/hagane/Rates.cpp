// What this machine can do at best, measured.
#include "Rates.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <thread>
#include <vector>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace hagane::tool {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 5;
constexpr long kSteps = 1000000;
// Independent sums: more than the latency of a multiply-add times its rate.
constexpr int kChains = 16;
// No cache holds this much.
constexpr size_t kBytes = size_t(256) << 20;

/// The best of several rounds, in which all threads do `work` at once.
double bestSeconds(int threads, const std::function<void(int)> &work) {
  double best = 1e30;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::thread> others;
    auto start = Clock::now();
    for (int i = 1; i < threads; ++i)
      others.emplace_back(work, i);
    work(0);
    for (std::thread &other : others)
      other.join();
    best = std::min(
        best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

/// Not known to the compiler, which could fold the chains otherwise.
volatile float factor = 0.999f, summand = 0.001f, sink;

/// Chains of multiply-adds on vectors of `Bytes`.
template <int Bytes> [[gnu::always_inline]] inline void multiplyAdd() {
#pragma clang fp contract(fast)
  typedef float Vector [[gnu::vector_size(Bytes)]];
  Vector sums[kChains], x = {}, y = {};
  x += float(factor);
  y += float(summand);
  for (int i = 0; i < kChains; ++i)
    sums[i] = y + float(i);
  for (long step = 0; step < kSteps; ++step)
#pragma clang loop unroll(full)
    for (int i = 0; i < kChains; ++i)
      sums[i] = sums[i] * x + y;
  for (int i = 1; i < kChains; ++i)
    sums[0] += sums[i];
  for (size_t lane = 0; lane < Bytes / sizeof(float); ++lane)
    sink = sums[0][lane];
}

/// A way to multiply and add: `products` of each step of a chain.
struct Peak {
  bool (*isThere)();
  void (*run)();
  int products;
};

#if defined(__x86_64__)
/// Chains of dot products of pairs of bf16.
[[gnu::target("avx512f,avx512bf16")]] void runDots() {
  __m512 sums[kChains];
  auto x = __m512bh(_mm512_set1_ps(factor));
  for (int i = 0; i < kChains; ++i)
    sums[i] = _mm512_set1_ps(float(i));
  for (long step = 0; step < kSteps; ++step)
#pragma clang loop unroll(full)
    for (int i = 0; i < kChains; ++i)
      sums[i] = _mm512_dpbf16_ps(sums[i], x, x);
  for (int i = 1; i < kChains; ++i)
    sums[0] += sums[i];
  for (size_t lane = 0; lane < 16; ++lane)
    sink = sums[0][lane];
}
constexpr Peak kDots = {
    [] { return __builtin_cpu_supports("avx512bf16") != 0; }, runDots, 32};

/// Chains of dot products of quads of bytes.
[[gnu::target("avx512f,avx512vnni")]] void runQuads() {
  __m512i sums[kChains], x = _mm512_set1_epi32(int(1e4f * factor));
  for (int i = 0; i < kChains; ++i)
    sums[i] = _mm512_set1_epi32(i);
  for (long step = 0; step < kSteps; ++step)
#pragma clang loop unroll(full)
    for (int i = 0; i < kChains; ++i)
      sums[i] = _mm512_dpbusd_epi32(sums[i], x, x);
  for (int i = 1; i < kChains; ++i)
    sums[0] = _mm512_add_epi32(sums[0], sums[i]);
  sink = float(_mm512_reduce_add_epi32(sums[0]));
}
constexpr Peak kQuads = {
    [] { return __builtin_cpu_supports("avx512vnni") != 0; }, runQuads, 64};

[[gnu::target("avx512f")]] void run512() { multiplyAdd<64>(); }
[[gnu::target("avx2,fma")]] void run256() { multiplyAdd<32>(); }
constexpr Peak kPeaks[] = {
    {[] { return __builtin_cpu_supports("avx512f") != 0; }, run512, 16},
    {[] {
       return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
     },
     run256, 8},
#else
constexpr Peak kDots = {[] { return false; }, nullptr, 0};
constexpr Peak kQuads = kDots;
constexpr Peak kPeaks[] = {
#endif
    {[] { return true; }, multiplyAdd<16>, 4},
};

double measureFlops(const Peak &peak) {
  return 2.0 * kChains * double(kSteps) * peak.products /
         bestSeconds(1, [&](int) { peak.run(); });
}

const Peak &bestPeak() {
  return *std::find_if(std::begin(kPeaks), std::end(kPeaks),
                       [](const Peak &row) { return row.isThere(); });
}

double measureMemory(int threads) {
  typedef long long Vector [[gnu::vector_size(16)]];
  constexpr size_t align = 64;
  std::unique_ptr<void, void (*)(void *)> data(
      ::operator new(kBytes, std::align_val_t(align)),
      [](void *memory) { ::operator delete(memory, std::align_val_t(align)); });
  std::memset(data.get(), 1, kBytes);
  const auto *vectors = static_cast<const Vector *>(data.get());
  size_t share = kBytes / sizeof(Vector) / size_t(threads) / 8 * 8;
  auto read = [&](int thread) {
    Vector sums[8] = {};
    const Vector *at = vectors + size_t(thread) * share, *end = at + share;
    for (; at != end; at += 8)
      for (int i = 0; i < 8; ++i)
        sums[i] += at[i];
    for (Vector &sum : sums)
      asm volatile("" : : "x"(sum));
  };
  return double(share * sizeof(Vector)) * threads / bestSeconds(threads, read);
}

} // namespace

Rates measureRates(int threads) {
  const Peak &best = bestPeak();
  double flops = measureFlops(best);
  auto measure = [&](const Peak &peak) {
    return peak.isThere() ? measureFlops(peak) : flops;
  };
  return {flops, measure(kDots), measure(kQuads), measureMemory(threads)};
}

std::string Rates::text() const {
  char text[128];
  std::snprintf(text, sizeof text,
                "%.0f GFLOP/s a thread (%.0f of bf16, %.0f of int8), %.1f GB/s",
                flops / 1e9, bf16Flops / 1e9, int8Flops / 1e9,
                memoryBytes / 1e9);
  return text;
}

} // namespace hagane::tool
