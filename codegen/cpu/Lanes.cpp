//===- Lanes.cpp - Data between the lanes of vectors ----------------------===//

#include "codegen/cpu/Lanes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace hagane::cpu {

namespace {
/// Which lanes of two vectors, one after the other, a step takes to two new
/// ones.
struct Exchange {
  SmallVector<int64_t> low, high;
};
} // namespace

/// The steps in which vectors exchange lanes: first inside of blocks of 16
/// bytes, where the halves of two blocks interleave, then whole blocks, even
/// ones and odd ones. Instructions for these need no table of indices.
static SmallVector<Exchange> listExchanges(VectorType type) {
  int64_t lanes = type.getDimSize(0);
  int64_t block = std::min<int64_t>(lanes, 128 / type.getElementTypeBitWidth());
  SmallVector<Exchange> steps;
  for (int64_t chunk = 1; chunk < block; chunk *= 2) {
    Exchange step;
    for (int64_t from = 0; from < lanes; from += block)
      for (int64_t lane = 0; lane < block; ++lane) {
        int64_t vector = lane / chunk % 2;
        int64_t at = from + lane / (2 * chunk) * chunk + lane % chunk;
        step.low.push_back(vector * lanes + at);
        step.high.push_back(vector * lanes + at + block / 2);
      }
    steps.push_back(step);
  }
  for (int64_t count = block; count < lanes; count *= 2) {
    Exchange step;
    for (int64_t vector : {0, 1})
      for (int64_t from = 0; from < lanes; from += 2 * block)
        for (int64_t lane = 0; lane < block; ++lane) {
          step.low.push_back(vector * lanes + from + lane);
          step.high.push_back(vector * lanes + from + block + lane);
        }
    steps.push_back(step);
  }
  return steps;
}

/// The labels of lanes after a shuffle of `x` and `y`.
static SmallVector<int64_t> shuffleLabels(ArrayRef<int64_t> x,
                                          ArrayRef<int64_t> y,
                                          ArrayRef<int64_t> picked) {
  SmallVector<int64_t> both(x), result;
  both.append(y.begin(), y.end());
  for (int64_t lane : picked)
    result.push_back(both[lane]);
  return result;
}

Values transposeLanes(Builder &b, Values vectors) {
  auto type = cast<VectorType>(vectors.front().getType());
  int64_t lanes = type.getDimSize(0);
  // The lane that each lane comes from tells which column a vector ends as.
  SmallVector<SmallVector<int64_t>> labels(
      lanes, llvm::to_vector(llvm::seq<int64_t>(0, lanes)));
  int64_t distance = 1;
  for (const Exchange &step : listExchanges(type)) {
    for (int64_t i = 0; i < lanes; ++i) {
      if (i & distance)
        continue;
      Value x = vectors[i], y = vectors[i + distance];
      vectors[i] = vector::ShuffleOp::create(b, x, y, step.low);
      vectors[i + distance] = vector::ShuffleOp::create(b, x, y, step.high);
      auto low = shuffleLabels(labels[i], labels[i + distance], step.low);
      labels[i + distance] =
          shuffleLabels(labels[i], labels[i + distance], step.high);
      labels[i] = low;
    }
    distance *= 2;
  }
  Values columns(lanes);
  for (auto [vector, label] : llvm::zip_equal(vectors, labels))
    columns[label.front()] = vector;
  return columns;
}

Value sumLanes(Builder &b, Values vectors) {
  for (const Exchange &step :
       listExchanges(cast<VectorType>(vectors.front().getType()))) {
    Values sums;
    for (size_t i = 0; i < vectors.size(); i += 2) {
      auto pick = [&](ArrayRef<int64_t> lanes) -> Value {
        return vector::ShuffleOp::create(b, vectors[i], vectors[i + 1], lanes);
      };
      sums.push_back(arith::AddFOp::create(b, pick(step.low), pick(step.high)));
    }
    vectors = sums;
  }
  return vectors.front();
}

Value loadPair(Builder &b, Value memref, ValueRange indices) {
  Value both = load(b, memref, indices, {2, Value()}, b.getBF16Type());
  Value word = vector::BitCastOp::create(b, vectorOf(b.getI32Type(), 1), both);
  return vector::ExtractOp::create(b, word, 0);
}

Value asPairs(Builder &b, Value words) {
  int64_t lanes = cast<VectorType>(words.getType()).getDimSize(0);
  return vector::BitCastOp::create(b, vectorOf(b.getBF16Type(), 2 * lanes),
                                   words);
}

Value widenHalf(Builder &b, Value words, int64_t half) {
  auto type = cast<VectorType>(words.getType());
  auto constant = [&](uint32_t bits) {
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(cast<ShapedType>(type), APInt(32, bits)));
  };
  // A bf16 is the upper half of an f32.
  Value bits =
      half == 0
          ? arith::ShLIOp::create(b, words, constant(16)).getResult()
          : arith::AndIOp::create(b, words, constant(0xffff0000)).getResult();
  return arith::BitcastOp::create(b, type.clone(b.getF32Type()), bits);
}

/// Bits [from, from + 8) of each element as integers of the element's size.
static Value cutByte(Builder &b, Value x, int64_t from, bool isUnsigned) {
  auto type = cast<VectorType>(x.getType());
  int64_t bits = type.getElementTypeBitWidth();
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(cast<ShapedType>(type), APInt(bits, value)));
  };
  if (isUnsigned) {
    if (from != 0)
      x = arith::ShRUIOp::create(b, x, constant(from));
    return from + 8 == bits ? x : arith::AndIOp::create(b, x, constant(0xff));
  }
  if (from + 8 != bits)
    x = arith::ShLIOp::create(b, x, constant(bits - 8 - from));
  return arith::ShRSIOp::create(b, x, constant(bits - 8));
}

Value widenBytes(Builder &b, Value words, int64_t byte, bool isUnsigned) {
  int64_t lanes = cast<VectorType>(words.getType()).getDimSize(0);
  Value halves = vector::BitCastOp::create(
      b, vectorOf(b.getIntegerType(16), 2 * lanes), words);
  return cutByte(b, halves, 8 * byte, isUnsigned);
}

Value widenByte(Builder &b, Value words, int64_t byte, bool isUnsigned) {
  return cutByte(b, words, 8 * byte, isUnsigned);
}

Value joinPairs(Builder &b, Value low, Value high) {
  auto type = dyn_cast<VectorType>(low.getType());
  int64_t lanes = type ? type.getDimSize(0) : 1;
  auto narrow = [&](Value x) -> Value {
    x = convert(b, x, b.getBF16Type());
    if (type)
      return x;
    return vector::BroadcastOp::create(b, vectorOf(b.getBF16Type(), 1), x);
  };
  Value pairs = vector::InterleaveOp::create(b, narrow(low), narrow(high));
  Value words =
      vector::BitCastOp::create(b, vectorOf(b.getI32Type(), lanes), pairs);
  if (type)
    return words;
  return vector::ExtractOp::create(b, words, 0);
}

} // namespace hagane::cpu
