//===- ReuseOperands.cpp - Results over operands that end there -----------===//

#include "dialects/kernel/KernelOps.h"
#include "passes/memory/BufferLife.h"
#include "passes/memory/MemrefDims.h"
#include "passes/memory/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

namespace hagane {
#define GEN_PASS_DEF_REUSEOPERANDSPASS
#include "passes/memory/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;

namespace {

/// An operand that a kernel reads element by element, and the map by which it
/// does.
struct Read {
  unsigned operand;
  AffineMap map;
};

/// The operands whose element at a place is read, once a result is written, by
/// nothing but what computes the results' elements at that place. Anything else
/// that a kernel reads may be read again later, by another thread.
SmallVector<Read> getElementReads(Operation *op) {
  auto list = [](OperandRange operands, ArrayAttr maps) {
    SmallVector<Read> reads;
    for (auto [i, map] : llvm::enumerate(maps.getAsValueRange<AffineMapAttr>()))
      if (i < operands.size())
        reads.push_back(
            {static_cast<unsigned>(operands.getBeginOperandIndex() + i), map});
    return reads;
  };
  return llvm::TypeSwitch<Operation *, SmallVector<Read>>(op)
      .Case<kernel::Map, kernel::Rows>(
          [&](auto op) { return list(op.getIns(), op.getMaps()); })
      .Case<kernel::Gemm, kernel::Conv>(
          [&](auto op) { return list(op.getExtras(), op.getExtraMaps()); })
      .Default([](Operation *) { return SmallVector<Read>(); });
}

/// Whether `kernel` writes element (i, j, ...) of `out` at place (i, j, ...).
/// Only rows have results of other kinds.
bool isWrittenInPlace(Operation *op, OpOperand &out) {
  auto rows = dyn_cast<kernel::Rows>(op);
  return !rows || cast<AffineMapAttr>(rows.getMaps()[out.getOperandNumber()])
                      .getValue()
                      .isIdentity();
}

class OperandReuse {
public:
  explicit OperandReuse(func::FuncOp function)
      : body(function.front()), positions(numberOperations(body)) {}

  void run() {
    for (Operation &op : body)
      if (auto kernel = dyn_cast<DestinationStyleOpInterface>(op))
        for (OpOperand &out : kernel.getDpsInitsMutable())
          reuseFor(kernel, out);
  }

private:
  void reuseFor(Operation *kernel, OpOperand &out) {
    auto result = out.get().getDefiningOp<memref::AllocOp>();
    if (!result || result->getBlock() != &body ||
        !isWrittenInPlace(kernel, out) ||
        getLife(result, body, positions).first != positions.lookup(kernel))
      return;
    for (const Read &read : getElementReads(kernel)) {
      auto operand =
          kernel->getOperand(read.operand).getDefiningOp<memref::AllocOp>();
      if (!operand || !read.map.isIdentity() ||
          !mayShare(kernel, operand, result))
        continue;
      result.replaceAllUsesWith(operand.getResult());
      result.erase();
      return;
    }
  }

  bool mayShare(Operation *kernel, memref::AllocOp operand,
                memref::AllocOp result) {
    if (operand == result || operand->getBlock() != &body ||
        operand.getType() != result.getType() ||
        !precedesUsers(operand, result))
      return false;
    SmallVector<xf::Dim> dims = getMemrefDims(operand);
    if (llvm::is_contained(dims, xf::Dim()) || dims != getMemrefDims(result))
      return false;
    Life life = getLife(operand, body, positions);
    return life.last == positions.lookup(kernel) &&
           isReadInPlace(kernel, life, operand);
  }

  /// Views of a result may stand before the kernel that writes it.
  bool precedesUsers(Operation *operand, memref::AllocOp result) {
    return llvm::all_of(result->getUsers(), [&](Operation *user) {
      return operand->isBeforeInBlock(body.findAncestorOpInBlock(*user));
    });
  }

  /// Whether `kernel` sees the buffer under the name `operand` alone,
  /// by identities.
  bool isReadInPlace(Operation *kernel, const Life &life, Value operand) {
    SmallVector<Read> reads = getElementReads(kernel);
    return llvm::all_of(kernel->getOpOperands(), [&](OpOperand &use) {
      if (!life.names.contains(use.get()))
        return true;
      const auto *read = llvm::find_if(reads, [&](const Read &read) {
        return read.operand == use.getOperandNumber();
      });
      return use.get() == operand && read != reads.end() &&
             read->map.isIdentity();
    });
  }

  Block &body;
  Positions positions;
};

struct ReuseOperands : hagane::impl::ReuseOperandsPassBase<ReuseOperands> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function.isExternal() && !function.isPrivate())
      OperandReuse(function).run();
  }
};

} // namespace
