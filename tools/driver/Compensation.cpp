#include "tools/driver/Compensation.h"

#include "codegen/module/WeightPieces.h"
#include "dialects/xf/XfQuantization.h"
#include "passes/fusion/Match.h"
#include "passes/quantization/Gptq.h"
#include "passes/quantization/Products.h"
#include "passes/quantization/Scheme.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::eval::HostTensor;

/// Rows from which moments can be told.
static constexpr int64_t kLeastRows = 32;

static bool compensates(xf::Linear product) {
  auto text = product->getAttrOfType<StringAttr>(kSchemeAttr);
  if (!text)
    return false;
  llvm::Expected<QuantizationScheme> scheme =
      QuantizationScheme::parse(text.getValue());
  if (!scheme) {
    llvm::consumeError(scheme.takeError());
    return false;
  }
  return scheme->compensates;
}

/// What makes the codes of the product's weight; null if something else does.
static xf::QuantizeWeight findCodes(xf::Linear product) {
  auto numbers = fusion::skipFloatCasts(product.getWeight())
                     .getDefiningOp<xf::Dequantize>();
  return numbers ? numbers.getX().getDefiningOp<xf::QuantizeWeight>()
                 : xf::QuantizeWeight();
}

static std::vector<double> toReals(const HostTensor &tensor) {
  std::vector<double> values(tensor.getCount());
  for (int64_t i = 0; i < tensor.getCount(); ++i)
    values[i] = tensor.getElement().isFloat()
                    ? tensor.getReal(i)
                    : static_cast<double>(tensor.getInteger(i));
  return values;
}

namespace {

/// One weight: its codes go through the numerics and become constants.
class CodesOfWeight {
public:
  explicit CodesOfWeight(xf::QuantizeWeight op) : op(op) {}

  LogicalResult replace(ArrayRef<double> moments);

private:
  FailureOr<HostTensor> evaluate(Value value);
  GridWeight makeGrid(const HostTensor &w);
  void replaceResult(Value result, const HostTensor &tensor);

  xf::QuantizeWeight op;
  codegen::WeightPieces pieces;
};

} // namespace

FailureOr<HostTensor> CodesOfWeight::evaluate(Value value) {
  llvm::Expected<HostTensor> tensor = pieces.getWhole(value);
  if (!tensor)
    return op.emitError("the weight to quantize has no value: ")
           << llvm::toString(tensor.takeError());
  return *tensor;
}

/// The places of elements; [channels, columns], or transposed.
GridWeight CodesOfWeight::makeGrid(const HostTensor &w) {
  GridWeight grid;
  bool transposed = op.getTransposed();
  grid.channels = w.getSize(transposed ? 1 : 0);
  grid.columns = w.getSize(transposed ? 0 : 1);
  auto block = static_cast<int64_t>(op.getBlock());
  grid.block = block ? block : std::max<int64_t>(grid.channels, 1);
  auto blocks =
      static_cast<int64_t>(llvm::divideCeil(grid.channels, grid.block));
  grid.channelStride = transposed ? 1 : grid.columns;
  grid.columnStride = transposed ? grid.channels : 1;
  grid.blockStride = transposed ? 1 : grid.columns;
  grid.scaleColumnStride = transposed ? blocks : 1;
  double half = static_cast<double>(int64_t(1) << (op.getBits() - 1));
  grid.lowest = op.getSymmetric() ? -half : 0;
  grid.highest = op.getSymmetric() ? half - 1 : 2 * half - 1;
  return grid;
}

void CodesOfWeight::replaceResult(Value result, const HostTensor &tensor) {
  OpBuilder builder(op);
  result.replaceAllUsesWith(
      xf::Constant::create(builder, op.getLoc(), tensor.getType(),
                           tensor.toAttribute(), StringAttr()));
}

LogicalResult CodesOfWeight::replace(ArrayRef<double> moments) {
  auto w = evaluate(op.getW()), scales = evaluate(op.getScales());
  auto zeros = op.getZeros() ? evaluate(op.getZeros()) : HostTensor();
  if (failed(w) || failed(scales) || failed(zeros))
    return failure();
  GridWeight grid = makeGrid(*w);
  grid.weight = toReals(*w);
  grid.scales = toReals(*scales);
  if (op.getZeros())
    grid.zeros = toReals(*zeros);
  llvm::Expected<std::vector<double>> codes =
      chooseCodes(op.getContext(), grid, moments);
  if (!codes)
    return op.emitError(llvm::toString(codes.takeError()));
  llvm::Expected<HostTensor> tensor =
      HostTensor::create(getElementTypeOrSelf(op.getCodes()), w->getShape());
  if (!tensor)
    return op.emitError(llvm::toString(tensor.takeError()));
  for (auto [i, code] : llvm::enumerate(*codes))
    tensor->setInteger(static_cast<int64_t>(i), static_cast<int64_t>(code));
  replaceResult(op.getCodes(), *tensor);
  replaceResult(op.getScales(), *scales);
  if (op.getZeros())
    replaceResult(op.getZeros(), *zeros);
  op.erase();
  return success();
}

static LogicalResult checkRows(xf::Linear product,
                               const Observation &observation) {
  if (observation.rows == 0 || observation.rows >= kLeastRows)
    return success();
  return product.emitError("calibration data gives this product ")
         << observation.rows << " rows, expected at least " << kLeastRows
         << " to choose codes by";
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
    if (!compensates(product) || !findCodes(product))
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
