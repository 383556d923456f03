#include "frontend/ops/Alternatives.h"
#include "frontend/ops/BlockConverter.h"
#include "frontend/ops/InputDims.h"
#include "frontend/ops/Passes.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringSwitch.h"

namespace hagane::frontend {
#define GEN_PASS_DEF_CONVERTONNXTOXFPASS
#include "frontend/ops/Passes.h.inc"
} // namespace hagane::frontend

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

/// Names the operator with its domain, as error messages do.
static std::string describe(onnx::NodeOp node) {
  StringRef domain =
      node.getDomain().empty() ? StringRef("ai.onnx") : node.getDomain();
  return (domain + "." + node.getOpType() + " version " +
          Twine(node.getSinceVersion()))
      .str();
}

/// The handler's row, or null and an error.
static const OpRow *findRow(onnx::NodeOp node) {
  const OpRegistry &registry = getOpRegistry();
  int64_t version = static_cast<int64_t>(node.getSinceVersion());
  if (const OpRow *row =
          registry.find(node.getDomain(), node.getOpType(), version))
    return row;
  InFlightDiagnostic diag = emitError(node.getLoc())
                            << "operator " << describe(node)
                            << " is not supported";
  if (auto oldest = registry.oldest(node.getDomain(), node.getOpType()))
    diag << ", expected version " << *oldest << " or later";
  else if (std::string other =
               findAlternative(registry, node.getDomain(), node.getOpType());
           !other.empty())
    diag << "; " << other;
  return nullptr;
}

/// A remark where the exporter's type contradicts ours.
static void checkStatedType(onnx::NodeOp node, unsigned index, Value made) {
  auto stated = dyn_cast<TensorType>(node.getOutputs()[index].getType());
  if (!stated || !made)
    return;
  auto found = cast<RankedTensorType>(made.getType());
  bool agrees =
      stated.getElementType() == found.getElementType() &&
      (!stated.hasRank() ||
       succeeded(verifyCompatibleShape(stated.getShape(), found.getShape())));
  if (!agrees)
    emitRemark(node.getLoc())
        << "the model states type " << stated << " for output " << index
        << ", which is " << found;
}

/// Maps the node's outputs to null, so that nodes that use them are skipped.
static LogicalResult convertNode(ConversionState &state, onnx::NodeOp node,
                                 OpBuilder &builder, DenseSet<Value> &lost) {
  auto fail = [&] {
    lost.insert_range(node.getOutputs());
    return failure();
  };
  const OpRow *row = findRow(node);
  if (!row)
    return fail();
  SmallVector<Value> inputs;
  for (Value input : node.getInputs()) {
    if (lost.contains(input))
      return fail();
    inputs.push_back(state.values.lookup(input));
  }
  NodeConverter converter(state, node, builder, inputs);
  for (unsigned i = 0; i < row->requiredInputs; ++i)
    if (!converter.in(i)) {
      (void)converter.error("input " + Twine(i) +
                            " is absent, expected at least " +
                            Twine(row->requiredInputs) + " inputs");
      return fail();
    }
  bool converted = succeeded(row->handler(converter));
  if (!converted || converter.failed())
    return fail();
  for (auto [i, output] : llvm::enumerate(node.getOutputs())) {
    Value made =
        i < converter.getResults().size() ? converter.getResults()[i] : Value();
    state.values[output] = made;
    checkStatedType(node, i, made);
  }
  return success();
}

static LogicalResult convertInitializer(ConversionState &state,
                                        onnx::InitializerOp op,
                                        OpBuilder &builder) {
  ImplicitLocOpBuilder b(op.getLoc(), builder);
  auto type = dyn_cast<RankedTensorType>(op.getValue().getType());
  if (!type)
    return emitError(op.getLoc())
           << "constant '" << op.getName() << "' has type "
           << op.getValue().getType() << ", expected a ranked tensor";
  auto constant =
      xf::Constant::create(b, type, op.getValue(), op.getNameAttr());
  SmallVector<xf::Facts> found;
  xf::FactsContext context(
      b.getContext(), state.prover, op.getLoc(),
      [&](unsigned, unsigned) { return state.makeFresh(); });
  if (succeeded(constant.inferFacts({}, context, found)) && found.size() == 1)
    state.setFacts(constant, std::move(found.front()));
  state.values[op.getResult()] = constant;
  return success();
}

LogicalResult hagane::frontend::convertBlock(ConversionState &state,
                                             Block &block, OpBuilder &builder,
                                             SmallVectorImpl<Value> &outputs,
                                             bool mayBeSequences) {
  DenseSet<Value> lost;
  bool ok = true;
  // The block may grow while it is walked: conversion inserts in front of its
  // terminator.
  SmallVector<Operation *> ops =
      llvm::map_to_vector(block, [](Operation &op) { return &op; });
  for (Operation *op : ArrayRef(ops).drop_back()) {
    if (auto node = dyn_cast<onnx::NodeOp>(op)) {
      ok &= succeeded(convertNode(state, node, builder, lost));
    } else if (auto initializer = dyn_cast<onnx::InitializerOp>(op)) {
      if (failed(convertInitializer(state, initializer, builder))) {
        lost.insert(initializer.getResult());
        ok = false;
      }
    } else if (isa<onnx::AbsentOp>(op)) {
      state.values[op->getResult(0)] = Value();
    } else {
      ok = false;
      emitError(op->getLoc()) << "found '" << op->getName()
                              << "', expected operations of the onnx dialect";
    }
  }
  bool isModel = isa_and_present<func::FuncOp>(block.getParentOp());
  for (Value output : ops.back()->getOperands()) {
    outputs.push_back(state.values.lookup(output));
    if (outputs.back() || !ok)
      continue;
    bool isSequence = state.sequences.contains(output);
    if (isSequence && !isModel && !mayBeSequences) {
      ok = false;
      emitError(ops.back()->getLoc())
          << "an output of a subgraph is a sequence, expected a tensor";
    } else if (!isSequence) {
      ok = false;
      emitError(ops.back()->getLoc()) << "an output of the graph has no value";
    }
  }
  return success(ok);
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

static std::optional<AttentionSemantics> parseSemantics(StringRef name) {
  return llvm::StringSwitch<std::optional<AttentionSemantics>>(name)
      .Case("standard", AttentionSemantics::standard)
      .Case("original", AttentionSemantics::original)
      .Case("onnxruntime", AttentionSemantics::onnxruntime)
      .Default(std::nullopt);
}

namespace {
struct ConvertOnnxToXf
    : hagane::frontend::impl::ConvertOnnxToXfPassBase<ConvertOnnxToXf> {
  using ConvertOnnxToXfPassBase::ConvertOnnxToXfPassBase;

  void runOnOperation() override {
    if (!parseSemantics(attention)) {
      emitError(getOperation().getLoc())
          << "unknown attention semantics '" << attention
          << "', expected standard, original or onnxruntime";
      return signalPassFailure();
    }
    unsigned errors = 0;
    ScopedDiagnosticHandler counter(&getContext(), [&](Diagnostic &diag) {
      errors += diag.getSeverity() == DiagnosticSeverity::Error;
      return failure();
    });
    DimOptions options;
    if (failed(parseDimOptions(
            getOperation().getLoc(),
            SmallVector<std::string>(ranges.begin(), ranges.end()),
            SmallVector<std::string>(values.begin(), values.end()), options)))
      return signalPassFailure();
    for (auto function : llvm::to_vector(getOperation().getOps<func::FuncOp>()))
      if (!function.isExternal() &&
          failed(convertFunction(function, options))) {
        if (errors == 0)
          emitError(function.getLoc()) << "the model could not be converted";
        return signalPassFailure();
      }
  }

  LogicalResult convertFunction(func::FuncOp function,
                                const DimOptions &options);
};
} // namespace

/// Erases the onnx operations, last first.
static void eraseOld(Block &block, ArrayRef<Operation *> old) {
  for (Operation *op : llvm::reverse(old)) {
    op->dropAllUses();
    op->erase();
  }
}

/// Each element of a sequence becomes an output of its own, "name[i]".
static SmallVector<Value> spreadSequences(const ConversionState &state,
                                          func::FuncOp function,
                                          Operation *terminator,
                                          ArrayRef<Value> outputs) {
  SmallVector<Value> values;
  SmallVector<Attribute> attrs;
  Builder b(function.getContext());
  for (auto [i, operand] : llvm::enumerate(terminator->getOperands())) {
    unsigned index = static_cast<unsigned>(i);
    DictionaryAttr own = function.getResultAttrDict(index);
    auto sequence = state.sequences.find(operand);
    if (sequence == state.sequences.end()) {
      values.push_back(outputs[i]);
      attrs.push_back(own ? own : b.getDictionaryAttr({}));
      continue;
    }
    auto name = function.getResultAttrOfType<StringAttr>(index, "onnx.name");
    for (auto [at, element] : llvm::enumerate(sequence->second)) {
      std::string text = ((name ? name.getValue() : StringRef("sequence")) +
                          "[" + Twine(at) + "]")
                             .str();
      values.push_back(element);
      attrs.push_back(b.getDictionaryAttr(
          b.getNamedAttr("onnx.name", b.getStringAttr(text))));
    }
  }
  function.setFunctionType(FunctionType::get(function.getContext(),
                                             function.getArgumentTypes(),
                                             TypeRange(ValueRange(values))));
  function.setAllResultAttrs(attrs);
  return values;
}

LogicalResult ConvertOnnxToXf::convertFunction(func::FuncOp function,
                                               const DimOptions &options) {
  if (!function.getBody().hasOneBlock())
    return emitError(function.getLoc())
           << "function '" << function.getName() << "' has "
           << function.getBody().getBlocks().size() << " blocks, expected 1";
  Block &block = function.getBody().front();
  Operation *terminator = block.getTerminator();
  SmallVector<Operation *> old;
  for (Operation &op : block.without_terminator())
    old.push_back(&op);

  ConversionState state(getOperation());
  state.attention = *parseSemantics(attention);
  llvm::MapVector<Value, SmallVector<xf::Dim>> dims;
  if (failed(convertInputDims(function, options, dims, state.prover,
                              state.conditionalSizes)))
    return failure();
  for (auto &[argument, argumentDims] : dims) {
    xf::Facts facts;
    facts.elementType =
        cast<RankedTensorType>(argument.getType()).getElementType();
    facts.dims = argumentDims;
    state.setFacts(argument, std::move(facts));
    state.values[argument] = argument;
  }
  OpBuilder builder(terminator);
  SmallVector<Value> outputs;
  if (failed(convertBlock(state, block, builder, outputs)))
    return failure();
  outputs = spreadSequences(state, function, terminator, outputs);
  terminator->setOperands(outputs);
  function.setFunctionType(FunctionType::get(
      &getContext(), block.getArgumentTypes(), TypeRange(ValueRange(outputs))));
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    function.removeResultAttr(i, StringAttr::get(&getContext(), "onnx.dims"));
  eraseOld(block, old);
  return success();
}
