// What every command of the driver works with.
#pragma once

#include "mlir/IR/MLIRContext.h"
#include "tools/driver/Diagnostics.h"
#include "tools/hagane/CompileOptions.h"
#include "llvm/Support/ThreadPool.h"

namespace hagane::driver {

/// Threads, a context that knows our dialects, and the way to the user.
class Command {
protected:
  /// `options` must outlive the command.
  explicit Command(const CompileOptions &options);

  /// Tells what is being done; a negative fraction means that its length is
  /// not known.
  void progress(llvm::StringRef what, double fraction = -1);

private:
  const CompileOptions &common;
  llvm::DefaultThreadPool pool;

protected:
  mlir::MLIRContext context;

private:
  DiagnosticPrinter printer;
};

} // namespace hagane::driver
