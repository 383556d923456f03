// Sessions: creation, release and the C functions around resolve and run.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Session.h"

#include "Status.h"
#include "Topology.h"

#include <string.h>

using namespace hagane::runtime;

hgn_session::~hgn_session() {
  if (backend)
    backend->stop(*this);
  hgn_status_release(problem);
  releasePool(pool);
  hgn_module_release(module);
}

hgn_status hgn_session::startThreads(const hgn_session_options &options) {
  if (options.threads < 0)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "threads is %d, expected 0 (automatic) or more",
                      options.threads);
  if (options.host_run && options.pool)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "a session has a pool or host_run, not both");
  hostRun = options.host_run;
  hostUser = options.host_user;
  threads = options.threads;
  if (threads == 1)
    return nullptr;
  if (hostRun) {
    threads = threads ? threads : usableCores();
    return nullptr;
  }
  if (options.pool) {
    pool = options.pool;
    pool->retain();
  } else if (threads == 0) {
    HGN_TRY(acquireDefaultPool(&pool));
  } else {
    HGN_TRY(hgn_pool_create(threads, &pool));
  }
  if (threads == 0 || threads > pool->threads())
    threads = pool->threads();
  return nullptr;
}

hgn_status hgn_session::startArrays() {
  const hgn_module_info &view = info();
  uint64_t dims = 0, inDims = 0;
  for (uint32_t i = 0; i < view.output_count; ++i)
    dims += uint64_t(view.outputs[i].rank);
  for (uint32_t i = 0; i < view.input_count; ++i)
    inDims += uint64_t(view.inputs[i].rank);
  bool made =
      symbols.reset(view.symbol_count) && incoming.reset(view.symbol_count) &&
      preset.reset(view.symbol_count) &&
      plan.reset(module->selected().plan_slots) && outputDims.reset(dims) &&
      inputDims.reset(inDims) && outputBytes.reset(view.output_count) &&
      stateBytes.reset(view.state_count) && inputData.reset(view.input_count) &&
      inputBytes.reset(view.input_count) &&
      outputData.reset(view.output_count) &&
      stateData.reset(view.state_count) &&
      ownOutputs.reset(view.output_count) &&
      partTimes.reset(uint64_t(threads)) &&
      lateOutputs.reset(view.output_count) && states.reset(view.state_count) &&
      stepInputs.reset(view.cache.page ? view.input_count : 0) &&
      filled.reset(view.cache.input_count);
  if (!made)
    return outOfMemory("a session", module->selected().plan_slots * 8ull);
  for (uint32_t i = 0; i < view.symbol_count; ++i)
    preset[i] = -1;
  return nullptr;
}

// The capacity of a module's caches.
hgn_status hgn_session::startCache(const hgn_session_options &options) {
  constexpr int64_t kDefaultPositions = 4096;
  const hgn_cache_info &cache = info().cache;
  if (!cache.page && options.cache_pages)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "cache_pages is %lld, expected 0: the module keeps no "
                      "caches",
                      static_cast<long long>(options.cache_pages));
  if (!cache.page)
    return nullptr;
  const hgn_symbol_info &symbol = info().symbols[cache.pages_symbol];
  int64_t most = symbol.max < INT32_MAX ? symbol.max : INT32_MAX;
  int64_t pages = options.cache_pages;
  if (!pages) {
    pages = (kDefaultPositions + cache.page - 1) / cache.page;
    pages = pages < symbol.min ? symbol.min : pages > most ? most : pages;
  }
  if (pages < symbol.min || pages < 1 || pages > most)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "cache_pages is %lld, expected %lld to %lld",
                      static_cast<long long>(pages),
                      static_cast<long long>(symbol.min < 1 ? 1 : symbol.min),
                      static_cast<long long>(most));
  preset[uint32_t(cache.pages_symbol)] = pages;
  return nullptr;
}

hgn_status hgn_session::start(hgn_module *newModule,
                              const hgn_session_options &options) {
  module = newModule;
  retainModule(module);
  if (info().selected_code < 0)
    return noUsableCode(*module);
  HGN_TRY(startThreads(options));
  HGN_TRY(startArrays());
  HGN_TRY(startCache(options));
  profile = options.profile;
  profileUser = options.profile_user;
  backend = module->device ? &deviceBackend() : &kCpuBackend;
  exec.api = backend->api;
  exec.symbols = symbols.data();
  exec.plan = plan.data();
  exec.inputs = inputData.data();
  exec.outputs = outputData.data();
  exec.weights = module->weights();
  exec.states = stateData.data();
  exec.session = this;
  return backend->start(*this);
}

hgn_status hgn_session_create(hgn_module *module,
                              const hgn_session_options *options,
                              hgn_session **out) {
  if (!module || !out)
    return makeStatus(HGN_INVALID_ARGUMENT, "module or out is NULL");
  hgn_session *session = create<hgn_session>();
  if (!session)
    return outOfMemory("a session", sizeof(hgn_session));
  if (hgn_status status =
          session->start(module, options ? *options : hgn_session_options{})) {
    destroy(session);
    return status;
  }
  *out = session;
  return nullptr;
}

void hgn_session_release(hgn_session *session) { destroy(session); }

void hgn_session_set_profile(hgn_session *session, hgn_profile_fn profile,
                             void *user) {
  if (!session)
    return;
  session->profile = profile;
  session->profileUser = user;
}

hgn_status hgn_session_set_symbol(hgn_session *session, const char *name,
                                  int64_t value) {
  if (!session || !name)
    return makeStatus(HGN_INVALID_ARGUMENT, "session or name is NULL");
  const hgn_module_info &view = session->info();
  for (uint32_t i = 0; i < view.symbol_count; ++i) {
    const hgn_symbol_info &symbol = view.symbols[i];
    if (strcmp(symbol.name, name) != 0)
      continue;
    if (const hgn_value_info *carrier = inputCarrying(view, int32_t(i)))
      return makeStatus(HGN_INVALID_ARGUMENT,
                        "symbol '%s' is given by the shape of input '%s'", name,
                        carrier->name);
    if (value < symbol.min || value > symbol.max)
      return makeStatus(HGN_INVALID_ARGUMENT,
                        "symbol '%s' is %lld, expected %lld to %lld", name,
                        static_cast<long long>(value),
                        static_cast<long long>(symbol.min),
                        static_cast<long long>(symbol.max));
    if (int32_t(i) == view.cache.pages_symbol) {
      if (session->sequences.sequenceCount() > 0)
        return makeStatus(HGN_INVALID_ARGUMENT,
                          "symbol '%s' cannot change while there are sequences",
                          name);
      session->resetStates();
    }
    session->preset[i] = value;
    return nullptr;
  }
  return makeStatus(HGN_INVALID_ARGUMENT, "the module has no symbol '%s'",
                    name);
}

hgn_status hagane::runtime::checkCount(const char *kind, const void *list,
                                       uint32_t found, uint32_t expected) {
  if (found != expected)
    return makeStatus(HGN_INVALID_ARGUMENT, "found %u %ss, expected %u", found,
                      kind, expected);
  if (expected > 0 && !list)
    return makeStatus(HGN_INVALID_ARGUMENT, "the list of %ss is NULL", kind);
  return nullptr;
}

hgn_status hgn_session_shape_inputs(hgn_session *session,
                                    const int64_t *symbols,
                                    uint32_t symbol_count, hgn_tensor *inputs,
                                    uint32_t input_count) {
  if (!session)
    return makeStatus(HGN_INVALID_ARGUMENT, "session is NULL");
  const hgn_module_info &view = session->info();
  HGN_TRY(checkCount("symbol", symbols, symbol_count, view.symbol_count));
  HGN_TRY(checkCount("input", inputs, input_count, view.input_count));
  return session->shapeInputs(symbols, inputs);
}

hgn_status hgn_session_resolve(hgn_session *session, const hgn_tensor *inputs,
                               uint32_t input_count, hgn_tensor *outputs,
                               uint32_t output_count,
                               hgn_requirements *requirements) {
  if (!session)
    return makeStatus(HGN_INVALID_ARGUMENT, "session is NULL");
  const hgn_module_info &view = session->info();
  HGN_TRY(checkCount("input", inputs, input_count, view.input_count));
  if (output_count > 0)
    HGN_TRY(checkCount("output", outputs, output_count, view.output_count));
  HGN_TRY(session->resolve(inputs));
  for (uint32_t i = 0; i < output_count; ++i)
    session->describeOutput(i, &outputs[i]);
  if (!requirements)
    return nullptr;
  const int64_t *plan = session->plan.data();
  *requirements = {plan[HGN_PLAN_ARENA_BYTES], plan[HGN_PLAN_SCRATCH_BYTES], 0,
                   plan};
  for (uint32_t i = 0; i < view.state_count; ++i)
    requirements->state_bytes += session->stateBytes[i];
  return nullptr;
}

hgn_status hgn_session_run(hgn_session *session, const hgn_tensor *inputs,
                           uint32_t input_count, hgn_tensor *outputs,
                           uint32_t output_count) {
  if (!session)
    return makeStatus(HGN_INVALID_ARGUMENT, "session is NULL");
  const hgn_module_info &view = session->info();
  HGN_TRY(checkCount("input", inputs, input_count, view.input_count));
  HGN_TRY(checkCount("output", outputs, output_count, view.output_count));
  HGN_TRY(session->resolve(inputs));
  return session->run(inputs, outputs);
}

hgn_status hgn_session_bind_state(hgn_session *session, uint32_t index,
                                  void *data, uint64_t bytes) {
  if (!session)
    return makeStatus(HGN_INVALID_ARGUMENT, "session is NULL");
  const hgn_module_info &view = session->info();
  if (index >= view.state_count)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "state %u does not exist, the module has %u", index,
                      view.state_count);
  if (reinterpret_cast<uintptr_t>(data) % HGN_ALIGNMENT != 0)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "the memory of state '%s' is not aligned to %d bytes",
                      view.states[index].name, HGN_ALIGNMENT);
  if (session->sequences.sequenceCount() > 0)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "the memory of state '%s' cannot change while there are "
                      "sequences",
                      view.states[index].name);
  hgn_session::State &state = session->states[index];
  state.bound = data;
  state.boundBytes = data ? bytes : 0;
  state.ownBytes = -1;
  return nullptr;
}

void hgn_session_reset_states(hgn_session *session) {
  if (session)
    session->resetStates();
}

const char *hgn_runtime_version(void) { return HAGANE_VERSION; }
