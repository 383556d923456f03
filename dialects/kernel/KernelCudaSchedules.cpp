//===- KernelCudaSchedules.cpp - Rules of GPU schedules -------------------===//

#include "dialects/kernel/KernelCudaSchedules.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane::kernel;

using EmitError = llvm::function_ref<InFlightDiagnostic()>;

static constexpr int64_t kMostThreads = 1024, kMostPerThread = 256,
                         kWidestVector = 16, kMostKept = 64;

LogicalResult hagane::kernel::requireThreads(EmitError error, int64_t threads) {
  if (threads > 0 && threads <= kMostThreads && threads % kWarp == 0)
    return success();
  return error() << "(U1) expects threads to be a multiple of " << kWarp
                 << ", at most " << kMostThreads << ", got " << threads;
}

static LogicalResult requireVector(EmitError error, int64_t vector) {
  if (vector > 0 && vector <= kWidestVector && llvm::isPowerOf2_64(vector))
    return success();
  return error() << "(U3) expects vector to be a power of two, at most "
                 << kWidestVector << ", got " << vector;
}

LogicalResult CudaLoopAttr::verify(EmitError error, int64_t threads,
                                   int64_t perThread, int64_t vector) {
  if (failed(requireThreads(error, threads)))
    return failure();
  if (perThread < 1 || perThread > kMostPerThread)
    return error() << "(U2) expects per_thread to be from 1 to "
                   << kMostPerThread << ", got " << perThread;
  return requireVector(error, vector);
}

LogicalResult CudaRowsAttr::verify(EmitError error, int64_t threads,
                                   int64_t rows, int64_t vector, int64_t keep) {
  if (failed(requireThreads(error, threads)) ||
      failed(requireVector(error, vector)))
    return failure();
  bool isWhole = rows > 0 && threads % rows == 0;
  int64_t team = isWhole ? threads / rows : 0;
  if (rows != 1 && (!isWhole || team > kWarp || !llvm::isPowerOf2_64(team)))
    return error() << "(U4) expects rows to be 1 or such that a power of two "
                      "of threads, at most "
                   << kWarp << ", share each, got " << rows << " rows and "
                   << threads << " threads";
  if (keep < 0 || keep > kMostKept || keep % vector != 0)
    return error() << "(U5) expects keep to be a multiple of vector from 0 to "
                   << kMostKept << ", got " << keep << " and " << vector;
  return success();
}
