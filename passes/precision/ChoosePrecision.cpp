//===- ChoosePrecision.cpp - Which products round their factors -----------===//

#include "dialects/xf/XfQuantization.h"
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

bool isLarge(ArrayRef<int64_t> matrix) {
  return llvm::all_of(matrix, [](int64_t size) {
    return ShapedType::isDynamic(size) || size >= kLeastSize;
  });
}

ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

/// A convolution rounds its input where it copies it, of two channels at once.
StringRef findObstacle(xf::Conv op) {
  ArrayRef<int64_t> shape = shapeOf(op.getWeight());
  if (!fusion::isConstantExpression(op.getWeight()) ||
      ShapedType::isDynamicShape(shape))
    return "its weight is no constant";
  if (op.getGroups() != 1)
    return "its channels are in groups";
  if (shape[1] % 2 != 0)
    return "its channels are odd in number";
  int64_t depth = ShapedType::getNumElements(shape.drop_front());
  return isLarge({shape[0], depth}) ? "" : "its matrix is small";
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
      .Case([](xf::Conv op) {
        return SmallVector<Value>{op.getX(), op.getWeight()};
      })
      .Case([](xf::Attention op) {
        return SmallVector<Value>{op.getQ(), op.getK(), op.getV()};
      })
      .Default([](Operation *) { return SmallVector<Value>(); });
}

/// Why the factors stay as they are; empty if they need not.
StringRef findObstacle(Operation *op, ArrayRef<Value> factors) {
  if (auto conv = dyn_cast<xf::Conv>(op))
    return findObstacle(conv);
  bool isAttention = isa<xf::Attention>(op);
  if (!isAttention && !isLarge(shapeOf(factors[1]).take_back(2)))
    return "its matrix is small";
  // Blocks of queries round keys and values while they copy them, and few
  // queries take as long as reading those does, rounded or not.
  if (isAttention)
    return isWrittenRounded(factors[0]) ? ""
                                        : "its queries lie in memory as f32";
  // A constant is read rounded, which pays for a pass over the other factor.
  if (fusion::isConstantExpression(factors[1]))
    return {};
  if (!llvm::all_of(factors, isWrittenRounded))
    return "a factor lies in memory as f32";
  return {};
}

/// Whether what becomes codes is written for that alone, by a product with what
/// follows it element for element: other kernels would write it twice.
bool isWrittenForCodes(xf::QuantizeRows op) {
  Value value = op.getX();
  if (!getElementTypeOrSelf(value).isF32() || !value.hasOneUse())
    return false;
  Operation *producer = value.getDefiningOp();
  if (producer && producer->hasTrait<OpTrait::Elementwise>() &&
      producer->getNumOperands() == 1)
    producer = producer->getOperand(0).getDefiningOp();
  return isa_and_nonnull<xf::Linear, xf::MatMul, xf::Gated>(producer);
}

/// The same where weights alone are rounded, to f16.
StringRef findHalfObstacle(Operation *op, ArrayRef<Value> factors) {
  if (!isa<xf::Linear, xf::MatMul>(op) || shapeOf(factors[1]).size() != 2 ||
      !fusion::isConstantExpression(factors[1]))
    return "it is no product by a constant matrix";
  return findObstacle(op, factors);
}

/// Whether a product reads the rows of the gather's table as columns of its
/// rounded weight.
bool isTableOfProduct(xf::Gather op) {
  Value table = op.getX();
  auto type = cast<RankedTensorType>(table.getType());
  if (!table.getDefiningOp<xf::Constant>() || type.getRank() != 2 ||
      op.getAxis() != 0)
    return false;
  return llvm::any_of(table.getUsers(), [&](Operation *user) {
    auto linear = dyn_cast<xf::Linear>(user);
    auto product = dyn_cast<xf::MatMul>(user);
    bool isTransposed =
        (linear && linear.getTransposeWeight()) ||
        (product && product.getTransposeB() && !product.getTransposeA());
    return isTransposed && getFactorType(user) && user->getOperand(1) == table;
  });
}

class ChoosePrecision
    : public hagane::impl::ChoosePrecisionPassBase<ChoosePrecision> {
public:
  using ChoosePrecisionPassBase::ChoosePrecisionPassBase;

  void runOnOperation() override {
    if (factors == "model")
      return;
    if (factors != "bf16" && factors != "f16") {
      getOperation().emitError("unknown precision '")
          << factors << "', expected model, bf16 or f16";
      return signalPassFailure();
    }
    isHalf = factors == "f16";
    if (isHalf)
      remarks = Remarks("f16", "precision");
    getOperation().walk([&](Operation *op) { choose(op); });
    if (isHalf)
      return;
    getOperation().walk([&](xf::Gather op) { chooseTable(op); });
    getOperation().walk([&](xf::QuantizeRows op) {
      if (isWrittenForCodes(op)) {
        mark(op);
        remarks.apply(op);
      }
    });
  }

private:
  void choose(Operation *op) {
    SmallVector<Value> values = getFactors(op);
    if (values.empty() || fusion::isConstantExpression(op->getResult(0)) ||
        !llvm::all_of(values, [](Value value) {
          return getElementTypeOrSelf(value).isF32();
        }))
      return;
    StringRef obstacle =
        isHalf ? findHalfObstacle(op, values) : findObstacle(op, values);
    if (!obstacle.empty()) {
      (void)remarks.decline(op, obstacle);
      return;
    }
    mark(op);
    SmallVector<int64_t> read;
    if (isa<xf::Attention>(op))
      for (auto [i, value] : llvm::enumerate(values))
        if (!isWrittenRounded(value))
          read.push_back(static_cast<int64_t>(i));
    if (!read.empty())
      op->setAttr(kReadFactorsAttr,
                  DenseI64ArrayAttr::get(&getContext(), read));
    remarks.apply(op);
  }

  /// A table that is a product's weight as well is stored once.
  void chooseTable(xf::Gather op) {
    if (!isTableOfProduct(op))
      return;
    mark(op);
    remarks.apply(op);
  }

  void mark(Operation *op) {
    op->setAttr(kFactorTypeAttr,
                TypeAttr::get(isHalf ? Type(Float16Type::get(&getContext()))
                                     : Type(BFloat16Type::get(&getContext()))));
  }

  bool isHalf = false;

  Remarks remarks{"bf16", "precision"};
};

} // namespace
