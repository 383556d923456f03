//===- Movement.cpp - gather, write, task, and the constants of the module
//-------===//

#include "dialects/kernel/KernelOps.h"
#include "dialects/kernel/eval/Definitions.h"
#include "dialects/kernel/eval/Space.h"
#include "dialects/xf/eval/Strides.h"
#include <cstring>

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;
using namespace hagane::kernel::eval;
using xf::eval::Evaluation;

namespace {

LogicalResult defineGather(Gather op, Evaluation &evaluation) {
  const HostTensor &table = evaluation.operand(0),
                   &indices = evaluation.operand(1);
  int64_t axis = static_cast<int64_t>(op.getAxis()), rank = table.getRank();
  Shape shape(table.getShape().take_front(axis));
  llvm::append_range(shape, indices.getShape());
  llvm::append_range(shape, table.getShape().drop_front(axis + 1));
  if (ArrayRef<int64_t>(shape) != evaluation.operand(2).getShape())
    return evaluation.error(
        "found an out of " + describe(evaluation.operand(2)) +
        ", expected shape " + xf::eval::describeShape(shape));
  FailureOr<SmallVector<HostTensor>> outs = createOuts(1, evaluation);
  if (failed(outs))
    return failure();
  int64_t size = table.getSize(axis), count = indices.getCount();
  int64_t before = xf::eval::product(table.getShape(), 0, axis);
  int64_t bytes = xf::eval::product(table.getShape(), axis + 1, rank) *
                  table.getElement().bytes;
  for (int64_t p = 0; p < before; ++p)
    for (int64_t i = 0; i < count; ++i) {
      FailureOr<int64_t> place =
          evaluation.wrapIndex(indices.getInteger(i), size);
      if (failed(place))
        return failure();
      if (bytes > 0)
        std::memcpy(outs->front().data() + (p * count + i) * bytes,
                    std::as_const(table).data() + (p * size + *place) * bytes,
                    bytes);
    }
  return success();
}

/// Element by element, as the operation says.
LogicalResult defineWrite(Write op, Evaluation &evaluation) {
  const HostTensor &x = evaluation.operand(0), &starts = evaluation.operand(1);
  const HostTensor *past = evaluation.optional(op, 2);
  FailureOr<SmallVector<HostTensor>> outs = createOuts(1, evaluation);
  if (failed(outs))
    return failure();
  HostTensor &out = outs->front();
  int64_t axis = op.getAxis(), size = out.getSize(axis),
          bytes = out.getElement().bytes;
  SmallVector<unsigned> axes; // of out, by those of x
  for (AffineExpr expr : op.getXMap().getResults())
    axes.push_back(cast<AffineDimExpr>(expr).getPosition());
  int64_t added = x.getSize(llvm::find(axes, unsigned(axis)) - axes.begin());
  Shape at(out.getRank(), 0),
      xStrides = xf::eval::stridesOf(x.getShape()),
      pastStrides = past ? xf::eval::stridesOf(past->getShape()) : Shape();
  for (int64_t i = 0; i < out.getCount(); ++i) {
    int64_t rest = i;
    for (int64_t a = out.getRank(); a-- > 0; rest /= out.getSize(a))
      at[a] = rest % out.getSize(a);
    int64_t start = starts.getInteger(at[0]);
    if (op.getCircular())
      start = (start % size + size) % size;
    else if (added > 0 && (start < 0 || start > size - added))
      return evaluation.error("found positions from " + Twine(start) + ", " +
                              Twine(added) + " of them, expected them in [0, " +
                              Twine(size) + ")");
    int64_t step = at[axis] - start;
    if (op.getCircular() && step < 0)
      step += size;
    const char *source = nullptr;
    if (step >= 0 && step < added) {
      int64_t place = 0;
      for (auto [a, stride] : llvm::zip_equal(axes, xStrides))
        place += stride * (a == axis ? step : at[a]);
      source = x.at(place);
    } else if (past && at[axis] < past->getSize(axis) &&
               (op.getKeepRest() || at[axis] < start)) {
      int64_t place = 0;
      for (auto [coordinate, stride] : llvm::zip_equal(at, pastStrides))
        place += stride * coordinate;
      source = past->at(place);
    }
    if (source)
      std::memcpy(out.at(i), source, bytes);
    else
      std::memset(out.at(i), 0, bytes);
  }
  return success();
}

View viewOf(const HostTensor &tensor) {
  return {const_cast<char *>(tensor.data()), tensor.getElement(),
          Shape(tensor.getShape()), xf::eval::stridesOf(tensor.getShape())};
}

LogicalResult defineTask(Task op, Evaluation &evaluation) {
  FailureOr<Program> program = compile(op.getBody(), evaluation);
  FailureOr<int64_t> items = evaluation.valueOf(op.getItemCountAttr());
  unsigned inCount = op.getIns().size();
  FailureOr<SmallVector<HostTensor>> outs =
      createOuts(op.getOuts().size(), evaluation);
  if (failed(program) || failed(items) || failed(outs))
    return failure();
  // What a task does not write stays.
  SmallVector<View> views;
  for (const HostTensor &in : evaluation.getOperands().take_front(inCount))
    views.push_back(viewOf(in));
  for (auto [out, result] :
       llvm::zip(evaluation.getOperands().drop_front(inCount), *outs)) {
    if (out.getByteCount() > 0)
      std::memcpy(result.data(), out.data(), out.getByteCount());
    views.push_back(viewOf(result));
  }
  unsigned itemArgument = op.getNumOperands();
  int64_t work =
      xf::eval::product(outs->front().getShape(), 0, outs->front().getRank()) /
      std::max<int64_t>(*items, 1);
  return runChunks(
      op.getContext(), *items, 16 * (work + 1),
      [&](int64_t begin, int64_t end) {
        Frame frame(*program);
        frame.views = views;
        frame.lanes = 1;
        for (int64_t item = begin; item < end && frame.fault.empty(); ++item) {
          frame.argument(itemArgument)->integer = item;
          frame.run();
        }
        return frame.fault;
      },
      evaluation);
}

/// Element (q, i, j, e) is w[i * interleave + e, column], or 0 behind the last
/// row or column of a group: column j / width is the group, and column
/// q * width + j mod width of it.
LogicalResult definePack(Pack op, Evaluation &evaluation) {
  const HostTensor &w = evaluation.operand(0);
  int64_t panel = static_cast<int64_t>(op.getPanel()),
          groups = static_cast<int64_t>(op.getGroups());
  Shape strides = xf::eval::stridesOf(w.getShape());
  int64_t k = w.getSize(op.getTransposed()), n = w.getSize(!op.getTransposed());
  int64_t rowStride = strides[op.getTransposed()],
          columnStride = strides[!op.getTransposed()];
  int64_t interleave = static_cast<int64_t>(op.getInterleave());
  auto rows = static_cast<int64_t>(llvm::divideCeil(k, interleave));
  int64_t own = n / groups, width = panel / groups;
  Shape shape{static_cast<int64_t>(llvm::divideCeil(own, width)), rows, panel};
  if (interleave > 1)
    shape.push_back(interleave);
  FailureOr<HostTensor *> y = evaluation.create(shape);
  if (failed(y))
    return failure();
  for (int64_t column = 0; column < n; ++column) {
    int64_t group = column / own, place = column % own;
    int64_t first =
        (place / width * rows * panel + group * width + place % width) *
        interleave;
    for (int64_t row = 0; row < std::min(k, interleave); ++row)
      xf::eval::copyStrided(
          (*y)->at(first + row), {panel * interleave},
          w.at(row * rowStride + column * columnStride),
          {interleave * rowStride},
          {static_cast<int64_t>(llvm::divideCeil(k - row, interleave))},
          w.getElement().bytes);
  }
  return success();
}

} // namespace

void eval::defineMovement(xf::eval::DefinitionTable &table) {
  table.add(defineGather);
  table.add(defineWrite);
  table.add(defineTask);
  table.add(definePack);
}
