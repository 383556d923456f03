//===- KernelFusion.h - What fusions of kernels share -----------*- C++ -*-===//

#ifndef HAGANE_PASSES_KERNELS_KERNELFUSION_H
#define HAGANE_PASSES_KERNELS_KERNELFUSION_H

#include "dialects/kernel/KernelOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/fusion/Remarks.h"

namespace hagane {

/// Kernels with more operands than that do not keep their pointers in
/// registers.
constexpr size_t kMaxInputs = 12;
/// Scalar operations of a fused kernel: code generation takes longer than
/// linear time for longer bodies, and they gain nothing.
constexpr int64_t kMaxOps = 160;
/// Scalar operations up to which recomputing beats a round trip to memory.
constexpr int64_t kCheapOps = 8;

llvm::SmallVector<mlir::AffineMap> mapsOf(mlir::ArrayAttr maps);

/// What a fusion tells of itself: how many bytes less the kernels move.
class FusionNote {
public:
  FusionNote(llvm::StringRef fusion, llvm::ArrayRef<mlir::Operation *> kernels)
      : remarks(fusion), before(countBytes(kernels)) {}

  void apply(mlir::Operation *fused) const;

private:
  /// Null where nobody listens, or sizes are not known.
  static xf::Dim countBytes(llvm::ArrayRef<mlir::Operation *> kernels);

  fusion::Remarks remarks;
  xf::Dim before;
};

/// Kernels of rows that read each other's elements.
void addRowsFusion(mlir::RewritePatternSet &patterns);

/// Clones a map's body before `builder`'s place; coordinates follow `access`.
mlir::Value inlineBody(mlir::OpBuilder &builder, kernel::Map op,
                       mlir::ValueRange arguments, mlir::AffineMap access);

/// Operands of a fused kernel: equal ones are one.
struct MergedInputs {
  llvm::SmallVector<mlir::Value> values;
  llvm::SmallVector<mlir::AffineMap> maps;
  llvm::SmallVector<mlir::Attribute> shapes;
  llvm::SmallVector<unsigned> positions; // where the producer's inputs are

  unsigned add(mlir::Value value, mlir::AffineMap map, mlir::Attribute shape);
};

//===-- Through reshapes --------------------------------------------------===//

using AxisGroups = llvm::ArrayRef<mlir::ReassociationIndices>;

/// One dimension per group: the product of its members.
mlir::Attribute collapseDims(mlir::Attribute dims, AxisGroups groups,
                             mlir::MLIRContext *context);

/// How an input is read when groups of the iteration's dimensions become one:
/// the groups of its own axes and its new map.
struct CollapsedAccess {
  llvm::SmallVector<mlir::ReassociationIndices> axes;
  llvm::SmallVector<mlir::AffineExpr> exprs;
};

/// Works if, per group, the input has all dimensions in order or none.
std::optional<CollapsedAccess> collapseAccess(mlir::AffineMap map,
                                              AxisGroups groups);

/// An input of a map as it is read when groups of dimensions become one.
struct CollapsedInput {
  mlir::Value value;
  mlir::AffineMap map;
  mlir::Attribute shape;
};

/// Reads `value`, with the shape `dims`, where `access` says; the iteration
/// gets `rank` dimensions.
CollapsedInput collapseInput(mlir::OpBuilder &builder, mlir::Value value,
                             mlir::Attribute dims,
                             const CollapsedAccess &access, unsigned rank);

/// A tensor for what was to be written into one of type `type`, which gets the
/// shape `dims`.
mlir::Value makeCollapsedOut(mlir::OpBuilder &builder, mlir::Location loc,
                             mlir::RankedTensorType type, AxisGroups groups,
                             mlir::Attribute dims);

} // namespace hagane

#endif // HAGANE_PASSES_KERNELS_KERNELFUSION_H
