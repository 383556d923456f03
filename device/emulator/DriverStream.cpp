//===- DriverStream.cpp - Driver API: streams, events and graphs ----------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "device/emulator/Device.h"

#include <chrono>

using namespace hagane::emulator;

static double secondsNow() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

CUresult cuStreamCreate(CUstream *stream, unsigned flags) {
  HAGANE_CALL(kContext);
  *stream = new CUstream_st();
  device().streams.insert(*stream);
  return CUDA_SUCCESS;
}

CUresult cuStreamDestroy_v2(CUstream stream) {
  HAGANE_CALL(kInitialised);
  if (device().streams.count(stream) == 0)
    return CUDA_ERROR_INVALID_HANDLE;
  device().drain(stream);
  device().streams.erase(stream);
  delete stream;
  return CUDA_SUCCESS;
}

CUresult cuStreamSynchronize(CUstream stream) {
  HAGANE_CALL(kContext);
  stream = device().resolve(stream);
  if (stream->capture)
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  return device().drain(stream);
}

CUresult cuStreamQuery(CUstream stream) {
  HAGANE_CALL(kContext);
  stream = device().resolve(stream);
  if (stream->work.empty())
    return CUDA_SUCCESS;
  // Somebody polls: one step, so that polling ends.
  StreamWork work = std::move(stream->work.front());
  stream->work.pop_front();
  device().lost = work();
  return device().lost != CUDA_SUCCESS ? device().lost : CUDA_ERROR_NOT_READY;
}

CUresult cuLaunchHostFunc(CUstream stream, CUhostFn function, void *data) {
  HAGANE_CALL(kContext);
  return device().submit(stream, [=] {
    function(data);
    return CUDA_SUCCESS;
  });
}

CUresult cuEventCreate(CUevent *event, unsigned flags) {
  HAGANE_CALL(kContext);
  *event = new CUevent_st();
  return CUDA_SUCCESS;
}

CUresult cuEventDestroy_v2(CUevent event) {
  HAGANE_CALL(kInitialised);
  // Work in streams may name the event.
  device().drainAll();
  delete event;
  return CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent event, CUstream stream) {
  HAGANE_CALL(kContext);
  stream = device().resolve(stream);
  event->stream = stream;
  event->capture = stream->capture;
  if (stream->capture)
    return CUDA_SUCCESS;
  uint64_t number = ++event->recorded;
  return device().submit(stream, [=] {
    event->reached = number;
    event->seconds = secondsNow();
    return CUDA_SUCCESS;
  });
}

/// Runs the event's stream until the event is reached.
static CUresult reach(CUevent event, uint64_t number) {
  Device &target = device();
  while (event->reached < number && !event->stream->work.empty() &&
         target.lost == CUDA_SUCCESS) {
    StreamWork work = std::move(event->stream->work.front());
    event->stream->work.pop_front();
    target.lost = work();
  }
  return target.lost;
}

CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned flags) {
  HAGANE_CALL(kContext);
  stream = device().resolve(stream);
  // Waiting for an event of a capture draws the stream into it. Nodes are kept
  // in the order of the calls, which no dependency contradicts.
  if (event->capture) {
    stream->capture = event->capture;
    return CUDA_SUCCESS;
  }
  uint64_t number = event->recorded;
  return device().submit(stream, [=] { return reach(event, number); });
}

CUresult cuEventQuery(CUevent event) {
  HAGANE_CALL(kContext);
  if (event->reached == event->recorded)
    return CUDA_SUCCESS;
  CUresult step = cuStreamQuery(event->stream);
  return step == CUDA_SUCCESS ? CUDA_ERROR_NOT_READY : step;
}

CUresult cuEventSynchronize(CUevent event) {
  HAGANE_CALL(kContext);
  return reach(event, event->recorded);
}

CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end) {
  HAGANE_CALL(kContext);
  if (start->recorded == 0 || end->recorded == 0)
    return CUDA_ERROR_INVALID_HANDLE;
  if (start->reached != start->recorded || end->reached != end->recorded)
    return CUDA_ERROR_NOT_READY;
  *milliseconds = float((end->seconds - start->seconds) * 1e3);
  return CUDA_SUCCESS;
}

CUresult cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode mode) {
  HAGANE_CALL(kContext);
  // The default stream cannot be captured.
  if (!stream || stream->capture)
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  stream->capture = new CUgraph_st();
  stream->capture->origin = stream;
  return CUDA_SUCCESS;
}

CUresult cuStreamEndCapture(CUstream stream, CUgraph *graph) {
  HAGANE_CALL(kContext);
  if (!stream || !stream->capture || stream->capture->origin != stream)
    return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
  *graph = stream->capture;
  for (CUstream other : device().streams)
    if (other->capture == *graph)
      other->capture = nullptr;
  return CUDA_SUCCESS;
}

CUresult cuStreamIsCapturing(CUstream stream, CUstreamCaptureStatus *status) {
  HAGANE_CALL(kContext);
  *status = stream && stream->capture ? CU_STREAM_CAPTURE_STATUS_ACTIVE
                                      : CU_STREAM_CAPTURE_STATUS_NONE;
  return CUDA_SUCCESS;
}

CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode *nodes, size_t *count) {
  HAGANE_CALL(kContext);
  // Only the count: nodes have no handles.
  if (nodes)
    return CUDA_ERROR_NOT_SUPPORTED;
  *count = graph->nodes.size();
  return CUDA_SUCCESS;
}

CUresult cuGraphDestroy(CUgraph graph) {
  HAGANE_CALL(kInitialised);
  delete graph;
  return CUDA_SUCCESS;
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec *exec, CUgraph graph,
                                     unsigned long long flags) {
  HAGANE_CALL(kContext);
  *exec = new CUgraphExec_st{graph->nodes};
  return CUDA_SUCCESS;
}

CUresult cuGraphUpload(CUgraphExec exec, CUstream stream) {
  HAGANE_CALL(kContext);
  return CUDA_SUCCESS;
}

CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream) {
  HAGANE_CALL(kContext);
  for (const StreamWork &node : exec->nodes)
    device().submit(stream, node);
  return CUDA_SUCCESS;
}

CUresult cuGraphExecDestroy(CUgraphExec exec) {
  HAGANE_CALL(kInitialised);
  device().drainAll();
  delete exec;
  return CUDA_SUCCESS;
}
