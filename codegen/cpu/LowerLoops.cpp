//===- LowerLoops.cpp - Maps, reductions, gathers and tasks ---------------===//

#include "codegen/cpu/Lowering.h"
#include "codegen/cpu/Nest.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace hagane::cpu {

/// Visits the linear positions of the body's work items, `perItem` each, below
/// `count`.
static void forPositions(Builder &b, const KernelBody &body, int64_t perItem,
                         Value count, llvm::function_ref<void(Value)> visit) {
  Value first = mul(b, body.begin, perItem);
  Value last = minimum(b, mul(b, body.end, perItem), count);
  forEach(b, first, last, 1, visit);
}

LogicalResult lowerMap(kernel::Map op, const KernelBody &body,
                       ImplicitLocOpBuilder &b) {
  Nest nest(b, op.getIns(), op.getOuts(), op.getMaps());
  bool scalar = nest.rank() == 0;
  int64_t lanes = scalar ? 1 : op.getSchedule()->getVector();
  Values outer(scalar ? nest.sizes() : nest.sizes().drop_back());
  Value inner = scalar ? index(b, 1) : nest.sizes().back();
  unsigned vectorDim = scalar ? 0 : nest.rank() - 1;
  forPositions(b, body, op.getSchedule()->getItemSize(), product(b, outer),
               [&](Value position) {
                 Values dims = delinearize(b, position, outer);
                 dims.push_back(index(b, 0));
                 Values invariant = nest.loadInvariant(dims, vectorDim);
                 forVectors(b, inner, lanes, [&](Value at, Access access) {
                   dims.back() = at;
                   Values arguments =
                       nest.loadIns(dims, vectorDim, access, invariant);
                   Values results = cloneRegion(b, op.getBody(), arguments,
                                                access.lanes, dims, vectorDim);
                   for (auto [i, value] : llvm::enumerate(results))
                     nest.storeOut(i, value, dims, vectorDim, access);
                 });
               });
  return success();
}

namespace {

class ReduceLowering {
public:
  ReduceLowering(kernel::Reduce op, const KernelBody &body, Builder &b)
      : op(op), body(body), b(b),
        nest(b, op.getIns(), op.getOuts(), op.getMaps()), dims(nest.rank()) {}

  void run() {
    for (unsigned dim = 0; dim < nest.rank(); ++dim)
      if (!llvm::is_contained(op.getReduced(), dim))
        parallel.push_back(dim);
    bool vectorize = !parallel.empty();
    int64_t lanes = vectorize ? op.getSchedule()->getVector() : 1;
    vectorDim = vectorize ? parallel.pop_back_val() : nest.rank();
    Value inner = vectorize ? nest.size(vectorDim) : index(b, 1);
    Values outer;
    for (unsigned dim : parallel)
      outer.push_back(nest.size(dim));
    forPositions(b, body, op.getSchedule()->getItemSize(), product(b, outer),
                 [&](Value position) {
                   for (auto [dim, value] : llvm::zip_equal(
                            parallel, delinearize(b, position, outer)))
                     dims[dim] = value;
                   forVectors(b, inner, lanes, [&](Value at, Access access) {
                     emitOne(at, access);
                   });
                 });
  }

private:
  void emitOne(Value at, Access access) {
    if (vectorDim < nest.rank())
      dims[vectorDim] = at;
    Type type = op.getBody().front().getTerminator()->getOperand(0).getType();
    Value start = identityOf(b, op.getKind(), type);
    if (access.lanes > 1)
      start = splat(b, start, access.lanes);
    Value total = emitReduced(0, start, access);
    Values results = cloneRegion(b, op.getFinish(), total, access.lanes);
    for (unsigned dim : op.getReduced())
      dims[dim] = index(b, 0);
    for (auto [i, value] : llvm::enumerate(results))
      nest.storeOut(i, value, dims, vectorDim, access);
  }

  /// Loops over the reduced dimensions from number `i` on.
  Value emitReduced(unsigned i, Value start, Access access) {
    if (i == op.getReduced().size()) {
      Values none(op.getIns().size());
      Values arguments = nest.loadIns(dims, vectorDim, access, none);
      Value value =
          cloneRegion(b, op.getBody(), arguments, access.lanes, dims, vectorDim)
              .front();
      return combine(b, op.getKind(), start, value);
    }
    unsigned dim = op.getReduced()[i];
    return forCarrying(b, index(b, 0), nest.size(dim), 1, start,
                       [&](Value at, ValueRange carried) {
                         dims[dim] = at;
                         return Values{emitReduced(i + 1, carried[0], access)};
                       })
        .front();
  }

  kernel::Reduce op;
  const KernelBody &body;
  Builder &b;
  Nest nest;
  Values dims;
  SmallVector<unsigned> parallel;
  unsigned vectorDim = 0;
};

} // namespace

LogicalResult lowerReduce(kernel::Reduce op, const KernelBody &body,
                          ImplicitLocOpBuilder &b) {
  ReduceLowering(op, body, b).run();
  return success();
}

LogicalResult lowerGather(kernel::Gather op, const KernelBody &body,
                          ImplicitLocOpBuilder &b) {
  Value table = op.getTable(), out = op.getOuts().front();
  Type element = cast<MemRefType>(table.getType()).getElementType();
  int64_t axis = op.getAxis();
  int64_t indexRank = cast<MemRefType>(op.getIndices().getType()).getRank();
  int64_t outRank = cast<MemRefType>(out.getType()).getRank(),
          outer = axis + indexRank;
  bool scalar = outer == outRank;
  Values sizes;
  for (int64_t i = 0; i < outRank; ++i)
    sizes.push_back(sizeOf(b, out, i));
  // All suffix dimensions but the last are walked like the prefix.
  Values outerSizes =
      llvm::to_vector(ArrayRef(sizes).take_front(scalar ? outer : outRank - 1));
  // A work item counts prefix and index positions; each has all suffix rows.
  Value suffixRows = product(b, ArrayRef(outerSizes).drop_front(outer));
  int64_t perItem = op.getSchedule()->getItemSize();
  Value first = mul(b, mul(b, body.begin, perItem), suffixRows);
  Value last = minimum(b, mul(b, mul(b, body.end, perItem), suffixRows),
                       product(b, outerSizes));
  forEach(b, first, last, 1, [&](Value position) {
    Values at = delinearize(b, position, outerSizes);
    Value raw = memref::LoadOp::create(b, op.getIndices(),
                                       ArrayRef(at).slice(axis, indexRank));
    Values from = llvm::to_vector(ArrayRef(at).take_front(axis));
    Value rows = sizeOf(b, table, axis);
    Value row = kernel::Position::create(
        b, arith::IndexCastOp::create(b, b.getIndexType(), raw), rows);
    from.push_back(row);
    llvm::append_range(from, ArrayRef(at).drop_front(outer));
    // An empty table has no row to read.
    Value exists =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, row, rows);
    auto copy = [&](Value column, Access access) {
      Values source = from, target = at;
      if (column) {
        source.push_back(column);
        target.push_back(column);
      }
      store(b, load(b, table, source, access, element), out, target, access);
    };
    ifThen(b, exists, [&] {
      if (scalar)
        copy(Value(), Access{});
      else
        forVectors(b, sizes.back(), op.getSchedule()->getVector(), copy);
    });
  });
  return success();
}

LogicalResult lowerTask(kernel::Task op, const KernelBody &body,
                        ImplicitLocOpBuilder &b) {
  Block &source = op.getBody().front();
  Values operands;
  for (auto [operand, argument] :
       llvm::zip(op->getOperands(), source.getArguments())) {
    Value value = operand;
    if (value.getType() != argument.getType())
      value = memref::CastOp::create(b, argument.getType(), value);
    operands.push_back(value);
  }
  forEach(b, body.begin, body.end, 1, [&](Value item) {
    IRMapping mapping;
    mapping.map(source.getArguments().drop_back(), operands);
    mapping.map(source.getArguments().back(), item);
    for (Operation &inner : source.without_terminator())
      b.clone(inner, mapping);
  });
  return success();
}

} // namespace hagane::cpu
