#include "Session.h"

#include "Arrays.h"

#include <cstring>
#include <vector>

namespace nb = nanobind;
using namespace hagane::python;

Module::Module(const std::string &path, const std::optional<std::string> &level,
               bool verify, bool inspect,
               const std::optional<std::string> &device) {
  hgn_open_options options = {};
  options.level = level ? level->c_str() : nullptr;
  options.device = device ? device->c_str() : nullptr;
  options.flags =
      (verify ? HGN_OPEN_VERIFY : 0) | (inspect ? HGN_OPEN_INSPECT : 0);
  hgn_module *opened = nullptr;
  hgn_status status;
  {
    nb::gil_scoped_release release;
    status = hgn_module_open(path.c_str(), &options, &opened);
  }
  check(status);
  module.reset(opened);
}

void Module::verify() const {
  hgn_status status;
  {
    nb::gil_scoped_release release;
    status = hgn_module_verify(get());
  }
  check(status);
}

Session::Session(const Module &module, int threads, int64_t cachePages)
    : module(module.get()) {
  hgn_session_options options = {};
  options.threads = threads;
  options.cache_pages = cachePages;
  hgn_session *created = nullptr;
  check(hgn_session_create(module.get(), &options, &created));
  session.reset(created);
}

/// Lets other Python threads go on while one of them runs the session.
std::unique_lock<std::mutex> Session::acquire() {
  nb::gil_scoped_release release;
  return std::unique_lock(running);
}

nb::list Session::run(const nb::list &inputs, const nb::list &outputs,
                      bool dlpack) {
  const hgn_module_info &view = info();
  std::vector<Argument> given;
  std::vector<hgn_tensor> in, out(view.output_count);
  given.reserve(view.input_count);
  for (uint32_t i = 0; i < view.input_count; ++i) {
    given.push_back(Argument::input(inputs[i], view.inputs[i]));
    in.push_back(given.back().tensor);
  }

  std::unique_lock lock = acquire();
  // Shapes first: results go straight to memory that Python will own.
  check(hgn_session_resolve(session.get(), in.data(), view.input_count,
                            out.data(), view.output_count, nullptr));
  std::vector<std::optional<Argument>> taken(view.output_count);
  std::vector<std::optional<FreshOutput>> fresh(view.output_count);
  for (uint32_t i = 0; i < view.output_count; ++i) {
    nb::handle array = outputs[i];
    if (array.is_none()) {
      fresh[i].emplace(out[i]);
    } else {
      taken[i] = Argument::output(array, view.outputs[i]);
      if (!isLate(out[i]))
        taken[i]->matchShape(out[i], view.outputs[i]);
      out[i].data = taken[i]->tensor.data;
      out[i].bytes = taken[i]->tensor.bytes;
    }
  }
  hgn_status status;
  {
    nb::gil_scoped_release release;
    status = hgn_session_run(session.get(), in.data(), view.input_count,
                             out.data(), view.output_count);
  }
  check(status);

  nb::list results;
  for (uint32_t i = 0; i < view.output_count; ++i) {
    // A size that only the run tells is known now.
    if (taken[i])
      taken[i]->matchShape(out[i], view.outputs[i]);
    if (taken[i])
      results.append(outputs[i]);
    else
      results.append(fresh[i]->release(out[i], dlpack));
  }
  return results;
}

hgn_sequence Session::createSequence() {
  std::unique_lock lock = acquire();
  hgn_sequence sequence = 0;
  check(hgn_sequence_create(session.get(), &sequence));
  return sequence;
}

hgn_sequence Session::forkSequence(hgn_sequence from) {
  std::unique_lock lock = acquire();
  hgn_sequence sequence = 0;
  check(hgn_sequence_fork(session.get(), from, &sequence));
  return sequence;
}

void Session::releaseSequence(hgn_sequence sequence) {
  std::unique_lock lock = acquire();
  check(hgn_sequence_release(session.get(), sequence));
}

int64_t Session::sequenceLength(hgn_sequence sequence) {
  std::unique_lock lock = acquire();
  int64_t length = 0;
  check(hgn_sequence_length(session.get(), sequence, &length));
  return length;
}

void Session::truncateSequence(hgn_sequence sequence, int64_t length) {
  std::unique_lock lock = acquire();
  check(hgn_sequence_truncate(session.get(), sequence, length));
}

/// The last of the rows [sequence, new position, ...] of each sequence, moved
/// to the front of the output's memory.
static void keepLastRows(hgn_tensor &output, std::vector<int64_t> &dims) {
  dims.assign(output.dims, output.dims + output.rank);
  auto sequences = static_cast<size_t>(dims[0]);
  auto positions = static_cast<size_t>(dims[1]);
  size_t row = static_cast<size_t>(hgn_dtype_bits(output.dtype)) / 8;
  for (size_t d = 2; d < dims.size(); ++d)
    row *= static_cast<size_t>(dims[d]);
  auto *data = static_cast<uint8_t *>(output.data);
  for (size_t i = 0; i < sequences && positions > 1; ++i)
    std::memmove(data + i * row, data + (i * positions + positions - 1) * row,
                 row);
  dims[1] = 1;
  output.dims = dims.data();
}

nb::list Session::step(const std::vector<hgn_sequence> &sequences,
                       const nb::list &inputs, bool last) {
  const hgn_module_info &view = info();
  std::vector<Argument> given(view.input_count);
  std::vector<hgn_tensor> in(view.input_count), out(view.output_count);
  for (uint32_t i = 0; i < view.input_count; ++i) {
    if (!inputs[i].is_none())
      given[i] = Argument::input(inputs[i], view.inputs[i]);
    in[i] = given[i].tensor;
  }
  std::unique_lock lock = acquire();
  hgn_status status;
  {
    nb::gil_scoped_release release;
    status = hgn_sequence_step(session.get(), sequences.data(),
                               uint32_t(sequences.size()), in.data(),
                               view.input_count, out.data(), view.output_count);
  }
  check(status);
  nb::list results;
  std::vector<int64_t> dims;
  for (uint32_t i = 0; i < view.output_count; ++i) {
    const hgn_value_info &value = view.outputs[i];
    bool hasRows = value.rank > 1 && view.cache.step.symbol >= 0 &&
                   value.dims[1].symbol == view.cache.step.symbol;
    if (last && hasRows)
      keepLastRows(out[i], dims);
    results.append(FreshOutput().release(out[i], /*dlpack=*/false));
  }
  return results;
}

nb::tuple Session::cacheUse() {
  std::unique_lock lock = acquire();
  hgn_cache_use use = {};
  check(hgn_session_get_cache_use(session.get(), &use));
  return nb::make_tuple(use.page, use.pages, use.free_pages, use.bytes,
                        use.sequences);
}

void Session::setSymbol(const std::string &name, int64_t value) {
  std::unique_lock lock = acquire();
  check(hgn_session_set_symbol(session.get(), name.c_str(), value));
}

void Session::resetStates() {
  std::unique_lock lock = acquire();
  hgn_session_reset_states(session.get());
}

/// Runs within `run`, which has let go of Python.
static void reportLaunch(void *user, const hgn_profile_event *event) {
  nb::gil_scoped_acquire acquire;
  auto *callback = static_cast<nb::object *>(user);
  try {
    (*callback)(event->name, event->ns, event->flops, event->bytes);
  } catch (nb::python_error &error) {
    error.discard_as_unraisable("hagane profile callback");
  }
}

void Session::setProfile(nb::object callback) {
  std::unique_lock lock = acquire();
  profile = std::move(callback);
  hgn_session_set_profile(session.get(),
                          profile.is_none() ? nullptr : reportLaunch, &profile);
}
