// The extension module hagane._runtime.
#include "Arrays.h"
#include "Session.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using namespace nb::literals;
using namespace hagane::python;

/// Extents: numbers, names of symbols, None for what the module computes.
static nb::tuple shapeOf(const hgn_value_info &value) {
  nb::list shape;
  for (int32_t i = 0; i < value.rank; ++i) {
    const hgn_dim_info &dim = value.dims[i];
    if (dim.fixed >= 0)
      shape.append(dim.fixed);
    else if (dim.symbol >= 0)
      shape.append(dim.symbol_name);
    else
      shape.append(nb::none());
  }
  return nb::tuple(shape);
}

/// (name, element type, shape) of each.
static nb::list valuesOf(const hgn_value_info *values, uint32_t count) {
  nb::list list;
  for (uint32_t i = 0; i < count; ++i)
    list.append(nb::make_tuple(values[i].name, hgn_dtype_name(values[i].dtype),
                               shapeOf(values[i])));
  return list;
}

static nb::dict symbolsOf(const Module &module) {
  nb::dict symbols;
  const hgn_module_info &info = module.info();
  for (uint32_t i = 0; i < info.symbol_count; ++i)
    symbols[info.symbols[i].name] =
        nb::make_tuple(info.symbols[i].min, info.symbols[i].max);
  return symbols;
}

static nb::dict provenanceOf(const Module &module) {
  const hgn_provenance_info &from = module.info().provenance;
  nb::dict provenance;
  provenance["compiler_version"] = from.compiler_version;
  provenance["source_name"] = from.source_name;
  provenance["source_hash"] = from.source_hash;
  provenance["options"] = from.options;
  return provenance;
}

/// (positions in a page, bytes of a page, uneven, reason, the symbol of the
/// lengths or None, names of the inputs that steps fill), or None.
static nb::object cacheOf(const Module &module) {
  const hgn_module_info &info = module.info();
  if (info.cache.page == 0)
    return nb::none();
  nb::list filled;
  for (uint32_t i = 0; i < info.cache.input_count; ++i)
    filled.append(info.inputs[info.cache.inputs[i].input].name);
  nb::object past = nb::none();
  if (info.cache.past_symbol >= 0)
    past = nb::cast(info.symbols[info.cache.past_symbol].name);
  return nb::make_tuple(info.cache.page, info.cache.page_bytes,
                        info.cache.uneven != 0, info.cache.reason, past,
                        filled);
}

static const char *levelOf(const Module &module) {
  const hgn_module_info &info = module.info();
  return info.selected_code < 0 ? nullptr
                                : info.codes[info.selected_code].level;
}

static const char *nameOf(hgn_code code) {
  static constexpr const char *names[] = {
      "ok",           "invalid_argument", "not_found",    "damaged",
      "incompatible", "out_of_memory",    "check_failed", "cache_full",
  };
  return static_cast<size_t>(code) < std::size(names) ? names[code] : "unknown";
}

static void raise(const std::exception_ptr &pointer, void *) {
  try {
    std::rethrow_exception(pointer);
  } catch (const Failure &failure) {
    nb::object type = nb::module_::import_("hagane._errors").attr("Error");
    PyErr_SetObject(type.ptr(),
                    type(failure.message, nameOf(failure.code)).ptr());
  }
}

NB_MODULE(_runtime, m) {
  m.doc() = "Bindings of hagane/runtime.h. Use the package's own names.";
  nb::register_exception_translator(raise);

  nb::class_<Module>(m, "Module", "An open module file.")
      .def(nb::init<const std::string &, const std::optional<std::string> &,
                    bool, bool, const std::optional<std::string> &>(),
           "path"_a, "level"_a = nb::none(), "verify"_a = false,
           "inspect"_a = false, "device"_a = nb::none())
      .def_prop_ro("inputs",
                   [](const Module &module) {
                     const hgn_module_info &info = module.info();
                     return valuesOf(info.inputs, info.input_count);
                   })
      .def_prop_ro("outputs",
                   [](const Module &module) {
                     const hgn_module_info &info = module.info();
                     return valuesOf(info.outputs, info.output_count);
                   })
      .def_prop_ro("states",
                   [](const Module &module) {
                     const hgn_module_info &info = module.info();
                     return valuesOf(info.states, info.state_count);
                   })
      .def_prop_ro("symbols", &symbolsOf)
      .def_prop_ro("provenance", &provenanceOf)
      .def_prop_ro("cache", &cacheOf,
                   nb::sig("def cache(self) -> tuple | None"))
      .def_prop_ro("level", &levelOf, nb::sig("def level(self) -> str | None"))
      .def_prop_ro("file_size",
                   [](const Module &module) { return module.info().file_size; })
      .def_prop_ro(
          "weights_size",
          [](const Module &module) { return module.info().weights_size; })
      .def("verify", &Module::verify,
           "Reads the whole module and checks all hashes.");

  nb::class_<Session>(m, "Session", "A module with the memory of its runs.")
      .def(nb::init<const Module &, int, int64_t>(), "module"_a,
           "threads"_a = 0, "cache_pages"_a = 0)
      .def("create_sequence", &Session::createSequence)
      .def("fork_sequence", &Session::forkSequence, "sequence"_a)
      .def("release_sequence", &Session::releaseSequence, "sequence"_a)
      .def("sequence_length", &Session::sequenceLength, "sequence"_a)
      .def("truncate_sequence", &Session::truncateSequence, "sequence"_a,
           "length"_a)
      .def("step", &Session::step, "sequences"_a, "inputs"_a, "last"_a = false,
           "An array per input, or None where the runtime fills it, in order.")
      .def("cache_use", &Session::cacheUse)
      .def("run", &Session::run, "inputs"_a, "outputs"_a, "dlpack"_a = false,
           "One array per input, and an array or None per output, in order.")
      .def("set_symbol", &Session::setSymbol, "name"_a, "value"_a)
      .def("reset_states", &Session::resetStates)
      .def("set_profile", &Session::setProfile, "callback"_a.none());

  m.def("version", &hgn_runtime_version);
}
