// Private to the building of loops: what its parts share.
#pragma once

#include "frontend/ops/ControlFlow.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace hagane::frontend {

/// A value from one iteration to the next.
struct Carried {
  mlir::Value init;
  /// Sizes that no iteration changes; null for one that changes.
  llvm::SmallVector<xf::Dim> known;
  /// Every iteration gives what it got.
  bool isInvariant = false;
  mlir::Value inBody;
};

/// How an output comes together.
struct Output {
  GrowingOutput spec;
  mlir::Value init;
  /// Sizes of the whole output; null for those that iterations change.
  llvm::SmallVector<xf::Dim> dims;
  /// Whether there is room for every part from the start.
  bool hasRoom = false;
};

class LoopBuilder {
public:
  LoopBuilder(NodeConverter &n, const LoopSpec &spec, bool isPeeled = false)
      : n(n), spec(spec), state(n.getState()), b(n.builder()),
        isPeeled(isPeeled) {}

  llvm::LogicalResult run(llvm::SmallVectorImpl<mlir::Value> &results);

private:
  llvm::FailureOr<bool> unroll(llvm::SmallVectorImpl<mlir::Value> &results);
  llvm::LogicalResult
  convert(xf::Dim number, llvm::ArrayRef<mlir::Value> values, LoopStep &step);
  llvm::LogicalResult convertBody(mlir::Block &block, LoopStep &step);
  llvm::FailureOr<bool> settle(const LoopStep &step);
  bool isStableAfterFirst(const LoopStep &step, size_t mark);
  llvm::LogicalResult peel(llvm::SmallVectorImpl<mlir::Value> &results);
  llvm::LogicalResult
  runFirstAndRest(llvm::SmallVectorImpl<mlir::Value> &results);
  void startOutput(mlir::Value item, unsigned index, size_t mark);
  mlir::Value addPart(Output &output, mlir::Value whole, mlir::Value item,
                      mlir::Block &block);
  mlir::Value append(Output &output, mlir::Value whole, mlir::Value item,
                     mlir::Block &block);
  llvm::LogicalResult finish(std::unique_ptr<mlir::Block> body, LoopStep &step,
                             size_t mark,
                             llvm::SmallVectorImpl<mlir::Value> &results);
  void makeFor(std::unique_ptr<mlir::Block> body,
               llvm::ArrayRef<mlir::Value> inits,
               llvm::ArrayRef<mlir::Value> yields,
               llvm::SmallVectorImpl<mlir::Value> &results);
  llvm::LogicalResult makeWhile(std::unique_ptr<mlir::Block> body,
                                mlir::Value goesOn,
                                llvm::ArrayRef<mlir::Value> inits,
                                llvm::ArrayRef<mlir::Value> yields,
                                llvm::SmallVectorImpl<mlir::Value> &results);
  llvm::LogicalResult takeResults(llvm::ArrayRef<mlir::Value> made,
                                  llvm::SmallVectorImpl<mlir::Value> &results);

  xf::Dim constant(int64_t value) {
    return xf::Dim::constant(b.getContext(), value);
  }
  bool isTrue(mlir::Value condition) {
    auto known = n.constInts(condition);
    return !condition || (known && known->size() == 1 && known->front());
  }
  mlir::RankedTensorType typeOf(llvm::ArrayRef<xf::Dim> dims,
                                mlir::Type element) {
    auto shape = llvm::map_to_vector(dims, [](xf::Dim dim) {
      return dim ? dim.getStaticSize() : mlir::ShapedType::kDynamic;
    });
    return mlir::RankedTensorType::get(shape, element);
  }
  mlir::Value castTo(mlir::Value value, mlir::Type type) {
    return value.getType() == type
               ? value
               : mlir::Value(mlir::tensor::CastOp::create(b, type, value));
  }
  /// What the loop begins with, not telling sizes that change: upstream's
  /// canonicalization would take them to be those of all iterations.
  mlir::Value start(mlir::Value init, llvm::ArrayRef<xf::Dim> known) {
    mlir::Value value = castTo(init, typeOf(known, n.elem(init)));
    if (llvm::all_of(known, [](xf::Dim dim) { return bool(dim); }))
      return value;
    llvm::SmallVector<xf::Dim> dims;
    for (xf::Dim dim : state.getFacts(init).dims)
      dims.push_back(state.isDurable(dim) ? dim : xf::Dim());
    return measure(n, value, dims);
  }
  mlir::Value zeros(llvm::ArrayRef<xf::Dim> dims, mlir::Type element) {
    return n.make<xf::Broadcast>(n.scalar(0, element), mlir::Value(),
                                 n.dims(dims));
  }

  NodeConverter &n;
  const LoopSpec &spec;
  ConversionState &state;
  mlir::ImplicitLocOpBuilder &b;
  llvm::SmallVector<Carried> carried;
  llvm::SmallVector<Output> outputs;
  /// Sizes of the first iteration's parts of outputs, if it stands apart.
  llvm::SmallVector<llvm::SmallVector<xf::Dim>> firstItems;
  llvm::SmallVector<mlir::Type> itemTypes;
  xf::Dim at;                      // the iteration's number, in the body
  llvm::SmallVector<int64_t> axes; // of outputs, counted from the front
  bool isCounted = false, isPeeled;
  xf::Dim done; // the number of iterations, after a loop that may end early
};

} // namespace hagane::frontend
