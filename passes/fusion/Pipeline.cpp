//===- Pipeline.cpp - All fusions in order --------------------------------===//

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "passes/fusion/Passes.h"

using namespace mlir;

namespace {
struct FusionRow {
  StringRef name;
  std::unique_ptr<Pass> (*create)();
};
} // namespace

static constexpr FusionRow fusions[] = {
#define FUSION(NAME, CLASS, SUMMARY) {NAME, hagane::create##CLASS##Pass},
#include "passes/fusion/Fusions.def"
#undef FUSION
};

bool hagane::isFusion(StringRef name) {
  return llvm::any_of(fusions,
                      [&](const FusionRow &row) { return row.name == name; });
}

void hagane::addFusions(OpPassManager &manager,
                        ArrayRef<std::string> disabled) {
  for (const FusionRow &row : fusions)
    if (!llvm::is_contained(disabled, row.name))
      manager.addPass(row.create());
}

namespace {
struct FusionOptions : PassPipelineOptions<FusionOptions> {
  ListOption<std::string> disabled{
      *this, "disable-fusion",
      llvm::cl::desc("Fusions to leave out, by the names of Fusions.def")};
};
} // namespace

void hagane::registerFusionPipeline() {
  registerPassPipeline(
      "hagane-fusion", "All fusions in their order",
      [](OpPassManager &manager, StringRef text,
         function_ref<LogicalResult(const Twine &)> report) -> LogicalResult {
        FusionOptions options;
        if (failed(options.parseFromString(text)))
          return failure();
        SmallVector<std::string> disabled(options.disabled.begin(),
                                          options.disabled.end());
        for (const std::string &name : disabled)
          if (!isFusion(name))
            return report("no fusion is named '" + name + "'");
        addFusions(manager, disabled);
        return success();
      },
      [](function_ref<void(const mlir::detail::PassOptions &)> visit) {
        visit(FusionOptions());
      });
}
