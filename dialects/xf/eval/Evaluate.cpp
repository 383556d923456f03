//===- Evaluate.cpp - Dispatch and support of definitions -----------------===//

#include "dialects/xf/eval/Evaluate.h"
#include "dialects/xf/eval/Evaluation.h"

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::eval;

static DefinitionTable makeTable() {
  DefinitionTable table;
  defineElementwise(table);
  defineCompare(table);
  defineMovement(table);
  defineIndexed(table);
  defineGenerators(table);
  defineContractions(table);
  defineReductions(table);
  defineNorms(table);
  defineAttention(table);
  defineQuantization(table);
  defineBlockCodes(table);
  defineWindows(table);
  defineResize(table);
  defineVision(table);
  defineRecurrent(table);
  defineSpecial(table);
  defineState(table);
  defineMatrices(table);
  return table;
}

static const DefinitionTable &getTable() {
  static const DefinitionTable table = makeTable();
  return table;
}

/// What the operation states of its results must hold for those computed.
static llvm::Error checkResults(Operation *op, ArrayRef<HostTensor> results) {
  for (auto [type, result] : llvm::zip(op->getResultTypes(), results)) {
    auto tensorType = dyn_cast<RankedTensorType>(type);
    if (tensorType &&
        failed(verifyCompatibleShape(result.getShape(), tensorType.getShape())))
      return llvm::createStringError("the result has shape " +
                                     describeShape(result.getShape()) +
                                     ", the operation states another");
  }
  return llvm::Error::success();
}

bool hagane::xf::eval::canEvaluate(Operation *op) {
  return getTable().find(op);
}

llvm::Error hagane::xf::eval::evaluate(Operation *op,
                                       ArrayRef<HostTensor> operands,
                                       const EvaluateOptions &options,
                                       SmallVectorImpl<HostTensor> &results) {
  return evaluate(getTable(), op, operands, options, results);
}

llvm::Error hagane::xf::eval::evaluate(const DefinitionTable &table,
                                       Operation *op,
                                       ArrayRef<HostTensor> operands,
                                       const EvaluateOptions &options,
                                       SmallVectorImpl<HostTensor> &results) {
  const DefinitionTable::Definition *definition = table.find(op);
  if (!definition)
    return llvm::createStringError("operation '" +
                                   op->getName().getStringRef() +
                                   "' has no definition in the evaluator");
  results.clear();
  Evaluation evaluation(op, operands, options, results);
  if (failed((*definition)(op, evaluation)))
    return evaluation.takeError();
  return checkResults(op, results);
}

LogicalResult Evaluation::error(const Twine &text) {
  message = text.str();
  return failure();
}

FailureOr<HostTensor> Evaluation::createLike(Type elementType,
                                             ArrayRef<int64_t> shape) {
  llvm::Expected<HostTensor> tensor = HostTensor::create(elementType, shape);
  if (!tensor)
    return error(llvm::toString(tensor.takeError()));
  return *tensor;
}

FailureOr<HostTensor *> Evaluation::create(ArrayRef<int64_t> shape) {
  Type type = op->getResult(results.size()).getType();
  Type elementType = getElementTypeOrSelf(type);
  std::optional<Element> element = Element::get(elementType);
  std::optional<int64_t> count = countElements(shape);
  if (element && count && *count > options.maxResultBytes / element->bytes)
    return error("a result of shape " + describeShape(shape) +
                 " is larger than " + Twine(options.maxResultBytes) + " bytes");
  FailureOr<HostTensor> tensor = createLike(elementType, shape);
  if (failed(tensor))
    return failure();
  results.push_back(*tensor);
  return &results.back();
}

LogicalResult Evaluation::add(HostTensor tensor) {
  if (tensor.getByteCount() > options.maxResultBytes)
    return error("a result of shape " + describeShape(tensor.getShape()) +
                 " is larger than " + Twine(options.maxResultBytes) + " bytes");
  results.push_back(std::move(tensor));
  return success();
}

FailureOr<int64_t> Evaluation::valueOf(DimAttr dim) {
  std::optional<int64_t> value =
      Dim(dim).evaluate([&](StringRef name) -> std::optional<int64_t> {
        if (!options.symbols)
          return std::nullopt;
        auto it = options.symbols->find(name);
        if (it == options.symbols->end())
          return std::nullopt;
        return it->second;
      });
  if (!value)
    return error("dimension '" + Dim(dim).str() + "' has no value here");
  return *value;
}

FailureOr<Shape> Evaluation::valuesOf(ArrayAttr dims) {
  Shape values;
  for (DimAttr dim : dims.getAsRange<DimAttr>()) {
    FailureOr<int64_t> value = valueOf(dim);
    if (failed(value))
      return failure();
    values.push_back(*value);
  }
  return values;
}

FailureOr<Shape> Evaluation::integers(const HostTensor &tensor) {
  if (tensor.getElement().isFloat() || tensor.getCount() > 4096)
    return error("sizes must be few integers, found " + describe(tensor));
  Shape values;
  for (int64_t i = 0; i < tensor.getCount(); ++i)
    values.push_back(tensor.getInteger(i));
  return values;
}

FailureOr<Shape> Evaluation::sizes(std::optional<ArrayAttr> dims,
                                   const HostTensor *tensor) {
  if (dims)
    return valuesOf(*dims);
  if (!tensor)
    return error("sizes are neither an attribute nor an operand");
  return integers(*tensor);
}

LogicalResult Evaluation::checkAxis(int64_t axis, const HostTensor &tensor) {
  if (axis >= 0 && axis < tensor.getRank())
    return success();
  return error("axis " + Twine(axis) + " is out of range for " +
               describe(tensor));
}

LogicalResult Evaluation::checkRank(const HostTensor &tensor, int64_t rank,
                                    StringRef what) {
  if (tensor.getRank() == rank)
    return success();
  return error(what + " must have rank " + Twine(rank) + ", found " +
               describe(tensor));
}

FailureOr<Shape> Evaluation::broadcast(ArrayRef<ArrayRef<int64_t>> shapes) {
  size_t rank = 0;
  for (ArrayRef<int64_t> shape : shapes)
    rank = std::max(rank, shape.size());
  Shape result(rank, 1);
  for (ArrayRef<int64_t> shape : shapes)
    for (size_t i = 0; i < shape.size(); ++i) {
      int64_t &size = result[rank - shape.size() + i];
      if (size != shape[i] && size != 1 && shape[i] != 1)
        return error("shape " + describeShape(shape) +
                     " does not broadcast with " + describeShape(result));
      if (size == 1)
        size = shape[i];
    }
  return result;
}

LogicalResult Evaluation::checkBroadcastsTo(const HostTensor &tensor,
                                            ArrayRef<int64_t> shape) {
  FailureOr<Shape> result = broadcast({tensor.getShape(), shape});
  if (failed(result))
    return failure();
  if (ArrayRef<int64_t>(*result) != shape)
    return error("shape " + describeShape(tensor.getShape()) +
                 " does not broadcast to " + describeShape(shape));
  return success();
}

FailureOr<int64_t> Evaluation::wrapIndex(int64_t index, int64_t size) {
  int64_t wrapped = index < 0 ? index + size : index;
  if (wrapped < 0 || wrapped >= size)
    return error("index " + Twine(index) + " is out of range for size " +
                 Twine(size));
  return wrapped;
}
