// Stands in for the disassembler in a build without the compiler.
#include "Disassemble.h"

std::vector<std::string> hagane::disassemble(const std::string &,
                                             const uint8_t *, size_t) {
  return {"(this build cannot disassemble)"};
}
