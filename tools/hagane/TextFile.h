// Text files that exist only whole.
#pragma once

#include <string>

namespace hagane::tool {

/// Under a temporary name that becomes `path` once all is written. Throws
/// Error.
void writeText(const std::string &path, const std::string &text);

} // namespace hagane::tool
