#include "frontend/TextParser.h"

#include "frontend/DataTypes.h"
#include "onnx-ml.pb.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include <limits>

using namespace hagane::frontend;
using llvm::failed;
using llvm::failure;
using llvm::LogicalResult;
using llvm::StringRef;
using llvm::succeeded;
using llvm::success;

namespace {

template <typename T> using Repeated = google::protobuf::RepeatedPtrField<T>;
using Attribute = proto::AttributeProto;

/// Graphs and types that nest deeper are refused.
constexpr unsigned maxDepth = 64;

struct AttributeKind {
  StringRef name;
  Attribute::AttributeType type;
  Attribute::AttributeType element; // of a list; UNDEFINED otherwise
};

constexpr AttributeKind attributeKinds[] = {
    {"float", Attribute::FLOAT, Attribute::UNDEFINED},
    {"int", Attribute::INT, Attribute::UNDEFINED},
    {"string", Attribute::STRING, Attribute::UNDEFINED},
    {"tensor", Attribute::TENSOR, Attribute::UNDEFINED},
    {"graph", Attribute::GRAPH, Attribute::UNDEFINED},
    {"sparse_tensor", Attribute::SPARSE_TENSOR, Attribute::UNDEFINED},
    {"type_proto", Attribute::TYPE_PROTO, Attribute::UNDEFINED},
    {"floats", Attribute::FLOATS, Attribute::FLOAT},
    {"ints", Attribute::INTS, Attribute::INT},
    {"strings", Attribute::STRINGS, Attribute::STRING},
    {"tensors", Attribute::TENSORS, Attribute::TENSOR},
    {"graphs", Attribute::GRAPHS, Attribute::GRAPH},
    {"sparse_tensors", Attribute::SPARSE_TENSORS, Attribute::SPARSE_TENSOR},
    {"type_protos", Attribute::TYPE_PROTOS, Attribute::TYPE_PROTO},
};

const AttributeKind *
findKind(llvm::function_ref<bool(const AttributeKind &)> matches) {
  const AttributeKind *kind = llvm::find_if(attributeKinds, matches);
  return kind == std::end(attributeKinds) ? nullptr : kind;
}

bool isTypeName(StringRef word) {
  return findDataType(word) ||
         llvm::is_contained(
             {"seq", "map", "optional", "sparse_tensor", "opaque"}, word);
}

class Parser {
public:
  explicit Parser(StringRef text) : lexer(text) {}

  LogicalResult model(proto::ModelProto &model);
  std::optional<TextError> takeError() { return lexer.takeError(); }

private:
  using Item = llvm::function_ref<LogicalResult()>;

  /// Items between `open` and `close`, separated by commas; none is fine.
  LogicalResult list(char open, char close, Item item);
  LogicalResult header(llvm::function_ref<LogicalResult(StringRef)> entry);
  LogicalResult opsets(Repeated<proto::OperatorSetIdProto> &opsets);
  LogicalResult strings(Repeated<proto::StringStringEntryProto> &entries);

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
    return ++depth > maxDepth ? lexer.error("graphs or types nest too deeply")
                              : success();
  }

  TextLexer lexer;
  unsigned depth = 0;
};

//===----------------------------------------------------------------------===//
// Model and function headers
//===----------------------------------------------------------------------===//

LogicalResult Parser::list(char open, char close, Item item) {
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
Parser::header(llvm::function_ref<LogicalResult(StringRef)> entry) {
  if (lexer.peek() != '<')
    return success();
  return list('<', '>', [&]() -> LogicalResult {
    std::string key;
    if (failed(lexer.identifier(key)) || failed(lexer.expectChar(':')))
      return failure();
    return entry(key);
  });
}

LogicalResult Parser::opsets(Repeated<proto::OperatorSetIdProto> &opsets) {
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
Parser::strings(Repeated<proto::StringStringEntryProto> &entries) {
  return list('[', ']', [&]() -> LogicalResult {
    proto::StringStringEntryProto &entry = *entries.Add();
    if (failed(lexer.string(*entry.mutable_key())) ||
        failed(lexer.expectChar(':')))
      return failure();
    return lexer.string(*entry.mutable_value());
  });
}

LogicalResult Parser::model(proto::ModelProto &model) {
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

LogicalResult Parser::functionValues(proto::FunctionProto &function,
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

LogicalResult Parser::function(proto::FunctionProto &function) {
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
// Types
//===----------------------------------------------------------------------===//

template <typename Tensor> LogicalResult Parser::shape(Tensor &tensor) {
  // No brackets: a scalar. Empty brackets: unknown rank.
  if (lexer.peek() != '[') {
    tensor.mutable_shape();
    return success();
  }
  return list('[', ']', [&]() -> LogicalResult {
    auto &dim = *tensor.mutable_shape()->add_dim();
    if (lexer.tryChar('?'))
      return success();
    if (lexer.atName())
      return lexer.name(*dim.mutable_dim_param());
    int64_t value;
    if (failed(lexer.integer(value)))
      return failure();
    dim.set_dim_value(value);
    return success();
  });
}

LogicalResult Parser::opaqueType(proto::TypeProto::Opaque &opaque) {
  auto qualified = [&](std::string &value) -> LogicalResult {
    if (failed(lexer.identifier(value)))
      return failure();
    std::string part;
    while (lexer.tryChar('.')) {
      if (failed(lexer.identifier(part)))
        return failure();
      value += "." + part;
    }
    return success();
  };
  if (failed(lexer.expectChar('(')))
    return failure();
  if (lexer.tryChar(')'))
    return success();
  if (failed(qualified(*opaque.mutable_name())))
    return failure();
  if (lexer.tryChar(',')) {
    opaque.set_domain(opaque.name());
    if (failed(lexer.identifier(*opaque.mutable_name())))
      return failure();
  }
  return lexer.expectChar(')');
}

LogicalResult Parser::containerType(StringRef word, proto::TypeProto &result) {
  if (word == "opaque")
    return opaqueType(*result.mutable_opaque_type());
  if (failed(lexer.expectChar('(')))
    return failure();
  LogicalResult inner = failure();
  if (word == "seq") {
    inner = type(*result.mutable_sequence_type()->mutable_elem_type());
  } else if (word == "optional") {
    inner = type(*result.mutable_optional_type()->mutable_elem_type());
  } else {
    const DataType *element = findDataType(lexer.tryIdentifier());
    if (!element)
      return lexer.error("expected an element type");
    if (word == "map") {
      auto &map = *result.mutable_map_type();
      map.set_key_type(element->id);
      inner = failed(lexer.expectChar(',')) ? failure()
                                            : type(*map.mutable_value_type());
    } else {
      auto &sparse = *result.mutable_sparse_tensor_type();
      sparse.set_elem_type(element->id);
      inner = shape(sparse);
    }
  }
  return failed(inner) ? failure() : lexer.expectChar(')');
}

LogicalResult Parser::type(proto::TypeProto &type) {
  StringRef word = lexer.peekIdentifier();
  if (!isTypeName(word))
    return lexer.error("expected a type");
  lexer.tryIdentifier();
  if (const DataType *element = findDataType(word)) {
    type.mutable_tensor_type()->set_elem_type(element->id);
    return shape(*type.mutable_tensor_type());
  }
  if (failed(enter()))
    return failure();
  LogicalResult result = containerType(word, type);
  --depth;
  return result;
}

LogicalResult Parser::valueInfo(proto::ValueInfoProto &info) {
  if (isTypeName(lexer.peekIdentifier()) && failed(type(*info.mutable_type())))
    return failure();
  return lexer.name(*info.mutable_name());
}

//===----------------------------------------------------------------------===//
// Graphs and tensors
//===----------------------------------------------------------------------===//

LogicalResult Parser::graphEntry(proto::GraphProto &graph,
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

LogicalResult Parser::graph(proto::GraphProto &graph) {
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

LogicalResult Parser::tensorElement(DataField field,
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

LogicalResult Parser::tensorData(const proto::TypeProto &type,
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

//===----------------------------------------------------------------------===//
// Nodes and attributes
//===----------------------------------------------------------------------===//

LogicalResult Parser::nodes(Repeated<proto::NodeProto> &nodes) {
  if (failed(lexer.expectChar('{')))
    return failure();
  while (!lexer.tryChar('}'))
    if (failed(node(*nodes.Add())))
      return failure();
  return success();
}

LogicalResult Parser::names(char end, Repeated<std::string> &names) {
  // A name may be left out before a comma, which is the same as "".
  while (lexer.peek() != end) {
    std::string &name = *names.Add();
    if (lexer.peek() != ',' && failed(lexer.name(name)))
      return failure();
    if (!lexer.tryChar(','))
      break;
  }
  return lexer.expectChar(end);
}

LogicalResult Parser::node(proto::NodeProto &node) {
  if (lexer.tryChar('[') && (failed(lexer.name(*node.mutable_name())) ||
                             failed(lexer.expectChar(']'))))
    return failure();
  std::string word;
  if (failed(names('=', *node.mutable_output())) ||
      failed(lexer.identifier(word)))
    return failure();
  while (lexer.tryChar('.')) {
    node.set_domain(node.domain().empty() ? word : node.domain() + "." + word);
    if (failed(lexer.identifier(word)))
      return failure();
  }
  node.set_op_type(word);
  if (lexer.tryChar(':') && failed(lexer.identifier(*node.mutable_overload())))
    return failure();
  // Attributes come before the operands or after them.
  if (failed(attributes(*node.mutable_attribute())) ||
      failed(lexer.expectChar('(')) ||
      failed(names(')', *node.mutable_input())))
    return failure();
  return node.attribute_size() ? success()
                               : attributes(*node.mutable_attribute());
}

LogicalResult Parser::attributes(Repeated<Attribute> &attributes) {
  if (lexer.peek() != '<')
    return success();
  return list('<', '>', [&] { return attribute(*attributes.Add()); });
}

LogicalResult Parser::attribute(Attribute &attribute) {
  return failed(lexer.name(*attribute.mutable_name()))
             ? failure()
             : attributeValue(attribute);
}

LogicalResult Parser::attributeValue(Attribute &attribute) {
  if (lexer.tryChar(':')) {
    StringRef word = lexer.tryIdentifier();
    const AttributeKind *kind =
        findKind([&](auto &kind) { return kind.name == word; });
    if (!kind)
      return lexer.error("unknown attribute type '" + word + "'");
    attribute.set_type(kind->type);
  }
  if (failed(lexer.expectChar('=')))
    return failure();
  if (lexer.peek() == '[')
    return attributeList(attribute);
  return singleValue(attribute.type(), attribute);
}

LogicalResult Parser::attributeList(Attribute &attribute) {
  const AttributeKind *kind =
      findKind([&](auto &kind) { return kind.type == attribute.type(); });
  if (kind && kind->element == Attribute::UNDEFINED)
    return lexer.error("an attribute of type " + kind->name +
                       " takes one value, found a list");
  Attribute::AttributeType element =
      kind ? kind->element : Attribute::UNDEFINED;
  auto item = [&]() -> LogicalResult {
    Attribute value;
    if (failed(singleValue(element, value)))
      return failure();
    element = value.type();
    switch (value.type()) {
    case Attribute::INT:
      attribute.add_ints(value.i());
      break;
    case Attribute::FLOAT:
      attribute.add_floats(value.f());
      break;
    case Attribute::STRING:
      attribute.add_strings(value.s());
      break;
    case Attribute::TENSOR:
      attribute.add_tensors()->Swap(value.mutable_t());
      break;
    case Attribute::GRAPH:
      attribute.add_graphs()->Swap(value.mutable_g());
      break;
    case Attribute::TYPE_PROTO:
      attribute.add_type_protos()->Swap(value.mutable_tp());
      break;
    default:
      return lexer.error("a list cannot hold references to attributes");
    }
    return success();
  };
  if (failed(list('[', ']', item)))
    return failure();
  const AttributeKind *result =
      findKind([&](auto &kind) { return kind.element == element && element; });
  if (!result)
    return lexer.error("an empty list needs the attribute's type");
  attribute.set_type(result->type);
  return success();
}

/// A type, or a tensor where data follows the type.
LogicalResult Parser::typedValue(Attribute &attribute) {
  proto::TypeProto parsed;
  if (failed(type(parsed)))
    return failure();
  if (!StringRef("{=[").contains(lexer.peek()) && !lexer.atName()) {
    attribute.set_type(Attribute::TYPE_PROTO);
    attribute.mutable_tp()->Swap(&parsed);
    return success();
  }
  attribute.set_type(Attribute::TENSOR);
  if (lexer.atName() &&
      failed(lexer.name(*attribute.mutable_t()->mutable_name())))
    return failure();
  (void)lexer.tryChar('=');
  return tensorData(parsed, *attribute.mutable_t());
}

LogicalResult Parser::singleValue(Attribute::AttributeType expected,
                                  Attribute &attribute) {
  StringRef word = lexer.peekIdentifier();
  if (lexer.tryChar('@')) {
    attribute.set_type(expected);
    return lexer.name(*attribute.mutable_ref_attr_name());
  }
  if (isTypeName(word)) {
    if (failed(typedValue(attribute)))
      return failure();
  } else if (!word.empty() &&
             !llvm::is_contained({"inf", "infinity", "nan"}, word.lower())) {
    attribute.set_type(Attribute::GRAPH);
    if (failed(graph(*attribute.mutable_g())))
      return failure();
  } else {
    TextLexer::Literal literal;
    float single;
    int64_t integer;
    if (failed(lexer.literal(literal)))
      return failure();
    if (literal.kind == TextLexer::LiteralKind::String) {
      attribute.set_type(Attribute::STRING);
      attribute.set_s(literal.text);
    } else if (literal.kind == TextLexer::LiteralKind::Float ||
               expected == Attribute::FLOAT) {
      if (failed(lexer.toSingle(literal, single)))
        return failure();
      attribute.set_type(Attribute::FLOAT);
      attribute.set_f(single);
    } else {
      if (failed(lexer.toInteger(literal, integer)))
        return failure();
      attribute.set_type(Attribute::INT);
      attribute.set_i(integer);
    }
  }
  if (expected == Attribute::UNDEFINED || expected == attribute.type())
    return success();
  const AttributeKind *want =
      findKind([&](auto &kind) { return kind.type == expected; });
  const AttributeKind *got =
      findKind([&](auto &kind) { return kind.type == attribute.type(); });
  return lexer.error("attribute value has type " + got->name + ", expected " +
                     want->name);
}

} // namespace

std::optional<TextError>
hagane::frontend::parseModelText(StringRef text, proto::ModelProto &model) {
  Parser parser(text);
  if (succeeded(parser.model(model)))
    return std::nullopt;
  return parser.takeError();
}
