//===- CompileTest.cpp - Compilers of CUDA C++ and their cache ------------===//

#include "codegen/cuda/Compile.h"
#include "codegen/cuda/DeviceHeaders.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"
#include <atomic>
#include <stdlib.h>

using namespace hagane::cuda;
using llvm::Expected;
using llvm::StringRef;
namespace fs = llvm::sys::fs;

namespace {

/// A compiler whose image of a source is its text, and that counts its work.
class EchoCompiler : public Compiler {
public:
  std::string getIdentity() const override { return identity; }
  Expected<Bytes> compile(const Source &source, StringRef sm) override {
    ++count;
    if (source.text == "bad")
      return llvm::createStringError("line 1: it is bad");
    return Bytes(source.text.begin(), source.text.end());
  }
  std::string identity = "echo 1";
  std::atomic<int> count = 0;
};

class CompileSources : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(fs::createUniqueDirectory("hagane-cache-test", folder));
    settings.cache = (folder + "/new").str();
  }
  void TearDown() override { fs::remove_directories(folder); }
  size_t compile(llvm::ArrayRef<Source> sources, StringRef sm = "sm_80") {
    auto images = compileSources(compiler, sources, sm, settings);
    EXPECT_TRUE(bool(images));
    if (!images)
      return llvm::consumeError(images.takeError()), 0;
    for (size_t i = 0; i < sources.size(); ++i)
      EXPECT_EQ(std::string((*images)[i].begin(), (*images)[i].end()),
                sources[i].text);
    return images->size();
  }

  llvm::SmallString<128> folder;
  CompileSettings settings;
  EchoCompiler compiler;
};

TEST_F(CompileSources, KeepsOrderAndUsesTheCache) {
  std::vector<Source> sources;
  for (int i = 0; i < 20; ++i)
    sources.push_back({"k" + std::to_string(i), std::to_string(i)});
  EXPECT_EQ(compile(sources), 20u);
  EXPECT_EQ(compiler.count, 20);
  EXPECT_EQ(compile(sources), 20u);
  EXPECT_EQ(compiler.count, 20);
}

TEST_F(CompileSources, CompilesAgainWhateverChanges) {
  compile({{"k", "text"}});
  compile({{"k", "texts"}});
  EXPECT_EQ(compiler.count, 2);
  compile({{"k", "text"}}, "sm_90a");
  EXPECT_EQ(compiler.count, 3);
  compiler.identity = "echo 2";
  compile({{"k", "text"}});
  EXPECT_EQ(compiler.count, 4);
  settings.cache = "";
  compile({{"k", "text"}});
  EXPECT_EQ(compiler.count, 5);
}

TEST_F(CompileSources, WorksWhereNoCacheCanBe) {
  settings.cache = "/dev/null/cache";
  EXPECT_EQ(compile({{"k", "text"}}), 1u);
}

TEST_F(CompileSources, KeepsAndNamesWhatDoesNotCompile) {
  auto images = compileSources(compiler, {{"good", "good"}, {"wrong", "bad"}},
                               "sm_80", settings);
  ASSERT_FALSE(bool(images));
  std::string message = llvm::toString(images.takeError());
  EXPECT_NE(message.find("the source of kernel 'wrong', which is kept as '"),
            message.npos);
  EXPECT_NE(message.find("line 1: it is bad"), message.npos);
  size_t begin = message.find("as '") + 4;
  std::string kept = message.substr(begin, message.find("'", begin) - begin);
  EXPECT_TRUE(fs::exists(kept)) << kept;
  StringRef beside = llvm::sys::path::parent_path(kept);
  EXPECT_TRUE(fs::exists(beside + "/hagane/cuda/entry.cuh"));
  fs::remove_directories(beside);
}

TEST(DeviceHeaders, AreTheLibrary) {
  bool hasEntry = false;
  for (const DeviceHeader &header : getDeviceHeaders())
    hasEntry |= StringRef(header.name) == "hagane/cuda/entry.cuh" &&
                StringRef(header.text).contains("HAGANE_ENTRY");
  EXPECT_TRUE(hasEntry);
}

const Source kCopy = {"copy", R"(
#include "hagane/cuda/entry.cuh"
struct Arguments {
  const float *from;
  float *to;
  std::byte *scratch;
};
extern "C" __global__ void __launch_bounds__(32)
copy(const __grid_constant__ Arguments args) {
  args.to[threadIdx.x] = args.from[threadIdx.x];
}
HAGANE_ENTRY(copy, Arguments)
)"};

class InstalledCompiler : public testing::TestWithParam<const CompilerRow *> {
protected:
  void SetUp() override {
    auto opened = GetParam()->open();
    if (!opened)
      GTEST_SKIP() << llvm::toString(opened.takeError());
    compiler = std::move(*opened);
  }
  std::unique_ptr<Compiler> compiler;
};

TEST_P(InstalledCompiler, MakesElfFiles) {
  for (StringRef sm : {"sm_80", "sm_90a"}) {
    Expected<Bytes> image = compiler->compile(kCopy, sm);
    ASSERT_TRUE(bool(image)) << llvm::toString(image.takeError());
    ASSERT_GT(image->size(), 64u);
    EXPECT_EQ(std::string(image->begin(), image->begin() + 4), "\177ELF");
  }
}

TEST_P(InstalledCompiler, TellsErrors) {
  Expected<Bytes> image =
      compiler->compile({"wrong", "int f() { return nothing; }"}, "sm_80");
  ASSERT_FALSE(bool(image));
  std::string log = llvm::toString(image.takeError());
  EXPECT_NE(log.find("nothing"), log.npos) << log;
}

std::vector<const CompilerRow *> listReal() {
  std::vector<const CompilerRow *> rows;
  for (const CompilerRow &row : getCompilers())
    if (row.open)
      rows.push_back(&row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(All, InstalledCompiler, testing::ValuesIn(listReal()),
                         [](const auto &info) {
                           return info.param->name.str();
                         });

TEST(Compilers, TellWhereTheyWereLookedFor) {
  setenv("HAGANE_NVRTC", "/nowhere/libnvrtc.so", 1);
  auto nvrtc = openNvrtc();
  unsetenv("HAGANE_NVRTC");
  ASSERT_FALSE(bool(nvrtc));
  std::string message = llvm::toString(nvrtc.takeError());
  EXPECT_NE(message.find("NVRTC is not installed: /nowhere/libnvrtc.so"),
            message.npos)
      << message;
  setenv("HAGANE_NVCC", "/nowhere/nvcc", 1);
  auto nvcc = openNvcc();
  unsetenv("HAGANE_NVCC");
  ASSERT_FALSE(bool(nvcc));
  message = llvm::toString(nvcc.takeError());
  EXPECT_NE(message.find("'/nowhere/nvcc' failed"), message.npos) << message;
}

} // namespace
