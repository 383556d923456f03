// The grammar of ONNX's text form, for the files that implement it.
#pragma once

#include "frontend/DataTypes.h"
#include "frontend/TextLexer.h"
#include "onnx-ml.pb.h"
#include "llvm/ADT/STLExtras.h"

namespace hagane::frontend {

/// A recursive descent over the grammar of ONNX's docs/Syntax.md.
class TextGrammar {
public:
  explicit TextGrammar(llvm::StringRef text) : lexer(text) {}

  llvm::LogicalResult model(proto::ModelProto &model);
  std::optional<TextError> takeError() { return lexer.takeError(); }

private:
  template <typename T> using Repeated = google::protobuf::RepeatedPtrField<T>;
  using Attribute = proto::AttributeProto;
  using LogicalResult = llvm::LogicalResult;
  using StringRef = llvm::StringRef;
  using Item = llvm::function_ref<LogicalResult()>;

  /// Items between `open` and `close`, separated by commas; none is fine.
  LogicalResult list(char open, char close, Item item);
  LogicalResult header(llvm::function_ref<LogicalResult(StringRef)> entry);
  LogicalResult opsets(Repeated<proto::OperatorSetIdProto> &opsets);
  LogicalResult strings(Repeated<proto::StringStringEntryProto> &entries);

  // Types: TextTypes.cpp.
  static bool isTypeName(StringRef word);
  LogicalResult type(proto::TypeProto &type);
  LogicalResult tensorType(StringRef word, proto::TypeProto &type);
  LogicalResult containerType(StringRef word, proto::TypeProto &type);
  template <typename Tensor> LogicalResult shape(Tensor &tensor);
  LogicalResult opaqueType(proto::TypeProto::Opaque &opaque);
  LogicalResult valueInfo(proto::ValueInfoProto &info);

  LogicalResult graph(proto::GraphProto &graph);
  LogicalResult graphEntry(proto::GraphProto &graph,
                           Repeated<proto::ValueInfoProto> &infos,
                           bool initializerIsInfo);
  LogicalResult tensorData(const proto::TypeProto &type,
                           proto::TensorProto &tensor);
  LogicalResult tensorElement(DataField field, proto::TensorProto &tensor);

  // Nodes and attributes: TextNodes.cpp.
  LogicalResult nodes(Repeated<proto::NodeProto> &nodes);
  LogicalResult node(proto::NodeProto &node);
  LogicalResult names(char end, Repeated<std::string> &names);
  LogicalResult attributes(Repeated<Attribute> &attributes);
  LogicalResult attribute(Attribute &attribute);
  LogicalResult attributeValue(Attribute &attribute);
  LogicalResult attributeList(Attribute &attribute);
  LogicalResult singleValue(Attribute::AttributeType expected,
                            Attribute &attribute);
  LogicalResult typedValue(Attribute &attribute);

  LogicalResult function(proto::FunctionProto &function);
  LogicalResult functionValues(proto::FunctionProto &function,
                               Repeated<std::string> &names);

  LogicalResult enter() {
    return ++depth > kMaxDepth ? lexer.error("graphs or types nest too deeply")
                               : llvm::success();
  }

  /// Graphs and types that nest deeper are refused.
  static constexpr unsigned kMaxDepth = 64;

  TextLexer lexer;
  unsigned depth = 0;
};

} // namespace hagane::frontend
