//===- MakeStateful.cpp - Caches become states in pages -------------------===//

#include "dialects/xf/NodeNames.h"
#include "dialects/xf/XfDynamic.h"
#include "passes/fusion/Match.h"
#include "passes/fusion/Remarks.h"
#include "passes/state/CacheInputs.h"
#include "passes/state/Passes.h"
#include "passes/state/UnevenLengths.h"

namespace hagane {
#define GEN_PASS_DEF_MAKESTATEFULPASS
#include "passes/state/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using xf::Dim;

namespace {

/// A cache from input to result.
struct Cache {
  Operation *op;
  BlockArgument past;
  Value x;
  int64_t axis;
  /// Axes of the cache by batch, heads, positions and features.
  SmallVector<int64_t> order;
  /// Operands of attention, and of the function's return.
  SmallVector<OpOperand *> readers, results;
};

/// One function's conversion.
class Converter {
public:
  Converter(func::FuncOp main, int64_t page, StringRef element)
      : main(main), module(main->getParentOfType<ModuleOp>()),
        context(main.getContext()), page(page), element(element) {}

  LogicalResult convert();

private:
  LogicalResult checkOptions();
  void collect();
  LogicalResult trace(Cache &cache, Value value, ArrayRef<int64_t> order);
  LogicalResult accept(Cache &cache);
  LogicalResult checkLeftovers();
  void declareSymbols();
  Dim declare(StringRef name);
  void addInputs();
  BlockArgument addInput(StringRef name, Type element, ArrayRef<Dim> dims);
  void replace(Cache &cache, int64_t index);
  void removeFromSignature();
  void describe(StringRef reason);

  func::FuncOp main;
  ModuleOp module;
  MLIRContext *context;
  int64_t page;
  StringRef element;
  std::unique_ptr<ShapeAnalysis> shapes;
  SmallVector<Cache> caches;
  SmallVector<xf::Attention> readers;
  StepSizes sizes;
  Dim cachePages, table;
  Value numbers, starts, ends;
  fusion::Remarks remarks{"stateful", "state"};
};

} // namespace

//===-- Finding caches ----------------------------------------------------===//

/// The cache and its new positions that an operation joins.
static std::optional<Cache> findCache(Operation *op) {
  Cache cache{op, nullptr, nullptr, 0, {}, {}, {}};
  Value past;
  if (auto append = dyn_cast<xf::CacheAppend>(op)) {
    past = append.getPast();
    cache.x = append.getX();
    cache.axis = static_cast<int64_t>(append.getAxis());
  } else if (auto write = dyn_cast<xf::CacheWrite>(op)) {
    past = write.getPast();
    cache.x = write.getX();
    cache.axis = static_cast<int64_t>(write.getAxis());
  }
  cache.past = dyn_cast_if_present<BlockArgument>(past);
  if (!cache.past || !isa<func::FuncOp>(cache.past.getOwner()->getParentOp()))
    return std::nullopt;
  return cache;
}

/// Notes who reads a cache, through transposes.
LogicalResult Converter::trace(Cache &cache, Value value,
                               ArrayRef<int64_t> order) {
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (isa<func::ReturnOp>(user)) {
      cache.results.push_back(&use);
    } else if (auto transpose = dyn_cast<xf::Transpose>(user)) {
      SmallVector<int64_t> own;
      for (int64_t axis : transpose.getPermutation())
        own.push_back(order[axis]);
      if (failed(trace(cache, transpose.getY(), own)))
        return failure();
    } else if (auto attention = dyn_cast<xf::Attention>(user);
               attention &&
               (use.getOperandNumber() == 1 || use.getOperandNumber() == 2)) {
      if (!cache.readers.empty() && ArrayRef(cache.order) != order)
        return remarks.decline(cache.op, "its axes are read in two orders");
      cache.order.assign(order.begin(), order.end());
      cache.readers.push_back(&use);
    } else {
      return remarks.decline(cache.op, nodesOf(user) + " reads it too");
    }
  }
  return success();
}

LogicalResult Converter::accept(Cache &cache) {
  Value y = cache.op->getResult(0);
  if (fusion::getRank(y) != 4)
    return remarks.decline(cache.op, "it has " + Twine(fusion::getRank(y)) +
                                         " axes, expected 4");
  if (!cache.past.hasOneUse())
    return remarks.decline(cache.op, "its past is read elsewhere too");
  if (auto write = dyn_cast<xf::CacheWrite>(cache.op);
      write && (write.getCircular() || write.getKeepRest()))
    return remarks.decline(cache.op, "it does not grow by each step");
  int64_t identity[] = {0, 1, 2, 3};
  if (failed(trace(cache, y, identity)))
    return failure();
  if (cache.readers.empty())
    return remarks.decline(cache.op, "no attention reads it");
  if (cache.results.empty())
    return remarks.decline(cache.op, "it is not returned");
  if (cache.order[2] != cache.axis)
    return remarks.decline(cache.op, "it does not grow along its positions");
  auto element = dyn_cast<FloatType>(getElementTypeOrSelf(y));
  if (!element || element.getWidth() > 32)
    return remarks.decline(cache.op, "its elements are no floats of at most "
                                     "32 bits");
  SmallVector<Dim> past(shapes->getDims(cache.past)),
      x(shapes->getDims(cache.x));
  auto at = [&](ArrayRef<Dim> dims, int64_t i) { return dims[cache.order[i]]; };
  if (!at(past, 1).getConstant() || !at(past, 3).getConstant())
    return remarks.decline(cache.op, "its heads or features are not constant");
  if (!at(past, 2).getSymbol())
    return remarks.decline(cache.op, "its past has length " +
                                         at(past, 2).str() +
                                         ", expected a symbol");
  StepSizes own{at(x, 0), at(x, 2), at(past, 2)};
  if (!own.batch.getConstant() && !own.batch.getSymbol())
    return remarks.decline(cache.op, "its batch is " + own.batch.str());
  if (!own.step.getConstant() && !own.step.getSymbol())
    return remarks.decline(cache.op, "it grows by " + own.step.str());
  if (!sizes.past)
    sizes = own;
  const xf::DimProver &prover = shapes->getProver();
  if (own.past != sizes.past || !prover.isEqual(own.batch, sizes.batch) ||
      !prover.isEqual(own.step, sizes.step))
    return remarks.decline(cache.op, "other caches grow otherwise");
  for (OpOperand *use : cache.readers) {
    auto attention = cast<xf::Attention>(use->getOwner());
    if (attention.getCausal() == xf::CausalKind::top_left)
      return remarks.decline(cache.op, "attention counts from the first key");
    if (attention.getKeyLengths() && !isa<xf::CacheWrite>(cache.op))
      return remarks.decline(cache.op, "attention has lengths of its own");
  }
  return success();
}

void Converter::collect() {
  for (Operation &op : main.front())
    if (std::optional<Cache> cache = findCache(&op);
        cache && succeeded(accept(*cache)))
      caches.push_back(std::move(*cache));
  // Keys and values become states together.
  auto isConverted = [&](OpOperand &use) {
    return llvm::any_of(caches, [&](const Cache &cache) {
      return llvm::is_contained(cache.readers, &use);
    });
  };
  bool changed = true;
  while (changed) {
    changed = false;
    for (const Cache &cache : caches) {
      bool isWhole = llvm::all_of(cache.readers, [&](OpOperand *use) {
        Operation *attention = use->getOwner();
        return isConverted(attention->getOpOperand(1)) &&
               isConverted(attention->getOpOperand(2));
      });
      if (isWhole)
        continue;
      (void)remarks.decline(cache.op,
                            "only one of keys and values is such a cache");
      caches.erase(&cache);
      changed = true;
      break;
    }
  }
}

//===-- Signature ---------------------------------------------------------===//

/// What still grows with the past must be a mask.
LogicalResult Converter::checkLeftovers() {
  if (caches.empty())
    return main.emitError("no input is a cache that attention reads; remarks "
                          "tell what was found");
  llvm::DenseSet<Value> converted;
  for (const Cache &cache : caches)
    converted.insert(cache.past);
  for (BlockArgument argument : main.getArguments()) {
    if (converted.contains(argument) ||
        !isa<RankedTensorType>(argument.getType()))
      continue;
    bool isPast = llvm::is_contained(shapes->getDims(argument), sizes.past);
    for (Operation *user : argument.getUsers())
      if (std::optional<Cache> cache = findCache(user))
        isPast |= cache->past == argument;
    auto name =
        main.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "onnx.name");
    if (isPast)
      return main.emitError("input '")
             << (name ? name.getValue() : "") << "' of " << argument.getType()
             << " grows with the past but cannot become a state; remarks tell "
                "why";
  }
  return success();
}

Dim Converter::declare(StringRef name) {
  SymbolTable symbols(module);
  std::string unique = name.str();
  while (symbols.lookup(unique))
    unique += "_";
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  xf::Symbol::create(
      builder, main.getLoc(), builder.getStringAttr(unique),
      builder.getI64IntegerAttr(0),
      builder.getI64IntegerAttr(std::numeric_limits<int64_t>::max()));
  return Dim::symbol(context, unique);
}

BlockArgument Converter::addInput(StringRef name, Type element,
                                  ArrayRef<Dim> dims) {
  unsigned number = main.getNumArguments();
  auto type = RankedTensorType::get(getStaticSizes(dims), element);
  OpBuilder builder(context);
  auto attributes = builder.getDictionaryAttr(
      {builder.getNamedAttr("onnx.name", builder.getStringAttr(name)),
       builder.getNamedAttr("xf.dims", getDimsAttr(context, dims))});
  // Fails for functions without a body only.
  (void)main.insertArgument(number, type, attributes, main.getLoc());
  return main.getArgument(number);
}

void Converter::addInputs() {
  OpBuilder builder = OpBuilder::atBlockBegin(&main.front());
  cachePages = declare("cache_pages");
  table = declare("cache_table");
  Type i32 = builder.getI32Type(), i64 = builder.getI64Type();
  Value pages = addInput("hagane.pages", i32, {sizes.batch, table});
  Value lengths = addInput("hagane.lengths", i64, {sizes.batch});
  for (auto [i, role] : {std::pair(2, "pages"), std::pair(1, "lengths")})
    main.setArgAttr(main.getNumArguments() - i, kCacheRoleAttr,
                    builder.getStringAttr(role));
  auto places = xf::StatePlaces::create(
      builder, main.getLoc(), pages, lengths, builder.getI64IntegerAttr(page),
      cachePages.getAttr(), sizes.step.getAttr(), sizes.past.getAttr(),
      nullptr);
  numbers = places.getNumbers();
  starts = places.getStarts();
  ends = places.getEnds();
}

//===-- Rewriting ---------------------------------------------------------===//

void Converter::replace(Cache &cache, int64_t index) {
  SmallVector<Dim> dims(shapes->getDims(cache.past));
  Type own = getElementTypeOrSelf(cache.past);
  Type element = own;
  if (this->element == "bf16" && own.isF32())
    element = BFloat16Type::get(context);
  bool isCoded = this->element == "int8";
  if (isCoded)
    element = IntegerType::get(context, 8);
  auto name =
      main.getArgAttrOfType<StringAttr>(cache.past.getArgNumber(), "onnx.name");
  Dim row = dims[cache.order[3]] + (isCoded ? xf::kStateScaleBytes : 0);
  Dim stateDims[] = {cachePages, dims[cache.order[1]],
                     Dim::constant(context, page), row};
  BlockArgument state =
      addInput(name ? name.getValue() : "", element, stateDims);
  OpBuilder builder(cache.op);
  main.setArgAttr(state.getArgNumber(), "kernel.state",
                  builder.getI64IntegerAttr(index));
  Location loc = cache.op->getLoc();
  Value x = cache.x;
  if (!llvm::is_sorted(cache.order))
    x = fusion::makeTranspose(builder, loc, x, cache.order);
  Value appended =
      xf::StateAppend::create(builder, loc, state, x, numbers, starts);
  Dim count = sizes.past + sizes.step;
  Value keys =
      xf::StateRead::create(builder, loc, appended, numbers, count.getAttr());
  if (getElementTypeOrSelf(keys) != own)
    keys = xf::Cast::create(builder, loc, keys, TypeAttr::get(own));
  for (OpOperand *use : cache.readers) {
    use->set(keys);
    auto attention = cast<xf::Attention>(use->getOwner());
    if (!llvm::is_contained(readers, attention))
      readers.push_back(attention);
  }
  remarks.apply(appended.getDefiningOp());
}

void Converter::removeFromSignature() {
  llvm::BitVector results(main.getNumResults()),
      arguments(main.getNumArguments());
  for (const Cache &cache : caches) {
    arguments.set(cache.past.getArgNumber());
    for (OpOperand *use : cache.results)
      results.set(use->getOperandNumber());
  }
  Operation *ret = main.front().getTerminator();
  ret->eraseOperands(results);
  (void)main.eraseResults(results);
  fusion::eraseDeadOps(main);
  (void)main.eraseArguments(arguments);
}

void Converter::describe(StringRef reason) {
  OpBuilder builder(context);
  NamedAttrList cache;
  cache.set("page", builder.getI64IntegerAttr(page));
  cache.set("pages", cachePages.getAttr());
  cache.set("table", table.getAttr());
  cache.set("past", sizes.past.getAttr());
  cache.set("batch", sizes.batch.getAttr());
  cache.set("step", sizes.step.getAttr());
  if (!reason.empty())
    cache.set("reason", builder.getStringAttr(reason));
  main->setAttr(kCacheAttr, cache.getDictionary(context));
}

LogicalResult Converter::checkOptions() {
  // What kernels of every level can cut in blocks.
  static constexpr int64_t kMostPositions = 1 << 20, kStep = 16;
  if (page < 1 || page > kMostPositions || page % kStep != 0)
    return main.emitError("a page has ")
           << page << " positions, expected a multiple of " << kStep
           << " up to " << kMostPositions;
  if (!llvm::is_contained({"model", "bf16", "int8"}, element))
    return main.emitError("unknown type of caches '")
           << element << "', expected model, bf16 or int8";
  return success();
}

LogicalResult Converter::convert() {
  if (!main.getBody().hasOneBlock())
    return main.emitError("expects one block, got ")
           << main.getBody().getBlocks().size();
  if (failed(checkOptions()))
    return failure();
  shapes = std::make_unique<ShapeAnalysis>(module);
  collect();
  if (failed(checkLeftovers()))
    return failure();
  markCacheInputs(main, sizes, *shapes);
  addInputs();
  for (auto [i, cache] : llvm::enumerate(caches))
    replace(cache, static_cast<int64_t>(i));
  removeFromSignature();
  shapes.reset();
  std::string reason = admitUneven({main, sizes, readers, starts, ends});
  if (!reason.empty()) {
    numbers.getDefiningOp<xf::StatePlaces>().setEqual(true);
    (void)remarks.decline(main, "lengths in a step may not differ: " + reason);
  }
  describe(reason);
  return success();
}

namespace {
struct MakeStateful : hagane::impl::MakeStatefulPassBase<MakeStateful> {
  using MakeStatefulPassBase::MakeStatefulPassBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic() && !function.isExternal() &&
          failed(Converter(function, page, element).convert()))
        return signalPassFailure();
  }
};
} // namespace
