//===- HostSizes.cpp - Sizes that the run computes, and its failures ------===//

#include "codegen/cpu/HostLowering.h"
#include "dialects/xf/NodeNames.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "runtime/include/hagane/abi.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::cpu;

//===-- Failures ----------------------------------------------------------===//

/// The number of the check with this message.
int64_t HostLowering::numberOf(const Twine &message) {
  StringRef text = StringAttr::get(b.getContext(), message).getValue();
  checks.insert(text);
  return 1 + (llvm::find(checks, text) - checks.begin());
}

/// Nothing has failed at the start of the run.
void HostLowering::makeReport() {
  if (report)
    return;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointAfterValue(words);
  report = LLVM::AllocaOp::create(b, pointerType(), b.getI64Type(),
                                  word(kernel::kReportWords), /*alignment=*/8);
  LLVM::StoreOp::create(b, word(0), report);
}

Value HostLowering::isFine() {
  Value number = LLVM::LoadOp::create(b, b.getI64Type(), report);
  return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, number, word(0));
}

/// Notes a failure of the host's own, unless one is noted already.
void HostLowering::noteFailure(Value condition, Value number, Value got,
                               Value want) {
  Value first = arith::AndIOp::create(b, condition, isFine());
  auto branch = scf::IfOp::create(b, first, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  for (auto [i, value] : llvm::enumerate(SmallVector<Value>{number, got, want}))
    LLVM::StoreOp::create(b, value, pointerAt(report, word(8 * i)));
}

/// The report's address and the check's number.
void HostLowering::addReportWords(StringAttr message,
                                  SmallVectorImpl<Value> &values) {
  Value memory;
  if (forDevice) {
    memory = loadField(offsetof(hgn_exec, report), pointerType());
  } else {
    makeReport();
    memory = report;
  }
  values.push_back(LLVM::PtrToIntOp::create(b, b.getI64Type(), memory));
  values.push_back(word(numberOf(message.getValue())));
}

/// Ends the run: with the failure that a kernel noted, if any did.
void HostLowering::lowerReturn(func::ReturnOp op) {
  Value result =
      LLVM::ConstantOp::create(b, b.getI32Type(), b.getI32IntegerAttr(0));
  if (report) {
    auto load = [&](int64_t i) {
      return LLVM::LoadOp::create(b, b.getI64Type(),
                                  pointerAt(report, word(8 * i)));
    };
    Value number = load(0);
    Value failed =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ne, number, word(0));
    // The runtime knows where memory was missing.
    Value isCheck =
        arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, number, word(0));
    auto branch = scf::IfOp::create(b, isCheck, /*withElseRegion=*/false);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(branch.thenBlock());
      auto type = LLVM::LLVMFunctionType::get(
          LLVM::LLVMVoidType::get(b.getContext()),
          {pointerType(), b.getI32Type(), b.getI64Type(), b.getI64Type()});
      Value check = LLVM::TruncOp::create(
          b, b.getI32Type(), LLVM::SubOp::create(b, number, word(1)));
      LLVM::CallOp::create(b, type,
                           ValueRange{apiFunction(offsetof(hgn_host_api, fail)),
                                      exec, check, load(1), load(2)});
    }
    result = arith::ExtUIOp::create(b, b.getI32Type(), failed);
  }
  func::ReturnOp::create(b, ValueRange{result});
  op.erase();
}

//===-- Sizes that the run computes ---------------------------------------===//

static std::string nodeOf(Location loc) {
  return "node '" + xf::getNodeNames(loc) + "': ";
}

/// Stores the size in its slot, cut to its range; what follows from it is
/// computed in `finishBinds`, once all slots are known.
LogicalResult HostLowering::lowerBind(xf::Bind op) {
  auto symbol = symbolTable.lookup<xf::ComputedSize>(op.getSymbol());
  Value size;
  if (auto type = dyn_cast<MemRefType>(op.getSize().getType())) {
    SmallVector<Value> at(type.getRank(), arith::ConstantIndexOp::create(b, 0));
    size = loadElement(op.getSize(), at);
  } else if (op.getSize().getType().isIndex()) {
    size = arith::IndexCastOp::create(b, b.getI64Type(), op.getSize());
  } else {
    return op.emitError("expected the size in a buffer, found ")
           << op.getSize().getType();
  }
  Value min = word(symbol.getMin()), max = word(symbol.getMax());
  Value fitting = arith::MinSIOp::create(
      b, max, arith::MaxSIOp::create(b, min, size).getResult());
  Value outside =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ne, size, fitting);
  noteFailure(outside,
              word(numberOf(nodeOf(op.getLoc()) +
                            "a computed size is {got}, its limit is {want}")),
              size, fitting);
  storeSize(op.getSymbol(), fitting);
  binds.push_back({op, {op.getSymbol()}});
  return success();
}

void HostLowering::storeSize(StringRef symbol, Value size) {
  Value slots = loadField(offsetof(hgn_exec, plan), pointerType());
  int64_t slot = plan.getSlot(xf::Dim::symbol(b.getContext(), symbol));
  LLVM::StoreOp::create(b, size, pointerAt(slots, word(8 * slot)));
}

/// The sizes of a buffer that control flow carries.
void HostLowering::lowerMeasure(xf::Measure op) {
  SmallVector<StringRef> symbols = op.getBoundSymbols();
  for (auto [axis, symbol] : llvm::zip_equal(op.getBinds(), symbols)) {
    Value size = memref::DimOp::create(b, op.getX(), axis);
    storeSize(symbol, arith::IndexCastOp::create(b, b.getI64Type(), size));
  }
  binds.push_back({op, symbols});
}

void HostLowering::lowerRequireEqual(xf::RequireEqual op) {
  makeReport();
  Value found = loadSlot(op.getFound()), expected = loadSlot(op.getExpected());
  Value differ =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ne, found, expected);
  std::string message = nodeOf(op.getLoc()) + op.getWhat().str() +
                        ": found {got} and {want}, expected equal sizes";
  noteFailure(differ, word(numberOf(message)), found, expected);
  op.erase();
}

void HostLowering::finishBinds() {
  llvm::StringSet<> bound;
  for (auto &[op, names] : binds) {
    b.setLoc(op->getLoc());
    b.setInsertionPoint(op);
    Value slots = loadField(offsetof(hgn_exec, plan), pointerType());
    Value given = loadField(offsetof(hgn_exec, symbols), pointerType());
    auto load = [&](StringRef name) -> Value {
      auto it = symbols.find(name);
      bool isGiven = it != symbols.end();
      int64_t place = isGiven
                          ? it->second
                          : plan.getSlot(xf::Dim::symbol(b.getContext(), name));
      return LLVM::LoadOp::create(
          b, b.getI64Type(),
          pointerAt(isGiven ? given : slots, word(8 * place)));
    };
    for (StringRef name : names) {
      Value bad = plan.emitBound(b, name, bound, slots, load);
      noteFailure(bad, word(1 + kRangeCheck), word(0), word(0));
      bound.insert(name);
    }
    op->erase();
  }
}

/// Memory from the runtime; its lack is noted.
Value HostLowering::lateMemory(int64_t function, ValueRange operands) {
  auto type = LLVM::LLVMFunctionType::get(pointerType(),
                                          llvm::to_vector(operands.getTypes()));
  SmallVector<Value> all{apiFunction(function)};
  llvm::append_range(all, operands);
  Value memory = LLVM::CallOp::create(b, type, all).getResult();
  Value isNull = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq, memory,
                                      LLVM::ZeroOp::create(b, pointerType()));
  noteFailure(isNull, word(-1), word(0), word(0));
  return memory;
}

/// A loop's buffer keeps its memory from one iteration to the next, until it
/// has to grow. One that the next iteration reads takes two in turn.
Value HostLowering::loopMemory(memref::AllocOp op, Value bytes) {
  // Per piece its address and size; then which piece comes next.
  constexpr int64_t kPiece = 16;
  int64_t pieces = op->hasAttr("kernel.alternates") ? 2 : 1;
  Value place;
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointAfterValue(words);
    Value count = word(2 * pieces + 1);
    place = LLVM::AllocaOp::create(b, pointerType(), b.getI64Type(), count,
                                   /*alignment=*/8);
    for (int64_t i = 0; i < pieces; ++i)
      LLVM::StoreOp::create(b, word(-1),
                            pointerAt(place, word(kPiece * i + 8)));
    LLVM::StoreOp::create(b, word(0), pointerAt(place, word(kPiece * pieces)));
  }
  Value piece = place;
  if (pieces > 1) {
    Value next = pointerAt(place, word(kPiece * pieces));
    Value turn = LLVM::LoadOp::create(b, b.getI64Type(), next);
    piece = pointerAt(place, turn);
    LLVM::StoreOp::create(b, LLVM::SubOp::create(b, word(kPiece), turn), next);
  }
  Value sizePlace = pointerAt(piece, word(8));
  Value held = LLVM::LoadOp::create(b, b.getI64Type(), sizePlace);
  Value grows =
      arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, bytes, held);
  auto branch = scf::IfOp::create(b, grows, /*withElseRegion=*/false);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    // Half as much again: what grows step by step asks but now and then.
    Value half = LLVM::LShrOp::create(b, held, word(1));
    Value more = LLVM::AddOp::create(b, held, half);
    Value isFirst =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, held, word(0));
    Value wanted = arith::SelectOp::create(
        b, isFirst, bytes, arith::MaxSIOp::create(b, bytes, more).getResult());
    Value memory =
        lateMemory(offsetof(hgn_host_api, allocate), ValueRange{exec, wanted});
    LLVM::StoreOp::create(b, memory, piece);
    LLVM::StoreOp::create(b, wanted, sizePlace);
  }
  return LLVM::LoadOp::create(b, pointerType(), piece);
}

/// A buffer whose size the run computes lives on the run's heap.
LogicalResult HostLowering::lowerAlloc(memref::AllocOp op) {
  auto bytes = op->getAttrOfType<xf::DimAttr>("kernel.heap_bytes");
  if (!bytes || !isGuarded)
    return op.emitError("a buffer of main has no place in the arena yet");
  SmallVector<Value> sizes;
  for (Value size : op.getDynamicSizes())
    sizes.push_back(arith::IndexCastOp::create(b, b.getI64Type(), size));
  Value size = loadSlot(bytes);
  bool isInLoop = op->getParentOfType<LoopLikeOpInterface>();
  Value memory = isInLoop ? loopMemory(op, size)
                          : lateMemory(offsetof(hgn_host_api, allocate),
                                       ValueRange{exec, size});
  op.replaceAllUsesWith(makeMemRef(b, op.getType(), memory, sizes));
  op.erase();
  return success();
}

/// The memory of an output whose size the run computes, asked for where it is
/// first used.
Value HostLowering::makeLateOutput(const Argument &argument) {
  SmallVector<Value> sizes;
  Value dims;
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointAfterValue(words);
    Value rank = word(std::max<size_t>(argument.dims.size(), 1));
    dims = LLVM::AllocaOp::create(b, pointerType(), b.getI64Type(), rank,
                                  /*alignment=*/8);
  }
  for (auto [i, dim] : llvm::enumerate(argument.dims)) {
    Value size = loadSlot(dim);
    LLVM::StoreOp::create(b, size, pointerAt(dims, word(8 * i)));
    if (argument.type.isDynamicDim(i))
      sizes.push_back(size);
  }
  Value index = LLVM::ConstantOp::create(b, b.getI32Type(),
                                         b.getI32IntegerAttr(argument.index));
  Value memory =
      lateMemory(offsetof(hgn_host_api, output), ValueRange{exec, index, dims});
  return makeMemRef(b, argument.type, memory, sizes);
}
