// What names mean while a graph is imported.
#pragma once

#include "frontend/Proto.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/StringMap.h"
#include <string>

namespace hagane::frontend {

/// The values of one graph or one inlined function body. Graphs see the values
/// of the graphs around them, which they may redefine; function bodies see only
/// their own.
struct ValueScope {
  struct Definition {
    mlir::Value value;
    std::string origin; // for messages: `node "n"`, `initializer "w"`
  };

  explicit ValueScope(const ValueScope *parent) : parent(parent) {}

  /// Null where the name is not defined.
  mlir::Value lookup(llvm::StringRef name) const {
    for (const ValueScope *scope = this; scope; scope = scope->parent)
      if (auto it = scope->values.find(name); it != scope->values.end())
        return it->second.value;
    return {};
  }

  const ValueScope *parent;
  llvm::StringMap<Definition> values;
  /// Types that the model states for values of this graph.
  llvm::StringMap<const proto::ValueInfoProto *> infos;
};

struct Frame;

/// An attribute as a node gives it. Its graphs, if any, are imported where they
/// were written.
struct BoundAttribute {
  const proto::AttributeProto *attribute;
  const Frame *frame;
  ValueScope *scope;
};

/// A function body being inlined, or the model's graph where `function` is
/// null.
struct Frame {
  const proto::FunctionProto *function = nullptr;
  const Frame *caller = nullptr;
  /// What the names of nodes start with: the calls that lead here.
  std::string prefix;
  /// Versions by domain; "" is ai.onnx.
  llvm::StringMap<int64_t> opsets;
  /// What `@name` stands for.
  llvm::StringMap<BoundAttribute> attributes;
};

/// A node and the surroundings that give its names their meaning.
struct NodeContext {
  const proto::NodeProto &node;
  const Frame &frame;
  ValueScope &scope;
  mlir::Location loc;
  /// The node's name with its prefix; made up where the node has none.
  std::string name;
};

/// ai.onnx has two names.
inline llvm::StringRef normalizeDomain(llvm::StringRef domain) {
  return domain == "ai.onnx" ? "" : domain;
}

} // namespace hagane::frontend
