// Comparing launches with those before, issuing and replaying them.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Launches.h"

#include "Session.h"
#include "TensorMaps.h"

#include <stdio.h>
#include <string.h>

using namespace hagane::runtime;

void Launches::start(hgn_session &newSession, DeviceProgram &newProgram) {
  session = &newSession;
  program = &newProgram;
  driver = newProgram.device.driver;
}

Launches::~Launches() {
  dropGraph();
  for (Command *command : commands)
    destroy(command);
}

void Launches::dropGraph() {
  if (graph)
    driver->cuGraphExecDestroy(graph);
  graph = nullptr;
}

//===--- Comparing --------------------------------------------------------===//

void Launches::begin(CUstream newStream, Profile *newProfile) {
  stream = newStream;
  profile = newProfile;
  next = 0;
  held = known > 0 && !profile;
}

hgn_status Launches::addCommand() {
  Command *command = create<Command>();
  if (!command || !commands.resize(commands.size() + 1)) {
    destroy(command);
    return outOfMemory("a launch", sizeof(Command));
  }
  commands[commands.size() - 1] = command;
  return nullptr;
}

bool Launches::matches(uint32_t kernel, int64_t items, const void *words,
                       uint64_t wordBytes) const {
  if (next >= known)
    return false;
  const Command &before = *commands[next];
  return before.kernel == kernel && before.items == items &&
         before.wordBytes == wordBytes &&
         memcmp(before.parameters.data(), words, wordBytes) == 0;
}

// Tensor maps follow from the words: they stay where these do.
hgn_status Launches::replace(uint32_t kernel, int64_t items, const void *words,
                             uint64_t wordBytes, const void *scratch) {
  dropGraph();
  if (next == commands.size())
    HGN_TRY(addCommand());
  Command &command = *commands[next];
  const hgn_kernel_info *info =
      kernel == kFill ? nullptr : &session->module->selected().kernels[kernel];
  uint64_t bytes = info ? parameterBytes(*info) : wordBytes;
  if (!command.parameters.reserve(bytes))
    return outOfMemory("a launch", bytes);
  command.kernel = kernel;
  command.items = items;
  command.wordBytes = wordBytes;
  uint8_t *parameters = command.parameters.data();
  memcpy(parameters, words, wordBytes);
  if (!info)
    return nullptr;
  memcpy(parameters + wordBytes, &scratch, sizeof(scratch));
  return encodeMaps(*driver, *info, static_cast<const int64_t *>(words),
                    parameters);
}

hgn_status Launches::note(uint32_t kernel, int64_t items, const void *words,
                          uint64_t wordBytes, const void *scratch) {
  bool same = matches(kernel, items, words, wordBytes);
  if (same && kernel != kFill)
    same = memcmp(commands[next]->parameters.data() + wordBytes, &scratch,
                  sizeof(scratch)) == 0;
  if (same && held) {
    ++next;
    return nullptr;
  }
  HGN_TRY(flush());
  if (!same)
    HGN_TRY(replace(kernel, items, words, wordBytes, scratch));
  return issue(*commands[next++]);
}

hgn_status Launches::launch(uint32_t kernel, const int64_t *args, int64_t items,
                            const void *scratch) {
  const hgn_code_info &code = session->module->selected();
  if (kernel >= code.kernel_count || !program->kernels[kernel])
    return makeStatus(HGN_DAMAGED, "%s launches kernel %u, which has no image",
                      session->module->label, kernel);
  if (items > INT32_MAX)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "kernel '%s' has %lld blocks, a device takes %d at most",
                      code.kernels[kernel].name, static_cast<long long>(items),
                      INT32_MAX);
  uint64_t words = code.kernels[kernel].word_count - 1; // the last is scratch
  return note(kernel, items, args, words * sizeof(int64_t), scratch);
}

hgn_status Launches::fill(void *memory, const void *host, int64_t bytes) {
  return note(kFill, int64_t(address(memory)), host, uint64_t(bytes), nullptr);
}

//===--- Issuing ----------------------------------------------------------===//

hgn_status Launches::clearReport() {
  return driver->check(
      driver->cuMemsetD8Async(address(report), 0, kReportBytes, stream),
      "clearing the report");
}

hgn_status Launches::readReport() {
  return driver->check(driver->cuMemcpyDtoHAsync(hostReport, address(report),
                                                 kReportBytes, stream),
                       "copying the report");
}

// Bytes as values of the command itself: a graph keeps them.
hgn_status Launches::issueFill(const Command &command) {
  CUdeviceptr to = CUdeviceptr(command.items);
  const uint8_t *bytes = command.parameters.data();
  CUresult result = CUDA_SUCCESS;
  bool words =
      to % sizeof(uint32_t) == 0 && command.wordBytes % sizeof(uint32_t) == 0;
  size_t step = words ? sizeof(uint32_t) : 1;
  for (uint64_t at = 0; at < command.wordBytes && result == CUDA_SUCCESS;
       at += step) {
    uint32_t word = 0;
    memcpy(&word, bytes + at, step);
    result = words ? driver->cuMemsetD32Async(to + at, word, 1, stream)
                   : driver->cuMemsetD8Async(
                         to + at, static_cast<unsigned char>(word), 1, stream);
  }
  return driver->check(result, "writing to device memory");
}

hgn_status Launches::issueLaunch(const Command &command) {
  const hgn_kernel_info &info =
      session->module->selected().kernels[command.kernel];
  size_t bytes = parameterBytes(info);
  void *extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, command.parameters.data(),
                   CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes, CU_LAUNCH_PARAM_END};
  CUresult result = driver->cuLaunchKernel(
      program->kernels[command.kernel], unsigned(command.items), 1, 1,
      info.threads, 1, 1, info.shared_bytes, stream, nullptr, extra);
  ++launchCount;
  if (result == CUDA_SUCCESS)
    return nullptr;
  char what[200];
  snprintf(what, sizeof(what), "launching kernel '%.120s'", info.name);
  return driver->check(result, what);
}

hgn_status Launches::issue(const Command &command) {
  if (command.kernel == kFill)
    return issueFill(command);
  if (!profile)
    return issueLaunch(command);
  HGN_TRY(profile->before(command.kernel, command.items));
  HGN_TRY(issueLaunch(command));
  return profile->after();
}

hgn_status Launches::issueFirst(size_t count) {
  HGN_TRY(clearReport());
  for (size_t i = 0; i < count; ++i)
    HGN_TRY(issue(*commands[i]));
  return nullptr;
}

hgn_status Launches::flush() {
  // A run without anything held back begins with its first command.
  if (!held && next > 0)
    return nullptr;
  held = false;
  return issueFirst(next);
}

//===--- Replaying --------------------------------------------------------===//

// All commands, with the report around them.
hgn_status Launches::capture() {
  HGN_TRY(driver->check(
      driver->cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
      "beginning a graph"));
  hgn_status status = issueFirst(known);
  if (!status)
    status = readReport();
  CUgraph captured = nullptr;
  hgn_status ended = driver->check(
      driver->cuStreamEndCapture(stream, &captured), "ending a graph");
  if (status)
    hgn_status_release(ended);
  else
    status = ended;
  if (!status)
    status = driver->check(driver->cuGraphInstantiate(&graph, captured, 0),
                           "making a graph");
  if (captured)
    driver->cuGraphDestroy(captured);
  return status;
}

hgn_status Launches::replay() {
  if (!graph) {
    uint64_t before = launchCount;
    hgn_status status = capture();
    launchCount = before; // nothing was launched yet
    // A stream of the caller's may refuse; launches go one by one then.
    canCapture = !status;
    hgn_status_release(status);
  }
  if (!graph) {
    HGN_TRY(flush());
    return readReport();
  }
  ++replayCount;
  return driver->check(driver->cuGraphLaunch(graph, stream),
                       "launching a graph");
}

hgn_status Launches::end() {
  if (next < known)
    dropGraph();
  bool repeats = held && next == known && canCapture;
  known = next;
  if (repeats)
    return replay();
  HGN_TRY(flush());
  return readReport();
}
