// Runs on a device: what compiled host code calls, and the ends of a run.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DeviceSession.h"

#include <string.h>

using namespace hagane::runtime;

//===--- Memory of a run --------------------------------------------------===//

DeviceHeap::~DeviceHeap() {
  while (first) {
    Node *following = first->following;
    destroy(first);
    first = following;
  }
}

void *DeviceHeap::allocate(const Device &device, uint64_t bytes) {
  if (!*next) {
    *next = create<Node>();
    if (!*next)
      return nullptr;
    (*next)->memory.setSpace(&device.memory);
  }
  Node *node = *next;
  next = &node->following;
  return node->memory.reserve(bytes) ? node->memory.data() : nullptr;
}

// One workspace for all blocks of a launch.
static bool reserveScratch(hgn_session &session) {
  return session.scratch.reserve(
      uint64_t(session.plan[HGN_PLAN_SCRATCH_BYTES]));
}

//===--- Functions of hgn_host_api ----------------------------------------===//

static DeviceSession &of(hgn_exec *exec) {
  return *deviceSession(sessionOf(exec));
}

// Launches read the workspace that is about to go.
static hgn_status growScratch(DeviceSession &on) {
  HGN_TRY(on.launches.flush());
  HGN_TRY(on.driver.check(on.driver.cuStreamSynchronize(on.stream),
                          "waiting for launches"));
  uint64_t bytes = uint64_t(on.session.plan[HGN_PLAN_SCRATCH_BYTES]);
  return reserveScratch(on.session) ? nullptr
                                    : outOfMemory("the workspace", bytes);
}

static void parallel(hgn_exec *exec, uint32_t kernel, hgn_task_fn,
                     const int64_t *args, int64_t items) {
  hgn_session &session = sessionOf(exec);
  if (items <= 0 || session.problem)
    return;
  DeviceSession &on = of(exec);
  if (uint64_t(session.plan[HGN_PLAN_SCRATCH_BYTES]) > session.scratch.size())
    session.keepProblem(growScratch(on));
  if (!session.problem)
    session.keepProblem(
        on.launches.launch(kernel, args, items, session.scratch.data()));
}

static void *allocate(hgn_exec *exec, int64_t bytes) {
  DeviceSession &on = of(exec);
  void *memory =
      bytes < 0 ? nullptr : on.heap.allocate(on.device, uint64_t(bytes));
  on.session.heapExhausted |= memory == nullptr;
  return memory;
}

static int32_t finishCopy(DeviceSession &on, CUresult result,
                          const char *what) {
  if (result == CUDA_SUCCESS)
    result = on.driver.cuStreamSynchronize(on.stream);
  on.session.keepProblem(on.driver.check(result, what));
  return on.session.problem != nullptr;
}

static int32_t read(hgn_exec *exec, const void *memory, void *host,
                    int64_t bytes) {
  DeviceSession &on = of(exec);
  if (!on.session.problem)
    on.session.keepProblem(on.launches.flush());
  if (on.session.problem)
    return 1;
  return finishCopy(on,
                    on.driver.cuMemcpyDtoHAsync(host, address(memory),
                                                size_t(bytes), on.stream),
                    "reading device memory");
}

static int32_t write(hgn_exec *exec, void *memory, const void *host,
                     int64_t bytes) {
  DeviceSession &on = of(exec);
  hgn_session &session = on.session;
  bool isSmall = bytes <= Launches::kMaxFill;
  if (!session.problem)
    session.keepProblem(isSmall ? on.launches.fill(memory, host, bytes)
                                : on.launches.flush());
  if (session.problem || isSmall)
    return session.problem != nullptr;
  return finishCopy(on,
                    on.driver.cuMemcpyHtoDAsync(address(memory), host,
                                                size_t(bytes), on.stream),
                    "writing device memory");
}

static const hgn_host_api kDeviceApi = {
    HGN_ABI_VERSION, 0,          parallel, allocate,
    noteFailure,     makeOutput, read,     write};

//===--- A session's part -------------------------------------------------===//

hgn_status DeviceSession::start() {
  const hgn_module_info &view = session.info();
  HGN_TRY(acquireProgram(*session.module, &program));
  if (!inputs.reset(view.input_count) || !outputs.reset(view.output_count))
    return outOfMemory("a session", sizeof(Value) * view.input_count);
  placeMemory();
  if (!report.reserve(Launches::kReportBytes) ||
      !hostReport.reserveZeros(Launches::kReportBytes))
    return outOfMemory("a report", Launches::kReportBytes);
  Current current(device);
  HGN_TRY(driver.check(driver.cuStreamCreate(&own, CU_STREAM_NON_BLOCKING),
                       "making a stream"));
  stream = own;
  launches.start(session, *program);
  launches.report = session.exec.report =
      reinterpret_cast<int64_t *>(report.data());
  launches.hostReport = reinterpret_cast<int64_t *>(hostReport.data());
  session.exec.weights = program->weights.data();
  return nullptr;
}

DeviceSession::~DeviceSession() {
  if (own)
    driver.cuStreamDestroy(own);
}

static hgn_status startSession(hgn_session &session) {
  Device &device = *session.module->device;
  auto *made = create<DeviceSession>(session, device);
  if (!made)
    return outOfMemory("a session", sizeof(DeviceSession));
  session.onDevice = made;
  return made->start();
}

static void stopSession(hgn_session &session) {
  DeviceSession *on = deviceSession(session);
  if (!on)
    return;
  Current current(on->device);
  hgn_status_release(on->finish());
  destroy(on);
  session.onDevice = nullptr;
}

//===--- Runs -------------------------------------------------------------===//

// A kernel's report becomes the run's failure.
hgn_status DeviceSession::checkReport() {
  const int64_t *words = launches.hostReport;
  if (words[0] == 0)
    return nullptr;
  return checkFailure(*session.module, uint32_t(words[0] - 1), &words[1],
                      &words[2]);
}

hgn_status DeviceSession::wait() {
  HGN_TRY(driver.check(driver.cuStreamSynchronize(stream),
                       "waiting for the device"));
  if (session.profile)
    HGN_TRY(profile.report(session));
  HGN_TRY(checkReport());
  deliverOutputs();
  return nullptr;
}

hgn_status DeviceSession::finish() {
  if (!pending)
    return nullptr;
  pending = false;
  return wait();
}

static hgn_status begin(hgn_session &session, const hgn_tensor *inputs) {
  DeviceSession &on = *deviceSession(session);
  Current current(on.device);
  HGN_TRY(on.finish());
  return on.checkMemory(inputs);
}

static hgn_status bindInput(hgn_session &session, uint32_t index, void *data,
                            uint64_t bytes) {
  return deviceSession(session)->bindInput(index, data, bytes);
}

static hgn_status bindOutput(hgn_session &session, uint32_t index, void *data,
                             uint64_t bytes) {
  return deviceSession(session)->bindOutput(index, data, bytes);
}

static hgn_status copy(hgn_session &session, void *to, const void *from,
                       uint64_t bytes) {
  DeviceSession &on = *deviceSession(session);
  Current current(on.device);
  return on.driver.check(
      on.driver.cuMemcpyDtoDAsync(address(to), address(from), bytes, on.stream),
      "copying a page");
}

static hgn_status enqueue(DeviceSession &on, int32_t *result) {
  hgn_session &session = on.session;
  on.heap.reset();
  for (uint32_t i = 0; i < on.outputs.size(); ++i)
    if (session.lateOutputs[i].isLate)
      on.outputs[i].bytes = 0; // until the run gives it memory
  if (session.profile)
    HGN_TRY(on.profile.begin(on.driver, on.stream));
  HGN_TRY(on.sendInputs());
  on.launches.begin(on.stream, session.profile ? &on.profile : nullptr);
  *result = session.module->runEntry()(&session.exec);
  HGN_TRY(on.launches.end());
  return *result ? nullptr : on.fetchOutputs();
}

// What was launched is waited for even if the run failed: it reads memory that
// the caller may free, and its report tells more than the host code knows.
static int32_t run(hgn_session &session) {
  DeviceSession &on = *deviceSession(session);
  Current current(on.device);
  int32_t result = 0;
  on.pending = true;
  session.keepProblem(enqueue(on, &result));
  if (on.waits || result || session.problem)
    session.keepProblem(on.finish());
  return result || session.problem;
}

static const Backend kCudaBackend = {&kDeviceApi,    startSession, stopSession,
                                     begin,          bindInput,    bindOutput,
                                     reserveScratch, copy,         run};

const Backend &hagane::runtime::deviceBackend() { return kCudaBackend; }
