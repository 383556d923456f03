//===- Emit.cpp - Building blocks of kernel lowerings ---------------------===//

#include "codegen/cpu/Emit.h"
#include "dialects/kernel/KernelOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace hagane::cpu {

Value index(Builder &b, int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

std::optional<int64_t> constantOf(Value value) {
  return getConstantIntValue(value);
}

template <typename OpTy> static Value fold(Builder &b, Value x, Value y) {
  return b.createOrFold<OpTy>(x, y);
}

Value add(Builder &b, Value x, Value y) { return fold<arith::AddIOp>(b, x, y); }
Value add(Builder &b, Value x, int64_t y) {
  return y == 0 ? x : add(b, x, index(b, y));
}
Value sub(Builder &b, Value x, Value y) { return fold<arith::SubIOp>(b, x, y); }
Value mul(Builder &b, Value x, Value y) { return fold<arith::MulIOp>(b, x, y); }
Value mul(Builder &b, Value x, int64_t y) {
  return y == 1 ? x : mul(b, x, index(b, y));
}
Value minimum(Builder &b, Value x, Value y) {
  return fold<arith::MinSIOp>(b, x, y);
}
Value maximum(Builder &b, Value x, Value y) {
  return fold<arith::MaxSIOp>(b, x, y);
}
Value divide(Builder &b, Value x, Value y) {
  return fold<arith::DivUIOp>(b, x, y);
}
Value remainder(Builder &b, Value x, Value y) {
  return fold<arith::RemUIOp>(b, x, y);
}
Value ceilDivide(Builder &b, Value x, int64_t y) {
  return y == 1 ? x : divide(b, add(b, x, y - 1), index(b, y));
}

Value sizeOf(Builder &b, Value memref, int64_t axis) {
  auto type = cast<MemRefType>(memref.getType());
  if (!type.isDynamicDim(axis))
    return index(b, type.getDimSize(axis));
  return b.createOrFold<memref::DimOp>(memref, axis);
}

void forEach(Builder &b, Value from, Value to, int64_t step,
             llvm::function_ref<void(Value)> body) {
  forCarrying(b, from, to, step, {}, [&](Value index, ValueRange) {
    body(index);
    return Values{};
  });
}

Values forCarrying(Builder &b, Value from, Value to, int64_t step,
                   ValueRange initial,
                   llvm::function_ref<Values(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(b, from, to, index(b, step), initial);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Values results = body(loop.getInductionVar(), loop.getRegionIterArgs());
    if (initial.empty())
      return {};
    scf::YieldOp::create(b, results);
  }
  return llvm::to_vector_of<Value>(loop.getResults());
}

Value isNot(Builder &b, Value condition) {
  Value yes = arith::ConstantIntOp::create(b, 1, 1);
  return b.createOrFold<arith::XOrIOp>(condition, yes);
}

void ifThen(Builder &b, Value condition, llvm::function_ref<void()> then) {
  if (auto known = getConstantIntValue(condition)) {
    if (*known)
      then();
    return;
  }
  auto branch = scf::IfOp::create(b, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  then();
}

Values delinearize(Builder &b, Value linear, ValueRange sizes) {
  Values coordinates(sizes.size());
  for (size_t i = sizes.size(); i-- > 1;) {
    coordinates[i] = remainder(b, linear, sizes[i]);
    linear = divide(b, linear, sizes[i]);
  }
  if (!sizes.empty())
    coordinates[0] = linear;
  return coordinates;
}

VectorType vectorOf(Type element, int64_t lanes) {
  return VectorType::get({lanes}, element);
}

Value zero(Builder &b, Type type) {
  return arith::ConstantOp::create(b, b.getZeroAttr(type));
}

Value splat(Builder &b, Value scalar, int64_t lanes) {
  if (isa<VectorType>(scalar.getType()))
    return scalar;
  return vector::BroadcastOp::create(b, vectorOf(scalar.getType(), lanes),
                                     scalar);
}

Value multiplyAdd(Builder &b, Value a, Value x, Value c) {
  if (isa<IntegerType>(getElementTypeOrSelf(a.getType())))
    return arith::AddIOp::create(b, arith::MulIOp::create(b, a, x), c);
  auto contract = arith::FastMathFlags::contract;
  Value product = arith::MulFOp::create(b, a, x, contract);
  return arith::AddFOp::create(b, product, c, contract);
}

Value addDots(Builder &b, StringRef intrinsic, Value a, Value x, Value c) {
  return LLVM::CallIntrinsicOp::create(
             b, c.getType(), b.getStringAttr(intrinsic), ValueRange{c, a, x})
      .getResult(0);
}

Value convert(Builder &b, Value value, Type element) {
  Type from = getElementTypeOrSelf(value.getType());
  if (from == element)
    return value;
  // Arithmetic knows no signs: operations do.
  if (element.isUnsignedInteger())
    return convert(b, value, b.getIntegerType(element.getIntOrFloatBitWidth()));
  Type to = element;
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    to = vector.clone(element);
  if (isa<FloatType>(from) && isa<FloatType>(element)) {
    if (from.getIntOrFloatBitWidth() < element.getIntOrFloatBitWidth())
      return arith::ExtFOp::create(b, to, value);
    return arith::TruncFOp::create(b, to, value);
  }
  if (from.getIntOrFloatBitWidth() < element.getIntOrFloatBitWidth())
    return arith::ExtSIOp::create(b, to, value);
  return arith::TruncIOp::create(b, to, value);
}

static Value indexOfLane(Builder &b, Value coordinate, int64_t lanes) {
  if (lanes == 1)
    return coordinate;
  Value steps = vector::StepOp::create(b, vectorOf(b.getIndexType(), lanes));
  return arith::AddIOp::create(b, splat(b, coordinate, lanes), steps);
}

Values cloneRegion(Builder &b, Region &region, ValueRange arguments,
                   int64_t lanes, ValueRange dims, unsigned vectorDim) {
  Block &block = region.front();
  IRMapping mapping;
  mapping.map(block.getArguments(), arguments);
  auto isVector = [](Value v) { return isa<VectorType>(v.getType()); };
  for (Operation &op : block.without_terminator()) {
    if (auto position = dyn_cast<kernel::Index>(op)) {
      unsigned dim = position.getDimension();
      mapping.map(position.getResult(), dim == vectorDim
                                            ? indexOfLane(b, dims[dim], lanes)
                                            : dims[dim]);
      continue;
    }
    SmallVector<Value> operands;
    for (Value operand : op.getOperands())
      operands.push_back(mapping.lookupOrDefault(operand));
    bool widen = llvm::any_of(operands, isVector);
    // Scalars stay scalars as long as they can: they are computed once.
    if (widen)
      for (Value &operand : operands)
        operand = splat(b, operand, lanes);
    Operation *clone = b.clone(op);
    clone->setOperands(operands);
    for (auto [from, to] :
         llvm::zip_equal(op.getResults(), clone->getResults())) {
      if (widen)
        to.setType(vectorOf(to.getType(), lanes));
      mapping.map(from, to);
    }
  }
  Values results;
  for (Value value : block.getTerminator()->getOperands()) {
    Value mapped = mapping.lookupOrDefault(value);
    results.push_back(lanes > 1 ? splat(b, mapped, lanes) : mapped);
  }
  return results;
}

Value combine(Builder &b, StringRef kind, Value x, Value y) {
  bool integer = isa<IntegerType>(getElementTypeOrSelf(x.getType()));
  if (kind == "sum")
    return integer ? arith::AddIOp::create(b, x, y).getResult()
                   : arith::AddFOp::create(b, x, y).getResult();
  if (kind == "prod")
    return integer ? arith::MulIOp::create(b, x, y).getResult()
                   : arith::MulFOp::create(b, x, y).getResult();
  if (kind == "max")
    return integer ? arith::MaxSIOp::create(b, x, y).getResult()
                   : arith::MaximumFOp::create(b, x, y).getResult();
  return integer ? arith::MinSIOp::create(b, x, y).getResult()
                 : arith::MinimumFOp::create(b, x, y).getResult();
}

Value identityOf(Builder &b, StringRef kind, Type type) {
  if (kind == "sum")
    return zero(b, type);
  if (auto real = dyn_cast<FloatType>(type)) {
    APFloat value = kind == "prod"
                        ? APFloat::getOne(real.getFloatSemantics())
                        : APFloat::getInf(real.getFloatSemantics(),
                                          /*Negative=*/kind == "max");
    return arith::ConstantOp::create(b, b.getFloatAttr(real, value));
  }
  unsigned width = type.getIntOrFloatBitWidth();
  APInt value = kind == "prod"  ? APInt(width, 1)
                : kind == "max" ? APInt::getSignedMinValue(width)
                                : APInt::getSignedMaxValue(width);
  return arith::ConstantOp::create(b, b.getIntegerAttr(type, value));
}

Value combineLanes(Builder &b, StringRef kind, Value vector) {
  // A fixed tree, so that the result does not depend on the target's choice.
  for (int64_t lanes = cast<VectorType>(vector.getType()).getDimSize(0);
       lanes > 1; lanes /= 2) {
    int64_t half = lanes / 2;
    auto part = [&](int64_t from) {
      return vector::ExtractStridedSliceOp::create(b, vector, from, half,
                                                   int64_t(1))
          .getResult();
    };
    vector = combine(b, kind, part(0), part(half));
  }
  return vector::ExtractOp::create(b, vector, 0);
}

Value scratchView(Builder &b, Value scratch, Value offset,
                  ArrayRef<int64_t> shape, ValueRange dynamicSizes,
                  Type element) {
  return memref::ViewOp::create(b, MemRefType::get(shape, element), scratch,
                                offset, dynamicSizes);
}

} // namespace hagane::cpu
