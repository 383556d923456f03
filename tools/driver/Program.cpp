#include "tools/driver/Program.h"

#include "dialects/kernel/eval/Evaluate.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::eval::HostTensor;

FailureOr<SmallVector<HostTensor>>
Program::evaluate(ArrayRef<HostTensor> arguments) {
  references.clear();
  func::FuncOp function = main();
  xf::eval::InterpreterOptions taps;
  taps.afterOp = [&](Operation *op, ArrayRef<HostTensor> results) {
    // What a loop computes differs from one iteration to the next.
    if (op->getParentOp() == function)
      for (auto [value, tensor] : llvm::zip(op->getResults(), results))
        references[value] = tensor;
    return success();
  };
  return kernel::eval::interpret(function, arguments, taps);
}
