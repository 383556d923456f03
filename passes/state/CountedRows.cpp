//===- CountedRows.cpp - Rows of tables by positions that a graph counts --===//

#include "passes/fusion/Match.h"
#include "passes/state/UnevenLengths.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

namespace {

/// `count` rows of a table from row `past` + `first` on.
struct CountedRows {
  Value table;
  /// Whether the table's first axis is of size 1, and its rows the second.
  bool hasOuter;
  Dim first, count;
};

/// Finds them, and reads each entry's own.
class Reader {
public:
  explicit Reader(StatefulStep step)
      : step(step), shapes(step.main->getParentOfType<ModuleOp>()) {}

  void run();

private:
  Dim behindPast(Dim dim);
  std::optional<CountedRows> match(Operation *op);
  std::optional<CountedRows> matchIndices(Value table, Value indices);
  bool joinsBatch(OpOperand &use, ArrayRef<Dim> dims);
  Value read(Operation *op, const CountedRows &rows);

  StatefulStep step;
  ShapeAnalysis shapes;
};

} // namespace

/// What is added to the past's length; null if the dim is not that.
Dim Reader::behindPast(Dim dim) {
  Dim rest = dim - step.sizes.past;
  bool isLeft = false;
  if (rest)
    rest.forEachSymbol([&](StringRef name) {
      isLeft |= name == *step.sizes.past.getSymbol();
    });
  return isLeft ? Dim() : rest;
}

std::optional<CountedRows> Reader::matchIndices(Value table, Value indices) {
  if (auto reshape = indices.getDefiningOp<xf::Reshape>())
    indices = reshape.getX();
  Dim one = Dim::constant(indices.getContext(), 1);
  if (auto dims = indices.getDefiningOp<xf::Dims>()) {
    SmallVector<Dim> elements = getDimsFrom(dims.getElements());
    if (elements.size() == 1)
      return CountedRows{table, false, behindPast(elements[0]), one};
  }
  if (auto range = indices.getDefiningOp<xf::Range>()) {
    SmallVector<Dim> bounds = getDimsFrom(range.getBoundsAttr());
    if (bounds.size() == 3 && bounds[2] == one)
      return CountedRows{table, false, behindPast(bounds[0]),
                         shapes.getDims(range.getY())[0]};
  }
  return std::nullopt;
}

std::optional<CountedRows> Reader::match(Operation *op) {
  if (auto gather = dyn_cast<xf::Gather>(op); gather && gather.getAxis() == 0)
    return matchIndices(gather.getX(), gather.getIndices());
  auto slice = dyn_cast<xf::Slice>(op);
  if (!slice || !slice.getStarts() || slice.getAxes().size() != 1 ||
      slice.getAxes()[0] != 1 || slice.getSteps()[0] != 1 ||
      !shapes.getDims(slice.getX())[0].isConstant(1))
    return std::nullopt;
  SmallVector<Dim> starts = getDimsFrom(*slice.getStarts());
  if (starts.size() != 1 || shapes.getProver().getRange(starts[0]).min < 0)
    return std::nullopt;
  return CountedRows{slice.getX(), true, behindPast(starts[0]),
                     shapes.getDims(slice.getY())[1]};
}

/// Whether a use broadcasts to batches, and would as well with a batch before
/// `dims`.
bool Reader::joinsBatch(OpOperand &use, ArrayRef<Dim> dims) {
  Operation *user = use.getOwner();
  if (!isa<xf::Add, xf::Sub, xf::Mul, xf::Div>(user))
    return false;
  ArrayRef<Dim> result = shapes.getDims(user->getResult(0));
  return result.size() == dims.size() + 1 && result[0] == step.sizes.batch;
}

Value Reader::read(Operation *op, const CountedRows &rows) {
  OpBuilder builder(op);
  Location loc = op->getLoc();
  Dim one = Dim::constant(builder.getContext(), 1);
  Dim bounds[] = {rows.first, rows.first + rows.count, one};
  Value counted = xf::Range::create(builder, loc, Value(), Value(), Value(),
                                    getDimsAttr(builder.getContext(), bounds),
                                    TypeAttr::get(builder.getI64Type()));
  Dim column[] = {step.sizes.batch, one};
  Value starts = fusion::makeReshape(builder, loc, step.starts, column);
  Value positions = xf::Add::create(builder, loc, starts, counted);
  Value table = rows.table;
  if (rows.hasOuter) {
    SmallVector<Dim> dims(shapes.getDims(table));
    table =
        fusion::makeReshape(builder, loc, table, ArrayRef(dims).drop_front());
  }
  return xf::Gather::create(builder, loc, table, positions,
                            builder.getI64IntegerAttr(0));
}

void Reader::run() {
  SmallVector<Operation *> ops;
  for (Operation &op : step.main.front())
    ops.push_back(&op);
  for (Operation *op : ops) {
    std::optional<CountedRows> rows = match(op);
    if (!rows || !rows->first || !(rows->first + rows->count))
      continue;
    // Whatever axes of size 1 are before the rows, [rows, ..] is what counts.
    SmallVector<Dim> dims(shapes.getDims(op->getResult(0)));
    size_t own = shapes.getDims(rows->table).size() - (rows->hasOuter ? 1 : 0);
    if (dims.size() < own)
      continue;
    bool isPlain = llvm::all_of(ArrayRef(dims).drop_back(own),
                                [](Dim dim) { return dim.isConstant(1); });
    ArrayRef<Dim> inner = ArrayRef(dims).take_back(own);
    if (!isPlain || !llvm::all_of(op->getUses(), [&](OpOperand &use) {
          return joinsBatch(use, inner);
        }))
      continue;
    op->getResult(0).replaceAllUsesWith(read(op, *rows));
  }
  fusion::eraseDeadOps(step.main);
}

void hagane::readCountedRows(StatefulStep step) {
  if (step.sizes.batch.getSymbol())
    Reader(step).run();
}
