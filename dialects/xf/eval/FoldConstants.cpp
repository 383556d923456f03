//===- FoldConstants.cpp - Evaluate operations on small constants ---------===//

#include "dialects/xf/eval/Evaluate.h"
#include "dialects/xf/eval/Passes.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace hagane::xf;

namespace hagane::xf::eval {
#define GEN_PASS_DEF_FOLDCONSTANTSPASS
#include "dialects/xf/eval/Passes.h.inc"
} // namespace hagane::xf::eval

using namespace hagane::xf::eval;

namespace {

class FoldConstants
    : public hagane::xf::eval::impl::FoldConstantsPassBase<FoldConstants> {
public:
  using FoldConstantsPassBase::FoldConstantsPassBase;

  void runOnOperation() override {
    // In program order, so that one walk folds whole chains.
    SmallVector<Operation *> candidates;
    getOperation()->walk([&](Operation *op) {
      if (canEvaluate(op) && !op->hasTrait<OpTrait::ConstantLike>() &&
          llvm::all_of(op->getResultTypes(), llvm::IsaPred<RankedTensorType>))
        candidates.push_back(op);
    });
    for (Operation *op : candidates)
      fold(op);
  }

private:
  /// The value of a small constant operand; nullopt for everything else.
  std::optional<HostTensor> valueOf(Value operand) {
    DenseElementsAttr attribute;
    auto type = dyn_cast<RankedTensorType>(operand.getType());
    if (!type || !matchPattern(operand, m_Constant(&attribute)))
      return std::nullopt;
    std::optional<Element> element = Element::get(type.getElementType());
    if (!element || attribute.getNumElements() > maxBytes / element->bytes)
      return std::nullopt;
    llvm::Expected<HostTensor> tensor = HostTensor::fromAttribute(attribute);
    if (tensor)
      return *tensor;
    llvm::consumeError(tensor.takeError());
    return std::nullopt;
  }

  void fold(Operation *op) {
    SmallVector<HostTensor> operands, results;
    for (Value operand : op->getOperands()) {
      std::optional<HostTensor> value = valueOf(operand);
      if (!value)
        return;
      operands.push_back(*value);
    }
    EvaluateOptions options;
    options.maxResultBytes = maxBytes;
    if (llvm::Error error = evaluate(op, operands, options, results))
      return llvm::consumeError(std::move(error)); // It fails at run time, too.
    replace(op, results);
    ++numFolded;
  }

  void replace(Operation *op, ArrayRef<HostTensor> results) {
    OpBuilder builder(op);
    for (auto [result, value] : llvm::zip(op->getResults(), results)) {
      if (result.use_empty())
        continue;
      Value constant = Constant::create(builder, op->getLoc(), value.getType(),
                                        value.toAttribute(), StringAttr());
      if (constant.getType() != result.getType())
        constant = tensor::CastOp::create(builder, op->getLoc(),
                                          result.getType(), constant);
      result.replaceAllUsesWith(constant);
    }
    op->erase();
  }
};

} // namespace
