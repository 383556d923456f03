#include "frontend/ops/InputDims.h"

#include "dialects/onnx/OnnxDialect.h"
#include "dialects/xf/XfOps.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;

static LogicalResult parseRange(StringRef text, xf::DimRange &range) {
  auto [low, high] = text.split(':');
  if (!text.contains(':'))
    high = low;
  if (!low.empty() && low.getAsInteger(10, range.min))
    return failure();
  if (!high.empty() && high.getAsInteger(10, range.max))
    return failure();
  return success(range.min >= 0 && range.min <= range.max);
}

LogicalResult hagane::frontend::parseDimOptions(Location loc,
                                                ArrayRef<std::string> ranges,
                                                ArrayRef<std::string> values,
                                                DimOptions &options) {
  for (StringRef text : ranges) {
    auto [name, range] = text.rsplit('=');
    if (name.empty() || failed(parseRange(range, options.ranges[name])))
      return emitError(loc)
             << "dimension range '" << text
             << "' is not of the form name=lo:hi with 0 <= lo <= hi";
  }
  for (StringRef text : values) {
    auto [name, value] = text.rsplit('=');
    int64_t number;
    if (name.empty() || value.getAsInteger(10, number) || number < 0)
      return emitError(loc)
             << "dimension value '" << text
             << "' is not of the form name=value with value >= 0";
    options.values[name] = number;
  }
  return success();
}

namespace {

/// A function's dimensions on their way from texts to expressions.
class InputDims {
public:
  InputDims(func::FuncOp function, const DimOptions &options,
            llvm::StringSet<> &conditional)
      : function(function), context(function.getContext()), options(options),
        conditional(conditional) {
    for (Operation &op : *function->getBlock())
      if (auto symbol = dyn_cast<SymbolOpInterface>(op))
        taken.insert(symbol.getName());
    // Words that mean something inside of an expression.
    for (StringRef word : {"floordiv", "ceildiv", "mod", "min", "max"})
      taken.insert(word);
  }

  LogicalResult run(llvm::MapVector<Value, SmallVector<Dim>> &dims,
                    xf::DimProver &prover);

private:
  LogicalResult collectNames();
  LogicalResult convertArgument(unsigned index, SmallVector<Dim> &dims);
  FailureOr<Dim> convertDim(unsigned index, unsigned axis,
                            RankedTensorType type, Attribute text);
  Dim dimOfText(StringRef text);
  Dim dimOfName(StringRef raw);
  LogicalResult checkOptions();

  ArrayAttr textsOf(unsigned index) {
    return function.getArgAttrOfType<ArrayAttr>(index, "onnx.dims");
  }
  /// What errors call the argument.
  std::string nameOf(unsigned index) {
    auto name = function.getArgAttrOfType<StringAttr>(index, "onnx.name");
    return name ? name.str() : "input " + std::to_string(index);
  }

  func::FuncOp function;
  MLIRContext *context;
  const DimOptions &options;
  llvm::StringSet<> &conditional;
  llvm::StringSet<> taken;
  /// By the text of a dimension: the branches that alone read inputs with it,
  /// null for inputs that every run reads.
  llvm::StringMap<llvm::SmallSetVector<Region *, 2>> readers;
  /// Plain names that occur as dimensions.
  llvm::StringSet<> plain;
  /// By the model's text: the symbol or constant that stands for it.
  llvm::StringMap<Dim> known;
  /// Symbols in order, with the text they came from.
  llvm::MapVector<StringAttr, std::string> symbols;
};

} // namespace

static bool isIdentifier(StringRef text) {
  return !text.empty() && !llvm::isDigit(text.front()) &&
         llvm::all_of(text,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

/// `text` with everything but letters, digits and _ replaced, not yet taken.
static std::string symbolName(StringRef text, llvm::StringSet<> &taken) {
  std::string base;
  for (char c : text)
    if (llvm::isAlnum(c) || c == '_')
      base += c;
    else if (base.empty() || base.back() != '_')
      base += '_';
  if (base.empty() || llvm::isDigit(base.front()))
    base = "d" + base;
  std::string name = base;
  for (unsigned i = 1; !taken.insert(name).second; ++i)
    name = base + "_" + std::to_string(i);
  return name;
}

Dim InputDims::dimOfName(StringRef raw) {
  auto it = known.find(raw);
  if (it != known.end())
    return it->second;
  auto value = options.values.find(raw);
  if (value != options.values.end())
    return known[raw] = Dim::constant(context, value->second);
  std::string name = symbolName(raw, taken);
  // Options may name the symbol, too.
  value = options.values.find(name);
  if (value != options.values.end())
    return known[raw] = Dim::constant(context, value->second);
  symbols[StringAttr::get(context, name)] = raw.str();
  return known[raw] = Dim::symbol(context, name);
}

Dim InputDims::dimOfText(StringRef text) {
  if (isIdentifier(text) || known.contains(text))
    return dimOfName(text);
  // An expression counts as one if all of its names are dimensions elsewhere.
  std::string error;
  Dim parsed = Dim::parse(context, text, &error);
  bool resolved = bool(parsed);
  if (parsed)
    parsed.forEachSymbol(
        [&](StringRef name) { resolved &= plain.contains(name); });
  if (!resolved)
    return dimOfName(text);
  return parsed.substitute([&](StringRef name) { return dimOfName(name); });
}

/// The branch of an If that all that read the value are in; null if there is
/// none.
static Region *getOnlyBranch(Value value) {
  Region *branch = nullptr;
  for (Operation *user : value.getUsers()) {
    Region *region = user->getParentRegion();
    while (region && region->getParentOp() &&
           region->getParentOp()->getBlock() != value.getParentBlock())
      region = region->getParentOp()->getParentRegion();
    auto node = region ? dyn_cast_or_null<onnx::NodeOp>(region->getParentOp())
                       : onnx::NodeOp();
    if (!node || node.getOpType() != "If" || (branch && branch != region))
      return nullptr;
    branch = region;
  }
  return branch;
}

LogicalResult InputDims::collectNames() {
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (ArrayAttr texts = textsOf(i))
      for (Attribute text : texts) {
        auto name = dyn_cast<StringAttr>(text);
        if (name && isIdentifier(name))
          plain.insert(name.getValue());
        if (name)
          readers[name.getValue()].insert(
              getOnlyBranch(function.getArgument(i)));
      }
  return success();
}

FailureOr<Dim> InputDims::convertDim(unsigned index, unsigned axis,
                                     RankedTensorType type, Attribute text) {
  if (!type.isDynamicDim(axis))
    return Dim::constant(context, type.getDimSize(axis));
  if (auto name = dyn_cast_or_null<StringAttr>(text);
      name && !name.empty() && name != "?") {
    Region *branch = getOnlyBranch(function.getArgument(index));
    if (!branch || readers[name.getValue()].size() == 1)
      return dimOfText(name);
    // Exporters that merge two models name the sizes of an input that one of
    // them ignores as if it did not.
    Dim own = dimOfName((name.getValue() + "_of_branch" +
                         Twine(llvm::find(readers[name.getValue()], branch) -
                               readers[name.getValue()].begin()))
                            .str());
    if (auto symbol = own.getSymbol())
      conditional.insert(*symbol);
    return own;
  }
  if (auto fixed = dyn_cast_or_null<IntegerAttr>(text))
    return Dim::constant(context, fixed.getInt());
  return dimOfName(nameOf(index) + "_d" + std::to_string(axis));
}

LogicalResult InputDims::convertArgument(unsigned index,
                                         SmallVector<Dim> &dims) {
  auto type = dyn_cast<RankedTensorType>(function.getArgument(index).getType());
  if (!type)
    return emitError(function.getArgument(index).getLoc())
           << "input '" << nameOf(index) << "' has type "
           << function.getArgument(index).getType()
           << ", expected a tensor of known rank";
  ArrayAttr texts = textsOf(index);
  if (texts && static_cast<int64_t>(texts.size()) != type.getRank())
    return emitError(function.getArgument(index).getLoc())
           << "input '" << nameOf(index) << "' has " << texts.size()
           << " named dimensions, expected " << type.getRank();
  SmallVector<Attribute> attrs;
  SmallVector<int64_t> shape;
  for (unsigned axis = 0; axis < type.getRank(); ++axis) {
    FailureOr<Dim> dim =
        convertDim(index, axis, type, texts ? texts[axis] : Attribute());
    if (failed(dim))
      return failure();
    dims.push_back(*dim);
    attrs.push_back(dim->getAttr());
    shape.push_back(dim->getStaticSize());
  }
  function.getArgument(index).setType(
      RankedTensorType::get(shape, type.getElementType()));
  function.removeArgAttr(index, "onnx.dims");
  function.setArgAttr(index, "xf.dims", ArrayAttr::get(context, attrs));
  return success();
}

LogicalResult InputDims::checkOptions() {
  auto check = [&](StringRef name) -> LogicalResult {
    if (known.contains(name) || taken.contains(name))
      return success();
    InFlightDiagnostic diag = emitError(function.getLoc())
                              << "no dimension is named '" << name
                              << "'; the model has";
    if (known.empty())
      return diag << " none";
    SmallVector<StringRef> names = llvm::to_vector(known.keys());
    llvm::sort(names);
    llvm::interleave(
        names, [&](StringRef n) { diag << " " << n; }, [&] { diag << ","; });
    return diag;
  };
  for (const auto &entry : options.ranges)
    if (failed(check(entry.first())))
      return failure();
  for (const auto &entry : options.values)
    if (failed(check(entry.first())))
      return failure();
  return success();
}

LogicalResult InputDims::run(llvm::MapVector<Value, SmallVector<Dim>> &dims,
                             xf::DimProver &prover) {
  if (failed(collectNames()))
    return failure();
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (failed(convertArgument(i, dims[function.getArgument(i)])))
      return failure();
  if (failed(checkOptions()))
    return failure();
  OpBuilder b(function);
  for (auto &[name, raw] : symbols) {
    auto it = options.ranges.find(raw);
    if (it == options.ranges.end())
      it = options.ranges.find(name.getValue());
    xf::DimRange range =
        it == options.ranges.end() ? xf::DimRange() : it->second;
    prover.setRange(name.getValue(), range);
    xf::Symbol::create(b, function.getLoc(), name.getValue(),
                       static_cast<uint64_t>(range.min),
                       static_cast<uint64_t>(range.max));
  }
  return success();
}

LogicalResult hagane::frontend::convertInputDims(
    func::FuncOp function, const DimOptions &options,
    llvm::MapVector<Value, SmallVector<Dim>> &dims, xf::DimProver &prover,
    llvm::StringSet<> &conditional) {
  return InputDims(function, options, conditional).run(dims, prover);
}
