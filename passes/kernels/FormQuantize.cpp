//===- FormQuantize.cpp - Codes and scales become maps --------------------===//

#include "passes/kernels/Forms.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

using ScalarScope = ImplicitLocOpBuilder;

static Type elementTypeOf(Value tensor) {
  return cast<ShapedType>(tensor.getType()).getElementType();
}

namespace {
/// The iteration over codes: x's axes, the blocked one split in two.
struct Blocks {
  SmallVector<Dim> dims;
  int64_t axis, block;

  /// Where a scale or zero point of `sizes` lies for an element.
  AffineMap scaleMap(ArrayRef<Dim> sizes, KernelBuilder &b) const;
};
} // namespace

AffineMap Blocks::scaleMap(ArrayRef<Dim> sizes, KernelBuilder &b) const {
  SmallVector<AffineExpr> exprs;
  bool isOne = llvm::all_of(sizes, [](Dim dim) { return dim.isConstant(1); });
  for (int64_t i = 0, rank = sizes.size(); i < rank; ++i) {
    // A blocked scale has all of x's axes; the axis inside blocks is extra.
    int64_t dimension = block == 0 ? axis : i > axis ? i + 1 : i;
    exprs.push_back(isOne ? b.rewriter.getAffineConstantExpr(0)
                          : b.rewriter.getAffineDimExpr(dimension));
  }
  return AffineMap::get(dims.size(), 0, exprs, b.rewriter.getContext());
}

static FailureOr<Blocks> splitBlocks(Operation *op, Value x, int64_t axis,
                                     int64_t block, KernelBuilder &b) {
  Blocks blocks{SmallVector<Dim>(b.shapes.getDims(x)), axis, block};
  if (block == 0)
    return blocks;
  Dim size = blocks.dims[axis], length = b.constant(block);
  Dim count = b.shapes.getProver().divideExactly(size, length);
  if (!count)
    return b.cannotForm(op, "its axis is not known to be whole blocks of " +
                                Twine(block));
  blocks.dims[axis] = count;
  blocks.dims.insert(blocks.dims.begin() + axis + 1, length);
  return blocks;
}

/// A map over x with its scale and, if there is one, zero point.
static LogicalResult formScaled(Operation *op, int64_t axis, int64_t block,
                                ScalarBody body, KernelBuilder &b) {
  Location loc = op->getLoc();
  Value result = op->getResult(0), x = b.tensor(op->getOperand(0));
  FailureOr<Blocks> blocks = splitBlocks(op, x, axis, block, b);
  if (failed(blocks))
    return failure();
  FailureOr<Value> split = b.reshape(loc, x, blocks->dims);
  if (failed(split))
    return b.cannotForm(op, "its blocks cannot be told apart");
  SmallVector<MappedTensor> ins{{*split, b.identityMap(blocks->dims.size())}};
  for (Value operand : op->getOperands().drop_front()) {
    Value value = b.tensor(operand);
    ins.push_back({value, blocks->scaleMap(
                              SmallVector<Dim>(b.shapes.getDims(value)), b)});
  }
  Value codes = b.map(loc, ins, blocks->dims, elementTypeOf(result), body);
  FailureOr<Value> joined =
      b.reshape(loc, codes, SmallVector<Dim>(b.shapes.getDims(result)));
  if (failed(joined))
    return b.cannotForm(op, "its blocks cannot be joined");
  b.replace(op, *joined);
  return success();
}

/// The bounds of a type of at most 16 bits, exact as floats.
static std::pair<double, double> rangeOf(Type type) {
  if (auto real = dyn_cast<FloatType>(type)) {
    double largest =
        llvm::APFloat::getLargest(real.getFloatSemantics()).convertToDouble();
    return {-largest, largest};
  }
  double half = double(int64_t(1) << (type.getIntOrFloatBitWidth() - 1));
  if (type.isUnsignedInteger())
    return {0, 2 * half - 1};
  return {-half, half - 1};
}

LogicalResult hagane::form(xf::Quantize op, KernelBuilder &b) {
  Type to = elementTypeOf(op.getY());
  if (to.getIntOrFloatBitWidth() > 16)
    return b.cannotForm(op, "its codes have more than 16 bits");
  Type from = elementTypeOf(op.getX()), scale = elementTypeOf(op.getScale());
  auto body = [&](ScalarScope &builder, ValueRange x) -> SmallVector<Value> {
    Type real = from.isF64() ? from : Type(builder.getF32Type());
    Value y =
        arith::DivFOp::create(builder, convertScalar(builder, x[0], from, real),
                              convertScalar(builder, x[1], scale, real));
    if (isa<IntegerType>(to))
      y = math::RoundEvenOp::create(builder, y);
    if (x.size() > 2)
      y = arith::AddFOp::create(
          builder, y,
          convertScalar(builder, x[2], elementTypeOf(op.getZeroPoint()), real));
    auto [lowest, highest] = rangeOf(to);
    Value low = makeScalar(builder, real, lowest),
          high = makeScalar(builder, real, highest);
    if (isa<FloatType>(to))
      return {arith::MinimumFOp::create(
          builder, arith::MaximumFOp::create(builder, y, low), high)};
    // Of a NaN the number remains, as integers have none.
    y = arith::MaxNumFOp::create(builder, y, low);
    y = arith::MinNumFOp::create(builder, y, high);
    return {convertScalar(builder, y, real, to)};
  };
  return formScaled(op, op.getAxis(), op.getBlock(), body, b);
}

LogicalResult hagane::form(xf::Dequantize op, KernelBuilder &b) {
  Type from = elementTypeOf(op.getX()), scale = elementTypeOf(op.getScale());
  auto body = [&](ScalarScope &builder, ValueRange x) -> SmallVector<Value> {
    Type real = kernel::getComputeType(scale);
    Value y = convertScalar(builder, x[0], from, real);
    if (x.size() > 2)
      y = arith::SubFOp::create(
          builder, y,
          convertScalar(builder, x[2], elementTypeOf(op.getZeroPoint()), real));
    return {arith::MulFOp::create(builder, y, x[1])};
  };
  return formScaled(op, op.getAxis(), op.getBlock(), body, b);
}
