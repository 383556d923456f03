// The driver: parses the command line, calls the subcommand, maps failures to
// exit codes.
#include "Commands.h"
#include "Compare.h"
#include "Options.h"
#include "Progress.h"
#include "Quantize.h"
#include "ScheduleTable.h"
#include "Tune.h"
#include "hagane/runtime.h"

#include <cstdio>
#include <filesystem>

using namespace hagane;
using namespace hagane::tool;

namespace {

constexpr int kFailure = 1, kUsage = 2;

struct EmitKind {
  const char *name;
  Emit emit;
  const char *suffix;
};

constexpr EmitKind kEmitKinds[] = {
    {"module", Emit::Module, ".hgn"},
    {"obj", Emit::Object, ".o"},
    {"shared", Emit::Shared, ".so"},
    {"cuda-src", Emit::CudaSource, ".cuda"},
    {"asm", Emit::Assembly, ".s"},
    {"llvm", Emit::LlvmIr, ".ll"},
    {"mlir-onnx", Emit::MlirOnnx, ".onnx.mlir"},
    {"mlir-xf", Emit::MlirXf, ".xf.mlir"},
    {"mlir-kernel", Emit::MlirKernel, ".kernel.mlir"},
    {"mlir-llvm", Emit::MlirLlvm, ".llvm.mlir"},
};

const char *const kPhases[] = {"import",  "convert",   "shapes",  "fusion",
                               "kernels", "bufferize", "outline", "lower",
                               "llvm",    "object"};

std::vector<std::string> emitNames() {
  std::vector<std::string> names;
  for (const EmitKind &kind : kEmitKinds)
    names.emplace_back(kind.name);
  return names;
}

const EmitKind &emitKind(const std::string &name) {
  for (const EmitKind &kind : kEmitKinds)
    if (name == kind.name)
      return kind;
  throw CLI::ValidationError("--emit", "unknown kind '" + name + "'");
}

CLI::App *addCompile(CLI::App &app, CompileOptions &options, std::string &emit,
                     std::string &report) {
  CLI::App *command = app.add_subcommand("compile", "Compile an ONNX model");
  addCompilerOptions(command, options);
  addDeviceOptions(command, options);
  command
      ->add_option("-o,--output", options.output,
                   "Where to write, a folder for cuda-src; - for standard "
                   "output")
      ->type_name("FILE");
  command->add_option("--emit", emit, "What to write")
      ->check(CLI::IsMember(emitNames()))
      ->capture_default_str();
  command
      ->add_option("--compile-to", options.compileTo,
                   "Stop after this phase, print its IR")
      ->check(CLI::IsMember(
          std::vector<std::string>(std::begin(kPhases), std::end(kPhases))));
  command->add_flag("--locations", options.locations,
                    "Print IR with the names of ONNX nodes");
  command->add_flag("--shape-only", options.shapeOnly,
                    "Compile without weights, whose files may be missing; no "
                    "module is written");
  addReport(command, options);
  addChecks(command, options);
  addCalibration(command, options, report);
  addLimits(command, options.limits);
  command
      ->add_option("--max-memory", options.maxMemory,
                   "Fail if a session may take more, such as 200MB or 1GiB, at "
                   "the upper bounds of the symbolic dims: weights, arena and "
                   "the scratch of --run-threads, not inputs and outputs")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true))
      ->check(CLI::PositiveNumber)
      ->type_name("SIZE");
  command
      ->add_option("--embed-limit", options.embedLimit,
                   "Weights of more bytes stay in a .hgn file beside an object "
                   "or a shared library")
      ->type_name("BYTES")
      ->capture_default_str();
  addEach(command, "--dim", "What is known of a symbolic dim; once for each",
          "NAME=LOW:HIGH", [&options](const std::string &text) {
            options.dims.push_back(parseRange(text));
          });
  command
      ->add_option("--threads", options.threads,
                   "Compiler threads; 0: all cores")
      ->check(CLI::Range(0, 1024));
  command
      ->add_option("--dump-ir", options.dumpDir,
                   "Write the IR after each pass into a folder")
      ->type_name("DIR");
  return command;
}

CLI::App *addRun(CLI::App &app, RunOptions &options) {
  CLI::App *command =
      app.add_subcommand("run", "Run a module on arrays from a file");
  command->add_option("module", options.module, "The module")
      ->required()
      ->type_name("MODULE.hgn");
  command
      ->add_option("--inputs", options.inputs,
                   "Arrays named after the module's inputs")
      ->required()
      ->type_name("IN.npz");
  command
      ->add_option("--outputs", options.outputs, "Where to write the outputs")
      ->required()
      ->type_name("OUT.npz");
  addThreads(command, options.threads);
  addDevice(command, options.device);
  return command;
}

void addDecoding(CLI::App *command, BenchOptions &options) {
  CLI::Option *decode =
      command
          ->add_flag("--decode", options.decode,
                     "Measure a decoder with its cache: tokens a second, and "
                     "of a prompt")
          ->excludes("--inputs");
  auto add = [&](const char *name, int64_t &value, int64_t least,
                 const char *help) {
    command->add_option(name, value, help)
        ->check(CLI::Range(least, int64_t(1) << 30))
        ->type_name("N")
        ->needs(decode);
  };
  add("--context", options.context, 1,
      "With --decode: positions in the cache before each token (128)");
  add("--batch", options.batch, 1, "With --decode: sequences in a step (1)");
  add("--prefill", options.prefill, 1,
      "With --decode: tokens of the prompt; as many as the context");
}

CLI::App *addBench(CLI::App &app, BenchOptions &options, bool &noProfile) {
  CLI::App *command =
      app.add_subcommand("bench", "Measure a module and each of its kernels");
  command->add_option("module", options.module, "The module")
      ->required()
      ->type_name("MODULE.hgn");
  addDimValues(command, options.dims);
  addMeasuring(command, options.inputs, options.threads, options.minSeconds);
  addDevice(command, options.device);
  command
      ->add_option("--runs", options.runs,
                   "Measured runs; 0: as many as fit --min-time")
      ->check(CLI::Range(0, 1000000));
  command->add_flag("--no-profile", noProfile, "Leave out the kernels");
  command
      ->add_flag("--profile", options.profile,
                 "Also how near each kernel comes to what the machine "
                 "allows, and its ONNX nodes")
      ->excludes("--no-profile");
  command
      ->add_option("--trace", options.trace,
                   "Write the launches of a run for Perfetto or Chrome")
      ->type_name("FILE.json");
  command->add_flag("--json", options.json, "Print one JSON object");
  addDecoding(command, options);
  return command;
}

CLI::App *addSchedules(CLI::App &app, SchedulesOptions &options) {
  CLI::App *command = app.add_subcommand(
      "schedules", "List kernels with their schedules, times and limits");
  addCompilerOptions(command, options.compile);
  command->get_option("model")
      ->description("The model, ONNX, or a module")
      ->type_name("MODEL.onnx|MODULE.hgn");
  addDimValues(command, options.dims);
  addMeasuring(command, options.inputs, options.threads, options.minSeconds);
  command->add_flag("--lines", options.writesLines,
                    "Print a schedule file that chooses the same again");
  command->add_flag("--all", options.showsOthers,
                    "With --json: also all other schedules that the target can "
                    "run, likeliest first");
  command->add_flag("--json", options.json, "Print one JSON object");
  return command;
}

CLI::App *addTune(CLI::App &app, TuneOptions &options) {
  CLI::App *command = app.add_subcommand(
      "tune", "Search for faster schedules by measuring them");
  addCompilerOptions(command, options.compile);
  addDimValues(command, options.dims);
  addInputs(command, options.inputs);
  addThreads(command, options.threads);
  command
      ->add_option("--budget", options.budget,
                   "Time to search for, such as 60s or 5m; without it 60s, or "
                   "any time with --exhaustive")
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, double>{{"s", 1}, {"m", 60}, {"h", 3600}},
          CLI::AsNumberWithUnit::CASE_SENSITIVE, "TIME"))
      ->check(CLI::Range(0.0, 1e6));
  command->add_option("--trials", options.trials, "Trials at most")
      ->check(CLI::Range(1, 1000000000));
  command->add_flag("--exhaustive", options.isExhaustive,
                    "Try every schedule of each kernel, likeliest first");
  command
      ->add_option("--lock", options.turn.lock,
                   "Hold the lock of this file for each group of trials, for "
                   "several that measure on one machine")
      ->type_name("FILE");
  command
      ->add_option("--priority", options.turn.priority,
                   "Real-time priority during trials; 0: as it is")
      ->check(CLI::Range(0, 99));
  command->add_flag("--json", options.json,
                    "Print one JSON object, with all that was tried");
  command->add_option("-o,--output", options.output, "The schedule file")
      ->required()
      ->type_name("FILE.mlir");
  return command;
}

CLI::App *addCompare(CLI::App &app, CompareOptions &options) {
  CLI::App *command = app.add_subcommand(
      "compare", "Measure two modules, or two schedule files, in turn");
  command->add_option("a", options.first, "A module, or a schedule file")
      ->required()
      ->check(CLI::ExistingFile)
      ->type_name("A");
  command
      ->add_option("b", options.second,
                   "The other; left out, the built-in schedules")
      ->check(CLI::ExistingFile)
      ->type_name("B");
  command
      ->add_option("--model", options.compile.input,
                   "The model, ONNX, to compile by schedule files A and B")
      ->check(CLI::ExistingFile)
      ->type_name("MODEL.onnx");
  addTargetOptions(command, options.compile);
  addDimValues(command, options.dims);
  addMeasuring(command, options.inputs, options.threads, options.minSeconds);
  command
      ->add_option("--tolerance", options.tolerance,
                   "By how much outputs may differ, relative to their largest "
                   "element")
      ->capture_default_str();
  command->add_flag("--diff", options.showsDifferences,
                    "Also print how the kernels' IR and machine code differ");
  command
      ->add_option("--html", options.html,
                   "Also write a page with a roofline plot and the differences")
      ->type_name("FILE.html");
  command->add_flag("--json", options.json, "Print one JSON object");
  return command;
}

CLI::App *addInspect(CLI::App &app, InspectOptions &options) {
  CLI::App *command = app.add_subcommand("inspect", "Show what is in a module");
  command->add_option("module", options.module, "The module")
      ->required()
      ->type_name("MODULE.hgn");
  addDimValues(command, options.dims);
  command->add_flag("--plan", options.drawsPlan,
                    "Draw when and where buffers lie in memory, and tell the "
                    "peak as a formula");
  command->add_option("--html", options.html, "Also write a page with the plan")
      ->type_name("FILE.html");
  command
      ->add_option("--source", options.source,
                   "Print the CUDA C++ of this kernel, and nothing else")
      ->type_name("KERNEL");
  command
      ->add_option("--dump", options.dump,
                   "Write the CUDA sources and images of devices into a folder")
      ->type_name("DIR");
  command->add_flag("--verify", options.verify,
                    "Also check every hash, weights included");
  command->add_flag("--json", options.json, "Print one JSON object");
  return command;
}

CLI::App *addBisect(CLI::App &app, BisectOptions &options) {
  CLI::App *command = app.add_subcommand(
      "bisect", "Find the first node whose compiled result is wrong");
  addCompilerOptions(command, options.compile);
  addInputs(command, options.inputs);
  command
      ->add_option("--kernels", options.kernels,
                   "Run these kernels instead of the compiler's: what compile "
                   "--emit=mlir-kernel --locations printed, changed by hand")
      ->check(CLI::ExistingFile)
      ->type_name("FILE.mlir");
  command
      ->add_option("--reproducer", options.reproducer,
                   "Write the guilty part as a model of its own, with its data")
      ->type_name("DIR");
  addEach(command, "--dim", "Value of a symbolic dim; once for each", "NAME=N",
          [&options](const std::string &text) {
            options.values.push_back(parseValue(text, "--dim"));
          });
  command->add_option("--atol", options.absTolerance, "Absolute tolerance")
      ->capture_default_str();
  command->add_option("--rtol", options.relTolerance, "Relative tolerance")
      ->capture_default_str();
  return command;
}

void compile(CompileOptions &options, const std::string &emit,
             const std::string &report) {
  const EmitKind &kind = emitKind(emit);
  options.emit = kind.emit;
  if (options.output.empty() && !options.compileTo.empty())
    options.output = "-";
  else if (options.output.empty())
    options.output =
        std::filesystem::path(options.input).stem().string() + kind.suffix;
  QuantizeReport quantized;
  if (!report.empty() ||
      (!options.calibration.empty() && !options.quantize.empty()))
    options.quantizeReport = &quantized;
  options.progress = makeProgress();
  bool ok = options.check ? checkModel(options) : compileModel(options);
  clearProgress();
  if (!ok)
    throw Reported();
  if (report.empty())
    return;
  if (options.emit == Emit::Module && options.compileTo.empty())
    addKernelTimes(options.output, quantized);
  writeReport(quantized, report);
}

void bisect(BisectOptions &options) {
  options.compile.progress = makeProgress();
  bool ok = bisectModel(options);
  clearProgress();
  if (!ok)
    throw Reported();
}

int dispatch(int argc, char **argv) {
  CLI::App app("Hagane: an ahead-of-time compiler for Transformer models",
               "hagane");
  app.set_version_flag("--version",
                       std::string("hagane ") + hgn_runtime_version());
  // None at all is reported below, so that a misspelt one is named.
  app.require_subcommand(0, 1);
  app.failure_message(CLI::FailureMessage::simple);

  CompileOptions compileOptions;
  BisectOptions bisectOptions;
  RunOptions runOptions;
  BenchOptions benchOptions;
  InspectOptions inspectOptions;
  SchedulesOptions schedulesOptions;
  TuneOptions tuneOptions;
  CompareOptions compareOptions;
  std::string emit = "module", report;
  bool noProfile = false;
  CLI::App *compileCommand = addCompile(app, compileOptions, emit, report);
  CLI::App *runCommand = addRun(app, runOptions);
  CLI::App *benchCommand = addBench(app, benchOptions, noProfile);
  CLI::App *inspectCommand = addInspect(app, inspectOptions);
  CLI::App *schedulesCommand = addSchedules(app, schedulesOptions);
  CLI::App *tuneCommand = addTune(app, tuneOptions);
  CLI::App *compareCommand = addCompare(app, compareOptions);
  addBisect(app, bisectOptions);
  try {
    app.parse(argc, argv);
    if (app.get_subcommands().empty())
      throw CLI::RequiredError("A subcommand");
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }

  for (CompileOptions *options :
       {&compileOptions, &bisectOptions.compile, &schedulesOptions.compile,
        &tuneOptions.compile, &compareOptions.compile})
    if (options->targetCpus.empty())
      options->targetCpus = {"native"};
  benchOptions.listsKernels = !noProfile;
  if (*compileCommand)
    compile(compileOptions, emit, report);
  else if (*runCommand)
    runModule(runOptions);
  else if (*benchCommand)
    benchModule(benchOptions);
  else if (*inspectCommand)
    inspectModule(inspectOptions);
  else if (*schedulesCommand)
    showSchedules(std::move(schedulesOptions));
  else if (*tuneCommand)
    tuneModel(std::move(tuneOptions));
  else if (*compareCommand)
    compareModules(compareOptions);
  else
    bisect(bisectOptions);
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  try {
    return dispatch(argc, argv);
  } catch (const Reported &) {
    return kFailure;
  } catch (const std::bad_alloc &) {
    std::fprintf(stderr, "hagane: error: out of memory\n");
  } catch (const std::exception &error) {
    std::fprintf(stderr, "hagane: error: %s\n", error.what());
  }
  return kFailure;
}
