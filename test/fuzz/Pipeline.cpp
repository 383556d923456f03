#include "test/fuzz/Pipeline.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"
#include "tools/lib/Register.h"

using namespace mlir;
using hagane::driver::Phase;

/// MLIR is not instrumented: memory that it and we both handle must not be
/// marked by one side alone.
extern "C" const char *__asan_default_options() {
  return "allow_user_poisoning=0:detect_container_overflow=0:"
         "detect_odr_violation=0:detect_leaks=0:allocator_may_return_null=1";
}

MLIRContext &hagane::test::quietContext() {
  static MLIRContext *context = [] {
    DialectRegistry registry;
    registerDialects(registry);
    auto *made = new MLIRContext(registry, MLIRContext::Threading::DISABLED);
    made->loadAllAvailableDialects();
    made->getDiagEngine().registerHandler(
        [](Diagnostic &) { return success(); });
    return made;
  }();
  return *context;
}

void hagane::test::runPhases(ModuleOp module, Phase first) {
  static const cpu::Target target =
      llvm::cantFail(cpu::parseTarget("x86-64-v3"));
  for (int i = static_cast<int>(first); i <= static_cast<int>(Phase::Lower);
       ++i) {
    PassManager pm(module.getContext());
    driver::buildPhase(pm, static_cast<Phase>(i), target);
    if (failed(pm.run(module)))
      return;
  }
}
