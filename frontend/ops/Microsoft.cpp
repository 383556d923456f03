// Norms, activations and block-quantized weights of com.microsoft.
#include "frontend/ops/BlockWeights.h"
#include "frontend/ops/Norm.h"
#include "frontend/ops/Quantize.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

//===----------------------------------------------------------------------===//
// Norms after a residual sum, activations after a bias
//===----------------------------------------------------------------------===//

/// SkipLayerNormalization: (x, skip, scale, bias?, addend?). Output 3 is the
/// residual sum.
static LogicalResult convertSkipLayerNorm(NodeConverter &n) {
  Value sum = n.add(n.in(0), n.in(1));
  if (Value addend = n.in(4))
    sum = n.add(sum, addend);
  int64_t axis = n.rank(sum) - 1;
  double epsilon = n.getFloat("epsilon", 1e-12f);
  Value y = makeLayerNorm(n, sum, n.in(2), n.in(3), axis, epsilon), mean,
        deviation;
  if (n.wants(1) || n.wants(2))
    mean = makeMean(n, sum, axis);
  if (n.wants(2))
    deviation = makeInverseDeviation(n, sum, mean, axis, epsilon);
  return n.done({y, mean, deviation, sum});
}

/// SkipSimplifiedLayerNormalization: (x, skip, scale, addend?).
static LogicalResult convertSkipRmsNorm(NodeConverter &n) {
  Value sum = n.add(n.in(0), n.in(1));
  if (Value addend = n.in(3))
    sum = n.add(sum, addend);
  int64_t axis = n.rank(sum) - 1;
  double epsilon = n.getFloat("epsilon", 1e-12f);
  Value deviation;
  if (n.wants(2))
    deviation = makeInverseDeviation(n, sum, Value(), axis, epsilon);
  return n.done(
      {makeRmsNorm(n, sum, n.in(2), axis, epsilon), Value(), deviation, sum});
}

/// How many positions each row of a mask keeps; none without a mask.
static Value countKept(NodeConverter &n, Value ids, Value mask) {
  Type type = n.builder().getI32Type();
  if (!mask)
    return n.broadcast(n.scalar(0, type), {Size(ids, 0)});
  Value kept = n.cmp(xf::CmpKind::eq, mask, n.scalar(1, n.elem(mask)));
  return n.reduce(n.cast(kept, type), xf::ReduceKind::sum, {1},
                  /*keepDims=*/false);
}

/// EmbedLayerNormalization: the sum of up to three embeddings, normalised.
/// `read` makes numbers of elements of an input, which may be codes.
static LogicalResult
embedAndNormalize(NodeConverter &n, Value positions,
                  llvm::function_ref<Value(unsigned, Value)> read) {
  Value ids = n.in(0), segments = n.in(1), places = n.in(3);
  auto rows = [&](unsigned input, Value at) {
    return read(input, n.make<xf::Gather>(n.in(input), at, int64_t(0)));
  };
  Value sum = rows(2, ids);
  xf::Dim length = n.dim(ids, 1);
  if (positions)
    sum = n.add(sum, rows(3, positions));
  else if (n.isDurable(length))
    sum = n.add(sum, read(3, n.slice(places, 0, length * 0, length)));
  else
    return n.error("the sequence's length is not known");
  if (segments && n.in(4))
    sum = n.add(sum, rows(4, segments));
  Value y = makeLayerNorm(n, sum, read(5, n.in(5)), read(6, n.in(6)),
                          n.rank(sum) - 1, n.getFloat("epsilon", 1e-12f));
  return n.done({y, n.wants(1) ? countKept(n, ids, n.in(7)) : Value(), sum});
}

static LogicalResult convertEmbedLayerNorm(NodeConverter &n) {
  return embedAndNormalize(n, n.in(8),
                           [](unsigned, Value values) { return values; });
}

/// Inputs 8 to 12 are the scales of inputs 2 to 6, and 13 to 17 their zero
/// points.
static LogicalResult convertQuantizedEmbedLayerNorm(NodeConverter &n) {
  return embedAndNormalize(n, Value(), [&](unsigned input, Value codes) {
    return dequantize(n, codes, n.in(input + 6), n.in(input + 11));
  });
}

template <bool tanh> static LogicalResult convertBiasGelu(NodeConverter &n) {
  Value x = n.in(0);
  if (Value bias = n.in(1))
    x = n.add(x, bias);
  return n.done({n.make<xf::Gelu>(x, tanh)});
}

static LogicalResult convertQuickGelu(NodeConverter &n) {
  Value x = n.in(0);
  return n.done({n.mul(
      x, n.make<xf::Sigmoid>(n.mulScalar(x, n.getFloat("alpha", 1.702f))))});
}

//===----------------------------------------------------------------------===//
// Block-quantized weights
//===----------------------------------------------------------------------===//

/// x times the transpose of a weight of N rows and K columns.
static LogicalResult convertMatMulNBits(NodeConverter &n) {
  BlockLayout layout{n.requireInt("N"), n.requireInt("K"), n.getInt("bits", 4),
                     n.requireInt("block_size")};
  if (failed(checkLayout(n, layout)))
    return failure();
  if (n.in(4))
    return n.error("g_idx is not supported");
  if (n.hasAttr("weight_prepacked") && n.getInt("weight_prepacked", 0))
    return n.error("the weight's layout is opaque (weight_prepacked)");
  return n.done({makeBlockLinear(n, n.in(0), n.in(1), n.in(2), n.in(3), n.in(5),
                                 layout)});
}

/// Gather of rows of a weight quantized in blocks along its last axis.
static LogicalResult convertGatherBlockQuantized(NodeConverter &n) {
  Value data = n.in(0), indices = n.in(1), scales = n.in(2), points = n.in(3);
  int64_t rank = n.rank(data);
  int64_t gatherAxis = n.normalAxis(n.getInt("gather_axis", 0), rank);
  int64_t quantizeAxis = n.normalAxis(n.getInt("quantize_axis", 1), rank);
  int64_t bits = n.getInt("bits", 4), block = n.getInt("block_size", 128);
  if (n.failed())
    return failure();
  if (rank != 2 || gatherAxis != 0 || quantizeAxis != 1)
    return n.error(
        "only rows of a matrix quantized along its last axis are supported");
  auto rows = n.staticSize(data, 0), columns = n.staticSize(data, 1);
  bool bytes = n.elem(data).isUnsignedInteger(8);
  if (!rows || !columns)
    return n.error("the data's shape is not static");
  BlockLayout layout{*rows, bytes ? *columns * 8 / bits : *columns, bits,
                     block};
  if (failed(checkLayout(n, layout)))
    return failure();
  Value table;
  if (bytes) {
    table = dequantizeBlocks(n, data, scales, points, layout);
  } else {
    if (!points && n.elem(data).isUnsignedInteger())
      points = zeroPoints(n, points, {*rows, *columns, 4, block});
    table = n.make<xf::Dequantize>(data, scales, points,
                                   static_cast<int64_t>(1), block);
  }
  return n.done({n.make<xf::Gather>(table, indices, static_cast<int64_t>(0))});
}

static const OpRow rows[] = {
    {"BiasGelu", 1, 2, convertBiasGelu<false>},
    {"EmbedLayerNormalization", 1, 4, convertEmbedLayerNorm},
    {"FastGelu", 1, 1, convertBiasGelu<true>},
    {"GatherBlockQuantized", 1, 3, convertGatherBlockQuantized},
    {"Gelu", 1, 1, convertBiasGelu<false>},
    {"MatMulNBits", 1, 3, convertMatMulNBits},
    {"QEmbedLayerNormalization", 1, 1, convertQuantizedEmbedLayerNorm},
    {"QuickGelu", 1, 1, convertQuickGelu},
    {"SkipLayerNormalization", 1, 3, convertSkipLayerNorm},
    {"SkipSimplifiedLayerNormalization", 1, 3, convertSkipRmsNorm},
};

void hagane::frontend::registerMicrosoft(OpRegistry &registry) {
  registry.add("com.microsoft", rows);
}
