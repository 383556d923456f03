// The weight of a product that is quantized, some columns at a time.
#pragma once

#include "codegen/module/WeightPieces.h"
#include "dialects/xf/XfQuantization.h"
#include "passes/quantization/Gptq.h"

namespace hagane::driver {

/// What makes the codes of the product's weight; null if something else does.
xf::QuantizeWeight findCodes(xf::Linear product);

class WeightColumns {
public:
  /// As many as one wants to hold as numbers.
  static constexpr int64_t kMostColumns = 1024;

  explicit WeightColumns(xf::QuantizeWeight op) : op(op) {}

  int64_t countChannels() const { return getSize(op.getTransposed() ? 1 : 0); }
  int64_t countColumns() const { return getSize(getColumnAxis()); }
  int64_t getColumnAxis() const { return op.getTransposed() ? 0 : 1; }

  /// The numbers of columns [begin, end). Fails with a diagnostic.
  llvm::FailureOr<xf::eval::HostTensor> getNumbers(int64_t begin, int64_t end) {
    return get(op.getW(), begin, end);
  }
  /// A result of the operation for some columns. Fails with a diagnostic.
  llvm::FailureOr<xf::eval::HostTensor> get(mlir::Value value, int64_t begin,
                                            int64_t end);
  /// Raises each channel's number to the largest magnitude in its columns.
  /// Fails with a diagnostic.
  llvm::LogicalResult raiseToLargest(std::vector<double> &most);
  /// Numbers of so many columns to be filled in; what they are quantized to.
  /// Fail with a diagnostic.
  llvm::FailureOr<xf::eval::HostTensor> makeNumbers(int64_t columns) const;
  llvm::FailureOr<codegen::QuantizedMatrix>
  quantize(const xf::eval::HostTensor &numbers) const;
  /// Where the elements of so many columns are, and the bounds of codes.
  GridWeight makeGrid(int64_t columns) const;

private:
  template <typename T> llvm::FailureOr<T> check(llvm::Expected<T> value) const;
  int64_t getSize(int64_t axis) const {
    return llvm::cast<mlir::RankedTensorType>(op.getW().getType())
        .getDimSize(axis);
  }

  mutable xf::QuantizeWeight op;
  codegen::WeightPieces pieces;
};

std::vector<double> toReals(const xf::eval::HostTensor &tensor);

} // namespace hagane::driver
