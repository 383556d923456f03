// The module's tables as plain C structs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModuleInfo.h"

#include "Status.h"

using namespace hagane::runtime;

static const char *textOf(const flatbuffers::String *string) {
  return string ? string->c_str() : "";
}

template <typename T> T *ModuleInfo::makeArray(uint64_t count) {
  void *memory = heap.allocate(count * sizeof(T));
  exhausted |= memory == nullptr;
  return static_cast<T *>(memory);
}

// Fills one T per row with fill(row, &target).
template <typename T, typename Rows, typename Fn>
const T *ModuleInfo::convert(const Rows *rows, uint32_t *count, Fn fill) {
  *count = rows ? rows->size() : 0;
  T *result = makeArray<T>(*count);
  for (uint32_t i = 0; result && i < *count; ++i)
    fill(rows->Get(i), result[i]);
  return result;
}

const char *const *ModuleInfo::strings(
    const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>> *list,
    uint32_t *count) {
  return convert<const char *>(list, count,
                               [](const flatbuffers::String *string,
                                  const char *&out) { out = textOf(string); });
}

hgn_dim_info ModuleInfo::dim(const format::Dim &dim) const {
  const char *name =
      dim.symbol() >= 0 ? view.symbols[dim.symbol()].name : nullptr;
  return {dim.fixed(), dim.symbol(), dim.slot(), name, textOf(dim.text())};
}

const hgn_value_info *ModuleInfo::values(
    const flatbuffers::Vector<flatbuffers::Offset<format::Value>> *list,
    uint32_t *count) {
  auto fillDim = [&](const format::Dim *from, hgn_dim_info &out) {
    out = dim(*from);
  };
  auto fill = [&](const format::Value *value, hgn_value_info &out) {
    uint32_t rank = 0;
    out.name = textOf(value->name());
    out.dtype = hgn_dtype(value->dtype());
    out.dims = convert<hgn_dim_info>(value->dims(), &rank, fillDim);
    out.rank = int32_t(rank);
    out.shares = value->shares();
  };
  return convert<hgn_value_info>(list, count, fill);
}

const hgn_tensor_map_info *ModuleInfo::tensorMaps(
    const flatbuffers::Vector<flatbuffers::Offset<format::TensorMap>> *list,
    uint32_t *count) {
  auto fillExtent = [](const format::Extent *from, hgn_extent_info &out) {
    out = {from->word(), from->value()};
  };
  auto fill = [&](const format::TensorMap *from, hgn_tensor_map_info &out) {
    uint32_t rank = 0, strides = 0, box = 0;
    out.word = from->word();
    out.dtype = hgn_dtype(from->dtype());
    out.dims = convert<hgn_extent_info>(from->dims(), &rank, fillExtent);
    out.strides =
        convert<hgn_extent_info>(from->strides(), &strides, fillExtent);
    out.box = convert<uint32_t>(
        from->box(), &box, [](uint32_t from, uint32_t &out) { out = from; });
    out.rank = int32_t(rank);
    out.swizzle = from->swizzle();
  };
  return convert<hgn_tensor_map_info>(list, count, fill);
}

void ModuleInfo::buildKernel(const format::Kernel &kernel,
                             hgn_kernel_info &out) {
  out.name = textOf(kernel.name());
  out.schedule = textOf(kernel.schedule());
  out.flops_slot = kernel.flops_slot();
  out.bytes_slot = kernel.bytes_slot();
  out.nodes = strings(kernel.nodes(), &out.node_count);
  out.code_offset = kernel.code_offset();
  out.code_size = kernel.code_size();
  out.ir = textOf(kernel.ir());
  out.factors = hgn_dtype(kernel.factors());
  out.image = kernel.image();
  out.entry = textOf(kernel.entry());
  out.threads = kernel.threads();
  out.shared_bytes = kernel.shared_bytes();
  out.word_count = kernel.words();
  out.maps = tensorMaps(kernel.maps(), &out.map_count);
  out.source = textOf(kernel.source());
}

void ModuleInfo::buildCodes(const uint8_t *bytes) {
  auto fillKernel = [&](const format::Kernel *kernel, hgn_kernel_info &out) {
    buildKernel(*kernel, out);
  };
  auto fillImage = [&](const format::Image *image, hgn_image_info &out) {
    out = {textOf(image->name()), hgn_image_kind(image->kind()),
           image->offset(),       image->size(),
           image->hash(),         bytes + image->offset()};
  };
  auto fill = [&](const format::Code *code, hgn_code_info &out) {
    out.level = textOf(code->level());
    out.features = strings(code->features(), &out.feature_count);
    out.offset = code->offset();
    out.size = code->size();
    out.data = bytes + code->offset();
    out.plan_entry = code->plan_entry();
    out.run_entry = code->run_entry();
    out.plan_slots = code->plan_slots();
    out.kernels = convert<hgn_kernel_info>(code->kernels(), &out.kernel_count,
                                           fillKernel);
    out.sm = textOf(code->sm());
    out.images =
        convert<hgn_image_info>(code->images(), &out.image_count, fillImage);
  };
  view.codes = convert<hgn_code_info>(header->codes(), &view.code_count, fill);
}

void ModuleInfo::buildWeights() {
  auto fill = [&](const format::Weight *weight, hgn_weight_info &out) {
    out.name = textOf(weight->name());
    out.dtype = hgn_dtype(weight->dtype());
    out.rank = weight->dims() ? int32_t(weight->dims()->size()) : 0;
    out.dims = weight->dims() ? weight->dims()->data() : nullptr;
    out.offset = weight->offset();
    out.size = weight->size();
    out.hash = weight->hash();
    out.data = weightsBase + weight->offset();
  };
  view.weights =
      convert<hgn_weight_info>(header->weights(), &view.weight_count, fill);
}

void ModuleInfo::buildProvenance() {
  const format::Provenance *provenance = header->provenance();
  hgn_provenance_info &out = view.provenance;
  out.compiler_version =
      textOf(provenance ? provenance->compiler_version() : nullptr);
  out.source_name = textOf(provenance ? provenance->source_name() : nullptr);
  out.source_hash = textOf(provenance ? provenance->source_hash() : nullptr);
  out.options = textOf(provenance ? provenance->options() : nullptr);
  out.notes =
      strings(provenance ? provenance->notes() : nullptr, &out.note_count);
}

void ModuleInfo::buildCache() {
  const format::Cache *cache = header->cache();
  view.cache.reason = "";
  view.cache.pages_symbol = view.cache.table_symbol = view.cache.past_symbol =
      -1;
  if (!cache)
    return;
  hgn_cache_info &out = view.cache;
  out.page = int64_t(cache->page());
  out.pages_symbol = cache->pages();
  out.table_symbol = cache->table();
  out.past_symbol = cache->past();
  out.uneven = cache->uneven();
  out.reason = textOf(cache->reason());
  out.batch = dim(*cache->batch());
  out.step = dim(*cache->step());
  out.inputs = convert<hgn_cache_input>(
      cache->inputs(), &out.input_count,
      [](const format::CacheInput *from, hgn_cache_input &to) {
        to = {from->input(), hgn_cache_role(from->role())};
      });
  for (uint32_t i = 0; i < view.state_count; ++i) {
    // Checked: fixed extents, which do not overflow.
    int64_t bits = hgn_dtype_bits(view.states[i].dtype);
    for (int32_t d = 1; d < view.states[i].rank; ++d)
      bits *= view.states[i].dims[d].fixed;
    out.page_bytes += uint64_t(bits / 8);
  }
}

hgn_status ModuleInfo::build(const format::Module &module, const uint8_t *bytes,
                             uint64_t size) {
  header = &module;
  // Without weights their place is not checked.
  weightsBase = module.weights_size() ? bytes + module.weights_offset() : bytes;
  view.format_version = module.format_version();
  view.abi_version = module.abi_version();
  view.selected_code = -1;
  view.file_size = size;
  view.weights_size = module.weights_size();
  view.symbols = convert<hgn_symbol_info>(
      module.symbols(), &view.symbol_count,
      [](const format::Symbol *symbol, hgn_symbol_info &out) {
        out = {textOf(symbol->name()), symbol->min(), symbol->max()};
      });
  if (!exhausted) {
    view.inputs = values(module.inputs(), &view.input_count);
    view.outputs = values(module.outputs(), &view.output_count);
    view.states = values(module.states(), &view.state_count);
  }
  if (!exhausted)
    buildCache();
  view.checks =
      convert<const char *>(module.checks(), &view.check_count,
                            [](const format::Check *check, const char *&out) {
                              out = textOf(check->message());
                            });
  view.buffers = convert<hgn_buffer_info>(
      module.buffers(), &view.buffer_count,
      [](const format::Buffer *buffer, hgn_buffer_info &out) {
        out = {textOf(buffer->name()), buffer->offset_slot(),
               buffer->size_slot(),    buffer->first_use(),
               buffer->last_use(),     textOf(buffer->bytes())};
      });
  view.requirements = convert<hgn_requirement_info>(
      module.requirements(), &view.requirement_count,
      [](const format::Requirement *requirement, hgn_requirement_info &out) {
        out = {textOf(requirement->found()), textOf(requirement->expected()),
               textOf(requirement->what())};
      });
  if (const format::Memory *memory = module.memory())
    view.memory = {textOf(memory->arena()), textOf(memory->scratch()),
                   textOf(memory->heap())};
  else
    view.memory = {"", "", ""};
  buildCodes(bytes);
  buildWeights();
  buildProvenance();
  return exhausted ? outOfMemory("the module's tables", size) : nullptr;
}
