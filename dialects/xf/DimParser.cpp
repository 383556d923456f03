//===- DimParser.cpp - The text form of symbolic dimensions ---------------===//

#include "dialects/xf/DimPoly.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace hagane::xf;
using namespace hagane::xf::detail;
using Kind = DimNode::Kind;

namespace {

bool isIdentifierStart(char c) { return llvm::isAlpha(c) || c == '_'; }
bool isIdentifier(char c) { return llvm::isAlnum(c) || c == '_' || c == '.'; }

std::optional<Kind> getFunction(llvm::StringRef name) {
  return llvm::StringSwitch<std::optional<Kind>>(name)
      .Case("floordiv", Kind::FloorDiv)
      .Case("ceildiv", Kind::CeilDiv)
      .Case("mod", Kind::Mod)
      .Case("min", Kind::Min)
      .Case("max", Kind::Max)
      .Default(std::nullopt);
}

/// sum     ::= product (('+' | '-') product)*
/// product ::= unary (('*' | '//') unary)*
/// unary   ::= '-' unary | integer | symbol | function '(' sum (',' sum)* ')' |
/// '(' sum ')'
class Parser {
public:
  explicit Parser(llvm::StringRef text) : rest(text) {}

  MaybePoly parse(std::string *error) {
    MaybePoly result = parseSum();
    if (result && !rest.ltrim().empty())
      result = fail("expected the end of the dimension, found '" +
                    rest.trim().str() + "'");
    if (!result && error)
      *error = message;
    return result;
  }

private:
  static constexpr llvm::StringLiteral kSmallest = "9223372036854775808";

  MaybePoly fail(std::string text) {
    if (message.empty())
      message = std::move(text);
    return std::nullopt;
  }

  MaybePoly checked(MaybePoly result) {
    return result ? std::move(result)
                  : fail("dimension is out of range: expected 64-bit values "
                         "and positive divisors");
  }

  bool consume(llvm::StringRef token) {
    rest = rest.ltrim();
    return rest.consume_front(token);
  }

  MaybePoly parseSum() {
    MaybePoly sum = parseProduct();
    while (sum) {
      bool plus = consume("+");
      if (!plus && !consume("-"))
        return sum;
      MaybePoly next = parseProduct();
      if (!next)
        return std::nullopt;
      sum = checked(plus ? add(*sum, *next) : subtract(*sum, *next));
    }
    return sum;
  }

  MaybePoly parseProduct() {
    MaybePoly product = parseUnary();
    while (product) {
      bool times = consume("*");
      if (!times && !consume("//"))
        return product;
      MaybePoly next = parseUnary();
      if (!next)
        return std::nullopt;
      product = checked(times ? multiply(*product, *next)
                              : floorDivide(*product, *next));
    }
    return product;
  }

  MaybePoly parseUnary() {
    if (++depth > kMaxDimDepth)
      return fail(
          "dimension is nested too deeply, expected at most 128 levels");
    MaybePoly result = parseUnaryUnchecked();
    --depth;
    return result;
  }

  MaybePoly parseUnaryUnchecked() {
    if (consume("-")) {
      // The smallest integer is no other's negation.
      if (rest.take_while(llvm::isDigit) == kSmallest) {
        rest = rest.drop_front(kSmallest.size());
        return DimPoly(std::numeric_limits<int64_t>::min());
      }
      MaybePoly operand = parseUnary();
      return operand ? checked(multiply(*operand, DimPoly(-1))) : std::nullopt;
    }
    if (consume("(")) {
      MaybePoly inner = parseSum();
      if (inner && !consume(")"))
        return fail("expected ')' in dimension");
      return inner;
    }
    if (consume("\""))
      return parseQuoted();
    if (rest.empty())
      return fail(
          "expected an integer, a symbol or '(' in dimension, found its end");
    if (llvm::isDigit(rest.front()))
      return parseInteger();
    if (isIdentifierStart(rest.front()))
      return parseName();
    return fail("expected an integer, a symbol or '(' in dimension, found '" +
                rest.trim().str() + "'");
  }

  MaybePoly parseQuoted() {
    std::string name;
    while (!rest.empty() && rest.front() != '"') {
      if (rest.front() == '\\' && rest.size() > 1)
        rest = rest.drop_front();
      name.push_back(rest.front());
      rest = rest.drop_front();
    }
    if (!rest.consume_front("\""))
      return fail("expected '\"' after the name of a symbol");
    if (name.empty())
      return fail("expected a name between '\"' and '\"'");
    return DimPoly(makeSymbol(name));
  }

  MaybePoly parseInteger() {
    llvm::StringRef digits = rest.take_while(llvm::isDigit);
    rest = rest.drop_front(digits.size());
    int64_t value;
    if (digits.getAsInteger(10, value))
      return fail("expected a 64-bit integer in dimension, found '" +
                  digits.str() + "'");
    return DimPoly(value);
  }

  MaybePoly parseName() {
    llvm::StringRef name = rest.take_while(isIdentifier);
    rest = rest.drop_front(name.size());
    std::optional<Kind> function = getFunction(name);
    if (!function)
      return DimPoly(makeSymbol(name));
    if (!consume("("))
      return fail("expected '(' after '" + name.str() + "'");
    llvm::SmallVector<DimPoly> operands;
    do {
      MaybePoly operand = parseSum();
      if (!operand)
        return std::nullopt;
      operands.push_back(std::move(*operand));
    } while (consume(","));
    if (!consume(")"))
      return fail("expected ')' after the operands of '" + name.str() + "'");
    bool isExtremum = *function == Kind::Min || *function == Kind::Max;
    if (!isExtremum && operands.size() != 2)
      return fail("expected 2 operands of '" + name.str() + "', found " +
                  std::to_string(operands.size()));
    return checked(apply(*function, operands));
  }

  llvm::StringRef rest;
  std::string message;
  int depth = 0;
};

} // namespace

MaybePoly detail::parsePoly(llvm::StringRef text, std::string *error) {
  return Parser(text).parse(error);
}

std::string detail::quoteSymbol(llvm::StringRef name) {
  if (!name.empty() && isIdentifierStart(name.front()) &&
      llvm::all_of(name, isIdentifier) && !getFunction(name))
    return name.str();
  std::string quoted = "\"";
  for (char c : name) {
    if (c == '"' || c == '\\')
      quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "\"";
}

std::string DimPoly::str() const {
  if (terms.empty())
    return "0";
  std::string text;
  for (const auto &[monomial, coefficient] : terms) {
    bool negative = coefficient < 0;
    if (text.empty())
      text += negative ? "-" : "";
    else
      text += negative ? " - " : " + ";
    uint64_t magnitude =
        negative ? -static_cast<uint64_t>(coefficient) : coefficient;
    bool first = true;
    for (const DimAtomRef &atom : monomial) {
      text += first ? "" : " * ";
      text += atom->text;
      first = false;
    }
    if (monomial.empty())
      text += std::to_string(magnitude);
    else if (magnitude != 1)
      text += " * " + std::to_string(magnitude);
  }
  return text;
}
