//===- HostLowering.h - main to hgn_plan and hgn_run ------------*- C++ -*-===//
//
// Private to the host's lowering: what its parts share.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_CODEGEN_CPU_HOSTLOWERING_H
#define HAGANE_CODEGEN_CPU_HOSTLOWERING_H

#include "codegen/cpu/HostKernel.h"
#include "codegen/cpu/HostPlan.h"
#include "dialects/xf/XfDynamic.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/SetVector.h"

namespace hagane::cpu {

enum class Role { Input, Output, State, Arena };

/// What an argument of main stands for, and its place among its kind.
struct Argument {
  Role role = Role::Input;
  int64_t index = 0;
  mlir::MemRefType type;
  llvm::SmallVector<xf::Dim> dims;
};

/// Where the memory of a memref comes from: an argument, a buffer of the
/// arena (a view of the arena's argument) or of the heap, or a constant.
/// Different roots never overlap while both are in use. Null if control flow
/// picks the memory.
const void *getRoot(mlir::Value memref);

/// The check that fails where a size leaves int64.
constexpr int64_t kRangeCheck = 0;

class HostLowering {
public:
  /// For a device, launches have no function and main reads and writes memory
  /// through the runtime.
  explicit HostLowering(mlir::ModuleOp module, bool forDevice = false)
      : module(module), forDevice(forDevice), symbolTable(module),
        b(module.getLoc(), module.getContext()) {}
  llvm::LogicalResult run();

private:
  llvm::LogicalResult collectKernels();
  llvm::LogicalResult makeEntries();
  llvm::LogicalResult takeOverMain();
  llvm::LogicalResult lower(mlir::Operation *op);
  llvm::LogicalResult lowerLaunch(kernel::Launch op);
  mlir::Value taskOf(kernel::Launch op);
  llvm::SmallVector<mlir::NamedAttribute> recordLaunch(kernel::Launch op);
  void addReportWords(mlir::StringAttr message,
                      llvm::SmallVectorImpl<mlir::Value> &values);
  void makeReport();
  mlir::Value isFine();
  void noteFailure(mlir::Value condition, mlir::Value number, mlir::Value got,
                   mlir::Value want);
  llvm::LogicalResult lowerBind(xf::Bind op);
  void lowerMeasure(xf::Measure op);
  void lowerCondition(mlir::scf::ConditionOp op);
  void findGuards();
  mlir::Value addressOf(mlir::Value memref, mlir::ValueRange at);
  mlir::Value stagingPlace();
  void transfer(int64_t function, mlir::Value memory, mlir::Value host,
                int64_t bytes);
  mlir::Value loadElement(mlir::Value memref, mlir::ValueRange at);
  void lowerRead(mlir::memref::LoadOp op);
  void lowerWrite(mlir::memref::StoreOp op);
  void watchDevice();
  void storeSize(llvm::StringRef symbol, mlir::Value size);
  mlir::Value loopMemory(mlir::memref::AllocOp op, mlir::Value bytes);
  llvm::LogicalResult lowerAlloc(mlir::memref::AllocOp op);
  void lowerRequireEqual(xf::RequireEqual op);
  void finishBinds();
  mlir::Value makeLateOutput(const Argument &argument);
  mlir::Value lateMemory(int64_t function, mlir::ValueRange operands);
  void lowerReturn(mlir::func::ReturnOp op);
  mlir::Value apiFunction(int64_t offset);
  llvm::LogicalResult lowerBufferOffset(kernel::BufferOffset op);
  llvm::LogicalResult lowerGlobal(kernel::GetGlobal op);
  llvm::LogicalResult lowerCopy(mlir::memref::CopyOp op);
  llvm::LogicalResult lowerExpand(mlir::memref::ExpandShapeOp op);
  llvm::LogicalResult lowerCollapse(mlir::memref::CollapseShapeOp op);
  void replaceByDense(mlir::Operation *op, mlir::Value source,
                      mlir::ValueRange sizes);
  llvm::FailureOr<const Argument *> sharedWith(size_t i);
  llvm::LogicalResult recordSignature();
  void collectRequirements();
  llvm::LogicalResult recordCache();
  void recordSlotsAndChecks();
  mlir::LogicalResult recordBuffers();

  int64_t numberOf(const llvm::Twine &message);
  mlir::Value loadField(int64_t offset, mlir::Type type);
  mlir::Value loadSlot(xf::Dim dim);
  mlir::Value loadSlot(int64_t slot);
  mlir::Value pointerAt(mlir::Value base, mlir::Value byte);
  mlir::Value word(int64_t value) {
    return mlir::LLVM::ConstantOp::create(b, b.getI64Type(),
                                          b.getI64IntegerAttr(value));
  }
  mlir::Type pointerType() {
    return mlir::LLVM::LLVMPointerType::get(b.getContext());
  }
  mlir::DictionaryAttr named(llvm::StringRef name, mlir::Type element,
                             llvm::ArrayRef<xf::Dim> dims);

  mlir::ModuleOp module;
  bool forDevice;
  mlir::SymbolTable symbolTable;
  mlir::ImplicitLocOpBuilder b;
  mlir::func::FuncOp main, runFunction;
  llvm::SmallVector<Argument> arguments;
  HostPlan plan;
  llvm::MapVector<mlir::func::FuncOp, llvm::BitVector> unaliased;
  llvm::DenseMap<mlir::func::FuncOp, mlir::func::FuncOp> entries;
  llvm::SmallVector<mlir::Attribute> kernels;
  llvm::SetVector<llvm::StringRef> checks;
  mlir::Value exec, api, words;
  /// Where the first failure is noted: its check's number (0: none, -1: out of
  /// memory) and what the message shows. Null where nothing can fail. A
  /// device's kernels note theirs in its own memory.
  mlir::Value report;
  /// Where elements are on their way from or to a device; null if none are.
  mlir::Value staging;
  bool launchesReport = false;
  /// Whether the run computes sizes or asks for memory. Nothing is launched
  /// after a failure then: sizes and memory may be missing.
  bool isGuarded = false;
  llvm::StringMap<int64_t> symbols;
  /// Operations that give computed sizes their values, with those sizes.
  struct BoundSizes {
    mlir::Operation *op;
    llvm::SmallVector<llvm::StringRef> symbols;
  };
  llvm::SmallVector<BoundSizes> binds;
  int64_t wordCount = 1;
  llvm::SmallVector<mlir::Attribute> buffers;
};

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_HOSTLOWERING_H
