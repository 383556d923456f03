#include "tools/driver/Compensation.h"

#include "passes/quantization/Products.h"
#include "tools/driver/WeightColumns.h"
#include <cstring>

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::eval::HostTensor;

namespace {

/// One weight: its codes go through the numerics and become constants, some
/// columns at a time.
class CodesOfWeight {
public:
  explicit CodesOfWeight(xf::QuantizeWeight op) : op(op), columns(op) {}

  LogicalResult replace(ArrayRef<double> moments);

private:
  LogicalResult replaceColumns(const CodeChooser &chooser, int64_t begin,
                               int64_t end);
  LogicalResult create(Value value, HostTensor &tensor);
  /// Puts columns in their place.
  void put(const HostTensor &part, int64_t begin, HostTensor &whole) const;
  void replaceResult(Value result, const HostTensor &tensor);

  xf::QuantizeWeight op;
  WeightColumns columns;
  HostTensor codes, scales, zeros;
};

} // namespace

LogicalResult CodesOfWeight::create(Value value, HostTensor &tensor) {
  auto type = cast<RankedTensorType>(value.getType());
  llvm::Expected<HostTensor> made =
      HostTensor::create(type.getElementType(), type.getShape());
  if (!made)
    return op.emitError(llvm::toString(made.takeError()));
  tensor = *made;
  return success();
}

void CodesOfWeight::put(const HostTensor &part, int64_t begin,
                        HostTensor &whole) const {
  int64_t axis = columns.getColumnAxis(),
          rows = axis == 0 ? 1 : whole.getSize(0),
          stride = whole.getByteCount() / rows,
          first = begin * (stride / whole.getSize(axis)),
          count = part.getByteCount() / rows;
  for (int64_t i = 0; i < rows; ++i)
    std::memcpy(whole.data() + i * stride + first, part.data() + i * count,
                count);
}

void CodesOfWeight::replaceResult(Value result, const HostTensor &tensor) {
  OpBuilder builder(op);
  result.replaceAllUsesWith(
      xf::Constant::create(builder, op.getLoc(), tensor.getType(),
                           tensor.toAttribute(), StringAttr()));
}

LogicalResult CodesOfWeight::replaceColumns(const CodeChooser &chooser,
                                            int64_t begin, int64_t end) {
  auto w = columns.getNumbers(begin, end),
       gridScales = columns.get(op.getScales(), begin, end),
       gridZeros = op.getZeros() ? columns.get(op.getZeros(), begin, end)
                                 : FailureOr<HostTensor>(HostTensor());
  if (failed(w) || failed(gridScales) || failed(gridZeros))
    return failure();
  GridWeight grid = columns.makeGrid(end - begin);
  grid.weight = toReals(*w);
  grid.scales = toReals(*gridScales);
  put(*gridScales, begin, scales);
  if (op.getZeros()) {
    grid.zeros = toReals(*gridZeros);
    put(*gridZeros, begin, zeros);
  }
  llvm::Expected<HostTensor> part =
      HostTensor::create(codes.getElementType(), w->getShape());
  if (!part)
    return op.emitError(llvm::toString(part.takeError()));
  for (auto [i, code] : llvm::enumerate(chooser.choose(grid)))
    part->setInteger(static_cast<int64_t>(i), static_cast<int64_t>(code));
  put(*part, begin, codes);
  return success();
}

LogicalResult CodesOfWeight::replace(ArrayRef<double> moments) {
  if (failed(create(op.getCodes(), codes)) ||
      failed(create(op.getScales(), scales)) ||
      (op.getZeros() && failed(create(op.getZeros(), zeros))))
    return failure();
  llvm::Expected<CodeChooser> chooser =
      CodeChooser::make(op.getContext(), columns.countChannels(), moments);
  if (!chooser)
    return op.emitError(llvm::toString(chooser.takeError()));
  for (int64_t begin = 0, all = columns.countColumns(); begin < all;
       begin += WeightColumns::kMostColumns)
    if (failed(
            replaceColumns(*chooser, begin,
                           std::min(begin + WeightColumns::kMostColumns, all))))
      return failure();
  replaceResult(op.getCodes(), codes);
  replaceResult(op.getScales(), scales);
  if (op.getZeros())
    replaceResult(op.getZeros(), zeros);
  op.erase();
  return success();
}

LogicalResult hagane::driver::compensateCodes(
    ModuleOp fused, ModuleOp quantized, const Calibration &calibration,
    ArrayRef<Observation> observations, const cpu::Target &target,
    const PhaseOptions &options,
    llvm::function_ref<void(double fraction)> progress) {
  SmallVector<xf::Linear> products =
      getWeightedProducts(quantized.lookupSymbol<func::FuncOp>("main"));
  SmallVector<size_t> numbers;
  for (auto [i, product] : llvm::enumerate(products)) {
    std::optional<QuantizationScheme> scheme = getScheme(product);
    if (!scheme || !scheme->compensates || !findCodes(product))
      continue;
    if (failed(checkRows(product, observations[i])))
      return failure();
    numbers.push_back(i);
  }
  size_t done = 0;
  return calibration.visitMoments(
      fused, numbers, target, options,
      [&](size_t product, ArrayRef<double> moments) {
        progress(static_cast<double>(done++) /
                 static_cast<double>(numbers.size()));
        return CodesOfWeight(findCodes(products[product])).replace(moments);
      });
}
