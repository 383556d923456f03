//===- FormsOfGrids.cpp - Gathers and scatters of whole grids -------------===//
//
// x[i, j] and x[i, j] = y for all i and j: exporters write the tuples of
// indices out, columns of counted positions side by side, or as positions
// i * size + j in the flat tensor.
//
//===----------------------------------------------------------------------===//

#include "passes/fusion/Rewrites.h"
#include "llvm/ADT/ScopeExit.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;
using xf::Dim;

static bool isUnit(Dim dim) { return dim.isConstant(1); }

/// Whether the range counts 0, 1, ...
static bool counts(xf::Range op) {
  SmallVector<Dim> bounds = getDimsFrom(op.getBoundsAttr());
  return bounds.size() == 3 && bounds[0].isConstant(0) &&
         bounds[2].isConstant(1);
}

/// The value before slices that cut nothing off.
static Value skipWholeSlices(Value value, Shapes &shapes) {
  while (auto slice = value.getDefiningOp<xf::Slice>()) {
    bool inOrder =
        llvm::all_of(slice.getSteps(), [](int64_t step) { return step == 1; });
    if (!inOrder || !shapes.haveEqualDims(slice.getX(), slice.getY()))
      break;
    value = slice.getX();
  }
  return value;
}

/// Whether `value` holds each element's position along `axis`, which may be 0
/// everywhere if the axis has size 1.
static bool holdsPositions(Value value, int64_t axis, Shapes &shapes) {
  value = skipWholeSlices(value, shapes);
  SmallVector<Dim> frame = shapes.getDims(value);
  if (getScalar(value) == 0.0)
    return isUnit(frame[axis]);
  // Behind the broadcast all other axes are 1.
  if (auto broadcast = value.getDefiningOp<xf::Broadcast>()) {
    if (getScalar(broadcast.getX()) == 0.0)
      return isUnit(frame[axis]);
    SmallVector<Dim> dims = shapes.getDims(broadcast.getX());
    axis -= static_cast<int64_t>(frame.size() - dims.size());
    return axis >= 0 && holdsPositions(broadcast.getX(), axis, shapes) &&
           shapes.areEqual(dims[axis],
                           frame[frame.size() - dims.size() + axis]);
  }
  Dim count = frame[axis];
  frame.erase(frame.begin() + axis);
  Value source = value;
  if (auto reshape = value.getDefiningOp<xf::Reshape>())
    source = skipWholeSlices(reshape.getX(), shapes);
  auto range = source.getDefiningOp<xf::Range>();
  return range && counts(range) && llvm::all_of(frame, isUnit) &&
         shapes.areEqual(shapes.getDims(source)[0], count);
}

/// The column before an axis of size 1 was added at its end.
static Value matchColumn(Value value, Shapes &shapes) {
  SmallVector<Dim> dims = shapes.getDims(value);
  if (!isUnit(dims.back()))
    return {};
  dims.pop_back();
  auto reshape = value.getDefiningOp<xf::Reshape>();
  return reshape && shapes.areEqual(shapes.getDims(reshape.getX()), dims)
             ? reshape.getX()
             : Value();
}

/// Whether the tuples name each element of `x` once, in order.
static bool isWholeGrid(Value indices, Value x, Shapes &shapes) {
  auto concat = indices.getDefiningOp<xf::Concat>();
  int64_t rank = getRank(x);
  SmallVector<Dim> frame = shapes.getDims(indices);
  if (!concat || static_cast<int64_t>(concat.getInputs().size()) != rank ||
      getRank(indices) != rank + 1 ||
      static_cast<int64_t>(concat.getAxis()) != rank ||
      !shapes.areEqual(ArrayRef(frame).drop_back(), shapes.getDims(x)))
    return false;
  for (auto [axis, input] : llvm::enumerate(concat.getInputs())) {
    Value column = matchColumn(input, shapes);
    if (!column || !holdsPositions(column, axis, shapes))
      return false;
  }
  return true;
}

static Value gatherAll(xf::GatherNd op, OpBuilder &, Shapes &shapes) {
  return op.getBatchDims() == 0 &&
                 isWholeGrid(op.getIndices(), op.getX(), shapes)
             ? op.getX()
             : Value();
}

static Value scatterAll(xf::ScatterNd op, OpBuilder &, Shapes &shapes) {
  return op.getKind() == xf::ScatterKind::set &&
                 isWholeGrid(op.getIndices(), op.getX(), shapes) &&
                 shapes.haveEqualDims(op.getUpdates(), op.getX())
             ? op.getUpdates()
             : Value();
}

//===-- Positions in the flat tensor --------------------------------------===//

namespace {

/// start + the sum of steps[axis] * position along the axis.
struct Count {
  Dim start;
  SmallVector<Dim> steps;
};

/// Follows integers that count along the axes of their tensor.
class Counter {
public:
  Counter(MLIRContext *context, Shapes &shapes)
      : context(context), shapes(shapes) {}

  std::optional<Count> follow(Value value) {
    ++depth;
    llvm::scope_exit leave([&] { --depth; });
    auto type = dyn_cast<RankedTensorType>(value.getType());
    Operation *op = value.getDefiningOp();
    if (depth > kMostSteps || !op || !type ||
        !type.getElementType().isInteger(64))
      return std::nullopt;
    SmallVector<Dim> dims = shapes.getDims(value);
    Count count{number(0), SmallVector<Dim>(dims.size(), number(0))};
    if (std::optional<double> scalar = getScalar(value)) {
      count.start = number(static_cast<int64_t>(*scalar));
      return count;
    }
    if (auto sizes = dyn_cast<xf::Dims>(op)) {
      SmallVector<Dim> elements = getDimsFrom(sizes.getElements());
      count.start = elements.size() == 1 ? elements[0] : Dim();
    } else if (auto range = dyn_cast<xf::Range>(op)) {
      SmallVector<Dim> bounds = getDimsFrom(range.getBoundsAttr());
      if (bounds.size() != 3)
        return std::nullopt;
      count = {bounds[0], {bounds[2]}};
    } else if (auto reshape = dyn_cast<xf::Reshape>(op)) {
      return reshaped(reshape.getX(), dims);
    } else if (auto broadcast = dyn_cast<xf::Broadcast>(op)) {
      return stretched(broadcast.getX(), dims);
    } else if (isa<xf::Add, xf::Mul>(op)) {
      std::optional<Count> a = stretched(op->getOperand(0), dims),
                           b = stretched(op->getOperand(1), dims);
      if (!a || !b)
        return std::nullopt;
      return isa<xf::Add>(op) ? sum(*a, *b) : product(*a, *b);
    } else {
      return std::nullopt;
    }
    return isKnown(count) ? std::optional(count) : std::nullopt;
  }

private:
  Dim number(int64_t value) { return Dim::constant(context, value); }

  static bool isKnown(const Count &count) {
    return count.start &&
           llvm::all_of(count.steps, [](Dim step) { return bool(step); });
  }
  static bool isSame(const Count &count) {
    return llvm::all_of(count.steps,
                        [](Dim step) { return step.isConstant(0); });
  }

  /// Of a reshape that adds or drops axes of size 1.
  std::optional<Count> reshaped(Value x, ArrayRef<Dim> to) {
    std::optional<Count> from = follow(x);
    if (!from)
      return std::nullopt;
    SmallVector<Dim> dims, wanted;
    SmallVector<Dim> steps;
    for (auto [dim, step] : llvm::zip_equal(shapes.getDims(x), from->steps))
      if (!isUnit(dim)) {
        dims.push_back(dim);
        steps.push_back(step);
      }
    Count count{from->start, {}};
    size_t next = 0;
    for (Dim dim : to) {
      if (!isUnit(dim))
        wanted.push_back(dim);
      bool isOwn = !isUnit(dim) && next < steps.size();
      count.steps.push_back(isOwn ? steps[next++] : number(0));
    }
    return shapes.areEqual(dims, wanted) ? std::optional(count) : std::nullopt;
  }

  std::optional<Count> stretched(Value x, ArrayRef<Dim> to) {
    std::optional<Count> from = follow(x);
    SmallVector<Dim> dims = shapes.getDims(x);
    if (!from || dims.size() > to.size())
      return std::nullopt;
    size_t added = to.size() - dims.size();
    Count count{from->start, SmallVector<Dim>(added, number(0))};
    for (auto [axis, dim] : llvm::enumerate(dims)) {
      if (!isUnit(dim) && !shapes.areEqual(dim, to[added + axis]))
        return std::nullopt;
      count.steps.push_back(isUnit(dim) ? number(0) : from->steps[axis]);
    }
    return count;
  }

  static std::optional<Count> sum(Count a, const Count &b) {
    a.start = a.start + b.start;
    for (auto [step, other] : llvm::zip_equal(a.steps, b.steps))
      step = step + other;
    return isKnown(a) ? std::optional(a) : std::nullopt;
  }
  static std::optional<Count> product(Count a, Count b) {
    if (!isSame(b))
      std::swap(a, b);
    if (!isSame(b))
      return std::nullopt;
    a.start = a.start * b.start;
    for (Dim &step : a.steps)
      step = step * b.start;
    return isKnown(a) ? std::optional(a) : std::nullopt;
  }

  /// Of what exporters write; sums of sums would be followed again and again.
  static constexpr int kMostSteps = 10;

  MLIRContext *context;
  Shapes &shapes;
  int depth = 0;
};

} // namespace

/// Whether the indices are 0, 1, ... `size` - 1 in order.
static bool countsAll(Value indices, Dim size, Shapes &shapes) {
  std::optional<Count> count =
      Counter(indices.getContext(), shapes).follow(indices);
  if (!count || !count->start.isConstant(0))
    return false;
  SmallVector<Dim> dims = shapes.getDims(indices);
  Dim step = Dim::constant(indices.getContext(), 1);
  for (size_t axis = dims.size(); axis-- > 0;) {
    if (!step ||
        (!isUnit(dims[axis]) && !shapes.areEqual(count->steps[axis], step)))
      return false;
    step = step * dims[axis];
  }
  return step && shapes.areEqual(step, size);
}

static Value gatherInOrder(xf::Gather op, OpBuilder &builder, Shapes &shapes) {
  if (op.getAxis() != 0 || getRank(op.getIndices()) < 2)
    return {};
  SmallVector<Dim> dims = shapes.getDims(op.getY());
  return shapes.areResolved(dims) &&
                 countsAll(op.getIndices(), shapes.getDims(op.getX())[0],
                           shapes)
             ? makeReshape(builder, op.getLoc(), op.getX(), dims)
             : Value();
}

ArrayRef<Rewrite> hagane::fusion::getGridRewrites() {
  static constexpr Rewrite rewrites[] = {
      only<xf::Gather, gatherInOrder>,
      only<xf::GatherNd, gatherAll>,
      only<xf::ScatterNd, scatterAll>,
  };
  return rewrites;
}
