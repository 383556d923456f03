//===- FormBoxes.cpp - Boxes that do not overlap, maxima of regions -------===//

#include "dialects/xf/XfSpecial.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/Reals.h"
#include "passes/kernels/Sorting.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

namespace {
/// A box by its least and largest coordinates.
struct Box {
  Value low[2], high[2];

  Box(TaskScope &t, Reals &r, Value boxes, Value image, Value number,
      bool center) {
    auto at = [&](int64_t i) {
      return r.convert(t.load(boxes, {image, number, t.index(i)}));
    };
    for (int64_t i = 0; i < 2; ++i) {
      Value x = at(i), y = at(i + 2);
      Value half = r.mul(y, 0.5);
      Value from = center ? r.sub(x, half) : x,
            to = center ? r.add(x, half) : y;
      low[i] = r.min(from, to);
      high[i] = r.max(from, to);
    }
  }

  Value area(Reals &r) const {
    return r.mul(r.sub(high[0], low[0]), r.sub(high[1], low[1]));
  }

  /// Whether the intersection over the union is above a limit.
  Value overlaps(TaskScope &t, Reals &r, const Box &other, Value limit) const {
    Value zero = r.number(0), shared;
    for (int i = 0; i < 2; ++i) {
      Value extent = r.max(zero, r.sub(r.min(high[i], other.high[i]),
                                       r.max(low[i], other.low[i])));
      shared = shared ? r.mul(shared, extent) : extent;
    }
    Value here = area(r), there = other.area(r);
    Value all = r.sub(r.add(here, there), shared);
    Value isAbove = r.isLess(limit, r.div(shared, all));
    return t.both(t.both(isAbove, r.isLess(zero, all)),
                  t.both(r.isLess(zero, here), r.isLess(zero, there)));
  }
};
} // namespace

/// A work item is one class of one image: its boxes are sorted by score and
/// compared, in this order, with those kept before.
LogicalResult hagane::form(xf::SuppressBoxes op, KernelBuilder &b) {
  Values ins{b.tensor(op.getBoxes()), b.tensor(op.getScores()),
             b.tensor(op.getLimit()), b.tensor(op.getOverlap())};
  if (op.getThreshold())
    ins.push_back(b.tensor(op.getThreshold()));
  Value kept = emptyLike(op.getKept(), b), order = emptyLike(op.getKept(), b),
        spare = emptyLike(op.getKept(), b);
  ArrayRef<Dim> dims = b.shapes.getDims(kept);
  auto body = [&](TaskScope &t) {
    Value boxes = t.operands[0], scores = t.operands[1];
    size_t out = ins.size();
    Values sizes = t.sizesOf(scores);
    Values line = t.delinearize(t.item, {sizes[0], sizes[1]});
    Value count = sizes[2], zero = t.index(0), one = t.index(1);
    Reals r{t.b, computeTypeOf(op.getBoxes())};
    Type scoreType = computeTypeOf(op.getScores());
    PositionList result{t.operands[out], line},
        candidates{t.operands[out + 1], line}, other{t.operands[out + 2], line};
    auto score = [&](Value i) { return t.load(scores, {line[0], line[1], i}); };
    auto scalar = [&](size_t i, Type type) {
      Value value = t.load(t.operands[i], {});
      return convertScalar(t.b, value, value.getType(), type);
    };
    auto isAbove = [&](Value x, Value y) -> Value {
      return arith::CmpFOp::create(t.b, arith::CmpFPredicate::OGT, x, y);
    };
    Value limit = arith::IndexCastOp::create(t.b, t.b.getIndexType(),
                                             scalar(2, t.b.getI64Type()));
    Value overlap = scalar(3, r.type);
    Value found =
        t.carry(zero, count, zero, [&](Value i, ValueRange sofar) -> Values {
          result.store(t, i, t.index(-1));
          candidates.store(t, sofar[0], i);
          if (!op.getThreshold())
            return {t.add(sofar[0], one)};
          Value passes = isAbove(score(i), scalar(4, scoreType));
          return {t.select(passes, t.add(sofar[0], one), sofar[0])};
        })[0];
    emitSort(t, candidates, other, found,
             [&](Value i, Value j) { return isAbove(score(i), score(j)); });
    Value no = arith::ConstantIntOp::create(t.b, 0, 1);
    t.carry(zero, found, zero, [&](Value i, ValueRange sofar) -> Values {
      Value number = candidates.load(t, i);
      Box box(t, r, boxes, line[0], number, op.getCenter());
      Value isHidden =
          t.carry(zero, sofar[0], no, [&](Value j, ValueRange any) -> Values {
            Box before(t, r, boxes, line[0], result.load(t, j), op.getCenter());
            return {t.either(any[0], before.overlaps(t, r, box, overlap))};
          })[0];
      Value stays = t.both(
          t.isLess(sofar[0], limit),
          arith::CmpIOp::create(t.b, arith::CmpIPredicate::eq, isHidden, no));
      t.ifThen(stays, [&] { result.store(t, sofar[0], number); });
      return {t.select(stays, t.add(sofar[0], one), sofar[0])};
    });
  };
  ResultRange results =
      formTask(op, ins, {kept, order, spare}, dims[0] * dims[1], body, b);
  b.replaceAll(op, results.take_front(1));
  return success();
}

namespace {
/// One axis of a region, in elements of x.
struct PooledAxis {
  Value start, part, size;

  PooledAxis(Reals &r, Value size, Value from, Value to, double scale,
             int64_t parts)
      : start(math::RoundOp::create(r.b, r.mul(from, scale))), size(size) {
    Value end = math::RoundOp::create(r.b, r.mul(to, scale));
    Value extent = r.max(r.add(r.sub(end, start), 1), r.number(1));
    part = r.div(extent, r.number(double(parts)));
  }

  /// The elements [first, second) of part `p`.
  std::pair<Value, Value> range(TaskScope &t, Reals &r, Value p) const {
    auto clip = [&](Value x) {
      return t.max(t.index(0), t.min(r.truncate(r.add(x, start)), size));
    };
    return {clip(r.floor(r.mul(r.of(p), part))),
            clip(r.ceil(r.mul(r.of(t.add(p, t.index(1))), part)))};
  }
};
} // namespace

/// A work item is one region of one channel.
LogicalResult hagane::form(xf::RoiPool op, KernelBuilder &b) {
  Value x = b.tensor(op.getX()), rois = b.tensor(op.getRois()),
        out = emptyLike(op.getY(), b);
  ArrayRef<Dim> dims = b.shapes.getDims(out);
  double scale = op.getSpatialScale().convertToDouble();
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], regions = t.operands[1], to = t.operands[2];
    Reals r{t.b, computeTypeOf(op.getX())};
    Values sizes = t.sizesOf(from), outSizes = t.sizesOf(to);
    Values at = t.delinearize(t.item, {outSizes[0], outSizes[1]});
    auto number = [&](int64_t i) {
      return r.convert(t.load(regions, {at[0], t.index(i)}));
    };
    Value image =
        kernel::Position::create(t.b, r.truncate(number(0)), sizes[0]);
    PooledAxis rows(r, sizes[2], number(2), number(4), scale,
                    op.getOutHeight()),
        columns(r, sizes[3], number(1), number(3), scale, op.getOutWidth());
    t.loops(ArrayRef(outSizes).drop_front(2), [&](ValueRange place) {
      auto [top, bottom] = rows.range(t, r, place[0]);
      auto [left, right] = columns.range(t, r, place[1]);
      Value low = r.number(-std::numeric_limits<double>::infinity());
      Value most = t.carry(top, bottom, low, [&](Value i, ValueRange sofar) {
        return t.carry(
            left, right, sofar, [&](Value j, ValueRange sofar) -> Values {
              return {r.max(sofar[0], t.load(from, {image, at[1], i, j}))};
            });
      })[0];
      Value isFull = t.both(t.isLess(top, bottom), t.isLess(left, right));
      t.store(r.select(isFull, most, r.number(0)), to,
              {at[0], at[1], place[0], place[1]});
    });
  };
  b.replace(op,
            formTask(op, {x, rois}, out, dims[0] * dims[1], body, b).front());
  return success();
}
