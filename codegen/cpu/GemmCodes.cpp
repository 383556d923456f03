//===- GemmCodes.cpp - Products with weights that are codes ---------------===//

#include "codegen/cpu/GemmCodes.h"
#include "codegen/cpu/Nest.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace hagane::cpu {

using kernel::kCodesRows;

// Columns of which codes are together.
static constexpr int64_t kHalf = kernel::kCodesPanel / 2;
// An f32 of 2^23 counts in ones, with its lowest bits.
static constexpr uint32_t kCountingBits = 0x4B000000;
// Of a strip that is alone in bringing what comes next.
static constexpr int64_t kWholeRate = 1 << 16;

static MemRefType typeOf(Value memref) {
  return cast<MemRefType>(memref.getType());
}

GemmCodes::GemmCodes(kernel::Gemm op, const KernelBody &body, Builder &b)
    : op(op), body(body), b(b), schedule(*op.getSchedule()),
      layout(kernel::getCodesLayout(op)), scratch(kernel::getGemmScratch(op)),
      a(op.getA()), weight(op.getB()), aScales(op.getAScales()),
      copyType(kernel::getCopyType(op)), isExact(copyType.isInteger()),
      zeroPoint(op.getCodes()->getZero()),
      lanes(body.options.getLanes(b.getF32Type())),
      vectors(schedule.getMicroN() / lanes),
      planes(kernel::getPlanes(layout.bits)), quads(body.options, layout.bits) {
}

LogicalResult GemmCodes::verify() {
  if (lanes > kHalf)
    return op.emitError("codes lie for vectors of at most ")
           << kHalf << " lanes, found " << lanes;
  if (!typeOf(weight).getLayout().isIdentity())
    return op.emitError("expected panels of codes side by side, found b of "
                        "type ")
           << weight.getType();
  if (!scratch.isBlocked || schedule.getBlockK() % layout.block == 0)
    return success();
  return op.emitError("block_k ")
         << schedule.getBlockK() << " is not a multiple of the " << layout.block
         << " rows of a block of codes";
}

int64_t GemmCodes::getRowsOf(int64_t bytes) const {
  int64_t most = std::max<int64_t>(bytes / layout.getBlockBytes(), 1);
  int64_t parts = llvm::divideCeil(layout.blocks, most);
  return llvm::divideCeil(layout.blocks, parts) * layout.block;
}

void GemmCodes::setColumn(Value column) {
  panel = divide(b, column, index(b, kernel::kCodesPanel));
  panelColumn = schedule.getMicroN() == kernel::kCodesPanel
                    ? index(b, 0)
                    : remainder(b, column, index(b, kernel::kCodesPanel));
}

//===-- a -----------------------------------------------------------------===//

void GemmCodes::copyRows(Value begin, Value end) {
  copies = scratchView(b, body.scratch, index(b, scratch.packedA),
                       {schedule.getItemM(), scratch.packedRow}, {}, copyType);
  sumsOfA = scratchView(b, body.scratch, index(b, scratch.sumsOfA),
                        {schedule.getItemM(), scratch.packedBlocks}, {},
                        b.getI32Type());
  firstBlock = divide(b, begin, index(b, layout.block));
  Value lastBlock = ceilDivide(b, end, layout.block);
  forEach(b, rowBegin, rowEnd, 1, [&](Value m) {
    forEach(b, firstBlock, lastBlock, 1,
            [&](Value block) { copyBlock(m, block); });
  });
}

/// Copies 32 elements of a row's block from `offset` on; those that the block
/// lacks are 0.
Value GemmCodes::copyPart(const Values &row, Value block, Value copy,
                          Value offset) {
  Value k = add(b, mul(b, block, layout.block), offset);
  Access part{kCodesRows, Value()};
  if (layout.block % kCodesRows != 0 || layout.rows % layout.block != 0) {
    Value inBlock = sub(b, index(b, layout.block), offset),
          inRow = sub(b, index(b, layout.rows), k);
    Value count = maximum(b, minimum(b, inBlock, inRow), index(b, 0));
    part.mask = maskOf(b, count, kCodesRows);
  }
  Values from = batch ? Values{batch, row[0], k} : Values{row[0], k};
  Value value = load(b, a, from, part, copyType);
  Value to = add(b, mul(b, copy, layout.paddedBlock), offset);
  store(b, value, copies, {row[1], to}, {kCodesRows, Value()});
  return value;
}

void GemmCodes::copyBlock(Value m, Value block) {
  Values row{m, sub(b, m, rowBegin)};
  Value copy = sub(b, block, firstBlock);
  if (!isExact) {
    forEach(b, index(b, 0), index(b, layout.paddedBlock), kCodesRows,
            [&](Value offset) { copyPart(row, block, copy, offset); });
    return;
  }
  Type word = b.getI32Type();
  Values sum = forCarrying(
      b, index(b, 0), index(b, layout.paddedBlock), kCodesRows, zero(b, word),
      [&](Value offset, ValueRange carried) -> Values {
        Value part = copyPart(row, block, copy, offset);
        Value sum = combineLanes(b, "sum", convert(b, part, word));
        return {arith::AddIOp::create(b, carried[0], sum)};
      });
  // A zero point that all codes have is counted in here.
  if (zeroPoint)
    sum[0] = arith::MulIOp::create(
        b, sum[0], arith::ConstantIntOp::create(b, -*zeroPoint, 32));
  store(b, sum[0], sumsOfA, {row[1], copy}, Access{});
}

Value GemmCodes::loadSumOfA(const Strip &strip, int64_t row) {
  Value sum = load(b, sumsOfA, {add(b, strip.first, row), strip.copy}, Access{},
                   b.getI32Type());
  return splat(b, sum, lanes);
}

//===-- b -----------------------------------------------------------------===//

/// Bytes of the panel from one of the block on.
Value GemmCodes::loadBytes(Value block, Value at, int64_t count) {
  Value place = add(b, mul(b, block, layout.getBlockBytes()), at);
  return load(b, weight, {panel, place}, {count, Value()}, b.getI8Type());
}

Value GemmCodes::loadCodes(const Strip &strip, Value offset, int64_t vector,
                           Value byte) {
  int64_t halfBytes = layout.getRowsBytes() / 2;
  Value column = add(b, panelColumn, vector * lanes);
  Value half = divide(b, column, index(b, kHalf)),
        inHalf = remainder(b, column, index(b, kHalf));
  Value rows =
      mul(b, divide(b, offset, index(b, kCodesRows)), layout.getRowsBytes());
  Value inRows = add(b, mul(b, half, halfBytes), byte);
  Value at = add(b, rows, add(b, inRows, mul(b, inHalf, 4)));
  // Once for a line.
  bool isLine = vector * lanes % kHalf == 0 || vectors * lanes < kHalf;
  if (bytesAhead > 0 && isLine)
    prefetch(strip, rows, add(b, inRows, mul(b, inHalf, 4)));
  Value bytes = loadBytes(strip.block, at, 4 * lanes);
  return vector::BitCastOp::create(b, vectorOf(b.getI32Type(), lanes), bytes);
}

Value GemmCodes::loadScale(Value block, int64_t vector) {
  Type type = op.getCodes()->getScale();
  Value column = add(b, panelColumn, vector * lanes);
  Value at =
      add(b, mul(b, column, layout.scaleBytes), layout.getScalesOffset());
  Value bytes = loadBytes(block, at, lanes * layout.scaleBytes);
  return convert(b, vector::BitCastOp::create(b, vectorOf(type, lanes), bytes),
                 b.getF32Type());
}

/// The zero points of a vector's columns as words.
Value GemmCodes::loadZero(Value block, int64_t vector) {
  Value column = add(b, panelColumn, vector * lanes);
  Value bytes =
      loadBytes(block, add(b, column, layout.getZerosOffset()), lanes);
  return arith::ExtUIOp::create(b, vectorOf(b.getI32Type(), lanes), bytes);
}

//===-- Steps -------------------------------------------------------------===//

static Value countingFloat(Builder &b, Value words) {
  Value bits = arith::OrIOp::create(
      b, words,
      splatWord(b, kCountingBits,
                cast<VectorType>(words.getType()).getDimSize(0)));
  auto type = cast<VectorType>(words.getType());
  return arith::BitcastOp::create(b, type.clone(b.getF32Type()), bits);
}

int64_t GemmCodes::countChains(const Strip &strip) const {
  // Multiply-adds in flight that hide their latency.
  static constexpr int64_t kInFlight = 8;
  return isExact ? 1 : std::clamp<int64_t>(kInFlight / countSums(strip), 1, 4);
}

/// What the products of a block are added to.
Values GemmCodes::startProducts(const Strip &strip) {
  Values products;
  for (int64_t r = 0; r < strip.rows; ++r) {
    Value start =
        zero(b, vectorOf(copyType.isF32() ? copyType : b.getI32Type(), lanes));
    if (isExact && zeroPoint && *zeroPoint != 0)
      start = loadSumOfA(strip, r);
    products.append(vectors, start);
  }
  products.append(countSums(strip) * (countChains(strip) - 1),
                  zero(b, vectorOf(b.getF32Type(), lanes)));
  return products;
}

void GemmCodes::addExact(const Strip &strip, CodesLanes &codes, Value place,
                         int64_t quad, Values &products) {
  SmallVector<Values> factors;
  for (int64_t v = 0; v < vectors; ++v)
    factors.push_back(quads.splitCodes(b, codes.getQuad(v, quad)));
  for (int64_t r = 0; r < strip.rows; ++r) {
    Value bytes = load(b, copies, {add(b, strip.first, r), place}, {4, Value()},
                       b.getI8Type());
    Value word = vector::ExtractOp::create(
        b, vector::BitCastOp::create(b, vectorOf(b.getI32Type(), 1), bytes), 0);
    Values row = quads.splitBytes(b, splat(b, word, lanes));
    for (int64_t v = 0; v < vectors; ++v) {
      Value &product = products[r * vectors + v];
      product = quads.add(b, factors[v], row, product);
    }
  }
}

void GemmCodes::addFloats(const Strip &strip, CodesLanes &codes, Value place,
                          int64_t quad, Values &products) {
  int64_t chains = countChains(strip);
  for (int64_t k = 0; k < 4; ++k) {
    Values factors;
    for (int64_t v = 0; v < vectors; ++v)
      factors.push_back(arith::SubFOp::create(
          b, countingFloat(b, codes.getRow(v, quad, k)), zeros[v]));
    for (int64_t r = 0; r < strip.rows; ++r) {
      Value element =
          load(b, copies, {add(b, strip.first, r), add(b, place, k)}, Access{},
               copyType);
      Value row = splat(b, element, lanes);
      for (int64_t v = 0; v < vectors; ++v) {
        Value &product =
            products[k % chains * countSums(strip) + r * vectors + v];
        product = multiplyAdd(b, row, factors[v], product);
      }
    }
  }
}

/// Adds the products of quads of 32 rows whose codes lie together: those of
/// each line `first` of the widest plane on, `line` lines later.
void GemmCodes::addLines(const Strip &strip, Value offset, Value line,
                         ArrayRef<int64_t> numbers, Values &products) {
  CodesLanes codes(b, layout.bits, [&](int64_t vector, int64_t byte) {
    return loadCodes(strip, offset, vector,
                     add(b, mul(b, line, kernel::kCodesLine), byte));
  });
  Value place = add(b, add(b, strip.place, offset), mul(b, line, 4));
  for (int64_t quad : numbers) {
    Value at = add(b, place, 4 * quad);
    if (isExact)
      addExact(strip, codes, at, quad, products);
    else
      addFloats(strip, codes, at, quad, products);
  }
}

/// Adds the products of 32 rows of a block. Many of floats are a loop, as their
/// code is long.
Values GemmCodes::addRows(const Strip &strip, Value offset, Values products) {
  static constexpr int64_t kManySums = 8;
  SmallVector<int64_t> all = listQuads(layout.bits);
  int64_t lines = planes.front().width;
  if (isExact || planes.size() > 1 || countSums(strip) < kManySums) {
    addLines(strip, offset, index(b, 0), all, products);
    return products;
  }
  auto first = ArrayRef(all).take_front(all.size() / lines);
  return forCarrying(b, index(b, 0), index(b, lines), 1, products,
                     [&](Value line, ValueRange carried) {
                       Values sums(carried);
                       addLines(strip, offset, line, first, sums);
                       return sums;
                     });
}

/// A sum of products as it counts: in f32, less what the zero points take.
Value GemmCodes::finishProducts(const Strip &strip, int64_t number,
                                ValueRange products, Value zero) {
  Value product = products[number];
  if (!isExact) {
    for (size_t chain = number + countSums(strip); chain < products.size();
         chain += countSums(strip))
      product = arith::AddFOp::create(b, product, products[chain]);
    return product;
  }
  if (!zeroPoint)
    product = arith::SubIOp::create(
        b, product,
        arith::MulIOp::create(b, zero, loadSumOfA(strip, number / vectors)));
  return arith::SIToFPOp::create(b, vectorOf(b.getF32Type(), lanes), product);
}

Values GemmCodes::addBlock(const Strip &strip,
                           llvm::function_ref<Value(int64_t)> loadSum) {
  zeros.clear();
  for (int64_t v = 0; v < vectors; ++v) {
    Value zero =
        zeroPoint ? splatWord(b, *zeroPoint, lanes) : loadZero(strip.block, v);
    zeros.push_back(isExact ? zero : countingFloat(b, zero));
  }
  Values products = startProducts(strip);
  if (layout.paddedBlock == kCodesRows)
    products = addRows(strip, index(b, 0), products);
  else
    products =
        forCarrying(b, index(b, 0), index(b, layout.paddedBlock), kCodesRows,
                    products, [&](Value offset, ValueRange carried) {
                      return addRows(strip, offset, Values(carried));
                    });
  Values scales;
  for (int64_t v = 0; v < vectors; ++v)
    scales.push_back(loadScale(strip.block, v));
  Values sums;
  for (int64_t i = 0; i < countSums(strip); ++i) {
    Value scale = scales[i % vectors];
    if (aScales)
      scale = arith::MulFOp::create(b, scale, loadScaleOfA(strip, i / vectors));
    sums.push_back(
        multiplyAdd(b, finishProducts(strip, i, products, zeros[i % vectors]),
                    scale, loadSum(i)));
  }
  return sums;
}

/// Rows behind the last one have its scales.
Value GemmCodes::loadScaleOfA(const Strip &strip, int64_t row) {
  Value m = minimum(b, add(b, strip.m, row), add(b, rowEnd, -1));
  Values at = batch ? Values{batch, m, strip.block} : Values{m, strip.block};
  return splat(b, load(b, aScales, at, Access{}, b.getF32Type()), lanes);
}

/// Whether the sums of a strip fit in registers beside a block's products.
bool GemmCodes::keepsSums(int64_t rows) const {
  // What codes are unpacked from and to, and a factor of a.
  int64_t others = 2 * vectors + 1;
  return 2 * rows * vectors + others <= body.options.vectorRegisters;
}

/// A strip asks for what comes a little later. Those that take turns with some
/// blocks ask for a part each of the blocks behind these, as many bytes: so
/// reading goes on while all of them compute.
void GemmCodes::setShare(Value from, Value to, Value m) {
  Value strips = ceilDivide(b, sub(b, rowEnd, rowBegin), schedule.getMicroM());
  Value number = divide(b, sub(b, m, rowBegin), index(b, schedule.getMicroM()));
  Value isAlone = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sle,
                                                strips, index(b, 1));
  Value bytes = mul(b, sub(b, to, from), layout.getBlockBytes());
  Value begin = mul(b, from, layout.getBlockBytes());
  Value part = divide(b, mul(b, number, bytes), strips);
  share = b.createOrFold<arith::SelectOp>(isAlone, add(b, begin, bytesAhead),
                                          add(b, add(b, begin, bytes), part));
  rate = divide(b, index(b, kWholeRate), maximum(b, strips, index(b, 1)));
}

/// Asks for what a strip is to bring while it reads byte `at` of the block's
/// rows from byte `rows` on.
void GemmCodes::prefetch(const Strip &strip, Value rows, Value at) {
  Value done = mul(b, add(b, strip.done, rows), rate);
  Value ahead = add(b, share, divide(b, done, index(b, kWholeRate)));
  // What lies beyond the last panel is a hint without effect.
  memref::PrefetchOp::create(b, weight, Values{panel, add(b, ahead, at)},
                             /*isWrite=*/false, /*localityHint=*/3,
                             /*isDataCache=*/true);
}

void GemmCodes::addBlocks(Value begin, Value end, Value m, int64_t rows,
                          llvm::function_ref<Value(int64_t)> loadSum,
                          llvm::function_ref<void(int64_t, Value)> storeSum) {
  Value from = divide(b, begin, index(b, layout.block)),
        to = ceilDivide(b, end, layout.block);
  setShare(from, to, m);
  auto at = [&](Value block) {
    Value copy = sub(b, block, firstBlock);
    return Strip{rows,
                 m,
                 sub(b, m, rowBegin),
                 block,
                 copy,
                 mul(b, copy, layout.paddedBlock),
                 mul(b, sub(b, block, from), layout.getBlockBytes())};
  };
  int64_t count = rows * vectors;
  if (!keepsSums(rows)) {
    forEach(b, from, to, 1, [&](Value block) {
      for (auto [i, sum] : llvm::enumerate(addBlock(at(block), loadSum)))
        storeSum(static_cast<int64_t>(i), sum);
    });
    return;
  }
  Values sums;
  for (int64_t i = 0; i < count; ++i)
    sums.push_back(loadSum(i));
  sums =
      forCarrying(b, from, to, 1, sums, [&](Value block, ValueRange carried) {
        return addBlock(at(block), [&](int64_t i) { return carried[i]; });
      });
  for (int64_t i = 0; i < count; ++i)
    storeSum(i, sums[i]);
}

} // namespace hagane::cpu
