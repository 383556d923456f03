//===- Remarks.cpp - What fusions say about themselves --------------------===//

#include "passes/fusion/Remarks.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace hagane::fusion;

static void collectNames(Location location,
                         llvm::SmallSetVector<StringRef, 8> &names) {
  if (auto name = dyn_cast<NameLoc>(location))
    names.insert(name.getName().strref());
  else if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location part : fused.getLocations())
      collectNames(part, names);
}

std::string hagane::fusion::getNodeNames(Location location) {
  llvm::SmallSetVector<StringRef, 8> names;
  collectNames(location, names);
  return names.empty() ? "unnamed" : llvm::join(names, ", ");
}

static remark::RemarkOpts getOptions(StringRef fusion, Operation *op) {
  auto options = remark::RemarkOpts::name(fusion).category("fusion");
  if (auto function = op->getParentOfType<FunctionOpInterface>())
    options = options.function(function.getName());
  return options;
}

LogicalResult Remarks::decline(Operation *op, const Twine &reason) const {
  if (op->getContext()->getRemarkEngine())
    remark::missed(op->getLoc(), getOptions(fusion, op))
        << remark::metric("Nodes", getNodeNames(op->getLoc()))
        << remark::reason("{0}", reason.str());
  return failure();
}

void Remarks::apply(Operation *op) const {
  if (op->getContext()->getRemarkEngine())
    remark::passed(op->getLoc(), getOptions(fusion, op))
        << remark::metric("Nodes", getNodeNames(op->getLoc()));
}
