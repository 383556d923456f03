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
    if (wants(i) && (i >= results.size() || !results[i]) &&
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
// Attributes
//===----------------------------------------------------------------------===//

template <typename AttrT>
AttrT NodeConverter::typedAttr(StringRef name, StringRef kind) {
  Attribute attr = node.getAttribute(name);
  if (!attr)
    return {};
  auto typed = dyn_cast<AttrT>(attr);
  if (!typed)
    (void)error("attribute '" + name + "' is not " + kind);
  return typed;
}

bool NodeConverter::hasAttr(StringRef name) {
  return bool(node.getAttribute(name));
}

int64_t NodeConverter::getInt(StringRef name, int64_t fallback) {
  auto attr = typedAttr<IntegerAttr>(name, "an integer");
  return attr ? attr.getValue().getSExtValue() : fallback;
}

int64_t NodeConverter::requireInt(StringRef name) {
  if (!hasAttr(name))
    (void)error("attribute '" + name + "' is missing");
  return getInt(name, 0);
}

double NodeConverter::getFloat(StringRef name, double fallback) {
  auto attr = typedAttr<FloatAttr>(name, "a float");
  return attr ? attr.getValueAsDouble() : fallback;
}

StringRef NodeConverter::getString(StringRef name, StringRef fallback) {
  auto attr = typedAttr<StringAttr>(name, "a string");
  return attr ? attr.getValue() : fallback;
}

std::optional<SmallVector<int64_t>> NodeConverter::getInts(StringRef name) {
  if (auto attr = typedAttr<DenseI64ArrayAttr>(name, "a list of integers"))
    return SmallVector<int64_t>(attr.asArrayRef());
  return std::nullopt;
}

std::optional<SmallVector<double>> NodeConverter::getFloats(StringRef name) {
  if (auto attr = typedAttr<DenseF32ArrayAttr>(name, "a list of floats"))
    return SmallVector<double>(attr.asArrayRef());
  return std::nullopt;
}

std::optional<SmallVector<std::string>>
NodeConverter::getStrings(StringRef name) {
  auto attr = typedAttr<ArrayAttr>(name, "a list of strings");
  if (!attr)
    return std::nullopt;
  SmallVector<std::string> strings;
  for (Attribute element : attr) {
    auto string = dyn_cast<StringAttr>(element);
    if (!string) {
      (void)error("attribute '" + name + "' is not a list of strings");
      return std::nullopt;
    }
    strings.push_back(string.str());
  }
  return strings;
}

DenseElementsAttr NodeConverter::getTensor(StringRef name) {
  return typedAttr<DenseElementsAttr>(name, "a small tensor");
}

Type NodeConverter::getDataType(StringRef name) {
  if (!hasAttr(name))
    return {};
  int64_t dataType = getInt(name, 0);
  Type type = typeOfDataType(b.getContext(), dataType);
  if (!type)
    (void)error("attribute '" + name + "' names data type " + Twine(dataType) +
                ", which tensors cannot have here");
  return type;
}

Type hagane::frontend::typeOfDataType(MLIRContext *context, int64_t dataType) {
  Builder b(context);
  auto unsignedType = [&](unsigned width) {
    return b.getIntegerType(width, /*isSigned=*/false);
  };
  switch (dataType) {
  case 1:
    return b.getF32Type();
  case 2:
    return unsignedType(8);
  case 3:
    return b.getI8Type();
  case 4:
    return unsignedType(16);
  case 5:
    return b.getI16Type();
  case 6:
    return b.getI32Type();
  case 7:
    return b.getI64Type();
  case 9:
    return b.getI1Type();
  case 10:
    return b.getF16Type();
  case 11:
    return b.getF64Type();
  case 12:
    return unsignedType(32);
  case 13:
    return unsignedType(64);
  case 16:
    return b.getBF16Type();
  case 17:
    return Float8E4M3FNType::get(context);
  case 18:
    return Float8E4M3FNUZType::get(context);
  case 19:
    return Float8E5M2Type::get(context);
  case 20:
    return Float8E5M2FNUZType::get(context);
  case 21:
    return unsignedType(4);
  case 22:
    return b.getIntegerType(4);
  case 23:
    return Float4E2M1FNType::get(context);
  case 24:
    return Float8E8M0FNUType::get(context);
  case 25:
    return unsignedType(2);
  case 26:
    return b.getIntegerType(2);
  default:
    return {};
  }
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

Value NodeConverter::constant(ElementsAttr value) {
  return make<xf::Constant>(value, StringAttr());
}

Value NodeConverter::scalar(double value, Type type) {
  auto shape = RankedTensorType::get({}, type);
  if (auto integer = dyn_cast<IntegerType>(type)) {
    APInt bits(64, static_cast<uint64_t>(static_cast<int64_t>(value)));
    return constant(
        DenseElementsAttr::get(shape, bits.sextOrTrunc(integer.getWidth())));
  }
  auto floating = dyn_cast<FloatType>(type);
  if (!floating) {
    (void)error("elements are neither floats nor integers");
    return {};
  }
  APFloat number(value);
  bool losesInfo;
  number.convert(floating.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                 &losesInfo);
  return constant(DenseElementsAttr::get(shape, number));
}

Value NodeConverter::ints(ArrayRef<int64_t> values) {
  return constant(b.getI64TensorAttr(values));
}

ArrayAttr NodeConverter::dims(ArrayRef<Dim> values) {
  SmallVector<Attribute> attrs;
  for (Dim value : values)
    attrs.push_back(value.getAttr());
  return b.getArrayAttr(attrs);
}

ArrayAttr NodeConverter::dims(ArrayRef<int64_t> values) {
  SmallVector<Attribute> attrs;
  for (int64_t value : values)
    attrs.push_back(Dim::constant(b.getContext(), value).getAttr());
  return b.getArrayAttr(attrs);
}

Value NodeConverter::cast(Value x, Type to, bool saturate) {
  if (bad || elem(x) == to)
    return x;
  return make<xf::Cast>(x, TypeAttr::get(to),
                        saturate ? b.getUnitAttr() : UnitAttr());
}

Value NodeConverter::reduce(Value x, xf::ReduceKind kind,
                            ArrayRef<int64_t> axes, bool keepDims) {
  return make<xf::Reduce>(x, kind, axes, keepDims);
}

Value NodeConverter::transpose(Value x, ArrayRef<int64_t> permutation) {
  return make<xf::Transpose>(x, permutation);
}

Value NodeConverter::transposeLast(Value x) {
  SmallVector<int64_t> permutation =
      llvm::to_vector(llvm::seq<int64_t>(0, rank(x)));
  if (permutation.size() >= 2)
    std::swap(permutation.back(), permutation[permutation.size() - 2]);
  return transpose(x, permutation);
}

Value NodeConverter::concat(ArrayRef<Value> values, int64_t axis) {
  if (values.size() == 1)
    return values.front();
  return make<xf::Concat>(ValueRange(values), axis);
}

Value NodeConverter::slice(Value x, int64_t axis, int64_t start, int64_t end) {
  return slice(x, axis, Dim::constant(b.getContext(), start),
               Dim::constant(b.getContext(), end));
}

Value NodeConverter::slice(Value x, int64_t axis, Dim start, Dim end) {
  return make<xf::Slice>(x, Value(), Value(), ArrayRef<int64_t>(axis),
                         dims(start), dims(end), ArrayRef<int64_t>(1));
}

ArrayAttr NodeConverter::sizesAttr(ArrayRef<Size> sizes) {
  SmallVector<Dim> known;
  for (const Size &size : sizes) {
    known.push_back(size.source ? dim(size.source, size.axis)
                                : Dim::constant(b.getContext(), size.constant));
    if (!isDurable(known.back()))
      return {};
  }
  return dims(known);
}

Value NodeConverter::sizeTensor(Size size) {
  if (!size.source)
    return ints(size.constant);
  return slice(make<xf::ShapeOf>(size.source), 0, size.axis, size.axis + 1);
}

Value NodeConverter::sizesTensor(ArrayRef<Size> sizes) {
  SmallVector<Value> parts;
  for (const Size &size : sizes)
    parts.push_back(sizeTensor(size));
  return concat(parts, 0);
}

Value NodeConverter::range(Size count) {
  if (bad)
    return {};
  Type type = b.getI64Type();
  Dim end = count.source ? dim(count.source, count.axis)
                         : Dim::constant(b.getContext(), count.constant);
  Dim zero = Dim::constant(b.getContext(), 0),
      one = Dim::constant(b.getContext(), 1);
  if (isDurable(end))
    return make<xf::Range>(Value(), Value(), Value(), dims({zero, end, one}),
                           TypeAttr::get(type));
  return make<xf::Range>(scalar(0, type), squeeze(sizeTensor(count), {0}),
                         scalar(1, type), ArrayAttr(), TypeAttr::get(type));
}

Value NodeConverter::reshape(Value x, ArrayRef<Size> sizes) {
  if (bad)
    return {};
  ArrayAttr known = sizesAttr(sizes);
  return make<xf::Reshape>(x, known ? Value() : sizesTensor(sizes), known,
                           UnitAttr());
}

Value NodeConverter::broadcast(Value x, ArrayRef<Size> sizes) {
  if (bad)
    return {};
  ArrayAttr known = sizesAttr(sizes);
  return make<xf::Broadcast>(x, known ? Value() : sizesTensor(sizes), known);
}

Value NodeConverter::unsqueeze(Value x, ArrayRef<int64_t> axes) {
  SmallVector<Size> sizes;
  int64_t from = 0, total = rank(x) + static_cast<int64_t>(axes.size());
  for (int64_t axis = 0; axis < total; ++axis)
    sizes.push_back(llvm::is_contained(axes, axis) ? Size(1) : Size(x, from++));
  return reshape(x, sizes);
}

Value NodeConverter::squeeze(Value x, ArrayRef<int64_t> axes) {
  SmallVector<Size> sizes;
  for (int64_t axis = 0; axis < rank(x); ++axis)
    if (!llvm::is_contained(axes, axis))
      sizes.push_back(Size(x, axis));
  return reshape(x, sizes);
}
