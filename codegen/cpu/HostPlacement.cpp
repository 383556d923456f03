//===- HostPlacement.cpp - Code that places buffers -----------------------===//
//
// What kernel::place does, at the sizes of a run. Numbers are unsigned: no end
// is more than the limit, which int64 holds, so that adding a size to one never
// wraps.
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/HostPlacement.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::cpu;

/// Where buffers are that have no place yet.
static constexpr int64_t kNowhere = -1;

namespace {

class PlacementEmitter {
public:
  PlacementEmitter(ImplicitLocOpBuilder &b, const HostBuffers &buffers)
      : b(b), buffers(buffers), count(buffers.plan.buffers.size()) {}

  func::FuncOp emitForOrder();
  func::FuncOp emitForBest(func::FuncOp forOrder);

private:
  Value constant(int64_t value) {
    return arith::ConstantIntOp::create(b, b.getI64Type(), value);
  }
  /// Starts a function of the plan and `words` numbers that gives a number.
  func::FuncOp startFunction(StringRef name, size_t words);
  Value makeTable(StringRef name, ArrayRef<int32_t> values);
  Value read(Value table, Value index);
  Value add(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
  Value isLess(Value x, Value y) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, x, y);
  }
  Value isNotMore(Value x, Value y) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ule, x, y);
  }
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(b, condition, x, y);
  }
  Value slotAt(Value slot) {
    return LLVM::GEPOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                               b.getI64Type(), plan,
                               ArrayRef<LLVM::GEPArg>{slot});
  }
  Value offsetAt(Value buffer) {
    return slotAt(add(buffer, constant(buffers.offsetSlot)));
  }
  Value load(Value address) {
    return LLVM::LoadOp::create(b, b.getI64Type(), address);
  }
  Value loadSize(Value buffer) { return load(slotAt(read(sizeSlots, buffer))); }

  void makeTables();
  void clearOffsets();
  Value moveUp(Value buffer, Value size, Value place);
  Value findPlace(Value buffer, Value size);
  Value placeNext(Value order, Value position);

  ImplicitLocOpBuilder &b;
  const HostBuffers &buffers;
  int64_t count;
  Value plan;
  /// Orders one after the other; where the conflicts of each buffer begin among
  /// all; where the sizes are.
  Value orders, begins, conflicts, sizeSlots;
};

} // namespace

Value PlacementEmitter::makeTable(StringRef name, ArrayRef<int32_t> values) {
  auto module = b.getBlock()->getParentOp()->getParentOfType<ModuleOp>();
  // An array has at least one element.
  SmallVector<int32_t> elements(values);
  if (elements.empty())
    elements.push_back(0);
  auto type = LLVM::LLVMArrayType::get(b.getI32Type(), elements.size());
  LLVM::GlobalOp global;
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    global = LLVM::GlobalOp::create(b, type, /*isConstant=*/true,
                                    LLVM::Linkage::Internal, name,
                                    b.getI32TensorAttr(elements));
  }
  return LLVM::AddressOfOp::create(b, global);
}

Value PlacementEmitter::read(Value table, Value index) {
  Value address =
      LLVM::GEPOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                          b.getI32Type(), table, ArrayRef<LLVM::GEPArg>{index});
  Value word = LLVM::LoadOp::create(b, b.getI32Type(), address);
  return arith::ExtUIOp::create(b, b.getI64Type(), word);
}

void PlacementEmitter::makeTables() {
  SmallVector<int32_t> listed, starts = {0}, others;
  for (const kernel::ArenaOrder &order : buffers.plan.orders)
    llvm::append_range(listed, order);
  for (ArrayRef<int32_t> list : kernel::getConflicts(buffers.plan.buffers)) {
    llvm::append_range(others, list);
    starts.push_back(others.size());
  }
  orders = makeTable("buffer_orders", listed);
  begins = makeTable("buffer_conflict_begins", starts);
  conflicts = makeTable("buffer_conflicts", others);
  sizeSlots = makeTable("buffer_size_slots",
                        llvm::to_vector_of<int32_t>(buffers.sizeSlots));
}

void PlacementEmitter::clearOffsets() {
  scf::ForOp::create(b, constant(0), constant(count), constant(1), ValueRange{},
                     [&](OpBuilder &, Location, Value buffer, ValueRange) {
                       LLVM::StoreOp::create(b, constant(kNowhere),
                                             offsetAt(buffer));
                       scf::YieldOp::create(b);
                     });
}

/// The lowest place from `place` on that none of the buffers known to be in the
/// way takes, looking at each once.
Value PlacementEmitter::moveUp(Value buffer, Value size, Value place) {
  Value begin = read(begins, buffer),
        end = read(begins, add(buffer, constant(1)));
  auto loop = scf::ForOp::create(
      b, begin, end, constant(1), ValueRange{place},
      [&](OpBuilder &, Location, Value i, ValueRange carried) {
        Value low = carried.front(), other = read(conflicts, i);
        Value otherBegin = load(offsetAt(other));
        Value otherEnd = add(otherBegin, loadSize(other));
        Value overlaps = arith::AndIOp::create(
            b, isLess(otherBegin, add(low, size)), isLess(low, otherEnd));
        scf::YieldOp::create(b, select(overlaps, otherEnd, low));
      });
  return loop.getResult(0);
}

Value PlacementEmitter::findPlace(Value buffer, Value size) {
  Type i64 = b.getI64Type();
  // Until nothing is in the way any more.
  auto loop = scf::WhileOp::create(
      b, TypeRange{i64}, ValueRange{constant(0)},
      [&](OpBuilder &, Location, ValueRange carried) {
        Value place = carried.front();
        Value higher = moveUp(buffer, size, place);
        scf::ConditionOp::create(b, isLess(place, higher), higher);
      },
      [&](OpBuilder &, Location, ValueRange carried) {
        scf::YieldOp::create(b, carried);
      });
  return select(isLess(constant(0), size), loop.getResult(0), constant(0));
}

/// Places the buffer at `position` of the order. Returns its end.
Value PlacementEmitter::placeNext(Value order, Value position) {
  Value row = arith::MulIOp::create(b, order, constant(count));
  Value buffer = read(orders, add(row, position));
  Value size = loadSize(buffer);
  Value place = findPlace(buffer, size);
  LLVM::StoreOp::create(b, place, offsetAt(buffer));
  return add(place, size);
}

func::FuncOp PlacementEmitter::startFunction(StringRef name, size_t words) {
  SmallVector<Type> inputs(words + 1, b.getI64Type());
  inputs.front() = LLVM::LLVMPointerType::get(b.getContext());
  auto function = func::FuncOp::create(
      b, name, b.getFunctionType(inputs, {b.getI64Type()}));
  function.setPrivate();
  b.setInsertionPointToStart(function.addEntryBlock());
  plan = function.getArgument(0);
  return function;
}

/// Of the number of an order and a limit: the end of the highest buffer, or
/// something above the limit.
func::FuncOp PlacementEmitter::emitForOrder() {
  OpBuilder::InsertionGuard guard(b);
  func::FuncOp function = startFunction("place_in_order", 2);
  Value order = function.getArgument(1), limit = function.getArgument(2);
  makeTables();
  clearOffsets();
  Type i64 = b.getI64Type();
  auto loop = scf::WhileOp::create(
      b, TypeRange{i64, i64}, ValueRange{constant(0), constant(0)},
      [&](OpBuilder &, Location, ValueRange carried) {
        Value goesOn =
            arith::AndIOp::create(b, isLess(carried[0], constant(count)),
                                  isNotMore(carried[1], limit));
        scf::ConditionOp::create(b, goesOn, carried);
      },
      [&](OpBuilder &, Location, ValueRange carried) {
        Value end = placeNext(order, carried[0]);
        Value highest = arith::MaxUIOp::create(b, carried[1], end);
        scf::YieldOp::create(b,
                             ValueRange{add(carried[0], constant(1)), highest});
      });
  func::ReturnOp::create(b, loop.getResult(1));
  return function;
}

/// Tries all orders, then places by the best again.
func::FuncOp PlacementEmitter::emitForBest(func::FuncOp forOrder) {
  OpBuilder::InsertionGuard guard(b);
  func::FuncOp function = startFunction("place_buffers", 1);
  auto call = [&](Value order, Value limit) {
    return func::CallOp::create(b, forOrder, ValueRange{plan, order, limit})
        .getResult(0);
  };
  auto loop = scf::ForOp::create(
      b, constant(0), constant(buffers.plan.orders.size()), constant(1),
      ValueRange{function.getArgument(1), constant(0)},
      [&](OpBuilder &, Location, Value order, ValueRange carried) {
        Value end = call(order, carried[0]);
        Value isBetter = isNotMore(end, carried[0]);
        scf::YieldOp::create(b,
                             ValueRange{select(isBetter, end, carried[0]),
                                        select(isBetter, order, carried[1])});
      });
  func::ReturnOp::create(b, call(loop.getResult(1), loop.getResult(0)));
  return function;
}

func::FuncOp hagane::cpu::emitPlacement(ImplicitLocOpBuilder &b,
                                        const HostBuffers &buffers) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(b.getBlock()->getParentOp());
  PlacementEmitter emitter(b, buffers);
  return emitter.emitForBest(emitter.emitForOrder());
}
