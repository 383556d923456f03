//===- Evaluate.cpp - Functions of kernels --------------------------------===//

#include "dialects/kernel/eval/Evaluate.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/kernel/eval/Definitions.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;
using xf::eval::DefinitionTable;
using xf::eval::EvaluateOptions;
using xf::eval::HostTensor;

static DefinitionTable makeTable() {
  DefinitionTable table;
  eval::defineLoops(table);
  eval::defineProducts(table);
  eval::defineWindows(table);
  eval::defineAttention(table);
  eval::defineMovement(table);
  eval::defineCodes(table);
  return table;
}

static const DefinitionTable &getTable() {
  static const DefinitionTable table = makeTable();
  return table;
}

namespace {

/// Kernels, and constants that are computed on first use.
class Evaluator {
public:
  llvm::Error evaluate(Operation *op, ArrayRef<HostTensor> operands,
                       const EvaluateOptions &options,
                       SmallVectorImpl<HostTensor> &results) {
    if (auto use = dyn_cast<GetGlobal>(op))
      return evaluateGlobal(use, results);
    return xf::eval::evaluate(getTable(), op, operands, options, results);
  }

  xf::eval::InterpreterOptions makeOptions() {
    xf::eval::InterpreterOptions options;
    options.evaluateOther = [this](auto &&...arguments) {
      return evaluate(arguments...);
    };
    return options;
  }

private:
  llvm::Error evaluateGlobal(GetGlobal op,
                             SmallVectorImpl<HostTensor> &results);

  llvm::DenseMap<Operation *, HostTensor> globals;
};

} // namespace

llvm::Error Evaluator::evaluateGlobal(GetGlobal op,
                                      SmallVectorImpl<HostTensor> &results) {
  auto global =
      SymbolTable::lookupNearestSymbolFrom<Global>(op, op.getNameAttr());
  if (!global)
    return llvm::createStringError("found no constant '" + op.getName() + "'");
  HostTensor &value = globals[global];
  if (!value) {
    auto computed = xf::eval::interpret(global.getInit(), makeOptions());
    if (failed(computed))
      return llvm::createStringError("the constant '" + op.getName() +
                                     "' has no value");
    value = computed->front();
  }
  results.assign(1, value);
  return llvm::Error::success();
}

FailureOr<SmallVector<HostTensor>>
eval::interpret(func::FuncOp function, ArrayRef<HostTensor> arguments,
                xf::eval::InterpreterOptions options) {
  Evaluator evaluator;
  options.evaluateOther = evaluator.makeOptions().evaluateOther;
  return xf::eval::interpret(function, arguments, options);
}
