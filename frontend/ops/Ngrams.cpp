// Counts of sequences of tokens.
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;

/// Every skip adds its own operations, and every column a place of the result:
/// more than these are a mistake.
static constexpr int64_t maxSkips = 1000, maxColumns = int64_t(1) << 31;

namespace {
/// The n-grams of one length in the pool.
struct Pool {
  int64_t length = 0;
  std::vector<int64_t> tokens;
  SmallVector<int64_t> columns; ///< of the result
  int64_t count() const { return int64_t(columns.size()); }
};
} // namespace

/// The pool lists all n-grams of length 1, then of length 2 and so on;
/// `ngram_counts` says where each length starts.
static FailureOr<SmallVector<Pool>> readPools(NodeConverter &n) {
  auto tokens = n.getInts("pool_int64s"), starts = n.getInts("ngram_counts"),
       columns = n.getInts("ngram_indexes");
  if (n.hasAttr("pool_strings"))
    return n.error("attribute 'pool_strings' is present: strings are not "
                   "supported");
  if (!tokens || !starts || !columns)
    return n.error("attributes pool_int64s, ngram_counts or ngram_indexes are "
                   "missing");
  SmallVector<Pool> pools;
  size_t next = 0;
  auto total = int64_t(tokens->size());
  for (auto [i, start] : llvm::enumerate(*starts)) {
    int64_t end = i + 1 < starts->size() ? (*starts)[i + 1] : total;
    int64_t length = int64_t(i) + 1;
    if (start < 0 || end < start || end > total || (end - start) % length)
      return n.error("attribute 'ngram_counts' does not fit " + Twine(total) +
                     " tokens");
    Pool pool;
    pool.length = length;
    pool.tokens.assign(tokens->begin() + start, tokens->begin() + end);
    for (int64_t j = 0; j < (end - start) / length; ++j, ++next) {
      if (next >= columns->size())
        return n.error("attribute 'ngram_indexes' has " +
                       Twine(columns->size()) +
                       " columns, expected one per n-gram");
      if ((*columns)[next] < 0 || (*columns)[next] >= maxColumns)
        return n.error("attribute 'ngram_indexes' has column " +
                       Twine((*columns)[next]) + ", expected 0 to " +
                       Twine(maxColumns - 1));
      pool.columns.push_back((*columns)[next]);
    }
    pools.push_back(std::move(pool));
  }
  return pools;
}

/// How often each n-gram of the pool occurs in the rows of x, with `step`
/// between its tokens: [rows, n-grams].
static Value countNgrams(NodeConverter &n, Value x, const Pool &pool,
                         int64_t step) {
  MLIRContext *context = n.builder().getContext();
  Type i64 = n.builder().getI64Type();
  Dim zero = Dim::constant(context, 0),
      places = (n.dim(x, 1) - (pool.length - 1) * step).max(zero);
  auto type = RankedTensorType::get({pool.count()}, i64);
  Value found;
  for (int64_t k = 0; k < pool.length; ++k) {
    Dim first = zero + k * step;
    Value at = n.make<xf::Range>(
        Value(), Value(), Value(),
        n.dims({first, places + first, Dim::constant(context, 1)}),
        TypeAttr::get(i64));
    SmallVector<int64_t> wanted;
    for (int64_t j = 0; j < pool.count(); ++j)
      wanted.push_back(pool.tokens[j * pool.length + k]);
    Value tokens = n.unsqueeze(n.make<xf::Gather>(x, at, int64_t(1)), {2});
    Value same =
        n.cmp(xf::CmpKind::eq, tokens,
              n.constant(DenseElementsAttr::get(type, ArrayRef(wanted))));
    found = found ? n.make<xf::And>(found, same) : same;
  }
  return n.reduce(n.cast(found, n.builder().getF32Type()), xf::ReduceKind::sum,
                  {1}, /*keepDims=*/false);
}

static LogicalResult convertTfIdf(NodeConverter &n) {
  auto pools = readPools(n);
  if (failed(pools))
    return failure();
  StringRef mode = n.getString("mode", "");
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF")
    return n.error("attribute 'mode' is '" + mode +
                   "', expected TF, IDF or TFIDF");
  int64_t least = n.requireInt("min_gram_length"),
          most = n.requireInt("max_gram_length"),
          skips = n.requireInt("max_skip_count"), width = 0;
  if (skips < 0 || skips > maxSkips)
    return n.error("attribute 'max_skip_count' is " + Twine(skips) +
                   ", expected 0 to " + Twine(maxSkips));
  Value x = n.in(0);
  bool isRow = n.rank(x) == 1;
  if (isRow)
    x = n.unsqueeze(x, {0});
  if (n.rank(x) != 2 || !n.isDurable(n.dim(x, 1)))
    return n.error("the input has no known number of tokens, or more than two "
                   "axes");
  x = n.cast(x, n.builder().getI64Type());
  for (const Pool &pool : *pools)
    for (int64_t column : pool.columns)
      width = std::max(width, column + 1);
  Type f32 = n.builder().getF32Type();
  Value y = n.broadcast(n.scalar(0, f32), {Size(x, 0), width});
  for (const Pool &pool : *pools) {
    if (pool.length < least || pool.length > most || pool.columns.empty())
      continue;
    Value sum;
    // A single token has nothing to skip.
    for (int64_t skip = 0; skip <= (pool.length == 1 ? 0 : skips); ++skip) {
      Value counts = countNgrams(n, x, pool, skip + 1);
      sum = sum ? n.add(sum, counts) : counts;
    }
    Value columns =
        n.broadcast(n.ints(pool.columns), {Size(x, 0), pool.count()});
    y = n.make<xf::ScatterElements>(y, columns, sum, int64_t(1),
                                    xf::ScatterKind::add);
  }
  if (mode == "IDF")
    y = n.make<xf::Min>(y, n.scalar(1, f32));
  auto weights = n.getFloats("weights");
  if (mode != "TF" && weights) {
    if (int64_t(weights->size()) != width)
      return n.error("attribute 'weights' has " + Twine(weights->size()) +
                     " elements, expected " + Twine(width));
    SmallVector<float> values(weights->begin(), weights->end());
    y = n.mul(y, n.constant(DenseElementsAttr::get(
                     RankedTensorType::get({width}, f32), ArrayRef(values))));
  }
  return n.done({isRow ? n.squeeze(y, {0}) : y});
}

static const OpRow rows[] = {
    {"TfIdfVectorizer", 9, 1, convertTfIdf},
};

void hagane::frontend::registerNgrams(OpRegistry &registry) {
  registry.add("", rows);
}
