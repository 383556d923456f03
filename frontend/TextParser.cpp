#include "frontend/TextParser.h"

#include "frontend/TextGrammar.h"
#include "llvm/ADT/StringSwitch.h"

using namespace hagane::frontend;
using llvm::failed;
using llvm::failure;
using llvm::LogicalResult;
using llvm::StringRef;
using llvm::succeeded;
using llvm::success;

template <typename T> using Repeated = google::protobuf::RepeatedPtrField<T>;

//===----------------------------------------------------------------------===//
// Model and function headers
//===----------------------------------------------------------------------===//

LogicalResult TextGrammar::list(char open, char close, Item item) {
  if (failed(lexer.expectChar(open)))
    return failure();
  if (lexer.tryChar(close))
    return success();
  do {
    if (failed(item()))
      return failure();
  } while (lexer.tryChar(','));
  return lexer.expectChar(close);
}

LogicalResult
TextGrammar::header(llvm::function_ref<LogicalResult(StringRef)> entry) {
  if (lexer.peek() != '<')
    return success();
  return list('<', '>', [&]() -> LogicalResult {
    std::string key;
    if (failed(lexer.identifier(key)) || failed(lexer.expectChar(':')))
      return failure();
    return entry(key);
  });
}

LogicalResult TextGrammar::opsets(Repeated<proto::OperatorSetIdProto> &opsets) {
  return list('[', ']', [&]() -> LogicalResult {
    proto::OperatorSetIdProto &opset = *opsets.Add();
    int64_t version;
    if (failed(lexer.string(*opset.mutable_domain())) ||
        failed(lexer.expectChar(':')) || failed(lexer.integer(version)))
      return failure();
    opset.set_version(version);
    return success();
  });
}

LogicalResult
TextGrammar::strings(Repeated<proto::StringStringEntryProto> &entries) {
  return list('[', ']', [&]() -> LogicalResult {
    proto::StringStringEntryProto &entry = *entries.Add();
    if (failed(lexer.string(*entry.mutable_key())) ||
        failed(lexer.expectChar(':')))
      return failure();
    return lexer.string(*entry.mutable_value());
  });
}

LogicalResult TextGrammar::model(proto::ModelProto &model) {
  auto entry = [&](StringRef key) -> LogicalResult {
    int64_t number;
    if (key == "ir_version" || key == "model_version") {
      if (failed(lexer.integer(number)))
        return failure();
      key == "ir_version" ? model.set_ir_version(number)
                          : model.set_model_version(number);
      return success();
    }
    if (key == "opset_import")
      return opsets(*model.mutable_opset_import());
    if (key == "metadata_props")
      return strings(*model.mutable_metadata_props());
    std::string *text =
        llvm::StringSwitch<std::string *>(key)
            .Case("producer_name", model.mutable_producer_name())
            .Case("producer_version", model.mutable_producer_version())
            .Case("domain", model.mutable_domain())
            .Case("doc_string", model.mutable_doc_string())
            .Default(nullptr);
    return text ? lexer.string(*text)
                : lexer.error("unknown model property '" + key + "'");
  };
  if (failed(header(entry)) || failed(graph(*model.mutable_graph())))
    return failure();
  while (!lexer.atEnd())
    if (failed(function(*model.add_functions())))
      return failure();
  return success();
}

LogicalResult TextGrammar::functionValues(proto::FunctionProto &function,
                                          Repeated<std::string> &names) {
  return list('(', ')', [&]() -> LogicalResult {
    std::string &name = *names.Add();
    if (!isTypeName(lexer.peekIdentifier()))
      return lexer.name(name);
    proto::ValueInfoProto &info = *function.add_value_info();
    if (failed(valueInfo(info)))
      return failure();
    name = info.name();
    return success();
  });
}

LogicalResult TextGrammar::function(proto::FunctionProto &function) {
  auto entry = [&](StringRef key) -> LogicalResult {
    if (key == "opset_import")
      return opsets(*function.mutable_opset_import());
    std::string *text = llvm::StringSwitch<std::string *>(key)
                            .Case("domain", function.mutable_domain())
                            .Case("overload", function.mutable_overload())
                            .Case("doc_string", function.mutable_doc_string())
                            .Default(nullptr);
    return text ? lexer.string(*text)
                : lexer.error("unknown function property '" + key + "'");
  };
  if (failed(header(entry)) || failed(lexer.name(*function.mutable_name())))
    return failure();
  auto parameter = [&]() -> LogicalResult {
    std::string name;
    if (failed(lexer.name(name)))
      return failure();
    if (lexer.peek() != ':' && lexer.peek() != '=') {
      function.add_attribute(name);
      return success();
    }
    Attribute &attribute = *function.add_attribute_proto();
    attribute.set_name(name);
    return attributeValue(attribute);
  };
  if (lexer.peek() == '<' && failed(list('<', '>', parameter)))
    return failure();
  if (failed(functionValues(function, *function.mutable_input())) ||
      failed(lexer.expectArrow()) ||
      failed(functionValues(function, *function.mutable_output())))
    return failure();
  if (lexer.peek() == '<' && failed(list('<', '>', [&] {
        return valueInfo(*function.add_value_info());
      })))
    return failure();
  return nodes(*function.mutable_node());
}

//===----------------------------------------------------------------------===//
// Graphs and tensors
//===----------------------------------------------------------------------===//

LogicalResult TextGrammar::graphEntry(proto::GraphProto &graph,
                                      Repeated<proto::ValueInfoProto> &infos,
                                      bool initializerIsInfo) {
  proto::ValueInfoProto info;
  if (failed(valueInfo(info)))
    return failure();
  bool isInitializer = lexer.tryChar('=');
  if (!isInitializer || initializerIsInfo)
    *infos.Add() = info;
  if (!isInitializer)
    return success();
  proto::TensorProto &tensor = *graph.add_initializer();
  tensor.set_name(info.name());
  return tensorData(info.type(), tensor);
}

LogicalResult TextGrammar::graph(proto::GraphProto &graph) {
  if (failed(enter()) || failed(lexer.name(*graph.mutable_name())))
    return failure();
  auto input = [&] { return graphEntry(graph, *graph.mutable_input(), true); };
  auto value = [&] {
    return graphEntry(graph, *graph.mutable_value_info(), false);
  };
  if (failed(list('(', ')', input)) || failed(lexer.expectArrow()) ||
      failed(list('(', ')', [&] { return valueInfo(*graph.add_output()); })))
    return failure();
  if (lexer.peek() == '<' && failed(list('<', '>', value)))
    return failure();
  LogicalResult result = nodes(*graph.mutable_node());
  --depth;
  return result;
}

LogicalResult TextGrammar::tensorElement(DataField field,
                                         proto::TensorProto &tensor) {
  int64_t integer = 0;
  uint64_t unsignedInteger = 0;
  float single = 0;
  double real = 0;
  switch (field) {
  case DataField::Int32:
    if (failed(lexer.integer(integer)))
      return failure();
    if (integer != static_cast<int32_t>(integer))
      return lexer.error("value " + llvm::Twine(integer) +
                         " does not fit 32 bits");
    tensor.add_int32_data(static_cast<int32_t>(integer));
    return success();
  case DataField::Int64:
    if (failed(lexer.integer(integer)))
      return failure();
    tensor.add_int64_data(integer);
    return success();
  case DataField::UInt64:
    if (failed(lexer.unsignedInteger(unsignedInteger)))
      return failure();
    tensor.add_uint64_data(unsignedInteger);
    return success();
  case DataField::Float:
    if (failed(lexer.single(single)))
      return failure();
    tensor.add_float_data(single);
    return success();
  case DataField::Double:
    if (failed(lexer.real(real)))
      return failure();
    tensor.add_double_data(real);
    return success();
  case DataField::String:
    return lexer.string(*tensor.add_string_data());
  }
  llvm_unreachable("unknown field");
}

LogicalResult TextGrammar::tensorData(const proto::TypeProto &type,
                                      proto::TensorProto &tensor) {
  if (!type.has_tensor_type() || !type.tensor_type().has_shape())
    return lexer.error("a constant needs a tensor type with a shape");
  tensor.set_data_type(type.tensor_type().elem_type());
  for (const auto &dim : type.tensor_type().shape().dim()) {
    if (!dim.has_dim_value())
      return lexer.error("a constant needs dims that are numbers");
    tensor.add_dims(dim.dim_value());
  }
  if (lexer.peek() == '[') {
    tensor.set_data_location(proto::TensorProto::EXTERNAL);
    return strings(*tensor.mutable_external_data());
  }
  DataField field = findDataType(tensor.data_type())->field;
  return list('{', '}', [&] { return tensorElement(field, tensor); });
}

std::optional<TextError>
hagane::frontend::parseModelText(StringRef text, proto::ModelProto &model) {
  TextGrammar parser(text);
  if (succeeded(parser.model(model)))
    return std::nullopt;
  return parser.takeError();
}
