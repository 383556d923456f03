//===- AssignWeights.cpp - Places in the weight segment -------------------===//

#include "codegen/cpu/Passes.h"
#include "codegen/cpu/WeightPlaces.h"
#include "runtime/include/hagane/abi.h"
#include "llvm/Support/MathExtras.h"

namespace hagane::cpu {
#define GEN_PASS_DEF_ASSIGNWEIGHTSPASS
#include "codegen/cpu/Passes.h.inc"
} // namespace hagane::cpu

using namespace mlir;
using namespace hagane;
using namespace hagane::cpu;

/// Two expressions are the same exactly when their keys are: the operations'
/// names, attributes, types and which earlier value each operand is.
using ExpressionKey = std::vector<const void *>;

static ExpressionKey keyOf(kernel::Global global) {
  ExpressionKey key = {global.getType().getAsOpaquePointer()};
  llvm::DenseMap<Value, uintptr_t> numbers;
  global.getInit().walk([&](Operation *op) {
    key.push_back(op->getName().getAsOpaquePointer());
    key.push_back(op->getAttrDictionary().getAsOpaquePointer());
    for (Value operand : op->getOperands())
      key.push_back(reinterpret_cast<const void *>(numbers.lookup(operand)));
    for (Value result : op->getResults()) {
      numbers[result] = numbers.size() + 1;
      key.push_back(result.getType().getAsOpaquePointer());
    }
  });
  return key;
}

LogicalResult WeightPlaces::assign(ModuleOp module) {
  for (auto global : module.getOps<kernel::Global>()) {
    auto type = dyn_cast<ShapedType>(global.getType());
    if (!type || !type.hasStaticShape())
      return global.emitError("a constant must have a static shape, found ")
             << global.getType();
    int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8) *
                    type.getNumElements();
    // Nothing may lie behind the last byte of the segment.
    auto [it, isNew] = places.try_emplace(keyOf(global), bytes ? end : 0);
    global.setOffset(it->second);
    if (isNew)
      end = llvm::alignTo(end + bytes, HGN_ALIGNMENT);
  }
  return success();
}

namespace {
struct AssignWeightsPass
    : hagane::cpu::impl::AssignWeightsPassBase<AssignWeightsPass> {
  AssignWeightsPass() = default;
  explicit AssignWeightsPass(WeightPlaces *shared) : shared(shared) {}

  void runOnOperation() override {
    WeightPlaces own;
    if (failed((shared ? shared : &own)->assign(getOperation())))
      signalPassFailure();
  }

  WeightPlaces *shared = nullptr;
};
} // namespace

std::unique_ptr<Pass>
hagane::cpu::createAssignWeightsPass(WeightPlaces *places) {
  return std::make_unique<AssignWeightsPass>(places);
}
