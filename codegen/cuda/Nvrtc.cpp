//===- Nvrtc.cpp - The CUDA toolkit's compiler as a library ---------------===//
//
// Loaded when it is first used, so that the compiler depends on no toolkit.
// The few declarations that are needed of it stand here: <nvrtc.h> belongs to a
// toolkit, too.
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/Compiler.h"
#include "codegen/cuda/DeviceHeaders.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include <dlfcn.h>

using namespace hagane::cuda;
using llvm::Expected;
using llvm::SmallVector;
using llvm::StringRef;
namespace path = llvm::sys::path;

//===-- The library's interface -------------------------------------------===//

using Program = struct ProgramTag *;
using Result = int; // 0: success

namespace {
struct Functions {
  Result (*version)(int *major, int *minor);
  Result (*create)(Program *program, const char *source, const char *name,
                   int headers, const char *const *texts,
                   const char *const *names);
  Result (*destroy)(Program *program);
  Result (*compile)(Program program, int options, const char *const *texts);
  Result (*cubinSize)(Program program, size_t *size);
  Result (*cubin)(Program program, char *bytes);
  Result (*logSize)(Program program, size_t *size);
  Result (*log)(Program program, char *text);
  const char *(*errorText)(Result result);
};
} // namespace

/// False if the library lacks a function.
static bool loadFunctions(void *library, Functions &functions) {
  bool all = true;
  auto load = [&](auto &function, const char *name) {
    void *symbol = dlsym(library, name);
    all &= symbol != nullptr;
    function = reinterpret_cast<std::decay_t<decltype(function)>>(symbol);
  };
  load(functions.version, "nvrtcVersion");
  load(functions.create, "nvrtcCreateProgram");
  load(functions.destroy, "nvrtcDestroyProgram");
  load(functions.compile, "nvrtcCompileProgram");
  load(functions.cubinSize, "nvrtcGetCUBINSize");
  load(functions.cubin, "nvrtcGetCUBIN");
  load(functions.logSize, "nvrtcGetProgramLogSize");
  load(functions.log, "nvrtcGetProgramLog");
  load(functions.errorText, "nvrtcGetErrorString");
  return all;
}

//===-- Where it may be ---------------------------------------------------===//

static constexpr llvm::StringLiteral kNames[] = {"libnvrtc.so.13",
                                                 "libnvrtc.so.12"};

static void addIn(SmallVector<std::string> &places, StringRef folder,
                  std::initializer_list<StringRef> below) {
  for (StringRef name : kNames) {
    llvm::SmallString<128> file(folder);
    for (StringRef part : below)
      path::append(file, part);
    path::append(file, name);
    if (llvm::sys::fs::exists(file))
      places.push_back(file.str().str());
  }
}

/// The pip wheels put it beside the other packages of a Python environment:
/// PREFIX/lib/pythonX.Y/site-packages/nvidia.
static void addPythonPlaces(SmallVector<std::string> &places,
                            StringRef prefix) {
  llvm::SmallString<128> lib(prefix);
  path::append(lib, "lib");
  std::error_code error;
  for (llvm::sys::fs::directory_iterator it(lib, error), end;
       !error && it != end; it.increment(error)) {
    if (!path::filename(it->path()).starts_with("python3"))
      continue;
    addIn(places, it->path(), {"site-packages", "nvidia", "cu13", "lib"});
    addIn(places, it->path(), {"site-packages", "nvidia", "cuda_nvrtc", "lib"});
  }
}

/// The most deliberate choice first. Plain names are the system loader's.
static SmallVector<std::string> listPlaces() {
  using llvm::sys::Process;
  SmallVector<std::string> places;
  if (std::optional<std::string> file = Process::GetEnv("HAGANE_NVRTC"))
    return {*file};
  if (auto prefix = Process::GetEnv("VIRTUAL_ENV"))
    addPythonPlaces(places, *prefix);
  if (auto python = llvm::sys::findProgramByName("python3"))
    addPythonPlaces(places, path::parent_path(path::parent_path(*python)));
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH"})
    if (auto toolkit = Process::GetEnv(variable)) {
      addIn(places, *toolkit, {"lib64"});
      addIn(places, *toolkit, {"lib"});
    }
  for (StringRef name : kNames)
    places.push_back(name.str());
  addIn(places, "/usr/local/cuda", {"lib64"});
  return places;
}

//===-- Compiling ---------------------------------------------------------===//

namespace {
class Nvrtc : public Compiler {
public:
  Nvrtc(const Functions &functions, std::string identity)
      : functions(functions), identity(std::move(identity)) {}
  std::string getIdentity() const override { return identity; }
  Expected<Bytes> compile(const Source &source, StringRef sm) override;

private:
  std::string getLog(Program program);

  Functions functions;
  std::string identity;
};
} // namespace

static constexpr const char *kOptions[] = {"--std=c++17"};

std::string Nvrtc::getLog(Program program) {
  size_t size = 0;
  if (functions.logSize(program, &size) != 0 || size <= 1)
    return "";
  std::string log(size, '\0');
  if (functions.log(program, log.data()) != 0)
    return "";
  log.pop_back(); // the end of the C string
  return log;
}

Expected<Bytes> Nvrtc::compile(const Source &source, StringRef sm) {
  SmallVector<const char *> texts, names;
  for (const DeviceHeader &header : getDeviceHeaders()) {
    texts.push_back(header.text);
    names.push_back(header.name);
  }
  Program program = nullptr;
  auto failed = [&](Result result) {
    return llvm::createStringError(llvm::Twine("NVRTC: ") +
                                   functions.errorText(result) + "\n" +
                                   (program ? getLog(program) : std::string()));
  };
  if (Result result = functions.create(
          &program, source.text.c_str(), (source.name + ".cu").c_str(),
          static_cast<int>(texts.size()), texts.data(), names.data()))
    return failed(result);
  llvm::scope_exit destroy([&] { functions.destroy(&program); });
  std::string architecture = ("--gpu-architecture=" + sm).str();
  SmallVector<const char *> options(std::begin(kOptions), std::end(kOptions));
  options.push_back(architecture.c_str());
  if (Result result = functions.compile(
          program, static_cast<int>(options.size()), options.data()))
    return failed(result);
  size_t size = 0;
  if (Result result = functions.cubinSize(program, &size))
    return failed(result);
  Bytes cubin(size);
  if (Result result =
          functions.cubin(program, reinterpret_cast<char *>(cubin.data())))
    return failed(result);
  return cubin;
}

static Expected<std::unique_ptr<Compiler>> openAt(const std::string &place) {
  void *library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return llvm::createStringError(llvm::Twine(dlerror()));
  Functions functions;
  int major = 0, minor = 0;
  if (!loadFunctions(library, functions) ||
      functions.version(&major, &minor) != 0)
    return llvm::createStringError("'" + place + "' is no NVRTC");
  std::string identity =
      "nvrtc " + std::to_string(major) + "." + std::to_string(minor);
  for (const char *option : kOptions)
    identity += std::string(" ") + option;
  return std::make_unique<Nvrtc>(functions, std::move(identity));
}

Expected<std::unique_ptr<Compiler>> hagane::cuda::openNvrtc() {
  SmallVector<std::string> reasons;
  for (const std::string &place : listPlaces()) {
    auto compiler = openAt(place);
    if (compiler)
      return compiler;
    reasons.push_back(llvm::toString(compiler.takeError()));
  }
  return llvm::createStringError(
      "NVRTC is not installed: " + llvm::join(reasons, "; ") +
      "; install it by `pip install nvidia-cuda-nvrtc`, or name the library "
      "by HAGANE_NVRTC");
}
