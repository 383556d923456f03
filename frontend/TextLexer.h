// The words of ONNX's text form.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/LogicalResult.h"
#include <cstdint>
#include <optional>
#include <string>

namespace hagane::frontend {

/// Where and why a text was refused. Lines and columns count from 1.
struct TextError {
  unsigned line;
  unsigned column;
  std::string message;
};

/// Reads words from a text. Whitespace and `#` comments separate them.
/// Functions named `try...` leave the text where it is when the word is not
/// there; the others record an error. The first error stays.
class TextLexer {
public:
  enum class LiteralKind { Int, Float, String };
  struct Literal {
    LiteralKind kind;
    std::string text; // of a string: unescaped, without quotes
  };

  explicit TextLexer(llvm::StringRef text) : text(text) {}

  llvm::LogicalResult error(const llvm::Twine &message);
  std::optional<TextError> takeError() { return std::move(firstError); }

  bool atEnd();
  /// The next character after whitespace; NUL at the end.
  char peek();
  bool tryChar(char c);
  llvm::LogicalResult expectChar(char c);
  /// The arrow `=>`.
  llvm::LogicalResult expectArrow();

  /// The identifier that comes next, without taking it; empty where there is
  /// none.
  llvm::StringRef peekIdentifier();
  llvm::StringRef tryIdentifier();
  llvm::LogicalResult identifier(std::string &value);
  /// A quoted string or an identifier.
  llvm::LogicalResult name(std::string &value);
  bool atName();

  llvm::LogicalResult literal(Literal &value);
  llvm::LogicalResult string(std::string &value);
  llvm::LogicalResult integer(int64_t &value);
  llvm::LogicalResult unsignedInteger(uint64_t &value);
  llvm::LogicalResult single(float &value);
  llvm::LogicalResult real(double &value);

  /// Numbers from literals, with an error where the text is out of range.
  llvm::LogicalResult toInteger(const Literal &literal, int64_t &value);
  llvm::LogicalResult toSingle(const Literal &literal, float &value);

private:
  void skip();
  bool tryNumber(Literal &value);

  llvm::StringRef text;
  size_t pos = 0;
  std::optional<TextError> firstError;
};

} // namespace hagane::frontend
