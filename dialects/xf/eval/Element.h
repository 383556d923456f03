//===- Element.h - Storage of tensor elements -------------------*- C++ -*-===//
//
// How the elements of a host tensor are stored and read. Floats travel as
// double, integers of every width as the low bits of int64_t: sign-extended
// for signless and signed types, zero-extended for unsigned types and i1.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_DIALECTS_XF_EVAL_ELEMENT_H
#define HAGANE_DIALECTS_XF_EVAL_ELEMENT_H

#include "mlir/IR/Types.h"
#include "llvm/ADT/APFloat.h"
#include <optional>

namespace hagane::xf::eval {

/// One element type. Each element occupies whole bytes: i1 one byte that is 0
/// or 1, i4 one byte.
struct Element {
  enum class Class { Float, Signed, Unsigned };
  Class kind = Class::Signed;
  unsigned bits = 0;
  unsigned bytes = 0;
  const llvm::fltSemantics *semantics = nullptr;

  /// nullopt for types that host tensors cannot hold.
  static std::optional<Element> get(mlir::Type type);

  bool isFloat() const { return kind == Class::Float; }
  bool isUnsigned() const { return kind == Class::Unsigned; }
  bool isBool() const { return bits == 1; }

  /// Rounds once, to nearest even; integers truncate towards zero, saturate
  /// at their range and turn NaN into 0; i1 is `value != 0`.
  void storeReal(char *at, double value) const;
  /// Integers keep their low bits; floats round once; i1 is `value != 0`.
  /// `fromUnsigned` tells how `value` is to be read.
  void storeInteger(char *at, int64_t value, bool fromUnsigned = false) const;
  double loadReal(const char *at) const;
  /// For integer types only.
  int64_t loadInteger(const char *at) const;

  /// `value` as it would come back after a store; integers wrap.
  int64_t wrap(int64_t value) const;
  /// The extremes of the type: infinities (or the largest finite values where
  /// the type has none) for floats.
  double lowestReal() const;
  double highestReal() const;
  int64_t lowestInteger() const;
  int64_t highestInteger() const;
  double largestFinite() const;
};

} // namespace hagane::xf::eval

#endif // HAGANE_DIALECTS_XF_EVAL_ELEMENT_H
