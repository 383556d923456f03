//===- EmitRows.cpp - Norms, softmax and reductions as CUDA C++ -----------===//
//
// A team of threads reduces a row: each thread its own elements, then the team
// together, by shuffles if it is part of a warp and else through shared memory.
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/Emitters.h"
#include "codegen/cuda/LoopNest.h"
#include "dialects/kernel/KernelCudaSchedules.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using llvm::formatv;

namespace hagane::cuda {
namespace {

/// Shared memory of one reduction: a number of up to 8 bytes for each warp.
constexpr int64_t kReductionBytes = kernel::kWarp * 8;

/// What rows and reductions share: which row, and how a team combines.
class Team {
public:
  Team(Operation *op, KernelWriter &w)
      : w(w), schedule(cast<kernel::CudaRowsAttr>(kernel::getCudaSchedule(op))),
        size(schedule.getTeam()) {}

  /// Opens the kernel; declares `lane`, whether the row `exists`, and its
  /// coordinates among `sizes`.
  Texts open(ArrayRef<std::string> sizes, unsigned reductions) {
    w.include("block.cuh");
    w.openKernel(schedule.getThreads());
    if (isBlock() && reductions > 0) {
      w.line("HAGANE_SHARED(shared);");
      w.useShared(reductions * kReductionBytes);
    }
    bool hasPlace = product(sizes) != "1";
    if (schedule.getRows() == 1 && hasPlace)
      w.line("const int64_t row = blockIdx.x;");
    if (schedule.getRows() > 1) {
      w.line(formatv("const int64_t rows = {0};", product(sizes)));
      w.line(formatv("const int64_t own = int64_t(blockIdx.x) * {0} + "
                     "threadIdx.x / {1};",
                     schedule.getRows(), size));
      // All lanes of a warp take part in its shuffles.
      w.line("const bool exists = own < rows;");
      if (hasPlace)
        w.line("const int64_t row = exists ? own : rows - 1;");
    }
    w.line(size == 1 ? std::string("const int lane = 0;")
           : isBlock()
               ? std::string("const int lane = threadIdx.x;")
               : formatv("const int lane = threadIdx.x % {0};", size).str());
    return delinearize(w, "row", sizes, "i");
  }

  /// The team's combination of the variable, which all threads get.
  void combine(StringRef variable, StringRef combination, StringRef type,
               unsigned number) {
    if (isBlock())
      w.line(formatv("{0} = reduceBlock<{1}>({0}, sharedRegion<{2}>(shared, "
                     "{3}));",
                     variable, combination, type, number * kReductionBytes));
    else if (size > 1)
      w.line(formatv("{0} = reduceWarp<{1}, {2}>({0});", variable, combination,
                     size));
  }

  /// What only existing rows do.
  std::string existing(StringRef also = "") const {
    if (schedule.getRows() == 1)
      return also.empty() ? "" : also.str();
    return also.empty() ? "exists" : ("exists && " + also).str();
  }

  bool isBlock() const { return schedule.getRows() == 1; }

  KernelWriter &w;
  kernel::CudaRowsAttr schedule;
  int64_t size;
};

class RowsEmitter {
public:
  RowsEmitter(kernel::Rows op, KernelWriter &w)
      : op(op), w(w), team(op, w),
        nest(w, op.getIns(), op.getOuts(), op.getMaps()),
        column(nest.rank() - 1), vector(team.schedule.getVector()),
        kept(team.schedule.getKeep() / vector) {}

  LogicalResult emit() {
    dims = team.open(ArrayRef(nest.sizes()).drop_back(), op.getStages().size());
    w.line(formatv("const int64_t columns = {0};", nest.size(column)));
    dims.push_back("0");
    nest.loadInvariant(dims, column);
    if (kept > 0)
      keepElements();
    for (unsigned stage = 0; stage < op.getStages().size(); ++stage)
      if (failed(emitStage(stage)))
        return failure();
    if (failed(emitFinish()) || failed(emitMap()))
      return failure();
    w.closeKernel();
    return success();
  }

private:
  Region &stageOf(unsigned stage) { return op.getStages()[stage]; }
  StringRef kindOf(unsigned stage) {
    return combinationOf(cast<StringAttr>(op.getKinds()[stage]).getValue());
  }
  Type typeOf(unsigned stage) {
    return stageOf(stage).front().getTerminator()->getOperand(0).getType();
  }

  /// Opens the loop over chunks of `vector` neighbours that the thread has.
  void openChunks() {
    if (kept > 0) {
      w.line("#pragma unroll");
      w.open(formatv("for (int chunk = 0; chunk < {0}; ++chunk)", kept));
      w.line(formatv("const int64_t first = (chunk * {0} + lane) * {1};",
                     team.size, vector));
    } else {
      w.open(formatv("for (int64_t first = lane * {0}; first < columns; "
                     "first += {1})",
                     vector, team.size * vector));
    }
    dims.back() = "first";
  }

  /// Declares a chunk's inputs and loads them, unless they are kept.
  void loadChunk() {
    if (kept > 0)
      return;
    for (const NestOperand &in : nest.getIns())
      if (in.varies(column))
        w.line(formatv("{0} {1}[{2}];", w.typeName(in.getComputeType()),
                       in.name, vector));
    nest.loadVarying(
        dims, column, [](const NestOperand &in) { return in.name; },
        "columns - first");
  }

  /// Opens the loop over a chunk's elements.
  void openElements() {
    w.line("#pragma unroll");
    w.open(formatv("for (int e = 0; e < {0}; ++e)", vector));
    w.line("if (first + e >= columns)\n  break;");
  }

  /// Loads the row once for all stages.
  void keepElements() {
    for (const NestOperand &in : nest.getIns())
      if (in.varies(column))
        w.line(formatv("{0} {1}[{2}][{3}];", w.typeName(in.getComputeType()),
                       in.name, kept, vector));
    for (unsigned stage = 0; stage < op.getStages().size(); ++stage)
      if (carries(stage)) {
        carry[stage] = w.unique("carry");
        w.line(formatv("{0} {1}[{2}][{3}];", w.typeName(typeOf(stage)),
                       carry[stage], kept, vector));
      }
    openChunks();
    nest.loadVarying(
        dims, column, [](const NestOperand &in) { return in.name + "[chunk]"; },
        "columns - first");
    w.close();
  }

  /// The region that sees what stage `stage` reduced, and whether it looks.
  bool carries(unsigned stage) {
    bool isLast = stage + 1 == op.getStages().size();
    Region &next = isLast ? op.getMap() : stageOf(stage + 1);
    return !next.front().getArguments().back().use_empty();
  }

  /// Arguments of a region after `stages` stages, at the loops' element.
  FailureOr<Texts> argumentsAfter(unsigned stages, Region &region) {
    Texts arguments;
    for (const NestOperand &in : nest.getIns())
      arguments.push_back(!in.varies(column) ? in.name
                          : kept > 0         ? in.name + "[chunk][e]"
                                             : in.name + "[e]");
    llvm::append_range(arguments, ArrayRef(statistics).take_front(stages));
    if (stages == 0)
      return arguments;
    if (region.front().getArguments().back().use_empty()) {
      arguments.push_back("0");
    } else if (kept > 0) {
      arguments.push_back(carry[stages - 1] + "[chunk][e]");
    } else {
      // Computed again: the row does not fit in registers.
      FailureOr<std::string> value = emitValue(stages - 1);
      if (failed(value))
        return failure();
      arguments.push_back(*value);
    }
    return arguments;
  }

  Texts coordinates() {
    Texts at = dims;
    at.back() = "first + e";
    return at;
  }

  /// What stage `stage` reduces at the loops' element.
  FailureOr<std::string> emitValue(unsigned stage) {
    FailureOr<Texts> arguments = argumentsAfter(stage, stageOf(stage));
    if (failed(arguments))
      return failure();
    FailureOr<Texts> values =
        w.region(stageOf(stage), *arguments, coordinates());
    if (failed(values))
      return failure();
    return values->front();
  }

  LogicalResult emitStage(unsigned stage) {
    std::string type = w.typeName(typeOf(stage)), name = w.unique("statistic");
    w.line(
        formatv("{0} {1} = {2}::identity<{0}>();", type, name, kindOf(stage)));
    openChunks();
    loadChunk();
    openElements();
    FailureOr<std::string> value = emitValue(stage);
    if (failed(value))
      return failure();
    w.line(formatv("{0} = {1}::of({0}, {2});", name, kindOf(stage), *value));
    if (kept > 0 && carries(stage))
      w.line(formatv("{0}[chunk][e] = {1};", carry[stage], *value));
    w.close();
    w.close();
    team.combine(name, kindOf(stage), type, stage);
    statistics.push_back(name);
    return success();
  }

  /// Outs of one value a row, which come after those of elements.
  LogicalResult emitFinish() {
    ArrayRef<NestOperand> outs = nest.getOuts();
    size_t elements = llvm::count_if(
        outs, [&](const NestOperand &out) { return out.varies(column); });
    if (elements == outs.size())
      return success();
    dims.back() = "0";
    w.open(formatv("if ({0})", team.existing("lane == 0")));
    FailureOr<Texts> values = w.region(op.getFinish(), statistics, dims);
    if (failed(values))
      return failure();
    for (auto [out, value] :
         llvm::zip_equal(outs.drop_front(elements), *values))
      nest.store(out, dims, value);
    w.close();
    return success();
  }

  LogicalResult emitMap() {
    auto outs =
        llvm::make_filter_range(nest.getOuts(), [&](const NestOperand &out) {
          return out.varies(column);
        });
    if (outs.empty())
      return success();
    if (std::string test = team.existing(); !test.empty())
      w.line(formatv("if (!{0})\n  return;", test));
    openChunks();
    loadChunk();
    for (const NestOperand &out : outs)
      w.line(formatv("{0} {1}[{2}];", w.typeName(out.getComputeType()),
                     out.name, vector));
    openElements();
    FailureOr<Texts> arguments =
        argumentsAfter(op.getStages().size(), op.getMap());
    if (failed(arguments))
      return failure();
    FailureOr<Texts> values = w.region(op.getMap(), *arguments, coordinates());
    if (failed(values))
      return failure();
    for (auto [out, value] : llvm::zip(outs, *values))
      w.line(formatv("{0}[e] = {1};", out.name, value));
    w.close();
    for (const NestOperand &out : outs)
      nest.store(out, dims, column, out.name, "columns - first");
    w.close();
    return success();
  }

  kernel::Rows op;
  KernelWriter &w;
  Team team;
  LoopNest nest;
  unsigned column;
  int64_t vector, kept;
  Texts dims, statistics;
  llvm::DenseMap<unsigned, std::string> carry;
};

} // namespace

LogicalResult emitRows(kernel::Rows op, KernelWriter &w) {
  return RowsEmitter(op, w).emit();
}

LogicalResult emitReduce(kernel::Reduce op, KernelWriter &w) {
  Team team(op, w);
  LoopNest nest(w, op.getIns(), op.getOuts(), op.getMaps());
  Texts outer, inner, dims(nest.rank(), "0");
  SmallVector<unsigned> parallel;
  for (unsigned dim = 0; dim < nest.rank(); ++dim) {
    if (llvm::is_contained(op.getReduced(), dim))
      continue;
    parallel.push_back(dim);
    outer.push_back(nest.size(dim));
  }
  for (int64_t dim : op.getReduced())
    inner.push_back(nest.size(dim));
  Type type = op.getBody().front().getTerminator()->getOperand(0).getType();
  std::string number = w.typeName(type);
  StringRef combination = combinationOf(op.getKind());

  Texts at = team.open(outer, 1);
  for (auto [dim, name] : llvm::zip_equal(parallel, at))
    dims[dim] = name;
  w.line(formatv("{0} total = {1}::identity<{0}>();", number, combination));
  w.open(formatv("for (int64_t place = lane; place < {0}; place += {1})",
                 product(inner), team.size));
  for (auto [dim, name] :
       llvm::zip_equal(op.getReduced(), delinearize(w, "place", inner, "k")))
    dims[dim] = name;
  // No dimension: each input is one element.
  nest.loadInvariant(dims, nest.rank());
  Texts arguments;
  for (const NestOperand &in : nest.getIns())
    arguments.push_back(in.name);
  FailureOr<Texts> value = w.region(op.getBody(), arguments, dims);
  if (failed(value))
    return failure();
  w.line(formatv("total = {0}::of(total, {1});", combination, value->front()));
  w.close();
  team.combine("total", combination, number, 0);
  w.open(formatv("if ({0})", team.existing("lane == 0")));
  for (int64_t dim : op.getReduced())
    dims[dim] = "0";
  FailureOr<Texts> results = w.region(op.getFinish(), {"total"}, dims);
  if (failed(results))
    return failure();
  for (auto [out, result] : llvm::zip_equal(nest.getOuts(), *results))
    nest.store(out, dims, result);
  w.close();
  w.closeKernel();
  return success();
}

} // namespace hagane::cuda
