// Types in ONNX's text form.
#include "frontend/TextGrammar.h"

using namespace hagane::frontend;
using llvm::failed;
using llvm::failure;
using llvm::LogicalResult;
using llvm::StringRef;
using llvm::success;

bool TextGrammar::isTypeName(StringRef word) {
  return findDataType(word) ||
         llvm::is_contained(
             {"seq", "map", "optional", "sparse_tensor", "opaque"}, word);
}

template <typename Tensor> LogicalResult TextGrammar::shape(Tensor &tensor) {
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

LogicalResult TextGrammar::opaqueType(proto::TypeProto::Opaque &opaque) {
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

LogicalResult TextGrammar::containerType(StringRef word,
                                         proto::TypeProto &result) {
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

LogicalResult TextGrammar::type(proto::TypeProto &type) {
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

LogicalResult TextGrammar::valueInfo(proto::ValueInfoProto &info) {
  if (isTypeName(lexer.peekIdentifier()) && failed(type(*info.mutable_type())))
    return failure();
  return lexer.name(*info.mutable_name());
}
