//===- EmitLoops.cpp - Maps, gathers, writes and tasks as CUDA C++
//----------------===//
//
// Kernels whose elements do not depend on each other: a thread computes groups
// of neighbours along the last dimension.
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/Emitters.h"
#include "codegen/cuda/LoopNest.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using llvm::formatv;

namespace hagane::cuda {

static kernel::CudaLoopAttr scheduleOf(Operation *op) {
  return cast<kernel::CudaLoopAttr>(kernel::getCudaSchedule(op));
}

/// Opens the loop over a group's elements, of which `count` exist; gives how
/// one of an array is called.
static std::string openElements(KernelWriter &w, int64_t vector,
                                StringRef count) {
  w.line("#pragma unroll");
  w.open(formatv("for (int e = 0; e < {0}; ++e)", vector));
  w.line(formatv("if (e >= {0})\n  break;", count));
  return "[e]";
}

LogicalResult emitMap(kernel::Map op, KernelWriter &w) {
  kernel::CudaLoopAttr schedule = scheduleOf(op);
  LoopNest nest(w, op.getIns(), op.getOuts(), op.getMaps());
  int64_t vector = nest.rank() == 0 ? 1 : schedule.getVector();
  unsigned last = std::max(nest.rank(), 1u) - 1;
  w.openKernel(schedule.getThreads());
  auto emitGroup = [&](const Texts &at,
                       const std::string &count) -> LogicalResult {
    // All are scalars unless a group has several elements.
    unsigned along = vector > 1 ? last : nest.rank();
    nest.loadInvariant(at, along);
    if (vector > 1)
      for (const NestOperand &in : nest.getIns())
        if (in.varies(last))
          w.line(formatv("{0} {1}[{2}];", w.typeName(in.getComputeType()),
                         in.name, vector));
    if (vector > 1)
      for (const NestOperand &out : nest.getOuts())
        w.line(formatv("{0} {1}[{2}];", w.typeName(out.getComputeType()),
                       out.name, vector));
    std::string suffix;
    Texts dims = at;
    if (vector > 1) {
      nest.loadVarying(
          at, last, [](const NestOperand &in) { return in.name; }, count);
      suffix = openElements(w, vector, count);
      dims.back() = at.back() + " + e";
    }
    Texts arguments;
    for (const NestOperand &in : nest.getIns())
      arguments.push_back(in.varies(last) || nest.rank() == 0
                              ? in.name + (in.varies(last) ? suffix : "")
                              : in.name);
    FailureOr<Texts> results = w.region(op.getBody(), arguments, dims);
    if (failed(results))
      return failure();
    for (auto [out, value] : llvm::zip_equal(nest.getOuts(), *results)) {
      if (vector > 1)
        w.line(formatv("{0}[e] = {1};", out.name, value));
      else
        nest.store(out, at, value);
    }
    if (vector == 1)
      return success();
    w.close();
    for (const NestOperand &out : nest.getOuts())
      nest.store(out, at, last, out.name, count);
    return success();
  };
  if (failed(forGroups(w, nest.sizes(), schedule, emitGroup)))
    return failure();
  w.closeKernel();
  return success();
}

/// Copies `count` neighbours along the last axis, by way of `values`.
static void moveNeighbours(KernelWriter &w, Value from,
                           ArrayRef<std::string> source, Value to,
                           ArrayRef<std::string> target, StringRef count) {
  auto move = [&](Value memref, ArrayRef<std::string> place, bool isLoad) {
    std::string stride = w.stride(memref, place.size() - 1),
                first = "&" + w.element(memref, place);
    std::string spaced = stride == "1" ? "" : ", " + stride;
    StringRef how = stride == "1" ? "Neighbours" : "Spaced";
    w.line(isLoad ? formatv("load{0}(values, {1}{2}, {3});", how, first, spaced,
                            count)
                  : formatv("store{0}({1}{2}, values, {3});", how, first,
                            spaced, count));
  };
  move(from, source, true);
  move(to, target, false);
}

LogicalResult emitGather(kernel::Gather op, KernelWriter &w) {
  kernel::CudaLoopAttr schedule = scheduleOf(op);
  Value table = op.getTable(), indices = op.getIndices(), out = op.getOuts()[0];
  int64_t axis = op.getAxis();
  int64_t indexRank = cast<MemRefType>(indices.getType()).getRank();
  int64_t outRank = cast<MemRefType>(out.getType()).getRank();
  // Without axes after the index, neighbours come from anywhere.
  bool scatters = axis + indexRank == outRank;
  Texts sizes;
  for (int64_t i = 0; i < outRank; ++i)
    sizes.push_back(w.size(out, i));
  if (scatters)
    schedule = kernel::CudaLoopAttr::get(op.getContext(), schedule.getThreads(),
                                         schedule.getPerThread(), 1);
  Type type = getElementTypeOrSelf(table.getType());
  w.openKernel(schedule.getThreads());
  auto emitGroup = [&](const Texts &at,
                       const std::string &count) -> LogicalResult {
    std::string rows = w.size(table, axis);
    std::string raw = w.element(indices, ArrayRef(at).slice(axis, indexRank));
    w.line(formatv("const int64_t row = findPosition<true>({0}, {1}, "
                   "args.report, args.check);",
                   raw, rows));
    // An empty table has no row to read.
    w.line(formatv("if (row >= {0})\n  return;", rows));
    Texts from(ArrayRef(at).take_front(axis));
    from.push_back("row");
    llvm::append_range(from, ArrayRef(at).drop_front(axis + indexRank));
    if (schedule.getVector() == 1) {
      w.line(formatv("{0} = {1};", w.element(out, at), w.element(table, from)));
      return success();
    }
    w.line(formatv("{0} values[{1}];", w.typeName(type), schedule.getVector()));
    moveNeighbours(w, table, from, out, at, count);
    return success();
  };
  if (failed(forGroups(w, sizes, schedule, emitGroup)))
    return failure();
  w.closeKernel();
  return success();
}

namespace {

/// A thread's elements of a cache lie at one position (along the last axis:
/// each is one), which has them from one place.
class WriteEmitter {
public:
  WriteEmitter(kernel::Write op, KernelWriter &w)
      : op(op), w(w), out(op.getOuts()[0]), axis(op.getAxis()),
        rank(cast<MemRefType>(out.getType()).getRank()),
        schedule(scheduleOf(op)) {
    if (axis + 1 == rank)
      schedule = kernel::CudaLoopAttr::get(
          op.getContext(), schedule.getThreads(), schedule.getPerThread(), 1);
  }

  LogicalResult run() {
    Texts sizes;
    for (int64_t i = 0; i < rank; ++i)
      sizes.push_back(w.size(out, i));
    w.openKernel(schedule.getThreads());
    auto emitGroup = [&](const Texts &at,
                         const std::string &count) -> LogicalResult {
      emit(at, count, sizes[axis]);
      return success();
    };
    if (failed(forGroups(w, sizes, schedule, emitGroup)))
      return failure();
    w.closeKernel();
    return success();
  }

private:
  void emit(ArrayRef<std::string> at, StringRef count, StringRef size) {
    StringRef position = at[axis];
    w.line(formatv("const int64_t added = {0};", w.size(op.getX(), axisOfX())));
    std::string start = w.element(op.getStarts(), at.front());
    w.line(formatv("const int64_t start = {0}{1};", start,
                   op.getCircular() ? " % " + size.str() : std::string()));
    if (!op.getCircular())
      emitCheck(position, size);
    w.line(formatv("int64_t step = {0} - start;", position));
    if (op.getCircular())
      w.line(formatv("if (step < 0)\n  step += {0};", size));
    w.open("if (step >= 0 && step < added)");
    Texts from(at);
    from[axis] = "step";
    move(op.getX(), KernelWriter::apply(op.getXMap(), from), at, count);
    if (Value past = op.getPast())
      emitPast(past, at, count, size);
    w.close(" else {");
    if (schedule.getVector() == 1) {
      w.line(formatv("{0} = {1}(0);", w.element(out, at), typeName()));
    } else {
      w.line(
          formatv("{0} values[{1}] = {{};", typeName(), schedule.getVector()));
      w.line(formatv("storeNeighbours(&{0}, values, {1});", w.element(out, at),
                     count));
    }
    w.close();
  }

  /// Fails the run if new positions leave the axis.
  void emitCheck(StringRef position, StringRef size) {
    w.open(formatv("if ({0} == 0 && added > 0)", position));
    for (StringRef place : {"start", "start + added - 1"})
      w.line(formatv("findPosition<false>({0}, {1}, args.report, args.check);",
                     place, size));
    w.close();
  }

  void emitPast(Value past, ArrayRef<std::string> at, StringRef count,
                StringRef size) {
    std::string known = w.size(past, axis);
    // In the past's own memory it stands there.
    w.close(formatv(" else if ({0} == {1} && {2} == {3}) {{", w.pointer(past),
                    w.pointer(out), known, size)
                .str());
    w.line("// The past is in place.");
    w.close(formatv(" else if ({0} < {1}{2}) {{", at[axis], known,
                    op.getKeepRest() ? "" : " && " + at[axis] + " < start")
                .str());
    move(past, at, at, count);
  }

  void move(Value from, ArrayRef<std::string> source,
            ArrayRef<std::string> target, StringRef count) {
    if (schedule.getVector() == 1) {
      w.line(formatv("{0} = {1};", w.element(out, target),
                     w.element(from, source)));
      return;
    }
    w.line(formatv("{0} values[{1}];", typeName(), schedule.getVector()));
    moveNeighbours(w, from, source, out, target, count);
  }

  int64_t axisOfX() {
    AffineExpr dim = getAffineDimExpr(axis, op.getContext());
    return *op.getXMap().getResultPosition(dim);
  }

  std::string typeName() {
    return w.typeName(getElementTypeOrSelf(out.getType()));
  }

  kernel::Write op;
  KernelWriter &w;
  Value out;
  int64_t axis, rank;
  kernel::CudaLoopAttr schedule;
};

} // namespace

LogicalResult emitWrite(kernel::Write op, KernelWriter &w) {
  return WriteEmitter(op, w).run();
}

LogicalResult emitTask(kernel::Task op, KernelWriter &w) {
  kernel::CudaLoopAttr schedule = scheduleOf(op);
  FailureOr<std::string> items = w.number(op.getItemCountAttr());
  if (failed(items))
    return failure();
  w.openKernel(schedule.getThreads());
  w.line(formatv("const int64_t item = int64_t(blockIdx.x) * {0} + "
                 "threadIdx.x;\nif (item >= {1})\n  return;",
                 schedule.getThreads(), *items));
  Block &body = op.getBody().front();
  Texts arguments(op->getNumOperands());
  for (auto [argument, operand] :
       llvm::zip(body.getArguments(), op->getOperands()))
    w.bind(argument, operand);
  arguments.push_back("item");
  if (failed(w.region(op.getBody(), arguments)))
    return failure();
  w.closeKernel();
  return success();
}

} // namespace hagane::cuda
