// Moving elements: transpose, concat, slices, padding, repetition.
#include "frontend/ops/NodeConverter.h"
#include "frontend/ops/Pieces.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;

static LogicalResult convertTranspose(NodeConverter &n) {
  Value x = n.in(0);
  SmallVector<int64_t> reversed =
      llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, n.rank(x))));
  SmallVector<int64_t> permutation = n.getInts("perm").value_or(reversed);
  SmallVector<int64_t> axes = n.normalAxes(permutation, n.rank(x));
  if (static_cast<int64_t>(axes.size()) != n.rank(x))
    return n.error("perm has " + Twine(axes.size()) + " axes, expected " +
                   Twine(n.rank(x)));
  for (int64_t &axis : permutation)
    axis = axis < 0 ? axis + n.rank(x) : axis;
  return n.done({n.transpose(x, permutation)});
}

static LogicalResult convertConcat(NodeConverter &n) {
  SmallVector<Value> inputs = n.allInputs();
  int64_t axis = n.version() < 4 ? n.getInt("axis", 1) : n.requireInt("axis");
  return n.done({n.concat(inputs, n.normalAxis(axis, n.rank(inputs.front())))});
}

//===----------------------------------------------------------------------===//
// Slice and Split
//===----------------------------------------------------------------------===//

static LogicalResult convertSliceAttributes(NodeConverter &n) {
  Value x = n.in(0);
  auto starts = n.getInts("starts"), ends = n.getInts("ends"),
       axes = n.getInts("axes");
  if (!starts || !ends || starts->size() != ends->size())
    return n.error(
        "attributes 'starts' and 'ends' are not lists of one length");
  SmallVector<int64_t> named =
      axes.value_or(llvm::to_vector(llvm::seq<int64_t>(0, starts->size())));
  if (named.size() != starts->size())
    return n.error("attribute 'axes' has " + Twine(named.size()) +
                   " axes, expected " + Twine(starts->size()));
  for (int64_t &axis : named)
    axis = n.normalAxis(axis, n.rank(x));
  SmallVector<int64_t> steps(named.size(), 1);
  return n.done({n.make<xf::Slice>(x, Value(), Value(), named, n.dims(*starts),
                                   n.dims(*ends), steps)});
}

/// Positions, where they are known. Exporters write 10^9 or more for an end
/// that the size itself decides, which a minimum of both would hide.
static ArrayAttr knownPositions(NodeConverter &n, Value value) {
  auto known = n.constInts(value);
  if (!known)
    return n.knownSizes(value);
  for (int64_t &position : *known)
    if (position >= 1000000000)
      position = std::numeric_limits<int64_t>::max();
  return n.dims(*known);
}

/// How many axes a Slice cuts. Where no operand tells, as after a slice by
/// computed positions, it is one; the run checks that.
static std::optional<int64_t> countSlicedAxes(NodeConverter &n) {
  for (unsigned i : {1, 2, 3, 4})
    if (n.in(i) && n.rank(n.in(i)) != 1) {
      (void)n.error("starts, ends, axes and steps are not all vectors");
      return std::nullopt;
    }
  for (unsigned i : {1, 2, 3, 4})
    if (auto count = n.in(i) ? n.staticSize(n.in(i), 0) : std::nullopt)
      return count;
  return 1;
}

static LogicalResult convertSlice(NodeConverter &n) {
  Value x = n.in(0), starts = n.in(1), ends = n.in(2);
  SmallVector<int64_t> axes, steps;
  auto count = countSlicedAxes(n);
  if (!count)
    return failure();
  for (Value *positions : {&starts, &ends})
    if (!n.staticSize(*positions, 0))
      *positions = n.reshape(*positions, {Size(*count)});
  if (n.in(3)) {
    auto known = n.constInts(n.in(3));
    if (!known)
      return n.error("axes are computed by the model, expected a constant");
    axes = *known;
  } else {
    axes = llvm::to_vector(llvm::seq<int64_t>(0, *count));
  }
  for (int64_t &axis : axes)
    axis = n.normalAxis(axis, n.rank(x));
  if (n.in(4)) {
    auto known = n.constInts(n.in(4));
    if (!known)
      return n.error("steps are computed by the model, expected a constant");
    steps = *known;
  } else {
    steps.assign(axes.size(), 1);
  }
  ArrayAttr from = knownPositions(n, starts), to = knownPositions(n, ends);
  return n.done({n.make<xf::Slice>(
      x, from ? Value() : starts, to ? Value() : ends, axes, from, to, steps)});
}

/// Pieces of the given sizes, one after another.
static LogicalResult splitBySizes(NodeConverter &n, int64_t axis,
                                  ArrayRef<int64_t> sizes) {
  Value x = n.in(0);
  int64_t at = 0;
  SmallVector<Value> pieces;
  for (int64_t size : sizes) {
    if (size < 0)
      return n.error("a piece has size " + Twine(size));
    pieces.push_back(n.slice(x, axis, at, at + size));
    at += size;
  }
  if (auto total = n.staticSize(x, axis); total && *total != at)
    return n.error("the pieces' sizes sum to " + Twine(at) + ", expected " +
                   Twine(*total));
  return n.done(pieces);
}

SmallVector<Value> hagane::frontend::cutBySizes(NodeConverter &n, Value x,
                                                int64_t axis, Value sizes,
                                                int64_t count) {
  Value ends = n.make<xf::CumSum>(sizes, static_cast<int64_t>(0), false, false);
  Value starts = n.sub(ends, sizes);
  SmallVector<Value> pieces;
  for (int64_t i = 0; i < count; ++i)
    pieces.push_back(n.make<xf::Slice>(x, n.slice(starts, 0, i, i + 1),
                                       n.slice(ends, 0, i, i + 1),
                                       ArrayRef<int64_t>(axis), ArrayAttr(),
                                       ArrayAttr(), ArrayRef<int64_t>(1)));
  return pieces;
}

/// Pieces of one size; with `uneven` the last may be smaller.
static LogicalResult splitEvenly(NodeConverter &n, int64_t axis, int64_t count,
                                 bool uneven) {
  Value x = n.in(0);
  MLIRContext *context = n.builder().getContext();
  if (count <= 0 || count > kMaxPieces)
    return n.error("num_outputs is " + Twine(count) + ", expected 1 to " +
                   Twine(kMaxPieces));
  if (auto total = n.staticSize(x, axis); total && !uneven && *total % count)
    return n.error("axis " + Twine(axis) + " has size " + Twine(*total) +
                   ", expected a multiple of " + Twine(count));
  Dim piece = n.dim(x, axis).ceilDiv(Dim::constant(context, count));
  if (!n.isDurable(piece))
    return n.error("the size of axis " + Twine(axis) + " is not known");
  SmallVector<Value> pieces;
  for (int64_t i = 0; i < count; ++i)
    pieces.push_back(n.slice(x, axis, piece * i, piece * (i + 1)));
  return n.done(pieces);
}

static LogicalResult convertSplit(NodeConverter &n) {
  Value x = n.in(0), sizes = n.in(1);
  int64_t axis = n.normalAxis(n.getInt("axis", 0), n.rank(x));
  int64_t outputs = static_cast<int64_t>(n.numOutputs());
  std::optional<SmallVector<int64_t>> known = n.getInts("split");
  if (sizes)
    known = n.constInts(sizes);
  if (n.failed())
    return failure();
  if (known)
    return splitBySizes(n, axis, *known);
  if (sizes)
    return n.done(cutBySizes(n, x, axis, sizes, outputs));
  return splitEvenly(n, axis, n.getInt("num_outputs", outputs),
                     n.version() >= 18);
}

//===----------------------------------------------------------------------===//
// Pad and Tile
//===----------------------------------------------------------------------===//

static std::optional<xf::PadKind> padKind(NodeConverter &n) {
  StringRef mode = n.getString("mode", "constant");
  std::optional<xf::PadKind> kind = xf::symbolizePadKind(mode);
  if (!kind)
    (void)n.error("attribute 'mode' is '" + mode +
                  "', expected constant, reflect, edge or wrap");
  return kind;
}

/// Elements [start, start + count) along an axis, by one-element tensors.
static Value sliceComputed(NodeConverter &n, Value x, int64_t axis, Value start,
                           Value count) {
  Value end = n.add(start, count);
  ArrayAttr from = n.knownSizes(start), to = n.knownSizes(end);
  return n.make<xf::Slice>(x, from ? Value() : start, to ? Value() : end,
                           ArrayRef<int64_t>(axis), from, to,
                           ArrayRef<int64_t>(1));
}

/// Each axis is cut, or padded with zeros, to the wanted size about its centre.
static LogicalResult convertCenterCropPad(NodeConverter &n) {
  Value x = n.in(0);
  int64_t rank = n.rank(x);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (auto given = n.getInts("axes"))
    axes = n.normalAxes(*given, rank);
  int64_t count = static_cast<int64_t>(axes.size());
  if (n.failed() || n.rank(n.in(1)) != 1 || n.staticSize(n.in(1), 0) != count)
    return n.error("the shape does not have one element for each of " +
                   Twine(count) + " axes");
  Value shape = n.cast(n.in(1), n.builder().getI64Type());
  Value two = n.ints({2});
  SmallVector<Value> pads(2 * rank, n.ints({0}));
  for (auto [i, axis] : llvm::enumerate(axes)) {
    int64_t at = static_cast<int64_t>(i);
    Value have = n.sizeTensor(Size(x, axis)),
          want = n.slice(shape, 0, at, at + 1);
    Value kept = n.make<xf::Min>(have, want);
    Value missing = n.sub(want, kept), before = n.div(missing, two);
    // What is not cut is not sliced.
    const auto &size = n.getState().getFacts(kept).content;
    if (!size || size->front() != n.dim(x, axis))
      x = sliceComputed(n, x, axis, n.div(n.sub(have, kept), two), kept);
    pads[axis] = before;
    pads[rank + axis] = n.sub(missing, before);
  }
  Value amounts = n.concat(pads, 0);
  ArrayAttr known = n.knownSizes(amounts);
  return n.done(
      {n.make<xf::Pad>(x, known ? Value() : amounts, n.scalar(0, n.elem(x)),
                       known, xf::PadKind::constant)});
}

static LogicalResult convertPadAttributes(NodeConverter &n) {
  Value x = n.in(0);
  auto pads = n.getInts("pads");
  auto kind = padKind(n);
  if (!pads || !kind)
    return n.error("attribute 'pads' is missing");
  Value fill = n.scalar(n.getFloat("value", 0), n.elem(x));
  return n.done({n.make<xf::Pad>(x, Value(), fill, n.dims(*pads), *kind)});
}

static LogicalResult convertPad(NodeConverter &n) {
  Value x = n.in(0), pads = n.in(1), fill = n.in(2);
  auto kind = padKind(n);
  if (!kind)
    return failure();
  if (n.rank(fill) == 1)
    fill = n.squeeze(fill, {0});
  if (n.rank(pads) == 2)
    pads = n.reshape(pads, {-1});
  if (!n.in(3)) {
    ArrayAttr known = n.knownSizes(pads);
    return n.done(
        {n.make<xf::Pad>(x, known ? Value() : pads, fill, known, *kind)});
  }
  auto axes = n.constInts(n.in(3));
  if (!axes)
    return n.error("axes are computed by the model, expected a constant");
  // A pad for each axis: 0 where none is named.
  int64_t rank = n.rank(x), count = static_cast<int64_t>(axes->size());
  if (n.rank(pads) != 1 || n.staticSize(pads, 0) != 2 * count)
    return n.error("pads do not have " + Twine(2 * count) + " elements");
  SmallVector<Value> parts(2 * rank, n.cast(n.ints({0}), n.elem(pads)));
  SmallVector<int64_t> constants(2 * rank, 0);
  auto known = n.constInts(pads);
  for (auto [i, axis] : llvm::enumerate(*axes)) {
    int64_t at = n.normalAxis(axis, rank);
    if (n.failed())
      return failure();
    for (int64_t side : {0, 1}) {
      int64_t from = static_cast<int64_t>(i) + side * count;
      if (known)
        constants[at + side * rank] = (*known)[from];
      else
        parts[at + side * rank] = n.slice(pads, 0, from, from + 1);
    }
  }
  return n.done(
      {n.make<xf::Pad>(x, known ? Value() : n.concat(parts, 0), fill,
                       known ? n.dims(constants) : ArrayAttr(), *kind)});
}

/// Each axis of n becomes [repeats, n], broadcast, and folds back.
static LogicalResult convertTile(NodeConverter &n) {
  Value x = n.in(0), repeats = n.in(1);
  int64_t rank = n.rank(x);
  if (rank == 0)
    return n.done({x});
  if (n.rank(repeats) != 1 || n.staticSize(repeats, 0).value_or(rank) != rank)
    return n.error("repeats are not a vector of " + Twine(rank) + " elements");
  if (auto known = n.constInts(repeats);
      known && llvm::all_equal(*known) && known->front() == 1)
    return n.done({x});
  SmallVector<int64_t> inserted;
  for (int64_t axis = 0; axis < rank; ++axis)
    inserted.push_back(2 * axis);
  Value spread = n.unsqueeze(x, inserted);
  Value shape = n.make<xf::ShapeOf>(x);
  repeats = n.cast(repeats, n.builder().getI64Type());
  SmallVector<Value> parts;
  for (int64_t axis = 0; axis < rank; ++axis) {
    parts.push_back(n.slice(repeats, 0, axis, axis + 1));
    parts.push_back(n.slice(shape, 0, axis, axis + 1));
  }
  Value sizes = n.concat(parts, 0), total = n.mul(shape, repeats);
  ArrayAttr knownSizes = n.knownSizes(sizes), knownTotal = n.knownSizes(total);
  Value wide =
      n.make<xf::Broadcast>(spread, knownSizes ? Value() : sizes, knownSizes);
  return n.done({n.make<xf::Reshape>(wide, knownTotal ? Value() : total,
                                     knownTotal, UnitAttr())});
}

static const OpRow rows[] = {
    {"CenterCropPad", 18, 2, convertCenterCropPad},
    {"Concat", 1, 1, convertConcat},
    {"Pad", 2, 1, convertPadAttributes},
    {"Pad", 11, 2, convertPad},
    {"Slice", 1, 1, convertSliceAttributes},
    {"Slice", 10, 3, convertSlice},
    {"Split", 2, 1, convertSplit},
    {"Tile", 6, 2, convertTile},
    {"Transpose", 1, 1, convertTranspose},
};

static const OpRow microsoftRows[] = {
    {"Pad", 1, 2, convertPad},
};

void hagane::frontend::registerMovement(OpRegistry &registry) {
  registry.add("com.microsoft", microsoftRows);
  registry.add("", rows);
}
