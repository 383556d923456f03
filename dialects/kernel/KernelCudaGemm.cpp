//===- KernelCudaGemm.cpp - Matrix products on GPUs -----------------------===//

#include "dialects/kernel/KernelCudaGemm.h"
#include "dialects/kernel/KernelCost.h"
#include "dialects/kernel/KernelCudaSchedules.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;
using xf::Dim;

using EmitError = llvm::function_ref<InFlightDiagnostic()>;

//===-- Rules -------------------------------------------------------------===//

namespace {
/// What a family's warps compute at once, and what else it asks for.
struct FamilyRow {
  CudaGemmFamily family;
  int64_t rows, columns, terms;
  int64_t leastStages, mostStages;
};
} // namespace

static constexpr int64_t kMostTile = 512, kMostStages = 8, kMostRegisters = 255;

static constexpr FamilyRow kFamilies[] = {
    {CudaGemmFamily::simt, 4, 8, 4, 1, 1},
    {CudaGemmFamily::mma, 16, 16, 16, 2, kMostStages},
};

static const FamilyRow &getRow(CudaGemmFamily family) {
  return *llvm::find_if(kFamilies,
                        [&](auto &row) { return row.family == family; });
}

int64_t CudaGemmAttr::getThreads() const {
  return kWarp * getWarpsM() * getWarpsN();
}

static LogicalResult
verifySizes(EmitError error,
            llvm::ArrayRef<std::pair<llvm::StringRef, int64_t>> sizes) {
  for (auto [name, size] : sizes)
    if (size <= 0 || size > kMostTile)
      return error() << "(U9) expects " << name
                     << " to be positive and at most " << kMostTile << ", got "
                     << size;
  return success();
}

LogicalResult CudaGemmAttr::verify(EmitError error, CudaGemmFamily family,
                                   int64_t tileM, int64_t tileN, int64_t tileK,
                                   int64_t warpsM, int64_t warpsN,
                                   int64_t stages, int64_t registers) {
  if (failed(verifySizes(error, {{"tile_m", tileM},
                                 {"tile_n", tileN},
                                 {"tile_k", tileK},
                                 {"warps_m", warpsM},
                                 {"warps_n", warpsN},
                                 {"stages", stages},
                                 {"registers", registers}})) ||
      failed(requireThreads(error, kWarp * warpsM * warpsN)))
    return failure();
  if (registers > kMostRegisters)
    return error() << "(U9) expects registers to be at most " << kMostRegisters
                   << ", got " << registers;
  const FamilyRow &row = getRow(family);
  StringRef name = stringifyCudaGemmFamily(family);
  if (tileM % (warpsM * row.rows) || tileN % (warpsN * row.columns))
    return error() << "(U10) expects warps of " << name
                   << " to have multiples of " << row.rows << " x "
                   << row.columns << " sums, got " << tileM << " x " << tileN
                   << " for " << warpsM << " x " << warpsN << " warps";
  if (tileK % row.terms)
    return error() << "(U11) expects tile_k of " << name
                   << " to be a multiple of " << row.terms << ", got " << tileK;
  if (stages < row.leastStages || stages > row.mostStages)
    return error() << "(U12) expects " << row.leastStages << " to "
                   << row.mostStages << " stages of " << name << ", got "
                   << stages;
  return success();
}

//===-- Costs -------------------------------------------------------------===//

CudaGemmAttr kernel::getCudaGemm(Gemm op) {
  return op->getAttrOfType<CudaGemmAttr>("schedule");
}

int64_t kernel::getTileColumns(Gemm op, CudaGemmAttr schedule) {
  return schedule.getTileN() / static_cast<int64_t>(op.getGroups());
}

Dim CudaGemmAttr::getScratchBytes(Operation *kernel) const {
  return getConstant(kernel, 0);
}

Dim CudaGemmAttr::getItems(Operation *kernel) const {
  auto op = cast<Gemm>(kernel);
  auto out = op.getOperandDims(op.getOutsMutable()[0].getOperandNumber());
  Dim batch = out.size() == 3 ? out[0] : getConstant(op, 1);
  auto parts = [&](Dim size, int64_t part) {
    return size.ceilDiv(getConstant(op, part));
  };
  Dim rows = parts(out[out.size() - 2], getTileM()),
      columns = parts(out.back(), getTileColumns(op, *this));
  return batch * rows * columns;
}

static Type elementOf(Value operand) {
  return cast<ShapedType>(operand.getType()).getElementType();
}

Type kernel::getTensorFactor(Gemm op) {
  Type a = elementOf(op.getA()), b = elementOf(op.getB());
  if (op.getCodes())
    return {};
  if ((a.isBF16() || a.isF16()) && a == b && getAccumulatorType(op).isF32())
    return a;
  bool areBytes =
      a.isInteger(8) && b.isInteger(8) && getAccumulatorType(op).isInteger(32);
  return areBytes ? a : Type();
}

CudaGemmShared kernel::getCudaShared(Gemm op, CudaGemmAttr schedule) {
  static constexpr int64_t kAlign = 1024;
  int64_t sumBytes = getElementBytes(getAccumulatorType(op));
  bool isSimt = schedule.getFamily() == CudaGemmFamily::simt;
  int64_t bytes = isSimt ? sumBytes : getElementBytes(elementOf(op.getA()));
  // Scalars are read one by one: rows of a term are apart by more.
  int64_t padding = isSimt ? kSumsPadding / sumBytes : 0;
  CudaGemmShared shared;
  auto tile = [&](int64_t rows) {
    return int64_t(llvm::alignTo((rows + padding) * schedule.getTileK() * bytes,
                                 isSimt ? 16 : kAlign));
  };
  shared.a = 0;
  shared.b = tile(schedule.getTileM());
  shared.stage = shared.b + tile(schedule.getTileN());
  int64_t sums =
      schedule.getTileM() * (schedule.getTileN() * sumBytes + kSumsPadding);
  shared.bytes = std::max(shared.stage * schedule.getStages(), sums);
  return shared;
}
