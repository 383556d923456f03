//===- FormKernels.cpp - Operations become kernels ------------------------===//

#include "dialects/xf/XfDynamic.h"
#include "dialects/xf/XfQuantization.h"
#include "dialects/xf/XfSpecial.h"
#include "dialects/xf/XfState.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "passes/kernels/CodedInput.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/Passes.h"

namespace hagane {
#define GEN_PASS_DEF_FORMKERNELSPASS
#include "passes/kernels/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;

namespace {

using Handler = LogicalResult (*)(Operation *, KernelBuilder &);

template <typename OpTy> LogicalResult handle(Operation *op, KernelBuilder &b) {
  return form(cast<OpTy>(op), b);
}

template <typename... OpTys> llvm::StringMap<Handler> makeHandlers() {
  llvm::StringMap<Handler> handlers;
  (handlers.try_emplace(OpTys::getOperationName(), handle<OpTys>), ...);
  return handlers;
}

const llvm::StringMap<Handler> &getHandlers() {
  // One a line.
  // clang-format off
  static const auto handlers = makeHandlers<
      xf::ArgReduce,
      xf::Attention,
      xf::Broadcast,
      xf::CacheAppend,
      xf::CacheWrite,
      xf::Compact,
      xf::Concat,
      xf::Conv,
      xf::CumProd,
      xf::CumSum,
      xf::Dequantize,
      xf::Determinant,
      xf::Dims,
      xf::FoldWindows,
      xf::Gather,
      xf::GatherElements,
      xf::GatherNd,
      xf::GridSample,
      xf::GroupNorm,
      xf::Inverse,
      xf::Item,
      xf::LayerNorm,
      xf::Linear,
      xf::LinearAttention,
      xf::MatMul,
      xf::Pad,
      xf::Pool,
      xf::PoolIndices,
      xf::PutItem,
      xf::Quantize,
      xf::QuantizeRows,
      xf::Range,
      xf::Recurrent,
      xf::Reduce,
      xf::Reshape,
      xf::Resize,
      xf::RmsNorm,
      xf::RoiAlign,
      xf::RoiPool,
      xf::Rotary,
      xf::ScatterElements,
      xf::ScatterNd,
      xf::Slice,
      xf::Softmax,
      xf::SortRows,
      xf::StateAlign,
      xf::StateAppend,
      xf::StatePlaces,
      xf::Stretch,
      xf::SuppressBoxes,
      xf::TopK,
      xf::Transpose,
      xf::Trilu>();
  // clang-format on
  return handlers;
}

/// Whether the host can compute all sizes that the operation involves.
LogicalResult checkShapes(Operation *op, KernelBuilder &b) {
  for (Value value : llvm::concat<Value>(SmallVector<Value>(op->getOperands()),
                                         SmallVector<Value>(op->getResults())))
    if (isa<RankedTensorType>(value.getType()) &&
        !b.shapes.areResolved(b.shapes.getDims(value)))
      return b.cannotForm(op,
                          "it has a size that only running the model tells");
  return success();
}

LogicalResult formOne(Operation *op, KernelBuilder &b) {
  b.rewriter.setInsertionPoint(op);
  if (failed(checkShapes(op, b)))
    return failure();
  if (ScalarBuilder scalar = findScalarBuilder(op))
    return formElementwise(op, scalar, b);
  if (Handler handler = getHandlers().lookup(op->getName().getStringRef()))
    return handler(op, b);
  return b.cannotForm(op, "there is no kernel for it");
}

/// Whether an operation forms kernels of its operands as well.
bool absorbs(Operation *op) {
  if (isa<xf::Attention, xf::Rotary, xf::CacheWrite, xf::StateAppend>(op))
    return true;
  if (auto linear = dyn_cast<xf::Linear>(op))
    return isOfCodes(linear.getX());
  return isa<xf::Concat, xf::CacheAppend>(op) &&
         llvm::any_of(op->getOperands(), findPlacedRotary);
}

/// Whether the one user forms an operation's kernels.
bool isAbsorbed(Operation *op) {
  return isa<xf::Rotary>(op) && op->hasOneUse() &&
         isa<xf::Concat, xf::CacheAppend>(*op->user_begin());
}

/// Whether nobody reads the results but operations that nobody reads: what was
/// absorbed stays until the end.
bool isDead(Operation *op, int depth = 8) {
  return llvm::all_of(op->getUsers(), [&](Operation *user) {
    return depth > 0 && isa<xf::SymbolicShapeOpInterface>(user) &&
           isDead(user, depth - 1);
  });
}

/// The outermost operations first where they absorb their neighbours.
SmallVector<Operation *> collect(func::FuncOp function) {
  SmallVector<Operation *> absorbing, others;
  function.walk([&](Operation *op) {
    if (isAbsorbed(op))
      return;
    if (absorbs(op))
      absorbing.push_back(op);
    else if (isa<xf::SymbolicShapeOpInterface>(op) && !isa<xf::Constant>(op))
      others.push_back(op);
  });
  absorbing.append(others);
  return absorbing;
}

bool isConstant(Operation *op, KernelBuilder &b) {
  return op->getNumResults() > 0 &&
         llvm::all_of(op->getResults(), [&](Value result) {
           return b.isConstantExpression(result);
         });
}

struct FormKernels : hagane::impl::FormKernelsPassBase<FormKernels> {
  using FormKernelsPassBase::FormKernelsPassBase;

  void runOnOperation() override {
    ShapeAnalysis shapes(getOperation(), /*report=*/true);
    if (!shapes.isConsistent())
      return signalPassFailure();
    IRRewriter rewriter(&getContext());
    KernelBuilder b(getOperation(), shapes, rewriter, {panel, chunkBytes});
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && failed(formFunction(function, b)))
        return signalPassFailure();
  }

  LogicalResult formFunction(func::FuncOp function, KernelBuilder &b) {
    noteResultShapes(function, b);
    SmallVector<Operation *> ops = collect(function);
    for (Operation *op : llvm::make_early_inc_range(ops)) {
      // Parts of constants stay until nobody reads them; absorbed ones are
      // dead.
      if (isDead(op) || isConstant(op, b))
        continue;
      if (failed(formOne(op, b)))
        return failure();
    }
    function.walk([&](Operation *op) {
      if (!isa<func::ReturnOp, scf::YieldOp, scf::ConditionOp, scf::ForOp,
               scf::WhileOp, arith::SelectOp, tensor::CastOp, xf::Measure,
               xf::Bind>(op))
        return;
      b.rewriter.setInsertionPoint(op);
      for (OpOperand &operand : op->getOpOperands())
        if (isa<RankedTensorType>(operand.get().getType()))
          operand.set(b.tensor(operand.get()));
    });
    eraseDead(function);
    return success();
  }

  /// Symbolic shapes of results, for the host and the module's signature.
  void noteResultShapes(func::FuncOp function, KernelBuilder &b) {
    Operation *ret = function.front().getTerminator();
    for (auto [i, value] : llvm::enumerate(ret->getOperands()))
      if (isa<RankedTensorType>(value.getType()))
        function.setResultAttr(
            i, "xf.dims", getDimsAttr(&getContext(), b.shapes.getDims(value)));
  }

  void eraseDead(func::FuncOp function) {
    SmallVector<Operation *> ops;
    function.walk([&](xf::SymbolicShapeOpInterface op) { ops.push_back(op); });
    for (Operation *op : llvm::reverse(ops))
      if (op->use_empty())
        op->erase();
  }
};

} // namespace
