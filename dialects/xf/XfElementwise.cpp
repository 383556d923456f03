//===- XfElementwise.cpp - Shape rules of element-wise operations ---------===//

#include "dialects/xf/DimPoly.h"
#include "dialects/xf/ShapeRules.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace hagane::xf::detail;

namespace hagane::xf {

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

using ElementFunction = Dim (*)(ArrayRef<Dim>, const FactsContext &);

static bool isNonNegative(Dim dim, const FactsContext &context) {
  return dim && context.getProver().getRange(dim).min >= 0;
}

/// Applies `function` where both elements are constants.
template <typename Function>
static Dim foldConstants(ArrayRef<Dim> e, const FactsContext &context,
                         Function function) {
  std::optional<int64_t> a = e[0].getConstant(), b = e[1].getConstant();
  return a && b ? context.constant(function(*a, *b)) : Dim();
}

static Dim unknownElement(ArrayRef<Dim>, const FactsContext &) { return {}; }
static Dim negElement(ArrayRef<Dim> e, const FactsContext &) {
  return e[0] * -1;
}
static Dim addElement(ArrayRef<Dim> e, const FactsContext &) {
  return e[0] + e[1];
}
static Dim subElement(ArrayRef<Dim> e, const FactsContext &) {
  return e[0] - e[1];
}
static Dim minElement(ArrayRef<Dim> e, const FactsContext &) {
  return e[0].min(e[1]);
}
static Dim maxElement(ArrayRef<Dim> e, const FactsContext &) {
  return e[0].max(e[1]);
}

static Dim absElement(ArrayRef<Dim> e, const FactsContext &context) {
  if (isNonNegative(e[0], context))
    return e[0];
  Dim negative = e[0] * -1;
  return isNonNegative(negative, context) ? negative : e[0].max(negative);
}

static Dim signElement(ArrayRef<Dim> e, const FactsContext &context) {
  return e[0].min(context.constant(1)).max(context.constant(-1));
}

static Dim reluElement(ArrayRef<Dim> e, const FactsContext &context) {
  return isNonNegative(e[0], context) ? e[0] : e[0].max(context.constant(0));
}

static Dim mulElement(ArrayRef<Dim> e, const FactsContext &context) {
  if (e[0].isConstant(0) || e[1].isConstant(0))
    return context.constant(0);
  return e[0] * e[1];
}

/// a / b without the fraction: rounds down what is not negative and up what is
/// not positive. Divisors of unknown sign have no such expression.
static Dim truncatedQuotient(Dim a, Dim b, const FactsContext &context) {
  if (isNonNegative(b * -1, context)) {
    a = a * -1;
    b = b * -1;
  } else if (!isNonNegative(b, context)) {
    return {};
  }
  Dim zero = context.constant(0), negative = a * -1;
  if (isNonNegative(a, context))
    return a.floorDiv(b);
  if (isNonNegative(negative, context))
    return zero - negative.floorDiv(b);
  Dim up = a.max(zero).floorDiv(b);
  // What is above -b is 0 from below.
  return context.getProver().isLessOrEqual(negative + 1, b)
             ? a.floorDiv(b).max(zero)
             : up - negative.max(zero).floorDiv(b);
}

/// Results are those of the operation: 0 for divisions by zero.
static Dim divElement(ArrayRef<Dim> e, const FactsContext &context) {
  constexpr int64_t least = std::numeric_limits<int64_t>::min();
  if (e[0].getConstant() && e[1].getConstant())
    return foldConstants(e, context, [](int64_t a, int64_t b) {
      return b == 0 || (a == least && b == -1) ? 0 : a / b;
    });
  return truncatedQuotient(e[0], e[1], context);
}

static Dim floorModElement(ArrayRef<Dim> e, const FactsContext &context) {
  if (e[0].getConstant() && e[1].getConstant())
    return foldConstants(e, context, [](int64_t a, int64_t b) {
      return b == 0 || b == -1 ? 0 : floorModInt(a, b);
    });
  return isNonNegative(e[1], context) ? e[0].mod(e[1]) : Dim();
}

static Dim truncatedModElement(ArrayRef<Dim> e, const FactsContext &context) {
  if (e[0].getConstant() && e[1].getConstant())
    return foldConstants(e, context, [](int64_t a, int64_t b) {
      return b == 0 || b == -1 ? 0 : a % b;
    });
  if (isNonNegative(e[0], context) && isNonNegative(e[1], context))
    return e[0].mod(e[1]);
  return e[0] - truncatedQuotient(e[0], e[1], context) * e[1];
}

static Dim andElement(ArrayRef<Dim> e, const FactsContext &context) {
  return foldConstants(e, context, [](int64_t a, int64_t b) { return a & b; });
}
static Dim orElement(ArrayRef<Dim> e, const FactsContext &context) {
  return foldConstants(e, context, [](int64_t a, int64_t b) { return a | b; });
}
static Dim xorElement(ArrayRef<Dim> e, const FactsContext &context) {
  return foldConstants(e, context, [](int64_t a, int64_t b) { return a ^ b; });
}

static std::optional<bool> compare(CmpKind kind, Dim a, Dim b,
                                   const FactsContext &context) {
  const DimProver &prover = context.getProver();
  if (!a || !b)
    return std::nullopt;
  auto decide = [](bool isTrue, bool isFalse) {
    return isTrue    ? std::optional(true)
           : isFalse ? std::optional(false)
                     : std::nullopt;
  };
  auto isLess = [&](Dim x, Dim y) { return prover.isLessOrEqual(x + 1, y); };
  switch (kind) {
  case CmpKind::eq:
    return decide(prover.isEqual(a, b), prover.isNotEqual(a, b));
  case CmpKind::ne:
    return decide(prover.isNotEqual(a, b), prover.isEqual(a, b));
  case CmpKind::lt:
    return decide(isLess(a, b), prover.isLessOrEqual(b, a));
  case CmpKind::le:
    return decide(prover.isLessOrEqual(a, b), isLess(b, a));
  case CmpKind::gt:
    return decide(isLess(b, a), prover.isLessOrEqual(a, b));
  case CmpKind::ge:
    return decide(prover.isLessOrEqual(b, a), isLess(a, b));
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

/// Operands broadcast together; `element` gives the content.
static LogicalResult
inferElementwise(ArrayRef<Facts> operands, const FactsContext &context,
                 SmallVectorImpl<Facts> &results, Type type,
                 llvm::function_ref<Dim(ArrayRef<Dim>)> element) {
  SmallVector<ArrayRef<Dim>> shapes;
  for (const Facts &facts : operands)
    shapes.push_back(facts.dims);
  FailureOr<SmallVector<Dim>> shape = broadcastShapes(context, shapes);
  if (failed(shape))
    return failure();
  return addResult(context, results, type, *shape,
                   mapContent(*shape, operands, element));
}

static LogicalResult inferSameType(ArrayRef<Facts> operands,
                                   const FactsContext &context,
                                   SmallVectorImpl<Facts> &results,
                                   ElementFunction element) {
  return inferElementwise(operands, context, results,
                          operands.front().elementType,
                          [&](ArrayRef<Dim> e) { return element(e, context); });
}

static LogicalResult inferBool(ArrayRef<Facts> operands,
                               const FactsContext &context,
                               SmallVectorImpl<Facts> &results) {
  return inferElementwise(operands, context, results,
                          IntegerType::get(context.getContext(), 1),
                          [](ArrayRef<Dim>) { return Dim(); });
}

#define XF_SAME_TYPE_RULE(OP, ELEMENT)                                         \
  XF_SHAPE_RULE(OP) {                                                          \
    return inferSameType(operands, context, results, ELEMENT);                 \
  }

XF_SAME_TYPE_RULE(Neg, negElement)
XF_SAME_TYPE_RULE(Abs, absElement)
XF_SAME_TYPE_RULE(Sign, signElement)
XF_SAME_TYPE_RULE(Exp, unknownElement)
XF_SAME_TYPE_RULE(Log, unknownElement)
XF_SAME_TYPE_RULE(Sqrt, unknownElement)
XF_SAME_TYPE_RULE(Rsqrt, unknownElement)
XF_SAME_TYPE_RULE(Reciprocal, unknownElement)
XF_SAME_TYPE_RULE(Erf, unknownElement)
XF_SAME_TYPE_RULE(Tanh, unknownElement)
XF_SAME_TYPE_RULE(Sigmoid, unknownElement)
XF_SAME_TYPE_RULE(Silu, unknownElement)
XF_SAME_TYPE_RULE(Relu, reluElement)
XF_SAME_TYPE_RULE(Softplus, unknownElement)
XF_SAME_TYPE_RULE(Sin, unknownElement)
XF_SAME_TYPE_RULE(Cos, unknownElement)
XF_SAME_TYPE_RULE(Tan, unknownElement)
XF_SAME_TYPE_RULE(Asin, unknownElement)
XF_SAME_TYPE_RULE(Acos, unknownElement)
XF_SAME_TYPE_RULE(Atan, unknownElement)
XF_SAME_TYPE_RULE(Sinh, unknownElement)
XF_SAME_TYPE_RULE(Cosh, unknownElement)
XF_SAME_TYPE_RULE(Asinh, unknownElement)
XF_SAME_TYPE_RULE(Acosh, unknownElement)
XF_SAME_TYPE_RULE(Atanh, unknownElement)
XF_SAME_TYPE_RULE(Floor, unknownElement)
XF_SAME_TYPE_RULE(Ceil, unknownElement)
XF_SAME_TYPE_RULE(Round, unknownElement)
XF_SAME_TYPE_RULE(Gelu, unknownElement)
XF_SAME_TYPE_RULE(Add, addElement)
XF_SAME_TYPE_RULE(Sub, subElement)
XF_SAME_TYPE_RULE(Mul, mulElement)
XF_SAME_TYPE_RULE(Div, divElement)
XF_SAME_TYPE_RULE(Min, minElement)
XF_SAME_TYPE_RULE(Max, maxElement)
XF_SAME_TYPE_RULE(And, andElement)
XF_SAME_TYPE_RULE(Or, orElement)
XF_SAME_TYPE_RULE(Xor, xorElement)
XF_SAME_TYPE_RULE(Shl, unknownElement)
XF_SAME_TYPE_RULE(Shr, unknownElement)
XF_SAME_TYPE_RULE(Pow, unknownElement)
XF_SAME_TYPE_RULE(Mod, adaptor.getTruncated() ? truncatedModElement
                                              : floorModElement)

XF_SHAPE_RULE(Not) {
  bool isBool = operands.front().elementType.isInteger(1);
  auto element = [&](ArrayRef<Dim> e) -> Dim {
    std::optional<int64_t> value = e[0].getConstant();
    return value ? context.constant(isBool ? !*value : ~*value) : Dim();
  };
  return inferElementwise(operands, context, results,
                          operands.front().elementType, element);
}

XF_SHAPE_RULE(IsNaN) { return inferBool(operands, context, results); }
XF_SHAPE_RULE(IsInf) { return inferBool(operands, context, results); }

/// The content of a float constant of integers, which only a cast may see.
static Content getIntegralContent(Value value, ArrayRef<Dim> shape,
                                  const FactsContext &context) {
  DenseFPElementsAttr elements;
  std::optional<int64_t> count = getCount(shape);
  if (!count || *count > Facts::kMaxContent ||
      !matchPattern(value, m_Constant(&elements)) ||
      elements.getNumElements() != *count)
    return std::nullopt;
  SmallVector<Dim> content;
  for (APFloat element : elements.getValues<APFloat>()) {
    llvm::APSInt integer(64, /*isUnsigned=*/false);
    bool exact = false;
    APFloat::opStatus status =
        element.convertToInteger(integer, APFloat::rmTowardZero, &exact);
    bool usable = status == APFloat::opOK && exact;
    content.push_back(usable ? context.constant(integer.getExtValue()) : Dim());
  }
  return content;
}

XF_SHAPE_RULE(Cast) {
  const Facts &x = operands.front();
  Content content = x.content;
  if (isa<FloatType>(x.elementType))
    content = getIntegralContent(adaptor.getX(), x.dims, context);
  if (content && adaptor.getTo().isInteger(1)) {
    for (Dim &element : *content) {
      std::optional<bool> isSet =
          compare(CmpKind::ne, element, context.constant(0), context);
      element = isSet ? context.constant(*isSet) : Dim();
    }
  }
  return addResult(context, results, adaptor.getTo(), x.dims,
                   std::move(content));
}

XF_SHAPE_RULE(Cmp) {
  if (failed(checkSameElementType(context, "B1", operands[0], operands[1])))
    return failure();
  auto element = [&](ArrayRef<Dim> e) {
    std::optional<bool> value = compare(adaptor.getKind(), e[0], e[1], context);
    return value ? context.constant(*value) : Dim();
  };
  return inferElementwise(operands, context, results,
                          IntegerType::get(context.getContext(), 1), element);
}

XF_SHAPE_RULE(Select) {
  if (failed(checkSameElementType(context, "B1", operands[1], operands[2])))
    return failure();
  auto element = [](ArrayRef<Dim> e) -> Dim {
    if (e[1] && e[1] == e[2])
      return e[1];
    std::optional<int64_t> condition = e[0].getConstant();
    return condition ? (*condition ? e[1] : e[2]) : Dim();
  };
  return inferElementwise(operands, context, results, operands[1].elementType,
                          element);
}

} // namespace hagane::xf
