// Reads an ONNX model into the onnx dialect.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cstdint>
#include <memory>

namespace hagane::frontend {

struct ImportOptions {
  /// Shape-only import: weights whose bytes are missing (external files that do
  /// not exist, tensors without data) become resources without a blob instead
  /// of errors.
  bool weightless = false;
  /// Constants above this many bytes stay in the mapped file as resources.
  uint64_t maxDenseBytes = 1024;
  /// A sparse initializer may take this many bytes when it is made dense.
  uint64_t maxSparseBytes = uint64_t(64) << 20;
  /// Bounds what local functions may grow to when they are inlined.
  uint64_t maxNodes = 100000;
};

/// Imports the model at `path`, protobuf or ONNX's text form, as a module with
/// one function, `main`. Null after emitting at least one error diagnostic.
/// Resources of the result refer to the mapped files, which stay mapped as long
/// as `context` lives; the files must not change meanwhile.
mlir::OwningOpRef<mlir::ModuleOp>
importModel(mlir::MLIRContext *context, llvm::StringRef path,
            const ImportOptions &options = {});

/// The same for a model in memory. `path` is what messages call it, and its
/// folder is where external data is looked for.
mlir::OwningOpRef<mlir::ModuleOp>
importModel(mlir::MLIRContext *context,
            std::shared_ptr<const llvm::MemoryBuffer> file,
            llvm::StringRef path, const ImportOptions &options = {});

} // namespace hagane::frontend
