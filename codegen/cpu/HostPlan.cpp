//===- HostPlan.cpp - The plan: what depends on symbols alone -------------===//

#include "codegen/cpu/HostPlan.h"
#include "codegen/module/ModuleRecord.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
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

namespace {

/// Straight-line code for Dims. Values already computed are used again; `bad`
/// becomes true once a step has no meaningful result.
class DimEmitter {
public:
  DimEmitter(ImplicitLocOpBuilder &b, Value symbolValues,
             const llvm::StringMap<int64_t> &symbols)
      : b(b), symbolValues(symbolValues), symbols(symbols),
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
    auto it = symbols.find(name);
    if (it == symbols.end()) {
      unknown = name.str();
      return constant(0);
    }
    auto pointer = LLVM::LLVMPointerType::get(b.getContext());
    Value place = LLVM::GEPOp::create(
        b, pointer, b.getI64Type(), symbolValues,
        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(it->second)});
    return LLVM::LoadOp::create(b, b.getI64Type(), place);
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
  Value symbolValues;
  const llvm::StringMap<int64_t> &symbols;
  llvm::StringMap<Value> known;
  Value bad;
  std::string unknown;
};

} // namespace

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
  DimEmitter emitter(b, block->getArgument(0), symbols);

  SmallVector<Value> values(HGN_PLAN_FIXED_SLOTS, emitter.constant(0));
  if (arena)
    values[HGN_PLAN_ARENA_BYTES] = emitter.emit(arena);
  for (xf::DimAttr bytes : scratch)
    values[HGN_PLAN_SCRATCH_BYTES] = arith::MaxSIOp::create(
        b, values[HGN_PLAN_SCRATCH_BYTES], emitter.emit(bytes));
  for (xf::DimAttr dim : dims)
    values.push_back(emitter.emit(dim));
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

  for (auto [slot, value] : llvm::enumerate(values)) {
    Value place =
        LLVM::GEPOp::create(b, pointer, b.getI64Type(), block->getArgument(1),
                            ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(slot)});
    LLVM::StoreOp::create(b, value, place);
  }
  Value failed =
      arith::ConstantIntOp::create(b, b.getI32Type(), 1 + rangeCheck);
  func::ReturnOp::create(b, ValueRange{arith::SelectOp::create(
                                b, emitter.getBad(), failed, result)});
  return success();
}
