#include "tools/driver/Execute.h"

#include "codegen/cpu/EmitObject.h"
#include "codegen/module/ModuleWriter.h"
#include "dialects/xf/Dim.h"
#include "hagane/runtime.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tools/driver/Phases.h"
#include "tools/hagane-eval/Arrays.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::eval::HostTensor;

/// The runtime's name of an element type.
static std::string runtimeName(Type type) {
  if (type.isIndex())
    return "i64";
  if (type.isInteger(1))
    return "bool";
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return StringRef(text).lower();
}

static std::optional<hgn_dtype> findType(StringRef name) {
  for (hgn_dtype dtype = HGN_F32; dtype <= HGN_F6E3M2FN; ++dtype)
    if (name == hgn_dtype_name(dtype))
      return dtype;
  return std::nullopt;
}

static std::string argumentName(func::FuncOp main, unsigned i) {
  auto name = main.getArgAttrOfType<StringAttr>(i, "onnx.name");
  return name ? name.str() : ("arg" + Twine(i)).str();
}

/// Sizes of an argument for the values the user gave to symbols.
static FailureOr<std::vector<int64_t>> sizesOf(func::FuncOp main, unsigned i,
                                               const BisectOptions &options) {
  std::vector<int64_t> sizes;
  auto dims = main.getArgAttrOfType<ArrayAttr>(i, "xf.dims");
  if (!dims)
    return main.emitError("input '") << argumentName(main, i)
                                     << "' has sizes that are not known: give "
                                        "the inputs in a file (--inputs)";
  for (auto dim : dims.getAsRange<xf::DimAttr>()) {
    std::string missing;
    std::optional<int64_t> size =
        xf::Dim(dim).evaluate([&](StringRef symbol) -> std::optional<int64_t> {
          for (const auto &[name, value] : options.values)
            if (symbol == name)
              return value;
          missing = symbol.str();
          return std::nullopt;
        });
    if (!missing.empty())
      return main.emitError("symbolic dim '")
             << missing << "' needs a value: --dim " << missing << "=N";
    if (!size || *size < 0)
      return main.emitError("input '")
             << argumentName(main, i) << "' has size " << xf::Dim(dim).str()
             << ", which these values of --dim make impossible";
    sizes.push_back(*size);
  }
  return sizes;
}

FailureOr<SmallVector<HostTensor>>
hagane::driver::makeArguments(ModuleOp module, const BisectOptions &options) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  std::map<std::string, std::string> types;
  for (auto [i, type] : llvm::enumerate(main.getArgumentTypes()))
    types[argumentName(main, i)] = runtimeName(getElementTypeOrSelf(type));
  auto arrays = std::make_shared<tool::Arrays>();
  if (!options.inputs.empty()) {
    std::string message = tool::readArrays(options.inputs, types, *arrays);
    if (!message.empty())
      return main.emitError(message);
  }
  SmallVector<HostTensor> arguments;
  for (auto [i, type] : llvm::enumerate(main.getArgumentTypes())) {
    std::string name = argumentName(main, i);
    if (options.inputs.empty()) {
      FailureOr<std::vector<int64_t>> sizes = sizesOf(main, i, options);
      if (failed(sizes))
        return failure();
      std::string message =
          tool::randomArray(name, types[name], *sizes, (*arrays)[name]);
      if (!message.empty())
        return main.emitError("input '") << name << "': " << message;
    }
    auto found = arrays->find(name);
    if (found == arrays->end())
      return main.emitError("'")
             << options.inputs << "' lacks input '" << name << "'";
    const tool::Array &array = found->second;
    if (array.type != types[name])
      return main.emitError("input '")
             << name << "' is " << array.type << ", expected " << types[name];
    llvm::Expected<HostTensor> tensor = HostTensor::borrow(
        getElementTypeOrSelf(type), array.dims,
        {reinterpret_cast<const char *>(array.data.data()), array.data.size()},
        arrays);
    if (!tensor)
      return main.emitError("input '")
             << name << "': " << llvm::toString(tensor.takeError());
    arguments.push_back(*tensor);
  }
  for (const auto &[name, array] : *arrays)
    if (!types.count(name))
      return main.emitError("'") << options.inputs << "' has array '" << name
                                 << "', which is not an input of the model";
  return arguments;
}

static LogicalResult limitIntegers(MutableArrayRef<HostTensor> arguments,
                                   ModuleOp module) {
  for (HostTensor &argument : arguments) {
    Type element = argument.getElementType();
    if (!element.isInteger(64) && !element.isInteger(32))
      continue;
    llvm::Expected<HostTensor> limited =
        HostTensor::create(element, argument.getShape());
    if (!limited)
      return module.emitError(llvm::toString(limited.takeError()));
    for (int64_t i = 0; i < argument.getCount(); ++i)
      limited->setInteger(i, argument.getInteger(i) & 1);
    argument = std::move(*limited);
  }
  return success();
}

FailureOr<SmallVector<HostTensor>>
hagane::driver::makeArgumentsAt(ModuleOp module,
                                const std::map<std::string, int64_t> &sizes,
                                const std::string &inputs) {
  BisectOptions options;
  options.inputs = inputs;
  options.values.assign(sizes.begin(), sizes.end());
  FailureOr<SmallVector<HostTensor>> arguments = makeArguments(module, options);
  if (succeeded(arguments) && inputs.empty() &&
      failed(limitIntegers(*arguments, module)))
    return failure();
  return arguments;
}

static LogicalResult runPhase(ModuleOp module, Phase phase,
                              const cpu::Target &target) {
  PassManager pm(module.getContext());
  buildPhase(pm, phase, target);
  return pm.run(module);
}

static LogicalResult writeTo(StringRef path, ModuleOp module,
                             const cpu::Target &target) {
  for (Phase phase : {Phase::Bufferize, Phase::Outline, Phase::Lower})
    if (failed(runPhase(module, phase, target)))
      return failure();
  OwningOpRef<ModuleOp> parts = cpu::splitModule(module);
  if (failed(runPhase(*parts, Phase::Llvm, target)))
    return failure();
  FailureOr<SmallVector<std::string>> objects =
      cpu::emitCode(*parts, target, cpu::CodeKind::Object);
  if (failed(objects))
    return failure();
  llvm::Expected<codegen::CodeVariant> variant =
      linkVariant(target, *objects, module);
  if (!variant)
    return module.emitError(llvm::toString(variant.takeError()));
  return codegen::writeModule({*variant}, codegen::Provenance(), path);
}

static LogicalResult check(ModuleOp module, hgn_status status) {
  if (!status)
    return success();
  std::string message = hgn_status_message(status);
  hgn_status_release(status);
  return module.emitError(message);
}

static SmallVector<Type> elementsOf(ModuleOp module) {
  SmallVector<Type> elements;
  for (Type type : module.lookupSymbol<func::FuncOp>("main").getResultTypes())
    elements.push_back(getElementTypeOrSelf(type));
  return elements;
}

FailureOr<Executable> Executable::open(StringRef path, ModuleOp module) {
  return open(path, module, elementsOf(module));
}

FailureOr<Executable> Executable::open(StringRef path, ModuleOp module,
                                       SmallVector<Type> elements) {
  Executable executable(module);
  executable.elements = std::move(elements);
  hgn_module *opened = nullptr;
  if (failed(
          check(module, hgn_module_open(path.str().c_str(), nullptr, &opened))))
    return failure();
  executable.file = {opened, hgn_module_release};
  return executable;
}

FailureOr<Executable> Executable::compile(ModuleOp module,
                                          const cpu::Target &target) {
  // Lowering leaves nothing of the results.
  SmallVector<Type> elements = elementsOf(module);
  SmallString<128> path;
  if (std::error_code code =
          llvm::sys::fs::createTemporaryFile("hagane-bisect", "hgn", path))
    return module.emitError("cannot make a temporary file: ") << code.message();
  llvm::scope_exit remove([&] { (void)llvm::sys::fs::remove(path); });
  if (failed(writeTo(path, module, target)))
    return failure();
  return open(path, module, std::move(elements));
}

FailureOr<SmallVector<HostTensor>>
Executable::run(ArrayRef<HostTensor> arguments) const {
  ModuleOp place = module;
  hgn_session *session = nullptr;
  if (failed(check(place, hgn_session_create(file.get(), nullptr, &session))))
    return failure();
  llvm::scope_exit release([&] { hgn_session_release(session); });
  SmallVector<hgn_tensor> inputs, outputs(elements.size());
  for (const HostTensor &tensor : arguments) {
    std::optional<hgn_dtype> dtype =
        findType(runtimeName(tensor.getElementType()));
    if (!dtype)
      return place.emitError("the runtime has no type ")
             << tensor.getElementType();
    inputs.push_back({const_cast<char *>(tensor.data()),
                      static_cast<uint64_t>(tensor.getByteCount()), *dtype,
                      static_cast<int32_t>(tensor.getRank()),
                      tensor.getShape().data()});
  }
  if (failed(check(place, hgn_session_run(session, inputs.data(), inputs.size(),
                                          outputs.data(), outputs.size()))))
    return failure();
  SmallVector<HostTensor> results;
  for (auto [output, element] : llvm::zip_equal(outputs, elements)) {
    llvm::Expected<HostTensor> tensor = HostTensor::create(
        element, ArrayRef(output.dims, static_cast<size_t>(output.rank)));
    if (!tensor)
      return place.emitError(llvm::toString(tensor.takeError()));
    if (tensor->getByteCount())
      std::memcpy(tensor->data(), output.data, tensor->getByteCount());
    results.push_back(std::move(*tensor));
  }
  return results;
}

FailureOr<SmallVector<HostTensor>>
hagane::driver::compileAndRun(ModuleOp module, const cpu::Target &target,
                              ArrayRef<HostTensor> arguments) {
  FailureOr<Executable> executable = Executable::compile(module, target);
  if (failed(executable))
    return failure();
  return executable->run(arguments);
}

LogicalResult hagane::driver::writeTensors(ModuleOp module,
                                           const std::string &path,
                                           ArrayRef<std::string> names,
                                           ArrayRef<HostTensor> tensors) {
  tool::Arrays arrays;
  for (auto [name, tensor] : llvm::zip_equal(names, tensors)) {
    auto *bytes = reinterpret_cast<const std::byte *>(tensor.data());
    arrays[name] = {runtimeName(tensor.getElementType()),
                    tensor.getShape().vec(),
                    {bytes, bytes + tensor.getByteCount()}};
  }
  std::string message = tool::writeArrays(path, arrays);
  if (!message.empty())
    return module.emitError("cannot write '") << path << "': " << message;
  return success();
}
