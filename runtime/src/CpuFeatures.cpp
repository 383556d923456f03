// CPU feature detection: CPUID and XGETBV on x86, the auxiliary vector
// elsewhere.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CpuFeatures.h"

#include "hagane/runtime.h"

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
#include <sys/auxv.h>
#include <sys/prctl.h>
#endif

using namespace hagane::runtime;

#if defined(__x86_64__)

namespace {

enum Register { EAX, EBX, ECX, EDX };

// Register state the system must save for a feature (bits of XCR0).
constexpr uint64_t kNone = 0;
constexpr uint64_t kAvx = 0x6;
constexpr uint64_t kAvx512 = 0xe6;
constexpr uint64_t kAmx = 0x60000;

struct FeatureRow {
  const char *name;
  uint32_t leaf, subleaf;
  Register reg;
  uint32_t bit;
  uint64_t state;
};

constexpr FeatureRow kFeatures[] = {
    {"sse2", 1, 0, EDX, 26, kNone},
    {"sse3", 1, 0, ECX, 0, kNone},
    {"pclmul", 1, 0, ECX, 1, kNone},
    {"ssse3", 1, 0, ECX, 9, kNone},
    {"fma", 1, 0, ECX, 12, kAvx},
    {"cx16", 1, 0, ECX, 13, kNone},
    {"sse4.1", 1, 0, ECX, 19, kNone},
    {"sse4.2", 1, 0, ECX, 20, kNone},
    {"crc32", 1, 0, ECX, 20, kNone},
    {"movbe", 1, 0, ECX, 22, kNone},
    {"popcnt", 1, 0, ECX, 23, kNone},
    {"xsave", 1, 0, ECX, 27, kNone},
    {"avx", 1, 0, ECX, 28, kAvx},
    {"f16c", 1, 0, ECX, 29, kAvx},
    {"bmi", 7, 0, EBX, 3, kNone},
    {"avx2", 7, 0, EBX, 5, kAvx},
    {"bmi2", 7, 0, EBX, 8, kNone},
    {"avx512f", 7, 0, EBX, 16, kAvx512},
    {"avx512dq", 7, 0, EBX, 17, kAvx512},
    {"avx512ifma", 7, 0, EBX, 21, kAvx512},
    {"avx512cd", 7, 0, EBX, 28, kAvx512},
    {"avx512bw", 7, 0, EBX, 30, kAvx512},
    {"avx512vl", 7, 0, EBX, 31, kAvx512},
    {"avx512vbmi", 7, 0, ECX, 1, kAvx512},
    {"avx512vbmi2", 7, 0, ECX, 6, kAvx512},
    {"gfni", 7, 0, ECX, 8, kNone},
    {"vpclmulqdq", 7, 0, ECX, 10, kAvx},
    {"avx512vnni", 7, 0, ECX, 11, kAvx512},
    {"avx512bitalg", 7, 0, ECX, 12, kAvx512},
    {"avx512vpopcntdq", 7, 0, ECX, 14, kAvx512},
    {"amx-bf16", 7, 0, EDX, 22, kAmx},
    {"avx512fp16", 7, 0, EDX, 23, kAvx512},
    {"amx-tile", 7, 0, EDX, 24, kAmx},
    {"amx-int8", 7, 0, EDX, 25, kAmx},
    {"avxvnni", 7, 1, EAX, 4, kAvx},
    {"avx512bf16", 7, 1, EAX, 5, kAvx512},
    {"avxifma", 7, 1, EAX, 23, kAvx},
    {"avxvnniint8", 7, 1, EDX, 4, kAvx},
    {"avxneconvert", 7, 1, EDX, 5, kAvx},
    {"sahf", 0x80000001, 0, ECX, 0, kNone},
    {"lzcnt", 0x80000001, 0, ECX, 5, kNone},
};

uint64_t enabledState() {
  uint32_t regs[4];
  constexpr uint32_t kOsxsave = 1u << 27;
  if (!__get_cpuid(1, &regs[EAX], &regs[EBX], &regs[ECX], &regs[EDX]) ||
      !(regs[ECX] & kOsxsave))
    return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t(high) << 32 | low;
}

} // namespace

bool hagane::runtime::cpuSupports(const char *feature) {
  for (const FeatureRow &row : kFeatures) {
    if (strcmp(row.name, feature) != 0)
      continue;
    uint32_t regs[4];
    if (!__get_cpuid_count(row.leaf, row.subleaf, &regs[EAX], &regs[EBX],
                           &regs[ECX], &regs[EDX]))
      return false;
    bool present = regs[row.reg] >> row.bit & 1;
    return present && (row.state & ~enabledState()) == 0;
  }
  return false;
}

bool hagane::runtime::enableCpuFeature(const char *feature) {
  if (strncmp(feature, "amx-", 4) != 0)
    return true;
  constexpr long kRequestPermission = 0x1023; // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

#else

namespace {

struct FeatureRow {
  const char *name;
  unsigned long vector;
  uint32_t bit;
  uint64_t registerBits; // of a scalable vector register, at least
};

#if defined(__aarch64__)
constexpr FeatureRow kFeatures[] = {
    {"fp-armv8", AT_HWCAP, 0, 0},  {"neon", AT_HWCAP, 1, 0},
    {"aes", AT_HWCAP, 3, 0},       {"sha2", AT_HWCAP, 6, 0},
    {"crc", AT_HWCAP, 7, 0},       {"lse", AT_HWCAP, 8, 0},
    {"fullfp16", AT_HWCAP, 10, 0}, {"rdm", AT_HWCAP, 12, 0},
    {"rcpc", AT_HWCAP, 15, 0},     {"dotprod", AT_HWCAP, 20, 0},
    {"sve", AT_HWCAP, 22, 0},      {"sve256", AT_HWCAP, 22, 256},
    {"fp16fml", AT_HWCAP, 23, 0},  {"sve2", AT_HWCAP2, 1, 0},
    {"i8mm", AT_HWCAP2, 13, 0},    {"bf16", AT_HWCAP2, 14, 0},
};

uint64_t registerBits() {
  int length = prctl(PR_SVE_GET_VL);
  return length < 0 ? 0 : 8 * uint64_t(length & PR_SVE_VL_LEN_MASK);
}
#elif defined(__riscv)
// Single-letter extensions are the letters' bits.
constexpr FeatureRow kFeatures[] = {
    {"a", AT_HWCAP, 0, 0},          {"c", AT_HWCAP, 2, 0},
    {"d", AT_HWCAP, 3, 0},          {"f", AT_HWCAP, 5, 0},
    {"m", AT_HWCAP, 12, 0},         {"v", AT_HWCAP, 21, 0},
    {"zvl256b", AT_HWCAP, 21, 256},
};

uint64_t registerBits() {
  uint64_t bytes;
  __asm__("csrr %0, 0xc22" : "=r"(bytes)); // vlenb
  return 8 * bytes;
}
#else
#error "unsupported processor"
#endif

} // namespace

bool hagane::runtime::cpuSupports(const char *feature) {
  for (const FeatureRow &row : kFeatures)
    if (strcmp(row.name, feature) == 0)
      return (getauxval(row.vector) >> row.bit & 1) &&
             (row.registerBits == 0 || registerBits() >= row.registerBits);
  return false;
}

bool hagane::runtime::enableCpuFeature(const char *) { return true; }

#endif

int hgn_cpu_supports(const char *feature) {
  return feature && cpuSupports(feature);
}
