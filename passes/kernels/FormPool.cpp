//===- FormPool.cpp - Pools and other windows without products ------------===//

#include "mlir/Dialect/Math/IR/Math.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/Windows.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

using ScalarScope = ImplicitLocOpBuilder;

static constexpr size_t kSpace = 3;

static SmallVector<int64_t> widen(ArrayRef<int64_t> values, int64_t filler) {
  SmallVector<int64_t> wide(kSpace - values.size(), filler);
  llvm::append_range(wide, values);
  return wide;
}

WindowWay3 hagane::widenWay(ArrayRef<int64_t> window, ArrayRef<int64_t> strides,
                            ArrayRef<int64_t> pads,
                            ArrayRef<int64_t> dilations) {
  size_t space = window.size();
  WindowWay3 way{widen(window, 1), widen(strides, 1),
                 widen(pads.take_front(space), 0), widen(dilations, 1)};
  llvm::append_range(way.pads, widen(pads.drop_front(space), 0));
  return way;
}

SmallVector<Dim> hagane::widenSpace(ArrayRef<Dim> dims, KernelBuilder &b) {
  SmallVector<Dim> wide{dims[0], dims[1]};
  wide.append(kSpace + 2 - dims.size(), b.constant(1));
  llvm::append_range(wide, dims.drop_front(2));
  return wide;
}

Value hagane::makeWindow(Location loc, const WindowSpec &spec,
                         KernelBuilder &b) {
  Value out = b.empty(loc, spec.dims, spec.resultType);
  SmallVector<Value> operands{spec.x}, extras;
  SmallVector<AffineMap> maps;
  SmallVector<Type> seen{computeTypeOf(spec.x)}, extraTypes;
  if (spec.weight) {
    operands.push_back(spec.weight);
    seen.push_back(computeTypeOf(spec.weight));
  }
  for (const MappedTensor &extra : spec.extras) {
    extras.push_back(extra.value);
    maps.push_back(extra.map);
    extraTypes.push_back(computeTypeOf(extra.value));
  }
  llvm::append_range(operands, extras);
  operands.push_back(out);
  auto op = kernel::Window::create(
      b.rewriter, loc, out.getType(), spec.x, spec.weight, extras, out,
      spec.kind, spec.way.window, spec.way.strides, spec.way.pads,
      spec.way.dilations, spec.countPad, b.rewriter.getAffineMapArrayAttr(maps),
      b.shapesOf(operands), kernel::LoopScheduleAttr());
  auto one = [](const auto &build) {
    return [&](ScalarScope &b, ValueRange x) -> SmallVector<Value> {
      return {build(b, x)};
    };
  };
  b.fillRegion(op.getBody(), seen, loc, one(spec.body));
  Type total = op.getBody().front().back().getOperand(0).getType();
  SmallVector<Type> arguments{total, total};
  llvm::append_range(arguments, extraTypes);
  b.fillRegion(op.getFinish(), arguments, loc, one(spec.finish));
  b.noteResults(op);
  return op.getResult(0);
}

//===-- Pools -------------------------------------------------------------===//

/// |x|^p.
static Value makePower(ScalarScope &b, Value x, int64_t p) {
  Value size = math::AbsFOp::create(b, x);
  if (p == 1)
    return size;
  if (p == 2)
    return arith::MulFOp::create(b, x, x);
  return math::PowFOp::create(b, size, makeScalar(b, x.getType(), double(p)));
}

static Value makeRoot(ScalarScope &b, Value x, int64_t p) {
  if (p == 1)
    return x;
  if (p == 2)
    return math::SqrtOp::create(b, x);
  return math::PowFOp::create(b, x, makeScalar(b, x.getType(), 1 / double(p)));
}

static void describe(xf::Pool op, WindowSpec &spec) {
  auto identity = [](ScalarScope &, ValueRange x) { return x[0]; };
  spec.body = spec.finish = identity;
  spec.kind = "sum";
  int64_t p = op.getP();
  switch (op.getKind()) {
  case xf::PoolKind::max:
    spec.kind = "max";
    if (spec.resultType.isUnsignedInteger())
      spec.body = spec.finish = [](ScalarScope &b, ValueRange x) {
        return flipSign(b, x[0]);
      };
    return;
  case xf::PoolKind::average:
    spec.countPad = op.getCountPad();
    spec.finish = [](ScalarScope &b, ValueRange x) -> Value {
      return arith::DivFOp::create(b, x[0], x[1]);
    };
    return;
  case xf::PoolKind::lp:
    spec.body = [p](ScalarScope &b, ValueRange x) {
      return makePower(b, x[0], p);
    };
    spec.finish = [p](ScalarScope &b, ValueRange x) {
      return makeRoot(b, x[0], p);
    };
    return;
  }
}

LogicalResult hagane::form(xf::Pool op, KernelBuilder &b) {
  Location loc = op.getLoc();
  WindowSpec spec;
  spec.resultType = cast<ShapedType>(op.getY().getType()).getElementType();
  if (op.getKind() != xf::PoolKind::max && !isa<FloatType>(spec.resultType))
    return b.cannotForm(op, "averages of integers are not defined");
  if (op.getWindow().size() > kSpace)
    return b.cannotForm(op, "it has more than three axes of space");
  FailureOr<Value> x = b.reshape(loc, b.tensor(op.getX()),
                                 widenSpace(b.shapes.getDims(op.getX()), b));
  if (failed(x))
    return b.cannotForm(op, "its axes of space cannot be widened");
  SmallVector<Dim> dims(b.shapes.getDims(op.getY()));
  spec.x = *x;
  spec.dims = widenSpace(dims, b);
  spec.way = widenWay(op.getWindow(), op.getStrides(), op.getPads(),
                      op.getDilations());
  describe(op, spec);
  FailureOr<Value> result = b.reshape(loc, makeWindow(loc, spec, b), dims);
  if (failed(result))
    return b.cannotForm(op, "its axes of space cannot be dropped");
  b.replace(op, *result);
  return success();
}
