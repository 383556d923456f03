//===- Quantization.cpp - Codes and scales --------------------------------===//

#include "dialects/xf/eval/Strides.h"
#include <cmath>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

namespace {

/// Where the scale of an element of x lies: one for all, one per index of
/// `axis`, or one per `block` elements along it.
struct ScaleLayout {
  Shape strides; // Of the scale, per axis of x.
  int64_t axis = 0, block = 1;

  int64_t offset(ArrayRef<int64_t> coordinate) const {
    int64_t result = 0;
    for (auto [i, stride] : llvm::enumerate(strides))
      result +=
          stride * (static_cast<int64_t>(i) == axis ? coordinate[i] / block
                                                    : coordinate[i]);
    return result;
  }
};

FailureOr<ScaleLayout> layoutOf(const HostTensor &scale, const HostTensor &x,
                                int64_t axis, int64_t block,
                                Evaluation &evaluation) {
  ScaleLayout layout;
  layout.strides.assign(x.getRank(), 0);
  if (scale.getCount() == 1)
    return layout;
  if (failed(evaluation.checkAxis(axis, x)))
    return failure();
  layout.axis = axis;
  Shape expected{x.getSize(axis)};
  if (block > 0) {
    layout.block = block;
    expected.assign(x.getShape().begin(), x.getShape().end());
    expected[axis] = x.getSize(axis) / block + (x.getSize(axis) % block != 0);
    layout.strides = stridesOf(expected);
  } else {
    layout.strides[axis] = 1;
  }
  if (scale.getShape() != ArrayRef<int64_t>(expected))
    return evaluation.error("found " + describe(scale) + " for " + describe(x) +
                            ", expected shape " + describeShape(expected));
  return layout;
}

/// What quantization and its inverse share: operands 0 (x), 1 (scale) and 2
/// (zero point, may be absent), and the result.
class Codes {
public:
  template <typename OpTy>
  static FailureOr<Codes> get(OpTy op, Evaluation &evaluation) {
    Codes codes{evaluation.operand(0), evaluation.operand(1),
                evaluation.optional(op, 2)};
    auto layout = [&](const HostTensor &factor) {
      return layoutOf(factor, codes.x, op.getAxis(), op.getBlock(), evaluation);
    };
    FailureOr<ScaleLayout> scaleLayout = layout(codes.scale),
                           zeroLayout = ScaleLayout();
    if (codes.zeroPoint)
      zeroLayout = layout(*codes.zeroPoint);
    FailureOr<HostTensor *> y = evaluation.create(codes.x.getShape());
    if (failed(scaleLayout) || failed(zeroLayout) || failed(y))
      return failure();
    codes.scaleLayout = *scaleLayout;
    codes.zeroLayout = *zeroLayout;
    codes.y = *y;
    return codes;
  }

  double scaleAt(const Odometer &at) const {
    return scale.getReal(scaleLayout.offset(at.getCoordinate()));
  }
  double zeroPointAt(const Odometer &at) const {
    return zeroPoint->getReal(zeroLayout.offset(at.getCoordinate()));
  }

  const HostTensor &x, &scale;
  const HostTensor *zeroPoint;
  HostTensor *y = nullptr;

private:
  Codes(const HostTensor &x, const HostTensor &scale,
        const HostTensor *zeroPoint)
      : x(x), scale(scale), zeroPoint(zeroPoint) {}

  ScaleLayout scaleLayout, zeroLayout;
};

/// Stores a rounded quotient plus zero point, limited to the type's range.
void storeSaturated(HostTensor &y, int64_t index, double value) {
  const Element &to = y.getElement();
  if (!to.isFloat())
    return y.setReal(index, value); // Saturates by definition.
  double limit = to.largestFinite();
  y.setReal(index, value > limit ? limit : value < -limit ? -limit : value);
}

LogicalResult defineQuantize(Quantize op, Evaluation &evaluation) {
  FailureOr<Codes> codes = Codes::get(op, evaluation);
  if (failed(codes))
    return failure();
  const HostTensor &x = codes->x;
  bool isDouble = x.getElement().isFloat() && x.getElement().bits == 64;
  bool roundsToIntegers = !codes->y->getElement().isFloat();
  Odometer at(x.getShape(), {});
  for (int64_t n = 0; n < x.getCount(); ++n, at.next()) {
    double quotient = x.getReal(n) / codes->scaleAt(at);
    // The quotient has f32 precision, as that of the element-wise division has.
    if (!isDouble)
      quotient = static_cast<float>(quotient);
    if (roundsToIntegers)
      quotient = std::nearbyint(quotient);
    if (codes->zeroPoint)
      quotient += codes->zeroPointAt(at);
    storeSaturated(*codes->y, n, quotient);
  }
  return success();
}

LogicalResult defineDequantize(Dequantize op, Evaluation &evaluation) {
  FailureOr<Codes> codes = Codes::get(op, evaluation);
  if (failed(codes))
    return failure();
  Odometer at(codes->x.getShape(), {});
  for (int64_t n = 0; n < codes->x.getCount(); ++n, at.next()) {
    double code = codes->x.getReal(n);
    if (codes->zeroPoint)
      code -= codes->zeroPointAt(at);
    codes->y->setReal(n, code * codes->scaleAt(at));
  }
  return success();
}

} // namespace

void hagane::xf::eval::defineQuantization(DefinitionTable &table) {
  table.add(defineQuantize);
  table.add(defineDequantize);
}
