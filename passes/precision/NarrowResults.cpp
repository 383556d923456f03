//===- NarrowResults.cpp - Results in the types that others read ----------===//

#include "dialects/kernel/KernelCost.h"
#include "dialects/xf/SymbolRanges.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "passes/precision/Passes.h"

namespace hagane {
#define GEN_PASS_DEF_NARROWRESULTSPASS
#include "passes/precision/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using xf::Dim;

namespace {

bool isView(Operation *op) {
  return isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp,
             tensor::ExtractSliceOp, tensor::CastOp>(op);
}

RankedTensorType withElement(Type type, Type element) {
  return cast<RankedTensorType>(type).clone(element);
}

/// Whether a kernel does nothing but round its input.
bool isRounding(kernel::Map op) {
  if (op.getIns().size() != 1 || op.getOuts().size() != 1 ||
      op.getBody().front().getOperations().size() != 1)
    return false;
  auto from = dyn_cast<FloatType>(getElementTypeOrSelf(op.getIns()[0])),
       to = dyn_cast<FloatType>(getElementTypeOrSelf(op.getOuts()[0]));
  return from && to && from.getWidth() > to.getWidth() &&
         cast<AffineMapAttr>(op.getMaps()[0]).getValue().isIdentity();
}

Type getRoundedType(kernel::Map rounding) {
  return getElementTypeOrSelf(rounding.getOuts()[0]);
}

/// The kernel's result of which views are rounded; null if that is something
/// else, or made elsewhere.
OpResult findRoot(kernel::Map rounding) {
  Value value = rounding.getIns()[0];
  Operation *op = value.getDefiningOp();
  for (; op && isView(op); op = value.getDefiningOp())
    value = op->getOperand(0);
  bool isWriter = op && op->getBlock() == rounding->getBlock() &&
                  isa<kernel::Gemm, kernel::Rows, kernel::Map,
                      kernel::Attention, kernel::Conv>(op);
  auto map = dyn_cast_or_null<kernel::Map>(op);
  return isWriter && !(map && isRounding(map)) ? cast<OpResult>(value)
                                               : OpResult();
}

/// Kernels that round what one kernel makes to one type.
struct Group {
  OpResult root;
  Type type;
  SmallVector<kernel::Map> roundings;
};

class Narrowing {
public:
  Narrowing(Group &group, const xf::DimProver &prover)
      : group(group), prover(prover),
        op(cast<DestinationStyleOpInterface>(group.root.getOwner())) {}

  void run() {
    auto out = getOut().getDefiningOp<tensor::EmptyOp>();
    if (!out)
      return;
    OpBuilder builder(op);
    Value narrow = tensor::EmptyOp::create(builder, out.getLoc(),
                                           out.getMixedSizes(), group.type);
    if (!hasOtherReaders(group.root)) {
      getOutOperand().set(narrow);
      group.root.setType(withElement(group.root.getType(), group.type));
      replaceRoundings(group.root);
    } else if (Region *region = findRegion(); region && paysToWriteBoth()) {
      replaceRoundings(addResult(*region, narrow));
    }
    if (narrow.use_empty())
      narrow.getDefiningOp()->erase();
  }

private:
  OpOperand &getOutOperand() {
    return op.getDpsInitsMutable()[group.root.getResultNumber()];
  }
  Value getOut() { return getOutOperand().get(); }

  bool hasOtherReaders(Value value) {
    return llvm::any_of(value.getUsers(), [&](Operation *user) {
      if (isView(user))
        return hasOtherReaders(user->getResult(0));
      return !llvm::is_contained(group.roundings, user);
    });
  }

  Dim countElements(Operation *owner, unsigned operand) {
    SmallVector<Dim> dims = kernel::detail::getOperandDims(owner, operand);
    return kernel::getProduct(owner, dims);
  }

  /// A kernel that rounds reads and writes what it rounds; a second result is
  /// written whole.
  bool paysToWriteBoth() {
    if (!llvm::all_of(group.roundings, kernel::hasCompleteShapes) ||
        !kernel::hasCompleteShapes(op))
      return false;
    SmallVector<Dim> dims =
        kernel::detail::getOperandDims(op, getOutOperand().getOperandNumber());
    Dim both =
            kernel::getProduct(op, dims) * kernel::getElementBytes(group.type),
        apart = kernel::getConstant(op, 0);
    for (kernel::Map rounding : group.roundings)
      apart = apart + kernel::getOperandBytes(rounding);
    return prover.isLessOrEqual(both, apart);
  }

  /// The region that computes the result's elements; null if the kernel cannot
  /// write them once more.
  Region *findRegion() {
    if (auto gemm = dyn_cast<kernel::Gemm>(*op))
      return &gemm.getEpilogue();
    if (auto conv = dyn_cast<kernel::Conv>(*op))
      return &conv.getEpilogue();
    if (auto map = dyn_cast<kernel::Map>(*op))
      return &map.getBody();
    auto rows = dyn_cast<kernel::Rows>(*op);
    if (!rows)
      return nullptr;
    Region &map = rows.getMap();
    return group.root.getResultNumber() <
                   map.front().getTerminator()->getNumOperands()
               ? &map
               : nullptr;
  }

  /// The kernel's result once more, written into `out`.
  OpResult addResult(Region &region, Value out) {
    unsigned result = group.root.getResultNumber(),
             operand = getOutOperand().getOperandNumber();
    repeatAttribute("shapes", operand);
    if (isa<kernel::Map, kernel::Rows>(*op))
      repeatAttribute("maps", operand);
    Operation *yield = region.front().getTerminator();
    yield->insertOperands(result + 1, yield->getOperand(result));
    op.getDpsInitsMutable().slice(result, 1).append(out);

    OperationState state(op.getLoc(), op->getName());
    state.addOperands(op->getOperands());
    state.addTypes(op->getResultTypes());
    state.types.insert(state.types.begin() + result + 1, out.getType());
    state.addAttributes(op->getDiscardableAttrDictionary().getValue());
    state.propertiesAttr = op->getPropertiesAsAttribute();
    for (Region &old : op->getRegions())
      state.addRegion()->takeBody(old);
    Operation *wider = OpBuilder(op).create(state);
    SmallVector<Value> results(wider->getResults());
    results.erase(results.begin() + result + 1);
    op->replaceAllUsesWith(results);
    op->erase();
    group.root = wider->getResult(result);
    return wider->getResult(result + 1);
  }

  /// The result's entry of a list of one entry per operand, twice.
  void repeatAttribute(StringRef name, unsigned operand) {
    SmallVector<Attribute> list(op->getAttrOfType<ArrayAttr>(name).getValue());
    list.insert(list.begin() + operand + 1, list[operand]);
    op->setAttr(name, ArrayAttr::get(op.getContext(), list));
  }

  void replaceRoundings(Value narrow) {
    IRMapping narrowed;
    narrowed.map(group.root, narrow);
    for (kernel::Map rounding : group.roundings) {
      Value value = makeView(rounding.getIns()[0], narrowed);
      Value result = rounding.getResult(0);
      if (value.getType() != result.getType()) {
        OpBuilder builder(rounding);
        value = tensor::CastOp::create(builder, rounding.getLoc(),
                                       result.getType(), value);
      }
      result.replaceAllUsesWith(value);
      Value view = rounding.getIns()[0];
      rounding.erase();
      eraseViews(view);
    }
  }

  /// A view of the narrow result like `value` of the wide one.
  Value makeView(Value value, IRMapping &narrowed) {
    if (Value view = narrowed.lookupOrNull(value))
      return view;
    Operation *view = value.getDefiningOp();
    makeView(view->getOperand(0), narrowed);
    OpBuilder builder(view);
    Operation *clone = builder.clone(*view, narrowed);
    clone->getResult(0).setType(withElement(value.getType(), group.type));
    return clone->getResult(0);
  }

  void eraseViews(Value value) {
    while (value.use_empty() && isView(value.getDefiningOp())) {
      Operation *view = value.getDefiningOp();
      value = view->getOperand(0);
      view->erase();
    }
  }

  Group &group;
  const xf::DimProver &prover;
  DestinationStyleOpInterface op;
};

struct NarrowResults : hagane::impl::NarrowResultsPassBase<NarrowResults> {
  void runOnOperation() override {
    std::vector<kernel::Map> roundings;
    getOperation().walk([&](kernel::Map op) {
      if (isRounding(op))
        roundings.push_back(op);
    });
    xf::DimProver prover =
        xf::readSymbolRanges(getOperation()->getParentOfType<ModuleOp>());
    while (!roundings.empty()) {
      Group group = takeGroup(roundings);
      if (group.root)
        Narrowing(group, prover).run();
    }
  }

  /// Takes the last kernel off the list, and those that go with it.
  Group takeGroup(std::vector<kernel::Map> &roundings) {
    Group group;
    kernel::Map last = roundings.back();
    group.root = findRoot(last);
    group.type = getRoundedType(last);
    roundings.pop_back();
    group.roundings.push_back(last);
    llvm::erase_if(roundings, [&](kernel::Map op) {
      if (findRoot(op) != group.root || getRoundedType(op) != group.type)
        return false;
      group.roundings.push_back(op);
      return true;
    });
    return group;
  }
};

} // namespace
