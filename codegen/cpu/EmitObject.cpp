//===- EmitObject.cpp - Object code from host-lowered modules -------------===//

#include "codegen/cpu/EmitObject.h"
#include "codegen/module/ModuleRecord.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Conversion/VectorToSCF/VectorToSCF.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/Threading.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::cpu;

//===-- Parts -------------------------------------------------------------===//

static bool isHostEntry(StringRef name) {
  return name == record::kPlan || name == record::kRun;
}
static bool isExported(StringRef name) {
  return isHostEntry(name) || name.ends_with(record::kEntrySuffix);
}

/// Copies `function` and what it refers to into `part`; other parts' entries
/// are only declared.
static void copyInto(ModuleOp part, func::FuncOp function,
                     SymbolTable &symbols) {
  if (part.lookupSymbol(function.getName()))
    return;
  OpBuilder b = OpBuilder::atBlockEnd(part.getBody());
  b.clone(*function);
  std::optional<SymbolTable::UseRange> uses =
      SymbolTable::getSymbolUses(function);
  for (SymbolTable::SymbolUse use : *uses) {
    StringAttr name = use.getSymbolRef().getRootReference();
    Operation *used = symbols.lookup(name);
    if (!used || part.lookupSymbol(name))
      continue;
    auto callee = dyn_cast<func::FuncOp>(used);
    if (!callee)
      b.clone(*used);
    else if (!isExported(name))
      copyInto(part, callee, symbols);
    else
      func::FuncOp::create(b, callee.getLoc(), callee.getName(),
                           callee.getFunctionType())
          .setPrivate();
  }
}

OwningOpRef<ModuleOp> hagane::cpu::splitModule(ModuleOp module) {
  OwningOpRef<ModuleOp> parts = ModuleOp::create(module.getLoc());
  SymbolTable symbols(module);
  OpBuilder b = OpBuilder::atBlockEnd(parts->getBody());
  auto addPart = [&](StringRef name) {
    return ModuleOp::create(b, module.getLoc(), name);
  };
  ModuleOp host = addPart("host");
  for (auto function : module.getOps<func::FuncOp>()) {
    if (isHostEntry(function.getName()))
      copyInto(host, function, symbols);
    else if (isExported(function.getName()))
      copyInto(addPart(function.getName()), function, symbols);
  }
  return parts;
}

void hagane::cpu::buildLlvmPipeline(OpPassManager &pm) {
  OpPassManager &part = pm.nest<ModuleOp>();
  part.addPass(createLowerAffinePass());
  part.addNestedPass<func::FuncOp>(createConvertVectorToSCFPass());
  part.addPass(memref::createExpandStridedMetadataPass());
  part.addPass(createLowerAffinePass());
  part.addPass(createCanonicalizerPass());
  part.addPass(createCSEPass());
  part.addPass(createSCFToControlFlowPass());
  part.addPass(arith::createArithExpandOpsPass());
  part.addPass(createConvertVectorToLLVMPass());
  part.addPass(createConvertMathToLLVMPass());
  part.addPass(createConvertIndexToLLVMPass());
  part.addPass(createArithToLLVMConversionPass());
  part.addPass(createFinalizeMemRefToLLVMConversionPass());
  part.addPass(createConvertFuncToLLVMPass());
  part.addPass(createConvertControlFlowToLLVMPass());
  part.addPass(createUBToLLVMConversionPass());
  part.addPass(createReconcileUnrealizedCastsPass());
}

//===-- Code --------------------------------------------------------------===//

namespace {

/// Compiles one part. Errors are text, as parts run on several threads.
class PartCompiler {
public:
  PartCompiler(ModuleOp part, const Target &target, CodeKind kind)
      : part(part), target(target), kind(kind) {}
  llvm::Expected<std::string> compile();

private:
  llvm::Error setUpModule();
  void setAttributes(llvm::Function &function);
  void optimize();
  llvm::Expected<std::string> print();
  llvm::Error checkCalls(StringRef object);

  ModuleOp part;
  const Target &target;
  CodeKind kind;
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code;
  std::unique_ptr<llvm::TargetMachine> machine;
};

} // namespace

/// Nothing may unwind or be recognised as a library call, and only entries are
/// seen from other parts.
void PartCompiler::setAttributes(llvm::Function &function) {
  if (function.isIntrinsic())
    return;
  function.setDSOLocal(true);
  if (!isHostEntry(function.getName()))
    function.setVisibility(llvm::GlobalValue::HiddenVisibility);
  if (function.isDeclaration())
    return;
  if (!isExported(function.getName())) {
    function.setVisibility(llvm::GlobalValue::DefaultVisibility);
    function.setLinkage(llvm::GlobalValue::InternalLinkage);
  }
  function.addFnAttr(llvm::Attribute::NoUnwind);
  function.addFnAttr("no-builtins");
  function.addFnAttr("target-cpu", target.level->cpu);
  if (!target.level->features.empty())
    function.addFnAttr("target-features", target.level->features);
  if (!target.tuneCpu.empty())
    function.addFnAttr("tune-cpu", target.tuneCpu);
  // What makes vectors of fixed length registers, where those are scalable.
  constexpr unsigned kBlock = 128;
  if (unsigned blocks = target.level->vectorBits / kBlock;
      machine->getTargetTriple().isAArch64() && blocks > 1)
    function.addFnAttr(llvm::Attribute::getWithVScaleRangeArgs(
        context, blocks, /*MaxValue=*/16));
  function.addFnAttr("prefer-vector-width",
                     std::to_string(target.level->vectorBits));
}

llvm::Error PartCompiler::setUpModule() {
  code =
      translateModuleToLLVMIR(part, context, part.getName().value_or("part"));
  if (!code)
    return llvm::createStringError(
        "'%s' has operations that LLVM IR cannot express",
        part.getName().value_or("part").str().c_str());
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> made =
      createTargetMachine(target);
  if (!made)
    return made.takeError();
  machine = std::move(*made);
  code->setTargetTriple(machine->getTargetTriple());
  code->setDataLayout(machine->createDataLayout());
  code->setPICLevel(llvm::PICLevel::BigPIC);
  for (llvm::Function &function : *code)
    setAttributes(function);
  return llvm::Error::success();
}

void PartCompiler::optimize() {
  llvm::PipelineTuningOptions tuning;
  tuning.SLPVectorization = false; // Kernels are vectors already.
  llvm::PassBuilder builder(machine.get(), tuning);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager sccs;
  llvm::ModuleAnalysisManager modules;
  llvm::TargetLibraryInfoImpl library(machine->getTargetTriple());
  library.disableAllFunctions();
  functions.registerPass([&] { return llvm::TargetLibraryAnalysis(library); });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3)
      .run(*code, modules);
}

llvm::Expected<std::string> PartCompiler::print() {
  if (kind == CodeKind::LlvmIr) {
    std::string text;
    llvm::raw_string_ostream(text) << *code;
    return text;
  }
  llvm::SmallString<0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager emission;
  auto type = kind == CodeKind::Object ? llvm::CodeGenFileType::ObjectFile
                                       : llvm::CodeGenFileType::AssemblyFile;
  if (machine->addPassesToEmitFile(emission, stream, nullptr, type))
    return llvm::createStringError(
        "the code generator for '%s' cannot write this kind of file",
        target.level->architecture->triple.data());
  emission.run(*code);
  return bytes.str().str();
}

/// Undefined symbols must be other parts' entries.
llvm::Error PartCompiler::checkCalls(StringRef bytes) {
  auto object = llvm::object::ObjectFile::createObjectFile(
      llvm::MemoryBufferRef(bytes, "part"));
  if (!object)
    return object.takeError();
  for (const llvm::object::SymbolRef &symbol : (*object)->symbols()) {
    llvm::Expected<uint32_t> flags = symbol.getFlags();
    llvm::Expected<StringRef> name = symbol.getName();
    if (!flags)
      return flags.takeError();
    if (!name)
      return name.takeError();
    bool isUndefined = *flags & llvm::object::SymbolRef::SF_Undefined;
    if (isUndefined && !name->empty() &&
        !name->ends_with(record::kEntrySuffix) &&
        *name != "_GLOBAL_OFFSET_TABLE_")
      return llvm::createStringError(
          "'%s' needs the function '%s', but compiled code may call nothing "
          "outside the module",
          part.getName().value_or("part").str().c_str(), name->str().c_str());
  }
  return llvm::Error::success();
}

llvm::Expected<std::string> PartCompiler::compile() {
  if (llvm::Error error = setUpModule())
    return error;
  optimize();
  llvm::Expected<std::string> bytes = print();
  if (bytes && kind == CodeKind::Object)
    if (llvm::Error error = checkCalls(*bytes))
      return error;
  return bytes;
}

FailureOr<SmallVector<std::string>>
hagane::cpu::emitCode(ModuleOp parts, const Target &target, CodeKind kind) {
  MLIRContext *context = parts.getContext();
  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  context->appendDialectRegistry(registry);
  auto modules = llvm::to_vector(parts.getOps<ModuleOp>());
  SmallVector<std::string> files(modules.size()), errors(modules.size());
  parallelFor(context, 0, modules.size(), [&](size_t i) {
    llvm::Expected<std::string> bytes =
        PartCompiler(modules[i], target, kind).compile();
    if (bytes)
      files[i] = std::move(*bytes);
    else
      errors[i] = llvm::toString(bytes.takeError());
  });
  for (auto [part, error] : llvm::zip_equal(modules, errors))
    if (!error.empty())
      return part.emitError(error);
  return files;
}
