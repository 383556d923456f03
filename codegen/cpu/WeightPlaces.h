//===- WeightPlaces.h - Places in the weight segment ------------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CPU_WEIGHTPLACES_H
#define HAGANE_CODEGEN_CPU_WEIGHTPLACES_H

#include "dialects/kernel/KernelOps.h"
#include <map>

namespace hagane::cpu {

/// Where constants are, by the expressions that make them. Modules of one
/// context may share a segment: what they have in common is in it once.
class WeightPlaces {
public:
  /// Sets `offset` of all constants. Fails with a diagnostic for one without a
  /// static shape.
  llvm::LogicalResult assign(mlir::ModuleOp module);

private:
  std::map<std::vector<const void *>, int64_t> places;
  int64_t end = 0;
};

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_WEIGHTPLACES_H
