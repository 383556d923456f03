//===- GemmRules.cpp - Matrix products on GPUs ----------------------------===//

#include "dialects/kernel/KernelCost.h"
#include "dialects/kernel/KernelCudaGemm.h"
#include "passes/schedules/cuda/CudaRules.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane;
using kernel::CudaGemmAttr;
using kernel::CudaGemmFamily;
using xf::Dim;

namespace {
/// A tile that runs well: what a warp computes of it keeps its operands' loads
/// below the tensor cores' rate, and its registers free of spills.
struct TileRow {
  CudaGemmFamily family;
  int64_t tileM, tileN;
  int64_t depthBytes; ///< of a row in a step
  int64_t warpsM, warpsN, stages, registers;
};
} // namespace

/// The largest first, of each family.
static constexpr TileRow kTiles[] = {
    {CudaGemmFamily::mma, 128, 128, 64, 2, 4, 4, 128},
    {CudaGemmFamily::mma, 128, 64, 64, 2, 2, 4, 128},
    {CudaGemmFamily::mma, 64, 64, 64, 2, 2, 4, 128},
    {CudaGemmFamily::mma, 32, 64, 64, 1, 4, 4, 128},
    {CudaGemmFamily::simt, 64, 64, 64, 2, 2, 1, 128},
    {CudaGemmFamily::simt, 32, 32, 64, 2, 2, 1, 128},
};

static constexpr int64_t kAssumedRows = 1024;

static int64_t valueOr(Dim dim, int64_t assumed) {
  return dim && dim.getConstant() ? *dim.getConstant() : assumed;
}

static int64_t elementBytes(Value operand) {
  return kernel::getElementBytes(getElementTypeOrSelf(operand.getType()));
}

/// Whether neighbouring elements of the last axis are neighbours in memory.
static bool isContiguous(Value operand) {
  auto memref = dyn_cast<MemRefType>(operand.getType());
  return !memref || memref.isLastDimUnitStride();
}

/// Whether chunks of 16 bytes of b's columns lie together: those of packed
/// weights, or b's rows if it is stored by columns.
static bool hasChunks(kernel::Gemm op) {
  auto type = cast<ShapedType>(op.getB().getType());
  if (op.getBLayout() == "interleaved")
    return type.getShape().back() * elementBytes(op.getB()) ==
               kCudaWeights.chunkBytes &&
           type.getShape()[type.getRank() - 2] == kCudaWeights.panel;
  return op.getBLayout() == "columns" && isContiguous(op.getB());
}

/// Why tensor cores cannot compute the product; null if they can.
static const char *findObstacle(kernel::Gemm op) {
  if (!kernel::getTensorFactor(op))
    return "its factors are not both bf16, both f16 or both of 8 bits";
  if (!hasChunks(op))
    return "its second factor is neither stored by columns nor packed for GPUs";
  return isContiguous(op.getA()) ? nullptr
                                 : "rows of its first factor have gaps";
}

static CudaGemmAttr make(kernel::Gemm op, const TileRow &row) {
  bool isSimt = row.family == CudaGemmFamily::simt;
  int64_t bytes = isSimt
                      ? kernel::getElementBytes(kernel::getAccumulatorType(op))
                      : elementBytes(op.getA());
  return CudaGemmAttr::get(op.getContext(), row.family, row.tileM, row.tileN,
                           row.depthBytes / bytes, row.warpsM, row.warpsN,
                           row.stages, row.registers);
}

/// Blocks of a tile's size.
static int64_t countTiles(kernel::Gemm op, const TileRow &row) {
  auto out = op.getOperandDims(op.getOutsMutable()[0].getOperandNumber());
  int64_t columns = row.tileN / static_cast<int64_t>(op.getGroups());
  auto parts = [&](Dim size, int64_t part) -> int64_t {
    return llvm::divideCeil(std::max<int64_t>(valueOr(size, kAssumedRows), 1),
                            part);
  };
  int64_t batch = out.size() == 3 ? valueOr(out[0], 1) : 1;
  return batch * parts(out[out.size() - 2], row.tileM) *
         parts(out.back(), columns);
}

/// The largest tile of the family of which there are as many as
/// multiprocessors, else the smallest.
Attribute hagane::chooseCudaGemm(Operation *kernel,
                                 const TargetDescription &target) {
  auto op = cast<kernel::Gemm>(kernel);
  CudaGemmFamily family =
      findObstacle(op) ? CudaGemmFamily::simt : CudaGemmFamily::mma;
  const TileRow *best = nullptr;
  for (const TileRow &row : kTiles) {
    if (row.family != family)
      continue;
    best = &row;
    if (countTiles(op, row) >= target.multiprocessors)
      break;
  }
  return make(op, *best);
}

LogicalResult hagane::checkCudaGemm(Operation *kernel, Attribute schedule,
                                    const TargetDescription &target,
                                    CudaCheckError error) {
  auto op = cast<kernel::Gemm>(kernel);
  auto gemm = cast<CudaGemmAttr>(schedule);
  const char *obstacle = findObstacle(op);
  if (gemm.getFamily() != CudaGemmFamily::simt && obstacle)
    return error() << "family "
                   << kernel::stringifyCudaGemmFamily(gemm.getFamily())
                   << " cannot compute this product: " << obstacle;
  int64_t bytes = kernel::getCudaShared(op, gemm).bytes;
  if (bytes > target.sharedBytes)
    return error() << "its tiles take " << bytes
                   << " bytes of shared memory, expected at most "
                   << target.sharedBytes;
  return success();
}
