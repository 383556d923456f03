//===- ConvFactors.h - The factors of a convolution -------------*- C++ -*-===//
//
// How a convolution's weight and the patches of its input are read and their
// products summed up. A step of the micro-kernel takes
//
// - one element of each, in the type in which the kernel computes;
// - or those of two channels in bf16, which the processor multiplies and sums
//   at once: patches are rounded where they are copied;
// - or the weights of two channels in bf16, which are widened in registers.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_CODEGEN_CPU_CONVFACTORS_H
#define HAGANE_CODEGEN_CPU_CONVFACTORS_H

#include "codegen/cpu/Lowering.h"
#include "codegen/cpu/Micro.h"

namespace hagane::cpu {

class ConvFactors {
public:
  ConvFactors(kernel::Conv op, const LoweringOptions &options, Builder &b);

  /// Fails, with a diagnostic, if the weight is stored in a way that no step
  /// reads.
  llvm::LogicalResult verify();

  mlir::Type getComputeType() const { return compute; }
  int64_t getLanes() const { return lanes; }
  /// Rows of the weight that lie together; 0 if it is not in panels.
  int64_t getPanelRows() const { return panelRows; }
  /// Channels of which a step takes an element.
  int64_t getStepChannels() const { return way == Way::OneTerm ? 1 : 2; }

  //===-- Patches ---------------------------------------------------------===//

  /// Channels whose elements a row of patches holds.
  int64_t getRowChannels() const { return way == Way::Dots ? 2 : 1; }
  mlir::Type getPatchType() const;
  /// The row of patches of a channel's element of the window.
  mlir::Value getRow(mlir::Value channel, mlir::Value element);
  /// What a row holds of elements of its channels, scalars or vectors.
  mlir::Value join(mlir::ValueRange channels);

  //===-- Steps -----------------------------------------------------------===//

  /// How `micro` multiplies rows of the weight from `row` on with columns of
  /// patches from `column` on; its steps run from `firstStep` of the weight
  /// and the patches' first.
  void describe(MicroKernel &micro, mlir::Value row, mlir::Value firstStep,
                mlir::Value patches, mlir::Value column,
                llvm::ArrayRef<Access> access);

private:
  enum class Way : uint8_t { OneTerm, Dots, Widened };

  mlir::Value loadWeight(Builder &b, mlir::ValueRange at, int64_t term) const;
  mlir::Value loadPatches(Builder &b, mlir::Value patches, mlir::Value column,
                          Access access, Step step) const;

  kernel::Conv op;
  Builder &b;
  mlir::Value weight;
  mlir::Type compute;
  int64_t lanes, volume, panelRows = 0;
  llvm::StringRef dots; // the intrinsic
  Way way = Way::OneTerm;
};

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_CONVFACTORS_H
