//===- FormVision.cpp - Grids, regions and windows the other way ----------===//

#include "passes/kernels/Forms.h"
#include "passes/kernels/Reals.h"
#include "passes/kernels/TaskBuilder.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;
using xf::ResizeKind;

static Type elementTypeOf(Value shaped) {
  return cast<ShapedType>(shaped.getType()).getElementType();
}

static Value compareIndex(TaskScope &t, arith::CmpIPredicate predicate, Value x,
                          Value y) {
  return t.b.createOrFold<arith::CmpIOp>(predicate, x, y);
}

/// Whether 0 <= place < size: below zero is far above without a sign.
static Value isInside(TaskScope &t, Value place, Value size) {
  return compareIndex(t, arith::CmpIPredicate::ult, place, size);
}

//===-- Windows -----------------------------------------------------------===//

/// Row-major position in a shape.
static Value linearize(TaskScope &t, ValueRange at, ValueRange sizes) {
  Value position = t.index(0);
  for (auto [coordinate, size] : llvm::zip_equal(at, sizes))
    position = t.add(t.mul(position, size), coordinate);
  return position;
}

static Value isAbove(TaskScope &t, Value x, Value y, Type storage) {
  if (isa<FloatType>(x.getType()))
    return arith::CmpFOp::create(t.b, arith::CmpFPredicate::OGT, x, y);
  return arith::CmpIOp::create(t.b,
                               storage.isUnsignedInteger()
                                   ? arith::CmpIPredicate::ugt
                                   : arith::CmpIPredicate::sgt,
                               x, y);
}

/// A work item is a plane.
LogicalResult hagane::form(xf::PoolIndices op, KernelBuilder &b) {
  Value x = b.tensor(op.getX()), out = emptyLike(op.getIndices(), b);
  size_t space = op.getWindow().size();
  SmallVector<Dim> dims(b.shapes.getDims(out));
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], to = t.operands[1];
    Values sizes = t.sizesOf(from), outSizes = t.sizesOf(to);
    Values plane = t.delinearize(t.item, {sizes[0], sizes[1]});
    ArrayRef<Value> in = ArrayRef(sizes).drop_front(2);
    Value area = t.index(1);
    for (Value size : in)
      area = t.mul(area, size);
    Value origin =
        t.mul(linearize(t, plane, ArrayRef(sizes).take_front(2)), area);
    Type type = computeTypeOf(from), i1 = t.b.getI1Type();
    Values window;
    for (int64_t size : op.getWindow())
      window.push_back(t.index(size));
    auto locate = [&](ValueRange at, ValueRange k) {
      Values places;
      for (size_t i = 0; i < space; ++i)
        places.push_back(
            t.add(t.add(t.mul(at[i], t.index(op.getStrides()[i])),
                        t.mul(k[i], t.index(op.getDilations()[i]))),
                  t.index(-op.getPads()[i])));
      return places;
    };
    int64_t volume = 1;
    for (int64_t size : op.getWindow())
      volume *= size;
    t.loops(ArrayRef(outSizes).drop_front(2), [&](ValueRange at) {
      Value none = makeScalar(t.b, type, 0);
      Value nothing = arith::ConstantOp::create(t.b, t.b.getZeroAttr(i1));
      Value best = t.carry(
          t.index(0), t.index(volume), {none, origin, nothing},
          [&](Value w, ValueRange sofar) -> Values {
            Values places = locate(at, t.delinearize(w, window));
            Value inside = arith::ConstantIntOp::create(t.b, 1, 1);
            Values source = plane;
            for (auto [place, size] : llvm::zip_equal(places, in)) {
              Value isHere = isInside(t, place, size);
              inside = t.both(inside, isHere);
              // What is outside is read at 0 and ignored.
              source.push_back(t.select(isHere, place, t.index(0)));
            }
            Value value = t.load(from, source);
            Value first = arith::XOrIOp::create(
                t.b, sofar[2], arith::ConstantIntOp::create(t.b, 1, 1));
            Value better =
                t.both(inside, t.either(first, isAbove(t, value, sofar[0],
                                                       elementTypeOf(from))));
            Values order(ArrayRef(source).drop_front(2)), orderSizes(in);
            if (op.getColumnMajor()) {
              std::reverse(order.begin(), order.end());
              std::reverse(orderSizes.begin(), orderSizes.end());
            }
            Value position = t.add(origin, linearize(t, order, orderSizes));
            return {t.select(better, value, sofar[0]),
                    t.select(better, position, sofar[1]),
                    t.either(sofar[2], inside)};
          })[1];
      Values target = plane;
      llvm::append_range(target, at);
      t.store(arith::IndexCastOp::create(t.b, t.b.getI64Type(), best), to,
              target);
    });
  };
  b.replace(op, formTask(op, x, out, dims[0] * dims[1], body, b).front());
  return success();
}

/// A work item is a plane of the result, to which its windows are added one
/// after another.
LogicalResult hagane::form(xf::FoldWindows op, KernelBuilder &b) {
  Value x = b.tensor(op.getX()), out = emptyLike(op.getY(), b);
  size_t space = op.getWindow().size();
  int64_t volume = 1;
  Values none;
  for (int64_t size : op.getWindow())
    volume *= size;
  SmallVector<Dim> dims(b.shapes.getDims(out));
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], to = t.operands[1];
    Values sizes = t.sizesOf(to), counts = t.sizesOf(from);
    Values plane = t.delinearize(t.item, {sizes[0], sizes[1]});
    Type type = computeTypeOf(to);
    auto target = [&](ValueRange at) {
      Values all = plane;
      llvm::append_range(all, at);
      return all;
    };
    t.loops(ArrayRef(sizes).drop_front(2), [&](ValueRange at) {
      t.store(makeScalar(t.b, type, 0), to, target(at));
    });
    Values window;
    for (int64_t size : op.getWindow())
      window.push_back(t.index(size));
    t.loop(t.index(0), t.index(volume), [&](Value w) {
      Values k = t.delinearize(w, window);
      Value channel = t.add(t.mul(plane[1], t.index(volume)), w);
      t.loops(ArrayRef(counts).drop_front(2), [&](ValueRange at) {
        Values places;
        Value inside = arith::ConstantIntOp::create(t.b, 1, 1);
        for (size_t i = 0; i < space; ++i) {
          Value offset = t.add(t.mul(k[i], t.index(op.getDilations()[i])),
                               t.index(-op.getPads()[i]));
          places.push_back(
              t.add(t.mul(at[i], t.index(op.getStrides()[i])), offset));
          inside = t.both(inside, isInside(t, places.back(), sizes[2 + i]));
        }
        t.ifThen(inside, [&] {
          Values source{plane[0], channel};
          llvm::append_range(source, at);
          Value element = t.load(from, source),
                old = t.load(to, target(places));
          Value sum = isa<FloatType>(type)
                          ? Value(arith::AddFOp::create(t.b, old, element))
                          : arith::AddIOp::create(t.b, old, element);
          t.store(sum, to, target(places));
        });
      });
    });
  };
  b.replace(op, formTask(op, x, out, dims[0] * dims[1], body, b).front());
  return success();
}

//===-- Grids -------------------------------------------------------------===//

namespace {
/// An element of one axis that a sample is made of.
struct AxisTap {
  Value place, weight, present; // no weight: 1; no present: always
};

/// Finds the elements around a coordinate of a grid.
class GridAxis {
public:
  GridAxis(xf::GridSample op, TaskScope &t, Reals &r, Value size)
      : op(op), t(t), r(r), size(size), length(r.of(size)) {
    bool align = op.getAlignCorners();
    least = r.number(align ? 0 : -0.5);
    most = r.add(length, align ? -1 : -0.5);
  }

  SmallVector<AxisTap> taps(Value grid) {
    Value x = op.getAlignCorners()
                  ? r.mul(r.mul(r.add(grid, 1), 0.5), r.add(length, -1))
                  : r.mul(r.add(r.mul(r.add(grid, 1), length), -1), 0.5);
    bool isNearest = op.getKind() == ResizeKind::nearest;
    if (isNearest)
      x = math::RoundEvenOp::create(t.b, x);
    Value outside = t.either(r.isLess(x, least), r.isLess(most, x));
    if (op.getOutside() == "border")
      x = r.select(outside, clampReal(x), x);
    else if (op.getOutside() == "reflection")
      x = r.select(outside, reflect(x), x);
    if (isNearest)
      return {tapAt(math::TruncOp::create(t.b, x), {})};
    Value low = r.floor(x);
    bool isLinear = op.getKind() == ResizeKind::linear;
    SmallVector<AxisTap> found;
    for (int i = isLinear ? 0 : -1; i <= (isLinear ? 1 : 2); ++i) {
      Value place = r.add(low, i), distance = r.sub(x, place);
      Value weight = isLinear ? r.sub(r.number(1), r.abs(distance))
                              : r.cubic(distance, -0.75);
      found.push_back(tapAt(place, weight));
    }
    return found;
  }

private:
  Value clampReal(Value x) {
    return r.max(r.number(0), r.min(x, r.add(length, -1)));
  }

  /// Folded back at the borders until it is inside.
  Value reflect(Value x) {
    Value extent = r.sub(most, least), isLow = r.isLess(x, least);
    Value beyond = r.select(isLow, r.sub(least, x), r.sub(x, most));
    Value turns = r.floor(r.div(beyond, extent));
    Value rest = r.sub(beyond, r.mul(turns, extent));
    Value half = r.mul(turns, 0.5);
    Value even = r.isEqual(r.floor(half), half);
    Value fromLeast =
        arith::CmpIOp::create(t.b, arith::CmpIPredicate::eq, isLow, even);
    Value folded = r.select(fromLeast, r.add(least, rest), r.sub(most, rest));
    Value inside = r.isLess(beyond, r.number(0));
    folded = r.select(inside, x, folded);
    // A single element leaves no way to go.
    return r.select(r.isLess(r.number(0), extent), folded, least);
  }

  AxisTap tapAt(Value number, Value weight) {
    if (op.getOutside() == "reflection")
      number = math::TruncOp::create(t.b, reflect(number));
    Value place = r.truncate(number), last = t.sub(size, t.index(1));
    AxisTap tap{t.max(t.index(0), t.min(place, last)), weight, {}};
    if (op.getOutside() == "zeros")
      tap.present = isInside(t, place, size);
    return tap;
  }

  xf::GridSample op;
  TaskScope &t;
  Reals &r;
  Value size, length, least, most;
};

/// An element of x that a sample is made of.
struct SpaceTap {
  Values places;
  Value weight, present;
};
} // namespace

/// All combinations of one tap of each axis.
static SmallVector<SpaceTap> combineTaps(TaskScope &t, Reals &r,
                                         ArrayRef<SmallVector<AxisTap>> axes) {
  SmallVector<SpaceTap> all(1);
  for (ArrayRef<AxisTap> taps : axes) {
    SmallVector<SpaceTap> next;
    for (const SpaceTap &sofar : all)
      for (const AxisTap &tap : taps) {
        SpaceTap joined = sofar;
        joined.places.push_back(tap.place);
        auto join = [](Value x, Value y, auto both) {
          return x && y ? both(x, y) : x ? x : y;
        };
        joined.weight = join(sofar.weight, tap.weight,
                             [&](Value x, Value y) { return r.mul(x, y); });
        joined.present = join(sofar.present, tap.present,
                              [&](Value x, Value y) { return t.both(x, y); });
        next.push_back(std::move(joined));
      }
    all = std::move(next);
  }
  return all;
}

/// A work item is one coordinate of the grid, for all channels.
LogicalResult hagane::form(xf::GridSample op, KernelBuilder &b) {
  Value x = b.tensor(op.getX()), grid = b.tensor(op.getGrid()),
        out = emptyLike(op.getY(), b);
  int64_t space = cast<ShapedType>(x.getType()).getRank() - 2;
  Dim items = b.product(b.shapes.getDims(grid).drop_back());
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], coordinates = t.operands[1], to = t.operands[2];
    Reals r{t.b, computeTypeOf(from)};
    Values sizes = t.sizesOf(from), outer = t.sizesOf(coordinates);
    outer.pop_back();
    Values at = t.delinearize(t.item, outer);
    SmallVector<SmallVector<AxisTap>> axes;
    for (int64_t i = 0; i < space; ++i) {
      // The last axis comes first.
      Values place = at;
      place.push_back(t.index(space - 1 - i));
      Value g = r.convert(t.load(coordinates, place));
      axes.push_back(GridAxis(op, t, r, sizes[2 + i]).taps(g));
    }
    SmallVector<SpaceTap> taps = combineTaps(t, r, axes);
    Value zero = r.number(0);
    t.loop(t.index(0), sizes[1], [&](Value channel) {
      Value sum;
      for (const SpaceTap &tap : taps) {
        Values source{at[0], channel};
        llvm::append_range(source, tap.places);
        Value value = t.load(from, source);
        if (tap.weight)
          value = r.mul(value, tap.weight);
        if (tap.present)
          value = r.select(tap.present, value, zero);
        sum = sum ? r.add(sum, value) : value;
      }
      Values target{at[0], channel};
      llvm::append_range(target, ArrayRef(at).drop_front());
      t.store(sum, to, target);
    });
  };
  b.replace(op, formTask(op, {x, grid}, out, items, body, b).front());
  return success();
}

//===-- Regions -----------------------------------------------------------===//

namespace {
/// One axis of a region.
struct RegionAxis {
  Value size; // of x
  Value start, part, samples;

  RegionAxis(xf::RoiAlign op, TaskScope &t, Reals &r, Value size, Value from,
             Value to, int64_t parts)
      : size(size) {
    double scale = op.getSpatialScale().convertToDouble();
    double offset = op.getHalfPixel() ? -0.5 : 0;
    start = r.add(r.mul(from, scale), offset);
    Value extent = r.sub(r.add(r.mul(to, scale), offset), start);
    if (!op.getHalfPixel())
      extent = r.max(extent, r.number(1));
    part = r.div(extent, r.number(double(parts)));
    samples = op.getSampling() != 0
                  ? t.index(op.getSampling())
                  : t.max(t.index(0), r.truncate(r.ceil(part)));
  }

  Value at(Reals &r, Value p, Value i) const {
    Value within = r.div(r.mul(r.add(r.of(i), 0.5), part), r.of(samples));
    return r.add(r.add(start, r.mul(r.of(p), part)), within);
  }
};

/// The two elements around a coordinate and the share of the second.
struct Corners {
  Value places[2], shares[2], outside;

  Corners(TaskScope &t, Reals &r, Value x, Value size) {
    outside = t.either(r.isLess(x, r.number(-1)), r.isLess(r.of(size), x));
    x = r.max(x, r.number(0));
    Value last = t.sub(size, t.index(1)), low = r.truncate(x);
    Value isLast = compareIndex(t, arith::CmpIPredicate::sge, low, last);
    low = t.max(t.min(low, last), t.index(0));
    places[0] = low;
    places[1] = t.select(isLast, low, t.add(low, t.index(1)));
    shares[1] = r.select(isLast, r.number(0), r.sub(x, r.of(low)));
    shares[0] = r.sub(r.number(1), shares[1]);
  }
};
} // namespace

/// The four weighted corners of a sample.
static Values sampleRegion(TaskScope &t, Reals &r, Value x, ValueRange plane,
                           const Corners &v, const Corners &h) {
  Value outside = t.either(v.outside, h.outside);
  Values values;
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j) {
      Value element = t.load(x, {plane[0], plane[1], v.places[i], h.places[j]});
      Value value = r.mul(r.mul(v.shares[i], h.shares[j]), element);
      values.push_back(r.select(outside, r.number(0), value));
    }
  return values;
}

/// A work item is one region of one channel.
LogicalResult hagane::form(xf::RoiAlign op, KernelBuilder &b) {
  Value x = b.tensor(op.getX()), rois = b.tensor(op.getRois()),
        images = b.tensor(op.getImages()), out = emptyLike(op.getY(), b);
  bool isMax = op.getKind() == xf::PoolKind::max;
  SmallVector<Dim> dims(b.shapes.getDims(out));
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], regions = t.operands[1], to = t.operands[3];
    Reals r{t.b, computeTypeOf(from)};
    Values sizes = t.sizesOf(from), outSizes = t.sizesOf(to);
    Values at = t.delinearize(t.item, {outSizes[0], outSizes[1]});
    auto edge = [&](int64_t i) {
      return r.convert(t.load(regions, {at[0], t.index(i)}));
    };
    Value image = t.position(t.load(t.operands[2], at[0]),
                             elementTypeOf(t.operands[2]), sizes[0]);
    Values plane{image, at[1]};
    RegionAxis rows(op, t, r, sizes[2], edge(1), edge(3), op.getOutHeight()),
        columns(op, t, r, sizes[3], edge(0), edge(2), op.getOutWidth());
    Value count = t.max(t.mul(rows.samples, columns.samples), t.index(1));
    t.loops(ArrayRef(outSizes).drop_front(2), [&](ValueRange place) {
      Value start = r.number(0);
      Value low = r.number(-std::numeric_limits<double>::infinity());
      Value total = isMax ? low : start;
      total =
          t.carry(t.index(0), rows.samples, total,
                  [&](Value i, ValueRange sofar) {
                    Corners v(t, r, rows.at(r, place[0], i), sizes[2]);
                    return t.carry(
                        t.index(0), columns.samples, sofar,
                        [&](Value j, ValueRange sofar) -> Values {
                          Corners h(t, r, columns.at(r, place[1], j), sizes[3]);
                          Value sum = sofar[0];
                          for (Value value :
                               sampleRegion(t, r, from, plane, v, h))
                            sum = isMax ? r.max(sum, value) : r.add(sum, value);
                          return {sum};
                        });
                  })
              .front();
      // A region without samples is 0.
      total = isMax ? r.select(r.isEqual(total, low), start, total)
                    : r.div(total, r.of(count));
      t.store(total, to, {at[0], at[1], place[0], place[1]});
    });
  };
  b.replace(
      op,
      formTask(op, {x, rois, images}, out, dims[0] * dims[1], body, b).front());
  return success();
}
