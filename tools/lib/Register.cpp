#include "tools/lib/Register.h"

#ifdef HAGANE_WITH_ONNX
#include "dialects/onnx/OnnxDialect.h"
#endif
#ifdef HAGANE_WITH_XF
#include "dialects/xf/XfOps.h"
#endif
#ifdef HAGANE_WITH_XF_EVAL
#include "dialects/xf/eval/Passes.h"
#endif
#ifdef HAGANE_WITH_KERNEL
#include "dialects/kernel/KernelOps.h"
#endif
#ifdef HAGANE_WITH_ONNX_TO_XF
#include "frontend/ops/Passes.h"
#endif
#include "passes/Pipelines.h"
#include "passes/fusion/Passes.h"
#include "passes/kernels/Passes.h"
#include "passes/memory/Passes.h"
#include "passes/precision/Passes.h"
#include "passes/quantization/Passes.h"
#include "passes/schedules/Passes.h"
#include "passes/shapes/Passes.h"
#include "passes/state/Passes.h"
#ifdef HAGANE_WITH_CPU_HOST
#include "codegen/cpu/Passes.h"
#endif
#ifdef HAGANE_WITH_CUDA_SOURCES
#include "codegen/cuda/Passes.h"
#endif
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"

void hagane::registerDialects(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
#ifdef HAGANE_WITH_ONNX
  registry.insert<onnx::OnnxDialect>();
#endif
#ifdef HAGANE_WITH_XF
  registry.insert<xf::XfDialect>();
#endif
#ifdef HAGANE_WITH_KERNEL
  registry.insert<kernel::KernelDialect>();
  kernel::registerBufferizableOpInterfaces(registry);
#endif
}

void hagane::registerPasses() {
  mlir::registerAllPasses();
  // One line per pass folder.
#ifdef HAGANE_WITH_XF_EVAL
  xf::eval::registerXfEvalPasses();
#endif
#ifdef HAGANE_WITH_ONNX_TO_XF
  frontend::registerOnnxToXfPasses();
#endif
  registerHaganeShapePasses();
  registerHaganeFusionPasses();
  registerFusionPipeline();
  registerHaganeKernelPasses();
  registerHaganeMemoryPasses();
  registerHaganePrecisionPasses();
  registerHaganeQuantizationPasses();
  registerHaganeStatePasses();
  registerHaganeSchedulePasses();
  registerPhases();
#ifdef HAGANE_WITH_CPU_HOST
  cpu::registerHaganeCpuPasses();
#endif
#ifdef HAGANE_WITH_CUDA_SOURCES
  cuda::registerHaganeCudaPasses();
#endif
}
