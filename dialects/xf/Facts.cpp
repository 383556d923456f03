//===- Facts.cpp - What is known of a tensor value ------------------------===//

#include "dialects/xf/Facts.h"
#include "dialects/xf/XfOps.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace hagane::xf;

RankedTensorType Facts::getType() const {
  SmallVector<int64_t> shape;
  for (Dim dim : dims)
    shape.push_back(dim.getStaticSize());
  return RankedTensorType::get(shape, elementType);
}

LogicalResult FactsContext::error(const Twine &message) const {
  return location ? LogicalResult(emitError(*location, message)) : failure();
}

void FactsContext::assumeEqual(Dim a, Dim b, const Twine &what) const {
  if (assumed && !prover.isEqual(a, b))
    assumed({a, b, what.str()});
}

void FactsContext::assumeBroadcast(Dim a, Dim b, const Twine &what) const {
  Dim one = constant(1);
  if (assumed && !prover.isEqual(a, one) && !prover.isEqual(b, one) &&
      !prover.isEqual(a, b))
    assumed({a, b, what.str(), /*broadcasts=*/true});
}

Facts hagane::xf::factsOfType(RankedTensorType type,
                              function_ref<Dim(unsigned axis)> unknown) {
  Facts facts;
  facts.elementType = type.getElementType();
  for (auto [axis, size] : llvm::enumerate(type.getShape()))
    facts.dims.push_back(ShapedType::isDynamic(size)
                             ? unknown(axis)
                             : Dim::constant(type.getContext(), size));
  return facts;
}

Dim hagane::xf::broadcastDim(Dim a, Dim b, const DimProver &prover) {
  Dim one = Dim::constant(a.getAttr().getContext(), 1);
  if (a == b || prover.isEqual(b, one))
    return a;
  if (prover.isEqual(a, one))
    return b;
  DimRange aRange = prover.getRange(a), bRange = prover.getRange(b);
  auto isNotOne = [](DimRange range) { return range.min > 1 || range.max < 1; };
  if (isNotOne(aRange) && isNotOne(bRange) && prover.isNotEqual(a, b))
    return {};
  // A size that is not 1 decides; among two such prefer the constant.
  if (isNotOne(aRange) && (a.getConstant() || !isNotOne(bRange)))
    return a;
  if (isNotOne(bRange))
    return b;
  return prover.isEqual(a, b) ? a : a.max(b);
}

LogicalResult hagane::xf::detail::inferTypes(
    function_ref<LogicalResult(ArrayRef<Facts>, const FactsContext &,
                               SmallVectorImpl<Facts> &)>
        rule,
    MLIRContext *context, std::optional<Location> location, ValueRange operands,
    SmallVectorImpl<Type> &types) {
  auto named = [&](StringRef prefix, unsigned value, unsigned axis) {
    return Dim::symbol(context,
                       (prefix + Twine(value) + "." + Twine(axis)).str());
  };
  DimProver prover;
  FactsContext factsContext(context, prover, location,
                            [&](unsigned result, unsigned axis) {
                              return named("fresh", result, axis);
                            });
  SmallVector<Facts> facts, results;
  for (auto [index, operand] : llvm::enumerate(operands)) {
    auto type = dyn_cast<RankedTensorType>(operand.getType());
    if (!type)
      return emitOptionalError(location, "operand ", index, " has type ",
                               operand.getType(), ", expected a ranked tensor");
    unsigned number = index;
    facts.push_back(factsOfType(
        type, [&](unsigned axis) { return named("operand", number, axis); }));
  }
  if (failed(rule(facts, factsContext, results)))
    return failure();
  for (const Facts &result : results) {
    if (!RankedTensorType::isValidElementType(result.elementType))
      return emitOptionalError(location, "result has element type ",
                               result.elementType, ", expected a number");
    types.push_back(result.getType());
  }
  return success();
}

bool hagane::xf::detail::areCompatible(TypeRange inferred, TypeRange actual) {
  if (inferred.size() != actual.size())
    return false;
  return llvm::all_of(llvm::zip_equal(inferred, actual), [](auto pair) {
    auto a = dyn_cast<RankedTensorType>(std::get<0>(pair));
    auto b = dyn_cast<RankedTensorType>(std::get<1>(pair));
    return a && b && a.getElementType() == b.getElementType() &&
           succeeded(verifyCompatibleShape(a, b));
  });
}
