//===- KernelCost.cpp - Work items and scratch of kernels -----------------===//

#include "dialects/kernel/KernelCost.h"
#include "dialects/kernel/KernelCodes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;
using xf::Dim;

static constexpr int64_t kAlign = 64;

Dim kernel::getConstant(Operation *op, int64_t value) {
  return Dim::constant(op->getContext(), value);
}

Dim kernel::getProduct(Operation *op, ArrayRef<Dim> dims) {
  Dim result = getConstant(op, 1);
  for (Dim dim : dims)
    result = result * dim;
  return result;
}

static Dim ceilDiv(Operation *op, Dim dim, int64_t divisor) {
  return dim.ceilDiv(getConstant(op, divisor));
}

static Dim alignUp(Operation *op, Dim bytes) {
  return ceilDiv(op, bytes, kAlign) * kAlign;
}

int64_t kernel::getElementBytes(Type type) {
  return type.isIntOrFloat() ? llvm::divideCeil(type.getIntOrFloatBitWidth(), 8)
                             : 8;
}

Dim kernel::getOperandBytes(Operation *op) {
  Dim sum = getConstant(op, 0);
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    auto type = cast<ShapedType>(operand.getType());
    sum = sum + getProduct(op, kernel::detail::getOperandDims(op, i)) *
                    getElementBytes(type.getElementType());
  }
  return sum;
}

Type kernel::getFactorType(Operation *op) {
  // Both factors are the first operands of these.
  if (!isa<Gemm, Conv, Attention>(op))
    return {};
  auto elementOf = [&](unsigned i) {
    return cast<ShapedType>(op->getOperand(i).getType()).getElementType();
  };
  Type left = elementOf(0), right = elementOf(1);
  // These round what is wider than the weight, or than queries.
  if (Type narrow = isa<Conv>(op) ? right : left;
      !isa<Gemm>(op) && narrow.isBF16())
    return narrow;
  return left == right ? left : getComputeType(left);
}

static unsigned firstOut(Operation *op) {
  return cast<DestinationStyleOpInterface>(op)
      .getDpsInitsMutable()[0]
      .getOperandNumber();
}

int64_t kernel::countOps(Region &region) {
  return llvm::count_if(region.getOps(), [](Operation &op) {
    return !op.hasTrait<OpTrait::IsTerminator>() &&
           !op.hasTrait<OpTrait::ConstantLike>();
  });
}

static Type yieldedType(Region &region) {
  return region.front().getTerminator()->getOperand(0).getType();
}

namespace {
/// Parts of scratch memory, one after another.
struct ScratchLayout {
  explicit ScratchLayout(Type element)
      : elementBytes(getElementBytes(element)) {}

  int64_t place(int64_t elements) {
    int64_t offset = end;
    end += llvm::alignTo(elements * elementBytes, kAlign);
    return offset;
  }

  int64_t elementBytes, end = 0;
};
} // namespace

//===-- gemm --------------------------------------------------------------===//

namespace {
struct GemmSizes {
  Dim batch, m, n, k;
};
} // namespace

static GemmSizes getSizes(Gemm op) {
  auto out = kernel::detail::getOperandDims(op, firstOut(op)),
       a = kernel::detail::getOperandDims(op, 0);
  Dim batch = out.size() == 3 ? out[0] : getConstant(op, 1);
  return {batch, out[out.size() - 2], out.back(), a.back()};
}

Dim Gemm::getItemsOnCpu() {
  auto [batch, m, n, k] = getSizes(*this);
  GemmScheduleAttr schedule = *getSchedule();
  return batch * ceilDiv(*this, m, schedule.getItemM()) *
         ceilDiv(*this, n, schedule.getItemN());
}

Type kernel::getAccumulatorType(Gemm op) {
  return op.getEpilogue().getArgument(0).getType();
}

int64_t kernel::getPanelWidth(Gemm op) {
  if (op.getCodes())
    return kCodesPanel;
  ArrayRef<int64_t> shape = cast<ShapedType>(op.getB().getType()).getShape();
  if (op.getBLayout() == "interleaved")
    shape = shape.drop_back();
  else if (op.getBLayout() != "panels")
    return 0;
  return shape.back();
}

Type kernel::getCopyType(Gemm op) {
  return getComputeType(cast<ShapedType>(op.getA().getType()).getElementType());
}

static GemmScratch getCodesScratch(Gemm op) {
  GemmScheduleAttr schedule = *op.getSchedule();
  CodesLayout codes = getCodesLayout(op);
  ScratchLayout words(getAccumulatorType(op));
  GemmScratch scratch;
  scratch.isBlocked =
      schedule.getBlockK() != 0 && codes.rows > schedule.getBlockK();
  scratch.packedBlocks =
      scratch.isBlocked ? llvm::divideCeil(schedule.getBlockK(), codes.block)
                        : codes.blocks;
  int64_t bytes = getElementBytes(getCopyType(op));
  scratch.packedRow = scratch.packedBlocks * codes.paddedBlock +
                      kPackedRowPadding * words.elementBytes / bytes;
  int64_t itemM = schedule.getItemM();
  scratch.packedA =
      words.place(itemM * scratch.packedRow * bytes / words.elementBytes);
  scratch.sumsOfA = words.place(itemM * scratch.packedBlocks);
  scratch.sums = words.place(schedule.getItemM() * schedule.getItemN() *
                             int64_t(op.getGroups()));
  scratch.bytes = words.end;
  return scratch;
}

GemmScratch kernel::getGemmScratch(Gemm op) {
  if (op.getCodes())
    return getCodesScratch(op);
  GemmScheduleAttr schedule = *op.getSchedule();
  ScratchLayout layout(getAccumulatorType(op));
  int64_t k = cast<ShapedType>(op.getA().getType()).getShape().back();
  GemmScratch scratch;
  scratch.isBlocked = schedule.getBlockK() != 0 &&
                      (ShapedType::isDynamic(k) || k > schedule.getBlockK());
  scratch.packedA = layout.place(
      schedule.getPackA()
          ? schedule.getItemM() * (schedule.getBlockK() + kPackedRowPadding)
          : 0);
  scratch.sums = layout.place(schedule.getItemM() * schedule.getItemN() *
                              int64_t(op.getGroups()));
  scratch.bytes = layout.end;
  return scratch;
}

Dim Gemm::getScratchBytesOnCpu() {
  return getConstant(*this, getGemmScratch(*this).bytes);
}

Dim Gemm::getFlops() {
  auto [batch, m, n, k] = getSizes(*this);
  return batch * m * n *
         (k * (2 * int64_t(getGroups())) + countOps(getEpilogue()));
}

Dim Gemm::getBytes() { return getOperandBytes(*this); }
StringRef Gemm::getKernelKind() { return "gemm"; }

//===-- attention ---------------------------------------------------------===//

/// The innermost size of an operand, which rule (A4) makes constant.
static int64_t headSize(Value operand) {
  return cast<ShapedType>(operand.getType()).getDimSize(3);
}

bool kernel::isCoded(Attention op, Value state) {
  return op.getPages() && getElementTypeOrSelf(state.getType()).isInteger(8);
}

int64_t kernel::getValueSize(Attention op) {
  return headSize(op.getV()) - (isCoded(op, op.getV()) ? kScaleBytes : 0);
}

static Type computeTypeOf(Attention op) {
  return getComputeType(cast<ShapedType>(op.getQ().getType()).getElementType());
}

AttentionScratch kernel::getAttentionScratch(Attention op) {
  AttentionScheduleAttr schedule = *op.getSchedule();
  int64_t q = schedule.getBlockQ(), k = schedule.getBlockK(),
          n = schedule.getMicroN(), d = headSize(op.getQ());
  ScratchLayout layout(computeTypeOf(op));
  // Tiles are whole vectors of whole rows.
  int64_t lanes = kAlign / layout.elementBytes;
  int64_t e = llvm::alignTo(getValueSize(op), lanes);
  AttentionScratch scratch;
  scratch.scoreRows = k + std::max(lanes, schedule.getMicroM());
  scratch.queries = layout.place(llvm::alignTo(q, n) * d);
  scratch.scores = layout.place(scratch.scoreRows * n);
  scratch.acc = layout.place(q * e);
  scratch.rowMax = layout.place(q);
  scratch.rowSum = layout.place(q);
  scratch.rescale = layout.place(n);
  auto isNarrow = [](Value operand) {
    Type element = cast<ShapedType>(operand.getType()).getElementType();
    return getElementBytes(element) == 2;
  };
  // Where pairs of 16 bits are multiplied, wider keys are rounded while they
  // are copied, and values are always copied.
  bool copiesKeys = schedule.getPack() || isCoded(op, op.getK()) ||
                    (isNarrow(op.getQ()) && !isNarrow(op.getK()));
  scratch.packedK = layout.place(copiesKeys ? k * d : 0);
  bool copiesValues =
      schedule.getPack() || isCoded(op, op.getV()) || isNarrow(op.getQ());
  scratch.packedV = layout.place(copiesValues ? k * e : 0);
  scratch.bytes = layout.end;
  return scratch;
}

std::optional<int64_t> kernel::getStaticGroup(Attention op) {
  auto headsOf = [&](Value operand, unsigned i) {
    AttentionAxes axes(cast<StringAttr>(op.getLayouts()[i]).getValue());
    return cast<ShapedType>(operand.getType()).getDimSize(axes.heads);
  };
  int64_t heads = headsOf(op.getQ(), 0), keyHeads = headsOf(op.getK(), 1);
  if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(keyHeads))
    return std::nullopt;
  return heads / std::max<int64_t>(keyHeads, 1);
}

FewAttentionScratch kernel::getFewAttentionScratch(Attention op) {
  AttentionScheduleAttr schedule = *op.getSchedule();
  ScratchLayout layout(computeTypeOf(op));
  auto pad = [&](int64_t size) {
    return llvm::alignTo(size, kAlign / layout.elementBytes);
  };
  FewAttentionScratch scratch;
  scratch.rows = schedule.getFewQ() * getStaticGroup(op).value_or(0);
  scratch.scoreColumns = pad(schedule.getBlockK());
  scratch.queries = layout.place(scratch.rows * pad(headSize(op.getQ())));
  scratch.scores = layout.place(scratch.rows * scratch.scoreColumns);
  scratch.acc = layout.place(scratch.rows * pad(getValueSize(op)));
  scratch.rowMax = layout.place(scratch.rows);
  scratch.rowSum = layout.place(scratch.rows);
  scratch.rescale = layout.place(scratch.rows);
  bool hasScales = isCoded(op, op.getK()) || isCoded(op, op.getV());
  scratch.scales = layout.place(hasScales ? 2 * scratch.scoreColumns : 0);
  scratch.bytes = layout.end;
  return scratch;
}

AttentionSizes kernel::getAttentionSizes(Attention op) {
  struct Operand {
    Dim batch, heads, positions, features;
  };
  auto operand = [&](unsigned i) {
    SmallVector<Dim> dims = kernel::detail::getOperandDims(op, i);
    AttentionAxes axes(cast<StringAttr>(op.getLayouts()[i]).getValue());
    return Operand{dims[axes.batch], dims[axes.heads], dims[axes.positions],
                   dims[axes.features]};
  };
  Operand q = operand(0), k = operand(1);
  if (Value pages = op.getPages()) {
    unsigned i = op.getPagesMutable()[0].getOperandNumber();
    k.positions = kernel::detail::getOperandDims(op, i)[1] * op.getPageSize();
  }
  Dim e = getConstant(op, getValueSize(op));
  return {q.batch, q.heads, k.heads, q.positions, k.positions, q.features, e};
}

Dim Attention::getItemsOnCpu() {
  AttentionScheduleAttr schedule = *getSchedule();
  AttentionSizes sizes = getAttentionSizes(*this);
  Dim blocks = sizes.batch * sizes.heads *
               ceilDiv(*this, sizes.queries, schedule.getBlockQ());
  int64_t few = schedule.getFewQ();
  if (few == 0)
    return blocks;
  Dim parts = sizes.batch * sizes.kvHeads * schedule.getParts();
  Dim one = getConstant(*this, 1);
  Dim isMany = sizes.queries.floorDiv(getConstant(*this, few + 1)).min(one);
  return parts + isMany * (blocks - parts);
}

Dim Attention::getScratchBytesOnCpu() {
  return getConstant(*this, std::max(getAttentionScratch(*this).bytes,
                                     getFewAttentionScratch(*this).bytes));
}

Dim kernel::getScoreCount(Attention op) {
  AttentionSizes sizes = getAttentionSizes(op);
  Dim queries = sizes.queries, pairs = queries * sizes.keys;
  // As many keys as queries, or more before them: those after the diagonal are
  // not seen.
  bool isSquare = queries == sizes.keys;
  auto q = queries.getConstant(), k = sizes.keys.getConstant();
  bool isPrefix =
      op.getCausal() == xf::CausalKind::bottom_right && (!q || !k || *q <= *k);
  if (op.getCausal() != xf::CausalKind::none && (isSquare || isPrefix))
    if (Dim seen =
            pairs - (queries * (queries - 1)).floorDiv(getConstant(op, 2)))
      pairs = seen;
  return sizes.batch * sizes.heads * pairs;
}

Dim Attention::getFlops() {
  AttentionSizes sizes = getAttentionSizes(*this);
  return getScoreCount(*this) * (sizes.d * 2 + sizes.e * 2 + kSoftmaxFlops);
}

Dim Attention::getBytes() {
  Dim bytes = getOperandBytes(*this);
  if (!getPages())
    return bytes;
  // Of the states, what belongs to this step's entries.
  AttentionSizes sizes = getAttentionSizes(*this);
  for (unsigned i : {1, 2}) {
    int64_t element =
        getElementBytes(getElementTypeOrSelf(getOperand(i).getType()));
    Dim whole = getProduct(*this, kernel::detail::getOperandDims(*this, i));
    Dim rows = sizes.batch * sizes.kvHeads * sizes.keys;
    bytes =
        bytes - whole * element + rows * (headSize(getOperand(i)) * element);
  }
  return bytes;
}
StringRef Attention::getKernelKind() { return "attention"; }

//===-- rows --------------------------------------------------------------===//

/// The sizes of an iteration space, read off the operands' maps.
static SmallVector<Dim> iterationDims(Operation *op, ArrayAttr maps) {
  SmallVector<Dim> dims(cast<AffineMapAttr>(maps[0]).getValue().getNumDims());
  // Outs last: an input of size 1 may stand for a larger axis.
  for (auto [i, map] : llvm::enumerate(maps.getAsValueRange<AffineMapAttr>()))
    for (auto [dim, expr] : llvm::zip_equal(
             kernel::detail::getOperandDims(op, i), map.getResults()))
      if (auto position = dyn_cast<AffineDimExpr>(expr))
        dims[position.getPosition()] = dim;
  for (Dim &dim : dims)
    if (!dim)
      dim = getConstant(op, 1);
  return dims;
}

SmallVector<Dim> kernel::getIterationDims(Rows op) {
  return iterationDims(op, op.getMaps());
}

SmallVector<Dim> kernel::getIterationDims(Reduce op) {
  return iterationDims(op, op.getMaps());
}

Dim Rows::getItemsOnCpu() {
  auto dims = iterationDims(*this, getMaps());
  return ceilDiv(*this, getProduct(*this, ArrayRef(dims).drop_back()),
                 getSchedule()->getItemRows());
}

Dim Rows::getScratchBytesOnCpu() {
  int64_t bytes = 0;
  for (Region &stage : getStages())
    bytes = std::max(bytes, getElementBytes(yieldedType(stage)));
  return alignUp(*this, iterationDims(*this, getMaps()).back() * bytes);
}

Dim Rows::getFlops() {
  int64_t ops = countOps(getMap()) + int64_t(getStages().size());
  for (Region &stage : getStages())
    ops += countOps(stage);
  return getProduct(*this, iterationDims(*this, getMaps())) * ops;
}

Dim Rows::getBytes() { return getOperandBytes(*this); }
StringRef Rows::getKernelKind() { return "rows"; }

//===-- map and reduce ----------------------------------------------------===//

static Dim loopItems(Operation *op, ArrayRef<Dim> dims, int64_t itemSize) {
  return dims.empty() ? getConstant(op, 1)
                      : ceilDiv(op, getProduct(op, dims.drop_back()), itemSize);
}

Dim Map::getItemsOnCpu() {
  return loopItems(*this,
                   kernel::detail::getOperandDims(*this, firstOut(*this)),
                   getSchedule()->getItemSize());
}

Dim Map::getScratchBytesOnCpu() { return getConstant(*this, 0); }

Dim Map::getFlops() {
  return getProduct(*this,
                    kernel::detail::getOperandDims(*this, firstOut(*this))) *
         countOps(getBody());
}

Dim Map::getBytes() { return getOperandBytes(*this); }
StringRef Map::getKernelKind() { return "map"; }

Dim Reduce::getItemsOnCpu() {
  return loopItems(*this,
                   kernel::detail::getOperandDims(*this, firstOut(*this)),
                   getSchedule()->getItemSize());
}

Dim Reduce::getScratchBytesOnCpu() { return getConstant(*this, 0); }

Dim Reduce::getFlops() {
  return getProduct(*this, iterationDims(*this, getMaps())) *
         (countOps(getBody()) + 1);
}

Dim Reduce::getBytes() { return getOperandBytes(*this); }
StringRef Reduce::getKernelKind() { return "reduce"; }

//===-- gather, write and task
//---------------------------------------------------===//

Dim Gather::getItemsOnCpu() {
  auto table = kernel::detail::getOperandDims(*this, 0),
       indices = kernel::detail::getOperandDims(*this, 1);
  Dim rows = getProduct(*this, ArrayRef(table).take_front(getAxis())) *
             getProduct(*this, indices);
  return ceilDiv(*this, rows, getSchedule()->getItemSize());
}

Dim Gather::getScratchBytesOnCpu() { return getConstant(*this, 0); }
Dim Gather::getFlops() { return getConstant(*this, 0); }

Dim Gather::getBytes() {
  // The table is read where indexed, as much as is written.
  auto out = cast<ShapedType>(getOuts()[0].getType());
  auto indices = cast<ShapedType>(getIndices().getType());
  return getProduct(*this, kernel::detail::getOperandDims(*this, 2)) *
             (2 * getElementBytes(out.getElementType())) +
         getProduct(*this, kernel::detail::getOperandDims(*this, 1)) *
             getElementBytes(indices.getElementType());
}

StringRef Gather::getKernelKind() { return "gather"; }

/// An item is positions of one line.
Dim Write::getItemsOnCpu() {
  auto dims = kernel::detail::getOperandDims(*this, firstOut(*this));
  ArrayRef<Dim> lines = ArrayRef(dims).take_front(getAxis());
  return getProduct(*this, lines) *
         ceilDiv(*this, dims[getAxis()], getSchedule()->getItemSize());
}

Dim Write::getScratchBytesOnCpu() { return getConstant(*this, 0); }
Dim Write::getFlops() { return getConstant(*this, 0); }
Dim Write::getBytes() { return getOperandBytes(*this); }
StringRef Write::getKernelKind() { return "write"; }

Dim Task::getItemsOnCpu() { return getItemCountAttr(); }
Dim Task::getScratchBytesOnCpu() { return getConstant(*this, 0); }
Dim Task::getFlops() { return getConstant(*this, 0); }
Dim Task::getBytes() {
  Dim bytes = getOperandBytes(*this);
  if (!(*this)->hasAttr(kKeepsAttr))
    return bytes;
  // Each item writes a row of a state; the others stay.
  for (OpOperand &out : getDpsInitsMutable()) {
    unsigned i = out.getOperandNumber();
    SmallVector<Dim> dims = kernel::detail::getOperandDims(*this, i);
    if (dims.empty())
      continue;
    int64_t element =
        getElementBytes(getElementTypeOrSelf(out.get().getType()));
    bytes = bytes - getProduct(*this, dims) * element +
            getItems() * dims.back() * element;
  }
  return bytes;
}
StringRef Task::getKernelKind() { return "task"; }
