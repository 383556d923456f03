//===- ScaleChannels.cpp - Channels between products ----------------------===//

#include "passes/quantization/ScaleChannels.h"
#include "passes/fusion/Match.h"
#include "passes/quantization/Products.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace hagane;

static int64_t getLastSize(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.getRank() == 0 ? 1 : type.getShape().back();
}

/// Factors as a constant of `like`'s element type.
static Value makeFactors(OpBuilder &builder, Location location, Value like,
                         ArrayRef<double> factors, ArrayRef<int64_t> shape) {
  auto f32 = RankedTensorType::get(shape, builder.getF32Type());
  auto values = llvm::to_vector_of<float>(factors);
  Value constant = xf::Constant::create(
      builder, location, f32,
      DenseElementsAttr::get(f32, ArrayRef<float>(values)), StringAttr());
  Type element = getElementTypeOrSelf(like);
  return element.isF32()
             ? constant
             : xf::Cast::create(builder, location, constant, element);
}

/// Axis `axis` of a constant times factors.
static Value multiply(OpBuilder &builder, Value constant,
                      ArrayRef<double> factors, int64_t axis) {
  SmallVector<int64_t> shape(fusion::getRank(constant) - axis, 1);
  shape.front() = static_cast<int64_t>(factors.size());
  Location location = constant.getLoc();
  return xf::Mul::create(
      builder, location, constant,
      makeFactors(builder, location, constant, factors, shape));
}

namespace {

/// Lets values come out with each element of the last axis times a factor, by
/// changes of constants alone; or, at first, tells whether that is possible.
class Producer {
public:
  explicit Producer(bool changes) : changes(changes) {}

  /// Of a value whose readers all want the factors.
  bool scale(Value value, ArrayRef<double> factors);

private:
  bool scaleOperand(OpOperand &operand, ArrayRef<double> factors);
  bool scaleProduct(xf::Linear op, ArrayRef<double> factors);
  bool scaleSlice(xf::Slice op, ArrayRef<double> factors);
  template <typename NormOp>
  bool scaleNorm(NormOp op, ArrayRef<double> factors);
  bool scaleConstant(OpOperand &operand, ArrayRef<double> factors);

  bool changes;
};

} // namespace

bool Producer::scaleConstant(OpOperand &operand, ArrayRef<double> factors) {
  Value value = operand.get();
  if (!fusion::isConstantExpression(value) || isQuantized(value))
    return false;
  if (changes) {
    OpBuilder builder(operand.getOwner());
    int64_t rank = fusion::getRank(value);
    operand.set(rank == 0
                    ? xf::Mul::create(
                          builder, value.getLoc(), value,
                          makeFactors(builder, value.getLoc(), value, factors,
                                      static_cast<int64_t>(factors.size())))
                    : multiply(builder, value, factors, rank - 1));
  }
  return true;
}

/// An operand of as many channels, or a constant.
bool Producer::scaleOperand(OpOperand &operand, ArrayRef<double> factors) {
  Value value = operand.get();
  return scaleConstant(operand, factors) ||
         (value.hasOneUse() &&
          getLastSize(value) == static_cast<int64_t>(factors.size()) &&
          scale(value, factors));
}

/// The weight's columns, and the bias.
bool Producer::scaleProduct(xf::Linear op, ArrayRef<double> factors) {
  Value weight = op.getWeight();
  if (!fusion::isConstantExpression(weight) || isQuantized(weight) ||
      (op.getBias() && !fusion::isConstantExpression(op.getBias())))
    return false;
  if (changes) {
    OpBuilder builder(op);
    op.getWeightMutable().assign(
        multiply(builder, weight, factors, op.getTransposeWeight() ? 0 : 1));
    if (op.getBias())
      (void)scaleConstant(*op.getBiasMutable().begin(), factors);
  }
  return true;
}

template <typename NormOp>
bool Producer::scaleNorm(NormOp op, ArrayRef<double> factors) {
  auto isScalable = [](Value value) {
    return !value || fusion::isConstantExpression(value);
  };
  Value bias;
  if constexpr (std::is_same_v<NormOp, xf::LayerNorm>)
    bias = op.getBias();
  if (!isScalable(op.getScale()) || !isScalable(bias))
    return false;
  if (!changes)
    return true;
  if (op.getScale()) {
    (void)scaleConstant(*op.getScaleMutable().begin(), factors);
  } else {
    OpBuilder builder(op);
    op.getScaleMutable().assign(
        makeFactors(builder, op.getLoc(), op.getX(), factors,
                    static_cast<int64_t>(factors.size())));
  }
  if constexpr (std::is_same_v<NormOp, xf::LayerNorm>)
    if (bias)
      (void)scaleConstant(*op.getBiasMutable().begin(), factors);
  return true;
}

/// Some columns of a product whose other columns are read elsewhere.
bool Producer::scaleSlice(xf::Slice op, ArrayRef<double> factors) {
  Value x = op.getX();
  auto product = x.getDefiningOp<xf::Linear>();
  int64_t last = fusion::getRank(x) - 1, columns = getLastSize(x);
  auto getColumns = [&](Operation *reader) {
    auto slice = dyn_cast<xf::Slice>(reader);
    std::optional<fusion::Window> window =
        slice && slice.getX() == x ? fusion::getWindow(slice) : std::nullopt;
    return window && window->axis == last ? window : std::nullopt;
  };
  std::optional<fusion::Window> own = getColumns(op);
  if (!product || !own || own->step != 1)
    return false;
  for (Operation *reader : x.getUsers())
    if (reader != op)
      if (auto other = getColumns(reader);
          !other || (other->begin < own->end && own->begin < other->end))
        return false;
  SmallVector<double> all(columns, 1);
  llvm::copy(factors, all.begin() + own->begin);
  return scaleProduct(product, all);
}

bool Producer::scale(Value value, ArrayRef<double> factors) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case([&](xf::LayerNorm op) { return scaleNorm(op, factors); })
      .Case([&](xf::RmsNorm op) { return scaleNorm(op, factors); })
      .Case([&](xf::Linear op) { return scaleProduct(op, factors); })
      .Case([&](xf::Slice op) { return scaleSlice(op, factors); })
      .Case([&](xf::Gated op) {
        return scaleOperand(op->getOpOperand(1), factors);
      })
      .Case([&](xf::Mul op) {
        return scaleOperand(op->getOpOperand(0), factors) ||
               scaleOperand(op->getOpOperand(1), factors);
      })
      .Default([](Operation *) { return false; });
}

bool hagane::canScaleInput(ArrayRef<xf::Linear> products) {
  xf::Linear first = products.front();
  Value x = first.getX();
  SmallVector<double> none(getChannels(first), 1);
  return llvm::all_of(x.getUses(),
                      [&](OpOperand &use) {
                        auto product = dyn_cast<xf::Linear>(use.getOwner());
                        return product && product.getX() == use.get() &&
                               product.getWeight() != use.get() &&
                               llvm::is_contained(products, product);
                      }) &&
         Producer(/*changes=*/false).scale(x, none);
}

void hagane::scaleChannels(ArrayRef<xf::Linear> products,
                           ArrayRef<double> scales) {
  SmallVector<double> inverse;
  for (double scale : scales)
    inverse.push_back(1 / scale);
  xf::Linear first = products.front();
  Value x = first.getX();
  if (canScaleInput(products)) {
    (void)Producer(/*changes=*/true).scale(x, inverse);
  } else {
    OpBuilder builder(first);
    Location location = x.getLoc();
    Value scaled =
        xf::Mul::create(builder, location, x,
                        makeFactors(builder, location, x, inverse,
                                    static_cast<int64_t>(inverse.size())));
    for (xf::Linear product : products)
      product.getXMutable().assign(scaled);
  }
  for (xf::Linear product : products) {
    OpBuilder builder(product);
    product.getWeightMutable().assign(
        multiply(builder, product.getWeight(), scales,
                 product.getTransposeWeight() ? 1 : 0));
  }
}
