// Statuses: a code and a message in one block of memory.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hgn_status_s {
  hgn_code code;
  char message[1];
};

using namespace hagane::runtime;

static constexpr size_t kMaxMessage = 1000;

// Handed out when there is no memory for a status; never freed.
static hgn_status_s noMemoryStatus = {HGN_OUT_OF_MEMORY, {0}};

hgn_status hagane::runtime::makeStatus(hgn_code code, const char *format, ...) {
  char text[kMaxMessage + 1];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  size_t length = strlen(text);
  auto *status =
      static_cast<hgn_status_s *>(malloc(sizeof(hgn_status_s) + length));
  if (!status)
    return &noMemoryStatus;
  status->code = code;
  memcpy(status->message, text, length + 1);
  return status;
}

hgn_status hagane::runtime::outOfMemory(const char *what, uint64_t bytes) {
  return makeStatus(HGN_OUT_OF_MEMORY, "no memory for %s (%llu bytes)", what,
                    static_cast<unsigned long long>(bytes));
}

hgn_code hgn_status_code(hgn_status status) {
  return status ? status->code : HGN_OK;
}

const char *hgn_status_message(hgn_status status) {
  if (!status)
    return "ok";
  return status == &noMemoryStatus ? "out of memory" : status->message;
}

void hgn_status_release(hgn_status status) {
  if (status != &noMemoryStatus)
    free(status);
}
