// The C functions of hagane/cuda.h on sessions.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "hagane/cuda.h"

#include "DeviceSession.h"

using namespace hagane::runtime;

static hgn_status checkSession(const hgn_session *session) {
  return session ? nullptr
                 : makeStatus(HGN_INVALID_ARGUMENT, "session is NULL");
}

static hgn_status checkPlace(const char *kind, uint32_t index, uint32_t count) {
  return index < count ? nullptr
                       : makeStatus(HGN_INVALID_ARGUMENT,
                                    "%s %u does not exist, the module has %u",
                                    kind, index, count);
}

// Of a session on the CPU, all memory is the host's.
static hgn_status refusePlace(hgn_place place) {
  return place == HGN_ON_HOST
             ? nullptr
             : makeStatus(HGN_INVALID_ARGUMENT,
                          "the session runs on the CPU, expected tensors in "
                          "the host's memory");
}

hgn_status hgn_session_place_input(hgn_session *session, uint32_t index,
                                   hgn_place place) {
  HGN_TRY(checkSession(session));
  HGN_TRY(checkPlace("input", index, session->info().input_count));
  DeviceSession *on = deviceSession(*session);
  if (!on)
    return refusePlace(place);
  HGN_TRY(hgn_session_wait(session));
  on->inputs[index].onDevice = place == HGN_ON_DEVICE;
  return nullptr;
}

hgn_status hgn_session_place_output(hgn_session *session, uint32_t index,
                                    hgn_place place) {
  HGN_TRY(checkSession(session));
  HGN_TRY(checkPlace("output", index, session->info().output_count));
  DeviceSession *on = deviceSession(*session);
  if (!on)
    return refusePlace(place);
  HGN_TRY(hgn_session_wait(session));
  bool onDevice = place == HGN_ON_DEVICE;
  if (on->outputs[index].onDevice != onDevice)
    session->ownOutputs[index].setSpace(onDevice ? &on->device.memory
                                                 : &on->device.pinned);
  on->outputs[index].onDevice = onDevice;
  return nullptr;
}

hgn_status hgn_session_set_stream(hgn_session *session, void *stream) {
  HGN_TRY(hgn_session_wait(session));
  DeviceSession *on = deviceSession(*session);
  if (!on)
    return stream ? makeStatus(HGN_INVALID_ARGUMENT,
                               "the session runs on the CPU, expected no "
                               "stream (NULL)")
                  : nullptr;
  on->stream = stream ? static_cast<CUstream>(stream) : on->own;
  return nullptr;
}

hgn_status hgn_session_submit(hgn_session *session, const hgn_tensor *inputs,
                              uint32_t input_count, hgn_tensor *outputs,
                              uint32_t output_count) {
  HGN_TRY(checkSession(session));
  DeviceSession *on = deviceSession(*session);
  if (on)
    on->waits = false;
  hgn_status status =
      hgn_session_run(session, inputs, input_count, outputs, output_count);
  if (on)
    on->waits = true;
  return status;
}

hgn_status hgn_session_wait(hgn_session *session) {
  HGN_TRY(checkSession(session));
  DeviceSession *on = deviceSession(*session);
  if (!on)
    return nullptr;
  Current current(on->device);
  return on->finish();
}

hgn_status hgn_session_get_device_use(const hgn_session *session,
                                      hgn_device_use *use) {
  HGN_TRY(checkSession(session));
  if (!use)
    return makeStatus(HGN_INVALID_ARGUMENT, "use is NULL");
  const DeviceSession *on = deviceSession(*session);
  *use = {"cpu", 0, 0};
  if (on)
    *use = {on->device.label, on->launches.launchCount,
            on->launches.replayCount};
  return nullptr;
}
