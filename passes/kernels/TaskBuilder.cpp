//===- TaskBuilder.cpp - Writing out the generic kernels ------------------===//

#include "passes/kernels/TaskBuilder.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

//===-- Index arithmetic --------------------------------------------------===//

Value TaskScope::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}
Value TaskScope::add(Value x, Value y) {
  return b.createOrFold<arith::AddIOp>(x, y);
}
Value TaskScope::sub(Value x, Value y) {
  return b.createOrFold<arith::SubIOp>(x, y);
}
Value TaskScope::mul(Value x, Value y) {
  return b.createOrFold<arith::MulIOp>(x, y);
}
Value TaskScope::min(Value x, Value y) {
  return b.createOrFold<arith::MinSIOp>(x, y);
}
Value TaskScope::max(Value x, Value y) {
  return b.createOrFold<arith::MaxSIOp>(x, y);
}
Value TaskScope::isLess(Value x, Value y) {
  return b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt, x, y);
}
Value TaskScope::both(Value x, Value y) {
  return b.createOrFold<arith::AndIOp>(x, y);
}
Value TaskScope::either(Value x, Value y) {
  return b.createOrFold<arith::OrIOp>(x, y);
}
Value TaskScope::select(Value condition, Value x, Value y) {
  return b.createOrFold<arith::SelectOp>(condition, x, y);
}

Value TaskScope::sizeOf(Value memref, int64_t axis) {
  auto type = cast<MemRefType>(memref.getType());
  if (!type.isDynamicDim(axis))
    return index(type.getDimSize(axis));
  return memref::DimOp::create(b, memref, axis);
}

Values TaskScope::sizesOf(Value memref) {
  Values sizes;
  int64_t rank = cast<MemRefType>(memref.getType()).getRank();
  for (int64_t axis = 0; axis < rank; ++axis)
    sizes.push_back(sizeOf(memref, axis));
  return sizes;
}

Values TaskScope::delinearize(Value linear, ValueRange sizes) {
  Values at(sizes.size());
  for (size_t i = sizes.size(); i-- > 1;) {
    at[i] = b.createOrFold<arith::RemUIOp>(linear, sizes[i]);
    linear = b.createOrFold<arith::DivUIOp>(linear, sizes[i]);
  }
  if (!at.empty())
    at.front() = linear;
  return at;
}

//===-- Elements ----------------------------------------------------------===//

/// Memory keeps signs of integers in types; arithmetic does not.
static Value castSign(ImplicitLocOpBuilder &b, Value value, Type to) {
  if (value.getType() == to)
    return value;
  return UnrealizedConversionCastOp::create(b, to, value).getResult(0);
}

Value TaskScope::load(Value memref, ValueRange at) {
  Value value = memref::LoadOp::create(b, memref, at);
  Type compute = kernel::getComputeType(value.getType());
  if (isa<FloatType>(compute) && compute != value.getType())
    return arith::ExtFOp::create(b, compute, value);
  return castSign(b, value, compute);
}

void TaskScope::store(Value value, Value memref, ValueRange at) {
  Type storage = cast<MemRefType>(memref.getType()).getElementType();
  if (isa<FloatType>(storage) && storage != value.getType())
    value = arith::TruncFOp::create(b, storage, value);
  memref::StoreOp::create(b, castSign(b, value, storage), memref, at);
}

Value TaskScope::position(Value raw, Type storage, Value size) {
  Value at = storage.isUnsignedInteger()
                 ? Value(arith::IndexCastUIOp::create(b, b.getIndexType(), raw))
                 : arith::IndexCastOp::create(b, b.getIndexType(), raw);
  return kernel::Position::create(b, at, size);
}

//===-- Control flow ------------------------------------------------------===//

Values TaskScope::carry(Value from, Value to, ValueRange initial,
                        llvm::function_ref<Values(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(b, from, to, index(1), initial);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Values results = body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!initial.empty())
    scf::YieldOp::create(b, results);
  return llvm::to_vector_of<Value>(loop.getResults());
}

void TaskScope::loop(Value from, Value to,
                     llvm::function_ref<void(Value)> body) {
  carry(from, to, {}, [&](Value at, ValueRange) {
    body(at);
    return Values();
  });
}

void TaskScope::loops(ValueRange sizes,
                      llvm::function_ref<void(ValueRange)> body) {
  Values at;
  std::function<void()> nest = [&] {
    if (at.size() == sizes.size())
      return body(at);
    loop(index(0), sizes[at.size()], [&](Value i) {
      at.push_back(i);
      nest();
      at.pop_back();
    });
  };
  nest();
}

void TaskScope::ifThen(Value condition, llvm::function_ref<void()> body) {
  auto branch = scf::IfOp::create(b, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  body();
}

//===-- Kernels -----------------------------------------------------------===//

/// The operand's buffer with any strides and offset.
static Type bufferTypeOf(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<int64_t> strides(type.getRank(), ShapedType::kDynamic);
  auto layout =
      StridedLayoutAttr::get(type.getContext(), ShapedType::kDynamic, strides);
  return MemRefType::get(type.getShape(), type.getElementType(), layout);
}

ResultRange hagane::formTask(Operation *op, ValueRange ins, ValueRange outs,
                             Dim items,
                             llvm::function_ref<void(TaskScope &)> body,
                             KernelBuilder &b) {
  Location loc = op->getLoc();
  if (op->getContext()->getRemarkEngine())
    remark::analysis(loc, remark::RemarkOpts::name("task").category("kernels"))
        << remark::metric("Operation", op->getName().getStringRef())
        << remark::reason("the generic form of a kernel is used");
  Values operands(ins);
  llvm::append_range(operands, outs);
  SmallVector<Type> arguments = llvm::map_to_vector(operands, bufferTypeOf);
  arguments.push_back(b.rewriter.getIndexType());
  auto task = kernel::Task::create(b.rewriter, loc, outs.getTypes(), ins, outs,
                                   items.getAttr(), b.shapesOf(operands),
                                   /*schedule=*/kernel::CudaLoopAttr());
  b.fillRegion(task.getBody(), arguments, loc,
               [&](ImplicitLocOpBuilder &builder, ValueRange x) {
                 TaskScope scope(builder, x.drop_back(), x.back());
                 body(scope);
                 return Values();
               });
  b.noteResults(task);
  return task->getResults();
}

Value hagane::emptyLike(Value result, KernelBuilder &b) {
  return b.empty(result.getLoc(), SmallVector<Dim>(b.shapes.getDims(result)),
                 cast<ShapedType>(result.getType()).getElementType());
}

SmallVector<Dim> hagane::dropAxis(ArrayRef<Dim> dims, int64_t axis) {
  SmallVector<Dim> rest(dims);
  rest.erase(rest.begin() + axis);
  return rest;
}

Values hagane::withAxis(ValueRange coordinates, int64_t axis, Value value) {
  Values all(coordinates);
  all.insert(all.begin() + axis, value);
  return all;
}
