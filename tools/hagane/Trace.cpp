// The launches of a run, for viewers of traces.
#include "Trace.h"

#include "JsonText.h"

namespace hagane::tool {
namespace {

constexpr int kProcess = 1, kTrack = 1;

/// Names a process or a track.
Json nameOf(const char *what, const std::string &name) {
  return {{"ph", "M"},
          {"name", what},
          {"pid", kProcess},
          {"tid", kTrack},
          {"args", {{"name", name}}}};
}

double microseconds(int64_t ns) { return double(ns) * 1e-3; }

Json sliceOf(const hgn_profile_event &launch, const hgn_kernel_info &kernel,
             int64_t start) {
  std::vector<std::string> nodes(kernel.nodes,
                                 kernel.nodes + kernel.node_count);
  std::string name = kernel.name;
  for (const std::string &node : nodes)
    name += (&node == nodes.data() ? ": " : ", ") + node;
  Json slice{{"ph", "X"},
             {"name", name},
             {"cat", "kernel"},
             {"pid", kProcess},
             {"tid", kTrack},
             {"ts", microseconds(launch.start_ns - start)},
             {"dur", microseconds(launch.ns)},
             {"args",
              {{"kernel", kernel.name},
               {"nodes", nodes},
               {"schedule", kernel.schedule},
               {"items", launch.items}}}};
  // Operations, or bytes, a nanosecond are billions a second.
  for (auto [total, rate, value] :
       {std::tuple("flops", "GFLOP/s", launch.flops),
        {"bytes", "GB/s", launch.bytes}})
    if (value >= 0) {
      slice["args"][total] = value;
      if (launch.ns > 0)
        slice["args"][rate] = double(value) / double(launch.ns);
    }
  return slice;
}

} // namespace

std::string makeTrace(const Session &session,
                      const std::vector<hgn_profile_event> &launches) {
  const hgn_code_info &code = session.code();
  int64_t start = launches.empty() ? 0 : launches.front().start_ns;
  Json events = Json::array();
  events.push_back(
      nameOf("process_name", session.info().provenance.source_name));
  events.push_back(nameOf("thread_name", "launches, " +
                                             std::to_string(session.threads()) +
                                             " threads each"));
  for (const hgn_profile_event &launch : launches)
    if (launch.kernel < code.kernel_count)
      events.push_back(sliceOf(launch, code.kernels[launch.kernel], start));
  Json trace{{"traceEvents", std::move(events)},
             {"displayTimeUnit", "ns"},
             {"otherData", {{"level", code.level}}}};
  return toText(trace, 1) + "\n";
}

} // namespace hagane::tool
