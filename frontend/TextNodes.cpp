// Nodes and attributes in ONNX's text form.
#include "frontend/TextGrammar.h"

using namespace hagane::frontend;
using llvm::failed;
using llvm::failure;
using llvm::LogicalResult;
using llvm::StringRef;
using llvm::success;

template <typename T> using Repeated = google::protobuf::RepeatedPtrField<T>;
using Attribute = proto::AttributeProto;

namespace {

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

} // namespace

LogicalResult TextGrammar::nodes(Repeated<proto::NodeProto> &nodes) {
  if (failed(lexer.expectChar('{')))
    return failure();
  while (!lexer.tryChar('}'))
    if (failed(node(*nodes.Add())))
      return failure();
  return success();
}

LogicalResult TextGrammar::names(char end, Repeated<std::string> &names) {
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

LogicalResult TextGrammar::node(proto::NodeProto &node) {
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

LogicalResult TextGrammar::attributes(Repeated<Attribute> &attributes) {
  if (lexer.peek() != '<')
    return success();
  return list('<', '>', [&] { return attribute(*attributes.Add()); });
}

LogicalResult TextGrammar::attribute(Attribute &attribute) {
  return failed(lexer.name(*attribute.mutable_name()))
             ? failure()
             : attributeValue(attribute);
}

LogicalResult TextGrammar::attributeValue(Attribute &attribute) {
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

LogicalResult TextGrammar::attributeList(Attribute &attribute) {
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
LogicalResult TextGrammar::typedValue(Attribute &attribute) {
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

LogicalResult TextGrammar::singleValue(Attribute::AttributeType expected,
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
