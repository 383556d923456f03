//===- OutputFile.cpp - Files that appear when they are complete ----------===//

#include "codegen/module/OutputFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Signals.h"
#include <cstring>

using namespace hagane::codegen;
using llvm::Error;

OutputFile::~OutputFile() {
  if (stream && stream->has_error())
    stream->clear_error();
  stream.reset();
  if (temporary.empty())
    return;
  llvm::sys::fs::remove(temporary);
  llvm::sys::DontRemoveFileOnSignal(temporary);
}

Error OutputFile::failed(const char *what, std::error_code code) {
  return llvm::createStringError("cannot %s '%s': %s", what, path.c_str(),
                                 code.message().c_str());
}

Error hagane::codegen::createTemporary(const std::string &path,
                                       llvm::StringRef ending,
                                       llvm::SmallVectorImpl<char> &name,
                                       int &descriptor) {
  constexpr int kTries = 64;
  std::error_code code;
  for (int i = 0; i < kTries; ++i) {
    llvm::SmallString<16> middle;
    llvm::sys::fs::createUniquePath(".%%%%%%", middle, /*MakeAbsolute=*/false);
    name.assign(path.begin(), path.end());
    name.append(middle.begin(), middle.end());
    name.append(ending.begin(), ending.end());
    llvm::StringRef chosen(name.data(), name.size());
    // Before the file exists, so that no signal finds one that nobody removes.
    llvm::sys::RemoveFileOnSignal(chosen);
    code = llvm::sys::fs::openFileForWrite(chosen, descriptor,
                                           llvm::sys::fs::CD_CreateNew,
                                           llvm::sys::fs::OF_None, 0644);
    if (!code)
      return Error::success();
    llvm::sys::DontRemoveFileOnSignal(chosen);
    if (code != std::errc::file_exists)
      break;
  }
  name.clear();
  return llvm::createStringError("cannot create '%s': %s", path.c_str(),
                                 code.message().c_str());
}

Error OutputFile::open() {
  // A device or a folder must not be replaced by a file.
  llvm::sys::fs::file_status status;
  if (!llvm::sys::fs::status(path, status) && llvm::sys::fs::exists(status) &&
      !llvm::sys::fs::is_regular_file(status))
    return llvm::createStringError("cannot create '%s': not a regular file",
                                   path.c_str());
  int descriptor = -1;
  if (Error error = createTemporary(path, ".tmp", temporary, descriptor))
    return error;
  stream =
      std::make_unique<llvm::raw_fd_ostream>(descriptor, /*shouldClose=*/true);
  return Error::success();
}

static bool isZero(const char *data, uint64_t size) {
  return data[0] == 0 && std::memcmp(data, data + 1, size - 1) == 0;
}

void OutputFile::writeAt(uint64_t position, const void *data, uint64_t size) {
  constexpr uint64_t kBlock = 1 << 16;
  auto *bytes = static_cast<const char *>(data);
  while (size) {
    uint64_t part = std::min(size, kBlock - position % kBlock);
    // The last bytes are written in any case: they make the file's size.
    if (part == size || !isZero(bytes, part)) {
      if (stream->tell() != position)
        stream->seek(position);
      stream->write(bytes, part);
    }
    bytes += part;
    position += part;
    size -= part;
  }
}

void OutputFile::rewriteStart(const void *data, uint64_t size, const void *more,
                              uint64_t moreSize) {
  stream->seek(0);
  stream->write(static_cast<const char *>(data), size);
  stream->write(static_cast<const char *>(more), moreSize);
}

Error OutputFile::keep() {
  stream->close();
  if (stream->has_error())
    return failed("write", stream->error());
  if (std::error_code code = llvm::sys::fs::rename(temporary, path))
    return failed("create", code);
  llvm::sys::DontRemoveFileOnSignal(temporary);
  temporary.clear();
  return Error::success();
}

Error hagane::codegen::writeFile(llvm::StringRef path, llvm::StringRef bytes) {
  OutputFile file(path);
  if (Error error = file.open())
    return error;
  file.getStream() << bytes;
  return file.keep();
}
