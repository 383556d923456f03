//===- Compile.cpp - Images of emitted sources ----------------------------===//

#include "codegen/cuda/Compile.h"
#include "codegen/cuda/DeviceHeaders.h"
#include "codegen/module/OutputFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CachePruning.h"
#include "llvm/Support/Caching.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/ThreadPool.h"
#include <mutex>

using namespace hagane;
using namespace hagane::cuda;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

//===-- Cache -------------------------------------------------------------===//

std::string hagane::cuda::getCacheFolder() {
  using llvm::sys::Process;
  if (std::optional<std::string> folder = Process::GetEnv("HAGANE_CACHE"))
    return *folder;
  llvm::SmallString<128> folder;
  if (!path::cache_directory(folder))
    return "";
  path::append(folder, "hagane", "cuda");
  return folder.str().str();
}

/// Everything that the image depends on. Each part ends, so that no two lists
/// of parts look alike.
static std::string makeKey(const Compiler &compiler, const Source &source,
                           StringRef sm) {
  llvm::SHA256 hash;
  auto add = [&](StringRef text) {
    uint64_t size = text.size();
    hash.update(
        llvm::ArrayRef(reinterpret_cast<const uint8_t *>(&size), sizeof size));
    hash.update(text);
  };
  add(compiler.getIdentity());
  add(sm);
  add(source.name);
  add(source.text);
  for (const DeviceHeader &header : getDeviceHeaders()) {
    add(header.name);
    add(header.text);
  }
  return llvm::toHex(hash.final(), /*LowerCase=*/true);
}

namespace {

/// Images by key, in files that LLVM's cache writes under temporary names and
/// renames: processes may share a folder. What cannot be read or written is
/// compiled again.
class ImageCache {
public:
  explicit ImageCache(const std::string &folder) : folder(folder) {
    if (folder.empty())
      return;
    auto take = [this](unsigned task, const llvm::Twine &,
                       std::unique_ptr<llvm::MemoryBuffer> buffer) {
      std::lock_guard lock(mutex);
      hits[task].assign(buffer->getBufferStart(), buffer->getBufferEnd());
    };
    auto opened = llvm::localCache("hagane", "hagane", folder, take);
    if (opened)
      cache = std::move(*opened);
    else
      llvm::consumeError(opened.takeError());
  }

  /// The image; or, if there is none, what `make` gives.
  Expected<Bytes> get(unsigned task, const std::string &key,
                      llvm::function_ref<Expected<Bytes>()> make) {
    if (!cache.isValid())
      return make();
    auto store = cache(task, key, "");
    if (!store) {
      llvm::consumeError(store.takeError());
      return make();
    }
    if (!*store) {
      std::lock_guard lock(mutex);
      return std::move(hits[task]);
    }
    Expected<Bytes> made = make();
    if (made)
      write(*store, task, *made);
    return made;
  }

  /// Removes the oldest images beyond a gigabyte, now and then.
  void prune() {
    if (!cache.isValid())
      return;
    llvm::CachePruningPolicy policy;
    policy.MaxSizeBytes = uint64_t(1) << 30;
    policy.MaxSizePercentageOfAvailableSpace = 50;
    llvm::pruneCache(folder, policy);
  }

private:
  static void write(llvm::AddStreamFn &store, unsigned task,
                    const Bytes &bytes) {
    auto stream = store(task, "");
    if (!stream)
      return llvm::consumeError(stream.takeError());
    (*stream)->OS->write(reinterpret_cast<const char *>(bytes.data()),
                         bytes.size());
    llvm::consumeError((*stream)->commit());
  }

  std::string folder;
  llvm::FileCache cache;
  std::mutex mutex;
  std::map<unsigned, Bytes> hits;
};

} // namespace

//===-- Compiling ---------------------------------------------------------===//

/// Keeps a source that does not compile where a user can try it.
static Error keepSource(const Source &source, const std::string &log) {
  llvm::SmallString<128> folder;
  std::string kept = "cannot be kept";
  if (!fs::createUniqueDirectory("hagane-" + source.name, folder)) {
    llvm::SmallString<128> file(folder);
    path::append(file, source.name + ".cu");
    Error error = codegen::writeFile(file.str().str(), source.text);
    if (!error)
      error = writeDeviceHeaders(folder);
    if (!error)
      kept = "is kept as '" + file.str().str() + "'";
    llvm::consumeError(std::move(error));
  }
  return llvm::createStringError("the source of kernel '" + source.name +
                                 "', which " + kept +
                                 ", does not compile: " + log);
}

Expected<std::vector<Bytes>>
hagane::cuda::compileSources(Compiler &compiler, llvm::ArrayRef<Source> sources,
                             StringRef sm, const CompileSettings &settings,
                             llvm::function_ref<void(size_t)> progress) {
  ImageCache cache(settings.cache);
  std::vector<Bytes> images(sources.size());
  std::vector<std::string> logs(sources.size());
  std::mutex mutex;
  size_t done = 0;
  auto compileOne = [&](size_t i) {
    Expected<Bytes> image =
        cache.get(i, makeKey(compiler, sources[i], sm),
                  [&] { return compiler.compile(sources[i], sm); });
    std::lock_guard lock(mutex);
    if (image)
      images[i] = std::move(*image);
    else
      logs[i] = llvm::toString(image.takeError());
    if (progress)
      progress(++done);
  };
  {
    llvm::DefaultThreadPool pool(llvm::hardware_concurrency(settings.threads));
    for (size_t i = 0; i < sources.size(); ++i)
      pool.async(compileOne, i);
  }
  cache.prune();
  for (auto [source, log] : llvm::zip_equal(sources, logs))
    if (!log.empty())
      return keepSource(source, log);
  return images;
}
