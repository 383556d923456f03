// Options that several commands share.
#include "Options.h"

#include <charconv>
#include <map>

namespace hagane::tool {
namespace {

int64_t parseInteger(const std::string &text, const std::string &option) {
  int64_t value = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0)
    throw CLI::ValidationError(option,
                               "'" + text + "' is not a non-negative integer");
  return value;
}

std::pair<std::string, std::string> splitAssignment(const std::string &text,
                                                    const std::string &option) {
  size_t equals = text.find('=');
  if (equals == 0 || equals == text.npos || equals + 1 == text.size())
    throw CLI::ValidationError(option,
                               "expected NAME=VALUE, found '" + text + "'");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

} // namespace

std::pair<std::string, int64_t> parseValue(const std::string &text,
                                           const std::string &option) {
  auto [name, value] = splitAssignment(text, option);
  return {name, parseInteger(value, option)};
}

DimRange parseRange(const std::string &text) {
  auto [name, value] = splitAssignment(text, "--dim");
  size_t colon = value.find(':');
  DimRange range{name};
  range.min = parseInteger(value.substr(0, colon), "--dim");
  range.max = colon == value.npos
                  ? range.min
                  : parseInteger(value.substr(colon + 1), "--dim");
  if (range.min > range.max)
    throw CLI::ValidationError("--dim", "'" + value + "' is an empty range");
  return range;
}

void addDimValues(CLI::App *app, DimValues &dims) {
  addEach(app, "--dim", "Value of a symbolic dim; once for each", "NAME=N",
          [&dims](const std::string &text) {
            auto [name, value] = parseValue(text, "--dim");
            dims[name] = value;
          });
}

void addThreads(CLI::App *app, int &threads) {
  app->add_option("--threads", threads,
                  "Threads, counting the calling one; 0: physical cores")
      ->check(CLI::Range(0, 1024));
}

void addDevice(CLI::App *app, std::string &device) {
  app->add_option("--device", device,
                  "Run on a GPU, cuda or cuda:1, for which the module has "
                  "code; the processor by default")
      ->type_name("NAME");
}

void addDeviceOptions(CLI::App *app, CompileOptions &options) {
  app->add_option("--target", options.targets,
                  "What to compile for, CPUs by default; see docs/cuda.md")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->type_name("cpu|cuda|cpu,cuda");
  app->add_option("--sm", options.sms,
                  "GPUs to compile for with --target=cuda: " + listSms())
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("SM[,SM...]");
  app->add_option("--cuda-compiler", options.cudaCompiler,
                  "What compiles CUDA sources: NVRTC, as is the default where "
                  "it is installed, nvcc, the emulator's compiler for tests "
                  "without a GPU, or none")
      ->check(CLI::IsMember(listCudaCompilers()));
  app->add_flag("!--no-cache", options.cachesImages,
                "Neither keep compiled CUDA sources, in HAGANE_CACHE or the "
                "user's folder of caches, nor use what is there");
}

void addTargetOptions(CLI::App *app, CompileOptions &options) {
  app->add_option("--target-cpu", options.targetCpus,
                  "Processors to compile for, best first: native or levels:\n" +
                      listTargets())
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("CPU[,CPU...]");
  addEach(app, "--specialize", "Make a symbolic dim constant; once for each",
          "NAME=N", [&options](const std::string &text) {
            options.specialize.push_back(parseValue(text, "--specialize"));
          });
  app->add_option("--attention-semantics", options.attentionSemantics,
                  "What ai.onnx Attention means where its texts and runtimes "
                  "differ; see docs/attention.md")
      ->check(CLI::IsMember({"standard", "original", "onnxruntime"}))
      ->capture_default_str();
  app->add_option("--precision", options.precision,
                  "Of the factors of large products: the model's own, bf16, or "
                  "f16 for weights alone; sums stay f32")
      ->check(CLI::IsMember({"model", "bf16", "f16"}))
      ->capture_default_str();
  app->add_option(
         "--quantize", options.quantize,
         "Store the weights of products and tables of embeddings, or those "
         "whose names match a pattern, in few bits; repeat it for more, the "
         "last one "
         "that matches counts; see docs/quantization.md:\n" +
             listQuantizationSchemes())
      ->allow_extra_args(false)
      ->type_name("[PATTERN=]SCHEME");
  CLI::Option *stateful =
      app->add_flag("--stateful", options.stateful,
                    "Keep the caches of decoders in the session, in pages that "
                    "sequences share; see docs/decoding.md");
  app->add_option("--page-size", options.pageSize,
                  "Positions of a page, a multiple of 16")
      ->needs(stateful)
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app->add_option("--cache-type", options.cacheType,
                  "Of the caches' elements: the model's own, bf16, or int8 "
                  "with a scale for each position and head")
      ->needs(stateful)
      ->check(CLI::IsMember({"model", "bf16", "int8"}))
      ->capture_default_str();
  app->add_option("--run-threads", options.runThreads,
                  "Threads that the model will run on, for which work is cut; "
                  "0: this machine's cores if the target is native, else 8")
      ->check(CLI::Range(0, 1024));
  app->add_flag("-v,--verbose", options.verbose,
                "Remarks and timing on standard error");
}

void addCompilerOptions(CLI::App *app, CompileOptions &options) {
  app->add_option("model", options.input, "The model, ONNX")
      ->required()
      ->type_name("MODEL.onnx");
  addTargetOptions(app, options);
  app->add_option("--schedule", options.scheduleFile,
                  "Schedules to use before the built-in ones; see "
                  "docs/schedules.md")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  app->add_option("--locked", options.lockFile,
                  "Fail if a kernel gets another schedule than this file says")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
}

void addReport(CLI::App *app, CompileOptions &options) {
  app->add_option("--report", options.report,
                  "Write parameters, memory, work and roofline times; JSON if "
                  "the name ends in .json; - for standard output")
      ->type_name("FILE");
  app->add_option("--machine", options.machine,
                  "That the report is for: a name, or "
                  "flops=GFLOP/s,bandwidth=GB/s")
      ->type_name("MACHINE");
  app->add_option("--context", options.context,
                  "Tokens that prefill and decode in the report cover")
      ->check(CLI::Range(int64_t(1), int64_t(1) << 40))
      ->capture_default_str();
  addEach(app, "--at", "Report on, and check at, these sizes instead",
          "NAME=N[,NAME=N...]", [&options](const std::string &text) {
            options.points.push_back(text);
          });
}

void addChecks(CLI::App *app, CompileOptions &options) {
  app->add_flag("--check", options.check,
                "Compare what each phase computes with the phase before, by "
                "evaluators up to --compile-to=kernels and by running the "
                "module behind that; on random inputs unless others are given");
  app->add_option("--check-inputs", options.checkInputs, "Arrays to check on")
      ->type_name("IN.npz");
  addEach(app, "--check-phase",
          "Check this IR in place of what the phase makes", "PHASE=FILE.mlir",
          [&options](const std::string &text) {
            options.replacedPhases.push_back(
                splitAssignment(text, "--check-phase"));
          });
}

void addCalibration(CLI::App *app, CompileOptions &options,
                    std::string &report) {
  CLI::Option *samples =
      addEach(app, "--calibrate",
              "Inputs that are like those of use, one sample a file, or a "
              "folder of them; once for each",
              "IN.npz|DIR", [&options](const std::string &text) {
                options.calibration.push_back(text);
              });
  app->add_option("--observations", options.observations,
                  "Write what the inputs of products were on that data")
      ->needs(samples)
      ->type_name("OUT.npz");
  app->add_option("--quantize-report", report,
                  "Measure what quantization costs, on calibration data or "
                  "else on random inputs, and write a page, or JSON if the "
                  "name ends in .json")
      ->needs("--quantize")
      ->type_name("FILE.html|FILE.json");
  app->add_option("--max-error", options.maxError,
                  "Quantize those products less that it matters for most, "
                  "until the output's error, as a norm relative to its own, "
                  "is at most this")
      ->needs("--quantize")
      ->check(CLI::Range(0.0, 1e6))
      ->type_name("ERROR");
  app->add_option("--max-bytes", options.maxWeightBytes,
                  "Quantize as little as the weights of products, such as "
                  "20MB, allow")
      ->needs("--quantize")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true))
      ->check(CLI::PositiveNumber)
      ->type_name("SIZE");
  const std::map<std::string, double> units = {
      {"s", 1}, {"ms", 1e-3}, {"us", 1e-6}};
  app->add_option("--max-latency", options.maxLatency,
                  "Quantize as little as the time of a run allows, such as "
                  "5ms, that is predicted for the report's machine and last "
                  "point")
      ->needs("--quantize")
      ->transform(CLI::AsNumberWithUnit(
          units, CLI::AsNumberWithUnit::UNIT_REQUIRED, "TIME"))
      ->check(CLI::PositiveNumber)
      ->type_name("TIME");
  app->add_option("--effect-runs", options.effectRuns,
                  "Runs to measure the effect of products one by one; 0: "
                  "leave that out")
      ->check(CLI::Range(int64_t(0), int64_t(1) << 40))
      ->capture_default_str();
}

void addLimits(CLI::App *app, Limits &limits) {
  app->add_option("--max-nodes", limits.nodes,
                  "Nodes that a model may have once functions are inlined")
      ->capture_default_str();
  app->add_option("--max-sparse-bytes", limits.sparseBytes,
                  "Bytes that a sparse tensor may take when made dense")
      ->capture_default_str();
}

void addInputs(CLI::App *app, std::string &inputs) {
  app->add_option("--inputs", inputs, "Use these arrays, not random data")
      ->type_name("IN.npz");
}

void addMeasuring(CLI::App *app, std::string &inputs, int &threads,
                  double &seconds) {
  addInputs(app, inputs);
  addThreads(app, threads);
  app->add_option("--min-time", seconds, "Seconds to measure for")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
}

} // namespace hagane::tool
