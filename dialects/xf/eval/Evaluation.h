//===- Evaluation.h - Support for definitions of operations -----*- C++ -*-===//
//
// Private to the evaluators: what the definition of an operation has at hand,
// and the table that definitions register in.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_DIALECTS_XF_EVAL_EVALUATION_H
#define HAGANE_DIALECTS_XF_EVAL_EVALUATION_H

#include "dialects/xf/XfOps.h"
#include "dialects/xf/eval/Evaluate.h"
#include "llvm/ADT/DenseMap.h"
#include <functional>

namespace hagane::xf::eval {

using Shape = llvm::SmallVector<int64_t, 4>;

/// One evaluation of one operation.
class Evaluation {
public:
  Evaluation(Operation *op, ArrayRef<HostTensor> operands,
             const EvaluateOptions &options,
             SmallVectorImpl<HostTensor> &results)
      : op(op), operands(operands), options(options), results(results) {}

  /// Records what is wrong, and fails.
  LogicalResult error(const Twine &message);
  llvm::Error takeError() { return llvm::createStringError(message); }

  const HostTensor &operand(unsigned index) const { return operands[index]; }
  ArrayRef<HostTensor> getOperands() const { return operands; }
  /// An optional operand by its number in the operation's definition.
  template <typename OpTy>
  const HostTensor *optional(OpTy op, unsigned number) const {
    auto [index, length] = op.getODSOperandIndexAndLength(number);
    return length ? &operands[index] : nullptr;
  }

  /// Appends a new result of zeros, with the element type the operation states.
  FailureOr<HostTensor *> create(ArrayRef<int64_t> shape);
  LogicalResult add(HostTensor tensor);
  /// What was created; pointers to it move as more is.
  HostTensor &result(unsigned index) { return results[index]; }
  /// An intermediate tensor.
  FailureOr<HostTensor> createLike(Type elementType, ArrayRef<int64_t> shape);

  FailureOr<int64_t> valueOf(DimAttr dim);
  FailureOr<Shape> valuesOf(ArrayAttr dims);
  /// Sizes from the attribute or, where that is absent, from the tensor.
  FailureOr<Shape> sizes(std::optional<ArrayAttr> dims,
                         const HostTensor *tensor);
  /// The elements of a small integer tensor.
  FailureOr<Shape> integers(const HostTensor &tensor);
  LogicalResult checkAxis(int64_t axis, const HostTensor &tensor);
  LogicalResult checkRank(const HostTensor &tensor, int64_t rank,
                          StringRef what);
  /// NumPy's broadcast of the shapes.
  FailureOr<Shape> broadcast(ArrayRef<ArrayRef<int64_t>> shapes);
  /// Fails unless `tensor` broadcasts to `shape` without enlarging it.
  LogicalResult checkBroadcastsTo(const HostTensor &tensor,
                                  ArrayRef<int64_t> shape);
  /// `index`, counted from the end if negative; fails if it is out of range.
  FailureOr<int64_t> wrapIndex(int64_t index, int64_t size);

private:
  Operation *op;
  ArrayRef<HostTensor> operands;
  const EvaluateOptions &options;
  SmallVectorImpl<HostTensor> &results;
  std::string message;
};

/// The definitions by operation.
class DefinitionTable {
public:
  using Definition = std::function<LogicalResult(Operation *, Evaluation &)>;

  template <typename OpTy>
  void add(LogicalResult (*define)(OpTy, Evaluation &)) {
    definitions[TypeID::get<OpTy>()] = [define](Operation *op,
                                                Evaluation &evaluation) {
      return define(cast<OpTy>(op), evaluation);
    };
  }
  const Definition *find(Operation *op) const {
    auto it = definitions.find(op->getName().getTypeID());
    return it == definitions.end() ? nullptr : &it->second;
  }

private:
  llvm::DenseMap<TypeID, Definition> definitions;
};

/// `evaluate` by the definitions of a table.
llvm::Error evaluate(const DefinitionTable &table, Operation *op,
                     ArrayRef<HostTensor> operands,
                     const EvaluateOptions &options,
                     SmallVectorImpl<HostTensor> &results);

void defineElementwise(DefinitionTable &table);
void defineCompare(DefinitionTable &table);
void defineMovement(DefinitionTable &table);
void defineIndexed(DefinitionTable &table);
void defineGenerators(DefinitionTable &table);
void defineContractions(DefinitionTable &table);
void defineReductions(DefinitionTable &table);
void defineNorms(DefinitionTable &table);
void defineAttention(DefinitionTable &table);
void defineQuantization(DefinitionTable &table);
void defineBlockCodes(DefinitionTable &table);
void defineWindows(DefinitionTable &table);
void defineResize(DefinitionTable &table);
void defineVision(DefinitionTable &table);
void defineRecurrent(DefinitionTable &table);
void defineSpecial(DefinitionTable &table);
void defineState(DefinitionTable &table);
void defineMatrices(DefinitionTable &table);

} // namespace hagane::xf::eval

#endif // HAGANE_DIALECTS_XF_EVAL_EVALUATION_H
