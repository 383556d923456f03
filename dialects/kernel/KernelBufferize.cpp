//===- KernelBufferize.cpp - From tensors to memrefs ----------------------===//

#include "dialects/kernel/KernelOps.h"
#include "dialects/xf/XfDynamic.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace hagane;
using namespace hagane::kernel;

namespace {
/// The same operation on the buffers of its operands. A kernel overwrites the
/// whole of its outs, so their old contents are never read, unless it keeps
/// what it does not write.
template <typename OpTy>
struct KernelModel
    : DstBufferizableOpInterfaceExternalModel<KernelModel<OpTy>, OpTy> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &) const {
    return op->hasAttr(kKeepsAttr) ||
           !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto dps = cast<DestinationStyleOpInterface>(op);
    if (dps.hasPureBufferSemantics())
      return success();
    SmallVector<Value> operands, results;
    for (OpOperand &operand : op->getOpOperands()) {
      FailureOr<Value> buffer = operand.get();
      if (isa<TensorType>(operand.get().getType()))
        buffer = getBuffer(rewriter, operand.get(), options, state);
      if (failed(buffer))
        return failure();
      operands.push_back(*buffer);
      if (dps.isDpsInit(&operand))
        results.push_back(*buffer);
    }
    rewriter.setInsertionPoint(op);
    OperationState clone(op->getLoc(), op->getName(), operands, TypeRange(),
                         {});
    clone.attributes = op->getDiscardableAttrDictionary();
    clone.propertiesAttr = op->getPropertiesAsAttribute();
    for (Region &region : op->getRegions())
      clone.addRegion()->takeBody(region);
    rewriter.create(clone);
    replaceOpWithBufferizedValues(rewriter, op, results);
    return success();
  }
};

/// A read-only buffer in the weight segment.
struct GetGlobalModel
    : BufferizableOpInterface::ExternalModel<GetGlobalModel, GetGlobal> {
  AliasingOpOperandList getAliasingOpOperands(Operation *, Value,
                                              const AnalysisState &) const {
    return {};
  }
  bool bufferizesToAllocation(Operation *, Value) const { return false; }
  bool isWritable(Operation *, Value, const AnalysisState &) const {
    return false;
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &,
                          BufferizationState &) const {
    auto get = cast<GetGlobal>(op);
    auto type = dyn_cast<RankedTensorType>(get.getY().getType());
    if (!type)
      return success();
    auto buffer = MemRefType::get(type.getShape(), type.getElementType());
    replaceOpWithNewBufferizedOp<GetGlobal>(rewriter, op, buffer,
                                            get.getName());
    return success();
  }
};
/// The host reads the size from its buffer.
struct BindModel : BufferizableOpInterface::ExternalModel<BindModel, xf::Bind> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const AnalysisState &) const {
    return true;
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &,
                               const AnalysisState &) const {
    return false;
  }
  AliasingValueList getAliasingValues(Operation *, OpOperand &,
                                      const AnalysisState &) const {
    return {};
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto bind = cast<xf::Bind>(op);
    if (!isa<TensorType>(bind.getSize().getType()))
      return success();
    FailureOr<Value> buffer =
        getBuffer(rewriter, bind.getSize(), options, state);
    if (failed(buffer))
      return failure();
    replaceOpWithNewBufferizedOp<xf::Bind>(rewriter, op, bind.getSymbolAttr(),
                                           *buffer);
    return success();
  }
};
/// The host reads the sizes from the buffer's descriptor.
struct MeasureModel
    : BufferizableOpInterface::ExternalModel<MeasureModel, xf::Measure> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const AnalysisState &) const {
    return false;
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &,
                               const AnalysisState &) const {
    return false;
  }
  AliasingValueList getAliasingValues(Operation *op, OpOperand &,
                                      const AnalysisState &) const {
    return {{op->getOpResult(0), BufferRelation::Equivalent}};
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto measure = cast<xf::Measure>(op);
    if (!measure.getY())
      return success();
    FailureOr<Value> buffer =
        getBuffer(rewriter, measure.getX(), options, state);
    if (failed(buffer))
      return failure();
    xf::Measure::create(rewriter, op->getLoc(), Type(), *buffer,
                        measure.getDims(), measure.getBinds());
    replaceOpWithBufferizedValues(rewriter, op, *buffer);
    return success();
  }
};
} // namespace

void hagane::kernel::registerBufferizableOpInterfaces(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, KernelDialect *) {
    Gemm::attachInterface<KernelModel<Gemm>>(*context);
    Conv::attachInterface<KernelModel<Conv>>(*context);
    Window::attachInterface<KernelModel<Window>>(*context);
    Attention::attachInterface<KernelModel<Attention>>(*context);
    Rows::attachInterface<KernelModel<Rows>>(*context);
    Map::attachInterface<KernelModel<Map>>(*context);
    Reduce::attachInterface<KernelModel<Reduce>>(*context);
    Gather::attachInterface<KernelModel<Gather>>(*context);
    Write::attachInterface<KernelModel<Write>>(*context);
    Task::attachInterface<KernelModel<Task>>(*context);
    GetGlobal::attachInterface<GetGlobalModel>(*context);
  });
  registry.addExtension(+[](MLIRContext *context, xf::XfDialect *) {
    xf::Bind::attachInterface<BindModel>(*context);
    xf::Measure::attachInterface<MeasureModel>(*context);
  });
}
