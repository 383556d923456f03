#include "tools/driver/UndoFusion.h"

#include "dialects/xf/XfOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::eval::HostTensor;

namespace {

/// Fusion reorders sums: what it should equal may differ by roundings.
constexpr double kTolerance = 1e-4;
/// Chains of operations that are followed back from a value.
constexpr unsigned kMaxDepth = 500;

class Undo {
public:
  Undo(Operation *op, const Program &fused, const Program &plain)
      : op(op), fused(fused), plain(plain), names(nodeNames(op->getLoc())) {}

  std::optional<UndoneFusion> run();

private:
  bool isPiece(Operation *candidate) const {
    return llvm::any_of(nodeNames(candidate->getLoc()),
                        [&](StringAttr name) { return names.contains(name); });
  }
  Value findPlain(Value result) const;
  Value findFused(Value value) const;
  Value materialize(Value value, unsigned depth);
  Value copy(Operation *original, Value value, unsigned depth);

  Operation *op;
  const Program &fused, &plain;
  llvm::SetVector<StringAttr> names;
  IRMapping toCopy;                // from `fused` to its copy
  DenseMap<Value, Value> finished; // from `plain` to the copy
  llvm::SetVector<Operation *> pieces;
  std::optional<OpBuilder> builder;
};

} // namespace

/// The value of `references` nearest to `tensor` among those that `isCandidate`
/// admits; the last of equally near ones.
template <typename Predicate>
static Value findNearest(const References &references, const HostTensor &tensor,
                         Predicate isCandidate) {
  Value nearest;
  double least = 0;
  for (const auto &[value, candidate] : references) {
    if (candidate.getType() != tensor.getType() || !isCandidate(value))
      continue;
    Difference difference = compare(candidate, tensor, kTolerance, kTolerance);
    if (!difference.isTolerable || (nearest && difference.absolute > least))
      continue;
    nearest = value;
    least = difference.absolute;
  }
  return nearest;
}

Value Undo::findPlain(Value result) const {
  auto it = fused.references.find(result);
  if (it == fused.references.end())
    return {};
  return findNearest(plain.references, it->second, [&](Value value) {
    return isPiece(value.getDefiningOp());
  });
}

/// A value of `fused`, made before the operation, that is `value` of `plain`.
Value Undo::findFused(Value value) const {
  auto it = plain.references.find(value);
  if (it == plain.references.end())
    return {};
  llvm::SetVector<StringAttr> wanted =
      nodeNames(value.getDefiningOp()->getLoc());
  return findNearest(fused.references, it->second, [&](Value candidate) {
    Operation *maker = candidate.getDefiningOp();
    return maker != op && maker->isBeforeInBlock(op) &&
           llvm::any_of(nodeNames(maker->getLoc()),
                        [&](StringAttr name) { return wanted.contains(name); });
  });
}

Value Undo::copy(Operation *original, Value value, unsigned depth) {
  IRMapping operands;
  auto provide = [&](Value operand) {
    Value provided = materialize(operand, depth + 1);
    if (provided)
      operands.map(operand, provided);
    return static_cast<bool>(provided);
  };
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(original->getRegions(), captured);
  if (!llvm::all_of(original->getOperands(), provide) ||
      !llvm::all_of(captured, provide))
    return {};
  Operation *made = builder->clone(*original, operands);
  for (auto [from, to] :
       llvm::zip_equal(original->getResults(), made->getResults()))
    finished[from] = to;
  if (isPiece(original) && !original->hasTrait<OpTrait::ConstantLike>())
    pieces.insert(original);
  return finished[value];
}

/// The copy's counterpart of a value of `plain`: what is there already, or
/// copies of the operations that make it.
Value Undo::materialize(Value value, unsigned depth) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return toCopy.lookupOrNull(
        fused.main().getArgument(argument.getArgNumber()));
  auto it = finished.find(value);
  if (it != finished.end())
    return it->second;
  Operation *original = value.getDefiningOp();
  if (depth > kMaxDepth)
    return {};
  if (!isPiece(original))
    if (Value found = findFused(value))
      return finished[value] = toCopy.lookupOrNull(found);
  return copy(original, value, depth);
}

std::optional<UndoneFusion> Undo::run() {
  UndoneFusion undone;
  undone.module = cast<ModuleOp>(fused.module.get()->clone(toCopy));
  Operation *target = toCopy.lookup(op->getResult(0)).getDefiningOp();
  builder.emplace(target);
  SmallVector<Value> results;
  for (Value result : op->getResults()) {
    Value counterpart = findPlain(result);
    Value made = counterpart ? materialize(counterpart, 0) : Value();
    if (!made || made.getType() != result.getType())
      return std::nullopt;
    results.push_back(made);
  }
  if (pieces.size() < 2)
    return std::nullopt;
  target->replaceAllUsesWith(results);
  target->erase();
  SmallVector<Value> returned;
  for (Operation *piece : pieces)
    for (Value result : piece->getResults()) {
      if (!plain.references.contains(result) ||
          !isa<RankedTensorType>(result.getType()))
        continue;
      undone.pieces.push_back(result);
      returned.push_back(finished[result]);
    }
  appendResults(Program::mainOf(*undone.module), returned);
  return undone;
}

std::optional<UndoneFusion> hagane::driver::undoFusion(Operation *op,
                                                       const Program &fused,
                                                       const Program &plain) {
  if (op->getNumResults() == 0)
    return std::nullopt;
  return Undo(op, fused, plain).run();
}
