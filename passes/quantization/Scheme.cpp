//===- Scheme.cpp - Ways to quantize a product ----------------------------===//

#include "passes/quantization/Scheme.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace hagane;
using llvm::StringRef;
using llvm::Twine;
using Scheme = QuantizationScheme;

namespace {

struct SchemeRow {
  StringRef name;
  Scheme scheme;
  StringRef help;
};

// Scales of whole columns are few, so that their precision costs nothing; those
// of blocks are worth a search, as few bits leave much to gain.
const SchemeRow kSchemes[] = {
    {"none", {}, "as in the model"},
    {"int8",
     {.bits = 8, .scale = Scheme::Scale::f32},
     "8 bits, a scale for each column"},
    {"int6",
     {.bits = 6, .block = 32, .searches = true},
     "6 bits, groups of 32"},
    {"int4",
     {.bits = 4, .block = 32, .searches = true},
     "4 bits, groups of 32"},
    {"int3",
     {.bits = 3, .block = 32, .searches = true},
     "3 bits, groups of 32"},
    {"int2",
     {.bits = 2, .block = 32, .searches = true},
     "2 bits, groups of 32"},
};

struct OptionRow {
  StringRef text;
  void (*apply)(Scheme &);
  bool (*holds)(const Scheme &);
  StringRef help;
};

template <RangeMethod method> void fixRange(Scheme &scheme) {
  scheme.activations = Scheme::Activations::fixed;
  scheme.range = method;
}
template <RangeMethod method> bool hasFixedRange(const Scheme &scheme) {
  return scheme.activations == Scheme::Activations::fixed &&
         scheme.range == method;
}

const OptionRow kOptions[] = {
    {"asym", [](Scheme &s) { s.symmetric = false; },
     [](const Scheme &s) { return !s.symmetric; }, "with zero points"},
    {"sym", [](Scheme &s) { s.symmetric = true; },
     [](const Scheme &s) { return s.symmetric; }, "without"},
    {"nearest", [](Scheme &s) { s.searches = false; },
     [](const Scheme &s) { return !s.searches; }, "scales from the range"},
    {"mse", [](Scheme &s) { s.searches = true; },
     [](const Scheme &s) { return s.searches; },
     "scales of the least squared error"},
    {"gptq", [](Scheme &s) { s.compensates = true; },
     [](const Scheme &s) { return s.compensates; },
     "codes by calibration data, so that their errors make up for each other"},
    {"awq", [](Scheme &s) { s.scaling = Scheme::Scaling::searched; },
     [](const Scheme &s) { return s.scaling == Scheme::Scaling::searched; },
     "channels scaled by calibration data, as far as that makes the product "
     "more exact"},
    {"f16", [](Scheme &s) { s.scale = Scheme::Scale::f16; },
     [](const Scheme &s) { return s.scale == Scheme::Scale::f16; },
     "16-bit scales"},
    {"f32", [](Scheme &s) { s.scale = Scheme::Scale::f32; },
     [](const Scheme &s) { return s.scale == Scheme::Scale::f32; },
     "32-bit scales"},
    {"act=model", [](Scheme &s) { s.activations = Scheme::Activations::model; },
     [](const Scheme &s) {
       return s.activations == Scheme::Activations::model;
     },
     "activations stay as they are"},
    {"act=int8", [](Scheme &s) { s.activations = Scheme::Activations::rows; },
     [](const Scheme &s) { return s.activations == Scheme::Activations::rows; },
     "activations in 8 bits, a scale for each row"},
    {"act=int8-group",
     [](Scheme &s) { s.activations = Scheme::Activations::blocks; },
     [](const Scheme &s) {
       return s.activations == Scheme::Activations::blocks;
     },
     "activations in 8 bits, a scale for each group"},
    {"act=static-mse", fixRange<RangeMethod::mse>,
     hasFixedRange<RangeMethod::mse>,
     "activations in 8 bits, a scale from calibration data: the least squared "
     "error"},
    {"act=static-minmax", fixRange<RangeMethod::minmax>,
     hasFixedRange<RangeMethod::minmax>,
     "activations in 8 bits, a scale from calibration data: all that was seen"},
    {"act=static-percentile", fixRange<RangeMethod::percentile>,
     hasFixedRange<RangeMethod::percentile>,
     "activations in 8 bits, a scale from calibration data: all but one in "
     "10,000"},
    {"act=static-entropy", fixRange<RangeMethod::entropy>,
     hasFixedRange<RangeMethod::entropy>,
     "activations in 8 bits, a scale from calibration data: the least loss of "
     "information"},
    {"act=static", fixRange<RangeMethod::mse>,
     [](const Scheme &) { return false; }, "the same as act=static-mse"},
};

constexpr int64_t kLeastGroup = 8, kMostGroup = 65536;
constexpr double kHundred = 100;

} // namespace

static const SchemeRow *findScheme(StringRef name) {
  const auto *row = llvm::find_if(
      kSchemes, [&](const SchemeRow &row) { return row.name == name; });
  return row == std::end(kSchemes) ? nullptr : row;
}

static llvm::Error fail(const Twine &message) {
  return llvm::createStringError(message);
}

static std::string listNames() {
  return llvm::join(
      llvm::map_range(kSchemes, [](const SchemeRow &row) { return row.name; }),
      ", ");
}

static llvm::Error parseGroup(Scheme &scheme, StringRef value) {
  if (value == "channel") {
    scheme.block = 0;
    return llvm::Error::success();
  }
  int64_t group;
  if (value.getAsInteger(10, group) || group < kLeastGroup ||
      group > kMostGroup || group % kLeastGroup != 0)
    return fail("the group of a quantization scheme is '" + value +
                "', expected channel, or a multiple of " + Twine(kLeastGroup) +
                " up to " + Twine(kMostGroup));
  scheme.block = group;
  return llvm::Error::success();
}

static llvm::Error parseSmoothing(Scheme &scheme, StringRef value) {
  double part = Scheme::kSmoothing / kHundred;
  if (value.consume_front("=") &&
      (value.getAsDouble(part) || !(part >= 0) || !(part <= 1)))
    return fail("the part of smoothing that weights take is '" + value +
                "', expected a number from 0 to 1");
  scheme.scaling = Scheme::Scaling::smooth;
  scheme.smoothing = std::llround(part * kHundred);
  return llvm::Error::success();
}

static llvm::Error parseOption(Scheme &scheme, StringRef text) {
  if (text.consume_front("group="))
    return parseGroup(scheme, text);
  if (StringRef value = text;
      text.split('=').first == "smooth" && value.consume_front("smooth"))
    return parseSmoothing(scheme, value);
  for (const OptionRow &row : kOptions)
    if (row.text == text) {
      row.apply(scheme);
      return llvm::Error::success();
    }
  return fail(
      "unknown option '" + text +
      "' of a quantization scheme, expected group=N, smooth, " +
      llvm::join(llvm::map_range(kOptions,
                                 [](const OptionRow &row) { return row.text; }),
                 ", "));
}

llvm::Expected<Scheme> Scheme::parse(StringRef text) {
  auto [name, options] = text.split(':');
  const SchemeRow *row = findScheme(name);
  if (!row)
    return fail("unknown quantization scheme '" + name + "', expected one of " +
                listNames());
  Scheme scheme = row->scheme;
  if (scheme.bits == 0 && !options.empty())
    return fail("the scheme none takes no options, found '" + options + "'");
  while (!options.empty()) {
    auto [option, rest] = options.split(':');
    if (llvm::Error error = parseOption(scheme, option))
      return error;
    options = rest;
  }
  if (scheme.activations == Activations::blocks && scheme.block == 0)
    return fail("'" + text +
                "' asks for activations by group, expected a group "
                "of weights such as group=32");
  if (scheme.scaling == Scaling::smooth &&
      scheme.activations == Activations::model)
    return fail(
        "'" + text +
        "' smooths activations that stay as they are, expected them in 8 "
        "bits such as act=int8");
  return scheme;
}

std::string Scheme::str() const {
  const SchemeRow *row = llvm::find_if(
      kSchemes, [&](const SchemeRow &row) { return row.scheme.bits == bits; });
  std::string text = row->name.str();
  Scheme shown = row->scheme;
  if (shown.block != block)
    text += ":group=" + (block ? std::to_string(block) : "channel");
  for (const OptionRow &option : kOptions)
    if (option.holds(*this) && !option.holds(shown))
      text += ":" + option.text.str();
  if (scaling == Scaling::smooth)
    text += ":smooth";
  if (scaling == Scaling::smooth && smoothing != kSmoothing)
    text += llvm::formatv("={0:f2}", static_cast<double>(smoothing) / kHundred);
  return text;
}

llvm::Expected<QuantizationRule> QuantizationRule::parse(StringRef text) {
  QuantizationRule rule;
  StringRef scheme = text;
  if (!findScheme(text.split(':').first) && text.contains('=')) {
    auto [pattern, rest] = text.split('=');
    scheme = rest;
    rule.patternText = pattern.str();
    llvm::Expected<llvm::GlobPattern> glob = llvm::GlobPattern::create(pattern);
    if (!glob)
      return fail("'" + pattern + "' is no pattern of names: " +
                  llvm::toString(glob.takeError()));
    rule.pattern = std::move(*glob);
  }
  llvm::Expected<Scheme> parsed = Scheme::parse(scheme);
  if (!parsed)
    return parsed.takeError();
  rule.scheme = *parsed;
  return rule;
}

bool QuantizationRule::matches(StringRef name) const {
  if (!pattern || pattern->match(name))
    return true;
  for (size_t end = name.find_first_of("/."); end != StringRef::npos;
       end = name.find_first_of("/.", end + 1))
    if (end > 0 && pattern->match(name.take_front(end)))
      return true;
  return false;
}

std::string hagane::describeQuantizationSchemes() {
  std::string text;
  for (const SchemeRow &row : kSchemes)
    text += ("  " + row.name + ": " + row.help + "\n").str();
  text += "  :group=N|channel: elements that share a scale\n";
  text += "  :smooth[=PART]: weights take a part of what is large in "
          "activations, by calibration data (0.5)\n";
  for (const OptionRow &row : kOptions)
    text += ("  :" + row.text + ": " + row.help + "\n").str();
  return text;
}
