//===- Space.cpp - Operands over an iteration space -----------------------===//

#include "dialects/kernel/eval/Space.h"
#include "dialects/xf/eval/Strides.h"
#include "mlir/IR/Threading.h"
#include <cmath>

using namespace mlir;
using namespace hagane;
using namespace hagane::kernel;
using namespace hagane::kernel::eval;
using xf::eval::Evaluation;

/// Scalar operations worth a task of their own.
static constexpr int64_t kChunkWork = 1 << 16;

FailureOr<Access> eval::accessOf(const HostTensor &tensor, AffineMap map,
                                 ArrayRef<int64_t> space,
                                 Evaluation &evaluation) {
  Access access;
  access.data = const_cast<char *>(tensor.data());
  access.element = tensor.getElement();
  access.strides.assign(space.size(), 0);
  Shape strides = xf::eval::stridesOf(tensor.getShape());
  for (auto [axis, expr] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    int64_t expected = dim ? space[dim.getPosition()] : 1;
    if (tensor.getSize(axis) != expected)
      return evaluation.error("an operand is " + describe(tensor) +
                              ", expected size " + Twine(expected) +
                              " on axis " + Twine(axis));
    if (dim)
      access.strides[dim.getPosition()] = strides[axis];
  }
  return access;
}

FailureOr<SmallVector<Access>> eval::accessesOf(ArrayRef<HostTensor> tensors,
                                                ArrayAttr maps,
                                                ArrayRef<int64_t> space,
                                                Evaluation &evaluation) {
  SmallVector<Access> accesses;
  for (auto [tensor, map] :
       llvm::zip(tensors, maps.getAsValueRange<AffineMapAttr>())) {
    FailureOr<Access> access = accessOf(tensor, map, space, evaluation);
    if (failed(access))
      return failure();
    accesses.push_back(*access);
  }
  return accesses;
}

FailureOr<SmallVector<Access>>
eval::identityAccesses(ArrayRef<HostTensor> tensors, Evaluation &evaluation) {
  SmallVector<Access> accesses;
  for (const HostTensor &tensor : tensors) {
    if (tensor.getShape() != tensors.front().getShape())
      return evaluation.error(
          "found outs of shapes " + xf::eval::describeShape(tensor.getShape()) +
          " and " + xf::eval::describeShape(tensors.front().getShape()));
    accesses.push_back({const_cast<char *>(tensor.data()), tensor.getElement(),
                        xf::eval::stridesOf(tensor.getShape())});
  }
  return accesses;
}

void eval::joinDims(Shape &space, MutableArrayRef<Access> accesses) {
  for (size_t dim = space.size(); dim-- > 1;) {
    bool isJoined = llvm::all_of(accesses, [&](const Access &access) {
      return access.strides[dim - 1] == access.strides[dim] * space[dim];
    });
    if (!isJoined && space[dim] != 1 && space[dim - 1] != 1)
      continue;
    // Of a dimension of size 1, no stride matters.
    bool keepsInner = space[dim] != 1;
    space[dim - 1] *= space[dim];
    space.erase(space.begin() + dim);
    for (Access &access : accesses) {
      if (keepsInner)
        access.strides[dim - 1] = access.strides[dim];
      access.strides.erase(access.strides.begin() + dim);
    }
  }
}

FailureOr<SmallVector<HostTensor>> eval::createOuts(unsigned count,
                                                    Evaluation &evaluation) {
  SmallVector<HostTensor> outs;
  for (const HostTensor &out : evaluation.getOperands().take_back(count)) {
    FailureOr<HostTensor *> result = evaluation.create(out.getShape());
    if (failed(result))
      return failure();
    outs.push_back(**result);
  }
  return outs;
}

FailureOr<Program> eval::compile(Region &region, Evaluation &evaluation) {
  llvm::Expected<Program> program = Program::compile(region);
  if (!program)
    return evaluation.error(llvm::toString(program.takeError()));
  return std::move(*program);
}

void eval::delinearize(int64_t position, ArrayRef<int64_t> shape,
                       MutableArrayRef<int64_t> coordinate) {
  for (size_t dim = shape.size(); dim-- > 0;) {
    coordinate[dim] = position % shape[dim];
    position /= shape[dim];
  }
}

LogicalResult
eval::runChunks(MLIRContext *context, int64_t count, int64_t work,
                llvm::function_ref<std::string(int64_t, int64_t)> run,
                Evaluation &evaluation) {
  if (count <= 0)
    return success();
  int64_t size =
      std::clamp<int64_t>(kChunkWork / std::max<int64_t>(work, 1), 1, count);
  std::vector<std::string> faults(llvm::divideCeil(count, size));
  parallelFor(context, 0, faults.size(), [&](size_t chunk) {
    int64_t begin = static_cast<int64_t>(chunk) * size;
    faults[chunk] = run(begin, std::min(begin + size, count));
  });
  for (const std::string &fault : faults)
    if (!fault.empty())
      return evaluation.error(fault);
  return success();
}

static Scalar identityOf(StringRef kind, const Element &element) {
  Scalar start;
  if (element.isFloat()) {
    double infinity = std::numeric_limits<double>::infinity();
    start.real = kind == "prod"  ? 1
                 : kind == "max" ? -infinity
                 : kind == "min" ? infinity
                                 : 0;
    return start;
  }
  start.integer = kind == "prod"  ? 1
                  : kind == "max" ? llvm::minIntN(element.bits)
                  : kind == "min" ? llvm::maxIntN(element.bits)
                                  : 0;
  return start;
}

Reduction::Reduction(StringRef name, const Element &element)
    : kind(name == "sum"    ? Kind::Sum
           : name == "prod" ? Kind::Prod
           : name == "max"  ? Kind::Max
                            : Kind::Min),
      element(element), start(identityOf(name, element)) {}

Scalar Reduction::combine(Scalar sum, Scalar value) const {
  Scalar y;
  if (element.isFloat()) {
    double a = sum.real, b = value.real;
    y.real = kind == Kind::Sum    ? a + b
             : kind == Kind::Prod ? a * b
             : std::isnan(a)      ? a
             : std::isnan(b)      ? b
             : kind == Kind::Max  ? std::max(a, b)
                                  : std::min(a, b);
    return y;
  }
  int64_t a = sum.integer, b = value.integer;
  y.integer = kind == Kind::Sum    ? int64_t(uint64_t(a) + uint64_t(b))
              : kind == Kind::Prod ? int64_t(uint64_t(a) * uint64_t(b))
              : kind == Kind::Max  ? std::max(a, b)
                                   : std::min(a, b);
  return y;
}

Scalar Reduction::combine(Scalar sum, const Scalar *values,
                          int64_t lanes) const {
  for (int64_t n = 0; n < lanes; ++n)
    sum = combine(sum, values[n]);
  return sum;
}

Scalar Reduction::finish(Scalar sum) const {
  roundLanes(element, &sum, 1);
  return sum;
}
