//===- HostPlan.cpp - The plan: what depends on symbols alone -------------===//

#include "codegen/cpu/HostPlan.h"
#include "codegen/module/ModuleRecord.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "runtime/include/hagane/abi.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::cpu;
using xf::DimNode;

int64_t HostPlan::getSlot(xf::Dim dim) {
  auto [it, inserted] =
      slots.try_emplace(dim.getAttr(), HGN_PLAN_FIXED_SLOTS + dims.size());
  if (inserted)
    dims.push_back(dim.getAttr());
  return it->second;
}

void HostPlan::setBuffers(kernel::ArenaPlan plan) {
  for (const kernel::ArenaBuffer &buffer : plan.buffers)
    buffers.sizeSlots.push_back(getSlot(buffer.bytes));
  buffers.offsetSlot = HGN_PLAN_FIXED_SLOTS + dims.size();
  dims.append(plan.buffers.size(), xf::DimAttr());
  buffers.plan = std::move(plan);
}

bool HostPlan::isComputed(xf::Dim dim) const {
  bool found = false;
  dim.forEachSymbol([&](StringRef name) { found |= computed.contains(name); });
  return found;
}

static Value wordAt(ImplicitLocOpBuilder &b, Value words, int64_t index) {
  return LLVM::GEPOp::create(
      b, LLVM::LLVMPointerType::get(b.getContext()), b.getI64Type(), words,
      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
}

static Value loadWord(ImplicitLocOpBuilder &b, Value words, int64_t index) {
  return LLVM::LoadOp::create(b, b.getI64Type(), wordAt(b, words, index));
}

namespace {

/// Straight-line code for Dims. Values already computed are used again; `bad`
/// becomes true once a step has no meaningful result.
class DimEmitter {
public:
  /// `load` gives the value of a symbol, or null for one that is not known.
  DimEmitter(ImplicitLocOpBuilder &b, llvm::function_ref<Value(StringRef)> load)
      : b(b), load(load),
        bad(arith::ConstantIntOp::create(b, b.getI1Type(), 0)) {}

  Value emit(xf::Dim dim) { return emit(xf::getDimNode(dim)).value; }
  Value add(Value x, Value y) {
    return checked<LLVM::SAddWithOverflowOp>(x, y);
  }
  Value constant(int64_t value) {
    return arith::ConstantIntOp::create(b, b.getI64Type(), value);
  }
  Value getBad() const { return bad; }
  StringRef getUnknownSymbol() const { return unknown; }

private:
  struct Named {
    Value value;
    std::string name;
  };

  Named emit(const DimNode &node) {
    if (node.kind == DimNode::Kind::Constant)
      return remember(std::to_string(node.value),
                      [&] { return constant(node.value); });
    if (node.kind == DimNode::Kind::Symbol)
      return remember(node.symbol, [&] { return loadSymbol(node.symbol); });
    Named result = emit(node.operands.front());
    for (const DimNode &operand : llvm::drop_begin(node.operands)) {
      Named rhs = emit(operand);
      std::string name = "(" + result.name + " " +
                         std::to_string(static_cast<int>(node.kind)) + " " +
                         rhs.name + ")";
      result = remember(
          name, [&] { return combine(node.kind, result.value, rhs.value); });
    }
    return result;
  }

  Named remember(const std::string &name, llvm::function_ref<Value()> make) {
    Value &value = known[name];
    if (!value)
      value = make();
    return {value, name};
  }

  Value loadSymbol(StringRef name) {
    if (Value value = load(name))
      return value;
    unknown = name.str();
    return constant(0);
  }

  Value combine(DimNode::Kind kind, Value x, Value y) {
    switch (kind) {
    case DimNode::Kind::Sum:
      return add(x, y);
    case DimNode::Kind::Product:
      return checked<LLVM::SMulWithOverflowOp>(x, y);
    case DimNode::Kind::Min:
      return arith::MinSIOp::create(b, x, y);
    case DimNode::Kind::Max:
      return arith::MaxSIOp::create(b, x, y);
    default:
      return divide(kind, x, y);
    }
  }

  template <typename OpTy> Value checked(Value x, Value y) {
    auto pair = LLVM::LLVMStructType::getLiteral(
        b.getContext(), {b.getI64Type(), b.getI1Type()});
    Value both = OpTy::create(b, pair, x, y);
    markBad(LLVM::ExtractValueOp::create(b, both, ArrayRef<int64_t>{1}));
    return LLVM::ExtractValueOp::create(b, both, ArrayRef<int64_t>{0});
  }

  /// Rounds down (mod has the divisor's sign) or up; divisors are positive.
  Value divide(DimNode::Kind kind, Value x, Value y) {
    Value zero = constant(0), one = constant(1);
    Value illegal = compare(arith::CmpIPredicate::sle, y, zero);
    markBad(illegal);
    y = arith::SelectOp::create(b, illegal, one, y);
    Value remainder = arith::RemSIOp::create(b, x, y);
    Value negative = compare(arith::CmpIPredicate::slt, remainder, zero);
    if (kind == DimNode::Kind::Mod)
      return arith::SelectOp::create(
          b, negative, arith::AddIOp::create(b, remainder, y), remainder);
    Value quotient = arith::DivSIOp::create(b, x, y);
    if (kind == DimNode::Kind::FloorDiv)
      return arith::SelectOp::create(
          b, negative, arith::SubIOp::create(b, quotient, one), quotient);
    Value positive = compare(arith::CmpIPredicate::sgt, remainder, zero);
    return arith::SelectOp::create(
        b, positive, arith::AddIOp::create(b, quotient, one), quotient);
  }

  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return arith::CmpIOp::create(b, predicate, x, y);
  }
  void markBad(Value condition) {
    bad = arith::OrIOp::create(b, bad, condition);
  }

  ImplicitLocOpBuilder &b;
  llvm::function_ref<Value(StringRef)> load;
  llvm::StringMap<Value> known;
  Value bad;
  std::string unknown;
};

} // namespace

Value HostPlan::emitBound(ImplicitLocOpBuilder &b, StringRef name,
                          const llvm::StringSet<> &bound, Value plan,
                          llvm::function_ref<Value(StringRef)> load) {
  DimEmitter emitter(b, load);
  auto isDue = [&](xf::Dim dim) {
    bool depends = false, isKnown = true;
    dim.forEachSymbol([&](StringRef symbol) {
      depends |= symbol == name;
      isKnown &= symbol == name || !computed.contains(symbol) ||
                 bound.contains(symbol);
    });
    return depends && isKnown;
  };
  for (auto [i, attr] : llvm::enumerate(dims))
    if (attr && isDue(attr) && !xf::Dim(attr).getSymbol())
      LLVM::StoreOp::create(b, emitter.emit(attr),
                            wordAt(b, plan, HGN_PLAN_FIXED_SLOTS + i));
  for (xf::DimAttr bytes : scratch) {
    if (!isDue(bytes))
      continue;
    Value most = loadWord(b, plan, HGN_PLAN_SCRATCH_BYTES);
    LLVM::StoreOp::create(b,
                          arith::MaxSIOp::create(b, most, emitter.emit(bytes)),
                          wordAt(b, plan, HGN_PLAN_SCRATCH_BYTES));
  }
  return emitter.getBad();
}

LogicalResult HostPlan::emit(ImplicitLocOpBuilder &b,
                             const llvm::StringMap<int64_t> &symbols,
                             int64_t rangeCheck) {
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  auto function = func::FuncOp::create(
      b, record::kPlan,
      b.getFunctionType({pointer, pointer}, {b.getI32Type()}));
  OpBuilder::InsertionGuard guard(b);
  Block *block = function.addEntryBlock();
  b.setInsertionPointToStart(block);
  auto load = [&](StringRef name) -> Value {
    auto it = symbols.find(name);
    return it == symbols.end() ? Value()
                               : loadWord(b, block->getArgument(0), it->second);
  };
  DimEmitter emitter(b, load);

  SmallVector<Value> values(HGN_PLAN_FIXED_SLOTS, emitter.constant(0));
  if (arena)
    values[HGN_PLAN_ARENA_BYTES] = emitter.emit(arena);
  for (xf::DimAttr bytes : scratch)
    if (!isComputed(bytes))
      values[HGN_PLAN_SCRATCH_BYTES] = arith::MaxSIOp::create(
          b, values[HGN_PLAN_SCRATCH_BYTES], emitter.emit(bytes));
  for (xf::DimAttr dim : dims)
    values.push_back(!dim || isComputed(dim)
                         ? emitter.constant(HGN_PLAN_UNKNOWN)
                         : emitter.emit(dim));
  Value result = arith::ConstantIntOp::create(b, b.getI32Type(), 0);
  // The first broken requirement wins; the plan's first slots show its values.
  for (const Requirement &requirement : llvm::reverse(requirements)) {
    Value lhs = emitter.emit(requirement.lhs),
          rhs = emitter.emit(requirement.rhs);
    Value broken = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, lhs, rhs);
    auto choose = [&](Value ifBroken, Value other) -> Value {
      return arith::SelectOp::create(b, broken, ifBroken, other);
    };
    values[HGN_PLAN_GOT] = choose(lhs, values[HGN_PLAN_GOT]);
    values[HGN_PLAN_WANT] = choose(rhs, values[HGN_PLAN_WANT]);
    result = choose(
        arith::ConstantIntOp::create(b, b.getI32Type(), 1 + requirement.check),
        result);
  }
  if (!emitter.getUnknownSymbol().empty())
    return mlir::emitError(b.getLoc(), "the symbolic dimension '")
           << emitter.getUnknownSymbol() << "' is not declared by an xf.symbol";

  Value slots = block->getArgument(1);
  for (auto [slot, value] : llvm::enumerate(values))
    LLVM::StoreOp::create(b, value, wordAt(b, slots, slot));
  Value failed =
      arith::ConstantIntOp::create(b, b.getI32Type(), 1 + rangeCheck);
  result = arith::SelectOp::create(b, emitter.getBad(), failed, result);
  emitArena(b, slots, result, failed);
  func::ReturnOp::create(b, result);
  return success();
}

void HostPlan::emitArena(ImplicitLocOpBuilder &b, Value slots, Value &result,
                         Value failed) {
  if (buffers.empty())
    return;
  func::FuncOp placement = emitPlacement(b, buffers);
  Value fine = arith::ConstantIntOp::create(b, b.getI32Type(), 0);
  Value isFine =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, result, fine);
  auto branch = scf::IfOp::create(
      b, isFine,
      [&](OpBuilder &, Location) {
        Value most = loadWord(b, slots, HGN_PLAN_ARENA_BYTES);
        Value bytes =
            func::CallOp::create(b, placement, ValueRange{slots, most})
                .getResult(0);
        LLVM::StoreOp::create(b, bytes, wordAt(b, slots, HGN_PLAN_ARENA_BYTES));
        Value fits =
            arith::CmpIOp::create(b, arith::CmpIPredicate::ule, bytes, most);
        scf::YieldOp::create(
            b, Value(arith::SelectOp::create(b, fits, fine, failed)));
      },
      [&](OpBuilder &, Location) { scf::YieldOp::create(b, result); });
  result = branch.getResult(0);
}
