// Measuring while nothing else does.
#include "Turn.h"

#include "Commands.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sched.h>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

namespace hagane::tool {
namespace {

/// Of all threads there are, whatever started them. False if one of them was
/// refused it.
bool setPriority(int priority) {
  sched_param parameter{};
  parameter.sched_priority = priority;
  int policy = priority > 0 ? SCHED_RR : SCHED_OTHER;
  for (const auto &thread :
       std::filesystem::directory_iterator("/proc/self/task")) {
    auto id = pid_t(std::strtol(thread.path().filename().c_str(), nullptr, 10));
    // A thread may have ended meanwhile.
    if (sched_setscheduler(id, policy, &parameter) != 0 && errno != ESRCH)
      return false;
  }
  return true;
}

} // namespace

Turn::Turn(const TurnOptions &options) {
  if (!options.lock.empty()) {
    descriptor = open(options.lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0 || flock(descriptor, LOCK_EX) != 0) {
      std::string reason = std::strerror(errno);
      if (descriptor >= 0)
        close(descriptor);
      throw Error("cannot lock '" + options.lock + "': " + reason);
    }
  }
  isRealTime = options.priority > 0;
  if (isRealTime && !setPriority(options.priority)) {
    std::string reason = std::strerror(errno);
    setPriority(0);
    if (descriptor >= 0)
      close(descriptor);
    throw Error("cannot have the real-time priority " +
                std::to_string(options.priority) + ": " + reason);
  }
}

Turn::~Turn() {
  if (isRealTime)
    setPriority(0);
  if (descriptor < 0)
    return;
  close(descriptor);
  // Who waits is woken by then, and gets the next turn.
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

} // namespace hagane::tool
