//===- FormQuantized.cpp - Products of codes ------------------------------===//

#include "dialects/kernel/KernelCodes.h"
#include "dialects/xf/XfQuantization.h"
#include "passes/kernels/CodedInput.h"
#include "passes/kernels/CodedWeight.h"
#include "passes/kernels/Forms.h"
#include "passes/kernels/Scalars.h"
#include "passes/precision/FactorType.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

using ScalarScope = ImplicitLocOpBuilder;

static Type elementTypeOf(Value tensor) {
  return cast<ShapedType>(tensor.getType()).getElementType();
}

//===-- Codes of activations ----------------------------------------------===//

/// x [rows, k] as [rows, blocks, k of a block]; with one block as it is.
static FailureOr<Value> splitRows(xf::QuantizeRows op, KernelBuilder &b) {
  Value x = b.tensor(op.getX());
  // The product that makes it is to write it so.
  if (Type type = getFactorType(op))
    x = b.rounded(op.getLoc(), x, type);
  SmallVector<Dim> dims(b.shapes.getDims(x));
  auto block = static_cast<int64_t>(op.getBlock());
  if (block == 0)
    return x;
  Dim count =
      b.shapes.getProver().divideExactly(dims.back(), b.constant(block));
  if (!count)
    return failure();
  dims.back() = count;
  dims.push_back(b.constant(block));
  return b.reshape(op.getLoc(), x, dims);
}

/// The code of one element as an i8, signed or shifted by the middle.
static Value makeCode(ScalarScope &b, Value x, Value most, bool isShifted) {
  Type f32 = b.getF32Type(), i32 = b.getI32Type();
  auto constant = [&](double value) { return makeScalar(b, f32, value); };
  // Of NaN, infinity and next to nothing all codes are 0, up to those that
  // cannot be told, which the scale makes NaN.
  Value isLarge = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, most,
                                        constant(xf::kLeastMagnitude));
  Value isFinite =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, most,
                            constant(std::numeric_limits<double>::infinity()));
  Value inverse = arith::DivFOp::create(b, constant(127), most);
  inverse = arith::SelectOp::create(
      b, arith::AndIOp::create(b, isLarge, isFinite), inverse, constant(0));
  Value code =
      math::RoundEvenOp::create(b, arith::MulFOp::create(b, x, inverse));
  // As maximum of numbers, but one instruction: NaN compares false.
  Value isAbove =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, code, constant(-127));
  code = arith::SelectOp::create(b, isAbove, code, constant(-127));
  code = arith::MinNumFOp::create(b, code, constant(127));
  code = arith::FPToSIOp::create(b, i32, code);
  if (isShifted)
    code = arith::AddIOp::create(b, code, makeScalar(b, i32, kMiddleByte));
  return arith::TruncIOp::create(b, b.getI8Type(), code);
}

/// NaN where the largest number is not finite.
static Value makeScale(ScalarScope &b, Value most) {
  auto constant = [&](double value) {
    return makeScalar(b, b.getF32Type(), value);
  };
  Value isFinite =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, most,
                            constant(std::numeric_limits<double>::infinity()));
  return arith::SelectOp::create(
      b, isFinite, arith::DivFOp::create(b, most, constant(127)),
      constant(std::numeric_limits<double>::quiet_NaN()));
}

/// The codes, in x's shape, and scales of rows; made once for all readers.
static FailureOr<CodedRows> makeCodedRows(xf::QuantizeRows op, bool isShifted,
                                          KernelBuilder &b) {
  CodedRows &known = b.codedRows[{op, isShifted}];
  if (known.codes)
    return known;
  OpBuilder::InsertionGuard guard(b.rewriter);
  b.rewriter.setInsertionPoint(op);
  FailureOr<Value> x = splitRows(op, b);
  if (failed(x))
    return b.cannotForm(op, "its rows are not known to be whole blocks of " +
                                Twine(op.getBlock()));
  Location loc = op.getLoc();
  SmallVector<Dim> dims(b.shapes.getDims(*x)),
      outer(ArrayRef(dims).drop_back());
  unsigned rank = dims.size();
  AffineMap all = b.identityMap(rank);
  Type from = elementTypeOf(*x), f32 = b.rewriter.getF32Type();
  Type code = isShifted ? b.rewriter.getIntegerType(8, /*isSigned=*/false)
                        : b.rewriter.getI8Type();
  RowsSpec spec;
  spec.ins.push_back({*x, all});
  spec.outs.push_back({b.empty(loc, dims, code), all});
  spec.outs.push_back({b.empty(loc, outer, f32), all.dropResult(rank - 1)});
  auto narrow = [from, f32](ScalarScope &b, Value x) {
    return convertScalar(b, x, from, f32);
  };
  spec.stages.push_back({"max", [&](ScalarScope &b, ValueRange x) -> Value {
                           return math::AbsFOp::create(b, narrow(b, x[0]));
                         }});
  // Arguments: the largest number; and x before it.
  spec.finish = [](ScalarScope &b, ValueRange x) -> SmallVector<Value> {
    return {makeScale(b, x[0])};
  };
  spec.map = [&](ScalarScope &b, ValueRange x) -> SmallVector<Value> {
    return {makeCode(b, narrow(b, x[0]), x[1], isShifted)};
  };
  kernel::Rows rows = b.rows(loc, spec);
  FailureOr<Value> codes =
      b.reshape(loc, rows.getResult(0),
                SmallVector<Dim>(b.shapes.getDims(op.getCodes())));
  FailureOr<Value> scales =
      b.reshape(loc, rows.getResult(1),
                SmallVector<Dim>(b.shapes.getDims(op.getScales())));
  if (failed(codes) || failed(scales))
    return b.cannotForm(op, "its blocks cannot be joined");
  known = {*codes, *scales};
  return known;
}

LogicalResult hagane::form(xf::QuantizeRows op, KernelBuilder &b) {
  FailureOr<CodedRows> rows = makeCodedRows(op, /*isShifted=*/false, b);
  if (failed(rows))
    return failure();
  b.replaceAll(op, {rows->codes, rows->scales});
  return success();
}

//===-- Products ----------------------------------------------------------===//

namespace {

/// A product whose epilogue is put together from parts.
class CodedProduct {
public:
  CodedProduct(Operation *op, const CodedWeight &weight, KernelBuilder &b)
      : op(op), weight(weight), b(b), loc(op->getLoc()) {}

  /// False where there is no kernel of codes; fails after a diagnostic.
  FailureOr<bool> form(Value x, Value bias) {
    xf::QuantizeRows rows = matchCodedRows(x);
    bool areBytes = weight.areBytes();
    if (rows && rows.getBlock() == 0 && areBytes)
      return formRowsOfBytes(rows, bias);
    if (rows)
      return formBlocks(rows, bias);
    if (std::optional<ByteInput> input = ByteInput::match(x)) {
      if (areBytes)
        return formBytes(*input, bias);
      if (weight.scales && input->scale && input->isSigned() &&
          (!input->zero || getSplatInteger(input->zero) == 0))
        return formSignedBytes(*input, bias);
    }
    return weight.scales ? formFloats(x, bias) : false;
  }

private:
  /// Bytes by bytes, summed up in i32. Rows have their own scales.
  FailureOr<bool> formRowsOfBytes(xf::QuantizeRows rows, Value bias) {
    FailureOr<CodedRows> coded = makeCodedRows(rows, /*isShifted=*/true, b);
    if (failed(coded))
      return failure();
    a = coded->codes;
    Value bytes = packBytes();
    addColumn(b.tensor(weight.makeSums(bytes, kMiddleByte, b)));
    addRow(coded->scales);
    addColumn(b.tensor(weight.makeScaleRow(b)));
    addBias(bias);
    return finish([&](ScalarScope &builder, ValueRange x) {
      Value sum = arith::SubIOp::create(builder, x[0], x[1]);
      Value y = arith::SIToFPOp::create(builder, builder.getF32Type(), sum);
      y = arith::MulFOp::create(builder, y, x[2]);
      y = arith::MulFOp::create(builder, y, x[3]);
      return addBiasTo(builder, y, x);
    });
  }

  /// The same of a tensor with one zero point and one scale.
  FailureOr<bool> formBytes(const ByteInput &input, Value bias) {
    if (bool(input.scale) != bool(weight.scales) || (bias && !input.scale))
      return false;
    a = input.isSigned() ? shift(input.codes) : b.tensor(input.codes);
    int64_t shifted = input.isSigned() ? kMiddleByte : 0;
    std::optional<int64_t> zero = input.zero ? getSplatInteger(input.zero) : 0;
    Value bytes = packBytes();
    addColumn(b.tensor(weight.makeSums(bytes, zero ? *zero + shifted : 1, b)));
    if (!zero)
      addScalar(input.zero);
    if (input.scale) {
      addScalar(input.scale);
      addColumn(b.tensor(weight.makeScaleRow(b)));
    }
    addBias(bias);
    Type zeroType = zero ? Type() : elementTypeOf(input.zero);
    return finish([=, this](ScalarScope &builder, ValueRange x) {
      Value offset = x[1];
      if (zeroType) {
        Type i32 = builder.getI32Type();
        Value point = convertScalar(builder, x[2], zeroType, i32);
        point = arith::AddIOp::create(
            builder, point,
            makeScalar(builder, i32, static_cast<double>(shifted)));
        offset = arith::MulIOp::create(builder, offset, point);
      }
      Value y = arith::SubIOp::create(builder, x[0], offset);
      if (!weight.scales)
        return y;
      unsigned at = zeroType ? 3 : 2;
      y = arith::SIToFPOp::create(builder, builder.getF32Type(), y);
      y = arith::MulFOp::create(builder, y, x[at]);
      y = arith::MulFOp::create(builder, y, x[at + 1]);
      return addBiasTo(builder, y, x);
    });
  }

  /// Signed bytes as unsigned ones.
  Value shift(Value codes) {
    Value x = b.tensor(codes);
    SmallVector<Dim> dims(b.shapes.getDims(x));
    Type byte = b.rewriter.getIntegerType(8, /*isSigned=*/false);
    return b.map(loc, {{x, b.identityMap(dims.size())}}, dims, byte,
                 [](ScalarScope &builder, ValueRange x) -> SmallVector<Value> {
                   return {flipSign(builder, x[0])};
                 });
  }

  Value packBytes() {
    Value bytes = weight.makeSignedBytes(b);
    Type byte = elementTypeOf(bytes);
    panels =
        b.packedWeight(bytes, b.getPackedForm(byte, byte, weight.transposed));
    layout = "interleaved";
    accumulator = b.rewriter.getI32Type();
    return bytes;
  }

  /// Bytes by codes of few bits.
  FailureOr<bool> formBlocks(xf::QuantizeRows rows, Value bias) {
    auto block = static_cast<int64_t>(rows.getBlock());
    bool hasBlocks = block != 0 && block < weight.getDepth();
    if (hasBlocks && block != weight.block)
      return false;
    FailureOr<CodedRows> coded = makeCodedRows(rows, /*isShifted=*/false, b);
    if (failed(coded))
      return failure();
    a = coded->codes;
    if (hasBlocks)
      scales = coded->scales;
    else
      addRow(coded->scales);
    return finishCodes(bias, !hasBlocks);
  }

  /// Bytes of one scale by codes of few bits.
  FailureOr<bool> formSignedBytes(const ByteInput &input, Value bias) {
    a = b.tensor(input.codes);
    addScalar(input.scale);
    return finishCodes(bias, /*hasScale=*/true);
  }

  /// Floats by codes.
  FailureOr<bool> formFloats(Value x, Value bias) {
    if (elementTypeOf(x).isF64())
      return false;
    a = b.tensor(x);
    return finishCodes(bias, /*hasScale=*/false);
  }

  FailureOr<bool> finishCodes(Value bias, bool hasScale) {
    codes = weight.getCodes(b);
    panels = b.packedCodes(weight.codes, weight.scales,
                           codes.getZero() ? Value() : weight.zeros, codes,
                           weight.transposed);
    layout = "codes";
    accumulator = b.rewriter.getF32Type();
    addBias(bias);
    return finish([&](ScalarScope &builder, ValueRange x) {
      Value y = x[0];
      if (hasScale)
        y = arith::MulFOp::create(builder, y, x[1]);
      return addBiasTo(builder, y, x);
    });
  }

  /// An operand of a number for all, for each column, for each row.
  void addScalar(Value value) {
    FailureOr<Value> scalar = b.reshape(loc, b.tensor(value), {});
    isFlat &= succeeded(scalar);
    addExtra(isFlat ? *scalar : value,
             AffineMap::get(2, 0, b.rewriter.getContext()));
  }
  void addColumn(Value value) {
    addExtra(value, AffineMap::get(2, 0, b.rewriter.getAffineDimExpr(1)));
  }
  void addRow(Value value) {
    SmallVector<Dim> dims(b.shapes.getDims(value));
    FailureOr<Value> flat = b.reshape(loc, value, b.product(dims));
    isFlat &= succeeded(flat);
    addExtra(isFlat ? *flat : value,
             AffineMap::get(2, 0, b.rewriter.getAffineDimExpr(0)));
  }
  void addExtra(Value value, AffineMap map) {
    extras.push_back(value);
    maps.push_back(map);
  }
  void addBias(Value bias) {
    hasBias = bias != nullptr;
    if (hasBias)
      addColumn(b.tensor(bias));
  }

  /// The bias is the last extra.
  Value addBiasTo(ScalarScope &builder, Value y, ValueRange x) const {
    if (!hasBias)
      return y;
    Value bias =
        convertScalar(builder, x.back(), x.back().getType(), y.getType());
    return arith::AddFOp::create(builder, y, bias);
  }

  FailureOr<bool>
  finish(llvm::function_ref<Value(ScalarScope &, ValueRange)> epilogue) {
    SmallVector<Dim> dims(b.shapes.getDims(op->getResult(0))),
        in(b.shapes.getDims(a));
    Dim rows = b.product(ArrayRef(in).drop_back());
    FailureOr<Value> flat = b.reshape(loc, a, {rows, in.back()});
    if (failed(flat) || !isFlat)
      return b.cannotForm(op, "its rows cannot be flattened");
    if (scales) {
      Dim blocks = b.shapes.getDims(scales).back();
      FailureOr<Value> flatScales = b.reshape(loc, scales, {rows, blocks});
      if (failed(flatScales))
        return b.cannotForm(op, "its scales cannot be flattened");
      scales = *flatScales;
    }
    Type type = elementTypeOf(op->getResult(0));
    Value out = b.empty(loc, {rows, b.constant(weight.getColumns())}, type);
    SmallVector<Value> operands{*flat, panels};
    llvm::append_range(operands, extras);
    if (scales)
      operands.push_back(scales);
    operands.push_back(out);
    auto gemm = kernel::Gemm::create(
        b.rewriter, loc, out.getType(), *flat, panels, extras, scales, out,
        layout, /*groups=*/1, b.rewriter.getAffineMapArrayAttr(maps), codes,
        b.shapesOf(operands), kernel::GemmScheduleAttr());
    SmallVector<Type> arguments{accumulator};
    llvm::append_range(arguments, llvm::map_range(extras, computeTypeOf));
    b.fillRegion(gemm.getEpilogue(), arguments, loc,
                 [&](ScalarScope &builder, ValueRange x) -> SmallVector<Value> {
                   Value y = epilogue(builder, x);
                   return {convertScalar(builder, y, y.getType(), type)};
                 });
    b.noteResults(gemm);
    FailureOr<Value> result = b.reshape(loc, gemm.getResult(0), dims);
    if (failed(result))
      return b.cannotForm(op, "its rows cannot be unflattened");
    b.replace(op, *result);
    return true;
  }

  Operation *op;
  const CodedWeight &weight;
  KernelBuilder &b;
  Location loc;
  Value a, panels, scales;
  StringRef layout;
  Type accumulator;
  kernel::CodesAttr codes;
  SmallVector<Value> extras;
  SmallVector<AffineMap> maps;
  bool hasBias = false, isFlat = true;
};

} // namespace

FailureOr<bool> hagane::formCodedLinear(Operation *op, Value x, Value weight,
                                        Value bias, bool transposed,
                                        KernelBuilder &b) {
  bool isInteger = elementTypeOf(weight).isSignlessInteger(32);
  std::optional<CodedWeight> coded =
      isInteger ? CodedWeight::matchIntegers(weight, transposed, b)
                : CodedWeight::match(weight, transposed, b);
  if (!coded)
    return false;
  return CodedProduct(op, *coded, b).form(x, bias);
}
