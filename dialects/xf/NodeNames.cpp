//===- NodeNames.cpp - The model's nodes behind an operation --------------===//

#include "dialects/xf/NodeNames.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

static void collectNames(Location location, llvm::SetVector<StringRef> &names) {
  if (auto name = dyn_cast<NameLoc>(location))
    names.insert(name.getName().strref());
  else if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location part : fused.getLocations())
      collectNames(part, names);
}

llvm::SetVector<StringRef> hagane::xf::collectNodeNames(Location location) {
  llvm::SetVector<StringRef> names;
  collectNames(location, names);
  return names;
}

std::string hagane::xf::getNodeNames(Location location) {
  llvm::SetVector<StringRef> names = collectNodeNames(location);
  return names.empty() ? "unnamed" : llvm::join(names, ", ");
}
