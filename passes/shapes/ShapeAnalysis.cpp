//===- ShapeAnalysis.cpp - Symbolic shapes of values ----------------------===//

#include "passes/shapes/ShapeAnalysis.h"
#include "dialects/xf/XfDynamic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;
using xf::Facts;

ArrayAttr hagane::getDimsAttr(MLIRContext *context, ArrayRef<Dim> dims) {
  return ArrayAttr::get(context,
                        llvm::map_to_vector(dims, [](Dim dim) -> Attribute {
                          return dim.getAttr();
                        }));
}

SmallVector<int64_t> hagane::getStaticSizes(ArrayRef<Dim> dims) {
  return llvm::map_to_vector(dims, [](Dim dim) { return dim.getStaticSize(); });
}

SmallVector<Dim> hagane::getDimsFrom(Attribute attr) {
  auto array = dyn_cast_or_null<ArrayAttr>(attr);
  if (!array || !llvm::all_of(array, llvm::IsaPred<xf::DimAttr>))
    return {};
  return llvm::map_to_vector(array.getAsRange<xf::DimAttr>(),
                             [](xf::DimAttr dim) { return Dim(dim); });
}

ShapeAnalysis::ShapeAnalysis(Operation *root, bool report)
    : context(root->getContext()), report(report) {
  Operation *module = root;
  while (module->getParentOp() && !isa<ModuleOp>(module))
    module = module->getParentOp();
  if (auto top = dyn_cast<ModuleOp>(module))
    for (Operation &op : top.getOps())
      llvm::TypeSwitch<Operation *>(&op).Case<xf::Symbol, xf::ComputedSize>(
          [&](auto symbol) {
            declared.insert(symbol.getSymName());
            prover.setRange(symbol.getSymName(), {int64_t(symbol.getMin()),
                                                  int64_t(symbol.getMax())});
          });
  if (auto top = dyn_cast<ModuleOp>(module))
    top.walk([&](Operation *op) {
      llvm::TypeSwitch<Operation *>(op)
          .Case([&](xf::Require require) { readRequirement(require); })
          .Case([&](xf::RequireEqual require) {
            // Neither stands for the other: one may not be bound yet.
            prover.addEqual(require.getFound(), require.getExpected());
          });
    });
  root->walk<WalkOrder::PreOrder>([&](Operation *op) { visit(op); });
}

void ShapeAnalysis::readRequirement(xf::Require op) {
  Dim lhs = op.getLhs(), rhs = op.getRhs();
  prover.addEqual(lhs, rhs);
  prover.learnRemainders(lhs, rhs);
  auto complexity = [](Dim dim) {
    return dim.getConstant() ? 0 : dim.str().size();
  };
  if (complexity(lhs) < complexity(rhs))
    std::swap(lhs, rhs);
  simpler.try_emplace(lhs.getAttr(), rhs);
}

Dim ShapeAnalysis::simplify(Dim dim) {
  if (!dim || dim.getConstant() || dim.getSymbol())
    return dim;
  auto [entry, isNew] = simplified.try_emplace(dim.getAttr());
  if (isNew) {
    Dim simple = prover.simplifyMultiples(dim);
    auto it = simpler.find(simple.getAttr());
    entry->second = it == simpler.end() ? simple : it->second;
  }
  return entry->second;
}

void ShapeAnalysis::visit(Operation *op) {
  if (auto function = dyn_cast<FunctionOpInterface>(op)) {
    for (BlockArgument argument : function.getArguments()) {
      auto type = dyn_cast<RankedTensorType>(argument.getType());
      if (!type)
        continue;
      auto dims =
          getDimsFrom(function.getArgAttr(argument.getArgNumber(), "xf.dims"));
      Facts facts = ofType(argument);
      if (int64_t(dims.size()) == type.getRank())
        for (auto [axis, dim] : llvm::enumerate(dims))
          if (type.isDynamicDim(axis))
            facts.dims[axis] = dim;
      known[argument] = std::move(facts);
    }
    return;
  }
  inferResults(op);
}

Dim ShapeAnalysis::makeFresh() {
  std::string name;
  do
    name = "unknown" + std::to_string(freshCount++);
  while (declared.contains(name));
  return Dim::symbol(context, name);
}

Facts ShapeAnalysis::ofType(Value value) {
  return xf::factsOfType(cast<RankedTensorType>(value.getType()),
                         [&](unsigned) { return makeFresh(); });
}

/// The source's facts, with the sizes that the cast makes static.
static Facts castFacts(Facts facts, RankedTensorType type) {
  for (auto [dim, size] : llvm::zip_equal(facts.dims, type.getShape()))
    if (!ShapedType::isDynamic(size))
      dim = Dim::constant(type.getContext(), size);
  return facts;
}

/// Narrows `facts` to what holds whichever branch is taken.
static void joinFacts(Facts &facts, const Facts &left, const Facts &right,
                      const xf::DimProver &prover) {
  for (auto [dim, x, y] : llvm::zip_equal(facts.dims, left.dims, right.dims))
    if (prover.isEqual(x, y))
      dim = x;
}

const Facts &ShapeAnalysis::get(Value value) {
  auto it = known.find(value);
  if (it != known.end())
    return it->second;
  Operation *op = value.getDefiningOp();
  if (op)
    inferResults(op);
  if (known.contains(value))
    return known[value];
  Facts facts = ofType(value);
  if (auto castOp = dyn_cast_or_null<tensor::CastOp>(op)) {
    if (isa<RankedTensorType>(castOp.getSource().getType()))
      facts = castFacts(get(castOp.getSource()),
                        cast<RankedTensorType>(value.getType()));
  } else if (auto measure = dyn_cast_or_null<xf::Measure>(op)) {
    facts.dims = getDimsFrom(measure.getDims());
  } else if (auto branches = dyn_cast_or_null<scf::IfOp>(op)) {
    unsigned i = cast<OpResult>(value).getResultNumber();
    Facts left = get(branches.thenYield().getOperand(i));
    joinFacts(facts, left, get(branches.elseYield().getOperand(i)), prover);
  } else if (auto select = dyn_cast_or_null<arith::SelectOp>(op)) {
    // An scf.if whose branches compute nothing.
    Facts left = get(select.getTrueValue());
    joinFacts(facts, left, get(select.getFalseValue()), prover);
  }
  return known[value] = std::move(facts);
}

void ShapeAnalysis::inferResults(Operation *op) {
  auto rule = dyn_cast<xf::SymbolicShapeOpInterface>(op);
  if (!rule)
    return;
  // Copies: `get` of one operand may move the facts of another.
  SmallVector<Facts> operands, results;
  for (Value operand : op->getOperands())
    operands.push_back(get(operand));
  std::optional<Location> location;
  if (report)
    location = op->getLoc();
  xf::FactsContext rules(
      context, prover, location,
      [&](unsigned, unsigned) { return makeFresh(); },
      [&](xf::SizeCondition condition) {
        assumptions.push_back({op, std::move(condition)});
      });
  if (failed(rule.inferFacts(operands, rules, results)) ||
      results.size() != op->getNumResults()) {
    consistent = false;
    return;
  }
  for (auto [result, facts] : llvm::zip_equal(op->getResults(), results)) {
    for (Dim &dim : facts.dims) {
      if (xf::DimRange range = prover.getRange(dim); range.min == range.max)
        dim = Dim::constant(context, range.min);
      else if (auto it = simpler.find(dim.getAttr()); it != simpler.end())
        dim = it->second;
      else
        dim = simplify(dim);
    }
    if (facts.content)
      for (Dim &element : *facts.content)
        element = simplify(element);
    // A size that the type states is a fact too.
    auto type = cast<RankedTensorType>(result.getType());
    if (facts.rank() == type.getRank())
      for (auto [dim, size] : llvm::zip_equal(facts.dims, type.getShape()))
        if (!ShapedType::isDynamic(size) && !dim.getConstant())
          dim = Dim::constant(context, size);
    known[result] = std::move(facts);
  }
}

void ShapeAnalysis::setDims(Value value, ArrayRef<Dim> dims) {
  Facts facts;
  facts.elementType = cast<ShapedType>(value.getType()).getElementType();
  facts.dims.assign(dims.begin(), dims.end());
  known[value] = std::move(facts);
}

bool ShapeAnalysis::isResolved(Dim dim) const {
  if (!dim)
    return false;
  bool resolved = true;
  dim.forEachSymbol(
      [&](StringRef name) { resolved &= declared.contains(name); });
  return resolved;
}

bool ShapeAnalysis::areResolved(ArrayRef<Dim> dims) const {
  return llvm::all_of(dims, [&](Dim dim) { return isResolved(dim); });
}
