// Shapes: reading them, changing them without moving elements, making tensors
// of given shapes.
#include "dialects/xf/XfDynamic.h"
#include "frontend/ops/ControlFlow.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;

static LogicalResult convertShape(NodeConverter &n) {
  Value x = n.in(0);
  int64_t rank = n.rank(x);
  auto clamp = [&](int64_t at) {
    return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  int64_t start = clamp(n.getInt("start", 0)),
          end = clamp(n.getInt("end", rank));
  Value shape = n.make<xf::ShapeOf>(x);
  return n.done({start == 0 && end == rank
                     ? shape
                     : n.slice(shape, 0, start, std::max(start, end))});
}

static LogicalResult convertSize(NodeConverter &n) {
  Value shape = n.make<xf::ShapeOf>(n.in(0));
  return n.done(
      {n.reduce(shape, xf::ReduceKind::prod, {0}, /*keepDims=*/false)});
}

static LogicalResult convertReshape(NodeConverter &n) {
  bool copyZero = n.getInt("allowzero", 0) == 0;
  ArrayAttr known = n.knownSizes(n.in(1));
  return n.done({n.make<xf::Reshape>(n.in(0), known ? Value() : n.in(1), known,
                                     copyZero)});
}

static LogicalResult convertReshapeAttribute(NodeConverter &n) {
  auto shape = n.getInts("shape");
  if (!shape)
    return n.error("attribute 'shape' is missing");
  return n.done({n.make<xf::Reshape>(n.in(0), Value(), n.dims(*shape), true)});
}

/// The product of sizes [from, to) of x as a one-element tensor.
static Value sizeOfAxes(NodeConverter &n, Value x, int64_t from, int64_t to) {
  Value part = n.slice(n.make<xf::ShapeOf>(x), 0, from, to);
  return n.reduce(part, xf::ReduceKind::prod, {0});
}

static Dim productOfDims(NodeConverter &n, Value x, int64_t from, int64_t to) {
  Dim product = Dim::constant(n.builder().getContext(), 1);
  for (int64_t axis = from; axis < to; ++axis)
    product = product * n.dim(x, axis);
  return product;
}

static LogicalResult convertFlatten(NodeConverter &n) {
  Value x = n.in(0);
  int64_t rank = n.rank(x), axis = n.getInt("axis", 1);
  if (axis < 0)
    axis += rank;
  if (axis < 0 || axis > rank)
    return n.error("axis " + Twine(axis) + " is out of range for rank " +
                   Twine(rank));
  Dim rows = productOfDims(n, x, 0, axis),
      columns = productOfDims(n, x, axis, rank);
  if (n.isDurable(rows) && n.isDurable(columns))
    return n.done(
        {n.make<xf::Reshape>(x, Value(), n.dims({rows, columns}), false)});
  Value sizes =
      n.concat({sizeOfAxes(n, x, 0, axis), sizeOfAxes(n, x, axis, rank)}, 0);
  return n.done({n.make<xf::Reshape>(x, sizes, ArrayAttr(), false)});
}

/// Axes of at most one element give up that element, which a reshape to a shape
/// without them would not say: `x[:, 0:1]` has size min(1, n).
static Value takeOnly(NodeConverter &n, Value x, ArrayRef<int64_t> axes) {
  SmallVector<int64_t> ones, others(axes);
  llvm::sort(others, std::greater<>());
  for (int64_t axis : others) {
    Dim size = n.dim(x, axis);
    if (size.getConstant() || n.getState().prover.getRange(size).max != 1)
      ones.push_back(axis);
  }
  llvm::erase_if(others,
                 [&](int64_t axis) { return llvm::is_contained(ones, axis); });
  // From the last axis on, so that those before keep their places.
  for (int64_t axis : others) {
    x = n.make<xf::Gather>(x, n.scalar(0, n.builder().getI64Type()), axis);
    for (int64_t &one : ones)
      one -= one > axis;
  }
  return ones.empty() ? x : n.squeeze(x, ones);
}

/// Fails the run where an axis that was taken for larger has size 1.
static LogicalResult requireNotOne(NodeConverter &n, Value x, int64_t axis) {
  MLIRContext *context = n.builder().getContext();
  Dim one = Dim::constant(context, 1), size = n.dim(x, axis);
  if (n.getState().prover.isNotEqual(size, one))
    return success();
  if (!n.isDurable(size))
    size = readSize(n, n.sizeTensor(Size(x, axis)), "size");
  if (!size)
    return failure();
  Dim apart = size.min(Dim::constant(context, 2)) - 1;
  xf::RequireEqual::create(
      n.builder(), (apart * apart).getAttr(), one.getAttr(),
      n.builder().getStringAttr(
          "whether axis " + Twine(axis) +
          " has another size than 1, which Squeeze without axes keeps"));
  return success();
}

/// Without axes all of size 1 go. Of those whose size only the run tells, the
/// rank that the model states tells whether they are 1; else they are not.
static LogicalResult squeezeOnes(NodeConverter &n, Value x) {
  SmallVector<int64_t> ones, unknown;
  for (int64_t axis = 0; axis < n.rank(x); ++axis) {
    auto size = n.staticSize(x, axis);
    if (!size)
      unknown.push_back(axis);
    else if (*size == 1)
      ones.push_back(axis);
  }
  auto stated =
      dyn_cast<RankedTensorType>(n.getNode().getOutputs()[0].getType());
  auto kept = n.rank(x) - static_cast<int64_t>(ones.size());
  auto none = kept - static_cast<int64_t>(unknown.size());
  if (stated && stated.getRank() > none && stated.getRank() < kept)
    return n.error("axes are left out and the model states rank " +
                   Twine(stated.getRank()) + ", which does not tell which of " +
                   Twine(unknown.size()) +
                   " axes of unknown size go; expected the input 'axes'");
  if (stated && stated.getRank() == none) {
    llvm::append_range(ones, unknown);
    return n.done({takeOnly(n, x, ones)});
  }
  for (int64_t axis : unknown)
    if (failed(requireNotOne(n, x, axis)))
      return failure();
  return n.done({n.squeeze(x, ones)});
}

static LogicalResult convertSqueeze(NodeConverter &n) {
  Value x = n.in(0);
  std::optional<SmallVector<int64_t>> axes = n.getAxes(1);
  if (n.failed())
    return failure();
  if (axes) {
    SmallVector<int64_t> dropped = n.normalAxes(*axes, n.rank(x));
    for (int64_t axis : dropped)
      if (auto size = n.staticSize(x, axis); size && *size != 1)
        return n.error("axis " + Twine(axis) + " has size " + Twine(*size) +
                       ", expected 1");
    return n.done({takeOnly(n, x, dropped)});
  }
  return squeezeOnes(n, x);
}

static LogicalResult convertUnsqueeze(NodeConverter &n) {
  Value x = n.in(0);
  std::optional<SmallVector<int64_t>> axes = n.getAxes(1);
  if (!axes)
    return n.error("axes are missing");
  int64_t rank = n.rank(x) + static_cast<int64_t>(axes->size());
  return n.done({n.unsqueeze(x, n.normalAxes(*axes, rank))});
}

static LogicalResult convertExpand(NodeConverter &n) {
  ArrayAttr known = n.knownSizes(n.in(1));
  return n.done(
      {n.make<xf::Broadcast>(n.in(0), known ? Value() : n.in(1), known)});
}

static LogicalResult convertConstantOfShape(NodeConverter &n) {
  Value fill;
  if (n.hasAttr("value")) {
    DenseElementsAttr value = n.getTensor("value");
    if (!value || value.getNumElements() != 1)
      return n.error("attribute 'value' is not a tensor of one element");
    fill = n.constant(
        value.reshape(RankedTensorType::get({}, value.getElementType())));
  } else {
    fill = n.scalar(0, n.builder().getF32Type());
  }
  ArrayAttr known = n.knownSizes(n.in(0));
  if (known && known.empty())
    return n.done({fill});
  return n.done(
      {n.make<xf::Broadcast>(fill, known ? Value() : n.in(0), known)});
}

static LogicalResult convertRange(NodeConverter &n) {
  SmallVector<Value> bounds;
  for (unsigned i = 0; i < 3; ++i) {
    Value bound = n.in(i);
    // That of com.microsoft may leave the step out.
    if (!bound)
      bound = n.scalar(1, n.elem(n.in(0)));
    if (n.rank(bound) == 1)
      bound = n.squeeze(bound, {0});
    bounds.push_back(bound);
  }
  Type to = n.elem(bounds[0]);
  SmallVector<int64_t> constants;
  for (Value bound : bounds)
    if (auto known = n.constInts(bound); known && known->size() == 1)
      constants.push_back(known->front());
  if (constants.size() == 3 && constants[2] != 0)
    return n.done({n.make<xf::Range>(Value(), Value(), Value(),
                                     n.dims(constants), TypeAttr::get(to))});
  return n.done({n.make<xf::Range>(bounds[0], bounds[1], bounds[2], ArrayAttr(),
                                   TypeAttr::get(to))});
}

/// 0, 1, ... below the size of x's axis, as i64.
static Value positionsAlong(NodeConverter &n, Value x, int64_t axis) {
  Type type = n.builder().getI64Type();
  if (n.isDurable(n.dim(x, axis))) {
    MLIRContext *context = n.builder().getContext();
    ArrayAttr bounds = n.dims(
        {Dim::constant(context, 0), n.dim(x, axis), Dim::constant(context, 1)});
    return n.make<xf::Range>(Value(), Value(), Value(), bounds,
                             TypeAttr::get(type));
  }
  Value limit = n.squeeze(n.sizeTensor(Size(x, axis)), {0});
  return n.make<xf::Range>(n.scalar(0, type), limit, n.scalar(1, type),
                           ArrayAttr(), TypeAttr::get(type));
}

static LogicalResult convertEyeLike(NodeConverter &n) {
  Value x = n.in(0);
  if (n.rank(x) != 2)
    return n.error("the input has rank " + Twine(n.rank(x)) + ", expected 2");
  Type type = n.getDataType("dtype");
  Value rows = n.unsqueeze(positionsAlong(n, x, 0), {1});
  if (int64_t k = n.getInt("k", 0))
    rows = n.addScalar(rows, static_cast<double>(k));
  Value ones = n.cmp(xf::CmpKind::eq, positionsAlong(n, x, 1), rows);
  return n.done({n.cast(ones, type ? type : n.elem(x))});
}

static LogicalResult convertTrilu(NodeConverter &n) {
  // Exporters also write the diagonal as a vector of one element.
  Value k = n.in(1);
  if (k && n.rank(k) == 1 && n.staticSize(k, 0) == 1)
    k = n.squeeze(k, {0});
  return n.done({n.make<xf::Trilu>(n.in(0), k, n.getInt("upper", 1) != 0)});
}

/// A size times a number, or divided by one.
struct Scaled {
  Scaled(Size size, int64_t times = 1, int64_t over = 1)
      : size(size), times(times), over(over) {}
  Size size;
  int64_t times, over;
};

static Dim dimOf(NodeConverter &n, const Scaled &scaled) {
  MLIRContext *context = n.builder().getContext();
  Dim dim = scaled.size.source ? n.dim(scaled.size.source, scaled.size.axis)
                               : Dim::constant(context, scaled.size.constant);
  dim = dim * scaled.times;
  return scaled.over == 1 ? dim
                          : dim.floorDiv(Dim::constant(context, scaled.over));
}

/// Sizes that only running the model tells become a computed tensor.
static Value reshapeScaled(NodeConverter &n, Value x, ArrayRef<Scaled> sizes) {
  if (n.failed())
    return {};
  SmallVector<Dim> known;
  for (const Scaled &size : sizes)
    known.push_back(dimOf(n, size));
  if (llvm::all_of(known, [&](Dim dim) { return n.isDurable(dim); }))
    return n.make<xf::Reshape>(x, Value(), n.dims(known), false);
  SmallVector<Value> parts;
  for (const Scaled &size : sizes) {
    Value part = n.mulScalar(n.sizeTensor(size.size), size.times);
    if (size.over != 1)
      part = n.div(part, n.scalar(size.over, n.builder().getI64Type()));
    parts.push_back(part);
  }
  return n.make<xf::Reshape>(x, n.concat(parts, 0), ArrayAttr(), UnitAttr());
}

/// Whether blocks are counted before the channels (DCR) or after them (CRD);
/// checks what both directions ask of their nodes.
static bool isChannelFirst(NodeConverter &n, int64_t block) {
  StringRef mode = n.getString("mode", "DCR");
  if (mode != "DCR" && mode != "CRD")
    (void)n.error("attribute 'mode' is '" + mode +
                  "', expected 'DCR' or 'CRD'");
  else if (n.rank(n.in(0)) != 4)
    (void)n.error("the input has rank " + Twine(n.rank(n.in(0))) +
                  ", expected 4");
  // Larger ones have a square that is no size.
  else if (block <= 0 || block > std::numeric_limits<int32_t>::max())
    (void)n.error("attribute 'blocksize' is " + Twine(block) +
                  ", expected a positive number below 2^31");
  return mode == "CRD";
}

/// Moves blocks of channels to space: c = (h, w, C) with DCR, (C, h, w) with
/// CRD.
static LogicalResult convertDepthToSpace(NodeConverter &n) {
  Value x = n.in(0);
  int64_t block = n.requireInt("blocksize");
  bool crd = isChannelFirst(n, block);
  if (n.failed())
    return failure();
  int64_t area = block * block;
  if (auto channels = n.staticSize(x, 1); channels && *channels % area)
    return n.error("the input has " + Twine(*channels) +
                   " channels, expected a multiple of " + Twine(area));
  Size batch(x, 0), rows(x, 2), columns(x, 3);
  Scaled left(Size(x, 1), 1, area);
  Value y =
      crd ? reshapeScaled(
                n, x, {batch, left, Size(block), Size(block), rows, columns})
          : reshapeScaled(
                n, x, {batch, Size(block), Size(block), left, rows, columns});
  y = crd ? n.transpose(y, {0, 1, 4, 2, 5, 3})
          : n.transpose(y, {0, 3, 4, 1, 5, 2});
  return n.done({reshapeScaled(
      n, y, {batch, left, Scaled(rows, block), Scaled(columns, block)})});
}

static LogicalResult convertSpaceToDepth(NodeConverter &n) {
  Value x = n.in(0);
  int64_t block = n.requireInt("blocksize");
  bool crd = isChannelFirst(n, block);
  if (n.failed())
    return failure();
  Size batch(x, 0), channels(x, 1);
  Scaled rows(Size(x, 2), 1, block), columns(Size(x, 3), 1, block);
  Value y = reshapeScaled(
      n, x, {batch, channels, rows, Size(block), columns, Size(block)});
  y = crd ? n.transpose(y, {0, 1, 3, 5, 2, 4})
          : n.transpose(y, {0, 3, 5, 1, 2, 4});
  return n.done({reshapeScaled(
      n, y, {batch, Scaled(channels, block * block), rows, columns})});
}

static const OpRow rows[] = {
    {"ConstantOfShape", 9, 1, convertConstantOfShape},
    {"DepthToSpace", 1, 1, convertDepthToSpace},
    {"Expand", 8, 2, convertExpand},
    {"EyeLike", 9, 1, convertEyeLike},
    {"Flatten", 1, 1, convertFlatten},
    {"Range", 11, 3, convertRange},
    {"Reshape", 1, 1, convertReshapeAttribute},
    {"Reshape", 5, 2, convertReshape},
    {"Shape", 1, 1, convertShape},
    {"Size", 1, 1, convertSize},
    {"SpaceToDepth", 1, 1, convertSpaceToDepth},
    {"Squeeze", 1, 1, convertSqueeze},
    {"Trilu", 14, 1, convertTrilu},
    {"Unsqueeze", 1, 1, convertUnsqueeze},
};

static const OpRow microsoftRows[] = {
    {"Range", 1, 2, convertRange},
    {"Trilu", 1, 1, convertTrilu},
};

void hagane::frontend::registerShape(OpRegistry &registry) {
  registry.add("com.microsoft", microsoftRows);
  registry.add("", rows);
}
