//===- UnevenLengths.cpp - Entries of different lengths in a step ---------===//
//
// The step's masks and biases have columns for the longest entry's keys. Either
// they hold the same for whoever has a key at that position, or they are read
// from the end, as if shorter entries were padded at their beginning.
//
//===----------------------------------------------------------------------===//

#include "passes/state/UnevenLengths.h"
#include "dialects/xf/NodeNames.h"
#include "dialects/xf/XfState.h"
#include "passes/fusion/Match.h"
#include "passes/state/ShiftProof.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

/// Scores of at most this hide a key; see docs/attention.md.
static constexpr double kHiding = -1e3;

std::string hagane::nodesOf(Operation *op) {
  return "node '" + xf::getNodeNames(op->getLoc()) + "'";
}

namespace {

/// One look at a step; rewriting ends it.
class Prover {
public:
  explicit Prover(StatefulStep step)
      : step(step), block(step.main.front()),
        shapes(step.main->getParentOfType<ModuleOp>()),
        contents(
            findPastContents(block, *step.sizes.past.getSymbol(), shapes)) {
    for (unsigned i = 0; i < step.main.getNumArguments(); ++i)
      if (getCacheRole(step.main, i) == "mask")
        masks.insert(step.main.getArgument(i));
  }

  std::string limit(xf::Attention op);
  bool knowsDistancesAlone(xf::Attention op);
  void align();
  std::string findReason();

private:
  bool isGiven(Value bias, int depth = 0);
  Operation *originOf(Operation *op);

  StatefulStep step;
  Block &block;
  ShapeAnalysis shapes;
  PastContents contents;
  llvm::DenseSet<Value> masks;
};

} // namespace

/// Whether an input tells which query sees which key, so that the caller
/// decides.
bool Prover::isGiven(Value bias, int depth) {
  constexpr int kMostSteps = 12;
  if (isa<BlockArgument>(bias)) {
    SmallVector<Dim> dims(shapes.getDims(bias));
    const xf::DimProver &prover = shapes.getProver();
    return dims.size() >= 3 &&
           prover.isEqual(dims[dims.size() - 2], step.sizes.step) &&
           prover.isEqual(dims.back(), step.sizes.past + step.sizes.step);
  }
  Operation *op = bias.getDefiningOp();
  bool isElementwise =
      isa<xf::Select, xf::Cast, xf::Mul, xf::Sub, xf::Add>(op) ||
      op->hasTrait<OpTrait::Elementwise>();
  if (depth > kMostSteps || !isElementwise)
    return false;
  SmallVector<Value> varying;
  llvm::copy_if(op->getOperands(), std::back_inserter(varying), [&](Value x) {
    auto isUnit = [](Dim dim) { return dim.isConstant(1); };
    return !fusion::isConstantExpression(x) ||
           !llvm::all_of(shapes.getDims(x), isUnit);
  });
  return varying.size() == 1 && isGiven(varying[0], depth + 1);
}

/// Why entries must have equal lengths if the bias is read as it is; "" if they
/// need not.
std::string Prover::limit(xf::Attention op) {
  bool isCausal = op.getCausal() == xf::CausalKind::bottom_right;
  Value bias = op.getBias();
  if (!bias)
    return "";
  auto boundsOn = [&](MaskBounds::Side side) {
    return MaskBounds(shapes, step.sizes.past, contents, masks, side).get(bias);
  };
  MaskBounds::Bounds hidden = boundsOn(MaskBounds::Side::Hidden);
  bool hides = getElementTypeOrSelf(bias).isInteger(1) ? hidden.high == 0
                                                       : hidden.high <= kHiding;
  if (hides && !isCausal) {
    op.setCausal(xf::CausalKind::bottom_right);
    isCausal = true;
  }
  if (boundsOn(MaskBounds::Side::Visible).ofPast)
    return "the bias of " + nodesOf(op) + " depends on the length of the past";
  SmallVector<Dim> dims(shapes.getDims(bias));
  bool ofQueries = dims.size() >= 2 && !dims[dims.size() - 2].isConstant(1);
  if (!isCausal && ofQueries && !isGiven(bias))
    return "the mask of " + nodesOf(op) + " was not found to be causal";
  return "";
}

bool Prover::knowsDistancesAlone(xf::Attention op) {
  return !op.getBias() ||
         ShiftProof(block, shapes, step.sizes.past, contents, masks)
             .holds(op.getBias());
}

/// Masks come in the order of each entry's positions: they go to the common
/// end, and the biases that are made there come back.
void Prover::align() {
  Location loc = step.main.getLoc();
  OpBuilder builder(step.starts.getContext());
  auto move = [&](Value x, bool reverse) -> Value {
    return xf::StateAlign::create(builder, loc, x, step.starts,
                                  step.sizes.past.getAttr(), reverse);
  };
  builder.setInsertionPointAfterValue(step.starts);
  for (Value mask : masks) {
    Value moved = move(mask, /*reverse=*/true);
    mask.replaceAllUsesExcept(moved, moved.getDefiningOp());
  }
  llvm::DenseMap<Value, Value> aligned;
  for (xf::Attention op : step.readers) {
    Value bias = op.getBias();
    if (!bias)
      continue;
    Value &moved = aligned[bias];
    if (!moved) {
      SmallVector<Dim> dims(shapes.getDims(bias));
      // Inputs come before the lengths do.
      builder.setInsertionPointAfterValue(isa<BlockArgument>(bias) ? step.starts
                                                                   : bias);
      dims.insert(dims.begin(), 4 - dims.size(),
                  Dim::constant(builder.getContext(), 1));
      Value whole = fusion::makeReshape(builder, loc, bias, dims);
      moved = move(whole, /*reverse=*/false);
    }
    op.getBiasMutable().assign(moved);
  }
}

/// What brought the past's length into an operand.
Operation *Prover::originOf(Operation *op) {
  for (OpOperand &operand : op->getOpOperands()) {
    bool isBias = isa<xf::Attention>(op) &&
                  operand.get() == cast<xf::Attention>(op).getBias();
    if (Operation *origin = contents.lookup(operand.get()); origin && !isBias)
      return origin;
  }
  return nullptr;
}

std::string Prover::findReason() {
  for (xf::Attention op : step.readers)
    if (Operation *origin = originOf(op))
      return "positions are counted from the length of the past at " +
             nodesOf(origin);
  if (Operation *origin = originOf(block.getTerminator()))
    return "a result is computed from the length of the past at " +
           nodesOf(origin);
  for (BlockArgument argument : block.getArguments()) {
    SmallVector<Dim> dims(shapes.getDims(argument));
    StringRef role = getCacheRole(step.main, argument.getArgNumber());
    bool isShared = role == "positions" && !step.sizes.batch.isConstant(1) &&
                    (dims.size() == 1 || dims[0].isConstant(1));
    if (isShared)
      return "entries share their positions";
  }
  return "";
}

std::string hagane::admitUneven(StatefulStep step) {
  for (xf::Attention op : step.readers)
    op.getKeyLengthsMutable().assign(step.ends);
  {
    Prover prover(step);
    std::string reason;
    for (xf::Attention op : step.readers)
      if (std::string why = prover.limit(op); reason.empty())
        reason = why;
    bool fromEnd =
        !reason.empty() && llvm::all_of(step.readers, [&](xf::Attention op) {
          return prover.knowsDistancesAlone(op);
        });
    if (!reason.empty() && !fromEnd)
      return reason;
    if (fromEnd)
      prover.align();
  }
  readCountedRows(step);
  return Prover(step).findReason();
}
