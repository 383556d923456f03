// When each launch of a run began and ended, by events of the device.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_CUDA_PROFILE_H
#define HAGANE_RUNTIME_CUDA_PROFILE_H

#include "Device.h"

namespace hagane::runtime {

class Profile {
public:
  Profile() = default;
  ~Profile();
  Profile(const Profile &) = delete;
  Profile &operator=(const Profile &) = delete;

  // Forgets the run before. The stream must be at rest.
  hgn_status begin(const Driver &newDriver, CUstream newStream);
  hgn_status before(uint32_t kernel, int64_t items);
  hgn_status after();
  // Tells the session's callback; all launches are done.
  hgn_status report(const hgn_session &session);

private:
  struct Span {
    uint32_t kernel = 0;
    int64_t items = 0;
    CUevent start = nullptr, end = nullptr;
    Span *following = nullptr;
  };

  hgn_status record(CUevent *event);

  const Driver *driver = nullptr;
  CUstream stream = nullptr;
  CUevent origin = nullptr;
  int64_t originNs = 0; // on the host's clock
  Span *first = nullptr;
  Span **last = &first; // where the next launch's span is, or will be
  Span *current = nullptr;
};

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_CUDA_PROFILE_H
