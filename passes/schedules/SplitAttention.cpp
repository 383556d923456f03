//===- SplitAttention.cpp - Attention in parts of its keys ----------------===//

#include "passes/schedules/SplitAttention.h"
#include "dialects/kernel/KernelCost.h"
#include "dialects/kernel/KernelScheduleFiles.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <limits>

using namespace mlir;
using namespace hagane;
using xf::Dim;

namespace {
class Splitter {
public:
  Splitter(kernel::Attention op, Attribute schedule, int64_t parts)
      : op(op), schedule(schedule), b(op.getLoc(), op),
        sizes(kernel::getAttentionSizes(op)),
        compute(kernel::getComputeType(
            cast<ShapedType>(op.getQ().getType()).getElementType())),
        parts(parts) {}

  kernel::Map split() {
    Dim rows = sizes.batch * parts;
    sums = empty({rows, sizes.heads, sizes.queries, sizes.e});
    tops = empty({rows, sizes.heads, sizes.queries});
    weights = empty({rows, sizes.heads, sizes.queries});
    attend();
    return merge();
  }

private:
  OpFoldResult size(Dim dim) {
    if (auto value = dim.getConstant())
      return b.getIndexAttr(*value);
    return xf::DimValue::create(b, b.getIndexType(), dim.getAttr()).getResult();
  }

  Value empty(ArrayRef<Dim> dims) {
    auto all = llvm::map_to_vector(dims, [&](Dim dim) { return size(dim); });
    return tensor::EmptyOp::create(b, all, compute);
  }

  Attribute shapeOf(ArrayRef<Dim> dims) {
    return b.getArrayAttr(llvm::map_to_vector(
        dims, [](Dim dim) -> Attribute { return dim.getAttr(); }));
  }

  void attend();
  kernel::Map merge();
  void addSlice(Value from, int64_t part, ArrayRef<Dim> dims);
  void fillBody(Region &body);

  kernel::Attention op;
  Attribute schedule;
  ImplicitLocOpBuilder b;
  kernel::AttentionSizes sizes;
  Type compute;
  int64_t parts;
  Value sums, tops, weights;
  // Of the kernel that merges.
  SmallVector<Value> ins;
  SmallVector<AffineMap> maps;
  SmallVector<Attribute> shapes;
};
} // namespace

void Splitter::attend() {
  SmallVector<Attribute> shapes(op.getShapes().getValue().drop_back());
  Dim rows = sizes.batch * parts;
  shapes.push_back(shapeOf({rows, sizes.heads, sizes.queries, sizes.e}));
  shapes.append(2, shapeOf({rows, sizes.heads, sizes.queries}));
  SmallVector<Attribute> layouts(op.getLayouts().getValue());
  layouts.back() = b.getStringAttr("bhsd");
  Value outs[] = {sums, tops, weights};
  auto whole = kernel::Attention::create(
      b, TypeRange(ValueRange(outs)), op.getQ(), op.getK(), op.getV(),
      op.getBias(), op.getKeyLengths(), op.getSinks(), op.getPages(), outs,
      b.getArrayAttr(layouts), op.getScaleAttr(), op.getCausalAttr(),
      op.getWindowLeftAttr(), op.getWindowRightAttr(), op.getSoftcapAttr(),
      b.getArrayAttr(shapes), schedule);
  whole->setAttr(kernel::kMergedTypeAttr, TypeAttr::get(getElementTypeOrSelf(
                                              op.getOuts()[0].getType())));
  sums = whole.getResult(0);
  tops = whole.getResult(1);
  weights = whole.getResult(2);
}

/// Adds a part, of these sizes from its batch on, to what is merged.
void Splitter::addSlice(Value from, int64_t part, ArrayRef<Dim> dims) {
  SmallVector<OpFoldResult> offsets(dims.size(), b.getIndexAttr(0)),
      steps(dims.size(), b.getIndexAttr(1));
  offsets[0] = size(sizes.batch * part);
  auto counts = llvm::map_to_vector(dims, [&](Dim dim) { return size(dim); });
  ins.push_back(
      tensor::ExtractSliceOp::create(b, from, offsets, counts, steps));
  shapes.push_back(shapeOf(dims));
  // Dimensions of the result in its own order of axes.
  kernel::AttentionAxes axes(cast<StringAttr>(op.getLayouts()[3]).getValue());
  size_t places[] = {axes.batch, axes.heads, axes.positions, axes.features};
  SmallVector<AffineExpr> exprs;
  for (size_t i = 0; i < dims.size(); ++i)
    exprs.push_back(b.getAffineDimExpr(places[i]));
  maps.push_back(AffineMap::get(4, 0, exprs, b.getContext()));
}

kernel::Map Splitter::merge() {
  for (int64_t part = 0; part < parts; ++part)
    addSlice(sums, part, {sizes.batch, sizes.heads, sizes.queries, sizes.e});
  for (Value statistic : {tops, weights})
    for (int64_t part = 0; part < parts; ++part)
      addSlice(statistic, part, {sizes.batch, sizes.heads, sizes.queries});
  Value out = op.getOuts()[0];
  maps.push_back(b.getMultiDimIdentityMap(4));
  shapes.push_back(op.getShapes().getValue().back());
  auto map = kernel::Map::create(
      b, out.getType(), ins, out, b.getAffineMapArrayAttr(maps),
      b.getArrayAttr(shapes), kernel::LoopScheduleAttr());
  fillBody(map.getBody());
  op.replaceAllUsesWith(map.getResults());
  op.erase();
  return map;
}

/// Sums and weights under the largest score of all parts, in the parts' order.
void Splitter::fillBody(Region &body) {
  SmallVector<Type> types(3 * parts, compute);
  SmallVector<Location> locs(types.size(), b.getLoc());
  OpBuilder::InsertionGuard guard(b);
  Block *block = b.createBlock(&body, body.end(), types, locs);
  ArrayRef<BlockArgument> arguments = block->getArguments();
  auto partSums = arguments.take_front(parts),
       partTops = arguments.slice(parts, parts),
       partWeights = arguments.take_back(parts);
  auto constant = [&](double value) -> Value {
    return arith::ConstantOp::create(b, b.getFloatAttr(compute, value));
  };
  auto isEqual = [&](Value x, Value y) -> Value {
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x, y);
  };
  Value top = partTops[0];
  for (Value other : partTops.drop_front())
    top = arith::MaximumFOp::create(b, top, other);
  Value lowest = constant(-std::numeric_limits<double>::infinity());
  Value none = isEqual(top, lowest);
  top = arith::SelectOp::create(b, none, constant(0), top);
  Value sum = constant(0), weight = constant(0);
  for (auto [x, own, w] : llvm::zip_equal(partSums, partTops, partWeights)) {
    Value factor = math::ExpOp::create(b, arith::SubFOp::create(b, own, top));
    sum = arith::AddFOp::create(b, sum, arith::MulFOp::create(b, x, factor));
    weight =
        arith::AddFOp::create(b, weight, arith::MulFOp::create(b, w, factor));
  }
  Value inverse = arith::DivFOp::create(b, constant(1), weight);
  inverse = arith::SelectOp::create(b, isEqual(weight, constant(0)),
                                    constant(0), inverse);
  Value result = arith::MulFOp::create(b, sum, inverse);
  kernel::Yield::create(b, result);
}

kernel::Map hagane::splitAttention(kernel::Attention op, Attribute schedule,
                                   int64_t parts) {
  return Splitter(op, schedule, parts).split();
}
