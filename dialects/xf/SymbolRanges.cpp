//===- SymbolRanges.cpp - What a module says of its symbols ---------------===//

#include "dialects/xf/SymbolRanges.h"
#include "dialects/xf/XfDynamic.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace hagane;

xf::DimProver xf::readSymbolRanges(ModuleOp module) {
  DimProver prover;
  for (Operation &op : module.getOps())
    llvm::TypeSwitch<Operation *>(&op).Case<Symbol, ComputedSize>(
        [&](auto symbol) {
          prover.setRange(symbol.getSymName(),
                          {int64_t(symbol.getMin()), int64_t(symbol.getMax())});
        });
  return prover;
}
