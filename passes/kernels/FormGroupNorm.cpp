//===- FormGroupNorm.cpp - Statistics of groups, then a map ---------------===//

#include "passes/kernels/Forms.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

using ScalarScope = ImplicitLocOpBuilder;

namespace {
/// A number that is constant, or an input of a kernel.
struct Count {
  std::optional<int64_t> constant;
  Value tensor;

  void addTo(SmallVectorImpl<MappedTensor> &ins, unsigned rank) const {
    if (!constant)
      ins.push_back({tensor, AffineMap::get(rank, 0, {}, tensor.getContext())});
  }
  /// `x` are the inputs' elements, the count's the last if it is one.
  Value get(ScalarScope &b, Type type, Value last) const {
    return constant ? makeScalar(b, type, *constant) : last;
  }
};
} // namespace

/// The sum, and the sum of squared distances from the mean, of each row.
static kernel::Rows measure(Location loc, Value rows, const Count &count,
                            Type type, KernelBuilder &b) {
  SmallVector<Dim> dims(b.shapes.getDims(rows));
  SmallVector<Dim> outer(ArrayRef(dims).drop_back());
  AffineMap identity = b.identityMap(dims.size());
  RowsSpec spec;
  spec.ins.push_back({rows, identity});
  count.addTo(spec.ins, dims.size());
  size_t first = spec.ins.size();
  for (int i = 0; i < 2; ++i)
    spec.outs.push_back(
        {b.empty(loc, outer, type), identity.dropResult(dims.size() - 1)});
  spec.stages.push_back(
      {"sum", [](ScalarScope &, ValueRange x) { return x[0]; }});
  spec.stages.push_back({"sum", [=](ScalarScope &b, ValueRange x) -> Value {
                           Value mean = arith::DivFOp::create(
                               b, x[first], count.get(b, type, x[first - 1]));
                           Value distance =
                               arith::SubFOp::create(b, x[0], mean);
                           return arith::MulFOp::create(b, distance, distance);
                         }});
  spec.finish = [](ScalarScope &, ValueRange x) {
    return SmallVector<Value>(x);
  };
  spec.map = [](ScalarScope &, ValueRange) { return SmallVector<Value>(); };
  return b.rows(loc, spec);
}

/// Rows are [batch, groups, elements of a group]; the map sees a group's
/// channels apart from its space.
LogicalResult hagane::form(xf::GroupNorm op, KernelBuilder &b) {
  Location loc = op.getLoc();
  Value x = b.tensor(op.getX());
  SmallVector<Dim> dims(b.shapes.getDims(x));
  int64_t groups = op.getGroups();
  double epsilon = op.getEpsilon().convertToDouble();
  Dim channels =
      b.shapes.getProver().divideExactly(dims[1], b.constant(groups));
  if (!channels)
    return b.cannotForm(op, "its channels are not known to be " +
                                Twine(groups) + " equal groups");
  Dim space = b.product(ArrayRef(dims).drop_front(2)), size = channels * space;
  SmallVector<Dim> parts{dims[0], b.constant(groups), channels, space};
  FailureOr<Value> rows =
      b.reshape(loc, x, {dims[0], b.constant(groups), size});
  FailureOr<Value> split = b.reshape(loc, x, parts);
  FailureOr<Value> scale =
      b.reshape(loc, b.tensor(op.getScale()), ArrayRef(parts).slice(1, 2));
  FailureOr<Value> bias =
      b.reshape(loc, b.tensor(op.getBias()), ArrayRef(parts).slice(1, 2));
  if (failed(rows) || failed(split) || failed(scale) || failed(bias))
    return b.cannotForm(op, "its groups cannot be told apart");
  Type type = computeTypeOf(x);
  Count count{size.getConstant(), {}};
  if (!count.constant)
    count.tensor = b.scalarTensor(loc, size, type);
  kernel::Rows statistics = measure(loc, *rows, count, type, b);

  AffineMap identity = b.identityMap(parts.size());
  AffineMap ofGroup = identity.getSubMap({0, 1}),
            ofChannel = identity.getSubMap({1, 2});
  SmallVector<MappedTensor> ins{{*split, identity},
                                {statistics.getResult(0), ofGroup},
                                {statistics.getResult(1), ofGroup},
                                {*scale, ofChannel},
                                {*bias, ofChannel}};
  count.addTo(ins, parts.size());
  Value result = b.map(
      loc, ins, parts, cast<ShapedType>(x.getType()).getElementType(),
      [&](ScalarScope &b, ValueRange x) -> SmallVector<Value> {
        Value number = count.get(b, type, x.back());
        Value mean = arith::DivFOp::create(b, x[1], number),
              variance = arith::DivFOp::create(b, x[2], number);
        Value root = math::SqrtOp::create(
            b,
            arith::AddFOp::create(b, variance, makeScalar(b, type, epsilon)));
        Value y = arith::DivFOp::create(b, arith::SubFOp::create(b, x[0], mean),
                                        root);
        y = arith::MulFOp::create(b, y, x[3]);
        return {arith::AddFOp::create(b, y, x[4])};
      });
  FailureOr<Value> joined = b.reshape(loc, result, dims);
  if (failed(joined))
    return b.cannotForm(op, "its groups cannot be joined");
  b.replace(op, *joined);
  return success();
}
