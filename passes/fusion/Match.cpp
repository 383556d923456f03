//===- Match.cpp - What matchers of fusions share -------------------------===//

#include "passes/fusion/Match.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;
using xf::Dim;

//===----------------------------------------------------------------------===//
// Walking
//===----------------------------------------------------------------------===//

void hagane::fusion::eraseDeadOps(Operation *root) {
  root->walk<WalkOrder::PostOrder, ReverseIterator>([&](Operation *op) {
    if (op != root && isOpTriviallyDead(op))
      op->erase();
  });
}

Location hagane::fusion::fuseLocations(ArrayRef<Operation *> ops) {
  auto locations =
      llvm::map_to_vector(ops, [](Operation *op) { return op->getLoc(); });
  return FusedLoc::get(ops.front()->getContext(), locations);
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

bool hagane::fusion::isConstantExpression(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isa_and_present<xf::XfDialect>(op->getDialect()))
    return false;
  if (isa<xf::Constant>(op))
    return true;
  return op->getNumOperands() != 0 &&
         llvm::all_of(op->getOperands(), isConstantExpression);
}

std::optional<double> hagane::fusion::getScalar(Value value) {
  auto constant = value.getDefiningOp<xf::Constant>();
  auto elements =
      constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : nullptr;
  if (!elements || !elements.isSplat())
    return std::nullopt;
  if (isa<FloatType>(elements.getElementType())) {
    APFloat number = elements.getSplatValue<APFloat>();
    bool inexact;
    number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                   &inexact);
    return number.convertToDouble();
  }
  auto integer = dyn_cast<IntegerType>(elements.getElementType());
  if (!integer || integer.getWidth() > 64)
    return std::nullopt;
  APInt number = elements.getSplatValue<APInt>();
  return integer.isUnsigned() || integer.getWidth() == 1
             ? static_cast<double>(number.getZExtValue())
             : static_cast<double>(number.getSExtValue());
}

bool hagane::fusion::keepsShape(Value x, Value constant) {
  auto type = cast<RankedTensorType>(x.getType()),
       other = cast<RankedTensorType>(constant.getType());
  if (other.getRank() > type.getRank())
    return false;
  for (auto [size, otherSize] : llvm::zip(llvm::reverse(type.getShape()),
                                          llvm::reverse(other.getShape())))
    if (otherSize != 1 &&
        (ShapedType::isDynamic(otherSize) || otherSize != size))
      return false;
  return true;
}

bool hagane::fusion::isAbout(double found, double wanted, Value typed) {
  auto type = dyn_cast<FloatType>(getElementTypeOrSelf(typed));
  double unit =
      type ? std::ldexp(1.0, -static_cast<int>(type.getFPMantissaWidth())) : 0;
  return std::abs(found - wanted) <=
         std::abs(wanted) * std::max(1e-5, 4 * unit);
}

std::optional<Scaled> hagane::fusion::matchScaled(Value value) {
  auto match = [](Value x, Value constant,
                  bool divides) -> std::optional<Scaled> {
    std::optional<double> number = getScalar(constant);
    if (!number || !isa<FloatType>(getElementTypeOrSelf(x)) ||
        !keepsShape(x, constant))
      return std::nullopt;
    double factor = divides ? 1 / *number : *number;
    if (!std::isfinite(factor) || factor == 0)
      return std::nullopt;
    return Scaled{x, factor};
  };
  if (auto mul = value.getDefiningOp<xf::Mul>()) {
    std::optional<Scaled> scaled = match(mul.getA(), mul.getB(), false);
    return scaled ? scaled : match(mul.getB(), mul.getA(), false);
  }
  if (auto div = value.getDefiningOp<xf::Div>())
    return match(div.getA(), div.getB(), true);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

Value hagane::fusion::skipFloatCasts(Value value) {
  while (auto cast = value.getDefiningOp<xf::Cast>()) {
    if (!isa<FloatType>(getElementTypeOrSelf(cast.getX())) ||
        !isa<FloatType>(getElementTypeOrSelf(value)))
      break;
    value = cast.getX();
  }
  return value;
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

bool Shapes::areEqual(ArrayRef<Dim> a, ArrayRef<Dim> b) const {
  return a.size() == b.size() &&
         llvm::all_of(llvm::zip_equal(a, b), [&](auto pair) {
           return areEqual(std::get<0>(pair), std::get<1>(pair));
         });
}

std::string hagane::fusion::describe(ArrayRef<Dim> dims) {
  std::string text = "[";
  for (auto [i, dim] : llvm::enumerate(dims))
    text += (i ? ", " : "") + dim.str();
  return text + "]";
}

bool hagane::fusion::keepsLastTwo(xf::Reshape op, Shapes &shapes) {
  SmallVector<Dim> before = shapes.getDims(op.getX()),
                   after = shapes.getDims(op.getY());
  return before.size() >= 3 && after.size() >= 3 &&
         shapes.areEqual(ArrayRef(before).take_back(2),
                         ArrayRef(after).take_back(2));
}

bool hagane::fusion::swapsLastTwo(xf::Transpose op) {
  ArrayRef<int64_t> permutation = op.getPermutation();
  int64_t rank = permutation.size();
  for (auto [i, axis] : llvm::enumerate(permutation.drop_back(2)))
    if (axis != static_cast<int64_t>(i))
      return false;
  return rank >= 2 && permutation[rank - 1] == rank - 2;
}

Value hagane::fusion::makeReshape(OpBuilder &builder, Location location,
                                  Value x, ArrayRef<Dim> dims) {
  auto type =
      RankedTensorType::get(getStaticSizes(dims), getElementTypeOrSelf(x));
  return xf::Reshape::create(builder, location, type, x, Value(),
                             getDimsAttr(builder.getContext(), dims), false);
}

Value hagane::fusion::makeBroadcast(OpBuilder &builder, Location location,
                                    Value x, ArrayRef<Dim> dims) {
  auto type =
      RankedTensorType::get(getStaticSizes(dims), getElementTypeOrSelf(x));
  return xf::Broadcast::create(builder, location, type, x, Value(),
                               getDimsAttr(builder.getContext(), dims));
}

Value hagane::fusion::makeTranspose(OpBuilder &builder, Location location,
                                    Value x, ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> composed(permutation);
  if (auto inner = x.getDefiningOp<xf::Transpose>()) {
    for (int64_t &axis : composed)
      axis = inner.getPermutation()[axis];
    x = inner.getX();
  }
  if (llvm::equal(composed, llvm::seq<int64_t>(0, composed.size())))
    return x;
  return xf::Transpose::create(builder, location, x, composed);
}

/// A slice's only bound of that kind, clamped to 0..size.
static std::optional<int64_t> getBound(std::optional<ArrayAttr> bounds,
                                       int64_t size) {
  if (!bounds || bounds->size() != 1)
    return std::nullopt;
  std::optional<int64_t> bound =
      Dim(cast<xf::DimAttr>((*bounds)[0])).getConstant();
  if (!bound)
    return std::nullopt;
  return std::clamp(*bound < 0 ? *bound + size : *bound, int64_t(0), size);
}

std::optional<Window> hagane::fusion::getWindow(xf::Slice op) {
  if (op.getAxes().size() != 1 || op.getSteps()[0] <= 0)
    return std::nullopt;
  int64_t axis = op.getAxes()[0],
          size = cast<RankedTensorType>(op.getX().getType()).getDimSize(axis);
  if (ShapedType::isDynamic(size))
    return std::nullopt;
  std::optional<int64_t> begin = getBound(op.getStarts(), size),
                         end = getBound(op.getEnds(), size);
  if (!begin || !end || *begin >= *end)
    return std::nullopt;
  return Window{axis, *begin, *end, op.getSteps()[0]};
}

Value hagane::fusion::makeSlice(OpBuilder &builder, Location location, Value x,
                                const Window &window) {
  auto dims = [&](int64_t value) {
    return getDimsAttr(builder.getContext(),
                       Dim::constant(builder.getContext(), value));
  };
  return xf::Slice::create(builder, location, x, Value(), Value(), window.axis,
                           dims(window.begin), dims(window.end), window.step);
}

Value hagane::fusion::makeScalar(OpBuilder &builder, Location location,
                                 FloatType type, double number) {
  auto tensor = RankedTensorType::get({}, type);
  APFloat value(number);
  bool inexact;
  value.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                &inexact);
  return xf::Constant::create(builder, location, tensor,
                              DenseElementsAttr::get(tensor, value),
                              StringAttr());
}
