// Windows the other way: transposed convolutions, col2im and unpooling.
#include "frontend/ops/Window.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;

static int64_t productOf(ArrayRef<int64_t> values) {
  int64_t product = 1;
  for (int64_t value : values)
    product *= value;
  return product;
}

namespace {
/// The space of a transposed convolution's result and what is cut off at its
/// beginning.
struct Target {
  SmallVector<Dim> sizes;
  SmallVector<int64_t> begins;
};
} // namespace

/// The result's sizes follow from the pads, or the pads from the sizes.
static FailureOr<Target> findTarget(NodeConverter &n, Value x,
                                    const Window &window) {
  size_t space = window.kernel.size();
  SmallVector<int64_t> zeros(space, 0);
  auto extra = n.getInts("output_padding").value_or(zeros);
  auto wanted = n.getInts("output_shape");
  StringRef mode = n.getString("auto_pad", "NOTSET");
  if (wanted && wanted->size() == space + 2)
    wanted->erase(wanted->begin(), wanted->begin() + 2);
  if (extra.size() != space || (wanted && wanted->size() != space))
    return n.error("output_padding or output_shape do not fit an input of "
                   "rank " +
                   Twine(n.rank(x)));
  bool isSame = mode == "SAME_UPPER" || mode == "SAME_LOWER";
  Target target;
  for (size_t i = 0; i < space; ++i) {
    Dim size = n.dim(x, static_cast<int64_t>(i) + 2);
    Dim full = (size - 1) * window.strides[i] + extra[i] +
               ((window.kernel[i] - 1) * window.dilations[i] + 1);
    if (!isSame && !wanted) {
      target.begins.push_back(window.pads[i]);
      target.sizes.push_back(full - window.pads[i] - window.pads[i + space]);
      continue;
    }
    target.sizes.push_back(
        wanted ? Dim::constant(n.builder().getContext(), (*wanted)[i])
               : size * window.strides[i]);
    std::optional<int64_t> total = (full - target.sizes.back()).getConstant();
    if (!total)
      return n.error("output_shape needs static sizes");
    total = std::max<int64_t>(*total, 0);
    target.begins.push_back(mode == "SAME_UPPER" ? *total / 2
                                                 : *total - *total / 2);
  }
  return target;
}

/// The result's sizes as a tensor, where only shape arithmetic tells those of
/// the input.
static FailureOr<Value> sizesOf(NodeConverter &n, Value x, const Target &target,
                                const Window &window) {
  SmallVector<Value> sizes;
  for (auto [i, size] : llvm::enumerate(target.sizes)) {
    int64_t axis = static_cast<int64_t>(i) + 2, stride = window.strides[i];
    if (auto constant = size.getConstant()) {
      sizes.push_back(n.ints({*constant}));
      continue;
    }
    auto rest = (size - n.dim(x, axis) * stride).getConstant();
    if (!rest)
      return n.error("the input's sizes are not known");
    sizes.push_back(
        n.addScalar(n.mulScalar(n.sizeTensor(Size(x, axis)), stride), *rest));
  }
  return n.concat(sizes, 0);
}

/// What each input element gives to the windows is a product of matrices, that
/// is, a convolution of one position; the windows are then laid over each
/// other.
static FailureOr<Value> makeConvTranspose(NodeConverter &n, Value bias) {
  Value x = n.in(0), weight = n.in(1);
  auto kernel = readKernel(n, weight);
  int64_t groups = n.getInt("group", 1);
  auto in = n.staticSize(weight, 0), out = n.staticSize(weight, 1);
  if (failed(kernel))
    return failure();
  if (!in || !out || groups < 1 || *in % groups)
    return n.error("the weight's channels are not a known multiple of the " +
                   Twine(groups) + " groups");
  auto window = readWindow(n, x, *kernel);
  if (failed(window))
    return failure();
  auto target = findTarget(n, x, *window);
  if (failed(target))
    return failure();
  bool known =
      llvm::all_of(target->sizes, [&](Dim dim) { return n.isDurable(dim); });
  FailureOr<Value> sizes = Value();
  if (!known)
    sizes = sizesOf(n, x, *target, *window);
  if (failed(sizes))
    return failure();
  int64_t volume = productOf(*kernel);
  // [groups, in, out, window] to [groups * out * window, in].
  Value parts = n.reshape(weight, {groups, *in / groups, *out, volume});
  parts = n.transpose(parts, {0, 2, 3, 1});
  SmallVector<Size> flat{groups * *out * volume, *in / groups};
  flat.append(kernel->size(), Size(1));
  SmallVector<int64_t> ones(kernel->size(), 1), none(2 * kernel->size(), 0);
  Value windows = n.make<xf::Conv>(x, n.reshape(parts, flat), Value(), ones,
                                   none, ones, groups);
  Value y = n.make<xf::FoldWindows>(
      windows, *sizes, known ? n.dims(target->sizes) : ArrayAttr(), *kernel,
      window->strides, target->begins, window->dilations);
  return bias ? n.add(y, alongChannels(n, bias, x)) : y;
}

static LogicalResult convertConvTranspose(NodeConverter &n) {
  auto y = makeConvTranspose(n, n.in(2));
  return failed(y) ? failure() : n.done({*y});
}

/// (x, weight, pads?, bias?): the pads, which the model computes, are cut off
/// the whole result.
static LogicalResult convertConvTransposeWithPads(NodeConverter &n) {
  auto y = makeConvTranspose(n, n.in(3));
  Value pads = n.in(2);
  if (failed(y) || n.failed())
    return failure();
  if (!pads)
    return n.done({*y});
  int64_t space = n.rank(*y) - 2;
  if (n.rank(pads) != 1 || n.staticSize(pads, 0) != 2 * space)
    return n.error("the pads do not have " + Twine(2 * space) + " elements");
  Value cuts = n.make<xf::Neg>(pads), none = n.ints({0, 0});
  cuts = n.concat({none, n.slice(cuts, 0, 0, space), none,
                   n.slice(cuts, 0, space, 2 * space)},
                  0);
  ArrayAttr known = n.knownSizes(cuts);
  return n.done(
      {n.make<xf::Pad>(*y, known ? Value() : cuts, n.scalar(0, n.elem(*y)),
                       known, xf::PadKind::constant)});
}

/// How many windows lie along each axis of an image: as sizes of a reshape.
static FailureOr<SmallVector<Size>> countWindows(NodeConverter &n, Value x,
                                                 ArrayRef<int64_t> image,
                                                 const Window &window) {
  size_t space = window.kernel.size();
  SmallVector<Size> positions{Size(x, 0), Size(x, 1)};
  for (size_t i = 0; i < space; ++i) {
    int64_t room = image[i] + window.pads[i] + window.pads[i + space] -
                   window.dilations[i] * (window.kernel[i] - 1) - 1;
    if (room < 0)
      return n.error("the block does not fit axis " + Twine(i) +
                     " of the image");
    positions.push_back(Size(room / window.strides[i] + 1));
  }
  return positions;
}

/// x with its windows along the axes of an image whose sizes the model
/// computes.
static Value spreadWindows(NodeConverter &n, Value x, Value image,
                           const Window &window) {
  size_t space = window.kernel.size();
  SmallVector<int64_t> room, strides(window.strides);
  for (size_t i = 0; i < space; ++i)
    room.push_back(window.pads[i] + window.pads[i + space] -
                   window.dilations[i] * (window.kernel[i] - 1) - 1);
  Value counts = n.add(n.div(n.add(image, n.ints(room)), n.ints(strides)),
                       n.ints(SmallVector<int64_t>(space, 1)));
  Value shape =
      n.concat({n.sizeTensor(Size(x, 0)), n.sizeTensor(Size(x, 1)), counts}, 0);
  return n.make<xf::Reshape>(x, shape, ArrayAttr(), UnitAttr());
}

/// (windows, image_shape, block_shape).
static LogicalResult convertCol2Im(NodeConverter &n) {
  Value x = n.in(0), image = n.in(1);
  auto block = n.constInts(n.in(2));
  if (!block)
    return n.error("block_shape is computed by the model, expected a constant");
  size_t space = block->size();
  if (n.rank(x) != 3 || n.rank(image) != 1 || n.staticSize(image, 0) != space)
    return n.error("the input is not of rank 3, or image_shape has not " +
                   Twine(space) + " elements, as block_shape has");
  SmallVector<int64_t> ones(space, 1), none(2 * space, 0);
  Window window{*block,
                n.getInts("strides").value_or(ones),
                n.getInts("dilations").value_or(ones),
                n.getInts("pads").value_or(none),
                {}};
  auto isPositive = [](int64_t value) { return value > 0; };
  if (window.strides.size() != space || window.dilations.size() != space ||
      window.pads.size() != 2 * space ||
      !llvm::all_of(window.strides, isPositive) ||
      !llvm::all_of(window.dilations, isPositive))
    return n.error("strides, dilations or pads do not fit " + Twine(space) +
                   " axes of space");
  // Of values that meet any true one counts.
  Type type = n.elem(x);
  if (type && type.isInteger(1))
    x = n.cast(x, n.builder().getI32Type());
  ArrayAttr known = n.knownSizes(image);
  Value spread;
  if (auto sizes = n.constInts(image)) {
    auto positions = countWindows(n, x, *sizes, window);
    if (failed(positions))
      return failure();
    spread = n.reshape(x, *positions);
  } else {
    spread =
        spreadWindows(n, x, n.cast(image, n.builder().getI64Type()), window);
  }
  Value folded = n.make<xf::FoldWindows>(
      spread, known ? Value() : image, known, *block, window.strides,
      ArrayRef(window.pads).take_front(space), window.dilations);
  return n.done({n.cast(folded, type)});
}

/// Each value goes where the pool found it: (x, indices, output_shape?).
static LogicalResult convertMaxUnpool(NodeConverter &n) {
  Value x = n.in(0), indices = n.in(1);
  auto kernel = n.getInts("kernel_shape");
  if (!kernel || static_cast<int64_t>(kernel->size()) + 2 != n.rank(x))
    return n.error("attribute 'kernel_shape' does not fit an input of rank " +
                   Twine(n.rank(x)));
  auto window = readWindow(n, x, *kernel);
  if (failed(window))
    return failure();
  size_t space = kernel->size();
  SmallVector<Dim> dims{n.dim(x, 0), n.dim(x, 1)};
  for (size_t i = 0; i < space; ++i)
    dims.push_back(
        (n.dim(x, static_cast<int64_t>(i) + 2) - 1) * window->strides[i] +
        (window->kernel[i] - window->pads[i] - window->pads[i + space]));
  Dim count = Dim::constant(n.builder().getContext(), 1);
  for (Dim dim : dims)
    count = count * dim;
  if (!n.isDurable(count))
    return n.error("the input's sizes are not known");
  Value zeros =
      n.make<xf::Broadcast>(n.scalar(0, n.elem(x)), Value(), n.dims({count}));
  Value flat = n.make<xf::ScatterElements>(
      zeros, n.reshape(indices, {-1}), n.reshape(x, {-1}),
      static_cast<int64_t>(0), xf::ScatterKind::set);
  Value y = n.make<xf::Reshape>(flat, Value(), n.dims(dims), UnitAttr());
  if (!n.in(2))
    return n.done({y});
  // A larger shape gets zeros at the ends.
  Value ends = n.sub(n.in(2), n.make<xf::ShapeOf>(y));
  Value pads =
      n.concat({n.ints(SmallVector<int64_t>(dims.size(), 0)), ends}, 0);
  return n.done({n.make<xf::Pad>(y, pads, n.scalar(0, n.elem(x)), ArrayAttr(),
                                 xf::PadKind::constant)});
}

static const OpRow rows[] = {
    {"Col2Im", 18, 3, convertCol2Im},
    {"ConvTranspose", 1, 2, convertConvTranspose},
    {"MaxUnpool", 9, 2, convertMaxUnpool},
};

static const OpRow microsoftRows[] = {
    {"ConvTransposeWithDynamicPads", 1, 2, convertConvTransposeWithPads},
};

void hagane::frontend::registerUnpool(OpRegistry &registry) {
  registry.add("com.microsoft", microsoftRows);
  registry.add("", rows);
}
