// Making statuses.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_STATUS_H
#define HAGANE_RUNTIME_STATUS_H

#include "hagane/runtime.h"

#define HGN_TRY(expression)                                                    \
  do {                                                                         \
    if (hgn_status tryStatus = (expression))                                   \
      return tryStatus;                                                        \
  } while (false)

namespace hagane::runtime {

// An error with a printf-style message; messages are cut at 1000 characters.
// Falls back to a static status when memory is short.
hgn_status makeStatus(hgn_code code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

hgn_status outOfMemory(const char *what, uint64_t bytes);

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_STATUS_H
