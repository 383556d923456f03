//===- NodeNames.h - The model's nodes behind an operation ------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_NODENAMES_H
#define HAGANE_DIALECTS_XF_NODENAMES_H

#include "mlir/IR/Location.h"
#include "llvm/ADT/SetVector.h"
#include <string>

namespace hagane::xf {

/// The names in a location: those of the ONNX nodes that were fused.
llvm::SetVector<llvm::StringRef> collectNodeNames(mlir::Location location);
/// The same, separated by commas.
std::string getNodeNames(mlir::Location location);

} // namespace hagane::xf

#endif // HAGANE_DIALECTS_XF_NODENAMES_H
