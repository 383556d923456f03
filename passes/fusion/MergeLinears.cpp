//===- MergeLinears.cpp - Linears of one operand as one -------------------===//

#include "passes/fusion/Match.h"
#include "passes/fusion/Passes.h"
#include "passes/fusion/Remarks.h"
#include "llvm/ADT/MapVector.h"
#include <map>

namespace hagane {
#define GEN_PASS_DEF_MERGELINEARSPASS
#include "passes/fusion/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;
using xf::Dim;

namespace {

/// Linears that may share one product.
struct GroupKey {
  Value x;
  Block *block;
  Type element;
  bool transposed, hasBias;
  auto asTuple() const {
    return std::make_tuple(x.getAsOpaquePointer(), block,
                           element.getAsOpaquePointer(), transposed, hasBias);
  }
  bool operator<(const GroupKey &other) const {
    return asTuple() < other.asTuple();
  }
};

/// Whether the reshape only splits the last axis of `columns` elements.
bool splitsLastAxis(xf::Reshape op, int64_t columns) {
  int64_t product = 1;
  for (int64_t size : llvm::reverse(op.getType().getShape())) {
    if (ShapedType::isDynamic(size) || size == 0)
      return false;
    product *= size;
    if (product >= columns)
      return product == columns;
  }
  return false;
}

/// Whether users take a column range of a wider tensor without a copy.
bool canBeView(xf::Linear op) {
  int64_t columns = op.getType().getShape().back();
  return llvm::all_of(op->getUsers(), [&](Operation *user) {
    if (auto reshape = dyn_cast<xf::Reshape>(user))
      return reshape.getX() == op.getY() && splitsLastAxis(reshape, columns);
    return isa<xf::Gated>(user);
  });
}

/// The operation in which what is computed of a linear's result alone, element
/// by element, meets something else; null without any.
Operation *findMeeting(xf::Linear op) {
  Value value = op.getY();
  while (value.hasOneUse()) {
    Operation *user = *value.getUsers().begin();
    bool isCombination = isa<xf::Gated, xf::Mul, xf::Add>(user);
    if ((!isCombination && !user->hasTrait<OpTrait::Elementwise>()) ||
        user->getResult(0).getType() != op.getType())
      return nullptr;
    bool isAlone = llvm::all_of(user->getOperands(), [&](Value operand) {
      return operand == value || isConstantExpression(operand);
    });
    if (!isAlone)
      return user;
    value = user->getResult(0);
  }
  return nullptr;
}

/// Linears of a group whose results meet, as those of a gate and of what it
/// opens do.
SmallVector<SmallVector<xf::Linear>> findPairs(ArrayRef<xf::Linear> group) {
  llvm::MapVector<Operation *, SmallVector<xf::Linear>> meetings;
  for (xf::Linear op : group)
    if (Operation *meeting = findMeeting(op))
      meetings[meeting].push_back(op);
  SmallVector<SmallVector<xf::Linear>> pairs;
  for (auto &[meeting, parts] : meetings)
    if (parts.size() == 2 && parts[0].getType() == parts[1].getType())
      pairs.push_back(parts);
  return pairs;
}

/// Whether a pair moves fewer bytes as a product of its own: that combines its
/// halves before they are stored, which saves to write and to read them, but
/// reads the operand once more.
bool paysAlone(ArrayRef<xf::Linear> pair) {
  xf::Linear one = pair.front();
  int64_t depth = cast<ShapedType>(one.getWeight().getType())
                      .getDimSize(one.getTransposeWeight() ? 1 : 0);
  return 4 * one.getType().getShape().back() >= depth;
}

/// Moves the operations of a constant expression before `point`, where they
/// are in the same block and after it.
void hoistConstant(Value value, Operation *point) {
  Operation *op = value.getDefiningOp();
  if (op->getBlock() != point->getBlock() || op->isBeforeInBlock(point))
    return;
  for (Value operand : op->getOperands())
    hoistConstant(operand, point);
  op->moveBefore(point);
}

class MergeLinears : public hagane::impl::MergeLinearsPassBase<MergeLinears> {
public:
  void runOnOperation() override {
    std::map<GroupKey, size_t> index;
    SmallVector<SmallVector<xf::Linear>> groups;
    forEachOp<xf::Linear>(getOperation(), [&](xf::Linear op) {
      if (!isCandidate(op))
        return;
      GroupKey key{op.getX(), op->getBlock(),
                   getElementTypeOrSelf(op.getWeight()),
                   op.getTransposeWeight(), static_cast<bool>(op.getBias())};
      auto [it, isNew] = index.try_emplace(key, groups.size());
      if (isNew)
        groups.emplace_back();
      groups[it->second].push_back(op);
    });
    for (ArrayRef<xf::Linear> group : groups)
      merge(group);
    eraseDeadOps(getOperation());
  }

private:
  bool isCandidate(xf::Linear op) {
    Value bias = op.getBias();
    auto weight = cast<RankedTensorType>(op.getWeight().getType());
    return weight.hasStaticShape() &&
           ShapedType::isStatic(op.getType().getShape().back()) &&
           isConstantExpression(op.getWeight()) &&
           (!bias || isConstantExpression(bias));
  }

  void merge(ArrayRef<xf::Linear> group) {
    SmallVector<xf::Linear> parts;
    llvm::SmallDenseSet<Operation *> merged;
    for (ArrayRef<xf::Linear> pair : findPairs(group)) {
      if (group.size() > 2 && !paysAlone(pair))
        continue;
      replace(pair);
      merged.insert_range(pair);
    }
    for (xf::Linear op : group) {
      if (merged.contains(op))
        continue;
      if (canBeView(op))
        parts.push_back(op);
      else if (group.size() > 1)
        (void)remarks.decline(op, "a user needs more than a view of a column "
                                  "range");
    }
    if (parts.size() > 1)
      replace(parts);
  }

  Value concatenate(OpBuilder &builder, Location location,
                    ArrayRef<Value> parts, int64_t axis) {
    for (Value part : parts)
      hoistConstant(part, &*builder.getInsertionPoint());
    return xf::Concat::create(builder, location, parts, axis);
  }

  void replace(ArrayRef<xf::Linear> parts) {
    // The first part's place: its operand is there, and no user comes before.
    xf::Linear first = parts.front();
    OpBuilder builder(first);
    SmallVector<Operation *> ops(parts.begin(), parts.end());
    Location location = fuseLocations(ops);
    SmallVector<Value> weights, biases;
    for (xf::Linear part : parts) {
      weights.push_back(part.getWeight());
      if (part.getBias())
        biases.push_back(part.getBias());
    }
    bool transposed = first.getTransposeWeight();
    Value weight = concatenate(builder, location, weights, transposed ? 0 : 1);
    Value bias =
        biases.empty() ? Value() : concatenate(builder, location, biases, 0);
    auto merged = xf::Linear::create(builder, location, first.getX(), weight,
                                     bias, transposed);
    int64_t begin = 0;
    for (xf::Linear part : parts) {
      int64_t end = begin + part.getType().getShape().back();
      part.replaceAllUsesWith(
          sliceColumns(builder, part, merged.getY(), begin, end));
      begin = end;
    }
    remarks.apply(merged, countSaved(merged, parts.size()));
  }

  /// The operand is read once, not by each part.
  Dim countSaved(xf::Linear merged, size_t parts) {
    if (!Remarks::areOn(merged))
      return {};
    if (!shapes)
      shapes.emplace(getOperation());
    Type element = getElementTypeOrSelf(merged.getX());
    int64_t bytes = llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
    Dim saved = Dim::constant(&getContext(), int64_t(parts - 1) * bytes);
    for (Dim dim : shapes->getDims(merged.getX()))
      saved = saved * dim;
    return saved;
  }

  Value sliceColumns(OpBuilder &builder, xf::Linear part, Value merged,
                     int64_t begin, int64_t end) {
    MLIRContext *context = builder.getContext();
    int64_t axis = getRank(merged) - 1, step = 1;
    return xf::Slice::create(
        builder, part.getLoc(), part.getType(), merged, Value(), Value(), axis,
        getDimsAttr(context, Dim::constant(context, begin)),
        getDimsAttr(context, Dim::constant(context, end)), step);
  }

  std::optional<Shapes> shapes; // made where somebody listens
  Remarks remarks{"merge-linears"};
};

} // namespace
