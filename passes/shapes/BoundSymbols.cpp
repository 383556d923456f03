//===- BoundSymbols.cpp - Bounds that a legal run implies -----------------===//
//
// Exporters cut tables (positions, rotary angles) to the length in use, which
// gives sizes such as min(seq, 512). Where such a size meets `seq` in an
// element-wise operation, the model is only legal for seq <= 512: the symbol
// gets that bound, the runtime checks it, and the two sizes are equal.
//
//===----------------------------------------------------------------------===//

#include "passes/shapes/BoundSymbols.h"
#include "passes/shapes/ShapeAnalysis.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

namespace {

bool broadcastsElements(Operation *op) {
  return isa<xf::Add, xf::Sub, xf::Mul, xf::Div, xf::Min, xf::Max, xf::And,
             xf::Or, xf::Xor, xf::Mod, xf::Pow, xf::Cmp, xf::Select>(op);
}

/// If `cut` is min(symbol, c) with a constant c of at least 2, lowers the
/// symbol's upper bound to c. For c = 1 the sizes could also broadcast.
bool boundSymbol(Dim dim, Dim cut, const xf::DimProver &prover,
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

} // namespace

bool hagane::boundSymbols(ModuleOp module) {
  ShapeAnalysis shapes(module);
  SymbolTable symbols(module);
  bool changed = false;
  module.walk([&](Operation *op) {
    if (!broadcastsElements(op))
      return;
    for (Value x : op->getOperands())
      for (Value y : op->getOperands()) {
        ArrayRef<Dim> xDims = shapes.getDims(x), yDims = shapes.getDims(y);
        for (auto [a, b] :
             llvm::zip(llvm::reverse(xDims), llvm::reverse(yDims)))
          changed |= boundSymbol(a, b, shapes.getProver(), symbols);
      }
  });
  return changed;
}
