#include "tools/driver/SymbolFacts.h"

#include "dialects/xf/XfOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AttrTypeSubElements.h"

using namespace mlir;
using namespace hagane;

static FailureOr<xf::Symbol> find(ModuleOp module, StringRef name) {
  if (auto symbol = module.lookupSymbol<xf::Symbol>(name))
    return symbol;
  SmallVector<StringRef> known;
  for (auto symbol : module.getOps<xf::Symbol>())
    known.push_back(symbol.getSymName());
  return module.emitError("the model has no symbolic dimension '")
         << name
         << "', it has: " << (known.empty() ? "none" : llvm::join(known, ", "));
}

static LogicalResult narrow(ModuleOp module, const DimRange &range) {
  FailureOr<xf::Symbol> symbol = find(module, range.name);
  if (failed(symbol))
    return failure();
  int64_t min = std::max<int64_t>(symbol->getMin(), range.min),
          max = std::min<int64_t>(symbol->getMax(), range.max);
  if (min > max)
    return module.emitError("the dimension '")
           << range.name << "' can only be " << symbol->getMin() << " to "
           << symbol->getMax() << ", found " << range.min << " to "
           << range.max;
  symbol->setMin(min);
  symbol->setMax(max);
  return success();
}

/// Makes the arguments' types as static as their dimensions are; shape
/// resolution carries that through the function.
static void retypeArguments(func::FuncOp function) {
  SmallVector<Type> types(function.getArgumentTypes());
  for (auto [i, type] : llvm::enumerate(types)) {
    auto dims = function.getArgAttrOfType<ArrayAttr>(i, "xf.dims");
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!dims || !tensor ||
        static_cast<int64_t>(dims.size()) != tensor.getRank())
      continue;
    SmallVector<int64_t> shape;
    for (auto dim : dims.getAsRange<xf::DimAttr>())
      shape.push_back(xf::Dim(dim).getStaticSize());
    type = tensor.clone(shape);
    function.getArgument(i).setType(type);
  }
  function.setFunctionType(FunctionType::get(function.getContext(), types,
                                             function.getResultTypes()));
}

LogicalResult hagane::driver::applySymbolFacts(ModuleOp module,
                                               const CompileOptions &options) {
  for (const DimRange &range : options.dims)
    if (failed(narrow(module, range)))
      return failure();
  if (options.specialize.empty())
    return success();
  llvm::StringMap<int64_t> values;
  for (auto &[name, value] : options.specialize) {
    FailureOr<xf::Symbol> symbol = find(module, name);
    if (failed(symbol) || failed(narrow(module, {name, value, value})))
      return failure();
    values[name] = value;
    symbol->erase();
  }
  AttrTypeReplacer replacer;
  replacer.addReplacement([&](xf::DimAttr dim) -> std::optional<Attribute> {
    return xf::Dim(dim)
        .substitute([&](StringRef name) {
          auto it = values.find(name);
          return it == values.end()
                     ? xf::Dim()
                     : xf::Dim::constant(dim.getContext(), it->second);
        })
        .getAttr();
  });
  replacer.recursivelyReplaceElementsIn(module, /*replaceAttrs=*/true);
  for (auto function : module.getOps<func::FuncOp>())
    if (!function.isExternal())
      retypeArguments(function);
  return success();
}
