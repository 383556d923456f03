#include "tools/driver/Command.h"

#include "tools/lib/Register.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;

static DialectRegistry makeRegistry() {
  DialectRegistry registry;
  registerDialects(registry);
  return registry;
}

Command::Command(const CompileOptions &options)
    : common(options), pool(llvm::hardware_concurrency(options.threads)),
      context(makeRegistry(), MLIRContext::Threading::DISABLED),
      printer(&context, options.verbose, options.diagnostic) {
  if (pool.getMaxConcurrency() > 1)
    context.setThreadPool(pool);
  context.loadAllAvailableDialects();
}

void Command::progress(StringRef what, double fraction) {
  if (common.progress)
    common.progress(std::string_view(what.data(), what.size()), fraction);
}
