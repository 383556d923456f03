// Mixtures of experts. Each expert takes the rows of the tokens that chose it.
#include "frontend/ops/BlockWeights.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

namespace {

/// One of an expert's up to three products.
struct ExpertLinear {
  std::function<Value(int64_t)> weight; ///< [features out, features in]
  Value bias;                           ///< [experts, features out], or null
};

class Mixture {
public:
  Mixture(NodeConverter &n, ExpertLinear first, ExpertLinear second,
          ExpertLinear third)
      : n(n), first(std::move(first)), second(std::move(second)),
        third(std::move(third)),
        activation(n.getString("activation_type", "relu")),
        fusion(n.getInt("swiglu_fusion", 0)) {}

  /// (tokens, logits of the experts).
  LogicalResult convert(Value choice) {
    Value x = n.in(0), router = n.in(1);
    auto experts = n.staticSize(router, n.rank(router) - 1);
    auto width = n.staticSize(x, n.rank(x) - 1);
    int64_t k = n.getInt("k", 1);
    if (!second.weight)
      return n.error("the experts' second weight is absent");
    if (!experts || !width || k < 1 || k > *experts)
      return n.error("the number of experts or of features is not known, or k "
                     "is " +
                     Twine(k) + ", which is out of range");
    if (n.getInt("use_sparse_mixer", 0))
      return n.error("use_sparse_mixer is not supported");
    Value tokens = n.reshape(x, {-1, *width});
    route(n.reshape(router, {-1, *experts}), choice, k);
    Value y = n.mulScalar(tokens, 0);
    for (int64_t expert = 0; expert < *experts; ++expert)
      y = addExpert(y, tokens, expert);
    SmallVector<Size> shape;
    for (int64_t i = 0; i < n.rank(x); ++i)
      shape.push_back(Size(x, i));
    return n.done({n.failed() ? Value() : n.reshape(y, shape)});
  }

private:
  /// The k chosen experts of each token and their shares. `choice` takes the
  /// place of the logits in the shares.
  void route(Value logits, Value choice, int64_t k) {
    auto top = n.create<xf::TopK>(logits, Value(), n.dims({k}), int64_t(1),
                                  /*largest=*/true);
    if (!top)
      return;
    chosen = top.getIndices();
    bool normalizes = n.getInt("normalize_routing_weights", 0) != 0;
    if (choice) {
      shares = n.make<xf::GatherElements>(choice, chosen, int64_t(1));
      if (normalizes)
        shares = n.div(shares, n.reduce(shares, xf::ReduceKind::sum, {1}));
      return;
    }
    if (normalizes)
      shares = n.make<xf::Softmax>(top.getValues(), int64_t(1), /*log=*/false);
    else
      shares = n.make<xf::GatherElements>(
          n.make<xf::Softmax>(logits, int64_t(1), /*log=*/false), chosen,
          int64_t(1));
  }

  Value addExpert(Value y, Value tokens, int64_t expert) {
    Type type = n.elem(tokens);
    Value hit = n.cmp(xf::CmpKind::eq, chosen,
                      n.scalar(static_cast<double>(expert), n.elem(chosen)));
    Value share = n.reduce(n.select(hit, shares, n.scalar(0, type)),
                           xf::ReduceKind::sum, {1}, /*keepDims=*/false);
    Value any = n.reduce(hit, xf::ReduceKind::any, {1}, /*keepDims=*/false);
    Value rows = n.squeeze(n.make<xf::NonZero>(any), {0});
    Value x = n.make<xf::Gather>(tokens, rows, int64_t(0));
    Value result = apply(second, activate(x, expert), expert);
    Value factor = n.make<xf::Gather>(share, rows, int64_t(0));
    result = n.mul(result, n.unsqueeze(factor, {1}));
    return n.make<xf::ScatterNd>(y, n.unsqueeze(rows, {1}), result,
                                 xf::ScatterKind::add);
  }

  Value apply(const ExpertLinear &linear, Value x, int64_t expert) {
    if (n.failed())
      return {};
    Value y = n.make<xf::Linear>(x, linear.weight(expert), Value(),
                                 /*transpose_weight=*/true);
    if (!linear.bias)
      return y;
    return n.add(y,
                 n.squeeze(n.slice(linear.bias, 0, expert, expert + 1), {0}));
  }

  Value activate(Value x, int64_t expert) {
    Value gate = apply(first, x, expert);
    Value up = third.weight ? apply(third, x, expert) : Value();
    if (activation == "swiglu")
      return gated(gate, up);
    Value y = gate;
    if (activation == "relu")
      y = n.make<xf::Relu>(gate);
    else if (activation == "gelu")
      y = n.make<xf::Gelu>(gate, /*tanh=*/true);
    else if (activation == "silu")
      y = n.make<xf::Silu>(gate);
    else if (activation != "identity")
      (void)n.error("attribute 'activation_type' is '" + activation +
                    "', expected relu, gelu, silu, swiglu or identity");
    return up ? n.mul(y, up) : y;
  }

  /// gate * sigmoid(alpha * gate) * (up + beta), limited.
  Value gated(Value gate, Value up) {
    if (!up) {
      auto width = n.failed() ? std::nullopt : n.staticSize(gate, 1);
      if (!width || *width % 2 || fusion == 0) {
        (void)n.error("swiglu needs a gate and an up part of known, equal "
                      "sizes");
        return {};
      }
      auto part = [&](Value both, int64_t which) {
        if (fusion == 2)
          return n.slice(both, 1, which * *width / 2, (which + 1) * *width / 2);
        Value pairs = n.reshape(both, {-1, *width / 2, 2});
        return n.squeeze(n.slice(pairs, 2, which, which + 1), {2});
      };
      up = part(gate, 1);
      gate = part(gate, 0);
    }
    if (n.hasAttr("swiglu_limit")) {
      Value limit = n.scalar(n.getFloat("swiglu_limit", 0), n.elem(gate)),
            least = n.scalar(-n.getFloat("swiglu_limit", 0), n.elem(gate));
      gate = n.make<xf::Min>(gate, limit);
      up = n.make<xf::Max>(n.make<xf::Min>(up, limit), least);
    }
    Value factor = n.make<xf::Sigmoid>(
        n.mulScalar(gate, n.getFloat("activation_alpha", 1)));
    double beta = n.getFloat("activation_beta", 0);
    return n.mul(n.mul(gate, factor), beta == 0 ? up : n.addScalar(up, beta));
  }

  NodeConverter &n;
  ExpertLinear first, second, third;
  StringRef activation;
  int64_t fusion;
  Value chosen, shares;
};

} // namespace

/// (tokens, router, fc1, bias?, fc2, bias?, fc3?, bias?): weights are
/// [experts, features out, features in].
static LogicalResult convertMoe(NodeConverter &n) {
  auto linear = [&](unsigned index) {
    ExpertLinear found;
    Value weights = n.in(index);
    if (weights)
      found.weight = [&n, weights](int64_t expert) {
        return n.squeeze(n.slice(weights, 0, expert, expert + 1), {0});
      };
    found.bias = n.in(index + 1);
    return found;
  };
  return Mixture(n, linear(2), linear(4), linear(6)).convert(Value());
}

/// (tokens, router, fc1, scales, bias?, fc2, scales, bias?, fc3?, scales?,
/// bias?, zero points of each?, router_weights?).
static LogicalResult convertQuantizedMoe(NodeConverter &n) {
  int64_t bits = n.getInt("expert_weight_bits", 4),
          block = n.getInt("block_size", 0);
  if (n.getString("quant_type", "int") != "int")
    return n.error("attribute 'quant_type' is '" +
                   n.getString("quant_type", "int") + "', expected int");
  if (n.getInt("weights_prepacked", 0) > 0)
    return n.error("the weights' layout is opaque (weights_prepacked)");
  if (bits != 4 && bits != 8)
    return n.error("expert_weight_bits is " + Twine(bits) +
                   ", expected 4 or 8");
  if (!block && bits == 4 && (n.in(11) || n.in(12) || n.in(13)))
    return n.error("zero points of 4 bits without a block_size are not "
                   "supported");
  Type type = n.elem(n.in(0));
  auto linear = [&](unsigned index, unsigned zeros) {
    ExpertLinear found;
    Value codes = n.in(index), scales = n.in(index + 1), points = n.in(zeros);
    if (codes)
      found.weight = [=, &n](int64_t expert) -> Value {
        auto rows = n.staticSize(codes, 1), bytes = n.staticSize(codes, 2);
        if (!rows || !bytes || !scales) {
          (void)n.error("an expert's weight is not of known size with scales");
          return {};
        }
        int64_t columns = *bytes * 8 / bits;
        BlockLayout layout{*rows, columns, bits, block ? block : columns};
        auto part = [&](Value x) {
          return x ? partOfConstant(n, x, expert) : Value();
        };
        return n.cast(dequantizeBlocks(n, part(codes), part(scales),
                                       part(points), layout),
                      type);
      };
    found.bias = n.in(index + 2);
    return found;
  };
  return Mixture(n, linear(2, 11), linear(5, 12), linear(8, 13))
      .convert(n.in(14));
}

static const OpRow rows[] = {
    {"MoE", 1, 3, convertMoe},
    {"QMoE", 1, 4, convertQuantizedMoe},
};

void hagane::frontend::registerMicrosoftMoe(OpRegistry &registry) {
  registry.add("com.microsoft", rows);
}
