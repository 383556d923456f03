// Options that several commands share.
#pragma once

#include "Commands.h"
#include "CompileOptions.h"

#include <CLI/CLI.hpp>

namespace hagane::tool {

/// NAME=N, or throws.
std::pair<std::string, int64_t> parseValue(const std::string &text,
                                           const std::string &option);

/// NAME=N or NAME=LOW:HIGH, or throws.
DimRange parseRange(const std::string &text);

/// A repeatable option whose texts go through `accept` one by one.
template <typename Accept>
CLI::Option *addEach(CLI::App *app, const std::string &name,
                     const std::string &help, const std::string &type,
                     Accept accept) {
  return app
      ->add_option_function<std::vector<std::string>>(
          name,
          [accept](const std::vector<std::string> &texts) {
            for (const std::string &text : texts)
              accept(text);
          },
          help)
      ->type_name(type)
      ->expected(1)
      ->take_all()
      ->trigger_on_parse();
}

void addDimValues(CLI::App *app, DimValues &dims);
void addThreads(CLI::App *app, int &threads);
void addDevice(CLI::App *app, std::string &device);
/// What to run on in place of random data.
void addInputs(CLI::App *app, std::string &inputs);
/// What to run a module on, and for how long.
void addMeasuring(CLI::App *app, std::string &inputs, int &threads,
                  double &seconds);

/// The options of all that compiles a model.
void addTargetOptions(CLI::App *app, CompileOptions &options);
/// GPUs as targets.
void addDeviceOptions(CLI::App *app, CompileOptions &options);
/// Those, and the options of what compiles one model.
void addCompilerOptions(CLI::App *app, CompileOptions &options);
void addReport(CLI::App *app, CompileOptions &options);
void addChecks(CLI::App *app, CompileOptions &options);
/// `report`: where to write one on quantization.
void addCalibration(CLI::App *app, CompileOptions &options,
                    std::string &report);
void addLimits(CLI::App *app, Limits &limits);

} // namespace hagane::tool
