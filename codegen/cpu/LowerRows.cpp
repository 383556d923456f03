//===- LowerRows.cpp - Norms, softmax and reductions along rows -----------===//
//
// One row at a time: it is read from memory by the first stage and from the
// cache by the others.
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/Lowering.h"
#include "codegen/cpu/Nest.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace hagane::cpu {
namespace {

// Independent accumulators of a reduction along a row.
constexpr int64_t kChains = 4;
// Elements of rows that are asked for ahead, whole ones, and how long these may
// be: some of them stay in the first-level cache.
constexpr int64_t kAhead = 1024, kLongestAhead = 2048, kMostAhead = 8;

class RowsLowering {
public:
  RowsLowering(kernel::Rows op, const KernelBody &body, Builder &b)
      : op(op), body(body), b(b),
        nest(b, op.getIns(), op.getOuts(), op.getMaps()),
        lanes(op.getSchedule()->getVector()), column(nest.rank() - 1) {}

  void run() {
    columns = nest.size(column);
    Values rowSizes(nest.sizes().drop_back());
    int64_t rowsPerItem = op.getSchedule()->getItemRows();
    forEach(b, body.begin, body.end, 1, [&](Value item) {
      Value first = mul(b, item, rowsPerItem);
      Value last = minimum(b, add(b, first, rowsPerItem), product(b, rowSizes));
      forEach(b, first, last, 1, [&](Value row) {
        dims = delinearize(b, row, rowSizes);
        dims.push_back(index(b, 0));
        int64_t length = constantOf(columns).value_or(kLongestAhead);
        int64_t rows = std::clamp<int64_t>(
            kAhead / std::max<int64_t>(length, 1), 1, kMostAhead);
        ahead = delinearize(b, add(b, row, rows), rowSizes);
        ahead.push_back(index(b, 0));
        emitRow();
      });
    });
  }

private:
  bool isUsed(Region &region, unsigned argument) {
    return !region.getArgument(argument).use_empty();
  }
  Region &stage(unsigned i) { return op.getStages()[i]; }
  unsigned stageCount() { return op.getStages().size(); }

  /// Whether the value that stage i reduces is wanted again.
  bool keepsCarry(unsigned i) {
    Region &next = i + 1 < stageCount() ? stage(i + 1) : op.getMap();
    return isUsed(next, next.getNumArguments() - 1);
  }

  void emitRow() {
    perRow = nest.loadInvariant(dims, column);
    statistics.clear();
    for (unsigned i = 0; i < stageCount(); ++i)
      statistics.push_back(emitStage(i));
    SmallVector<Value> rowResults =
        cloneRegion(b, op.getFinish(), statistics, 1);
    unsigned elementOuts =
        op.getMap().front().getTerminator()->getNumOperands();
    for (auto [i, value] : llvm::enumerate(rowResults))
      nest.storeOut(elementOuts + i, value, dims, column, Access{});
    if (elementOuts != 0)
      emitMap();
  }

  Value carryView(Type element) {
    return scratchView(b, body.scratch, index(b, 0), {ShapedType::kDynamic},
                       {columns}, element);
  }

  /// Arguments of a stage's or the map's region at the current column.
  Values elementArguments(Value at, Access access, std::optional<Type> carry) {
    Values arguments = nest.loadIns(dimsAt(at), column, access, perRow);
    llvm::append_range(arguments, statistics);
    if (carry)
      arguments.push_back(load(b, carryView(*carry), at, access, *carry));
    return arguments;
  }

  Values dimsAt(Value at) {
    Values result = dims;
    result[column] = at;
    return result;
  }

  /// The carry's type if the region takes one, a placeholder if it is unused.
  Values argumentsFor(Region &region, unsigned stagesBefore, Value at,
                      Access access) {
    if (stagesBefore == 0)
      return elementArguments(at, access, std::nullopt);
    Type carry = region.getArgument(region.getNumArguments() - 1).getType();
    if (isUsed(region, region.getNumArguments() - 1))
      return elementArguments(at, access, carry);
    Values arguments = elementArguments(at, access, std::nullopt);
    arguments.push_back(zero(b, carry));
    return arguments;
  }

  StringRef kindOf(unsigned i) {
    return cast<StringAttr>(op.getKinds()[i]).getValue();
  }

  /// Whether stage i reduces to the largest magnitude. Those order as their
  /// bits do, with NaN above all: the maximum of integers is one instruction
  /// where that of floats, which NaN makes NaN, is several.
  bool isOfMagnitudes(unsigned i) {
    Value value = stage(i).front().getTerminator()->getOperand(0);
    return kindOf(i) == "max" && value.getType().isF32() &&
           value.getDefiningOp<math::AbsFOp>();
  }

  Value castTo(Type element, Value value) {
    Type type = element;
    if (auto vector = dyn_cast<VectorType>(value.getType()))
      type = vector.clone(element);
    return arith::BitcastOp::create(b, type, value);
  }

  /// Asks for the elements of a row to come: often another core has written
  /// them, and a row's statistics wait for all of it.
  void prefetch(Value at) {
    std::optional<int64_t> length = constantOf(columns);
    if (!length || *length > kLongestAhead)
      return;
    ahead[column] = at;
    for (auto [input, map] : llvm::zip(
             op.getIns(), op.getMaps().getAsValueRange<AffineMapAttr>())) {
      bool ofRows = llvm::any_of(llvm::seq(column), [&, map = map](unsigned d) {
        return map.isFunctionOfDim(d);
      });
      if (!ofRows || !map.isFunctionOfDim(column))
        continue;
      Values place;
      for (AffineExpr expr : map.getResults()) {
        auto dim = dyn_cast<AffineDimExpr>(expr);
        place.push_back(dim ? ahead[dim.getPosition()] : index(b, 0));
      }
      memref::PrefetchOp::create(b, input, place, /*isWrite=*/false,
                                 /*localityHint=*/3, /*isDataCache=*/true);
    }
  }

  /// What stage i reduces, as that is done.
  Value emitReducedValue(unsigned i, Value at, Access access) {
    Value value = emitStageValue(i, at, access);
    return isOfMagnitudes(i) ? castTo(b.getI32Type(), value) : value;
  }

  Value emitStageValue(unsigned i, Value at, Access access) {
    Values arguments = argumentsFor(stage(i), i, at, access);
    Value value =
        cloneRegion(b, stage(i), arguments, access.lanes, dimsAt(at), column)
            .front();
    if (keepsCarry(i))
      store(b, value, carryView(getElementTypeOrSelf(value.getType())), at,
            access);
    return value;
  }

  Value emitStage(unsigned i) {
    StringRef kind = kindOf(i);
    Type type = stage(i).front().getTerminator()->getOperand(0).getType();
    bool isBits = isOfMagnitudes(i);
    Value least = identityOf(b, kind, type);
    Value identity =
        splat(b, isBits ? castTo(b.getI32Type(), least) : least, lanes);
    Values accumulators(kChains, identity);
    auto accumulate = [&](Value from, Value to, int64_t chains) {
      Values carried =
          forCarrying(b, from, to, chains * lanes,
                      ArrayRef(accumulators).take_front(chains),
                      [&](Value at, ValueRange old) {
                        Values next;
                        for (int64_t c = 0; c < chains; ++c) {
                          Value place = add(b, at, c * lanes);
                          if (i == 0)
                            prefetch(place);
                          Value value =
                              emitReducedValue(i, place, {lanes, Value()});
                          next.push_back(combine(b, kind, old[c], value));
                        }
                        return next;
                      });
      llvm::copy(carried, accumulators.begin());
    };
    Value grouped = roundDown(b, columns, kChains * lanes),
          whole = roundDown(b, columns, lanes);
    accumulate(index(b, 0), grouped, kChains);
    if (constantOf(sub(b, whole, grouped)) != 0)
      accumulate(grouped, whole, 1);
    if (constantOf(sub(b, columns, whole)) != 0)
      accumulators[0] = emitTail(i, kind, whole, accumulators[0], identity);
    for (int64_t step = kChains / 2; step > 0; step /= 2)
      for (int64_t c = 0; c < step; ++c)
        accumulators[c] =
            combine(b, kind, accumulators[c], accumulators[c + step]);
    Value result = combineLanes(b, kind, accumulators[0]);
    return isBits ? castTo(type, result) : result;
  }

  /// The last columns, if any: a loop of at most one iteration.
  Value emitTail(unsigned i, StringRef kind, Value whole, Value accumulator,
                 Value identity) {
    return forCarrying(b, whole, columns, lanes, accumulator,
                       [&](Value at, ValueRange carried) {
                         Access access{lanes,
                                       maskOf(b, sub(b, columns, at), lanes)};
                         Value value = emitReducedValue(i, at, access);
                         value = arith::SelectOp::create(
                             b, access.mask, splat(b, value, lanes), identity);
                         return Values{combine(b, kind, carried[0], value)};
                       })
        .front();
  }

  void emitMap() {
    forVectors(b, columns, lanes, [&](Value at, Access access) {
      Values arguments = argumentsFor(op.getMap(), stageCount(), at, access);
      Values results = cloneRegion(b, op.getMap(), arguments, access.lanes,
                                   dimsAt(at), column);
      for (auto [i, value] : llvm::enumerate(results))
        nest.storeOut(i, value, dimsAt(at), column, access);
    });
  }

  kernel::Rows op;
  const KernelBody &body;
  Builder &b;
  Nest nest;
  int64_t lanes;
  unsigned column;
  Value columns;
  // The row being emitted.
  Values dims, ahead, perRow, statistics;
};

} // namespace

LogicalResult lowerRows(kernel::Rows op, const KernelBody &body,
                        ImplicitLocOpBuilder &b) {
  RowsLowering(op, body, b).run();
  return success();
}

} // namespace hagane::cpu
