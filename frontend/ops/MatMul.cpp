// Matrix products.
#include "frontend/ops/MatMul.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

Value hagane::frontend::makeMatMul(NodeConverter &n, Value x, Value y) {
  if (n.rank(x) == 0 || n.rank(y) == 0) {
    (void)n.error("an operand is a scalar, expected at least one axis");
    return {};
  }
  bool row = n.rank(x) == 1, column = n.rank(y) == 1;
  if (row)
    x = n.unsqueeze(x, {0});
  if (column)
    y = n.unsqueeze(y, {1});
  Value z = n.isConstant(y) && n.rank(y) == 2
                ? n.make<xf::Linear>(x, y, Value(), false)
                : n.make<xf::MatMul>(x, y, false, false);
  SmallVector<int64_t> dropped;
  if (row)
    dropped.push_back(n.rank(z) - 2);
  if (column)
    dropped.push_back(n.rank(z) - 1);
  return dropped.empty() ? z : n.squeeze(z, dropped);
}

static LogicalResult convertMatMul(NodeConverter &n) {
  return n.done({makeMatMul(n, n.in(0), n.in(1))});
}

/// Whether `c` can be the bias of a linear of `columns` features.
static bool isBias(NodeConverter &n, Value c, xf::Dim columns) {
  return c && n.rank(c) == 1 && n.dim(c, 0) == columns;
}

/// alpha * A' * B' + beta * C.
static LogicalResult convertGemm(NodeConverter &n) {
  Value a = n.in(0), b = n.in(1), c = n.in(2);
  double alpha = n.getFloat("alpha", 1), beta = n.getFloat("beta", 1);
  bool transA = n.getInt("transA", 0) != 0, transB = n.getInt("transB", 0) != 0;
  if (n.rank(a) != 2 || n.rank(b) != 2)
    return n.error("operands have ranks " + Twine(n.rank(a)) + " and " +
                   Twine(n.rank(b)) + ", expected 2 and 2");
  if (beta == 0)
    c = {};
  Value y;
  if (n.isConstant(b)) {
    Value bias =
        alpha == 1 && beta == 1 && isBias(n, c, n.dim(b, transB ? 0 : 1))
            ? c
            : Value();
    y = n.make<xf::Linear>(transA ? n.transposeLast(a) : a, b, bias, transB);
    if (bias)
      return n.done({y});
  } else {
    y = n.make<xf::MatMul>(a, b, transA, transB);
  }
  y = n.mulScalar(y, alpha);
  return n.done({c ? n.add(y, n.mulScalar(c, beta)) : y});
}

/// com.microsoft: MatMul with transposed operands, scaled.
static LogicalResult convertFusedMatMul(NodeConverter &n) {
  if (n.getInt("transBatchA", 0) || n.getInt("transBatchB", 0))
    return n.error("transBatchA and transBatchB are not supported");
  Value a = n.in(0), b = n.in(1);
  // A vector has nothing to transpose.
  bool transA = n.getInt("transA", 0) && n.rank(a) > 1,
       transB = n.getInt("transB", 0) && n.rank(b) > 1;
  Value y;
  if (n.rank(a) < 2 || n.rank(b) < 2)
    y = makeMatMul(n, transA ? n.transposeLast(a) : a,
                   transB ? n.transposeLast(b) : b);
  else if (n.isConstant(b) && n.rank(b) == 2)
    y = n.make<xf::Linear>(transA ? n.transposeLast(a) : a, b, Value(), transB);
  else
    y = n.make<xf::MatMul>(a, b, transA, transB);
  return n.done({n.mulScalar(y, n.getFloat("alpha", 1))});
}

//===----------------------------------------------------------------------===//
// Einsum
//===----------------------------------------------------------------------===//

namespace {
/// An operand of Einsum whose axes carry letters, each once.
struct Labelled {
  Value value;
  std::string labels;
};
} // namespace

/// Sums over the axes whose letters `keep` lacks.
static Labelled sumOut(NodeConverter &n, Labelled x, StringRef keep) {
  SmallVector<int64_t> axes;
  std::string left;
  for (auto [axis, label] : llvm::enumerate(x.labels))
    if (keep.contains(label))
      left += label;
    else
      axes.push_back(axis);
  if (axes.empty())
    return x;
  return {n.reduce(x.value, xf::ReduceKind::sum, axes, /*keepDims=*/false),
          left};
}

/// The axes in the order of `labels`, all of which x has.
static Value arrange(NodeConverter &n, const Labelled &x, StringRef labels) {
  SmallVector<int64_t> permutation;
  for (char label : labels)
    permutation.push_back(x.labels.find(label));
  if (llvm::is_sorted(permutation))
    return x.value;
  return n.transpose(x.value, permutation);
}

static SmallVector<Size> sizesOf(const Labelled &x, const Labelled &y,
                                 StringRef labels) {
  SmallVector<Size> sizes;
  for (char label : labels) {
    size_t axis = x.labels.find(label);
    sizes.push_back(axis == std::string::npos
                        ? Size(y.value, y.labels.find(label))
                        : Size(x.value, axis));
  }
  return sizes;
}

/// The product's axes: shared and kept ones, those of x, those of y.
static Labelled contract(NodeConverter &n, Labelled x, Labelled y,
                         StringRef keep) {
  x = sumOut(n, x, (keep + y.labels).str());
  y = sumOut(n, y, (keep + x.labels).str());
  std::string batch, rows, columns, inner;
  for (char label : x.labels)
    (y.labels.find(label) == std::string::npos ? rows
     : keep.contains(label)                    ? batch
                                               : inner) += label;
  for (char label : y.labels)
    if (x.labels.find(label) == std::string::npos)
      columns += label;
  if (n.failed())
    return {};
  // [batch.., rows, inner] x [batch.., inner, columns]: several letters in one
  // place fold into one axis, none into a 1.
  auto fold = [&](const Labelled &part, StringRef first, StringRef second) {
    Value value = arrange(n, part, (batch + first + second).str());
    if (first.size() == 1 && second.size() == 1)
      return value;
    SmallVector<Size> sizes;
    for (size_t i = 0; i < batch.size(); ++i)
      sizes.push_back(Size(value, i));
    auto product = [&](size_t from, size_t count) -> Size {
      if (count == 1)
        return Size(value, from);
      int64_t total = 1;
      for (size_t i = from; i < from + count; ++i)
        total = total < 0 || !n.staticSize(value, i)
                    ? -1
                    : total * *n.staticSize(value, i);
      return Size(total);
    };
    sizes.push_back(product(batch.size(), first.size()));
    sizes.push_back(product(batch.size() + first.size(), second.size()));
    if (sizes.back().constant < 0 && sizes[sizes.size() - 2].constant < 0)
      (void)n.error("two groups of axes have unknown sizes");
    return n.reshape(value, sizes);
  };
  Value left = fold(x, rows, inner), right = fold(y, inner, columns);
  Value z = n.make<xf::MatMul>(left, right, false, false);
  std::string labels = batch + rows + columns;
  if (rows.size() != 1 || columns.size() != 1)
    z = n.reshape(z, sizesOf(x, y, labels));
  return {z, labels};
}

/// Sums of products with letters for axes, without ellipsis or repeated ones.
static LogicalResult convertEinsum(NodeConverter &n) {
  std::string equation;
  for (char c : n.getString("equation", ""))
    if (c != ' ')
      equation += c;
  auto [left, right] = StringRef(equation).split("->");
  if (StringRef(equation).contains('.'))
    return n.error("equation '" + equation +
                   "' has an ellipsis, which is not supported");
  SmallVector<StringRef> terms;
  left.split(terms, ',');
  if (terms.size() != n.allInputs().size() || terms.size() != n.numInputs())
    return n.error("equation '" + equation + "' has " + Twine(terms.size()) +
                   " terms, expected " + Twine(n.numInputs()));
  std::string output = right.str();
  if (!StringRef(equation).contains("->")) {
    for (char c = 'A'; c <= 'z'; ++c)
      if (left.count(c) == 1)
        output += c;
  }
  SmallVector<Labelled> operands;
  for (auto [term, input] : llvm::zip_equal(terms, n.allInputs())) {
    if (static_cast<int64_t>(term.size()) != n.rank(input))
      return n.error("term '" + term + "' has " + Twine(term.size()) +
                     " axes, expected " + Twine(n.rank(input)));
    for (char c : term)
      if (term.count(c) != 1)
        return n.error("term '" + term +
                       "' repeats an axis, which is not supported");
    operands.push_back({input, term.str()});
  }
  for (char c : output)
    if (!left.contains(c) || StringRef(output).count(c) != 1)
      return n.error("equation '" + equation +
                     "' has an output axis that no input has, or has it twice");
  Labelled result = operands.front();
  for (size_t i = 1; i < operands.size(); ++i) {
    std::string keep = output;
    for (const Labelled &later : ArrayRef(operands).drop_front(i + 1))
      keep += later.labels;
    result = contract(n, result, operands[i], keep);
  }
  result = sumOut(n, result, output);
  return n.done({n.failed() ? Value() : arrange(n, result, output)});
}

static const OpRow rows[] = {
    {"Einsum", 12, 1, convertEinsum},
    {"Gemm", 6, 2, convertGemm},
    {"MatMul", 1, 2, convertMatMul},
};

static const OpRow microsoftRows[] = {
    {"FusedMatMul", 1, 2, convertFusedMatMul},
};

void hagane::frontend::registerMatMul(OpRegistry &registry) {
  registry.add("", rows);
  registry.add("com.microsoft", microsoftRows);
}
