//===- ChoosePrecision.cpp - Which products round their factors -----------===//

#include "passes/fusion/Match.h"
#include "passes/fusion/Remarks.h"
#include "passes/precision/FactorType.h"
#include "passes/precision/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

namespace hagane {
#define GEN_PASS_DEF_CHOOSEPRECISIONPASS
#include "passes/precision/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using fusion::Remarks;

namespace {

/// Sizes of a weight from which its bytes and products matter: one vector.
constexpr int64_t kLeastSize = 16;

/// The value that views show parts of.
Value skipViews(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<xf::Reshape, xf::Transpose, xf::Slice>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// Whether the kernel that makes the value can write it rounded. What is in
/// memory already, as arguments and caches are, would take a pass over it.
bool isWrittenRounded(Value value) {
  if (fusion::isConstantExpression(value))
    return true;
  Operation *op = skipViews(value).getDefiningOp();
  return op && (op->hasTrait<OpTrait::Elementwise>() ||
                isa<xf::Linear, xf::MatMul, xf::Attention, xf::LayerNorm,
                    xf::RmsNorm, xf::Softmax, xf::Rotary, xf::Gated, xf::Add,
                    xf::Sub, xf::Mul, xf::Div, xf::Conv>(op));
}

bool isLargeMatrix(Value weight) {
  auto type = cast<RankedTensorType>(weight.getType());
  return llvm::all_of(type.getShape().take_back(2), [](int64_t size) {
    return ShapedType::isDynamic(size) || size >= kLeastSize;
  });
}

/// The factors of a product; none for other operations.
SmallVector<Value> getFactors(Operation *op) {
  return llvm::TypeSwitch<Operation *, SmallVector<Value>>(op)
      .Case([](xf::Linear op) {
        return SmallVector<Value>{op.getX(), op.getWeight()};
      })
      .Case([](xf::MatMul op) {
        return SmallVector<Value>{op.getA(), op.getB()};
      })
      .Case([](xf::Attention op) {
        return SmallVector<Value>{op.getQ(), op.getK(), op.getV()};
      })
      .Default([](Operation *) { return SmallVector<Value>(); });
}

/// Why the factors stay as they are; empty if they need not.
StringRef findObstacle(Operation *op, ArrayRef<Value> factors) {
  if (!isa<xf::Attention>(op) && !isLargeMatrix(factors[1]))
    return "its matrix is small";
  // A constant is read rounded, which pays for a pass over the other factor.
  if (!isa<xf::Attention>(op) && fusion::isConstantExpression(factors[1]))
    return {};
  if (!llvm::all_of(factors, isWrittenRounded))
    return "a factor lies in memory as f32";
  return {};
}

class ChoosePrecision
    : public hagane::impl::ChoosePrecisionPassBase<ChoosePrecision> {
public:
  using ChoosePrecisionPassBase::ChoosePrecisionPassBase;

  void runOnOperation() override {
    if (factors == "model")
      return;
    if (factors != "bf16") {
      getOperation().emitError("unknown precision '")
          << factors << "', expected model or bf16";
      return signalPassFailure();
    }
    getOperation().walk([&](Operation *op) { choose(op); });
  }

private:
  void choose(Operation *op) {
    SmallVector<Value> values = getFactors(op);
    if (values.empty() || fusion::isConstantExpression(op->getResult(0)) ||
        !llvm::all_of(values, [](Value value) {
          return getElementTypeOrSelf(value).isF32();
        }))
      return;
    StringRef obstacle = findObstacle(op, values);
    if (!obstacle.empty()) {
      (void)remarks.decline(op, obstacle);
      return;
    }
    op->setAttr(kFactorTypeAttr,
                TypeAttr::get(BFloat16Type::get(&getContext())));
    remarks.apply(op);
  }

  Remarks remarks{"bf16", "precision"};
};

} // namespace
