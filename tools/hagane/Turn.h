// Measuring while nothing else does.
#pragma once

#include <string>

namespace hagane::tool {

/// How to keep what else runs on the machine from what is measured.
struct TurnOptions {
  std::string lock; ///< a file that all who measure lock; "": none
  int priority = 0; ///< real-time, of all threads; 0: as they are
};

/// For as long as it exists, this process measures and others wait. Throws
/// Error if the lock or the priority cannot be had.
class Turn {
public:
  explicit Turn(const TurnOptions &options);
  ~Turn();
  Turn(const Turn &) = delete;
  Turn &operator=(const Turn &) = delete;

private:
  int descriptor = -1;
  bool isRealTime = false;
};

} // namespace hagane::tool
