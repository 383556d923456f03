// Sequences of known length, which exist during conversion only, and optional
// values that are known to be there or not.
#include "frontend/ops/BlockConverter.h"
#include "frontend/ops/Pieces.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

using Elements = SmallVector<Value>;

/// The elements of an input; an error if their number is not known.
static std::optional<Elements> elementsOf(NodeConverter &n, unsigned input) {
  const Elements *elements = n.sequence(input);
  if (elements)
    return *elements;
  (void)n.error("the length of the sequence is not known");
  return std::nullopt;
}

/// A known position of an element, counted from the back if negative; with
/// `orEnd` also the place behind the last.
static std::optional<size_t> positionIn(NodeConverter &n, unsigned input,
                                        size_t count, bool orEnd = false) {
  auto at = n.constInts(n.in(input));
  if (!at || at->size() != 1) {
    (void)n.error("the position is computed by the model, expected a constant");
    return std::nullopt;
  }
  int64_t size = static_cast<int64_t>(count), position = at->front();
  if (position < 0)
    position += size;
  if (position < 0 || position >= size + orEnd) {
    (void)n.error("position " + Twine(at->front()) +
                  " is out of range for a sequence of " + Twine(size));
    return std::nullopt;
  }
  return static_cast<size_t>(position);
}

static LogicalResult convertConstruct(NodeConverter &n) {
  return n.doneSequence(n.allInputs());
}

static LogicalResult convertEmpty(NodeConverter &n) {
  return n.doneSequence({});
}

static LogicalResult convertAt(NodeConverter &n) {
  if (Value stack = n.stack(0)) {
    Value at = n.in(1);
    return n.done({n.make<xf::Gather>(stack, at, static_cast<int64_t>(0))});
  }
  auto elements = elementsOf(n, 0);
  if (!elements)
    return failure();
  auto at = positionIn(n, 1, elements->size());
  return at ? n.done({(*elements)[*at]}) : failure();
}

static LogicalResult convertInsert(NodeConverter &n) {
  auto elements = elementsOf(n, 0);
  if (!elements)
    return failure();
  std::optional<size_t> at = elements->size();
  if (n.in(2))
    at = positionIn(n, 2, elements->size(), /*orEnd=*/true);
  if (!at)
    return failure();
  elements->insert(elements->begin() + static_cast<ptrdiff_t>(*at), n.in(1));
  return n.doneSequence(*elements);
}

static LogicalResult convertErase(NodeConverter &n) {
  auto elements = elementsOf(n, 0);
  if (!elements)
    return failure();
  if (elements->empty())
    return n.error("the sequence is empty, expected an element to erase");
  std::optional<size_t> at = elements->size() - 1;
  if (n.in(1))
    at = positionIn(n, 1, elements->size());
  if (!at)
    return failure();
  elements->erase(elements->begin() + static_cast<ptrdiff_t>(*at));
  return n.doneSequence(*elements);
}

static LogicalResult convertLength(NodeConverter &n) {
  if (Value stack = n.stack(0))
    return n.done({n.squeeze(n.sizeTensor(Size(stack, 0)), {0})});
  auto elements = elementsOf(n, 0);
  return elements ? n.done({n.scalar(static_cast<double>(elements->size()),
                                     n.builder().getI64Type())})
                  : failure();
}

/// The elements of a stack behind one another along `axis`, or along a new one.
static LogicalResult concatStack(NodeConverter &n, Value stack) {
  bool isNew = n.getInt("new_axis", 0) != 0;
  int64_t rank = n.rank(stack),
          axis = n.normalAxis(n.requireInt("axis"), rank - !isNew);
  if (n.failed())
    return failure();
  SmallVector<int64_t> order(llvm::to_vector(llvm::seq<int64_t>(1, rank)));
  order.insert(order.begin() + axis, 0);
  Value all = axis == 0 ? stack : n.transpose(stack, order);
  if (isNew || n.failed())
    return n.done({all});
  SmallVector<Size> sizes;
  for (int64_t i = 0; i < rank; ++i)
    if (i != axis)
      sizes.push_back(i == axis + 1 ? Size(-1) : Size(all, i));
  return n.done({n.reshape(all, sizes)});
}

static LogicalResult convertConcat(NodeConverter &n) {
  if (Value stack = n.stack(0))
    return concatStack(n, stack);
  auto elements = elementsOf(n, 0);
  if (!elements)
    return failure();
  if (elements->empty())
    return n.error("the sequence is empty, expected at least one element");
  bool stacks = n.getInt("new_axis", 0) != 0;
  int64_t axis =
      n.normalAxis(n.requireInt("axis"), n.rank(elements->front()) + stacks);
  if (n.failed())
    return failure();
  if (stacks)
    for (Value &element : *elements)
      element = n.unsqueeze(element, {axis});
  return n.done({n.concat(*elements, axis)});
}

/// The sizes of the pieces along an axis of this size.
static std::optional<SmallVector<int64_t>> pieceSizes(NodeConverter &n,
                                                      int64_t size) {
  if (size > kMaxPieces) {
    (void)n.error("the axis has size " + Twine(size) + ", expected at most " +
                  Twine(kMaxPieces) + " to be taken apart");
    return std::nullopt;
  }
  if (!n.in(1))
    return SmallVector<int64_t>(static_cast<size_t>(size), 1);
  auto split = n.constInts(n.in(1));
  if (!split || split->size() != 1) {
    (void)n.error("the split is one size that the model computes, expected a "
                  "constant");
    return std::nullopt;
  }
  int64_t piece = split->front();
  if (piece <= 0) {
    (void)n.error("the split is " + Twine(piece) + ", expected at least 1");
    return std::nullopt;
  }
  SmallVector<int64_t> sizes;
  for (int64_t at = 0; at < size; at += piece)
    sizes.push_back(std::min(piece, size - at));
  return sizes;
}

/// Pieces of the given sizes.
static LogicalResult splitBySizes(NodeConverter &n, Value x, int64_t axis,
                                  ArrayRef<int64_t> sizes) {
  // Without a split each piece is one position, whose axis may go.
  bool squeezes = !n.in(1) && n.getInt("keepdims", 1) == 0;
  auto size = n.staticSize(x, axis);
  Elements pieces;
  int64_t at = 0;
  for (int64_t piece : sizes) {
    if (piece < 0 || (size && piece > *size - at))
      return n.error("the pieces do not fit into axis " + Twine(axis) +
                     (size ? " of size " + Twine(*size) : Twine()));
    Value part = n.slice(x, axis, at, at + piece);
    pieces.push_back(squeezes ? n.squeeze(part, {axis}) : part);
    at += piece;
  }
  return n.doneSequence(pieces);
}

/// A piece for each position along an axis of a size that is not known.
static LogicalResult splitToStack(NodeConverter &n, Value x, int64_t axis) {
  if (n.in(1)) {
    auto split = n.constInts(n.in(1));
    if (!split || split->size() != 1 || split->front() != 1)
      return n.error("the size of axis " + Twine(axis) +
                     " is not known, expected pieces of size 1 or a list of "
                     "sizes");
  }
  SmallVector<int64_t> order(1, axis);
  for (int64_t i = 0; i < n.rank(x); ++i)
    if (i != axis)
      order.push_back(i);
  Value stack = axis == 0 ? x : n.transpose(x, order);
  if (n.in(1) || n.getInt("keepdims", 1) != 0)
    stack = n.unsqueeze(stack, {axis + 1});
  n.getState().stacks[n.getNode().getOutputs()[0]] = stack;
  return n.done({Value()});
}

static LogicalResult convertSplit(NodeConverter &n) {
  Value x = n.in(0), split = n.in(1);
  int64_t axis = n.normalAxis(n.getInt("axis", 0), n.rank(x));
  if (n.failed())
    return failure();
  if (split && n.rank(split) == 1) {
    if (auto sizes = n.constInts(split))
      return splitBySizes(n, x, axis, *sizes);
    auto count = n.staticSize(split, 0);
    if (!count || *count > kMaxPieces)
      return n.error("the number of pieces is not known, or above " +
                     Twine(kMaxPieces));
    return n.doneSequence(cutBySizes(n, x, axis, split, *count));
  }
  auto size = n.staticSize(x, axis);
  if (!size)
    return splitToStack(n, x, axis);
  auto sizes = pieceSizes(n, *size);
  return sizes ? splitBySizes(n, x, axis, *sizes) : failure();
}

/// The body once for each element.
static LogicalResult convertMap(NodeConverter &n) {
  auto elements = elementsOf(n, 0);
  Region *body = n.getNode().getSubgraph("body");
  if (!elements || !body)
    return failure();
  if (body->getNumArguments() != n.numInputs())
    return n.error("the body has " + Twine(body->getNumArguments()) +
                   " inputs, expected " + Twine(n.numInputs()));
  SmallVector<Elements> results(n.numOutputs());
  for (size_t i = 0; i < elements->size(); ++i) {
    for (unsigned input = 0; input < n.numInputs(); ++input) {
      const Elements *sequence = n.sequence(input);
      if (sequence && sequence->size() <= i)
        return n.error("input " + Twine(input) +
                       " is shorter than the first sequence");
      n.getState().values[body->getArgument(input)] =
          sequence ? (*sequence)[i] : n.in(input);
    }
    SmallVector<Value> outputs;
    if (failed(convertBlock(n.getState(), body->front(), n.builder(), outputs)))
      return failure();
    if (outputs.size() != results.size())
      return n.error("the body does not give " + Twine(results.size()) +
                     " outputs");
    for (auto [result, output] : llvm::zip_equal(results, outputs))
      result.push_back(output);
  }
  for (auto [i, result] : llvm::enumerate(results))
    n.setSequence(static_cast<unsigned>(i), result);
  return n.done(SmallVector<Value>(results.size()));
}

//===-- Optional values ---------------------------------------------------===//

static LogicalResult passOn(NodeConverter &n) {
  if (const Elements *elements = n.sequence(0))
    return n.doneSequence(Elements(*elements));
  return n.in(0) ? n.done({n.in(0)})
                 : n.error("there is no element, expected one");
}

static LogicalResult convertHasElement(NodeConverter &n) {
  bool has = n.in(0) || n.sequence(0);
  return n.done({n.scalar(has, n.builder().getI1Type())});
}

static const OpRow rows[] = {
    {"ConcatFromSequence", 11, 0, convertConcat},
    {"OptionalGetElement", 15, 0, passOn},
    {"OptionalHasElement", 15, 0, convertHasElement},
    {"SequenceAt", 11, 0, convertAt},
    {"SequenceConstruct", 11, 1, convertConstruct},
    {"SequenceEmpty", 11, 0, convertEmpty},
    {"SequenceErase", 11, 0, convertErase},
    {"SequenceInsert", 11, 0, convertInsert},
    {"SequenceLength", 11, 0, convertLength},
    {"SequenceMap", 17, 0, convertMap},
    {"SplitToSequence", 11, 1, convertSplit},
};

void hagane::frontend::registerSequence(OpRegistry &registry) {
  registry.add("", rows);
}
