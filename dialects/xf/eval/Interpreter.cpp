//===- Interpreter.cpp - Runs functions by the evaluator ------------------===//

#include "dialects/xf/eval/Interpreter.h"
#include "dialects/xf/XfDynamic.h"
#include "dialects/xf/eval/Evaluate.h"
#include "dialects/xf/eval/UpstreamOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

namespace {

using Tensors = SmallVector<HostTensor>;

class Interpreter {
public:
  Interpreter(const InterpreterOptions &options,
              llvm::StringMap<int64_t> symbols, unsigned depth)
      : options(options), symbols(std::move(symbols)), depth(depth) {}

  /// Runs a block; its terminator's operands are what it yields.
  FailureOr<Tensors> run(Block &block, ArrayRef<HostTensor> arguments);

private:
  static constexpr unsigned kMaxDepth = 200;
  using DyingValues = llvm::DenseMap<Operation *, SmallVector<Value>>;

  LogicalResult execute(Operation *op, Tensors &results);
  LogicalResult executeIf(scf::IfOp op, Tensors &results);
  LogicalResult executeFor(scf::ForOp op, Tensors &results);
  LogicalResult executeWhile(scf::WhileOp op, Tensors &results);
  LogicalResult executeCall(func::CallOp op, Tensors &results);
  LogicalResult executeBind(Bind op);
  LogicalResult executeMeasure(Measure op, Tensors &results);
  LogicalResult setSize(Operation *op, StringRef name, int64_t size);
  LogicalResult executeRequireEqual(RequireEqual op);
  LogicalResult executeSimple(Operation *op, Tensors &results);
  llvm::Error evaluateOne(Operation *op, ArrayRef<HostTensor> operands,
                          Tensors &results);

  FailureOr<Tensors> valuesOf(Operation *user, ValueRange operands);
  FailureOr<int64_t> scalarOf(Operation *user, Value value);
  LogicalResult yieldOf(Region &region, ArrayRef<HostTensor> arguments,
                        Tensors &results);
  const DyingValues &dyingValuesOf(Block &block);

  const InterpreterOptions &options;
  llvm::StringMap<int64_t> symbols;
  unsigned depth;
  llvm::DenseMap<Value, HostTensor> values;
  // By pointer: nested blocks add theirs while a block is run.
  llvm::DenseMap<Block *, std::unique_ptr<DyingValues>> dying;
};

} // namespace

/// Which values of the block die after which of its operations.
const Interpreter::DyingValues &Interpreter::dyingValuesOf(Block &block) {
  auto [it, isNew] = dying.try_emplace(&block);
  if (!isNew)
    return *it->second;
  it->second = std::make_unique<DyingValues>();
  llvm::MapVector<Value, Operation *> lastUse;
  for (BlockArgument argument : block.getArguments())
    lastUse[argument] = &block.front();
  for (Operation &op : block) {
    for (Value result : op.getResults())
      lastUse[result] = &op;
    op.walk([&](Operation *nested) {
      for (Value operand : nested->getOperands())
        if (operand.getParentBlock() == &block)
          lastUse[operand] = &op;
    });
  }
  for (auto [value, op] : lastUse)
    (*it->second)[op].push_back(value);
  return *it->second;
}

FailureOr<Tensors> Interpreter::valuesOf(Operation *user, ValueRange operands) {
  Tensors tensors;
  for (Value operand : operands) {
    auto it = values.find(operand);
    if (it == values.end())
      return user->emitError("cannot be evaluated: an operand has no value");
    tensors.push_back(it->second);
  }
  return tensors;
}

FailureOr<int64_t> Interpreter::scalarOf(Operation *user, Value value) {
  FailureOr<Tensors> tensors = valuesOf(user, value);
  if (failed(tensors))
    return failure();
  if ((*tensors)[0].getCount() != 1 || (*tensors)[0].getElement().isFloat())
    return user->emitError("cannot be evaluated: expected one integer");
  return (*tensors)[0].getInteger(0);
}

FailureOr<Tensors> Interpreter::run(Block &block,
                                    ArrayRef<HostTensor> arguments) {
  if (block.getNumArguments() != arguments.size())
    return block.getParentOp()->emitError("cannot be evaluated: found ")
           << arguments.size() << " arguments, expected "
           << block.getNumArguments();
  for (auto [argument, tensor] : llvm::zip(block.getArguments(), arguments))
    values[argument] = tensor;
  const DyingValues &dyingValues = dyingValuesOf(block);
  FailureOr<Tensors> yielded = failure();
  for (Operation &op : block) {
    if (op.hasTrait<OpTrait::IsTerminator>()) {
      yielded = valuesOf(&op, op.getOperands());
    } else {
      Tensors results;
      if (failed(execute(&op, results)))
        return failure();
      if (options.afterOp && failed(options.afterOp(&op, results)))
        return failure();
      for (auto [value, tensor] : llvm::zip(op.getResults(), results))
        values[value] = tensor;
    }
    auto it = dyingValues.find(&op);
    if (it != dyingValues.end())
      for (Value value : it->second)
        values.erase(value);
  }
  return yielded;
}

LogicalResult Interpreter::yieldOf(Region &region,
                                   ArrayRef<HostTensor> arguments,
                                   Tensors &results) {
  FailureOr<Tensors> yielded = run(region.front(), arguments);
  if (failed(yielded))
    return failure();
  results = std::move(*yielded);
  return success();
}

LogicalResult Interpreter::executeIf(scf::IfOp op, Tensors &results) {
  FailureOr<int64_t> condition = scalarOf(op, op.getCondition());
  if (failed(condition))
    return failure();
  Region &region = *condition ? op.getThenRegion() : op.getElseRegion();
  return region.empty() ? success() : yieldOf(region, {}, results);
}

LogicalResult Interpreter::executeFor(scf::ForOp op, Tensors &results) {
  FailureOr<int64_t> lower = scalarOf(op, op.getLowerBound());
  FailureOr<int64_t> upper = scalarOf(op, op.getUpperBound());
  FailureOr<int64_t> step = scalarOf(op, op.getStep());
  FailureOr<Tensors> carried = valuesOf(op, op.getInitArgs());
  if (failed(lower) || failed(upper) || failed(step) || failed(carried))
    return failure();
  if (*step <= 0)
    return op.emitError("cannot be evaluated: found step ")
           << *step << ", expected above 0";
  results = std::move(*carried);
  for (int64_t i = *lower; i < *upper;) {
    Tensors arguments{HostTensor::scalar(op.getInductionVar().getType(), i)};
    arguments.append(results);
    if (failed(yieldOf(op.getRegion(), arguments, results)))
      return failure();
    if (__builtin_add_overflow(i, *step, &i))
      break;
  }
  return success();
}

LogicalResult Interpreter::executeWhile(scf::WhileOp op, Tensors &results) {
  FailureOr<Tensors> carried = valuesOf(op, op.getInits());
  if (failed(carried))
    return failure();
  while (true) {
    if (failed(yieldOf(op.getBefore(), *carried, results)))
      return failure();
    bool goesOn = results.front().getInteger(0);
    results.erase(results.begin());
    if (!goesOn)
      return success();
    if (failed(yieldOf(op.getAfter(), results, *carried)))
      return failure();
  }
}

LogicalResult Interpreter::executeCall(func::CallOp op, Tensors &results) {
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
      op, op.getCalleeAttr());
  if (!callee || callee.isExternal())
    return op.emitError("cannot be evaluated: '")
           << op.getCallee() << "' has no body";
  if (depth >= kMaxDepth)
    return op.emitError("cannot be evaluated: calls are nested deeper than ")
           << kMaxDepth;
  FailureOr<Tensors> arguments = valuesOf(op, op.getOperands());
  if (failed(arguments))
    return failure();
  Interpreter inner(options, symbols, depth + 1);
  return inner.yieldOf(callee.getBody(), *arguments, results);
}

LogicalResult Interpreter::setSize(Operation *op, StringRef name,
                                   int64_t size) {
  auto symbol = SymbolTable::lookupNearestSymbolFrom<ComputedSize>(
      op, StringAttr::get(op->getContext(), name));
  int64_t min = symbol.getMin(), max = symbol.getMax();
  if (size < min || size > max)
    return op->emitError("cannot be evaluated: found size ")
           << size << ", expected " << min << " to " << max;
  symbols[name] = size;
  return success();
}

LogicalResult Interpreter::executeBind(Bind op) {
  FailureOr<int64_t> size = scalarOf(op, op.getSize());
  if (failed(size))
    return failure();
  return setSize(op, op.getSymbol(), *size);
}

LogicalResult Interpreter::executeMeasure(Measure op, Tensors &results) {
  FailureOr<Tensors> x = valuesOf(op, op.getX());
  if (failed(x))
    return failure();
  for (auto [axis, symbol] :
       llvm::zip_equal(op.getBinds(), op.getBoundSymbols()))
    if (failed(setSize(op, symbol, x->front().getSize(axis))))
      return failure();
  results = std::move(*x);
  return success();
}

LogicalResult Interpreter::executeRequireEqual(RequireEqual op) {
  auto valueOf = [&](Dim dim) {
    return dim.evaluate([&](StringRef name) -> std::optional<int64_t> {
      auto it = symbols.find(name);
      return it == symbols.end() ? std::nullopt : std::optional(it->second);
    });
  };
  std::optional<int64_t> found = valueOf(op.getFound()),
                         expected = valueOf(op.getExpected());
  if (!found || !expected || *found != *expected)
    return op.emitError("cannot be evaluated: ")
           << op.getWhat() << " is " << found.value_or(-1) << ", expected "
           << expected.value_or(-1);
  return success();
}

llvm::Error Interpreter::evaluateOne(Operation *op,
                                     ArrayRef<HostTensor> operands,
                                     Tensors &results) {
  EvaluateOptions evaluateOptions;
  evaluateOptions.symbols = &symbols;
  if (isa<XfDialect>(op->getDialect()))
    return evaluate(op, operands, evaluateOptions, results);
  if (options.evaluateOther &&
      !isa<arith::ArithDialect, tensor::TensorDialect>(op->getDialect()))
    return options.evaluateOther(op, operands, evaluateOptions, results);
  llvm::Expected<HostTensor> result =
      isa<tensor::TensorDialect>(op->getDialect())
          ? evaluateTensorOp(op, operands)
          : evaluateScalarOp(op, operands);
  if (!result)
    return result.takeError();
  results.assign(1, *result);
  return llvm::Error::success();
}

LogicalResult Interpreter::executeSimple(Operation *op, Tensors &results) {
  FailureOr<Tensors> operands = valuesOf(op, op->getOperands());
  if (failed(operands))
    return failure();
  if (llvm::Error error = evaluateOne(op, *operands, results))
    return op->emitError("cannot be evaluated: ")
           << llvm::toString(std::move(error));
  return success();
}

LogicalResult Interpreter::execute(Operation *op, Tensors &results) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](scf::IfOp op) { return executeIf(op, results); })
      .Case([&](scf::ForOp op) { return executeFor(op, results); })
      .Case([&](scf::WhileOp op) { return executeWhile(op, results); })
      .Case([&](func::CallOp op) { return executeCall(op, results); })
      .Case([&](Bind op) { return executeBind(op); })
      .Case([&](Measure op) { return executeMeasure(op, results); })
      .Case([&](RequireEqual op) { return executeRequireEqual(op); })
      .Default([&](Operation *op) { return executeSimple(op, results); });
}

/// Whether the tensor has the element type and the known sizes of `type`.
static bool fits(const HostTensor &tensor, Type type) {
  auto tensorType = dyn_cast<RankedTensorType>(type);
  if (!tensorType)
    return tensor.getElementType() == type && tensor.getRank() == 0;
  return tensor.getElementType() == tensorType.getElementType() &&
         succeeded(
             verifyCompatibleShape(tensor.getShape(), tensorType.getShape()));
}

/// "argument 1", with the name that the model gives it.
static std::string nameArgument(func::FuncOp function, unsigned argument) {
  std::string text = ("argument " + Twine(argument)).str();
  if (auto name = function.getArgAttrOfType<StringAttr>(argument, "onnx.name"))
    text += " ('" + name.str() + "')";
  return text;
}

/// Checks one dimension, or binds it if it is a symbol not seen so far.
static LogicalResult bindDim(func::FuncOp function, unsigned argument,
                             unsigned axis, Dim dim, int64_t size,
                             llvm::StringMap<int64_t> &symbols,
                             bool isLastPass) {
  if (std::optional<StringRef> name = dim.getSymbol())
    symbols.try_emplace(*name, size);
  std::optional<int64_t> expected =
      dim.evaluate([&](StringRef name) -> std::optional<int64_t> {
        auto it = symbols.find(name);
        if (it == symbols.end())
          return std::nullopt;
        return it->second;
      });
  if (!isLastPass || !expected || *expected == size)
    return success();
  return function.emitError(nameArgument(function, argument))
         << " has size " << size << " on axis " << axis << ", expected "
         << *expected << " (" << dim.str() << ")";
}

FailureOr<llvm::StringMap<int64_t>>
hagane::xf::eval::bindSymbols(func::FuncOp function,
                              ArrayRef<HostTensor> arguments) {
  if (function.getNumArguments() != arguments.size())
    return function.emitError("found ")
           << arguments.size() << " arguments, expected "
           << function.getNumArguments();
  for (auto [i, argument] : llvm::enumerate(arguments))
    if (!fits(argument, function.getArgumentTypes()[i]))
      return function.emitError(nameArgument(function, i))
             << " is " << describe(argument) << ", expected "
             << function.getArgumentTypes()[i];
  llvm::StringMap<int64_t> symbols;
  // Symbols are bound first, then every dimension is checked.
  for (bool isLastPass : {false, true})
    for (auto [i, argument] : llvm::enumerate(arguments)) {
      auto dims = function.getArgAttrOfType<ArrayAttr>(i, "xf.dims");
      if (!dims)
        continue;
      for (auto [axis, dim] : llvm::enumerate(dims.getAsRange<DimAttr>()))
        if (static_cast<int64_t>(axis) < argument.getRank() &&
            failed(bindDim(function, i, axis, Dim(dim), argument.getSize(axis),
                           symbols, isLastPass)))
          return failure();
    }
  return symbols;
}

FailureOr<Tensors>
hagane::xf::eval::interpret(func::FuncOp function,
                            ArrayRef<HostTensor> arguments,
                            const InterpreterOptions &options) {
  if (function.isExternal() || !function.getBody().hasOneBlock())
    return function.emitError(
        "cannot be evaluated: expected a body of one block");
  FailureOr<llvm::StringMap<int64_t>> symbols =
      bindSymbols(function, arguments);
  if (failed(symbols))
    return failure();
  Interpreter interpreter(options, std::move(*symbols), 0);
  return interpreter.run(function.getBody().front(), arguments);
}

FailureOr<Tensors>
hagane::xf::eval::interpret(Region &region, const InterpreterOptions &options) {
  if (!region.hasOneBlock())
    return region.getParentOp()->emitError(
        "cannot be evaluated: expected a body of one block");
  return Interpreter(options, {}, 0).run(region.front(), {});
}
