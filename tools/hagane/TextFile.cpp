// Text files that exist only whole.
#include "TextFile.h"

#include "Commands.h"

#include <filesystem>
#include <fstream>

namespace hagane::tool {

void writeText(const std::string &path, const std::string &text) {
  std::string partial = path + ".partial";
  std::ofstream stream(partial);
  stream << text;
  stream.close();
  std::error_code error;
  if (stream)
    std::filesystem::rename(partial, path, error);
  if (!stream || error)
    throw Error("cannot write '" + path + "'");
}

} // namespace hagane::tool
