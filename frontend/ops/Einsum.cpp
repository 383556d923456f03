// Sums of products with letters for axes.
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

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

/// An axis of size 1 in x may be longer in y.
static SmallVector<Size> sizesOf(NodeConverter &n, const Labelled &x,
                                 const Labelled &y, StringRef labels) {
  SmallVector<Size> sizes;
  for (char label : labels) {
    size_t axis = x.labels.find(label), other = y.labels.find(label);
    bool isOthers =
        axis == std::string::npos ||
        (other != std::string::npos && n.staticSize(x.value, axis) == 1);
    sizes.push_back(isOthers ? Size(y.value, other) : Size(x.value, axis));
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
  // Products of 8 bits have 32.
  Value z =
      n.cast(n.make<xf::MatMul>(left, right, false, false), n.elem(x.value));
  std::string labels = batch + rows + columns;
  if (rows.size() != 1 || columns.size() != 1)
    z = n.reshape(z, sizesOf(n, x, y, labels));
  return {z, labels};
}

/// Where x has a letter twice, the elements at which both coordinates agree.
static Labelled takeDiagonals(NodeConverter &n, Labelled x) {
  for (size_t first = 0; first < x.labels.size(); ++first) {
    size_t second = x.labels.find(x.labels[first], first + 1);
    if (second == std::string::npos || n.failed())
      continue;
    // Both at the end and flat, every (size + 1)th element is on the diagonal.
    SmallVector<int64_t> order;
    std::string left;
    for (size_t i = 0; i < x.labels.size(); ++i)
      if (i != first && i != second) {
        order.push_back(int64_t(i));
        left += x.labels[i];
      }
    left += x.labels[first];
    order.append({int64_t(first), int64_t(second)});
    Value value = n.transpose(x.value, order);
    SmallVector<Size> flat;
    int64_t kept = n.rank(value) - 2;
    for (int64_t i = 0; i < kept; ++i)
      flat.push_back(Size(value, i));
    flat.push_back(-1);
    Value step = n.addScalar(n.sizeTensor(Size(value, kept)), 1);
    Value at = n.mul(n.range(Size(value, kept)), step);
    x = {n.make<xf::Gather>(n.reshape(value, flat), at, kept), left};
    first = size_t(-1);
  }
  return x;
}

namespace {
/// The terms of an equation, with a letter for each axis that an ellipsis
/// stands for: digits, so that the last axis has the same one in all terms.
struct Equation {
  SmallVector<std::string> terms;
  std::string output;
};
} // namespace

static std::string expandEllipsis(StringRef term, int64_t axes) {
  std::string digits;
  for (int64_t i = axes; i-- > 0;)
    digits += char('0' + i);
  auto [before, after] = term.split("...");
  return (before + digits + after).str();
}

static FailureOr<Equation> readEquation(NodeConverter &n) {
  std::string text;
  for (char c : n.getString("equation", ""))
    if (c != ' ')
      text += c;
  auto [left, right] = StringRef(text).split("->");
  SmallVector<StringRef> terms;
  left.split(terms, ',');
  if (terms.size() != n.allInputs().size() || terms.size() != n.numInputs())
    return n.error("equation '" + text + "' has " + Twine(terms.size()) +
                   " terms, expected " + Twine(n.numInputs()));
  Equation equation;
  int64_t most = 0;
  for (auto [term, input] : llvm::zip_equal(terms, n.allInputs())) {
    bool isOpen = term.contains("...");
    int64_t letters = int64_t(term.size()) - (isOpen ? 3 : 0);
    int64_t more = n.rank(input) - letters;
    if (isOpen ? more < 0 || more > 10 : more != 0)
      return n.error("term '" + term + "' has " + Twine(letters) +
                     " axes, expected " + Twine(n.rank(input)));
    most = std::max(most, more);
    equation.terms.push_back(expandEllipsis(term, more));
    if (StringRef(equation.terms.back()).contains('.'))
      return n.error("term '" + term + "' has more than one ellipsis");
  }
  if (StringRef(text).contains("->")) {
    equation.output =
        right.contains("...") ? expandEllipsis(right, most) : right.str();
    return equation;
  }
  equation.output = expandEllipsis("...", most);
  for (char c = 'A'; c <= 'z'; ++c)
    if (left.count(c) == 1)
      equation.output += c;
  return equation;
}

static LogicalResult convertEinsum(NodeConverter &n) {
  FailureOr<Equation> equation = readEquation(n);
  if (failed(equation))
    return failure();
  SmallVector<Labelled> operands;
  std::string all;
  for (auto [term, input] : llvm::zip_equal(equation->terms, n.allInputs())) {
    operands.push_back(takeDiagonals(n, {input, term}));
    all += term;
  }
  const std::string &output = equation->output;
  for (char c : output)
    if (!StringRef(all).contains(c) || StringRef(output).count(c) != 1)
      return n.error("the equation's output '" + output +
                     "' has an axis that no input has, or has it twice");
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
};

void hagane::frontend::registerEinsum(OpRegistry &registry) {
  registry.add("", rows);
}
