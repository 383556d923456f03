//===- Bufferize.cpp - One-Shot Bufferize with our options ----------------===//

#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotModuleBufferize.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/memory/Passes.h"

namespace hagane {
#define GEN_PASS_DEF_BUFFERIZEPASS
#include "passes/memory/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;

static bufferization::OneShotBufferizationOptions getOptions() {
  bufferization::OneShotBufferizationOptions options;
  options.bufferizeFunctionBoundaries = true;
  // Of values whose sizes change from one iteration to the next.
  options.allowReturnAllocsFromLoops = true;
  options.setFunctionBoundaryTypeConversion(
      bufferization::LayoutMapOption::IdentityLayoutMap);
  options.unknownTypeConverterFn =
      [](TensorType type, Attribute space,
         const bufferization::BufferizationOptions &) {
        return bufferization::getMemRefTypeWithStaticIdentityLayout(type,
                                                                    space);
      };
  // Weights stay expressions on tensors until the module is written.
  options.opFilter.denyOperation([](Operation *op) {
    return isa<kernel::Global>(op) || op->getParentOfType<kernel::Global>();
  });
  return options;
}

/// The part of a destination that the source of an insertion was computed
/// into, if it was; its operand in the kernel.
static OpOperand *findPart(tensor::InsertSliceOp insert, Value destination) {
  auto result = dyn_cast<OpResult>(insert.getSource());
  auto dps = insert.getSource().getDefiningOp<DestinationStyleOpInterface>();
  if (!dps)
    return nullptr;
  OpOperand *init = dps.getTiedOpOperand(result);
  auto part = init->get().getDefiningOp<tensor::ExtractSliceOp>();
  return part && part.getSource() == destination ? init : nullptr;
}

/// Has an insertion write into `own` instead of its destination, and the kernel
/// before it too.
static void insertInto(Value own, tensor::InsertSliceOp insert,
                       RewriterBase &rewriter) {
  if (OpOperand *init = findPart(insert, insert.getDest())) {
    auto part = init->get().getDefiningOp<tensor::ExtractSliceOp>();
    rewriter.setInsertionPoint(part);
    auto copy = cast<tensor::ExtractSliceOp>(rewriter.clone(*part));
    copy.getSourceMutable().assign(own);
    init->set(copy);
  }
  insert.getDestMutable().assign(own);
}

/// One tensor.empty per kernel, or per row of insertions: a shared one would
/// tie kernels to one buffer for the whole of their common life.
static void separateDestinations(func::FuncOp function,
                                 RewriterBase &rewriter) {
  SmallVector<tensor::EmptyOp> ops;
  function.walk([&](tensor::EmptyOp op) { ops.push_back(op); });
  for (tensor::EmptyOp op : ops)
    for (OpOperand &use : llvm::make_early_inc_range(op->getUses())) {
      rewriter.setInsertionPoint(op);
      if (isa<kernel::KernelOpInterface>(use.getOwner())) {
        use.set(rewriter.clone(*op)->getResult(0));
        continue;
      }
      auto insert = dyn_cast<tensor::InsertSliceOp>(use.getOwner());
      if (!insert || use.get() != insert.getDest())
        continue;
      insertInto(rewriter.clone(*op)->getResult(0), insert, rewriter);
    }
}

/// Whether others than this insertion and the kernel of its part use `value`.
static bool isUsedBeside(tensor::InsertSliceOp insert, Value value) {
  OpOperand *init = findPart(insert, value);
  Operation *part = init ? init->get().getDefiningOp() : nullptr;
  return (part && !part->hasOneUse()) ||
         llvm::any_of(value.getUsers(), [&](Operation *user) {
           return user != insert && user != part;
         });
}

/// The tensor.empty that a kernel fills with a scalar; null for other kernels.
static tensor::EmptyOp findFilled(kernel::KernelOpInterface op) {
  auto dps = cast<DestinationStyleOpInterface>(op.getOperation());
  bool isFill = isa<kernel::Map>(op) && dps.getNumDpsInits() == 1 &&
                llvm::all_of(dps.getDpsInputs(), [](Value input) {
                  auto type = dyn_cast<RankedTensorType>(input.getType());
                  return type && type.getRank() == 0;
                });
  return isFill ? dps.getDpsInits().front().getDefiningOp<tensor::EmptyOp>()
                : tensor::EmptyOp();
}

/// Another value like a kernel's: filled once more, which takes no longer than
/// a copy, or copied.
static Value makeAnother(kernel::KernelOpInterface op, Value value,
                         RewriterBase &rewriter) {
  rewriter.setInsertionPointAfter(op);
  tensor::EmptyOp empty = findFilled(op);
  if (!empty)
    return bufferization::AllocTensorOp::create(
        rewriter, op.getLoc(), cast<RankedTensorType>(value.getType()),
        ValueRange(), value);
  IRMapping mapping;
  mapping.map(empty.getResult(), rewriter.clone(*empty)->getResult(0));
  return rewriter.clone(*op, mapping)->getResult(0);
}

/// What a kernel filled and several insertions or kernels start from, each gets
/// for itself: one of them may become an output's memory, which the others
/// cannot share.
static void separateStarts(func::FuncOp function, RewriterBase &rewriter) {
  function.walk([&](tensor::InsertSliceOp insert) {
    Value start = insert.getDest();
    auto op = start.getDefiningOp<kernel::KernelOpInterface>();
    if (op && isUsedBeside(insert, start))
      insertInto(makeAnother(op, start, rewriter), insert, rewriter);
  });
  function.walk([&](kernel::KernelOpInterface kernel) {
    auto dps = cast<DestinationStyleOpInterface>(kernel.getOperation());
    for (OpOperand &init : dps.getDpsInitsMutable()) {
      auto op = init.get().getDefiningOp<kernel::KernelOpInterface>();
      if (op && !init.get().hasOneUse() && findFilled(op))
        init.set(makeAnother(op, init.get(), rewriter));
    }
  });
}

/// Results made by insertions: their tensor.empty is the destination itself,
/// so that the parts are written there too.
static void insertIntoDestinations(func::FuncOp function,
                                   RewriterBase &rewriter) {
  function.walk([&](bufferization::MaterializeInDestinationOp op) {
    Value source = op.getSource(), destination = op.getDest();
    while (auto insert = source.getDefiningOp<tensor::InsertSliceOp>())
      source = insert.getDest();
    auto empty = source.getDefiningOp<tensor::EmptyOp>();
    if (!empty || source == op.getSource() ||
        !isa<MemRefType>(destination.getType()))
      return;
    rewriter.setInsertionPointAfterValue(destination);
    Value tensor = bufferization::ToTensorOp::create(
        rewriter, op.getLoc(), source.getType(), destination,
        /*restrict=*/true, /*writable=*/true);
    rewriter.replaceOp(empty, tensor);
  });
}

/// What a loop's test only passes on needs no copy of its own: nobody reads the
/// original any more.
static void passOnWithoutCopies(scf::WhileOp loop) {
  for (OpOperand &passed : loop.getConditionOp().getArgsMutable()) {
    auto alloc = passed.get().getDefiningOp<memref::AllocOp>();
    if (!alloc || alloc->getBlock() != loop.getBeforeBody() ||
        llvm::range_size(alloc->getUsers()) != 2)
      continue;
    for (Operation *user : alloc->getUsers()) {
      auto copy = dyn_cast<memref::CopyOp>(user);
      if (!copy || !isa<BlockArgument>(copy.getSource()) ||
          copy.getSource().getType() != alloc.getType())
        continue;
      passed.set(copy.getSource());
      copy.erase();
      alloc.erase();
      break;
    }
  }
}

namespace {
struct Bufferize : hagane::impl::BufferizePassBase<Bufferize> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    for (auto function : module.getOps<func::FuncOp>())
      for (BlockArgument argument : function.getArguments())
        if (isa<TensorType>(argument.getType())) {
          unsigned i = argument.getArgNumber();
          bool isState =
              static_cast<bool>(function.getArgAttr(i, "kernel.state"));
          function.setArgAttr(i, "bufferization.writable",
                              BoolAttr::get(&getContext(), isState));
        }
    IRRewriter rewriter(&getContext());
    for (auto function : module.getOps<func::FuncOp>()) {
      separateDestinations(function, rewriter);
      separateStarts(function, rewriter);
      insertIntoDestinations(function, rewriter);
      if (failed(bufferization::eliminateEmptyTensors(rewriter, function)))
        return signalPassFailure();
    }
    bufferization::BufferizationState state;
    if (failed(bufferization::runOneShotModuleBufferize(module, getOptions(),
                                                        state)))
      return signalPassFailure();
    module.walk(passOnWithoutCopies);
    for (auto function : module.getOps<func::FuncOp>())
      for (unsigned i = 0, e = function.getNumArguments(); i != e; ++i)
        function.removeArgAttr(i, "bufferization.writable");
  }
};
} // namespace
