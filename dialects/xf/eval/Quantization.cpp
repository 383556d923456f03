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

/// The layouts of operands 1 (scale) and 2 (zero point, may be absent).
struct Layouts {
  ScaleLayout scale, zeroPoint;
};

FailureOr<Layouts> layoutsOf(int64_t axis, int64_t block,
                             const HostTensor *zeroPoint,
                             Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  FailureOr<ScaleLayout> scale =
      layoutOf(evaluation.operand(1), x, axis, block, evaluation);
  if (failed(scale))
    return failure();
  if (!zeroPoint)
    return Layouts{*scale, {}};
  FailureOr<ScaleLayout> zero =
      layoutOf(*zeroPoint, x, axis, block, evaluation);
  if (failed(zero))
    return failure();
  return Layouts{*scale, *zero};
}

/// Stores a rounded quotient plus zero point, limited to the type's range.
void storeSaturated(HostTensor &y, int64_t index, double value) {
  const Element &to = y.getElement();
  if (!to.isFloat())
    return y.setReal(index, value); // Saturates by definition.
  double limit = to.largestFinite();
  y.setReal(index, value > limit ? limit : value < -limit ? -limit : value);
}

LogicalResult defineQuantize(Quantize op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0), &scale = evaluation.operand(1);
  const HostTensor *zeroPoint = evaluation.optional(op, 2);
  FailureOr<Layouts> layouts =
      layoutsOf(op.getAxis(), op.getBlock(), zeroPoint, evaluation);
  if (failed(layouts))
    return failure();
  FailureOr<HostTensor *> y = evaluation.create(x.getShape());
  if (failed(y))
    return failure();
  bool isDouble = x.getElement().isFloat() && x.getElement().bits == 64;
  bool roundsToIntegers = !(*y)->getElement().isFloat();
  Odometer at(x.getShape(), {});
  for (int64_t n = 0; n < x.getCount(); ++n, at.next()) {
    double quotient =
        x.getReal(n) / scale.getReal(layouts->scale.offset(at.getCoordinate()));
    // The quotient has f32 precision, as that of the element-wise division has.
    if (!isDouble)
      quotient = static_cast<float>(quotient);
    if (roundsToIntegers)
      quotient = std::nearbyint(quotient);
    if (zeroPoint)
      quotient +=
          zeroPoint->getReal(layouts->zeroPoint.offset(at.getCoordinate()));
    storeSaturated(**y, n, quotient);
  }
  return success();
}

LogicalResult defineDequantize(Dequantize op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0), &scale = evaluation.operand(1);
  const HostTensor *zeroPoint = evaluation.optional(op, 2);
  FailureOr<Layouts> layouts =
      layoutsOf(op.getAxis(), op.getBlock(), zeroPoint, evaluation);
  if (failed(layouts))
    return failure();
  FailureOr<HostTensor *> y = evaluation.create(x.getShape());
  if (failed(y))
    return failure();
  Odometer at(x.getShape(), {});
  for (int64_t n = 0; n < x.getCount(); ++n, at.next()) {
    double code = x.getReal(n);
    if (zeroPoint)
      code -= zeroPoint->getReal(layouts->zeroPoint.offset(at.getCoordinate()));
    (*y)->setReal(
        n, code * scale.getReal(layouts->scale.offset(at.getCoordinate())));
  }
  return success();
}

} // namespace

void hagane::xf::eval::defineQuantization(DefinitionTable &table) {
  table.add(defineQuantize);
  table.add(defineDequantize);
}
