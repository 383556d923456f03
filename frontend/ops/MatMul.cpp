// Matrix products.
#include "frontend/ops/MatMul.h"
#include <cmath>

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
/// alpha y + beta c; fractions of integers are cut off at the end.
static Value scaledSum(NodeConverter &n, Value y, double alpha, Value c,
                       double beta) {
  Type type = n.elem(y);
  bool isWhole = alpha == std::floor(alpha) && beta == std::floor(beta);
  if (isa_and_nonnull<IntegerType>(type) && !isWhole) {
    Type real = n.builder().getF64Type();
    y = n.cast(y, real);
    c = c ? n.cast(c, real) : c;
  }
  y = n.mulScalar(y, alpha);
  if (c)
    y = n.add(y, n.mulScalar(c, beta));
  return n.cast(y, type);
}

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
  return n.done({scaledSum(n, y, alpha, c, beta)});
}

/// [rows, batch..., columns] as [batch..., rows, columns].
static Value batchSecondLast(NodeConverter &n, Value x) {
  if (n.rank(x) < 3)
    return x;
  auto order = llvm::to_vector(llvm::seq<int64_t>(1, n.rank(x) - 1));
  order.push_back(0);
  order.push_back(n.rank(x) - 1);
  return n.transpose(x, order);
}

Value hagane::frontend::makeFusedMatMul(NodeConverter &n) {
  Value a = n.in(0), b = n.in(1);
  if (n.getInt("transBatchA", 0))
    a = batchSecondLast(n, a);
  if (n.getInt("transBatchB", 0))
    b = batchSecondLast(n, b);
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
  return n.mulScalar(y, n.getFloat("alpha", 1));
}

static LogicalResult convertFusedMatMul(NodeConverter &n) {
  return n.done({makeFusedMatMul(n)});
}

static const OpRow rows[] = {
    {"Gemm", 6, 2, convertGemm},
    {"MatMul", 1, 2, convertMatMul},
};

static const OpRow microsoftRows[] = {
    {"FusedMatMul", 1, 2, convertFusedMatMul},
    {"TransposeMatMul", 1, 2, convertFusedMatMul},
};

void hagane::frontend::registerMatMul(OpRegistry &registry) {
  registry.add("", rows);
  registry.add("com.microsoft", microsoftRows);
}
