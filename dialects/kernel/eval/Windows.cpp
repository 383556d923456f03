//===- Windows.cpp - conv and window --------------------------------------===//

#include "dialects/kernel/KernelOps.h"
#include "dialects/kernel/eval/Definitions.h"
#include "dialects/kernel/eval/Product.h"
#include "dialects/xf/eval/Strides.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;
using namespace hagane::kernel::eval;
using xf::eval::Evaluation;

namespace {

/// How a window walks over the three axes of space.
struct Way {
  SmallVector<int64_t> window, strides, pads, dilations, in, out;
  int64_t volume = 1; // elements of the window

  template <typename OpTy> static Way of(OpTy op, ArrayRef<int64_t> in);

  /// Where element `element` of the window at `position` lies on an axis; the
  /// range of what is padding counts as [-begin, size + end).
  int64_t at(unsigned axis, int64_t position, int64_t element) const {
    return position * strides[axis] + element * dilations[axis] - pads[axis];
  }
  bool isInside(unsigned axis, int64_t at) const {
    return at >= 0 && at < in[axis];
  }
  bool isPadding(unsigned axis, int64_t at) const {
    return at >= -pads[axis] && at < in[axis] + pads[axis + 3];
  }
};

template <typename OpTy> Way Way::of(OpTy op, ArrayRef<int64_t> in) {
  Way way;
  way.window = llvm::to_vector(op.getWindow());
  way.strides = llvm::to_vector(op.getStrides());
  way.pads = llvm::to_vector(op.getPads());
  way.dilations = llvm::to_vector(op.getDilations());
  way.in = llvm::to_vector(in);
  for (unsigned axis = 0; axis < 3; ++axis) {
    int64_t room = in[axis] + way.pads[axis] + way.pads[axis + 3] -
                   way.dilations[axis] * (way.window[axis] - 1) - 1;
    way.out.push_back(room < 0 ? 0 : room / way.strides[axis] + 1);
    way.volume *= way.window[axis];
  }
  return way;
}

//===-- conv --------------------------------------------------------------===//

struct ConvProblem {
  const HostTensor &x;
  const Way &way;
  const Epilogue &epilogue;
  const std::vector<Scalar> &weights; // [out channels, k]
  int64_t groups, channels, outChannels, positions;
  bool isReal;

  int64_t k() const { return channels / groups * way.volume; }
  std::vector<Scalar> loadPatches(int64_t batch, int64_t group, int64_t first,
                                  int64_t count) const;
  std::string run(int64_t batch, int64_t group, int64_t first) const;
};

/// What the windows at `count` positions see: [k, kPanel], zero in the padding.
std::vector<Scalar> ConvProblem::loadPatches(int64_t batch, int64_t group,
                                             int64_t first,
                                             int64_t count) const {
  std::vector<Scalar> patches(k() * kPanel, Scalar{.integer = 0});
  int64_t depth = channels / groups;
  int64_t space = xf::eval::product(way.in, 0, 3);
  int64_t position[3], element[3];
  for (int64_t p = 0; p < count; ++p) {
    delinearize(first + p, way.out, position);
    for (int64_t e = 0; e < way.volume; ++e) {
      delinearize(e, way.window, element);
      int64_t offset = 0;
      bool isInside = true;
      for (unsigned axis = 0; axis < 3; ++axis) {
        int64_t at = way.at(axis, position[axis], element[axis]);
        isInside &= way.isInside(axis, at);
        offset = offset * way.in[axis] + at;
      }
      for (int64_t c = 0; isInside && c < depth; ++c)
        patches[(c * way.volume + e) * kPanel + p] = loadFactor(
            x, (batch * channels + group * depth + c) * space + offset, isReal);
    }
  }
  return patches;
}

std::string ConvProblem::run(int64_t batch, int64_t group,
                             int64_t first) const {
  int64_t count = std::min(kPanel, positions - first);
  int64_t m = outChannels / groups;
  std::vector<Scalar> patches = loadPatches(batch, group, first, count);
  std::vector<Scalar> sums(m * kPanel);
  multiply(weights.data() + group * m * k(), patches.data(), m, k(), kPanel,
           isReal, sums.data());
  Frame frame(epilogue.program);
  frame.laneDim = 2;
  for (int64_t row = 0; row < m; ++row) {
    frame.coordinate = {batch, group * m + row, first};
    epilogue.run(frame, sums.data() + row * kPanel, count);
  }
  return frame.fault;
}

/// The weight as [out channels, k], out of its panels and of channels side by
/// side in them.
FailureOr<std::vector<Scalar>> loadWeights(const HostTensor &weight,
                                           int64_t outChannels, int64_t k,
                                           int64_t volume, bool isReal,
                                           Evaluation &evaluation) {
  int64_t panel = weight.getRank() > 2 ? weight.getSize(2) : 1,
          beside = weight.getRank() > 3 ? weight.getSize(3) : 1;
  if (weight.getSize(1) * beside != k ||
      weight.getSize(0) * panel < outChannels)
    return evaluation.error("found weights " + describe(weight) +
                            ", expected " + Twine(outChannels) + " rows of " +
                            Twine(k));
  // Of row m and of element i of that, channels first.
  auto place = [&](int64_t m, int64_t i) {
    int64_t channel = i / volume;
    int64_t row = channel / beside * volume + i % volume;
    return ((m / panel * (k / beside) + row) * panel + m % panel) * beside +
           channel % beside;
  };
  std::vector<Scalar> values(outChannels * k);
  for (int64_t m = 0; m < outChannels; ++m)
    for (int64_t i = 0; i < k; ++i)
      values[m * k + i] = loadFactor(weight, place(m, i), isReal);
  return values;
}

LogicalResult defineConv(Conv op, Evaluation &evaluation) {
  const HostTensor &weight = evaluation.operand(1);
  FailureOr<HostTensor> factor =
      roundFactor(evaluation.operand(0), weight, evaluation);
  FailureOr<SmallVector<HostTensor>> outs =
      createOuts(op.getOuts().size(), evaluation);
  if (failed(factor) || failed(outs))
    return failure();
  const HostTensor &x = *factor;
  ArrayRef<int64_t> space = outs->front().getShape();
  Way way = Way::of(op, x.getShape().take_back(3));
  int64_t groups = static_cast<int64_t>(op.getGroups()),
          channels = x.getSize(1);
  if (xf::eval::product(way.out, 0, 3) != space[2] ||
      x.getSize(0) != space[0] || channels % groups || space[1] % groups)
    return evaluation.error("found x " + describe(x) + " for a result of " +
                            xf::eval::describeShape(space));
  FailureOr<Epilogue> epilogue =
      Epilogue::make(op.getEpilogue(), op.getExtraMaps(), *outs, evaluation);
  if (failed(epilogue))
    return failure();
  bool isReal = epilogue->sumElement.isFloat();
  FailureOr<std::vector<Scalar>> weights =
      loadWeights(weight, space[1], channels / groups * way.volume, way.volume,
                  isReal, evaluation);
  if (failed(weights))
    return failure();
  ConvProblem problem{x,        way,      *epilogue, *weights, groups,
                      channels, space[1], space[2],  isReal};
  int64_t parts = llvm::divideCeil(space[2], kPanel);
  return runChunks(
      op.getContext(), space[0] * groups * parts,
      space[1] / groups * problem.k() * kPanel,
      [&](int64_t begin, int64_t end) {
        std::string fault;
        for (int64_t item = begin; item < end && fault.empty(); ++item)
          fault = problem.run(item / parts / groups, item / parts % groups,
                              item % parts * kPanel);
        return fault;
      },
      evaluation);
}

//===-- window ------------------------------------------------------------===//

struct WindowProblem {
  const HostTensor &x;
  const HostTensor *weight;
  const Way &way;
  const Program &body, &finish;
  const Reduction &reduction;
  const Element &element; // of what is reduced
  ArrayRef<Access> extras, outs;
  int64_t perChannel; // channels of the result that see one of x
  bool countsPadding;
};

/// One thread's work: a line of positions along the last axis, lane by lane.
class WindowWalk {
public:
  explicit WindowWalk(const WindowProblem &problem)
      : problem(problem), body(problem.body), finish(problem.finish),
        sums(width()), counts(width()) {
    finish.laneDim = body.laneDim = 4;
  }
  /// Positions along the last axis from the coordinate on.
  std::string run(ArrayRef<int64_t> coordinate);

private:
  int64_t width() const { return problem.way.out[2]; }
  void see(ArrayRef<int64_t> coordinate, int64_t place);

  const WindowProblem &problem;
  Frame body, finish;
  std::vector<Scalar> sums;
  std::vector<int64_t> counts;
};

/// Adds one element of the window at each position of the line.
void WindowWalk::see(ArrayRef<int64_t> coordinate, int64_t place) {
  const Way &way = problem.way;
  int64_t element[3];
  delinearize(place, way.window, element);
  int64_t channels = problem.x.getSize(1), channel = coordinate[1];
  int64_t offset = coordinate[0] * channels + channel / problem.perChannel;
  bool isInside = true, isPadding = true;
  for (unsigned axis = 0; axis < 2; ++axis) {
    int64_t at = way.at(axis, coordinate[axis + 2], element[axis]);
    isInside &= way.isInside(axis, at);
    isPadding &= way.isPadding(axis, at);
    offset = offset * way.in[axis] + at;
  }
  for (int64_t n = 0; n < width(); ++n) {
    int64_t at = way.at(2, n, element[2]);
    bool isSeen = isInside && way.isInside(2, at);
    counts[n] +=
        problem.countsPadding ? isPadding && way.isPadding(2, at) : isSeen;
    if (!isSeen)
      continue;
    body.lanes = 1;
    loadLanes(problem.x.getElement(), problem.x.at(offset * way.in[2] + at), 0,
              1, body.argument(0));
    if (problem.weight)
      loadLanes(problem.weight->getElement(),
                problem.weight->at(channel * way.volume + place), 0, 1,
                body.argument(1));
    body.coordinate.assign(coordinate.begin(), coordinate.end());
    body.coordinate[4] = n;
    body.run();
    sums[n] = problem.reduction.combine(sums[n], *body.result(0));
  }
}

std::string WindowWalk::run(ArrayRef<int64_t> coordinate) {
  std::fill(sums.begin(), sums.end(), problem.reduction.identity());
  std::fill(counts.begin(), counts.end(), 0);
  for (int64_t place = 0; place < problem.way.volume; ++place)
    see(coordinate, place);
  finish.coordinate.assign(coordinate.begin(), coordinate.end());
  finish.lanes = 1;
  for (int64_t n = 0; n < width(); ++n) {
    finish.coordinate[4] = n;
    *finish.argument(0) = problem.reduction.finish(sums[n]);
    if (problem.element.isFloat())
      finish.argument(1)->real = static_cast<double>(counts[n]);
    else
      finish.argument(1)->integer = counts[n];
    for (auto [i, extra] : llvm::enumerate(problem.extras))
      extra.load(finish.coordinate, 4, 1, finish.argument(2 + i));
    finish.run();
    for (auto [i, out] : llvm::enumerate(problem.outs))
      out.store(finish.coordinate, 4, 1, finish.result(i));
  }
  return body.fault.empty() ? finish.fault : body.fault;
}

LogicalResult checkWindow(const HostTensor &x, const HostTensor *weight,
                          const Way &way, ArrayRef<int64_t> out,
                          Evaluation &evaluation) {
  if (x.getSize(0) != out[0] || x.getSize(1) == 0 || out[1] % x.getSize(1) != 0)
    return evaluation.error("found x " + describe(x) + " for a result of " +
                            xf::eval::describeShape(out));
  if (weight && weight->getShape() != ArrayRef<int64_t>{out[1], way.volume})
    return evaluation.error("found weights " + describe(*weight) +
                            ", expected " + Twine(out[1]) + " rows of " +
                            Twine(way.volume));
  return success();
}

LogicalResult defineWindow(Window op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  const HostTensor *weight = evaluation.optional(op, 1);
  FailureOr<Program> body = compile(op.getBody(), evaluation),
                     finish = compile(op.getFinish(), evaluation);
  FailureOr<SmallVector<HostTensor>> outs =
      createOuts(op.getOuts().size(), evaluation);
  if (failed(body) || failed(finish) || failed(outs))
    return failure();
  ArrayRef<int64_t> space = outs->front().getShape();
  if (xf::eval::product(space, 0, 5) == 0)
    return success();
  // The last windows may reach beyond the padding.
  Way way = Way::of(op, x.getShape().take_back(3));
  way.out = llvm::to_vector(space.take_back(3));
  if (failed(checkWindow(x, weight, way, space, evaluation)))
    return failure();
  FailureOr<SmallVector<Access>> extras =
      accessesOf(evaluation.getOperands()
                     .drop_front(1 + bool(weight))
                     .take_front(op.getExtras().size()),
                 op.getExtraMaps(), space, evaluation);
  FailureOr<SmallVector<Access>> results = identityAccesses(*outs, evaluation);
  if (failed(extras) || failed(results))
    return failure();
  Element element = *Element::get(op.getFinish().getArgument(0).getType());
  Reduction reduction(op.getKind(), element);
  WindowProblem problem{x,
                        weight,
                        way,
                        *body,
                        *finish,
                        reduction,
                        element,
                        *extras,
                        *results,
                        space[1] / x.getSize(1),
                        op.getCountPad()};
  return runChunks(
      op.getContext(), xf::eval::product(space, 0, 4),
      space[4] * way.volume * 16,
      [&](int64_t begin, int64_t end) {
        WindowWalk walk(problem);
        std::string fault;
        SmallVector<int64_t> coordinate(5, 0);
        for (int64_t line = begin; line < end && fault.empty(); ++line) {
          delinearize(line, space.drop_back(), coordinate);
          fault = walk.run(coordinate);
        }
        return fault;
      },
      evaluation);
}

} // namespace

void eval::defineWindows(xf::eval::DefinitionTable &table) {
  table.add(defineConv);
  table.add(defineWindow);
}
