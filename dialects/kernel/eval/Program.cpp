//===- Program.cpp - Regions of kernels as instructions -------------------===//

#include "dialects/kernel/eval/Program.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/kernel/eval/Flow.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace hagane::kernel;
using namespace hagane::kernel::eval;
using llvm::Error;

static constexpr int64_t kLanes = 128;

namespace hagane::kernel::eval {

/// Makes a program of a region.
class Compiler {
public:
  Error compile(Region &region, int64_t number);
  Program program;

private:
  unsigned slotOf(Value value);
  SmallVector<unsigned, 4> slotsOf(ValueRange values);
  llvm::Expected<int64_t> compileNested(Region &region);
  Error emit(Operation *op, std::vector<Instruction> &code);
  Error emitPlain(Operation *op, std::vector<Instruction> &code);
  Error emitConstant(arith::ConstantOp op);
  Error emitNested(Operation *op, Instruction::Run run,
                   std::vector<Instruction> &code);
  Error emitMemory(Operation *op, Value memref, Instruction::Run run,
                   std::vector<Instruction> &code);

  llvm::DenseMap<Value, unsigned> slots;
};

} // namespace hagane::kernel::eval

unsigned Compiler::slotOf(Value value) {
  auto [it, isNew] = slots.try_emplace(value, program.slotCount);
  if (isNew)
    ++program.slotCount;
  return it->second;
}

SmallVector<unsigned, 4> Compiler::slotsOf(ValueRange values) {
  SmallVector<unsigned, 4> numbers;
  for (Value value : values)
    numbers.push_back(slotOf(value));
  return numbers;
}

/// The instruction of an operation, with what many of them need.
static Instruction instructionOf(Operation *op, Instruction::Run run) {
  Instruction instruction;
  instruction.run = run;
  auto elementOf = [](Type type) {
    return Element::get(getElementTypeOrSelf(type)).value_or(Element());
  };
  if (op->getNumResults() > 0)
    instruction.element = elementOf(op->getResult(0).getType());
  if (op->getNumOperands() > 0)
    instruction.source = elementOf(op->getOperand(0).getType());
  return instruction;
}

static Error unknownOperation(Operation *op) {
  return llvm::createStringError("operation '" + op->getName().getStringRef() +
                                 "' has no definition in a kernel");
}

Error Compiler::emitConstant(arith::ConstantOp op) {
  Scalar value;
  if (auto integer = dyn_cast<IntegerAttr>(op.getValue()))
    value.integer = integer.getValue().sextOrTrunc(64).getSExtValue();
  else if (auto real = dyn_cast<FloatAttr>(op.getValue()))
    value.real = real.getValueAsDouble();
  else
    return unknownOperation(op);
  program.constants.push_back({slotOf(op.getResult()), value});
  return Error::success();
}

/// For which of less, equal, greater and unordered a predicate holds.
static int64_t outcomesOf(arith::CmpFPredicate predicate) {
  llvm::APFloat one(1.0), two(2.0),
      nan = llvm::APFloat::getNaN(one.getSemantics());
  int64_t outcomes = 0;
  for (auto [i, pair] : llvm::enumerate(
           std::initializer_list<std::pair<llvm::APFloat, llvm::APFloat>>{
               {one, two}, {one, one}, {two, one}, {one, nan}}))
    outcomes |=
        int64_t(arith::applyCmpPredicate(predicate, pair.first, pair.second))
        << i;
  return outcomes;
}

Error Compiler::emitPlain(Operation *op, std::vector<Instruction> &code) {
  const OperationRow *row = findOperation(op->getName().getStringRef());
  if (!row || op->getNumResults() != 1)
    return unknownOperation(op);
  Instruction instruction = instructionOf(op, row->run);
  instruction.from = slotsOf(op->getOperands());
  instruction.to = slotOf(op->getResult(0));
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](arith::CmpFOp op) {
        instruction.number = outcomesOf(op.getPredicate());
      })
      .Case([&](arith::CmpIOp op) {
        instruction.number = static_cast<int64_t>(op.getPredicate());
      })
      .Case([&](Index op) {
        instruction.number = static_cast<int64_t>(op.getDimension());
        program.hasCoordinates = true;
      })
      .Case([&](Position op) { instruction.number = op.getFromStart(); });
  code.push_back(instruction);
  if (row->rounds && instruction.element.isFloat()) {
    instruction.run = roundSlot;
    code.push_back(instruction);
  }
  return Error::success();
}

llvm::Expected<int64_t> Compiler::compileNested(Region &region) {
  int64_t number = static_cast<int64_t>(program.blocks.size());
  program.blocks.emplace_back();
  if (Error error = compile(region, number))
    return error;
  return number;
}

/// Control flow: up to two regions, and the slots of operands and results.
Error Compiler::emitNested(Operation *op, Instruction::Run run,
                           std::vector<Instruction> &code) {
  Instruction instruction = instructionOf(op, run);
  instruction.from = slotsOf(op->getOperands());
  llvm::append_range(instruction.alsoTo, slotsOf(op->getResults()));
  instruction.number = instruction.secondNumber = 0;
  for (auto [i, region] : llvm::enumerate(op->getRegions())) {
    if (region.empty())
      continue;
    llvm::Expected<int64_t> number = compileNested(region);
    if (!number)
      return number.takeError();
    (i == 0 ? instruction.number : instruction.secondNumber) = *number;
  }
  code.push_back(instruction);
  return Error::success();
}

/// Memory is that of the region's arguments, by their places.
Error Compiler::emitMemory(Operation *op, Value memref, Instruction::Run run,
                           std::vector<Instruction> &code) {
  auto argument = dyn_cast<BlockArgument>(memref);
  if (!argument || !isa<KernelOpInterface>(argument.getOwner()->getParentOp()))
    return unknownOperation(op);
  Instruction instruction = instructionOf(op, run);
  for (Value operand : op->getOperands())
    if (operand != memref)
      instruction.from.push_back(slotOf(operand));
  if (op->getNumResults() > 0)
    instruction.to = slotOf(op->getResult(0));
  instruction.number = argument.getArgNumber();
  code.push_back(instruction);
  return Error::success();
}

Error Compiler::emit(Operation *op, std::vector<Instruction> &code) {
  return llvm::TypeSwitch<Operation *, Error>(op)
      .Case([&](arith::ConstantOp op) { return emitConstant(op); })
      .Case<arith::BitcastOp>([&](auto op) {
        Instruction instruction = instructionOf(op, reinterpretBits);
        instruction.from = slotsOf(op->getOperands());
        instruction.to = slotOf(op);
        code.push_back(instruction);
        return Error::success();
      })
      .Case([&](scf::IfOp op) { return emitNested(op, runIf, code); })
      .Case([&](scf::ForOp op) { return emitNested(op, runFor, code); })
      .Case([&](scf::WhileOp op) { return emitNested(op, runWhile, code); })
      .Case<memref::LoadOp>([&](auto op) {
        return emitMemory(op, op.getMemref(), loadElement, code);
      })
      .Case<memref::StoreOp>([&](auto op) {
        return emitMemory(op, op.getMemref(), storeElement, code);
      })
      .Case<memref::DimOp>([&](auto op) {
        return emitMemory(op, op.getSource(), loadSize, code);
      })
      .Case<memref::ExtractAlignedPointerAsIndexOp>([&](auto op) {
        return emitMemory(op, op.getSource(), loadAddress, code);
      })
      .Default([&](Operation *op) { return emitPlain(op, code); });
}

Error Compiler::compile(Region &region, int64_t number) {
  if (!region.hasOneBlock())
    return llvm::createStringError("a kernel's region must be one block");
  std::vector<Instruction> code;
  mlir::Block &block = region.front();
  program.blocks[number].arguments = slotsOf(block.getArguments());
  for (Operation &op : block.without_terminator())
    if (Error error = emit(&op, code))
      return error;
  program.blocks[number].instructions = std::move(code);
  program.blocks[number].yielded =
      slotsOf(block.getTerminator()->getOperands());
  return Error::success();
}

llvm::Expected<Program> Program::compile(Region &region) {
  Compiler compiler;
  compiler.program.blocks.emplace_back();
  if (Error error = compiler.compile(region, 0))
    return error;
  return std::move(compiler.program);
}

Frame::Frame(const Program &program)
    : program(program), width(program.isStraight() ? kLanes : 1) {
  values.resize(program.getSlotCount() * width, Scalar{.integer = 0});
  for (const Program::Constant &constant : program.getConstants())
    std::fill_n(slot(constant.slot), width, constant.value);
}
