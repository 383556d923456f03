//===- Device.cpp - State of the emulated device --------------------------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "device/emulator/Device.h"

#include <cstdlib>
#include <cstring>

using namespace hagane::emulator;

static int numberOf(const char *variable, int otherwise) {
  const char *text = getenv(variable);
  return text ? atoi(text) : otherwise;
}

Configuration Configuration::read() {
  Configuration made;
  made.sm = numberOf("HAGANE_EMULATOR_SM", made.sm);
  made.multiprocessors = numberOf("HAGANE_EMULATOR_SMS", made.multiprocessors);
  const char *failures = getenv("HAGANE_EMULATOR_FAIL");
  std::string rest = failures ? failures : "";
  while (!rest.empty()) {
    size_t comma = rest.find(',');
    std::string one = rest.substr(0, comma);
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
    size_t equals = one.find('=');
    std::string key = one.substr(0, equals);
    long long value =
        equals == std::string::npos ? 0 : atoll(one.c_str() + equals + 1);
    if (key == "memory")
      made.memory = size_t(value);
    else if (key == "driver")
      made.driverVersion = int(value);
    else if (key == "launch")
      made.failingLaunch = int(value);
    else if (key == "lost")
      made.lostAtLaunch = int(value);
    else if (key == "no-device")
      made.noDevice = true;
  }
  return made;
}

Device &hagane::emulator::device() {
  // Never destroyed: other libraries may call the driver from their own exit.
  static auto *made = new Device();
  return *made;
}

CUcontext &hagane::emulator::currentContext() {
  static thread_local CUcontext current = nullptr;
  return current;
}

void Device::initialise() {
  configuration = Configuration::read();
  if (!memory || memory->capacity() != configuration.memory)
    memory = std::make_unique<DeviceMemory>(configuration.memory);
  initialised = true;
}

void Device::reset() {
  lost = CUDA_SUCCESS;
  detail.clear();
  launches = 0;
  defaultStream.work.clear();
  for (CUstream stream : streams)
    stream->work.clear();
  memory = std::make_unique<DeviceMemory>(configuration.memory);
}

CUresult Device::drain(CUstream stream) {
  while (!stream->work.empty() && lost == CUDA_SUCCESS) {
    StreamWork work = std::move(stream->work.front());
    stream->work.pop_front();
    lost = work();
  }
  return lost;
}

CUresult Device::drainAll() {
  drain(&defaultStream);
  for (CUstream stream : streams)
    drain(stream);
  return lost;
}

CUresult Device::submit(CUstream stream, StreamWork work) {
  stream = resolve(stream);
  if (stream->capture)
    stream->capture->nodes.push_back(std::move(work));
  else
    stream->work.push_back(std::move(work));
  return CUDA_SUCCESS;
}

bool Device::capturing() const {
  for (CUstream stream : streams)
    if (stream->capture)
      return true;
  return false;
}

Call::Call(Needs needs) : lock(device().mutex) {
  Device &target = device();
  if (needs >= kInitialised && !target.initialised)
    result = CUDA_ERROR_NOT_INITIALIZED;
  else if (needs == kContext && !currentContext())
    result = CUDA_ERROR_INVALID_CONTEXT;
  else if (needs == kContext)
    result = target.lost;
}
