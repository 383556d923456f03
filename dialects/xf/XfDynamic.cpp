//===- XfDynamic.cpp - Operations on positions and sizes of a run ---------===//

#include "dialects/xf/XfDynamic.h"
#include "dialects/xf/ShapeRules.h"

using namespace mlir;
using namespace hagane::xf::detail;

namespace hagane::xf {

XF_SHAPE_RULE(CacheWrite) {
  OperandFacts next(operands);
  const Facts &x = *next.take(adaptor.getX()),
              &starts = *next.take(adaptor.getStarts()),
              *past = next.take(adaptor.getPast());
  int64_t axis = adaptor.getAxis();
  if (axis < 1 || axis >= x.rank())
    return context.error("(C1) has axis " + Twine(axis) +
                         ", expected 0 < axis < " + Twine(x.rank()));
  if (failed(checkRank(context, "C6", "starts", starts, 1)) ||
      failed(checkEqual(context, "C6", "the number of starts", starts.dims[0],
                        x.dims[0])))
    return failure();
  SmallVector<Dim> dims = x.dims;
  if (past) {
    if (failed(checkRank(context, "C5", "past", *past, x.rank())) ||
        failed(checkSameElementType(context, "C8", x, *past)))
      return failure();
    for (int64_t i = 0; i < x.rank(); ++i)
      if (i != axis && failed(checkEqual(context, "C3", "axis " + Twine(i),
                                         x.dims[i], past->dims[i])))
        return failure();
    dims[axis] = past->dims[axis];
  }
  std::optional<ArrayAttr> extent = adaptor.getExtent();
  const Facts *value = next.take(adaptor.getExtentValue());
  if (extent || value) {
    FailureOr<SmallVector<Dim>> sizes =
        getSizes(context, "extent", extent, value);
    if (failed(sizes))
      return failure();
    if (sizes->size() != 1)
      return context.error("(C7) has " + Twine(sizes->size()) +
                           " extents, expected 1");
    dims[axis] = sizes->front() ? sizes->front() : context.getFresh(0, axis);
  } else if (!past) {
    return context.error("(C7) expects an extent, or a past to take it from");
  }
  return addResult(context, results, x.elementType, dims);
}

XF_SHAPE_RULE(Compact) {
  const Facts &x = operands[0];
  if (adaptor.getCount().size() != 1)
    return context.error("(N8) has " + Twine(adaptor.getCount().size()) +
                         " counts, expected 1");
  Dim count(cast<DimAttr>(adaptor.getCount()[0]));
  return addResult(context, results, IntegerType::get(context.getContext(), 64),
                   {context.constant(x.rank()), count});
}

XF_SHAPE_RULE(Item) {
  const Facts &x = operands[0];
  int64_t axis = adaptor.getAxis();
  if (failed(checkAxis(context, "I1", axis, x.rank())))
    return failure();
  SmallVector<Dim> dims = x.dims;
  dims.erase(dims.begin() + axis);
  return addResult(context, results, x.elementType, dims);
}

XF_SHAPE_RULE(PutItem) {
  const Facts &item = operands[0], &x = operands[1];
  int64_t axis = adaptor.getAxis();
  if (failed(checkAxis(context, "I1", axis, x.rank())) ||
      failed(checkRank(context, "I2", "the item", item, x.rank() - 1)) ||
      failed(checkSameElementType(context, "I4", item, x)))
    return failure();
  for (int64_t i = 0; i < item.rank(); ++i)
    if (failed(checkEqual(context, "I3", "axis " + Twine(i), item.dims[i],
                          x.dims[i + (i >= axis)])))
      return failure();
  return addResult(context, results, x.elementType, x.dims);
}

XF_SHAPE_RULE(Stretch) {
  const Facts &x = operands[0];
  SmallVector<Dim> dims;
  for (Attribute size : adaptor.getShape())
    dims.push_back(Dim(cast<DimAttr>(size)));
  int64_t shift = int64_t(dims.size()) - x.rank();
  if (shift < 0)
    return context.error("(S4) has rank " + Twine(x.rank()) +
                         ", expected at most " + Twine(dims.size()));
  const DimProver &prover = context.getProver();
  for (auto [axis, size] : llvm::enumerate(x.dims)) {
    Dim wide = dims[axis + shift];
    if (prover.isNotEqual(size, context.constant(1)) &&
        prover.isNotEqual(size, wide))
      return context.error("(S5) has size " + size.str() + " at axis " +
                           Twine(axis) + ", expected 1 or " + wide.str());
  }
  return addResult(context, results, x.elementType, dims);
}

Dim unlessOne(Dim dim, Dim otherwise) {
  MLIRContext *context = dim.getAttr().getContext();
  Dim zero = Dim::constant(context, 0), two = Dim::constant(context, 2);
  Dim isOne = dim.min(two - dim).max(zero);
  return dim + (otherwise - dim) * isOne;
}

LogicalResult ComputedSize::verify() {
  if (int64_t(getMin()) < 0 || getMin() > getMax())
    return emitOpError("(Y1) ranges from ")
           << int64_t(getMin()) << " to " << int64_t(getMax())
           << ", expected 0 <= min <= max";
  return success();
}

LogicalResult Bind::verifySymbolUses(SymbolTableCollection &symbols) {
  auto type = dyn_cast<ShapedType>(getSize().getType());
  if (type && (!type.hasStaticShape() || type.getNumElements() != 1 ||
               !type.getElementType().isInteger(64)))
    return emitOpError("(B1) expects one i64 element, got ") << type;
  if (!symbols.lookupNearestSymbolFrom<ComputedSize>(*this, getSymbolAttr()))
    return emitOpError("(B2) expects an xf.computed_size named ")
           << getSymbol();
  return success();
}

SmallVector<StringRef> Measure::getBoundSymbols() {
  return llvm::map_to_vector(getBinds(), [&](int64_t axis) {
    return *Dim(cast<DimAttr>(getDims()[axis])).getSymbol();
  });
}

LogicalResult Measure::verify() {
  auto type = cast<ShapedType>(getX().getType());
  if (int64_t(getDims().size()) != type.getRank())
    return emitOpError("(M1) has ") << getDims().size() << " dimensions for "
                                    << type.getRank() << " axes";
  int64_t last = -1;
  for (int64_t axis : getBinds()) {
    if (axis <= last || axis >= type.getRank() ||
        !Dim(cast<DimAttr>(getDims()[axis])).getSymbol())
      return emitOpError("(M2) cannot bind the size of axis ") << axis;
    last = axis;
  }
  bool onTensors = isa<RankedTensorType>(type);
  if (bool(getY()) != onTensors || (onTensors && getY().getType() != type))
    return emitOpError("(M3) expects the result to be of type ") << type;
  return success();
}

LogicalResult Measure::verifySymbolUses(SymbolTableCollection &symbols) {
  for (StringRef symbol : getBoundSymbols()) {
    auto name = StringAttr::get(getContext(), symbol);
    if (!symbols.lookupNearestSymbolFrom<ComputedSize>(*this, name))
      return emitOpError("(M2) expects an xf.computed_size named ") << name;
  }
  return success();
}

} // namespace hagane::xf

#define GET_OP_CLASSES
#include "dialects/xf/XfDynamic.cpp.inc"
