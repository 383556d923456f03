// The extension module hagane._compiler.
#include "tools/hagane/CompileOptions.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <optional>

namespace nb = nanobind;
using namespace nb::literals;
using namespace hagane;

namespace {

struct EmitRow {
  const char *name;
  Emit emit;
};

} // namespace

/// By the names of `hagane compile --emit`.
static constexpr EmitRow kEmits[] = {
    {"module", Emit::Module},      {"obj", Emit::Object},
    {"shared", Emit::Shared},      {"asm", Emit::Assembly},
    {"llvm", Emit::LlvmIr},        {"mlir-onnx", Emit::MlirOnnx},
    {"mlir-xf", Emit::MlirXf},     {"mlir-kernel", Emit::MlirKernel},
    {"mlir-llvm", Emit::MlirLlvm},
};

static Emit findEmit(const std::string &name) {
  std::string names;
  for (const EmitRow &row : kEmits) {
    if (name == row.name)
      return row.emit;
    names += (names.empty() ? "" : ", ") + std::string(row.name);
  }
  throw nb::value_error(
      ("emit is '" + name + "', expected one of " + names).c_str());
}

using Bounds = std::pair<int64_t, int64_t>;

/// Returns whether an output was written, and the diagnostics.
static std::pair<bool, std::vector<std::string>>
compile(const std::string &input, std::optional<nb::bytes> model,
        const std::string &output, const std::string &emit,
        const std::string &compileTo, std::vector<std::string> targetCpus,
        const std::vector<std::pair<std::string, Bounds>> &dims,
        std::vector<std::pair<std::string, int64_t>> specialize,
        const std::string &precision, std::vector<std::string> quantize,
        bool stateful, int64_t pageSize, const std::string &cacheType,
        unsigned threads, bool remarks, nb::object progress) {
  CompileOptions options;
  options.input = input;
  if (model)
    options.model = {model->c_str(), model->size()};
  options.output = output;
  options.emit = findEmit(emit);
  options.compileTo = compileTo;
  options.targetCpus = std::move(targetCpus);
  for (const auto &[name, bounds] : dims)
    options.dims.push_back({name, bounds.first, bounds.second});
  options.specialize = std::move(specialize);
  options.precision = precision;
  options.quantize = std::move(quantize);
  options.stateful = stateful;
  options.pageSize = pageSize;
  options.cacheType = cacheType;
  options.threads = threads;
  options.verbose = remarks;
  std::vector<std::string> diagnostics;
  options.diagnostic = [&](std::string_view text) {
    diagnostics.emplace_back(text);
  };
  std::optional<nb::python_error> stopped;
  if (!progress.is_none())
    options.progress = [&](std::string_view phase, double fraction) {
      nb::gil_scoped_acquire acquire;
      try {
        if (!stopped)
          progress(nb::str(phase.data(), phase.size()), fraction);
      } catch (nb::python_error &error) {
        stopped.emplace(std::move(error));
      }
    };
  bool compiled;
  {
    nb::gil_scoped_release release;
    compiled = compileModel(options);
  }
  if (stopped)
    throw std::move(*stopped);
  return {compiled, std::move(diagnostics)};
}

NB_MODULE(_compiler, m) {
  m.doc() = "The compiler. Use hagane.compile.";
  m.def("compile", &compile, "input"_a, "model"_a.none(), "output"_a,
        "emit"_a = "module", "compile_to"_a = "",
        "target_cpus"_a = std::vector<std::string>(),
        "dims"_a = std::vector<std::pair<std::string, Bounds>>(),
        "specialize"_a = std::vector<std::pair<std::string, int64_t>>(),
        "precision"_a = "model", "quantize"_a = std::vector<std::string>(),
        "stateful"_a = false, "page_size"_a = 64, "cache_type"_a = "model",
        "threads"_a = 0, "remarks"_a = false, "progress"_a = nb::none());
}
