// Explains why an input of a node has no value yet, and compares constants.
#pragma once

#include "frontend/Scope.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace google::protobuf {
template <typename T> class RepeatedPtrField;
} // namespace google::protobuf

namespace hagane::frontend {

/// Fails, with a diagnostic, where an input of node `index` is not defined yet
/// because a later node of the same graph or the node itself produces it: the
/// graph is not sorted, or has a cycle.
mlir::LogicalResult
checkOrder(const NodeContext &context,
           const google::protobuf::RepeatedPtrField<proto::NodeProto> &nodes,
           size_t index);

/// Whether two constants have the same type and the same bytes.
bool sameElements(mlir::ElementsAttr left, mlir::ElementsAttr right);

} // namespace hagane::frontend
