// Part of a program as a model of its own, with its data.
#pragma once

#include "tools/driver/Program.h"

namespace hagane::driver {

/// What stands in the folder of a reproducer.
struct Reproducer {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  llvm::SmallVector<xf::eval::HostTensor> arguments;
  xf::eval::HostTensor expected; // the evaluator's
};

/// A module whose `main` computes the last of `parts` by `parts` alone; other
/// values they need are arguments, but for constants. Symbols that its
/// arguments do not tell become numbers. Fails with a diagnostic.
llvm::FailureOr<Reproducer>
cutOut(const Program &program, llvm::ArrayRef<mlir::Value> parts,
       llvm::ArrayRef<xf::eval::HostTensor> arguments);

/// Writes `model.mlir`, `inputs.npz` and `expected.npz` into a folder, which is
/// made. Fails with a diagnostic.
llvm::LogicalResult write(const Reproducer &reproducer,
                          const std::string &folder);

} // namespace hagane::driver
