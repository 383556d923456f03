//===- FormContraction.cpp - Matrix products and attention ----------------===//

#include "dialects/xf/XfState.h"
#include "passes/kernels/CodedInput.h"
#include "passes/kernels/CodedWeight.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/Scalars.h"
#include "passes/precision/FactorType.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

namespace {
/// A gemm's operands, all of rank 2, or 3 with a batch axis.
struct GemmSpec {
  Value a, b;
  StringRef layout;
  SmallVector<Dim> dims; // of the result
  Value bias;            // of rank 1, or null
};
} // namespace

static Type elementTypeOf(Value tensor) {
  return cast<ShapedType>(tensor.getType()).getElementType();
}

/// Products of 8-bit integers sum up in i32, everything else in its compute
/// type.
static Type accumulatorType(Value a) {
  Type type = computeTypeOf(a);
  return type.isInteger(8) ? IntegerType::get(a.getContext(), 32) : type;
}

/// A factor of `op`, rounded if that says so.
static Value roundFactor(Operation *op, Value factor, KernelBuilder &b) {
  Type type =
      b.isConstantExpression(factor) ? getWeightType(op) : getFactorType(op);
  return type && elementTypeOf(factor).isF32()
             // Whoever makes it may come to do that.
             ? b.rounded(factor.getLoc(), factor, type)
             : factor;
}

static Value makeGemm(Location loc, const GemmSpec &spec, Type resultType,
                      KernelBuilder &b) {
  Value out = b.empty(loc, spec.dims, resultType);
  SmallVector<Value> extras, operands{spec.a, spec.b};
  SmallVector<AffineMap> maps;
  if (spec.bias) {
    extras.push_back(spec.bias);
    operands.push_back(spec.bias);
    int64_t rank = spec.dims.size();
    maps.push_back(
        AffineMap::get(rank, 0, b.rewriter.getAffineDimExpr(rank - 1)));
  }
  operands.push_back(out);
  auto op = kernel::Gemm::create(
      b.rewriter, loc, out.getType(), spec.a, spec.b, extras, out, spec.layout,
      /*groups=*/1, b.rewriter.getAffineMapArrayAttr(maps),
      b.shapesOf(operands), kernel::GemmScheduleAttr());
  SmallVector<Type> arguments{accumulatorType(spec.a)};
  if (spec.bias)
    arguments.push_back(computeTypeOf(spec.bias));
  b.fillRegion(op.getEpilogue(), arguments, loc,
               [&](ImplicitLocOpBuilder &builder, ValueRange x) {
                 Value value =
                     convertScalar(builder, x[0], x[0].getType(), resultType);
                 if (spec.bias)
                   value =
                       isa<FloatType>(value.getType())
                           ? Value(arith::AddFOp::create(builder, value, x[1]))
                           : Value(arith::AddIOp::create(builder, value, x[1]));
                 return SmallVector<Value>{value};
               });
  b.noteResults(op);
  return op.getResult(0);
}

Value hagane::makeLinear(Location loc, Value rows, Value weight, Value bias,
                         bool transposed, Type resultType, KernelBuilder &b) {
  SmallVector<Dim> in(b.shapes.getDims(rows)), of(b.shapes.getDims(weight));
  GemmSpec spec{rows,
                weight,
                transposed ? "columns" : "rows",
                {in[0], transposed ? of[0] : of[1]},
                {}};
  auto type = cast<RankedTensorType>(weight.getType());
  if (b.isConstantExpression(weight) && type.hasStaticShape()) {
    kernel::PackedForm form = b.getPackedForm(
        type.getElementType(), elementTypeOf(spec.a), transposed);
    spec.b = b.packedWeight(weight, form);
    spec.layout = form.interleave > 1 ? "interleaved" : "panels";
  } else {
    spec.b = b.tensor(weight);
  }
  if (bias)
    spec.bias = b.tensor(bias);
  return makeGemm(loc, spec, resultType, b);
}

/// x W + bias for a weight [k, n] (or [n, k]): all leading axes of x are rows.
static LogicalResult formLinear(Operation *op, Value x, Value weight,
                                Value bias, bool transposed, KernelBuilder &b) {
  Location loc = op->getLoc();
  SmallVector<Dim> dims(b.shapes.getDims(op->getResult(0))),
      in(b.shapes.getDims(x));
  if (!isOfCodes(x))
    x = roundFactor(op, x, b);
  FailureOr<bool> isCoded = formCodedLinear(op, x, weight, bias, transposed, b);
  if (failed(isCoded) || *isCoded)
    return failure(failed(isCoded));
  x = roundFactor(op, x, b);
  weight = roundFactor(op, weight, b);
  Dim rows = b.product(ArrayRef(in).drop_back());
  FailureOr<Value> flat = b.reshape(loc, b.tensor(x), {rows, in.back()});
  if (failed(flat))
    return b.cannotForm(op, "its rows cannot be flattened");
  Value product = makeLinear(loc, *flat, weight, bias, transposed,
                             elementTypeOf(op->getResult(0)), b);
  FailureOr<Value> result = b.reshape(loc, product, dims);
  if (failed(result))
    return b.cannotForm(op, "its rows cannot be unflattened");
  b.replace(op, *result);
  return success();
}

LogicalResult hagane::form(xf::Linear op, KernelBuilder &b) {
  return formLinear(op, op.getX(), op.getWeight(), op.getBias(),
                    op.getTransposeWeight(), b);
}

/// The operand with its last two axes swapped, as a copy.
static Value swapMatrixAxes(Location loc, Value value, KernelBuilder &b) {
  SmallVector<Dim> dims(b.shapes.getDims(value));
  unsigned rank = dims.size();
  std::swap(dims[rank - 1], dims[rank - 2]);
  SmallVector<AffineExpr> exprs(b.identityMap(rank).getResults());
  std::swap(exprs[rank - 1], exprs[rank - 2]);
  return b.copy(
      loc, {value, AffineMap::get(rank, 0, exprs, value.getContext())}, dims);
}

/// The operand with one batch axis of size `batch`, or null: leading axes are
/// broadcast to `leading` (by a copy if they differ), then flattened.
static Value flattenBatch(Location loc, Value value, ArrayRef<Dim> leading,
                          KernelBuilder &b) {
  SmallVector<Dim> dims(b.shapes.getDims(value)), wanted(leading);
  llvm::append_range(wanted, ArrayRef(dims).take_back(2));
  if (!b.areEqual(dims, wanted)) {
    AffineMap map = b.broadcastMap(dims, wanted);
    if (!map)
      return {};
    value = b.copy(loc, {value, map}, wanted);
  }
  auto flat =
      b.reshape(loc, value,
                {b.product(leading), wanted[wanted.size() - 2], wanted.back()});
  return succeeded(flat) ? *flat : Value();
}

LogicalResult hagane::form(xf::MatMul op, KernelBuilder &b) {
  Location loc = op.getLoc();
  SmallVector<Dim> dims(b.shapes.getDims(op.getY())),
      bDims(b.shapes.getDims(op.getB()));
  bool isWeight = llvm::all_of(ArrayRef(bDims).drop_back(2),
                               [](Dim dim) { return dim.isConstant(1); }) &&
                  b.shapes.getDims(op.getA()).size() == dims.size();
  if (isWeight && bDims.size() == 2 && !op.getTransposeA())
    return formLinear(op, op.getA(), op.getB(), {}, op.getTransposeB(), b);
  Value left = b.tensor(roundFactor(op, op.getA(), b)),
        right = b.tensor(roundFactor(op, op.getB(), b));
  if (op.getTransposeA())
    left = swapMatrixAxes(loc, left, b);
  StringRef layout = op.getTransposeB() ? "columns" : "rows";
  ArrayRef<Dim> leading = ArrayRef(dims).drop_back(2);
  if (leading.empty()) {
    b.replace(op, makeGemm(loc, {left, right, layout, dims, {}},
                           elementTypeOf(op.getY()), b));
    return success();
  }
  left = flattenBatch(loc, left, leading, b);
  right = flattenBatch(loc, right, leading, b);
  if (!left || !right)
    return b.cannotForm(
        op,
        "whether its leading axes broadcast is only known when the model runs");
  SmallVector<Dim> flat{b.product(leading), dims[dims.size() - 2], dims.back()};
  Value product = makeGemm(loc, {left, right, layout, flat, {}},
                           elementTypeOf(op.getY()), b);
  FailureOr<Value> result = b.reshape(loc, product, dims);
  if (failed(result))
    return b.cannotForm(op, "its leading axes cannot be unflattened");
  b.replace(op, *result);
  return success();
}

//===-- Attention ---------------------------------------------------------===//

/// Whether a transpose leaves each head's features together.
static bool keepsFeatures(xf::Transpose op) {
  return op && op.getPermutation().size() == 4 && op.getPermutation()[3] == 3;
}

/// The source of a transpose between batch, heads and positions, and its
/// layout.
static Value absorbTranspose(Value value, SmallVectorImpl<std::string> &layouts,
                             KernelBuilder &b) {
  auto transpose = value.getDefiningOp<xf::Transpose>();
  std::string &layout = layouts.emplace_back("bhsd");
  if (!keepsFeatures(transpose))
    return b.tensor(value);
  for (auto [i, axis] : llvm::enumerate(transpose.getPermutation()))
    layout[axis] = "bhsd"[i];
  return b.tensor(transpose.getX());
}

/// The bias with rank 4, whose sizes are the scores' or 1; null otherwise.
static Value makeBias(xf::Attention op, KernelBuilder &b) {
  SmallVector<Dim> dims(b.shapes.getDims(op.getBias()));
  if (dims.size() > 4)
    return {};
  SmallVector<Dim> wide(4 - dims.size(), b.constant(1));
  llvm::append_range(wide, dims);
  ArrayRef<Dim> q = b.shapes.getDims(op.getQ()),
                k = b.shapes.getDims(op.getK());
  SmallVector<Dim> scores{q[0], q[1], q[2], k[2]};
  if (!b.broadcastMap(wide, scores))
    return {};
  FailureOr<Value> bias = b.reshape(op.getLoc(), b.tensor(op.getBias()), wide);
  return succeeded(bias) ? *bias : Value();
}

/// The state that keys or values are read from, in another float type at most.
static xf::StateRead findState(Value value) {
  if (auto cast = value.getDefiningOp<xf::Cast>())
    if (isa<FloatType>(elementTypeOf(value)))
      value = cast.getX();
  return value.getDefiningOp<xf::StateRead>();
}

/// The page numbers of both keys and values, if they are read from states.
static Value findPages(xf::Attention op) {
  xf::StateRead k = findState(op.getK()), v = findState(op.getV());
  return k && v && op.getKeyLengths() && k.getNumbers() == v.getNumbers()
             ? k.getNumbers()
             : Value();
}

LogicalResult hagane::form(xf::Attention op, KernelBuilder &b) {
  Location loc = op.getLoc();
  SmallVector<Dim> dims(b.shapes.getDims(op.getY())),
      q(b.shapes.getDims(op.getQ()));
  if (!dims.back().getConstant() || !q.back().getConstant())
    return b.cannotForm(op, "the sizes of a head must be static");
  SmallVector<std::string> layouts;
  SmallVector<Value> operands;
  Value factors[] = {op.getQ(), op.getK(), op.getV()};
  Value pages = findPages(op);
  for (auto [i, operand] : llvm::enumerate(factors)) {
    if (pages && i > 0) {
      // Rounded as they are read, if that is wanted.
      layouts.emplace_back("bhsd");
      operands.push_back(b.tensor(findState(operand).getState()));
      continue;
    }
    Value factor = absorbTranspose(operand, layouts, b);
    operands.push_back(isReadFactor(op, static_cast<int64_t>(i))
                           ? factor
                           : roundFactor(op, factor, b));
  }
  Value bias, lengths = op.getKeyLengths(), sinks = op.getSinks();
  if (op.getBias()) {
    bias = makeBias(op, b);
    if (!bias)
      return b.cannotForm(
          op, "whether its bias broadcasts is only known when the model runs");
  }
  for (Value &optional : std::initializer_list<std::reference_wrapper<Value>>{
           lengths, sinks, pages})
    if (optional)
      optional = b.tensor(optional);
  for (Value optional : {bias, lengths, sinks, pages})
    if (optional)
      operands.push_back(optional);

  xf::Transpose consumer;
  if (op.getY().hasOneUse())
    consumer = dyn_cast<xf::Transpose>(*op.getY().user_begin());
  bool absorbs = keepsFeatures(consumer);
  layouts.push_back("bhsd");
  if (absorbs)
    for (auto [i, axis] : llvm::enumerate(consumer.getPermutation())) {
      layouts.back()[i] = "bhsd"[axis];
      dims[i] = b.shapes.getDims(op.getY())[axis];
    }
  Value out = b.empty(loc, dims, elementTypeOf(op.getY()));
  operands.push_back(out);
  auto kernel = kernel::Attention::create(
      b.rewriter,
      absorbs ? b.rewriter.getFusedLoc({loc, consumer.getLoc()}) : loc,
      out.getType(), operands[0], operands[1], operands[2], bias, lengths,
      sinks, pages, out,
      b.rewriter.getStrArrayAttr(
          SmallVector<StringRef>(layouts.begin(), layouts.end())),
      op.getScaleAttr(), op.getCausalAttr(), op.getWindowLeftAttr(),
      op.getWindowRightAttr(), op.getSoftcapAttr(), b.shapesOf(operands),
      kernel::AttentionScheduleAttr());
  b.noteResults(kernel);
  if (!absorbs) {
    b.replace(op, kernel.getResult(0));
    return success();
  }
  // The transpose is left without uses; it is erased with the other dead ones.
  Value result = kernel.getResult(0);
  if (result.getType() != consumer.getY().getType())
    result = tensor::CastOp::create(b.rewriter, loc, consumer.getY().getType(),
                                    result);
  b.shapes.setDims(result, dims);
  consumer.getY().replaceAllUsesWith(result);
  return success();
}
