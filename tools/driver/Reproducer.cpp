#include "tools/driver/Reproducer.h"

#include "codegen/module/OutputFile.h"
#include "dialects/xf/XfOps.h"
#include "dialects/xf/eval/Interpreter.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "passes/shapes/ShapeAnalysis.h"
#include "tools/driver/Execute.h"
#include "tools/driver/SymbolFacts.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::Dim;
using xf::eval::HostTensor;

namespace {

class Cutting {
public:
  Cutting(const Program &program, ArrayRef<Value> parts,
          ArrayRef<HostTensor> arguments)
      : program(program), parts(parts), arguments(arguments),
        shapes(*program.module) {}

  FailureOr<Reproducer> run();

private:
  void findBoundary();
  void visitOperand(Value value);
  bool isConstant(Value value);
  ArrayAttr dimsOf(Value value, const HostTensor &tensor);
  void addArguments(func::FuncOp main);
  void setResult(func::FuncOp main);
  LogicalResult specialize(func::FuncOp main);

  const Program &program;
  ArrayRef<Value> parts;
  ArrayRef<HostTensor> arguments;
  ShapeAnalysis shapes;
  IRMapping toCopy;
  DenseMap<Value, bool> constants;
  llvm::SetVector<Value> boundary;
  Reproducer reproducer;
};

} // namespace

/// Whether a value depends on nothing but constants.
bool Cutting::isConstant(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || op->getNumRegions() || !isPure(op))
    return false;
  auto [it, isNew] = constants.try_emplace(value, false);
  if (!isNew)
    return it->second;
  bool result =
      op->hasTrait<OpTrait::ConstantLike>() ||
      (op->getNumOperands() > 0 &&
       llvm::all_of(op->getOperands(), [&](Value v) { return isConstant(v); }));
  return constants[value] = result;
}

void Cutting::visitOperand(Value value) {
  bool hasData =
      isa<BlockArgument>(value) || program.references.contains(value);
  if (hasData && isa<RankedTensorType>(value.getType()) &&
      !llvm::is_contained(parts, value) && !isConstant(value))
    boundary.insert(value);
}

void Cutting::findBoundary() {
  for (Value part : parts) {
    Operation *op = part.getDefiningOp();
    llvm::for_each(op->getOperands(), [&](Value v) { visitOperand(v); });
    llvm::SetVector<Value> captured;
    getUsedValuesDefinedAbove(op->getRegions(), captured);
    llvm::for_each(captured, [&](Value v) { visitOperand(v); });
  }
}

/// Symbolic sizes where the analysis knows them, numbers elsewhere.
ArrayAttr Cutting::dimsOf(Value value, const HostTensor &tensor) {
  MLIRContext *context = value.getContext();
  SmallVector<Dim> dims(shapes.getDims(value));
  dims.resize(tensor.getRank());
  for (auto [dim, size] : llvm::zip_equal(dims, tensor.getShape()))
    if (!dim || !shapes.isResolved(dim))
      dim = Dim::constant(context, size);
  return getDimsAttr(context, dims);
}

void Cutting::addArguments(func::FuncOp main) {
  Builder builder(main.getContext());
  for (auto [i, value] : llvm::enumerate(boundary)) {
    auto argument = dyn_cast<BlockArgument>(value);
    const HostTensor &tensor = argument
                                   ? arguments[argument.getArgNumber()]
                                   : program.references.find(value)->second;
    reproducer.arguments.push_back(tensor);
    NamedAttribute attributes[] = {
        builder.getNamedAttr("onnx.name",
                             builder.getStringAttr("in" + Twine(i))),
        builder.getNamedAttr("xf.dims", dimsOf(value, tensor))};
    unsigned number = main.getNumArguments();
    (void)main.insertArgument(number, value.getType(),
                              builder.getDictionaryAttr(attributes),
                              value.getLoc());
    Value made = main.getArgument(number);
    Value old = toCopy.lookup(value);
    old.replaceUsesWithIf(made, [&](OpOperand &use) {
      return use.getOwner()->getBlock() != &main.front() ||
             llvm::any_of(parts, [&](Value part) {
               return toCopy.lookup(part).getDefiningOp() == use.getOwner();
             });
    });
  }
}

void Cutting::setResult(func::FuncOp main) {
  Builder builder(main.getContext());
  Value result = parts.back();
  reproducer.expected = program.references.find(result)->second;
  Operation *ret = main.front().getTerminator();
  ret->setOperands(toCopy.lookup(result));
  main.setType(
      builder.getFunctionType(main.getArgumentTypes(), result.getType()));
  NamedAttribute attributes[] = {
      builder.getNamedAttr("onnx.name", builder.getStringAttr("out")),
      builder.getNamedAttr("xf.dims", dimsOf(result, reproducer.expected))};
  main.setAllResultAttrs(ArrayRef(builder.getDictionaryAttr(attributes)));
  // What is left without users goes, from the last to the first.
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(main.front())))
    if (&op != ret && op.use_empty() && !op.hasTrait<OpTrait::IsTerminator>())
      op.erase();
  llvm::BitVector unused(main.getNumArguments());
  for (BlockArgument argument : main.getArguments())
    if (argument.use_empty())
      unused.set(argument.getArgNumber());
  (void)main.eraseArguments(unused);
}

/// Symbols that stand alone as a size of an argument stay; others become what
/// they were in this run.
LogicalResult Cutting::specialize(func::FuncOp main) {
  FailureOr<llvm::StringMap<int64_t>> values =
      bindSymbols(program.main(), arguments);
  if (failed(values))
    return failure();
  llvm::StringSet<> told;
  for (unsigned i = 0; i < main.getNumArguments(); ++i)
    for (Dim dim : getDimsFrom(main.getArgAttr(i, "xf.dims")))
      if (auto symbol = dim.getSymbol())
        told.insert(*symbol);
  CompileOptions options;
  for (auto symbol : reproducer.module->getOps<xf::Symbol>()) {
    auto value = values->find(symbol.getSymName());
    if (!told.contains(symbol.getSymName()) && value != values->end())
      options.specialize.emplace_back(symbol.getSymName().str(), value->second);
  }
  return applySymbolFacts(*reproducer.module, options);
}

FailureOr<Reproducer> Cutting::run() {
  findBoundary();
  reproducer.module = cast<ModuleOp>(program.module.get()->clone(toCopy));
  func::FuncOp main = Program::mainOf(*reproducer.module);
  addArguments(main);
  setResult(main);
  if (failed(specialize(main)))
    return failure();
  return std::move(reproducer);
}

FailureOr<Reproducer> hagane::driver::cutOut(const Program &program,
                                             ArrayRef<Value> parts,
                                             ArrayRef<HostTensor> arguments) {
  return Cutting(program, parts, arguments).run();
}

LogicalResult hagane::driver::write(const Reproducer &reproducer,
                                    const std::string &folder) {
  ModuleOp module = *reproducer.module;
  if (std::error_code code = llvm::sys::fs::create_directories(folder))
    return module.emitError("cannot make folder '")
           << folder << "': " << code.message();
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream, OpPrintingFlags().enableDebugInfo());
  stream << "\n";
  if (llvm::Error error = codegen::writeFile(folder + "/model.mlir", text))
    return module.emitError(llvm::toString(std::move(error)));
  std::vector<std::string> names;
  for (size_t i = 0; i < reproducer.arguments.size(); ++i)
    names.push_back("in" + std::to_string(i));
  if (failed(writeTensors(module, folder + "/inputs.npz", names,
                          reproducer.arguments)))
    return failure();
  return writeTensors(module, folder + "/expected.npz", {"out"},
                      reproducer.expected);
}
