//===- KernelSchedules.cpp - Rules of schedule attributes -----------------===//

#include "dialects/kernel/KernelOps.h"

using namespace mlir;
using namespace hagane::kernel;

using EmitError = llvm::function_ref<InFlightDiagnostic()>;

// Beyond these a schedule is no code that anyone wants: what is unrolled, and
// what is counted.
static constexpr int64_t kMaxUnrolled = 1 << 8, kMaxSize = int64_t(1) << 32;

static bool isUnrolled(llvm::StringRef name) {
  return name.starts_with("micro") || name.starts_with("unroll") ||
         name == "vector" || name == "parts";
}

static LogicalResult
requireSizes(EmitError error,
             llvm::ArrayRef<std::pair<llvm::StringRef, int64_t>> sizes) {
  for (auto [name, size] : sizes) {
    if (size <= 0)
      return error() << "(S1) expects " << name << " to be positive, got "
                     << size;
    int64_t limit = isUnrolled(name) ? kMaxUnrolled : kMaxSize;
    if (size > limit)
      return error() << "(S1) expects " << name << " to be at most " << limit
                     << ", got " << size;
  }
  return success();
}

LogicalResult GemmScheduleAttr::verify(EmitError error, int64_t itemM,
                                       int64_t itemN, int64_t blockK,
                                       int64_t microM, int64_t microN,
                                       int64_t unrollK, int64_t prefetch,
                                       bool packA) {
  if (failed(requireSizes(error, {{"item_m", itemM},
                                  {"item_n", itemN},
                                  {"micro_m", microM},
                                  {"micro_n", microN},
                                  {"unroll_k", unrollK}})))
    return failure();
  if (blockK < 0 || prefetch < 0 || blockK > kMaxSize || prefetch > kMaxSize)
    return error() << "(S1) expects block_k and prefetch to be at least 0 and "
                      "at most "
                   << kMaxSize << ", got " << blockK << " and " << prefetch;
  if (itemM % microM || itemN % microN)
    return error()
           << "(S2) expects item sizes to be multiples of micro sizes, got "
           << itemM << "x" << itemN << " and " << microM << "x" << microN;
  if (blockK % unrollK)
    return error() << "(S3) expects block_k to be a multiple of unroll_k, got "
                   << blockK << " and " << unrollK;
  if (packA && blockK == 0)
    return error() << "(S4) expects a positive block_k with pack_a";
  return success();
}

LogicalResult ConvScheduleAttr::verify(EmitError error, int64_t itemM,
                                       int64_t itemN, int64_t blockC,
                                       int64_t microM, int64_t microN,
                                       int64_t unrollK) {
  if (failed(requireSizes(error, {{"item_m", itemM},
                                  {"item_n", itemN},
                                  {"block_c", blockC},
                                  {"micro_m", microM},
                                  {"micro_n", microN},
                                  {"unroll_k", unrollK}})))
    return failure();
  if (itemM % microM || itemN % microN)
    return error()
           << "(S2) expects item sizes to be multiples of micro sizes, got "
           << itemM << "x" << itemN << " and " << microM << "x" << microN;
  return success();
}

LogicalResult AttentionScheduleAttr::verify(EmitError error, int64_t blockQ,
                                            int64_t blockK, int64_t microM,
                                            int64_t microN, bool pack,
                                            int64_t fewQ, int64_t parts) {
  if (failed(requireSizes(error, {{"block_q", blockQ},
                                  {"block_k", blockK},
                                  {"micro_m", microM},
                                  {"micro_n", microN},
                                  {"parts", parts}})))
    return failure();
  if (fewQ < 0 || fewQ > kMaxUnrolled)
    return error() << "(S1) expects few_q to be at least 0 and at most "
                   << kMaxUnrolled << ", got " << fewQ;
  if (blockK % microN)
    return error() << "(S2) expects block_k to be a multiple of micro_n, got "
                   << blockK << " and " << microN;
  if (parts > 1 && fewQ == 0)
    return error() << "(S3) expects few_q to be positive with several parts, "
                      "got "
                   << parts << " parts";
  return success();
}

LogicalResult RowsScheduleAttr::verify(EmitError error, int64_t itemRows,
                                       int64_t vector) {
  return requireSizes(error, {{"item_rows", itemRows}, {"vector", vector}});
}

LogicalResult LoopScheduleAttr::verify(EmitError error, int64_t itemSize,
                                       int64_t vector) {
  return requireSizes(error, {{"item_size", itemSize}, {"vector", vector}});
}
