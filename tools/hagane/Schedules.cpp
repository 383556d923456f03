// hagane schedules: every kernel with its schedule, its time and its limit.
#include "ScheduleTable.h"

#include "JsonText.h"
#include "Progress.h"
#include "ScheduleText.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <unistd.h>

namespace hagane::tool {
namespace {

namespace fs = std::filesystem;

constexpr int kMostProfiledRuns = 200;

bool isModule(const std::string &path) {
  return fs::path(path).extension() == ".hgn";
}

std::string textOf(const std::vector<std::pair<std::string, int64_t>> &sizes) {
  std::string text;
  for (const auto &[name, size] : sizes)
    if (size != 1 || name.size() == 1 || name == "rows")
      text += (text.empty() ? "" : " ") + name + "=" + std::to_string(size);
  return text;
}

void printTable(const std::vector<ScheduleRow> &rows, const Rates &rates,
                int threads) {
  std::printf("%d threads; limits measured now: %s\n\n", threads,
              rates.text().c_str());
  std::printf("%-14s %4s %10s %10s %7s %-8s %-40s %s\n", "kernel", "runs",
              "predicted", "measured", "limit", "bound", "sizes", "schedule");
  auto ms = [](double seconds) {
    char text[32];
    std::snprintf(text, sizeof text, seconds > 0 ? "%.4f" : "-", seconds * 1e3);
    return std::string(text);
  };
  for (const ScheduleRow &row : rows)
    std::printf("%-14s %4lld %10s %10s %5.0f %% %-8s %-40s %s\n",
                row.name.c_str(), static_cast<long long>(row.launches),
                ms(row.predicted).c_str(), ms(row.measured).c_str(),
                row.measured > 0 ? 100 * row.limit.seconds() / row.measured
                                 : 0.0,
                row.limit.bound(), textOf(row.sizes).c_str(),
                withoutName(row.schedule).c_str());
  std::printf("\nTimes in ms, of all runs of the kernel together; limit: the "
              "least time that the machine allows, as a share of the time "
              "measured.\n");
}

Json toJson(const std::vector<ScheduleRow> &rows, const Rates &rates,
            int threads, const DimValues &dims) {
  Json json;
  json["threads"] = threads;
  json["dims"] = dims;
  json["gflops_per_thread"] = rates.flops / 1e9;
  json["bf16_gflops_per_thread"] = rates.bf16Flops / 1e9;
  json["int8_gflops_per_thread"] = rates.int8Flops / 1e9;
  json["gbs"] = rates.memoryBytes / 1e9;
  json["kernels"] = Json::array();
  for (const ScheduleRow &row : rows) {
    Json sizes = Json::object();
    for (const auto &[name, size] : row.sizes)
      sizes[name] = size;
    Json others = Json::array();
    for (const ScheduleChoice &other : row.others)
      others.push_back(
          {{"schedule", other.text}, {"predicted_ms", other.seconds * 1e3}});
    json["kernels"].push_back(
        {{"name", row.name},
         {"launches", row.launches},
         {"sizes", sizes},
         {"schedule", row.schedule},
         {"predicted_ms",
          row.predicted > 0 ? Json(row.predicted * 1e3) : Json()},
         {"measured_ms", row.measured * 1e3},
         {"limit_ms", row.limit.seconds() * 1e3},
         {"bound", row.limit.bound()},
         {"line", row.line},
         {"others", others},
         {"nodes", row.nodes}});
  }
  return json;
}

void printLines(const std::vector<ScheduleRow> &rows) {
  for (const ScheduleRow &row : rows)
    if (!row.line.empty())
      std::printf("%s%s\n", row.line.c_str(), row.schedule.c_str());
}

} // namespace

std::string temporaryPath(const std::string &ending) {
  std::string name =
      (fs::temp_directory_path() / "hagane-XXXXXX").string() + ending;
  int descriptor = mkstemps(name.data(), int(ending.size()));
  if (descriptor < 0)
    throw Error("cannot make a temporary file '" + name + "'");
  close(descriptor);
  return name;
}

TemporaryModule::TemporaryModule(CompileOptions options)
    : file(temporaryPath(".hgn")) {
  options.emit = Emit::Module;
  options.output = file;
  if (!compileModel(options)) {
    fs::remove(file);
    throw Reported();
  }
}

TemporaryModule::~TemporaryModule() {
  std::error_code ignored;
  fs::remove(file, ignored);
}

void checkPlans(const std::vector<KernelTime> &kernels,
                const std::vector<KernelPlan> &plans) {
  if (plans.size() != kernels.size())
    throw Error("the compiler planned " + std::to_string(plans.size()) +
                " kernels, but the module has " +
                std::to_string(kernels.size()));
}

std::vector<ScheduleRow> makeRows(const std::vector<KernelTime> &kernels,
                                  const std::vector<KernelPlan> &plans,
                                  const Rates &rates, int threads) {
  if (!plans.empty())
    checkPlans(kernels, plans);
  std::vector<ScheduleRow> rows;
  for (size_t i = 0; i < kernels.size(); ++i) {
    const KernelTime &kernel = kernels[i];
    if (kernel.launches == 0)
      continue;
    const KernelPlan *plan = plans.empty() ? nullptr : &plans[i];
    auto row = std::find_if(rows.begin(), rows.end(), [&](ScheduleRow &row) {
      return row.name == kernel.name && (!plan || row.sizes == plan->sizes);
    });
    if (row == rows.end()) {
      row = rows.emplace(row);
      row->name = kernel.name;
      row->schedule = kernel.schedule;
      if (plan) {
        row->sizes = plan->sizes;
        row->line = plan->line;
        row->others = plan->others;
      }
    }
    row->nodes.insert(row->nodes.end(), kernel.nodes.begin(),
                      kernel.nodes.end());
    row->launches += kernel.launches;
    row->measured += median(kernel.seconds);
    TimeLimit limit = limitOf(kernel, rates, threads);
    row->limit.compute += limit.compute;
    row->limit.memory += limit.memory;
    if (plan)
      row->predicted += plan->choice.seconds * double(kernel.launches);
  }
  return rows;
}

void showSchedules(SchedulesOptions options) {
  std::optional<TemporaryModule> compiled;
  PlanRequest request;
  std::string path = options.compile.input;
  Rates rates;
  if (!isModule(path)) {
    rates = measureRates(threadCount(options.threads));
    request.dims = options.dims;
    request.flops = rates.flops;
    request.bf16Flops = rates.bf16Flops;
    request.int8Flops = rates.int8Flops;
    request.memoryBytes = rates.memoryBytes;
    request.wantsOthers = options.showsOthers;
    options.compile.plan = &request;
    options.compile.progress = makeProgress();
    compiled.emplace(options.compile);
    clearProgress();
    path = compiled->path();
  }
  ModulePtr module = openModule(path);
  Session session(module.get(), options.threads);
  Measurement measurement(session,
                          session.makeInputs(options.inputs, options.dims));
  measurement.warmUp();
  int runs = std::min(int(measurement.measure(0, options.minSeconds).size()),
                      kMostProfiledRuns);
  for (int i = 0; i < runs; ++i)
    measurement.profileOnce();
  // Once more, in the same minute as the kernels.
  rates = measureRates(session.threads());
  std::vector<ScheduleRow> rows = makeRows(
      measurement.takeKernels(), request.kernels, rates, session.threads());
  if (options.writesLines)
    return printLines(rows);
  std::sort(rows.begin(), rows.end(),
            [](auto &a, auto &b) { return a.measured > b.measured; });
  DimValues dims = dimsOf(session.info(), measurement.inputs());
  if (options.json)
    std::printf("%s\n",
                toText(toJson(rows, rates, session.threads(), dims)).c_str());
  else
    printTable(rows, rates, session.threads());
}

} // namespace hagane::tool
