//===- EvaluateWeight.cpp - Constants of the module -----------------------===//

#include "codegen/module/EvaluateWeight.h"
#include "codegen/module/PackWeights.h"
#include "dialects/xf/eval/Evaluate.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::codegen;
using xf::eval::HostTensor;

static llvm::Error evaluateOp(Operation *op, ArrayRef<HostTensor> operands,
                              SmallVectorImpl<HostTensor> &results) {
  auto pack = dyn_cast<kernel::Pack>(op);
  if (!pack)
    return xf::eval::evaluate(op, operands, {}, results);
  llvm::Expected<HostTensor> packed =
      packPanels(op->getContext(), operands.front(), pack.getPanel(),
                 pack.getTransposed());
  if (!packed)
    return packed.takeError();
  results.push_back(std::move(*packed));
  return llvm::Error::success();
}

FailureOr<HostTensor> hagane::codegen::evaluateWeight(kernel::Global global) {
  llvm::DenseMap<Value, HostTensor> values;
  llvm::DenseMap<Value, unsigned> usesLeft;
  for (Operation &op : global.getInit().front()) {
    SmallVector<HostTensor> operands, results;
    for (Value operand : op.getOperands()) {
      operands.push_back(values.lookup(operand));
      if (--usesLeft[operand] == 0)
        values.erase(operand);
    }
    if (isa<kernel::Yield>(op)) {
      auto expected = cast<ShapedType>(global.getType());
      if (operands.size() != 1 ||
          operands[0].getShape() != expected.getShape() ||
          operands[0].getElementType() != expected.getElementType())
        return global.emitError(
                   "the constant's expression does not give a tensor of type ")
               << expected;
      return operands[0];
    }
    if (llvm::Error error = evaluateOp(&op, operands, results))
      return op.emitError("the constant '")
             << global.getSymName()
             << "' has no value: " << llvm::toString(std::move(error));
    for (auto [value, tensor] : llvm::zip_equal(op.getResults(), results)) {
      usesLeft[value] = std::distance(value.use_begin(), value.use_end());
      if (usesLeft[value])
        values[value] = std::move(tensor);
    }
  }
  return global.emitError("the constant's expression yields nothing");
}
