// What a module holds for devices, as text and files.
#include "DeviceFiles.h"

#include "Commands.h"
#include "TextFile.h"

#include <filesystem>
#include <set>
#include <string_view>

namespace hagane::tool {
namespace {

constexpr char kNoDevice[] =
    "the module has no code for devices: compile it with --target=cuda";

/// Calls visit(code, kernel) for the kernels of devices, once for each name.
template <typename Visit>
void forEachKernel(const hgn_module_info &info, Visit visit) {
  for (uint32_t i = 0; i < info.code_count; ++i) {
    const hgn_code_info &code = info.codes[i];
    std::set<std::string_view> seen;
    for (uint32_t k = 0; *code.sm && k < code.kernel_count; ++k)
      if (seen.insert(code.kernels[k].name).second)
        visit(code, code.kernels[k]);
  }
}

} // namespace

std::string findSource(const hgn_module_info &info, const std::string &name) {
  std::string text, names;
  forEachKernel(info, [&](const hgn_code_info &code,
                          const hgn_kernel_info &kernel) {
    if (names.find(std::string("'") + kernel.name + "'") == names.npos)
      names += (names.empty() ? "'" : ", '") + std::string(kernel.name) + "'";
    if (kernel.name == name && text.find(kernel.source) == text.npos)
      text += std::string(text.empty() ? "" : "\n") + "// " + code.sm + "\n" +
              kernel.source;
  });
  if (names.empty())
    throw Error(kNoDevice);
  if (text.empty())
    throw Error("no kernel of a device is named '" + name + "'; there are " +
                names);
  return text;
}

void writeDeviceFiles(const hgn_module_info &info, const std::string &folder) {
  bool any = false;
  forEachKernel(info, [&](const hgn_code_info &code,
                          const hgn_kernel_info &kernel) {
    any = true;
    std::filesystem::path place = std::filesystem::path(folder) / code.sm;
    std::error_code error;
    std::filesystem::create_directories(place, error);
    if (error)
      throw Error("cannot create '" + place.string() + "': " + error.message());
    if (*kernel.source)
      writeText((place / (std::string(kernel.name) + ".cu")).string(),
                kernel.source);
    const hgn_image_info &image = code.images[kernel.image];
    const char *ending =
        image.kind == HGN_IMAGE_CUBIN ? ".cubin" : ".emulated.so";
    writeText((place / (std::string(image.name) + ending)).string(),
              std::string(static_cast<const char *>(image.data), image.size));
  });
  if (!any)
    throw Error(kNoDevice);
}

} // namespace hagane::tool
