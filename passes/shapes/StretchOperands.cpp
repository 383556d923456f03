//===- StretchOperands.cpp - Broadcasting that the run decides ------------===//

#include "passes/shapes/StretchOperands.h"
#include "dialects/xf/XfDynamic.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

StretchOperands::StretchOperands(ModuleOp module, const ShapeAnalysis &shapes)
    : module(module), shapes(shapes) {
  llvm::DenseSet<xf::DimAttr> described;
  for (auto function : module.getOps<func::FuncOp>())
    for (auto [i, argument] : llvm::enumerate(function.getArguments()))
      for (Dim dim : getDimsFrom(function.getArgAttr(i, "xf.dims")))
        if (dim.getSymbol())
          (isa<FloatType>(getElementTypeOrSelf(argument)) ? free : described)
              .insert(dim.getAttr());
  for (xf::DimAttr dim : described)
    free.erase(dim);
  module.walk([&](xf::Stretch op) {
    for (Dim dim : shapes.getKnownDims(op.getY()))
      if (!dim.getConstant() && !dim.getSymbol())
        free.insert(dim.getAttr());
  });
}

/// A size of data, or what the shape rules make of two that meet.
bool StretchOperands::isFree(Dim dim) const {
  if (!dim || !shapes.isResolved(dim))
    return false;
  if (free.contains(dim.getAttr()))
    return true;
  bool allFree = getDimNode(dim).kind == xf::DimNode::Kind::Max;
  dim.forEachSymbol([&](StringRef name) {
    Dim symbol = Dim::symbol(dim.getAttr().getContext(), name);
    allFree &= free.contains(symbol.getAttr());
  });
  return allFree;
}

/// Operations whose operands broadcast together.
static bool isElementwise(Operation *op) {
  return isa<xf::Add, xf::Sub, xf::Mul, xf::Div, xf::Pow, xf::Min, xf::Max,
             xf::Mod, xf::And, xf::Or, xf::Xor, xf::Shl, xf::Shr, xf::Cmp,
             xf::Select>(op);
}

bool StretchOperands::applies(
    const ShapeAnalysis::Assumption &assumption) const {
  const xf::SizeCondition &condition = assumption.condition;
  return condition.broadcasts && isFree(condition.a) && isFree(condition.b) &&
         isElementwise(assumption.op);
}

/// What both sizes broadcast to.
static Dim widen(Dim a, Dim b, bool haveElements) {
  return haveElements ? a.max(b) : xf::unlessOne(a, b);
}

bool StretchOperands::covers(Dim wide, Dim size) const {
  return llvm::any_of(free, [&](xf::DimAttr other) {
    return llvm::is_contained({widen(other, size, true),
                               widen(other, size, false),
                               widen(size, other, false)},
                              wide);
  });
}

/// The operand with another size for `axis`.
static Value stretch(OpBuilder &b, Operation *op, Value x, ArrayRef<Dim> dims,
                     int64_t axis, Dim wide) {
  SmallVector<Dim> shape(dims);
  shape[axis] = wide;
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<int64_t> sizes(type.getShape());
  sizes[axis] = ShapedType::kDynamic;
  return xf::Stretch::create(
      b, op->getLoc(), RankedTensorType::get(sizes, type.getElementType()), x,
      getDimsAttr(op->getContext(), shape));
}

bool StretchOperands::run() {
  const auto *found = llvm::find_if(
      shapes.getAssumptions(), [&](const auto &one) { return applies(one); });
  if (found == shapes.getAssumptions().end())
    return false;
  Operation *op = found->op;
  Dim first = found->condition.a, second = found->condition.b;
  const xf::DimProver &prover = shapes.getProver();
  bool hasElements =
      prover.getRange(first).min > 0 && prover.getRange(second).min > 0;
  Dim wide = widen(first, second, hasElements);
  OpBuilder b(op), top = OpBuilder::atBlockBegin(module.getBody());
  if (covers(first, second))
    wide = first;
  else if (covers(second, first))
    wide = second;
  else
    xf::Require::create(top, op->getLoc(),
                        xf::unlessOne(first, second).getAttr(),
                        xf::unlessOne(second, first).getAttr(),
                        top.getStringAttr(found->condition.what));
  // Axes count from the last.
  SmallVector<SmallVector<Dim>> dims;
  size_t rank = 0;
  for (Value operand : op->getOperands()) {
    dims.push_back(SmallVector<Dim>(shapes.getKnownDims(operand)));
    rank = std::max(rank, dims.back().size());
  }
  auto at = [&](size_t operand, size_t back) {
    return back < dims[operand].size()
               ? dims[operand][dims[operand].size() - 1 - back]
               : Dim();
  };
  for (size_t back = 0; back < rank; ++back) {
    auto any = [&](Dim dim) {
      return llvm::any_of(llvm::seq(dims.size()),
                          [&](size_t i) { return at(i, back) == dim; });
    };
    if (!any(first) || !any(second))
      continue;
    for (size_t i = 0; i < dims.size(); ++i)
      if (Dim dim = at(i, back);
          dim != wide && (dim == first || dim == second)) {
        size_t axis = dims[i].size() - 1 - back;
        op->setOperand(i,
                       stretch(b, op, op->getOperand(i), dims[i], axis, wide));
        dims[i][axis] = wide;
      }
  }
  return true;
}
