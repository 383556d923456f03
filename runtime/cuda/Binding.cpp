// Where a run's inputs and outputs lie, and their ways to the device and back.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DeviceSession.h"

#include "Tensor.h"

#include <stdio.h>
#include <string.h>

using namespace hagane::runtime;

// Of outputs that the caller gives no memory for, too.
void DeviceSession::placeMemory() {
  session.arena.setSpace(&device.memory);
  session.scratch.setSpace(&device.memory);
  for (size_t i = 0; i < session.states.size(); ++i)
    session.states[i].own.setSpace(&device.memory);
  for (size_t i = 0; i < outputs.size(); ++i)
    session.ownOutputs[i].setSpace(&device.pinned);
  for (Array<Value> *values : {&inputs, &outputs})
    for (size_t i = 0; i < values->size(); ++i) {
      (*values)[i].copy.setSpace(&device.memory);
      (*values)[i].staging.setSpace(&device.pinned);
    }
  report.setSpace(&device.memory);
  hostReport.setSpace(&device.pinned);
}

static uint64_t missing(const Block &block, uint64_t bytes) {
  return bytes > block.size() ? bytes : 0;
}

// The memory formula's prediction against what is free, before anything is
// allocated.
hgn_status DeviceSession::checkMemory(const hgn_tensor *given) const {
  const hgn_module_info &view = session.info();
  const int64_t *plan = session.plan.data();
  uint64_t arena = missing(session.arena, uint64_t(plan[HGN_PLAN_ARENA_BYTES]));
  uint64_t workspace =
      missing(session.scratch, uint64_t(plan[HGN_PLAN_SCRATCH_BYTES]));
  uint64_t states = 0, values = 0;
  for (uint32_t i = 0; i < view.state_count; ++i)
    if (!session.states[i].bound && session.states[i].ownBytes < 0)
      states += uint64_t(session.stateBytes[i]);
  for (uint32_t i = 0; i < view.input_count; ++i) {
    int64_t bytes = 0;
    tensorBytes(given[i].dtype, given[i].dims, given[i].rank, &bytes);
    if (!inputs[i].onDevice)
      values += missing(inputs[i].copy, uint64_t(bytes));
  }
  for (uint32_t i = 0; i < view.output_count; ++i)
    if (!outputs[i].onDevice)
      values += missing(outputs[i].copy, uint64_t(session.outputBytes[i]));
  uint64_t total = 0;
  for (uint64_t part : {arena, workspace, states, values})
    if (__builtin_add_overflow(total, part, &total))
      total = UINT64_MAX;
  if (total == 0)
    return nullptr;
  char parts[200];
  snprintf(parts, sizeof(parts),
           "arena %llu, workspace %llu, states %llu, inputs and outputs %llu",
           static_cast<unsigned long long>(arena),
           static_cast<unsigned long long>(workspace),
           static_cast<unsigned long long>(states),
           static_cast<unsigned long long>(values));
  return checkFree(device, total, parts);
}

hgn_status DeviceSession::bindCopy(Value &value, const char *name) {
  return value.copy.reserve(value.bytes) ? nullptr
                                         : outOfMemory(name, value.bytes);
}

hgn_status DeviceSession::bindInput(uint32_t index, void *data,
                                    uint64_t bytes) {
  Value &value = inputs[index];
  const char *name = session.info().inputs[index].name;
  session.inputData[index] = data;
  value.caller = data;
  value.bytes = bytes;
  if (value.onDevice)
    return nullptr;
  HGN_TRY(bindCopy(value, name));
  if (!value.staging.reserve(bytes))
    return outOfMemory(name, bytes);
  value.pinned = value.staging.data();
  session.inputData[index] = value.copy.data();
  return nullptr;
}

hgn_status DeviceSession::bindOutput(uint32_t index, void *data,
                                     uint64_t bytes) {
  Value &value = outputs[index];
  const char *name = session.info().outputs[index].name;
  session.outputData[index] = data;
  value.caller = data;
  value.bytes = bytes;
  if (value.onDevice)
    return nullptr;
  HGN_TRY(bindCopy(value, name));
  session.outputData[index] = value.copy.data();
  value.pinned = data;
  if (data == session.ownOutputs[index].data())
    return nullptr;
  if (!value.staging.reserve(bytes))
    return outOfMemory(name, bytes);
  value.pinned = value.staging.data();
  return nullptr;
}

hgn_status DeviceSession::sendInputs() {
  for (uint32_t i = 0; i < inputs.size(); ++i) {
    Value &value = inputs[i];
    if (value.onDevice || value.bytes == 0)
      continue;
    memcpy(value.pinned, value.caller, value.bytes);
    HGN_TRY(driver.check(driver.cuMemcpyHtoDAsync(address(value.copy.data()),
                                                  value.pinned, value.bytes,
                                                  stream),
                         "copying an input to the device"));
  }
  return nullptr;
}

hgn_status DeviceSession::fetchOutputs() {
  for (uint32_t i = 0; i < outputs.size(); ++i) {
    Value &value = outputs[i];
    if (value.onDevice || value.bytes == 0)
      continue;
    HGN_TRY(driver.check(driver.cuMemcpyDtoHAsync(value.pinned,
                                                  address(value.copy.data()),
                                                  value.bytes, stream),
                         "copying an output from the device"));
  }
  return nullptr;
}

void DeviceSession::deliverOutputs() {
  for (uint32_t i = 0; i < outputs.size(); ++i) {
    Value &value = outputs[i];
    if (!value.onDevice && value.bytes > 0 && value.pinned != value.caller)
      memcpy(value.caller, value.pinned, value.bytes);
  }
}
