//===- XfOps.h - The xf dialect -*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_XFOPS_H
#define HAGANE_DIALECTS_XF_XFOPS_H

#include "dialects/xf/Facts.h"
#include "dialects/xf/XfAttributes.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace hagane::xf {
using namespace mlir; // Generated code names MLIR's types without a prefix.

namespace detail {
/// Result types from facts of operands that are known by their types alone.
llvm::LogicalResult inferTypes(
    llvm::function_ref<llvm::LogicalResult(llvm::ArrayRef<Facts>,
                                           const FactsContext &,
                                           llvm::SmallVectorImpl<Facts> &)>
        rule,
    MLIRContext *context, std::optional<Location> location, ValueRange operands,
    llvm::SmallVectorImpl<Type> &types);

template <typename OpTy>
llvm::LogicalResult
inferTypes(MLIRContext *context, std::optional<Location> location,
           ValueRange operands, typename OpTy::Adaptor adaptor,
           llvm::SmallVectorImpl<Type> &types) {
  return inferTypes(
      [&](llvm::ArrayRef<Facts> facts, const FactsContext &factsContext,
          llvm::SmallVectorImpl<Facts> &results) {
        return OpTy::computeFacts(adaptor, facts, factsContext, results);
      },
      context, location, operands, types);
}

/// Equal up to sizes of which one side is unknown.
bool areCompatible(TypeRange inferred, TypeRange actual);
} // namespace detail
} // namespace hagane::xf

#include "dialects/xf/XfDialect.h.inc"
#include "dialects/xf/XfInterfaces.h.inc"

#define GET_OP_CLASSES
#include "dialects/xf/XfOps.h.inc"

#endif // HAGANE_DIALECTS_XF_XFOPS_H
