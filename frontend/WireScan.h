// Takes the weights out of a serialized model before protobuf sees it.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace hagane::frontend {

/// Copies a serialized ModelProto, leaving out the bytes of every
/// `TensorProto.raw_data`: the copy has the field `segment` in its place, whose
/// `begin` and `end` are offsets into `file`. Models beyond protobuf's limit of
/// 2 GiB so parse in little memory. Training information is left out. An error
/// names the byte at which the data is malformed.
llvm::Expected<std::string> stripRawData(llvm::StringRef file);

} // namespace hagane::frontend
