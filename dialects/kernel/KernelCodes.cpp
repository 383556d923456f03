//===- KernelCodes.cpp - Weights as codes ---------------------------------===//

#include "dialects/kernel/KernelCodes.h"
#include "dialects/kernel/KernelRules.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;
using namespace hagane::kernel::detail;

// Longer blocks could pass what 32 bits hold: 65536 * 127 * 255.
static constexpr int64_t kMostBlockRows = 1 << 16, kMostBits = 8;

//===-- Where they lie ----------------------------------------------------===//

CodesLayout::CodesLayout(CodesAttr codes, int64_t rows)
    : bits(codes.getBits()), rows(rows),
      block(codes.getBlock() == 0 ? rows : std::min(codes.getBlock(), rows)),
      paddedBlock(llvm::alignTo(block, kCodesRows)),
      blocks(llvm::divideCeil(rows, block)),
      scaleBytes(codes.getScale().getIntOrFloatBitWidth() / 8),
      hasZeros(!codes.getZero()) {}

SmallVector<CodesPlane, 3> kernel::getPlanes(int64_t bits) {
  SmallVector<CodesPlane, 3> planes;
  int64_t shift = 0;
  for (int64_t width = kMostBits; width > 0; width /= 2)
    if (bits & width) {
      planes.push_back({width, shift});
      shift += width;
    }
  return planes;
}

CodesLayout kernel::getCodesLayout(Gemm op) {
  return {*op.getCodes(), getShaped(op.getA()).getShape().back()};
}

RankedTensorType kernel::getPackedCodesType(CodesAttr codes, int64_t rows,
                                            int64_t columns, int64_t groups) {
  auto panels = static_cast<int64_t>(
      llvm::divideCeil(columns / groups, kCodesPanel / groups));
  Type byte = IntegerType::get(codes.getContext(), 8, IntegerType::Unsigned);
  return RankedTensorType::get(
      {panels, CodesLayout(codes, rows).getPanelBytes()}, byte);
}

//===-- Rules -------------------------------------------------------------===//

LogicalResult CodesAttr::verify(llvm::function_ref<InFlightDiagnostic()> error,
                                int64_t bits, int64_t block,
                                std::optional<int64_t> zero, Type scale) {
  if (bits < 1 || bits > kMostBits)
    return error() << "(Q1) expects bits from 1 to " << kMostBits << ", got "
                   << bits;
  if (block < 0 || block > kMostBlockRows)
    return error() << "(Q2) expects block from 0 to " << kMostBlockRows
                   << ", got " << block;
  if (zero && (*zero < 0 || *zero >> bits != 0))
    return error() << "(Q3) expects zero to be a code of " << bits
                   << " bits, got " << *zero;
  if (!scale.isF16() && !scale.isBF16() && !scale.isF32())
    return error() << "(Q4) expects scale to be f16, bf16 or f32, got "
                   << scale;
  return success();
}

/// (G6)
static LogicalResult verifyBytes(Gemm op) {
  int64_t rows = getShaped(op.getA()).getShape().back();
  if (ShapedType::isDynamic(rows) || rows < 1 || rows > kMostCodesRows)
    return op.emitOpError("(G6) expects a last size of a from 1 to ")
           << kMostCodesRows << ", got " << getShaped(op.getA());
  int64_t bytes = getCodesLayout(op).getPanelBytes();
  ShapedType b = getShaped(op.getB());
  auto element = dyn_cast<IntegerType>(b.getElementType());
  // Buffers drop what a type says of signs when code is made.
  if (b.getRank() == 2 && b.getDimSize(1) == bytes && element &&
      element.getWidth() == 8 && !element.isSigned())
    return success();
  return op.emitOpError("(G6) expects b of ui8 in rows of ")
         << bytes << ", got " << b;
}

/// (G8)
static LogicalResult verifyScales(Gemm op) {
  if (!op.getAScales())
    return success();
  ShapedType a = getShaped(op.getA()), scales = getShaped(op.getAScales());
  SmallVector<int64_t> shape(a.getShape());
  shape.back() = getCodesLayout(op).blocks;
  bool fits = scales.getRank() == a.getRank() &&
              scales.getElementType().isF32() &&
              a.getElementType().isInteger(8) &&
              succeeded(verifyCompatibleShape(shape, scales.getShape()));
  if (fits && scales.getShape().back() == shape.back())
    return success();
  return op.emitOpError("(G8) expects a of i8 and a_scales of f32 with ")
         << shape.back() << " blocks, got " << a << " and " << scales;
}

LogicalResult kernel::detail::verifyCodes(Gemm op) {
  bool isCoded = op.getBLayout() == "codes";
  if (isCoded != op.getCodes().has_value() || (!isCoded && op.getAScales()))
    return op.emitOpError("(G5) expects codes, and at most then a_scales, "
                          "exactly with b_layout codes, got ")
           << op.getBLayout();
  if (!isCoded)
    return success();
  if (failed(verifyBytes(op)))
    return failure();
  Type a = getShaped(op.getA()).getElementType(),
       sum = op.getEpilogue().getArgument(0).getType();
  bool isNarrow = a.isSignlessInteger(8) || a.isSignedInteger(8);
  if (!sum.isF32() || !(isNarrow || (isa<FloatType>(a) && !a.isF64())) ||
      (isNarrow && getCodesLayout(op).block > kMostBlockRows))
    return op.emitOpError("(G7) expects sums in f32, and a of floats or of i8 "
                          "with blocks of at most ")
           << kMostBlockRows << " rows, got " << sum << " and "
           << getShaped(op.getA());
  return verifyScales(op);
}

LogicalResult PackCodes::verify() {
  auto matrix = cast<RankedTensorType>(getValues().getType());
  auto element = dyn_cast<IntegerType>(matrix.getElementType());
  unsigned rowAxis = getTransposed() ? 1 : 0;
  if (matrix.getRank() != 2 || !matrix.hasStaticShape() || !element ||
      element.getWidth() > kMostBits || matrix.getDimSize(rowAxis) < 1 ||
      matrix.getDimSize(rowAxis) > kMostCodesRows)
    return emitOpError("(B4) expects a static matrix of integers of at most ")
           << kMostBits << " bits with 1 to " << kMostCodesRows << " rows, got "
           << matrix;
  CodesLayout layout(getCodes(), matrix.getDimSize(rowAxis));
  SmallVector<int64_t> shape(matrix.getShape());
  shape[rowAxis] = layout.blocks;
  auto scales = RankedTensorType::get(shape, getCodes().getScale());
  if (getScales().getType() != scales)
    return emitOpError("(B5) expects scales of type ")
           << scales << ", got " << getScales().getType();
  auto zeros = RankedTensorType::get(shape, element);
  if (layout.hasZeros != static_cast<bool>(getZeros()) ||
      (getZeros() && getZeros().getType() != zeros))
    return emitOpError("(B5) expects zeros of type ")
           << zeros << " unless codes have one for all";
  auto groups = static_cast<int64_t>(getGroups());
  int64_t columns = matrix.getDimSize(1 - rowAxis);
  if (groups < 1 || groups > 2 || columns % groups != 0)
    return emitOpError("(B6) expects 1 or 2 groups that divide the columns, "
                       "got ")
           << groups << " groups of " << columns << " columns";
  RankedTensorType expected =
      getPackedCodesType(getCodes(), layout.rows, columns, groups);
  if (getY().getType() != expected)
    return emitOpError("(B7) expects a result of type ")
           << expected << ", got " << getY().getType();
  return success();
}
