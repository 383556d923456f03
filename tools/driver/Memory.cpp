#include "tools/driver/Memory.h"

#include "dialects/kernel/KernelCost.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/xf/SymbolRanges.h"
#include "dialects/xf/XfDynamic.h"
#include "dialects/xf/XfOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::Dim;

static constexpr int64_t kUnbounded = std::numeric_limits<int64_t>::max();

/// Null if an operand is.
static Dim add(Dim a, Dim b) { return a && b ? a + b : Dim(); }
static Dim larger(Dim a, Dim b) { return a && b ? a.max(b) : Dim(); }

MemoryNeed hagane::driver::getMemoryNeed(ModuleOp module, bool forDevice) {
  MLIRContext *context = module.getContext();
  Dim zero = Dim::constant(context, 0);
  MemoryNeed need{0, zero, zero, zero};
  for (auto global : module.getOps<kernel::Global>()) {
    auto type = cast<ShapedType>(global.getType());
    need.weights +=
        type.getNumElements() * kernel::getElementBytes(type.getElementType());
  }
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main)
    return need;
  if (auto arena = main->getAttrOfType<xf::DimAttr>("kernel.arena_bytes"))
    need.arena = arena;
  main.walk([&](Operation *op) {
    if (auto kernel = dyn_cast<kernel::KernelOpInterface>(op)) {
      Dim bytes = kernel.getScratchBytes();
      if (forDevice && bytes)
        bytes = kernel.getItems() ? bytes * kernel.getItems() : Dim();
      need.scratch = larger(need.scratch, bytes);
    }
    if (auto bytes = op->getAttrOfType<xf::DimAttr>("kernel.heap_bytes"))
      // What a loop carries lives in two pieces.
      need.heap = add(need.heap,
                      Dim(bytes) * (op->hasAttr("kernel.alternates") ? 2 : 1));
  });
  return need;
}

static std::string toText(Dim dim) {
  return dim ? dim.str() : "without an expression";
}

codegen::MemoryFormulas MemoryNeed::getFormulas() const {
  return {toText(arena), toText(scratch), toText(heap)};
}

namespace {

/// What is known of the symbols that memory depends on.
class MemoryBound {
public:
  explicit MemoryBound(ModuleOp module)
      : context(module.getContext()), prover(xf::readSymbolRanges(module)) {
    for (auto size : module.getOps<xf::ComputedSize>())
      computed.insert(size.getSymName());
  }

  /// The most bytes, or kUnbounded.
  uint64_t get(const MemoryNeed &need, int64_t threads) {
    uint64_t scratch =
        llvm::SaturatingMultiply(bound(need.scratch), uint64_t(threads));
    uint64_t sum = llvm::SaturatingAdd(uint64_t(need.weights), scratch,
                                       bound(need.arena), bound(need.heap));
    return std::min(sum, uint64_t(kUnbounded));
  }

  /// Tells the bounds of the symbols that count, or which must be given.
  void explain(InFlightDiagnostic &message) const;

private:
  int64_t largest(StringRef symbol) const {
    return prover.getRange(Dim::symbol(context, symbol)).max;
  }

  uint64_t bound(Dim dim) {
    if (!dim)
      return kUnbounded;
    dim.forEachSymbol([&](StringRef name) { used.insert(name); });
    return prover.getRange(dim).max;
  }

  MLIRContext *context;
  xf::DimProver prover;
  llvm::StringSet<> computed;
  llvm::SetVector<StringRef> used;
};

} // namespace

void MemoryBound::explain(InFlightDiagnostic &message) const {
  for (StringRef name : used)
    if (int64_t most = largest(name); most != kUnbounded)
      message << "; " << name << " is at most " << most;
  for (StringRef name : used)
    if (largest(name) == kUnbounded)
      message << "; " << name
              << (computed.contains(name)
                      ? ", which only the run tells, has no bound"
                      : " needs a bound: --dim " + name.str() + "=LOW:HIGH");
}

LogicalResult hagane::driver::checkMemory(ModuleOp module, uint64_t limit,
                                          int64_t threads) {
  bool forDevice = threads == 0;
  MemoryNeed need = getMemoryNeed(module, forDevice);
  MemoryBound bound(module);
  uint64_t most = bound.get(need, forDevice ? 1 : threads);
  if (most <= limit)
    return success();
  InFlightDiagnostic message = module.emitError("running the model may take ");
  if (most == uint64_t(kUnbounded))
    message << "any amount of memory";
  else
    message << most << " bytes";
  codegen::MemoryFormulas formulas = need.getFormulas();
  message << ", expected at most " << limit << " by --max-memory: weights "
          << need.weights << " + arena (" << formulas.arena << ") + ";
  if (!forDevice)
    message << threads << " threads * ";
  message << "scratch (" << formulas.scratch << ")";
  if (!need.heap || !need.heap.isConstant(0))
    message << " + heap (" << formulas.heap << ")";
  bound.explain(message);
  return message;
}
