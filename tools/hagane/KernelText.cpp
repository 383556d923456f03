// Kernels of a module as text, and how two texts differ.
#include "KernelText.h"

#include "Disassemble.h"

#include <dtl/dtl.hpp>
#include <sstream>

namespace hagane::tool {
namespace {

constexpr size_t kWidth = 100;

/// Breaks a line of IR behind each comma of its outermost lists.
void addBroken(const std::string &line, Lines &lines) {
  size_t indent = line.find_first_not_of(' ');
  if (line.size() <= kWidth || indent == line.npos) {
    lines.push_back(line);
    return;
  }
  const std::string next(indent + 6, ' ');
  std::string part(indent, ' ');
  int depth = 0;
  bool isText = false;
  for (size_t i = indent; i < line.size(); ++i) {
    char c = line[i];
    part += c;
    isText ^= c == '"';
    if (isText)
      continue;
    bool isArrow = c == '>' && i > 0 && line[i - 1] == '-';
    depth += std::string("([{<").find(c) != std::string::npos;
    depth -= !isArrow && std::string(")]}>").find(c) != std::string::npos;
    if (c == ',' && depth == 1) {
      lines.push_back(part);
      part = next;
      while (i + 1 < line.size() && line[i + 1] == ' ')
        ++i;
    }
  }
  lines.push_back(part);
}

} // namespace

Lines irOf(const hgn_kernel_info &kernel) {
  Lines lines;
  std::istringstream stream(kernel.ir);
  for (std::string line; std::getline(stream, line);)
    addBroken(line, lines);
  return lines;
}

Lines assemblyOf(const hgn_code_info &code, const hgn_kernel_info &kernel) {
  if (kernel.code_size == 0)
    return {};
  return disassemble(
      code.level, static_cast<const uint8_t *>(code.data) + kernel.code_offset,
      kernel.code_size);
}

Lines differenceOf(const Lines &before, const Lines &after) {
  if (before == after)
    return {};
  dtl::Diff<std::string> difference(before, after);
  difference.onHuge();
  difference.compose();
  difference.composeUnifiedHunks();
  std::ostringstream text;
  difference.printUnifiedFormat(text);
  Lines lines;
  std::istringstream stream(text.str());
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

} // namespace hagane::tool
