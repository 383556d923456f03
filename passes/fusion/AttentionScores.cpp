//===- AttentionScores.cpp - From the softmax back to the product ---------===//

#include "passes/fusion/Attention.h"
#include <cmath>

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;
using xf::Dim;

//===----------------------------------------------------------------------===//
// After the softmax
//===----------------------------------------------------------------------===//

/// `is_nan(p) ? 0 : p`
static bool replacesNaN(xf::Select op) {
  auto test = op.getCondition().getDefiningOp<xf::IsNaN>();
  return test && test.getX() == op.getB() && getScalar(op.getA()) == 0.0 &&
         keepsShape(op.getB(), op.getA());
}

bool hagane::fusion::keepsLastTwo(xf::Reshape op, Shapes &shapes) {
  SmallVector<Dim> before = shapes.getDims(op.getX()),
                   after = shapes.getDims(op.getY());
  return before.size() >= 3 && after.size() >= 3 &&
         shapes.areEqual(ArrayRef(before).take_back(2),
                         ArrayRef(after).take_back(2));
}

xf::Softmax hagane::fusion::findSoftmax(Value weights, Shapes &shapes,
                                        SmallVectorImpl<Operation *> &ops) {
  while (Operation *op = weights.getDefiningOp()) {
    ops.push_back(op);
    if (auto softmax = dyn_cast<xf::Softmax>(op))
      return softmax;
    Value before = skipFloatCasts(weights);
    if (auto select = dyn_cast<xf::Select>(op); select && replacesNaN(select))
      before = select.getB();
    if (auto reshape = dyn_cast<xf::Reshape>(op);
        reshape && keepsLastTwo(reshape, shapes))
      before = reshape.getX();
    if (before == weights)
      break;
    weights = before;
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Before the softmax
//===----------------------------------------------------------------------===//

/// A way from the softmax to the product is no longer than this.
static constexpr int kMaxSteps = 16;

/// Whether the value comes from a product by scaling, masking and reshaping.
/// The bound keeps the search short where many sums meet.
static bool leadsToProduct(Value value, int steps = 10) {
  Operation *op = value.getDefiningOp();
  if (!op || steps-- == 0)
    return false;
  if (isa<xf::MatMul>(op))
    return true;
  if (auto select = dyn_cast<xf::Select>(op))
    return leadsToProduct(select.getA(), steps) ||
           leadsToProduct(select.getB(), steps);
  if (isa<xf::Cast, xf::Tanh, xf::Reshape>(op))
    return leadsToProduct(op->getOperand(0), steps);
  return isa<xf::Add, xf::Mul, xf::Div>(op) &&
         llvm::any_of(op->getOperands(), [&](Value operand) {
           return leadsToProduct(operand, steps);
         });
}

namespace {

/// One step at a time, from the softmax's operand to the product.
class ScoreTracer {
public:
  ScoreTracer(Scores &scores, Shapes &shapes, std::string &reason)
      : scores(scores), shapes(shapes), reason(reason),
        current(scores.softmax.getX()) {}

  LogicalResult run();

private:
  LogicalResult step(Operation *op);
  LogicalResult stepAdd(xf::Add op);
  LogicalResult stepSelect(xf::Select op);
  LogicalResult stepScaled(Operation *op);
  LogicalResult stepReshape(xf::Reshape op);
  LogicalResult addMask(Mask mask, Value before);
  LogicalResult fail(const Twine &why) {
    reason = why.str();
    return failure();
  }

  Scores &scores;
  Shapes &shapes;
  std::string &reason;
  Value current;
};

} // namespace

LogicalResult ScoreTracer::addMask(Mask mask, Value before) {
  if (scores.scale != 1 || scores.softcap != 0)
    return fail("the scores are scaled after a mask");
  mask.frame = shapes.getDims(current);
  SmallVector<Dim> dims = shapes.getDims(before);
  if (!shapes.areEqual(mask.frame, dims))
    return fail("a mask may widen the scores from " + describe(dims) + " to " +
                describe(mask.frame));
  scores.masks.insert(scores.masks.begin(), std::move(mask));
  current = before;
  return success();
}

LogicalResult ScoreTracer::stepAdd(xf::Add op) {
  bool first = leadsToProduct(op.getA()), second = leadsToProduct(op.getB());
  if (first == second)
    return first ? fail("two products are added") : failure();
  return first ? addMask({Mask::add, op.getB(), 0}, op.getA())
               : addMask({Mask::add, op.getA(), 0}, op.getB());
}

LogicalResult ScoreTracer::stepSelect(xf::Select op) {
  bool keeps = getScalar(op.getB()).has_value();
  std::optional<double> fill = getScalar(keeps ? op.getB() : op.getA());
  if (!fill)
    return fail("the mask selects between two tensors, expected a constant");
  // Adding a number above this bound changes with the score.
  constexpr double absorbing = -1e30;
  if (!(*fill <= absorbing))
    return fail("the mask selects " + Twine(std::to_string(*fill)) +
                ", expected minus infinity or a number that absorbs any score");
  return addMask({keeps ? Mask::keep : Mask::hide, op.getCondition(), *fill},
                 keeps ? op.getA() : op.getB());
}

LogicalResult ScoreTracer::stepScaled(Operation *op) {
  std::optional<Scaled> scaled = matchScaled(op->getResult(0));
  if (!scaled)
    return leadsToProduct(op->getResult(0))
               ? fail("the scores are scaled by a tensor, expected a constant")
               : failure();
  auto cap = scaled->x.getDefiningOp<xf::Tanh>();
  if (!cap) {
    scores.scale *= scaled->factor;
    current = scaled->x;
    return success();
  }
  std::optional<Scaled> inner = matchScaled(cap.getX());
  if (scores.scale != 1 || scores.softcap != 0 || !inner ||
      !isAbout(inner->factor * scaled->factor, 1, current))
    return fail("tanh is not c * tanh(s / c)");
  scores.softcap = scaled->factor;
  scores.ops.append({cap, cap.getX().getDefiningOp()});
  current = inner->x;
  return success();
}

LogicalResult ScoreTracer::stepReshape(xf::Reshape op) {
  if (!keepsLastTwo(op, shapes))
    return fail("a reshape changes queries or keys");
  current = op.getX();
  return success();
}

LogicalResult ScoreTracer::step(Operation *op) {
  scores.ops.push_back(op);
  if (auto cast = dyn_cast<xf::Cast>(op)) {
    Value before = skipFloatCasts(current);
    if (before == current)
      return failure();
    current = before;
    return success();
  }
  if (auto add = dyn_cast<xf::Add>(op))
    return stepAdd(add);
  if (auto select = dyn_cast<xf::Select>(op))
    return stepSelect(select);
  if (auto reshape = dyn_cast<xf::Reshape>(op))
    return stepReshape(reshape);
  return isa<xf::Mul, xf::Div>(op) ? stepScaled(op) : failure();
}

LogicalResult ScoreTracer::run() {
  for (int steps = 0; steps < kMaxSteps; ++steps) {
    Operation *op = current.getDefiningOp();
    if (!op)
      return failure();
    if (auto product = dyn_cast<xf::MatMul>(op)) {
      scores.product = product;
      scores.ops.push_back(product);
      return success();
    }
    if (failed(step(op)))
      return failure();
  }
  return failure();
}

LogicalResult hagane::fusion::traceScores(Scores &scores, Shapes &shapes,
                                          std::string &reason) {
  return ScoreTracer(scores, shapes, reason).run();
}
