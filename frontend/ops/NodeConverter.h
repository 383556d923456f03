// What an operator's handler sees of its node, and how it makes xf operations.
#pragma once

#include "dialects/onnx/OnnxDialect.h"
#include "dialects/xf/XfOps.h"
#include "frontend/ops/Registry.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/StringSet.h"

namespace hagane::frontend {

/// What ai.onnx Attention means where its texts and runtimes differ; see
/// docs/attention.md.
enum class AttentionSemantics { standard, original, onnxruntime };

/// What is known of the values made so far, shared by all nodes of a module.
class ConversionState {
public:
  explicit ConversionState(mlir::ModuleOp module)
      : context(module.getContext()), module(module) {}
  ConversionState(const ConversionState &) = delete;
  ~ConversionState();

  mlir::MLIRContext *context;
  mlir::ModuleOp module;
  AttentionSemantics attention = AttentionSemantics::standard;
  xf::DimProver prover;
  /// Converted values by the onnx values they stand for; null for a value that
  /// the model leaves out.
  llvm::DenseMap<mlir::Value, mlir::Value> values;
  /// The converted elements of onnx values that are sequences.
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::Value>> sequences;
  /// Sequences that a loop made, an element per iteration: the elements stacked
  /// along a first axis, by the onnx value.
  llvm::DenseMap<mlir::Value, mlir::Value> stacks;
  /// Symbols of inputs that one branch alone reads (see convertInputDims).
  llvm::StringSet<> conditionalSizes;
  /// How often bodies of loops were converted.
  int64_t bodyConversions = 0;

  /// The facts of a converted value.
  const xf::Facts &getFacts(mlir::Value value);
  void setFacts(mlir::Value value, xf::Facts known) {
    facts[value] = std::move(known);
  }

  /// A size that only running the model tells. Its name means nothing outside
  /// of this conversion.
  xf::Dim makeFresh();
  /// Whether `dim` may be written into the IR: no part of it is fresh.
  bool isDurable(xf::Dim dim) const;

  /// Declares a size that the operations made here will compute, of a name
  /// that begins with `stem`.
  xf::Dim declareSize(llvm::StringRef stem, int64_t min, int64_t max,
                      mlir::Location loc);
  /// What is declared so far, to compare with later.
  size_t countDeclared() const { return declared.size(); }
  /// Whether `dim` may be written into the IR and was known when `mark` sizes
  /// were declared.
  bool isKnownSince(xf::Dim dim, size_t mark) const;
  /// Forgets a block that was converted in vain, and sizes declared for it.
  void discard(std::unique_ptr<mlir::Block> block, size_t mark);

private:
  /// Kept: facts know values by their addresses.
  std::vector<std::unique_ptr<mlir::Block>> discarded;
  std::vector<mlir::Operation *> declared;
  llvm::StringMap<size_t> declaredAt;
  int64_t declaredCount = 0;
  llvm::DenseMap<mlir::Value, xf::Facts> facts;
  llvm::StringSet<> freshNames;
};

/// A size of a result: a constant, or a symbolic size that is also the size of
/// `source` along `axis`.
struct Size {
  Size(int64_t constant) : constant(constant) {}
  Size(mlir::Value source, int64_t axis) : source(source), axis(axis) {}
  mlir::Value source;
  int64_t axis = 0;
  int64_t constant = 0;
};

/// The node under conversion. Errors stick: after the first one every value
/// made is null and nothing more is built, so a handler may write its
/// operations down in a row and look at the outcome once, in `done`.
class NodeConverter {
public:
  NodeConverter(ConversionState &state, onnx::NodeOp node, mlir::OpBuilder &at,
                llvm::SmallVector<mlir::Value> inputs);

  onnx::NodeOp getNode() { return node; }
  ConversionState &getState() { return state; }
  mlir::ImplicitLocOpBuilder &builder() { return b; }
  mlir::Location getLoc() { return b.getLoc(); }
  int64_t version() { return static_cast<int64_t>(node.getSinceVersion()); }

  // Inputs and outputs, by position.
  size_t numInputs() const { return inputs.size(); }
  size_t numOutputs() { return node.getOutputs().size(); }
  /// The converted input, or null if the model leaves it out.
  mlir::Value in(unsigned index) const;
  /// The elements of an input that is a sequence, else null.
  const llvm::SmallVector<mlir::Value> *sequence(unsigned index);
  /// The elements of an input that is a sequence made by a loop, stacked; null
  /// otherwise.
  mlir::Value stack(unsigned index);
  /// All present inputs.
  llvm::SmallVector<mlir::Value> allInputs() const;
  /// Whether the model names output `index`.
  bool wants(unsigned index);
  /// Ends the conversion with the outputs; null for one that cannot be given.
  llvm::LogicalResult done(llvm::ArrayRef<mlir::Value> values);
  llvm::ArrayRef<mlir::Value> getResults() const { return results; }
  /// Makes output `index` a sequence; `done` then has null for it.
  void setSequence(unsigned index, llvm::ArrayRef<mlir::Value> elements);
  /// Ends the conversion with a sequence as the only output.
  llvm::LogicalResult doneSequence(llvm::ArrayRef<mlir::Value> elements);

  // Attributes. A wrong kind is an error, as is a required one's absence.
  bool hasAttr(llvm::StringRef name);
  int64_t getInt(llvm::StringRef name, int64_t fallback);
  int64_t requireInt(llvm::StringRef name);
  double getFloat(llvm::StringRef name, double fallback);
  llvm::StringRef getString(llvm::StringRef name, llvm::StringRef fallback);
  std::optional<llvm::SmallVector<int64_t>> getInts(llvm::StringRef name);
  std::optional<llvm::SmallVector<double>> getFloats(llvm::StringRef name);
  std::optional<llvm::SmallVector<std::string>>
  getStrings(llvm::StringRef name);
  mlir::DenseElementsAttr getTensor(llvm::StringRef name);
  /// An attribute that holds an ONNX data type; null and an error if it is
  /// none that tensors can have here, null alone if it is absent.
  mlir::Type getDataType(llvm::StringRef name);

  // What is known of values. All take null values.
  mlir::RankedTensorType type(mlir::Value value);
  mlir::Type elem(mlir::Value value);
  int64_t rank(mlir::Value value);
  xf::Dim dim(mlir::Value value, int64_t axis);
  bool isDurable(xf::Dim dim) { return state.isDurable(dim); }
  std::optional<int64_t> staticSize(mlir::Value value, int64_t axis);
  /// The elements of an integer tensor, if all are known.
  std::optional<llvm::SmallVector<int64_t>> constInts(mlir::Value value);
  /// The same as sizes that may be written into the IR.
  mlir::ArrayAttr knownSizes(mlir::Value value);
  /// The elements of a small float constant.
  std::optional<llvm::SmallVector<double>> constFloats(mlir::Value value);
  bool isConstant(mlir::Value value);
  /// `axis` counted from the front; an error if it is out of range.
  int64_t normalAxis(int64_t axis, int64_t rank);
  llvm::SmallVector<int64_t> normalAxes(llvm::ArrayRef<int64_t> axes,
                                        int64_t rank);
  /// Axes from the attribute `axes` or from input `index`; an error if the
  /// input's elements are not known.
  std::optional<llvm::SmallVector<int64_t>> getAxes(unsigned index);

  // Errors.
  bool failed() const { return bad; }
  llvm::LogicalResult error(const llvm::Twine &message);

  // Operations.
  template <typename OpTy, typename... Args> OpTy create(Args &&...args) {
    if (bad)
      return {};
    mlir::OperationState opState(getLoc(), OpTy::getOperationName());
    OpTy::build(b, opState, mlir::TypeRange(placeholders<OpTy>()),
                std::forward<Args>(args)...);
    auto rule = [&](llvm::ArrayRef<xf::Facts> operands,
                    const xf::FactsContext &context,
                    llvm::SmallVectorImpl<xf::Facts> &found) {
      typename OpTy::Adaptor adaptor(
          opState.operands, opState.attributes.getDictionary(b.getContext()),
          opState.getRawProperties(), mlir::RegionRange());
      return OpTy::computeFacts(adaptor, operands, context, found);
    };
    return mlir::cast_or_null<OpTy>(insert(opState, rule));
  }
  /// Makes an operation with one result.
  template <typename OpTy, typename... Args> mlir::Value make(Args &&...args) {
    OpTy op = create<OpTy>(std::forward<Args>(args)...);
    return op ? op->getResult(0) : mlir::Value();
  }
  mlir::Value constant(mlir::ElementsAttr value);
  /// A rank-0 constant; integers take the value's integral part.
  mlir::Value scalar(double value, mlir::Type type);
  /// A 1-D i64 constant.
  mlir::Value ints(llvm::ArrayRef<int64_t> values);
  mlir::ArrayAttr dims(llvm::ArrayRef<xf::Dim> values);
  mlir::ArrayAttr dims(llvm::ArrayRef<int64_t> values);
  mlir::Value add(mlir::Value x, mlir::Value y) { return make<xf::Add>(x, y); }
  mlir::Value sub(mlir::Value x, mlir::Value y) { return make<xf::Sub>(x, y); }
  mlir::Value mul(mlir::Value x, mlir::Value y) { return make<xf::Mul>(x, y); }
  mlir::Value div(mlir::Value x, mlir::Value y) { return make<xf::Div>(x, y); }
  /// x op a scalar of x's element type.
  mlir::Value addScalar(mlir::Value x, double y) {
    return add(x, scalar(y, elem(x)));
  }
  mlir::Value mulScalar(mlir::Value x, double y) {
    return y == 1 ? x : mul(x, scalar(y, elem(x)));
  }
  mlir::Value cmp(xf::CmpKind kind, mlir::Value x, mlir::Value y) {
    return make<xf::Cmp>(x, y, kind);
  }
  mlir::Value select(mlir::Value c, mlir::Value x, mlir::Value y) {
    return make<xf::Select>(c, x, y);
  }
  /// x itself if it has the type already.
  mlir::Value cast(mlir::Value x, mlir::Type to, bool saturate = false);
  mlir::Value reduce(mlir::Value x, xf::ReduceKind kind,
                     llvm::ArrayRef<int64_t> axes, bool keepDims = true);
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> permutation);
  /// Swaps the last two axes.
  mlir::Value transposeLast(mlir::Value x);
  mlir::Value concat(llvm::ArrayRef<mlir::Value> values, int64_t axis);
  /// Elements [start, end) along an axis.
  mlir::Value slice(mlir::Value x, int64_t axis, int64_t start, int64_t end);
  mlir::Value slice(mlir::Value x, int64_t axis, xf::Dim start, xf::Dim end);
  /// Sizes as attribute where they are known, else as a computed tensor. At
  /// most one may be -1 where a reshape is meant.
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<Size> sizes);
  mlir::Value broadcast(mlir::Value x, llvm::ArrayRef<Size> sizes);
  /// Inserts axes of size 1; `axes` are positions in the result, ascending.
  mlir::Value unsqueeze(mlir::Value x, llvm::ArrayRef<int64_t> axes);
  /// Removes axes.
  mlir::Value squeeze(mlir::Value x, llvm::ArrayRef<int64_t> axes);
  /// 0, 1, ... below a size, as an i64 vector.
  mlir::Value range(Size count);
  /// The size of an axis as a 1-D i64 tensor of one element.
  mlir::Value sizeTensor(Size size);

private:
  template <typename OpTy> llvm::SmallVector<mlir::Type, 3> placeholders() {
    unsigned count = 1;
    if constexpr (OpTy::template hasTrait<mlir::OpTrait::NResults<2>::Impl>())
      count = 2;
    if constexpr (OpTy::template hasTrait<mlir::OpTrait::NResults<3>::Impl>())
      count = 3;
    return llvm::SmallVector<mlir::Type, 3>(
        count, mlir::RankedTensorType::get({}, b.getF32Type()));
  }
  using Rule = llvm::function_ref<llvm::LogicalResult(
      llvm::ArrayRef<xf::Facts>, const xf::FactsContext &,
      llvm::SmallVectorImpl<xf::Facts> &)>;
  mlir::Operation *insert(mlir::OperationState &opState, Rule rule);
  template <typename AttrT>
  AttrT typedAttr(llvm::StringRef name, llvm::StringRef kind);
  /// The sizes as an attribute, or null if one may not be written down.
  mlir::ArrayAttr sizesAttr(llvm::ArrayRef<Size> sizes);
  mlir::Value sizesTensor(llvm::ArrayRef<Size> sizes);

  ConversionState &state;
  onnx::NodeOp node;
  mlir::ImplicitLocOpBuilder b;
  llvm::SmallVector<mlir::Value> inputs;
  llvm::SmallVector<mlir::Value> results;
  bool bad = false;
};

/// The MLIR element type of an ONNX data type; null if there is none here.
mlir::Type typeOfDataType(mlir::MLIRContext *context, int64_t dataType);

/// A handler for `y = op(x...)`.
template <typename OpTy> llvm::LogicalResult convertUnary(NodeConverter &n) {
  return n.done({n.make<OpTy>(n.in(0))});
}
template <typename OpTy> llvm::LogicalResult convertBinary(NodeConverter &n) {
  return n.done({n.make<OpTy>(n.in(0), n.in(1))});
}

} // namespace hagane::frontend
