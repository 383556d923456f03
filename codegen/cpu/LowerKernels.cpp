//===- LowerKernels.cpp - Kernel functions to loops -----------------------===//

#include "codegen/cpu/Lowering.h"
#include "codegen/cpu/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace hagane::cpu {
#define GEN_PASS_DEF_LOWERKERNELSPASS
#include "codegen/cpu/Passes.h.inc"

namespace {

LogicalResult lower(Operation *op, const KernelBody &body,
                    ImplicitLocOpBuilder &b) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](kernel::Gemm gemm) { return lowerGemm(gemm, body, b); })
      .Case([&](kernel::Conv conv) { return lowerConv(conv, body, b); })
      .Case([&](kernel::Window window) { return lowerWindow(window, body, b); })
      .Case([&](kernel::Attention attention) {
        return lowerAttention(attention, body, b);
      })
      .Case([&](kernel::Rows rows) { return lowerRows(rows, body, b); })
      .Case([&](kernel::Map map) { return lowerMap(map, body, b); })
      .Case([&](kernel::Reduce reduce) { return lowerReduce(reduce, body, b); })
      .Case([&](kernel::Gather gather) { return lowerGather(gather, body, b); })
      .Case([&](kernel::Write write) { return lowerWrite(write, body, b); })
      .Case([&](kernel::Task task) { return lowerTask(task, body, b); })
      .Default([](Operation *other) {
        return other->emitError("has no lowering to CPU code");
      });
}

/// Integers of memory without signs, which LLVM's memory does not have: what
/// an operation does with them is chosen by then.
Type dropSigns(Type type) {
  AttrTypeReplacer replacer;
  replacer.addReplacement([](IntegerType integer) {
    return IntegerType::get(integer.getContext(), integer.getWidth());
  });
  return replacer.replace(type);
}

/// Retypes the function's body; its arguments stay as callers pass them.
void dropSigns(func::FuncOp function) {
  ImplicitLocOpBuilder b(function.getLoc(), function.getContext());
  b.setInsertionPointToStart(&function.front());
  for (BlockArgument argument : function.getArguments()) {
    Type type = dropSigns(argument.getType());
    if (type == argument.getType())
      continue;
    auto cast = UnrealizedConversionCastOp::create(b, type, argument);
    argument.replaceAllUsesExcept(cast.getResult(0), cast);
  }
  SmallVector<Operation *> casts;
  function.front().walk([&](Operation *op) {
    for (Value result : op->getResults())
      result.setType(dropSigns(result.getType()));
    for (Region &region : op->getRegions())
      for (BlockArgument argument : region.getArguments())
        argument.setType(dropSigns(argument.getType()));
    if (isa<UnrealizedConversionCastOp>(op) &&
        op->getOperandTypes() == op->getResultTypes())
      casts.push_back(op);
  });
  for (Operation *op : casts) {
    op->replaceAllUsesWith(op->getOperands());
    op->erase();
  }
}

/// Sets the body's report and check: the arguments before the range.
LogicalResult findReport(func::FuncOp function, KernelBody &body) {
  if (!function->hasAttr("kernel.reports"))
    return success();
  auto report = MemRefType::get({kernel::kReportWords},
                                IntegerType::get(function.getContext(), 64));
  Block::BlockArgListType arguments = function.getArguments().drop_back(3);
  if (arguments.size() < 2 || !arguments.back().getType().isIndex() ||
      arguments.drop_back().back().getType() != report)
    return function.emitError("expected a kernel function that reports to have "
                              "arguments report of type ")
           << report << " and check of type index before the range, found "
           << function.getFunctionType();
  body.check = arguments.back();
  body.report = arguments.drop_back().back();
  return success();
}

bool endsWithWork(func::FuncOp function) {
  ArrayRef<Type> types = function.getArgumentTypes();
  if (types.size() < 3)
    return false;
  types = types.take_back(3);
  auto scratch = dyn_cast<MemRefType>(types[2]);
  return types[0].isIndex() && types[1].isIndex() && scratch &&
         scratch == MemRefType::get({ShapedType::kDynamic},
                                    IntegerType::get(function.getContext(), 8));
}

struct LowerKernelsPass : impl::LowerKernelsPassBase<LowerKernelsPass> {
  using LowerKernelsPassBase::LowerKernelsPassBase;

  void runOnOperation() final {
    func::FuncOp function = getOperation();
    if (!function->hasAttr("kernel.body"))
      return;
    kernel::KernelOpInterface kernel;
    for (Operation &op : function.getBody().front())
      if (auto found = dyn_cast<kernel::KernelOpInterface>(op))
        kernel = found;
    if (!kernel)
      return;
    if (!endsWithWork(function)) {
      function.emitError("expected a kernel function to end with arguments "
                         "begin and end of type index and scratch of type "
                         "memref<?xi8>, found ")
          << function.getFunctionType();
      return signalPassFailure();
    }
    if (kernel::getCudaSchedule(kernel) ||
        (!isa<kernel::Task>(kernel) && !kernel->hasAttr("schedule"))) {
      kernel->emitError("expected a kernel with a schedule of a processor");
      return signalPassFailure();
    }
    if (!llvm::all_of(kernel->getOperandTypes(), llvm::IsaPred<MemRefType>)) {
      kernel->emitError("expected a kernel on memrefs");
      return signalPassFailure();
    }
    dropSigns(function);
    Block::BlockArgListType arguments = function.getArguments();
    LoweringOptions options{vectorBits,
                            vectorRegisters,
                            bf16Dots,
                            {mixedDots, signedDots, pairProducts}};
    KernelBody body{arguments.drop_back(2).back(),
                    arguments.drop_back(1).back(),
                    arguments.back(),
                    Value(),
                    Value(),
                    options};
    if (failed(findReport(function, body)))
      return signalPassFailure();
    if (kernel::canFail(kernel) && !body.report) {
      kernel->emitError("checks positions: expected its function to have the "
                        "attribute kernel.reports");
      return signalPassFailure();
    }
    ImplicitLocOpBuilder b(kernel.getLoc(), kernel);
    if (failed(lower(kernel, body, b)))
      return signalPassFailure();
    kernel->erase();
    SmallVector<kernel::Position> positions;
    function.walk([&](kernel::Position op) { positions.push_back(op); });
    for (kernel::Position op : positions) {
      b.setLoc(op.getLoc());
      b.setInsertionPoint(op);
      lowerPosition(op, body, b);
    }
  }
};

} // namespace

} // namespace hagane::cpu
