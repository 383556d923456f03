//===- KernelBuilder.cpp - Making kernels from xf operations --------------===//

#include "passes/kernels/KernelBuilder.h"
#include "dialects/kernel/KernelCodes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/FormatVariadic.h"

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

//===-- Constants ---------------------------------------------------------===//

/// Whether a symbolic size is part of the operation: which row of a constant an
/// iteration reads is no constant.
static bool dependsOnSizes(Operation *op) {
  return op->getAttrDictionary()
      .walk([](xf::DimAttr dim) {
        return xf::Dim(dim).getConstant() ? WalkResult::advance()
                                          : WalkResult::interrupt();
      })
      .wasInterrupted();
}

bool KernelBuilder::isConstantExpression(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isa<RankedTensorType>(value.getType()))
    return false;
  if (isa<xf::Constant>(op))
    return true;
  // A broadcast would make the weights grow.
  return isa<xf::SymbolicShapeOpInterface>(op) && !isa<xf::Broadcast>(op) &&
         op->getNumOperands() > 0 &&
         cast<RankedTensorType>(value.getType()).hasStaticShape() &&
         !dependsOnSizes(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return isConstantExpression(operand);
         });
}

static Value cloneExpression(OpBuilder &builder, Value value,
                             IRMapping &mapping) {
  if (Value done = mapping.lookupOrNull(value))
    return done;
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    cloneExpression(builder, operand, mapping);
  builder.clone(*op, mapping);
  return mapping.lookup(value);
}

Value KernelBuilder::makeGlobal(
    ValueRange expressions, RankedTensorType type, StringRef key,
    llvm::function_ref<Value(OpBuilder &, ValueRange)> finish) {
  std::string &name = globals[key];
  Value expression = expressions.front();
  Location loc = expression.getLoc();
  if (name.empty()) {
    SymbolTable table(module);
    do
      name = "weight_" + std::to_string(globalCount++);
    while (table.lookup(name));
    // After the globals that are there: in order of use.
    OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
    for (auto other : module.getOps<kernel::Global>())
      builder.setInsertionPointAfter(other);
    StringAttr source;
    if (auto constant = expression.getDefiningOp<xf::Constant>())
      source = constant.getNameAttr();
    auto global =
        kernel::Global::create(builder, loc, name, type, IntegerAttr(), source);
    builder.createBlock(&global.getInit());
    IRMapping mapping;
    SmallVector<Value> clones =
        llvm::map_to_vector(expressions, [&](Value part) {
          return cloneExpression(builder, part, mapping);
        });
    Value value = finish(builder, clones);
    kernel::Yield::create(builder, loc, value);
  }
  Value result = kernel::GetGlobal::create(rewriter, loc, type, name);
  shapes.setDims(result,
                 llvm::map_to_vector(type.getShape(), [&](int64_t size) {
                   return constant(size);
                 }));
  return result;
}

static void printKey(Value expression, raw_ostream &os) {
  if (auto constant = expression.getDefiningOp<xf::Constant>()) {
    os << constant.getValue().getAsOpaquePointer();
    return;
  }
  // Rounding comes last, after what several readers share.
  if (auto cast = expression.getDefiningOp<xf::Cast>()) {
    printKey(cast.getX(), os);
    os << " as " << cast.getType().getElementType();
    return;
  }
  os << "expression " << expression.getAsOpaquePointer();
}

/// Equal constants have equal keys.
static std::string keyOf(Value expression, StringRef form) {
  std::string key;
  llvm::raw_string_ostream os(key);
  printKey(expression, os);
  os << ' ' << form;
  return key;
}

Value KernelBuilder::tensor(Value value) {
  if (!isConstantExpression(value))
    return value;
  return makeGlobal(value, cast<RankedTensorType>(value.getType()),
                    keyOf(value, "plain"),
                    [](OpBuilder &, ValueRange x) { return x.front(); });
}

Value KernelBuilder::rounded(Location loc, Value value, Type type) {
  SmallVector<Dim> dims(shapes.getDims(value));
  if (!isConstantExpression(value))
    return map(loc, {{value, identityMap(dims.size())}}, dims, type,
               [](ImplicitLocOpBuilder &, ValueRange x) {
                 return SmallVector<Value>(x);
               });
  Value cast = xf::Cast::create(rewriter, loc, value, type);
  shapes.setDims(cast, dims);
  return cast;
}

Value KernelBuilder::packedWeight(Value weight, kernel::PackedForm form) {
  RankedTensorType packed =
      kernel::getPackedType(cast<RankedTensorType>(weight.getType()), form);
  std::string key =
      llvm::formatv("panels {0} of {1}{2} in {3}", form.panel, form.interleave,
                    form.transposed ? " transposed" : "", form.groups);
  return makeGlobal(weight, packed, keyOf(weight, key),
                    [&](OpBuilder &builder, ValueRange x) -> Value {
                      return kernel::Pack::create(builder, weight.getLoc(),
                                                  packed, x.front(), form.panel,
                                                  form.interleave,
                                                  form.transposed, form.groups);
                    });
}

Value KernelBuilder::packedCodes(Value values, Value scales, Value zeros,
                                 kernel::CodesAttr codes, bool transposed) {
  auto type = cast<RankedTensorType>(values.getType());
  int64_t columns = transposed ? 0 : 1;
  RankedTensorType packed = kernel::getPackedCodesType(
      codes, type.getDimSize(1 - columns), type.getDimSize(columns),
      /*groups=*/1);
  SmallVector<Value> parts{values, scales};
  if (zeros)
    parts.push_back(zeros);
  std::string key;
  llvm::raw_string_ostream os(key);
  for (Value part : parts) {
    printKey(part, os);
    os << ' ';
  }
  os << codes << (transposed ? " transposed" : "");
  return makeGlobal(
      parts, packed, key, [&](OpBuilder &builder, ValueRange x) -> Value {
        return kernel::PackCodes::create(builder, values.getLoc(), packed, x[0],
                                         x[1], x.size() > 2 ? x[2] : Value(),
                                         codes, transposed);
      });
}

//===-- Views -------------------------------------------------------------===//

namespace {
/// Consecutive axes whose product both shapes share.
struct AxisGroup {
  ReassociationIndices from, to;
  Dim size;
};
} // namespace

/// Splits two shapes of equal counts into the smallest groups of equal
/// products.
static FailureOr<SmallVector<AxisGroup>>
groupAxes(KernelBuilder &b, ArrayRef<Dim> from, ArrayRef<Dim> to) {
  SmallVector<AxisGroup> groups;
  const xf::DimProver &prover = b.shapes.getProver();
  size_t i = 0, j = 0;
  while (i < from.size() && j < to.size()) {
    AxisGroup group;
    group.from = {int64_t(i)};
    group.to = {int64_t(j)};
    Dim left = from[i++], right = to[j++];
    while (!prover.isEqual(left, right)) {
      bool canLeft = i < from.size(), canRight = j < to.size();
      if (!canLeft && !canRight)
        return failure();
      // Extend the side that divides the other; if neither does, both.
      bool leftDivides = bool(prover.divideExactly(right, left));
      bool rightDivides = bool(prover.divideExactly(left, right));
      if (canLeft && (leftDivides || !rightDivides || !canRight)) {
        group.from.push_back(i);
        left = left * from[i++];
      }
      if (canRight && (rightDivides || !leftDivides || !canLeft) &&
          !prover.isEqual(left, right)) {
        group.to.push_back(j);
        right = right * to[j++];
      }
    }
    group.size = left;
    groups.push_back(std::move(group));
  }
  for (; i < from.size(); ++i) {
    if (!from[i].isConstant(1) || groups.empty())
      return failure();
    groups.back().from.push_back(i);
  }
  for (; j < to.size(); ++j) {
    if (!to[j].isConstant(1) || groups.empty())
      return failure();
    groups.back().to.push_back(j);
  }
  return groups;
}

/// All axes as one group, for shapes whose counts are equal for reasons that
/// axes do not show.
static SmallVector<AxisGroup> groupAll(KernelBuilder &b, ArrayRef<Dim> from,
                                       ArrayRef<Dim> to) {
  AxisGroup group;
  llvm::append_range(group.from, llvm::seq<int64_t>(0, from.size()));
  llvm::append_range(group.to, llvm::seq<int64_t>(0, to.size()));
  group.size = b.product(from);
  return {group};
}

/// The value with the static sizes of `dims`.
static Value castTo(KernelBuilder &b, Location loc, Value value,
                    ArrayRef<Dim> dims) {
  auto type = cast<RankedTensorType>(value.getType());
  auto wanted =
      RankedTensorType::get(getStaticSizes(dims), type.getElementType());
  if (type != wanted)
    value = tensor::CastOp::create(b.rewriter, loc, wanted, value);
  b.shapes.setDims(value, dims);
  return value;
}

static Value collapse(KernelBuilder &b, Location loc, Value value,
                      ArrayRef<ReassociationIndices> groups, ArrayRef<Dim> to) {
  Value result =
      tensor::CollapseShapeOp::create(b.rewriter, loc, value, groups);
  return castTo(b, loc, result, to);
}

static Value expand(KernelBuilder &b, Location loc, Value value,
                    ArrayRef<ReassociationIndices> groups, ArrayRef<Dim> to) {
  auto type = cast<RankedTensorType>(value.getType());
  auto expanded =
      RankedTensorType::get(getStaticSizes(to), type.getElementType());
  // A collapsed size must be static exactly if those it expands to are.
  SmallVector<int64_t> source(type.getShape());
  for (auto [size, group] : llvm::zip(source, groups)) {
    int64_t product = 1;
    for (int64_t axis : group)
      product = expanded.isDynamicDim(axis) || ShapedType::isDynamic(product)
                    ? ShapedType::kDynamic
                    : product * expanded.getDimSize(axis);
    size = product;
  }
  auto sourceType = RankedTensorType::get(source, type.getElementType());
  if (type != sourceType)
    value = tensor::CastOp::create(b.rewriter, loc, sourceType, value);
  Value result = tensor::ExpandShapeOp::create(b.rewriter, loc, expanded, value,
                                               groups, b.sizes(loc, to));
  b.shapes.setDims(result, to);
  return result;
}

FailureOr<Value> KernelBuilder::reshape(Location loc, Value value,
                                        ArrayRef<Dim> to) {
  SmallVector<Dim> from(shapes.getDims(value));
  if (areEqual(from, to))
    return castTo(*this, loc, value, to);
  auto isOne = [](Dim dim) { return dim.isConstant(1); };
  if (from.empty() || to.empty()) {
    if (!llvm::all_of(from, isOne) || !llvm::all_of(to, isOne))
      return failure();
    return from.empty() ? expand(*this, loc, value, {}, to)
                        : collapse(*this, loc, value, {}, to);
  }
  auto groups = groupAxes(*this, from, to);
  if (failed(groups))
    groups = groupAll(*this, from, to);
  SmallVector<ReassociationIndices> collapsing, expanding;
  SmallVector<Dim> middle;
  bool collapses = false, expands = false;
  for (const AxisGroup &group : *groups) {
    collapsing.push_back(group.from);
    expanding.push_back(group.to);
    middle.push_back(group.size);
    collapses |= group.from.size() > 1;
    expands |= group.to.size() > 1;
  }
  if (collapses)
    value = collapse(*this, loc, value, collapsing,
                     expands ? ArrayRef<Dim>(middle) : to);
  if (expands)
    value = expand(*this, loc, value, expanding, to);
  return value;
}

Value KernelBuilder::slice(Location loc, Value value, ArrayRef<Dim> offsets,
                           ArrayRef<Dim> dims, ArrayRef<int64_t> steps) {
  // Nothing may lie beyond the end, where a view must not start.
  if (llvm::any_of(dims, [](Dim dim) { return dim.isConstant(0); }))
    return empty(loc, dims, cast<ShapedType>(value.getType()).getElementType());
  auto strides = llvm::map_to_vector(steps, [&](int64_t step) -> OpFoldResult {
    return rewriter.getIndexAttr(step);
  });
  auto type = RankedTensorType::get(
      getStaticSizes(dims), cast<ShapedType>(value.getType()).getElementType());
  // Of nothing, which may begin behind the last element, nothing is taken.
  SmallVector<Dim> starts(offsets);
  for (auto [start, dim] : llvm::zip_equal(starts, dims))
    if (dim.isConstant(0))
      start = constant(0);
  Value result = tensor::ExtractSliceOp::create(rewriter, loc, type, value,
                                                sizes(loc, starts),
                                                sizes(loc, dims), strides);
  shapes.setDims(result, dims);
  return result;
}

Value KernelBuilder::insert(Location loc, Value piece, Value into,
                            ArrayRef<Dim> offsets) {
  SmallVector<Dim> dims(shapes.getDims(piece)), all(shapes.getDims(into));
  if (llvm::any_of(dims, [](Dim dim) { return dim.isConstant(0); }))
    return into;
  SmallVector<OpFoldResult> strides(dims.size(), rewriter.getIndexAttr(1));
  Value result = tensor::InsertSliceOp::create(rewriter, loc, piece, into,
                                               sizes(loc, offsets),
                                               sizes(loc, dims), strides);
  shapes.setDims(result, all);
  return result;
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
