// Indexing, windows and other work on tensors in com.microsoft.
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;

/// (x, axis): an axis of size 1, counted in the result.
static LogicalResult convertExpandDims(NodeConverter &n) {
  auto axis = n.constInts(n.in(1));
  if (!axis || axis->size() != 1)
    return n.error("the axis is computed by the model, expected a constant");
  int64_t at = n.normalAxis(axis->front(), n.rank(n.in(0)) + 1);
  return n.done({n.unsqueeze(n.in(0), {at})});
}

/// (weight, indices, padding_idx?, scale_grad_by_freq?): the last two matter to
/// training only.
static LogicalResult convertEmbedding(NodeConverter &n) {
  return n.done({n.make<xf::Gather>(n.in(0), n.in(1), int64_t(0))});
}

/// All windows of `size` along an axis, `step` apart, as a new last axis.
static LogicalResult convertUnfold(NodeConverter &n) {
  Value x = n.in(0);
  int64_t axis = n.normalAxis(n.getInt("dim", -1), n.rank(x)),
          size = n.requireInt("size"), step = n.getInt("step", 1);
  if (n.failed())
    return failure();
  if (size < 1 || step < 1)
    return n.error("size is " + Twine(size) + " and step is " + Twine(step) +
                   ", expected at least 1");
  MLIRContext *context = n.builder().getContext();
  Dim zero = Dim::constant(context, 0), stride = Dim::constant(context, step);
  Dim count = (n.dim(x, axis) - size + step).max(zero).floorDiv(stride);
  if (!n.isDurable(count))
    return n.error("the size of axis " + Twine(axis) + " is not known");
  Value starts = n.make<xf::Range>(Value(), Value(), Value(),
                                   n.dims({zero, count * step, stride}),
                                   TypeAttr::get(n.builder().getI64Type()));
  Value places = n.add(n.unsqueeze(starts, {1}), n.range(size));
  Value y = n.make<xf::Gather>(x, places, axis);
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, n.rank(y)));
  order.erase(order.begin() + axis + 1);
  order.push_back(axis + 1);
  return n.done({n.transpose(y, order)});
}

static LogicalResult convertIsAllFinite(NodeConverter &n) {
  bool onlyInf = n.getInt("isinf_only", 0) != 0,
       onlyNan = n.getInt("isnan_only", 0) != 0;
  Value bad;
  for (Value x : n.allInputs()) {
    Value inf = n.make<xf::IsInf>(x, true, true), nan = n.make<xf::IsNaN>(x);
    Value own = onlyInf ? inf : onlyNan ? nan : n.make<xf::Or>(inf, nan);
    own = n.reduce(own, xf::ReduceKind::any,
                   llvm::to_vector(llvm::seq<int64_t>(0, n.rank(x))),
                   /*keepDims=*/false);
    bad = bad ? n.make<xf::Or>(bad, own) : own;
  }
  return bad ? n.done({n.make<xf::Not>(bad)})
             : n.error("has no inputs, expected at least 1");
}

/// (data, bias, residual?, ratio?, training_mode?): nothing is dropped when a
/// model runs.
static LogicalResult convertBiasDropout(NodeConverter &n) {
  if (Value training = n.in(4)) {
    auto known = n.constInts(training);
    if (!known || known->size() != 1 || known->front())
      return n.error("training_mode is not constantly false");
  }
  Value sum = n.add(n.in(0), n.in(1));
  Value y = n.in(2) ? n.add(sum, n.in(2)) : sum;
  if (!n.wants(1))
    return n.done({y});
  SmallVector<Size> shape;
  for (int64_t axis = 0; axis < n.rank(sum); ++axis)
    shape.push_back(Size(sum, axis));
  return n.done({y, n.broadcast(n.scalar(1, n.builder().getI1Type()), shape)});
}

/// (input_ids [batch, positions], scores [batch, tokens]): a token that would
/// repeat a run of `ngram_size` gets minus infinity.
static LogicalResult convertNgramRepeat(NodeConverter &n) {
  Value ids = n.in(0), scores = n.in(1);
  int64_t context = n.requireInt("ngram_size") - 1;
  Dim length = n.dim(ids, 1);
  if (context < 0 || n.rank(ids) != 2 || n.rank(scores) != 2)
    return n.error("ngram_size is " + Twine(context + 1) +
                   " for inputs of ranks " + Twine(n.rank(ids)) + " and " +
                   Twine(n.rank(scores)) + ", expected at least 1, 2 and 2");
  if (!n.isDurable(length))
    return n.error("the number of positions is not known");
  Dim zero = length * 0, runs = (length - context).max(zero);
  // Where each run begins as the last tokens do.
  Value next = n.slice(ids, 1, runs * 0 + context, runs + context), matches;
  for (int64_t i = 0; i < context; ++i) {
    Value place = n.make<xf::Max>(n.addScalar(n.sizeTensor(Size(ids, 1)),
                                              static_cast<double>(i - context)),
                                  n.scalar(0, n.builder().getI64Type()));
    Value last = n.make<xf::Gather>(ids, place, int64_t(1));
    Value equal =
        n.cmp(xf::CmpKind::eq, n.slice(ids, 1, zero + i, runs + i), last);
    matches = matches ? n.make<xf::And>(matches, equal) : equal;
  }
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Value banned = n.scalar(-infinity, n.elem(scores)),
        free = n.scalar(infinity, n.elem(scores));
  Value update = matches ? n.select(matches, banned, free)
                         : n.broadcast(banned, {Size(next, 0), Size(next, 1)});
  return n.done({n.make<xf::ScatterElements>(scores, next, update, int64_t(1),
                                             xf::ScatterKind::min)});
}

/// (input [batch, positions, features], counts [batch]): the rows of tokens,
/// the places of tokens and then of padding, where each sequence ends, and the
/// longest one's count.
static LogicalResult convertRemovePadding(NodeConverter &n) {
  Value x = n.in(0), counts = n.in(1);
  if (n.rank(x) != 3 || n.rank(counts) != 1)
    return n.error("inputs have ranks " + Twine(n.rank(x)) + " and " +
                   Twine(n.rank(counts)) + ", expected 3 and 1");
  Type i32 = n.builder().getI32Type(), i64 = n.builder().getI64Type();
  counts = n.cast(counts, i64);
  Value isToken = n.reshape(
      n.cmp(xf::CmpKind::lt, n.range(Size(x, 1)), n.unsqueeze(counts, {1})),
      {-1});
  auto placesOf = [&](Value flags) {
    return n.reshape(n.make<xf::NonZero>(flags), {-1});
  };
  Value tokens = placesOf(isToken),
        padding = placesOf(n.make<xf::Not>(isToken));
  Value flat = n.reshape(x, {-1, Size(x, 2)});
  Value y = n.make<xf::Gather>(flat, tokens, int64_t(0));
  Value offsets =
      n.reshape(n.concat({tokens, padding}, 0), {Size(x, 0), Size(x, 1)});
  Value ends = n.concat(
      {n.ints({0}), n.make<xf::CumSum>(counts, int64_t(0), false, false)}, 0);
  Value longest = n.reduce(counts, xf::ReduceKind::max, {0});
  return n.done(
      {y, n.cast(offsets, i32), n.cast(ends, i32), n.cast(longest, i32)});
}

static const OpRow rows[] = {
    {"BiasDropout", 1, 2, convertBiasDropout},
    {"ExpandDims", 1, 2, convertExpandDims},
    {"IsAllFinite", 1, 1, convertIsAllFinite},
    {"NGramRepeatBlock", 1, 2, convertNgramRepeat},
    {"RemovePadding", 1, 2, convertRemovePadding},
    {"TorchEmbedding", 1, 2, convertEmbedding},
    {"UnfoldTensor", 1, 1, convertUnfold},
};

void hagane::frontend::registerMicrosoftTensors(OpRegistry &registry) {
  registry.add("com.microsoft", rows);
}
