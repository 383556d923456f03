//===- Device.h - State of the emulated device ------------------*- C++ -*-===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef HAGANE_DEVICE_EMULATOR_DEVICE_H
#define HAGANE_DEVICE_EMULATOR_DEVICE_H

#include "device/driver/CudaDriver.h"
#include "device/emulator/DeviceMemory.h"
#include "device/emulator/Grid.h"

#include <functional>
#include <mutex>
#include <set>
#include <string>

/// One function of a loaded module.
struct CUfunc_st {
  CUmodule module = nullptr;
  std::string name;
  void (*entry)(const void *arguments) = nullptr;
  uint32_t clusterSize = 1;
  int maxDynamicShared = 48 << 10;
};

/// Work of a stream. It is done when somebody waits for it, no sooner: a host
/// that reads results early, or changes inputs too early, sees wrong numbers.
using StreamWork = std::function<CUresult()>;

struct CUgraph_st {
  std::vector<StreamWork> nodes;
  CUstream origin = nullptr;
};

struct CUgraphExec_st {
  std::vector<StreamWork> nodes;
};

struct CUstream_st {
  std::deque<StreamWork> work;
  CUgraph capture = nullptr;
};

struct CUevent_st {
  CUstream stream = nullptr;
  uint64_t recorded = 0, reached = 0;
  double seconds = 0;
  CUgraph capture = nullptr;
};

namespace hagane::emulator {

/// What environment variables say; read by each cuInit.
struct Configuration {
  /// HAGANE_EMULATOR_SM: compute capability times 10. HAGANE_EMULATOR_SMS.
  int sm = 90, multiprocessors = 132;
  /// HAGANE_EMULATOR_FAIL: comma-separated; see device/README.md.
  size_t memory = size_t(32) << 30;
  int driverVersion = 13000;
  int failingLaunch = -1, lostAtLaunch = -1;
  bool noDevice = false;

  static Configuration read();
};

/// The device, its memory and its streams. Every driver function holds `mutex`.
class Device {
public:
  std::recursive_mutex mutex;
  Configuration configuration;
  bool initialised = false;
  int contextUsers = 0;
  std::unique_ptr<DeviceMemory> memory;
  CUstream_st defaultStream;
  std::set<CUstream> streams;
  std::set<CUmodule> modules;
  int launches = 0;

  /// The error that ended the context; every call returns it until the context
  /// is released.
  CUresult lost = CUDA_SUCCESS;
  /// What happened, for cuGetErrorString.
  std::string detail;

  void initialise();
  /// Forgets all of the context.
  void reset();

  CUresult drain(CUstream stream);
  CUresult drainAll();
  /// Queues work, or records it if the stream captures.
  CUresult submit(CUstream stream, StreamWork work);
  CUstream resolve(CUstream stream) { return stream ? stream : &defaultStream; }
  bool capturing() const;
};

Device &device();

/// The context that is current for this host thread.
CUcontext &currentContext();

/// The usual begin of a driver function: the lock, and the errors that any
/// function may return.
class Call {
public:
  enum Needs { kNothing, kInitialised, kContext };
  explicit Call(Needs needs);
  CUresult error() const { return result; }

private:
  std::lock_guard<std::recursive_mutex> lock;
  CUresult result = CUDA_SUCCESS;
};

} // namespace hagane::emulator

/// Declares the symbols of the driver, so that definitions are checked.
#define HAGANE_CUDA_FUNCTION(name, symbol, parameters)                         \
  extern "C" __attribute__((visibility("default"))) CUresult symbol parameters;
#include "device/driver/CudaFunctions.def"
#undef HAGANE_CUDA_FUNCTION

/// Begins a driver function; returns its error if there is one.
#define HAGANE_CALL(needs)                                                     \
  hagane::emulator::Call call(hagane::emulator::Call::needs);                  \
  if (call.error() != CUDA_SUCCESS)                                            \
  return call.error()

#endif // HAGANE_DEVICE_EMULATOR_DEVICE_H
