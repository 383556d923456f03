// Turns the attributes of a node into MLIR attributes and a list of its graphs.
#pragma once

#include "frontend/Scope.h"
#include "frontend/Weights.h"
#include "mlir/IR/OperationSupport.h"

namespace hagane::frontend {

struct NodeAttributes {
  struct Subgraph {
    std::string name;
    const proto::GraphProto *graph;
    const Frame *frame;
    ValueScope *scope;
  };
  mlir::NamedAttrList values;
  llvm::SmallVector<Subgraph> subgraphs;
};

/// References to attributes of the function are resolved; one that the caller
/// leaves out is left out. Emits a diagnostic on failure.
mlir::FailureOr<NodeAttributes> readAttributes(const NodeContext &context,
                                               Weights &weights);

/// The value of a `Constant` node with these attributes; null where it is not a
/// tensor of numbers.
mlir::ElementsAttr constantValue(const NodeAttributes &attributes);

} // namespace hagane::frontend
