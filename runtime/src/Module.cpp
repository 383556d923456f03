// Opening modules and choosing their code.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Module.h"

#include "CpuFeatures.h"
#include "ModuleCheck.h"
#include "Status.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

using namespace hagane::runtime;

namespace {

// A list for messages, cut when long.
class TextList {
public:
  void add(const char *item) {
    size_t room = sizeof(text) - length;
    int written =
        snprintf(text + length, room, "%s%s", length ? ", " : "", item);
    if (written > 0)
      length += size_t(written) < room ? size_t(written) : room - 1;
  }
  char text[256] = {};

private:
  size_t length = 0;
};

// Closes a file at the end of the scope.
struct OpenFile {
  int descriptor = -1;
  ~OpenFile() {
    if (descriptor >= 0)
      close(descriptor);
  }
};

} // namespace

static constexpr char kDeviceLibrary[] =
    "the CUDA runtime library and hgn_open_options.device";

// Whether the code is for the module's device, or for the CPU if it has none.
static bool fitsDevice(const hgn_module &module, const hgn_code_info &code) {
  return module.device ? *code.sm && deviceRuns(*module.device, code.sm)
                       : !*code.sm;
}

static bool supported(const hgn_module &module, const hgn_code_info &code,
                      TextList *missing) {
  bool all = fitsDevice(module, code);
  if (!all && missing)
    missing->add(module.device ? "another device" : kDeviceLibrary);
  for (uint32_t i = 0; i < code.feature_count; ++i) {
    if (cpuSupports(code.features[i]))
      continue;
    all = false;
    if (missing)
      missing->add(code.features[i]);
  }
  return all;
}

// The last level of a CPU, or if there is none, of a device.
static const hgn_code_info &leastDemanding(const hgn_module_info &view) {
  for (uint32_t i = view.code_count; i > 0; --i)
    if (!*view.codes[i - 1].sm)
      return view.codes[i - 1];
  return view.codes[view.code_count - 1];
}

hgn_status hagane::runtime::noUsableCode(const hgn_module &module) {
  const hgn_module_info &view = module.info.view;
  TextList levels, missing;
  for (uint32_t i = 0; i < view.code_count; ++i)
    levels.add(view.codes[i].level);
  if (module.device)
    return makeStatus(HGN_INCOMPATIBLE,
                      "%s has code for %s, expected some that runs on %s: "
                      "compile it with --target=cuda and the device's --sm, or "
                      "open it for the CPU",
                      module.label, levels.text, deviceLabel(*module.device));
  const hgn_code_info &least = leastDemanding(view);
  supported(module, least, &missing);
  return makeStatus(
      HGN_INCOMPATIBLE, "%s has code for %s; %s lacks %s, which %s needs",
      module.label, levels.text, *least.sm ? "this process" : "this machine",
      missing.text, least.level);
}

static hgn_status selectLevel(hgn_module &module, const char *level) {
  hgn_module_info &view = module.info.view;
  TextList levels, missing;
  for (uint32_t i = 0; i < view.code_count; ++i) {
    levels.add(view.codes[i].level);
    if (strcmp(view.codes[i].level, level) != 0)
      continue;
    if (!supported(module, view.codes[i], &missing))
      return makeStatus(HGN_INCOMPATIBLE,
                        "%s: level %s needs %s, which this %s lacks",
                        module.label, level, missing.text,
                        *view.codes[i].sm ? "process" : "machine");
    view.selected_code = int32_t(i);
    return nullptr;
  }
  return makeStatus(HGN_INVALID_ARGUMENT,
                    "%s has no code for level '%s'; it has %s", module.label,
                    level, levels.text);
}

static hgn_status selectCode(hgn_module &module,
                             const hgn_open_options &options) {
  if (options.level)
    return selectLevel(module, options.level);
  hgn_module_info &view = module.info.view;
  for (uint32_t i = 0; i < view.code_count; ++i) {
    if (!supported(module, view.codes[i], nullptr))
      continue;
    view.selected_code = int32_t(i);
    return nullptr;
  }
  return options.flags & HGN_OPEN_INSPECT ? nullptr : noUsableCode(module);
}

// Embedded code runs where the program's loader mapped it.
static hgn_status findEmbeddedCode(hgn_module &module) {
  const hgn_embedded_module &embedded = *module.embedded;
  const hgn_code_info &code = module.selected();
  if (code.offset < embedded.code_offset ||
      code.offset - embedded.code_offset > embedded.code_size ||
      code.size > embedded.code_size - (code.offset - embedded.code_offset))
    return makeStatus(HGN_DAMAGED, "%s lacks the code of level %s",
                      module.label, code.level);
  module.codeBytes = static_cast<const uint8_t *>(embedded.code) +
                     (code.offset - embedded.code_offset);
  return nullptr;
}

static hgn_status mapSelected(hgn_module &module, int file) {
  if (module.info.view.selected_code < 0)
    return nullptr;
  const hgn_code_info &code = module.selected();
  if (module.embedded) {
    HGN_TRY(findEmbeddedCode(module));
  } else {
    HGN_TRY(module.code.mapCode(file, code.offset, code.data, code.size));
    module.codeBytes = module.code.data();
  }
  for (uint32_t i = 0; i < code.feature_count; ++i)
    if (!enableCpuFeature(code.features[i]))
      return makeStatus(HGN_INCOMPATIBLE, "the system refuses the use of %s",
                        code.features[i]);
  // Hashed as mapped: these are the bytes that run.
  return checkHash(module.label, "code of level", code.level, module.codeBytes,
                   code.size,
                   module.info.header->codes()
                       ->Get(uint32_t(module.info.view.selected_code))
                       ->hash());
}

static hgn_status load(hgn_module &module, int file,
                       const hgn_open_options &options) {
  const hagane::format::Module *header = nullptr;
  HGN_TRY(checkHeader(module.label, module.bytes, module.size, &header));
  HGN_TRY(checkStructure(module.label, *header, headerEndOf(module.bytes),
                         module.size));
  HGN_TRY(module.info.build(*header, module.bytes, module.size));
  if (options.device && strcmp(options.device, "cpu") != 0)
    HGN_TRY(findDevice(options.device, &module.device));
  HGN_TRY(selectCode(module, options));
  HGN_TRY(mapSelected(module, file));
  return options.flags & HGN_OPEN_VERIFY ? hgn_module_verify(&module) : nullptr;
}

// Loads into *out, or releases the module.
static hgn_status finish(hgn_module *module, hgn_status status,
                         hgn_module **out) {
  if (status)
    hgn_module_release(module);
  else
    *out = module;
  return status;
}

hgn_status hgn_module_open(const char *path, const hgn_open_options *options,
                           hgn_module **out) {
  if (!path || !out)
    return makeStatus(HGN_INVALID_ARGUMENT, "path or out is NULL");
  hgn_module *module = create<hgn_module>();
  if (!module)
    return outOfMemory("a module", sizeof(hgn_module));
  snprintf(module->label, sizeof(module->label), "module '%.100s'", path);
  OpenFile file;
  hgn_status status = module->owned.mapFile(path, &file.descriptor);
  if (!status) {
    module->bytes = module->owned.data();
    module->size = module->owned.size();
    status =
        load(*module, file.descriptor, options ? *options : hgn_open_options{});
  }
  return finish(module, status, out);
}

hgn_status hgn_module_open_memory(const void *data, size_t size,
                                  const hgn_open_options *options,
                                  hgn_module **out) {
  bool copy = options && options->flags & HGN_OPEN_COPY;
  if ((!data && size) || !out)
    return makeStatus(HGN_INVALID_ARGUMENT, "data or out is NULL");
  if (!copy && reinterpret_cast<uintptr_t>(data) % HGN_ALIGNMENT != 0)
    return makeStatus(HGN_INVALID_ARGUMENT,
                      "the module's memory is not aligned to %d bytes",
                      HGN_ALIGNMENT);
  hgn_module *module = create<hgn_module>();
  if (!module)
    return outOfMemory("a module", sizeof(hgn_module));
  snprintf(module->label, sizeof(module->label), "module in memory");
  module->bytes = static_cast<const uint8_t *>(data);
  module->size = size;
  hgn_status status = nullptr;
  if (copy && size > 0) {
    status = module->owned.copyBytes(data, size);
    module->bytes = module->owned.data();
  }
  if (!status)
    status = load(*module, -1, options ? *options : hgn_open_options{});
  return finish(module, status, out);
}

// The embedded bytes end before the weights: the file beside the program must
// be the one they were taken from.
static hgn_status mapBeside(hgn_module &module, const char *path) {
  const hgn_embedded_module &embedded = *module.embedded;
  OpenFile file;
  HGN_TRY(module.owned.mapFile(path, &file.descriptor));
  if (module.owned.size() < embedded.size ||
      memcmp(module.owned.data(), embedded.data, embedded.size) != 0)
    return makeStatus(HGN_DAMAGED,
                      "module '%s' is not the one that was embedded", path);
  module.bytes = module.owned.data();
  module.size = module.owned.size();
  return nullptr;
}

hgn_status hgn_module_open_embedded(const hgn_embedded_module *embedded,
                                    const char *path,
                                    const hgn_open_options *options,
                                    hgn_module **out) {
  if (!embedded || !embedded->data || !out)
    return makeStatus(HGN_INVALID_ARGUMENT, "embedded or out is NULL");
  hgn_module *module = create<hgn_module>();
  if (!module)
    return outOfMemory("a module", sizeof(hgn_module));
  module->embedded = embedded;
  module->bytes = static_cast<const uint8_t *>(embedded->data);
  module->size = embedded->size;
  hgn_status status = nullptr;
  if (embedded->file_name) {
    path = path ? path : embedded->file_name;
    snprintf(module->label, sizeof(module->label), "module '%.100s'", path);
    status = mapBeside(*module, path);
  } else {
    snprintf(module->label, sizeof(module->label), "embedded module");
  }
  if (!status)
    status = load(*module, -1, options ? *options : hgn_open_options{});
  return finish(module, status, out);
}

void hagane::runtime::retainModule(hgn_module *module) {
  module->references.fetch_add(1, std::memory_order_relaxed);
}

void hgn_module_release(hgn_module *module) {
  if (module && module->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    destroy(module);
}

hgn_status hgn_module_verify(const hgn_module *module) {
  if (!module)
    return makeStatus(HGN_INVALID_ARGUMENT, "module is NULL");
  const hgn_module_info &view = module->info.view;
  for (uint32_t i = 0; i < view.code_count; ++i)
    HGN_TRY(checkHash(module->label, "code of level", view.codes[i].level,
                      view.codes[i].data, view.codes[i].size,
                      module->info.header->codes()->Get(i)->hash()));
  for (uint32_t i = 0; i < view.code_count; ++i)
    for (uint32_t k = 0; k < view.codes[i].image_count; ++k) {
      const hgn_image_info &image = view.codes[i].images[k];
      HGN_TRY(checkHash(module->label, "image", image.name, image.data,
                        image.size, image.hash));
    }
  for (uint32_t i = 0; i < view.weight_count; ++i)
    HGN_TRY(checkHash(module->label, "weight", view.weights[i].name,
                      view.weights[i].data, view.weights[i].size,
                      view.weights[i].hash));
  return checkPadding(module->label, *module->info.header, module->bytes,
                      headerEndOf(module->bytes), module->size);
}

const hgn_module_info *hgn_module_get_info(const hgn_module *module) {
  static const hgn_module_info kEmpty = {};
  return module ? &module->info.view : &kEmpty;
}

static hgn_status findValue(const char *kind, const hgn_value_info *values,
                            uint32_t count, const char *name, uint32_t *index) {
  if (!name || !index)
    return makeStatus(HGN_INVALID_ARGUMENT, "name or index is NULL");
  TextList names;
  for (uint32_t i = 0; i < count; ++i) {
    names.add(values[i].name);
    if (strcmp(values[i].name, name) != 0)
      continue;
    *index = i;
    return nullptr;
  }
  return makeStatus(HGN_INVALID_ARGUMENT, "no %s is named '%s'; there are: %s",
                    kind, name, names.text);
}

hgn_status hgn_module_find_input(const hgn_module *module, const char *name,
                                 uint32_t *index) {
  const hgn_module_info *view = hgn_module_get_info(module);
  return findValue("input", view->inputs, view->input_count, name, index);
}

hgn_status hgn_module_find_output(const hgn_module *module, const char *name,
                                  uint32_t *index) {
  const hgn_module_info *view = hgn_module_get_info(module);
  return findValue("output", view->outputs, view->output_count, name, index);
}
