// The launches of a run, kept for the next one: a run that makes the same ones
// again becomes a CUDA graph, and is then replayed by a single call.
//
// Compiled host code runs in full each time, as it is cheap; what it asks for
// is compared with the run before. As long as all is equal nothing is launched.
// At the first difference what was held back is launched, and all else at once.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_CUDA_LAUNCHES_H
#define HAGANE_RUNTIME_CUDA_LAUNCHES_H

#include "Profile.h"
#include "Program.h"

namespace hagane::runtime {

// A list that only grows, and keeps its memory.
template <typename T> class List {
public:
  List() = default;
  ~List() { free(values); }
  List(const List &) = delete;
  List &operator=(const List &) = delete;

  // Values are moved as bytes; false without memory.
  bool resize(size_t count) {
    if (count > capacity) {
      size_t roomy = count + capacity / 2;
      void *moved = realloc(static_cast<void *>(values), roomy * sizeof(T));
      if (!moved)
        return false;
      values = static_cast<T *>(moved);
      capacity = roomy;
    }
    length = count;
    return true;
  }
  size_t size() const { return length; }
  T *begin() { return values; }
  T *end() { return values + length; }
  T &operator[](size_t index) const { return values[index]; }

private:
  T *values = nullptr;
  size_t length = 0, capacity = 0;
};

class Launches {
public:
  void start(hgn_session &newSession, DeviceProgram &newProgram);
  ~Launches();

  // A run on this stream, with its first and its last commands. Nothing is held
  // back, and nothing replayed, while there is a profile.
  void begin(CUstream newStream, Profile *newProfile);
  hgn_status end();

  hgn_status launch(uint32_t kernel, const int64_t *args, int64_t items,
                    const void *scratch);
  // Few bytes, which become part of the command.
  static constexpr int64_t kMaxFill = 64;
  hgn_status fill(void *memory, const void *host, int64_t bytes);
  // Launches what is held back: memory is about to be looked at or to move.
  hgn_status flush();

  // Three words of the device that a run begins by making zero, and ends by
  // copying to the host.
  int64_t *report = nullptr, *hostReport = nullptr;
  static constexpr size_t kReportBytes = 3 * sizeof(int64_t);

  uint64_t launchCount = 0, replayCount = 0;

private:
  static constexpr uint32_t kFill = UINT32_MAX;
  struct Command {
    uint32_t kernel = 0;    // or kFill
    int64_t items = 0;      // or the memory's address
    uint64_t wordBytes = 0; // of the parameters that runs may change
    Block parameters;
  };

  // What the next command asks for, compared with the run before.
  hgn_status note(uint32_t kernel, int64_t items, const void *words,
                  uint64_t wordBytes, const void *scratch);
  bool matches(uint32_t kernel, int64_t items, const void *words,
               uint64_t wordBytes) const;
  hgn_status replace(uint32_t kernel, int64_t items, const void *words,
                     uint64_t wordBytes, const void *scratch);
  hgn_status addCommand();
  hgn_status issue(const Command &command);
  hgn_status issueLaunch(const Command &command);
  hgn_status issueFill(const Command &command);
  hgn_status issueFirst(size_t count);
  hgn_status clearReport();
  hgn_status readReport();
  hgn_status replay();
  hgn_status capture();
  void dropGraph();

  hgn_session *session = nullptr;
  DeviceProgram *program = nullptr;
  const Driver *driver = nullptr;
  CUstream stream = nullptr;
  Profile *profile = nullptr;
  List<Command *> commands; // the first `known` are of the run before
  size_t known = 0;
  size_t next = 0;   // command of the run
  bool held = false; // all commands so far are as before, and wait
  CUgraphExec graph = nullptr;
  bool canCapture = true;
};

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_CUDA_LAUNCHES_H
