//===- Target.cpp - Processors that code is generated for -----------------===//

#include "codegen/cpu/Target.h"
#include "hagane/runtime.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/Threading.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include <mutex>
#include <unistd.h>

using namespace hagane::cpu;
using llvm::StringLiteral;

#define HAGANE_X86_V2                                                          \
  "cx16", "popcnt", "sahf", "sse3", "sse4.1", "sse4.2", "ssse3"
#define HAGANE_X86_V3                                                          \
  HAGANE_X86_V2, "avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe"
#define HAGANE_X86_V4                                                          \
  HAGANE_X86_V3, "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"

static constexpr StringLiteral kV2[] = {HAGANE_X86_V2};
static constexpr StringLiteral kV3[] = {HAGANE_X86_V3};
static constexpr StringLiteral kV3Vnni[] = {HAGANE_X86_V3, "avxvnni"};
static constexpr StringLiteral kV4[] = {HAGANE_X86_V4};
static constexpr StringLiteral kV4Vnni[] = {HAGANE_X86_V4, "avx512vnni"};
static constexpr StringLiteral kV4Bf16[] = {HAGANE_X86_V4, "avx512vnni",
                                            "avx512bf16"};

#undef HAGANE_X86_V2
#undef HAGANE_X86_V3
#undef HAGANE_X86_V4

static constexpr StringLiteral kNeon[] = {"neon"};
static constexpr StringLiteral kNeonDots[] = {"neon", "dotprod"};
static constexpr StringLiteral kNeonBf16[] = {"neon", "bf16"};
static constexpr StringLiteral kNeonI8mm[] = {"neon", "dotprod", "bf16",
                                              "i8mm"};
static constexpr StringLiteral kSve256[] = {"neon", "sve", "sve256"};

#define HAGANE_RVV "m", "a", "f", "d", "c", "v"
static constexpr StringLiteral kRvv[] = {HAGANE_RVV};
static constexpr StringLiteral kRvv256[] = {HAGANE_RVV, "zvl256b"};
#undef HAGANE_RVV

/// LLVM's parts of an architecture.
#define HAGANE_INITIALIZE(NAME)                                                \
  [] {                                                                         \
    LLVMInitialize##NAME##TargetInfo();                                        \
    LLVMInitialize##NAME##Target();                                            \
    LLVMInitialize##NAME##TargetMC();                                          \
    LLVMInitialize##NAME##AsmPrinter();                                        \
    LLVMInitialize##NAME##AsmParser();                                         \
  }

static constexpr Architecture kX86 = {"x86_64-unknown-linux-gnu", "",
                                      llvm::CodeModel::Small, 4 << 10,
                                      HAGANE_INITIALIZE(X86)};
static constexpr Architecture kArm = {"aarch64-unknown-linux-gnu", "",
                                      llvm::CodeModel::Small, 64 << 10,
                                      HAGANE_INITIALIZE(AArch64)};
static constexpr Architecture kRiscv = {"riscv64-unknown-linux-gnu", "lp64d",
                                        llvm::CodeModel::Medium, 4 << 10,
                                        HAGANE_INITIALIZE(RISCV)};

#undef HAGANE_INITIALIZE

static constexpr IntegerDots kSse = {"", "", "llvm.x86.sse2.pmadd.wd"};
static constexpr IntegerDots kAvx2 = {"", "", "llvm.x86.avx2.pmadd.wd"};
static constexpr IntegerDots kAvxVnni = {"llvm.x86.avx512.vpdpbusd.256", "",
                                         kAvx2.pairs};
static constexpr IntegerDots kAvx512 = {"", "", "llvm.x86.avx512.pmaddw.d.512"};
static constexpr IntegerDots kAvx512Vnni = {"llvm.x86.avx512.vpdpbusd.512", "",
                                            kAvx512.pairs};
static constexpr IntegerDots kDotprod = {
    "", "llvm.aarch64.neon.sdot.v4i32.v16i8", ""};
static constexpr IntegerDots kI8mm = {"llvm.aarch64.neon.usdot.v4i32.v16i8",
                                      kDotprod.equal, ""};

static constexpr StringLiteral kBfdot = "llvm.aarch64.neon.bfdot.v4f32.v8bf16";

static constexpr TargetLevel kLevels[] = {
    {"x86-64-v2", &kX86, "x86-64-v2", "", 128, 16, Narrow::None, kV2, "", kSse},
    {"x86-64-v3", &kX86, "x86-64-v3", "", 256, 16, Narrow::F16, kV3, "", kAvx2},
    {"x86-64-v3+vnni", &kX86, "x86-64-v3", "+avxvnni", 256, 16, Narrow::F16,
     kV3Vnni, "", kAvxVnni},
    {"x86-64-v4", &kX86, "x86-64-v4", "", 512, 32, Narrow::F16, kV4, "",
     kAvx512},
    {"x86-64-v4+vnni", &kX86, "x86-64-v4", "+avx512vnni", 512, 32, Narrow::F16,
     kV4Vnni, "", kAvx512Vnni},
    {"x86-64-v4+bf16", &kX86, "x86-64-v4", "+avx512vnni,+avx512bf16", 512, 32,
     Narrow::Both, kV4Bf16, "llvm.x86.avx512bf16.dpbf16ps.512", kAvx512Vnni},
    {"aarch64", &kArm, "generic", "", 128, 32, Narrow::F16, kNeon},
    {"aarch64+dotprod", &kArm, "generic", "+dotprod", 128, 32, Narrow::F16,
     kNeonDots, "", kDotprod},
    {"aarch64+bf16", &kArm, "generic", "+bf16", 128, 32, Narrow::Both,
     kNeonBf16, kBfdot},
    {"aarch64+i8mm", &kArm, "generic", "+dotprod,+bf16,+i8mm", 128, 32,
     Narrow::Both, kNeonI8mm, kBfdot, kI8mm},
    {"aarch64+sve256", &kArm, "generic", "+sve", 256, 32, Narrow::F16, kSve256},
    {"riscv64+v", &kRiscv, "generic-rv64", "+m,+a,+f,+d,+c,+v", 128, 32,
     Narrow::None, kRvv},
    {"riscv64+v256", &kRiscv, "generic-rv64", "+m,+a,+f,+d,+c,+v,+zvl256b", 256,
     32, Narrow::None, kRvv256},
};

llvm::ArrayRef<TargetLevel> hagane::cpu::getTargetLevels() { return kLevels; }

std::string hagane::cpu::listTargetLevels() {
  std::string list;
  const Architecture *last = nullptr;
  for (const TargetLevel &level : kLevels) {
    if (last)
      list += level.architecture == last ? ", " : "\n";
    list += level.name;
    last = level.architecture;
  }
  return list;
}

/// Sizes that the system does not tell keep their defaults.
static MachineSizes detectSizes() {
  MachineSizes sizes;
  auto read = [](int name, int64_t &value) {
    if (int64_t found = sysconf(name); found > 0)
      value = found;
  };
  read(_SC_LEVEL1_DCACHE_SIZE, sizes.l1Bytes);
  read(_SC_LEVEL2_CACHE_SIZE, sizes.l2Bytes);
  if (int found = llvm::get_physical_cores(); found > 0)
    sizes.threads = found;
  return sizes;
}

/// The last level in the table whose every feature this machine has.
static llvm::Expected<Target> detectNative() {
  for (const TargetLevel &level : llvm::reverse(kLevels))
    if (llvm::all_of(level.required, [&](llvm::StringRef name) {
          return hgn_cpu_supports(name.str().c_str()) != 0;
        }))
      return Target{&level, llvm::sys::getHostCPUName().str(), detectSizes()};
  return llvm::createStringError(
      "this machine's processor, '%s', has none of the known levels",
      llvm::sys::getHostCPUName().str().c_str());
}

llvm::Expected<Target> hagane::cpu::parseTarget(llvm::StringRef name) {
  if (name == "native")
    return detectNative();
  for (const TargetLevel &level : kLevels)
    if (level.name == name)
      return Target{&level, "", {}};
  return llvm::createStringError("unknown target '%s', expected native or\n%s",
                                 name.str().c_str(),
                                 listTargetLevels().c_str());
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
hagane::cpu::createTargetMachine(const Target &target) {
  static std::mutex mutex;
  const Architecture &architecture = *target.level->architecture;
  llvm::Triple triple(architecture.triple);
  const llvm::Target *backend = nullptr;
  std::string error;
  {
    // Initializing twice does no harm, but by one thread at a time.
    std::lock_guard lock(mutex);
    architecture.initialize();
    backend = llvm::TargetRegistry::lookupTarget(triple, error);
  }
  if (!backend)
    return llvm::createStringError("no code generator for '%s': %s",
                                   architecture.triple.data(), error.c_str());
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Fast;
  options.FunctionSections = true;
  options.MCOptions.ABIName = architecture.abi.str();
  std::unique_ptr<llvm::TargetMachine> machine(backend->createTargetMachine(
      triple, target.level->cpu, target.level->features, options,
      llvm::Reloc::PIC_, architecture.codeModel,
      llvm::CodeGenOptLevel::Aggressive));
  if (!machine)
    return llvm::createStringError(
        "the code generator for '%s' refuses the processor '%s'",
        architecture.triple.data(), target.level->cpu.data());
  return machine;
}
