//===- CodesLanes.cpp - Codes of weights in vector lanes ------------------===//

#include "codegen/cpu/CodesLanes.h"
#include "codegen/cpu/Lanes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace hagane::cpu {

static int64_t lanesOf(Value vector) {
  return cast<VectorType>(vector.getType()).getDimSize(0);
}

Value splatWord(Builder &b, uint32_t word, int64_t lanes) {
  auto type = cast<ShapedType>(vectorOf(b.getI32Type(), lanes));
  return arith::ConstantOp::create(
      b, DenseElementsAttr::get(type, APInt(32, word)));
}

//===-- Unpacking ---------------------------------------------------------===//

SmallVector<int64_t> listQuads(int64_t bits) {
  SmallVector<int64_t> quads;
  int64_t width = kernel::getPlanes(bits).front().width;
  for (int64_t line = 0; line < width; ++line)
    for (int64_t quad = line; quad < kernel::kCodesRows / 4; quad += width)
      quads.push_back(quad);
  return quads;
}

Value CodesLanes::getLine(int64_t vector, int64_t byte) {
  Value &line = lines[{vector, byte}];
  if (!line)
    line = load(vector, byte);
  return line;
}

/// The bits of a quad from `shift` on where `repeat` has ones, in each plane's
/// place.
Value CodesLanes::combine(int64_t vector, int64_t quad, int64_t shift,
                          uint32_t repeat) {
  Value code;
  int64_t plane = 0;
  for (auto [width, place] : planes) {
    Value part = getLine(vector, plane + quad % width * kernel::kCodesLine);
    int64_t lanes = lanesOf(part);
    int64_t right = quad / width * width + shift - place;
    if (right > 0)
      part = arith::ShRUIOp::create(
          b, part, splatWord(b, static_cast<uint32_t>(right), lanes));
    if (right < 0)
      part = arith::ShLIOp::create(
          b, part, splatWord(b, static_cast<uint32_t>(-right), lanes));
    uint32_t mask = (((1U << width) - 1) << place) * repeat;
    if (~mask != 0)
      part = arith::AndIOp::create(b, part, splatWord(b, mask, lanes));
    code = code ? arith::OrIOp::create(b, code, part).getResult() : part;
    plane += width * kernel::kCodesLine;
  }
  return code;
}

Value CodesLanes::getQuad(int64_t vector, int64_t quad) {
  return combine(vector, quad, 0, 0x01010101);
}

Value CodesLanes::getRow(int64_t vector, int64_t quad, int64_t row) {
  return combine(vector, quad, 8 * row, 1);
}

//===-- Products ----------------------------------------------------------===//

QuadProducts::QuadProducts(const LoweringOptions &options, int64_t bits) {
  const IntegerDots &known = options.integerDots;
  // Codes of fewer bits have no sign that signed bytes could mistake.
  intrinsic = known.mixed.empty() && bits < 8 ? known.equal : known.mixed;
  way = Way::Quads;
  if (!intrinsic.empty())
    return;
  intrinsic = known.pairs;
  way = intrinsic.empty() ? Way::Ones : Way::Pairs;
}

Values QuadProducts::split(Builder &b, Value words, bool isUnsigned) const {
  int64_t bytes = 4 * lanesOf(words);
  switch (way) {
  case Way::Quads:
    return {vector::BitCastOp::create(b, vectorOf(b.getI8Type(), bytes), words)
                .getResult()};
  case Way::Pairs:
    return {widenBytes(b, words, 0, isUnsigned),
            widenBytes(b, words, 1, isUnsigned)};
  case Way::Ones:
    break;
  }
  Values parts;
  for (int64_t byte = 0; byte < 4; ++byte)
    parts.push_back(widenByte(b, words, byte, isUnsigned));
  return parts;
}

Values QuadProducts::splitCodes(Builder &b, Value words) const {
  return split(b, words, /*isUnsigned=*/true);
}

Values QuadProducts::splitBytes(Builder &b, Value words) const {
  return split(b, words, /*isUnsigned=*/false);
}

Value QuadProducts::add(Builder &b, ValueRange codes, ValueRange bytes,
                        Value sum) const {
  for (auto [code, byte] : llvm::zip_equal(codes, bytes)) {
    if (way == Way::Quads) {
      sum = addDots(b, intrinsic, code, byte, sum);
    } else if (way == Way::Ones) {
      sum = multiplyAdd(b, code, byte, sum);
    } else {
      Value products = LLVM::CallIntrinsicOp::create(b, sum.getType(),
                                                     b.getStringAttr(intrinsic),
                                                     ValueRange{code, byte})
                           .getResult(0);
      sum = arith::AddIOp::create(b, sum, products);
    }
  }
  return sum;
}

} // namespace hagane::cpu
