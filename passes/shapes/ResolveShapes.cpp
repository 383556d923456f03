//===- ResolveShapes.cpp - Shape arithmetic becomes symbolic dimensions ---===//

#include "dialects/xf/XfDynamic.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/shapes/AssumeSizes.h"
#include "passes/shapes/BindSizes.h"
#include "passes/shapes/Passes.h"
#include "passes/shapes/ShapeAnalysis.h"
#include "llvm/ADT/TypeSwitch.h"

namespace hagane {
#define GEN_PASS_DEF_RESOLVESHAPESPASS
#include "passes/shapes/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using xf::Dim;
using xf::Facts;

namespace {

/// A model has a handful of symbols; far more rounds would be a bad sign.
constexpr int64_t kMaxRounds = 256;

/// Whether all contents of a size tensor are known to the host.
bool hasKnownContent(ShapeAnalysis &shapes, const Facts &facts) {
  return facts.content && shapes.areResolved(*facts.content);
}

/// Replaces a small integer tensor by its contents.
void materializeContent(Operation *op, OpResult result, ShapeAnalysis &shapes,
                        OpBuilder &builder) {
  auto type = cast<RankedTensorType>(result.getType());
  Facts facts = shapes.get(result);
  if (!isa<IntegerType>(type.getElementType()) || type.getRank() > 1 ||
      !hasKnownContent(shapes, facts) || !facts.getType().hasStaticShape() ||
      result.use_empty())
    return;
  type = facts.getType();
  builder.setInsertionPoint(op);
  auto isConstant = [](Dim dim) { return dim.getConstant().has_value(); };
  Value value;
  if (llvm::all_of(*facts.content, isConstant)) {
    unsigned width = type.getElementTypeBitWidth();
    auto elements = llvm::map_to_vector(*facts.content, [&](Dim dim) {
      return APInt(width, static_cast<uint64_t>(*dim.getConstant()),
                   /*isSigned=*/true, /*implicitTrunc=*/true);
    });
    auto attr = DenseElementsAttr::get(type, ArrayRef<APInt>(elements));
    value =
        xf::Constant::create(builder, op->getLoc(), type, attr, StringAttr());
  } else {
    value = xf::Dims::create(builder, op->getLoc(), type,
                             getDimsAttr(op->getContext(), *facts.content),
                             TypeAttr::get(type));
  }
  shapes.set(value, facts);
  result.replaceAllUsesWith(value);
}

/// The attribute for a size operand whose contents are known; null otherwise.
ArrayAttr getKnown(ShapeAnalysis &shapes, Value operand) {
  if (!operand)
    return {};
  const Facts &facts = shapes.get(operand);
  return hasKnownContent(shapes, facts)
             ? getDimsAttr(operand.getContext(), *facts.content)
             : ArrayAttr();
}

/// The result's shape, if the host can compute it: a stronger form of a shape
/// operand, with -1 and copied zeros worked out.
ArrayAttr getResultShape(ShapeAnalysis &shapes, Value result) {
  ArrayRef<Dim> dims = shapes.getDims(result);
  return shapes.areResolved(dims) ? getDimsAttr(result.getContext(), dims)
                                  : ArrayAttr();
}

void foldSizes(xf::Reshape op, ShapeAnalysis &shapes) {
  ArrayAttr shape = getResultShape(shapes, op.getY());
  if (!shape)
    return;
  op.getShapeValueMutable().clear();
  op.setShapeAttr(shape);
  op.setCopyZero(false);
}

void foldSizes(xf::Broadcast op, ShapeAnalysis &shapes) {
  if (ArrayAttr shape = getResultShape(shapes, op.getY())) {
    op.getShapeValueMutable().clear();
    op.setShapeAttr(shape);
  }
}

void foldSizes(xf::Resize op, ShapeAnalysis &shapes) {
  if (ArrayAttr sizes = getResultShape(shapes, op.getY())) {
    op.getSizesValueMutable().clear();
    op.setSizesAttr(sizes);
  }
}

void foldSizes(xf::FoldWindows op, ShapeAnalysis &shapes) {
  if (ArrayAttr shape = getResultShape(shapes, op.getY())) {
    op.getSizesValueMutable().clear();
    op.setSizesAttr(
        ArrayAttr::get(op.getContext(), shape.getValue().drop_front(2)));
  }
}

void foldSizes(xf::Slice op, ShapeAnalysis &shapes) {
  if (ArrayAttr starts = getKnown(shapes, op.getStartsValue())) {
    op.getStartsValueMutable().clear();
    op.setStartsAttr(starts);
  }
  if (ArrayAttr ends = getKnown(shapes, op.getEndsValue())) {
    op.getEndsValueMutable().clear();
    op.setEndsAttr(ends);
  }
}

void foldSizes(xf::Pad op, ShapeAnalysis &shapes) {
  if (ArrayAttr pads = getKnown(shapes, op.getPadsValue())) {
    op.getPadsValueMutable().clear();
    op.setPadsAttr(pads);
  }
}

void foldSizes(xf::TopK op, ShapeAnalysis &shapes) {
  if (ArrayAttr k = getKnown(shapes, op.getKValue())) {
    op.getKValueMutable().clear();
    op.setKAttr(k);
  }
}

void foldSizes(xf::CacheWrite op, ShapeAnalysis &shapes) {
  if (ArrayAttr extent = getKnown(shapes, op.getExtentValue())) {
    op.getExtentValueMutable().clear();
    op.setExtentAttr(extent);
  }
}

void foldSizes(xf::Range op, ShapeAnalysis &shapes) {
  SmallVector<Attribute> bounds;
  for (Value operand : {op.getStart(), op.getLimit(), op.getDelta()}) {
    ArrayAttr content = getKnown(shapes, operand);
    if (!content || content.size() != 1)
      return;
    bounds.push_back(content[0]);
  }
  if (!Dim(cast<xf::DimAttr>(bounds[2])).getConstant())
    return;
  op.getStartMutable().clear();
  op.getLimitMutable().clear();
  op.getDeltaMutable().clear();
  op.setBoundsAttr(ArrayAttr::get(op.getContext(), bounds));
}

void foldSizeOperands(Operation *op, ShapeAnalysis &shapes) {
  llvm::TypeSwitch<Operation *>(op)
      .Case<xf::Reshape, xf::Broadcast, xf::Resize, xf::FoldWindows, xf::Slice,
            xf::Pad, xf::TopK, xf::CacheWrite, xf::Range>(
          [&](auto concrete) { foldSizes(concrete, shapes); });
}

/// Gives a value its more static type; users outside xf keep the old one.
void refineType(Value value, ShapeAnalysis &shapes, OpBuilder &builder) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return;
  Facts facts = shapes.get(value);
  RankedTensorType refined = facts.getType();
  if (refined == type || refined.getElementType() != type.getElementType() ||
      refined.getNumDynamicDims() >= type.getNumDynamicDims())
    return;
  value.setType(refined);
  Value cast;
  for (OpOperand &use : llvm::make_early_inc_range(value.getUses())) {
    if (isa<xf::SymbolicShapeOpInterface, func::ReturnOp>(use.getOwner()))
      continue;
    if (!cast) {
      builder.setInsertionPointAfterValue(value);
      cast = tensor::CastOp::create(builder, value.getLoc(), type, value);
    }
    use.set(cast);
  }
}

/// Makes a function's type that of its arguments and returned values.
void updateType(func::FuncOp function) {
  if (function.isExternal())
    return;
  Operation *terminator = function.front().getTerminator();
  function.setType(FunctionType::get(function.getContext(),
                                     function.front().getArgumentTypes(),
                                     terminator->getOperandTypes()));
}

/// Writes down what the analysis learnt.
void applyFacts(ModuleOp module, ShapeAnalysis &shapes) {
  OpBuilder builder(module.getContext());
  SmallVector<Operation *> ops;
  module->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<xf::SymbolicShapeOpInterface>(op))
      ops.push_back(op);
  });
  for (auto function : module.getOps<func::FuncOp>())
    for (BlockArgument argument : function.getArguments())
      refineType(argument, shapes, builder);
  for (Operation *op : ops) {
    foldSizeOperands(op, shapes);
    for (OpResult result : op->getResults()) {
      refineType(result, shapes, builder);
      if (!isa<xf::Constant, xf::Dims>(op))
        materializeContent(op, result, shapes, builder);
    }
  }
  for (auto function : module.getOps<func::FuncOp>())
    updateType(function);
}

struct ResolveShapes : hagane::impl::ResolveShapesPassBase<ResolveShapes> {
  using ResolveShapesPassBase::ResolveShapesPassBase;

  void runOnOperation() override {
    if (!compute) {
      // Symbols that must be others are settled while the operations that say
      // so have the sizes that exporters gave them.
      for (int64_t rounds = 0; rounds < kMaxRounds; ++rounds)
        if (!narrowSymbols(getOperation(), ShapeAnalysis(getOperation())))
          break;
      // Errors are left to the pass that goes on from here.
      ShapeAnalysis shapes(getOperation());
      if (shapes.isConsistent())
        applyFacts(getOperation(), shapes);
      return;
    }
    bindSizes(getOperation());
    // Each round settles one more symbol, or what those left open.
    auto settle = [&] {
      ShapeAnalysis shapes(getOperation());
      return narrowSymbols(getOperation(), shapes) ||
             requireSizes(getOperation(), shapes);
    };
    for (int64_t rounds = 0; rounds < kMaxRounds && settle(); ++rounds)
      ;
    tidyRequirements(getOperation());
    ShapeAnalysis shapes(getOperation(), /*report=*/true);
    if (!shapes.isConsistent())
      return signalPassFailure();
    applyFacts(getOperation(), shapes);
  }
};

} // namespace
