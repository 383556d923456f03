//===- BindSizes.cpp - Sizes that only running the model tells ------------===//

#include "passes/shapes/BindSizes.h"
#include "dialects/xf/XfDynamic.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "passes/shapes/ShapeAnalysis.h"
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
        b(module.getLoc(), module.getContext()) {}

  bool run() {
    SmallVector<Operation *> ops;
    module.walk([&](xf::SymbolicShapeOpInterface op) { ops.push_back(op); });
    for (Operation *op : ops) {
      b.setLoc(op->getLoc());
      b.setInsertionPoint(op);
      llvm::TypeSwitch<Operation *>(op)
          .Case([&](xf::NonZero nonZero) { bindCount(nonZero); })
          .Case([&](xf::Range range) { bindLength(range); })
          .Case([&](xf::Slice slice) {
            bindContents(slice.getStartsValueMutable());
            bindContents(slice.getEndsValueMutable());
          })
          .Case([&](xf::Reshape x) { bindContents(x.getShapeValueMutable()); })
          .Case(
              [&](xf::Broadcast x) { bindContents(x.getShapeValueMutable()); })
          .Case<xf::FoldWindows, xf::Resize>(
              [&](auto x) { bindContents(x.getSizesValueMutable()); })
          .Case([&](xf::Pad x) { bindContents(x.getPadsValueMutable()); })
          .Case([&](xf::CacheWrite x) {
            bindContents(x.getExtentValueMutable());
          })
          .Case([&](xf::TopK x) { bindContents(x.getKValueMutable()); });
    }
    // Only now: the analysis knows values by their addresses.
    for (Operation *op : dead)
      op->erase();
    return changed;
  }

private:
  Type i64() { return b.getI64Type(); }
  Value scalar(int64_t value, Type type) {
    auto tensor = RankedTensorType::get({}, type);
    Attribute element = isa<FloatType>(type)
                            ? Attribute(b.getFloatAttr(type, double(value)))
                            : b.getIntegerAttr(type, value);
    return xf::Constant::create(
        b, tensor, DenseElementsAttr::get(tensor, element), StringAttr());
  }
  Value cast(Value x, Type to) {
    if (getElementTypeOrSelf(x) == to)
      return x;
    return xf::Cast::create(b, x, to, /*saturate=*/false);
  }

  /// The one element of `size` as a new symbol.
  Dim bind(Value size) {
    std::string name;
    do
      name = "computed" + std::to_string(count++);
    while (symbols.lookup(name));
    OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
    symbols.insert(xf::ComputedSize::create(
        top, b.getLoc(), name, 0, std::numeric_limits<int64_t>::max()));
    xf::Bind::create(b, name, cast(size, i64()));
    changed = true;
    return Dim::symbol(b.getContext(), name);
  }

  void bindContents(MutableOperandRange operand);
  void bindCount(xf::NonZero op);
  void bindLength(xf::Range op);

  ModuleOp module;
  SymbolTable symbols;
  ShapeAnalysis shapes;
  ImplicitLocOpBuilder b;
  SmallVector<Operation *> dead;
  bool changed = false;
  int64_t count = 0;
};

/// Binds the elements of a size operand that are not known. Those that are
/// expressions over sizes not bound yet will be known then.
void SizeBinder::bindContents(MutableOperandRange operand) {
  if (operand.empty())
    return;
  Value sizes = operand[0].get();
  auto type = ::llvm::cast<RankedTensorType>(sizes.getType());
  xf::Facts facts = shapes.get(sizes);
  if (facts.rank() > 1 || !facts.getType().hasStaticShape() ||
      facts.getType().getNumElements() > xf::Facts::kMaxContent)
    return;
  type = facts.getType();
  SmallVector<Dim> elements(type.getNumElements());
  if (facts.content)
    elements = *facts.content;
  if (!llvm::is_contained(elements, Dim()))
    return;
  for (auto [i, element] : llvm::enumerate(elements)) {
    if (element)
      continue;
    Value size = sizes;
    int64_t at = i;
    if (elements.size() > 1)
      size = xf::Slice::create(
          b, sizes, Value(), Value(), b.getDenseI64ArrayAttr({0}),
          getDimsAttr(b.getContext(), Dim::constant(b.getContext(), at)),
          getDimsAttr(b.getContext(), Dim::constant(b.getContext(), at + 1)),
          b.getDenseI64ArrayAttr({1}));
    element = bind(size);
  }
  operand.assign(xf::Dims::create(
      b, type, getDimsAttr(b.getContext(), elements), TypeAttr::get(type)));
}

void SizeBinder::bindCount(xf::NonZero op) {
  // Folded later.
  if (op.getX().getDefiningOp<xf::Constant>())
    return;
  Value x = op.getX(), found = x;
  auto type = ::llvm::cast<RankedTensorType>(x.getType());
  if (!type.getElementType().isInteger(1))
    found = xf::Cmp::create(b, x, scalar(0, type.getElementType()),
                            xf::CmpKind::ne);
  SmallVector<int64_t> axes(llvm::to_vector(llvm::seq(type.getRank())));
  Value count =
      xf::Reduce::create(b, cast(found, i64()), xf::ReduceKind::sum, axes,
                         /*keep_dims=*/false);
  Dim size = bind(count);
  auto compact = xf::Compact::create(b, op.getType(), x,
                                     getDimsAttr(b.getContext(), size));
  op.replaceAllUsesWith(compact.getY());
  dead.push_back(op);
}

/// start + i * delta, with as many i as fit.
void SizeBinder::bindLength(xf::Range op) {
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
  Type wide = isFloat ? Type(b.getF64Type()) : i64();
  Value delta = cast(op.getDelta(), wide), zero = scalar(0, wide);
  Value distance =
      xf::Sub::create(b, cast(op.getLimit(), wide), cast(op.getStart(), wide));
  if (isFloat) {
    distance = xf::Ceil::create(b, xf::Div::create(b, distance, delta));
  } else {
    // Rounds up: division drops the fraction.
    Value negative = xf::Cmp::create(b, delta, zero, xf::CmpKind::lt);
    Value sign =
        xf::Select::create(b, negative, scalar(-1, wide), scalar(1, wide));
    distance = xf::Add::create(b, distance, xf::Sub::create(b, delta, sign));
    distance = xf::Div::create(b, distance, delta);
  }
  Dim length = bind(xf::Max::create(b, distance, zero));
  MLIRContext *context = b.getContext();
  Value steps =
      xf::Range::create(b, Value(), Value(), Value(),
                        getDimsAttr(context, {Dim::constant(context, 0), length,
                                              Dim::constant(context, 1)}),
                        TypeAttr::get(type));
  Value y = xf::Add::create(b, xf::Mul::create(b, steps, op.getDelta()),
                            op.getStart());
  y.setType(op.getType());
  op.replaceAllUsesWith(y);
  dead.push_back(op);
}

} // namespace

void hagane::bindSizes(ModuleOp module) {
  while (SizeBinder(module).run())
    ;
}
