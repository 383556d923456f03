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

/// Whether the slice leaves out the last element of the last axis alone.
static bool dropsLast(xf::Slice op) {
  auto isAt = [](std::optional<ArrayAttr> bounds, int64_t wanted) {
    return bounds && bounds->size() == 1 &&
           Dim(cast<xf::DimAttr>((*bounds)[0])).getConstant() == wanted;
  };
  return op.getAxes() == ArrayRef{getRank(op) - 1} && op.getSteps()[0] == 1 &&
         isAt(op.getStarts(), 0) && isAt(op.getEnds(), -1);
}

xf::Softmax hagane::fusion::findSoftmax(Value weights, Shapes &shapes,
                                        Scores &scores) {
  while (Operation *op = weights.getDefiningOp()) {
    scores.ops.push_back(op);
    if (auto softmax = dyn_cast<xf::Softmax>(op))
      return softmax;
    Value before = skipFloatCasts(weights);
    if (auto select = dyn_cast<xf::Select>(op); select && replacesNaN(select))
      before = select.getB();
    if (auto reshape = dyn_cast<xf::Reshape>(op);
        reshape && keepsLastTwo(reshape, shapes))
      before = reshape.getX();
    if (auto slice = dyn_cast<xf::Slice>(op);
        slice && !scores.dropsLast && dropsLast(slice)) {
      before = slice.getX();
      scores.dropsLast = true;
    }
    if (before == weights)
      break;
    weights = before;
  }
  return {};
}

bool hagane::fusion::areQuantized(Value weights) {
  bool found = false;
  while (Operation *op = weights.getDefiningOp()) {
    if (isa<xf::Softmax>(op))
      return found;
    if (!isa<xf::Quantize, xf::Dequantize, xf::Cast, xf::Sub, xf::Reshape>(op))
      return false;
    found |= isa<xf::Quantize, xf::Dequantize>(op);
    weights = op->getOperand(0);
  }
  return false;
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
  return isa<xf::Add, xf::Mul, xf::Div, xf::Max>(op) &&
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
  LogicalResult takeSink();
  LogicalResult step(Operation *op);
  LogicalResult stepAdd(xf::Add op);
  LogicalResult stepSelect(xf::Select op);
  LogicalResult stepMax(xf::Max op);
  LogicalResult stepFactor(xf::Mul op);
  LogicalResult stepScaled(Operation *op);
  LogicalResult stepReshape(xf::Reshape op);
  LogicalResult addMask(Mask mask, Value before);
  bool isHidden(double number) const;
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
  if (scores.softcap != 0 || !scores.factors.empty())
    return fail("heads are scaled, or tanh is applied, after a mask");
  if (scores.scale < 0)
    return fail("the scores are negated after a mask");
  mask.frame = shapes.getDims(current);
  mask.factor = scores.scale;
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
    return fail(first ? "two products are added"
                      : "neither operand of a sum comes from a product");
  return first ? addMask({Mask::add, op.getB()}, op.getA())
               : addMask({Mask::add, op.getA()}, op.getB());
}

/// Whether a score of that number has no weight beside another one, scaled or
/// not. Exporters write -1e4 and lower numbers for minus infinity: only rows
/// whose every other score is lower still would tell the difference.
bool ScoreTracer::isHidden(double number) const {
  constexpr double bound = -1e3;
  return number * scores.scale <= bound && number <= bound;
}

LogicalResult ScoreTracer::stepSelect(xf::Select op) {
  bool keeps = getScalar(op.getB()).has_value();
  std::optional<double> fill = getScalar(keeps ? op.getB() : op.getA());
  if (!fill)
    return fail("the mask selects between two tensors, expected a constant");
  if (!isHidden(*fill))
    return fail("the mask selects " + Twine(std::to_string(*fill)) +
                ", expected minus infinity or a number that hides any score");
  return addMask({keeps ? Mask::keep : Mask::hide, op.getCondition(), *fill},
                 keeps ? op.getA() : op.getB());
}

/// Keeps minus infinity, or sums of lowest numbers, from the softmax.
LogicalResult ScoreTracer::stepMax(xf::Max op) {
  bool first = getScalar(op.getB()).has_value();
  std::optional<double> floor = getScalar(first ? op.getB() : op.getA());
  if (!floor || !isHidden(*floor))
    return fail("the scores are limited from below by other than a number "
                "that hides any score");
  return addMask({Mask::floor, Value(), *floor}, first ? op.getA() : op.getB());
}

/// A factor for each head may as well scale the queries, unless a mask, a cap
/// or a sink lies between.
LogicalResult ScoreTracer::stepFactor(xf::Mul op) {
  bool first = op && leadsToProduct(op.getA()),
       second = op && leadsToProduct(op.getB());
  if (first == second)
    return fail("the scores are no product");
  Value factor = first ? op.getB() : op.getA(),
        before = first ? op.getA() : op.getB();
  SmallVector<Dim> dims = shapes.getDims(factor);
  bool isPerHead = dims.size() >= 2 && dims.size() <= 4 &&
                   dims.end()[-1].isConstant(1) &&
                   dims.end()[-2].isConstant(1) && getRank(before) == 4 &&
                   shapes.haveEqualDims(before, op.getY());
  if (!isPerHead)
    return fail("the scores are scaled by a tensor, expected numbers of heads");
  scores.factors.push_back(factor);
  current = before;
  return success();
}

LogicalResult ScoreTracer::stepScaled(Operation *op) {
  std::optional<Scaled> scaled = matchScaled(op->getResult(0));
  if (!scaled)
    return stepFactor(dyn_cast<xf::Mul>(op));
  auto cap = scaled->x.getDefiningOp<xf::Tanh>();
  if (!cap) {
    scores.scale *= scaled->factor;
    current = scaled->x;
    return success();
  }
  std::optional<Scaled> inner = matchScaled(cap.getX());
  if (scores.scale != 1 || scores.softcap != 0 || !scores.factors.empty() ||
      !inner || !isAbout(inner->factor * scaled->factor, 1, current))
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
      return fail("the scores are cast from integers");
    current = before;
    return success();
  }
  if (auto add = dyn_cast<xf::Add>(op))
    return stepAdd(add);
  if (auto select = dyn_cast<xf::Select>(op))
    return stepSelect(select);
  if (auto max = dyn_cast<xf::Max>(op))
    return stepMax(max);
  if (auto reshape = dyn_cast<xf::Reshape>(op))
    return stepReshape(reshape);
  if (isa<xf::Mul, xf::Div>(op))
    return stepScaled(op);
  return fail("the scores come from '" + op->getName().getStringRef() + "'");
}

/// The score that the weights leave out, beside the others.
LogicalResult ScoreTracer::takeSink() {
  auto concat = current.getDefiningOp<xf::Concat>();
  int64_t last = getRank(current) - 1;
  if (!concat || concat.getInputs().size() != 2 ||
      static_cast<int64_t>(concat.getAxis()) != last ||
      !shapes.getDims(concat.getInputs()[1])[last].isConstant(1))
    return fail("the last weight is left out, and its score is not one that "
                "stands beside those of the keys");
  scores.ops.push_back(concat);
  scores.sink = concat.getInputs()[1];
  current = concat.getInputs()[0];
  return success();
}

LogicalResult ScoreTracer::run() {
  if (scores.dropsLast && failed(takeSink()))
    return failure();
  for (int steps = 0; steps < kMaxSteps; ++steps) {
    Operation *op = current.getDefiningOp();
    if (!op)
      return fail("the scores are an argument");
    if (auto product = dyn_cast<xf::MatMul>(op)) {
      scores.product = product;
      scores.ops.push_back(product);
      return success();
    }
    if (failed(step(op)))
      return failure();
  }
  return fail("the product is too far from the softmax");
}

LogicalResult hagane::fusion::traceScores(Scores &scores, Shapes &shapes,
                                          std::string &reason) {
  return ScoreTracer(scores, shapes, reason).run();
}
