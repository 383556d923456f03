//===- KernelCudaTiles.cpp - Attention and convolution on GPUs ------------===//

#include "dialects/kernel/KernelCost.h"
#include "dialects/kernel/KernelCudaCost.h"
#include "dialects/kernel/KernelCudaSchedules.h"

#include "dialects/kernel/KernelCudaEnums.cpp.inc"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;
using xf::Dim;

using EmitError = llvm::function_ref<InFlightDiagnostic()>;

// Threads that share a row of a tile, and what one of them may have.
static constexpr int64_t kTeam = 16, kMostRowsOfThread = 8, kMostKeys = 128;
static constexpr int64_t kMostFewQ = 64, kMostFewRows = 16, kMostFewKeys = 8,
                         kMostParts = 64;

//===-- attention ---------------------------------------------------------===//

static LogicalResult requireRange(EmitError error, StringRef rule,
                                  StringRef name, int64_t value, int64_t least,
                                  int64_t most) {
  if (value >= least && value <= most)
    return success();
  return error() << rule << " expects " << name << " to be from " << least
                 << " to " << most << ", got " << value;
}

LogicalResult CudaAttentionAttr::verify(EmitError error, CudaAttentionFamily,
                                        int64_t threads, int64_t rows,
                                        int64_t keys, int64_t fewQ,
                                        int64_t fewRows, int64_t fewKeys,
                                        int64_t parts) {
  if (failed(requireThreads(error, threads)))
    return failure();
  int64_t teams = threads / kTeam;
  if (rows <= 0 || rows % teams != 0 || rows / teams > kMostRowsOfThread)
    return error() << "(U6) expects rows to be a multiple of threads / "
                   << kTeam << ", at most " << kMostRowsOfThread << " times "
                   << teams << ", got " << rows;
  if (keys <= 0 || keys % kTeam != 0 || keys > kMostKeys)
    return error() << "(U6) expects keys to be a multiple of " << kTeam
                   << ", at most " << kMostKeys << ", got " << keys;
  return success(
      succeeded(requireRange(error, "(U7)", "few_q", fewQ, 0, kMostFewQ)) &&
      succeeded(
          requireRange(error, "(U7)", "few_rows", fewRows, 1, kMostFewRows)) &&
      succeeded(
          requireRange(error, "(U7)", "few_keys", fewKeys, 1, kMostFewKeys)) &&
      succeeded(requireRange(error, "(U8)", "parts", parts, 1, kMostParts)));
}

int64_t kernel::getParts(Attribute schedule) {
  if (auto cpu = dyn_cast_or_null<AttentionScheduleAttr>(schedule))
    return cpu.getParts();
  auto cuda = dyn_cast_or_null<CudaAttentionAttr>(schedule);
  return cuda ? cuda.getParts() : 1;
}

int64_t kernel::getDepth(Attention op) {
  return cast<ShapedType>(op.getQ().getType()).getDimSize(3);
}

int64_t kernel::getComputeBytes(Attention op) {
  return getElementBytes(
      getComputeType(getElementTypeOrSelf(op.getQ().getType())));
}

// As AttentionTile of hagane/cuda/attention_tile.cuh lays it out.
int64_t kernel::getTileBytes(Attention op, int64_t rows, int64_t keys) {
  int64_t bytes = getComputeBytes(op), pad = 16 / bytes;
  int64_t depth = llvm::alignTo(getDepth(op), 8) + pad;
  int64_t value = llvm::alignTo(getValueSize(op), kTeam);
  return bytes * ((rows + keys) * depth + keys * value + rows * (keys + pad));
}

// As AttentionStream of hagane/cuda/attention_stream.cuh lays it out.
static int64_t getStreamBytes(Attention op, CudaAttentionAttr schedule) {
  auto accessesOf = [](Value state, int64_t size) {
    int64_t bytes = getElementBytes(getElementTypeOrSelf(state.getType()));
    return std::pair(llvm::divideCeil(size, bytes == 1 ? 4 : 16 / bytes),
                     bytes == 1 ? 4 : 16 / bytes);
  };
  auto [ofKey, keyAccess] = accessesOf(op.getK(), getDepth(op));
  auto [ofValue, valueAccess] = accessesOf(op.getV(), getValueSize(op));
  int64_t lanes = std::min<int64_t>(llvm::PowerOf2Ceil(std::max<int64_t>(
                                        {1, int64_t(ofKey), int64_t(ofValue)})),
                                    kWarp);
  int64_t teams = schedule.getThreads() / lanes,
          warps = schedule.getThreads() / kWarp;
  int64_t value = llvm::alignTo(getValueSize(op), lanes * valueAccess);
  return getComputeBytes(op) * schedule.getFewRows() *
         (2 * teams + warps * value);
}

int64_t kernel::getSharedBytes(Attention op, CudaAttentionAttr schedule) {
  int64_t bytes = getTileBytes(op, schedule.getRows(), schedule.getKeys());
  return schedule.getFewQ() > 0 ? std::max(bytes, getStreamBytes(op, schedule))
                                : bytes;
}

Dim CudaAttentionAttr::getItems(Operation *kernel) const {
  AttentionSizes sizes = getAttentionSizes(cast<Attention>(kernel));
  Dim one = getConstant(kernel, 1);
  Dim rows = sizes.heads.floorDiv(sizes.kvHeads.max(one)) * sizes.queries;
  auto blocksOf = [&](int64_t count) {
    return rows.ceilDiv(getConstant(kernel, count));
  };
  Dim blocks = blocksOf(getRows());
  if (getFewQ() > 0) {
    Dim few = blocksOf(getFewRows());
    Dim isMany =
        sizes.queries.floorDiv(getConstant(kernel, getFewQ() + 1)).min(one);
    blocks = few + isMany * (blocks - few);
  }
  return sizes.batch * sizes.kvHeads * blocks * getParts();
}

Dim CudaAttentionAttr::getScratchBytes(Operation *kernel) const {
  return getConstant(kernel, 0);
}

//===-- convolution -------------------------------------------------------===//

LogicalResult CudaConvAttr::verify(EmitError error, int64_t threads,
                                   int64_t channels, int64_t positions,
                                   int64_t steps) {
  if (failed(requireThreads(error, threads)))
    return failure();
  static constexpr int64_t kAcross = 16, kGroup = 4;
  int64_t down = threads / kAcross;
  if (channels <= 0 || channels % (down * kGroup) != 0)
    return error() << "(U9) expects channels to be a multiple of "
                   << down * kGroup << ", got " << channels;
  if (positions <= 0 || positions % (kAcross * kGroup) != 0 ||
      threads % positions != 0)
    return error() << "(U9) expects positions to be a multiple of "
                   << kAcross * kGroup << " that divides " << threads
                   << " threads, got " << positions;
  int64_t sums = channels * positions / threads;
  static constexpr int64_t kMostSums = 128;
  if (sums > kMostSums)
    return error() << "(U9) expects at most " << kMostSums
                   << " sums for a thread, got " << sums;
  return requireRange(error, "(U10)", "steps", steps, 4, 64);
}

// As hagane/cuda/conv_tile.cuh lays tiles out.
int64_t kernel::getSharedBytes(Conv op, CudaConvAttr schedule) {
  static constexpr int64_t kAccessBytes = 16;
  int64_t bytes = getElementBytes(op.getEpilogue().getArgument(0).getType());
  int64_t row =
      schedule.getChannels() + kAccessBytes / bytes + schedule.getPositions();
  return schedule.getSteps() * row * bytes;
}

Dim CudaConvAttr::getItems(Operation *kernel) const {
  auto op = cast<Conv>(kernel);
  unsigned out = op.getDpsInitsMutable()[0].getOperandNumber();
  SmallVector<Dim> dims = op.getOperandDims(out);
  auto ceilDiv = [&](Dim dim, int64_t size) {
    return dim.ceilDiv(getConstant(kernel, size));
  };
  int64_t groups = op.getGroups();
  return dims[0] * groups * ceilDiv(ceilDiv(dims[1], groups), getChannels()) *
         ceilDiv(dims[2], getPositions());
}

Dim CudaConvAttr::getScratchBytes(Operation *kernel) const {
  return getConstant(kernel, 0);
}
