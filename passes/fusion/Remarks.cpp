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

LogicalResult Remarks::decline(Operation *op, const Twine &reason) const {
  if (op->getContext()->getRemarkEngine())
    remark::missed(op->getLoc(), getOptions(fusion, category, op))
        << remark::metric("Nodes", xf::getNodeNames(op->getLoc()))
        << remark::reason("{0}", reason.str());
  return failure();
}

void Remarks::apply(Operation *op) const {
  if (op->getContext()->getRemarkEngine())
    remark::passed(op->getLoc(), getOptions(fusion, category, op))
        << remark::metric("Nodes", xf::getNodeNames(op->getLoc()));
}
