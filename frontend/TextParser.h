// Reads ONNX's text form (docs/Syntax.md of ONNX).
#pragma once

#include "frontend/Proto.h"
#include "frontend/TextLexer.h"

namespace hagane::frontend {

/// Parses a whole model; what is wrong with it, if anything.
std::optional<TextError> parseModelText(llvm::StringRef text,
                                        proto::ModelProto &model);

} // namespace hagane::frontend
