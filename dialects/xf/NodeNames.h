//===- NodeNames.h - The model's nodes behind an operation ------*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_NODENAMES_H
#define HAGANE_DIALECTS_XF_NODENAMES_H

#include "mlir/IR/Location.h"
#include <string>

namespace hagane::xf {

/// The names in a location, those of ONNX nodes, separated by commas.
std::string getNodeNames(mlir::Location location);

} // namespace hagane::xf

#endif // HAGANE_DIALECTS_XF_NODENAMES_H
