//===- FormRotary.cpp - Rotary position embeddings ------------------------===//

#include "passes/kernels/Forms.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

using ScalarScope = ImplicitLocOpBuilder;

namespace {

/// Writes a rotated tensor, all of it, into a destination of its shape.
class RotaryForm {
public:
  RotaryForm(xf::Rotary op, KernelBuilder &b)
      : op(op), b(b), loc(op.getLoc()), x(op.getX()),
        dims(b.shapes.getDims(op.getX())), rank(dims.size()),
        pairs(op.getRotated() / 2), half(dims), place(b.identityMap(rank)) {
    half.back() = b.constant(pairs);
  }

  FailureOr<Value> run(Value dest);

private:
  SmallVector<Dim> offsetsAt(int64_t start) {
    SmallVector<Dim> offsets(rank, b.constant(0));
    offsets.back() = b.constant(start);
    return offsets;
  }
  SmallVector<int64_t> stepsOf(int64_t last) {
    SmallVector<int64_t> steps(rank, 1);
    steps.back() = last;
    return steps;
  }
  SmallVector<Dim> sizesOf(Dim last) {
    SmallVector<Dim> sizes = dims;
    sizes.back() = last;
    return sizes;
  }

  MappedTensor partAt(int64_t start, Dim size, int64_t step);
  void insertAt(Value piece, int64_t start, Dim size, int64_t step);
  void rotateHalves();
  void rotateNeighbours();

  xf::Rotary op;
  KernelBuilder &b;
  Location loc;
  Value x;
  SmallVector<Dim> dims;
  int64_t rank, pairs;
  SmallVector<Dim> half; // the shape of one element of each pair
  AffineMap place;       // of an element of the result in `x`
  MappedTensor cos, sin;
  Value result;
};

} // namespace

/// x1 cos - x2 sin, or x1 sin + x2 cos, from x1, x2, cos and sin.
static Value rotate(ScalarScope &b, ValueRange x, bool second) {
  Value left = arith::MulFOp::create(b, x[0], x[second ? 3 : 2]);
  Value right = arith::MulFOp::create(b, x[1], x[second ? 2 : 3]);
  if (second)
    return arith::AddFOp::create(b, left, right);
  return arith::SubFOp::create(b, left, right);
}

MappedTensor RotaryForm::partAt(int64_t start, Dim size, int64_t step) {
  SmallVector<Dim> sizes = sizesOf(size);
  auto source = llvm::map_to_vector(place.getResults(), [&](AffineExpr e) {
    return sizes[cast<AffineDimExpr>(e).getPosition()];
  });
  return {b.slice(loc, x, offsetsAt(start), source, stepsOf(step)), place};
}

void RotaryForm::insertAt(Value piece, int64_t start, Dim size, int64_t step) {
  SmallVector<OpFoldResult> steps;
  for (int64_t each : stepsOf(step))
    steps.push_back(b.rewriter.getIndexAttr(each));
  result = tensor::InsertSliceOp::create(b.rewriter, loc, piece, result,
                                         b.sizes(loc, offsetsAt(start)),
                                         b.sizes(loc, sizesOf(size)), steps);
  b.shapes.setDims(result, dims);
}

/// Both halves by one kernel, over [.., 2, pairs].
void RotaryForm::rotateHalves() {
  SmallVector<Dim> wide(half), flat = sizesOf(b.constant(2 * pairs));
  wide.insert(wide.end() - 1, b.constant(2));
  bool isWhole = dims.back().isConstant(2 * pairs);
  Value dest =
      isWhole ? result : b.slice(loc, result, offsetsAt(0), flat, stepsOf(1));
  // An axis splits in two whatever the others are.
  Value split = *b.reshape(loc, dest, wide);
  MLIRContext *context = op.getContext();
  auto widen = [&](const MappedTensor &in) {
    SmallVector<AffineExpr> dims = llvm::map_to_vector(
        llvm::seq<int64_t>(0, rank), [&](int64_t i) -> AffineExpr {
          return getAffineDimExpr(i + (i + 1 == rank), context);
        });
    return MappedTensor{in.value,
                        in.map.replaceDimsAndSymbols(dims, {}, rank + 1, 0)};
  };
  Value rotated = b.map(
      loc,
      {widen(partAt(0, half.back(), 1)), widen(partAt(pairs, half.back(), 1)),
       widen(cos), widen(sin)},
      wide, cast<ShapedType>(result.getType()).getElementType(),
      [&](ScalarScope &builder, ValueRange x) -> SmallVector<Value> {
        Value which =
            kernel::Index::create(builder, builder.getIndexType(), rank - 1);
        Value isFirst =
            arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, which,
                                  arith::ConstantIndexOp::create(builder, 0));
        return {arith::SelectOp::create(builder, isFirst,
                                        rotate(builder, x, false),
                                        rotate(builder, x, true))};
      },
      split);
  rotated = *b.reshape(loc, rotated, flat);
  if (isWhole)
    result = rotated;
  else
    insertAt(rotated, 0, flat.back(), 1);
}

/// Pairs of neighbours by a kernel for each place in them: none is a vector.
void RotaryForm::rotateNeighbours() {
  Dim size = half.back();
  SmallVector<MappedTensor> ins{partAt(0, size, 2), partAt(1, size, 2), cos,
                                sin};
  for (bool second : {false, true}) {
    Value dest = b.slice(loc, result, offsetsAt(second), half, stepsOf(2));
    Value rotated = b.map(
        loc, ins, half, cast<ShapedType>(dest.getType()).getElementType(),
        [&](ScalarScope &builder, ValueRange x) -> SmallVector<Value> {
          return {rotate(builder, x, second)};
        },
        dest);
    insertAt(rotated, second, size, 2);
  }
}

FailureOr<Value> RotaryForm::run(Value dest) {
  for (auto [table, angles] :
       {std::pair(op.getCos(), &cos), std::pair(op.getSin(), &sin)}) {
    angles->value = b.tensor(table);
    angles->map = b.broadcastMap(b.shapes.getDims(angles->value), half);
    if (!angles->map)
      return b.cannotForm(
          op, "whether its angles broadcast is only known when the model runs");
  }
  // What stands behind a transpose of rows is read where it is.
  if (auto transpose = x.getDefiningOp<xf::Transpose>();
      transpose && transpose.getPermutation().back() == rank - 1) {
    x = transpose.getX();
    place = inversePermutation(AffineMap::getPermutationMap(
        transpose.getPermutation(), op.getContext()));
  }
  x = b.tensor(x);
  result =
      dest ? dest
           : b.empty(loc, dims, cast<ShapedType>(x.getType()).getElementType());
  if (op.getInterleaved())
    rotateNeighbours();
  else
    rotateHalves();
  int64_t rotated = 2 * pairs;
  Dim rest = dims.back() - rotated;
  if (!rest.isConstant(0)) {
    SmallVector<Dim> tail = sizesOf(rest);
    Value end = b.slice(loc, result, offsetsAt(rotated), tail, stepsOf(1));
    insertAt(b.copy(loc, partAt(rotated, rest, 1), tail, end), rotated, rest,
             1);
  }
  return result;
}

FailureOr<Value> hagane::makeRotary(xf::Rotary op, Value dest,
                                    KernelBuilder &b) {
  return RotaryForm(op, b).run(dest);
}

LogicalResult hagane::form(xf::Rotary op, KernelBuilder &b) {
  FailureOr<Value> result = makeRotary(op, /*dest=*/{}, b);
  if (failed(result))
    return failure();
  b.replace(op, *result);
  return success();
}
