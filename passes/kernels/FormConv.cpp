//===- FormConv.cpp - Convolutions ----------------------------------------===//

#include "dialects/kernel/KernelWindows.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/Windows.h"
#include "passes/precision/FactorType.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

using ScalarScope = ImplicitLocOpBuilder;

static Type elementTypeOf(Value tensor) {
  return cast<ShapedType>(tensor.getType()).getElementType();
}

static Value addScalars(ScalarScope &b, Value x, Value y) {
  if (isa<FloatType>(x.getType()))
    return arith::AddFOp::create(b, x, y);
  return arith::AddIOp::create(b, x, y);
}

/// The tensor with elements of `type`, integers keeping their values.
static Value widenIntegers(Location loc, Value value, Type type,
                           KernelBuilder &b) {
  Type from = elementTypeOf(value);
  if (from == type || !isa<IntegerType>(from))
    return value;
  SmallVector<Dim> dims(b.shapes.getDims(value));
  return b.map(loc, MappedTensor{value, b.identityMap(dims.size())}, dims, type,
               [&](ScalarScope &b, ValueRange x) -> SmallVector<Value> {
                 return {convertScalar(b, x[0], from, type)};
               });
}

namespace {
/// A convolution with its operands as kernels take them.
struct ConvParts {
  xf::Conv op;
  KernelBuilder &b;
  Location loc;
  WindowWay3 way;
  Type result;
  int64_t outputs, depth, volume;
  Value x, bias;
  SmallVector<Dim> wide; // of the result, with three axes of space

  /// The weight as a matrix of a row for each output channel.
  FailureOr<Value> getMatrix() {
    Value weight = widenIntegers(loc, b.tensor(op.getWeight()), result, b);
    return b.reshape(loc, weight,
                     {b.constant(outputs), b.constant(depth * volume)});
  }

  /// The same, packed in panels of rows, if it is constant.
  Value getPanels() {
    auto type = cast<RankedTensorType>(op.getWeight().getType());
    int64_t perGroup = outputs / int64_t(op.getGroups());
    if (!b.isConstantExpression(op.getWeight()) ||
        type.getElementType() != result ||
        (op.getGroups() != 1 && perGroup % kRowPanel != 0))
      return {};
    int64_t interleave = roundsPairs() ? kPair : 1;
    Value weight = op.getWeight();
    if (interleave > 1)
      weight =
          pairChannels(b.rounded(weight.getLoc(), weight, getFactorType(op)));
    weight = reshapeConstant(weight, {outputs, depth * volume});
    return b.packedWeight(weight, {kRowPanel, interleave, /*transposed=*/true});
  }

  /// Whether the weights of two channels shall lie side by side, rounded.
  bool roundsPairs() {
    return getFactorType(op) && depth % kPair == 0 &&
           elementTypeOf(op.getWeight()).isF32();
  }

  Value reshapeConstant(Value value, ArrayRef<int64_t> shape) {
    auto dims = llvm::map_to_vector(
        shape, [&](int64_t size) { return b.constant(size); });
    Value flat = xf::Reshape::create(
        b.rewriter, value.getLoc(),
        cast<RankedTensorType>(value.getType()).clone(shape), value, Value(),
        getDimsAttr(op.getContext(), dims), UnitAttr());
    b.shapes.setDims(flat, dims);
    return flat;
  }

  /// The weight as [outputs, pairs of channels, window, 2].
  Value pairChannels(Value weight) {
    Value split =
        reshapeConstant(weight, {outputs, depth / kPair, kPair, volume});
    SmallVector<int64_t> shape{outputs, depth / kPair, volume, kPair};
    Value pairs = xf::Transpose::create(
        b.rewriter, weight.getLoc(),
        cast<RankedTensorType>(split.getType()).clone(shape), split,
        b.rewriter.getDenseI64ArrayAttr({0, 1, 3, 2}));
    b.shapes.setDims(pairs, llvm::map_to_vector(shape, [&](int64_t size) {
                       return b.constant(size);
                     }));
    return pairs;
  }
};
} // namespace

static LogicalResult formProduct(ConvParts &parts) {
  KernelBuilder &b = parts.b;
  Location loc = parts.loc;
  Value weight = parts.getPanels();
  if (!weight) {
    FailureOr<Value> matrix = parts.getMatrix();
    if (failed(matrix))
      return b.cannotForm(parts.op, "its weight cannot be flattened");
    weight = *matrix;
  }
  SmallVector<Dim> dims{parts.wide[0], parts.wide[1],
                        b.product(ArrayRef(parts.wide).drop_front(2))};
  Value out = b.empty(loc, dims, parts.result);
  SmallVector<Value> extras, operands{parts.x, weight};
  SmallVector<AffineMap> maps;
  if (parts.bias) {
    extras.push_back(parts.bias);
    maps.push_back(AffineMap::get(3, 0, b.rewriter.getAffineDimExpr(1)));
  }
  llvm::append_range(operands, extras);
  operands.push_back(out);
  const WindowWay3 &way = parts.way;
  auto kernel = kernel::Conv::create(
      b.rewriter, loc, out.getType(), parts.x, weight, extras, out, way.window,
      way.strides, way.pads, way.dilations, parts.op.getGroups(),
      b.rewriter.getAffineMapArrayAttr(maps), b.shapesOf(operands),
      kernel::ConvScheduleAttr());
  Type compute = kernel::getComputeType(parts.result);
  SmallVector<Type> arguments(1 + extras.size(), compute);
  b.fillRegion(kernel.getEpilogue(), arguments, loc,
               [](ScalarScope &b, ValueRange x) -> SmallVector<Value> {
                 return {x.size() > 1 ? addScalars(b, x[0], x[1]) : x[0]};
               });
  b.noteResults(kernel);
  FailureOr<Value> result =
      b.reshape(loc, kernel.getResult(0),
                SmallVector<Dim>(b.shapes.getDims(parts.op.getY())));
  if (failed(result))
    return b.cannotForm(parts.op, "its positions cannot be unflattened");
  b.replace(parts.op, *result);
  return success();
}

/// Each output channel sees one channel of x: there is no sum to block.
static LogicalResult formDepthwise(ConvParts &parts) {
  KernelBuilder &b = parts.b;
  FailureOr<Value> matrix = parts.getMatrix();
  if (failed(matrix))
    return b.cannotForm(parts.op, "its weight cannot be flattened");
  WindowSpec spec;
  spec.x = parts.x;
  spec.weight = *matrix;
  spec.dims = parts.wide;
  spec.resultType = parts.result;
  spec.kind = "sum";
  spec.way = parts.way;
  if (parts.bias)
    spec.extras.push_back(
        {parts.bias, AffineMap::get(5, 0, b.rewriter.getAffineDimExpr(1))});
  spec.body = [](ScalarScope &b, ValueRange x) -> Value {
    if (isa<FloatType>(x[0].getType()))
      return arith::MulFOp::create(b, x[0], x[1]);
    return arith::MulIOp::create(b, x[0], x[1]);
  };
  spec.finish = [](ScalarScope &b, ValueRange x) -> Value {
    return x.size() > 2 ? addScalars(b, x[0], x[2]) : x[0];
  };
  FailureOr<Value> result =
      b.reshape(parts.loc, makeWindow(parts.loc, spec, b),
                SmallVector<Dim>(b.shapes.getDims(parts.op.getY())));
  if (failed(result))
    return b.cannotForm(parts.op, "its axes of space cannot be dropped");
  b.replace(parts.op, *result);
  return success();
}

LogicalResult hagane::form(xf::Conv op, KernelBuilder &b) {
  auto weight = cast<RankedTensorType>(op.getWeight().getType());
  if (!weight.hasStaticShape())
    return b.cannotForm(op, "the sizes of its weight must be static");
  if (weight.getRank() > 5)
    return b.cannotForm(op, "it has more than three axes of space");
  ArrayRef<int64_t> window = weight.getShape().drop_front(2);
  if (llvm::is_contained(weight.getShape(), 0))
    return b.cannotForm(op, "its weight is empty");
  Type result = elementTypeOf(op.getY());
  SmallVector<Dim> dims(b.shapes.getDims(op.getX()));
  ConvParts parts{
      op,
      b,
      op.getLoc(),
      widenWay(window, op.getStrides(), op.getPads(), op.getDilations()),
      result,
      weight.getDimSize(0),
      weight.getDimSize(1),
      kernel::getWindowVolume(window),
      {},
      {},
      widenSpace(b.shapes.getDims(op.getY()), b)};
  FailureOr<Value> wide = b.reshape(
      parts.loc, widenIntegers(parts.loc, b.tensor(op.getX()), result, b),
      widenSpace(dims, b));
  if (failed(wide))
    return b.cannotForm(op, "its axes of space cannot be widened");
  parts.x = *wide;
  if (op.getBias())
    parts.bias = widenIntegers(parts.loc, b.tensor(op.getBias()), result, b);
  bool isDepthwise = parts.depth == 1 && op.getGroups() > 1;
  return isDepthwise ? formDepthwise(parts) : formProduct(parts);
}
