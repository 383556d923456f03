// The opset versions in which each ONNX operator was defined anew.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <cstdint>

namespace hagane::frontend {

/// The version that introduced the definition of the operator which opset
/// `opset` uses; `opset` itself where the operator is not known. The domain is
/// "" for ai.onnx.
int64_t sinceVersion(llvm::StringRef domain, llvm::StringRef opType,
                     int64_t opset);

} // namespace hagane::frontend
