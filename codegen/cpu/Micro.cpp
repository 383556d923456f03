//===- Micro.cpp - The register-blocked inner product ---------------------===//

#include "codegen/cpu/Micro.h"
#include "codegen/cpu/Nest.h"

using namespace mlir;

namespace hagane::cpu {

// Multiply-adds in flight that hide their latency: 4 cycles, 2 a cycle.
static constexpr int64_t kLatencyChains = 8;

static void addTerm(Builder &b, const MicroKernel &micro, Step step,
                    MutableArrayRef<Value> accumulators) {
  Values vectors;
  for (int64_t v = 0; v < micro.vectors; ++v)
    vectors.push_back(micro.loadB(b, v, step));
  for (int64_t r = 0; r < micro.rows; ++r) {
    Value a = splat(b, micro.loadA(b, r, step), micro.lanes);
    for (int64_t v = 0; v < micro.vectors; ++v) {
      Value &accumulator = accumulators[r * micro.vectors + v];
      accumulator = micro.accumulate(b, a, vectors[v], accumulator);
    }
  }
}

static void addStep(Builder &b, const MicroKernel &micro, Value k,
                    MutableArrayRef<Value> accumulators,
                    int64_t inIteration = 0) {
  for (int64_t term = 0; term < micro.terms; ++term)
    addTerm(b, micro, {k, term, inIteration}, accumulators);
}

static Value addElements(Builder &b, Value x, Value y) {
  if (isa<IntegerType>(getElementTypeOrSelf(x.getType())))
    return arith::AddIOp::create(b, x, y);
  return arith::AddFOp::create(b, x, y);
}

Values emitMicroKernel(Builder &b, const MicroKernel &micro, Value from,
                       Value to, ValueRange initial) {
  int64_t count = micro.rows * micro.vectors;
  int64_t chains = std::clamp<int64_t>(kLatencyChains / count, 1, micro.unroll);
  Values accumulators(initial);
  Value zeros = zero(b, vectorOf(micro.compute, micro.lanes));
  accumulators.resize(count * chains, zeros);

  Value steps =
      mul(b, divide(b, sub(b, to, from), index(b, micro.unroll)), micro.unroll);
  Value middle = add(b, from, steps);
  accumulators = forCarrying(
      b, from, middle, micro.unroll, accumulators,
      [&](Value k, ValueRange carried) {
        Values values(carried);
        for (int64_t u = 0; u < micro.unroll; ++u)
          addStep(b, micro, add(b, k, u),
                  MutableArrayRef(values).slice((u % chains) * count, count),
                  u);
        return values;
      });
  for (int64_t c = 1; c < chains; ++c)
    for (int64_t i = 0; i < count; ++i)
      accumulators[i] =
          addElements(b, accumulators[i], accumulators[c * count + i]);
  accumulators.truncate(count);
  if (micro.unroll == 1 || constantOf(sub(b, to, middle)) == 0)
    return accumulators;
  return forCarrying(b, middle, to, 1, accumulators,
                     [&](Value k, ValueRange carried) {
                       Values values(carried);
                       addStep(b, micro, k, values);
                       return values;
                     });
}

void emitStrips(Builder &b, Value from, Value to, int64_t size,
                llvm::function_ref<void(Value, int64_t)> strip) {
  for (; size > 0; size = llvm::bit_ceil(uint64_t(size)) / 2) {
    Value middle =
        add(b, from, mul(b, divide(b, sub(b, to, from), index(b, size)), size));
    auto known = constantOf(sub(b, middle, from));
    if (known != 0)
      forEach(b, from, middle, size, [&](Value row) { strip(row, size); });
    if (constantOf(sub(b, to, middle)) == 0)
      return;
    from = middle;
  }
}

/// Covers `left` rows with one strip of at most `size`.
static void coverRest(Builder &b, Value from, Value left, int64_t size,
                      llvm::function_ref<void(Value, int64_t, Value)> strip,
                      llvm::function_ref<void(Value, Value)> finish) {
  auto compare = [&](arith::CmpIPredicate predicate, int64_t limit) {
    return b.createOrFold<arith::CmpIOp>(predicate, left, index(b, limit));
  };
  for (int64_t rows = size; rows > 0;) {
    int64_t fewer = llvm::bit_ceil(static_cast<uint64_t>(rows)) / 2;
    Value fits =
        b.createOrFold<arith::AndIOp>(compare(arith::CmpIPredicate::sgt, fewer),
                                      compare(arith::CmpIPredicate::sle, rows));
    ifThen(b, fits, [&] { strip(from, rows, left); });
    rows = fewer;
  }
  if (constantOf(left) != 0)
    finish(from, left);
}

void coverWithStrips(Builder &b, Value from, Value to, int64_t size,
                     llvm::function_ref<void(Value, int64_t, Value)> strip,
                     llvm::function_ref<void(Value, Value)> finish) {
  Value count = sub(b, to, from), whole = roundDown(b, count, size);
  Value middle = add(b, from, whole), left = sub(b, count, whole);
  if (constantOf(whole) != 0)
    forEach(b, from, middle, size, [&](Value row) {
      strip(row, size, index(b, size));
      finish(row, index(b, size));
    });
  coverRest(b, middle, left, size, strip, finish);
}

void coverRoundedUp(Builder &b, Value from, Value to, int64_t size,
                    llvm::function_ref<void(Value, int64_t)> strip) {
  int64_t fewer = llvm::bit_ceil(static_cast<uint64_t>(size)) / 2;
  Value count = sub(b, to, from);
  Value whole = roundDown(b, add(b, count, size - 1 - fewer), size);
  Value middle = add(b, from, whole), left = sub(b, count, whole);
  forEach(b, from, middle, size, [&](Value row) { strip(row, size); });
  if (fewer > 0)
    coverRest(
        b, middle, left, fewer,
        [&](Value row, int64_t rows, Value) { strip(row, rows); },
        [](Value, Value) {});
}

} // namespace hagane::cpu
