// Opening modules: what they say of themselves, which damage is found, which
// code is chosen.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModuleBuilder.h"

#include "runtime/ModuleFormat.h"
#include "runtime/include/hagane/abi.h"

#include <fstream>
#include <gtest/gtest.h>
#include <string.h>
#include <unistd.h>

using namespace hagane;
using namespace hagane::test;

namespace {

TEST(Module, DescribesItself) {
  ModulePtr module = mustOpen(assemble(*addModule()));
  ASSERT_TRUE(module);
  const hgn_module_info *info = hgn_module_get_info(module.get());
  ASSERT_EQ(info->input_count, 2u);
  EXPECT_STREQ(info->inputs[1].name, "b");
  EXPECT_EQ(info->inputs[1].dtype, HGN_F32);
  ASSERT_EQ(info->inputs[1].rank, 2);
  EXPECT_STREQ(info->inputs[1].dims[0].symbol_name, "n");
  EXPECT_EQ(info->inputs[1].dims[1].fixed, 4);
  EXPECT_EQ(info->outputs[0].dims[0].slot, 2);
  EXPECT_EQ(info->symbols[0].max, 4096);
  ASSERT_EQ(info->code_count, 1u);
  EXPECT_EQ(info->selected_code, 0);
  EXPECT_STREQ(info->codes[0].kernels[0].name, "sum_rows");
  EXPECT_STREQ(info->codes[0].kernels[0].nodes[1], "Add_1");
  EXPECT_EQ(info->codes[0].kernels[0].code_size, 16u);
  EXPECT_STREQ(info->codes[0].kernels[0].ir, "func.func");
  EXPECT_STREQ(info->weights[0].name, "w");
  EXPECT_EQ(static_cast<const float *>(info->weights[0].data)[3], 400.0f);
  EXPECT_STREQ(info->provenance.source_name, "test.onnx");
  EXPECT_STREQ(info->provenance.source_hash, "");
  EXPECT_STREQ(info->provenance.notes[0], "first note");
  EXPECT_STREQ(info->buffers[0].name, "sum");
}

TEST(Module, FindsValuesByName) {
  ModulePtr module = mustOpen(assemble(*addModule()));
  uint32_t index = 9;
  EXPECT_TRUE(Status(hgn_module_find_input(module.get(), "b", &index)).ok());
  EXPECT_EQ(index, 1u);
  EXPECT_TRUE(Status(hgn_module_find_output(module.get(), "c", &index)).ok());
  EXPECT_EQ(index, 0u);
  Status status(hgn_module_find_input(module.get(), "x", &index));
  EXPECT_EQ(status.code, HGN_INVALID_ARGUMENT);
  EXPECT_EQ(status.message, "no input is named 'x'; there are: a, b");
}

class ModuleFile : public testing::Test {
protected:
  std::string path =
      testing::TempDir() + "hagane-" + std::to_string(getpid()) + ".hgn";
  void write(const Bytes &bytes) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char *>(bytes.data()),
               std::streamsize(bytes.size()));
  }
  void TearDown() override { unlink(path.c_str()); }
};

TEST_F(ModuleFile, OpensAndVerifies) {
  write(assemble(*addModule()));
  hgn_open_options options = {HGN_OPEN_VERIFY, nullptr};
  hgn_module *module = nullptr;
  Status status(hgn_module_open(path.c_str(), &options, &module));
  ASSERT_TRUE(status.ok()) << status.message;
  hgn_module_release(module);
}

TEST_F(ModuleFile, ReportsWhatItCannotRead) {
  hgn_module *module = nullptr;
  Status missing(hgn_module_open("/nonexistent.hgn", nullptr, &module));
  EXPECT_EQ(missing.code, HGN_NOT_FOUND);
  EXPECT_TRUE(missing.says("'/nonexistent.hgn'")) << missing.message;
  EXPECT_TRUE(Status(hgn_module_open("/", nullptr, &module))
                  .says("not a regular file"));
  write({});
  EXPECT_TRUE(
      Status(hgn_module_open(path.c_str(), nullptr, &module)).says("is empty"));
  write(Bytes(100, 'x'));
  EXPECT_TRUE(Status(hgn_module_open(path.c_str(), nullptr, &module))
                  .says("wrong magic"));
}

TEST(Module, RefusesMisalignedMemoryUnlessCopied) {
  Bytes file = assemble(*addModule());
  file.insert(file.begin(), 0);
  hgn_module *module = nullptr;
  auto *misaligned =
      reinterpret_cast<void *>((reinterpret_cast<uintptr_t>(file.data()) | 1));
  EXPECT_TRUE(Status(hgn_module_open_memory(misaligned, 100, nullptr, &module))
                  .says("aligned"));
  hgn_open_options copy = {HGN_OPEN_COPY, nullptr};
  ASSERT_TRUE(Status(hgn_module_open_memory(file.data() + 1, file.size() - 1,
                                            &copy, &module))
                  .ok());
  hgn_module_release(module);
}

TEST(Module, RefusesNullArguments) {
  hgn_module *module = nullptr;
  EXPECT_EQ(Status(hgn_module_open(nullptr, nullptr, &module)).code,
            HGN_INVALID_ARGUMENT);
  EXPECT_EQ(Status(hgn_module_open("x", nullptr, nullptr)).code,
            HGN_INVALID_ARGUMENT);
  EXPECT_EQ(Status(hgn_module_open_memory(nullptr, 9, nullptr, &module)).code,
            HGN_INVALID_ARGUMENT);
  EXPECT_EQ(Status(hgn_module_verify(nullptr)).code, HGN_INVALID_ARGUMENT);
  EXPECT_EQ(hgn_module_get_info(nullptr)->input_count, 0u);
  hgn_module_release(nullptr);
}

TEST(Module, RefusesEveryTruncation) {
  Bytes file = assemble(*addModule());
  ModulePtr module(nullptr, hgn_module_release);
  for (size_t size = 0; size < file.size(); ++size) {
    Status status =
        open(Bytes(file.begin(), file.begin() + ptrdiff_t(size)), module);
    ASSERT_EQ(status.code, HGN_DAMAGED) << size << ": " << status.message;
  }
}

// The same with a preamble that agrees with what is left: the structure itself
// must show it.
TEST(Module, RefusesEverySealedTruncation) {
  Bytes file = assemble(*addModule());
  size_t used = file.size() - 64;
  ModulePtr module(nullptr, hgn_module_release);
  for (size_t size = sizeof(format::Preamble); size <= used;
       size += size < 4096 ? 1 : 61) {
    Bytes cut(file.begin(), file.begin() + ptrdiff_t(size));
    seal(cut);
    Status status = open(cut, module);
    ASSERT_EQ(status.code, HGN_DAMAGED) << size << ": " << status.message;
  }
}

struct Damage {
  const char *name;
  void (*apply)(format::ModuleT &);
  const char *message;
};

const Damage kDamages[] = {
    {"FormatVersion", [](format::ModuleT &m) { m.format_version = 2; },
     "format version 2"},
    {"AbiVersion", [](format::ModuleT &m) { m.abi_version = 7; },
     "ABI version 7"},
    {"AbiVersionOld", [](format::ModuleT &m) { m.abi_version = 1; },
     "ABI version 1"},
    {"NoCode", [](format::ModuleT &m) { m.codes.clear(); }, "has 0 codes"},
    {"CodeOffset", [](format::ModuleT &m) { m.codes[0]->offset += 64; },
     "code 0 lies outside"},
    {"CodeOutside",
     [](format::ModuleT &m) { m.codes[0]->offset = ~0ull << 12; },
     "code 0 lies outside"},
    {"CodeInHeader", [](format::ModuleT &m) { m.codes[0]->offset = 0; },
     "code 0 lies outside"},
    {"CodeSize", [](format::ModuleT &m) { m.codes[0]->size = 1ull << 63; },
     "code 0 lies outside"},
    {"CodeEmpty", [](format::ModuleT &m) { m.codes[0]->size = 0; },
     "code 0 lies outside"},
    {"CodeHash", [](format::ModuleT &m) { m.codes[0]->hash ^= 1; },
     "code of level baseline"},
    {"PlanEntry",
     [](format::ModuleT &m) { m.codes[0]->plan_entry = m.codes[0]->size; },
     "entry point"},
    {"RunEntry", [](format::ModuleT &m) { m.codes[0]->run_entry = ~0ull; },
     "entry point"},
    {"PlanShort", [](format::ModuleT &m) { m.codes[0]->plan_slots = 1; },
     "plan length"},
    {"PlanLong", [](format::ModuleT &m) { m.codes[0]->plan_slots = ~0u; },
     "plan length"},
    {"KernelSlot",
     [](format::ModuleT &m) { m.codes[0]->kernels[1]->flops_slot = 4; },
     "kernel 1 has a plan slot"},
    {"KernelOutside",
     [](format::ModuleT &m) {
       m.codes[0]->kernels[0]->code_offset = m.codes[0]->size - 15;
     },
     "kernel 0 has a function outside the code"},
    {"KernelFarOutside",
     [](format::ModuleT &m) { m.codes[0]->kernels[1]->code_offset = ~0ull; },
     "kernel 1 has a function outside the code"},
    {"KernelSlotNegative",
     [](format::ModuleT &m) { m.codes[0]->kernels[0]->bytes_slot = -2; },
     "kernel 0 has a plan slot"},
    {"DimEmpty", [](format::ModuleT &m) { m.inputs[0]->dims[1]->fixed = -1; },
     "input 0 has a dim"},
    {"DimTwice", [](format::ModuleT &m) { m.inputs[1]->dims[0]->fixed = 3; },
     "input 1 has a dim"},
    {"DimSymbol", [](format::ModuleT &m) { m.inputs[1]->dims[0]->symbol = 1; },
     "symbol out of range"},
    {"DimSlot", [](format::ModuleT &m) { m.outputs[0]->dims[0]->slot = 4; },
     "output 0 has a dim with a plan slot"},
    {"DType",
     [](format::ModuleT &m) { m.outputs[0]->dtype = format::DType::None; },
     "output 0 has an unknown element type"},
    {"SymbolRange", [](format::ModuleT &m) { m.symbols[0]->min = 5000; },
     "symbol 0 has an"},
    {"SymbolNegative", [](format::ModuleT &m) { m.symbols[0]->min = -1; },
     "symbol 0 has an"},
    {"WeightsOffset", [](format::ModuleT &m) { m.weights_offset += 8; },
     "weights lie outside"},
    {"WeightsSize", [](format::ModuleT &m) { m.weights_size = ~0ull; },
     "weights lie outside"},
    {"WeightsOverCode",
     [](format::ModuleT &m) { m.weights_offset = m.codes[0]->offset; },
     "overlaps the weights"},
    {"NoWeights",
     [](format::ModuleT &m) {
       m.weights.clear();
       m.weights_size = 0;
       m.weights_offset = ~0ull << 12;
     },
     nullptr},
    {"WeightOffset", [](format::ModuleT &m) { m.weights[0]->offset = 1024; },
     "weight 0 lies outside"},
    {"WeightSize", [](format::ModuleT &m) { m.weights[0]->size = 65; },
     "weight 0 lies outside"},
    {"WeightAlignment", [](format::ModuleT &m) { m.weights[0]->offset = 4; },
     "weight 0 is misaligned"},
    {"WeightDim", [](format::ModuleT &m) { m.weights[0]->dims[0] = -4; },
     "negative dim"},
    {"BufferSlot", [](format::ModuleT &m) { m.buffers[0]->offset_slot = 40; },
     "buffer 0 has a plan slot"},
    {"BufferLife", [](format::ModuleT &m) { m.buffers[0]->first_use = 3; },
     "buffer 0 ends"},
    {"Padding", [](format::ModuleT &m) { m.weights[0]->size = 8; }, "weight w"},
    {"WeightHash", [](format::ModuleT &m) { m.weights[0]->hash ^= 1; },
     "weight w"},
    {"UncoveredWeights",
     [](format::ModuleT &m) {
       m.weights[0]->name = "v";
       m.weights.clear();
     },
     nullptr},
};

// Gives the module paged states: one of [pages, 4], filled by inputs behind the
// two it has.
format::CacheT &addCache(format::ModuleT &m) {
  auto dim = [](int32_t symbol, int64_t fixed = -1) {
    auto result = std::make_unique<format::DimT>();
    result->symbol = symbol;
    result->fixed = fixed;
    return result;
  };
  auto value = [&](const char *name, format::DType dtype, int rank) {
    auto result = std::make_unique<format::ValueT>();
    result->name = name;
    result->dtype = dtype;
    for (int i = 0; i < rank; ++i)
      result->dims.push_back(i == 0 ? dim(0) : dim(-1, 4));
    return result;
  };
  m.states.push_back(value("keys", format::DType::F32, 2));
  m.inputs.push_back(value("hagane.pages", format::DType::I32, 2));
  m.inputs.push_back(value("hagane.lengths", format::DType::I64, 1));
  m.cache = std::make_unique<format::CacheT>();
  m.cache->page = 64;
  m.cache->batch = dim(0);
  m.cache->step = dim(-1, 1);
  for (auto role : {format::CacheRole::Pages, format::CacheRole::Lengths}) {
    m.cache->inputs.push_back(std::make_unique<format::CacheInputT>());
    m.cache->inputs.back()->role = role;
    m.cache->inputs.back()->input = 2 + uint32_t(role);
  }
  return *m.cache;
}

const Damage kCacheDamages[] = {
    {"Cache", [](format::ModuleT &m) { addCache(m); }, nullptr},
    {"CachePage", [](format::ModuleT &m) { addCache(m).page = 0; },
     "impossible page size"},
    {"CachePageHuge", [](format::ModuleT &m) { addCache(m).page = ~0ull; },
     "impossible page size"},
    {"CachePages", [](format::ModuleT &m) { addCache(m).pages = -1; },
     "symbol out of range"},
    {"CacheTable", [](format::ModuleT &m) { addCache(m).table = 1; },
     "symbol out of range"},
    {"CachePast", [](format::ModuleT &m) { addCache(m).past = 1; },
     "symbol out of range"},
    {"CacheBatch", [](format::ModuleT &m) { addCache(m).batch.reset(); },
     "neither symbol nor fixed"},
    {"CacheStep", [](format::ModuleT &m) { addCache(m).step->symbol = 9; },
     "has a dim that is not one"},
    {"CacheState",
     [](format::ModuleT &m) {
       addCache(m);
       m.states[0]->dims.erase(m.states[0]->dims.begin());
     },
     "state 0 is not made of the cache's pages"},
    {"CacheStateSize",
     [](format::ModuleT &m) {
       addCache(m);
       m.states[0]->dims[1]->fixed = -1;
       m.states[0]->dims[1]->symbol = 0;
     },
     "state 0 has pages of no fixed size"},
    {"CacheStateHuge",
     [](format::ModuleT &m) {
       addCache(m);
       m.states[0]->dims[1]->fixed = INT64_MAX;
     },
     "state 0 has pages of no fixed size"},
    {"CacheRole",
     [](format::ModuleT &m) {
       addCache(m).inputs[0]->role = format::CacheRole(4);
     },
     "cache input 0 has an unknown role"},
    {"CacheInput", [](format::ModuleT &m) { addCache(m).inputs[1]->input = 4; },
     "cache input 1 is out of range"},
    {"CacheInputType",
     [](format::ModuleT &m) { addCache(m).inputs[1]->input = 2; },
     "cache input 1 does not look like its role"},
    {"CacheWithoutLengths",
     [](format::ModuleT &m) { addCache(m).inputs.pop_back(); },
     "not one input of pages and one of lengths"},
};

format::CodeT &device(format::ModuleT &m) { return *m.codes[1]; }
format::KernelT &launch(format::ModuleT &m) { return *device(m).kernels[1]; }
format::TensorMapT &map(format::ModuleT &m) { return *launch(m).maps[0]; }

const Damage kDeviceDamages[] = {
    {"Device", [](format::ModuleT &) {}, nullptr},
    {"Sm", [](format::ModuleT &m) { device(m).sm = "sm_9x9"; },
     "code 1 is for a device of an impossible name"},
    {"NoSm", [](format::ModuleT &m) { device(m).sm.clear(); },
     "code 1 has images, but names no device"},
    {"NoSmImage",
     [](format::ModuleT &m) {
       device(m).sm.clear();
       device(m).images.clear();
     },
     "kernel 0 has an image in a CPU's code"},
    {"ImageOutside",
     [](format::ModuleT &m) { device(m).images[1]->offset = ~0ull << 12; },
     "image 1 lies outside the file"},
    {"ImageSize", [](format::ModuleT &m) { device(m).images[1]->size = ~0ull; },
     "image 1 lies outside the file"},
    {"ImageEmpty", [](format::ModuleT &m) { device(m).images[0]->size = 0; },
     "image 0 lies outside the file"},
    {"ImageAlignment",
     [](format::ModuleT &m) { device(m).images[1]->offset += 8; },
     "image 1 lies outside the file, is misaligned"},
    {"ImageOrder",
     [](format::ModuleT &m) {
       device(m).images[1]->offset = device(m).images[0]->offset;
     },
     "image 1 lies outside the file, is misaligned or out of order"},
    {"ImageInHeader",
     [](format::ModuleT &m) { device(m).images[0]->offset = 0; },
     "image 0 lies outside the file"},
    {"ImageOverCode",
     [](format::ModuleT &m) { device(m).images[0]->offset = device(m).offset; },
     "code 1 overlaps the images"},
    {"ImageOverWeights",
     [](format::ModuleT &m) {
       device(m).images[1]->offset = m.weights_offset;
       device(m).images[1]->size = 64;
     },
     "images overlap the weights"},
    {"ImageKind",
     [](format::ModuleT &m) {
       device(m).images[0]->kind = format::ImageKind(2);
     },
     "image 0 is of an unknown kind"},
    {"ImageHash", [](format::ModuleT &m) { device(m).images[1]->hash ^= 1; },
     "image second hashes to"},
    {"KernelImage", [](format::ModuleT &m) { launch(m).image = 2; },
     "kernel 1 has an image out of range"},
    {"KernelNoImage", [](format::ModuleT &m) { launch(m).image = -1; },
     "kernel 1 has an image out of range"},
    {"Entry", [](format::ModuleT &m) { launch(m).entry.clear(); },
     "kernel 1 names no entry"},
    {"NoThreads", [](format::ModuleT &m) { launch(m).threads = 0; },
     "kernel 1 has an impossible number of threads"},
    {"ManyThreads", [](format::ModuleT &m) { launch(m).threads = 1056; },
     "kernel 1 has an impossible number of threads"},
    {"PartialWarp", [](format::ModuleT &m) { launch(m).threads = 100; },
     "kernel 1 has an impossible number of threads"},
    {"Shared", [](format::ModuleT &m) { launch(m).shared_bytes = 1 << 18; },
     "kernel 1 has more shared memory"},
    {"NoWords", [](format::ModuleT &m) { launch(m).words = 0; },
     "kernel 1 has an impossible number of parameters"},
    {"ManyWords", [](format::ModuleT &m) { launch(m).words = ~0u; },
     "kernel 1 has an impossible number of parameters"},
    {"MapWord", [](format::ModuleT &m) { map(m).word = 3; },
     "tensor map of a word out of range"},
    {"MapRank",
     [](format::ModuleT &m) {
       map(m).dims.clear();
       map(m).strides.clear();
     },
     "tensor map of impossible extents"},
    {"MapStrides", [](format::ModuleT &m) { map(m).strides.clear(); },
     "tensor map of impossible extents"},
    {"MapExtentWord", [](format::ModuleT &m) { map(m).dims[1]->word = 3; },
     "tensor map of impossible extents"},
    {"MapExtentValue", [](format::ModuleT &m) { map(m).strides[0]->value = 0; },
     "tensor map of impossible extents"},
    {"MapBox", [](format::ModuleT &m) { map(m).box = {64, 257}; },
     "tensor map with an impossible box"},
    {"MapBoxRank", [](format::ModuleT &m) { map(m).box = {64}; },
     "tensor map with an impossible box"},
    {"MapSwizzle", [](format::ModuleT &m) { map(m).swizzle = 16; },
     "unknown element type or swizzle"},
    {"MapType", [](format::ModuleT &m) { map(m).dtype = format::DType::None; },
     "unknown element type or swizzle"},
};

void expectReport(format::ModuleT &tables, const Damage &damage) {
  ModulePtr module(nullptr, hgn_module_release);
  Status status = open(assemble(tables, damage.apply), module, HGN_OPEN_VERIFY);
  if (!damage.message) {
    EXPECT_TRUE(status.ok()) << status.message;
    return;
  }
  EXPECT_TRUE(status.code == HGN_DAMAGED || status.code == HGN_INCOMPATIBLE);
  EXPECT_TRUE(status.says(damage.message)) << status.message;
}

class ModuleDamage : public testing::TestWithParam<Damage> {};

TEST_P(ModuleDamage, IsReported) { expectReport(*addModule(), GetParam()); }

class DeviceDamage : public testing::TestWithParam<Damage> {};

TEST_P(DeviceDamage, IsReported) { expectReport(*deviceModule(), GetParam()); }

INSTANTIATE_TEST_SUITE_P(All, ModuleDamage, testing::ValuesIn(kDamages),
                         [](const auto &info) { return info.param.name; });
INSTANTIATE_TEST_SUITE_P(Cache, ModuleDamage, testing::ValuesIn(kCacheDamages),
                         [](const auto &info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(All, DeviceDamage, testing::ValuesIn(kDeviceDamages),
                         [](const auto &info) { return info.param.name; });

TEST(Module, DescribesDeviceCode) {
  ModulePtr module = mustOpen(assemble(*deviceModule()));
  ASSERT_TRUE(module);
  const hgn_module_info *info = hgn_module_get_info(module.get());
  EXPECT_EQ(info->selected_code, 0);
  EXPECT_STREQ(info->codes[0].sm, "");
  EXPECT_EQ(info->codes[0].kernels[0].image, -1);
  const hgn_code_info &code = info->codes[1];
  EXPECT_STREQ(code.sm, "sm_90a");
  ASSERT_EQ(code.image_count, 2u);
  EXPECT_STREQ(code.images[1].name, "second");
  EXPECT_EQ(code.images[1].kind, HGN_IMAGE_CUBIN);
  EXPECT_EQ(memcmp(code.images[1].data,
                   "\x7f"
                   "ELF",
                   4),
            0);
  const hgn_kernel_info &kernel = code.kernels[1];
  EXPECT_EQ(kernel.image, 1);
  EXPECT_STREQ(kernel.entry, "second");
  EXPECT_EQ(kernel.threads, 256u);
  EXPECT_EQ(kernel.shared_bytes, 1024u);
  EXPECT_EQ(kernel.word_count, 4u);
  EXPECT_STREQ(kernel.source, "__global__");
  ASSERT_EQ(kernel.map_count, 1u);
  const hgn_tensor_map_info &map = kernel.maps[0];
  EXPECT_EQ(map.dtype, HGN_BF16);
  ASSERT_EQ(map.rank, 2);
  EXPECT_EQ(map.dims[0].word, -1);
  EXPECT_EQ(map.dims[0].value, 128);
  EXPECT_EQ(map.dims[1].word, 2);
  EXPECT_EQ(map.strides[0].value, 256);
  EXPECT_EQ(map.box[1], 128u);
  EXPECT_EQ(map.swizzle, 128u);
}

TEST(Module, LeavesDeviceCodeToTheDevicesRuntime) {
  auto tables = deviceModule();
  tables->codes.erase(tables->codes.begin());
  Bytes file = assemble(*tables);
  ModulePtr module(nullptr, hgn_module_release);
  Status status = open(file, module);
  EXPECT_EQ(status.code, HGN_INCOMPATIBLE);
  EXPECT_EQ(status.message,
            "module in memory has code for sm_90a; this process lacks the CUDA "
            "runtime library and hgn_open_options.device, which sm_90a needs");
  EXPECT_TRUE(open(file, module, HGN_OPEN_INSPECT).ok());
  EXPECT_TRUE(open(file, module, 0, "sm_90a")
                  .says("level sm_90a needs the CUDA runtime library and "
                        "hgn_open_options.device, which "
                        "this process lacks"));
}

TEST(Module, OpensModulesOfTheOldestAbi) {
  auto tables = addModule();
  tables->abi_version = HGN_ABI_OLDEST_VERSION;
  EXPECT_TRUE(mustOpen(assemble(*tables)));
}

TEST(Module, VerifyFindsDamagedWeightsAndPadding) {
  Bytes good = assemble(*addModule());
  ModulePtr module(nullptr, hgn_module_release);
  Bytes weight = good;
  weight[weight.size() - 64] ^= 1;
  EXPECT_TRUE(open(weight, module).ok()); // weights are hashed on demand only
  EXPECT_TRUE(Status(hgn_module_verify(module.get())).says("weight w"));
  Bytes padding = good;
  padding.back() = 1;
  EXPECT_TRUE(open(padding, module, HGN_OPEN_VERIFY).says("padding"));
  Bytes gap = good;
  gap[size_t(hgn_module_get_info(mustOpen(good).get())->codes[0].offset) - 1] =
      1;
  EXPECT_TRUE(open(gap, module, HGN_OPEN_VERIFY).says("padding"));
}

// Moves the vector of dims by half an element, to where its first element still
// reads as a length.
TEST(Module, RefusesMisalignedDims) {
  auto tables = addModule();
  tables->weights[0]->dims = {1, 4};
  Bytes file = assemble(*tables);
  const format::Weight *weight =
      format::GetModule(file.data() + sizeof(format::Preamble))
          ->weights()
          ->Get(0);
  const uint8_t *field =
      reinterpret_cast<const flatbuffers::Table *>(weight)->GetAddressOf(
          format::Weight::VT_DIMS);
  file[size_t(field - file.data())] += 4;
  seal(file);
  ModulePtr module(nullptr, hgn_module_release);
  Status status = open(file, module);
  EXPECT_TRUE(status.says("weight 0 has misaligned dims")) << status.message;
}

std::unique_ptr<format::ModuleT> twoLevels(const char *first,
                                           const char *second) {
  auto tables = addModule();
  tables->codes.push_back(
      std::make_unique<format::CodeT>(*addModule()->codes[0]));
  tables->codes[0]->level = "upper";
  tables->codes[0]->features = {first};
  tables->codes[1]->level = "lower";
  if (second)
    tables->codes[1]->features = {second};
  return tables;
}

TEST(Module, ChoosesTheFirstSupportedLevel) {
  auto tables = twoLevels("imaginary-feature", nullptr);
  ModulePtr module = mustOpen(assemble(*tables));
  ASSERT_TRUE(module);
  EXPECT_EQ(hgn_module_get_info(module.get())->selected_code, 1);
}

TEST(Module, SaysWhatTheMachineLacks) {
  auto tables = twoLevels("imaginary-feature", "other-feature");
  Bytes file = assemble(*tables);
  ModulePtr module(nullptr, hgn_module_release);
  Status status = open(file, module);
  EXPECT_EQ(status.code, HGN_INCOMPATIBLE);
  EXPECT_EQ(status.message,
            "module in memory has code for upper, lower; this machine lacks "
            "other-feature, which lower needs");
  ASSERT_TRUE(open(file, module, HGN_OPEN_INSPECT).ok());
  EXPECT_EQ(hgn_module_get_info(module.get())->selected_code, -1);
  hgn_session *session = nullptr;
  EXPECT_EQ(Status(hgn_session_create(module.get(), nullptr, &session)).code,
            HGN_INCOMPATIBLE);
}

TEST(Module, OpensTheLevelAskedFor) {
  auto tables = twoLevels("imaginary-feature", nullptr);
  Bytes file = assemble(*tables);
  ModulePtr module(nullptr, hgn_module_release);
  EXPECT_TRUE(open(file, module, 0, "lower").ok());
  EXPECT_TRUE(open(file, module, 0, "upper")
                  .says("level upper needs imaginary-feature"));
  EXPECT_TRUE(open(file, module, 0, "middle").says("it has upper, lower"));
}

TEST(Cpu, KnowsItsBaseline) {
#if defined(__x86_64__)
  EXPECT_EQ(hgn_cpu_supports("sse2"), 1);
  EXPECT_EQ(hgn_cpu_supports("avx2"), __builtin_cpu_supports("avx2") ? 1 : 0);
  EXPECT_EQ(hgn_cpu_supports("avx512f"),
            __builtin_cpu_supports("avx512f") ? 1 : 0);
  EXPECT_EQ(hgn_cpu_supports("avx512vnni"),
            __builtin_cpu_supports("avx512vnni") ? 1 : 0);
  EXPECT_EQ(hgn_cpu_supports("avx512bf16"),
            __builtin_cpu_supports("avx512bf16") ? 1 : 0);
#endif
  EXPECT_EQ(hgn_cpu_supports("imaginary-feature"), 0);
  EXPECT_EQ(hgn_cpu_supports(nullptr), 0);
}

} // namespace
