// Control flow.
#include "frontend/ops/BlockConverter.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

/// The type that holds both: sizes that differ become `?`; null if the ranks or
/// elements differ.
static RankedTensorType joinTypes(RankedTensorType x, RankedTensorType y) {
  if (x.getElementType() != y.getElementType() || x.getRank() != y.getRank())
    return {};
  SmallVector<int64_t> shape;
  for (auto [left, right] : llvm::zip_equal(x.getShape(), y.getShape()))
    shape.push_back(left == right ? left : ShapedType::kDynamic);
  return RankedTensorType::get(shape, x.getElementType());
}

/// A tensor of one boolean as a scalar.
static Value readCondition(NodeConverter &n, Value condition) {
  if (!n.elem(condition).isInteger(1) || n.rank(condition) > 1) {
    (void)n.error("the condition is not one boolean");
    return {};
  }
  if (n.rank(condition) == 1)
    condition = n.squeeze(condition, {0});
  return n.failed() ? Value()
                    : Value(tensor::ExtractOp::create(n.builder(), condition,
                                                      ValueRange()));
}

static void yieldAs(OpBuilder &b, Location loc, Block *block,
                    ArrayRef<Value> values, ArrayRef<Type> types) {
  b.setInsertionPointToEnd(block);
  SmallVector<Value> cast;
  for (auto [value, type] : llvm::zip_equal(values, types))
    cast.push_back(value.getType() == type
                       ? value
                       : Value(tensor::CastOp::create(b, loc, type, value)));
  scf::YieldOp::create(b, loc, cast);
}

static LogicalResult convertIf(NodeConverter &n) {
  Region *thenGraph = n.getNode().getSubgraph("then_branch"),
         *elseGraph = n.getNode().getSubgraph("else_branch");
  if (!thenGraph || !elseGraph || thenGraph->getNumArguments() ||
      elseGraph->getNumArguments())
    return n.error(
        "then_branch and else_branch are not two subgraphs without inputs");
  // A condition that is known picks its branch now.
  if (auto known = n.constInts(n.in(0)); known && known->size() == 1) {
    SmallVector<Value> values;
    Region *taken = known->front() ? thenGraph : elseGraph;
    if (failed(convertBlock(n.getState(), taken->front(), n.builder(), values)))
      return failure();
    return n.done(values);
  }
  Value condition = readCondition(n, n.in(0));
  if (!condition)
    return failure();
  auto thenBlock = std::make_unique<Block>(),
       elseBlock = std::make_unique<Block>();
  SmallVector<Value> thenValues, elseValues;
  OpBuilder inner(n.builder().getContext());
  inner.setInsertionPointToEnd(thenBlock.get());
  bool ok = succeeded(
      convertBlock(n.getState(), thenGraph->front(), inner, thenValues));
  inner.setInsertionPointToEnd(elseBlock.get());
  ok &= succeeded(
      convertBlock(n.getState(), elseGraph->front(), inner, elseValues));
  if (!ok)
    return failure();
  if (thenValues.size() != elseValues.size())
    return n.error("the branches have " + Twine(thenValues.size()) + " and " +
                   Twine(elseValues.size()) + " outputs");
  SmallVector<Type> types;
  for (auto [left, right] : llvm::zip_equal(thenValues, elseValues)) {
    RankedTensorType type = joinTypes(n.type(left), n.type(right));
    if (!type)
      return n.error("output " + Twine(types.size()) +
                     " has another rank or element type in each branch");
    types.push_back(type);
  }
  Location loc = n.getLoc();
  yieldAs(inner, loc, thenBlock.get(), thenValues, types);
  yieldAs(inner, loc, elseBlock.get(), elseValues, types);
  auto op = scf::IfOp::create(n.builder(), TypeRange(types), condition,
                              /*addThenBlock=*/false, /*addElseBlock=*/false);
  op.getThenRegion().push_back(thenBlock.release());
  op.getElseRegion().push_back(elseBlock.release());
  return n.done(llvm::to_vector_of<Value>(op.getResults()));
}

static const OpRow rows[] = {
    {"If", 1, 1, convertIf},
};

void hagane::frontend::registerControl(OpRegistry &registry) {
  registry.add("", rows);
}
