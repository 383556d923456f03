//===- LowerHost.cpp - main to hgn_plan and hgn_run -----------------------===//

#include "codegen/cpu/HostLowering.h"
#include "codegen/cpu/Passes.h"
#include "codegen/module/ModuleRecord.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "runtime/include/hagane/abi.h"
#include "llvm/ADT/TypeSwitch.h"

namespace hagane::cpu {
#define GEN_PASS_DEF_LOWERHOSTPASS
#include "codegen/cpu/Passes.h.inc"
} // namespace hagane::cpu

using namespace mlir;
using namespace hagane;
using namespace hagane::cpu;

static constexpr llvm::StringLiteral kRangeMessage =
    "a size computed from the symbolic dimensions is out of range";

//===-- Arguments of main -------------------------------------------------===//

namespace {

/// Where hgn_exec keeps the pointers of each role.
int64_t fieldOf(Role role) {
  switch (role) {
  case Role::Input:
    return offsetof(hgn_exec, inputs);
  case Role::Output:
    return offsetof(hgn_exec, outputs);
  case Role::State:
    return offsetof(hgn_exec, states);
  case Role::Arena:
    return offsetof(hgn_exec, arena);
  }
  llvm_unreachable("covered switch");
}

LogicalResult readDims(func::FuncOp main, unsigned position,
                       Argument &argument) {
  auto listed = main.getArgAttrOfType<ArrayAttr>(position, "xf.dims");
  if (!listed) {
    if (!argument.type.hasStaticShape())
      return main.emitError("argument ")
             << position << " of main has open sizes and no xf.dims";
    for (int64_t size : argument.type.getShape())
      argument.dims.push_back(xf::Dim::constant(main.getContext(), size));
    return success();
  }
  for (Attribute dim : listed) {
    auto attr = dyn_cast<xf::DimAttr>(dim);
    if (!attr)
      return main.emitError("argument ")
             << position
             << " of main has an entry in xf.dims that is no #xf.dim";
    argument.dims.push_back(attr);
  }
  if (static_cast<int64_t>(argument.dims.size()) != argument.type.getRank())
    return main.emitError("argument ")
           << position << " of main has " << argument.dims.size()
           << " xf.dims, expected its rank, " << argument.type.getRank();
  return success();
}

FailureOr<SmallVector<Argument>> readArguments(func::FuncOp main) {
  SmallVector<Argument> arguments;
  int64_t inputs = 0;
  for (auto [i, type] : llvm::enumerate(main.getArgumentTypes())) {
    Argument argument;
    argument.type = dyn_cast<MemRefType>(type);
    if (!argument.type || !argument.type.getLayout().isIdentity())
      return main.emitError("argument ")
             << i << " of main must be a dense memref, found " << type;
    if (auto output = main.getArgAttrOfType<IntegerAttr>(i, "kernel.output")) {
      argument.role = Role::Output;
      argument.index = output.getInt();
    } else if (auto state =
                   main.getArgAttrOfType<IntegerAttr>(i, "kernel.state")) {
      argument.role = Role::State;
      argument.index = state.getInt();
    } else if (main.getArgAttr(i, "kernel.arena")) {
      argument.role = Role::Arena;
    } else {
      argument.index = inputs++;
    }
    if (argument.role != Role::Arena && failed(readDims(main, i, argument)))
      return failure();
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

} // namespace

const void *hagane::cpu::getRoot(Value memref) {
  while (Operation *op = memref.getDefiningOp()) {
    if (auto global = dyn_cast<kernel::GetGlobal>(op))
      return global.getNameAttr().getAttr().getAsOpaquePointer();
    auto view = dyn_cast<ViewLikeOpInterface>(op);
    bool isBuffer =
        isa<memref::ViewOp>(op) && isa<BlockArgument>(view.getViewSource());
    if (isBuffer || isa<memref::AllocOp>(op))
      return op;
    if (!view)
      return nullptr;
    memref = view.getViewSource();
  }
  bool isOfMain =
      isa<func::FuncOp>(cast<BlockArgument>(memref).getOwner()->getParentOp());
  return isOfMain ? memref.getAsOpaquePointer() : nullptr;
}

//===-- Kernels -----------------------------------------------------------===//

/// Finds the launched functions and which of their memrefs overlap no other at
/// any launch.
LogicalResult HostLowering::collectKernels() {
  auto visit = [&](kernel::Launch launch) -> WalkResult {
    launchesReport |= launch.getCheckAttr() != nullptr;
    auto kernel = symbolTable.lookup<func::FuncOp>(launch.getCallee());
    if (!kernel || kernel.isExternal())
      return launch.emitError("launches '")
             << launch.getCallee() << "', which is not a function with a body";
    auto &bits =
        unaliased
            .insert({kernel, llvm::BitVector(launch.getArgs().size(), true)})
            .first->second;
    llvm::DenseMap<const void *, unsigned> seen;
    for (auto [i, value] : llvm::enumerate(launch.getArgs())) {
      const void *root = getRoot(value);
      if (!root)
        bits.reset();
      auto [it, isNew] = seen.try_emplace(root, i);
      if (!isNew) {
        bits.reset(i);
        bits.reset(it->second);
      }
    }
    return WalkResult::advance();
  };
  return failure(main.walk(visit).wasInterrupted());
}

LogicalResult HostLowering::makeEntries() {
  for (auto &[kernel, bits] : unaliased) {
    // A device's are emitted from the kernels themselves.
    if (forDevice)
      continue;
    FailureOr<func::FuncOp> entry = makeKernelEntry(kernel, bits);
    if (failed(entry))
      return failure();
    entries[kernel] = *entry;
  }
  return success();
}

//===-- The body of hgn_run -----------------------------------------------===//

Value HostLowering::pointerAt(Value base, Value byte) {
  return LLVM::GEPOp::create(b, pointerType(), b.getI8Type(), base,
                             ValueRange{byte});
}

Value HostLowering::loadField(int64_t offset, Type type) {
  return LLVM::LoadOp::create(b, type, pointerAt(exec, word(offset)));
}

Value HostLowering::loadSlot(xf::Dim dim) {
  if (std::optional<int64_t> value = dim.getConstant())
    return word(*value);
  return loadSlot(plan.getSlot(dim));
}

Value HostLowering::loadSlot(int64_t slot) {
  Value base = loadField(offsetof(hgn_exec, plan), pointerType());
  return LLVM::LoadOp::create(b, b.getI64Type(),
                              pointerAt(base, word(8 * slot)));
}

Value HostLowering::apiFunction(int64_t offset) {
  return LLVM::LoadOp::create(b, pointerType(), pointerAt(api, word(offset)));
}

/// The function that the host runs, none for a device.
Value HostLowering::taskOf(kernel::Launch op) {
  if (forDevice)
    return LLVM::ZeroOp::create(b, pointerType());
  auto kernel = symbolTable.lookup<func::FuncOp>(op.getCallee());
  func::FuncOp entry = entries.lookup(kernel);
  Value constant =
      func::ConstantOp::create(b, entry.getFunctionType(), entry.getName());
  return UnrealizedConversionCastOp::create(b, TypeRange{pointerType()},
                                            ValueRange{constant})
      .getResult(0);
}

SmallVector<NamedAttribute> HostLowering::recordLaunch(kernel::Launch op) {
  SmallVector<NamedAttribute> record{
      b.getNamedAttr("name", op.getCalleeAttr().getAttr()),
      b.getNamedAttr("schedule", op.getScheduleAttr()),
      b.getNamedAttr("flops", b.getI64IntegerAttr(plan.getSlot(op.getFlops()))),
      b.getNamedAttr("bytes", b.getI64IntegerAttr(plan.getSlot(op.getBytes()))),
      b.getNamedAttr("nodes", op.getNodes()),
  };
  if (TypeAttr factors = op.getFactorsAttr())
    record.push_back(b.getNamedAttr("factors", factors));
  return record;
}

LogicalResult HostLowering::lowerLaunch(kernel::Launch op) {
  SmallVector<Value> values;
  for (Value memref : op.getArgs())
    llvm::append_range(values, getWords(b, memref));
  if (StringAttr message = op.getCheckAttr())
    addReportWords(message, values);
  wordCount = std::max<int64_t>(wordCount, values.size());
  for (auto [i, value] : llvm::enumerate(values))
    LLVM::StoreOp::create(b, value, pointerAt(words, word(8 * i)));

  Value parallel = apiFunction(offsetof(hgn_host_api, parallel));
  Value index = LLVM::ConstantOp::create(b, b.getI32Type(),
                                         b.getI32IntegerAttr(kernels.size()));
  auto type =
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                  {pointerType(), b.getI32Type(), pointerType(),
                                   pointerType(), b.getI64Type()});
  Value function = taskOf(op);
  Value items = loadSlot(op.getItems());
  if (isGuarded)
    items = arith::SelectOp::create(b, isFine(), items, word(0));
  LLVM::CallOp::create(
      b, type, ValueRange{parallel, exec, index, function, words, items});

  SmallVector<NamedAttribute> record = recordLaunch(op);
  xf::Dim scratch = op.getScratch();
  if (forDevice) {
    // All of a launch's items are under way together. The last word is where
    // the runtime puts the workspace.
    scratch = scratch * op.getItems();
    record.push_back(
        b.getNamedAttr("words", b.getI64IntegerAttr(values.size() + 1)));
  }
  plan.addScratch(scratch);
  kernels.push_back(b.getDictionaryAttr(record));
  op.erase();
  return success();
}

//===-- The other operations of main --------------------------------------===//

LogicalResult HostLowering::lower(Operation *op) {
  b.setLoc(op->getLoc());
  b.setInsertionPoint(op);
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](kernel::Launch launch) { return lowerLaunch(launch); })
      .Case([&](kernel::GetGlobal global) { return lowerGlobal(global); })
      .Case([&](memref::AllocOp alloc) { return lowerAlloc(alloc); })
      .Case([&](xf::Bind bind) { return lowerBind(bind); })
      .Case([&](xf::Measure measure) {
        lowerMeasure(measure);
        return success();
      })
      .Case([&](xf::RequireEqual require) {
        lowerRequireEqual(require);
        return success();
      })
      .Case([&](scf::ConditionOp condition) {
        lowerCondition(condition);
        return success();
      })
      .Case([&](memref::LoadOp load) {
        lowerRead(load);
        return success();
      })
      .Case([&](memref::StoreOp store) {
        lowerWrite(store);
        return success();
      })
      .Case([&](scf::ForOp loop) {
        // The end may come from a kernel that did not run.
        if (isGuarded)
          loop.setUpperBound(arith::SelectOp::create(
              b, isFine(), loop.getUpperBound(), loop.getLowerBound()));
        return success();
      })
      .Case([&](memref::CopyOp copy) { return lowerCopy(copy); })
      .Case([&](memref::ExpandShapeOp expand) { return lowerExpand(expand); })
      .Case([&](memref::CollapseShapeOp collapse) {
        return lowerCollapse(collapse);
      })
      .Case([&](memref::DeallocOp dealloc) {
        dealloc.erase();
        return success();
      })
      .Case([&](xf::DimValue value) {
        Value slot = arith::IndexCastOp::create(b, b.getIndexType(),
                                                loadSlot(value.getDim()));
        value.replaceAllUsesWith(slot);
        value.erase();
        return success();
      })
      .Case([&](kernel::BufferOffset offset) {
        return lowerBufferOffset(offset);
      })
      .Case([&](func::ReturnOp ret) {
        lowerReturn(ret);
        return success();
      })
      .Default([&](Operation *other) -> LogicalResult {
        if (isa<xf::XfDialect, kernel::KernelDialect>(other->getDialect()))
          return other->emitError("cannot be host code: expected it to be "
                                  "lowered or outlined before");
        return success();
      });
}

/// Moves main's body into hgn_run and makes its arguments from hgn_exec.
LogicalResult HostLowering::takeOverMain() {
  if (!main.getBody().hasOneBlock() || main.getNumResults() != 0)
    return main.emitError(
        "main must have one block and no results at this point");
  b.setInsertionPoint(main);
  runFunction = func::FuncOp::create(
      b, record::kRun, b.getFunctionType({pointerType()}, {b.getI32Type()}));
  runFunction.getBody().takeBody(main.getBody());
  Block &body = runFunction.front();
  unsigned count = body.getNumArguments();
  exec = body.addArgument(pointerType(), main.getLoc());
  b.setInsertionPointToStart(&body);
  api = loadField(offsetof(hgn_exec, api), pointerType());
  Value size = word(0);
  words = LLVM::AllocaOp::create(b, pointerType(), b.getI64Type(), size,
                                 /*alignment=*/8);
  if (isGuarded)
    makeReport();
  auto isLate = [&](const Argument &argument) {
    return llvm::any_of(argument.dims,
                        [&](xf::Dim dim) { return plan.isComputed(dim); });
  };
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    if (isLate(argument))
      continue;
    Value base = loadField(fieldOf(argument.role), pointerType());
    SmallVector<Value> sizes;
    if (argument.role == Role::Arena) {
      sizes.push_back(loadSlot(HGN_PLAN_ARENA_BYTES));
    } else {
      base = LLVM::LoadOp::create(b, pointerType(),
                                  pointerAt(base, word(8 * argument.index)));
      for (auto [dim, extent] :
           llvm::zip_equal(argument.dims, argument.type.getShape()))
        if (ShapedType::isDynamic(extent))
          sizes.push_back(loadSlot(dim));
    }
    body.getArgument(i).replaceAllUsesWith(
        makeMemRef(b, argument.type, base, sizes));
  }
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    if (!isLate(argument))
      continue;
    Operation *first = body.getTerminator();
    for (Operation *user : body.getArgument(i).getUsers()) {
      Operation *top = body.findAncestorOpInBlock(*user);
      first = top->isBeforeInBlock(first) ? top : first;
    }
    b.setInsertionPoint(first);
    body.getArgument(i).replaceAllUsesWith(makeLateOutput(argument));
  }
  body.eraseArguments(0, count);

  SmallVector<Operation *> ops;
  runFunction.walk([&](Operation *op) { ops.push_back(op); });
  for (Operation *op : ops)
    if (op != runFunction && failed(lower(op)))
      return failure();
  finishBinds();
  cast<LLVM::ConstantOp>(size.getDefiningOp())
      .setValueAttr(b.getI64IntegerAttr(wordCount));
  return success();
}

void HostLowering::findGuards() {
  for (auto size : module.getOps<xf::ComputedSize>()) {
    plan.addComputed(size.getSymName());
    isGuarded = true;
  }
  main.walk([&](Operation *op) {
    bool transfers = forDevice && isa<memref::LoadOp, memref::StoreOp>(op);
    isGuarded |= transfers || isa<xf::RequireEqual>(op) ||
                 op->hasAttr("kernel.heap_bytes");
  });
}

LogicalResult HostLowering::run() {
  main = symbolTable.lookup<func::FuncOp>("main");
  if (!main || main.isExternal())
    return module.emitError("expected a function @main with a body");
  FailureOr<SmallVector<Argument>> read = readArguments(main);
  if (failed(read))
    return failure();
  arguments = std::move(*read);
  checks.insert(kRangeMessage);
  for (auto symbol : module.getOps<xf::Symbol>())
    symbols.try_emplace(symbol.getSymName(), symbols.size());
  collectRequirements();
  findGuards();
  if (failed(recordSignature()) || failed(recordCache()) ||
      failed(recordBuffers()))
    return failure();
  if (auto arena = main->getAttrOfType<xf::DimAttr>("kernel.arena_bytes"))
    plan.setArena(arena);
  if (failed(collectKernels()) || failed(makeEntries()))
    return failure();
  if (failed(takeOverMain()))
    return failure();
  recordSlotsAndChecks();
  b.setLoc(main.getLoc());
  b.setInsertionPoint(runFunction);
  if (failed(plan.emit(b, symbols, kRangeCheck)))
    return failure();
  main.erase();
  if (forDevice)
    for (auto &[kernel, bits] : unaliased)
      kernel.erase();
  return success();
}

namespace {
struct LowerHostPass : hagane::cpu::impl::LowerHostPassBase<LowerHostPass> {
  using LowerHostPassBase::LowerHostPassBase;
  void runOnOperation() override {
    if (failed(HostLowering(getOperation(), device).run()))
      signalPassFailure();
  }
};
} // namespace
