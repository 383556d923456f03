//===- PastContents.cpp - What is computed from the past's length ---------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/state/MaskBounds.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

static bool mentions(Dim dim, StringRef past) {
  bool found = false;
  dim.forEachSymbol([&](StringRef name) { found |= name == past; });
  return found;
}

static bool anyMentions(std::optional<ArrayAttr> dims, StringRef past) {
  return dims && llvm::any_of(getDimsFrom(*dims),
                              [&](Dim dim) { return mentions(dim, past); });
}

/// Whether an operation's elements depend on the past's length by its own
/// attributes or the sizes of its operands.
static bool bringsPast(Operation *op, StringRef past, ShapeAnalysis &shapes) {
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case([&](xf::Range range) {
        // The limit tells the number of elements only.
        if (!range.getBounds())
          return false;
        SmallVector<Dim> bounds = getDimsFrom(*range.getBounds());
        return bounds.size() == 3 &&
               (mentions(bounds[0], past) || mentions(bounds[2], past));
      })
      .Case(
          [&](xf::Dims dims) { return anyMentions(dims.getElements(), past); })
      .Case(
          [&](xf::Slice slice) { return anyMentions(slice.getStarts(), past); })
      .Case([&](xf::Pad pad) { return anyMentions(pad.getPads(), past); })
      .Case([&](xf::Concat concat) {
        int64_t axis = concat.getAxis();
        return llvm::any_of(concat.getInputs().drop_back(), [&](Value input) {
          return mentions(shapes.getDims(input)[axis], past);
        });
      })
      .Default(false);
}

PastContents hagane::findPastContents(Block &block, StringRef past,
                                      ShapeAnalysis &shapes) {
  PastContents contents;
  for (Operation &op : block) {
    Operation *origin = bringsPast(&op, past, shapes) ? &op : nullptr;
    auto attention = dyn_cast<xf::Attention>(op);
    op.walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (!origin && (!attention || operand != attention.getBias()))
          origin = contents.lookup(operand);
    });
    if (origin)
      for (Value result : op.getResults())
        contents[result] = origin;
  }
  return contents;
}
