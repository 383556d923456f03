//===- EmitMemory.cpp - Loads and stores of kernel lowerings --------------===//

#include "codegen/cpu/Emit.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace hagane::cpu {

/// The same memory with elements of another type of that size.
static Value viewAs(Builder &b, Value memref, Type element) {
  auto type = cast<MemRefType>(memref.getType());
  if (type.getElementType() == element)
    return memref;
  auto view = MemRefType::get(type.getShape(), element, type.getLayout(),
                              type.getMemorySpace());
  return UnrealizedConversionCastOp::create(b, view, memref).getResult(0);
}
/// A vector of i1 in memory is a bit set, but a memref of i1 has a byte per
/// element: vectors go through i8.
static Value asBytes(Builder &b, Value memref) {
  return viewAs(b, memref, b.getI8Type());
}

/// The type as which elements are moved: integers without signs, the bits of
/// bf16, whose masked accesses LLVM would otherwise take apart into calls of
/// its library, and a byte for each element of at most one, as LLVM packs
/// vectors of fewer bits.
static Type movedType(Builder &b, Type storage) {
  unsigned bits = storage.getIntOrFloatBitWidth();
  if (bits > 1 && (bits < 8 || (bits == 8 && isa<FloatType>(storage))))
    return b.getI8Type();
  bool asBits = storage.isBF16() || storage.isUnsignedInteger();
  return asBits ? b.getIntegerType(bits) : storage;
}

static Value bitcast(Builder &b, Value value, Type element) {
  Type to = element;
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    to = vector.clone(element);
  return value.getType() == to ? value : arith::BitcastOp::create(b, to, value);
}

/// What was moved as `movedType`, as a value of the storage type (of integers
/// without sign).
static Value fromMoved(Builder &b, Value value, Type storage) {
  Type bits = b.getIntegerType(storage.getIntOrFloatBitWidth());
  bool isFloat = isa<FloatType>(storage);
  if (isFloat && movedType(b, storage) == storage)
    return value;
  if (isFloat || storage.getIntOrFloatBitWidth() < 8)
    value = convert(b, value, bits);
  return isFloat ? bitcast(b, value, storage) : value;
}

/// The inverse.
static Value toMoved(Builder &b, Value value, Type storage) {
  Type moved = movedType(b, storage);
  if (moved == storage)
    return value;
  unsigned bits = storage.getIntOrFloatBitWidth();
  value = bitcast(b, value, b.getIntegerType(bits));
  if (bits >= 8)
    return value;
  Type wide = moved;
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    wide = vector.clone(moved);
  return arith::ExtUIOp::create(b, wide, value);
}

static bool isBoolVector(Value memref, Access access) {
  return cast<MemRefType>(memref.getType()).getElementType().isInteger(1) &&
         (access.lanes > 1 || access.mask);
}

Value load(Builder &b, Value memref, ValueRange indices, Access access,
           Type compute) {
  if (isBoolVector(memref, access)) {
    Value bytes = load(b, asBytes(b, memref), indices, access, b.getI8Type());
    Value none = zero(b, bytes.getType());
    return convert(
        b, arith::CmpIOp::create(b, arith::CmpIPredicate::ne, bytes, none),
        compute);
  }
  Type original = cast<MemRefType>(memref.getType()).getElementType();
  Type storage = movedType(b, original);
  memref = viewAs(b, memref, storage);
  Value value;
  if (access.mask) {
    VectorType type = vectorOf(storage, access.lanes);
    value = vector::MaskedLoadOp::create(b, type, memref, indices, access.mask,
                                         zero(b, type));
  } else if (access.lanes > 1) {
    value = vector::LoadOp::create(b, vectorOf(storage, access.lanes), memref,
                                   indices);
  } else {
    value = memref::LoadOp::create(b, memref, indices);
  }
  return convert(b, fromMoved(b, value, original), compute);
}

/// Every other element, by two loads of all of them of which only those are
/// asked for: gathers are slower.
static Value loadAlternate(Builder &b, Value memref, ValueRange indices,
                           Value mask) {
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  int64_t lanes = cast<VectorType>(mask.getType()).getDimSize(0);
  SmallVector<int64_t> spread, even;
  for (int64_t lane = 0; lane < lanes; ++lane) {
    spread.append({lane, lanes});
    even.push_back(2 * lane);
  }
  Value none = zero(b, mask.getType());
  Value wide = vector::ShuffleOp::create(b, mask, none, spread);
  Values halves, at(indices);
  for (int64_t half = 0; half < 2; ++half) {
    Value part = vector::ExtractStridedSliceOp::create(b, wide, half * lanes,
                                                       lanes, int64_t(1));
    VectorType type = vectorOf(element, lanes);
    halves.push_back(
        vector::MaskedLoadOp::create(b, type, memref, at, part, zero(b, type)));
    at.back() = add(b, at.back(), lanes);
  }
  return vector::ShuffleOp::create(b, halves[0], halves[1], even);
}

Value loadSpaced(Builder &b, Value memref, ValueRange indices, int64_t stride,
                 Access access, Type compute) {
  if (stride == 1 || (access.lanes == 1 && !access.mask))
    return load(b, memref, indices, access, compute);
  Type original = cast<MemRefType>(memref.getType()).getElementType();
  Type storage = movedType(b, original);
  memref = viewAs(b, memref, storage);
  VectorType type = vectorOf(storage, access.lanes),
             bits = vectorOf(b.getI1Type(), access.lanes);
  Value mask = access.mask, value;
  if (!mask)
    mask = arith::ConstantOp::create(b, DenseElementsAttr::get(bits, true));
  if (stride == 2 && access.lanes > 1) {
    value = loadAlternate(b, memref, indices, mask);
  } else {
    SmallVector<int32_t> offsets;
    for (int64_t lane = 0; lane < access.lanes; ++lane)
      offsets.push_back(static_cast<int32_t>(lane * stride));
    Value places = arith::ConstantOp::create(b, b.getI32VectorAttr(offsets));
    value = vector::GatherOp::create(b, type, memref, indices, places, mask,
                                     zero(b, type));
  }
  return convert(b, fromMoved(b, value, original), compute);
}

void store(Builder &b, Value value, Value memref, ValueRange indices,
           Access access) {
  if (isBoolVector(memref, access)) {
    Value wide = splat(b, value, access.lanes);
    Value bytes =
        arith::ExtUIOp::create(b, vectorOf(b.getI8Type(), access.lanes), wide);
    return store(b, bytes, asBytes(b, memref), indices, access);
  }
  Type storage = cast<MemRefType>(memref.getType()).getElementType();
  value = toMoved(b, convert(b, value, storage), storage);
  memref = viewAs(b, memref, movedType(b, storage));
  if (access.mask)
    vector::MaskedStoreOp::create(b, memref, indices, access.mask,
                                  splat(b, value, access.lanes));
  else if (access.lanes > 1)
    vector::StoreOp::create(b, splat(b, value, access.lanes), memref, indices);
  else
    memref::StoreOp::create(b, value, memref, indices);
}

Value maskOf(Builder &b, Value count, int64_t lanes) {
  return vector::CreateMaskOp::create(b, vectorOf(b.getI1Type(), lanes), count);
}

Values applyMap(Builder &b, AffineMap map, ValueRange dims) {
  Values indices;
  for (AffineExpr expr : map.getResults()) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      indices.push_back(dims[dim.getPosition()]);
    else
      indices.push_back(index(b, cast<AffineConstantExpr>(expr).getValue()));
  }
  return indices;
}

static bool isContiguousAlong(Value memref, AffineMap map, unsigned vectorDim) {
  auto type = cast<MemRefType>(memref.getType());
  unsigned last = map.getNumResults() - 1;
  for (unsigned i = 0; i < last; ++i)
    if (map.getResult(i).isFunctionOfDim(vectorDim))
      return false;
  if (!map.getResult(last).isFunctionOfDim(vectorDim))
    return false;
  SmallVector<int64_t> strides;
  int64_t offset;
  return succeeded(type.getStridesAndOffset(strides, offset)) &&
         strides[last] == 1;
}

/// Loads lane by lane where the vectorised dimension is not contiguous.
static Value loadStrided(Builder &b, Value memref, AffineMap map,
                         ValueRange dims, unsigned vectorDim, Access access,
                         Type compute) {
  Type original = cast<MemRefType>(memref.getType()).getElementType();
  Type storage = movedType(b, original);
  memref = viewAs(b, memref, storage);
  Value vector = zero(b, vectorOf(storage, access.lanes));
  Values laneDims = llvm::to_vector_of<Value>(dims);
  for (int64_t lane = 0; lane < access.lanes; ++lane) {
    laneDims[vectorDim] = add(b, dims[vectorDim], lane);
    auto loadLane = [&] {
      return memref::LoadOp::create(b, memref, applyMap(b, map, laneDims))
          .getResult();
    };
    Value element;
    if (!access.mask) {
      element = loadLane();
    } else {
      Value present = vector::ExtractOp::create(b, access.mask, lane);
      auto branch = scf::IfOp::create(b, TypeRange{storage}, present,
                                      /*withElseRegion=*/true);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(branch.thenBlock());
      scf::YieldOp::create(b, loadLane());
      b.setInsertionPointToStart(branch.elseBlock());
      scf::YieldOp::create(b, zero(b, storage));
      element = branch.getResult(0);
    }
    vector = vector::InsertOp::create(b, element, vector, lane);
  }
  return convert(b, fromMoved(b, vector, original), compute);
}

Value loadMapped(Builder &b, Value memref, AffineMap map, ValueRange dims,
                 unsigned vectorDim, Access access, Type compute) {
  bool varies = access.lanes > 1 && map.isFunctionOfDim(vectorDim);
  if (varies && !isContiguousAlong(memref, map, vectorDim))
    return loadStrided(b, memref, map, dims, vectorDim, access, compute);
  return load(b, memref, applyMap(b, map, dims), varies ? access : Access{},
              compute);
}

void storeMapped(Builder &b, Value value, Value memref, AffineMap map,
                 ValueRange dims, unsigned vectorDim, Access access) {
  if (access.lanes == 1 || isContiguousAlong(memref, map, vectorDim))
    return store(b, value, memref, applyMap(b, map, dims), access);
  value = splat(b, value, access.lanes);
  Values laneDims = llvm::to_vector_of<Value>(dims);
  for (int64_t lane = 0; lane < access.lanes; ++lane) {
    laneDims[vectorDim] = add(b, dims[vectorDim], lane);
    auto storeLane = [&] {
      Value element = vector::ExtractOp::create(b, value, lane);
      store(b, element, memref, applyMap(b, map, laneDims), Access{});
    };
    if (access.mask)
      ifThen(b, vector::ExtractOp::create(b, access.mask, lane), storeLane);
    else
      storeLane();
  }
}

} // namespace hagane::cpu
