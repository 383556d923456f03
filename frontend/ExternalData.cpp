#include "frontend/ExternalData.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace hagane::frontend;
using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

ExternalData::ExternalData(StringRef modelPath)
    : folder(path::parent_path(modelPath)) {
  if (folder.empty())
    folder = ".";
  llvm::SmallString<128> real;
  if (!fs::real_path(folder, real))
    roots.push_back(real.str().str());
  // Download caches link both the model and its data into one folder of blobs.
  if (!fs::real_path(modelPath, real))
    roots.push_back(path::parent_path(real).str());
}

bool ExternalData::isInside(StringRef realPath) const {
  return llvm::any_of(roots, [&](StringRef root) {
    return realPath.starts_with(root) &&
           (root.ends_with("/") ||
            realPath.substr(root.size()).starts_with("/"));
  });
}

llvm::Expected<FileMapping> ExternalData::open(StringRef location) {
  auto refuse = [&](const llvm::Twine &why) {
    return llvm::createStringError("external data file \"" + location + "\" " +
                                   why);
  };
  if (location.empty() || location.contains('\0'))
    return refuse("is not a file name");
  if (path::is_absolute(location))
    return refuse(
        "has an absolute path, expected one relative to the model's folder");
  if (llvm::is_contained(
          llvm::make_range(path::begin(location), path::end(location)), ".."))
    return refuse("leads out of the model's folder by '..'");
  if (FileMapping known = mappings.lookup(location))
    return known;

  llvm::SmallString<128> full(folder), real;
  path::append(full, location);
  std::error_code error = fs::real_path(full, real);
  if (error == std::errc::no_such_file_or_directory)
    return FileMapping();
  if (error)
    return refuse("cannot be opened: " + error.message());
  if (!isInside(real))
    return refuse("is a link that leads out of the model's folder");
  llvm::ErrorOr<FileMapping> mapping = mapFile(real);
  if (!mapping)
    return refuse("cannot be opened: " + mapping.getError().message());
  mappings[location] = *mapping;
  return *mapping;
}
