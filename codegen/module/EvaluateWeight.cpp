//===- EvaluateWeight.cpp - Constants of the module -----------------------===//

#include "codegen/module/EvaluateWeight.h"
#include "codegen/module/WeightPieces.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::codegen;
using xf::eval::HostTensor;

static LogicalResult checkType(kernel::Global global, Value value) {
  if (value.getType() == global.getType() && value.getDefiningOp())
    return success();
  return global.emitError(
             "the constant's expression does not give a tensor of type ")
         << global.getType();
}

LogicalResult hagane::codegen::evaluateWeight(kernel::Global global,
                                              int64_t pieceBytes,
                                              WeightSink sink) {
  Operation *yield = global.getInit().front().getTerminator();
  if (yield->getNumOperands() != 1)
    return global.emitError("the constant's expression yields nothing");
  Value value = yield->getOperand(0);
  if (failed(checkType(global, value)))
    return failure();
  auto type = cast<ShapedType>(global.getType());
  // Pieces follow each other in memory along the first axis that is not 1.
  ArrayRef<int64_t> shape = type.getShape();
  int64_t axis = std::distance(
      shape.begin(), llvm::find_if(shape, [](int64_t n) { return n != 1; }));
  if (axis == type.getRank())
    axis = 0;
  int64_t rows = shape.empty() ? 1 : shape[axis];
  int64_t bytes = type.getNumElements() *
                  llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  int64_t step = rows;
  if (bytes > pieceBytes)
    step = std::clamp<int64_t>(pieceBytes / std::max<int64_t>(bytes / rows, 1),
                               1, rows);
  WeightPieces pieces;
  for (int64_t begin = 0; begin < rows; begin += step) {
    llvm::Expected<HostTensor> piece =
        step == rows
            ? pieces.getWhole(value)
            : pieces.get(value, {axis, begin, std::min(begin + step, rows)});
    if (!piece)
      return pieces.getGuilty()->emitError("the constant '")
             << global.getSymName()
             << "' has no value: " << llvm::toString(piece.takeError());
    sink(std::as_const(*piece).data(),
         static_cast<uint64_t>(piece->getByteCount()));
  }
  return success();
}
