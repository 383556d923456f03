// Constant weights quantized in blocks.
#include "frontend/ops/BlockWeights.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

/// A constant of bytes read as `bits`-wide unsigned elements, low bits first.
/// A resource keeps its bytes: this is the model's own packing.
static Value unpack(NodeConverter &n, Value bytes, int64_t bits,
                    ArrayRef<int64_t> shape) {
  auto op = bytes ? bytes.getDefiningOp<xf::Constant>() : xf::Constant();
  if (!op || !n.elem(bytes).isInteger(8)) {
    (void)n.error("quantized elements are not a constant of bytes");
    return {};
  }
  MLIRContext *context = n.builder().getContext();
  auto type = RankedTensorType::get(
      shape, IntegerType::get(context, bits, IntegerType::Unsigned));
  int64_t have = n.type(bytes).getNumElements() * 8;
  if (have != type.getNumElements() * bits) {
    (void)n.error("quantized elements take " + Twine(have / 8) +
                  " bytes, expected " +
                  Twine(type.getNumElements() * bits / 8));
    return {};
  }
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(op.getValue()))
    return n.make<xf::Constant>(
        DenseResourceElementsAttr::get(type, resource.getRawHandle()),
        op.getNameAttr());
  auto dense = dyn_cast<DenseIntElementsAttr>(op.getValue());
  if (!dense) {
    (void)n.error("quantized elements are not a dense constant");
    return {};
  }
  SmallVector<APInt> elements;
  for (const APInt &byte : dense.getValues<APInt>())
    for (int64_t at = 0; at < 8; at += bits)
      elements.push_back(byte.extractBits(bits, at));
  return n.make<xf::Constant>(DenseElementsAttr::get(type, elements),
                              op.getNameAttr());
}

Value hagane::frontend::zeroPoints(NodeConverter &n, Value points,
                                   const BlockLayout &layout) {
  int64_t blocks = layout.blocks(), perByte = 8 / layout.bits;
  if (!points) {
    auto type = RankedTensorType::get({layout.rows, blocks},
                                      IntegerType::get(n.builder().getContext(),
                                                       layout.bits,
                                                       IntegerType::Unsigned));
    return n.constant(DenseElementsAttr::get(
        type, APInt(layout.bits, uint64_t(1) << (layout.bits - 1))));
  }
  if (isa<FloatType>(n.elem(points)))
    return n.reshape(points, {layout.rows, blocks});
  int64_t padded = llvm::divideCeil(blocks, perByte) * perByte;
  Value all = unpack(n, points, layout.bits, {layout.rows, padded});
  return padded == blocks ? all : n.slice(all, 1, 0, blocks);
}

Value hagane::frontend::dequantizeBlocks(NodeConverter &n, Value bytes,
                                         Value scales, Value points,
                                         const BlockLayout &layout) {
  int64_t padded = layout.blocks() * layout.block;
  Value codes = unpack(n, bytes, layout.bits, {layout.rows, padded});
  if (padded != layout.columns)
    codes = n.slice(codes, 1, 0, layout.columns);
  scales = n.rank(scales) == 2
               ? scales
               : n.reshape(scales, {layout.rows, layout.blocks()});
  Value zero = zeroPoints(n, points, layout);
  return n.make<xf::Dequantize>(codes, scales, zero, static_cast<int64_t>(1),
                                layout.block);
}

Value hagane::frontend::makeBlockLinear(NodeConverter &n, Value x, Value bytes,
                                        Value scales, Value points, Value bias,
                                        const BlockLayout &layout) {
  Value weight =
      n.cast(dequantizeBlocks(n, bytes, scales, points, layout), n.elem(x));
  return n.make<xf::Linear>(x, weight, bias, /*transpose_weight=*/true);
}

LogicalResult hagane::frontend::checkLayout(NodeConverter &n,
                                            const BlockLayout &layout) {
  if (n.failed())
    return failure();
  if (!llvm::is_contained({2, 4, 8}, layout.bits))
    return n.error("bits is " + Twine(layout.bits) + ", expected 2, 4 or 8");
  if (layout.block < 16 || !llvm::isPowerOf2_64(layout.block) ||
      layout.rows <= 0 || layout.columns <= 0)
    return n.error("block_size is " + Twine(layout.block) +
                   ", expected a power of two from 16 on");
  return success();
}

Value hagane::frontend::partOfConstant(NodeConverter &n, Value x,
                                       int64_t index) {
  auto op = x ? x.getDefiningOp<xf::Constant>() : xf::Constant();
  if (!op || n.rank(x) < 1) {
    (void)n.error("quantized elements are not a constant");
    return {};
  }
  ShapedType whole = op.getValue().getShapedType();
  auto type = RankedTensorType::get(whole.getShape().drop_front(),
                                    whole.getElementType());
  auto part = [&](ArrayRef<char> bytes) {
    size_t size = bytes.size() / whole.getDimSize(0);
    return bytes.slice(index * size, size);
  };
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(op.getValue())) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob) {
      (void)n.error("a constant has no contents");
      return {};
    }
    // The whole lives as long as the context does.
    return n.constant(DenseResourceElementsAttr::get(
        type, "part",
        UnmanagedAsmResourceBlob::allocateWithAlign(part(blob->getData()), 1,
                                                    /*deleter=*/{},
                                                    /*dataIsMutable=*/false)));
  }
  auto dense = dyn_cast<DenseElementsAttr>(op.getValue());
  if (!dense) {
    (void)n.error("quantized elements are not a dense constant");
    return {};
  }
  ArrayRef<char> bytes = dense.getRawData();
  return n.constant(DenseElementsAttr::getFromRawBuffer(
      type, dense.isSplat() ? bytes : part(bytes)));
}
