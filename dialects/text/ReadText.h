// Reads IR as text that anyone may have written.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace hagane {

/// Parses a file of IR. Null after a diagnostic: of the parser, or since the
/// text would exhaust it (brackets nested deeper than 200, resources aligned to
/// more than a page) or is bytecode, whose reader trusts what it reads.
mlir::OwningOpRef<mlir::ModuleOp> readModule(mlir::MLIRContext *context,
                                             llvm::StringRef path);

/// The same for text in memory; `name` stands for the file in diagnostics.
mlir::OwningOpRef<mlir::ModuleOp> parseModule(mlir::MLIRContext *context,
                                              llvm::StringRef text,
                                              llvm::StringRef name);

} // namespace hagane
