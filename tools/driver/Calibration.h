// Samples of a model's inputs, and what its products see of them.
#pragma once

#include "codegen/cpu/Target.h"
#include "dialects/xf/XfOps.h"
#include "dialects/xf/eval/HostTensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "tools/driver/Phases.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"

namespace hagane::driver {

/// What the input of a product was, over all rows of all samples.
struct Observation {
  std::string nodes;                            // of ONNX
  int64_t rows = 0;                             // 0: not known
  std::vector<double> lowest, highest, squares; // of each channel
};

/// The arguments of one run.
struct Sample {
  std::string path;
  llvm::SmallVector<xf::eval::HostTensor> arguments;
  llvm::StringMap<int64_t> symbols; // that its sizes tell
};

/// Takes the moments of a product's input, [channels, channels].
using MomentsFn = llvm::function_ref<llvm::LogicalResult(
    size_t product, llvm::ArrayRef<double> moments)>;

/// Takes the input of a product in a sample, in f32.
using InputsFn =
    llvm::function_ref<void(size_t product, const xf::eval::HostTensor &input)>;

class Calibration {
public:
  Calibration() = default;
  explicit Calibration(Sample only) { samples.push_back(std::move(only)); }

  /// Reads npz files, and all of folders, in the order of their names. Fails
  /// with a diagnostic if there are none, or one does not fit the model.
  static llvm::FailureOr<Calibration> read(mlir::ModuleOp module,
                                           llvm::ArrayRef<std::string> paths);

  llvm::ArrayRef<Sample> getSamples() const { return samples; }

  /// Runs the weighted products' inputs of what the fusion phase made. Fails
  /// with a diagnostic.
  llvm::FailureOr<std::vector<Observation>>
  observe(mlir::ModuleOp fused, const cpu::Target &target,
          const PhaseOptions &options) const;

  /// Second moments of the inputs of some products, as many at a time as a
  /// moderate amount of memory holds. Fails with a diagnostic.
  llvm::LogicalResult visitMoments(mlir::ModuleOp fused,
                                   llvm::ArrayRef<size_t> products,
                                   const cpu::Target &target,
                                   const PhaseOptions &options,
                                   MomentsFn visit) const;

  /// The inputs of some products themselves, sample by sample, likewise.
  llvm::LogicalResult visitInputs(mlir::ModuleOp fused,
                                  llvm::ArrayRef<size_t> products,
                                  const cpu::Target &target,
                                  const PhaseOptions &options,
                                  InputsFn visit) const;

private:
  std::vector<Sample> samples;
};

/// Fails with a diagnostic if a product has seen too little to quantize it by.
llvm::LogicalResult checkRows(xf::Linear product,
                              const Observation &observation);

/// Writes observations as an npz file. Fails with a diagnostic at the module.
llvm::LogicalResult writeObservations(mlir::ModuleOp module,
                                      const std::string &path,
                                      llvm::ArrayRef<Observation> observations);

} // namespace hagane::driver
