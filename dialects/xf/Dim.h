//===- Dim.h - Symbolic dimensions -*- C++ -*-===//
//
// A Dim is an integer expression over the module's symbols in canonical form:
// a sum of products of symbols and of atoms (floordiv, ceildiv, mod, min, max).
// Two Dims are equal exactly when their attributes are the same. The prover
// answers questions that hold for every admissible value of the symbols;
// "unknown" is always a legal answer.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_DIALECTS_XF_DIM_H
#define HAGANE_DIALECTS_XF_DIM_H

#include "dialects/xf/XfAttributes.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"
#include <optional>
#include <vector>

namespace hagane::xf {

class Dim {
public:
  Dim() = default;
  Dim(DimAttr attr) : attr(attr) {}

  static Dim constant(mlir::MLIRContext *context, int64_t value);
  static Dim symbol(mlir::MLIRContext *context, llvm::StringRef name);
  /// Parses the textual form; null Dim with `error` set if it is malformed.
  static Dim parse(mlir::MLIRContext *context, llvm::StringRef text,
                   std::string *error = nullptr);

  explicit operator bool() const { return static_cast<bool>(attr); }
  DimAttr getAttr() const { return attr; }
  bool operator==(Dim other) const { return attr == other.attr; }
  bool operator!=(Dim other) const { return attr != other.attr; }

  std::optional<int64_t> getConstant() const;
  bool isConstant(int64_t value) const { return getConstant() == value; }
  /// The symbol's name if the whole expression is one symbol.
  std::optional<llvm::StringRef> getSymbol() const;
  /// The static size of a tensor type's dimension: the constant, or kDynamic.
  int64_t getStaticSize() const;

  Dim operator+(Dim other) const;
  Dim operator-(Dim other) const;
  Dim operator*(Dim other) const;
  Dim operator+(int64_t value) const;
  Dim operator-(int64_t value) const;
  Dim operator*(int64_t value) const;
  Dim floorDiv(Dim other) const;
  Dim ceilDiv(Dim other) const;
  Dim mod(Dim other) const;
  Dim min(Dim other) const;
  Dim max(Dim other) const;

  /// Calls `visit` for each symbol occurring in the expression.
  void forEachSymbol(llvm::function_ref<void(llvm::StringRef)> visit) const;
  /// Replaces symbols; `value` returns a null Dim to leave one as it is.
  Dim substitute(llvm::function_ref<Dim(llvm::StringRef)> value) const;
  /// The value for given symbols; nullopt if a symbol is missing, a divisor is
  /// not positive or the result leaves int64.
  std::optional<int64_t> evaluate(
      llvm::function_ref<std::optional<int64_t>(llvm::StringRef)> value) const;

  std::string str() const;

private:
  DimAttr attr;
};

/// Inclusive bounds of a symbol or expression.
struct DimRange {
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
};

/// What is known of a symbol: its bounds, and which remainders its values may
/// leave when divided by `period`; bit r stands for remainder r.
struct DimSymbolFacts {
  DimRange range;
  int64_t period = 1;
  uint64_t remainders = 1;
};

/// Proves facts about Dims from those of the symbols.
class DimProver {
public:
  void setRange(llvm::StringRef symbol, DimRange range) {
    symbols[symbol].range = range;
  }
  /// What else is known: two expressions always have the same value.
  void addEqual(Dim a, Dim b) {
    equal.insert({a.getAttr(), b.getAttr()});
    equal.insert({b.getAttr(), a.getAttr()});
  }
  /// Learns from a = b which remainders symbols cannot leave: an image whose
  /// halves are as large as itself has even sizes.
  void learnRemainders(Dim a, Dim b);
  DimRange getRange(Dim dim) const;
  bool isEqual(Dim a, Dim b) const;
  bool isNotEqual(Dim a, Dim b) const;
  bool isLessOrEqual(Dim a, Dim b) const;
  bool isMultipleOf(Dim dim, int64_t divisor) const;
  /// a / b if b divides a for every value of the symbols; null otherwise.
  Dim divideExactly(Dim a, Dim b) const;
  /// A simpler expression with the same value, as far as bounds tell: without
  /// the operands of min and max that never decide.
  Dim simplify(Dim dim) const;
  /// The same, also where symbols are multiples of a number.
  Dim simplifyMultiples(Dim dim) const;

private:
  llvm::StringMap<DimSymbolFacts> symbols;
  llvm::DenseSet<std::pair<DimAttr, DimAttr>> equal;
};

/// The structure of a Dim, for those who turn it into code. Operands of
/// Sum and Product are in canonical order; Constant has `value` only.
struct DimNode {
  enum class Kind {
    Constant,
    Symbol,
    Sum,
    Product,
    FloorDiv,
    CeilDiv,
    Mod,
    Min,
    Max
  };
  Kind kind = Kind::Constant;
  int64_t value = 0;
  std::string symbol;
  std::vector<DimNode> operands;
};
DimNode getDimNode(Dim dim);

} // namespace hagane::xf

#endif // HAGANE_DIALECTS_XF_DIM_H
