//===- FuseRows.cpp - Kernels of rows join the ones that they read --------===//
//
// A norm, and what its rows are for: the row is in the cache still when the
// second kernel's stages pass over it. They compute the first one's elements
// anew from its statistics, and nobody stores them.
//
//===----------------------------------------------------------------------===//

#include "dialects/kernel/KernelCost.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"
#include "passes/kernels/KernelFusion.h"

using namespace mlir;
using namespace hagane;

namespace {

SmallVector<Value> inlineRegion(OpBuilder &builder, Region &region,
                                ValueRange arguments) {
  IRMapping mapping;
  Block &body = region.front();
  mapping.map(body.getArguments(), arguments);
  for (Operation &inner : body.without_terminator())
    builder.clone(inner, mapping);
  return llvm::map_to_vector(
      body.getTerminator()->getOperands(),
      [&](Value value) { return mapping.lookupOrDefault(value); });
}

unsigned countElementOuts(kernel::Rows op) {
  return op.getMap().front().getTerminator()->getNumOperands();
}

/// Whether elements cost little when the statistics of their row are known,
/// and take nothing that a stage kept.
bool isCheapAgain(kernel::Rows op) {
  Block &body = op.getMap().front();
  if (!op.getStages().empty() &&
      !body.getArgument(body.getNumArguments() - 1).use_empty())
    return false;
  llvm::SmallPtrSet<Value, 16> varying;
  for (BlockArgument input : body.getArguments().take_front(op.getIns().size()))
    varying.insert(input);
  int64_t count = 0;
  for (Operation &inner : body.without_terminator()) {
    if (llvm::none_of(inner.getOperands(),
                      [&](Value value) { return varying.contains(value); }))
      continue;
    if (isa_and_nonnull<math::MathDialect>(inner.getDialect()))
      return false;
    varying.insert_range(inner.getResults());
    ++count;
  }
  return count <= kCheapOps;
}

class RowsFusion {
public:
  RowsFusion(OpResult read, kernel::Rows second, PatternRewriter &rewriter)
      : read(read), first(cast<kernel::Rows>(read.getOwner())), second(second),
        rewriter(rewriter) {}

  void run() {
    FusionNote note("rows-into-rows", {first, second});
    rewriter.setInsertionPoint(first);
    collectOperands();
    auto fused = kernel::Rows::create(
        rewriter, rewriter.getFusedLoc({first.getLoc(), second.getLoc()}),
        TypeRange(outs), first.getIns(), outs, rewriter.getStrArrayAttr(kinds),
        rewriter.getAffineMapArrayAttr(maps), rewriter.getArrayAttr(shapes),
        kernel::RowsScheduleAttr(),
        second.getStages().size() + first.getStages().size());
    fillStages(fused);
    fillFinish(fused.getFinish());
    fillMap(fused.getMap());
    note.apply(fused);
    replace(fused);
  }

private:
  /// Outs are elements of both kernels, then numbers of their rows.
  void collectOperands() {
    size_t inputs = first.getIns().size();
    SmallVector<AffineMap> firstMaps = mapsOf(first.getMaps());
    maps.append(firstMaps.begin(), firstMaps.begin() + inputs);
    llvm::append_range(shapes, first.getShapes().getValue().take_front(inputs));
    unsigned firstElements = countElementOuts(first),
             secondElements = countElementOuts(second);
    addOuts(first, 0, firstElements);
    addOuts(second, 0, secondElements);
    addOuts(first, firstElements, first.getOuts().size());
    addOuts(second, secondElements, second.getOuts().size());
    for (kernel::Rows op : {first, second})
      for (Attribute kind : op.getKinds())
        kinds.push_back(cast<StringAttr>(kind).getValue());
  }

  void addOuts(kernel::Rows op, unsigned begin, unsigned end) {
    SmallVector<AffineMap> all = mapsOf(op.getMaps());
    size_t inputs = op.getIns().size();
    for (unsigned i = begin; i != end; ++i) {
      if (op->getResult(i) == read)
        continue;
      outs.push_back(op.getOuts()[i]);
      maps.push_back(all[inputs + i]);
      shapes.push_back(op.getShapes()[inputs + i]);
      replaced.push_back(op->getResult(i));
    }
  }

  /// A block with the arguments of stage `stage`; the map comes after all.
  Block &addBlock(Region &region, unsigned stage) {
    Block &block = region.emplaceBlock();
    Location loc = first.getLoc();
    for (Value input : first.getIns())
      block.addArgument(
          kernel::getComputeType(getElementTypeOrSelf(input.getType())), loc);
    for (unsigned i = 0; i != stage; ++i)
      block.addArgument(reduced[i], loc);
    if (stage != 0)
      block.addArgument(reduced[stage - 1], loc);
    return block;
  }

  /// What the first kernel's map yields.
  SmallVector<Value> makeFirst(OpBuilder &builder, Block &block) {
    size_t count = first.getIns().size() + first.getStages().size();
    SmallVector<Value> arguments(block.getArguments().take_front(count));
    // No carry is read.
    if (!first.getStages().empty())
      arguments.push_back(block.getArguments().back());
    return inlineRegion(builder, first.getMap(), arguments);
  }

  /// What the second kernel reads: rounded, as a tensor's element is.
  Value makeRead(OpBuilder &builder, Value element) {
    Type stored = getElementTypeOrSelf(read.getType()),
         compute = element.getType();
    if (stored == compute)
      return element;
    Value rounded =
        arith::TruncFOp::create(builder, read.getLoc(), stored, element);
    return arith::ExtFOp::create(builder, read.getLoc(), compute, rounded);
  }

  /// The second kernel's arguments for what it reads: its own statistics and,
  /// behind a stage of its own, the carry.
  SmallVector<Value> argumentsOf(Block &block, Value element, unsigned stage) {
    size_t before = first.getIns().size() + first.getStages().size();
    SmallVector<Value> arguments{element};
    llvm::append_range(arguments, block.getArguments().slice(before, stage));
    if (stage != 0)
      arguments.push_back(block.getArguments().back());
    return arguments;
  }

  void fillStages(kernel::Rows fused) {
    unsigned number = 0;
    for (Region &stage : first.getStages()) {
      rewriter.cloneRegionBefore(stage, fused.getStages()[number],
                                 fused.getStages()[number].end());
      noteReduced(fused.getStages()[number++]);
    }
    for (auto [i, stage] : llvm::enumerate(second.getStages())) {
      Region &region = fused.getStages()[number];
      Block &block = addBlock(region, number++);
      OpBuilder builder = OpBuilder::atBlockEnd(&block);
      Value element =
          makeRead(builder, makeFirst(builder, block)[read.getResultNumber()]);
      yield(builder,
            inlineRegion(builder, stage, argumentsOf(block, element, i)));
      noteReduced(region);
    }
  }

  void noteReduced(Region &stage) {
    reduced.push_back(stage.front().getTerminator()->getOperand(0).getType());
  }

  void fillFinish(Region &region) {
    Block &block = region.emplaceBlock();
    for (Type type : reduced)
      block.addArgument(type, first.getLoc());
    OpBuilder builder = OpBuilder::atBlockEnd(&block);
    ValueRange statistics = block.getArguments();
    size_t own = first.getStages().size();
    SmallVector<Value> results =
        inlineRegion(builder, first.getFinish(), statistics.take_front(own));
    llvm::append_range(results, inlineRegion(builder, second.getFinish(),
                                             statistics.drop_front(own)));
    yield(builder, results);
  }

  void fillMap(Region &region) {
    Block &block = addBlock(region, reduced.size());
    OpBuilder builder = OpBuilder::atBlockEnd(&block);
    SmallVector<Value> results = makeFirst(builder, block);
    Value &element = results[read.getResultNumber()];
    SmallVector<Value> others =
        inlineRegion(builder, second.getMap(),
                     argumentsOf(block, makeRead(builder, element),
                                 second.getStages().size()));
    results.erase(&element);
    llvm::append_range(results, others);
    yield(builder, results);
  }

  void yield(OpBuilder &builder, ValueRange values) {
    kernel::Yield::create(builder, first.getLoc(), values);
  }

  void replace(kernel::Rows fused) {
    for (auto [before, after] : llvm::zip_equal(replaced, fused->getResults()))
      rewriter.replaceAllUsesWith(before, after);
    rewriter.eraseOp(second);
    rewriter.eraseOp(first);
  }

  OpResult read;
  kernel::Rows first, second;
  PatternRewriter &rewriter;
  SmallVector<Value> outs, replaced;
  SmallVector<AffineMap> maps;
  SmallVector<Attribute> shapes;
  SmallVector<StringRef> kinds;
  /// What each stage of the fused kernel reduces.
  SmallVector<Type> reduced;
};

struct RowsIntoRows : OpRewritePattern<kernel::Rows> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(kernel::Rows op,
                                PatternRewriter &rewriter) const override {
    auto read = op.getIns().size() == 1 ? dyn_cast<OpResult>(op.getIns()[0])
                                        : OpResult();
    auto first =
        read ? dyn_cast<kernel::Rows>(read.getOwner()) : kernel::Rows();
    // Whoever else reads the elements wants them stored: with the codes beside
    // them, stores to lines that other cores have read wait for each other.
    if (!first || first->getBlock() != op->getBlock() || !read.hasOneUse() ||
        read.getResultNumber() >= countElementOuts(first) ||
        !isa<Float32Type, BFloat16Type, Float16Type>(
            getElementTypeOrSelf(read.getType())))
      return rewriter.notifyMatchFailure(
          op, "its one input is not for it alone, of another kernel's rows");
    size_t inputs = first.getIns().size();
    if (!mapsOf(op.getMaps()).front().isIdentity() ||
        !mapsOf(first.getMaps())[inputs + read.getResultNumber()].isIdentity())
      return rewriter.notifyMatchFailure(op, "its rows are others");
    if (!isCheapAgain(first) || countAll(first) * 2 + countAll(op) > kMaxOps ||
        inputs + first.getOuts().size() + op.getOuts().size() > kMaxInputs)
      return rewriter.notifyMatchFailure(op, "it reads what costs too much");
    if (!tellsExtents(first) ||
        failed(moveValueDefinitions(rewriter, op.getOuts(), first)))
      return rewriter.notifyMatchFailure(
          op, "its destinations, or its extents, are known too late");
    RowsFusion(read, op, rewriter).run();
    return success();
  }

  static int64_t countAll(kernel::Rows op) {
    int64_t count = kernel::countOps(op.getMap());
    for (Region &stage : op.getStages())
      count += kernel::countOps(stage);
    return count;
  }

  /// Whether the inputs alone tell how long each dimension is.
  static bool tellsExtents(kernel::Rows op) {
    SmallVector<AffineMap> maps = mapsOf(op.getMaps());
    auto ins = ArrayRef(maps).take_front(op.getIns().size());
    return llvm::all_of(llvm::seq(maps.front().getNumDims()), [&](unsigned d) {
      return llvm::any_of(
          ins, [&](AffineMap map) { return map.isFunctionOfDim(d); });
    });
  }
};

} // namespace

void hagane::addRowsFusion(RewritePatternSet &patterns) {
  patterns.add<RowsIntoRows>(patterns.getContext());
}
