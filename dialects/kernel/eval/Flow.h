//===- Flow.h - Control flow and memory in programs -------------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_KERNEL_EVAL_FLOW_H
#define HAGANE_DIALECTS_KERNEL_EVAL_FLOW_H

#include "dialects/kernel/eval/Program.h"

namespace hagane::kernel::eval {

/// `from` are the operation's operands, `alsoTo` its results, and the numbers
/// those of its blocks; 0 where it has none.
void runIf(const Instruction &instruction, Frame &frame);
void runFor(const Instruction &instruction, Frame &frame);
void runWhile(const Instruction &instruction, Frame &frame);

/// `number` is the view's place, `from` are the other operands.
void loadElement(const Instruction &instruction, Frame &frame);
void storeElement(const Instruction &instruction, Frame &frame);
void loadSize(const Instruction &instruction, Frame &frame);
void loadAddress(const Instruction &instruction, Frame &frame);

/// The bits of one type read as another.
void reinterpretBits(const Instruction &instruction, Frame &frame);

} // namespace hagane::kernel::eval

#endif // HAGANE_DIALECTS_KERNEL_EVAL_FLOW_H
