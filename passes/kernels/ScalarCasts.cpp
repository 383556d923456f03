//===- ScalarCasts.cpp - Elements as other types --------------------------===//

#include "dialects/kernel/KernelOps.h"
#include "dialects/xf/XfSpecial.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "passes/kernels/Scalars.h"

using namespace mlir;
using namespace hagane;

using ScalarScope = ImplicitLocOpBuilder;

static Type elementType(Value tensor) {
  return cast<ShapedType>(tensor.getType()).getElementType();
}

Value hagane::castElement(ScalarScope &b, Operation *op, ValueRange x) {
  Type to = cast<xf::Cast>(op).getTo();
  Value value = convertScalar(b, x[0], elementType(op->getOperand(0)), to);
  auto narrow = dyn_cast<FloatType>(to);
  if (!narrow || narrow.getWidth() >= 32)
    return value;
  if (cast<xf::Cast>(op).getSaturate()) {
    double largest =
        llvm::APFloat::getLargest(narrow.getFloatSemantics()).convertToDouble();
    value = arith::MinimumFOp::create(b, value,
                                      makeScalar(b, value.getType(), largest));
    value = arith::MaximumFOp::create(b, value,
                                      makeScalar(b, value.getType(), -largest));
  }
  // Kernels compute in f32, but a conversion that the model asks for rounds.
  Value rounded = arith::TruncFOp::create(b, to, value);
  return arith::ExtFOp::create(b, value.getType(), rounded);
}

/// From the compute type to the operand's own bits and back from the result's.
Value hagane::bitcastElement(ScalarScope &b, Operation *op, ValueRange x) {
  Type from = elementType(op->getOperand(0)),
       to = cast<xf::Bitcast>(op).getTo();
  auto stored = [&](Type type) {
    return isa<FloatType>(type)
               ? type
               : b.getIntegerType(type.getIntOrFloatBitWidth());
  };
  Value value = x[0];
  if (value.getType() != stored(from))
    value = arith::TruncFOp::create(b, stored(from), value);
  if (stored(from) != stored(to))
    value = arith::BitcastOp::create(b, stored(to), value);
  Type compute = kernel::getComputeType(to);
  if (value.getType() != compute)
    value = arith::ExtFOp::create(b, compute, value);
  return value;
}
