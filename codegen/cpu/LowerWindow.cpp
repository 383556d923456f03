//===- LowerWindow.cpp - Reductions over sliding windows ------------------===//
//
// A work item is some rows of the result; vectors run along a row. Where all
// that a vector's windows see lies in x, elements are loaded without masks.
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/Lowering.h"
#include "codegen/cpu/Nest.h"
#include "codegen/cpu/WindowWay.h"
#include "dialects/kernel/KernelWindows.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace hagane::cpu {
namespace {

class WindowLowering {
public:
  WindowLowering(kernel::Window op, const KernelBody &body, Builder &b)
      : op(op), body(body), b(b), x(op.getX()), way(op, b),
        compute(kernel::getComputeType(
            cast<MemRefType>(x.getType()).getElementType())),
        sum(op.getFinish().getArgument(0).getType()) {}

  void run() {
    Value out = op.getOuts().front();
    Values sizes;
    for (unsigned i = 0; i < 5; ++i)
      sizes.push_back(sizeOf(b, out, i));
    Value width = sizes.pop_back_val();
    multiplier = divide(b, sizes[1], sizeOf(b, x, 1));
    int64_t perItem = op.getSchedule()->getItemSize();
    Value last = minimum(b, mul(b, body.end, perItem), product(b, sizes));
    forEach(b, mul(b, body.begin, perItem), last, 1, [&](Value row) {
      dims = delinearize(b, row, sizes);
      dims.push_back(index(b, 0));
      emitRow(width);
    });
  }

private:
  void emitRow(Value width) {
    channel = divide(b, dims[1], multiplier);
    for (unsigned axis = 0; axis < 2; ++axis)
      seen[axis] = way.seen(axis, dims[2 + axis], /*padded=*/false);
    forVectors(b, width, op.getSchedule()->getVector(),
               [&](Value at, Access access) {
                 dims.back() = at;
                 if (access.mask || access.lanes == 1)
                   return emitAt(access, /*checked=*/true);
                 Value whole = seesOnlyInside(access.lanes);
                 ifThen(b, whole, [&] { emitAt(access, /*checked=*/false); });
                 Value yes = arith::ConstantIntOp::create(b, 1, 1);
                 Value partial = b.createOrFold<arith::XOrIOp>(whole, yes);
                 ifThen(b, partial, [&] { emitAt(access, /*checked=*/true); });
               });
  }

  /// Whether the windows of all lanes lie in x along the last axis.
  Value seesOnlyInside(int64_t lanes) {
    Value first = way.coordinate(2, dims.back(), index(b, 0)),
          last = way.coordinate(2, add(b, dims.back(), lanes - 1),
                                index(b, op.getWindow()[2] - 1));
    Value starts =
        arith::CmpIOp::create(b, arith::CmpIPredicate::sge, first, index(b, 0));
    Value ends =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, last, way.size(2));
    return arith::AndIOp::create(b, starts, ends);
  }

  void emitAt(Access access, bool checked) {
    Value start = identityOf(b, op.getKind(), sum);
    if (access.lanes > 1)
      start = splat(b, start, access.lanes);
    Value total = emitTaps(start, access, checked);
    Values arguments{total, emitCount(access, checked)};
    for (auto [extra, map] :
         llvm::zip_equal(op.getExtras(),
                         op.getExtraMaps().getAsValueRange<AffineMapAttr>())) {
      Type type = kernel::getComputeType(
          cast<MemRefType>(extra.getType()).getElementType());
      arguments.push_back(loadMapped(b, extra, map, dims, 4, access, type));
    }
    Values results =
        cloneRegion(b, op.getFinish(), arguments, access.lanes, dims, 4);
    for (auto [out, value] : llvm::zip_equal(op.getOuts(), results))
      store(b, value, out, dims, access);
  }

  Value emitTaps(Value start, Access access, bool checked) {
    ArrayRef<int64_t> window = op.getWindow();
    auto over = [&](Value from, Value to, Value first,
                    llvm::function_ref<Value(Value, Value)> visit) {
      return forCarrying(b, from, to, 1, first,
                         [&](Value k, ValueRange carried) {
                           return Values{visit(k, carried[0])};
                         })
          .front();
    };
    auto [d0, d1] = seen[0];
    auto [h0, h1] = seen[1];
    return over(d0, d1, start, [&, h0 = h0, h1 = h1](Value kd, Value sofar) {
      return over(h0, h1, sofar, [&](Value kh, Value sofar) {
        return over(index(b, 0), index(b, window[2]), sofar,
                    [&](Value kw, Value sofar) {
                      return emitTap({kd, kh, kw}, sofar, access, checked);
                    });
      });
    });
  }

  Value emitTap(const Values &k, Value sofar, Access access, bool checked) {
    Values at{dims[0], channel};
    for (unsigned axis = 0; axis < 3; ++axis)
      at.push_back(way.coordinate(axis, dims[2 + axis], k[axis]));
    Access present = access;
    if (checked)
      present = {access.lanes, maskInside(k[2], access, way.size(2))};
    Values arguments;
    if (access.lanes == 1 && checked)
      arguments.push_back(loadOne(at, present.mask));
    else
      arguments.push_back(way.load(x, at, present, compute));
    if (Value weight = op.getWeight()) {
      ArrayRef<int64_t> window = op.getWindow();
      Value place = add(
          b, mul(b, add(b, mul(b, k[0], window[1]), k[1]), window[2]), k[2]);
      Type type = kernel::getComputeType(
          cast<MemRefType>(weight.getType()).getElementType());
      arguments.push_back(load(b, weight, {dims[1], place}, Access{}, type));
    }
    Value value = cloneRegion(b, op.getBody(), arguments, access.lanes).front();
    Value next = combine(b, op.getKind(), sofar, value);
    if (present.mask)
      next = arith::SelectOp::create(b, scalarIfOne(present.mask, access), next,
                                     sofar);
    return next;
  }

  Value scalarIfOne(Value mask, Access access) {
    return access.lanes == 1 ? vector::ExtractOp::create(b, mask, 0).getResult()
                             : mask;
  }

  /// One element that may not be there.
  Value loadOne(const Values &at, Value mask) {
    Value vector = way.load(x, at, {1, mask}, compute);
    return vector::ExtractOp::create(b, vector, 0);
  }

  /// The lanes whose element kw of the window lies in [0, size), or, with a
  /// lower `from`, in [from, size).
  Value maskInside(Value kw, Access access, Value size, int64_t from = 0) {
    VectorType type = vectorOf(b.getIndexType(), access.lanes);
    Value lanes = vector::StepOp::create(b, type);
    lanes = arith::MulIOp::create(
        b, lanes, splatIndex(index(b, op.getStrides()[2]), access));
    Value at = arith::AddIOp::create(
        b, splatIndex(way.coordinate(2, dims.back(), kw), access), lanes);
    Value starts = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, at,
                                         splatIndex(index(b, from), access));
    Value ends = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, at,
                                       splatIndex(size, access));
    Value inside = arith::AndIOp::create(b, starts, ends);
    return access.mask ? arith::AndIOp::create(b, inside, access.mask) : inside;
  }

  Value splatIndex(Value value, Access access) {
    return vector::BroadcastOp::create(
        b, vectorOf(b.getIndexType(), access.lanes), value);
  }

  /// How many elements the windows see, if anyone asks.
  Value emitCount(Access access, bool checked) {
    Type type = access.lanes == 1 ? sum : Type(vectorOf(sum, access.lanes));
    if (op.getFinish().getArgument(1).use_empty())
      return zero(b, type);
    Value rows = index(b, 1);
    for (unsigned axis = 0; axis < 2; ++axis) {
      auto [first, last] =
          way.seen(axis, dims[2 + axis], /*padded=*/op.getCountPad());
      rows = mul(b, rows, sub(b, last, first));
    }
    Value scale = asNumber(rows);
    if (!checked)
      return splat(b, asNumber(mul(b, rows, op.getWindow()[2])), access.lanes);
    Value size = way.size(2);
    int64_t from = 0;
    if (op.getCountPad()) {
      size = add(b, size, op.getPads()[5]);
      from = -op.getPads()[2];
    }
    Value none = zero(b, type);
    Value columns =
        forCarrying(b, index(b, 0), index(b, op.getWindow()[2]), 1, none,
                    [&](Value kw, ValueRange carried) {
                      Value inside = scalarIfOne(
                          maskInside(kw, access, size, from), access);
                      Value more = access.lanes == 1
                                       ? scale
                                       : splat(b, scale, access.lanes);
                      more = combine(b, "sum", carried[0], more);
                      return Values{
                          arith::SelectOp::create(b, inside, more, carried[0])};
                    })
            .front();
    return columns;
  }

  Value asNumber(Value count) {
    if (sum.isInteger())
      return arith::IndexCastOp::create(b, sum, count);
    Value whole = arith::IndexCastOp::create(b, b.getI64Type(), count);
    return arith::SIToFPOp::create(b, sum, whole);
  }

  kernel::Window op;
  const KernelBody &body;
  Builder &b;
  Value x;
  WindowWay way;
  Type compute, sum;
  // The place being emitted.
  Values dims;
  Value multiplier, channel;
  std::pair<Value, Value> seen[2];
};

} // namespace

LogicalResult lowerWindow(kernel::Window op, const KernelBody &body,
                          ImplicitLocOpBuilder &b) {
  WindowLowering(op, body, b).run();
  return success();
}

} // namespace hagane::cpu
