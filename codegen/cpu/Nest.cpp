//===- Nest.cpp - Operands of a loop nest over affine maps ----------------===//

#include "codegen/cpu/Nest.h"
#include "dialects/kernel/KernelOps.h"

using namespace mlir;

namespace hagane::cpu {

Nest::Nest(Builder &b, ValueRange insRange, ValueRange outsRange,
           ArrayAttr maps)
    : b(b), ins(insRange), outs(outsRange) {
  auto all = llvm::to_vector(maps.getAsValueRange<AffineMapAttr>());
  inMaps.assign(all.begin(), all.begin() + ins.size());
  outMaps.assign(all.begin() + ins.size(), all.end());
  dimSizes.resize(all.front().getNumDims());
  // Outs first: they are never broadcast, except along reduced dimensions.
  auto learn = [&](ArrayRef<AffineMap> someMaps, ArrayRef<Value> operands) {
    for (auto [map, operand] : llvm::zip_equal(someMaps, operands))
      for (auto [axis, expr] : llvm::enumerate(map.getResults()))
        if (auto dim = dyn_cast<AffineDimExpr>(expr);
            dim && !dimSizes[dim.getPosition()])
          dimSizes[dim.getPosition()] = sizeOf(b, operand, axis);
  };
  learn(outMaps, outs);
  learn(inMaps, ins);
  for (Value &size : dimSizes)
    if (!size)
      size = index(b, 1);
}

static Type computeTypeOf(Value memref) {
  return kernel::getComputeType(
      cast<MemRefType>(memref.getType()).getElementType());
}

Values Nest::loadInvariant(ValueRange dims, unsigned vectorDim) {
  Values values;
  for (auto [operand, map] : llvm::zip_equal(ins, inMaps)) {
    bool varies = map.isFunctionOfDim(vectorDim);
    values.push_back(varies ? Value()
                            : loadMapped(b, operand, map, dims, vectorDim,
                                         Access{}, computeTypeOf(operand)));
  }
  return values;
}

Values Nest::loadIns(ValueRange dims, unsigned vectorDim, Access access,
                     ValueRange invariant) {
  Values values(invariant);
  for (auto [value, operand, map] : llvm::zip_equal(values, ins, inMaps))
    if (!value)
      value = loadMapped(b, operand, map, dims, vectorDim, access,
                         computeTypeOf(operand));
  return values;
}

void Nest::storeOut(unsigned out, Value value, ValueRange dims,
                    unsigned vectorDim, Access access) {
  AffineMap map = outMaps[out];
  Access own = map.isFunctionOfDim(vectorDim) ? access : Access{};
  storeMapped(b, value, outs[out], map, dims, vectorDim, own);
}

Value product(Builder &b, ValueRange sizes) {
  Value result = index(b, 1);
  for (Value size : sizes)
    result = mul(b, result, size);
  return result;
}

Value roundDown(Builder &b, Value value, int64_t step) {
  return mul(b, divide(b, value, index(b, step)), step);
}

void forVectors(Builder &b, Value count, int64_t lanes,
                llvm::function_ref<void(Value, Access)> body) {
  Value whole = roundDown(b, count, lanes);
  if (constantOf(whole) != 0)
    forEach(b, index(b, 0), whole, lanes,
            [&](Value at) { body(at, {lanes, Value()}); });
  if (lanes == 1 || constantOf(sub(b, count, whole)) == 0)
    return;
  forEach(b, whole, count, lanes, [&](Value at) {
    body(at, {lanes, maskOf(b, sub(b, count, at), lanes)});
  });
}

} // namespace hagane::cpu
