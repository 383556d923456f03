#include "frontend/ops/ControlFlow.h"

#include "dialects/xf/XfDynamic.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;

Value hagane::frontend::measure(NodeConverter &n, Value value,
                                ArrayRef<Dim> known) {
  RankedTensorType type = n.type(value);
  xf::Facts facts = n.getState().getFacts(value);
  facts.content.reset();
  SmallVector<int64_t> binds;
  for (auto [axis, size] : llvm::enumerate(type.getShape())) {
    if (!ShapedType::isDynamic(size)) {
      facts.dims[axis] = Dim::constant(type.getContext(), size);
    } else if (known[axis]) {
      facts.dims[axis] = known[axis];
    } else {
      facts.dims[axis] = n.getState().declareSize(
          "carried", 0, xf::DimRange().max, n.getLoc());
      binds.push_back(static_cast<int64_t>(axis));
    }
  }
  if (!type.hasStaticShape())
    value =
        xf::Measure::create(n.builder(), type, value, n.dims(facts.dims), binds)
            .getY();
  n.getState().setFacts(value, std::move(facts));
  return value;
}

Value hagane::frontend::readCondition(NodeConverter &n, Value condition) {
  if (!condition || !n.elem(condition).isInteger(1) || n.rank(condition) > 1 ||
      (n.rank(condition) == 1 && n.staticSize(condition, 0).value_or(1) != 1)) {
    (void)n.error("the condition is not one boolean");
    return {};
  }
  if (n.rank(condition) == 1)
    condition = n.squeeze(condition, {0});
  return n.failed() ? Value()
                    : Value(tensor::ExtractOp::create(n.builder(), condition,
                                                      ValueRange()));
}

Dim hagane::frontend::readSize(NodeConverter &n, Value value, StringRef name) {
  if (!value || !isa<IntegerType>(n.elem(value)) || n.rank(value) > 1 ||
      (n.rank(value) == 1 && n.staticSize(value, 0) != 1)) {
    (void)n.error("the " + name + " is not one integer");
    return {};
  }
  const auto &content = n.getState().getFacts(value).content;
  Dim zero = Dim::constant(n.builder().getContext(), 0);
  if (content && n.isDurable(content->front()))
    return content->front().max(zero);
  Type i64 = n.builder().getI64Type();
  Value size = n.make<xf::Max>(n.cast(value, i64), n.scalar(0, i64));
  if (n.failed())
    return {};
  Dim dim =
      n.getState().declareSize("count", 0, xf::DimRange().max, n.getLoc());
  xf::Bind::create(n.builder(), *dim.getSymbol(), size);
  return dim;
}

//===-- Branches ----------------------------------------------------------===//

/// Sizes of both branches where they are one and known outside of them.
static SmallVector<Dim> joinDims(NodeConverter &n, Value x, Value y,
                                 size_t mark) {
  ConversionState &state = n.getState();
  SmallVector<Dim> joined;
  for (auto [left, right] :
       llvm::zip_equal(state.getFacts(x).dims, state.getFacts(y).dims)) {
    bool same = state.isKnownSince(left, mark) && right &&
                state.prover.isEqual(left, right);
    joined.push_back(same ? left : Dim());
  }
  return joined;
}

static RankedTensorType typeOf(ArrayRef<Dim> dims, Type element) {
  auto shape = llvm::map_to_vector(dims, [](Dim dim) {
    return dim ? dim.getStaticSize() : ShapedType::kDynamic;
  });
  return RankedTensorType::get(shape, element);
}

static void yieldAs(ImplicitLocOpBuilder &b, ArrayRef<Value> values,
                    ArrayRef<Type> types) {
  SmallVector<Value> cast;
  for (auto [value, type] : llvm::zip_equal(values, types))
    cast.push_back(value.getType() == type
                       ? value
                       : Value(tensor::CastOp::create(b, type, value)));
  scf::YieldOp::create(b, cast);
}

/// One element may be a scalar in one branch and a vector in the other, as
/// functions of ONNX have it; what broadcasts it does not tell them apart.
static bool isOneElement(NodeConverter &n, Value value) {
  return llvm::all_of(n.getState().getFacts(value).dims,
                      [](Dim dim) { return dim.isConstant(1); });
}

static Value raiseRank(NodeConverter &n, Value value, int64_t rank) {
  int64_t missing = rank - n.rank(value);
  return missing > 0
             ? n.unsqueeze(value,
                           llvm::to_vector(llvm::seq<int64_t>(0, missing)))
             : value;
}

LogicalResult hagane::frontend::buildIf(NodeConverter &n, Value condition,
                                        Branch thenBranch, Branch elseBranch,
                                        SmallVectorImpl<Value> &results) {
  ImplicitLocOpBuilder &b = n.builder();
  size_t mark = n.getState().countDeclared();
  auto thenBlock = std::make_unique<Block>(),
       elseBlock = std::make_unique<Block>();
  SmallVector<Value> thenValues, elseValues;
  SmallVector<SmallVector<Dim>> dims;
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(thenBlock.get());
    bool ok = succeeded(thenBranch(thenValues));
    b.setInsertionPointToEnd(elseBlock.get());
    ok &= succeeded(elseBranch(elseValues));
    if (!ok || n.failed())
      return failure();
    if (thenValues.size() != elseValues.size())
      return n.error("the branches have " + Twine(thenValues.size()) + " and " +
                     Twine(elseValues.size()) + " outputs");
    for (auto [left, right] : llvm::zip_equal(thenValues, elseValues)) {
      if (!isOneElement(n, left) || !isOneElement(n, right))
        continue;
      b.setInsertionPointToEnd(thenBlock.get());
      left = raiseRank(n, left, n.rank(right));
      b.setInsertionPointToEnd(elseBlock.get());
      right = raiseRank(n, right, n.rank(left));
    }
    SmallVector<Type> types;
    for (auto [left, right] : llvm::zip_equal(thenValues, elseValues)) {
      if (n.rank(left) != n.rank(right) || n.elem(left) != n.elem(right)) {
        std::string message;
        llvm::raw_string_ostream(message)
            << "output " << types.size() << " is " << left.getType()
            << " in one branch and " << right.getType()
            << " in the other, expected one rank and element type";
        return n.error(message);
      }
      dims.push_back(joinDims(n, left, right, mark));
      types.push_back(typeOf(dims.back(), n.elem(left)));
    }
    b.setInsertionPointToEnd(thenBlock.get());
    yieldAs(b, thenValues, types);
    b.setInsertionPointToEnd(elseBlock.get());
    yieldAs(b, elseValues, types);
  }
  auto op = scf::IfOp::create(b, elseBlock->back().getOperandTypes(), condition,
                              /*addThenBlock=*/false, /*addElseBlock=*/false);
  op.getThenRegion().push_back(thenBlock.release());
  op.getElseRegion().push_back(elseBlock.release());
  for (auto [result, known] : llvm::zip_equal(op.getResults(), dims))
    results.push_back(measure(n, result, known));
  return success();
}
