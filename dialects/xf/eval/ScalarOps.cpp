//===- ScalarOps.cpp - Arithmetic between xf operations -------------------===//

#include "dialects/xf/eval/UpstreamOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace hagane::xf::eval;

namespace {
using Operands = ArrayRef<HostTensor>;
using Result = llvm::Expected<HostTensor>;
using IntegerRule = std::optional<int64_t> (*)(int64_t, int64_t);
} // namespace

static Result evaluateConstant(arith::ConstantOp op) {
  Attribute value = op.getValue();
  if (auto elements = dyn_cast<ElementsAttr>(value))
    return HostTensor::fromAttribute(elements);
  Result tensor = HostTensor::create(op.getType(), {});
  if (!tensor)
    return tensor;
  if (auto integer = dyn_cast<IntegerAttr>(value))
    tensor->setInteger(0, integer.getValue().sextOrTrunc(64).getSExtValue());
  else if (auto real = dyn_cast<FloatAttr>(value))
    tensor->setReal(0, real.getValueAsDouble());
  return tensor;
}

/// The rule of a signless binary operation on integers; null for others.
static IntegerRule integerRule(Operation *op) {
  using R = std::optional<int64_t>;
  return llvm::TypeSwitch<Operation *, IntegerRule>(op)
      .Case<arith::AddIOp>([](auto) -> IntegerRule {
        return [](int64_t a, int64_t b) -> R {
          return int64_t(uint64_t(a) + uint64_t(b));
        };
      })
      .Case<arith::SubIOp>([](auto) -> IntegerRule {
        return [](int64_t a, int64_t b) -> R {
          return int64_t(uint64_t(a) - uint64_t(b));
        };
      })
      .Case<arith::MulIOp>([](auto) -> IntegerRule {
        return [](int64_t a, int64_t b) -> R {
          return int64_t(uint64_t(a) * uint64_t(b));
        };
      })
      .Case<arith::DivSIOp>([](auto) -> IntegerRule {
        return [](int64_t a, int64_t b) -> R {
          return b == 0    ? R()
                 : b == -1 ? int64_t(uint64_t(0) - uint64_t(a))
                           : a / b;
        };
      })
      .Case<arith::RemSIOp>([](auto) -> IntegerRule {
        return [](int64_t a, int64_t b) -> R {
          return b == 0 ? R() : b == -1 ? 0 : a % b;
        };
      })
      .Case<arith::AndIOp>([](auto) -> IntegerRule {
        return [](int64_t a, int64_t b) -> R { return a & b; };
      })
      .Case<arith::OrIOp>([](auto) -> IntegerRule {
        return [](int64_t a, int64_t b) -> R { return a | b; };
      })
      .Case<arith::XOrIOp>([](auto) -> IntegerRule {
        return [](int64_t a, int64_t b) -> R { return a ^ b; };
      })
      .Case<arith::MinSIOp>([](auto) -> IntegerRule {
        return [](int64_t a, int64_t b) -> R { return std::min(a, b); };
      })
      .Case<arith::MaxSIOp>([](auto) -> IntegerRule {
        return [](int64_t a, int64_t b) -> R { return std::max(a, b); };
      })
      .Default(IntegerRule());
}

static Result
mapIntegers(Operation *op, Operands operands,
            llvm::function_ref<std::optional<int64_t>(int64_t)> element) {
  Result y = HostTensor::create(
      getElementTypeOrSelf(op->getResult(0).getType()), operands[0].getShape());
  if (!y)
    return y;
  for (int64_t i = 0; i < y->getCount(); ++i) {
    std::optional<int64_t> value = element(i);
    if (!value)
      return llvm::createStringError("division by zero");
    y->setInteger(i, y->getElement().wrap(*value));
  }
  return y;
}

static Result evaluateBinary(Operation *op, IntegerRule rule,
                             Operands operands) {
  return mapIntegers(op, operands, [&](int64_t i) {
    return rule(operands[0].getInteger(i), operands[1].getInteger(i));
  });
}

static Result evaluateCompare(arith::CmpIOp op, Operands operands) {
  unsigned bits = operands[0].getElement().bits;
  return mapIntegers(op, operands, [&](int64_t i) -> std::optional<int64_t> {
    // i1 is held unsigned; the predicate says how the bits are to be read.
    llvm::APInt a(bits, operands[0].getInteger(i), false, true);
    llvm::APInt b(bits, operands[1].getInteger(i), false, true);
    return arith::applyCmpPredicate(op.getPredicate(), a, b);
  });
}

static Result evaluateConversion(Operation *op, Operands operands,
                                 bool isUnsigned) {
  unsigned bits = operands[0].getElement().bits;
  return mapIntegers(op, operands, [&](int64_t i) -> std::optional<int64_t> {
    uint64_t value = uint64_t(operands[0].getInteger(i));
    if (isUnsigned)
      return int64_t(value & llvm::maskTrailingOnes<uint64_t>(bits));
    return llvm::SignExtend64(value, bits);
  });
}

static Result evaluateToReal(Operation *op, Operands operands,
                             bool isUnsigned) {
  Result y = HostTensor::create(
      getElementTypeOrSelf(op->getResult(0).getType()), operands[0].getShape());
  unsigned bits = operands[0].getElement().bits;
  for (int64_t i = 0; y && i < y->getCount(); ++i) {
    // i1 is held unsigned, but means 0 or -1 here.
    int64_t value = llvm::SignExtend64(operands[0].getInteger(i), bits);
    if (isUnsigned)
      value &= llvm::maskTrailingOnes<uint64_t>(bits);
    y->getElement().storeInteger(y->at(i), value, isUnsigned);
  }
  return y;
}

static Result evaluateSelect(Operands operands) {
  if (operands[0].getCount() != 1)
    return llvm::createStringError("the condition must be a scalar");
  return operands[0].getInteger(0) ? operands[1] : operands[2];
}

Result hagane::xf::eval::evaluateScalarOp(Operation *op, Operands operands) {
  if (IntegerRule rule = integerRule(op))
    return evaluateBinary(op, rule, operands);
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([](arith::ConstantOp op) { return evaluateConstant(op); })
      .Case([&](arith::CmpIOp op) { return evaluateCompare(op, operands); })
      .Case<arith::ExtUIOp, arith::IndexCastUIOp>(
          [&](auto op) { return evaluateConversion(op, operands, true); })
      .Case<arith::ExtSIOp, arith::TruncIOp, arith::IndexCastOp>(
          [&](auto op) { return evaluateConversion(op, operands, false); })
      .Case<arith::SIToFPOp>(
          [&](auto op) { return evaluateToReal(op, operands, false); })
      .Case<arith::UIToFPOp>(
          [&](auto op) { return evaluateToReal(op, operands, true); })
      .Case([&](arith::SelectOp) { return evaluateSelect(operands); })
      .Default([](Operation *op) -> Result { return makeUndefinedError(op); });
}

llvm::Error hagane::xf::eval::makeUndefinedError(Operation *op) {
  return llvm::createStringError("operation '" + op->getName().getStringRef() +
                                 "' has no definition in the evaluator");
}
