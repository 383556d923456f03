// What the command line asks of the compiler. The one interface between the
// driver, which is built with exceptions for its libraries' sake, and the
// compiler, which is built without.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hagane {

struct PlanRequest;
struct QuantizeReport;

/// What `compile` writes.
enum class Emit {
  Module,
  Object,
  Shared,
  CudaSource, // a folder
  Assembly,
  LlvmIr,
  MlirOnnx,
  MlirXf,
  MlirKernel,
  MlirLlvm,
};

/// The values a symbolic dim may take.
struct DimRange {
  std::string name;
  int64_t min = 1;
  int64_t max = std::numeric_limits<int64_t>::max();
};

/// Called as the work proceeds; fraction is in [0, 1], or negative where it is
/// unknown.
using ProgressFn = std::function<void(std::string_view phase, double fraction)>;

/// Called for each diagnostic with its whole text, which ends in a line feed.
using DiagnosticFn = std::function<void(std::string_view text)>;

/// What a model may ask of the compiler.
struct Limits {
  uint64_t nodes = 100000;                   // with functions inlined
  uint64_t sparseBytes = uint64_t(64) << 20; // of a sparse tensor made dense
};

struct CompileOptions {
  std::string input;
  /// The model's bytes, which must outlive the call; `input` is then only its
  /// name, and the folder of external data. Empty: read `input`.
  std::string_view model;
  std::string output; // "-": standard output, for text only
  Emit emit = Emit::Module;
  std::string compileTo;  // stop after this phase and print the IR; "": run all
  bool locations = false; // print IR with the names of ONNX nodes
  std::vector<std::string> targets = {"cpu"}; // "cpu", "cuda" or both
  std::vector<std::string> targetCpus;        // "native" or levels, best first
  std::vector<std::string> sms;               // of GPUs: "80", "90a", ...
  std::string cudaCompiler;                   // "": nvrtc if it is installed
  bool cachesImages = true;   // of CUDA sources, between compilations
  std::vector<DimRange> dims; // facts about symbolic dims
  std::vector<std::pair<std::string, int64_t>>
      specialize;                              // symbolic dims made constant
  std::string attentionSemantics = "standard"; // docs/attention.md
  std::string precision =
      "model"; // or "bf16", "f16": of large products' factors
  /// What to quantize how: SCHEME or PATTERN=SCHEME, of which the last one that
  /// matches a product counts; see docs/quantization.md.
  std::vector<std::string> quantize;
  bool stateful = false;           // caches become states in pages
  int64_t pageSize = 64;           // positions of a page
  std::string cacheType = "model"; // or "bf16", "int8": of the caches
  std::string scheduleFile;        // "": the built-in schedules
  std::string lockFile;            // what schedules must be; "": anything
  std::string dumpDir;             // "": no IR after each pass
  uint64_t embedLimit = uint64_t(1)
                        << 30; // larger weights stay beside an object
  unsigned threads = 0;        // 0: as many as there are cores
  unsigned runThreads = 0;     // that work is cut for; 0: the target's cores
  uint64_t maxMemory = 0;      // bytes that a session may take; 0: any
  bool verbose = false;        // remarks and timing on standard error
  /// Weights are not read, external data may be missing, no module is written.
  bool shapeOnly = false;
  bool leavesOutWeights = false; // the module is only good for measuring
  std::string report;            // where to write one, JSON if it ends in .json
  std::string machine;           // that the report is for; "": the default
  int64_t context = 2048;        // tokens that the report's points cover
  std::vector<std::string> points; // NAME=N,NAME=N; empty: as suggested
  bool check = false;              // each phase's outcome
  std::string checkInputs; // an npz file; "": random data at small sizes
  std::vector<std::pair<std::string, std::string>>
      replacedPhases; // a phase and the IR to check in place of its outcome
  std::vector<std::string> calibration; // npz files, or folders of them
  std::string observations; // where to write what they gave; "": nowhere
  QuantizeReport *quantizeReport = nullptr; // to fill in; null: none
  double maxError = -1;        // of a quantized model's output; negative: any
  uint64_t maxWeightBytes = 0; // of quantized products; 0: any
  double maxLatency = 0;       // predicted seconds of a run; 0: any
  int64_t effectRuns = 200;    // to measure products one by one; 0: not at all
  Limits limits;
  PlanRequest *plan = nullptr; // what to tell of the kernels; null: nothing
  ProgressFn progress;         // may be empty
  DiagnosticFn diagnostic;     // empty: standard error
};

/// The names of the levels, a line for each architecture.
std::string listTargets();
/// The GPUs that --sm names.
std::string listSms();
/// The names of --cuda-compiler.
std::vector<std::string> listCudaCompilers();
/// The quantization schemes and their options, a line each.
std::string listQuantizationSchemes();

/// Compiles the model. False if there were errors, in which case no output
/// exists. Outputs are written under a
/// temporary name and renamed.
bool compileModel(const CompileOptions &options);

/// Compiles the model and compares what each phase made of it with what it was
/// before, by the evaluators and, for code, by running it. False after a
/// diagnostic that names the first phase that changes results and the node; no
/// output exists then.
bool checkModel(const CompileOptions &options);

/// The same model by another schedule file, to a module of its own.
struct CompileVariant {
  std::string scheduleFile, output;
  PlanRequest *plan = nullptr; // as in CompileOptions
  bool isCompiled = false;     // set once the output exists
};

/// Compiles the model once for each variant, whose settings go before those of
/// `options`; the parts that no schedule changes are compiled once. False if
/// that failed; a variant that cannot be compiled is no failure.
bool compileVariants(const CompileOptions &options,
                     std::vector<CompileVariant> &variants);

struct BisectOptions {
  CompileOptions compile; // input, targets, dims; nothing is written
  std::string inputs;     // an npz file; "": random data for `values`
  std::string kernels;    // IR of kernels to run; "": the compiler's own
  std::string reproducer; // a folder to write the guilty part to; "": none
  std::vector<std::pair<std::string, int64_t>>
      values; // symbolic dims of random inputs
  double absTolerance = 1e-4;
  double relTolerance = 1e-3;
};

/// Finds the first ONNX node whose compiled result differs from the
/// evaluator's, tells whether splitting its kernel or undoing its fusion
/// removes the difference, and prints that on standard output. False on failure
/// to compile or run, or if a difference was found.
bool bisectModel(const BisectOptions &options);

} // namespace hagane
