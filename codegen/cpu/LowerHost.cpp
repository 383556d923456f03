//===- LowerHost.cpp - main to hgn_plan and hgn_run -----------------------===//

#include "codegen/cpu/HostKernel.h"
#include "codegen/cpu/HostPlan.h"
#include "codegen/cpu/Passes.h"
#include "codegen/module/ModuleRecord.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/xf/NodeNames.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
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

using LocBuilder = ImplicitLocOpBuilder;

static constexpr llvm::StringLiteral kRangeMessage =
    "a size computed from the symbolic dimensions is out of range";
static constexpr int64_t kRangeCheck = 0;

//===-- Arguments of main -------------------------------------------------===//

namespace {

enum class Role { Input, Output, State, Arena };

/// What an argument of main stands for, and its place among its kind.
struct Argument {
  Role role = Role::Input;
  int64_t index = 0;
  MemRefType type;
  SmallVector<xf::Dim> dims;
};

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

/// Where the memory of a memref comes from: an argument, a buffer of the
/// arena (a view of the arena's argument) or a constant. Different roots never
/// overlap while both are in use.
const void *getRoot(Value memref) {
  while (Operation *op = memref.getDefiningOp()) {
    if (auto global = dyn_cast<kernel::GetGlobal>(op))
      return global.getNameAttr().getAttr().getAsOpaquePointer();
    auto view = dyn_cast<ViewLikeOpInterface>(op);
    bool isBuffer =
        isa<memref::ViewOp>(op) && isa<BlockArgument>(view.getViewSource());
    if (!view || isBuffer)
      return op;
    memref = view.getViewSource();
  }
  return memref.getAsOpaquePointer();
}

//===-- The pass ----------------------------------------------------------===//

class HostLowering {
public:
  explicit HostLowering(ModuleOp module)
      : module(module), symbolTable(module),
        b(module.getLoc(), module.getContext()) {}
  LogicalResult run();

private:
  LogicalResult collectKernels();
  LogicalResult makeEntries();
  LogicalResult takeOverMain();
  LogicalResult lower(Operation *op);
  LogicalResult lowerLaunch(kernel::Launch op);
  LogicalResult lowerGlobal(kernel::GetGlobal op);
  LogicalResult lowerCopy(memref::CopyOp op);
  LogicalResult lowerExpand(memref::ExpandShapeOp op);
  LogicalResult lowerCollapse(memref::CollapseShapeOp op);
  void replaceByDense(Operation *op, Value source, ValueRange sizes);
  void recordSignature();
  void collectRequirements();
  void recordSlotsAndChecks();
  void recordBuffers();

  Value loadField(int64_t offset, Type type);
  Value loadSlot(xf::Dim dim);
  Value pointerAt(Value base, Value byte);
  Value word(int64_t value) {
    return LLVM::ConstantOp::create(b, b.getI64Type(),
                                    b.getI64IntegerAttr(value));
  }
  Type pointerType() { return LLVM::LLVMPointerType::get(b.getContext()); }
  Attribute named(StringRef name, Type element, ArrayRef<xf::Dim> dims);

  ModuleOp module;
  SymbolTable symbolTable;
  LocBuilder b;
  func::FuncOp main, runFunction;
  SmallVector<Argument> arguments;
  HostPlan plan;
  llvm::MapVector<func::FuncOp, llvm::BitVector> unaliased;
  llvm::DenseMap<func::FuncOp, func::FuncOp> entries;
  SmallVector<Attribute> kernels, checks;
  Value exec, api, words;
  int64_t wordCount = 1;
  struct Buffer {
    xf::Dim offset, size;
    std::string name;
    int64_t first = -1, last = -1;
    void noteUse(int64_t launch) {
      first = first < 0 ? launch : first;
      last = launch;
    }
  };
  llvm::MapVector<Operation *, Buffer> buffers;
};

} // namespace

//===-- Kernels -----------------------------------------------------------===//

/// Finds the launched functions and which of their memrefs overlap no other at
/// any launch.
LogicalResult HostLowering::collectKernels() {
  auto visit = [&](kernel::Launch launch) -> WalkResult {
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
      auto [it, isNew] = seen.try_emplace(getRoot(value), i);
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
  Value base = loadField(offsetof(hgn_exec, plan), pointerType());
  return LLVM::LoadOp::create(b, b.getI64Type(),
                              pointerAt(base, word(8 * plan.getSlot(dim))));
}

LogicalResult HostLowering::lowerLaunch(kernel::Launch op) {
  auto kernel = symbolTable.lookup<func::FuncOp>(op.getCallee());
  SmallVector<Value> values;
  for (Value memref : op.getArgs())
    llvm::append_range(values, getWords(b, memref));
  wordCount = std::max<int64_t>(wordCount, values.size());
  for (auto [i, value] : llvm::enumerate(values))
    LLVM::StoreOp::create(b, value, pointerAt(words, word(8 * i)));

  Value parallel = LLVM::LoadOp::create(
      b, pointerType(), pointerAt(api, word(offsetof(hgn_host_api, parallel))));
  Value index = LLVM::ConstantOp::create(b, b.getI32Type(),
                                         b.getI32IntegerAttr(kernels.size()));
  func::FuncOp entry = entries.lookup(kernel);
  Value constant =
      func::ConstantOp::create(b, entry.getFunctionType(), entry.getName());
  auto type =
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                  {pointerType(), b.getI32Type(), pointerType(),
                                   pointerType(), b.getI64Type()});
  Value function = UnrealizedConversionCastOp::create(
                       b, TypeRange{pointerType()}, ValueRange{constant})
                       .getResult(0);
  Value items = loadSlot(op.getItems());
  LLVM::CallOp::create(
      b, type, ValueRange{parallel, exec, index, function, words, items});

  plan.addScratch(op.getScratch());
  kernels.push_back(b.getDictionaryAttr({
      b.getNamedAttr("name", op.getCalleeAttr().getAttr()),
      b.getNamedAttr("schedule", op.getScheduleAttr()),
      b.getNamedAttr("flops", b.getI64IntegerAttr(plan.getSlot(op.getFlops()))),
      b.getNamedAttr("bytes", b.getI64IntegerAttr(plan.getSlot(op.getBytes()))),
      b.getNamedAttr("nodes", op.getNodes()),
  }));
  op.erase();
  return success();
}

LogicalResult HostLowering::lowerGlobal(kernel::GetGlobal op) {
  auto global = symbolTable.lookup<kernel::Global>(op.getName());
  auto type = dyn_cast<MemRefType>(op.getType());
  if (!global || !type || !type.hasStaticShape() ||
      !type.getLayout().isIdentity())
    return op.emitError("expected a constant of the module as a dense memref "
                        "of static shape, found ")
           << op.getType();
  if (!global.getOffset())
    return op.emitError("the constant '")
           << op.getName() << "' has no place in the weight segment yet";
  Value base = loadField(offsetof(hgn_exec, weights), pointerType());
  Value address = pointerAt(base, word(*global.getOffset()));
  op.replaceAllUsesWith(makeMemRef(b, type, address, {}));
  op.erase();
  return success();
}

/// Replaces a reshape of dense memory by its result, as dense memory too.
void HostLowering::replaceByDense(Operation *op, Value source,
                                  ValueRange sizes) {
  auto type = cast<MemRefType>(op->getResult(0).getType());
  Value index = memref::ExtractAlignedPointerAsIndexOp::create(b, source);
  Value word = arith::IndexCastOp::create(b, b.getI64Type(), index);
  Value address = LLVM::IntToPtrOp::create(b, pointerType(), word);
  op->getResult(0).replaceAllUsesWith(makeMemRef(b, type, address, sizes));
  op->erase();
}

static bool isDense(Value memref) {
  auto type = dyn_cast<MemRefType>(memref.getType());
  return type && type.getLayout().isIdentity();
}

LogicalResult HostLowering::lowerExpand(memref::ExpandShapeOp op) {
  if (!isDense(op.getSrc()) || !isDense(op.getResult()))
    return success(); // Left to the stock conversions.
  SmallVector<Value> sizes;
  for (Value size : op.getOutputShape())
    sizes.push_back(arith::IndexCastOp::create(b, b.getI64Type(), size));
  replaceByDense(op, op.getSrc(), sizes);
  return success();
}

LogicalResult HostLowering::lowerCollapse(memref::CollapseShapeOp op) {
  if (!isDense(op.getSrc()) || !isDense(op.getResult()))
    return success();
  auto type = cast<MemRefType>(op.getResult().getType());
  SmallVector<Value> sizes;
  for (auto [group, size] :
       llvm::zip_equal(op.getReassociationIndices(), type.getShape())) {
    if (!ShapedType::isDynamic(size))
      continue;
    Value product = word(1);
    for (int64_t axis : group) {
      Value extent = memref::DimOp::create(b, op.getSrc(), axis);
      product = LLVM::MulOp::create(
          b, product, arith::IndexCastOp::create(b, b.getI64Type(), extent));
    }
    sizes.push_back(product);
  }
  replaceByDense(op, op.getSrc(), sizes);
  return success();
}

LogicalResult HostLowering::lowerCopy(memref::CopyOp op) {
  Value source = op.getSource(), target = op.getTarget();
  auto type = dyn_cast<MemRefType>(source.getType());
  if (!type)
    return op.emitError("copies memory of unknown rank");
  SmallVector<Value> lower, upper, step;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    lower.push_back(arith::ConstantIndexOp::create(b, 0));
    upper.push_back(memref::DimOp::create(b, source, i));
    step.push_back(arith::ConstantIndexOp::create(b, 1));
  }
  auto copyElement = [&](OpBuilder &body, Location loc, ValueRange at) {
    Value element = memref::LoadOp::create(body, loc, source, at);
    memref::StoreOp::create(body, loc, element, target, at);
  };
  if (type.getRank() == 0)
    copyElement(b, op.getLoc(), {});
  else
    scf::buildLoopNest(b, op.getLoc(), lower, upper, step, copyElement);
  op.erase();
  return success();
}

LogicalResult HostLowering::lower(Operation *op) {
  b.setLoc(op->getLoc());
  b.setInsertionPoint(op);
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](kernel::Launch launch) { return lowerLaunch(launch); })
      .Case([&](kernel::GetGlobal global) { return lowerGlobal(global); })
      .Case([&](memref::AllocOp alloc) -> LogicalResult {
        return alloc.emitError(
            "a buffer of main has no place in the arena yet");
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
      .Case([&](func::ReturnOp ret) {
        Value fine =
            LLVM::ConstantOp::create(b, b.getI32Type(), b.getI32IntegerAttr(0));
        func::ReturnOp::create(b, ValueRange{fine});
        ret.erase();
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
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    Value base = loadField(fieldOf(argument.role), pointerType());
    SmallVector<Value> sizes;
    if (argument.role == Role::Arena) {
      Value planned = loadField(offsetof(hgn_exec, plan), pointerType());
      sizes.push_back(LLVM::LoadOp::create(
          b, b.getI64Type(),
          pointerAt(planned, word(8 * HGN_PLAN_ARENA_BYTES))));
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
  body.eraseArguments(0, count);

  SmallVector<Operation *> ops;
  runFunction.walk([&](Operation *op) { ops.push_back(op); });
  for (Operation *op : ops)
    if (op != runFunction && failed(lower(op)))
      return failure();
  cast<LLVM::ConstantOp>(size.getDefiningOp())
      .setValueAttr(b.getI64IntegerAttr(wordCount));
  return success();
}

//===-- Records -----------------------------------------------------------===//

Attribute HostLowering::named(StringRef name, Type element,
                              ArrayRef<xf::Dim> dims) {
  SmallVector<Attribute> list;
  for (xf::Dim dim : dims) {
    list.push_back(dim.getAttr());
    if (!dim.getConstant() && !dim.getSymbol())
      plan.getSlot(dim);
  }
  return b.getDictionaryAttr({b.getNamedAttr("name", b.getStringAttr(name)),
                              b.getNamedAttr("type", TypeAttr::get(element)),
                              b.getNamedAttr("dims", b.getArrayAttr(list))});
}

void HostLowering::recordSignature() {
  std::map<std::pair<Role, int64_t>, Attribute> values;
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    if (argument.role == Role::Arena)
      continue;
    auto given = main.getArgAttrOfType<StringAttr>(i, "onnx.name");
    std::string name =
        given ? given.str()
              : (argument.role == Role::Output ? "output" : "input") +
                    std::to_string(argument.index);
    values[{argument.role, argument.index}] =
        named(name, argument.type.getElementType(), argument.dims);
  }
  for (auto [role, key] : {std::pair(Role::Input, record::kInputs),
                           std::pair(Role::Output, record::kOutputs),
                           std::pair(Role::State, record::kStates)}) {
    SmallVector<Attribute> list;
    for (auto &[place, value] : values)
      if (place.first == role)
        list.push_back(value);
    module->setAttr(key, b.getArrayAttr(list));
  }
}

/// Notes the arena's buffers, in the order in which launches first use them.
void HostLowering::recordBuffers() {
  int64_t launch = 0;
  main.walk([&](Operation *op) {
    auto offset = op->getAttrOfType<xf::DimAttr>("kernel.arena_offset");
    auto size = op->getAttrOfType<xf::DimAttr>("kernel.arena_bytes");
    if (offset && size && isa<memref::ViewOp>(op))
      buffers[op] = {offset, size, "buffer" + std::to_string(buffers.size()),
                     -1, -1};
    if (auto call = dyn_cast<kernel::Launch>(op)) {
      for (Value value : call.getArgs())
        if (auto *it = buffers.find(
                static_cast<Operation *>(const_cast<void *>(getRoot(value))));
            it != buffers.end())
          it->second.noteUse(launch);
      ++launch;
    }
  });
}

void HostLowering::recordSlotsAndChecks() {
  SmallVector<Attribute> list;
  for (auto &[op, buffer] : buffers)
    list.push_back(b.getDictionaryAttr({
        b.getNamedAttr("name", b.getStringAttr(buffer.name)),
        b.getNamedAttr("offset",
                       b.getI64IntegerAttr(plan.getSlot(buffer.offset))),
        b.getNamedAttr("size", b.getI64IntegerAttr(plan.getSlot(buffer.size))),
        b.getNamedAttr("first",
                       b.getI64IntegerAttr(std::max<int64_t>(buffer.first, 0))),
        b.getNamedAttr("last",
                       b.getI64IntegerAttr(std::max<int64_t>(buffer.last, 0))),
    }));
  module->setAttr(record::kBuffers, b.getArrayAttr(list));
  module->setAttr(record::kKernels, b.getArrayAttr(kernels));
  module->setAttr(record::kChecks, b.getArrayAttr(checks));
  module->setAttr(record::kSlots,
                  b.getArrayAttr(SmallVector<Attribute>(plan.getDims())));
}

/// The conditions on the inputs' sizes, each with a message.
void HostLowering::collectRequirements() {
  for (auto require : module.getOps<xf::Require>()) {
    plan.addRequirement(require.getLhs(), require.getRhs(), checks.size());
    std::string message;
    llvm::raw_string_ostream(message)
        << "node '" << xf::getNodeNames(require.getLoc())
        << "': " << require.getWhat() << ": " << xf::Dim(require.getLhs()).str()
        << " is {got} and " << xf::Dim(require.getRhs()).str()
        << " is {want}, expected equal sizes";
    checks.push_back(b.getStringAttr(message));
  }
}

LogicalResult HostLowering::run() {
  main = symbolTable.lookup<func::FuncOp>("main");
  if (!main || main.isExternal())
    return module.emitError("expected a function @main with a body");
  FailureOr<SmallVector<Argument>> read = readArguments(main);
  if (failed(read))
    return failure();
  arguments = std::move(*read);
  llvm::StringMap<int64_t> symbols;
  for (auto symbol : module.getOps<xf::Symbol>())
    symbols.try_emplace(symbol.getSymName(), symbols.size());
  checks.push_back(b.getStringAttr(kRangeMessage));
  collectRequirements();
  recordBuffers();
  if (auto arena = main->getAttrOfType<xf::DimAttr>("kernel.arena_bytes"))
    plan.setArena(arena);
  if (failed(collectKernels()) || failed(makeEntries()))
    return failure();
  recordSignature();
  if (failed(takeOverMain()))
    return failure();
  recordSlotsAndChecks();
  b.setLoc(main.getLoc());
  b.setInsertionPoint(runFunction);
  if (failed(plan.emit(b, symbols, kRangeCheck)))
    return failure();
  main.erase();
  return success();
}

namespace {
struct LowerHostPass : hagane::cpu::impl::LowerHostPassBase<LowerHostPass> {
  void runOnOperation() override {
    if (failed(HostLowering(getOperation()).run()))
      signalPassFailure();
  }
};
} // namespace
