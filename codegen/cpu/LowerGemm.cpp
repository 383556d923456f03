//===- LowerGemm.cpp - Matrix products ------------------------------------===//
//
// A work item is a block of the result; neighbouring items share their columns,
// so that a thread reads its part of B only. Inside it, panels of B are the
// outer loop, so that one stays in the cache while strips of A pass over it;
// the micro-kernel keeps its tile of the result in registers over a block of
// the contraction. Sums wait in scratch memory between blocks and for the
// epilogue, which passes over the item's rows at last; of many rows,
// those of all of the contraction wait for no longer than their strip takes, so
// that stores to the result pass while the next one is computed.
//
// With groups of columns, b has several for each of the result: "of b" says
// which are meant. Only the epilogue joins them.
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/GemmCodes.h"
#include "codegen/cpu/GemmOperands.h"
#include "codegen/cpu/GemmResults.h"
#include "codegen/cpu/Nest.h"
#include "dialects/kernel/KernelCost.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace hagane::cpu {
namespace {

// How far ahead b is fetched for a single strip: half of a first-level cache.
constexpr int64_t kNearBytes = 16 << 10;
using kernel::kFewRows;

class GemmLowering {
public:
  GemmLowering(kernel::Gemm op, const KernelBody &body, Builder &b)
      : op(op), body(body), b(b), schedule(*op.getSchedule()),
        operands(op, body.options, b), groups(op.getGroups()),
        scratch(kernel::getGemmScratch(op)), compute(operands.getComputeType()),
        lanes(operands.getLanes()), vectors(schedule.getMicroN() / lanes) {
    auto outType = cast<MemRefType>(op.getOuts().front().getType());
    batched = outType.getRank() == 3;
    if (op.getCodes())
      codes.emplace(op, body, b);
  }

  LogicalResult run() {
    if (failed(operands.verify()))
      return failure();
    if (vectors == 0 || schedule.getMicroN() % lanes != 0)
      return op.emitError("micro_n ")
             << schedule.getMicroN() << " is not a multiple of " << lanes
             << " lanes";
    int64_t width = operands.getPanelWidth();
    if (width % schedule.getMicroN() != 0)
      return op.emitError("micro_n ")
             << schedule.getMicroN() << " does not divide the panel width "
             << width;
    if (groups > 1 && failed(verifyGroups(width)))
      return failure();
    if (codes && failed(codes->verify()))
      return failure();
    results.emplace(op, body, b, compute, lanes, groupWidth);
    if (schedule.getBlockK() % operands.getTerms() != 0)
      return op.emitError("block_k ")
             << schedule.getBlockK() << " is not a multiple of the "
             << operands.getTerms() << " terms of a step";
    Value out = op.getOuts().front();
    rowCount = sizeOf(b, out, batched ? 1 : 0);
    columnCount = sizeOf(b, out, batched ? 2 : 1);
    depth = operands.getDepth();
    // As many items as the schedule says, of equal numbers of strips.
    Value strips = ceilDivide(b, rowCount, schedule.getMicroM()),
          rowBlocks = ceilDivide(b, rowCount, schedule.getItemM()),
          spread = maximum(b, rowBlocks, index(b, 1));
    itemRows = mul(b, divide(b, add(b, add(b, strips, spread), -1), spread),
                   schedule.getMicroM());
    Value columnBlocks = ceilDivide(b, columnCount, schedule.getItemN());
    forEach(b, body.begin, body.end, 1, [&](Value item) {
      Values place =
          delinearize(b, item, {index(b, 1), columnBlocks, rowBlocks});
      batch = batched ? place[0] : Value();
      operands.setBatch(batch);
      emitItem(mul(b, place[2], itemRows),
               mul(b, place[1], schedule.getItemN()));
    });
    return success();
  }

private:
  /// Panels of `width` columns, of each group as many, whole in every item.
  LogicalResult verifyGroups(int64_t width) {
    groupWidth = width / groups;
    if (width == 0 || width % groups != 0 || groupWidth % lanes != 0)
      return op.emitError("found panels of ")
             << width << " columns, expected " << groups
             << " groups of a multiple of " << lanes << " lanes";
    step = std::min(schedule.getMicroN(), groupWidth);
    if (groupWidth % step == 0 && schedule.getItemN() % groupWidth == 0)
      return success();
    return op.emitError("found micro_n ")
           << schedule.getMicroN() << " and item_n " << schedule.getItemN()
           << " for groups of " << groupWidth
           << " columns in a panel, which the former must divide, or be all of "
              "a panel, and the latter be a multiple of";
  }

  void emitItem(Value row, Value column) {
    firstRow = row;
    firstColumn = column;
    rowEnd = minimum(b, add(b, row, itemRows), rowCount);
    columnEnd = minimum(b, add(b, column, schedule.getItemN()), columnCount);
    firstOfB = mul(b, firstColumn, groups);
    endOfB = groups == 1
                 ? columnEnd
                 : mul(b, ceilDivide(b, columnEnd, groupWidth), groupWidth);
    endOfB = mul(b, endOfB, groups);
    carveScratch();
    if (codes) {
      emitCodes();
      return emitResults();
    }
    // A single strip reads b once, in order, and needs no blocks for that.
    Value isStrip = hasAtMost(schedule.getMicroM());
    Value isFew = hasFew() ? hasAtMost(kFewRows) : isStrip;
    ifThen(b, isStrip, [&] { emitWhole(kNearBytes); });
    if (hasFew())
      ifThen(b, b.createOrFold<arith::XOrIOp>(isStrip, isFew),
             [&] { emitFew(); });
    bool isWhole = !scratch.isBlocked && !schedule.getPackA();
    ifThen(b, isNot(b, isFew), [&] {
      inPieces = schedule.getUnrollK() % GemmOperands::kPieces == 0;
      atOnce = isWhole && isTileOfAllGroups();
      isWhole ? emitWhole(schedule.getPrefetch()) : emitBlocks();
      inPieces = atOnce = false;
    });
    if (isWhole && isTileOfAllGroups())
      ifThen(b, isFew, [&] { emitResults(); });
    else
      emitResults();
  }

  /// Whether a tile has all columns of b that make up its columns of the
  /// result.
  bool isTileOfAllGroups() const {
    return groups == 1 || schedule.getMicroN() == operands.getPanelWidth();
  }

  /// Codes are read alike whatever the number of rows: strips take turns with
  /// as much of a panel as stays in the first-level cache, and sums wait in
  /// scratch memory meanwhile.
  void emitCodes() {
    codes->setRows(batch, firstRow, rowEnd);
    codes->setPrefetch(schedule.getPrefetch());
    clearSums();
    int64_t size = scratch.isBlocked ? schedule.getBlockK() : codes->getRows();
    forBlocks(size, [&] {
      Value begin = depthBegin, end = depthEnd;
      codes->copyRows(begin, end);
      forTiles([&](Value n, bool masked) {
        setColumn(n, masked);
        codes->setColumn(n);
        forBlocks(begin, end, codes->getRowsOf(kNearBytes), [&] {
          coverRoundedUp(
              b, firstRow, rowEnd, schedule.getMicroM(),
              [&](Value m, int64_t rows) { emitCodedStrip(m, rows); });
        });
      });
    });
  }

  Value hasAtMost(int64_t rows) {
    return b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sle, rowCount,
                                         index(b, rows));
  }

  /// Whether there is a way for more rows than a strip has and at most
  /// `kFewRows`.
  bool hasFew() const {
    return operands.isInPanels() && schedule.getMicroM() < kFewRows &&
           schedule.getMicroM() >= kFewRows / 2 &&
           schedule.getItemM() >= kFewRows;
  }

  /// All of the contraction at once, with rows of A read in place.
  void emitWhole(int64_t prefetchBytes) {
    blocked = copied = false;
    setPrefetch(prefetchBytes, /*isNear=*/false);
    emitBlock(index(b, 0), depth);
  }

  /// Two strips of equal size, which take turns with as much of a panel as
  /// stays in the first-level cache: b passes once, and evenly, as each strip
  /// asks for half of what comes next.
  void emitFew() {
    blocked = true;
    copied = false;
    setPrefetch(kNearBytes, /*isNear=*/true);
    clearSums();
    int64_t rows = kFewRows / 2;
    int64_t steps =
        llvm::alignTo(std::max<int64_t>(kNearBytes / operands.getRowBytes(), 1),
                      schedule.getUnrollK());
    Value middle = add(b, firstRow, rows);
    forTiles([&](Value n, bool masked) {
      setColumn(n, masked);
      operands.setColumns(n, access);
      forBlocks(steps * operands.getTerms(), [&] {
        operands.setPrefetchShare(0, 2);
        emitStrip(firstRow, rows, index(b, rows));
        operands.setPrefetchShare(1, 2);
        emitStrip(middle, rows, sub(b, rowEnd, middle));
      });
    });
    operands.setPrefetchShare(0, 1);
  }

  void emitBlocks() {
    blocked = true;
    copied = bool(packedA);
    setPrefetch(schedule.getPrefetch(), /*isNear=*/false);
    clearSums();
    forBlocks(schedule.getBlockK(), [&] { emitBlock(depthBegin, depthEnd); });
  }

  /// Visits the contraction in blocks.
  void forBlocks(int64_t size, llvm::function_ref<void()> visit) {
    forBlocks(index(b, 0), depth, size, visit);
  }
  void forBlocks(Value begin, Value end, int64_t size,
                 llvm::function_ref<void()> visit) {
    forEach(b, begin, end, size, [&](Value from) {
      depthBegin = from;
      depthEnd = add(b, from, size);
      auto known = constantOf(sub(b, end, begin));
      if (!known || *known % size != 0)
        depthEnd = minimum(b, depthEnd, end);
      visit();
    });
  }

  void setPrefetch(int64_t bytes, bool isNear) {
    if (schedule.getPrefetch() != 0 && operands.isInPanels())
      operands.setPrefetch(index(b, bytes / operands.getRowBytes()), isNear);
  }

  void carveScratch() {
    // Rows a little longer than a block do not all start in the same sets of
    // the cache.
    Type copied = operands.getCopyType();
    int64_t padding = kernel::kPackedRowPadding *
                      kernel::getElementBytes(compute) /
                      kernel::getElementBytes(copied);
    if (schedule.getPackA() && !codes)
      packedA = scratchView(
          b, body.scratch, index(b, scratch.packedA),
          {schedule.getItemM(), schedule.getBlockK() + padding}, {}, copied);
    results->setItem(firstRow, firstOfB);
  }

  void clearSums() {
    Value zeros = zero(b, vectorOf(compute, lanes));
    forTiles([&](Value n, bool) {
      forEach(b, firstRow, rowEnd, 1, [&](Value m) {
        for (int64_t v = 0; v < vectors; ++v)
          results->storeSum(zeros, m, n, v * lanes);
      });
    });
  }

  /// The part of the item's products with k in [from, to).
  void emitBlock(Value from, Value to) {
    depthBegin = from;
    depthEnd = to;
    if (copied)
      operands.copyRows(packedA, firstRow, rowEnd, depthBegin, depthEnd);
    forTiles([&](Value n, bool masked) { emitColumns(n, masked); });
  }

  /// Visits the item's columns of b in tiles. Panels are padded: the sums of
  /// columns that do not exist are dropped; else the last ones are masked.
  void forTiles(llvm::function_ref<void(Value n, bool masked)> visit) {
    if (operands.isInPanels())
      forEach(b, firstOfB, endOfB, schedule.getMicroN(),
              [&](Value n) { visit(n, false); });
    else
      forColumns(visit);
  }

  /// Visits the item's columns in steps; the last ones may be masked.
  void forColumns(llvm::function_ref<void(Value n, bool masked)> visit) {
    Value whole =
        add(b, firstColumn, roundDown(b, sub(b, columnEnd, firstColumn), step));
    forEach(b, firstColumn, whole, step, [&](Value n) { visit(n, false); });
    auto known = constantOf(columnCount);
    if (!known || *known % step != 0)
      forEach(b, whole, columnEnd, step, [&](Value n) { visit(n, true); });
  }

  void emitColumns(Value n, bool masked) {
    setColumn(n, masked);
    operands.setColumns(n, access);
    auto strip = [&](Value m, int64_t rows, Value exist) {
      emitStrip(m, rows, exist);
    };
    auto finish = [&](Value m, Value exist) {
      if (atOnce)
        emitStripResults(m, exist);
    };
    coverWithStrips(b, firstRow, rowEnd, schedule.getMicroM(), strip, finish);
  }

  void setColumn(Value n, bool masked) {
    column = n;
    access.clear();
    for (int64_t v = 0; v < vectors; ++v) {
      Value mask;
      if (masked)
        mask = maskOf(b, sub(b, columnCount, add(b, n, v * lanes)), lanes);
      access.push_back({lanes, mask});
    }
  }

  /// Of the strip's rows `exist` do; the sums of others are dropped.
  void emitStrip(Value m, int64_t rows, Value exist) {
    results->setStrip(atOnce ? m : Value());
    Values accumulators;
    if (blocked)
      for (int64_t i = 0; i < rows * vectors; ++i)
        accumulators.push_back(
            results->loadSum(rowOf(m, i), column, i % vectors * lanes));
    if (blocked)
      accumulators.append(operands.getOwnRows() * vectors,
                          zero(b, vectorOf(compute, lanes)));
    int64_t terms = operands.getTerms();
    Value last = add(b, exist, -1);
    Value first = divide(b, depthBegin, index(b, terms)),
          whole = divide(b, depthEnd, index(b, terms));
    if (inPieces)
      operands.setPrefetchPiece(
          divide(b, sub(b, m, firstRow), index(b, schedule.getMicroM())), first,
          whole, vectors);
    accumulators =
        emitSteps(m, rows, last, first, whole, /*isCut=*/false, accumulators);
    if (constantOf(remainder(b, depth, index(b, terms))) != 0)
      accumulators =
          emitSteps(m, rows, last, whole, ceilDivide(b, depthEnd, terms),
                    /*isCut=*/true, accumulators);
    operands.applyOwnRows(b, accumulators, vectors);
    for (int64_t i = 0; i < rows * vectors; ++i)
      results->storeSum(accumulators[i], rowOf(m, i), column,
                        i % vectors * lanes);
  }

  void emitCodedStrip(Value m, int64_t rows) {
    codes->addBlocks(
        depthBegin, depthEnd, m, rows,
        [&](int64_t i) {
          return results->loadSum(rowOf(m, i), column, i % vectors * lanes);
        },
        [&](int64_t i, Value sum) {
          results->storeSum(sum, rowOf(m, i), column, i % vectors * lanes);
        });
  }

  /// The row of a strip's i-th sum.
  Value rowOf(Value m, int64_t i) { return add(b, m, i / vectors); }

  /// The steps [from, to) of a strip whose rows behind `last` do not exist.
  /// `isCut`: there is one at most, and its last terms do not exist.
  Values emitSteps(Value m, int64_t rows, Value last, Value from, Value to,
                   bool isCut, ValueRange initial) {
    bool isWhole = constantOf(last) == rows - 1;
    MicroKernel micro{rows + operands.getOwnRows(),
                      vectors,
                      lanes,
                      isCut ? 1 : schedule.getUnrollK(),
                      compute,
                      nullptr,
                      nullptr};
    operands.describe(micro, isCut);
    Value exist;
    if (isCut)
      exist = remainder(b, depth, index(b, operands.getTerms()));
    micro.loadA = [&](Builder &b, int64_t r, Step step) {
      if (r >= rows)
        return operands.loadOwnRow(b);
      Value k = mul(b, step.k, operands.getTerms());
      if (copied)
        return operands.loadA(b, packedA, {sub(b, add(b, m, r), firstRow)},
                              sub(b, k, depthBegin), step.term, exist);
      Value row = isWhole ? index(b, r) : minimum(b, index(b, r), last);
      return operands.loadA(b, operands.getA(),
                            operands.placeInA(add(b, m, row)), k, step.term,
                            exist);
    };
    return emitMicroKernel(b, micro, from, to, initial);
  }

  /// The epilogue of a strip and the tile. Those at the edge alone have masks.
  void emitStripResults(Value m, Value exist) {
    Value tile = column;
    SmallVector<Access> accesses(access);
    results->setStrip(m);
    auto emit = [&](Value n, bool masked) {
      if (operands.isInPanels())
        setColumn(n, masked);
      forEach(b, index(b, 0), exist, 1,
              [&](Value row) { emitResults(add(b, m, row)); });
      column = tile;
      access = accesses;
    };
    auto known = constantOf(columnCount);
    if (!operands.isInPanels() || (known && *known % step == 0))
      return emit(columnOfResult(tile), false);
    Value n = columnOfResult(tile);
    Value isWhole = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sle,
                                                  add(b, n, step), columnCount);
    ifThen(b, isWhole, [&] { emit(n, false); });
    ifThen(b, isNot(b, isWhole), [&] { emit(n, true); });
  }

  /// The result's column for a tile's first one of b.
  Value columnOfResult(Value tile) {
    return add(b, firstColumn,
               divide(b, sub(b, tile, firstOfB), index(b, groups)));
  }

  /// The epilogue, row by row: so each row of the result is written in one go,
  /// whereas its panels lie far apart, often in the same sets of the cache.
  void emitResults() {
    results->setStrip({});
    forEach(b, firstRow, rowEnd, 1, [&](Value m) {
      forColumns([&](Value n, bool masked) {
        setColumn(n, masked);
        emitResults(m);
      });
    });
  }

  void emitResults(Value m) {
    results->emit(batch, m, column, ArrayRef(access).take_front(step / lanes));
  }

  kernel::Gemm op;
  const KernelBody &body;
  Builder &b;
  kernel::GemmScheduleAttr schedule;
  GemmOperands operands;
  /// How b is read where it is codes.
  std::optional<GemmCodes> codes;
  int64_t groups;
  // Columns of a group in a panel, and of the result that the epilogue takes.
  int64_t groupWidth = 0, step = schedule.getMicroN();
  bool batched;
  kernel::GemmScratch scratch;
  Type compute;
  int64_t lanes, vectors;
  Value rowCount, columnCount, depth, itemRows;
  // The place being emitted.
  Value batch, firstRow, rowEnd, firstColumn, columnEnd, column;
  Value firstOfB, endOfB;
  Value depthBegin, depthEnd;
  // Scratch.
  Value packedA;
  std::optional<GemmResults> results;
  // Whether sums wait between blocks of the contraction, and rows of A are
  // copied.
  bool blocked = false, copied = false;
  // Whether the epilogue follows each strip.
  bool atOnce = false;
  // Whether strips ask for a part each of what comes next.
  bool inPieces = false;
  SmallVector<Access> access;
};

} // namespace

LogicalResult lowerGemm(kernel::Gemm op, const KernelBody &body,
                        ImplicitLocOpBuilder &b) {
  return GemmLowering(op, body, b).run();
}

} // namespace hagane::cpu
