//===- KernelFusion.cpp - What fusions of kernels share -------------------===//

#include "passes/kernels/KernelFusion.h"
#include "dialects/kernel/KernelCost.h"
#include "dialects/xf/XfOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace hagane;

SmallVector<AffineMap> hagane::mapsOf(ArrayAttr maps) {
  return llvm::to_vector(maps.getAsValueRange<AffineMapAttr>());
}

void FusionNote::apply(Operation *fused) const {
  xf::Dim after = countBytes(fused);
  remarks.apply(fused, before && after ? before - after : xf::Dim());
}

xf::Dim FusionNote::countBytes(ArrayRef<Operation *> kernels) {
  if (!fusion::Remarks::areOn(kernels.front()) ||
      !llvm::all_of(kernels, kernel::hasCompleteShapes))
    return {};
  xf::Dim sum = kernel::getConstant(kernels.front(), 0);
  for (Operation *op : kernels)
    sum = sum + kernel::getOperandBytes(op);
  return sum;
}

Value hagane::inlineBody(OpBuilder &builder, kernel::Map op,
                         ValueRange arguments, AffineMap access) {
  IRMapping mapping;
  Block &body = op.getBody().front();
  mapping.map(body.getArguments(), arguments);
  for (Operation &inner : body.without_terminator()) {
    auto index = dyn_cast<kernel::Index>(inner);
    if (!index) {
      builder.clone(inner, mapping);
      continue;
    }
    AffineExpr expr = access.getResult(index.getDimension());
    Value coordinate;
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      coordinate = kernel::Index::create(
          builder, inner.getLoc(), builder.getIndexType(), dim.getPosition());
    else
      coordinate = arith::ConstantIndexOp::create(builder, inner.getLoc(), 0);
    mapping.map(index.getY(), coordinate);
  }
  return mapping.lookupOrDefault(body.getTerminator()->getOperand(0));
}

unsigned MergedInputs::add(Value value, AffineMap map, Attribute shape) {
  for (unsigned i = 0; i != values.size(); ++i)
    if (values[i] == value && maps[i] == map)
      return i;
  values.push_back(value);
  maps.push_back(map);
  shapes.push_back(shape);
  return values.size() - 1;
}

//===-- Through reshapes --------------------------------------------------===//

Attribute hagane::collapseDims(Attribute dims, AxisGroups groups,
                               MLIRContext *context) {
  auto array = cast<ArrayAttr>(dims);
  SmallVector<Attribute> collapsed;
  for (const ReassociationIndices &group : groups) {
    xf::Dim product = xf::Dim::constant(context, 1);
    for (int64_t axis : group)
      product = product * xf::Dim(cast<xf::DimAttr>(array[axis]));
    collapsed.push_back(product.getAttr());
  }
  return ArrayAttr::get(context, collapsed);
}

std::optional<CollapsedAccess> hagane::collapseAccess(AffineMap map,
                                                      AxisGroups groups) {
  CollapsedAccess access;
  ArrayRef<AffineExpr> results = map.getResults();
  size_t next = 0;
  for (auto [g, group] : llvm::enumerate(groups)) {
    ReassociationIndices axes;
    for (int64_t dim : group) {
      if (next == results.size())
        break;
      auto expr = dyn_cast<AffineDimExpr>(results[next]);
      if (!expr || int64_t(expr.getPosition()) != dim)
        break;
      axes.push_back(next++);
    }
    if (axes.empty())
      continue;
    if (axes.size() != group.size())
      return std::nullopt;
    access.axes.push_back(axes);
    access.exprs.push_back(getAffineDimExpr(g, map.getContext()));
  }
  if (next != results.size())
    return std::nullopt;
  return access;
}

CollapsedInput hagane::collapseInput(OpBuilder &builder, Value value,
                                     Attribute dims,
                                     const CollapsedAccess &access,
                                     unsigned rank) {
  MLIRContext *context = builder.getContext();
  bool isView =
      access.axes.size() == size_t(cast<ShapedType>(value.getType()).getRank());
  if (!isView)
    value = tensor::CollapseShapeOp::create(builder, value.getLoc(), value,
                                            access.axes);
  return {value, AffineMap::get(rank, 0, access.exprs, context),
          collapseDims(dims, access.axes, context)};
}

Value hagane::makeCollapsedOut(OpBuilder &builder, Location loc,
                               RankedTensorType type, AxisGroups groups,
                               Attribute dims) {
  RankedTensorType collapsed = tensor::CollapseShapeOp::inferCollapsedType(
      type, SmallVector<ReassociationIndices>(groups));
  SmallVector<Value> sizes;
  for (auto [axis, dim] : llvm::enumerate(cast<ArrayAttr>(dims)))
    if (collapsed.isDynamicDim(axis))
      sizes.push_back(xf::DimValue::create(builder, loc, builder.getIndexType(),
                                           cast<xf::DimAttr>(dim)));
  return tensor::EmptyOp::create(builder, loc, collapsed, sizes);
}
