// One module that computes each product as it was or in other ways, by choice.
#pragma once

#include "tools/driver/Calibration.h"
#include "tools/driver/Execute.h"

namespace hagane::driver {

/// Gives the operations of `main` numbers, by which those of copies are known.
void numberOperations(mlir::ModuleOp module);
void eraseNumbers(mlir::ModuleOp module);

/// A choice for each product: the number of a way, or that it stays.
inline constexpr int kAsItWas = -1;
using Choices = llvm::SmallVector<int>;

/// A copy of `fused` whose products are those of the chosen ways. Tables of
/// embeddings are the first way's, or the weights of their products.
mlir::OwningOpRef<mlir::ModuleOp> mix(mlir::ModuleOp fused,
                                      llvm::ArrayRef<mlir::ModuleOp> ways,
                                      llvm::ArrayRef<int> choices,
                                      bool changesTables);

/// What a way makes of a product, beside what it was for the same input.
struct WayOfProduct {
  size_t product = 0;
  int way = 0;
  std::string scheme; // what it is, in short
  int64_t bytes = 0;  // of the weight, with its scales
};

/// What one run gives.
struct MixedRun {
  llvm::SmallVector<xf::eval::HostTensor> outputs; // of floats
  /// Of each way of a product: the sum of squares of its difference, and of
  /// what the product was, for the input that the choices gave it.
  llvm::SmallVector<std::pair<double, double>> errors;
};

class MixedModel {
public:
  /// Compiles what the fusion phase made, and was numbered, for the target. A
  /// way is a copy whose weighted products are others, in number and order the
  /// same. Fails with a diagnostic.
  static llvm::FailureOr<MixedModel> make(mlir::ModuleOp fused,
                                          llvm::ArrayRef<mlir::ModuleOp> ways,
                                          bool changesTables,
                                          const cpu::Target &target,
                                          const PhaseOptions &options);

  size_t countProducts() const { return productCount; }
  /// In the order of the errors of a run.
  llvm::ArrayRef<WayOfProduct> getWays() const { return ways; }
  /// Names of the outputs of a run.
  llvm::ArrayRef<std::string> getOutputs() const { return outputs; }

  /// A choice that a product does not have leaves it as it was. Tables are the
  /// first way's if the run `readsCodes`.
  llvm::FailureOr<MixedRun>
  run(const Sample &sample, llvm::ArrayRef<int> choices, bool readsCodes) const;

private:
  mlir::OwningOpRef<mlir::ModuleOp> module;
  size_t productCount = 0;
  bool hasTables = false;
  llvm::SmallVector<WayOfProduct> ways;
  llvm::SmallVector<std::string> outputs;
  std::optional<Executable> executable;
};

} // namespace hagane::driver
