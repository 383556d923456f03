// Imports graphs and the functions they call.
#pragma once

#include "frontend/DataTypes.h"
#include "frontend/NodeAttributes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringMap.h"

namespace hagane::frontend {

/// Builds `main` from a model's graph. Every failure has emitted a diagnostic
/// at the node or value.
class GraphImporter {
public:
  GraphImporter(mlir::MLIRContext *context, const proto::ModelProto &model,
                Weights &weights, const ImportOptions &options);

  /// Adds `main` to `module`. `frame` has the opsets that the model imports.
  mlir::LogicalResult importMain(mlir::ModuleOp module, const Frame &frame);

private:
  mlir::LogicalResult importInputs(const proto::GraphProto &graph,
                                   ValueScope &scope, mlir::func::FuncOp main);
  mlir::LogicalResult importOutputs(const proto::GraphProto &graph,
                                    ValueScope &scope, mlir::func::FuncOp main);
  mlir::LogicalResult importContents(const proto::GraphProto &graph,
                                     const Frame &frame, ValueScope &scope,
                                     llvm::StringRef path);
  mlir::LogicalResult importInitializers(const proto::GraphProto &graph,
                                         ValueScope &scope);
  template <typename Nodes>
  mlir::LogicalResult importNodes(const Nodes &nodes, const Frame &frame,
                                  ValueScope &scope, llvm::StringRef path);
  mlir::LogicalResult importNode(const NodeContext &context);
  mlir::LogicalResult importConstant(const NodeContext &context,
                                     mlir::ElementsAttr value);
  mlir::LogicalResult importOperator(const NodeContext &context,
                                     NodeAttributes &attributes);
  mlir::LogicalResult importSubgraph(const NodeContext &context,
                                     const NodeAttributes::Subgraph &subgraph,
                                     mlir::Region &region);

  const proto::FunctionProto *findFunction(const proto::NodeProto &node) const;
  mlir::LogicalResult importCall(const NodeContext &context,
                                 const proto::FunctionProto &function);
  mlir::LogicalResult checkCall(const NodeContext &context,
                                const proto::FunctionProto &function);
  Frame callFrame(const NodeContext &context,
                  const proto::FunctionProto &function);

  mlir::FailureOr<mlir::Value> operand(const NodeContext &context,
                                       llvm::StringRef name);
  mlir::FailureOr<int64_t> version(const NodeContext &context);
  mlir::FailureOr<ValueType> declaredType(const ValueScope &scope,
                                          llvm::StringRef name,
                                          mlir::Location loc);
  mlir::LogicalResult define(ValueScope &scope, llvm::StringRef name,
                             mlir::Value value, const llvm::Twine &origin,
                             mlir::Location loc);
  mlir::Location nodeLocation(const proto::NodeProto &node,
                              llvm::StringRef name);
  mlir::Location nameLocation(llvm::StringRef name);

  const proto::ModelProto &model;
  Weights &weights;
  const ImportOptions &options;
  mlir::OpBuilder builder;
  /// By domain, name and overload.
  llvm::StringMap<const proto::FunctionProto *> functions;
  mlir::Value absent;
  uint64_t nodeCount = 0;
  unsigned depth = 0;
};

} // namespace hagane::frontend
