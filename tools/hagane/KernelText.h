// Kernels of a module as text, and how two texts differ.
#pragma once

#include "hagane/runtime.h"

#include <string>
#include <vector>

namespace hagane::tool {

using Lines = std::vector<std::string>;

/// The kernel's IR, long lists in lines of their own; nothing if the module
/// does not record it.
Lines irOf(const hgn_kernel_info &kernel);

/// Its machine code, likewise.
Lines assemblyOf(const hgn_code_info &code, const hgn_kernel_info &kernel);

/// A unified difference with a few lines around each change; nothing if there
/// are none.
Lines differenceOf(const Lines &before, const Lines &after);

} // namespace hagane::tool
