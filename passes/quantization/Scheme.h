//===- Scheme.h - Ways to quantize a product --------------------*- C++ -*-===//

#ifndef HAGANE_PASSES_QUANTIZATION_SCHEME_H
#define HAGANE_PASSES_QUANTIZATION_SCHEME_H

#include "passes/quantization/StaticRange.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/GlobPattern.h"
#include <optional>
#include <string>
#include <vector>

namespace hagane {

/// How the factors of a product are stored; see docs/quantization.md.
struct QuantizationScheme {
  static constexpr int64_t kSmoothing = 50;
  enum class Scale { f16, f32 };
  enum class Activations { model, rows, blocks, fixed };
  /// Of channels, between a product and what makes its input.
  enum class Scaling { none, searched, smooth };

  int64_t bits = 0;  ///< of weights; 0: they stay as they are
  int64_t block = 0; ///< elements along k that share a scale; 0: all
  bool symmetric = true;
  bool searches = false;    ///< for the scales of the least squared error
  bool compensates = false; ///< errors of codes by each other: needs data
  Scaling scaling = Scaling::none; ///< needs data unless none
  int64_t smoothing = kSmoothing;  ///< smooth: hundredths that weights take
  Scale scale = Scale::f16;
  Activations activations = Activations::model;
  RangeMethod range = RangeMethod::minmax; ///< of fixed activations: needs data

  /// Reads "int4:group=64:asym"; an error says what is expected.
  static llvm::Expected<QuantizationScheme> parse(llvm::StringRef text);
  /// Whether the scheme depends on calibration data.
  bool needsData() const {
    return compensates || scaling != Scaling::none ||
           activations == Activations::fixed;
  }
  /// The shortest text that `parse` reads as this.
  std::string str() const;

  bool operator==(const QuantizationScheme &) const = default;
};

/// The scheme of a product that was quantized, as text.
inline constexpr llvm::StringLiteral kSchemeAttr = "xf.scheme";

/// A scheme for the products of a name, or for all.
struct QuantizationRule {
  std::optional<llvm::GlobPattern> pattern;
  std::string patternText;
  QuantizationScheme scheme;

  /// Reads "SCHEME" or "PATTERN=SCHEME".
  static llvm::Expected<QuantizationRule> parse(llvm::StringRef text);
  /// Whether the rule is for a node of this name: the pattern is that of the
  /// name, or of scopes that the name starts with.
  bool matches(llvm::StringRef name) const;
};

/// A table of schemes and their options, for help texts.
std::string describeQuantizationSchemes();

} // namespace hagane

#endif // HAGANE_PASSES_QUANTIZATION_SCHEME_H
