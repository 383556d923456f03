/* Hagane: what the CUDA runtime library adds to hagane/runtime.h.
 *
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A module opened with hgn_open_options.device "cuda" makes sessions that run
 * on that device. By default they take and give tensors in the host's memory;
 * the functions below leave tensors on the device, use a caller's stream and
 * return before a run is done. For a session on the CPU they do what its
 * synchronous runs mean.
 *
 * No CUDA toolkit is needed: the driver is loaded when the first module asks
 * for a device. HGN_DEVICE_UNAVAILABLE tells why there is none, and
 * HGN_DEVICE_FAILED that the device failed during the work. A device may then
 * be lost to the process; sessions on the CPU go on.
 */
#ifndef HAGANE_CUDA_H
#define HAGANE_CUDA_H

#include "hagane/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum hgn_place { HGN_ON_HOST = 0, HGN_ON_DEVICE = 1 } hgn_place;

/* Where the data of an input or output lie from the next run on. Those on the
 * device are used as they are; a session's own memory for an output, for data
 * NULL, is then on the device, too. Memory bound to states is always the
 * device's. */
HGN_API hgn_status hgn_session_place_input(hgn_session *session, uint32_t index,
                                           hgn_place place);
HGN_API hgn_status hgn_session_place_output(hgn_session *session,
                                            uint32_t index, hgn_place place);

/* The CUstream of the caller's, in the device's primary context, that the next
 * runs go to; NULL: the session's own. Waits for the run under way. */
HGN_API hgn_status hgn_session_set_stream(hgn_session *session, void *stream);

/* As hgn_session_run, but returns when all is enqueued on the stream. Inputs in
 * the host's memory may change after the return; outputs are there, and what
 * went wrong on the device is known, after hgn_session_wait. The session's next
 * use waits first. */
HGN_API hgn_status hgn_session_submit(hgn_session *session,
                                      const hgn_tensor *inputs,
                                      uint32_t input_count, hgn_tensor *outputs,
                                      uint32_t output_count);
/* Waits for the run under way and tells how it went; NULL if there is none. */
HGN_API hgn_status hgn_session_wait(hgn_session *session);

/* What a session did so far. */
typedef struct hgn_device_use {
  const char *device; /* "NVIDIA H100 (sm_90)"; "cpu" */
  uint64_t launches;  /* of kernels one by one */
  uint64_t replays;   /* of whole runs as a CUDA graph */
} hgn_device_use;

HGN_API hgn_status hgn_session_get_device_use(const hgn_session *session,
                                              hgn_device_use *use);

/*===--- DLPack -----------------------------------------------------------===*/

/* DLPack's DLManagedTensor, of any library that exchanges tensors by it. */
struct DLManagedTensor;

/* Describes a dense row-major tensor, without taking it over: data, dtype, rank
 * and dims, which point into it. place: where its data lie. Refuses other
 * layouts, devices and element types. */
HGN_API hgn_status hgn_dlpack_import(const struct DLManagedTensor *managed,
                                     hgn_tensor *tensor, hgn_place *place);

/* A tensor for other libraries, over the memory of `tensor` on this device
 * number. They call its deleter when they are done, which calls release(owner),
 * if it is not NULL, and frees the DLManagedTensor. */
HGN_API hgn_status hgn_dlpack_export(const hgn_tensor *tensor, hgn_place place,
                                     int32_t device, void (*release)(void *),
                                     void *owner, struct DLManagedTensor **out);

#ifdef __cplusplus
}
#endif

#endif /* HAGANE_CUDA_H */
