// Runs a function of xf operations or kernels by the reference evaluators.
#include "dialects/kernel/eval/Evaluate.h"
#include "dialects/text/ReadText.h"
#include "mlir/IR/OwningOpRef.h"
#include "tools/hagane-eval/Arrays.h"
#include "tools/lib/Register.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
using namespace hagane::xf::eval;
namespace cl = llvm::cl;

static cl::opt<std::string> inputFile(cl::Positional, cl::desc("IN.mlir"),
                                      cl::init("-"));
static cl::opt<std::string> inputs("inputs", cl::desc("arguments, an npz file"),
                                   cl::init(""));
static cl::opt<std::string> outputs("outputs", cl::desc("results, an npz file"),
                                    cl::Required);
static cl::opt<std::string>
    functionName("function", cl::desc("function to run"), cl::init("main"));

/// The runtime's name of an element type, as which npz files hold it.
static std::string storedType(Type type) {
  if (type.isIndex())
    return "i64";
  if (type.isInteger(1))
    return "bool";
  if (auto integer = dyn_cast<IntegerType>(type);
      integer && integer.getWidth() < 8)
    return integer.isUnsigned() ? "ui8" : "i8";
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return StringRef(text).lower();
}

static std::string nameOf(DictionaryAttr attributes, StringRef otherwise,
                          unsigned index) {
  if (attributes)
    if (auto name = attributes.getAs<StringAttr>("onnx.name"))
      return name.str();
  return (otherwise + Twine(index)).str();
}

static LogicalResult readArguments(func::FuncOp function,
                                   SmallVectorImpl<HostTensor> &arguments) {
  std::map<std::string, std::string> types;
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    types[nameOf(function.getArgAttrDict(i), "arg", i)] =
        storedType(getElementTypeOrSelf(function.getArgumentTypes()[i]));
  auto arrays = std::make_shared<hagane::tool::Arrays>();
  if (!inputs.empty()) {
    std::string message = hagane::tool::readArrays(inputs, types, *arrays);
    if (!message.empty())
      return function.emitError(message);
  }
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    std::string name = nameOf(function.getArgAttrDict(i), "arg", i);
    auto it = arrays->find(name);
    if (it == arrays->end())
      return function.emitError("the inputs lack array '") << name << "'";
    hagane::tool::Array &array = it->second;
    if (array.type != types[name])
      return function.emitError("input '")
             << name << "' is " << array.type << ", expected " << types[name];
    ArrayRef<char> bytes(reinterpret_cast<const char *>(array.data.data()),
                         array.data.size());
    llvm::Expected<HostTensor> tensor =
        HostTensor::borrow(getElementTypeOrSelf(function.getArgumentTypes()[i]),
                           array.dims, bytes, arrays);
    if (!tensor)
      return function.emitError("input '")
             << name << "': " << llvm::toString(tensor.takeError());
    arguments.push_back(*tensor);
  }
  return success();
}

static LogicalResult writeResults(func::FuncOp function,
                                  ArrayRef<HostTensor> results) {
  hagane::tool::Arrays arrays;
  for (auto [i, result] : llvm::enumerate(results)) {
    const auto *data = reinterpret_cast<const std::byte *>(result.data());
    hagane::tool::Array &array =
        arrays[nameOf(function.getResultAttrDict(i), "result", i)];
    array.type = storedType(result.getElementType());
    array.dims.assign(result.getShape().begin(), result.getShape().end());
    array.data.assign(data, data + result.getByteCount());
  }
  std::string message = hagane::tool::writeArrays(outputs, arrays);
  return message.empty() ? success() : function.emitError(message);
}

static LogicalResult run(MLIRContext &context) {
  // Shows the lines that diagnostics point to.
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  OwningOpRef<ModuleOp> module = hagane::readModule(&context, inputFile);
  if (!module)
    return failure();
  auto function = module->lookupSymbol<func::FuncOp>(functionName);
  if (!function)
    return module->emitError("found no function '") << functionName << "'";
  SmallVector<HostTensor> arguments;
  if (failed(readArguments(function, arguments)))
    return failure();
  FailureOr<SmallVector<HostTensor>> results =
      hagane::kernel::eval::interpret(function, arguments);
  return succeeded(results) ? writeResults(function, *results) : failure();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::ParseCommandLineOptions(argc, argv, "Hagane's reference evaluator\n");
  DialectRegistry registry;
  hagane::registerDialects(registry);
  MLIRContext context(registry);
  return failed(run(context));
}
