//===- PastContents.cpp - What is computed from the past's length ---------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/fusion/Match.h"
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

namespace {

/// What is as long as the past and the same for every entry, such as a range:
/// a number found over all of it, or from its end, tells the length. Inputs of
/// that length, such as masks, say what each entry's own is.
class SharedLengths {
public:
  SharedLengths(Block &block, StringRef past, ShapeAnalysis &shapes)
      : past(past), shapes(shapes) {
    ofInputs.insert_range(block.getArguments());
  }

  /// Whether `op`, whose operands were visited, tells the length.
  bool visit(Operation *op) {
    bool isOfInputs = false, tells = false;
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        isOfInputs |= ofInputs.contains(operand);
    });
    if (isOfInputs)
      ofInputs.insert_range(op->getResults());
    for (Value operand : op->getOperands())
      tells |= isLong(operand) && !ofInputs.contains(operand);
    return tells &&
           !llvm::any_of(op->getResults(),
                         [&](Value y) { return isLong(y); }) &&
           !readsFromBeginning(op);
  }

private:
  bool isLong(Value value) {
    return isa<RankedTensorType>(value.getType()) &&
           llvm::any_of(shapes.getDims(value),
                        [&](Dim dim) { return mentions(dim, past); });
  }

  /// Parts of tables that were cut to the length, whose places do not depend
  /// on it; those of a slice are looked at on their own.
  static bool readsFromBeginning(Operation *op) {
    auto gather = dyn_cast<xf::Gather>(op);
    std::optional<double> index =
        gather ? fusion::getScalar(gather.getIndices()) : std::nullopt;
    return isa<xf::Slice>(op) || (gather && !(index && *index < 0));
  }

  StringRef past;
  ShapeAnalysis &shapes;
  llvm::DenseSet<Value> ofInputs;
};

} // namespace

PastContents hagane::findPastContents(Block &block, StringRef past,
                                      ShapeAnalysis &shapes) {
  PastContents contents;
  SharedLengths lengths(block, past, shapes);
  for (Operation &op : block) {
    bool tells = lengths.visit(&op) || bringsPast(&op, past, shapes);
    Operation *origin = tells ? &op : nullptr;
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
