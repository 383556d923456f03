//===- ShapeRules.cpp - What shape rules have in common -------------------===//

#include "dialects/xf/ShapeRules.h"

using namespace mlir;

namespace hagane::xf::detail {

/// Elements that the type holds as they are; others become unknown.
static Dim fitElement(Dim element, IntegerType type, const DimProver &prover) {
  if (!element || type.getWidth() >= 64)
    return element;
  DimRange range = prover.getRange(element);
  int64_t limit = int64_t(1)
                  << (type.getWidth() - (type.isSigned() || type.isSignless()));
  int64_t least = type.isUnsigned() ? 0 : -limit;
  if (type.getWidth() == 1) {
    least = 0;
    limit = 2;
  }
  // A size that passes 2^31 in a 32-bit tensor is the model's own overflow.
  bool assumeFits = type.getWidth() == 32 && !element.getConstant();
  return assumeFits || (range.min >= least && range.max < limit) ? element
                                                                 : Dim();
}

static Content fitContent(Content content, Type type, ArrayRef<Dim> dims,
                          const DimProver &prover) {
  auto integer = dyn_cast<IntegerType>(type);
  std::optional<int64_t> count = getCount(dims);
  if (!content || !integer || dims.size() > 2 ||
      count != int64_t(content->size()) || *count > Facts::kMaxContent)
    return std::nullopt;
  for (Dim &element : *content)
    element = fitElement(element, integer, prover);
  if (!content->empty() &&
      llvm::none_of(*content, [](Dim dim) { return bool(dim); }))
    return std::nullopt;
  return content;
}

LogicalResult addResult(const FactsContext &context,
                        SmallVectorImpl<Facts> &results, Type type,
                        ArrayRef<Dim> dims, Content content) {
  for (auto [axis, dim] : llvm::enumerate(dims)) {
    if (!dim)
      return context.error("result size of axis " + Twine(axis) +
                           " is out of range, expected a 64-bit value");
    if (context.getProver().getRange(dim).max < 0)
      return context.error("result size of axis " + Twine(axis) + " is " +
                           dim.str() + ", expected at least 0");
  }
  Facts facts;
  facts.elementType = type;
  facts.dims.assign(dims.begin(), dims.end());
  facts.content =
      fitContent(std::move(content), type, dims, context.getProver());
  results.push_back(std::move(facts));
  return success();
}

LogicalResult checkAxis(const FactsContext &context, StringRef rule,
                        int64_t axis, int64_t rank) {
  if (axis >= 0 && axis < rank)
    return success();
  return context.error("(" + rule + ") has axis " + Twine(axis) +
                       ", expected 0 <= axis < " + Twine(rank));
}

LogicalResult checkRank(const FactsContext &context, StringRef rule,
                        StringRef what, const Facts &facts, int64_t rank) {
  if (facts.rank() == rank)
    return success();
  return context.error("(" + rule + ") " + what + " has rank " +
                       Twine(facts.rank()) + ", expected " + Twine(rank));
}

LogicalResult checkEqual(const FactsContext &context, StringRef rule,
                         const Twine &what, Dim a, Dim b) {
  if (!context.getProver().isNotEqual(a, b)) {
    context.assumeEqual(a, b, "(" + rule + ") " + what);
    return success();
  }
  return context.error("(" + rule + ") " + what + ": found " + a.str() +
                       " and " + b.str() + ", expected equal sizes");
}

LogicalResult checkSameElementType(const FactsContext &context, StringRef rule,
                                   const Facts &a, const Facts &b) {
  if (a.elementType == b.elementType)
    return success();
  std::string text;
  llvm::raw_string_ostream(text)
      << "(" << rule << ") found element types " << a.elementType << " and "
      << b.elementType << ", expected equal ones";
  return context.error(text);
}

FailureOr<SmallVector<Dim>> broadcastShapes(const FactsContext &context,
                                            ArrayRef<ArrayRef<Dim>> shapes) {
  SmallVector<Dim> result;
  for (ArrayRef<Dim> shape : shapes) {
    if (shape.size() > result.size())
      result.insert(result.begin(), shape.size() - result.size(),
                    context.constant(1));
    size_t shift = result.size() - shape.size();
    for (auto [axis, dim] : llvm::enumerate(shape)) {
      Dim &size = result[axis + shift];
      Dim wide = broadcastDim(size, dim, context.getProver());
      if (!wide)
        return context.error("sizes " + size.str() + " and " + dim.str() +
                             " of axis " + Twine(axis + shift) +
                             " do not broadcast, expected equal ones or 1");
      context.assumeBroadcast(size, dim,
                              "sizes of axis " + Twine(axis + shift));
      size = wide;
    }
  }
  return result;
}

/// 1 where the value is negative, 0 elsewhere.
static Dim isNegative(Dim value) {
  MLIRContext *context = value.getAttr().getContext();
  Dim zero = Dim::constant(context, 0), one = Dim::constant(context, 1);
  Dim next = value + 1;
  return next ? one - next.max(zero).min(one) : Dim();
}

Dim clampPosition(const DimProver &prover, Dim position, Dim size, Dim low,
                  Dim high) {
  DimRange range = prover.getRange(position);
  // "To the end" in exporters' words; adding it to a size would overflow.
  constexpr int64_t huge = int64_t(1) << 62;
  if (range.min >= huge)
    return high;
  if (range.max <= -huge)
    return low;
  if (range.max < 0)
    position = position + size;
  else if (range.min < 0)
    position = position + size * isNegative(position);
  if (!position)
    return {};
  if (!prover.isLessOrEqual(low, position))
    position = position.max(low);
  if (!prover.isLessOrEqual(position, high))
    position = position.min(high);
  return position;
}

LogicalResult checkBroadcastsTo(const FactsContext &context, StringRef what,
                                ArrayRef<Dim> shape, ArrayRef<Dim> target) {
  if (shape.size() > target.size())
    return context.error(what + " has rank " + Twine(shape.size()) +
                         ", expected at most " + Twine(target.size()));
  size_t shift = target.size() - shape.size();
  for (auto [axis, dim] : llvm::enumerate(shape)) {
    if (dim.isConstant(1))
      continue;
    if (context.getProver().isNotEqual(dim, target[axis + shift]) &&
        context.getProver().isNotEqual(dim, context.constant(1)))
      return context.error(what + " has size " + dim.str() + " at axis " +
                           Twine(axis) + ", expected 1 or " +
                           target[axis + shift].str());
    context.assumeBroadcast(dim, target[axis + shift],
                            what + ", axis " + Twine(axis));
  }
  return success();
}

std::optional<int64_t> getCount(ArrayRef<Dim> dims) {
  int64_t count = 1;
  for (Dim dim : dims) {
    std::optional<int64_t> size = dim.getConstant();
    if (!size || __builtin_mul_overflow(count, *size, &count))
      return std::nullopt;
  }
  return count;
}

Dim multiplyDims(const FactsContext &context, ArrayRef<Dim> dims) {
  Dim product = context.constant(1);
  for (Dim dim : dims)
    product = product * dim;
  return product;
}

SmallVector<Dim> expandContent(const Facts &facts, int64_t count) {
  if (!facts.content || facts.content->empty())
    return SmallVector<Dim>(count);
  if (int64_t(facts.content->size()) == count)
    return *facts.content;
  return SmallVector<Dim>(
      count, facts.content->size() == 1 ? facts.content->front() : Dim());
}

Content mapContent(ArrayRef<Dim> shape, ArrayRef<Facts> operands,
                   llvm::function_ref<Dim(ArrayRef<Dim>)> function) {
  std::optional<int64_t> count = getCount(shape);
  if (shape.size() > 1 || !count || *count < 0 || *count > Facts::kMaxContent ||
      llvm::none_of(operands, [](const Facts &facts) {
        return facts.content.has_value();
      }))
    return std::nullopt;
  SmallVector<SmallVector<Dim>> columns;
  for (const Facts &facts : operands)
    columns.push_back(expandContent(facts, *count));
  SmallVector<Dim> content;
  for (int64_t i = 0; i < *count; ++i) {
    SmallVector<Dim> row;
    for (const SmallVector<Dim> &column : columns)
      row.push_back(column[i]);
    content.push_back(function(row));
  }
  return content;
}

FailureOr<SmallVector<Dim>> getSizes(const FactsContext &context,
                                     StringRef name,
                                     std::optional<ArrayAttr> attribute,
                                     const Facts *operand) {
  if (attribute.has_value() == (operand != nullptr))
    return context.error("(R1) has " + Twine(operand ? "both" : "neither") +
                         " the attribute '" + name + "' and the operand '" +
                         name + "_value', expected exactly one");
  if (attribute) {
    SmallVector<Dim> sizes;
    for (Attribute element : *attribute)
      sizes.push_back(dyn_cast_or_null<DimAttr>(element));
    return sizes;
  }
  if (operand->content)
    return *operand->content;
  std::optional<int64_t> count =
      operand->rank() == 1 ? operand->dims[0].getConstant() : std::nullopt;
  if (!count || *count < 0 || *count > Facts::kMaxContent)
    return context.error(
        "(R1) '" + name +
        "_value' has an unknown length, expected a vector of at most " +
        Twine(Facts::kMaxContent) + " elements");
  return SmallVector<Dim>(*count);
}

} // namespace hagane::xf::detail
