//===- Definitions.h - The definitions of kernels by family -----*- C++ -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_EVAL_DEFINITIONS_H
#define HAGANE_DIALECTS_KERNEL_EVAL_DEFINITIONS_H

#include "dialects/xf/eval/Evaluation.h"

namespace hagane::kernel::eval {

void defineLoops(xf::eval::DefinitionTable &table);
void defineProducts(xf::eval::DefinitionTable &table);
void defineWindows(xf::eval::DefinitionTable &table);
void defineAttention(xf::eval::DefinitionTable &table);
void defineCodes(xf::eval::DefinitionTable &table);
void defineMovement(xf::eval::DefinitionTable &table);

} // namespace hagane::kernel::eval

#endif // HAGANE_DIALECTS_KERNEL_EVAL_DEFINITIONS_H
