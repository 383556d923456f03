// Windows, mel filters and Fourier transforms. A transform is a matrix product,
// by a constant where its length is known and by waves computed in the run
// where it is a size of the inputs.
#include "frontend/ops/MatMul.h"
#include <cmath>

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

static constexpr double kTau = 6.283185307179586;
/// Elements of a table, which the module stores.
static constexpr int64_t kMaxTable = int64_t(1) << 26;

static Value makeTable(NodeConverter &n, ArrayRef<int64_t> shape, Type type,
                       ArrayRef<double> values) {
  if (n.failed())
    return {};
  auto real = dyn_cast<FloatType>(type);
  if (!real)
    // Through single precision, in which errors of 1e-17 below a whole number
    // vanish.
    return n.cast(makeTable(n, shape, n.builder().getF32Type(), values), type);
  SmallVector<APFloat> elements;
  for (double value : values) {
    APFloat element(value);
    bool losesInfo;
    element.convert(real.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                    &losesInfo);
    elements.push_back(element);
  }
  return n.constant(
      DenseElementsAttr::get(RankedTensorType::get(shape, type), elements));
}

/// A known whole number of an input, at least `least`.
static std::optional<int64_t> knownCount(NodeConverter &n, unsigned input,
                                         StringRef name, int64_t least) {
  auto values = n.constInts(n.in(input));
  if (!values || values->size() != 1) {
    (void)n.error(name + " is computed by the model, expected a constant");
    return std::nullopt;
  }
  if (values->front() < least || values->front() > kMaxTable) {
    (void)n.error(name + " is " + Twine(values->front()) +
                  ", expected between " + Twine(least) + " and 2^26");
    return std::nullopt;
  }
  return values->front();
}

static Type outputType(NodeConverter &n) {
  Type type = n.getDataType("output_datatype");
  return type ? type : Type(n.builder().getF32Type());
}

//===-- Windows -----------------------------------------------------------===//

/// a0 - a1 cos(x) + a2 cos(2x).
struct Cosines {
  double a0, a1, a2;
};

static LogicalResult makeWindow(NodeConverter &n, Cosines a) {
  std::optional<int64_t> size = knownCount(n, 0, "size", 0);
  if (!size)
    return failure();
  bool isPeriodic = n.getInt("periodic", 1) != 0;
  double period = static_cast<double>(isPeriodic ? *size : *size - 1);
  SmallVector<double> values;
  for (int64_t i = 0; i < *size; ++i) {
    double x = kTau * static_cast<double>(i) / period;
    values.push_back(a.a0 - a.a1 * std::cos(x) + a.a2 * std::cos(2 * x));
  }
  return n.done({makeTable(n, {*size}, outputType(n), values)});
}

static LogicalResult convertHann(NodeConverter &n) {
  return makeWindow(n, {0.5, 0.5, 0});
}
static LogicalResult convertHamming(NodeConverter &n) {
  return makeWindow(n, {25.0 / 46, 1 - 25.0 / 46, 0});
}
static LogicalResult convertBlackman(NodeConverter &n) {
  return makeWindow(n, {0.42, 0.5, 0.08});
}

//===-- Mel filters -------------------------------------------------------===//

static double toMel(double hertz) { return 2595 * std::log10(1 + hertz / 700); }
static double toHertz(double mel) {
  return 700 * (std::pow(10.0, mel / 2595) - 1);
}

/// Triangles between neighbours of equidistant places on the mel scale, each
/// at a whole bin of the spectrum.
static SmallVector<double> melFilters(ArrayRef<int64_t> edges, int64_t bins) {
  int64_t filters = static_cast<int64_t>(edges.size()) - 2;
  SmallVector<double> values(static_cast<size_t>(bins * filters), 0);
  auto set = [&](int64_t bin, int64_t filter, int64_t part, int64_t whole) {
    if (bin >= 0 && bin < bins)
      values[static_cast<size_t>(bin * filters + filter)] =
          static_cast<double>(part) / static_cast<double>(whole);
  };
  for (int64_t i = 0; i < filters; ++i) {
    int64_t low = edges[i], centre = edges[i + 1], high = edges[i + 2];
    if (low == centre)
      set(centre, i, 1, 1);
    for (int64_t bin = low; low < centre && bin <= centre; ++bin)
      set(bin, i, bin - low, centre - low);
    for (int64_t bin = centre; bin < high; ++bin)
      set(bin, i, high - bin, high - centre);
  }
  return values;
}

static LogicalResult convertMelWeightMatrix(NodeConverter &n) {
  std::optional<int64_t> filters = knownCount(n, 0, "num_mel_bins", 1),
                         length = knownCount(n, 1, "dft_length", 1),
                         rate = knownCount(n, 2, "sample_rate", 1);
  auto low = n.constFloats(n.in(3)), high = n.constFloats(n.in(4));
  if (n.failed())
    return failure();
  if (!low || low->size() != 1 || !high || high->size() != 1)
    return n.error("an edge is computed by the model, expected a constant");
  int64_t bins = *length / 2 + 1;
  if (bins > kMaxTable / *filters)
    return n.error("the matrix has more than 2^26 elements");
  double first = toMel(low->front());
  double step =
      (toMel(high->front()) - first) / static_cast<double>(*filters + 2);
  SmallVector<int64_t> edges;
  for (int64_t i = 0; i < *filters + 2; ++i) {
    double hertz = toHertz(static_cast<double>(i) * step + first);
    double bin = std::floor(static_cast<double>(*length + 1) * hertz /
                            static_cast<double>(*rate));
    if (!(bin >= 0 && bin <= static_cast<double>(*length)))
      return n.error("an edge is outside the spectrum");
    edges.push_back(static_cast<int64_t>(bin));
  }
  return n.done(
      {makeTable(n, {bins, *filters}, outputType(n), melFilters(edges, bins))});
}

//===-- Fourier transforms ------------------------------------------------===//

using xf::Dim;

namespace {
/// Of `inputs` numbers, to which zeros are added up to `length`, to the first
/// `outputs` frequencies, or back.
struct Transform {
  Dim inputs, length, outputs;
  bool inverse;
};
/// Cosines and sines [inputs, outputs], which carry an inverse's factor.
struct Waves {
  Value cosines, sines;
};
} // namespace

static Waves makeKnownWaves(NodeConverter &n, const Transform &t, Type type) {
  int64_t length = *t.length.getConstant(), inputs = *t.inputs.getConstant(),
          outputs = *t.outputs.getConstant();
  if (inputs > kMaxTable / std::max<int64_t>(outputs, 1)) {
    (void)n.error("the transform has more than 2^26 factors");
    return {};
  }
  SmallVector<double> cosines, sines;
  double factor = t.inverse ? 1 / static_cast<double>(length) : 1;
  for (int64_t i = 0; i < inputs; ++i)
    for (int64_t k = 0; k < outputs; ++k) {
      // The product is reduced first, which keeps the angle exact.
      double x = kTau * static_cast<double>(i * k % length) /
                 static_cast<double>(length);
      cosines.push_back(factor * std::cos(x));
      sines.push_back(factor * std::sin(x));
    }
  return {makeTable(n, {inputs, outputs}, type, cosines),
          makeTable(n, {inputs, outputs}, type, sines)};
}

/// The integers from `first` in steps of `step` to before `end`.
static Value makeRange(NodeConverter &n, Dim first, Dim end, int64_t step) {
  Dim by = Dim::constant(n.builder().getContext(), step);
  return n.make<xf::Range>(Value(), Value(), Value(), n.dims({first, end, by}),
                           TypeAttr::get(n.builder().getI64Type()));
}

/// The same, computed in the run.
static Waves makeWaves(NodeConverter &n, const Transform &t, Type type) {
  if (t.length.getConstant() && t.inputs.getConstant())
    return makeKnownWaves(n, t, type);
  Builder &b = n.builder();
  Dim zero = Dim::constant(b.getContext(), 0);
  auto scalarType = RankedTensorType::get({}, b.getI64Type());
  Value length =
      n.make<xf::Dims>(n.dims({t.length}), TypeAttr::get(scalarType));
  Value i = n.unsqueeze(makeRange(n, zero, t.inputs, 1), {1});
  Value turns =
      n.make<xf::Mod>(n.mul(i, makeRange(n, zero, t.outputs, 1)), length);
  Value real = n.cast(length, b.getF64Type());
  Value angle = n.mulScalar(n.div(n.cast(turns, b.getF64Type()), real), kTau);
  auto wave = [&](Value x) {
    return n.cast(t.inverse ? n.div(x, real) : x, type);
  };
  return {wave(n.make<xf::Cos>(angle)), wave(n.make<xf::Sin>(angle))};
}

/// Parts of a complex number; null for one that is 0.
using Complex = std::pair<Value, Value>;

static Value plus(NodeConverter &n, Value x, Value y, bool minus = false) {
  if (!y)
    return x;
  if (!x)
    return minus ? n.make<xf::Neg>(y) : y;
  return minus ? n.sub(x, y) : n.add(x, y);
}

/// Transforms the last axis.
static Complex transform(NodeConverter &n, Complex x, const Transform &t) {
  Waves waves = makeWaves(n, t, n.elem(x.first));
  auto times = [&](Value part, Value wave) {
    return part ? makeMatMul(n, part, wave) : Value();
  };
  // e^(-ix) forwards, e^(ix) back.
  Value real =
      plus(n, times(x.first, waves.cosines), times(x.second, waves.sines),
           /*minus=*/t.inverse);
  Value imaginary =
      plus(n, times(x.second, waves.cosines), times(x.first, waves.sines),
           /*minus=*/!t.inverse);
  return {real, imaginary};
}

/// The parts along the last axis, of size 1 or 2, which goes.
static Complex split(NodeConverter &n, Value x) {
  int64_t last = n.rank(x) - 1;
  auto parts = last >= 0 ? n.staticSize(x, last) : std::nullopt;
  if (!parts || *parts < 1 || *parts > 2) {
    (void)n.error("the last axis has not 1 or 2 parts");
    return {};
  }
  auto part = [&](int64_t i) {
    return n.squeeze(n.slice(x, last, i, i + 1), {last});
  };
  return {part(0), *parts == 2 ? part(1) : Value()};
}

static Value join(NodeConverter &n, Complex x) {
  int64_t last = n.rank(x.first);
  return n.concat({n.unsqueeze(x.first, {last}), n.unsqueeze(x.second, {last})},
                  last);
}

static Value swapAxes(NodeConverter &n, Value x, int64_t i, int64_t j) {
  if (!x || i == j)
    return x;
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, n.rank(x)));
  std::swap(order[i], order[j]);
  return n.transpose(x, order);
}

/// How many frequencies tell the others of real numbers.
static Dim halfOf(NodeConverter &n, Dim length) {
  return length.floorDiv(Dim::constant(n.builder().getContext(), 2)) + 1;
}

/// The rest of a spectrum of real numbers mirrors its first half.
static Complex mirror(NodeConverter &n, Complex x, Dim length) {
  int64_t last = n.rank(x.first) - 1;
  Dim zero = Dim::constant(n.builder().getContext(), 0);
  Value places = makeRange(n, length - halfOf(n, length), zero, -1);
  auto mirrored = [&](Value part, bool negate) {
    Value tail = n.make<xf::Gather>(part, places, last);
    return n.concat({part, negate ? n.make<xf::Neg>(tail) : tail}, last);
  };
  return {mirrored(x.first, false), mirrored(x.second, true)};
}

/// The length of the transform of `size` numbers; null after an error.
static Dim transformLength(NodeConverter &n, Dim size, bool mirrors) {
  if (!n.in(1))
    return mirrors ? (size - 1) * 2 : size;
  const auto &content = n.getState().getFacts(n.in(1)).content;
  if (content && content->size() == 1 && content->front() &&
      !content->front().getConstant() && n.isDurable(content->front()))
    return content->front();
  auto length = knownCount(n, 1, "dft_length", 1);
  return length ? Dim::constant(n.builder().getContext(), *length) : Dim();
}

/// Waves and sums of 16 bits would be coarse.
static Value widened(NodeConverter &n, Value x) {
  Type type = n.elem(x);
  return type && type.getIntOrFloatBitWidth() < 32
             ? n.cast(x, n.builder().getF32Type())
             : x;
}

static LogicalResult transformAxis(NodeConverter &n, int64_t axis) {
  Complex x = split(n, widened(n, n.in(0)));
  if (n.failed())
    return failure();
  int64_t last = n.rank(x.first) - 1;
  axis = n.normalAxis(axis, last + 2);
  bool inverse = n.getInt("inverse", 0) != 0,
       onesided = n.getInt("onesided", 0) != 0;
  bool mirrors = onesided && inverse, half = onesided && !inverse;
  Dim size;
  if (!n.failed() && axis <= last)
    size = n.dim(x.first, axis);
  if (!size || !n.isDurable(size))
    return n.error("the size of axis " + Twine(axis) + " is not known");
  Dim length = transformLength(n, size, mirrors);
  if (!length)
    return n.failed() ? failure() : n.error("the transform is too long");
  if (length.getConstant() && *length.getConstant() < 1)
    return n.error("the transform is empty");
  x = {swapAxes(n, x.first, axis, last), swapAxes(n, x.second, axis, last)};
  // Numbers beyond the length are cut off; missing ones are zeros.
  const xf::DimProver &prover = n.getState().prover;
  Dim wanted = mirrors ? halfOf(n, length) : length;
  bool isLong = prover.isLessOrEqual(wanted, size);
  Dim used = isLong ? wanted : prover.simplify(size.min(wanted));
  if (used != size) {
    Dim zero = Dim::constant(n.builder().getContext(), 0);
    auto cut = [&](Value part) { return n.slice(part, last, zero, used); };
    x = {cut(x.first), x.second ? cut(x.second) : Value()};
  }
  if (mirrors) {
    if (!x.second || !isLong)
      return n.error("a one-sided inverse needs a complex half spectrum");
    x = mirror(n, x, length);
    used = length;
  }
  Transform t{used, length, half ? halfOf(n, length) : length, inverse};
  Complex y = transform(n, x, t);
  y = {swapAxes(n, y.first, axis, last), swapAxes(n, y.second, axis, last)};
  Value joined = mirrors ? n.unsqueeze(y.first, {last + 1}) : join(n, y);
  return n.done({n.cast(joined, n.elem(n.in(0)))});
}

/// The size of the last axis; null and an error if it is not known, or if the
/// signal has more axes.
static Dim signalSize(NodeConverter &n, Value x) {
  int64_t last = n.rank(x) - 1;
  Dim size = last < 0 ? Dim() : n.dim(x, last);
  if (size && n.isDurable(size) && n.getInt("signal_ndim", 1) == 1)
    return size;
  (void)n.error("the last axis has no known size, or signal_ndim is not 1");
  return {};
}

/// com.microsoft: real numbers along the last axis to half of their spectrum.
static LogicalResult convertRfft(NodeConverter &n) {
  Value x = n.in(0);
  Dim size = signalSize(n, x);
  if (!size)
    return failure();
  return n.done({join(n, transform(n, {x, Value()},
                                   {size, size, halfOf(n, size),
                                    /*inverse=*/false}))});
}

/// The way back, to an even number of elements.
static LogicalResult convertIrfft(NodeConverter &n) {
  Complex x = split(n, n.in(0));
  if (n.failed())
    return failure();
  if (!x.second)
    return n.error("the input is real, expected a complex spectrum");
  Dim half = signalSize(n, x.first);
  if (!half)
    return failure();
  Dim length = (half - 1) * 2;
  Complex y = transform(n, mirror(n, x, length),
                        {length, length, length, /*inverse=*/true});
  return n.done({y.first});
}

static LogicalResult convertDftAttribute(NodeConverter &n) {
  return transformAxis(n, n.getInt("axis", 1));
}

static LogicalResult convertDft(NodeConverter &n) {
  if (!n.in(2))
    return transformAxis(n, -2);
  auto axis = n.constInts(n.in(2));
  if (!axis || axis->size() != 1)
    return n.error("the axis is computed by the model, expected a constant");
  return transformAxis(n, axis->front());
}

/// Which elements of the signal's axis each frame holds: [frames, length].
static Value framePlaces(NodeConverter &n, Value signal, int64_t length,
                         int64_t step) {
  Type type = n.builder().getI64Type();
  Value starts;
  Dim zero = Dim::constant(n.builder().getContext(), 0);
  // Of a signal shorter than a frame there is none.
  Dim count = (n.dim(signal, 1) - length + step)
                  .max(zero)
                  .floorDiv(Dim::constant(n.builder().getContext(), step));
  if (n.isDurable(count)) {
    starts = makeRange(n, zero, count * step, step);
  } else {
    Value end = n.addScalar(n.sizeTensor(Size(signal, 1)), 1.0 - length);
    starts = n.make<xf::Range>(n.scalar(0, type), n.squeeze(end, {0}),
                               n.scalar(step, type), ArrayAttr(),
                               TypeAttr::get(type));
  }
  return n.add(n.unsqueeze(starts, {1}), n.range(length));
}

/// (signal [batch, length, parts], step, window, frame length). PyTorch's
/// exporter leaves out the last axis of real numbers.
static LogicalResult convertStft(NodeConverter &n) {
  Value signal = widened(n, n.in(0)), window = widened(n, n.in(2));
  if (n.rank(signal) == 2)
    signal = n.unsqueeze(signal, {2});
  if (n.rank(signal) != 3)
    return n.error("the signal has rank " + Twine(n.rank(signal)) +
                   ", expected 2 or 3");
  std::optional<int64_t> step = knownCount(n, 1, "frame_step", 1),
                         size = n.staticSize(signal, 1), length = size;
  if (n.in(3))
    length = knownCount(n, 3, "frame_length", 1);
  else if (window)
    length = n.staticSize(window, 0);
  if (n.failed() || !length || *length < 1 || (size && *length > *size))
    return n.failed() ? failure()
                      : n.error("a frame is not known to fit into the signal");
  Value places = framePlaces(n, signal, *length, *step);
  Complex x = split(n, n.make<xf::Gather>(signal, places, int64_t(1)));
  if (n.failed())
    return failure();
  if (window)
    x = {n.mul(x.first, window), x.second ? n.mul(x.second, window) : Value()};
  bool half = n.getInt("onesided", 1) != 0;
  Dim frame = Dim::constant(n.builder().getContext(), *length);
  Transform t{frame, frame, half ? halfOf(n, frame) : frame,
              /*inverse=*/false};
  Value y = join(n, transform(n, x, t));
  return n.done({n.cast(y, n.elem(n.in(0)))});
}

static const OpRow rows[] = {
    {"BlackmanWindow", 17, 1, convertBlackman},
    {"DFT", 17, 1, convertDftAttribute},
    {"DFT", 20, 1, convertDft},
    {"HammingWindow", 17, 1, convertHamming},
    {"HannWindow", 17, 1, convertHann},
    {"MelWeightMatrix", 17, 5, convertMelWeightMatrix},
    {"STFT", 17, 2, convertStft},
};

static const OpRow microsoftRows[] = {
    {"Irfft", 1, 1, convertIrfft},
    {"Rfft", 1, 1, convertRfft},
};

void hagane::frontend::registerSignal(OpRegistry &registry) {
  registry.add("com.microsoft", microsoftRows);
  registry.add("", rows);
}
