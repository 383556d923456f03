#include "tools/driver/DeviceCode.h"

#include "dialects/kernel/KernelOps.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;

static std::string textOf(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

static LaunchRecord recordOf(kernel::Launch launch) {
  auto size = [](xf::DimAttr dim) { return xf::Dim(dim).str(); };
  LaunchRecord record;
  record.kernel = launch.getCallee().str();
  record.schedule = launch.getSchedule().str();
  record.items = size(launch.getItemsAttr());
  record.scratch = size(launch.getScratchAttr());
  record.flops = size(launch.getFlopsAttr());
  record.bytes = size(launch.getBytesAttr());
  for (auto node : launch.getNodes().getAsRange<StringAttr>())
    record.nodes.push_back(node.str());
  for (Type type : launch.getArgs().getTypes())
    record.operands.push_back(textOf(type));
  return record;
}

FailureOr<DeviceSources>
hagane::driver::emitSources(ModuleOp module, const cuda::Target &device) {
  DeviceSources sources;
  sources.sm = device.name.str();
  for (auto function : module.getOps<func::FuncOp>()) {
    if (!function->hasAttr("kernel.body"))
      continue;
    FailureOr<cuda::KernelSource> source = cuda::emitSource(function, device);
    if (failed(source))
      return failure();
    sources.kernels.push_back(std::move(*source));
  }
  module.walk([&](kernel::Launch launch) {
    sources.launches.push_back(recordOf(launch));
  });
  return sources;
}

llvm::Expected<codegen::DeviceCode>
hagane::driver::compileDevice(const DeviceSources &sources,
                              const EmitPlan &plan,
                              const CompileOptions &options) {
  std::vector<cuda::Source> texts;
  for (const cuda::KernelSource &kernel : sources.kernels)
    texts.push_back({kernel.name, kernel.text});
  cuda::CompileSettings settings;
  settings.threads = options.threads;
  if (options.cachesImages)
    settings.cache = cuda::getCacheFolder();
  auto progress = [&](size_t done) {
    if (options.progress)
      options.progress("compile for " + sources.sm,
                       double(done) / double(texts.size()));
  };
  auto images = cuda::compileSources(*plan.compiler, texts, sources.sm,
                                     settings, progress);
  if (!images)
    return images.takeError();
  codegen::DeviceCode code;
  code.sm = sources.sm;
  for (auto [kernel, image] : llvm::zip_equal(sources.kernels, *images)) {
    code.kernels[kernel.name] = {static_cast<uint32_t>(code.images.size()),
                                 kernel.name,
                                 kernel.threads,
                                 kernel.sharedBytes,
                                 kernel.maps,
                                 kernel.text};
    code.images.push_back({kernel.name, std::move(image), plan.imageKind});
  }
  return code;
}
