//===- KernelBuilder.h - Making kernels from xf operations ------*- C++ -*-===//

#ifndef HAGANE_PASSES_KERNELS_KERNELBUILDER_H
#define HAGANE_PASSES_KERNELS_KERNELBUILDER_H

#include "dialects/kernel/KernelOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"
#include "passes/schedules/Target.h"
#include "passes/shapes/ShapeAnalysis.h"
#include <map>

namespace hagane {

/// Fills a kernel's region from its scalar arguments; returns what it yields.
using ScalarBody = llvm::function_ref<llvm::SmallVector<mlir::Value>(
    mlir::ImplicitLocOpBuilder &, mlir::ValueRange)>;

/// A tensor operand and the element of it that an iteration reads or writes.
struct MappedTensor {
  mlir::Value value;
  mlir::AffineMap map;
};

/// What a kernel.rows is made of; see its documentation for the arguments of
/// regions.
struct RowsSpec {
  struct Stage {
    llvm::StringRef kind;
    std::function<mlir::Value(mlir::ImplicitLocOpBuilder &, mlir::ValueRange)>
        body;
  };
  llvm::SmallVector<MappedTensor> ins, outs;
  llvm::SmallVector<Stage> stages;
  std::function<llvm::SmallVector<mlir::Value>(mlir::ImplicitLocOpBuilder &,
                                               mlir::ValueRange)>
      finish, map;
};

/// Codes of activations and their scales, as kernels made them.
struct CodedRows {
  mlir::Value codes, scales;
};

/// Builds kernels and the views between them, keeping symbolic shapes.
class KernelBuilder {
public:
  KernelBuilder(mlir::ModuleOp module, ShapeAnalysis &shapes,
                mlir::RewriterBase &rewriter, WeightLayout weights = {})
      : rewriter(rewriter), shapes(shapes), module(module), weights(weights) {}

  mlir::RewriterBase &rewriter;
  ShapeAnalysis &shapes;
  /// By what quantizes them, and whether the codes are shifted to have no sign.
  std::map<std::pair<mlir::Operation *, bool>, CodedRows> codedRows;

  xf::Dim constant(int64_t value) {
    return xf::Dim::constant(rewriter.getContext(), value);
  }
  xf::Dim product(llvm::ArrayRef<xf::Dim> dims);
  bool isEqual(xf::Dim a, xf::Dim b) {
    return shapes.getProver().isEqual(a, b);
  }
  bool areEqual(llvm::ArrayRef<xf::Dim> a, llvm::ArrayRef<xf::Dim> b);

  /// The dimension as an index value, or as an attribute if it is constant.
  mlir::OpFoldResult size(mlir::Location loc, xf::Dim dim);
  llvm::SmallVector<mlir::OpFoldResult> sizes(mlir::Location loc,
                                              llvm::ArrayRef<xf::Dim> dims);
  /// The dimension as a scalar tensor of `type`.
  mlir::Value scalarTensor(mlir::Location loc, xf::Dim dim, mlir::Type type);
  mlir::Value empty(mlir::Location loc, llvm::ArrayRef<xf::Dim> dims,
                    mlir::Type elementType);

  /// The tensor as kernels may read it: constants become globals.
  mlir::Value tensor(mlir::Value value);
  /// The tensor rounded to `type`: constants when the module is written.
  mlir::Value rounded(mlir::Location loc, mlir::Value value, mlir::Type type);
  /// Whether the value is computed from constants alone.
  bool isConstantExpression(mlir::Value value);
  /// How a constant weight of one element type is packed for rows of another.
  kernel::PackedForm getPackedForm(mlir::Type weight, mlir::Type rows,
                                   bool transposed) const;
  /// The packed form of a constant weight matrix.
  mlir::Value packedWeight(mlir::Value weight, kernel::PackedForm form);
  /// Whether a kernel reads that form already.
  bool isPacked(mlir::Value weight, kernel::PackedForm form) const;
  /// The packed form of constant codes with their scales and, if there are any,
  /// zero points.
  mlir::Value packedCodes(mlir::Value values, mlir::Value scales,
                          mlir::Value zeros, kernel::CodesAttr codes,
                          bool transposed);

  /// The same elements with another shape, as views.
  mlir::FailureOr<mlir::Value> reshape(mlir::Location loc, mlir::Value value,
                                       llvm::ArrayRef<xf::Dim> to);
  mlir::Value slice(mlir::Location loc, mlir::Value value,
                    llvm::ArrayRef<xf::Dim> offsets,
                    llvm::ArrayRef<xf::Dim> dims,
                    llvm::ArrayRef<int64_t> steps);
  mlir::Value insert(mlir::Location loc, mlir::Value piece, mlir::Value into,
                     llvm::ArrayRef<xf::Dim> offsets);

  /// How a tensor of `in` is read in the iteration space `out`, NumPy's
  /// broadcasting; null if equality or a size of 1 cannot be proved.
  mlir::AffineMap broadcastMap(llvm::ArrayRef<xf::Dim> in,
                               llvm::ArrayRef<xf::Dim> out);
  mlir::AffineMap identityMap(unsigned rank) {
    return rewriter.getMultiDimIdentityMap(rank);
  }

  /// A kernel.map; into `dest` if there is one.
  mlir::Value map(mlir::Location loc, llvm::ArrayRef<MappedTensor> ins,
                  llvm::ArrayRef<xf::Dim> dims, mlir::Type elementType,
                  ScalarBody body, mlir::Value dest = {});
  mlir::Value copy(mlir::Location loc, MappedTensor in,
                   llvm::ArrayRef<xf::Dim> dims, mlir::Value dest = {});
  kernel::Rows rows(mlir::Location loc, const RowsSpec &spec);

  void fillRegion(mlir::Region &region, mlir::TypeRange arguments,
                  mlir::Location loc, ScalarBody body);
  mlir::ArrayAttr shapesOf(mlir::ValueRange operands);
  /// Gives the results of a kernel the shapes of its outs.
  void noteResults(mlir::Operation *op);

  /// Replaces the only result of an operation, keeping its type.
  void replace(mlir::Operation *op, mlir::Value value);
  /// Replaces all results of an operation, keeping their types.
  void replaceAll(mlir::Operation *op, mlir::ValueRange values);
  mlir::LogicalResult cannotForm(mlir::Operation *op, const llvm::Twine &why);

private:
  mlir::Value makeGlobal(
      mlir::ValueRange expressions, mlir::RankedTensorType type,
      llvm::StringRef key,
      llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::ValueRange)>
          finish);

  mlir::ModuleOp module;
  WeightLayout weights;
  llvm::StringMap<std::string> globals;
  int64_t globalCount = 0;
};

/// The compute type of a tensor's elements.
inline mlir::Type computeTypeOf(mlir::Value tensor) {
  return kernel::getComputeType(
      llvm::cast<mlir::ShapedType>(tensor.getType()).getElementType());
}

} // namespace hagane

#endif // HAGANE_PASSES_KERNELS_KERNELBUILDER_H
