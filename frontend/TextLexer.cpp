#include "frontend/TextLexer.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Error.h"

using namespace hagane::frontend;
using llvm::failure;
using llvm::LogicalResult;
using llvm::StringRef;
using llvm::success;

LogicalResult TextLexer::error(const llvm::Twine &message) {
  if (firstError)
    return failure();
  StringRef before = text.take_front(pos);
  unsigned line = static_cast<unsigned>(before.count('\n')) + 1;
  size_t lineStart = before.rfind('\n') + 1; // npos + 1 == 0
  firstError = TextError{line, static_cast<unsigned>(pos - lineStart) + 1,
                         message.str()};
  return failure();
}

void TextLexer::skip() {
  while (pos < text.size()) {
    if (text[pos] == '#')
      pos = std::min(text.find('\n', pos), text.size());
    else if (llvm::isSpace(text[pos]))
      ++pos;
    else
      return;
  }
}

char TextLexer::peek() {
  skip();
  return pos < text.size() ? text[pos] : '\0';
}

bool TextLexer::atEnd() {
  skip();
  return pos == text.size();
}

bool TextLexer::tryChar(char c) {
  if (atEnd() || text[pos] != c)
    return false;
  ++pos;
  return true;
}

LogicalResult TextLexer::expectChar(char c) {
  if (tryChar(c))
    return success();
  if (atEnd())
    return error(llvm::Twine("expected '") + llvm::Twine(c) +
                 "', found the end of the text");
  return error(llvm::Twine("expected '") + llvm::Twine(c) + "', found '" +
               llvm::Twine(text[pos]) + "'");
}

LogicalResult TextLexer::expectArrow() {
  skip();
  if (!text.substr(pos).starts_with("=>"))
    return error("expected '=>'");
  pos += 2;
  return success();
}

StringRef TextLexer::peekIdentifier() {
  char first = peek();
  if (!llvm::isAlpha(first) && first != '_')
    return {};
  return text.substr(pos).take_while(
      [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

StringRef TextLexer::tryIdentifier() {
  StringRef value = peekIdentifier();
  pos += value.size();
  return value;
}

LogicalResult TextLexer::identifier(std::string &value) {
  value = tryIdentifier().str();
  return value.empty() ? error("expected an identifier") : success();
}

bool TextLexer::atName() { return peek() == '"' || !peekIdentifier().empty(); }

LogicalResult TextLexer::name(std::string &value) {
  return peek() == '"' ? string(value) : identifier(value);
}

LogicalResult TextLexer::string(std::string &value) {
  if (peek() != '"')
    return error("expected a string");
  value.clear();
  for (size_t at = pos + 1; at < text.size(); ++at) {
    if (text[at] == '"') {
      pos = at + 1;
      return success();
    }
    if (text[at] == '\\' && ++at == text.size())
      break;
    value.push_back(text[at]);
  }
  return error("a string does not end");
}

bool TextLexer::tryNumber(Literal &value) {
  StringRef rest = text.substr(pos);
  StringRef sign = rest.take_front(rest.starts_with("-") ? 1 : 0);
  StringRef word = rest.substr(sign.size()).take_while([](char c) {
    return llvm::isAlnum(c) || c == '_';
  });
  if (llvm::is_contained({"inf", "infinity", "nan"}, word.lower())) {
    pos += sign.size() + word.size();
    value = {LiteralKind::Float,
             (sign + (word.lower() == "nan" ? "nan" : "inf")).str()};
    return true;
  }
  auto takeDigits = [&](size_t from) {
    return from + rest.substr(from).take_while(llvm::isDigit).size();
  };
  size_t end = takeDigits(sign.size());
  if (end == sign.size())
    return false;
  bool isFloat = end < rest.size() && rest[end] == '.';
  if (isFloat)
    end = takeDigits(end + 1);
  if (end < rest.size() && (rest[end] == 'e' || rest[end] == 'E')) {
    size_t exponent = end + 1;
    if (exponent < rest.size() &&
        (rest[exponent] == '+' || rest[exponent] == '-'))
      ++exponent;
    if (takeDigits(exponent) != exponent) {
      end = takeDigits(exponent);
      isFloat = true;
    }
  }
  pos += end;
  value = {isFloat ? LiteralKind::Float : LiteralKind::Int,
           rest.take_front(end).str()};
  return true;
}

LogicalResult TextLexer::literal(Literal &value) {
  if (peek() == '"') {
    value.kind = LiteralKind::String;
    return string(value.text);
  }
  return tryNumber(value) ? success() : error("expected a number or a string");
}

LogicalResult TextLexer::toInteger(const Literal &literal, int64_t &value) {
  if (literal.kind != LiteralKind::Int)
    return error("expected an integer");
  if (StringRef(literal.text).getAsInteger(10, value))
    return error("integer " + literal.text + " does not fit 64 bits");
  return success();
}

/// Rounds once, straight to the wanted format; a magnitude too large becomes
/// infinite.
static bool parseFloat(StringRef text, llvm::APFloat &value) {
  auto status =
      value.convertFromString(text, llvm::APFloat::rmNearestTiesToEven);
  if (status)
    return true;
  llvm::consumeError(status.takeError());
  return false;
}

LogicalResult TextLexer::toSingle(const Literal &literal, float &value) {
  llvm::APFloat parsed(llvm::APFloat::IEEEsingle());
  if (literal.kind == LiteralKind::String || !parseFloat(literal.text, parsed))
    return error("expected a number");
  value = parsed.convertToFloat();
  return success();
}

LogicalResult TextLexer::integer(int64_t &value) {
  Literal word;
  return failed(literal(word)) ? failure() : toInteger(word, value);
}

LogicalResult TextLexer::unsignedInteger(uint64_t &value) {
  Literal word;
  if (failed(literal(word)))
    return failure();
  if (word.kind != LiteralKind::Int ||
      StringRef(word.text).getAsInteger(10, value))
    return error("expected an unsigned integer of 64 bits");
  return success();
}

LogicalResult TextLexer::single(float &value) {
  Literal word;
  return failed(literal(word)) ? failure() : toSingle(word, value);
}

LogicalResult TextLexer::real(double &value) {
  Literal word;
  if (failed(literal(word)))
    return failure();
  llvm::APFloat parsed(llvm::APFloat::IEEEdouble());
  if (word.kind == LiteralKind::String || !parseFloat(word.text, parsed))
    return error("expected a number");
  value = parsed.convertToDouble();
  return success();
}
