//===- ModuleRecord.h - From host lowering to module writer -----*- C++ -*-===//
//
// Attributes of the builtin module, left by hagane-lower-host:
//
//   kernel.inputs, kernel.outputs, kernel.states
//                    [{name, type = element type, dims = [#xf.dim...]}]
//   kernel.slots     [#xf.dim...]: slot i + 2 of the plan holds entry i, the
//                    offset of a buffer where that is a unit
//   kernel.kernels   [{name, schedule, flops = slot, bytes = slot, nodes
//                     [, factors = type] [, words = i64, of a device's
//                     launch]}]
//   kernel.buffers   [{name, offset = slot, size = slot, first, last}]
//   kernel.checks    ["message"...]
//   kernel.requirements [{found = #xf.dim, expected = #xf.dim, what}]
//   kernel.cache     {page = i64, pages, table, batch, step [, past] = #xf.dim,
//                     [reason = why a step needs equal lengths,]
//                     inputs = [{input = i64, role = "pages" | "lengths" |
//                     "positions" | "mask"}]}, if there are paged states
//
// Slots are i64; symbols and constants stay in their own operations.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_CODEGEN_MODULE_MODULERECORD_H
#define HAGANE_CODEGEN_MODULE_MODULERECORD_H

#include "llvm/ADT/StringRef.h"

namespace hagane::record {

inline constexpr llvm::StringLiteral kInputs = "kernel.inputs";
inline constexpr llvm::StringLiteral kOutputs = "kernel.outputs";
inline constexpr llvm::StringLiteral kStates = "kernel.states";
inline constexpr llvm::StringLiteral kSlots = "kernel.slots";
inline constexpr llvm::StringLiteral kKernels = "kernel.kernels";
inline constexpr llvm::StringLiteral kBuffers = "kernel.buffers";
inline constexpr llvm::StringLiteral kChecks = "kernel.checks";
inline constexpr llvm::StringLiteral kRequirements = "kernel.requirements";
inline constexpr llvm::StringLiteral kCache = "kernel.cache";

/// The entry points of abi.h, and the ending of a kernel's own.
inline constexpr llvm::StringLiteral kPlan = "hgn_plan";
inline constexpr llvm::StringLiteral kRun = "hgn_run";
inline constexpr llvm::StringLiteral kEntrySuffix = "_entry";

} // namespace hagane::record

#endif // HAGANE_CODEGEN_MODULE_MODULERECORD_H
