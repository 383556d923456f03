//===- Target.cpp - GPUs that code is generated for -----------------------===//

#include "codegen/cuda/Target.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace hagane::cuda;
using llvm::StringRef;

static constexpr StringRef kPrefix = "sm_";

static constexpr Target kTargets[] = {
    {"sm_80", 80, 163 << 10, 108, false, false},
    {"sm_86", 86, 99 << 10, 84, false, false},
    {"sm_89", 89, 99 << 10, 142, false, false},
    {"sm_90a", 90, 227 << 10, 132, true, true},
    {"sm_100", 100, 227 << 10, 148, true, false},
};

llvm::ArrayRef<Target> hagane::cuda::getTargets() { return kTargets; }

const Target *hagane::cuda::findTarget(StringRef name) {
  name.consume_front(kPrefix);
  const Target *found = llvm::find_if(kTargets, [&](const Target &target) {
    StringRef own = target.name.drop_front(kPrefix.size());
    return own == name || own.rtrim('a') == name;
  });
  return found == std::end(kTargets) ? nullptr : found;
}

std::string hagane::cuda::listTargets() {
  return llvm::join(
      llvm::map_range(kTargets,
                      [](const Target &target) {
                        return target.name.drop_front(kPrefix.size()).str();
                      }),
      ", ");
}
