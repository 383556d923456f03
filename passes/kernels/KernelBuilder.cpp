//===- KernelBuilder.cpp - Making kernels from xf operations --------------===//

#include "passes/kernels/KernelBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

Dim KernelBuilder::product(ArrayRef<Dim> dims) {
  Dim result = constant(1);
  for (Dim dim : dims)
    result = result * dim;
  return result;
}

bool KernelBuilder::areEqual(ArrayRef<Dim> a, ArrayRef<Dim> b) {
  return a.size() == b.size() && llvm::all_of(llvm::zip(a, b), [&](auto pair) {
           return isEqual(std::get<0>(pair), std::get<1>(pair));
         });
}

OpFoldResult KernelBuilder::size(Location loc, Dim dim) {
  if (auto value = dim.getConstant())
    return rewriter.getIndexAttr(*value);
  return xf::DimValue::create(rewriter, loc, rewriter.getIndexType(),
                              dim.getAttr())
      .getResult();
}

SmallVector<OpFoldResult> KernelBuilder::sizes(Location loc,
                                               ArrayRef<Dim> dims) {
  return llvm::map_to_vector(dims, [&](Dim dim) { return size(loc, dim); });
}

Value KernelBuilder::scalarTensor(Location loc, Dim dim, Type type) {
  ImplicitLocOpBuilder b(loc, rewriter);
  Value value = xf::DimValue::create(b, b.getIndexType(), dim.getAttr());
  value = arith::IndexCastOp::create(
      b, isa<FloatType>(type) ? Type(b.getI64Type()) : type, value);
  if (isa<FloatType>(type))
    value = arith::SIToFPOp::create(b, type, value);
  Value tensor =
      tensor::FromElementsOp::create(b, RankedTensorType::get({}, type), value);
  shapes.setDims(tensor, {});
  return tensor;
}

Value KernelBuilder::empty(Location loc, ArrayRef<Dim> dims, Type elementType) {
  SmallVector<Value> dynamic;
  for (Dim dim : dims)
    if (!dim.getConstant())
      dynamic.push_back(cast<Value>(size(loc, dim)));
  Value value = tensor::EmptyOp::create(rewriter, loc, getStaticSizes(dims),
                                        elementType, dynamic);
  shapes.setDims(value, dims);
  return value;
}

//===-- Kernels -----------------------------------------------------------===//

AffineMap KernelBuilder::broadcastMap(ArrayRef<Dim> in, ArrayRef<Dim> out) {
  if (in.size() > out.size())
    return {};
  SmallVector<AffineExpr> exprs;
  size_t offset = out.size() - in.size();
  for (auto [i, dim] : llvm::enumerate(in)) {
    if (isEqual(dim, out[offset + i]))
      exprs.push_back(rewriter.getAffineDimExpr(offset + i));
    else if (dim.isConstant(1))
      exprs.push_back(rewriter.getAffineConstantExpr(0));
    else
      return {};
  }
  return AffineMap::get(out.size(), 0, exprs, rewriter.getContext());
}

void KernelBuilder::fillRegion(Region &region, TypeRange arguments,
                               Location loc, ScalarBody body) {
  OpBuilder::InsertionGuard guard(rewriter);
  SmallVector<Location> locations(arguments.size(), loc);
  Block *block =
      rewriter.createBlock(&region, region.end(), arguments, locations);
  ImplicitLocOpBuilder builder(loc, rewriter);
  builder.setInsertionPointToStart(block);
  SmallVector<Value> results = body(builder, block->getArguments());
  kernel::Yield::create(builder, results);
}

ArrayAttr KernelBuilder::shapesOf(ValueRange operands) {
  SmallVector<Attribute> attrs;
  for (Value operand : operands)
    attrs.push_back(
        getDimsAttr(rewriter.getContext(), shapes.getDims(operand)));
  return rewriter.getArrayAttr(attrs);
}

void KernelBuilder::noteResults(Operation *op) {
  auto dps = cast<DestinationStyleOpInterface>(op);
  for (auto [result, init] : llvm::zip(op->getResults(), dps.getDpsInits()))
    shapes.setDims(result, SmallVector<Dim>(shapes.getDims(init)));
}

static SmallVector<Value> valuesOf(ArrayRef<MappedTensor> tensors) {
  return llvm::map_to_vector(
      tensors, [](const MappedTensor &tensor) { return tensor.value; });
}

Value KernelBuilder::map(Location loc, ArrayRef<MappedTensor> ins,
                         ArrayRef<Dim> dims, Type elementType, ScalarBody body,
                         Value dest) {
  if (!dest)
    dest = empty(loc, dims, elementType);
  SmallVector<Value> inputs = valuesOf(ins), operands = inputs;
  SmallVector<AffineMap> maps = llvm::map_to_vector(
      ins, [](const MappedTensor &tensor) { return tensor.map; });
  operands.push_back(dest);
  maps.push_back(identityMap(dims.size()));
  auto op = kernel::Map::create(rewriter, loc, dest.getType(), inputs, dest,
                                rewriter.getAffineMapArrayAttr(maps),
                                shapesOf(operands), kernel::LoopScheduleAttr());
  fillRegion(op.getBody(), llvm::map_to_vector(inputs, computeTypeOf), loc,
             body);
  noteResults(op);
  return op.getResult(0);
}

Value KernelBuilder::copy(Location loc, MappedTensor in, ArrayRef<Dim> dims,
                          Value dest) {
  Type type = cast<ShapedType>(in.value.getType()).getElementType();
  return map(
      loc, in, dims, type,
      [](ImplicitLocOpBuilder &, ValueRange x) {
        return SmallVector<Value>(x);
      },
      dest);
}

kernel::Rows KernelBuilder::rows(Location loc, const RowsSpec &spec) {
  SmallVector<Value> ins = valuesOf(spec.ins), outs = valuesOf(spec.outs),
                     operands = ins;
  llvm::append_range(operands, outs);
  SmallVector<AffineMap> maps;
  for (const MappedTensor &tensor : spec.ins)
    maps.push_back(tensor.map);
  for (const MappedTensor &tensor : spec.outs)
    maps.push_back(tensor.map);
  auto kinds = llvm::map_to_vector(
      spec.stages, [](const RowsSpec::Stage &stage) { return stage.kind; });
  auto op = kernel::Rows::create(
      rewriter, loc, ValueRange(outs).getTypes(), ins, outs,
      rewriter.getStrArrayAttr(kinds), rewriter.getAffineMapArrayAttr(maps),
      shapesOf(operands), kernel::RowsScheduleAttr(), spec.stages.size());
  SmallVector<Type> inputs = llvm::map_to_vector(ins, computeTypeOf),
                    statistics, carry;
  for (auto [region, stage] : llvm::zip_equal(op.getStages(), spec.stages)) {
    SmallVector<Type> arguments = inputs;
    llvm::append_range(arguments, statistics);
    llvm::append_range(arguments, carry);
    fillRegion(region, arguments, loc,
               [&](ImplicitLocOpBuilder &builder, ValueRange x) {
                 return SmallVector<Value>{stage.body(builder, x)};
               });
    carry.assign({region.front().back().getOperand(0).getType()});
    statistics.push_back(carry.front());
  }
  fillRegion(op.getFinish(), statistics, loc, spec.finish);
  SmallVector<Type> arguments = inputs;
  llvm::append_range(arguments, statistics);
  llvm::append_range(arguments, carry);
  fillRegion(op.getMap(), arguments, loc, spec.map);
  noteResults(op);
  return op;
}

void KernelBuilder::replace(Operation *op, Value value) {
  replaceAll(op, value);
}

void KernelBuilder::replaceAll(Operation *op, ValueRange values) {
  SmallVector<Value> replacements;
  for (auto [old, value] : llvm::zip_equal(op->getResults(), values)) {
    xf::Facts facts = shapes.get(old);
    Value result = value;
    if (result.getType() != old.getType())
      result =
          tensor::CastOp::create(rewriter, op->getLoc(), old.getType(), result);
    shapes.set(result, std::move(facts));
    replacements.push_back(result);
  }
  rewriter.replaceOp(op, replacements);
}

LogicalResult KernelBuilder::cannotForm(Operation *op, const Twine &why) {
  return op->emitError("cannot form a kernel for ")
         << op->getName() << " yet: " << why;
}
