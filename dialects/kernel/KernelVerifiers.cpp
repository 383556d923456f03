//===- KernelVerifiers.cpp - The numbered rules of kernels ----------------===//

#include "dialects/kernel/KernelCost.h"
#include "dialects/kernel/KernelCudaCost.h"
#include "dialects/kernel/KernelRules.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane::kernel;
using namespace hagane::kernel::detail;

LogicalResult hagane::kernel::detail::verifyShapes(Operation *op) {
  auto shapes = op->getAttrOfType<ArrayAttr>("shapes");
  if (shapes.size() != op->getNumOperands())
    return op->emitOpError("(X1) expects one array of shapes per operand: ")
           << op->getNumOperands() << ", got " << shapes.size();
  for (auto [i, attr] : llvm::enumerate(shapes)) {
    auto dims = dyn_cast<ArrayAttr>(attr);
    bool known = dims && llvm::all_of(dims, llvm::IsaPred<hagane::xf::DimAttr>);
    if (!known || (!dims.empty() && int64_t(dims.size()) !=
                                        getShaped(op->getOperand(i)).getRank()))
      return op->emitOpError("(X1) expects shapes of operand ")
             << i << " to be empty or "
             << getShaped(op->getOperand(i)).getRank() << " dimensions, got "
             << attr;
  }
  return success();
}

/// Whether results are distinct dimensions or constants 0.
static bool isBroadcastPermutation(AffineMap map) {
  llvm::SmallBitVector seen(map.getNumDims());
  for (AffineExpr expr : map.getResults()) {
    if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
      if (constant.getValue() != 0)
        return false;
      continue;
    }
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || seen.test(dim.getPosition()))
      return false;
    seen.set(dim.getPosition());
  }
  return true;
}

LogicalResult hagane::kernel::detail::verifyMaps(Operation *op, StringRef rule,
                                                 ArrayAttr maps,
                                                 ValueRange values,
                                                 int64_t dims) {
  if (maps.size() != values.size())
    return op->emitOpError() << rule << " expects " << values.size()
                             << " maps, got " << maps.size();
  for (auto [map, value] :
       llvm::zip_equal(maps.getAsValueRange<AffineMapAttr>(), values)) {
    if (int64_t(map.getNumDims()) != dims || map.getNumSymbols() != 0)
      return op->emitOpError()
             << rule << " expects maps over " << dims << " dimensions, got "
             << AffineMapAttr::get(map);
    if (int64_t(map.getNumResults()) != getShaped(value).getRank() ||
        !isBroadcastPermutation(map))
      return op->emitOpError()
             << rule << " expects a map to " << getShaped(value).getRank()
             << " distinct dimensions or zeros, got "
             << AffineMapAttr::get(map);
  }
  return success();
}

SmallVector<Type> hagane::kernel::detail::getComputeTypes(ValueRange values) {
  return llvm::map_to_vector(values, [](Value value) {
    return hagane::kernel::getComputeType(getShaped(value).getElementType());
  });
}

LogicalResult hagane::kernel::detail::verifyArguments(Operation *op,
                                                      StringRef rule,
                                                      StringRef name,
                                                      Region &region,
                                                      TypeRange expected) {
  if (TypeRange(region.getArgumentTypes()) != expected)
    return op->emitOpError()
           << rule << " expects arguments (" << expected << ") of " << name
           << ", got (" << TypeRange(region.getArgumentTypes()) << ")";
  if (!isa_and_nonnull<Yield>(region.front().empty() ? nullptr
                                                     : &region.front().back()))
    return op->emitOpError()
           << rule << " expects " << name << " to end with kernel.yield";
  return success();
}

TypeRange hagane::kernel::detail::getYieldedTypes(Region &region) {
  return region.front().back().getOperandTypes();
}

LogicalResult hagane::kernel::detail::verifyYield(Operation *op, StringRef rule,
                                                  StringRef name,
                                                  Region &region,
                                                  TypeRange expected) {
  if (getYieldedTypes(region) != expected)
    return op->emitOpError()
           << rule << " expects " << name << " to yield (" << expected
           << "), got (" << getYieldedTypes(region) << ")";
  return success();
}

bool hagane::kernel::detail::isReduction(StringRef kind) {
  return llvm::is_contained({"sum", "max", "min", "prod"}, kind);
}

/// Axes that b has in a layout beyond those of a matrix.
static std::optional<int64_t> getPanelAxes(StringRef layout) {
  return llvm::StringSwitch<std::optional<int64_t>>(layout)
      .Cases({"rows", "columns", "codes"}, 0)
      .Case("panels", 1)
      .Case("interleaved", 2)
      .Default(std::nullopt);
}

LogicalResult Gemm::verify() {
  if (failed(verifyShapes(*this)))
    return failure();
  if (getOuts().empty())
    return emitOpError("(G3) expects at least one out");
  int64_t rankA = getShaped(getA()).getRank(),
          rankB = getShaped(getB()).getRank();
  int64_t rank = getShaped(getOuts()[0]).getRank();
  std::optional<int64_t> extra = getPanelAxes(getBLayout());
  if (!extra)
    return emitOpError(
               "expects b_layout rows, columns, panels, interleaved or codes, "
               "got ")
           << getBLayout();
  if (rankA < 2 || rankA > 3 || rank != rankA ||
      (rankB != 2 + *extra && (rankA != 3 || rankB != 3 + *extra)))
    return emitOpError("(G1) expects ranks 2 or 3, got ")
           << rankA << ", " << rankB << " and " << rank;
  if (getBLayout() == "interleaved") {
    int64_t depth = getShaped(getB()).getShape().back();
    if (depth < 2 || depth > 16)
      return emitOpError("(G4) expects the last size of b from 2 to 16, got ")
             << getShaped(getB());
  }
  if (failed(verifyMaps(*this, "(G2)", getExtraMaps(), getExtras(), rank)))
    return failure();
  auto extras = getComputeTypes(getExtras());
  if (getGroups() < 1 || getGroups() > 2)
    return emitOpError("(G3) expects 1 or 2 groups, got ") << getGroups();
  if (getEpilogue().getNumArguments() == 0)
    return emitOpError("(G3) expects ")
           << getGroups() << " accumulators as arguments of epilogue";
  SmallVector<Type> expected(getGroups(),
                             getEpilogue().getArgument(0).getType());
  llvm::append_range(expected, extras);
  if (failed(
          verifyArguments(*this, "(G3)", "epilogue", getEpilogue(), expected)))
    return failure();
  if (failed(verifyYield(*this, "(G3)", "epilogue", getEpilogue(),
                         getComputeTypes(getOuts()))))
    return failure();
  return verifyCodes(*this);
}

/// (A6) and (A7)
static LogicalResult verifyParts(Attention op) {
  OperandRange outs = op.getOuts();
  if (outs.size() != 1 && outs.size() != 3)
    return op.emitOpError("(A6) expects one out or three, got ") << outs.size();
  for (Value statistic : outs.drop_front())
    if (getShaped(statistic).getRank() != 3)
      return op.emitOpError("(A6) expects rank 3 for the second and third "
                            "out, got ")
             << getShaped(statistic);
  if (int64_t parts = getParts(op.getScheduleAttr());
      parts > 1 && outs.size() != 3)
    return op.emitOpError("(A7) expects three outs with ") << parts << " parts";
  return success();
}

static LogicalResult verifyPages(Attention op) {
  if (!op.getPages())
    return success();
  ShapedType pages = getShaped(op.getPages());
  if (pages.getRank() != 2 || !pages.getElementType().isInteger(32))
    return op.emitOpError("(A8) expects pages of rank 2 and i32, got ")
           << pages;
  if (!op.getKeyLengths())
    return op.emitOpError("(A8) expects lengths with pages");
  for (unsigned i : {1, 2})
    if (cast<StringAttr>(op.getLayouts()[i]).getValue() != "bhsd")
      return op.emitOpError("(A8) expects states in layout \"bhsd\", got ")
             << op.getLayouts()[i];
  int64_t size = op.getPageSize();
  // Whole vectors of any width.
  constexpr int64_t kStep = 16;
  if (ShapedType::isDynamic(size) || size < 1 || size % kStep != 0 ||
      size != getShaped(op.getV()).getDimSize(2))
    return op.emitOpError("(A8) expects equal sizes of a page, a multiple of ")
           << kStep << ", got " << getShaped(op.getK()) << " and "
           << getShaped(op.getV());
  for (Value state : {op.getK(), op.getV()})
    if (isCoded(op, state) && getShaped(state).getDimSize(3) <= kScaleBytes)
      return op.emitOpError("(A8) expects rows of more than ")
             << kScaleBytes << " bytes in states of i8, got "
             << getShaped(state);
  if (auto schedule = op.getSchedule();
      schedule && size % schedule->getBlockK() != 0)
    return op.emitOpError("(A8) expects block_k to divide ")
           << size << " positions of a page, got " << schedule->getBlockK();
  return success();
}

LogicalResult Attention::verify() {
  if (failed(verifyShapes(*this)))
    return failure();
  if (failed(verifyParts(*this)))
    return failure();
  for (Value value : {getQ(), getK(), getV(), Value(getOuts()[0])}) {
    if (getShaped(value).getRank() != 4)
      return emitOpError("(A1) expects rank 4, got ") << getShaped(value);
    if (getShaped(value).isDynamicDim(3))
      return emitOpError("(A4) expects a static innermost size, got ")
             << getShaped(value);
  }
  auto known = [](Attribute layout) {
    StringRef name = cast<StringAttr>(layout).getValue();
    return std::is_permutation(name.begin(), name.end(), "bhsd",
                               StringRef("bhsd").end()) &&
           name.ends_with("d");
  };
  if (getLayouts().size() != 4 || !llvm::all_of(getLayouts(), known))
    return emitOpError("(A2) expects four layouts, each b, h and s in some "
                       "order, then d, got ")
           << getLayouts();
  if (getBias() && getShaped(getBias()).getRank() != 4)
    return emitOpError("(A5) expects a bias of rank 4, got ")
           << getShaped(getBias());
  return verifyPages(*this);
}

/// A dimension is as long as an operand's axis that it walks.
static LogicalResult verifyExtents(Operation *op, StringRef rule,
                                   ArrayAttr maps) {
  auto all = llvm::to_vector(maps.getAsValueRange<AffineMapAttr>());
  for (unsigned i = 0; i != all.front().getNumDims(); ++i)
    if (llvm::none_of(all,
                      [&](AffineMap map) { return map.isFunctionOfDim(i); }))
      return op->emitOpError() << rule << " expects an operand with an axis "
                               << "for dimension " << i;
  return success();
}

LogicalResult Rows::verify() {
  if (failed(verifyShapes(*this)))
    return failure();
  if (getMaps().empty() || getOuts().empty())
    return emitOpError("(W1) expects at least one out and its map");
  auto maps = llvm::to_vector(getMaps().getAsValueRange<AffineMapAttr>());
  unsigned dims = maps.front().getNumDims();
  SmallVector<Value> values(getIns());
  llvm::append_range(values, getOuts());
  if (dims == 0)
    return emitOpError("(W1) expects at least one dimension");
  if (failed(verifyMaps(*this, "(W1)", getMaps(), values, dims)) ||
      failed(verifyExtents(*this, "(W5)", getMaps())))
    return failure();
  auto isKnown = [](Attribute kind) {
    return isReduction(cast<StringAttr>(kind).getValue());
  };
  if (getKinds().size() != getStages().size() ||
      !llvm::all_of(getKinds(), isKnown))
    return emitOpError(
               "(W2) expects one of sum, max, min, prod per stage, got ")
           << getKinds();
  SmallVector<Type> inputs = getComputeTypes(getIns()), statistics, carry;
  for (Region &stage : getStages()) {
    SmallVector<Type> expected = inputs;
    llvm::append_range(expected, statistics);
    llvm::append_range(expected, carry);
    if (failed(verifyArguments(*this, "(W3)", "a stage", stage, expected)))
      return failure();
    if (getYieldedTypes(stage).size() != 1)
      return emitOpError("(W3) expects a stage to yield one value, got ")
             << getYieldedTypes(stage).size();
    carry.assign({getYieldedTypes(stage).front()});
    statistics.push_back(carry.front());
  }
  SmallVector<Value> elementOuts, rowOuts;
  for (auto [map, out] :
       llvm::zip_equal(ArrayRef(maps).take_back(getOuts().size()), getOuts())) {
    bool element = map.isFunctionOfDim(dims - 1);
    if (element && !rowOuts.empty())
      return emitOpError("(W4) expects element outs before row outs");
    (element ? elementOuts : rowOuts).push_back(out);
  }
  if (failed(
          verifyArguments(*this, "(W3)", "finish", getFinish(), statistics)) ||
      failed(verifyYield(*this, "(W3)", "finish", getFinish(),
                         getComputeTypes(rowOuts))))
    return failure();
  SmallVector<Type> expected = inputs;
  llvm::append_range(expected, statistics);
  llvm::append_range(expected, carry);
  if (failed(verifyArguments(*this, "(W3)", "map", getMap(), expected)))
    return failure();
  return verifyYield(*this, "(W3)", "map", getMap(),
                     getComputeTypes(elementOuts));
}

LogicalResult Map::verify() {
  if (failed(verifyShapes(*this)))
    return failure();
  if (getOuts().empty())
    return emitOpError("(P1) expects at least one out");
  SmallVector<Value> values(getIns());
  llvm::append_range(values, getOuts());
  if (failed(verifyMaps(*this, "(P1)", getMaps(), values,
                        getShaped(getOuts()[0]).getRank())))
    return failure();
  auto maps = llvm::to_vector(getMaps().getAsValueRange<AffineMapAttr>());
  for (AffineMap map : ArrayRef(maps).take_back(getOuts().size()))
    if (!map.isIdentity())
      return emitOpError("(P2) expects the outs' maps to be identities, got ")
             << AffineMapAttr::get(map);
  if (failed(verifyArguments(*this, "(P3)", "body", getBody(),
                             getComputeTypes(getIns()))))
    return failure();
  return verifyYield(*this, "(P3)", "body", getBody(),
                     getComputeTypes(getOuts()));
}

LogicalResult Reduce::verify() {
  if (failed(verifyShapes(*this)))
    return failure();
  if (getMaps().empty() || getOuts().empty())
    return emitOpError("(E1) expects at least one out and its map");
  auto maps = llvm::to_vector(getMaps().getAsValueRange<AffineMapAttr>());
  unsigned dims = maps.front().getNumDims();
  SmallVector<Value> values(getIns());
  llvm::append_range(values, getOuts());
  if (failed(verifyMaps(*this, "(E1)", getMaps(), values, dims)) ||
      failed(verifyExtents(*this, "(E4)", getMaps())))
    return failure();
  if (!isReduction(getKind()))
    return emitOpError("expects kind sum, max, min or prod, got ") << getKind();
  SmallVector<AffineExpr> parallel;
  for (unsigned i = 0; i != dims; ++i)
    if (!llvm::is_contained(getReduced(), int64_t(i)))
      parallel.push_back(getAffineDimExpr(i, getContext()));
  for (AffineMap map : ArrayRef(maps).take_back(getOuts().size()))
    if (map.getResults() != ArrayRef(parallel))
      return emitOpError("(E2) expects the outs' maps to give the dimensions "
                         "that are not reduced, in order, got ")
             << AffineMapAttr::get(map);
  if (failed(verifyArguments(*this, "(E3)", "body", getBody(),
                             getComputeTypes(getIns()))))
    return failure();
  if (getYieldedTypes(getBody()).size() != 1)
    return emitOpError("(E3) expects body to yield one value, got ")
           << getYieldedTypes(getBody()).size();
  if (failed(verifyArguments(*this, "(E3)", "finish", getFinish(),
                             getYieldedTypes(getBody()))))
    return failure();
  return verifyYield(*this, "(E3)", "finish", getFinish(),
                     getComputeTypes(getOuts()));
}

LogicalResult Gather::verify() {
  if (failed(verifyShapes(*this)))
    return failure();
  if (getOuts().size() != 1)
    return emitOpError("expects one out, got ") << getOuts().size();
  int64_t rank = getShaped(getTable()).getRank(), axis = getAxis();
  if (axis < 0 || axis >= rank)
    return emitOpError("(H1) expects an axis of the table of rank ")
           << rank << ", got " << axis;
  int64_t expected = rank - 1 + getShaped(getIndices()).getRank();
  if (getShaped(getOuts()[0]).getRank() != expected)
    return emitOpError("(H2) expects an out of rank ")
           << expected << ", got " << getShaped(getOuts()[0]);
  return success();
}

LogicalResult Write::verify() {
  if (failed(verifyShapes(*this)))
    return failure();
  if (getOuts().size() != 1)
    return emitOpError("expects one out, got ") << getOuts().size();
  ShapedType out = getShaped(getOuts()[0]);
  int64_t rank = out.getRank(), axis = getAxis();
  if (axis <= 0 || axis >= rank)
    return emitOpError("(J1) expects an axis behind the first of the out of "
                       "rank ")
           << rank << ", got " << axis;
  SmallVector<Value> like{getX()};
  if (getPast())
    like.push_back(getPast());
  for (Value value : like) {
    ShapedType type = getShaped(value);
    if (type.getRank() != rank)
      return emitOpError("(J2) expects operands of the out's rank ")
             << rank << ", got " << type;
    if (type.getElementType() != out.getElementType())
      return emitOpError("(J4) expects elements of type ")
             << out.getElementType() << ", got " << type;
  }
  ShapedType starts = getShaped(getStarts());
  if (starts.getRank() != 1 || !starts.getElementType().isSignlessInteger())
    return emitOpError("(J2) expects integers for the starts, [batch], got ")
           << starts;
  AffineMap map = getXMap();
  if (map.getNumDims() != rank || !map.isPermutation())
    return emitOpError("(J3) expects a permutation of ")
           << rank << " axes, got " << getXMapAttr();
  return success();
}

LogicalResult Task::verify() {
  if (failed(verifyShapes(*this)))
    return failure();
  ArrayRef<BlockArgument> arguments = getBody().getArguments();
  if (arguments.size() != getNumOperands() + 1 ||
      !arguments.back().getType().isIndex())
    return emitOpError("(K1) expects one body argument per operand, then an "
                       "index, got ")
           << arguments.size();
  for (auto [argument, operand] :
       llvm::zip(arguments.drop_back(), getOperands())) {
    auto type = dyn_cast<MemRefType>(argument.getType());
    if (!type || type.getElementType() != getShaped(operand).getElementType() ||
        type.getRank() != getShaped(operand).getRank())
      return emitOpError("(K1) expects a memref like ")
             << operand.getType() << ", got " << argument.getType();
  }
  return success();
}

RankedTensorType hagane::kernel::getPackedType(RankedTensorType matrix,
                                               PackedForm form) {
  int64_t k = matrix.getDimSize(form.transposed ? 1 : 0),
          n = matrix.getDimSize(form.transposed ? 0 : 1);
  auto parts = [](int64_t size, int64_t part) {
    return static_cast<int64_t>(llvm::divideCeil(size, part));
  };
  SmallVector<int64_t> shape{parts(n / form.groups, form.getGroupWidth()),
                             parts(k, form.interleave), form.panel};
  if (form.interleave > 1)
    shape.push_back(form.interleave);
  return RankedTensorType::get(shape, matrix.getElementType());
}

LogicalResult Pack::verify() {
  auto in = cast<RankedTensorType>(getW().getType()),
       out = cast<RankedTensorType>(getY().getType());
  PackedForm form = getForm();
  if (in.getRank() != 2 || !in.hasStaticShape() || form.panel <= 0 ||
      form.interleave <= 0)
    return emitOpError("(B1) expects a static matrix, a positive panel and a "
                       "positive interleave, got ")
           << in << ", " << form.panel << " and " << form.interleave;
  int64_t columns = in.getDimSize(form.transposed ? 0 : 1);
  if (form.groups <= 0 || columns % form.groups != 0 ||
      form.panel % form.groups != 0)
    return emitOpError("(B2) expects groups to divide columns and panel, got ")
           << form.groups << " groups of " << columns
           << " columns in panels of " << form.panel;
  RankedTensorType expected = getPackedType(in, form);
  if (out != expected)
    return emitOpError("(B3) expects a result of type ")
           << expected << ", got " << out;
  return success();
}

LogicalResult Global::verify() {
  auto yield = dyn_cast_or_null<Yield>(
      getInit().front().empty() ? nullptr : &getInit().front().back());
  if (!yield || yield->getOperandTypes() != TypeRange(getType()))
    return emitOpError("expects its region to yield one value of type ")
           << getType();
  return success();
}

LogicalResult GetGlobal::verifySymbolUses(SymbolTableCollection &symbols) {
  auto global = symbols.lookupNearestSymbolFrom<Global>(*this, getNameAttr());
  if (!global)
    return emitOpError("expects a kernel.global named ") << getName();
  auto declared = cast<ShapedType>(global.getType()), used = getShaped(getY());
  if (declared.getShape() != used.getShape() ||
      declared.getElementType() != used.getElementType())
    return emitOpError("expects the type of ")
           << getName() << ", " << declared << ", got " << used;
  return success();
}

LogicalResult Launch::verifySymbolUses(SymbolTableCollection &symbols) {
  Operation *callee = symbols.lookupNearestSymbolFrom(*this, getCalleeAttr());
  auto function = dyn_cast_or_null<FunctionOpInterface>(callee);
  if (!function)
    return emitOpError("expects a function named ") << getCallee();
  bool reports = function->hasAttr("kernel.reports");
  if (reports != static_cast<bool>(getCheckAttr()))
    return emitOpError("expects a check exactly where ")
           << getCallee() << " has the attribute kernel.reports";
  ArrayRef<Type> arguments = function.getArgumentTypes();
  size_t own = reports ? 5 : 3;
  if (arguments.size() != getArgs().size() + own ||
      TypeRange(arguments.drop_back(own)) != getArgs().getTypes())
    return emitOpError("expects operands of ")
           << getCallee() << "'s types, then "
           << (reports ? "report, check, " : "")
           << "begin, end and scratch there";
  return success();
}
