// Running compiled code: memory and failures.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Session.h"

#include "Status.h"
#include "Tensor.h"

#include <stdio.h>
#include <string.h>

using namespace hagane::runtime;

using ll = long long;

//===--- Launches ---------------------------------------------------------===//

void hgn_session::reportLaunch(hgn_profile_event event) const {
  const hgn_code_info &code = module->selected();
  if (event.kernel < code.kernel_count) {
    const hgn_kernel_info &info = code.kernels[event.kernel];
    event.name = info.name;
    if (info.flops_slot >= 0)
      event.flops = plan[uint32_t(info.flops_slot)];
    if (info.bytes_slot >= 0)
      event.bytes = plan[uint32_t(info.bytes_slot)];
  }
  profile(profileUser, &event);
}

hgn_session &hagane::runtime::sessionOf(hgn_exec *exec) {
  return *static_cast<hgn_session::Exec *>(exec)->session;
}

void hagane::runtime::noteFailure(hgn_exec *exec, uint32_t check, int64_t got,
                                  int64_t want) {
  hgn_session &session = sessionOf(exec);
  if (session.failed)
    return;
  session.failed = true;
  session.failedCheck = check;
  session.failedGot = got;
  session.failedWant = want;
}

void *hagane::runtime::makeOutput(hgn_exec *exec, uint32_t index,
                                  const int64_t *dims) {
  return sessionOf(exec).giveOutput(index, dims);
}

//===--- Failures ---------------------------------------------------------===//

// Replaces the first "{name}" in text, a buffer of `size` bytes.
static void substitute(char *text, size_t size, const char *name,
                       int64_t value) {
  char *at = strstr(text, name);
  if (!at)
    return;
  char number[24];
  int digits = snprintf(number, sizeof(number), "%lld", ll(value));
  size_t tail = strlen(at + strlen(name)) + 1;
  if (size_t(at - text) + size_t(digits) + tail > size)
    return;
  memmove(at + digits, at + strlen(name), tail);
  memcpy(at, number, size_t(digits));
}

hgn_status hagane::runtime::checkFailure(const hgn_module &module,
                                         uint32_t check, const int64_t *got,
                                         const int64_t *want) {
  const hgn_module_info &view = module.info.view;
  if (check >= view.check_count)
    return makeStatus(HGN_CHECK_FAILED,
                      "%s: check %u failed, without a message", module.label,
                      check);
  char text[800];
  snprintf(text, sizeof(text), "%s", view.checks[check]);
  if (got)
    substitute(text, sizeof(text), "{got}", *got);
  if (want)
    substitute(text, sizeof(text), "{want}", *want);
  return makeStatus(HGN_CHECK_FAILED, "%s", text);
}

void hgn_session::keepProblem(hgn_status status) {
  if (problem)
    hgn_status_release(status);
  else
    problem = status;
}

hgn_status hgn_session::takeProblem() {
  hgn_status taken = problem;
  problem = nullptr;
  return taken;
}

hgn_status hgn_session::failure(int32_t result) {
  if (problem)
    return takeProblem();
  if (failed)
    return checkFailure(*module, failedCheck, &failedGot, &failedWant);
  if (refusedOutput >= 0) {
    uint32_t index = uint32_t(refusedOutput);
    const hgn_value_info &value = info().outputs[index];
    ShapeText shape(dimsOfOutput(index), value.rank);
    if (outputBytes[index] < 0)
      return makeStatus(HGN_INVALID_ARGUMENT,
                        "these inputs give output '%s' the impossible shape %s",
                        value.name, shape.text);
    if (isShared(index))
      HGN_TRY(checkSharedShape(index));
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "output '%s' has %llu bytes, expected %lld for the shape "
                      "%s that this run gives it",
                      value.name, (unsigned long long)lateOutputs[index].bytes,
                      ll(outputBytes[index]), shape.text);
  }
  if (heapExhausted)
    return makeStatus(HGN_OUT_OF_MEMORY, "no memory for a data-dependent size");
  return makeStatus(HGN_CHECK_FAILED, "%s failed with code %d", module->label,
                    result);
}

//===--- Memory -----------------------------------------------------------===//

static bool aligned(const void *data, hgn_dtype dtype) {
  uintptr_t bytes = uintptr_t(hgn_dtype_bits(dtype)) / 8;
  return bytes <= 1 || reinterpret_cast<uintptr_t>(data) % bytes == 0;
}

static hgn_status checkMemory(const char *kind, const hgn_value_info &value,
                              const void *data, uint64_t found,
                              uint64_t expected) {
  if (!data && expected > 0)
    return makeStatus(HGN_INVALID_ARGUMENT, "%s '%s' has no data (NULL)", kind,
                      value.name);
  if (found < expected)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "%s '%s' has %llu bytes, expected %llu", kind, value.name,
                      (unsigned long long)found, (unsigned long long)expected);
  if (!aligned(data, value.dtype))
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "%s '%s' is not aligned to its element type %s", kind,
                      value.name, hgn_dtype_name(value.dtype));
  return nullptr;
}

hgn_status hgn_session::bindInputs(const hgn_tensor *inputs) {
  for (uint32_t i = 0; i < info().input_count; ++i) {
    const hgn_tensor &input = inputs[i];
    int64_t expected = 0;
    tensorBytes(input.dtype, input.dims, input.rank, &expected);
    HGN_TRY(checkMemory("input", info().inputs[i], input.data,
                        input.bytes ? input.bytes : uint64_t(expected),
                        uint64_t(expected)));
    HGN_TRY(backend->bindInput(*this, i, input.data, uint64_t(expected)));
    inputBytes[i] = expected;
  }
  given = inputs;
  return nullptr;
}

// An output with an extent that only the run tells.
hgn_status hgn_session::bindLateOutput(uint32_t index,
                                       const hgn_tensor &output) {
  LateOutput &late = lateOutputs[index];
  outputData[index] = nullptr;
  late.data = output.data == ownOutputs[index].data() ? nullptr : output.data;
  late.bytes = output.bytes;
  if (!late.data)
    return nullptr;
  HGN_TRY(
      checkMemory("output", info().outputs[index], late.data, late.bytes, 0));
  return checkSharing(index, output);
}

void *hgn_session::giveOutput(uint32_t index, const int64_t *dims) {
  const hgn_value_info &value = info().outputs[index];
  const LateOutput &late = lateOutputs[index];
  int64_t &bytes = outputBytes[index];
  memcpy(dimsOfOutput(index), dims, size_t(value.rank) * sizeof(int64_t));
  if (!tensorBytes(value.dtype, dims, value.rank, &bytes))
    bytes = -1;
  bool fits = bytes >= 0 && (!late.data || late.bytes >= uint64_t(bytes));
  if (fits && isShared(index)) {
    hgn_status status = checkSharedShape(index);
    fits = !status;
    hgn_status_release(status);
  }
  if (!fits) {
    refusedOutput = int32_t(index);
    return nullptr;
  }
  if (!late.data && !ownOutputs[index].reserve(uint64_t(bytes))) {
    heapExhausted = true;
    return nullptr;
  }
  keepProblem(backend->bindOutput(
      *this, index, late.data ? late.data : ownOutputs[index].data(),
      uint64_t(bytes)));
  return problem ? nullptr : outputData[index];
}

// What the run told of a late output; memory of the session may have moved even
// if the run failed.
void hgn_session::describeLateOutput(uint32_t index, hgn_tensor *output) {
  if (lateOutputs[index].data)
    return;
  output->data = ownOutputs[index].data();
  output->bytes = ownOutputs[index].size();
}

hgn_status hgn_session::bindOutputs(hgn_tensor *outputs) {
  for (uint32_t i = 0; i < info().output_count; ++i) {
    if (lateOutputs[i].isLate) {
      HGN_TRY(bindLateOutput(i, outputs[i]));
      continue;
    }
    uint64_t expected = uint64_t(outputBytes[i]);
    Block &own = ownOutputs[i];
    hgn_tensor &output = outputs[i];
    if (output.data && output.data != own.data()) {
      HGN_TRY(checkMemory("output", info().outputs[i], output.data,
                          output.bytes, expected));
      HGN_TRY(checkSharing(i, output));
    } else {
      // Told at once: growing frees what the caller's pointer pointed to, and
      // the run may still fail.
      bool reserved = own.reserve(expected);
      output.data = own.data();
      output.bytes = reserved ? expected : 0;
      if (!reserved)
        return outOfMemory(info().outputs[i].name, expected);
    }
    HGN_TRY(backend->bindOutput(*this, i, output.data, expected));
  }
  return nullptr;
}

hgn_status hgn_session::bindState(uint32_t index) {
  State &state = states[index];
  const hgn_value_info &value = info().states[index];
  int64_t expected = stateBytes[index];
  stateData[index] = state.bound;
  if (state.bound)
    return checkMemory("state", value, state.bound, state.boundBytes,
                       uint64_t(expected));
  if (state.ownBytes < 0) {
    if (!state.own.reserveZeros(uint64_t(expected)))
      return outOfMemory(value.name, uint64_t(expected));
    state.ownBytes = expected;
  }
  stateData[index] = state.own.data();
  if (state.ownBytes == expected)
    return nullptr;
  return makeStatus(HGN_INVALID_ARGUMENT,
                    "state '%s' holds %lld bytes, this run needs %lld: "
                    "hgn_session_reset_states lets it change",
                    value.name, ll(state.ownBytes), ll(expected));
}

hgn_status hgn_session::bindStates() {
  for (uint32_t i = 0; i < info().state_count; ++i)
    HGN_TRY(bindState(i));
  return nullptr;
}

hgn_status hgn_session::reserveWorkspace() {
  uint64_t arenaBytes = uint64_t(plan[HGN_PLAN_ARENA_BYTES]);
  if (!arena.reserve(arenaBytes))
    return outOfMemory("the arena", arenaBytes);
  exec.arena = arena.data();
  if (!backend->reserveScratch(*this))
    return outOfMemory("scratch", uint64_t(plan[HGN_PLAN_SCRATCH_BYTES]));
  return nullptr;
}

hgn_status hgn_session::run(const hgn_tensor *inputs, hgn_tensor *outputs) {
  HGN_TRY(prepare(inputs, outputs));
  return execute(outputs);
}

hgn_status hgn_session::prepare(const hgn_tensor *inputs, hgn_tensor *outputs) {
  HGN_TRY(backend->begin(*this, inputs));
  HGN_TRY(bindInputs(inputs));
  HGN_TRY(bindStates());
  HGN_TRY(bindOutputs(outputs));
  return reserveWorkspace();
}

hgn_status hgn_session::execute(hgn_tensor *outputs) {
  heap.reset();
  failed = heapExhausted = false;
  refusedOutput = -1;
  int32_t result = backend->run(*this);
  // Not even a launch could be made.
  if ((heapExhausted || problem) && !result)
    result = 1;
  for (uint32_t i = 0; i < info().output_count; ++i) {
    if (lateOutputs[i].isLate)
      describeLateOutput(i, &outputs[i]);
    if (result)
      continue;
    uint64_t bytes = outputs[i].bytes;
    describeOutput(i, &outputs[i]);
    // Memory of the session may be larger than what an earlier run left in it.
    if (!lateOutputs[i].isLate || lateOutputs[i].data)
      outputs[i].bytes = bytes;
  }
  return result ? failure(result) : nullptr;
}
