// Modules and sessions of the runtime as Python objects.
#pragma once

#include "hagane/runtime.h"

#include <memory>
#include <mutex>
#include <nanobind/nanobind.h>
#include <optional>
#include <string>
#include <vector>

namespace hagane::python {

struct Release {
  void operator()(hgn_module *module) const { hgn_module_release(module); }
  void operator()(hgn_session *session) const { hgn_session_release(session); }
};

class Module {
public:
  Module(const std::string &path, const std::optional<std::string> &level,
         bool verify, bool inspect, const std::optional<std::string> &device);

  hgn_module *get() const { return module.get(); }
  const hgn_module_info &info() const { return *hgn_module_get_info(get()); }
  void verify() const;

private:
  std::unique_ptr<hgn_module, Release> module;
};

class Session {
public:
  Session(const Module &module, int threads, int64_t cachePages);

  /// Runs with one input for each of the module's, in order. `outputs` holds
  /// an array for the caller's memory or None for each output. Returns all of
  /// them.
  nanobind::list run(const nanobind::list &inputs,
                     const nanobind::list &outputs, bool dlpack);
  hgn_sequence createSequence();
  hgn_sequence forkSequence(hgn_sequence from);
  void releaseSequence(hgn_sequence sequence);
  int64_t sequenceLength(hgn_sequence sequence);
  void truncateSequence(hgn_sequence sequence, int64_t length);
  /// Appends positions to each of `sequences`. `inputs` holds None for those
  /// that the runtime fills. Returns all outputs; of those with a row for each
  /// new position, the last row alone if asked for.
  nanobind::list step(const std::vector<hgn_sequence> &sequences,
                      const nanobind::list &inputs, bool last);
  /// (positions in a page, pages, free pages, bytes, sequences).
  nanobind::tuple cacheUse();

  void setSymbol(const std::string &name, int64_t value);
  void resetStates();
  /// Calls `callback(name, nanoseconds, flops, bytes)` after each launch; None
  /// for none.
  void setProfile(nanobind::object callback);

private:
  const hgn_module_info &info() const { return *hgn_module_get_info(module); }
  std::unique_lock<std::mutex> acquire();

  hgn_module *module; // kept by the session
  std::unique_ptr<hgn_session, Release> session;
  /// Other Python threads wait while one runs.
  std::mutex running;
  nanobind::object profile;
};

} // namespace hagane::python
