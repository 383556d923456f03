#include "frontend/ops/NodeConverter.h"

#include "dialects/xf/XfDynamic.h"

#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;
using xf::Facts;

//===----------------------------------------------------------------------===//
// ConversionState
//===----------------------------------------------------------------------===//

const Facts &ConversionState::getFacts(Value value) {
  auto it = facts.find(value);
  if (it != facts.end())
    return it->second;
  auto type = cast<RankedTensorType>(value.getType());
  Facts known = xf::factsOfType(type, [&](unsigned) { return makeFresh(); });
  return facts.try_emplace(value, std::move(known)).first->second;
}

Dim ConversionState::makeFresh() {
  std::string name = "unknown" + std::to_string(freshNames.size());
  freshNames.insert(name);
  return Dim::symbol(context, name);
}

bool ConversionState::isDurable(Dim dim) const {
  if (!dim)
    return false;
  bool durable = true;
  dim.forEachSymbol(
      [&](StringRef name) { durable &= !freshNames.contains(name); });
  return durable;
}

ConversionState::~ConversionState() {
  for (auto &block : discarded)
    block->clear();
}

Dim ConversionState::declareSize(StringRef stem, int64_t min, int64_t max,
                                 Location loc) {
  std::string name;
  do
    name = (stem + Twine(declaredCount++)).str();
  while (module.lookupSymbol(name) || freshNames.contains(name));
  OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
  declaredAt[name] = declared.size();
  declared.push_back(xf::ComputedSize::create(
      top, loc, name, static_cast<uint64_t>(min), static_cast<uint64_t>(max)));
  prover.setRange(name, {min, max});
  return Dim::symbol(context, name);
}

bool ConversionState::isKnownSince(Dim dim, size_t mark) const {
  if (!isDurable(dim))
    return false;
  bool known = true;
  dim.forEachSymbol([&](StringRef name) {
    auto it = declaredAt.find(name);
    known &= it == declaredAt.end() || it->second < mark;
  });
  return known;
}

void ConversionState::discard(std::unique_ptr<Block> block, size_t mark) {
  block->dropAllReferences();
  discarded.push_back(std::move(block));
  for (size_t i = mark; i < declared.size(); ++i)
    declared[i]->erase();
  declared.resize(mark);
}

//===----------------------------------------------------------------------===//
// Inputs, outputs, errors
//===----------------------------------------------------------------------===//

NodeConverter::NodeConverter(ConversionState &state, onnx::NodeOp node,
                             OpBuilder &at, SmallVector<Value> inputs)
    : state(state), node(node), b(node.getLoc(), at),
      inputs(std::move(inputs)) {}

Value NodeConverter::in(unsigned index) const {
  return index < inputs.size() ? inputs[index] : Value();
}

const SmallVector<Value> *NodeConverter::sequence(unsigned index) {
  if (index >= node.getInputs().size())
    return nullptr;
  auto it = state.sequences.find(node.getInputs()[index]);
  return it == state.sequences.end() ? nullptr : &it->second;
}

Value NodeConverter::stack(unsigned index) {
  return index < node.getInputs().size()
             ? state.stacks.lookup(node.getInputs()[index])
             : Value();
}

void NodeConverter::setSequence(unsigned index, ArrayRef<Value> elements) {
  if (index < node.getOutputs().size())
    state.sequences[node.getOutputs()[index]] = llvm::to_vector(elements);
}

LogicalResult NodeConverter::doneSequence(ArrayRef<Value> elements) {
  setSequence(0, elements);
  return done({Value()});
}

SmallVector<Value> NodeConverter::allInputs() const {
  return llvm::to_vector(
      llvm::make_filter_range(inputs, [](Value v) { return bool(v); }));
}

bool NodeConverter::wants(unsigned index) {
  return index < node.getOutputs().size() &&
         !isa<NoneType>(node.getOutputs()[index].getType());
}

LogicalResult NodeConverter::done(ArrayRef<Value> values) {
  if (bad)
    return failure();
  results.assign(values.begin(), values.end());
  for (unsigned i = 0; i < numOutputs(); ++i)
    if (wants(i) && !node.getOutputs()[i].use_empty() &&
        (i >= results.size() || !results[i]) &&
        !state.sequences.contains(node.getOutputs()[i]) &&
        !state.stacks.contains(node.getOutputs()[i]))
      return error("output " + Twine(i) + " is not supported");
  return success();
}

LogicalResult NodeConverter::error(const Twine &message) {
  if (!bad)
    emitError(getLoc()) << node.getOpType() << ": " << message;
  bad = true;
  return failure();
}

//===----------------------------------------------------------------------===//
// What is known of values
//===----------------------------------------------------------------------===//

RankedTensorType NodeConverter::type(Value value) {
  return value ? cast<RankedTensorType>(value.getType())
               : RankedTensorType::get({}, b.getF32Type());
}

Type NodeConverter::elem(Value value) { return type(value).getElementType(); }

int64_t NodeConverter::rank(Value value) { return type(value).getRank(); }

Dim NodeConverter::dim(Value value, int64_t axis) {
  if (!value || axis < 0 || axis >= rank(value))
    return Dim::constant(b.getContext(), 1);
  return state.getFacts(value).dims[axis];
}

std::optional<int64_t> NodeConverter::staticSize(Value value, int64_t axis) {
  return dim(value, axis).getConstant();
}

std::optional<SmallVector<int64_t>> NodeConverter::constInts(Value value) {
  if (!value || !isa<IntegerType>(elem(value)))
    return std::nullopt;
  SmallVector<int64_t> found;
  if (const auto &content = state.getFacts(value).content) {
    for (Dim element : *content) {
      std::optional<int64_t> constant =
          element ? element.getConstant() : std::nullopt;
      if (!constant)
        return std::nullopt;
      found.push_back(*constant);
    }
    return found;
  }
  auto op = value.getDefiningOp<xf::Constant>();
  auto dense = op ? dyn_cast<DenseIntElementsAttr>(op.getValue())
                  : DenseIntElementsAttr();
  if (!dense || dense.getNumElements() > 4096)
    return std::nullopt;
  bool isUnsigned = elem(value).isUnsignedInteger() || elem(value).isInteger(1);
  for (const APInt &element : dense.getValues<APInt>())
    found.push_back(isUnsigned ? static_cast<int64_t>(element.getZExtValue())
                               : element.getSExtValue());
  return found;
}

ArrayAttr NodeConverter::knownSizes(Value value) {
  if (auto constants = constInts(value))
    return dims(*constants);
  return {};
}

std::optional<SmallVector<double>> NodeConverter::constFloats(Value value) {
  auto op = value ? value.getDefiningOp<xf::Constant>() : xf::Constant();
  auto dense =
      op ? dyn_cast<DenseFPElementsAttr>(op.getValue()) : DenseFPElementsAttr();
  if (!dense || dense.getNumElements() > 4096)
    return std::nullopt;
  SmallVector<double> found;
  for (APFloat element : dense.getValues<APFloat>()) {
    bool losesInfo;
    element.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                    &losesInfo);
    found.push_back(element.convertToDouble());
  }
  return found;
}

bool NodeConverter::isConstant(Value value) {
  return value && value.getDefiningOp<xf::Constant>();
}

int64_t NodeConverter::normalAxis(int64_t axis, int64_t rank) {
  int64_t normal = axis < 0 ? axis + rank : axis;
  if (normal >= 0 && normal < rank)
    return normal;
  (void)error("axis " + Twine(axis) + " is out of range for rank " +
              Twine(rank));
  return 0;
}

SmallVector<int64_t> NodeConverter::normalAxes(ArrayRef<int64_t> axes,
                                               int64_t rank) {
  SmallVector<int64_t> normal;
  for (int64_t axis : axes)
    normal.push_back(normalAxis(axis, rank));
  llvm::sort(normal);
  if (std::adjacent_find(normal.begin(), normal.end()) != normal.end())
    (void)error("an axis is named twice");
  return normal;
}

std::optional<SmallVector<int64_t>> NodeConverter::getAxes(unsigned index) {
  if (auto axes = getInts("axes"))
    return axes;
  if (!in(index))
    return std::nullopt;
  auto axes = constInts(in(index));
  if (!axes)
    (void)error("axes are computed by the model, expected a constant");
  return axes;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

Operation *NodeConverter::insert(OperationState &opState, Rule rule) {
  SmallVector<Facts> operands, found;
  for (Value operand : opState.operands) {
    if (!operand) {
      (void)error("an input that is needed is absent");
      return nullptr;
    }
    operands.push_back(state.getFacts(operand));
  }
  xf::FactsContext context(
      b.getContext(), state.prover, getLoc(),
      [&](unsigned, unsigned) { return state.makeFresh(); });
  if (llvm::failed(rule(operands, context, found))) {
    bad = true;
    return nullptr;
  }
  opState.types.clear();
  for (const Facts &result : found) {
    if (!result.elementType ||
        !RankedTensorType::isValidElementType(result.elementType)) {
      (void)error("operands have types that do not go together");
      return nullptr;
    }
    opState.addTypes(result.getType());
  }
  Operation *op = b.create(opState);
  // Reported at once, so that the error names this node.
  if (llvm::failed(verify(op, /*verifyRecursively=*/false))) {
    bad = true;
    op->erase();
    return nullptr;
  }
  for (auto [result, known] : llvm::zip(op->getResults(), found))
    state.setFacts(result, std::move(known));
  return op;
}
