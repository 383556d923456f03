//===- ShiftProof.cpp - Biases that know relative positions alone ---------===//

#include "passes/state/ShiftProof.h"
#include "passes/fusion/Match.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

/// Masks of exporters take some dozens; others are given up.
static constexpr int kMostVisits = 4096;

static bool mentions(Dim dim, Dim symbol) {
  bool found = false;
  StringRef name = *symbol.getSymbol();
  dim.forEachSymbol([&](StringRef other) { found |= other == name; });
  return found;
}

ShiftProof::ShiftProof(Block &block, ShapeAnalysis &shapes, Dim past,
                       const PastContents &contents,
                       const llvm::DenseSet<Value> &masks)
    : shapes(shapes), past(past), contents(contents), masks(masks) {
  for (BlockArgument argument : block.getArguments())
    if (isa<RankedTensorType>(argument.getType()) &&
        (masks.contains(argument) ||
         llvm::any_of(shapes.getDims(argument),
                      [&](Dim dim) { return mentions(dim, past); })))
      ofMasks.insert(argument);
  for (Operation &op : block) {
    bool isOf = false;
    op.walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        isOf |= ofMasks.contains(operand);
    });
    if (isOf)
      ofMasks.insert(op.result_begin(), op.result_end());
  }
}

bool ShiftProof::holds(Value bias) {
  Dim zero = Dim::constant(bias.getContext(), 0);
  Place place(fusion::getRank(bias));
  if (place.size() > 4)
    return false;
  SmallVector<Dim> dims(shapes.getDims(bias));
  for (size_t axis = 0; axis < place.size(); ++axis) {
    bool isKey = axis + 1 == place.size(), isQuery = axis + 2 == place.size();
    if ((isKey || isQuery) && !dims[axis].isConstant(1))
      place[axis] = {zero, isQuery, isKey};
  }
  return same(visit(bias, place)).has_value();
}

//===-- Lines -------------------------------------------------------------===//

std::optional<int64_t> ShiftProof::moves(const Line &line) const {
  if (!line.base)
    return 0;
  for (int64_t factor : {0, 1, -1})
    if (Dim rest = line.base - past * factor; rest && !mentions(rest, past))
      return factor + line.key;
  return std::nullopt;
}

bool ShiftProof::allStay(ArrayRef<Line> lines) const {
  return llvm::all_of(lines, [&](const Line &line) { return stays(line); });
}

/// A term that the shift leaves as it is, of no known form.
ShiftProof::Term ShiftProof::same(Term term) const {
  return term && stays(*term) ? Term(Line()) : std::nullopt;
}

ShiftProof::Line ShiftProof::constant(int64_t value) const {
  return {past - past + value, 0, 0};
}

//===-- Operations --------------------------------------------------------===//

/// Reads an operand where it is broadcast from.
ShiftProof::Term ShiftProof::operand(Operation *op, unsigned i,
                                     const Place &place) {
  Value value = op->getOperand(i);
  SmallVector<Dim> dims(shapes.getDims(value));
  if (dims.size() > place.size())
    return std::nullopt;
  Place own(place.end() - dims.size(), place.end());
  for (auto [axis, dim] : llvm::enumerate(dims))
    if (dim.isConstant(1))
      own[axis] = {};
  return visit(value, own);
}

ShiftProof::Term ShiftProof::visit(Value value, const Place &place) {
  if (++visits > kMostVisits || !isa<RankedTensorType>(value.getType()))
    return std::nullopt;
  if (masks.contains(value)) {
    bool moveAlong = !place.empty() && moves(place.back()) == 1 &&
                     allStay(ArrayRef(place).drop_back());
    return moveAlong ? Term(Line()) : std::nullopt;
  }
  if (std::optional<double> scalar = fusion::getScalar(value)) {
    bool isInteger = getElementTypeOrSelf(value).isInteger(64);
    return isInteger ? constant(static_cast<int64_t>(*scalar)) : Line();
  }
  if (allStay(place) && !contents.contains(value) && !ofMasks.contains(value))
    return Line();
  Operation *op = value.getDefiningOp();
  return op && op->getNumResults() == 1 ? visitOp(op, place) : std::nullopt;
}

ShiftProof::Term ShiftProof::visitOp(Operation *op, const Place &place) {
  return llvm::TypeSwitch<Operation *, Term>(op)
      .Case([&](xf::Dims dims) -> Term {
        SmallVector<Dim> elements = getDimsFrom(dims.getElements());
        return elements.size() == 1 ? Term(Line{elements[0], 0, 0})
                                    : std::nullopt;
      })
      .Case([&](xf::Range range) { return visitRange(range, place); })
      .Case([&](xf::Reshape reshape) { return visitReshape(reshape, place); })
      .Case([&](xf::Slice slice) { return visitSlice(slice, place); })
      .Case([&](xf::Concat concat) { return visitConcat(concat, place); })
      .Case([&](xf::Trilu trilu) { return visitTrilu(trilu, place); })
      .Case([&](xf::Gather gather) { return visitGather(gather, place); })
      .Case([&](xf::Cmp cmp) { return visitCmp(cmp, place); })
      .Case([&](xf::Broadcast) { return operand(op, 0, place); })
      .Case<xf::Add, xf::Sub>([&](Operation *) { return visitSum(op, place); })
      .Case([&](xf::Cast cast) {
        Term x = operand(op, 0, place);
        return cast.getTo().isInteger(64) ? x : same(x);
      })
      .Case<xf::Mul, xf::Div, xf::Min, xf::Max, xf::And, xf::Or, xf::Select>(
          [&](Operation *) { return visitElementwise(op, place); })
      .Default([&](Operation *) {
        return op->hasTrait<OpTrait::Elementwise>()
                   ? visitElementwise(op, place)
                   : std::nullopt;
      });
}

ShiftProof::Term ShiftProof::visitElementwise(Operation *op,
                                              const Place &place) {
  for (unsigned i = 0; i < op->getNumOperands(); ++i)
    if (!same(operand(op, i, place)))
      return std::nullopt;
  return Line();
}

ShiftProof::Term ShiftProof::visitRange(xf::Range op, const Place &place) {
  SmallVector<Dim> bounds = getDimsFrom(op.getBoundsAttr());
  if (bounds.size() != 3 || !bounds[2].isConstant(1))
    return std::nullopt;
  Line line = place[0];
  // An unknown position that stays, from a beginning that does.
  if (!line.base)
    return same(Line{bounds[0], 0, 0});
  line.base = line.base + bounds[0];
  return line.base ? Term(line) : std::nullopt;
}

/// Reshapes that add or drop axes of size 1.
ShiftProof::Term ShiftProof::visitReshape(xf::Reshape op, const Place &place) {
  SmallVector<Dim> from(shapes.getDims(op.getX())),
      to(shapes.getDims(op.getY()));
  Place own(from.size());
  size_t next = 0;
  auto skipOnes = [&] {
    while (next < from.size() && from[next].isConstant(1))
      ++next;
  };
  for (auto [axis, dim] : llvm::enumerate(to)) {
    if (dim.isConstant(1))
      continue;
    skipOnes();
    if (next == from.size() || !shapes.getProver().isEqual(from[next], dim))
      return std::nullopt;
    own[next++] = place[axis];
  }
  skipOnes();
  return next == from.size() ? visit(op.getX(), own) : std::nullopt;
}

ShiftProof::Term ShiftProof::visitSlice(xf::Slice op, Place place) {
  if (!op.getStarts())
    return std::nullopt;
  SmallVector<Dim> starts = getDimsFrom(*op.getStarts()),
                   dims(shapes.getDims(op.getY()));
  const xf::DimProver &prover = shapes.getProver();
  SmallVector<Dim> whole(shapes.getDims(op.getX()));
  for (auto [i, axis] : llvm::enumerate(op.getAxes())) {
    if (op.getSteps()[i] != 1 || i >= starts.size())
      return std::nullopt;
    // What has the size of all from there on does not begin elsewhere.
    Dim rest = whole[axis] - starts[i];
    if (prover.getRange(starts[i]).min < 0 &&
        !(rest && prover.isEqual(rest, dims[axis])))
      return std::nullopt;
    Line &line = place[axis];
    if (!line.base && dims[axis].isConstant(1))
      line.base = Dim::constant(op.getContext(), 0);
    // At a position of no known form only what begins at a fixed one stays.
    if (!line.base && !mentions(starts[i], past))
      continue;
    line.base = line.base ? line.base + starts[i] : Dim();
    if (!line.base)
      return std::nullopt;
  }
  return visit(op.getX(), place);
}

/// The parts stay in place of each other if the position in all of them stays.
ShiftProof::Term ShiftProof::visitConcat(xf::Concat op, Place place) {
  auto axis = static_cast<int64_t>(op.getAxis());
  Line line = place[axis], first = line;
  for (auto [i, input] : llvm::enumerate(op.getInputs())) {
    Place own = place;
    own[axis] = first;
    if ((i > 0 && !stays(first)) || !same(visit(input, own)))
      return std::nullopt;
    Dim size = shapes.getDims(input)[axis];
    if (!first.base && mentions(size, past))
      return std::nullopt;
    if (!first.base)
      continue;
    first.base = first.base - size;
    if (!first.base)
      return std::nullopt;
  }
  return Line();
}

ShiftProof::Term ShiftProof::visitTrilu(xf::Trilu op, const Place &place) {
  const Line &row = place[place.size() - 2], &column = place.back();
  if (!row.base || !column.base || (op.getK() && !fusion::getScalar(op.getK())))
    return std::nullopt;
  Line side{column.base - row.base, column.query - row.query,
            column.key - row.key};
  return side.base && stays(side) ? same(visit(op.getX(), place))
                                  : std::nullopt;
}

ShiftProof::Term ShiftProof::visitGather(xf::Gather op, const Place &place) {
  auto axis = static_cast<int64_t>(op.getAxis());
  int64_t added = fusion::getRank(op.getIndices());
  const auto *begin = place.begin() + axis;
  Term index = visit(op.getIndices(), Place(begin, begin + added));
  if (!index)
    return std::nullopt;
  Place own(place.begin(), begin);
  own.push_back(*index);
  own.append(begin + added, place.end());
  return visit(op.getX(), own);
}

ShiftProof::Term ShiftProof::visitSum(Operation *op, const Place &place) {
  Term a = operand(op, 0, place), b = operand(op, 1, place);
  if (!a || !b)
    return std::nullopt;
  if (!a->base || !b->base)
    return same(a) && same(b) ? Term(Line()) : std::nullopt;
  int64_t sign = isa<xf::Add>(op) ? 1 : -1;
  Line sum{a->base + b->base * sign, a->query + sign * b->query,
           a->key + sign * b->key};
  return sum.base ? Term(sum) : std::nullopt;
}

ShiftProof::Term ShiftProof::visitCmp(xf::Cmp op, const Place &place) {
  return same(visitSum(op, place)) ? Term(Line()) : std::nullopt;
}
