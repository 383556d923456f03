#include "tools/driver/WeightColumns.h"

#include "passes/fusion/Match.h"
#include <cmath>

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::eval::HostTensor;

xf::QuantizeWeight hagane::driver::findCodes(xf::Linear product) {
  auto numbers = fusion::skipFloatCasts(product.getWeight())
                     .getDefiningOp<xf::Dequantize>();
  return numbers ? numbers.getX().getDefiningOp<xf::QuantizeWeight>()
                 : xf::QuantizeWeight();
}

template <typename T>
FailureOr<T> WeightColumns::check(llvm::Expected<T> value) const {
  if (!value)
    return op.emitError("the weight to quantize has no value: ")
           << llvm::toString(value.takeError());
  return std::move(*value);
}

FailureOr<HostTensor> WeightColumns::get(Value value, int64_t begin,
                                         int64_t end) {
  return check(pieces.get(value, {getColumnAxis(), begin, end}));
}

FailureOr<HostTensor> WeightColumns::makeNumbers(int64_t columns) const {
  SmallVector<int64_t> shape(2, countChannels());
  shape[getColumnAxis()] = columns;
  return check(HostTensor::create(getElementTypeOrSelf(op.getW()), shape));
}

FailureOr<codegen::QuantizedMatrix>
WeightColumns::quantize(const HostTensor &numbers) const {
  return check(codegen::quantizeWeight(op, numbers));
}

LogicalResult WeightColumns::raiseToLargest(std::vector<double> &most) {
  for (int64_t begin = 0, all = countColumns(); begin < all;
       begin += kMostColumns) {
    int64_t count = std::min(kMostColumns, all - begin);
    FailureOr<HostTensor> numbers = getNumbers(begin, begin + count);
    if (failed(numbers))
      return failure();
    GridWeight grid = makeGrid(count);
    for (int64_t i = 0; i < grid.channels; ++i)
      for (int64_t c = 0; c < count; ++c)
        most[i] = std::max(most[i],
                           std::abs(numbers->getReal(i * grid.channelStride +
                                                     c * grid.columnStride)));
  }
  return success();
}

/// [channels, columns], or transposed.
GridWeight WeightColumns::makeGrid(int64_t columns) const {
  GridWeight grid;
  bool transposed = op.getTransposed();
  grid.channels = countChannels();
  grid.columns = columns;
  auto block = static_cast<int64_t>(op.getBlock());
  grid.block = block ? block : std::max<int64_t>(grid.channels, 1);
  auto blocks =
      static_cast<int64_t>(llvm::divideCeil(grid.channels, grid.block));
  grid.channelStride = transposed ? 1 : columns;
  grid.columnStride = transposed ? grid.channels : 1;
  grid.blockStride = transposed ? 1 : columns;
  grid.scaleColumnStride = transposed ? blocks : 1;
  double half = static_cast<double>(int64_t(1) << (op.getBits() - 1));
  grid.lowest = op.getSymmetric() ? -half : 0;
  grid.highest = op.getSymmetric() ? half - 1 : 2 * half - 1;
  return grid;
}

std::vector<double> hagane::driver::toReals(const HostTensor &tensor) {
  std::vector<double> values(tensor.getCount());
  for (int64_t i = 0; i < tensor.getCount(); ++i)
    values[i] = tensor.getElement().isFloat()
                    ? tensor.getReal(i)
                    : static_cast<double>(tensor.getInteger(i));
  return values;
}
