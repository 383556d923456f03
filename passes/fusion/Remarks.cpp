//===- Remarks.cpp - What fusions say about themselves --------------------===//

#include "passes/fusion/Remarks.h"
#include "dialects/xf/NodeNames.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;

static remark::RemarkOpts getOptions(StringRef fusion, StringRef category,
                                     Operation *op) {
  auto options = remark::RemarkOpts::name(fusion).category(category);
  if (auto function = op->getParentOfType<FunctionOpInterface>())
    options = options.function(function.getName());
  return options;
}

bool Remarks::areOn(Operation *op) {
  return op->getContext()->getRemarkEngine() != nullptr;
}

LogicalResult Remarks::decline(Operation *op, const Twine &reason) const {
  if (areOn(op))
    remark::missed(op->getLoc(), getOptions(fusion, category, op))
        << remark::metric("Nodes", xf::getNodeNames(op->getLoc()))
        << remark::reason("{0}", reason.str());
  return failure();
}

void Remarks::apply(Operation *op, xf::Dim savedBytes) const {
  if (!areOn(op))
    return;
  auto remark = remark::passed(op->getLoc(), getOptions(fusion, category, op));
  remark << remark::metric("Nodes", xf::getNodeNames(op->getLoc()));
  if (savedBytes)
    remark << remark::metric("SavedBytes", savedBytes.str());
}
