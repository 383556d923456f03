//===- Dim.cpp - Symbolic dimensions --------------------------------------===//

#include "dialects/xf/Dim.h"
#include "dialects/xf/DimPoly.h"
#include "dialects/xf/XfOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/DialectInterface.h"
#include <mutex>

using namespace mlir;
using namespace hagane::xf;
using namespace hagane::xf::detail;

//===----------------------------------------------------------------------===//
// From attributes to polynomials
//===----------------------------------------------------------------------===//

namespace {
/// The polynomial of each dimension attribute, parsed once per context.
class DimTable : public DialectInterface::Base<DimTable> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(DimTable)
  explicit DimTable(Dialect *dialect) : Base(dialect) {}

  const DimPoly &get(DimAttr attr) {
    std::lock_guard<std::mutex> lock(mutex);
    std::unique_ptr<DimPoly> &entry = polys[attr];
    if (!entry)
      entry = std::make_unique<DimPoly>(
          parsePoly(attr.getText(), nullptr).value_or(DimPoly()));
    return *entry;
  }

  static DimTable &of(MLIRContext *context) {
    return *context->getLoadedDialect<XfDialect>()
                ->getRegisteredInterface<DimTable>();
  }

private:
  std::mutex mutex;
  llvm::DenseMap<Attribute, std::unique_ptr<DimPoly>> polys;
};
} // namespace

std::unique_ptr<DialectInterface>
hagane::xf::detail::makeDimTable(Dialect *dialect) {
  return std::make_unique<DimTable>(dialect);
}

const DimPoly &hagane::xf::detail::getPoly(Dim dim) {
  return DimTable::of(dim.getAttr().getContext()).get(dim.getAttr());
}

/// Whether the parser, whose depth is limited, reads the text again.
static bool isReadable(StringRef text) {
  int depth = 0;
  for (char c : text) {
    depth += c == '(';
    depth -= c == ')';
    if (depth >= kMaxDimDepth)
      return false;
  }
  return true;
}

Dim hagane::xf::detail::makeDim(MLIRContext *context, const MaybePoly &poly) {
  if (!poly)
    return {};
  std::string text = poly->str();
  return isReadable(text) ? Dim(DimAttr::get(context, text)) : Dim();
}

//===----------------------------------------------------------------------===//
// DimAttr
//===----------------------------------------------------------------------===//

LogicalResult DimAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                              StringRef text) {
  std::string error;
  MaybePoly poly = parsePoly(text, &error);
  if (!poly)
    return emitError() << error;
  if (std::string canonical = poly->str(); canonical != text)
    return emitError() << "dimension is not in canonical form: expected '"
                       << canonical << "', found '" << text << "'";
  return success();
}

/// Appends the next token of a dimension to `text`; false where none follows.
static bool appendToken(AsmParser &parser, std::string &text) {
  StringRef keyword;
  std::string string;
  APInt integer;
  if (succeeded(parser.parseOptionalMinus()))
    text += "-";
  else if (succeeded(parser.parseOptionalPlus()))
    text += "+";
  else if (succeeded(parser.parseOptionalStar()))
    text += "*";
  else if (succeeded(parser.parseOptionalLParen()))
    text += "(";
  else if (succeeded(parser.parseOptionalRParen()))
    text += ")";
  else if (succeeded(parser.parseOptionalComma()))
    text += ",";
  else if (succeeded(parser.parseOptionalString(&string)))
    text += quoteSymbol(string);
  else if (succeeded(parser.parseOptionalKeyword(&keyword)))
    text += keyword;
  else if (OptionalParseResult result = parser.parseOptionalInteger(integer);
           result.has_value() && succeeded(*result))
    text += llvm::toString(integer, 10, /*Signed=*/false);
  else
    return false;
  text += " ";
  return true;
}

Attribute DimAttr::parse(AsmParser &parser, Type) {
  SMLoc location = parser.getCurrentLocation();
  std::string text, error;
  if (parser.parseLess())
    return {};
  while (appendToken(parser, text))
    ;
  if (parser.parseGreater())
    return {};
  Dim dim = Dim::parse(parser.getContext(), text, &error);
  if (!dim)
    parser.emitError(location, error);
  return dim.getAttr();
}

void DimAttr::print(AsmPrinter &printer) const {
  printer << "<" << getText() << ">";
}

//===----------------------------------------------------------------------===//
// Dim
//===----------------------------------------------------------------------===//

Dim Dim::constant(MLIRContext *context, int64_t value) {
  return makeDim(context, DimPoly(value));
}

Dim Dim::symbol(MLIRContext *context, StringRef name) {
  return makeDim(context, DimPoly(makeSymbol(name)));
}

Dim Dim::parse(MLIRContext *context, StringRef text, std::string *error) {
  return makeDim(context, parsePoly(text, error));
}

std::optional<int64_t> Dim::getConstant() const {
  return attr ? getPoly(*this).getConstant() : std::nullopt;
}

std::optional<StringRef> Dim::getSymbol() const {
  const DimAtom *atom = attr ? getPoly(*this).getAtom() : nullptr;
  if (!atom || atom->kind != DimNode::Kind::Symbol)
    return std::nullopt;
  return StringRef(atom->symbol);
}

int64_t Dim::getStaticSize() const {
  std::optional<int64_t> value = getConstant();
  return value && *value >= 0 ? *value : ShapedType::kDynamic;
}

template <typename Function>
static Dim combine(Dim a, Dim b, Function function) {
  if (!a || !b)
    return {};
  return makeDim(a.getAttr().getContext(), function(getPoly(a), getPoly(b)));
}

Dim Dim::operator+(Dim other) const { return combine(*this, other, add); }
Dim Dim::operator-(Dim other) const { return combine(*this, other, subtract); }
Dim Dim::operator*(Dim other) const {
  return combine(*this, other, [](const DimPoly &a, const DimPoly &b) {
    return multiply(a, b);
  });
}
Dim Dim::operator+(int64_t value) const {
  return attr ? *this + constant(attr.getContext(), value) : Dim();
}
Dim Dim::operator-(int64_t value) const {
  return attr ? *this - constant(attr.getContext(), value) : Dim();
}
Dim Dim::operator*(int64_t value) const {
  return attr ? *this * constant(attr.getContext(), value) : Dim();
}
Dim Dim::floorDiv(Dim other) const {
  return combine(*this, other, floorDivide);
}
Dim Dim::ceilDiv(Dim other) const { return combine(*this, other, ceilDivide); }
Dim Dim::mod(Dim other) const { return combine(*this, other, modulo); }
Dim Dim::min(Dim other) const {
  return combine(*this, other, [](const DimPoly &a, const DimPoly &b) {
    return extremum(DimNode::Kind::Min, {a, b});
  });
}
Dim Dim::max(Dim other) const {
  return combine(*this, other, [](const DimPoly &a, const DimPoly &b) {
    return extremum(DimNode::Kind::Max, {a, b});
  });
}

static void visitSymbols(const DimPoly &poly,
                         function_ref<void(StringRef)> visit) {
  for (const auto &[monomial, coefficient] : poly.getTerms()) {
    for (const DimAtomRef &atom : monomial) {
      if (atom->kind == DimNode::Kind::Symbol)
        visit(atom->symbol);
      for (const DimPoly &operand : atom->operands)
        visitSymbols(operand, visit);
    }
  }
}

void Dim::forEachSymbol(function_ref<void(StringRef)> visit) const {
  if (attr)
    visitSymbols(getPoly(*this), visit);
}

static MaybePoly substituteSymbols(const DimPoly &poly,
                                   function_ref<Dim(StringRef)> value) {
  return replaceAtoms(poly, [&](const DimAtomRef &atom) -> MaybePoly {
    if (atom->kind == DimNode::Kind::Symbol) {
      Dim replacement = value(atom->symbol);
      return replacement ? getPoly(replacement) : DimPoly(atom);
    }
    SmallVector<DimPoly> operands;
    for (const DimPoly &operand : atom->operands) {
      MaybePoly replaced = substituteSymbols(operand, value);
      if (!replaced)
        return std::nullopt;
      operands.push_back(std::move(*replaced));
    }
    return apply(atom->kind, operands);
  });
}

Dim Dim::substitute(function_ref<Dim(StringRef)> value) const {
  if (!attr)
    return {};
  return makeDim(attr.getContext(), substituteSymbols(getPoly(*this), value));
}

using SymbolValues = function_ref<std::optional<int64_t>(StringRef)>;

static std::optional<int64_t> evaluateAtom(const DimAtom &atom,
                                           SymbolValues value) {
  if (atom.kind == DimNode::Kind::Symbol)
    return value(atom.symbol);
  SmallVector<int64_t> operands;
  for (const DimPoly &operand : atom.operands) {
    std::optional<int64_t> result =
        hagane::xf::detail::evaluate(operand, value);
    if (!result)
      return std::nullopt;
    operands.push_back(*result);
  }
  if (atom.kind == DimNode::Kind::Min)
    return *llvm::min_element(operands);
  if (atom.kind == DimNode::Kind::Max)
    return *llvm::max_element(operands);
  if (operands[1] <= 0)
    return std::nullopt;
  return atom.kind == DimNode::Kind::Mod
             ? floorModInt(operands[0], operands[1])
             : floorDivInt(operands[0], operands[1]);
}

std::optional<int64_t> hagane::xf::detail::evaluate(const DimPoly &poly,
                                                    SymbolValues value) {
  int64_t sum = 0;
  for (const auto &[monomial, coefficient] : poly.getTerms()) {
    int64_t term = coefficient;
    for (const DimAtomRef &atom : monomial) {
      std::optional<int64_t> factor = evaluateAtom(*atom, value);
      if (!factor || __builtin_mul_overflow(term, *factor, &term))
        return std::nullopt;
    }
    if (__builtin_add_overflow(sum, term, &sum))
      return std::nullopt;
  }
  return sum;
}

std::optional<int64_t> Dim::evaluate(SymbolValues value) const {
  return attr ? hagane::xf::detail::evaluate(getPoly(*this), value)
              : std::nullopt;
}

std::string Dim::str() const {
  return attr ? attr.getText().str() : std::string("?");
}

//===----------------------------------------------------------------------===//
// DimNode
//===----------------------------------------------------------------------===//

static DimNode nodeOf(const DimPoly &poly);

static DimNode nodeOf(const DimAtom &atom) {
  DimNode node;
  node.kind = atom.kind;
  node.symbol = atom.symbol;
  for (const DimPoly &operand : atom.operands)
    node.operands.push_back(nodeOf(operand));
  return node;
}

static DimNode nodeOf(int64_t value) {
  DimNode node;
  node.value = value;
  return node;
}

static DimNode nodeOf(const DimMonomial &monomial, int64_t coefficient) {
  if (monomial.empty())
    return nodeOf(coefficient);
  if (monomial.size() == 1 && coefficient == 1)
    return nodeOf(*monomial.front());
  DimNode node;
  node.kind = DimNode::Kind::Product;
  for (const DimAtomRef &atom : monomial)
    node.operands.push_back(nodeOf(*atom));
  if (coefficient != 1)
    node.operands.push_back(nodeOf(coefficient));
  return node;
}

static DimNode nodeOf(const DimPoly &poly) {
  if (std::optional<int64_t> value = poly.getConstant())
    return nodeOf(*value);
  const DimPoly::Terms &terms = poly.getTerms();
  if (terms.size() == 1)
    return nodeOf(terms.begin()->first, terms.begin()->second);
  DimNode node;
  node.kind = DimNode::Kind::Sum;
  for (const auto &[monomial, coefficient] : terms)
    node.operands.push_back(nodeOf(monomial, coefficient));
  return node;
}

DimNode hagane::xf::getDimNode(Dim dim) {
  return dim ? nodeOf(getPoly(dim)) : DimNode();
}
