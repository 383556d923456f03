//===- FuseGates.cpp - Both halves of a product in one epilogue -----------===//

#include "dialects/kernel/KernelCost.h"
#include "dialects/xf/XfOps.h"
#include "mlir/IR/IRMapping.h"
#include "passes/kernels/KernelFusion.h"
#include "passes/kernels/Passes.h"

namespace hagane {
#define GEN_PASS_DEF_FUSEGATESPASS
#include "passes/kernels/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;

namespace {

constexpr int64_t kHalves = 2;

/// Some last columns or first ones of a product, and the axes of its reader
/// that make up the product's.
struct Columns {
  kernel::Gemm product;
  int64_t first = 0;
  SmallVector<ReassociationIndices> axes{{0}, {1}};
};

/// A map of both halves of a product's columns, which nothing else reads.
struct Gate {
  kernel::Map map;
  kernel::Gemm product;
  std::array<unsigned, kHalves> inputs; // that read the halves
  SmallVector<ReassociationIndices> axes;
  SmallVector<CollapsedAccess> accesses; // of the map's inputs
  kernel::GetGlobal weight;
};

/// Where a slice of nothing but the last axis begins.
std::optional<int64_t> findFirst(tensor::ExtractSliceOp op) {
  if (op.getType().getRank() != op.getSourceType().getRank() ||
      !op.hasUnitStride())
    return std::nullopt;
  ArrayRef<int64_t> offsets = op.getStaticOffsets();
  if (offsets.empty() || ShapedType::isDynamic(offsets.back()) ||
      llvm::any_of(offsets.drop_back(), [](int64_t at) { return at != 0; }))
    return std::nullopt;
  return offsets.back();
}

/// The columns of a matrix product that `value` views: one slice and at most
/// one split of its rows.
std::optional<Columns> findColumns(Value value) {
  Columns columns;
  tensor::ExpandShapeOp expand;
  std::optional<int64_t> first;
  for (Operation *op = value.getDefiningOp(); op; op = value.getDefiningOp()) {
    auto slice = dyn_cast<tensor::ExtractSliceOp>(op);
    if (slice && !first) {
      first = findFirst(slice);
      if (!first)
        return std::nullopt;
    } else if (auto split = dyn_cast<tensor::ExpandShapeOp>(op);
               split && !expand) {
      expand = split;
    } else {
      break;
    }
    value = op->getOperand(0);
  }
  columns.product = value.getDefiningOp<kernel::Gemm>();
  if (!columns.product || !first ||
      cast<ShapedType>(value.getType()).getRank() != 2)
    return std::nullopt;
  columns.first = *first;
  if (expand)
    columns.axes = expand.getReassociationIndices();
  if (columns.axes.back().size() != 1)
    return std::nullopt;
  return columns;
}

/// The axis of an extra operand along which the product's columns run.
std::optional<unsigned> findColumnAxis(AffineMap map) {
  return map.getResultPosition(
      getAffineDimExpr(map.getNumDims() - 1, map.getContext()));
}

/// Whether all that reads `value`, through views, is `reader`.
bool isOnlyReadBy(Value value, Operation *reader) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    return user == reader ||
           (isa<tensor::ExtractSliceOp, tensor::ExpandShapeOp>(user) &&
            isOnlyReadBy(user->getResult(0), reader));
  });
}

/// The packing of a weight all of whose columns are one group.
kernel::Pack findPack(kernel::GetGlobal weight, SymbolTable &symbols) {
  auto global =
      weight ? symbols.lookup<kernel::Global>(weight.getName()) : nullptr;
  if (!global)
    return {};
  auto pack = global.getInit()
                  .front()
                  .getTerminator()
                  ->getOperand(0)
                  .getDefiningOp<kernel::Pack>();
  return pack && pack.getGroups() == 1 && pack.getPanel() % kHalves == 0
             ? pack
             : kernel::Pack();
}

class Matcher {
public:
  Matcher(kernel::Map map, SymbolTable &symbols, const fusion::Remarks &remarks)
      : map(map), symbols(symbols), remarks(remarks) {}

  FailureOr<Gate> run() {
    Gate gate;
    gate.map = map;
    if (map.getOuts().size() != 1 || !kernel::hasCompleteShapes(map) ||
        !findHalves(gate))
      return failure();
    const char *reason = findObstacle(gate);
    if (reason)
      return remarks.decline(map, reason);
    return gate;
  }

private:
  bool findHalves(Gate &gate) {
    SmallVector<AffineMap> maps = mapsOf(map.getMaps());
    SmallVector<unsigned> found;
    for (auto [i, input] : llvm::enumerate(map.getIns())) {
      std::optional<Columns> columns = findColumns(input);
      if (!columns || !maps[i].isIdentity())
        continue;
      bool isFirst = found.empty();
      if (!isFirst && columns->product != gate.product)
        continue;
      gate.product = columns->product;
      gate.axes = columns->axes;
      found.push_back(i);
      firsts.push_back(columns->first);
    }
    if (found.size() != kHalves)
      return false;
    int64_t width =
        cast<ShapedType>(map.getOuts()[0].getType()).getShape().back();
    if (ShapedType::isDynamic(width) || width == 0)
      return false;
    int64_t all =
        cast<ShapedType>(gate.product.getOuts()[0].getType()).getShape().back();
    if (firsts[0] > firsts[1]) {
      std::swap(firsts[0], firsts[1]);
      std::swap(found[0], found[1]);
    }
    gate.inputs = {found[0], found[1]};
    return firsts[0] == 0 && firsts[1] == width && all == kHalves * width;
  }

  /// Why the halves cannot be combined; null if they can.
  const char *findObstacle(Gate &gate) {
    kernel::Gemm product = gate.product;
    if (product.getGroups() != 1 || product.getOuts().size() != 1 ||
        !kernel::hasCompleteShapes(product))
      return "the product has several results, or sizes that are not known";
    if (product->getBlock() != map->getBlock() ||
        !isOnlyReadBy(product->getResult(0), map))
      return "others read columns of the product, or it is outside of a loop";
    gate.weight = product.getB().getDefiningOp<kernel::GetGlobal>();
    if (!findPack(gate.weight, symbols))
      return "the weight is no constant in panels";
    if (!map.getOuts()[0].getDefiningOp<tensor::EmptyOp>())
      return "its destination is part of a tensor";
    if (!haveKnownColumns(product))
      return "an operand of the product has columns of unknown number";
    if (!map.getBody().getOps<kernel::Index>().empty() ||
        !product.getEpilogue().getOps<kernel::Index>().empty())
      return "what is computed depends on the column's number";
    if (kernel::countOps(map.getBody()) +
            kHalves * kernel::countOps(product.getEpilogue()) >
        kMaxOps)
      return "its epilogue would be too long";
    if (map.getIns().size() + kHalves * product.getExtras().size() > kMaxInputs)
      return "its epilogue would have too many operands";
    SmallVector<AffineMap> accesses = mapsOf(map.getMaps());
    for (AffineMap access : llvm::drop_end(accesses)) {
      std::optional<CollapsedAccess> collapsed =
          collapseAccess(access, gate.axes);
      if (!collapsed)
        return "an operand repeats along a part of the rows";
      gate.accesses.push_back(*collapsed);
    }
    auto rows = cast<ArrayAttr>(collapseDims(map.getShapes().getValue().back(),
                                             gate.axes, map.getContext()));
    auto whole = cast<ArrayAttr>(product.getShapes().getValue().back());
    return rows[0] == whole[0] ? nullptr : "its halves may lack rows";
  }

  /// Whether each extra that has columns has as many as the result.
  static bool haveKnownColumns(kernel::Gemm product) {
    int64_t all =
        cast<ShapedType>(product.getOuts()[0].getType()).getShape().back();
    return llvm::all_of(
        llvm::enumerate(mapsOf(product.getExtraMaps())), [&](auto each) {
          std::optional<unsigned> axis = findColumnAxis(each.value());
          auto type =
              cast<ShapedType>(product.getExtras()[each.index()].getType());
          return !axis || type.getDimSize(*axis) == all;
        });
  }

  kernel::Map map;
  SymbolTable &symbols;
  const fusion::Remarks &remarks;
  SmallVector<int64_t> firsts;
};

/// Makes the product with two groups of columns.
class Rewriter {
public:
  Rewriter(Gate &gate, kernel::Global weight)
      : gate(gate), product(gate.product), weight(weight), builder(gate.map) {}

  void run() {
    FusionNote note("gate-into-epilogue", {product, gate.map});
    Location loc = builder.getFusedLoc({product.getLoc(), gate.map.getLoc()});
    builder.setInsertionPoint(gate.map);
    addProductExtras();
    addMapInputs();

    auto outType = cast<RankedTensorType>(gate.map.getOuts()[0].getType());
    Attribute outDims = collapseDims(gate.map.getShapes().getValue().back(),
                                     gate.axes, builder.getContext());
    bool isSplit = size_t(outType.getRank()) != gate.axes.size();
    Value out =
        isSplit ? makeCollapsedOut(builder, loc, outType, gate.axes, outDims)
                : gate.map.getOuts()[0];
    Value panels = kernel::GetGlobal::create(builder, loc, weight.getType(),
                                             weight.getSymName());
    SmallVector<Attribute> shapes{product.getShapes()[0], dimsOf(panels)};
    llvm::append_range(shapes, extras.shapes);
    shapes.push_back(outDims);
    auto fused = kernel::Gemm::create(
        builder, loc, out.getType(), product.getA(), panels, extras.values, out,
        product.getBLayout(), kHalves,
        builder.getAffineMapArrayAttr(extras.maps),
        builder.getArrayAttr(shapes), product.getScheduleAttr());
    fillEpilogue(fused);
    note.apply(fused);

    Value result = fused->getResult(0);
    if (isSplit)
      result = tensor::ExpandShapeOp::create(
          builder, loc, outType, result, gate.axes,
          gate.map.getOuts()[0]
              .getDefiningOp<tensor::EmptyOp>()
              .getMixedSizes());
    gate.map->getResult(0).replaceAllUsesWith(result);
    gate.map.erase();
    eraseViews(product->getResult(0));
    product.erase();
  }

private:
  ArrayAttr dimsOf(Value tensor) {
    return builder.getArrayAttr(llvm::map_to_vector(
        cast<ShapedType>(tensor.getType()).getShape(),
        [&](int64_t size) -> Attribute {
          return xf::Dim::constant(builder.getContext(), size).getAttr();
        }));
  }

  /// The product's extras, once for each half where they have columns.
  void addProductExtras() {
    for (int64_t half = 0; half < kHalves; ++half)
      for (auto [i, map] : llvm::enumerate(mapsOf(product.getExtraMaps()))) {
        Value value = product.getExtras()[i];
        auto dims = cast<ArrayAttr>(product.getShapes()[2 + i]);
        if (std::optional<unsigned> axis = findColumnAxis(map))
          std::tie(value, dims) = cutHalf(value, dims, *axis, half);
        positions[half].push_back(extras.add(value, map, dims));
      }
  }

  std::pair<Value, ArrayAttr> cutHalf(Value value, ArrayAttr dims,
                                      unsigned axis, int64_t half) {
    Location loc = value.getLoc();
    int64_t width =
        cast<ShapedType>(value.getType()).getDimSize(axis) / kHalves;
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(builder, loc, value);
    SmallVector<OpFoldResult> offsets(sizes.size(), builder.getIndexAttr(0)),
        strides(sizes.size(), builder.getIndexAttr(1));
    sizes[axis] = builder.getIndexAttr(width);
    offsets[axis] = builder.getIndexAttr(half * width);
    SmallVector<Attribute> cut(dims.getValue());
    cut[axis] = xf::Dim::constant(builder.getContext(), width).getAttr();
    return {tensor::ExtractSliceOp::create(builder, loc, value, offsets, sizes,
                                           strides),
            builder.getArrayAttr(cut)};
  }

  void addMapInputs() {
    for (auto [i, input] : llvm::enumerate(gate.map.getIns())) {
      if (llvm::is_contained(gate.inputs, i)) {
        extras.positions.push_back(0);
        continue;
      }
      CollapsedInput collapsed =
          collapseInput(builder, input, gate.map.getShapes()[i],
                        gate.accesses[i], gate.axes.size());
      extras.positions.push_back(
          extras.add(collapsed.value, collapsed.map, collapsed.shape));
    }
  }

  void fillEpilogue(kernel::Gemm fused) {
    OpBuilder::InsertionGuard guard(builder);
    Region &region = fused.getEpilogue();
    Block *block = builder.createBlock(&region);
    Block &old = product.getEpilogue().front();
    for (int64_t half = 0; half < kHalves; ++half)
      block->addArgument(old.getArgument(0).getType(), fused.getLoc());
    for (Value value : extras.values)
      block->addArgument(
          kernel::getComputeType(
              cast<ShapedType>(value.getType()).getElementType()),
          fused.getLoc());
    auto extra = [&](unsigned i) { return block->getArgument(kHalves + i); };
    std::array<Value, kHalves> halves;
    for (int64_t half = 0; half < kHalves; ++half) {
      IRMapping mapping;
      mapping.map(old.getArgument(0), block->getArgument(half));
      for (auto [i, position] : llvm::enumerate(positions[half]))
        mapping.map(old.getArgument(1 + i), extra(position));
      for (Operation &op : old.without_terminator())
        builder.clone(op, mapping);
      halves[half] =
          mapping.lookupOrDefault(old.getTerminator()->getOperand(0));
    }
    SmallVector<Value> arguments;
    for (auto [i, position] : llvm::enumerate(extras.positions))
      arguments.push_back(i == gate.inputs[0]   ? halves[0]
                          : i == gate.inputs[1] ? halves[1]
                                                : extra(position));
    AffineMap access = builder.getMultiDimIdentityMap(2);
    kernel::Yield::create(builder, fused.getLoc(),
                          inlineBody(builder, gate.map, arguments, access));
  }

  /// Erases what viewed `value`, of which nothing is left to read it.
  static void eraseViews(Value value) {
    for (Operation *user : llvm::make_early_inc_range(value.getUsers())) {
      eraseViews(user->getResult(0));
      user->erase();
    }
  }

  Gate &gate;
  kernel::Gemm product;
  kernel::Global weight;
  OpBuilder builder;
  MergedInputs extras;
  std::array<SmallVector<unsigned>, kHalves> positions; // of its own extras
};

struct FuseGates : hagane::impl::FuseGatesPassBase<FuseGates> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<Gate> gates;
    getOperation().walk([&](kernel::Map map) {
      FailureOr<Gate> gate = Matcher(map, symbols, remarks).run();
      if (succeeded(gate))
        gates.push_back(*gate);
    });
    dropSharedWeights(gates);
    llvm::StringMap<kernel::Global> packed;
    for (Gate &gate : gates) {
      StringRef name = gate.weight.getName();
      kernel::Global &weight = packed[name];
      if (!weight)
        weight = packAnew(symbols.lookup<kernel::Global>(name), symbols);
      Rewriter(gate, weight).run();
    }
    for (auto &[name, weight] : packed)
      eraseWeight(name, symbols);
  }

  /// A weight that others read as it is would be stored twice.
  void dropSharedWeights(SmallVector<Gate> &gates) {
    llvm::StringMap<int64_t> others;
    getOperation().walk([&](kernel::GetGlobal op) {
      others[op.getName()] += std::distance(op->use_begin(), op->use_end());
    });
    for (Gate &gate : gates)
      --others[gate.weight.getName()];
    llvm::erase_if(gates, [&](Gate &gate) {
      return others.lookup(gate.weight.getName()) != 0 &&
             failed(remarks.decline(gate.map, "others read its weight"));
    });
  }

  /// The constant with its columns in two groups.
  static kernel::Global packAnew(kernel::Global old, SymbolTable &symbols) {
    auto global = cast<kernel::Global>(old->clone());
    auto yield = cast<kernel::Yield>(global.getInit().front().getTerminator());
    auto pack = yield.getOperand(0).getDefiningOp<kernel::Pack>();
    pack.setGroups(kHalves);
    RankedTensorType type = kernel::getPackedType(
        cast<RankedTensorType>(pack.getW().getType()), pack.getForm());
    pack.getY().setType(type);
    global.setType(type);
    symbols.insert(global, Block::iterator(old));
    return global;
  }

  void eraseWeight(StringRef name, SymbolTable &symbols) {
    for (kernel::GetGlobal op : getGlobalReads(name))
      op.erase();
    symbols.erase(symbols.lookup(name));
  }

  SmallVector<kernel::GetGlobal> getGlobalReads(StringRef name) {
    SmallVector<kernel::GetGlobal> reads;
    getOperation().walk([&](kernel::GetGlobal op) {
      if (op.getName() == name)
        reads.push_back(op);
    });
    return reads;
  }

  fusion::Remarks remarks{"gate-into-epilogue"};
};

} // namespace
