// What sessions leave to the CPU or to a device: where memory lies, how
// launches are made, and when a run is over.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_BACKEND_H
#define HAGANE_RUNTIME_BACKEND_H

#include "hagane/abi.h"
#include "hagane/runtime.h"

namespace hagane::runtime {

struct Backend {
  const hgn_host_api *api;

  // The session's part, between which all functions below are called; stop also
  // follows a start that failed.
  hgn_status (*start)(hgn_session &session);
  void (*stop)(hgn_session &session);

  // Before a run with these inputs binds its memory.
  hgn_status (*begin)(hgn_session &session, const hgn_tensor *inputs);
  // Sets session.inputData or outputData: where compiled code finds what the
  // caller has, or wants, in data.
  hgn_status (*bindInput)(hgn_session &session, uint32_t index, void *data,
                          uint64_t bytes);
  hgn_status (*bindOutput)(hgn_session &session, uint32_t index, void *data,
                           uint64_t bytes);
  // Makes room for what the plan says of scratch; false without memory.
  bool (*reserveScratch)(hgn_session &session);
  // Copies within states, in order with the runs.
  hgn_status (*copy)(hgn_session &session, void *to, const void *from,
                     uint64_t bytes);
  // Runs the compiled code; returns what it did, or non-zero with the reason in
  // the session.
  int32_t (*run)(hgn_session &session);
};

extern const Backend kCpuBackend;

//===--- Devices ----------------------------------------------------------===//
// Defined by the library's part for devices, or by NoDevice.cpp in the library
// for CPUs alone.

// A device of this machine. It lives as long as the process.
struct Device;

// The device of a name such as "cuda" or "cuda:1".
hgn_status findDevice(const char *name, Device **out);
// "NVIDIA H100 (sm_90)", for messages.
const char *deviceLabel(const Device &device);
// Whether code for an sm such as "sm_90a" runs on it.
bool deviceRuns(const Device &device, const char *sm);
const Backend &deviceBackend();
// What a module holds on its device, freed with the module; made by the first
// session.
struct DeviceProgram;
void releaseProgram(DeviceProgram *program);

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_BACKEND_H
