//===- NodeNames.cpp - The model's nodes behind an operation --------------===//

#include "dialects/xf/NodeNames.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

static void collectNames(Location location,
                         llvm::SmallSetVector<StringRef, 8> &names) {
  if (auto name = dyn_cast<NameLoc>(location))
    names.insert(name.getName().strref());
  else if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location part : fused.getLocations())
      collectNames(part, names);
}

std::string hagane::xf::getNodeNames(Location location) {
  llvm::SmallSetVector<StringRef, 8> names;
  collectNames(location, names);
  return names.empty() ? "unnamed" : llvm::join(names, ", ");
}
