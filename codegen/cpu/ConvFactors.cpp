//===- ConvFactors.cpp - The factors of a convolution ---------------------===//

#include "codegen/cpu/ConvFactors.h"
#include "codegen/cpu/Lanes.h"
#include "dialects/kernel/KernelWindows.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace hagane::cpu {

ConvFactors::ConvFactors(kernel::Conv op, const LoweringOptions &options,
                         Builder &b)
    : op(op), b(b), weight(op.getWeight()),
      compute(op.getEpilogue().getArgument(0).getType()),
      lanes(options.getLanes(compute)),
      volume(kernel::getWindowVolume(op.getWindow())), dots(options.bf16Dots) {
  auto type = cast<MemRefType>(weight.getType());
  if (type.getRank() > 2)
    panelRows = type.getDimSize(2);
  if (type.getRank() > 3)
    way = dots.empty() ? Way::Widened : Way::Dots;
}

LogicalResult ConvFactors::verify() {
  if (way == Way::OneTerm)
    return success();
  auto type = cast<MemRefType>(weight.getType());
  if (type.getShape().back() != 2 || type.isDynamicDim(2) ||
      !type.getElementType().isBF16() || !compute.isF32() ||
      !type.getLayout().isIdentity())
    return op.emitError("expected pairs of bf16 and sums in f32, found a "
                        "weight of type ")
           << type << " and sums in " << compute;
  // The pairs of a panel's rows are one row of elements.
  SmallVector<ReassociationIndices> axes{{0}, {1}, {2, 3}};
  weight = memref::CollapseShapeOp::create(b, weight, axes);
  return success();
}

//===-- Patches -----------------------------------------------------------===//

Type ConvFactors::getPatchType() const {
  return way == Way::Dots ? Type(b.getI32Type()) : compute;
}

Value ConvFactors::getRow(Value channel, Value element) {
  int64_t step = getStepChannels();
  Value first =
      add(b, mul(b, divide(b, channel, index(b, step)), volume), element);
  if (way != Way::Widened)
    return first;
  return add(b, mul(b, first, step), remainder(b, channel, index(b, step)));
}

Value ConvFactors::join(ValueRange channels) {
  if (way != Way::Dots)
    return channels.front();
  return joinPairs(b, channels[0], channels[1]);
}

//===-- Steps -------------------------------------------------------------===//

Value ConvFactors::loadWeight(Builder &b, ValueRange at, int64_t term) const {
  if (way == Way::OneTerm)
    return load(b, weight, at, Access{}, compute);
  Value pairs = splat(b, loadPair(b, weight, at), lanes);
  return way == Way::Dots ? asPairs(b, pairs) : widenHalf(b, pairs, term);
}

Value ConvFactors::loadPatches(Builder &b, Value patches, Value column,
                               Access access, Step step) const {
  Value row = step.k;
  if (way == Way::Widened)
    row = add(b, mul(b, row, 2), step.term);
  Value found = load(b, patches, {row, column}, access, getPatchType());
  return way == Way::Dots ? asPairs(b, found) : found;
}

void ConvFactors::describe(MicroKernel &micro, Value row, Value firstStep,
                           Value patches, Value column,
                           ArrayRef<Access> access) {
  Value panel, panelRow;
  if (panelRows) {
    panel = divide(b, row, index(b, panelRows));
    panelRow = remainder(b, row, index(b, panelRows));
  }
  micro.terms = way == Way::Widened ? 2 : 1;
  micro.loadA = [=, this](Builder &b, int64_t r, Step step) {
    Value k = add(b, firstStep, step.k);
    if (!panelRows)
      return loadWeight(b, {add(b, row, r), k}, step.term);
    Value place = mul(b, add(b, panelRow, r), getStepChannels());
    // The strip that comes next starts far away.
    if (r == 0 && step.term == 0)
      memref::PrefetchOp::create(b, weight,
                                 ValueRange{add(b, panel, 1), k, place},
                                 /*isWrite=*/false, /*localityHint=*/2,
                                 /*isDataCache=*/true);
    return loadWeight(b, {panel, k, place}, step.term);
  };
  SmallVector<Access> accesses(access);
  micro.loadB = [=, this](Builder &b, int64_t v, Step step) {
    return loadPatches(b, patches, add(b, column, v * lanes), accesses[v],
                       step);
  };
  if (way == Way::Dots)
    micro.accumulate = [this](Builder &b, Value a, Value x, Value c) -> Value {
      return addDots(b, dots, a, x, c);
    };
}

} // namespace hagane::cpu
