//===- Compare.cpp - Tests, choices and conversions of elements -----------===//

#include "dialects/xf/eval/Strides.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

/// A test of each element of operand 0.
static LogicalResult testElements(Evaluation &evaluation,
                                  llvm::function_ref<bool(double)> test) {
  const HostTensor &x = evaluation.operand(0);
  FailureOr<HostTensor *> y = evaluation.create(x.getShape());
  if (failed(y))
    return failure();
  for (int64_t i = 0; i < x.getCount(); ++i)
    (*y)->setInteger(i, test(x.getReal(i)));
  return success();
}

static LogicalResult defineIsNaN(IsNaN, Evaluation &evaluation) {
  return testElements(evaluation, [](double x) { return std::isnan(x); });
}

static LogicalResult defineIsInf(IsInf op, Evaluation &evaluation) {
  return testElements(evaluation, [&](double x) {
    return std::isinf(x) && (x > 0 ? op.getPositive() : op.getNegative());
  });
}

template <typename T> static bool compare(CmpKind kind, T a, T b) {
  switch (kind) {
  case CmpKind::eq:
    return a == b;
  case CmpKind::ne:
    return a != b;
  case CmpKind::lt:
    return a < b;
  case CmpKind::le:
    return a <= b;
  case CmpKind::gt:
    return a > b;
  case CmpKind::ge:
    return a >= b;
  }
  llvm_unreachable("all kinds are listed");
}

static LogicalResult defineCmp(Cmp op, Evaluation &evaluation) {
  const HostTensor &a = evaluation.operand(0), &b = evaluation.operand(1);
  if (a.getElementType() != b.getElementType())
    return evaluation.error("operands must have one element type, found " +
                            describe(a) + " and " + describe(b));
  CmpKind kind = op.getKind();
  auto test = [&](int64_t i, int64_t j) {
    if (a.getElement().isFloat())
      return compare(kind, a.getReal(i), b.getReal(j));
    if (a.getElement().isUnsigned())
      return compare(kind, uint64_t(a.getInteger(i)),
                     uint64_t(b.getInteger(j)));
    return compare(kind, a.getInteger(i), b.getInteger(j));
  };
  return broadcastPairs(evaluation,
                        [&](HostTensor &y, int64_t n, int64_t i, int64_t j) {
                          y.setInteger(n, test(i, j));
                        });
}

static LogicalResult defineSelect(Select, Evaluation &evaluation) {
  const HostTensor &condition = evaluation.operand(0),
                   &a = evaluation.operand(1), &b = evaluation.operand(2);
  if (a.getElementType() != b.getElementType())
    return evaluation.error("the choices must have one element type, found " +
                            describe(a) + " and " + describe(b));
  FailureOr<Shape> shape =
      evaluation.broadcast({condition.getShape(), a.getShape(), b.getShape()});
  if (failed(shape))
    return failure();
  FailureOr<HostTensor *> y = evaluation.create(*shape);
  if (failed(y))
    return failure();
  Odometer at(*shape, {broadcastStrides(condition.getShape(), *shape),
                       broadcastStrides(a.getShape(), *shape),
                       broadcastStrides(b.getShape(), *shape)});
  for (int64_t n = 0; n < (*y)->getCount(); ++n, at.next()) {
    const char *from = condition.getInteger(at.offset(0)) ? a.at(at.offset(1))
                                                          : b.at(at.offset(2));
    std::memcpy((*y)->at(n), from, a.getElement().bytes);
  }
  return success();
}

/// The largest finite value instead of what lies beyond it once rounded.
static double saturate(double value, const Element &to) {
  double limit = to.largestFinite();
  return value > limit ? limit : value < -limit ? -limit : value;
}

static LogicalResult defineCast(Cast op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0);
  FailureOr<HostTensor *> y = evaluation.create(x.getShape());
  if (failed(y))
    return failure();
  const Element &from = x.getElement(), &to = (*y)->getElement();
  bool saturates = op.getSaturate() && to.isFloat() && to.bits == 8;
  for (int64_t i = 0, count = x.getCount(); i < count; ++i) {
    if (saturates)
      to.storeReal((*y)->at(i), saturate(x.getReal(i), to));
    else if (from.isFloat())
      to.storeReal((*y)->at(i), x.getReal(i));
    else
      to.storeInteger((*y)->at(i), x.getInteger(i), from.isUnsigned());
  }
  return success();
}

void hagane::xf::eval::defineCompare(DefinitionTable &table) {
  table.add(defineIsNaN);
  table.add(defineIsInf);
  table.add(defineCmp);
  table.add(defineSelect);
  table.add(defineCast);
}
