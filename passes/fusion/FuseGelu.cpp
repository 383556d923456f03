//===- FuseGelu.cpp - Gaussian error linear units -------------------------===//
//
// Starts from erf or tanh, looks up its operand for x, then follows its users
// through c * t, t + c and x * t until x/2 * (1 + t) is complete. This finds
// every order and association of the factors.
//
//===----------------------------------------------------------------------===//

#include "passes/fusion/Match.h"
#include "passes/fusion/Passes.h"
#include "passes/fusion/Remarks.h"
#include "llvm/ADT/SetVector.h"
#include <array>
#include <cmath>

namespace hagane {
#define GEN_PASS_DEF_FUSEGELUPASS
#include "passes/fusion/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;

namespace {

/// Coefficients of 1, x, x^2 and x^3.
using Cubic = std::array<double, 4>;

std::optional<Cubic> multiply(const Cubic &a, const Cubic &b) {
  Cubic product = {};
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t j = 0; j < b.size(); ++j) {
      if (i + j < product.size())
        product[i + j] += a[i] * b[j];
      else if (a[i] * b[j] != 0)
        return std::nullopt;
    }
  return product;
}

Cubic scale(Cubic a, double factor) {
  for (double &coefficient : a)
    coefficient *= factor;
  return a;
}

Cubic add(Cubic a, const Cubic &b) {
  for (auto [coefficient, other] : llvm::zip_equal(a, b))
    coefficient += other;
  return a;
}

/// Expressions in x nest no deeper than this.
constexpr int kMaxDepth = 6;

/// The value as a polynomial in x.
std::optional<Cubic> parseCubic(Value value, Value x, int depth = kMaxDepth);

std::optional<Cubic> parsePower(xf::Pow op, Value x, int depth) {
  std::optional<Cubic> base = parseCubic(op.getA(), x, depth);
  std::optional<double> exponent = getScalar(op.getB());
  if (!base || !exponent || !keepsShape(op.getA(), op.getB()) ||
      (*exponent != 2 && *exponent != 3))
    return std::nullopt;
  std::optional<Cubic> power = multiply(*base, *base);
  return power && *exponent == 3 ? multiply(*power, *base) : power;
}

std::optional<Cubic> parseCubic(Value value, Value x, int depth) {
  if (value == x)
    return Cubic{0, 1, 0, 0};
  if (std::optional<double> number = getScalar(value))
    return Cubic{*number, 0, 0, 0};
  Operation *op = value.getDefiningOp();
  if (!op || depth-- == 0)
    return std::nullopt;
  if (auto power = dyn_cast<xf::Pow>(op))
    return parsePower(power, x, depth);
  if (!isa<xf::Add, xf::Sub, xf::Mul, xf::Div>(op))
    return std::nullopt;
  std::optional<Cubic> a = parseCubic(op->getOperand(0), x, depth),
                       b = parseCubic(op->getOperand(1), x, depth);
  if (!a || !b)
    return std::nullopt;
  if (isa<xf::Add>(op))
    return add(*a, *b);
  if (isa<xf::Sub>(op))
    return add(*a, scale(*b, -1));
  if (isa<xf::Mul>(op))
    return multiply(*a, *b);
  return getScalar(op->getOperand(1)) ? std::optional(scale(*a, 1 / (*b)[0]))
                                      : std::nullopt;
}

/// What x may be: everything that the value is computed from near by.
void collectCandidates(Value value, SetVector<Value> &candidates,
                       int depth = kMaxDepth) {
  if (getScalar(value) || !candidates.insert(value))
    return;
  Operation *op = value.getDefiningOp();
  if (op && depth > 0 && isa<xf::Add, xf::Sub, xf::Mul, xf::Div, xf::Pow>(op))
    for (Value operand : op->getOperands())
      collectCandidates(operand, candidates, depth - 1);
}

/// The x of which `argument` is the wanted polynomial; null if there is none.
Value findX(Value argument, const Cubic &wanted) {
  SetVector<Value> candidates;
  collectCandidates(argument, candidates);
  for (Value x : candidates) {
    std::optional<Cubic> found = parseCubic(argument, x);
    if (found && x.getType() == argument.getType() &&
        llvm::all_of(llvm::zip_equal(*found, wanted), [&](auto pair) {
          return isAbout(std::get<0>(pair), std::get<1>(pair), x);
        }))
      return x;
  }
  return {};
}

/// The forms of the unit: a function of a polynomial.
struct GeluForm {
  bool tanh;
  Cubic argument;
};

GeluForm getForm(bool tanh) {
  const double root = std::sqrt(2 / M_PI);
  return tanh ? GeluForm{true, {0, root, 0, root * 0.044715}}
              : GeluForm{false, {0, M_SQRT1_2, 0, 0}};
}

/// x^hasX * (slope * t + offset), t being the value of erf or tanh.
struct Progress {
  Value value;
  double slope = 1, offset = 0;
  bool hasX = false;

  bool isDone() const {
    return hasX && isAbout(slope, 0.5, value) && isAbout(offset, 0.5, value);
  }

  /// Moves on to the only user, if the form stays.
  bool advance(Operation *user, Value x);

private:
  void scaleBy(double factor) {
    slope *= factor;
    offset *= factor;
  }
};

bool Progress::advance(Operation *user, Value x) {
  if (user->getNumResults() != 1)
    return false;
  if (std::optional<Scaled> scaled = matchScaled(user->getResult(0));
      scaled && scaled->x == value) {
    scaleBy(scaled->factor);
  } else if (auto add = dyn_cast<xf::Add>(user)) {
    Value other = getOther(add, value);
    std::optional<double> number = getScalar(other);
    if (!number || hasX || !keepsShape(value, other))
      return false;
    offset += *number;
  } else if (auto mul = dyn_cast<xf::Mul>(user)) {
    std::optional<Cubic> other = parseCubic(getOther(mul, value), x);
    if (!other || hasX || (*other)[0] != 0 || (*other)[2] != 0 ||
        (*other)[3] != 0)
      return false;
    scaleBy((*other)[1]);
    hasX = true;
  } else {
    return false;
  }
  value = user->getResult(0);
  return true;
}

class FuseGelu : public hagane::impl::FuseGeluPassBase<FuseGelu> {
public:
  void runOnOperation() override {
    forEachOp<xf::Erf>(getOperation(), [&](xf::Erf op) {
      (void)fuse(op, getForm(/*tanh=*/false));
    });
    forEachOp<xf::Tanh>(getOperation(), [&](xf::Tanh op) {
      (void)fuse(op, getForm(/*tanh=*/true));
    });
    eraseDeadOps(getOperation());
  }

private:
  LogicalResult fuse(Operation *function, const GeluForm &form) {
    Value x = findX(function->getOperand(0), form.argument);
    if (!x)
      // A tanh is most often just that.
      return form.tanh
                 ? failure()
                 : remarks.decline(function, "the operand is not x / sqrt(2)");
    Progress progress{function->getResult(0)};
    SmallVector<Operation *> matched = {function};
    while (!progress.isDone()) {
      if (!progress.value.hasOneUse())
        return remarks.decline(function, "a factor has other uses");
      Operation *user = *progress.value.user_begin();
      if (!progress.advance(user, x))
        return remarks.decline(function,
                               "the result is not x/2 * (1 + " +
                                   function->getName().stripDialect() + ")");
      matched.push_back(user);
    }
    Operation *last = matched.back();
    if (last->getResult(0).getType() != x.getType())
      return remarks.decline(function, "a factor widens x");
    OpBuilder builder(last);
    auto gelu = xf::Gelu::create(builder, fuseLocations(matched), x.getType(),
                                 x, form.tanh);
    last->getResult(0).replaceAllUsesWith(gelu.getY());
    remarks.apply(gelu);
    return success();
  }

  Remarks remarks{"gelu"};
};

} // namespace
