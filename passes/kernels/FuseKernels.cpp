//===- FuseKernels.cpp - Element-wise kernels join their neighbours -------===//

#include "dialects/kernel/KernelCost.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/kernels/KernelFusion.h"
#include "passes/kernels/Passes.h"

namespace hagane {
#define GEN_PASS_DEF_FUSEKERNELSPASS
#include "passes/kernels/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;

namespace {

/// The one map kernel that makes `value` for one use; null otherwise.
kernel::Map getSoleProducer(Value value) {
  auto map = value.getDefiningOp<kernel::Map>();
  return map && value.hasOneUse() && map.getOuts().size() == 1 ? map
                                                               : kernel::Map();
}

bool isCheap(kernel::Map op) {
  int64_t count = 0;
  for (Operation &inner : op.getBody().getOps()) {
    if (isa_and_nonnull<math::MathDialect>(inner.getDialect()))
      return false;
    count += !inner.hasTrait<OpTrait::ConstantLike>();
  }
  return count <= kCheapOps;
}

/// Whether each point of the iteration space reads another element.
bool readsEachOnce(AffineMap map) {
  for (unsigned i = 0; i != map.getNumDims(); ++i)
    if (!map.isFunctionOfDim(i))
      return false;
  return true;
}

/// Merges `producer` into `regions` of `op`, which reads it as input `index`.
template <typename OpTy>
void mergeProducer(OpTy op, unsigned index, kernel::Map producer,
                   ArrayRef<Region *> regions, PatternRewriter &rewriter) {
  SmallVector<AffineMap> maps = mapsOf(op.getMaps()),
                         producerMaps = mapsOf(producer.getMaps());
  ArrayRef<Attribute> shapes = op.getShapes().getValue();
  size_t count = op.getIns().size();
  MergedInputs merged;
  for (size_t i = 0; i != count; ++i) {
    merged.values.push_back(op.getIns()[i]);
    merged.maps.push_back(maps[i]);
    merged.shapes.push_back(shapes[i]);
  }
  AffineMap access = maps[index];
  for (auto [i, value] : llvm::enumerate(producer.getIns()))
    merged.positions.push_back(merged.add(
        value, producerMaps[i].compose(access), producer.getShapes()[i]));

  rewriter.modifyOpInPlace(op, [&] {
    for (Region *region : regions) {
      Block &block = region->front();
      for (size_t i = count; i != merged.values.size(); ++i) {
        Type element =
            cast<ShapedType>(merged.values[i].getType()).getElementType();
        block.insertArgument(unsigned(i), kernel::getComputeType(element),
                             op.getLoc());
      }
      OpBuilder builder(&block, block.begin());
      auto arguments =
          llvm::map_to_vector(merged.positions, [&](unsigned i) -> Value {
            return block.getArgument(i);
          });
      Value result = inlineBody(builder, producer, arguments, access);
      block.getArgument(index).replaceAllUsesWith(result);
      block.eraseArgument(index);
    }
    auto erase = [&](auto &list) { list.erase(list.begin() + index); };
    erase(merged.values);
    erase(merged.maps);
    erase(merged.shapes);
    merged.maps.append(maps.begin() + count, maps.end());
    merged.shapes.append(shapes.begin() + count, shapes.end());
    op.getInsMutable().assign(merged.values);
    op.setMapsAttr(rewriter.getAffineMapArrayAttr(merged.maps));
    op.setShapesAttr(rewriter.getArrayAttr(merged.shapes));
    op->setLoc(rewriter.getFusedLoc({producer.getLoc(), op.getLoc()}));
  });
}

/// Whether `op` still knows how long each of its dimensions is when it reads
/// what `producer` does in place of input `index`: a number that is repeated
/// along an axis has no such axis.
template <typename OpTy>
bool keepsExtents(OpTy op, unsigned index, kernel::Map producer) {
  SmallVector<AffineMap> maps = mapsOf(op.getMaps()),
                         producerMaps = mapsOf(producer.getMaps());
  AffineMap access = maps[index];
  maps.erase(maps.begin() + index);
  for (size_t i = 0; i != producer.getIns().size(); ++i)
    maps.push_back(producerMaps[i].compose(access));
  return llvm::all_of(llvm::seq(access.getNumDims()), [&](unsigned dim) {
    return llvm::any_of(
        maps, [&](AffineMap map) { return map.isFunctionOfDim(dim); });
  });
}

/// How often a consumer evaluates an input's element.
enum class Reads { Once, Again };

template <typename OpTy>
LogicalResult fuseInputs(OpTy op, Reads reads, ArrayRef<Region *> regions,
                         PatternRewriter &rewriter) {
  int64_t ops = 0;
  for (Region *region : regions)
    ops += kernel::countOps(*region);
  SmallVector<AffineMap> maps = mapsOf(op.getMaps());
  for (auto [i, input] : llvm::enumerate(op.getIns())) {
    kernel::Map producer = getSoleProducer(input);
    if (!producer || op.getIns().size() + producer.getIns().size() > kMaxInputs)
      continue;
    if (ops + kernel::countOps(producer.getBody()) > kMaxOps)
      continue;
    bool once = reads == Reads::Once && readsEachOnce(maps[i]);
    if ((!once && !isCheap(producer)) || !keepsExtents(op, i, producer))
      continue;
    FusionNote note("map-into-consumer", {op, producer});
    mergeProducer(op, i, producer, regions, rewriter);
    note.apply(op);
    return success();
  }
  return rewriter.notifyMatchFailure(
      op, "no input comes from a map of one use that is cheap or read "
          "once, and tells no extent");
}

struct MapIntoMap : OpRewritePattern<kernel::Map> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(kernel::Map op,
                                PatternRewriter &rewriter) const override {
    return fuseInputs(op, Reads::Once, {&op.getBody()}, rewriter);
  }
};

struct MapIntoReduce : OpRewritePattern<kernel::Reduce> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(kernel::Reduce op,
                                PatternRewriter &rewriter) const override {
    return fuseInputs(op, Reads::Once, {&op.getBody()}, rewriter);
  }
};

struct MapIntoRows : OpRewritePattern<kernel::Rows> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(kernel::Rows op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Region *> regions{&op.getMap()};
    for (Region &stage : op.getStages())
      regions.push_back(&stage);
    return fuseInputs(op, Reads::Again, regions, rewriter);
  }
};

/// Accumulators that the epilogue gets before the extras' elements.
unsigned countAccumulators(kernel::Gemm op) { return op.getGroups(); }
unsigned countAccumulators(kernel::Conv) { return 1; }

/// The position at which `op` reads the only use of a product's result, if it
/// reads it element for element.
template <typename ProductOp>
std::optional<unsigned>
findProductInput(kernel::Map op, llvm::function_ref<Value(Value)> through) {
  if (op.getOuts().size() != 1 || kernel::countOps(op.getBody()) > kMaxOps ||
      !op.getBody().getOps<kernel::Index>().empty())
    return std::nullopt;
  SmallVector<AffineMap> maps = mapsOf(op.getMaps());
  for (auto [i, input] : llvm::enumerate(op.getIns())) {
    Value source = through(input);
    auto product =
        source ? source.template getDefiningOp<ProductOp>() : ProductOp();
    if (product && input.hasOneUse() && source.hasOneUse() &&
        product.getOuts().size() == 1 && maps[i].isIdentity() &&
        product.getExtras().size() + op.getIns().size() <= kMaxInputs)
      return i;
  }
  return std::nullopt;
}

/// map(product, x) becomes the product with a longer epilogue.
template <typename ProductOp>
struct MapIntoEpilogue : OpRewritePattern<kernel::Map> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(kernel::Map op,
                                PatternRewriter &rewriter) const override {
    auto index =
        findProductInput<ProductOp>(op, [](Value value) { return value; });
    if (!index)
      return rewriter.notifyMatchFailure(
          op, "no input is a product's result of one use");
    auto product = op.getIns()[*index].template getDefiningOp<ProductOp>();
    SmallVector<AffineMap> maps = mapsOf(op.getMaps());
    MergedInputs extras;
    size_t count = product.getExtras().size();
    ArrayRef<Attribute> shapes = product.getShapes().getValue();
    for (auto [i, map] : llvm::enumerate(mapsOf(product.getExtraMaps()))) {
      extras.values.push_back(product.getExtras()[i]);
      extras.maps.push_back(map);
      extras.shapes.push_back(shapes[2 + i]);
    }
    for (auto [i, input] : llvm::enumerate(op.getIns()))
      extras.positions.push_back(
          i == *index ? 0 : extras.add(input, maps[i], op.getShapes()[i]));
    SmallVector<Attribute> merged{shapes[0], shapes[1]};
    merged.append(extras.shapes);
    // Operands between the extras and the out stay.
    llvm::append_range(merged, shapes.drop_front(2 + count).drop_back());
    merged.push_back(op.getShapes().getValue().back());
    Location loc = rewriter.getFusedLoc({product.getLoc(), op.getLoc()});
    FusionNote note("map-into-epilogue", {product, op});
    auto fused = cast<ProductOp>(rewriter.clone(*product));
    fused->setLoc(loc);
    fused.getExtrasMutable().assign(extras.values);
    fused.getOutsMutable().assign(op.getOuts());
    fused.setExtraMapsAttr(rewriter.getAffineMapArrayAttr(extras.maps));
    fused.setShapesAttr(rewriter.getArrayAttr(merged));
    fused->getResult(0).setType(op.getResultTypes()[0]);
    Block &block = fused.getEpilogue().front();
    unsigned accumulators = countAccumulators(product);
    for (size_t i = count; i != extras.values.size(); ++i) {
      Type element =
          cast<ShapedType>(extras.values[i].getType()).getElementType();
      block.addArgument(kernel::getComputeType(element), loc);
    }
    Operation *yield = block.getTerminator();
    SmallVector<Value> arguments;
    for (auto [i, position] : llvm::enumerate(extras.positions))
      arguments.push_back(
          i == *index ? yield->getOperand(0)
                      : Value(block.getArgument(accumulators + position)));
    OpBuilder builder(yield);
    Value result = inlineBody(builder, op, arguments, maps[*index]);
    yield->setOperands(result);
    note.apply(fused);
    rewriter.replaceOp(op, fused);
    return success();
  }
};

//===-- Through reshapes --------------------------------------------------===//

/// map(expand(product), x) becomes expand(map(product, collapse(x))).
template <typename ProductOp>
struct MapBeforeExpand : OpRewritePattern<kernel::Map> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(kernel::Map op,
                                PatternRewriter &rewriter) const override {
    auto index = findProductInput<ProductOp>(op, [](Value value) {
      auto expand = value.getDefiningOp<tensor::ExpandShapeOp>();
      return expand ? expand.getSrc() : Value();
    });
    if (!index)
      return rewriter.notifyMatchFailure(
          op, "no input is an expanded product's result of one use");
    auto expand =
        op.getIns()[*index].template getDefiningOp<tensor::ExpandShapeOp>();
    auto out = op.getOuts()[0].getDefiningOp<tensor::EmptyOp>();
    if (!out || !kernel::hasCompleteShapes(op))
      return rewriter.notifyMatchFailure(
          op, "its destination is part of a tensor, or of unknown sizes");
    SmallVector<ReassociationIndices> groups = expand.getReassociationIndices();
    SmallVector<CollapsedAccess> accesses;
    SmallVector<AffineMap> maps = mapsOf(op.getMaps());
    for (AffineMap map : ArrayRef(maps).drop_back()) {
      auto access = collapseAccess(map, groups);
      if (!access)
        return rewriter.notifyMatchFailure(
            op, "an input broadcasts within a group of axes");
      accesses.push_back(*access);
    }
    rewrite(op, *index, expand, groups, accesses, rewriter);
    return success();
  }

  static void rewrite(kernel::Map op, unsigned index,
                      tensor::ExpandShapeOp expand,
                      ArrayRef<ReassociationIndices> groups,
                      ArrayRef<CollapsedAccess> accesses,
                      PatternRewriter &rewriter) {
    Location loc = op.getLoc();
    SmallVector<Value> ins;
    SmallVector<AffineMap> maps;
    SmallVector<Attribute> shapes;
    for (auto [i, input] : llvm::enumerate(op.getIns())) {
      Value value = i == index ? expand.getSrc() : Value(input);
      CollapsedInput collapsed = collapseInput(
          rewriter, value, op.getShapes()[i], accesses[i], groups.size());
      ins.push_back(collapsed.value);
      maps.push_back(collapsed.map);
      shapes.push_back(collapsed.shape);
    }
    Attribute outShape =
        collapseDims(op.getShapes().getValue().back(), groups, op.getContext());
    maps.push_back(rewriter.getMultiDimIdentityMap(groups.size()));
    shapes.push_back(outShape);
    auto type = cast<RankedTensorType>(op.getOuts()[0].getType());
    Value out = makeCollapsedOut(rewriter, loc, type, groups, outShape);
    auto map = kernel::Map::create(rewriter, loc, out.getType(), ins, out,
                                   rewriter.getAffineMapArrayAttr(maps),
                                   rewriter.getArrayAttr(shapes),
                                   op.getScheduleAttr());
    rewriter.inlineRegionBefore(op.getBody(), map.getBody(),
                                map.getBody().end());
    rewriter.replaceOpWithNewOp<tensor::ExpandShapeOp>(
        op, type, map.getResult(0), groups, expand.getMixedOutputShape());
  }
};

struct FuseKernels : hagane::impl::FuseKernelsPassBase<FuseKernels> {
  void runOnOperation() override {
    // Products take their consumers before rows and maps take their producers:
    // an epilogue saves a round trip to memory, a prologue only a pass.
    if (failed(
            apply<MapIntoEpilogue<kernel::Gemm>, MapIntoEpilogue<kernel::Conv>,
                  MapBeforeExpand<kernel::Gemm>,
                  MapBeforeExpand<kernel::Conv>>()) ||
        failed(apply<MapIntoMap, MapIntoReduce, MapIntoRows>()) ||
        failed(
            apply<MapIntoEpilogue<kernel::Gemm>, MapIntoEpilogue<kernel::Conv>,
                  MapBeforeExpand<kernel::Gemm>,
                  MapBeforeExpand<kernel::Conv>>()) ||
        failed(applyRows()))
      return signalPassFailure();
  }

  /// When rows have taken the maps that they read.
  LogicalResult applyRows() {
    RewritePatternSet patterns(&getContext());
    addRowsFusion(patterns);
    return rewrite(std::move(patterns));
  }

  template <typename... Patterns> LogicalResult apply() {
    RewritePatternSet patterns(&getContext());
    patterns.add<Patterns...>(&getContext());
    return rewrite(std::move(patterns));
  }

  LogicalResult rewrite(RewritePatternSet patterns) {
    tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, &getContext());
    tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns,
                                                         &getContext());
    // Every rewrite leaves fewer kernels or fewer reshapes, so it ends by
    // itself; a long chain takes one round per link.
    GreedyRewriteConfig config;
    config.setMaxIterations(GreedyRewriteConfig::kNoLimit);
    return applyPatternsGreedily(getOperation(), std::move(patterns), config);
  }
};

} // namespace
