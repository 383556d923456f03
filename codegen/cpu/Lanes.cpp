//===- Lanes.cpp - Data between the lanes of vectors ----------------------===//

#include "codegen/cpu/Lanes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace hagane::cpu {

static int64_t lanesOf(Value vector) {
  return cast<VectorType>(vector.getType()).getDimSize(0);
}

/// Exchanges the blocks of `distance` lanes that lie across the diagonal of the
/// two vectors: {a0 a1}, {b0 b1} become {a0 b0}, {a1 b1}.
static std::pair<Value, Value> exchange(Builder &b, Value x, Value y,
                                        int64_t distance) {
  int64_t lanes = lanesOf(x);
  SmallVector<int64_t> low, high;
  for (int64_t lane = 0; lane < lanes; ++lane) {
    bool second = lane & distance;
    low.push_back(second ? lanes + lane - distance : lane);
    high.push_back(second ? lanes + lane : lane + distance);
  }
  return {vector::ShuffleOp::create(b, x, y, low),
          vector::ShuffleOp::create(b, x, y, high)};
}

Values transposeLanes(Builder &b, Values vectors) {
  for (int64_t distance = lanesOf(vectors.front()) / 2; distance > 0;
       distance /= 2)
    for (int64_t i = 0; i < int64_t(vectors.size()); ++i)
      if (!(i & distance))
        std::tie(vectors[i], vectors[i + distance]) =
            exchange(b, vectors[i], vectors[i + distance], distance);
  return vectors;
}

Value sumLanes(Builder &b, Values vectors) {
  for (int64_t distance = lanesOf(vectors.front()) / 2; distance > 0;
       distance /= 2) {
    for (int64_t i = 0; i < distance; ++i) {
      auto [low, high] =
          exchange(b, vectors[i], vectors[i + distance], distance);
      vectors[i] = arith::AddFOp::create(b, low, high);
    }
    vectors.resize(distance);
  }
  return vectors.front();
}

} // namespace hagane::cpu
