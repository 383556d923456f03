// What to do about an operator that has no handler.
#pragma once

#include "frontend/ops/Registry.h"

namespace hagane::frontend {

/// The closest thing that compiles, as the end of a message: how to export
/// without the operator, the same name in another domain, or a similar name.
/// Empty if nothing is close.
std::string findAlternative(const OpRegistry &registry, llvm::StringRef domain,
                            llvm::StringRef name);

} // namespace hagane::frontend
