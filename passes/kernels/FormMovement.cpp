//===- FormMovement.cpp - Views, copies and gathers -----------------------===//

#include "dialects/xf/ShapeRules.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/TaskBuilder.h"
#include "passes/precision/FactorType.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

using ScalarScope = ImplicitLocOpBuilder;

static Type elementTypeOf(Value tensor) {
  return cast<ShapedType>(tensor.getType()).getElementType();
}

LogicalResult hagane::form(xf::Reshape op, KernelBuilder &b) {
  FailureOr<Value> result =
      b.reshape(op.getLoc(), b.tensor(op.getX()),
                SmallVector<Dim>(b.shapes.getDims(op.getY())));
  if (failed(result))
    return b.cannotForm(op, "its shapes have no common grouping of axes");
  b.replace(op, *result);
  return success();
}

LogicalResult hagane::form(xf::Transpose op, KernelBuilder &b) {
  SmallVector<Dim> dims(b.shapes.getDims(op.getY()));
  SmallVector<AffineExpr> exprs(dims.size());
  for (auto [to, from] : llvm::enumerate(op.getPermutation()))
    exprs[from] = b.rewriter.getAffineDimExpr(to);
  AffineMap map = AffineMap::get(dims.size(), 0, exprs, op.getContext());
  b.replace(op, b.copy(op.getLoc(), {b.tensor(op.getX()), map}, dims));
  return success();
}

LogicalResult hagane::form(xf::Broadcast op, KernelBuilder &b) {
  SmallVector<Dim> dims(b.shapes.getDims(op.getY()));
  Value x = b.tensor(op.getX());
  if (b.areEqual(b.shapes.getDims(x), dims)) {
    b.replace(op, x);
    return success();
  }
  AffineMap map = b.broadcastMap(b.shapes.getDims(x), dims);
  if (!map)
    return b.cannotForm(
        op, "whether its operand broadcasts is only known when the model runs");
  b.replace(op, b.copy(op.getLoc(), {x, map}, dims));
  return success();
}

xf::Rotary hagane::findPlacedRotary(Value piece) {
  auto rotary = piece.getDefiningOp<xf::Rotary>();
  return rotary && rotary->hasOneUse() ? rotary : xf::Rotary();
}

/// Each input is copied to its place in the result, or made there.
static FailureOr<Value> concatenate(Location loc, ValueRange inputs,
                                    int64_t axis, ArrayRef<Dim> dims, Type type,
                                    KernelBuilder &b) {
  Value result = b.empty(loc, dims, type);
  SmallVector<Dim> offsets(dims.size(), b.constant(0));
  SmallVector<int64_t> steps(dims.size(), 1);
  for (Value input : inputs) {
    Value piece = b.tensor(input);
    SmallVector<Dim> sizes(b.shapes.getDims(piece));
    Value place = b.slice(loc, result, offsets, sizes, steps);
    FailureOr<Value> made;
    if (xf::Rotary rotary = findPlacedRotary(piece))
      made = makeRotary(rotary, place, b);
    else
      made = b.copy(loc, {piece, b.identityMap(dims.size())}, sizes, place);
    if (failed(made))
      return failure();
    result = b.insert(loc, *made, result, offsets);
    offsets[axis] = offsets[axis] + sizes[axis];
  }
  return result;
}

static LogicalResult formConcat(Operation *op, ValueRange inputs, int64_t axis,
                                KernelBuilder &b) {
  Value y = op->getResult(0);
  FailureOr<Value> result =
      concatenate(op->getLoc(), inputs, axis,
                  SmallVector<Dim>(b.shapes.getDims(y)), elementTypeOf(y), b);
  if (failed(result))
    return failure();
  b.replace(op, *result);
  return success();
}

LogicalResult hagane::form(xf::Concat op, KernelBuilder &b) {
  return formConcat(op, op.getInputs(), op.getAxis(), b);
}

LogicalResult hagane::form(xf::CacheAppend op, KernelBuilder &b) {
  return formConcat(op, {op.getPast(), op.getX()}, op.getAxis(), b);
}

/// The elements in the opposite order along `axes`.
static ResultRange formReversed(xf::Slice op, Value x, ArrayRef<int64_t> axes,
                                KernelBuilder &b) {
  Value out = emptyLike(op.getY(), b);
  Dim items = b.product(b.shapes.getDims(out).drop_back());
  auto body = [&](TaskScope &t) {
    Values sizes = t.sizesOf(t.operands[1]);
    Values at = t.delinearize(t.item, ArrayRef(sizes).drop_back());
    t.loop(t.index(0), sizes.back(), [&](Value last) {
      Values target = at;
      target.push_back(last);
      Values source = target;
      for (int64_t axis : axes)
        source[axis] = t.sub(t.sub(sizes[axis], t.index(1)), target[axis]);
      t.store(t.load(t.operands[0], source), t.operands[1], target);
    });
  };
  return formTask(op, x, out, items, body, b);
}

LogicalResult hagane::form(xf::Slice op, KernelBuilder &b) {
  if (!op.getStarts())
    return b.cannotForm(op, "its starts are only known when the model runs");
  Value x = b.tensor(op.getX());
  SmallVector<Dim> in(b.shapes.getDims(x)), dims(b.shapes.getDims(op.getY()));
  SmallVector<Dim> offsets(in.size(), b.constant(0));
  SmallVector<int64_t> steps(in.size(), 1), reversed;
  SmallVector<Dim> starts = getDimsFrom(*op.getStarts());
  Dim zero = b.constant(0);
  for (auto [i, axis] : llvm::enumerate(op.getAxes())) {
    int64_t step = op.getSteps()[i];
    steps[axis] = std::abs(step);
    Dim high = step > 0 ? in[axis] : in[axis] - 1;
    Dim &offset = offsets[axis];
    offset = xf::detail::clampPosition(b.shapes.getProver(), starts[i],
                                       in[axis], zero, high);
    if (step < 0 && offset) {
      // The last element taken is the first in memory.
      reversed.push_back(axis);
      offset = (offset + (dims[axis] - 1) * step).max(zero);
    }
    if (!offset)
      return b.cannotForm(op, "a start may leave the 64-bit range");
  }
  Value view = b.slice(op.getLoc(), x, offsets, dims, steps);
  // Kernels read rows whose elements are adjacent.
  if (!steps.empty() && steps.back() != 1)
    view = b.copy(op.getLoc(), {view, b.identityMap(dims.size())}, dims);
  b.replace(op, reversed.empty() ? view
                                 : formReversed(op, view, reversed, b).front());
  return success();
}

LogicalResult hagane::form(xf::Pad op, KernelBuilder &b) {
  Location loc = op.getLoc();
  if (op.getKind() != xf::PadKind::constant)
    return formRepeatingPad(op, b);
  if (!op.getPads())
    return b.cannotForm(op, "its amounts are only known when the model runs");
  Value x = b.tensor(op.getX());
  SmallVector<Dim> in(b.shapes.getDims(x)), dims(b.shapes.getDims(op.getY())),
      pads = getDimsFrom(*op.getPads());
  const xf::DimProver &prover = b.shapes.getProver();
  SmallVector<Dim> sources, targets, sizes;
  for (auto [axis, size] : llvm::enumerate(in)) {
    Dim before = pads[axis], after = pads[axis + in.size()],
        zero = b.constant(0);
    // What a pad adds, and what it takes away where it is negative.
    auto added = [&](Dim dim) {
      return prover.isLessOrEqual(zero, dim)   ? dim
             : prover.isLessOrEqual(dim, zero) ? zero
                                               : dim.max(zero);
    };
    sources.push_back(added(before) - before);
    targets.push_back(added(before));
    sizes.push_back(size + (before - added(before)) + (after - added(after)));
  }
  SmallVector<int64_t> steps(in.size(), 1);
  SmallVector<MappedTensor> fill;
  if (op.getValue()) {
    FailureOr<Value> scalar = b.reshape(loc, b.tensor(op.getValue()), {});
    if (failed(scalar))
      return b.cannotForm(op, "its value is not a scalar");
    fill.push_back(
        {*scalar, AffineMap::get(in.size(), 0, {}, op.getContext())});
  }
  Value result =
      b.map(loc, fill, dims, elementTypeOf(op.getY()),
            [&](ScalarScope &builder, ValueRange x) {
              return SmallVector<Value>{
                  x.empty() ? makeScalar(builder, computeTypeOf(op.getY()), 0)
                            : x[0]};
            });
  Value inner = b.slice(loc, x, sources, sizes, steps);
  Value place = b.slice(loc, result, targets, sizes, steps);
  Value copied = b.copy(loc, {inner, b.identityMap(in.size())}, sizes, place);
  b.replace(op, b.insert(loc, copied, result, targets));
  return success();
}

/// x with one constant position of an axis, as a view.
static LogicalResult selectPosition(xf::Gather op, Dim index,
                                    KernelBuilder &b) {
  Location loc = op.getLoc();
  Value x = b.tensor(op.getX());
  SmallVector<Dim> sizes(b.shapes.getDims(x)),
      offsets(sizes.size(), b.constant(0));
  int64_t axis = op.getAxis();
  offsets[axis] = xf::detail::clampPosition(
      b.shapes.getProver(), index, sizes[axis], b.constant(0), sizes[axis] - 1);
  if (std::optional<int64_t> value = index.getConstant(); value && *value < 0)
    offsets[axis] = sizes[axis] + *value;
  sizes[axis] = b.constant(1);
  Value view =
      b.slice(loc, x, offsets, sizes, SmallVector<int64_t>(sizes.size(), 1));
  FailureOr<Value> result =
      b.reshape(loc, view, SmallVector<Dim>(b.shapes.getDims(op.getY())));
  if (failed(result))
    return b.cannotForm(op, "its result cannot be reshaped");
  b.replace(op, *result);
  return success();
}

LogicalResult hagane::form(xf::Gather op, KernelBuilder &b) {
  if (getFactorType(op))
    return formGatherOfPanels(op, b);
  Location loc = op.getLoc();
  const xf::Facts &indices = b.shapes.get(op.getIndices());
  if (indices.content && indices.content->size() == 1 &&
      (*indices.content)[0].getConstant() && indices.rank() == 0) {
    Dim index = (*indices.content)[0],
        size = b.shapes.getDims(op.getX())[op.getAxis()];
    Dim last = size - 1, lowest = b.constant(0) - size;
    const xf::DimProver &prover = b.shapes.getProver();
    if (prover.isLessOrEqual(lowest, index) &&
        prover.isLessOrEqual(index, last))
      return selectPosition(op, index, b);
  }
  if (formCodedGather(op, b))
    return success();
  Value out = b.empty(loc, SmallVector<Dim>(b.shapes.getDims(op.getY())),
                      elementTypeOf(op.getY()));
  Value table = b.tensor(op.getX()), index = b.tensor(op.getIndices());
  auto kernel = kernel::Gather::create(
      b.rewriter, loc, out.getType(), table, index, out, op.getAxisAttr(),
      b.shapesOf({table, index, out}), kernel::LoopScheduleAttr());
  b.noteResults(kernel);
  b.replace(op, kernel.getResult(0));
  return success();
}

//===-- Generated tensors -------------------------------------------------===//

/// The coordinate along a dimension as a value of an integer or float type.
static Value coordinate(ScalarScope &b, int64_t dimension, Type type) {
  Value index = kernel::Index::create(b, b.getIndexType(), dimension);
  Value integer = arith::IndexCastOp::create(
      b, isa<FloatType>(type) ? Type(b.getI64Type()) : type, index);
  if (isa<FloatType>(type))
    return arith::SIToFPOp::create(b, type, integer);
  return integer;
}

static Value multiplyAdd(ScalarScope &b, Value x, Value factor, Value offset) {
  if (isa<FloatType>(x.getType()))
    return arith::AddFOp::create(b, arith::MulFOp::create(b, x, factor),
                                 offset);
  return arith::AddIOp::create(b, arith::MulIOp::create(b, x, factor), offset);
}

LogicalResult hagane::form(xf::Range op, KernelBuilder &b) {
  Location loc = op.getLoc();
  SmallVector<Dim> dims(b.shapes.getDims(op.getY()));
  Type type = computeTypeOf(op.getY());
  AffineMap scalarMap = AffineMap::get(1, 0, {}, op.getContext());
  SmallVector<MappedTensor> ins;
  std::optional<int64_t> start, delta;
  if (op.getBounds()) {
    SmallVector<Dim> bounds = getDimsFrom(*op.getBounds());
    start = bounds[0].getConstant();
    delta = bounds[2].getConstant();
    if (!delta)
      return b.cannotForm(op, "its delta is not constant");
    if (!start)
      ins.push_back({b.scalarTensor(loc, bounds[0], type), scalarMap});
  } else {
    ins.push_back({b.tensor(op.getStart()), scalarMap});
    ins.push_back({b.tensor(op.getDelta()), scalarMap});
  }
  Value result =
      b.map(loc, ins, dims, elementTypeOf(op.getY()),
            [&](ScalarScope &builder, ValueRange x) {
              Value first = start ? makeScalar(builder, type, *start) : x[0];
              Value step = delta ? makeScalar(builder, type, *delta) : x.back();
              return SmallVector<Value>{multiplyAdd(
                  builder, coordinate(builder, 0, type), step, first)};
            });
  b.replace(op, result);
  return success();
}

LogicalResult hagane::form(xf::Trilu op, KernelBuilder &b) {
  SmallVector<Dim> dims(b.shapes.getDims(op.getY()));
  int64_t rank = dims.size();
  SmallVector<MappedTensor> ins{{b.tensor(op.getX()), b.identityMap(rank)}};
  if (op.getK()) {
    FailureOr<Value> k = b.reshape(op.getLoc(), b.tensor(op.getK()), {});
    if (failed(k))
      return b.cannotForm(op, "its diagonal is not a scalar");
    ins.push_back({*k, AffineMap::get(rank, 0, {}, op.getContext())});
  }
  bool upper = op.getUpper();
  Value result =
      b.map(op.getLoc(), ins, dims, elementTypeOf(op.getY()),
            [&](ScalarScope &builder, ValueRange x) {
              Type wide = builder.getI64Type();
              Value diagonal = coordinate(builder, rank - 2, wide),
                    column = coordinate(builder, rank - 1, wide);
              if (x.size() > 1)
                diagonal = arith::AddIOp::create(
                    builder, diagonal,
                    convertScalar(builder, x[1], x[1].getType(), wide));
              auto predicate =
                  upper ? arith::CmpIPredicate::sge : arith::CmpIPredicate::sle;
              Value keep =
                  arith::CmpIOp::create(builder, predicate, column, diagonal);
              Value zero = makeScalar(builder, x[0].getType(), 0);
              return SmallVector<Value>{
                  arith::SelectOp::create(builder, keep, x[0], zero)};
            });
  b.replace(op, result);
  return success();
}

LogicalResult hagane::form(xf::Dims op, KernelBuilder &b) {
  ScalarScope builder(op.getLoc(), b.rewriter);
  auto type = cast<RankedTensorType>(op.getY().getType());
  Type element = type.getElementType();
  if (!element.isSignlessInteger())
    return b.cannotForm(op, "its elements must be signless integers");
  SmallVector<Value> elements;
  for (Dim dim : getDimsFrom(op.getElements())) {
    Value index =
        xf::DimValue::create(builder, builder.getIndexType(), dim.getAttr());
    elements.push_back(arith::IndexCastOp::create(builder, element, index));
  }
  b.replace(op, tensor::FromElementsOp::create(builder, type, elements));
  return success();
}
