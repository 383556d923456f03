#include "tools/driver/MixedModel.h"

#include "mlir/IR/IRMapping.h"
#include "passes/quantization/Products.h"
#include "passes/quantization/Scheme.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::eval::HostTensor;

/// The place of an operation in the model, by which its copies are known.
static constexpr llvm::StringLiteral kNumber = "xf.number";

static func::FuncOp mainOf(ModuleOp module) {
  return module.lookupSymbol<func::FuncOp>("main");
}

void hagane::driver::numberOperations(ModuleOp module) {
  Builder builder(module.getContext());
  for (auto [i, op] : llvm::enumerate(mainOf(module).front()))
    op.setAttr(kNumber, builder.getI64IntegerAttr(static_cast<int64_t>(i)));
}

void hagane::driver::eraseNumbers(ModuleOp module) {
  module.walk([](Operation *op) { op->removeAttr(kNumber); });
}

static bool isFloat(Value value) {
  return isa<FloatType>(getElementTypeOrSelf(value));
}

//===----------------------------------------------------------------------===//
// Making
//===----------------------------------------------------------------------===//

namespace {

/// Puts ways beside the products of a model; new arguments choose.
class Mixer {
public:
  explicit Mixer(ModuleOp fused);

  LogicalResult add(int way, ModuleOp changed);
  /// Puts the changed product in the place of a product.
  void replace(size_t number, xf::Linear changed);
  /// The same of a gather from a table, and of all of them by choice.
  void replaceTable(xf::Gather changed);
  void chooseTables(ModuleOp changed);
  /// Lets `main` return its outputs of floats, whose names are the result, and
  /// the errors.
  SmallVector<std::string> finish();

  OwningOpRef<ModuleOp> module;
  SmallVector<xf::Linear> products;
  SmallVector<WayOfProduct> ways;
  bool hasTables = false; ///< to choose

private:
  xf::Linear copy(size_t number, xf::Linear changed);
  Value materialize(Value value, IRMapping &copies, OpBuilder &builder);
  void choose(size_t number, int way, xf::Linear changed);
  Value addChoice(const Twine &name);
  xf::Gather getOriginal(xf::Gather changed) const {
    auto number = changed->getAttrOfType<IntegerAttr>(kNumber);
    return cast<xf::Gather>(ops[number.getInt()]);
  }
  xf::Gather copyTable(xf::Gather changed);
  void addError(OpBuilder &builder, Value difference);

  func::FuncOp main;
  SmallVector<Operation *> ops;         // by their numbers
  SmallVector<Value> chosen;            // in place of each product's result
  SmallPtrSet<Operation *, 32> readers; // of products' own results
  SmallVector<Value> errors;
};

} // namespace

Mixer::Mixer(ModuleOp fused) : module(fused.clone()), main(mainOf(*module)) {
  for (Operation &op : main.front())
    ops.push_back(&op);
  products = getWeightedProducts(main);
  for (xf::Linear product : products)
    chosen.push_back(product.getY());
}

/// The counterpart of a value of a changed copy: what is there already, or
/// copies of the operations that the change added.
Value Mixer::materialize(Value value, IRMapping &copies, OpBuilder &builder) {
  if (Value known = copies.lookupOrNull(value))
    return known;
  if (auto argument = dyn_cast<BlockArgument>(value))
    return main.getArgument(argument.getArgNumber());
  Operation *op = value.getDefiningOp();
  unsigned result = cast<OpResult>(value).getResultNumber();
  if (auto number = op->getAttrOfType<IntegerAttr>(kNumber))
    return ops[number.getInt()]->getResult(result);
  for (Value operand : op->getOperands())
    copies.map(operand, materialize(operand, copies, builder));
  return builder.clone(*op, copies)->getResult(result);
}

LogicalResult Mixer::add(int way, ModuleOp copy) {
  SmallVector<xf::Linear> changed = getWeightedProducts(mainOf(copy));
  if (changed.size() != products.size())
    return module->emitError("quantization left ")
           << changed.size() << " products with weights, expected "
           << products.size();
  for (auto [i, product] : llvm::enumerate(changed))
    choose(i, way, product);
  return success();
}

Value Mixer::addChoice(const Twine &name) {
  Builder builder(main.getContext());
  auto attributes = builder.getDictionaryAttr(
      {builder.getNamedAttr("onnx.name",
                            builder.getStringAttr("choice." + name)),
       builder.getNamedAttr("xf.dims", builder.getArrayAttr({}))});
  unsigned index = main.getNumArguments();
  (void)main.insertArgument(index,
                            RankedTensorType::get({}, builder.getI1Type()),
                            attributes, main.getLoc());
  return main.getArgument(index);
}

/// The sum of its squares, which whoever runs the model adds up in double.
void Mixer::addError(OpBuilder &builder, Value difference) {
  auto type = cast<RankedTensorType>(difference.getType());
  Location location = difference.getLoc();
  if (!type.getElementType().isF32())
    difference =
        xf::Cast::create(builder, location, difference, builder.getF32Type());
  readers.insert(difference.getDefiningOp());
  Value sum = xf::Reduce::create(
      builder, location, RankedTensorType::get({}, builder.getF32Type()),
      difference, xf::ReduceKind::sum_square,
      llvm::to_vector(llvm::seq(type.getRank())), /*keep_dims=*/false);
  readers.insert(sum.getDefiningOp());
  errors.push_back(sum);
}

/// The changed product for the same input, behind the product; null if nothing
/// is changed.
xf::Linear Mixer::copy(size_t number, xf::Linear changed) {
  xf::Linear product = products[number];
  OpBuilder builder(product->getNextNode());
  IRMapping copies;
  SmallVector<Value> operands;
  for (Value operand : changed->getOperands()) {
    operands.push_back(materialize(operand, copies, builder));
    copies.map(operand, operands.back());
  }
  if (llvm::equal(operands, product->getOperands()))
    return {};
  auto other = cast<xf::Linear>(builder.clone(*changed, copies));
  other->removeAttr(kNumber);
  return other;
}

void Mixer::replace(size_t number, xf::Linear changed) {
  if (xf::Linear other = copy(number, changed))
    products[number].getY().replaceAllUsesWith(other.getY());
}

/// Computes the changed product too, and takes one by choice.
void Mixer::choose(size_t number, int way, xf::Linear changed) {
  xf::Linear product = products[number], other = copy(number, changed);
  if (!other)
    return;
  OpBuilder builder(other->getContext());
  builder.setInsertionPointAfter(other);
  Value difference =
      xf::Sub::create(builder, product.getLoc(), other.getY(), product.getY());
  readers.insert(difference.getDefiningOp());
  addError(builder, difference);
  addError(builder, product.getY());
  Value choice = addChoice(Twine(ways.size()));
  FactorForm form = getFactorForm(other);
  ways.push_back({number, way, form.text, form.bytes});
  // Where ways follow each other, the last product stands before its choices.
  if (Operation *last = chosen[number].getDefiningOp();
      other->isBeforeInBlock(last))
    builder.setInsertionPointAfter(last);
  auto select = xf::Select::create(builder, product.getLoc(), product.getType(),
                                   choice, other.getY(), chosen[number]);
  readers.insert(select);
  chosen[number] = select.getY();
}

//===-- Tables ------------------------------------------------------------===//

/// Gathers whose tables were changed.
static SmallVector<xf::Gather> getChangedTables(ModuleOp changed) {
  return llvm::filter_to_vector(
      mainOf(changed).front().getOps<xf::Gather>(),
      [](xf::Gather op) { return op->hasAttr(kSchemeAttr); });
}

/// The product whose weight a table is; null if there is none.
static std::optional<size_t> findTied(xf::Gather table,
                                      ArrayRef<xf::Linear> products) {
  const auto *found = llvm::find_if(products, [&](xf::Linear product) {
    return product.getWeight() == table.getX();
  });
  return found == products.end()
             ? std::nullopt
             : std::optional<size_t>(found - products.begin());
}

/// The changed gather, behind the original.
xf::Gather Mixer::copyTable(xf::Gather changed) {
  xf::Gather original = getOriginal(changed);
  OpBuilder builder(original->getNextNode());
  IRMapping copies;
  Value table = materialize(changed.getX(), copies, builder);
  auto other = cast<xf::Gather>(builder.clone(*original));
  other.getXMutable().assign(table);
  other->removeAttr(kNumber);
  return other;
}

void Mixer::replaceTable(xf::Gather changed) {
  getOriginal(changed).getY().replaceAllUsesWith(copyTable(changed).getY());
}

void Mixer::chooseTables(ModuleOp changed) {
  SmallVector<xf::Gather> tables = getChangedTables(changed);
  Value choice = tables.empty() ? Value() : addChoice("tables");
  hasTables = choice != nullptr;
  for (xf::Gather table : tables) {
    xf::Gather original = getOriginal(table), other = copyTable(table);
    OpBuilder builder(other->getNextNode());
    auto select =
        xf::Select::create(builder, original.getLoc(), original.getType(),
                           choice, other.getY(), original.getY());
    original.getY().replaceAllUsesExcept(select.getY(), select);
  }
}

//===-- The whole ---------------------------------------------------------===//

SmallVector<std::string> Mixer::finish() {
  for (auto [product, choice] : llvm::zip_equal(products, chosen))
    if (choice != product.getY())
      product.getY().replaceUsesWithIf(choice, [&](OpOperand &use) {
        return !readers.contains(use.getOwner());
      });
  SmallVector<Value> values;
  SmallVector<std::string> names, outputs;
  for (auto [i, value] :
       llvm::enumerate(main.front().getTerminator()->getOperands()))
    if (isFloat(value)) {
      auto name = main.getResultAttrOfType<StringAttr>(i, "onnx.name");
      outputs.push_back(name ? name.str() : std::to_string(i));
      values.push_back(value);
    }
  names = outputs;
  for (auto [i, error] : llvm::enumerate(errors)) {
    names.push_back(("error." + Twine(i)).str());
    values.push_back(error);
  }
  returnInstead(main, values, names);
  eraseNumbers(*module);
  return outputs;
}

OwningOpRef<ModuleOp> hagane::driver::mix(ModuleOp fused,
                                          ArrayRef<ModuleOp> ways,
                                          ArrayRef<int> choices,
                                          bool changesTables) {
  Mixer mixer(fused);
  for (auto [i, choice] : llvm::enumerate(choices))
    if (choice != kAsItWas)
      mixer.replace(i, getWeightedProducts(mainOf(ways[choice]))[i]);
  SmallVector<xf::Linear> first = getWeightedProducts(mainOf(ways.front()));
  SmallVector<xf::Gather> tables = getChangedTables(ways.front());
  for (auto [i, table] : llvm::enumerate(tables)) {
    std::optional<size_t> product = findTied(table, first);
    int way = product ? choices[*product] : 0;
    if (changesTables && way != kAsItWas)
      mixer.replaceTable(getChangedTables(ways[way])[i]);
  }
  eraseNumbers(*mixer.module);
  return std::move(mixer.module);
}

FailureOr<MixedModel> MixedModel::make(ModuleOp fused, ArrayRef<ModuleOp> ways,
                                       bool changesTables,
                                       const cpu::Target &target,
                                       const PhaseOptions &options) {
  Mixer mixer(fused);
  for (auto [i, way] : llvm::enumerate(ways))
    if (failed(mixer.add(static_cast<int>(i), way)))
      return failure();
  if (changesTables)
    mixer.chooseTables(ways.front());
  MixedModel mixed;
  mixed.outputs = mixer.finish();
  mixed.ways = std::move(mixer.ways);
  mixed.hasTables = mixer.hasTables;
  mixed.productCount = mixer.products.size();
  mixed.module = std::move(mixer.module);
  PassManager pm(fused.getContext());
  buildPhase(pm, Phase::Kernels, target, options);
  if (failed(pm.run(*mixed.module)))
    return failure();
  FailureOr<Executable> executable = Executable::compile(*mixed.module, target);
  if (failed(executable))
    return failure();
  mixed.executable = std::move(*executable);
  return mixed;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

FailureOr<MixedRun> MixedModel::run(const Sample &sample, ArrayRef<int> choices,
                                    bool readsCodes) const {
  SmallVector<HostTensor> arguments = sample.arguments;
  auto flag = IntegerType::get(module.get()->getContext(), 1);
  for (const WayOfProduct &way : ways)
    arguments.push_back(
        HostTensor::scalar(flag, choices[way.product] == way.way));
  if (hasTables)
    arguments.push_back(HostTensor::scalar(flag, readsCodes));
  auto results = executable->run(arguments);
  if (failed(results))
    return failure();
  MixedRun run;
  run.outputs.assign(results->begin(), results->begin() + outputs.size());
  for (size_t i = outputs.size(); i < results->size(); i += 2)
    run.errors.push_back(
        {(*results)[i].getReal(0), (*results)[i + 1].getReal(0)});
  return run;
}
