//===- AssumeSizes.cpp - What a legal run implies of sizes ----------------===//
//
// An exporter names `total` what is `past + seq`, and gives the batch of each
// input a name of its own: where such sizes meet in an operation, they are
// equal in every legal run. One symbol then stands for the other, and the
// runtime checks the input that carried it. Tables (positions, rotary angles)
// are cut to the length in use, which gives sizes such as min(seq, 512): where
// one meets `seq`, the model is only legal for seq <= 512, and the symbol gets
// that bound. What neither settles is checked before each run.
//
//===----------------------------------------------------------------------===//

#include "passes/shapes/AssumeSizes.h"
#include "dialects/xf/SymbolRanges.h"
#include "dialects/xf/XfDynamic.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "passes/shapes/ShapeAnalysis.h"
#include "passes/shapes/StretchOperands.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

/// If `cut` is min(symbol, c) with a constant c of at least 2, lowers the
/// symbol's upper bound to c. For c = 1 the sizes could also broadcast.
static bool boundSymbol(Dim dim, Dim cut, const xf::DimProver &prover,
                        SymbolTable &symbols) {
  auto name = dim.getSymbol();
  int64_t limit = prover.getRange(cut).max;
  if (!name || limit < 2 || limit == xf::DimRange().max ||
      cut != dim.min(Dim::constant(cut.getAttr().getContext(), limit)))
    return false;
  auto symbol = symbols.lookup<xf::Symbol>(*name);
  if (!symbol || static_cast<int64_t>(symbol.getMax()) <= limit)
    return false;
  symbol.setMax(limit);
  return true;
}

static bool contains(Dim dim, StringRef symbol) {
  bool found = false;
  dim.forEachSymbol([&](StringRef name) { found |= name == symbol; });
  return found;
}

/// Raises the least value of a symbol in both sizes past those for which they
/// provably differ: an image of no rows leaves a strided convolution with none,
/// but the exporter's truncating (height - 1) / 2 + 1 with one.
static bool raiseSymbol(const xf::SizeCondition &condition, xf::Symbol symbol,
                        const xf::DimProver &prover) {
  constexpr int64_t kMaxSteps = 64;
  StringRef name = symbol.getSymName();
  if (!contains(condition.a, name) || !contains(condition.b, name))
    return false;
  int64_t first = symbol.getMin(), min = first;
  auto at = [&](Dim dim) {
    return dim.substitute([&](StringRef other) {
      return other == name ? Dim::constant(symbol.getContext(), min) : Dim();
    });
  };
  auto differs = [&] {
    Dim a = at(condition.a), b = at(condition.b);
    return a && b && prover.isNotEqual(a, b);
  };
  while (min - first < kMaxSteps && min < int64_t(symbol.getMax()) && differs())
    ++min;
  // Sizes that never agree are an error to report, not a bound.
  if (min == first || differs())
    return false;
  symbol.setMin(min);
  return true;
}

/// What the symbol must be for a = b; null if that is not a polynomial in the
/// other symbols.
static Dim solve(Dim a, Dim b, Dim symbol) {
  StringRef name = *symbol.getSymbol();
  for (auto [side, other] : {std::pair(a, b), std::pair(b, a)}) {
    Dim rest = side - symbol;
    if (!rest)
      continue;
    Dim value = other - rest;
    if (value && !contains(value, name))
      return value;
  }
  return {};
}

static void require(OpBuilder &b, Location loc, Dim lhs, Dim rhs,
                    const Twine &what) {
  xf::Require::create(b, loc, lhs.getAttr(), rhs.getAttr(),
                      b.getStringAttr(what));
}

static void replaceSymbol(xf::Symbol symbol, Dim value, Location loc,
                          const xf::DimProver &prover) {
  auto module = symbol->getParentOfType<ModuleOp>();
  std::string name = symbol.getSymName().str();
  MLIRContext *context = module.getContext();
  int64_t min = symbol.getMin(), max = symbol.getMax();
  xf::DimRange range = prover.getRange(value);
  symbol->erase();
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  AttrTypeReplacer replacer;
  replacer.addReplacement([&](xf::DimAttr dim) -> std::optional<Attribute> {
    return Dim(dim)
        .substitute(
            [&](StringRef other) { return other == name ? value : Dim(); })
        .getAttr();
  });
  replacer.recursivelyReplaceElementsIn(module, /*replaceAttrs=*/true);
  // The range held for the symbol, so it holds for the value.
  if (range.min < min)
    require(b, loc, value.max(Dim::constant(context, min)), value,
            "least size of '" + name + "'");
  if (range.max > max)
    require(b, loc, value.min(Dim::constant(context, max)), value,
            "greatest size of '" + name + "'");
}

/// Whether an expression is 1 wherever it is tried. Sizes that exporters work
/// out to be 1 are mostly not provably so.
static bool seemsOne(Dim dim, const xf::DimProver &prover) {
  if (dim.getSymbol())
    return false;
  for (int64_t base : {2, 11, 100}) {
    auto value = [&](StringRef name) -> std::optional<int64_t> {
      Dim symbol = Dim::symbol(dim.getAttr().getContext(), name);
      xf::DimRange range = prover.getRange(symbol);
      int64_t sample = base + static_cast<int64_t>(name.size()) * 7;
      return std::clamp(sample, range.min, range.max);
    };
    if (dim.evaluate(value) != 1)
      return false;
  }
  return true;
}

/// Replaces one of the condition's symbols, the one declared last if several
/// are possible, and a lone one before others.
static bool replaceOne(ModuleOp module, const ShapeAnalysis::Assumption &at,
                       const ShapeAnalysis &shapes) {
  Dim a = at.condition.a, b = at.condition.b;
  auto declared = llvm::to_vector(module.getOps<xf::Symbol>());
  for (bool alone : {true, false})
    for (xf::Symbol symbol : llvm::reverse(declared)) {
      Dim dim = Dim::symbol(module.getContext(), symbol.getSymName());
      if (alone && a != dim && b != dim)
        continue;
      Dim value = solve(a, b, dim);
      if (!value || (value.getConstant() && *value.getConstant() < 0))
        continue;
      replaceSymbol(symbol, value, at.op->getLoc(), shapes.getProver());
      return true;
    }
  return false;
}

/// The last point at which a size of the condition is bound; null if the
/// inputs' shapes tell both. Every operation that relies on the condition comes
/// later.
static Operation *findLastBind(ModuleOp module,
                               const xf::SizeCondition &condition) {
  Operation *last = nullptr;
  auto visit = [&](Operation *op, StringRef symbol) {
    if (contains(condition.a, symbol) || contains(condition.b, symbol))
      last = op;
  };
  module.walk([&](Operation *op) {
    if (auto bind = dyn_cast<xf::Bind>(op))
      visit(op, bind.getSymbol());
    else if (auto measure = dyn_cast<xf::Measure>(op))
      for (StringRef symbol : measure.getBoundSymbols())
        visit(op, symbol);
  });
  return last;
}

/// Settles that an operand repeats its only element, where the inputs' shapes
/// tell that; how often, only the run may tell.
static bool requireOne(ModuleOp module, const ShapeAnalysis::Assumption &at,
                       const ShapeAnalysis &shapes) {
  const xf::SizeCondition &condition = at.condition;
  for (Dim dim : {condition.a, condition.b})
    if (condition.broadcasts && seemsOne(dim, shapes.getProver()) &&
        !findLastBind(module, {dim, dim, {}})) {
      OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
      require(b, at.op->getLoc(), dim, Dim::constant(module.getContext(), 1),
              condition.what);
      return true;
    }
  return false;
}

bool hagane::narrowSymbols(ModuleOp module, const ShapeAnalysis &shapes) {
  SymbolTable symbols(module);
  StretchOperands stretches(module, shapes);
  for (const auto &assumption : shapes.getAssumptions()) {
    if (stretches.applies(assumption))
      continue;
    Dim a = assumption.condition.a, b = assumption.condition.b;
    if (!shapes.isResolved(a) || !shapes.isResolved(b))
      continue;
    if (requireOne(module, assumption, shapes))
      return true;
    if (findLastBind(module, assumption.condition))
      continue;
    auto raise = [&](xf::Symbol symbol) {
      return raiseSymbol(assumption.condition, symbol, shapes.getProver());
    };
    // A branch need not be taken where its sizes differ.
    bool always = isa<FunctionOpInterface>(assumption.op->getParentOp());
    if (boundSymbol(a, b, shapes.getProver(), symbols) ||
        boundSymbol(b, a, shapes.getProver(), symbols) ||
        (always && llvm::any_of(module.getOps<xf::Symbol>(), raise)) ||
        replaceOne(module, assumption, shapes))
      return true;
  }
  // Sizes that some operation takes for equal are, by now.
  return stretches.run();
}

/// Requires the conditions on sizes that the run computes and that do not
/// broadcast, or all.
static bool requireSizes(ModuleOp module, const ShapeAnalysis &shapes,
                         bool all) {
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  llvm::DenseSet<std::pair<Attribute, Attribute>> seen;
  for (const auto &[op, condition] : shapes.getAssumptions()) {
    Dim a = condition.a, b = condition.b;
    if (!shapes.isResolved(a) || !shapes.isResolved(b))
      continue;
    Operation *bind = findLastBind(module, condition);
    if (!all && (!bind || condition.broadcasts))
      continue;
    if (!seen.insert({a.getAttr(), b.getAttr()}).second)
      continue;
    if (bind) {
      OpBuilder after(bind->getBlock(), std::next(bind->getIterator()));
      xf::RequireEqual::create(after, op->getLoc(), a.getAttr(), b.getAttr(),
                               after.getStringAttr(condition.what));
      continue;
    }
    require(builder, op->getLoc(), a, b, condition.what);
  }
  return !seen.empty();
}

bool hagane::requireSizes(ModuleOp module, const ShapeAnalysis &shapes) {
  // A size that must be 1 broadcasts, which the analysis then knows.
  return ::requireSizes(module, shapes, /*all=*/false) ||
         ::requireSizes(module, shapes, /*all=*/true);
}

void hagane::tidyRequirements(ModuleOp module) {
  // Of ranges alone: what a requirement teaches must not undo it.
  xf::DimProver prover = xf::readSymbolRanges(module);
  auto requirements = llvm::to_vector(module.getOps<xf::Require>());
  for (xf::Require op : requirements) {
    op.setLhsAttr(prover.simplify(op.getLhs()).getAttr());
    op.setRhsAttr(prover.simplify(op.getRhs()).getAttr());
  }
  // The simplest first: others may follow from them.
  llvm::stable_sort(requirements, [](xf::Require a, xf::Require b) {
    auto length = [](xf::Require op) {
      return Dim(op.getLhs()).str().size() + Dim(op.getRhs()).str().size();
    };
    return length(a) < length(b);
  });
  for (xf::Require op : requirements) {
    if (prover.isEqual(op.getLhs(), op.getRhs())) {
      op.erase();
      continue;
    }
    prover.addEqual(op.getLhs(), op.getRhs());
    prover.learnRemainders(op.getLhs(), op.getRhs());
  }
}
