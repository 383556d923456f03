// What a session holds on its device.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_CUDA_DEVICESESSION_H
#define HAGANE_RUNTIME_CUDA_DEVICESESSION_H

#include "Launches.h"
#include "Session.h"

namespace hagane::runtime {

// Memory for data-dependent sizes: the n-th request of a run gets the n-th
// block, so that equal runs get equal addresses.
class DeviceHeap {
public:
  DeviceHeap() = default;
  ~DeviceHeap();
  DeviceHeap(const DeviceHeap &) = delete;
  DeviceHeap &operator=(const DeviceHeap &) = delete;

  void reset() { next = &first; }
  void *allocate(const Device &device, uint64_t bytes);

private:
  struct Node {
    Block memory;
    Node *following = nullptr;
  };
  Node *first = nullptr;
  Node **next = &first;
};

struct DeviceSession {
  // An input or output. One in the host's memory has a copy on the device, and
  // goes there by way of pinned memory.
  struct Value {
    bool onDevice = false; // the caller's memory is the device's
    Block copy, staging;
    void *caller = nullptr;
    uint64_t bytes = 0;
    void *pinned = nullptr; // staging, or the caller's if it is the session's
  };

  DeviceSession(hgn_session &session, Device &device)
      : session(session), device(device), driver(*device.driver) {}
  ~DeviceSession();

  hgn_session &session;
  Device &device;
  const Driver &driver;
  DeviceProgram *program = nullptr;
  CUstream own = nullptr, stream = nullptr;
  Array<Value> inputs, outputs;
  Block report, hostReport;
  DeviceHeap heap;
  Profile profile;
  Launches launches;
  bool waits = true;    // a run returns when it is done
  bool pending = false; // a run is under way

  hgn_status start();
  // Waits for the run under way, if any, and tells how it went.
  hgn_status finish();

  // Binding.cpp
  void placeMemory();
  hgn_status checkMemory(const hgn_tensor *given) const;
  hgn_status bindInput(uint32_t index, void *data, uint64_t bytes);
  hgn_status bindOutput(uint32_t index, void *data, uint64_t bytes);
  hgn_status sendInputs();
  hgn_status fetchOutputs();
  void deliverOutputs();

private:
  hgn_status bindCopy(Value &value, const char *name);
  hgn_status wait();
  hgn_status checkReport();
};

inline DeviceSession *deviceSession(const hgn_session &session) {
  return static_cast<DeviceSession *>(session.onDevice);
}

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_CUDA_DEVICESESSION_H
