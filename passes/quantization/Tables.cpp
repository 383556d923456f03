//===- Tables.cpp - Tables of embeddings to quantize ----------------------===//

#include "passes/quantization/Tables.h"
#include "dialects/xf/XfQuantization.h"
#include "passes/fusion/Match.h"

using namespace mlir;
using namespace hagane;
using Scheme = QuantizationScheme;

//===----------------------------------------------------------------------===//
// Finding
//===----------------------------------------------------------------------===//

/// Whether the last axis of a view is that of what it shows.
static bool keepsRows(Operation *view) {
  if (auto transpose = dyn_cast<xf::Transpose>(view))
    return transpose.getPermutation().back() + 1 ==
           static_cast<int64_t>(transpose.getPermutation().size());
  if (!isa<xf::Reshape, xf::Cast, xf::Slice, xf::Concat>(view))
    return false;
  auto from = cast<RankedTensorType>(view->getOperand(0).getType()),
       to = cast<RankedTensorType>(view->getResult(0).getType());
  return from.getRank() > 0 && to.getRank() > 0 &&
         from.getShape().back() == to.getShape().back();
}

/// Whether a user reads rows as rows of embeddings are read.
static bool readsRows(Operation *user, Value rows, int depth) {
  auto isRead = [&](Value value) {
    return depth > 0 && llvm::all_of(value.getUsers(), [&](Operation *next) {
             return readsRows(next, value, depth - 1);
           });
  };
  if (isa<xf::Add, xf::LayerNorm, xf::RmsNorm, xf::Linear>(user))
    return user->getOperand(0) == rows || isa<xf::Add>(user);
  if (isa<xf::Mul, xf::Div>(user)) {
    Value other = user->getOperand(user->getOperand(0) == rows ? 1 : 0);
    return fusion::isConstantExpression(other) && isRead(user->getResult(0));
  }
  return keepsRows(user) && isRead(user->getResult(0));
}

static bool isTable(xf::Gather op) {
  // Views and scales between the rows and what reads them.
  constexpr int kMostSteps = 6;
  auto type = cast<RankedTensorType>(op.getX().getType());
  Value rows = op.getY();
  return op.getAxis() == 0 && type.getRank() == 2 && type.hasStaticShape() &&
         isa<FloatType>(type.getElementType()) &&
         fusion::isConstantExpression(op.getX()) &&
         !fusion::isConstantExpression(rows) && !rows.use_empty() &&
         llvm::all_of(rows.getUsers(), [&](Operation *user) {
           return readsRows(user, rows, kMostSteps);
         });
}

SmallVector<xf::Gather> hagane::getTables(Operation *root) {
  SmallVector<xf::Gather> tables;
  root->walk([&](xf::Gather op) {
    if (isTable(op))
      tables.push_back(op);
  });
  return tables;
}

//===----------------------------------------------------------------------===//
// Codes
//===----------------------------------------------------------------------===//

Scheme hagane::getTableScheme(const QuantizationRule &rule) {
  constexpr int64_t kBitsUnasked = 8;
  if (!rule.pattern && rule.scheme.bits < kBitsUnasked)
    return {.bits = kBitsUnasked, .scale = Scheme::Scale::f32};
  // Rows of a table are no factors: no data chooses their codes, and they are
  // read as floats.
  const Scheme &scheme = rule.scheme;
  return {.bits = scheme.bits,
          .block = scheme.block,
          .symmetric = scheme.symmetric,
          .searches = scheme.searches,
          .scale = scheme.scale};
}

Value hagane::makeCodedMatrix(OpBuilder &builder, Location location,
                              Value matrix, bool transposed,
                              const Scheme &scheme) {
  auto type = cast<RankedTensorType>(matrix.getType());
  int64_t depth = type.getDimSize(transposed ? 1 : 0),
          block = scheme.block < depth ? scheme.block : 0;
  Type f32 = builder.getF32Type();
  auto codes = xf::QuantizeWeight::create(
      builder, location, matrix, scheme.bits, block, scheme.symmetric,
      transposed, scheme.searches ? "mse" : "nearest",
      scheme.scale == Scheme::Scale::f16 ? Type(builder.getF16Type()) : f32);
  // Numbers are exact products of f32 scales and codes.
  Value scales = codes.getScales();
  if (!getElementTypeOrSelf(scales).isF32())
    scales = xf::Cast::create(builder, location, scales, f32);
  Value result = xf::Dequantize::create(
      builder, location, codes.getCodes(), scales, codes.getZeros(),
      int64_t(transposed ? 1 : 0), block ? block : depth);
  if (!type.getElementType().isF32())
    result = xf::Cast::create(builder, location, result, type.getElementType());
  return result;
}
