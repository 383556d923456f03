//===- ShapeRules.h - What shape rules have in common -*- C++ -*-===//
//
// Internal to the dialect.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_DIALECTS_XF_SHAPERULES_H
#define HAGANE_DIALECTS_XF_SHAPERULES_H

#include "dialects/xf/XfOps.h"

namespace hagane::xf::detail {

using Content = std::optional<llvm::SmallVector<Dim>>;

/// Hands out the operands' facts in order; absent optional operands have none.
class OperandFacts {
public:
  explicit OperandFacts(llvm::ArrayRef<Facts> facts) : facts(facts) {}
  const Facts *take(Value operand) {
    return operand && next < facts.size() ? &facts[next++] : nullptr;
  }

private:
  llvm::ArrayRef<Facts> facts;
  size_t next = 0;
};

/// Appends a result; fails where a size is negative or leaves int64. Drops
/// content that is not wanted (see Facts) or does not fit the type.
LogicalResult addResult(const FactsContext &context,
                        SmallVectorImpl<Facts> &results, Type type,
                        ArrayRef<Dim> dims, Content content = std::nullopt);

LogicalResult checkAxis(const FactsContext &context, StringRef rule,
                        int64_t axis, int64_t rank);
LogicalResult checkRank(const FactsContext &context, StringRef rule,
                        StringRef what, const Facts &facts, int64_t rank);
/// Fails if the sizes provably differ.
LogicalResult checkEqual(const FactsContext &context, StringRef rule,
                         const Twine &what, Dim a, Dim b);
LogicalResult checkSameElementType(const FactsContext &context, StringRef rule,
                                   const Facts &a, const Facts &b);

FailureOr<SmallVector<Dim>> broadcastShapes(const FactsContext &context,
                                            ArrayRef<ArrayRef<Dim>> shapes);
/// The start or end of a slice on an axis of `size`: negative ones count from
/// the end, and what lies outside low..high is clamped (ONNX Slice). Null if
/// that overflows.
Dim clampPosition(const DimProver &prover, Dim position, Dim size, Dim low,
                  Dim high);
/// Fails if `shape` does not broadcast to `target` without widening it.
LogicalResult checkBroadcastsTo(const FactsContext &context, StringRef what,
                                ArrayRef<Dim> shape, ArrayRef<Dim> target);

/// The number of elements if it is known.
std::optional<int64_t> getCount(ArrayRef<Dim> dims);
/// The product of sizes; null if it leaves int64.
Dim multiplyDims(const FactsContext &context, ArrayRef<Dim> dims);

/// The elements of a content broadcast to `count`; null entries are unknown.
SmallVector<Dim> expandContent(const Facts &facts, int64_t count);
/// Applies `function` to the elements of operands that broadcast together.
Content mapContent(ArrayRef<Dim> shape, ArrayRef<Facts> operands,
                   llvm::function_ref<Dim(ArrayRef<Dim>)> function);

/// A size-like parameter: from the attribute if present, otherwise what is
/// known of the operand; unknown sizes are null. Fails where both or neither
/// are present (rule R1) or the operand's length is unknown.
FailureOr<SmallVector<Dim>> getSizes(const FactsContext &context,
                                     StringRef name,
                                     std::optional<ArrayAttr> attribute,
                                     const Facts *operand);

/// The number that a prover knows a size to be: 0 or 1 as a Dim.
inline Dim truth(const FactsContext &context, bool value) {
  return context.constant(value);
}

} // namespace hagane::xf::detail

// The head of an operation's shape rule.
#define XF_SHAPE_RULE(OP)                                                      \
  LogicalResult OP::computeFacts([[maybe_unused]] Adaptor adaptor,             \
                                 [[maybe_unused]] ArrayRef<Facts> operands,    \
                                 const FactsContext &context,                  \
                                 SmallVectorImpl<Facts> &results)

#endif // HAGANE_DIALECTS_XF_SHAPERULES_H
