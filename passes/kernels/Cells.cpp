//===- Cells.cpp - What recurrent cells do to their gates -----------------===//

#include "passes/kernels/Cells.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "passes/kernels/Scalars.h"

using namespace mlir;
using namespace hagane;

using ScalarScope = ImplicitLocOpBuilder;

static Value number(ScalarScope &b, Value like, double value) {
  return makeScalar(b, like.getType(), value);
}
static Value times(ScalarScope &b, double factor, Value x) {
  return arith::MulFOp::create(b, number(b, x, factor), x);
}
static Value plus(ScalarScope &b, Value x, double y) {
  return arith::AddFOp::create(b, x, number(b, x, y));
}
static Value whereAbove(ScalarScope &b, Value x, double limit, Value yes,
                        Value no) {
  Value above = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x,
                                      number(b, x, limit));
  return arith::SelectOp::create(b, above, yes, no);
}

static Value relu(ScalarScope &b, Value x, double, double) {
  return arith::MaximumFOp::create(b, x, number(b, x, 0));
}
static Value tanhOf(ScalarScope &b, Value x, double, double) {
  return math::TanhOp::create(b, x);
}
static Value sigmoid(ScalarScope &b, Value x, double, double) {
  Value e = math::ExpOp::create(b, arith::NegFOp::create(b, x));
  return arith::DivFOp::create(b, number(b, x, 1), plus(b, e, 1));
}
static Value softsign(ScalarScope &b, Value x, double, double) {
  return arith::DivFOp::create(b, x, plus(b, math::AbsFOp::create(b, x), 1));
}
/// max(x, 0) + log(1 + e^-|x|), which does not overflow.
static Value softplus(ScalarScope &b, Value x, double, double) {
  Value e = math::ExpOp::create(
      b, arith::NegFOp::create(b, math::AbsFOp::create(b, x)));
  return arith::AddFOp::create(b, relu(b, x, 0, 0),
                               math::Log1pOp::create(b, e));
}
static Value affine(ScalarScope &b, Value x, double alpha, double beta) {
  return plus(b, times(b, alpha, x), beta);
}
static Value scaledTanh(ScalarScope &b, Value x, double alpha, double beta) {
  return times(b, alpha, math::TanhOp::create(b, times(b, beta, x)));
}
static Value hardSigmoid(ScalarScope &b, Value x, double alpha, double beta) {
  Value line = affine(b, x, alpha, beta);
  Value least = arith::MaximumFOp::create(b, line, number(b, x, 0));
  return arith::MinimumFOp::create(b, least, number(b, x, 1));
}
static Value leakyRelu(ScalarScope &b, Value x, double alpha, double) {
  return whereAbove(b, x, 0, x, times(b, alpha, x));
}
static Value thresholdedRelu(ScalarScope &b, Value x, double alpha, double) {
  return whereAbove(b, x, alpha, x, number(b, x, 0));
}
static Value elu(ScalarScope &b, Value x, double alpha, double) {
  Value below = times(b, alpha, math::ExpM1Op::create(b, x));
  return whereAbove(b, x, 0, x, below);
}

namespace {
struct ActivationRow {
  StringRef name;
  Value (*build)(ScalarScope &, Value, double, double);
  bool hasAlpha, hasBeta;
  double alpha, beta;
};
} // namespace

static const ActivationRow kActivations[] = {
    {"Affine", affine, true, true, 1, 0},
    {"Elu", elu, true, false, 1, 0},
    {"HardSigmoid", hardSigmoid, true, true, 0.2, 0.5},
    {"LeakyRelu", leakyRelu, true, false, 0.01, 0},
    {"Relu", relu, false, false, 0, 0},
    {"ScaledTanh", scaledTanh, true, true, 1, 1},
    {"Sigmoid", sigmoid, false, false, 0, 0},
    {"Softplus", softplus, false, false, 0, 0},
    {"Softsign", softsign, false, false, 0, 0},
    {"Tanh", tanhOf, false, false, 0, 0},
    {"ThresholdedRelu", thresholdedRelu, true, false, 1, 0},
};

FailureOr<SmallVector<CellActivation>>
hagane::readActivations(xf::Recurrent op, StringRef &unknown) {
  ArrayRef<double> alphas = op.getAlphas().value_or(ArrayRef<double>()),
                   betas = op.getBetas().value_or(ArrayRef<double>());
  auto take = [](ArrayRef<double> &given, bool takes, double otherwise) {
    if (!takes || given.empty())
      return otherwise;
    double first = given.front();
    given = given.drop_front();
    return first;
  };
  SmallVector<CellActivation> activations;
  for (StringRef name : op.getActivations().getAsValueRange<StringAttr>()) {
    const auto *row = llvm::find_if(kActivations, [&](const auto &row) {
      return name.equals_insensitive(row.name);
    });
    if (row == std::end(kActivations)) {
      unknown = name;
      return failure();
    }
    activations.push_back({row->build, take(alphas, row->hasAlpha, row->alpha),
                           take(betas, row->hasBeta, row->beta)});
  }
  return activations;
}

int64_t hagane::countGates(xf::RecurrentKind kind) {
  switch (kind) {
  case xf::RecurrentKind::rnn:
    return 1;
  case xf::RecurrentKind::gru:
    return 3;
  case xf::RecurrentKind::lstm:
    return 4;
  }
  llvm_unreachable("all kinds are listed");
}
