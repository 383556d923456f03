//===- BindSizes.cpp - Sizes that only running the model tells ------------===//
//
// What operands ask for in other words than sizes (-1, 0, counts from the end)
// is worked out by tensor arithmetic first: symbols stand for sizes.
//
//===----------------------------------------------------------------------===//

#include "passes/shapes/BindSizes.h"
#include "dialects/xf/XfDynamic.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "passes/shapes/ShapeAnalysis.h"
#include "passes/shapes/SizeTensors.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

namespace {

/// One round over the module. Later sizes may follow from those bound in it, so
/// shapes are analysed anew for each.
class SizeBinder {
public:
  explicit SizeBinder(ModuleOp module)
      : module(module), symbols(module), shapes(module),
        b(module.getLoc(), module.getContext()), t(b) {}

  bool run() {
    SmallVector<Operation *> ops;
    module.walk([&](xf::SymbolicShapeOpInterface op) { ops.push_back(op); });
    for (Operation *op : ops) {
      b.setLoc(op->getLoc());
      b.setInsertionPoint(op);
      llvm::TypeSwitch<Operation *>(op)
          .Case<xf::NonZero, xf::Range, xf::Slice, xf::Reshape, xf::Broadcast,
                xf::Pad>([&](auto concrete) { bindIn(concrete); })
          .Case<xf::FoldWindows, xf::Resize>(
              [&](auto x) { bindSizes(x.getSizesValueMutable()); })
          .Case([&](xf::CacheWrite x) { bindSizes(x.getExtentValueMutable()); })
          .Case([&](xf::TopK x) { bindSizes(x.getKValueMutable()); });
    }
    // Only now: the analysis knows values by their addresses.
    for (Operation *op : dead)
      op->erase();
    return changed;
  }

private:
  /// The elements of a size operand: null Dims where only the run tells them.
  /// Those that are expressions over sizes not bound yet will be known then.
  SmallVector<Dim> contentOf(const MutableOperandRange &operand);
  /// The one element of `size` as a new symbol.
  Dim bind(Value size);
  /// The operand with the elements that are not null replaced.
  void replaceElements(MutableOperandRange operand, ArrayRef<Dim> elements);
  /// Binds the elements that are not known as they are.
  void bindSizes(const MutableOperandRange &operand);

  void bindIn(xf::NonZero op);
  void bindIn(xf::Range op);
  void bindIn(xf::Reshape op);
  void bindIn(xf::Broadcast op);
  void bindIn(xf::Pad op);
  void bindIn(xf::Slice op);
  void bindBackwards(xf::Slice op, ArrayRef<int64_t> places);

  ModuleOp module;
  SymbolTable symbols;
  ShapeAnalysis shapes;
  ImplicitLocOpBuilder b;
  SizeTensors t;
  SmallVector<Operation *> dead;
  /// What elements of a value were bound to in a block.
  llvm::DenseMap<std::tuple<Value, Block *, size_t>, Dim> earlier;
  bool changed = false;
  int64_t count = 0;
};

bool isUnknown(Dim dim) { return !dim; }

} // namespace

SmallVector<Dim> SizeBinder::contentOf(const MutableOperandRange &operand) {
  if (operand.empty())
    return {};
  const xf::Facts &facts = shapes.get(operand[0].get());
  if (facts.rank() > 1 || !facts.getType().hasStaticShape() ||
      facts.getType().getNumElements() > xf::Facts::kMaxContent)
    return {};
  return facts.content ? *facts.content
                       : SmallVector<Dim>(facts.getType().getNumElements());
}

Dim SizeBinder::bind(Value size) {
  std::string name;
  do
    name = "computed" + std::to_string(count++);
  while (symbols.lookup(name));
  OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
  symbols.insert(xf::ComputedSize::create(top, b.getLoc(), name, 0,
                                          std::numeric_limits<int64_t>::max()));
  xf::Bind::create(b, name, t.cast(size, t.i64()));
  changed = true;
  return Dim::symbol(b.getContext(), name);
}

void SizeBinder::replaceElements(MutableOperandRange operand,
                                 ArrayRef<Dim> elements) {
  Value old = operand[0].get();
  SmallVector<Value> parts;
  for (auto [i, element] : llvm::enumerate(elements))
    parts.push_back(element ? t.of(element) : t.element(old, i));
  operand.assign(t.concat(parts));
}

void SizeBinder::bindSizes(const MutableOperandRange &operand) {
  SmallVector<Dim> known = contentOf(operand), bound(known.size());
  if (llvm::none_of(known, isUnknown))
    return;
  Value asked = operand[0].get();
  for (auto [i, element] : llvm::enumerate(known)) {
    if (element)
      continue;
    // Layers that ask alike get one symbol, and with it one kernel.
    Dim &once = earlier[{asked, b.getInsertionBlock(), i}];
    if (!once)
      once = bind(t.element(asked, i));
    bound[i] = once;
  }
  replaceElements(operand, bound);
}

//===----------------------------------------------------------------------===//
// Sizes of one operation
//===----------------------------------------------------------------------===//

void SizeBinder::bindIn(xf::NonZero op) {
  // Folded later.
  if (op.getX().getDefiningOp<xf::Constant>())
    return;
  Value x = op.getX(), found = x;
  auto type = cast<RankedTensorType>(x.getType());
  if (!type.getElementType().isInteger(1))
    found = xf::Cmp::create(b, x, t.scalar(0, type.getElementType()),
                            xf::CmpKind::ne);
  SmallVector<int64_t> axes(llvm::to_vector(llvm::seq(type.getRank())));
  Value total =
      xf::Reduce::create(b, t.cast(found, t.i64()), xf::ReduceKind::sum, axes,
                         /*keep_dims=*/false);
  Dim size = bind(total);
  auto compact = xf::Compact::create(b, op.getType(), x,
                                     getDimsAttr(b.getContext(), size));
  op.replaceAllUsesWith(compact.getY());
  dead.push_back(op);
}

/// start + i * delta, with as many i as fit.
void SizeBinder::bindIn(xf::Range op) {
  if (op.getBounds() || shapes.areResolved(shapes.getDims(op.getY())))
    return;
  // Sizes not bound yet: known in the next round.
  for (Value operand : op->getOperands()) {
    const xf::Facts &facts = shapes.get(operand);
    if (facts.content && facts.content->front() &&
        !shapes.isResolved(facts.content->front()))
      return;
  }
  Type type = getElementTypeOrSelf(op.getY());
  bool isFloat = isa<FloatType>(type);
  Type wide = isFloat ? Type(b.getF64Type()) : t.i64();
  Value delta = t.cast(op.getDelta(), wide), zero = t.scalar(0, wide);
  Value distance =
      t.sub(t.cast(op.getLimit(), wide), t.cast(op.getStart(), wide));
  if (isFloat) {
    distance = xf::Ceil::create(b, t.div(distance, delta));
  } else {
    // Rounds up: division drops the fraction.
    Value negative = xf::Cmp::create(b, delta, zero, xf::CmpKind::lt);
    Value sign =
        xf::Select::create(b, negative, t.scalar(-1, wide), t.scalar(1, wide));
    distance = t.add(distance, t.sub(delta, sign));
    distance = t.div(distance, delta);
  }
  Dim length = bind(t.max(distance, zero));
  MLIRContext *context = b.getContext();
  Value steps =
      xf::Range::create(b, Value(), Value(), Value(),
                        getDimsAttr(context, {Dim::constant(context, 0), length,
                                              Dim::constant(context, 1)}),
                        TypeAttr::get(type));
  Value y = t.add(t.mul(steps, op.getDelta()), op.getStart());
  y.setType(op.getType());
  op.replaceAllUsesWith(y);
  dead.push_back(op);
}

/// 0 copies a size, -1 is what the other sizes leave.
void SizeBinder::bindIn(xf::Reshape op) {
  MutableOperandRange operand = op.getShapeValueMutable();
  SmallVector<Dim> known = contentOf(operand), bound(known.size());
  if (llvm::none_of(known, isUnknown))
    return;
  Value x = op.getX(), shape = operand[0].get();
  int64_t rank = cast<RankedTensorType>(x.getType()).getRank();
  SmallVector<Value> sizes;
  for (int64_t i = 0, e = known.size(); i < e; ++i) {
    Value size = t.element(shape, i);
    sizes.push_back(op.getCopyZero() && i < rank
                        ? t.replace(size, 0, t.sizeOf(x, i))
                        : size);
  }
  if (llvm::none_of(known, [](Dim dim) { return dim.isConstant(-1); })) {
    // The product has the -1 as a factor.
    Value others = t.constant(-1);
    for (Value size : sizes)
      others = t.mul(others, size);
    Value rest = t.div(t.countOf(x), others);
    for (Value &size : sizes)
      size = t.replace(size, -1, rest);
  }
  for (auto [i, element] : llvm::enumerate(known))
    if (!element)
      bound[i] = bind(sizes[i]);
  replaceElements(operand, bound);
}

/// A size of 1 asks for that of x. Where x has one that may be 1, too, only the
/// run tells whether x repeats.
void SizeBinder::bindIn(xf::Broadcast op) {
  MutableOperandRange operand = op.getShapeValueMutable();
  SmallVector<Dim> known = contentOf(operand), bound(known.size());
  if (llvm::none_of(known, isUnknown))
    return;
  Value x = op.getX(), shape = operand[0].get();
  SmallVector<Dim> dims(shapes.getDims(x)), result;
  int64_t shift = int64_t(known.size()) - int64_t(dims.size());
  bool mayStretch = false, isResolved = shift >= 0;
  for (auto [i, element] : llvm::enumerate(known)) {
    int64_t axis = int64_t(i) - shift;
    Dim size = axis >= 0 ? dims[axis] : Dim::constant(b.getContext(), 1);
    if (!element) {
      Value wanted = t.element(shape, i);
      if (!size.isConstant(1))
        wanted = t.replace(wanted, 1, t.sizeOf(x, axis));
      element = bound[i] = bind(wanted);
      mayStretch |= !size.getConstant();
    }
    // What the run works out is the result's size already.
    bool isFinal = bound[i] && !size.getConstant();
    result.push_back(isFinal
                         ? bound[i]
                         : xf::broadcastDim(size, element, shapes.getProver()));
    // Sizes bound just now are known to all but this round's analysis.
    isResolved &= shapes.isResolved(size) &&
                  (bound[i] || shapes.isResolved(result.back()));
  }
  if (!mayStretch || !isResolved)
    return replaceElements(operand, bound);
  for (auto [i, size] : llvm::enumerate(dims))
    if (Dim wide = bound[i + shift]; wide && !size.isConstant(1))
      xf::RequireEqual::create(
          b, xf::unlessOne(size, wide).getAttr(), wide.getAttr(),
          b.getStringAttr("sizes of axis " + Twine(i + shift)));
  auto y = xf::Stretch::create(b, op.getType(), x,
                               getDimsAttr(b.getContext(), result));
  op.replaceAllUsesWith(y.getY());
  dead.push_back(op);
}

/// Negative amounts cut off.
void SizeBinder::bindIn(xf::Pad op) {
  MutableOperandRange operand = op.getPadsValueMutable();
  SmallVector<Dim> known = contentOf(operand), bound(known.size());
  if (llvm::none_of(known, isUnknown))
    return;
  Value pads = operand[0].get(), zero = t.constant(0);
  int64_t rank = known.size() / 2;
  SmallVector<int64_t> axes, steps;
  SmallVector<Value> starts, ends;
  for (int64_t axis = 0; axis < rank; ++axis) {
    if (known[axis] && known[axis + rank])
      continue;
    Value start = zero, end = t.sizeOf(op.getX(), axis);
    for (int64_t i : {axis, axis + rank}) {
      if (known[i])
        continue;
      Value amount = t.element(pads, i), cut = t.min(amount, zero);
      bound[i] = bind(t.max(amount, zero));
      if (i == axis)
        start = t.sub(zero, cut);
      else
        end = t.max(t.add(end, cut), zero);
    }
    axes.push_back(axis);
    steps.push_back(1);
    starts.push_back(start);
    ends.push_back(end);
  }
  replaceElements(operand, bound);
  op.getXMutable().assign(
      xf::Slice::create(b, op.getX(), t.concat(starts), t.concat(ends),
                        b.getDenseI64ArrayAttr(axes), ArrayAttr(), ArrayAttr(),
                        b.getDenseI64ArrayAttr(steps)));
}

/// Positions count from the end where they are negative.
void SizeBinder::bindIn(xf::Slice op) {
  SmallVector<Dim> starts = contentOf(op.getStartsValueMutable()),
                   ends = contentOf(op.getEndsValueMutable());
  SmallVector<Dim> boundStarts(starts.size()), boundEnds(ends.size());
  auto isOpen = [&](ArrayRef<Dim> positions, int64_t i) {
    return !positions.empty() && !positions[i];
  };
  SmallVector<int64_t> backwards;
  for (auto [i, step] : llvm::enumerate(op.getSteps()))
    if (step < 0 && (isOpen(starts, i) || isOpen(ends, i)))
      backwards.push_back(i);
  if (!backwards.empty())
    return bindBackwards(op, backwards);
  for (auto [i, axis] : llvm::enumerate(op.getAxes())) {
    auto find = [&](Value positions) {
      Value size = t.sizeOf(op.getX(), axis);
      return bind(
          t.position(t.element(positions, i), size, t.constant(0), size));
    };
    if (isOpen(starts, i))
      boundStarts[i] = find(op.getStartsValue());
    if (isOpen(ends, i))
      boundEnds[i] = find(op.getEndsValue());
  }
  if (!llvm::all_of(boundStarts, isUnknown))
    replaceElements(op.getStartsValueMutable(), boundStarts);
  if (!llvm::all_of(boundEnds, isUnknown))
    replaceElements(op.getEndsValueMutable(), boundEnds);
}

/// Takes the same elements forwards, then reverses them: that the position
/// before the first one is an end is nothing that an xf.slice can be told by a
/// symbol.
void SizeBinder::bindBackwards(xf::Slice op, ArrayRef<int64_t> places) {
  MLIRContext *context = b.getContext();
  SmallVector<int64_t> steps(op.getSteps()), reversed;
  SmallVector<Value> starts, ends;
  auto positions = [&](Value tensor, std::optional<ArrayAttr> attr) {
    return tensor ? tensor : t.of(getDimsFrom(*attr));
  };
  Value from = positions(op.getStartsValue(), op.getStarts()),
        to = positions(op.getEndsValue(), op.getEnds());
  for (auto [i, axis] : llvm::enumerate(op.getAxes())) {
    starts.push_back(t.element(from, i));
    ends.push_back(t.element(to, i));
    if (!llvm::is_contained(places, int64_t(i)))
      continue;
    Value size = t.sizeOf(op.getX(), axis), one = t.constant(1),
          zero = t.constant(0), before = t.constant(-1);
    Value last = t.sub(size, one), step = t.constant(-steps[i]);
    Value first = t.position(starts.back(), size, before, last),
          end = t.position(ends.back(), size, before, last);
    // first, first - step, ... above end.
    Value steps0 = t.sub(t.add(t.sub(first, end), step), one);
    Value count = t.div(t.max(steps0, zero), step);
    Value lowest = t.max(t.sub(first, t.mul(t.sub(count, one), step)), zero);
    starts.back() = t.of(bind(lowest));
    ends.back() = t.of(bind(t.add(lowest, t.mul(count, step))));
    steps[i] = -steps[i];
    reversed.push_back(axis);
  }
  auto forwards = xf::Slice::create(
      b, op.getX(), t.concat(starts), t.concat(ends), op.getAxesAttr(),
      ArrayAttr(), ArrayAttr(), b.getDenseI64ArrayAttr(steps));
  SmallVector<Dim> lasts(reversed.size(), Dim::constant(context, -1)),
      beyond(reversed.size(),
             Dim::constant(context, -std::numeric_limits<int64_t>::max()));
  SmallVector<int64_t> back(reversed.size(), -1);
  auto y = xf::Slice::create(
      b, forwards, Value(), Value(), b.getDenseI64ArrayAttr(reversed),
      getDimsAttr(context, lasts), getDimsAttr(context, beyond),
      b.getDenseI64ArrayAttr(back));
  y.getY().setType(op.getType());
  op.replaceAllUsesWith(y.getY());
  dead.push_back(op);
}

void hagane::bindSizes(ModuleOp module) {
  while (SizeBinder(module).run())
    ;
}
