// Module files in memory, for tests.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModuleBuilder.h"

#include "runtime/ModuleFormat.h"
#include "runtime/include/hagane/abi.h"

#include <fstream>
#include <iostream>
#include <iterator>
#include <string.h>

using namespace hagane;
using namespace hagane::test;

static constexpr float kWeight[4] = {100, 200, 300, 400};
static constexpr uint8_t kImage[100] = {0x7f, 'E', 'L', 'F'};

const Bytes &test::programImage() {
  static const Bytes image = [] {
    std::ifstream file(HAGANE_TEST_PROGRAMS, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(file), {});
  }();
  return image;
}

static std::unique_ptr<format::DimT> dim(int64_t fixed, int32_t symbol = -1,
                                         int32_t slot = -1) {
  auto result = std::make_unique<format::DimT>();
  result->fixed = fixed;
  result->symbol = symbol;
  result->slot = slot;
  return result;
}

template <typename... Dims>
static std::unique_ptr<format::ValueT>
value(const char *name, format::DType dtype, Dims... dims) {
  auto result = std::make_unique<format::ValueT>();
  result->name = name;
  result->dtype = dtype;
  (result->dims.push_back(std::move(dims)), ...);
  return result;
}

static std::unique_ptr<format::KernelT> kernel(const char *name,
                                               int32_t flopsSlot) {
  auto result = std::make_unique<format::KernelT>();
  result->name = name;
  result->schedule = "rows = 1";
  result->flops_slot = flopsSlot;
  result->nodes = {"Add_0", "Add_1"};
  result->code_size = 16;
  result->ir = "func.func";
  return result;
}

static std::unique_ptr<format::CodeT> code(int program,
                                           uint32_t planSlots = 4) {
  auto result = std::make_unique<format::CodeT>();
  int64_t entries[2];
  memcpy(entries, programImage().data() + 16 * program, sizeof(entries));
  result->level = "baseline";
  result->size = programImage().size();
  result->plan_entry = uint64_t(entries[0]);
  result->run_entry = uint64_t(entries[1]);
  result->plan_slots = planSlots;
  return result;
}

static std::unique_ptr<format::SymbolT> symbol(const char *name, int64_t min,
                                               int64_t max) {
  auto result = std::make_unique<format::SymbolT>();
  result->name = name;
  result->min = min;
  result->max = max;
  return result;
}

static std::unique_ptr<format::ModuleT> emptyModule() {
  auto module = std::make_unique<format::ModuleT>();
  module->abi_version = HGN_ABI_VERSION;
  module->provenance = std::make_unique<format::ProvenanceT>();
  module->provenance->source_name = "test.onnx";
  module->provenance->notes = {"first note"};
  return module;
}

std::unique_ptr<format::ModuleT> test::addModule() {
  using format::DType;
  auto module = emptyModule();
  module->symbols.push_back(symbol("n", 0, 4096));
  module->inputs.push_back(value("a", DType::F32, dim(-1, 0), dim(4)));
  module->inputs.push_back(value("b", DType::F32, dim(-1, 0), dim(4)));
  module->outputs.push_back(value("c", DType::F32, dim(-1, -1, 2), dim(4)));
  for (const char *message : {"n is unlucky", "n is {got}, expected {want}"}) {
    module->checks.push_back(std::make_unique<format::CheckT>());
    module->checks.back()->message = message;
  }
  module->codes.push_back(code(0));
  module->codes[0]->kernels.push_back(kernel("sum_rows", 3));
  module->codes[0]->kernels.push_back(kernel("add_weight", -1));
  auto weight = std::make_unique<format::WeightT>();
  weight->name = "w";
  weight->dtype = DType::F32;
  weight->dims = {4};
  weight->size = sizeof(kWeight);
  module->weights.push_back(std::move(weight));
  module->weights_size = 64;
  auto buffer = std::make_unique<format::BufferT>();
  buffer->name = "sum";
  buffer->size_slot = 0;
  buffer->last_use = 1;
  module->buffers.push_back(std::move(buffer));
  return module;
}

std::unique_ptr<format::ModuleT> test::countModule() {
  using format::DType;
  auto module = emptyModule();
  module->symbols.push_back(symbol("cap", 1, 64));
  module->inputs.push_back(value("step", DType::I64));
  module->outputs.push_back(value("counts", DType::I64, dim(-1, 0)));
  module->states.push_back(value("counters", DType::I64, dim(-1, 0)));
  module->codes.push_back(code(1));
  return module;
}

std::unique_ptr<format::ModuleT> test::keepModule() {
  using format::DType;
  auto module = emptyModule();
  module->symbols.push_back(symbol("n", 0, 4096));
  module->inputs.push_back(value("x", DType::I64, dim(-1, 0)));
  module->outputs.push_back(value("kept", DType::I64, dim(-1, -1, 2)));
  module->codes.push_back(code(2));
  return module;
}

std::unique_ptr<format::ModuleT> test::recallModule() {
  using format::CacheRole;
  using format::DType;
  enum { Batch, Step, Pages, Table, Past };
  auto module = emptyModule();
  for (const char *name : {"batch", "step", "cache_pages", "table", "past"})
    module->symbols.push_back(symbol(name, name[0] == 'p' ? 0 : 1, 1 << 20));
  auto add = [&](const char *name, DType dtype, auto... dims) {
    module->inputs.push_back(value(name, dtype, std::move(dims)...));
  };
  add("input_ids", DType::I64, dim(-1, Batch), dim(-1, Step));
  add("hagane.pages", DType::I32, dim(-1, Batch), dim(-1, Table));
  add("hagane.lengths", DType::I64, dim(-1, Batch));
  add("position_ids", DType::I64, dim(-1, Batch), dim(-1, Step));
  add("attention_mask", DType::F32, dim(-1, Batch), dim(-1, -1, 6));
  module->outputs.push_back(
      value("digests", DType::I64, dim(-1, Batch), dim(-1, Step)));
  module->outputs.push_back(
      value("logits", DType::F32, dim(-1, Batch), dim(-1, Step), dim(12)));
  module->states.push_back(value("plain", DType::I64, dim(-1, Pages), dim(4)));
  module->states.push_back(
      value("negated", DType::I32, dim(-1, Pages), dim(2), dim(2)));
  for (const char *message : {"token is {got}", "filled wrongly"}) {
    module->checks.push_back(std::make_unique<format::CheckT>());
    module->checks.back()->message = message;
  }
  module->codes.push_back(code(3, 7));
  module->cache = std::make_unique<format::CacheT>();
  format::CacheT &cache = *module->cache;
  cache.page = 4;
  cache.pages = Pages;
  cache.table = Table;
  cache.past = Past;
  cache.batch = dim(-1, Batch);
  cache.step = dim(-1, Step);
  cache.uneven = true;
  for (uint32_t i = 0; i < 4; ++i) {
    cache.inputs.push_back(std::make_unique<format::CacheInputT>());
    cache.inputs.back()->input = i + 1;
    cache.inputs.back()->role = CacheRole(i);
  }
  return module;
}

static std::unique_ptr<format::ExtentT> extent(int32_t word, int64_t value) {
  auto result = std::make_unique<format::ExtentT>();
  result->word = word;
  result->value = value;
  return result;
}

static std::unique_ptr<format::TensorMapT> tensorMap() {
  auto result = std::make_unique<format::TensorMapT>();
  result->word = 1;
  result->dtype = format::DType::BF16;
  result->dims.push_back(extent(-1, 128));
  result->dims.push_back(extent(2, 1));
  result->strides.push_back(extent(-1, 256));
  result->box = {64, 128};
  result->swizzle = 128;
  return result;
}

std::unique_ptr<format::ModuleT> test::deviceModule() {
  auto module = addModule();
  module->codes.push_back(
      std::make_unique<format::CodeT>(*addModule()->codes[0]));
  format::CodeT &code = *module->codes[1];
  code.level = code.sm = "sm_90a";
  for (const char *name : {"first", "second"}) {
    format::KernelT &kernel = *code.kernels[code.images.size()];
    kernel.image = int32_t(code.images.size());
    kernel.entry = name;
    kernel.threads = 256;
    kernel.shared_bytes = 1024;
    kernel.words = 4;
    kernel.maps.push_back(tensorMap());
    kernel.source = "__global__";
    code.images.push_back(std::make_unique<format::ImageT>());
    code.images.back()->name = name;
    code.images.back()->size = sizeof(kImage);
  }
  return module;
}

static uint64_t pageUp(uint64_t offset) {
  return (offset + format::kSegmentAlignment - 1) &
         ~(format::kSegmentAlignment - 1);
}

static flatbuffers::FlatBufferBuilder pack(const format::ModuleT &module) {
  flatbuffers::FlatBufferBuilder builder;
  format::FinishModuleBuffer(builder, format::Module::Pack(builder, &module));
  return builder;
}

void test::layOut(format::ModuleT &module) {
  // Offsets that are not zero take the same room whatever they are.
  for (auto &code : module.codes)
    code->offset = 1,
    code->hash = format::hashBytes(programImage().data(), code->size);
  for (auto &code : module.codes)
    for (auto &image : code->images)
      image->offset = 1, image->hash = format::hashBytes(kImage, image->size);
  module.weights_offset = module.weights_size ? 1 : 0;
  for (auto &weight : module.weights)
    weight->hash = format::hashBytes(kWeight, weight->size);
  uint64_t position = pageUp(sizeof(format::Preamble) + pack(module).GetSize());
  for (auto &code : module.codes) {
    code->offset = position;
    position = pageUp(position + code->size);
  }
  for (auto &code : module.codes)
    for (auto &image : code->images) {
      image->offset = position;
      position += 2 * format::kImageAlignment;
    }
  position = pageUp(position);
  if (module.weights_size)
    module.weights_offset = position;
}

static void put(Bytes &file, uint64_t offset, const void *data, size_t size) {
  if (size == 0 || offset == 0 || offset > 1 << 20)
    return; // nothing, or broken on purpose
  if (file.size() < offset + size)
    file.resize(offset + size);
  memcpy(file.data() + offset, data, size);
}

Bytes test::emit(const format::ModuleT &module) {
  flatbuffers::FlatBufferBuilder header = pack(module);
  Bytes file(sizeof(format::Preamble));
  memcpy(file.data(), format::kMagic, sizeof(format::kMagic));
  uint64_t headerSize = header.GetSize();
  memcpy(file.data() + 8, &headerSize, sizeof(headerSize));
  file.insert(file.end(), header.GetBufferPointer(),
              header.GetBufferPointer() + headerSize);
  for (auto &code : module.codes)
    put(file, code->offset, programImage().data(), programImage().size());
  for (auto &code : module.codes)
    for (auto &image : code->images)
      put(file, image->offset, kImage, sizeof(kImage));
  Bytes segment(module.weights_size < 4096 ? module.weights_size : 64);
  for (auto &weight : module.weights)
    if (weight->offset == 0 && segment.size() >= sizeof(kWeight))
      memcpy(segment.data(), kWeight, sizeof(kWeight));
  put(file, module.weights_offset ? module.weights_offset : file.size(),
      segment.data(), segment.size());
  seal(file);
  return file;
}

Bytes test::assemble(format::ModuleT &module) {
  return assemble(module, [](format::ModuleT &) {});
}

void test::seal(Bytes &file) {
  format::Preamble preamble;
  if (file.size() < sizeof(preamble))
    return;
  memcpy(&preamble, file.data(), sizeof(preamble));
  preamble.fileSize = file.size();
  if (preamble.headerSize <= file.size() - sizeof(preamble))
    preamble.headerHash =
        format::hashBytes(file.data() + sizeof(preamble), preamble.headerSize);
  memcpy(file.data(), &preamble, sizeof(preamble));
}

Status test::open(const Bytes &file, ModulePtr &module, uint32_t flags,
                  const char *level) {
  hgn_open_options options = {flags | HGN_OPEN_COPY, level};
  hgn_module *opened = nullptr;
  Status status(
      hgn_module_open_memory(file.data(), file.size(), &options, &opened));
  module.reset(opened);
  return status;
}

ModulePtr test::mustOpen(const Bytes &file) {
  ModulePtr module(nullptr, hgn_module_release);
  Status status = open(file, module, HGN_OPEN_VERIFY);
  if (!status.ok())
    std::cerr << "cannot open the test module: " << status.message << "\n";
  return module;
}

SessionPtr test::makeSession(hgn_module *module, hgn_session_options options) {
  hgn_session *session = nullptr;
  Status status(hgn_session_create(module, &options, &session));
  if (!status.ok())
    std::cerr << "cannot make a session: " << status.message << "\n";
  return SessionPtr(session, hgn_session_release);
}

static size_t readTexts(const char *const *texts, uint32_t count) {
  size_t total = 0;
  for (uint32_t i = 0; i < count; ++i)
    total += strlen(texts[i]);
  return total;
}

static size_t readValues(const hgn_value_info *values, uint32_t count) {
  size_t total = 0;
  for (uint32_t i = 0; i < count; ++i) {
    total += strlen(values[i].name);
    for (int32_t d = 0; d < values[i].rank; ++d)
      total += values[i].dims[d].symbol_name
                   ? strlen(values[i].dims[d].symbol_name)
                   : 0;
  }
  return total;
}

static size_t readExtents(const hgn_extent_info *extents, int32_t count) {
  size_t total = 0;
  for (int32_t i = 0; i < count; ++i)
    total += size_t(extents[i].word + extents[i].value);
  return total;
}

static size_t readDevice(const hgn_code_info &code) {
  size_t total = strlen(code.sm);
  for (uint32_t i = 0; i < code.image_count; ++i) {
    const hgn_image_info &image = code.images[i];
    total += strlen(image.name);
    total += static_cast<const uint8_t *>(image.data)[image.size - 1];
  }
  for (uint32_t k = 0; k < code.kernel_count; ++k) {
    const hgn_kernel_info &kernel = code.kernels[k];
    total += strlen(kernel.entry) + strlen(kernel.source);
    for (uint32_t m = 0; m < kernel.map_count; ++m) {
      const hgn_tensor_map_info &map = kernel.maps[m];
      total += readExtents(map.dims, map.rank) +
               readExtents(map.strides, map.rank - 1) + map.box[map.rank - 1];
    }
  }
  return total;
}

size_t test::readAll(const hgn_module *module) {
  const hgn_module_info *info = hgn_module_get_info(module);
  size_t total =
      readValues(info->inputs, info->input_count) +
      readValues(info->outputs, info->output_count) +
      readValues(info->states, info->state_count) +
      readTexts(info->checks, info->check_count) +
      readTexts(info->provenance.notes, info->provenance.note_count) +
      strlen(info->provenance.source_hash) + strlen(info->provenance.options);
  for (uint32_t i = 0; i < info->code_count; ++i) {
    const hgn_code_info &code = info->codes[i];
    total += strlen(code.level) + readTexts(code.features, code.feature_count);
    total += static_cast<const uint8_t *>(code.data)[code.size - 1];
    total += *code.sm ? readDevice(code) : 0;
    for (uint32_t k = 0; k < code.kernel_count; ++k)
      total += strlen(code.kernels[k].name) + strlen(code.kernels[k].schedule) +
               strlen(code.kernels[k].ir) +
               readTexts(code.kernels[k].nodes, code.kernels[k].node_count);
    for (uint32_t k = 0; k < code.kernel_count; ++k)
      if (const hgn_kernel_info &kernel = code.kernels[k]; kernel.code_size)
        total += static_cast<const uint8_t *>(
            code.data)[kernel.code_offset + kernel.code_size - 1];
  }
  for (uint32_t i = 0; i < info->weight_count; ++i) {
    const hgn_weight_info &weight = info->weights[i];
    total += strlen(weight.name);
    for (int32_t d = 0; d < weight.rank; ++d)
      total += size_t(weight.dims[d] & 1);
    if (weight.size)
      total += static_cast<const uint8_t *>(weight.data)[weight.size - 1];
  }
  for (uint32_t i = 0; i < info->buffer_count; ++i)
    total += strlen(info->buffers[i].name);
  const hgn_cache_info &cache = info->cache;
  for (int32_t symbol :
       {cache.pages_symbol, cache.table_symbol, cache.past_symbol})
    total += symbol >= 0 ? strlen(info->symbols[symbol].name) : 0;
  for (uint32_t i = 0; i < cache.input_count; ++i)
    total += strlen(info->inputs[cache.inputs[i].input].name);
  return total + strlen(cache.reason);
}
