//===- FormRows.cpp - Norms, softmax and reductions -----------------------===//

#include "passes/kernels/Forms.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

using ScalarScope = ImplicitLocOpBuilder;

static Type elementTypeOf(Value tensor) {
  return cast<ShapedType>(tensor.getType()).getElementType();
}
static Value add(ScalarScope &b, Value x, Value y) {
  return arith::AddFOp::create(b, x, y);
}
static Value sub(ScalarScope &b, Value x, Value y) {
  return arith::SubFOp::create(b, x, y);
}
static Value mul(ScalarScope &b, Value x, Value y) {
  return arith::MulFOp::create(b, x, y);
}
static Value div(ScalarScope &b, Value x, Value y) {
  return arith::DivFOp::create(b, x, y);
}
static Value exp(ScalarScope &b, Value x) { return math::ExpOp::create(b, x); }

static SmallVector<Value> nothing(ScalarScope &, ValueRange) { return {}; }

/// Maps of an iteration whose last dimension is `axis` of a tensor.
static AffineMap rowMap(unsigned rank, unsigned axis, MLIRContext *context) {
  SmallVector<AffineExpr> exprs;
  for (unsigned i = 0, next = 0; i != rank; ++i)
    exprs.push_back(getAffineDimExpr(i == axis ? rank - 1 : next++, context));
  return AffineMap::get(rank, 0, exprs, context);
}

LogicalResult hagane::form(xf::Softmax op, KernelBuilder &b) {
  Value x = b.tensor(op.getX());
  SmallVector<Dim> dims(b.shapes.getDims(op.getY()));
  AffineMap map = rowMap(dims.size(), op.getAxis(), op.getContext());
  bool log = op.getLog();
  RowsSpec spec;
  spec.ins.push_back({x, map});
  spec.outs.push_back(
      {b.empty(op.getLoc(), dims, elementTypeOf(op.getY())), map});
  spec.stages.push_back(
      {"max", [](ScalarScope &, ValueRange x) { return x[0]; }});
  spec.stages.push_back({"sum", [](ScalarScope &b, ValueRange x) {
                           return exp(b, sub(b, x[0], x[1]));
                         }});
  spec.finish = nothing;
  // Arguments: x, maximum, sum, carry.
  spec.map = [log](ScalarScope &b, ValueRange x) -> SmallVector<Value> {
    if (!log)
      return {div(b, x[3], x[2])};
    return {sub(b, sub(b, x[0], x[1]), math::LogOp::create(b, x[2]))};
  };
  b.replace(op, b.rows(op.getLoc(), spec).getResult(0));
  return success();
}

//===-- Norms -------------------------------------------------------------===//

namespace {
/// A norm over the trailing axes, flattened to one.
struct Norm {
  RowsSpec spec;
  int64_t scale = -1, bias = -1, count = -1; // positions among the inputs
  std::optional<int64_t> size;               // of a row, if static
  double epsilon;

  Value rowSize(ScalarScope &b, ValueRange x) const {
    return size ? makeScalar(b, x[0].getType(), *size) : x[count];
  }
  Value affine(ScalarScope &b, Value y, ValueRange x) const {
    if (scale >= 0)
      y = mul(b, y, x[scale]);
    return bias >= 0 ? add(b, y, x[bias]) : y;
  }
  Value inverseRoot(ScalarScope &b, Value sum, ValueRange x) const {
    Value variance = div(b, sum, rowSize(b, x));
    Value root = math::SqrtOp::create(
        b, add(b, variance, makeScalar(b, sum.getType(), epsilon)));
    return div(b, makeScalar(b, sum.getType(), 1), root);
  }
};
} // namespace

/// Inputs and output of a norm; the row's axes become one.
static LogicalResult prepare(Operation *op, Value x, Value scale, Value bias,
                             int64_t axis, KernelBuilder &b, Norm &norm) {
  Location loc = op->getLoc();
  SmallVector<Dim> dims(b.shapes.getDims(x)),
      flat(ArrayRef(dims).take_front(axis));
  flat.push_back(b.product(ArrayRef(dims).drop_front(axis)));
  AffineMap identity = b.identityMap(flat.size());
  FailureOr<Value> rows = b.reshape(loc, b.tensor(x), flat);
  if (failed(rows))
    return b.cannotForm(op, "its axes cannot be flattened");
  norm.spec.ins.push_back({*rows, identity});
  norm.spec.outs.push_back({b.empty(loc, flat, elementTypeOf(x)), identity});
  norm.size = flat.back().getConstant();
  for (auto [operand, position] :
       {std::pair(scale, &norm.scale), std::pair(bias, &norm.bias)}) {
    if (!operand)
      continue;
    Value value = b.tensor(operand);
    SmallVector<Dim> sizes(b.shapes.getDims(value));
    if (axis + 1 != int64_t(dims.size()) &&
        b.areEqual(sizes, ArrayRef(dims).drop_front(axis))) {
      FailureOr<Value> row = b.reshape(loc, value, flat.back());
      if (failed(row))
        return b.cannotForm(op, "its scale cannot be flattened");
      value = *row;
    }
    AffineMap map = b.broadcastMap(b.shapes.getDims(value), flat);
    if (!map)
      return b.cannotForm(op,
                          "whether its scale or bias broadcasts is not known");
    *position = norm.spec.ins.size();
    norm.spec.ins.push_back({value, map});
  }
  if (!norm.size) {
    norm.count = norm.spec.ins.size();
    norm.spec.ins.push_back(
        {b.scalarTensor(loc, flat.back(), computeTypeOf(x)),
         AffineMap::get(flat.size(), 0, {}, op->getContext())});
  }
  norm.spec.finish = nothing;
  return success();
}

static LogicalResult finish(Operation *op, const Norm &norm, KernelBuilder &b) {
  Value rows = b.rows(op->getLoc(), norm.spec).getResult(0);
  FailureOr<Value> result = b.reshape(
      op->getLoc(), rows, SmallVector<Dim>(b.shapes.getDims(op->getResult(0))));
  if (failed(result))
    return b.cannotForm(op, "its axes cannot be unflattened");
  b.replace(op, *result);
  return success();
}

LogicalResult hagane::form(xf::LayerNorm op, KernelBuilder &b) {
  Norm norm;
  norm.epsilon = op.getEpsilon().convertToDouble();
  if (failed(prepare(op, op.getX(), op.getScale(), op.getBias(), op.getAxis(),
                     b, norm)))
    return failure();
  size_t first = norm.spec.ins.size(); // the first statistic among arguments
  auto centered = [=](ScalarScope &b, ValueRange x) {
    return sub(b, x[0], div(b, x[first], norm.rowSize(b, x)));
  };
  norm.spec.stages.push_back(
      {"sum", [](ScalarScope &, ValueRange x) { return x[0]; }});
  norm.spec.stages.push_back({"sum", [=](ScalarScope &b, ValueRange x) {
                                Value d = centered(b, x);
                                return mul(b, d, d);
                              }});
  norm.spec.map = [=](ScalarScope &b, ValueRange x) -> SmallVector<Value> {
    Value y = mul(b, centered(b, x), norm.inverseRoot(b, x[first + 1], x));
    return {norm.affine(b, y, x)};
  };
  return finish(op, norm, b);
}

LogicalResult hagane::form(xf::RmsNorm op, KernelBuilder &b) {
  Norm norm;
  norm.epsilon = op.getEpsilon().convertToDouble();
  if (failed(prepare(op, op.getX(), op.getScale(), {}, op.getAxis(), b, norm)))
    return failure();
  size_t first = norm.spec.ins.size();
  norm.spec.stages.push_back(
      {"sum", [](ScalarScope &b, ValueRange x) { return mul(b, x[0], x[0]); }});
  norm.spec.map = [=](ScalarScope &b, ValueRange x) -> SmallVector<Value> {
    return {norm.affine(b, mul(b, x[0], norm.inverseRoot(b, x[first], x)), x)};
  };
  return finish(op, norm, b);
}

//===-- Reductions --------------------------------------------------------===//

namespace {
/// A reduction as an element-wise function, a sum (or max, ...) and a function
/// of the result; both are told the type of the reduced tensor's elements.
struct ReduceForm {
  StringRef kind;
  Value (*before)(ScalarScope &, Value, Type);
  Value (*after)(ScalarScope &, Value, Type);
  bool mean = false;
};
} // namespace

static Value same(ScalarScope &, Value x, Type) { return x; }
static Value square(ScalarScope &b, Value x, Type) {
  return isa<FloatType>(x.getType()) ? mul(b, x, x)
                                     : Value(arith::MulIOp::create(b, x, x));
}
static Value absolute(ScalarScope &b, Value x, Type type) {
  if (type.isUnsignedInteger())
    return x;
  return isa<FloatType>(x.getType()) ? Value(math::AbsFOp::create(b, x))
                                     : Value(math::AbsIOp::create(b, x));
}
/// Kernels compare integers with signs.
static Value ordered(ScalarScope &b, Value x, Type type) {
  return type.isUnsignedInteger() ? flipSign(b, x) : x;
}
/// Integers as f64, to compute what has fractions.
static Value toReal(ScalarScope &b, Value x, Type type) {
  return isa<FloatType>(type) ? x : convertScalar(b, x, type, b.getF64Type());
}
static Value fromReal(ScalarScope &b, Value x, Type type) {
  return isa<FloatType>(type) ? x : convertScalar(b, x, b.getF64Type(), type);
}
static Value root(ScalarScope &b, Value x, Type type) {
  return fromReal(b, math::SqrtOp::create(b, toReal(b, x, type)), type);
}
static Value logarithm(ScalarScope &b, Value x, Type type) {
  return fromReal(b, math::LogOp::create(b, toReal(b, x, type)), type);
}
static Value widen(ScalarScope &b, Value x, Type) {
  return arith::ExtUIOp::create(b, b.getI8Type(), x);
}
static Value narrow(ScalarScope &b, Value x, Type) {
  return arith::TruncIOp::create(b, b.getI1Type(), x);
}

/// In the order of xf::ReduceKind; log_sum_exp is apart.
static const ReduceForm kReductions[] = {
    {"sum", same, same},       {"sum", same, same, true},
    {"prod", same, same},      {"max", ordered, ordered},
    {"min", ordered, ordered}, {"sum", square, same},
    {"sum", absolute, same},   {"sum", square, root},
    {"sum", same, logarithm},  {"sum", same, logarithm},
    {"max", widen, narrow},    {"min", widen, narrow},
};

static bool areTrailing(ArrayRef<int64_t> axes, int64_t rank) {
  for (auto [i, axis] : llvm::enumerate(axes))
    if (axis != rank - int64_t(axes.size()) + int64_t(i))
      return false;
  return true;
}

/// The mean: the sum divided by the count of elements.
static Value divideByCount(Location loc, Value sum, Dim count,
                           KernelBuilder &b) {
  Type type = elementTypeOf(sum), compute = computeTypeOf(sum);
  SmallVector<Dim> dims(b.shapes.getDims(sum));
  unsigned rank = dims.size();
  SmallVector<MappedTensor> ins{{sum, b.identityMap(rank)}};
  if (!count.getConstant())
    ins.push_back({b.scalarTensor(loc, count, compute),
                   AffineMap::get(rank, 0, {}, sum.getContext())});
  return b.map(loc, ins, dims, type,
               [&](ScalarScope &builder, ValueRange x) -> SmallVector<Value> {
                 Value n =
                     count.getConstant()
                         ? makeScalar(builder, compute, *count.getConstant())
                         : x[1];
                 if (isa<FloatType>(compute))
                   return {div(builder, x[0], n)};
                 if (type.isUnsignedInteger())
                   return {arith::DivUIOp::create(builder, x[0], n)};
                 return {arith::DivSIOp::create(builder, x[0], n)};
               });
}

static Value reduceRows(xf::Reduce op, Value x, ArrayRef<Dim> outDims,
                        KernelBuilder &b) {
  const ReduceForm &form = kReductions[unsigned(op.getKind())];
  unsigned rank = outDims.size() + 1;
  RowsSpec spec;
  spec.ins.push_back({x, b.identityMap(rank)});
  AffineMap rowOnly = b.identityMap(rank).dropResult(rank - 1);
  spec.outs.push_back(
      {b.empty(op.getLoc(), outDims, elementTypeOf(op.getY())), rowOnly});
  spec.map = nothing;
  Type type = elementTypeOf(x);
  if (op.getKind() == xf::ReduceKind::log_sum_exp) {
    spec.stages.push_back({"max", [&](ScalarScope &b, ValueRange x) {
                             return toReal(b, x[0], type);
                           }});
    spec.stages.push_back({"sum", [&](ScalarScope &b, ValueRange x) {
                             return exp(b, sub(b, toReal(b, x[0], type), x[1]));
                           }});
    spec.finish = [&](ScalarScope &b, ValueRange x) -> SmallVector<Value> {
      Value log = math::LogOp::create(b, x[1]);
      return {fromReal(b, add(b, x[0], log), type)};
    };
  } else {
    spec.stages.push_back({form.kind, [&](ScalarScope &b, ValueRange x) {
                             return form.before(b, x[0], type);
                           }});
    spec.finish = [&](ScalarScope &b, ValueRange x) -> SmallVector<Value> {
      return {form.after(b, x[0], type)};
    };
  }
  return b.rows(op.getLoc(), spec).getResult(0);
}

static Value reduceAny(xf::Reduce op, Value x, ArrayRef<Dim> outDims,
                       KernelBuilder &b) {
  const ReduceForm &form = kReductions[unsigned(op.getKind())];
  Location loc = op.getLoc();
  unsigned rank = b.shapes.getDims(x).size();
  SmallVector<AffineExpr> kept;
  for (unsigned i = 0; i != rank; ++i)
    if (!llvm::is_contained(op.getAxes(), int64_t(i)))
      kept.push_back(b.rewriter.getAffineDimExpr(i));
  Value out = b.empty(loc, outDims, elementTypeOf(op.getY()));
  auto maps = b.rewriter.getAffineMapArrayAttr(
      {b.identityMap(rank), AffineMap::get(rank, 0, kept, op.getContext())});
  auto reduce = kernel::Reduce::create(
      b.rewriter, loc, out.getType(), x, out,
      b.rewriter.getStringAttr(form.kind), op.getAxesAttr(), maps,
      b.shapesOf({x, out}), kernel::LoopScheduleAttr());
  Type type = elementTypeOf(x);
  b.fillRegion(reduce.getBody(), computeTypeOf(x), loc,
               [&](ScalarScope &builder, ValueRange x) -> SmallVector<Value> {
                 return {form.before(builder, x[0], type)};
               });
  Type reduced = reduce.getBody().front().back().getOperand(0).getType();
  b.fillRegion(reduce.getFinish(), reduced, loc,
               [&](ScalarScope &builder, ValueRange x) -> SmallVector<Value> {
                 return {form.after(builder, x[0], type)};
               });
  b.noteResults(reduce);
  return reduce.getResult(0);
}

LogicalResult hagane::form(xf::Reduce op, KernelBuilder &b) {
  Location loc = op.getLoc();
  Value x = b.tensor(op.getX());
  SmallVector<Dim> dims(b.shapes.getDims(x)), outDims, reducedDims;
  for (auto [axis, dim] : llvm::enumerate(dims))
    (llvm::is_contained(op.getAxes(), int64_t(axis)) ? reducedDims : outDims)
        .push_back(dim);
  Value result;
  if (areTrailing(op.getAxes(), dims.size()) && !op.getAxes().empty()) {
    SmallVector<Dim> flat = outDims;
    flat.push_back(b.product(reducedDims));
    FailureOr<Value> rows = b.reshape(loc, x, flat);
    if (failed(rows))
      return b.cannotForm(op, "its reduced axes cannot be flattened");
    result = reduceRows(op, *rows, outDims, b);
  } else if (op.getKind() == xf::ReduceKind::log_sum_exp) {
    return b.cannotForm(op, "log_sum_exp reduces trailing axes only");
  } else {
    result = reduceAny(op, x, outDims, b);
  }
  if (kReductions[unsigned(op.getKind())].mean)
    result = divideByCount(loc, result, b.product(reducedDims), b);
  FailureOr<Value> shaped =
      b.reshape(loc, result, SmallVector<Dim>(b.shapes.getDims(op.getY())));
  if (failed(shaped))
    return b.cannotForm(op, "its result cannot be reshaped");
  b.replace(op, *shaped);
  return success();
}
