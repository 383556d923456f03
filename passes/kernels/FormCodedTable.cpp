//===- FormCodedTable.cpp - Rows of tables that are codes -----------------===//
//
// The rows of an embedding table are the columns of a weight: where a product
// reads the same codes, the packed form of that is the only one stored, and
// elsewhere it is the only one that is as small as the codes.
//
//===----------------------------------------------------------------------===//

#include "dialects/kernel/KernelCodes.h"
#include "passes/kernels/CodedWeight.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/TaskBuilder.h"
#include "passes/precision/FactorType.h"

using namespace mlir;
using namespace hagane;
using kernel::kCodesLine;
using kernel::kCodesPanel;
using kernel::kCodesRows;

namespace {

/// Emits the numbers of one row of a table.
class RowWriter {
public:
  RowWriter(TaskScope &t, Value row, Value to, Values target, int64_t width)
      : t(t), b(t.b), row(row), to(to), target(std::move(target)),
        panel(div(row, width)), column(rem(row, width)) {}

protected:
  Value div(Value x, int64_t by) {
    return b.createOrFold<arith::DivUIOp>(x, t.index(by));
  }
  Value rem(Value x, int64_t by) {
    return b.createOrFold<arith::RemUIOp>(x, t.index(by));
  }
  Value mulAdd(Value x, int64_t factor, Value y) {
    return t.add(t.mul(x, t.index(factor)), y);
  }
  Value word(int64_t value) {
    return arith::ConstantIntOp::create(b, value, /*width=*/32);
  }

  /// Stores code * scale at column k of the row.
  void storeNumber(Value code, Value scale, Value k) {
    Value number = arith::SIToFPOp::create(b, b.getF32Type(), code);
    number = arith::MulFOp::create(b, number, scale);
    Values at = target;
    at.push_back(k);
    Type type = cast<MemRefType>(to.getType()).getElementType();
    t.store(convertScalar(b, number, number.getType(), type), to, at);
  }

  TaskScope &t;
  ImplicitLocOpBuilder &b;
  Value row, to;
  Values target;
  Value panel, column;
};

/// Of panels that `kernel.pack_codes` made.
class CodesRowWriter : RowWriter {
public:
  CodesRowWriter(TaskScope &t, Value row, Value to, Values target,
                 kernel::CodesAttr codes, int64_t rows)
      : RowWriter(t, row, to, std::move(target), kCodesPanel), codes(codes),
        layout(codes, rows), planes(kernel::getPlanes(layout.bits)) {}

  void run() {
    t.loop(t.index(0), t.index(layout.blocks),
           [&](Value block) { writeBlock(block); });
  }

private:
  void writeBlock(Value block) {
    base = t.mul(block, t.index(layout.getBlockBytes()));
    Value scale = loadScale();
    Value zero =
        codes.getZero()
            ? word(*codes.getZero())
            : loadByte(t.add(column, t.index(layout.getZerosOffset())));
    Value first = t.mul(block, t.index(layout.block));
    t.loop(t.index(0), t.index(layout.paddedBlock / kCodesRows),
           [&](Value part) { writePart(part, first, scale, zero); });
  }

  /// 32 elements of a block that begins at `first`, less those that pad it.
  void writePart(Value part, Value first, Value scale, Value zero) {
    bool isPadded =
        layout.block % kCodesRows != 0 || layout.rows % layout.block != 0;
    Values words = loadCodes(part);
    Value start = t.mul(part, t.index(kCodesRows));
    for (auto [i, code] : llvm::enumerate(words)) {
      Value inBlock = t.add(start, t.index(static_cast<int64_t>(i)));
      Value k = t.add(first, inBlock);
      auto write = [&] {
        storeNumber(arith::SubIOp::create(b, code, zero), scale, k);
      };
      if (!isPadded) {
        write();
        continue;
      }
      t.ifThen(t.both(t.isLess(inBlock, t.index(layout.block)),
                      t.isLess(k, t.index(layout.rows))),
               write);
    }
  }

  /// The codes of 32 elements. All are loaded before anything is stored.
  Values loadCodes(Value part) {
    constexpr int64_t kHalf = kCodesPanel / 2, kQuad = 4;
    Value at = mulAdd(part, layout.getRowsBytes(),
                      mulAdd(rem(column, kHalf), kQuad, t.index(0)));
    at = mulAdd(div(column, kHalf), layout.getRowsBytes() / 2, at);
    Values words(kCodesRows);
    int64_t line = 0;
    for (kernel::CodesPlane plane : planes)
      for (int64_t r = 0; r < plane.width; ++r, ++line)
        for (int64_t j = 0; j < kQuad; ++j) {
          Value byte = loadByte(t.add(at, t.index(line * kCodesLine + j)));
          for (int64_t s = 0; s * plane.width < 8; ++s)
            addBits(words[(s * plane.width + r) * kQuad + j], byte,
                    s * plane.width, plane);
        }
    return words;
  }

  /// Adds the bits of a plane, which lie in a byte from `place` on.
  void addBits(Value &code, Value byte, int64_t place,
               kernel::CodesPlane plane) {
    Value bits = b.createOrFold<arith::ShRUIOp>(byte, word(place));
    bits = b.createOrFold<arith::AndIOp>(bits,
                                         word((int64_t(1) << plane.width) - 1));
    bits = b.createOrFold<arith::ShLIOp>(bits, word(plane.shift));
    code = code ? b.createOrFold<arith::OrIOp>(code, bits) : bits;
  }

  /// A byte of the block as an i32.
  Value loadByte(Value offset) {
    Value byte = t.load(t.operands[0], {panel, t.add(base, offset)});
    return arith::ExtUIOp::create(b, b.getI32Type(), byte);
  }

  Value loadScale() {
    Value at =
        mulAdd(column, layout.scaleBytes, t.index(layout.getScalesOffset()));
    Value bits = word(0);
    for (int64_t i = 0; i < layout.scaleBytes; ++i)
      bits = b.createOrFold<arith::OrIOp>(
          bits, b.createOrFold<arith::ShLIOp>(loadByte(t.add(at, t.index(i))),
                                              word(8 * i)));
    Type type = codes.getScale();
    if (layout.scaleBytes < 4)
      bits = arith::TruncIOp::create(b, b.getIntegerType(8 * layout.scaleBytes),
                                     bits);
    return convertScalar(b, arith::BitcastOp::create(b, type, bits), type,
                         b.getF32Type());
  }

  kernel::CodesAttr codes;
  kernel::CodesLayout layout;
  SmallVector<kernel::CodesPlane, 3> planes;
  Value base;
};

/// Of panels of bytes, some of a row side by side.
class BytesRowWriter : RowWriter {
public:
  BytesRowWriter(TaskScope &t, Value row, Value to, Values target,
                 kernel::PackedForm form)
      : RowWriter(t, row, to, std::move(target), form.panel),
        size(form.interleave) {}

  void run(int64_t columns) {
    Value scale = t.load(t.operands[1], row);
    t.loop(t.index(0), t.index(columns / size),
           [&](Value chunk) { write(chunk, size, scale); });
    write(t.index(columns / size), columns % size, scale);
  }

private:
  void write(Value chunk, int64_t count, Value scale) {
    for (int64_t i = 0; i < count; ++i) {
      Value byte = t.load(t.operands[0], {panel, chunk, column, t.index(i)});
      storeNumber(arith::ExtSIOp::create(b, b.getI32Type(), byte), scale,
                  mulAdd(chunk, size, t.index(i)));
    }
  }

  int64_t size; // of a chunk
};

} // namespace

static int64_t countBytes(Type type) {
  auto shaped = cast<RankedTensorType>(type);
  return static_cast<int64_t>(llvm::divideCeil(
      shaped.getNumElements() * shaped.getElementTypeBitWidth(), 8));
}

/// Replaces the gather by a task that writes one row a work item.
static void
formRows(xf::Gather op, ArrayRef<Value> table, int64_t rows,
         llvm::function_ref<void(TaskScope &, Value, Value, Values)> write,
         KernelBuilder &b) {
  Values ins(table);
  ins.push_back(b.tensor(op.getIndices()));
  Value out = emptyLike(op.getY(), b);
  xf::Dim items = b.product(b.shapes.getDims(ins.back()));
  auto body = [&](TaskScope &t) {
    Value where = t.operands[table.size()], to = t.operands[table.size() + 1];
    Values at = t.delinearize(t.item, t.sizesOf(where));
    Type type = cast<MemRefType>(where.getType()).getElementType();
    Value row = t.position(t.load(where, at), type, t.index(rows));
    write(t, row, to, at);
  };
  b.replace(op, formTask(op, ins, out, items, body, b).front());
}

bool hagane::formCodedGather(xf::Gather op, KernelBuilder &b) {
  if (op.getAxis() != 0 || getElementTypeOrSelf(op.getY()).isF64())
    return false;
  std::optional<CodedWeight> table =
      CodedWeight::match(op.getX(), /*transposed=*/true, b);
  if (!table)
    return false;
  int64_t rows = table->getColumns(), columns = table->getDepth();
  if (table->areBytes()) {
    Value bytes = table->makeSignedBytes(b);
    Type byte = getElementTypeOrSelf(bytes);
    kernel::PackedForm form = b.getPackedForm(byte, byte, table->transposed);
    if (b.isPacked(bytes, form)) {
      formRows(
          op, {b.packedWeight(bytes, form), b.tensor(table->makeScaleRow(b))},
          rows,
          [&](TaskScope &t, Value row, Value to, Values at) {
            BytesRowWriter(t, row, to, std::move(at), form).run(columns);
          },
          b);
      return true;
    }
  }
  kernel::CodesAttr codes = table->getCodes(b);
  // Blocks that are much shorter than what is coded together may be larger than
  // numbers.
  if (countBytes(kernel::getPackedCodesType(codes, columns, rows,
                                            /*groups=*/1)) >=
      countBytes(op.getX().getType()))
    return false;
  formRows(
      op,
      {b.packedCodes(table->codes, table->scales,
                     codes.getZero() ? Value() : table->zeros, codes,
                     table->transposed)},
      rows,
      [&](TaskScope &t, Value row, Value to, Values at) {
        CodesRowWriter(t, row, to, std::move(at), codes, columns).run();
      },
      b);
  return true;
}
