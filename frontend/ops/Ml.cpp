// Numeric preprocessing of ai.onnx.ml.
#include "frontend/ops/Ml.h"
#include "frontend/ops/MatMul.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

/// Numbers as a vector of `type`.
static Value vectorOf(NodeConverter &n, ArrayRef<double> numbers, Type type) {
  SmallVector<float> values(numbers.begin(), numbers.end());
  auto f32 = RankedTensorType::get({static_cast<int64_t>(values.size())},
                                   n.builder().getF32Type());
  return n.cast(n.constant(DenseElementsAttr::get(f32, ArrayRef(values))),
                type);
}

/// Columns of the last axis.
static LogicalResult convertArrayFeatureExtractor(NodeConverter &n) {
  Value x = n.in(0), at = n.reshape(n.in(1), {-1});
  if (n.rank(x) == 0)
    return n.error("the input is a scalar, expected at least one axis");
  Value y = n.make<xf::Gather>(x, at, n.rank(x) - 1);
  return n.done({n.rank(x) == 1 ? n.unsqueeze(y, {0}) : y});
}

static LogicalResult convertBinarizer(NodeConverter &n) {
  Value x = n.in(0);
  Value limit = n.scalar(n.getFloat("threshold", 0), n.elem(x));
  return n.done({n.cast(n.cmp(xf::CmpKind::gt, x, limit), n.elem(x))});
}

/// All features of a row one after another, as floats.
static LogicalResult convertFeatureVectorizer(NodeConverter &n) {
  SmallVector<Value> parts;
  for (Value x : n.allInputs()) {
    if (n.rank(x) == 1)
      x = n.unsqueeze(x, {1});
    parts.push_back(n.cast(x, n.builder().getF32Type()));
  }
  if (parts.empty())
    return n.error("has no inputs, expected at least 1");
  return n.done({n.concat(parts, 1)});
}

/// What equals the replaced value, NaN too, becomes the imputed one.
static LogicalResult convertImputer(NodeConverter &n) {
  Value x = n.in(0);
  bool isFloat = isa<FloatType>(n.elem(x));
  Value wanted, found;
  if (isFloat) {
    auto numbers = n.getFloats("imputed_value_floats");
    if (!numbers)
      return n.error("attribute 'imputed_value_floats' is missing");
    double replaced = n.getFloat("replaced_value_float", 0);
    wanted = vectorOf(n, *numbers, n.elem(x));
    found = std::isnan(replaced)
                ? n.make<xf::IsNaN>(x)
                : n.cmp(xf::CmpKind::eq, x, n.scalar(replaced, n.elem(x)));
  } else {
    auto numbers = n.getInts("imputed_value_int64s");
    if (!numbers)
      return n.error("attribute 'imputed_value_int64s' is missing");
    wanted = n.cast(n.ints(*numbers), n.elem(x));
    found =
        n.cmp(xf::CmpKind::eq, x,
              n.scalar(static_cast<double>(n.getInt("replaced_value_int64", 0)),
                       n.elem(x)));
  }
  return n.done({n.select(found, wanted, x)});
}

/// x * coefficients' + intercepts.
static LogicalResult convertLinearRegressor(NodeConverter &n) {
  Value x = n.cast(n.in(0), n.builder().getF32Type());
  auto weights = n.getFloats("coefficients");
  int64_t targets = n.getInt("targets", 1);
  if (!weights || targets < 1 || weights->size() % targets)
    return n.error("attribute 'coefficients' does not fit " + Twine(targets) +
                   " targets");
  auto features = static_cast<int64_t>(weights->size()) / targets;
  Value matrix =
      n.reshape(vectorOf(n, *weights, n.elem(x)), {targets, features});
  Value y = makeMatMul(n, x, n.transpose(matrix, {1, 0}));
  if (auto intercepts = n.getFloats("intercepts"))
    y = n.add(y, vectorOf(n, *intercepts, n.elem(x)));
  return n.done({transformScores(n, y)});
}

/// Rows divided by their largest magnitude or their l1 or l2 norm.
static LogicalResult convertNormalizer(NodeConverter &n) {
  Value x = n.cast(n.in(0), n.builder().getF32Type());
  StringRef norm = n.getString("norm", "MAX");
  int64_t last = n.rank(x) - 1;
  if (last < 0 || (norm != "MAX" && norm != "L1" && norm != "L2"))
    return n.error("attribute 'norm' is '" + norm +
                   "', expected MAX, L1 or L2 of at least one axis");
  Value size =
      norm == "MAX"
          ? n.reduce(x, xf::ReduceKind::max, {last})
          : n.reduce(x, norm == "L1" ? xf::ReduceKind::l1 : xf::ReduceKind::l2,
                     {last});
  Value isZero = n.cmp(xf::CmpKind::eq, size, n.scalar(0, n.elem(x)));
  return n.done({n.div(x, n.select(isZero, n.scalar(1, n.elem(x)), size))});
}

/// Whether each element is each of the categories.
static LogicalResult convertOneHotEncoder(NodeConverter &n) {
  Value x = n.cast(n.in(0), n.builder().getI64Type());
  auto categories = n.getInts("cats_int64s");
  if (!categories)
    return n.error("attribute 'cats_int64s' is missing: strings are not "
                   "supported");
  Value hit =
      n.cmp(xf::CmpKind::eq, n.unsqueeze(x, {n.rank(x)}), n.ints(*categories));
  return n.done({n.cast(hit, n.builder().getF32Type())});
}

/// (x - offset) * scale.
static LogicalResult convertScaler(NodeConverter &n) {
  Value x = n.cast(n.in(0), n.builder().getF32Type());
  if (auto offset = n.getFloats("offset"))
    x = n.sub(x, vectorOf(n, *offset, n.elem(x)));
  if (auto scale = n.getFloats("scale"))
    x = n.mul(x, vectorOf(n, *scale, n.elem(x)));
  return n.done({x});
}

static const OpRow rows[] = {
    {"ArrayFeatureExtractor", 1, 2, convertArrayFeatureExtractor},
    {"Binarizer", 1, 1, convertBinarizer},
    {"FeatureVectorizer", 1, 1, convertFeatureVectorizer},
    {"Imputer", 1, 1, convertImputer},
    {"LinearRegressor", 1, 1, convertLinearRegressor},
    {"Normalizer", 1, 1, convertNormalizer},
    {"OneHotEncoder", 1, 1, convertOneHotEncoder},
    {"Scaler", 1, 1, convertScaler},
};

void hagane::frontend::registerMl(OpRegistry &registry) {
  registry.add("ai.onnx.ml", rows);
}
