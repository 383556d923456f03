//===- MaskBounds.cpp - What masks hold beside the diagonal ---------------===//

#include "passes/state/MaskBounds.h"
#include "dialects/xf/eval/HostTensor.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace hagane;
using xf::Dim;
using Bounds = MaskBounds::Bounds;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Constants of more elements are not looked at.
static constexpr int64_t kMostElements = 1 << 22;

static Bounds exactly(double value) { return {value, value}; }
static Bounds truth(bool canBeFalse, bool canBeTrue) {
  return {canBeFalse ? 0.0 : 1.0, canBeTrue ? 1.0 : 0.0};
}

static Bounds hull(const Bounds &a, const Bounds &b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high),
          a.ofPast || b.ofPast};
}

/// 0 times anything bounded or not is 0 here: masks hold no NaN.
static double times(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; }

static Bounds multiply(const Bounds &a, const Bounds &b) {
  double corners[] = {times(a.low, b.low), times(a.low, b.high),
                      times(a.high, b.low), times(a.high, b.high)};
  auto [low, high] =
      std::minmax_element(std::begin(corners), std::end(corners));
  Bounds product{*low, *high, a.ofPast || b.ofPast};
  // What is 0 does not depend on what it is multiplied by.
  if (product.low == 0 && product.high == 0)
    product.ofPast = (a.low == 0 && a.high == 0 && a.ofPast) ||
                     (b.low == 0 && b.high == 0 && b.ofPast);
  return product;
}

bool MaskBounds::mentionsPast(Dim dim) {
  bool found = false;
  StringRef name = *past.getSymbol();
  dim.forEachSymbol([&](StringRef symbol) { found |= symbol == name; });
  return found;
}

std::pair<double, double> MaskBounds::rangeOf(Dim base, int64_t query,
                                              int64_t key) {
  auto ends = [&](Dim dim) -> std::pair<double, double> {
    if (!dim)
      return {-kInfinity, kInfinity};
    xf::DimRange range = shapes.getProver().getRange(dim);
    return {double(range.min), double(range.max)};
  };
  auto [low, high] = ends(base);
  if (query == 0 && key == 0)
    return {low, high};
  // key - query is above or at most the past's length.
  if (key == 1 && query == -1)
    return side == Side::Hidden
               ? std::pair(ends(base + past + 1).first, kInfinity)
               : std::pair(-kInfinity, ends(base + past).second);
  if (key == -1 && query == 1)
    return side == Side::Hidden
               ? std::pair(-kInfinity, ends(base - past - 1).second)
               : std::pair(ends(base - past).first, kInfinity);
  // Positions are not negative, and fit in 63 bits.
  double most = 0x1p63;
  auto widen = [&](int64_t factor) {
    low += std::min(0.0, double(factor) * most);
    high += std::max(0.0, double(factor) * most);
  };
  widen(query);
  widen(key);
  return {low, high};
}

Bounds MaskBounds::linear(Dim base, int64_t query, int64_t key) {
  auto [low, high] = rangeOf(base, query, key);
  Bounds bounds{low, high, !base || mentionsPast(base)};
  bounds.base = base;
  bounds.query = query;
  bounds.key = key;
  return bounds;
}

Bounds MaskBounds::unknown(Value value) {
  return {-kInfinity, kInfinity, contents.contains(value)};
}

//===-- Places ------------------------------------------------------------===//

/// An axis of the result as one of an operand that broadcasts to it.
static int64_t broadcastAxis(int64_t axis, ArrayRef<Dim> from, int64_t rank) {
  if (axis < 0)
    return -1;
  int64_t own = axis - (rank - static_cast<int64_t>(from.size()));
  return own < 0 || from[own].isConstant(1) ? -1 : own;
}

MaskBounds::Place MaskBounds::broadcast(Value from, Value to, Place place) {
  int64_t rank = cast<RankedTensorType>(to.getType()).getRank();
  ArrayRef<Dim> dims = shapes.getDims(from);
  place.query = broadcastAxis(place.query, dims, rank);
  place.key = broadcastAxis(place.key, dims, rank);
  return place;
}

Bounds MaskBounds::operand(Operation *op, unsigned i, Place place) {
  Value value = op->getOperand(i);
  return visit(value, broadcast(value, op->getResult(0), place));
}

Bounds MaskBounds::get(Value bias) {
  SmallVector<Dim> dims(shapes.getDims(bias));
  Dim zero = Dim::constant(bias.getContext(), 0);
  return visit(
      bias, {broadcastAxis(2, dims, 4), broadcastAxis(3, dims, 4), zero, zero});
}

//===-- Operations --------------------------------------------------------===//

static Bounds boundsOf(xf::Constant op) {
  auto elements = dyn_cast<ElementsAttr>(op.getValue());
  Bounds none{-kInfinity, kInfinity};
  if (!elements)
    return none;
  auto tensor = xf::eval::HostTensor::fromAttribute(elements);
  if (!tensor) {
    llvm::consumeError(tensor.takeError());
    return none;
  }
  if (tensor->getCount() == 0 || tensor->getCount() > kMostElements)
    return none;
  Bounds bounds{kInfinity, -kInfinity};
  bool isReal = tensor->getElement().isFloat();
  for (int64_t i = 0; i < tensor->getCount(); ++i) {
    double value = isReal ? tensor->getReal(i) : double(tensor->getInteger(i));
    if (std::isnan(value))
      return none;
    bounds.low = std::min(bounds.low, value);
    bounds.high = std::max(bounds.high, value);
  }
  return bounds;
}

Bounds MaskBounds::visit(Value value, Place place) {
  if (masks.contains(value))
    return {0, 1};
  Operation *op = value.getDefiningOp();
  return op && op->getNumResults() == 1 ? visitOp(op, place) : unknown(value);
}

Bounds MaskBounds::visitOp(Operation *op, Place place) {
  auto at = [&](unsigned i) { return operand(op, i, place); };
  return llvm::TypeSwitch<Operation *, Bounds>(op)
      .Case([&](xf::Constant constant) {
        Bounds bounds = boundsOf(constant);
        if (bounds.low == bounds.high && std::floor(bounds.low) == bounds.low &&
            std::abs(bounds.low) < 0x1p53)
          bounds.base = Dim::constant(op->getContext(), int64_t(bounds.low));
        return bounds;
      })
      .Case([&](xf::Dims dims) {
        SmallVector<Dim> elements = getDimsFrom(dims.getElements());
        return elements.size() == 1 ? linear(elements[0], 0, 0)
                                    : unknown(dims.getY());
      })
      .Case([&](xf::Range range) { return visitRange(range, place); })
      .Case([&](xf::Reshape reshape) { return visitReshape(reshape, place); })
      .Case([&](xf::Slice slice) { return visitSlice(slice, place); })
      .Case([&](xf::Concat concat) { return visitConcat(concat, place); })
      .Case([&](xf::Trilu trilu) { return visitTrilu(trilu, place); })
      .Case([&](xf::Cmp cmp) { return visitCmp(cmp, place); })
      .Case([&](xf::Select select) { return visitSelect(select, place); })
      .Case([&](xf::Cast cast) { return visitCast(cast, place); })
      .Case([&](xf::Broadcast) { return at(0); })
      .Case<xf::Add, xf::Sub>([&](Operation *) {
        Bounds a = at(0), b = at(1);
        int64_t sign = isa<xf::Sub>(op) ? -1 : 1;
        if (a.base && b.base) {
          Dim base = sign < 0 ? a.base - b.base : a.base + b.base;
          if (base)
            return linear(base, a.query + sign * b.query, a.key + sign * b.key);
        }
        bool ofPast = a.ofPast || b.ofPast;
        if (sign < 0)
          return Bounds{a.low - b.high, a.high - b.low, ofPast};
        return Bounds{a.low + b.low, a.high + b.high, ofPast};
      })
      .Case([&](xf::Mul) { return multiply(at(0), at(1)); })
      .Case([&](xf::Neg) {
        Bounds a = at(0);
        return Bounds{-a.high, -a.low, a.ofPast};
      })
      .Case([&](xf::Max) {
        Bounds a = at(0), b = at(1);
        return Bounds{std::max(a.low, b.low), std::max(a.high, b.high),
                      a.ofPast || b.ofPast};
      })
      .Case([&](xf::Min) {
        Bounds a = at(0), b = at(1);
        return Bounds{std::min(a.low, b.low), std::min(a.high, b.high),
                      a.ofPast || b.ofPast};
      })
      .Case<xf::And, xf::Or>([&](Operation *) {
        Value y = op->getResult(0);
        if (!getElementTypeOrSelf(y).isInteger(1))
          return unknown(y);
        Bounds a = at(0), b = at(1);
        // What decides alone decides whatever the other depends on.
        double decisive = isa<xf::And>(op) ? 0 : 1;
        for (const Bounds &side : {a, b})
          if (!side.ofPast && side.low == decisive && side.high == decisive)
            return exactly(decisive);
        bool ofPast = a.ofPast || b.ofPast;
        if (isa<xf::And>(op))
          return Bounds{std::min(a.low, b.low), std::min(a.high, b.high),
                        ofPast};
        return Bounds{std::max(a.low, b.low), std::max(a.high, b.high), ofPast};
      })
      .Case([&](xf::Not) {
        if (!getElementTypeOrSelf(op->getResult(0)).isInteger(1))
          return unknown(op->getResult(0));
        Bounds a = at(0);
        return Bounds{1 - a.high, 1 - a.low, a.ofPast};
      })
      .Default([&](Operation *) { return unknown(op->getResult(0)); });
}

Bounds MaskBounds::visitRange(xf::Range op, Place place) {
  if (!op.getBounds())
    return unknown(op.getY());
  SmallVector<Dim> bounds = getDimsFrom(*op.getBounds());
  if (bounds.size() != 3 || !bounds[2].isConstant(1))
    return unknown(op.getY());
  if (place.query == 0)
    if (Dim base = bounds[0] + place.queryOffset)
      return linear(base, 1, 0);
  if (place.key == 0)
    if (Dim base = bounds[0] + place.keyOffset)
      return linear(base, 0, 1);
  return unknown(op.getY());
}

/// Reshapes that add or drop axes of size 1.
Bounds MaskBounds::visitReshape(xf::Reshape op, Place place) {
  SmallVector<Dim> from(shapes.getDims(op.getX())),
      to(shapes.getDims(op.getY()));
  SmallVector<int64_t> source(to.size(), -1);
  size_t next = 0;
  auto skipOnes = [&] {
    while (next < from.size() && from[next].isConstant(1))
      ++next;
  };
  for (auto [i, dim] : llvm::enumerate(to)) {
    if (dim.isConstant(1))
      continue;
    skipOnes();
    if (next == from.size() || !shapes.getProver().isEqual(from[next], dim))
      return unknown(op.getY());
    source[i] = int64_t(next++);
  }
  skipOnes();
  if (next != from.size())
    return unknown(op.getY());
  if (place.query >= 0)
    place.query = source[place.query];
  if (place.key >= 0)
    place.key = source[place.key];
  return visit(op.getX(), place);
}

Bounds MaskBounds::visitSlice(xf::Slice op, Place place) {
  if (!op.getStarts())
    return unknown(op.getY());
  SmallVector<Dim> starts = getDimsFrom(*op.getStarts());
  bool ofPast = false;
  for (auto [i, axis] : llvm::enumerate(op.getAxes())) {
    if (op.getSteps()[i] != 1 || i >= starts.size() ||
        shapes.getProver().getRange(starts[i]).min < 0)
      return unknown(op.getY());
    if (axis == place.query)
      place.queryOffset = place.queryOffset + starts[i];
    else if (axis == place.key)
      place.keyOffset = place.keyOffset + starts[i];
    else
      ofPast |= mentionsPast(starts[i]);
  }
  if (!place.queryOffset || !place.keyOffset)
    return unknown(op.getY());
  Bounds bounds = visit(op.getX(), place);
  bounds.ofPast |= ofPast;
  return bounds;
}

/// Joined along the keys, a key behind the diagonal is behind all parts that
/// are no longer than the past.
Bounds MaskBounds::visitConcat(xf::Concat op, Place place) {
  auto axis = static_cast<int64_t>(op.getAxis());
  SmallVector<Dim> sizes;
  for (Value input : op.getInputs())
    sizes.push_back(shapes.getDims(input)[axis]);
  std::optional<Bounds> all;
  for (auto [i, input] : llvm::enumerate(op.getInputs())) {
    Dim first = Dim::constant(op.getContext(), 0);
    for (Dim size : ArrayRef(sizes).take_front(i))
      first = first ? first + size : first;
    if (!first)
      return unknown(op.getY());
    Place own = place;
    if (axis == place.key) {
      // key + offset > past + query + offset >= the part's end?
      Dim least = past + own.keyOffset + 1;
      bool isBehind = side == Side::Hidden && i + 1 < sizes.size() && least &&
                      first + sizes[i] &&
                      shapes.getProver().isLessOrEqual(first + sizes[i], least);
      if (isBehind)
        continue;
      own.keyOffset = own.keyOffset - first;
    } else if (axis == place.query) {
      own.queryOffset = own.queryOffset - first;
    }
    if (!own.keyOffset || !own.queryOffset)
      return unknown(op.getY());
    Bounds bounds = visit(input, own);
    all = all ? hull(*all, bounds) : bounds;
  }
  if (!all)
    return unknown(op.getY());
  all->base = {};
  // Where parts begin matters only if they hold different things.
  if (all->low != all->high)
    all->ofPast |= llvm::any_of(ArrayRef(sizes).drop_back(),
                                [&](Dim size) { return mentionsPast(size); });
  return *all;
}

Bounds MaskBounds::visitTrilu(xf::Trilu op, Place place) {
  int64_t rank = cast<RankedTensorType>(op.getType()).getRank();
  std::optional<int64_t> k = 0;
  if (Value given = op.getK()) {
    auto constant = given.getDefiningOp<xf::Constant>();
    Bounds bounds = constant ? boundsOf(constant) : unknown(given);
    k = bounds.low == bounds.high ? std::optional<int64_t>(bounds.low)
                                  : std::nullopt;
  }
  if (!k || place.query != rank - 2 || place.key != rank - 1)
    return unknown(op.getY());
  Bounds x = visit(op.getX(), place);
  x.base = {};
  Dim base = place.keyOffset - place.queryOffset;
  Bounds column = linear(base, -1, 1);
  bool mayKeep, mayDrop;
  if (op.getUpper()) {
    mayKeep = column.high >= double(*k);
    mayDrop = column.low < double(*k);
  } else {
    mayKeep = column.low <= double(*k);
    mayDrop = column.high > double(*k);
  }
  if (!mayDrop)
    return x;
  if (!mayKeep)
    return exactly(0);
  x = hull(x, exactly(0));
  x.ofPast |= column.ofPast;
  return x;
}

Bounds MaskBounds::visitCmp(xf::Cmp op, Place place) {
  Bounds a = operand(op, 0, place), b = operand(op, 1, place);
  Bounds difference{a.low - b.high, a.high - b.low, a.ofPast || b.ofPast};
  if (a.base && b.base)
    if (Dim base = a.base - b.base)
      difference = linear(base, a.query - b.query, a.key - b.key);
  double low = difference.low, high = difference.high;
  if (std::isnan(low) || std::isnan(high))
    return Bounds{0, 1, difference.ofPast};
  bool canBeFalse = true, canBeTrue = true;
  switch (op.getKind()) {
  case xf::CmpKind::lt:
    canBeTrue = low < 0, canBeFalse = high >= 0;
    break;
  case xf::CmpKind::le:
    canBeTrue = low <= 0, canBeFalse = high > 0;
    break;
  case xf::CmpKind::gt:
    canBeTrue = high > 0, canBeFalse = low <= 0;
    break;
  case xf::CmpKind::ge:
    canBeTrue = high >= 0, canBeFalse = low < 0;
    break;
  case xf::CmpKind::eq:
  case xf::CmpKind::ne: {
    bool canDiffer = low != 0 || high != 0, canEqual = low <= 0 && high >= 0;
    bool isEqual = op.getKind() == xf::CmpKind::eq;
    canBeTrue = isEqual ? canEqual : canDiffer;
    canBeFalse = isEqual ? canDiffer : canEqual;
    break;
  }
  }
  Bounds result = truth(canBeFalse, canBeTrue);
  // What is decided on this side depends on nothing else.
  result.ofPast = difference.ofPast && canBeFalse && canBeTrue;
  return result;
}

Bounds MaskBounds::visitSelect(xf::Select op, Place place) {
  Bounds condition = operand(op, 0, place);
  if (condition.low == condition.high && !condition.ofPast) {
    Bounds chosen = operand(op, condition.low == 0 ? 2 : 1, place);
    return chosen;
  }
  Bounds both = hull(operand(op, 1, place), operand(op, 2, place));
  both.ofPast |= condition.ofPast && both.low != both.high;
  return both;
}

Bounds MaskBounds::visitCast(xf::Cast op, Place place) {
  Bounds x = operand(op, 0, place);
  Type to = op.getTo(), from = getElementTypeOrSelf(op.getX());
  if (to.isInteger(1)) {
    bool isZero = x.low == 0 && x.high == 0,
         excludesZero = x.low > 0 || x.high < 0;
    Bounds result = truth(!excludesZero, !isZero);
    result.ofPast = x.ofPast && !isZero && !excludesZero;
    return result;
  }
  bool isExact = from.isInteger(1) || isa<FloatType>(to) ||
                 (from.isSignlessInteger() && to.isSignlessInteger(64));
  if (isExact)
    return x;
  bool fits = x.low >= 0 && x.high <= 1;
  return fits ? Bounds{x.low == 1 ? 1.0 : 0.0, x.high, x.ofPast}
              : unknown(op.getY());
}
