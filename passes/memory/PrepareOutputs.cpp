//===- PrepareOutputs.cpp - Results get destinations ----------------------===//

#include "dialects/xf/XfDynamic.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "passes/memory/Passes.h"
#include "passes/shapes/ShapeAnalysis.h"

namespace hagane {
#define GEN_PASS_DEF_PREPAREOUTPUTSPASS
#include "passes/memory/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;

namespace {

/// Follows reshapes of the result back, undoing them on the destination, so
/// that the kernel before them writes into it. `others` are results too.
void sinkReshapes(OpBuilder &builder, Value &result, Value &destination,
                  ArrayRef<Value> others) {
  while (Operation *op = result.getDefiningOp()) {
    // The return has let go of it: any use is another reader.
    if (!result.use_empty() || llvm::is_contained(others, result))
      return;
    if (auto castOp = dyn_cast<tensor::CastOp>(op)) {
      auto type = dyn_cast<RankedTensorType>(castOp.getSource().getType());
      if (!type)
        return;
      result = castOp.getSource();
      destination = memref::CastOp::create(
          builder, op->getLoc(),
          MemRefType::get(type.getShape(), type.getElementType()), destination);
    } else if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
      result = expand.getSrc();
      destination = memref::CollapseShapeOp::create(
          builder, op->getLoc(), destination, expand.getReassociationIndices());
      auto wanted = cast<RankedTensorType>(result.getType());
      auto type = MemRefType::get(wanted.getShape(), wanted.getElementType());
      if (type != destination.getType())
        destination =
            memref::CastOp::create(builder, op->getLoc(), type, destination);
    } else {
      return;
    }
    op->erase();
  }
}

/// Whether a dimension in a list depends on a size that the run computes.
bool isLate(Attribute dims, func::FuncOp function) {
  auto module = function->getParentOfType<ModuleOp>();
  bool late = false;
  for (xf::Dim dim : getDimsFrom(dims))
    dim.forEachSymbol([&](StringRef name) {
      late |= module && module.lookupSymbol<xf::ComputedSize>(name);
    });
  return late;
}

bool isOfControlFlow(Value value) {
  Operation *op = value.getDefiningOp();
  while (isa_and_nonnull<xf::Measure, tensor::CastOp>(op))
    op = op->getOperand(0).getDefiningOp();
  return isa_and_nonnull<RegionBranchOpInterface>(op);
}

struct PrepareOutputs : hagane::impl::PrepareOutputsPassBase<PrepareOutputs> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal() || function.isPrivate() ||
        function.getNumResults() == 0)
      return;
    if (!function.getBody().hasOneBlock()) {
      function.emitError("expects one block, got ")
          << function.getBody().getBlocks().size();
      return signalPassFailure();
    }
    Operation *ret = function.front().getTerminator();
    OpBuilder builder(ret);
    SmallVector<Value> results(ret->getOperands());
    SmallVector<DictionaryAttr> attributes;
    function.getAllResultAttrs(attributes);
    attributes.resize(results.size());
    ret->setOperands({});
    function.setType(
        FunctionType::get(&getContext(), function.getArgumentTypes(), {}));
    function.setResAttrsAttr(nullptr);
    for (auto [i, result] : llvm::enumerate(results)) {
      auto type = dyn_cast<RankedTensorType>(result.getType());
      if (!type) {
        function.emitError("expects results to be ranked tensors, got ")
            << result.getType();
        return signalPassFailure();
      }
      auto memref = MemRefType::get(type.getShape(), type.getElementType());
      NamedAttrList attrs(attributes[i] ? attributes[i]
                                        : DictionaryAttr::get(&getContext()));
      attrs.set("kernel.output", builder.getI64IntegerAttr(i));
      unsigned number = function.getNumArguments();
      if (failed(function.insertArgument(number, memref,
                                         attrs.getDictionary(&getContext()),
                                         result.getLoc())))
        return signalPassFailure();
      Value destination = function.getArgument(number);
      Location loc = result.getLoc();
      // Where control flow ends in the value, the memory of an output of
      // computed sizes is not asked for before it.
      bool late = isLate(attrs.get("xf.dims"), function);
      if (late && isOfControlFlow(result))
        destination = memref::CastOp::create(builder, loc, memref, destination);
      // Views of the destination come first, so that they dominate kernels. An
      // output whose size the run computes has no memory there yet.
      OpBuilder views = OpBuilder::atBlockBegin(&function.front());
      if (!late)
        sinkReshapes(views, result, destination,
                     ArrayRef(results).drop_front(i + 1));
      bufferization::MaterializeInDestinationOp::create(
          builder, loc, Type(), result, destination,
          /*restrict=*/true, /*writable=*/true);
    }
  }
};

} // namespace
