// The launches of a run, for viewers of traces.
#include "Trace.h"

#include "JsonText.h"

namespace hagane::tool {
namespace {

constexpr int kProcess = 1, kLaunches = 1, kFirstThread = 2;

/// Names a process or a track.
Json nameOf(const char *what, int track, const std::string &name) {
  return {{"ph", "M"},
          {"name", what},
          {"pid", kProcess},
          {"tid", track},
          {"args", {{"name", name}}}};
}

double microseconds(int64_t ns) { return double(ns) * 1e-3; }

std::string nameOf(const hgn_kernel_info &kernel) {
  std::string name = kernel.name;
  for (uint32_t i = 0; i < kernel.node_count; ++i)
    name += (i ? ", " : ": ") + std::string(kernel.nodes[i]);
  return name;
}

Json sliceOf(const hgn_kernel_info &kernel, const char *category, int track,
             int64_t start, int64_t ns) {
  return {{"ph", "X"},
          {"name", nameOf(kernel)},
          {"cat", category},
          {"pid", kProcess},
          {"tid", track},
          {"ts", microseconds(start)},
          {"dur", microseconds(ns)}};
}

/// What a launch did, and how fast.
Json detailsOf(const hgn_profile_event &launch, const hgn_kernel_info &kernel) {
  Json details{{"kernel", kernel.name},
               {"nodes", std::vector<std::string>(
                             kernel.nodes, kernel.nodes + kernel.node_count)},
               {"schedule", kernel.schedule},
               {"items", launch.items}};
  // Operations, or bytes, a nanosecond are billions a second.
  for (auto [total, rate, value] :
       {std::tuple("flops", "GFLOP/s", launch.flops),
        {"bytes", "GB/s", launch.bytes}})
    if (value >= 0) {
      details[total] = value;
      if (launch.ns > 0)
        details[rate] = double(value) / double(launch.ns);
    }
  return details;
}

void addSlices(Json &events, const LaunchTimes &launch,
               const hgn_kernel_info &kernel, int64_t start) {
  const hgn_profile_event &event = launch.event;
  Json slice =
      sliceOf(kernel, "kernel", kLaunches, event.start_ns - start, event.ns);
  slice["args"] = detailsOf(event, kernel);
  events.push_back(std::move(slice));
  for (size_t i = 0; i < launch.parts.size(); ++i)
    events.push_back(sliceOf(kernel, "part", kFirstThread + int(i),
                             launch.parts[i].start_ns - start,
                             launch.parts[i].ns));
}

} // namespace

std::string makeTrace(const Session &session,
                      const std::vector<LaunchTimes> &launches) {
  const hgn_code_info &code = session.code();
  int64_t start = launches.empty() ? 0 : launches.front().event.start_ns;
  Json events = Json::array();
  events.push_back(
      nameOf("process_name", kLaunches, session.info().provenance.source_name));
  events.push_back(nameOf("thread_name", kLaunches, "launches"));
  for (int i = 0; i < session.threads(); ++i)
    events.push_back(
        nameOf("thread_name", kFirstThread + i, "thread " + std::to_string(i)));
  for (const LaunchTimes &launch : launches)
    if (launch.event.kernel < code.kernel_count)
      addSlices(events, launch, code.kernels[launch.event.kernel], start);
  Json trace{{"traceEvents", std::move(events)},
             {"displayTimeUnit", "ns"},
             {"otherData", {{"level", code.level}}}};
  return toText(trace, 1) + "\n";
}

} // namespace hagane::tool
