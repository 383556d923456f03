//===- RowsRules.cpp - Rows that threads reduce together ------------------===//

#include "dialects/kernel/KernelCost.h"
#include "dialects/kernel/KernelCudaCost.h"
#include "dialects/kernel/KernelCudaSchedules.h"
#include "passes/schedules/cuda/CudaRules.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane;
using xf::Dim;

// Threads of a block that several rows share.
static constexpr int64_t kThreads = 256;
// Elements that a thread of a team has to be given before the team is larger,
// and those beyond which registers run out.
static constexpr int64_t kLeastPerThread = 4, kMostPerThread = 32;
// Loads of a thread, in bytes.
static constexpr int64_t kAccessBytes = 16;

static std::optional<int64_t> constantOf(Dim dim) {
  return dim ? dim.getConstant() : std::nullopt;
}

/// Elements of the widest operand that a thread loads at once. Those of a
/// reduction lie apart.
static int64_t pickVector(Operation *op, std::optional<int64_t> length) {
  if (isa<kernel::Reduce>(op))
    return 1;
  int64_t bytes = 1;
  for (Value operand : op->getOperands())
    bytes = std::max(bytes, kernel::getElementBytes(
                                getElementTypeOrSelf(operand.getType())));
  int64_t vector = std::max<int64_t>(kAccessBytes / bytes, 1);
  while (length && vector > 1 && *length % vector != 0)
    vector /= 2;
  return vector;
}

/// Threads for a row: a thread of its own for short ones and where neighbours
/// reduce neighbouring memory, a warp's part, or a block of several warps.
static int64_t pickTeam(std::optional<int64_t> length) {
  static constexpr int64_t kAssumed = 4096;
  int64_t elements = std::max<int64_t>(length.value_or(kAssumed), 1);
  int64_t team =
      llvm::PowerOf2Ceil(llvm::divideCeil(elements, kLeastPerThread));
  if (team <= kernel::kWarp)
    return team;
  // A warp needs no barrier: it takes what its registers hold.
  if (elements <= kernel::kWarp * kMostPerThread / 2)
    return kernel::kWarp;
  return std::clamp<int64_t>(
      llvm::PowerOf2Ceil(llvm::divideCeil(elements, kMostPerThread)), 128,
      1024);
}

/// Whether the dimension along which memory is contiguous is not reduced, so
/// that neighbouring threads read neighbouring elements of different rows.
static bool readsAcross(Operation *op) {
  auto reduce = dyn_cast<kernel::Reduce>(op);
  if (!reduce)
    return false;
  auto maps = reduce.getMaps().getAsRange<AffineMapAttr>();
  return llvm::any_of(
      llvm::zip(reduce.getIns(), maps), [&](const auto &operand) {
        AffineMap map = std::get<1>(operand).getValue();
        if (map.getNumResults() == 0)
          return false;
        auto last = dyn_cast<AffineDimExpr>(map.getResults().back());
        return last &&
               !llvm::is_contained(reduce.getReduced(), last.getPosition());
      });
}

Attribute hagane::chooseCudaRows(Operation *op, const TargetDescription &) {
  std::optional<int64_t> length = constantOf(kernel::getRowLength(op));
  int64_t vector = pickVector(op, length);
  int64_t team = readsAcross(op) ? 1 : pickTeam(length);
  int64_t threads = std::max(kThreads, team);
  int64_t rows = team > kernel::kWarp ? 1 : threads / team;
  if (rows == 1)
    threads = team;
  int64_t keep = 0;
  if (length && isa<kernel::Rows>(op)) {
    int64_t share = llvm::alignTo(
        llvm::divideCeil(std::max<int64_t>(*length, 1), team), vector);
    keep = share <= kMostPerThread ? share : 0;
  }
  return kernel::CudaRowsAttr::get(op->getContext(), threads, rows, vector,
                                   keep);
}

LogicalResult hagane::checkCudaRows(Operation *op, Attribute schedule,
                                    const TargetDescription &,
                                    CudaCheckError error) {
  auto rows = cast<kernel::CudaRowsAttr>(schedule);
  if (rows.getKeep() == 0)
    return success();
  if (isa<kernel::Reduce>(op))
    return error() << "keep is " << rows.getKeep()
                   << ", expected 0: a reduction reads its elements once";
  std::optional<int64_t> length = constantOf(kernel::getRowLength(op));
  int64_t kept = rows.getTeam() * rows.getKeep();
  if (length && *length <= kept)
    return success();
  auto refused = error() << rows.getTeam() << " threads keep " << kept
                         << " elements, expected at least a row's ";
  if (length)
    return refused << *length;
  return refused << "number, which is not known";
}
