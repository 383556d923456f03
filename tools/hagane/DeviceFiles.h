// What a module holds for devices, as text and files.
#pragma once

#include "hagane/runtime.h"

#include <string>

namespace hagane::tool {

/// The CUDA C++ of a kernel; of each device that it is compiled for, if their
/// sources differ. Throws Error if no code has it.
std::string findSource(const hgn_module_info &info, const std::string &kernel);

/// Writes the sources and images of each device into a folder of its name
/// below `folder`. Throws Error if there are none.
void writeDeviceFiles(const hgn_module_info &info, const std::string &folder);

} // namespace hagane::tool
