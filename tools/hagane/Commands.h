// The subcommands on top of the runtime. Each throws Error on failure.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>

namespace hagane::tool {

/// A failure with its message for the user.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A failure whose messages have been printed.
struct Reported {};

using DimValues = std::map<std::string, int64_t>;

struct RunOptions {
  std::string module, inputs, outputs;
  std::string device; // "": the processor
  int threads = 0;    // 0: physical cores
};
void runModule(const RunOptions &options);

struct BenchOptions {
  std::string module;
  std::string inputs; // "": random data
  std::string device; // "": the processor
  DimValues dims;
  int threads = 0;
  int runs = 0; // 0: until minSeconds have passed
  double minSeconds = 1.0;
  bool listsKernels = true;
  bool profile = false; ///< also the kernels' limits and ONNX nodes
  std::string trace;    ///< where to write the launches of a run; "": nowhere
  bool json = false;
  bool decode = false;   ///< tokens of a decoder, behind `context` others
  int64_t context = 128; ///< positions in the cache
  int64_t batch = 1;     ///< sequences in a step
  int64_t prefill = 0;   ///< tokens of a prompt; 0: as many as the context
};
void benchModule(const BenchOptions &options);

struct InspectOptions {
  std::string module;
  DimValues dims; // all symbols given: the memory plan is shown in bytes
  bool drawsPlan = false;
  std::string html;   // where to write a page with the plan; "": nowhere
  std::string source; // a device's kernel to print; "": none
  std::string dump;   // a folder for the files of devices; "": none
  bool json = false;
  bool verify = false;
};
void inspectModule(const InspectOptions &options);

} // namespace hagane::tool
