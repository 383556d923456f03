//===- LowerConv.cpp - Convolutions ---------------------------------------===//
//
// A work item is a block of output channels at a block of the result's
// positions. What the windows of these positions see of a block of channels is
// copied into scratch memory, one row for each element of the window
// (Chellapilla et al., 2006, but a block at a time, so that it stays in the
// cache), which takes care of padding, strides and dilations; the rest is a
// matrix product of the weights and these rows. Neighbouring items share their
// channels, so that a thread reads its part of the weights only.
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/ConvFactors.h"
#include "codegen/cpu/Nest.h"
#include "codegen/cpu/WindowWay.h"
#include "dialects/kernel/KernelWindows.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace hagane::cpu {
namespace {

class ConvLowering {
public:
  ConvLowering(kernel::Conv op, const KernelBody &body, Builder &b)
      : op(op), body(body), b(b), schedule(*op.getSchedule()), x(op.getX()),
        factors(op, body.options, b), way(op, b),
        scratch(kernel::getConvScratch(op)), compute(factors.getComputeType()),
        lanes(factors.getLanes()), vectors(schedule.getMicroN() / lanes),
        volume(kernel::getWindowVolume(op.getWindow())) {}

  LogicalResult run() {
    if (vectors < 1 || schedule.getMicroN() % lanes != 0)
      return op.emitError("micro_n ")
             << schedule.getMicroN() << " is not a multiple of " << lanes
             << " lanes";
    if (int64_t rows = factors.getPanelRows();
        rows &&
        (rows % schedule.getMicroM() != 0 || schedule.getItemM() % rows != 0))
      return op.emitError("panels of ")
             << rows << " rows do not fit micro_m " << schedule.getMicroM()
             << " and item_m " << schedule.getItemM();
    if (schedule.getBlockC() % factors.getStepChannels() != 0)
      return op.emitError("block_c ")
             << schedule.getBlockC() << " is not a multiple of "
             << factors.getStepChannels() << " channels side by side";
    if (failed(factors.verify()))
      return failure();
    Value out = op.getOuts().front();
    positions = sizeOf(b, out, 2);
    groupChannels =
        divide(b, sizeOf(b, out, 1), index(b, int64_t(op.getGroups())));
    depth = index(b, kernel::getGroupDepth(op));
    for (unsigned i = 0; i < kSpace; ++i)
      outSpace.push_back(way.outSize(i));
    patches = scratchView(b, body.scratch, index(b, scratch.patches),
                          {scratch.rows / factors.getRowChannels(),
                           schedule.getItemN() + kernel::kPatchRowPadding},
                          {}, factors.getPatchType());
    // The sums of a strip lie together: one stream of memory.
    if (kernel::isBlocked(op))
      sums = scratchView(b, body.scratch, index(b, scratch.sums),
                         {schedule.getItemN() / schedule.getMicroN(),
                          schedule.getItemM(), schedule.getMicroN()},
                         {}, compute);
    Value rowBlocks = ceilDivide(b, groupChannels, schedule.getItemM()),
          columnBlocks = ceilDivide(b, positions, schedule.getItemN());
    forEach(b, body.begin, body.end, 1, [&](Value item) {
      Values place =
          delinearize(b, item,
                      {index(b, 1), index(b, int64_t(op.getGroups())),
                       rowBlocks, columnBlocks});
      batch = place[0];
      group = place[1];
      emitItem(mul(b, place[2], schedule.getItemM()),
               mul(b, place[3], schedule.getItemN()));
    });
    return success();
  }

private:
  static constexpr unsigned kSpace = WindowWay::kSpace;

  void emitItem(Value row, Value column) {
    firstRow = row;
    firstColumn = column;
    rowEnd = minimum(b, add(b, row, schedule.getItemM()), groupChannels);
    columnCount = sub(
        b, minimum(b, add(b, column, schedule.getItemN()), positions), column);
    if (!kernel::isBlocked(op))
      return emitBlock(index(b, 0), depth, /*last=*/true);
    clearSums();
    int64_t all = kernel::getGroupDepth(op), block = schedule.getBlockC();
    Value lastBegin = index(b, (all - 1) / block * block);
    forEach(b, index(b, 0), lastBegin, block, [&](Value from) {
      emitBlock(from, add(b, from, block), /*last=*/false);
    });
    emitBlock(lastBegin, depth, /*last=*/true);
  }

  void clearSums() {
    Value zeros = zero(b, vectorOf(compute, lanes));
    Value panels = ceilDivide(b, columnCount, schedule.getMicroN());
    forEach(b, index(b, 0), panels, 1, [&](Value panel) {
      forEach(b, index(b, 0), sub(b, rowEnd, firstRow), 1, [&](Value r) {
        for (int64_t v = 0; v < vectors; ++v)
          store(b, zeros, sums, {panel, r, index(b, v * lanes)},
                {lanes, Value()});
      });
    });
  }

  /// The part of the item's products with channels in [from, to).
  void emitBlock(Value from, Value to, bool last) {
    channelBegin = from;
    channelCount = sub(b, to, from);
    isLast = last;
    copyPatches();
    Value whole = roundDown(b, columnCount, schedule.getMicroN());
    forEach(b, index(b, 0), whole, schedule.getMicroN(),
            [&](Value n) { emitColumns(n, /*masked=*/false); });
    auto known = constantOf(positions);
    if (!known || *known % schedule.getMicroN() != 0)
      forEach(b, whole, columnCount, schedule.getMicroN(),
              [&](Value n) { emitColumns(n, /*masked=*/true); });
  }

  //===-- Patches ---------------------------------------------------------===//

  /// Visits the rows of the result that the item's positions are parts of.
  void copyPatches() {
    Value width = outSpace[2];
    Value end = add(b, firstColumn, columnCount);
    forEach(
        b, divide(b, firstColumn, width),
        divide(b, add(b, add(b, end, width), -1), width), 1, [&](Value row) {
          Value start = mul(b, row, width);
          Value first = maximum(b, firstColumn, start),
                last = minimum(b, end, add(b, start, width));
          Values place = delinearize(b, row, {outSpace[0], outSpace[1]});
          Values out{place[0], place[1], sub(b, first, start)};
          Value count = sub(b, last, first), to = sub(b, first, firstColumn);
          if (op.getStrides()[2] == 1)
            copyVectors(out, count, to);
          else
            copyRow(out, count, to);
        });
  }

  /// Visits the elements of the window at `out` but for its last axis, each
  /// with its coordinates in x and whether they lie in x.
  void forWindowLines(
      const Values &out,
      llvm::function_ref<void(Value kd, Value kh, Value d, Value h, Value seen)>
          visit) {
    ArrayRef<int64_t> window = op.getWindow();
    forEach(b, index(b, 0), index(b, window[0]), 1, [&](Value kd) {
      forEach(b, index(b, 0), index(b, window[1]), 1, [&](Value kh) {
        Value d = way.coordinate(0, out[0], kd),
              h = way.coordinate(1, out[1], kh);
        Value seen = way.isInside(0, d);
        seen = arith::AndIOp::create(b, seen, way.isInside(1, h));
        visit(kd, kh, d, h, seen);
      });
    });
  }

  Value channelAt(Value c) {
    return add(b, add(b, mul(b, group, depth), channelBegin), c);
  }

  /// copyRow for windows one element apart: all channels of a vector of
  /// positions at once, since what of it lies in x is the same for all. Whole
  /// vectors are written: the next row overwrites what is too much, and the
  /// last one has room.
  void copyVectors(const Values &out, Value count, Value to) {
    forWindowLines(out, [&](Value kd, Value kh, Value d, Value h, Value seen) {
      forEach(b, index(b, 0), index(b, op.getWindow()[2]), 1, [&](Value kw) {
        auto [low, high] = way.range(2, kw);
        high = arith::SelectOp::create(b, seen, high, low);
        forEach(b, index(b, 0), count, lanes, [&](Value i) {
          Value position = add(b, out[2], i);
          copyVector({d, h, way.coordinate(2, position, kw)},
                     place({kd, kh, kw}), add(b, to, i), sub(b, low, position),
                     sub(b, high, position));
        });
      });
    });
  }

  /// All channels of one vector, of which the lanes in [first, last) lie in x.
  void copyVector(const Values &from, Value element, Value to, Value first,
                  Value last) {
    auto compare = [&](arith::CmpIPredicate predicate, Value x, int64_t y) {
      return b.createOrFold<arith::CmpIOp>(predicate, x, index(b, y));
    };
    Value isPart =
        arith::OrIOp::create(b, compare(arith::CmpIPredicate::slt, last, lanes),
                             compare(arith::CmpIPredicate::sgt, first, 0));
    ifThen(b, isPart, [&] {
      Value until = maskOf(b, last, lanes);
      Value mask = arith::SelectOp::create(b, maskOf(b, first, lanes),
                                           zero(b, until.getType()), until);
      copyChannels(from, element, to, {lanes, mask});
    });
    ifThen(b, isNot(b, isPart),
           [&] { copyChannels(from, element, to, {lanes, Value()}); });
  }

  /// The vector of x at `from`, zero where it is masked, of each channel of the
  /// block as element `element` of the window.
  void copyChannels(const Values &from, Value element, Value to, Access part) {
    forRowChannels([&](Value c) {
      Value found = joinChannels(c, from, [&](const Values &at) {
        return load(b, x, at, part, compute);
      });
      store(b, found, patches, {factors.getRow(c, element), to},
            {lanes, Value()});
    });
  }

  /// Copies what the windows of `count` positions of a row from `out` on see,
  /// to columns from `to` on.
  void copyRow(const Values &out, Value count, Value to) {
    forRowChannels([&](Value c) {
      forWindowLines(out, [&](Value kd, Value kh, Value d, Value h,
                              Value seen) {
        forEach(b, index(b, 0), index(b, op.getWindow()[2]), 1, [&](Value kw) {
          Value patch = factors.getRow(c, place({kd, kh, kw}));
          copyLine(c, {d, h}, kw, out[2], count, seen, {patch, to});
        });
      });
    });
  }

  /// Visits the channels of the block, of each row of patches the first.
  void forRowChannels(llvm::function_ref<void(Value c)> visit) {
    forEach(b, index(b, 0), channelCount, factors.getRowChannels(), visit);
  }

  /// What a row of patches holds of x at `from`, loaded channel by channel.
  Value joinChannels(Value c, const Values &from,
                     llvm::function_ref<Value(const Values &at)> loadAt) {
    Values found;
    for (int64_t i = 0; i < factors.getRowChannels(); ++i) {
      Values at{batch, channelAt(add(b, c, i))};
      at.append(from);
      found.push_back(loadAt(at));
    }
    return factors.join(found);
  }

  /// Row-major position in the window.
  Value place(const Values &at) {
    ArrayRef<int64_t> window = op.getWindow();
    return add(b, mul(b, add(b, mul(b, at[0], window[1]), at[1]), window[2]),
               at[2]);
  }

  /// One element of the windows of `count` positions from `first` on: zeros,
  /// what lies in x, zeros.
  void copyLine(Value c, const Values &line, Value kw, Value first, Value count,
                Value seen, const Values &to) {
    auto [low, high] = way.range(2, kw);
    Value end = add(b, first, count);
    low = minimum(b, maximum(b, low, first), end);
    high = maximum(b, minimum(b, high, end), low);
    high = arith::SelectOp::create(b, seen, high, low);
    auto at = [&](Value position) {
      return Values{to[0], add(b, to[1], sub(b, position, first))};
    };
    Value none = zero(b, factors.getPatchType());
    auto clear = [&](Value from, Value until) {
      forEach(b, from, until, 1, [&](Value position) {
        store(b, none, patches, at(position), Access{});
      });
    };
    clear(first, low);
    // Elements far apart are faster to load one by one than to gather.
    int64_t step = op.getStrides()[2] > 2 ? 1 : lanes;
    forVectors(b, sub(b, high, low), step, [&](Value i, Access access) {
      Value position = add(b, low, i);
      Values from = line;
      from.push_back(way.coordinate(2, position, kw));
      Value found = joinChannels(c, from, [&](const Values &at) {
        return way.load(x, at, access, compute);
      });
      store(b, found, patches, at(position), access);
    });
    clear(high, end);
  }

  //===-- Products --------------------------------------------------------===//

  void emitColumns(Value n, bool masked) {
    column = n;
    access.clear();
    for (int64_t v = 0; v < vectors; ++v) {
      Value mask;
      if (masked)
        mask = maskOf(b, sub(b, columnCount, add(b, n, v * lanes)), lanes);
      access.push_back({lanes, mask});
    }
    emitStrips(b, firstRow, rowEnd, schedule.getMicroM(),
               [&](Value m, int64_t rows) { emitStrip(m, rows); });
  }

  /// The output channel of row `m` of the group.
  Value channelOf(Value m) { return add(b, mul(b, group, groupChannels), m); }

  void emitStrip(Value m, int64_t rows) {
    Value channel = channelOf(m);
    int64_t step = factors.getStepChannels();
    auto countSteps = [&](Value channels) {
      return mul(b, divide(b, channels, index(b, step)), volume);
    };
    MicroKernel micro{rows,    vectors, lanes,  schedule.getUnrollK(),
                      compute, nullptr, nullptr};
    factors.describe(micro, channel, countSteps(channelBegin), patches, column,
                     access);
    Values initial;
    if (sums)
      forSums(m, rows, [&](int64_t, const Values &at) {
        initial.push_back(load(b, sums, at, {lanes, Value()}, compute));
      });
    Values accumulators = emitMicroKernel(b, micro, index(b, 0),
                                          countSteps(channelCount), initial);
    if (!isLast)
      return forSums(m, rows, [&](int64_t i, const Values &at) {
        store(b, accumulators[i], sums, at, {lanes, Value()});
      });
    for (int64_t r = 0; r < rows; ++r)
      emitEpilogue(add(b, channel, r),
                   ArrayRef(accumulators).slice(r * vectors, vectors));
  }

  void forSums(Value m, int64_t rows,
               llvm::function_ref<void(int64_t, const Values &)> visit) {
    Value panel = divide(b, column, index(b, schedule.getMicroN()));
    Value r0 = sub(b, m, firstRow);
    for (int64_t i = 0; i < rows * vectors; ++i)
      visit(i,
            {panel, add(b, r0, i / vectors), index(b, (i % vectors) * lanes)});
  }

  void emitEpilogue(Value channel, ArrayRef<Value> accumulators) {
    for (int64_t v = 0; v < vectors; ++v) {
      Values dims{batch, channel,
                  add(b, add(b, firstColumn, column), v * lanes)};
      Values arguments{accumulators[v]};
      for (auto [extra, map] : llvm::zip_equal(
               op.getExtras(),
               op.getExtraMaps().getAsValueRange<AffineMapAttr>())) {
        Type type = kernel::getComputeType(
            cast<MemRefType>(extra.getType()).getElementType());
        arguments.push_back(
            loadMapped(b, extra, map, dims, 2, access[v], type));
      }
      Values results =
          cloneRegion(b, op.getEpilogue(), arguments, lanes, dims, 2);
      for (auto [out, value] : llvm::zip_equal(op.getOuts(), results))
        store(b, value, out, dims, access[v]);
    }
  }

  kernel::Conv op;
  const KernelBody &body;
  Builder &b;
  kernel::ConvScheduleAttr schedule;
  Value x;
  ConvFactors factors;
  WindowWay way;
  kernel::ConvScratch scratch;
  Type compute;
  int64_t lanes, vectors, volume;
  Value positions, groupChannels, depth;
  Values outSpace;
  // The place being emitted.
  Value batch, group, firstRow, rowEnd, firstColumn, columnCount, column;
  Value channelBegin, channelCount;
  bool isLast = true;
  // Scratch.
  Value patches, sums;
  SmallVector<Access> access;
};

} // namespace

LogicalResult lowerConv(kernel::Conv op, const KernelBody &body,
                        ImplicitLocOpBuilder &b) {
  return ConvLowering(op, body, b).run();
}

} // namespace hagane::cpu
