// Products with weights of few bits that com.microsoft fuses with what is
// around them.
#include "frontend/ops/BlockWeights.h"
#include "frontend/ops/Norm.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

namespace {
struct NormedInput {
  Value x, sum;
};
} // namespace

/// (x, skip?, scale?): x, or the sum of both, normalised if there is a scale.
static NormedInput readNormed(NodeConverter &n, double epsilon) {
  Value x = n.in(0), sum;
  if (Value skip = n.in(1))
    x = sum = n.add(x, skip);
  if (Value scale = n.in(2))
    x = makeRmsNorm(n, x, scale, n.rank(x) - 1, n.getFloat("epsilon", epsilon));
  return {x, sum};
}

/// The product with the weight, scales and bias from input `first` on.
static Value project(NodeConverter &n, Value x, unsigned first, int64_t rows) {
  BlockLayout layout{rows, n.requireInt("K"), n.getInt("bits", 4),
                     n.requireInt("block_size")};
  if (failed(checkLayout(n, layout)))
    return {};
  return makeBlockLinear(n, x, n.in(first), n.in(first + 1), Value(),
                         n.in(first + 2), layout);
}

/// (x, skip?, scale?, gate weight, scales, bias?, up weight, scales, bias?).
static LogicalResult convertGatedNBits(NodeConverter &n) {
  StringRef activation = n.getString("activation", "silu");
  if (activation != "silu")
    return n.error("attribute 'activation' is '" + activation +
                   "', expected silu");
  int64_t rows = n.requireInt("N");
  auto [x, sum] = readNormed(n, 1e-5f);
  Value gate = project(n, x, 3, rows), up = project(n, x, 6, rows);
  return n.done({n.mul(n.make<xf::Silu>(gate), up), sum});
}

/// (x, skip?, scale, and weight, scales and bias of each q, k and v).
static LogicalResult convertAttentionNBits(NodeConverter &n) {
  int64_t rows = n.requireInt("Nq"), keyRows = n.requireInt("Nkv");
  auto [x, sum] = readNormed(n, 1e-6f);
  return n.done({project(n, x, 3, rows), project(n, x, 6, keyRows),
                 project(n, x, 9, keyRows), sum});
}

/// (x, weight, scales, a, a's scales, b, b's scales): x * weight' + x * a' *
/// b'.
static LogicalResult convertAdaptedNBits(NodeConverter &n) {
  int64_t rows = n.requireInt("N"), columns = n.requireInt("K"),
          bits = n.getInt("lora_bits", 8),
          block = n.getInt("lora_block_size", 32);
  auto rank = n.rank(n.in(3)) > 0 ? n.staticSize(n.in(3), 0) : std::nullopt;
  if (!rank)
    return n.error("the adapter's rank is not known");
  BlockLayout whole{rows, columns, n.getInt("bits", 4),
                    n.getInt("block_size", 32)},
      down{*rank, columns, bits, block}, up{rows, *rank, bits, block};
  if (failed(checkLayout(n, whole)) || failed(checkLayout(n, down)) ||
      failed(checkLayout(n, up)))
    return failure();
  auto times = [&](Value x, unsigned first, const BlockLayout &layout) {
    return makeBlockLinear(n, x, n.in(first), n.in(first + 1), Value(), Value(),
                           layout);
  };
  return n.done(
      {n.add(times(n.in(0), 1, whole), times(times(n.in(0), 3, down), 5, up))});
}

/// What the codes of the library bitsandbytes stand for: 4-bit floats, or
/// quantiles of the normal distribution.
static ArrayRef<float> codeBook(int64_t kind) {
  static constexpr float floats[] = {0.0f,         5.208333333e-03f,
                                     0.66666667f,  1.0f,
                                     0.33333333f,  0.5f,
                                     0.16666667f,  0.25f,
                                     -0.0f,        -5.208333333e-03f,
                                     -0.66666667f, -1.0f,
                                     -0.33333333f, -0.5f,
                                     -0.16666667f, -0.25f};
  static constexpr float quantiles[] = {-1.0f,
                                        -0.6961928009986877f,
                                        -0.5250730514526367f,
                                        -0.39491748809814453f,
                                        -0.28444138169288635f,
                                        -0.18477343022823334f,
                                        -0.09105003625154495f,
                                        0.0f,
                                        0.07958029955625534f,
                                        0.16093020141124725f,
                                        0.24611230194568634f,
                                        0.33791524171829224f,
                                        0.44070982933044434f,
                                        0.5626170039176941f,
                                        0.7229568362236023f,
                                        1.0f};
  return kind == 0 ? ArrayRef(floats) : ArrayRef(quantiles);
}

/// (x, codes, absmax): two codes in a byte, high bits first, and a factor for
/// each block of the flat weight.
static LogicalResult convertMatMulBnb4(NodeConverter &n) {
  int64_t rows = n.requireInt("N"), columns = n.requireInt("K"),
          block = n.requireInt("block_size"), kind = n.requireInt("quant_type");
  bool isTransposed = n.getInt("transB", 1) != 0;
  constexpr int64_t most = int64_t(1) << 31;
  if (n.failed() || rows < 1 || columns < 1 || rows > most / columns ||
      block < 1 || kind < 0 || kind > 1)
    return n.error("N, K, block_size or quant_type are out of range");
  int64_t count = rows * columns, bytes = llvm::divideCeil(count, 2),
          blocks = llvm::divideCeil(count, block);
  if (n.type(n.in(1)).getRank() != 1 || n.staticSize(n.in(1), 0) != bytes ||
      n.staticSize(n.in(2), 0) != blocks)
    return n.error("the weight does not have " + Twine(bytes) + " bytes and " +
                   Twine(blocks) + " factors");
  Type byte = n.elem(n.in(1)), i64 = n.builder().getI64Type();
  Value high = n.make<xf::Shr>(n.in(1), n.scalar(4, byte)),
        low = n.make<xf::And>(n.in(1), n.scalar(15, byte));
  Value codes = n.reshape(
      n.concat({n.unsqueeze(high, {1}), n.unsqueeze(low, {1})}, 1), {-1});
  Value book = n.constant(DenseElementsAttr::get(
      RankedTensorType::get({16}, n.builder().getF32Type()), codeBook(kind)));
  Value numbers = n.make<xf::Gather>(book, n.cast(codes, i64), int64_t(0));
  Value factors = n.cast(n.in(2), n.builder().getF32Type());
  factors = n.broadcast(n.unsqueeze(factors, {1}), {blocks, block});
  factors = n.slice(n.reshape(factors, {blocks * block}), 0, 0, count);
  Value weight = n.mul(n.slice(numbers, 0, 0, count), factors);
  weight = isTransposed ? n.reshape(weight, {rows, columns})
                        : n.reshape(weight, {columns, rows});
  return n.done({n.make<xf::Linear>(n.in(0), n.cast(weight, n.elem(n.in(0))),
                                    Value(), isTransposed)});
}

static const OpRow rows[] = {
    {"MatMulBnb4", 1, 3, convertMatMulBnb4},
    {"MatMulNBitsMlp", 1, 1, convertGatedNBits},
    {"MatMulNBitsQLoRA", 1, 7, convertAdaptedNBits},
    {"MatMulNBitsQkv", 1, 1, convertAttentionNBits},
};

void hagane::frontend::registerMicrosoftNBits(OpRegistry &registry) {
  registry.add("com.microsoft", rows);
}
