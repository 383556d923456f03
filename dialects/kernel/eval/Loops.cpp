//===- Loops.cpp - map, rows and reduce -----------------------------------===//

#include "dialects/kernel/KernelOps.h"
#include "dialects/kernel/eval/Definitions.h"
#include "dialects/kernel/eval/Space.h"
#include "dialects/xf/eval/Strides.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;
using namespace hagane::kernel::eval;
using xf::eval::Evaluation;

namespace {

using Accesses = SmallVector<Access>;

/// Scalar operations per element, roughly.
int64_t workOf(Region &region) {
  return 4 + std::distance(region.front().begin(), region.front().end());
}

void loadArguments(ArrayRef<Access> ins, unsigned dim, Frame &frame) {
  for (auto [i, in] : llvm::enumerate(ins))
    in.load(frame.coordinate, dim, frame.lanes, frame.argument(i));
}

/// Calls `batch` with the frame's coordinate and lanes set for each part of the
/// line of `size` elements along `laneDim`.
void forBatches(Frame &frame, int64_t size, llvm::function_ref<void()> batch) {
  for (int64_t at = 0; at < size && frame.fault.empty(); at += frame.width) {
    frame.coordinate[frame.laneDim] = at;
    frame.lanes = std::min(frame.width, size - at);
    batch();
  }
}

/// Those of the first `inCount` operands, then of the outs.
FailureOr<Accesses> accessesOfAll(unsigned inCount, ArrayRef<HostTensor> outs,
                                  ArrayAttr maps, ArrayRef<int64_t> space,
                                  Evaluation &evaluation) {
  SmallVector<HostTensor> tensors(evaluation.getOperands().take_front(inCount));
  llvm::append_range(tensors, outs);
  return accessesOf(tensors, maps, space, evaluation);
}

//===-- map ---------------------------------------------------------------===//

LogicalResult defineMap(Map op, Evaluation &evaluation) {
  unsigned inCount = op.getIns().size();
  FailureOr<Program> program = compile(op.getBody(), evaluation);
  FailureOr<SmallVector<HostTensor>> outs =
      createOuts(op.getOuts().size(), evaluation);
  if (failed(program) || failed(outs))
    return failure();
  Shape space(outs->front().getShape());
  FailureOr<Accesses> accesses =
      accessesOfAll(inCount, *outs, op.getMaps(), space, evaluation);
  if (failed(accesses))
    return failure();
  if (!program->usesCoordinates())
    joinDims(space, *accesses);
  if (space.empty()) {
    space.push_back(1);
    for (Access &access : *accesses)
      access.strides.push_back(0);
  }
  auto ins = ArrayRef(*accesses).take_front(inCount),
       results = ArrayRef(*accesses).drop_front(inCount);
  unsigned dim = space.size() - 1;
  ArrayRef<int64_t> outer = ArrayRef(space).drop_back();
  return runChunks(
      op.getContext(), xf::eval::product(space, 0, dim),
      space[dim] * workOf(op.getBody()),
      [&](int64_t begin, int64_t end) {
        Frame frame(*program);
        frame.coordinate.assign(space.size(), 0);
        frame.laneDim = dim;
        for (int64_t line = begin; line < end; ++line) {
          delinearize(line, outer, frame.coordinate);
          forBatches(frame, space[dim], [&] {
            loadArguments(ins, dim, frame);
            frame.run();
            for (auto [i, out] : llvm::enumerate(results))
              out.store(frame.coordinate, dim, frame.lanes, frame.result(i));
          });
        }
        return frame.fault;
      },
      evaluation);
}

//===-- rows --------------------------------------------------------------===//

/// What all rows have in common.
struct RowsProblem {
  Rows op;
  Shape space = {};
  SmallVector<Program> stages = {};
  std::optional<Program> finish = {}, map = {};
  SmallVector<Reduction> reductions = {};
  Accesses ins = {}, elementOuts = {}, rowOuts = {};
};

/// One thread's work on rows.
class RowWalk {
public:
  explicit RowWalk(const RowsProblem &problem)
      : problem(problem), finish(*problem.finish), map(*problem.map),
        dim(problem.space.size() - 1), carry(problem.space[dim]) {
    for (const Program &stage : problem.stages)
      stages.emplace_back(stage);
    for (Frame &frame : stages)
      prepare(frame);
    prepare(finish);
    prepare(map);
  }
  std::string run(int64_t row);

private:
  void prepare(Frame &frame) {
    frame.coordinate.assign(problem.space.size(), 0);
    frame.laneDim = dim;
  }
  void locate(int64_t row, Frame &frame) {
    delinearize(row, ArrayRef(problem.space).drop_back(), frame.coordinate);
    frame.coordinate[dim] = 0;
  }
  void setStatistics(Frame &frame, unsigned first) {
    for (auto [i, value] : llvm::enumerate(statistics))
      std::fill_n(frame.argument(first + i), frame.width, value);
  }
  void runStage(Frame &frame, unsigned number);
  void finishRow();
  void mapRow();

  const RowsProblem &problem;
  std::vector<Frame> stages;
  Frame finish, map;
  unsigned dim;
  std::vector<Scalar> carry;
  SmallVector<Scalar> statistics;
};

void RowWalk::runStage(Frame &frame, unsigned number) {
  unsigned inCount = problem.ins.size();
  setStatistics(frame, inCount);
  const Reduction &reduction = problem.reductions[number];
  Scalar sum = reduction.identity();
  forBatches(frame, problem.space[dim], [&] {
    Scalar *carried = carry.data() + frame.coordinate[dim];
    loadArguments(problem.ins, dim, frame);
    if (number > 0)
      std::copy_n(carried, frame.lanes, frame.argument(inCount + number));
    frame.run();
    std::copy_n(frame.result(0), frame.lanes, carried);
    sum = reduction.combine(sum, carried, frame.lanes);
  });
  statistics.push_back(reduction.finish(sum));
}

void RowWalk::finishRow() {
  setStatistics(finish, 0);
  finish.lanes = 1;
  finish.run();
  for (auto [i, out] : llvm::enumerate(problem.rowOuts))
    out.store(finish.coordinate, dim, 1, finish.result(i));
}

void RowWalk::mapRow() {
  unsigned inCount = problem.ins.size();
  setStatistics(map, inCount);
  forBatches(map, problem.space[dim], [&] {
    loadArguments(problem.ins, dim, map);
    if (!stages.empty())
      std::copy_n(carry.data() + map.coordinate[dim], map.lanes,
                  map.argument(inCount + statistics.size()));
    map.run();
    for (auto [i, out] : llvm::enumerate(problem.elementOuts))
      out.store(map.coordinate, dim, map.lanes, map.result(i));
  });
}

std::string RowWalk::run(int64_t row) {
  statistics.clear();
  for (auto [number, frame] : llvm::enumerate(stages)) {
    locate(row, frame);
    runStage(frame, number);
    if (!frame.fault.empty())
      return frame.fault;
  }
  locate(row, finish);
  finishRow();
  locate(row, map);
  if (!problem.elementOuts.empty())
    mapRow();
  return finish.fault.empty() ? map.fault : finish.fault;
}

/// The sizes of the dimensions, each from an operand that has it.
FailureOr<Shape> spaceOf(ArrayRef<HostTensor> tensors, ArrayAttr maps,
                         Evaluation &evaluation) {
  auto list = llvm::to_vector(maps.getAsValueRange<AffineMapAttr>());
  Shape space(list.front().getNumDims(), -1);
  for (auto [tensor, map] : llvm::zip(tensors, list))
    for (auto [axis, expr] : llvm::enumerate(map.getResults()))
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        space[dim.getPosition()] = tensor.getSize(axis);
  if (llvm::is_contained(space, -1))
    return evaluation.error("no operand has the size of dimension " +
                            Twine(llvm::find(space, -1) - space.begin()));
  return space;
}

LogicalResult compileRows(RowsProblem &problem, Evaluation &evaluation) {
  Rows op = problem.op;
  for (auto [region, kind] : llvm::zip_equal(
           op.getStages(), op.getKinds().getAsValueRange<StringAttr>())) {
    FailureOr<Program> stage = compile(region, evaluation);
    std::optional<Element> element =
        Element::get(region.front().getTerminator()->getOperand(0).getType());
    if (failed(stage) || !element)
      return failure();
    problem.stages.push_back(std::move(*stage));
    problem.reductions.emplace_back(kind, *element);
  }
  FailureOr<Program> finish = compile(op.getFinish(), evaluation),
                     map = compile(op.getMap(), evaluation);
  if (failed(finish) || failed(map))
    return failure();
  problem.finish = std::move(*finish);
  problem.map = std::move(*map);
  return success();
}

LogicalResult defineRows(Rows op, Evaluation &evaluation) {
  RowsProblem problem{op};
  unsigned inCount = op.getIns().size();
  FailureOr<Shape> space =
      spaceOf(evaluation.getOperands(), op.getMaps(), evaluation);
  FailureOr<SmallVector<HostTensor>> outs =
      createOuts(op.getOuts().size(), evaluation);
  if (failed(space) || failed(outs) || failed(compileRows(problem, evaluation)))
    return failure();
  problem.space = *space;
  FailureOr<Accesses> accesses =
      accessesOfAll(inCount, *outs, op.getMaps(), *space, evaluation);
  if (failed(accesses))
    return failure();
  unsigned dim = space->size() - 1;
  unsigned elementOuts = problem.map->body().yielded.size();
  problem.ins.assign(accesses->begin(), accesses->begin() + inCount);
  auto results = ArrayRef(*accesses).drop_front(inCount);
  llvm::append_range(problem.elementOuts, results.take_front(elementOuts));
  llvm::append_range(problem.rowOuts, results.drop_front(elementOuts));
  int64_t work = workOf(op.getMap());
  for (Region &stage : op.getStages())
    work += workOf(stage);
  return runChunks(
      op.getContext(), xf::eval::product(*space, 0, dim), (*space)[dim] * work,
      [&](int64_t begin, int64_t end) {
        RowWalk walk(problem);
        std::string fault;
        for (int64_t row = begin; row < end && fault.empty(); ++row)
          fault = walk.run(row);
        return fault;
      },
      evaluation);
}

//===-- reduce ------------------------------------------------------------===//

struct ReduceProblem {
  const Program &body, &finish;
  Reduction reduction;
  Shape space;
  SmallVector<unsigned> kept, reduced; // dimensions
  Accesses ins = {}, outs = {};

  SmallVector<int64_t> sizesOf(ArrayRef<unsigned> dims) const {
    return llvm::map_to_vector(dims, [&](unsigned dim) { return space[dim]; });
  }
};

/// Sets the coordinates of some dimensions to a position in their space.
void locateIn(int64_t position, ArrayRef<unsigned> dims,
              ArrayRef<int64_t> space, Shape &coordinate) {
  for (unsigned dim : llvm::reverse(dims)) {
    coordinate[dim] = position % space[dim];
    position /= space[dim];
  }
}

Scalar reduceAt(const ReduceProblem &problem, Frame &body) {
  ArrayRef<unsigned> outer = ArrayRef(problem.reduced).drop_back();
  SmallVector<int64_t> sizes = problem.sizesOf(outer);
  int64_t lines = xf::eval::product(sizes, 0, sizes.size());
  Scalar sum = problem.reduction.identity();
  for (int64_t line = 0; line < lines; ++line) {
    locateIn(line, outer, problem.space, body.coordinate);
    forBatches(body, problem.space[body.laneDim], [&] {
      loadArguments(problem.ins, body.laneDim, body);
      body.run();
      sum = problem.reduction.combine(sum, body.result(0), body.lanes);
    });
  }
  return problem.reduction.finish(sum);
}

std::string reduceRange(const ReduceProblem &problem, int64_t begin,
                        int64_t end) {
  Frame body(problem.body), finish(problem.finish);
  body.coordinate.assign(problem.space.size(), 0);
  finish.coordinate = body.coordinate;
  body.laneDim = problem.reduced.back();
  for (int64_t at = begin; at < end && body.fault.empty(); ++at) {
    locateIn(at, problem.kept, problem.space, body.coordinate);
    *finish.argument(0) = reduceAt(problem, body);
    locateIn(at, problem.kept, problem.space, finish.coordinate);
    finish.run();
    for (auto [i, out] : llvm::enumerate(problem.outs))
      out.store(finish.coordinate, 0, 1, finish.result(i));
  }
  return body.fault.empty() ? finish.fault : body.fault;
}

LogicalResult defineReduce(Reduce op, Evaluation &evaluation) {
  unsigned inCount = op.getIns().size();
  FailureOr<Program> body = compile(op.getBody(), evaluation),
                     finish = compile(op.getFinish(), evaluation);
  FailureOr<Shape> space =
      spaceOf(evaluation.getOperands(), op.getMaps(), evaluation);
  FailureOr<SmallVector<HostTensor>> outs =
      createOuts(op.getOuts().size(), evaluation);
  std::optional<Element> element = Element::get(
      op.getBody().front().getTerminator()->getOperand(0).getType());
  if (failed(body) || failed(finish) || failed(space) || failed(outs) ||
      !element)
    return failure();
  FailureOr<Accesses> accesses =
      accessesOfAll(inCount, *outs, op.getMaps(), *space, evaluation);
  if (failed(accesses))
    return failure();
  ReduceProblem problem{*body,  *finish, Reduction(op.getKind(), *element),
                        *space, {},      {}};
  for (unsigned dim = 0; dim < space->size(); ++dim)
    (llvm::is_contained(op.getReduced(), int64_t(dim)) ? problem.reduced
                                                       : problem.kept)
        .push_back(dim);
  // A dimension of one element stands in where nothing is reduced.
  if (problem.reduced.empty()) {
    problem.reduced.push_back(problem.space.size());
    problem.space.push_back(1);
    for (Access &access : *accesses)
      access.strides.push_back(0);
  }
  problem.ins.assign(accesses->begin(), accesses->begin() + inCount);
  problem.outs.assign(accesses->begin() + inCount, accesses->end());
  SmallVector<int64_t> kept = problem.sizesOf(problem.kept),
                       reduced = problem.sizesOf(problem.reduced);
  return runChunks(
      op.getContext(), xf::eval::product(kept, 0, kept.size()),
      xf::eval::product(reduced, 0, reduced.size()) * workOf(op.getBody()),
      [&](int64_t begin, int64_t end) {
        return reduceRange(problem, begin, end);
      },
      evaluation);
}

} // namespace

void eval::defineLoops(xf::eval::DefinitionTable &table) {
  table.add(defineMap);
  table.add(defineRows);
  table.add(defineReduce);
}
