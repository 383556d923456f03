//===- OutlineKernels.cpp - Distinct kernels become functions -------------===//

#include "dialects/kernel/KernelCost.h"
#include "dialects/xf/NodeNames.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "passes/memory/Passes.h"
#include "llvm/ADT/SetVector.h"

namespace hagane {
#define GEN_PASS_DEF_OUTLINEKERNELSPASS
#include "passes/memory/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;

namespace {

/// What a run says when the kernel meets an index out of range.
std::string getCheckMessage(const llvm::SetVector<StringRef> &nodes) {
  std::string message;
  llvm::raw_string_ostream os(message);
  llvm::interleaveComma(nodes, os << (nodes.size() > 1 ? "nodes " : "node "),
                        [&](StringRef name) { os << '\'' << name << '\''; });
  os << (nodes.empty() ? "of a gather or scatter: " : ": ")
     << "index {got} is out of range for an axis of size {want}";
  return message;
}

/// Text that is equal for kernels that can share code.
std::string textOf(func::FuncOp function) {
  std::string text;
  llvm::raw_string_ostream os(text);
  OpPrintingFlags flags;
  flags.printGenericOpForm().assumeVerified().enableDebugInfo(false);
  function.getBody().front().front().print(os, flags);
  for (Type type : function.getArgumentTypes())
    os << ' ' << type;
  return text;
}

class Outliner {
public:
  explicit Outliner(ModuleOp module) : module(module), symbols(module) {}

  LogicalResult outline(kernel::KernelOpInterface op);

private:
  func::FuncOp makeFunction(kernel::KernelOpInterface op);

  ModuleOp module;
  SymbolTable symbols;
  llvm::StringMap<func::FuncOp> functions;
  llvm::StringMap<int64_t> counts;
};

func::FuncOp Outliner::makeFunction(kernel::KernelOpInterface op) {
  OpBuilder builder(op.getContext());
  SmallVector<Type> types(op->getOperandTypes());
  bool reports = kernel::canFail(op);
  if (reports)
    types.append({MemRefType::get({kernel::kReportWords}, builder.getI64Type()),
                  builder.getIndexType()});
  types.append({builder.getIndexType(), builder.getIndexType(),
                MemRefType::get({ShapedType::kDynamic}, builder.getI8Type())});
  auto function = func::FuncOp::create(op.getLoc(), op.getKernelKind(),
                                       builder.getFunctionType(types, {}));
  function.setPrivate();
  function->setAttr("kernel.body", builder.getUnitAttr());
  if (reports)
    function->setAttr("kernel.reports", builder.getUnitAttr());
  Block *body = function.addEntryBlock();
  builder.setInsertionPointToStart(body);
  Operation *clone = builder.clone(*op);
  clone->setOperands(body->getArguments().take_front(op->getNumOperands()));
  func::ReturnOp::create(builder, op.getLoc());
  return function;
}

LogicalResult Outliner::outline(kernel::KernelOpInterface op) {
  bool onBuffers =
      llvm::all_of(op->getOperandTypes(), llvm::IsaPred<MemRefType>);
  if (!onBuffers || !kernel::hasCompleteShapes(op))
    return op->emitError("expects a kernel on memrefs with all shapes known");
  Attribute schedule = op->getAttr("schedule");
  if (!schedule && !isa<kernel::Task>(op))
    return op->emitError("expects a kernel with a schedule");
  func::FuncOp candidate = makeFunction(op);
  func::FuncOp &function = functions[textOf(candidate)];
  if (function) {
    candidate->destroy();
  } else {
    std::string name =
        (op.getKernelKind() + "_" + Twine(counts[op.getKernelKind()]++)).str();
    candidate.setName(name);
    symbols.insert(candidate);
    function = candidate;
  }
  std::string scheduleText;
  llvm::raw_string_ostream os(scheduleText);
  if (schedule)
    os << schedule;
  for (xf::Dim cost :
       {op.getItems(), op.getScratchBytes(), op.getFlops(), op.getBytes()})
    if (!cost)
      return op.emitError(
          "cannot be run: its work or its bytes exceed 64 bits");
  llvm::SetVector<StringRef> names = xf::collectNodeNames(op.getLoc());
  OpBuilder builder(op);
  StringAttr check;
  if (kernel::canFail(op))
    check = builder.getStringAttr(getCheckMessage(names));
  TypeAttr factors;
  if (Type type = kernel::getFactorType(op))
    factors = TypeAttr::get(type);
  kernel::Launch::create(
      builder, op.getLoc(), function.getSymName(), op->getOperands(),
      op.getItems().getAttr(), op.getScratchBytes().getAttr(),
      op.getFlops().getAttr(), op.getBytes().getAttr(), op.getKernelKind(),
      scheduleText, builder.getStrArrayAttr(names.getArrayRef()), factors,
      check);
  op->erase();
  return success();
}

struct OutlineKernels : hagane::impl::OutlineKernelsPassBase<OutlineKernels> {
  void runOnOperation() override {
    SmallVector<kernel::KernelOpInterface> kernels;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function->hasAttr("kernel.body"))
        function.walk(
            [&](kernel::KernelOpInterface op) { kernels.push_back(op); });
    Outliner outliner(getOperation());
    for (kernel::KernelOpInterface op : kernels)
      if (failed(outliner.outline(op)))
        return signalPassFailure();
  }
};

} // namespace
