//===- FormResize.cpp - Resampling ----------------------------------------===//
//
// Each axis that changes has a small table: for each position of the result
// the elements it is made of and their weights. Interpolation then goes axis
// by axis; the nearest elements are copied over all axes at once.
//
//===----------------------------------------------------------------------===//

#include "passes/kernels/Forms.h"
#include "passes/kernels/Reals.h"
#include "passes/kernels/TaskBuilder.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;
using xf::ResizeKind;

namespace {

/// The tables of one axis: for each of its positions, `taps` element numbers
/// (-1 where the result is the extrapolation value) and weights.
struct AxisTables {
  int64_t axis;
  Value places, weights;
};

/// Fills one row of an axis's tables.
class RowOfTaps {
public:
  RowOfTaps(xf::Resize op, int64_t axis, std::optional<size_t> scales,
            std::optional<size_t> roi, TaskScope &t)
      : op(op), axis(axis), t(t), r{t.b, t.b.getF64Type()} {
    rank = op.getScales().size();
    // Operands: x, then computed scales and regions, the tables last.
    input = t.sizeOf(t.operands[0], axis);
    places = t.operands[t.operands.size() - 2];
    weights = t.operands.back();
    inputReal = r.of(input);
    outputReal = r.of(t.sizeOf(places, 0));
    scale = findScale(scales);
    if (roi) {
      start = regionAt(*roi, axis);
      end = regionAt(*roi, rank + axis);
    } else if (auto given = op.getRoi()) {
      start = r.number((*given)[axis]);
      end = r.number((*given)[rank + axis]);
    } else {
      start = r.number(0);
      end = r.number(1);
    }
  }

  void emit() {
    Value x = coordinate(r.of(t.item));
    if (op.getKind() == ResizeKind::nearest)
      emitNearest(x);
    else
      emitTaps(x);
    if (op.getCoordinates() == "tf_crop_and_resize")
      markOutside(x);
  }

private:
  Value findScale(std::optional<size_t> scales) {
    if (scales)
      return r.convert(t.load(t.operands[*scales], t.index(axis)));
    double known = op.getScales()[axis];
    return known == 0 ? r.div(outputReal, inputReal) : r.number(known);
  }
  Value regionAt(size_t operand, int64_t i) {
    return r.convert(t.load(t.operands[operand], t.index(i)));
  }

  /// Where position i of the result lies in x.
  Value coordinate(Value i) {
    StringRef mode = op.getCoordinates();
    Value width = r.mul(scale, inputReal), one = r.number(1);
    Value center = r.div(r.add(i, 0.5), scale), half = r.add(center, -0.5);
    Value isOne = r.isEqual(width, one);
    if (mode == "tf_half_pixel_for_nn")
      return center;
    if (mode == "pytorch_half_pixel")
      return r.select(isOne, r.number(-0.5), half);
    if (mode == "half_pixel_symmetric") {
      Value adjustment = r.sub(one, r.div(outputReal, width));
      return r.add(r.mul(r.mul(inputReal, 0.5), adjustment), half);
    }
    if (mode == "asymmetric")
      return r.div(i, scale);
    Value last = r.add(inputReal, -1), steps = r.add(width, -1);
    if (mode == "align_corners")
      return r.select(isOne, r.number(0), r.div(r.mul(i, last), steps));
    if (mode == "tf_crop_and_resize") {
      Value extent = r.mul(r.sub(end, start), last);
      Value within =
          r.select(isOne, r.mul(extent, 0.5), r.div(r.mul(i, extent), steps));
      return r.add(r.mul(start, last), within);
    }
    return half;
  }

  Value nearest(Value x) {
    StringRef mode = op.getNearestMode();
    if (mode == "round_prefer_ceil")
      return r.floor(r.add(x, 0.5));
    if (mode == "floor")
      return r.floor(x);
    if (mode == "ceil")
      return r.ceil(x);
    return r.ceil(r.add(x, -0.5));
  }

  Value clamp(Value place) {
    return t.max(t.index(0), t.min(place, t.sub(input, t.index(1))));
  }
  void storePlace(Value place, Value tap) {
    Value number = arith::IndexCastOp::create(t.b, t.b.getI64Type(), place);
    t.store(number, places, {t.item, tap});
  }
  void storeWeight(Value weight, Value tap) {
    Type type = cast<MemRefType>(weights.getType()).getElementType();
    t.store(convertScalar(t.b, weight, weight.getType(), type), weights,
            {t.item, tap});
  }

  void emitNearest(Value x) {
    storePlace(clamp(r.truncate(nearest(x))), t.index(0));
    storeWeight(r.number(1), t.index(0));
  }

  Value kernelAt(Value distance) {
    if (op.getKind() == ResizeKind::cubic)
      return r.cubic(distance, op.getCubicCoeff().convertToDouble());
    return r.max(r.number(0), r.sub(r.number(1), r.abs(distance)));
  }

  /// All elements that the kernel can reach from x, with their weights, which
  /// sum up to 1.
  void emitTaps(Value x) {
    Value shrink = r.number(1);
    if (op.getAntialias())
      shrink = r.min(scale, shrink);
    Value radius =
        r.div(r.number(op.getKind() == ResizeKind::linear ? 1 : 2), shrink);
    Value first = r.truncate(r.ceil(r.sub(x, radius)));
    Value taps = t.sizeOf(places, 1);
    auto weightOf = [&](Value tap) {
      Value place = t.add(first, tap);
      Value weight = kernelAt(r.mul(r.sub(r.of(place), x), shrink));
      if (!op.getExcludeOutside())
        return weight;
      Value inside =
          t.both(t.isLess(t.index(-1), place), t.isLess(place, input));
      return r.select(inside, weight, r.number(0));
    };
    Value sum = t.carry(t.index(0), taps, r.number(0),
                        [&](Value tap, ValueRange sofar) {
                          return Values{r.add(sofar[0], weightOf(tap))};
                        })
                    .front();
    t.loop(t.index(0), taps, [&](Value tap) {
      storePlace(clamp(t.add(first, tap)), tap);
      storeWeight(r.div(weightOf(tap), sum), tap);
    });
  }

  void markOutside(Value x) {
    Value outside =
        t.either(r.isLess(x, r.number(0)), r.isLess(r.add(inputReal, -1), x));
    t.ifThen(outside, [&] { storePlace(t.index(-1), t.index(0)); });
  }

  xf::Resize op;
  int64_t axis, rank;
  TaskScope &t;
  Reals r;
  Value input, places, weights, inputReal, outputReal, scale, start, end;
};

} // namespace

/// How many elements a position can be made of. Those that reach beyond the
/// kernel have the weight 0.
static Dim countTaps(xf::Resize op, int64_t axis, Dim in, Dim out,
                     KernelBuilder &b) {
  if (op.getKind() == ResizeKind::nearest)
    return b.constant(1);
  int64_t radius = op.getKind() == ResizeKind::linear ? 1 : 2;
  if (!op.getAntialias())
    return b.constant(2 * radius);
  Dim spread = in.ceilDiv(out.max(b.constant(1))).max(b.constant(1));
  return spread * (2 * radius) + 2;
}

static AxisTables makeTables(xf::Resize op, int64_t axis, Type weightType,
                             KernelBuilder &b) {
  Location loc = op.getLoc();
  Values ins{b.tensor(op.getX())};
  auto optional = [&](Value operand) -> std::optional<size_t> {
    if (!operand)
      return std::nullopt;
    ins.push_back(b.tensor(operand));
    return ins.size() - 1;
  };
  std::optional<size_t> scales = optional(op.getScalesValue()),
                        roi = optional(op.getRoiValue());
  Dim in = b.shapes.getDims(op.getX())[axis],
      out = b.shapes.getDims(op.getY())[axis];
  SmallVector<Dim> dims{out, countTaps(op, axis, in, out, b)};
  Values tables{b.empty(loc, dims, b.rewriter.getI64Type()),
                b.empty(loc, dims, weightType)};
  ResultRange results = formTask(
      op, ins, tables, out,
      [&](TaskScope &t) { RowOfTaps(op, axis, scales, roi, t).emit(); }, b);
  return {axis, results[0], results[1]};
}

static Value loadPlace(TaskScope &t, Value places, Value position, Value tap) {
  return arith::IndexCastOp::create(t.b, t.b.getIndexType(),
                                    t.load(places, {position, tap}));
}

static Value isExtrapolated(TaskScope &t, Value place) {
  return t.isLess(place, t.index(0));
}

/// The extrapolation value in the compute type of `memref`.
static Value extrapolation(TaskScope &t, xf::Resize op, Value memref) {
  Type type = cast<MemRefType>(memref.getType()).getElementType();
  Value value = makeScalar(t.b, t.b.getF64Type(),
                           op.getExtrapolation().convertToDouble());
  return convertScalar(t.b, value, value.getType(), type);
}

/// A work item is a row of the result.
static Value copyNearest(xf::Resize op, ArrayRef<AxisTables> tables,
                         KernelBuilder &b) {
  Value out = emptyLike(op.getY(), b);
  Values ins{b.tensor(op.getX())};
  for (const AxisTables &table : tables)
    ins.push_back(table.places);
  bool mayMiss = op.getCoordinates() == "tf_crop_and_resize";
  auto body = [&](TaskScope &t) {
    Value x = t.operands.front(), y = t.operands.back();
    Values sizes = t.sizesOf(y);
    Value width = sizes.pop_back_val();
    Values at = t.delinearize(t.item, sizes), from = at;
    int64_t last = at.size();
    Value missing = arith::ConstantIntOp::create(t.b, 0, 1), lastTable;
    for (auto [i, table] : llvm::enumerate(tables)) {
      if (table.axis == last) {
        lastTable = t.operands[1 + i];
        continue;
      }
      Value place = loadPlace(t, t.operands[1 + i], at[table.axis], t.index(0));
      missing = t.either(missing, isExtrapolated(t, place));
      from[table.axis] = mayMiss ? t.max(place, t.index(0)) : place;
    }
    at.push_back({});
    from.push_back({});
    t.loop(t.index(0), width, [&](Value column) {
      at.back() = from.back() = column;
      Value isMissing = missing;
      if (lastTable) {
        Value place = loadPlace(t, lastTable, column, t.index(0));
        isMissing = t.either(isMissing, isExtrapolated(t, place));
        from.back() = mayMiss ? t.max(place, t.index(0)) : place;
      }
      Value value = t.load(x, from);
      if (mayMiss)
        value = t.select(isMissing, extrapolation(t, op, y), value);
      t.store(value, y, at);
    });
  };
  SmallVector<Dim> rows(b.shapes.getDims(out));
  rows.pop_back();
  return formTask(op, ins, out, b.product(rows), body, b).front();
}

/// y[.., i, ..] = sum over taps of weights[i, tap] * x[.., places[i, tap], ..]
/// along one axis, of which all before it are one, and all behind it are one.
static Value interpolate(xf::Resize op, Value x, const AxisTables &table,
                         Type type, KernelBuilder &b) {
  SmallVector<Dim> in(b.shapes.getDims(x));
  SmallVector<Dim> dims{in[0], b.shapes.getDims(table.places)[0], in[2]};
  Value out = b.empty(op.getLoc(), dims, type);
  bool isLast = in[2].isConstant(1);
  // A work item is a row along what is behind the axis, or along the axis.
  Dim items = isLast ? dims[0] : dims[0] * dims[1];
  auto body = [&](TaskScope &t) {
    Value from = t.operands[0], places = t.operands[1], weights = t.operands[2],
          to = t.operands[3];
    Value taps = t.sizeOf(places, 1);
    auto emit = [&](Value outer, Value i, Value inner) {
      Value sum =
          t.carry(t.index(0), taps, makeScalar(t.b, computeTypeOf(to), 0),
                  [&](Value tap, ValueRange sofar) -> Values {
                    Value place =
                        t.max(loadPlace(t, places, i, tap), t.index(0));
                    Value element = t.load(from, {outer, place, inner});
                    element = convertScalar(
                        t.b, element,
                        cast<MemRefType>(from.getType()).getElementType(),
                        computeTypeOf(to));
                    Value weight = t.load(weights, {i, tap});
                    return {arith::AddFOp::create(
                        t.b, sofar[0],
                        arith::MulFOp::create(t.b, element, weight))};
                  })
              .front();
      if (op.getCoordinates() == "tf_crop_and_resize") {
        Value first = loadPlace(t, places, i, t.index(0));
        sum = t.select(isExtrapolated(t, first), extrapolation(t, op, to), sum);
      }
      t.store(sum, to, {outer, i, inner});
    };
    if (isLast)
      return t.loop(t.index(0), t.sizeOf(to, 1),
                    [&](Value i) { emit(t.item, i, t.index(0)); });
    Values at = t.delinearize(t.item, {t.sizeOf(to, 0), t.sizeOf(to, 1)});
    t.loop(t.index(0), t.sizeOf(to, 2),
           [&](Value inner) { emit(at[0], at[1], inner); });
  };
  return formTask(op, {x, table.places, table.weights}, out, items, body, b)
      .front();
}

LogicalResult hagane::form(xf::Resize op, KernelBuilder &b) {
  Location loc = op.getLoc();
  Type element = cast<ShapedType>(op.getX().getType()).getElementType();
  Type compute = kernel::getComputeType(element);
  Type weightType = isa<FloatType>(compute) ? compute : b.rewriter.getF32Type();
  SmallVector<Dim> in(b.shapes.getDims(op.getX())),
      out(b.shapes.getDims(op.getY()));
  bool isRegion = op.getCoordinates() == "tf_crop_and_resize";
  SmallVector<AxisTables> tables;
  for (size_t axis = 0; axis < in.size(); ++axis) {
    double scale = op.getScales()[axis];
    bool isIdentity = !isRegion && b.isEqual(in[axis], out[axis]) &&
                      !op.getScalesValue() && (scale == 1 || scale == 0);
    if (!isIdentity)
      tables.push_back(makeTables(op, axis, weightType, b));
  }
  if (op.getKind() == ResizeKind::nearest) {
    if (in.empty())
      return b.cannotForm(op, "a scalar has no axes");
    b.replace(op, copyNearest(op, tables, b));
    return success();
  }
  Value value = b.tensor(op.getX());
  SmallVector<Dim> now = in;
  for (const AxisTables &table : tables) {
    size_t axis = table.axis;
    SmallVector<Dim> lines{b.product(ArrayRef(now).take_front(axis)), now[axis],
                           b.product(ArrayRef(now).drop_front(axis + 1))};
    FailureOr<Value> flat = b.reshape(loc, value, lines);
    if (failed(flat))
      return b.cannotForm(op, "its axes cannot be flattened");
    now[axis] = out[axis];
    FailureOr<Value> next =
        b.reshape(loc, interpolate(op, *flat, table, weightType, b), now);
    if (failed(next))
      return b.cannotForm(op, "its axes cannot be unflattened");
    value = *next;
  }
  Type from = cast<ShapedType>(value.getType()).getElementType();
  if (from != element)
    value =
        b.map(loc, MappedTensor{value, b.identityMap(now.size())}, now, element,
              [&](ImplicitLocOpBuilder &b, ValueRange x) -> SmallVector<Value> {
                return {convertScalar(b, x[0], x[0].getType(), element)};
              });
  b.replace(op, value);
  return success();
}
