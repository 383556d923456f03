// A model file in memory: its messages, and the mapping that holds its weights.
#pragma once

#include "frontend/Proto.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/ErrorOr.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>
#include <optional>

namespace hagane::frontend {

using FileMapping = std::shared_ptr<const llvm::MemoryBuffer>;

/// Maps a regular file for reading; small files are read.
llvm::ErrorOr<FileMapping> mapFile(const llvm::Twine &path);

/// True where the content is ONNX's text form rather than protobuf.
bool looksLikeText(llvm::StringRef content);

/// Parses `content` in whichever form it is. In the protobuf form, `raw_data`
/// stays in `content`: see stripRawData. Emits a diagnostic on failure.
mlir::LogicalResult parseModel(llvm::StringRef content, llvm::StringRef path,
                               mlir::MLIRContext *context,
                               proto::ModelProto &model);

} // namespace hagane::frontend
