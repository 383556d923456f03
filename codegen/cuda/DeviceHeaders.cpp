//===- DeviceHeaders.cpp - The device library as text ---------------------===//

#include "codegen/cuda/DeviceHeaders.h"
#include "codegen/module/OutputFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace hagane;
using namespace hagane::cuda;

static constexpr DeviceHeader kHeaders[] = {
#include "codegen/cuda/DeviceHeaders.inc"
};

llvm::ArrayRef<DeviceHeader> hagane::cuda::getDeviceHeaders() {
  return kHeaders;
}

llvm::Error hagane::cuda::writeDeviceHeaders(llvm::StringRef folder) {
  for (const DeviceHeader &header : kHeaders) {
    llvm::SmallString<128> file(folder);
    llvm::sys::path::append(file, header.name);
    if (std::error_code error = llvm::sys::fs::create_directories(
            llvm::sys::path::parent_path(file)))
      return llvm::createStringError(error, "cannot create '%s': %s",
                                     file.c_str(), error.message().c_str());
    if (llvm::Error error = codegen::writeFile(file.str().str(), header.text))
      return error;
  }
  return llvm::Error::success();
}
