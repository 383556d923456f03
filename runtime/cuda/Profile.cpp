// Timing launches.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Profile.h"

#include "Futex.h"
#include "Session.h"

using namespace hagane::runtime;

Profile::~Profile() {
  if (origin)
    driver->cuEventDestroy(origin);
  while (first) {
    Span *following = first->following;
    for (CUevent event : {first->start, first->end})
      if (event)
        driver->cuEventDestroy(event);
    destroy(first);
    first = following;
  }
}

// Makes the event unless an earlier run did.
hgn_status Profile::record(CUevent *event) {
  if (!*event)
    HGN_TRY(driver->check(driver->cuEventCreate(event, CU_EVENT_DEFAULT),
                          "making an event"));
  return driver->check(driver->cuEventRecord(*event, stream),
                       "recording an event");
}

hgn_status Profile::begin(const Driver &newDriver, CUstream newStream) {
  driver = &newDriver;
  stream = newStream;
  last = &first;
  HGN_TRY(record(&origin));
  originNs = monotonicNs();
  return nullptr;
}

hgn_status Profile::before(uint32_t kernel, int64_t items) {
  if (!*last)
    *last = create<Span>();
  if (!*last)
    return outOfMemory("a profile", sizeof(Span));
  current = *last;
  current->kernel = kernel;
  current->items = items;
  last = &current->following;
  return record(&current->start);
}

hgn_status Profile::after() { return record(&current->end); }

hgn_status Profile::report(const hgn_session &session) {
  constexpr float kNsPerMs = 1e6f;
  for (Span *span = first; span != *last; span = span->following) {
    float since = 0, length = 0;
    HGN_TRY(
        driver->check(driver->cuEventElapsedTime(&since, origin, span->start),
                      "reading an event"));
    HGN_TRY(driver->check(
        driver->cuEventElapsedTime(&length, span->start, span->end),
        "reading an event"));
    hgn_profile_part part = {originNs + int64_t(since * kNsPerMs),
                             int64_t(length * kNsPerMs)};
    session.reportLaunch({span->kernel, "", span->items, part.start_ns, part.ns,
                          -1, -1, 1, &part});
  }
  return nullptr;
}
