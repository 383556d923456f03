// Symbolic dimensions of the model's inputs.
#pragma once

#include "dialects/xf/Dim.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"

namespace hagane::frontend {

/// What the user says of dimensions, by `dim_param` or symbol name.
struct DimOptions {
  llvm::StringMap<xf::DimRange> ranges;
  llvm::StringMap<int64_t> values;
};

/// Reads `name=lo:hi` and `name=value` texts; reports malformed ones at `loc`.
llvm::LogicalResult parseDimOptions(mlir::Location loc,
                                    llvm::ArrayRef<std::string> ranges,
                                    llvm::ArrayRef<std::string> values,
                                    DimOptions &options);

/// The dimensions of a function's arguments: declares their symbols in front of
/// the function, sets `xf.dims`, narrows the arguments' types where a dimension
/// is specialised, and returns the symbols' ranges. Removes `onnx.dims`.
/// `conditional` are symbols of inputs that only one branch of an If reads; a
/// size of theirs that has the name of another input's need not be that one
/// where the branch is not taken.
llvm::LogicalResult
convertInputDims(mlir::func::FuncOp function, const DimOptions &options,
                 llvm::MapVector<mlir::Value, llvm::SmallVector<xf::Dim>> &dims,
                 xf::DimProver &prover, llvm::StringSet<> &conditional);

} // namespace hagane::frontend
