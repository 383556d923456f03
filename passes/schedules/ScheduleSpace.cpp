//===- ScheduleSpace.cpp - The schedules a kernel can have ----------------===//

#include "passes/schedules/ScheduleSpace.h"
#include "dialects/kernel/KernelCodes.h"
#include "dialects/kernel/KernelCost.h"
#include "dialects/kernel/KernelScheduleFiles.h"
#include "dialects/kernel/KernelWindows.h"
#include "passes/schedules/cuda/CudaRules.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;

using EmitError = llvm::function_ref<InFlightDiagnostic()>;

std::optional<KernelPoint> KernelPoint::make(Operation *kernel,
                                             SymbolValue value) {
  KernelPoint point;
  point.kernel = kernel;
  for (const NamedSize &named : getNamedSizes(kernel)) {
    std::optional<int64_t> size =
        named.size ? named.size.evaluate(value) : std::nullopt;
    if (!size || *size < 0)
      return std::nullopt;
    point.sizes.push_back({named.name, *size});
  }
  return point;
}

int64_t KernelPoint::operator[](StringRef name) const {
  const auto *found = llvm::find_if(
      sizes, [&](const auto &size) { return size.first == name; });
  assert(found != sizes.end() && "kernels of this kind have no such size");
  return found->second;
}

//===-- What a target can run ---------------------------------------------===//

static LogicalResult checkMultiple(EmitError error, StringRef name,
                                   int64_t value, int64_t lanes) {
  if (value % lanes == 0)
    return success();
  return error() << name << " is " << value
                 << ", expected a multiple of the target's " << lanes
                 << " lanes";
}

static LogicalResult checkRegisters(EmitError error, int64_t rows,
                                    int64_t vectors,
                                    const TargetDescription &target) {
  // A row more than fits spills little; a tile twice the size never pays.
  if (getTileRegisters(rows, vectors) <= target.vectorRegisters)
    return success();
  return error() << "a tile of " << rows << " x " << vectors
                 << " vectors needs " << getTileRegisters(rows, vectors)
                 << " registers, the target has " << target.vectorRegisters;
}

static int64_t lanesFor(int64_t bytes, const TargetDescription &target) {
  return std::max<int64_t>(target.lanes(8 * bytes), 1);
}

int64_t hagane::getTileRegisters(int64_t rows, int64_t vectors) {
  return rows * vectors + vectors + 1;
}

int64_t hagane::getLanes(Gemm op, const TargetDescription &target) {
  return lanesFor(getElementBytes(getAccumulatorType(op)), target);
}

/// Whether a matrix product is of integers of 8 bits, four rows side by side.
static bool hasQuads(Gemm op) {
  if (op.getCodes())
    return getCopyType(op).isInteger();
  return op.getBLayout() == "interleaved" && getAccumulatorType(op).isInteger();
}

bool hagane::usesDots(Gemm op, const TargetDescription &target) {
  if (hasQuads(op))
    return target.int8Dots;
  Type factors = getFactorType(op);
  return target.bf16Dots && factors.isBF16() && op.getBLayout() != "columns" &&
         getAccumulatorType(op).isF32();
}

int64_t hagane::getCopyBytes(Gemm op, const TargetDescription &target) {
  if (usesDots(op, target) || hasQuads(op))
    return getElementBytes(
        cast<ShapedType>(op.getA().getType()).getElementType());
  return getElementBytes(getAccumulatorType(op));
}

int64_t hagane::getLanes(Conv op, const TargetDescription &target) {
  return lanesFor(getElementBytes(op.getEpilogue().getArgument(0).getType()),
                  target);
}

bool hagane::usesDots(Conv op, const TargetDescription &target) {
  return target.bf16Dots && getInterleave(op) > 1;
}

int64_t hagane::getLanes(Attention op, const TargetDescription &target) {
  Type compute =
      getComputeType(cast<ShapedType>(op.getQ().getType()).getElementType());
  return lanesFor(getElementBytes(compute), target);
}

/// Blocks of codes are not cut.
static LogicalResult checkBlocks(Gemm op, GemmScheduleAttr schedule,
                                 EmitError error) {
  CodesLayout codes = getCodesLayout(op);
  if (schedule.getBlockK() >= codes.rows ||
      schedule.getBlockK() % codes.block == 0)
    return success();
  return error() << "block_k is " << schedule.getBlockK()
                 << ", expected a multiple of " << codes.block
                 << ", the rows of a block of codes";
}

static LogicalResult check(Gemm op, GemmScheduleAttr schedule,
                           const TargetDescription &target, EmitError error) {
  int64_t lanes = getLanes(op, target), groups = op.getGroups(),
          microN = schedule.getMicroN();
  if (failed(checkMultiple(error, "micro_n", microN, lanes)) ||
      failed(
          checkRegisters(error, schedule.getMicroM(), microN / lanes, target)))
    return failure();
  if (op.getBLayout() == "interleaved" &&
      schedule.getBlockK() %
              cast<ShapedType>(op.getB().getType()).getShape().back() !=
          0)
    return error() << "block_k is " << schedule.getBlockK()
                   << ", expected whole groups of the rows interleaved in "
                   << op.getB().getType();
  if (op.getCodes() && failed(checkBlocks(op, schedule, error)))
    return failure();
  int64_t panel = getPanelWidth(op);
  if (panel == 0)
    return success();
  if (panel % microN != 0)
    return error() << "micro_n is " << microN << ", expected a divisor of "
                   << panel << ", the width of a panel";
  int64_t width = panel / groups;
  if (groups > 1 &&
      (panel % groups != 0 || width % std::min(microN, width) != 0 ||
       schedule.getItemN() % width != 0))
    return error() << "micro_n is " << microN << " and item_n "
                   << schedule.getItemN() << ", expected "
                   << "a divisor and a multiple of " << width
                   << ", a group's share of a panel";
  return success();
}

static LogicalResult check(Conv op, ConvScheduleAttr schedule,
                           const TargetDescription &target, EmitError error) {
  int64_t lanes = getLanes(op, target);
  if (failed(checkMultiple(error, "micro_n", schedule.getMicroN(), lanes)) ||
      failed(checkRegisters(error, schedule.getMicroM(),
                            schedule.getMicroN() / lanes, target)))
    return failure();
  auto weight = cast<ShapedType>(op.getWeight().getType());
  if (schedule.getBlockC() % getInterleave(op) != 0)
    return error() << "block_c is " << schedule.getBlockC()
                   << ", expected whole groups of the channels side by side in "
                   << weight;
  if (weight.getRank() == 2)
    return success();
  int64_t panel = weight.getDimSize(2);
  if (panel % schedule.getMicroM() != 0 || schedule.getItemM() % panel != 0)
    return error() << "panels of " << panel << " rows do not fit micro_m "
                   << schedule.getMicroM() << " and item_m "
                   << schedule.getItemM();
  return success();
}

static LogicalResult check(Attention op, AttentionScheduleAttr schedule,
                           const TargetDescription &target, EmitError error) {
  int64_t lanes = getLanes(op, target);
  if (failed(checkMultiple(error, "block_q", schedule.getBlockQ(), lanes)) ||
      failed(checkMultiple(error, "micro_n", schedule.getMicroN(), lanes)))
    return failure();
  if (schedule.getFewQ() > 0 && !getStaticGroup(op))
    return error() << "few_q is " << schedule.getFewQ()
                   << ", expected 0 as the number of heads is not known";
  if (op.getPages() && op.getPageSize() % schedule.getBlockK() != 0)
    return error() << "block_k is " << schedule.getBlockK()
                   << ", expected a divisor of the " << op.getPageSize()
                   << " positions of a page";
  return checkRegisters(error, schedule.getMicroM(),
                        schedule.getMicroN() / lanes, target);
}

/// Vectors that several registers hold are taken apart: no more than that.
static constexpr int64_t kRegistersOfAVector = 4;

static LogicalResult
checkVector(int64_t vector, const TargetDescription &target, EmitError error) {
  int64_t most = kRegistersOfAVector * target.vectorBits / 8;
  if (llvm::isPowerOf2_64(vector) && vector <= most)
    return success();
  return error() << "vector is " << vector
                 << ", expected a power of two of at most " << most;
}

template <typename OpTy, typename ScheduleT>
static LogicalResult check(OpTy, ScheduleT schedule,
                           const TargetDescription &target, EmitError error) {
  return checkVector(schedule.getVector(), target, error);
}

LogicalResult hagane::checkSchedule(Operation *kernel, Attribute schedule,
                                    const TargetDescription &target,
                                    EmitError emitError) {
  if (isa<CudaScheduleInterface>(schedule) != (target.sm != 0))
    return emitError() << schedule << " is no schedule of a "
                       << (target.sm ? "GPU" : "processor");
  if (target.sm)
    return checkCudaSchedule(kernel, schedule, target, emitError);
  return llvm::TypeSwitch<Operation *, LogicalResult>(kernel)
      .Case<Gemm, Conv, Attention, Rows, Map, Reduce, Window, Gather, Write>(
          [&](auto op) {
            using Type = ScheduleOf<decltype(op)>::Type;
            return check(op, cast<Type>(schedule), target, emitError);
          })
      .Default([&](Operation *op) {
        return emitError() << "kernels of kind "
                           << cast<KernelOpInterface>(op).getKernelKind()
                           << " have no schedule";
      });
}
