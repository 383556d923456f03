// The runtime's C API with C++ ownership; failures become exceptions with the
// runtime's message.
#pragma once

#include "Commands.h"
#include "Tensor.h"

#include <memory>

namespace hagane::tool {

/// Releases the status; throws Error if it is one.
void check(hgn_status status);

struct Release {
  void operator()(hgn_module *module) const { hgn_module_release(module); }
  void operator()(hgn_session *session) const { hgn_session_release(session); }
  void operator()(hgn_pool *pool) const { hgn_pool_release(pool); }
};
using ModulePtr = std::unique_ptr<hgn_module, Release>;
using PoolPtr = std::unique_ptr<hgn_pool, Release>;

/// `device`: "" for the processor, "cuda" or "cuda:1" for a GPU.
ModulePtr openModule(const std::string &path, uint32_t flags = 0,
                     const std::string &device = "");

/// 0 threads: as many as there are physical cores.
PoolPtr makePool(int threads);

/// The threads that a session gets if asked for so many.
int threadCount(int threads);

/// A session with the threads it runs on.
class Session {
public:
  Session(hgn_module *module, int threads, int64_t cachePages = 0);
  /// Shares `pool`, which must outlive it.
  Session(hgn_module *module, hgn_pool *pool);

  const hgn_module_info &info() const { return *hgn_module_get_info(module); }
  const hgn_code_info &code() const {
    return info().codes[info().selected_code];
  }
  hgn_session *get() const { return session.get(); }
  int threads() const { return hgn_pool_threads(pool); }

  /// The module's inputs in order, taken from an npz file. Missing and unknown
  /// names are errors.
  std::vector<HostTensor> readInputs(const std::string &path) const;
  /// The inputs' dims for these values of the symbols.
  std::vector<std::vector<int64_t>> inputDims(const DimValues &values) const;
  /// Random inputs of these dims.
  std::vector<HostTensor> randomInputs(const DimValues &values) const;
  /// Those of `path`, or random ones if that is empty.
  std::vector<HostTensor> makeInputs(const std::string &path,
                                     const DimValues &values) const {
    return path.empty() ? randomInputs(values) : readInputs(path);
  }

private:
  Session(hgn_module *module, hgn_pool *shared, PoolPtr owned,
          int64_t cachePages);

  hgn_module *module;
  PoolPtr own; ///< nothing if shared
  hgn_pool *pool;
  std::unique_ptr<hgn_session, Release> session;
};

} // namespace hagane::tool
