//===- EmitSource.cpp - Kernels as CUDA C++ -------------------------------===//

#include "codegen/cuda/EmitSource.h"
#include "codegen/cuda/Emitters.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::cuda;

static kernel::KernelOpInterface findKernel(func::FuncOp function) {
  for (Operation &op : function.front())
    if (auto kernel = dyn_cast<kernel::KernelOpInterface>(op))
      return kernel;
  return {};
}

/// Names in the kernel's location: the nodes of the model that it computes.
static llvm::SetVector<StringRef> findNodes(Location loc) {
  llvm::SetVector<StringRef> nodes;
  loc->walk([&](Location part) {
    if (auto name = dyn_cast<NameLoc>(part))
      nodes.insert(name.getName().getValue());
    return WalkResult::advance();
  });
  return nodes;
}

/// What a reader wants to know before the code.
static std::string writeHead(func::FuncOp function,
                             kernel::KernelOpInterface op,
                             const Target &target) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "// " << function.getName() << ": " << op->getName() << " for "
     << target.name << "\n// Schedule: " << kernel::getCudaSchedule(op) << "\n";
  for (StringRef node : findNodes(op.getLoc()))
    os << "// Computes: " << node << "\n";
  os << "\n";
  return text;
}

static LogicalResult emitKernel(Operation *op, KernelWriter &w) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](kernel::Map map) { return emitMap(map, w); })
      .Case([&](kernel::Rows rows) { return emitRows(rows, w); })
      .Case([&](kernel::Reduce reduce) { return emitReduce(reduce, w); })
      .Case([&](kernel::Gemm gemm) { return emitGemm(gemm, w); })
      .Case([&](kernel::Attention attention) {
        return emitAttention(attention, w);
      })
      .Case([&](kernel::Conv conv) { return emitConv(conv, w); })
      .Case([&](kernel::Gather gather) { return emitGather(gather, w); })
      .Case([&](kernel::Window window) { return emitWindow(window, w); })
      .Case([&](kernel::Write write) { return emitWrite(write, w); })
      .Case([&](kernel::Task task) { return emitTask(task, w); })
      .Default([](Operation *other) {
        return other->emitError("has no form in CUDA C++");
      });
}

FailureOr<KernelSource> cuda::emitSource(func::FuncOp function,
                                         const Target &target) {
  kernel::KernelOpInterface op = findKernel(function);
  if (!op)
    return function.emitError("expected a function with one kernel");
  if (!kernel::getCudaSchedule(op))
    return op->emitError("expected a kernel with a schedule of a GPU, such as "
                         "hagane-assign-schedules{sm=90} gives");
  for (Value operand : op->getOperands())
    if (!isa<BlockArgument>(operand) || !isa<MemRefType>(operand.getType()))
      return op->emitError(
          "expected operands to be memory that the function is given");
  KernelWriter writer(function, op, target);
  if (failed(emitKernel(op, writer)))
    return failure();
  return writer.take(writeHead(function, op, target));
}
