// Measuring a module: runs of it, and of each of its kernels.
#include "Measure.h"

#include <algorithm>

namespace hagane::tool {
namespace {

constexpr double kWarmSeconds = 0.3;
constexpr int kWarmRuns = 3, kLeastRuns = 5, kMostRuns = 100000;

} // namespace

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  if (values.empty())
    return 0;
  size_t middle = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + long(middle), values.end());
  if (values.size() % 2)
    return values[middle];
  return (values[middle] +
          *std::max_element(values.begin(), values.begin() + long(middle))) /
         2;
}

static Factors factorsOf(hgn_dtype type) {
  return type == HGN_BF16 ? Factors::Bf16
         : type == HGN_I8 ? Factors::Int8
                          : Factors::F32;
}

TimeLimit limitOf(const KernelTime &kernel, const Rates &rates, int threads) {
  return {kernel.flops / (rates.peak(kernel.factors) * threads),
          kernel.bytes / rates.memoryBytes};
}

Measurement::Measurement(Session &session, std::vector<HostTensor> inputs)
    : session(session), tensors(std::move(inputs)),
      outputs(session.info().output_count) {
  for (HostTensor &input : tensors)
    views.push_back(input.view());
  clearKernels();
}

std::vector<HostTensor> Measurement::copyOutputs() const {
  std::vector<HostTensor> copies;
  for (const hgn_tensor &output : outputs)
    copies.push_back(copyOf(output));
  return copies;
}

hgn_status Measurement::run() {
  return hgn_session_run(session.get(), views.data(), uint32_t(views.size()),
                         outputs.data(), uint32_t(outputs.size()));
}

double Measurement::runOnce() {
  auto start = Clock::now();
  check(run());
  return secondsSince(start);
}

void Measurement::warmUp() {
  auto start = Clock::now();
  for (int i = 0; i < kWarmRuns || secondsSince(start) < kWarmSeconds; ++i)
    runOnce();
}

std::vector<double> Measurement::measure(int runs, double seconds) {
  std::vector<double> times;
  auto start = Clock::now();
  auto more = [&] {
    int done = int(times.size());
    if (runs)
      return done < runs;
    return done < kLeastRuns ||
           (done < kMostRuns && secondsSince(start) < seconds);
  };
  while (more())
    times.push_back(runOnce());
  return times;
}

void Measurement::clearKernels() {
  const hgn_code_info &code = session.code();
  kernels.assign(code.kernel_count, {});
  for (uint32_t i = 0; i < code.kernel_count; ++i) {
    const hgn_kernel_info &info = code.kernels[i];
    kernels[i].name = info.name;
    kernels[i].schedule = info.schedule;
    kernels[i].factors = factorsOf(info.factors);
    kernels[i].nodes.assign(info.nodes, info.nodes + info.node_count);
  }
}

void Measurement::onEvent(void *self, const hgn_profile_event *event) {
  auto &measurement = *static_cast<Measurement *>(self);
  auto &kernels = measurement.kernels;
  measurement.events.push_back(
      {*event, {event->parts, event->parts + event->part_count}});
  if (event->kernel >= kernels.size())
    return;
  KernelTime &kernel = kernels[event->kernel];
  ++kernel.launches;
  kernel.seconds.back() += double(event->ns) * 1e-9;
  kernel.flops += double(std::max<int64_t>(event->flops, 0));
  kernel.bytes += double(std::max<int64_t>(event->bytes, 0));
}

void Measurement::profileOnce() {
  // Work and launches are those of the last run.
  for (KernelTime &kernel : kernels) {
    kernel.seconds.push_back(0);
    kernel.launches = 0;
    kernel.flops = kernel.bytes = 0;
  }
  events.clear();
  hgn_session_set_profile(session.get(), &onEvent, this);
  runOnce();
  hgn_session_set_profile(session.get(), nullptr, nullptr);
}

std::vector<KernelTime> Measurement::takeKernels() {
  std::vector<KernelTime> taken = std::move(kernels);
  clearKernels();
  return taken;
}

DimValues dimsOf(const hgn_module_info &info,
                 const std::vector<HostTensor> &inputs) {
  DimValues values;
  for (uint32_t i = 0; i < info.input_count; ++i)
    for (int32_t d = 0; d < info.inputs[i].rank; ++d)
      if (info.inputs[i].dims[d].symbol >= 0 &&
          size_t(d) < inputs[i].dims.size())
        values[info.inputs[i].dims[d].symbol_name] = inputs[i].dims[size_t(d)];
  return values;
}

} // namespace hagane::tool
