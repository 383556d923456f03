//===- MemrefDims.h - Symbolic sizes of memrefs -----------------*- C++ -*-===//

#ifndef HAGANE_PASSES_MEMORY_MEMREFDIMS_H
#define HAGANE_PASSES_MEMORY_MEMREFDIMS_H

#include "dialects/xf/XfOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace hagane {

/// An index value as a dimension: a constant or an xf.dim_value; null
/// otherwise.
xf::Dim getIndexDim(mlir::OpFoldResult value);

/// The sizes of a memref, from where it was allocated or viewed, or from the
/// `xf.dims` of an argument; a size that is not known is null.
llvm::SmallVector<xf::Dim> getMemrefDims(mlir::Value memref);

} // namespace hagane

#endif // HAGANE_PASSES_MEMORY_MEMREFDIMS_H
