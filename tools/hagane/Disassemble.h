// Machine code as text. Behind an interface of its own as CompileOptions.h is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hagane {

/// One line for each instruction of code for a level, and for each label.
/// Labels and constants are numbered in order and padding is left out, so that
/// the same code has the same text wherever it lies. Bytes that are no
/// instructions, or a level that this build does not know, are told in a line.
std::vector<std::string> disassemble(const std::string &level,
                                     const uint8_t *bytes, size_t size);

} // namespace hagane
