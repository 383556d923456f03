//===- FuseAttention.cpp - softmax(scale * q k^T + mask) v ----------------===//

#include "passes/fusion/Attention.h"
#include "passes/fusion/Passes.h"
#include "passes/fusion/Remarks.h"
#include <cmath>

namespace hagane {
#define GEN_PASS_DEF_FUSEATTENTIONPASS
#include "passes/fusion/Passes.h.inc"
} // namespace hagane

using namespace mlir;
using namespace hagane;
using namespace hagane::fusion;
using xf::Dim;

namespace {

struct Operands {
  Value q, k, v;
};

class FuseAttention
    : public hagane::impl::FuseAttentionPassBase<FuseAttention> {
public:
  void runOnOperation() override {
    Shapes shapes(getOperation());
    forEachOp<xf::MatMul>(getOperation(),
                          [&](xf::MatMul op) { (void)fuse(op, shapes); });
    // Those that exporters wrote as one operation, too.
    forEachOp<xf::Attention>(getOperation(), [&](xf::Attention op) {
      OpBuilder builder(op);
      Operands operands{op.getQ(), op.getK(), op.getV()};
      unrepeat(builder, operands, shapes);
      op.getKMutable().assign(operands.k);
      op.getVMutable().assign(operands.v);
    });
    eraseDeadOps(getOperation());
  }

private:
  LogicalResult fuse(xf::MatMul op, Shapes &shapes) {
    Scores scores;
    scores.softmax = findSoftmax(op.getA(), shapes, scores);
    if (!scores.softmax && areQuantized(op.getA()))
      return remarks.decline(op, "the weights are quantized before they meet "
                                 "the values");
    if (!scores.softmax || op.getTransposeA())
      return failure();
    xf::Softmax softmax = scores.softmax;
    if (softmax.getLog() ||
        static_cast<int64_t>(softmax.getAxis()) != getRank(softmax.getX()) - 1)
      return remarks.decline(op, "the softmax is not over the last axis");
    std::string reason;
    if (failed(traceScores(scores, shapes, reason)))
      return remarks.decline(op, reason);
    if (haveOtherUses(scores, op))
      return remarks.decline(op, "the scores or weights have other uses");
    FailureOr<HeadDims> dims = findHeads(scores, op, shapes);
    return failed(dims) ? failure() : build(scores, op, *dims, shapes);
  }

  /// Whether anything between the two products would have to be computed again.
  bool haveOtherUses(const Scores &scores, xf::MatMul op) {
    for (Operation *step : scores.ops)
      for (Operation *user : step->getUsers())
        if (user != op && !isa<xf::IsNaN>(user) &&
            !llvm::is_contained(scores.ops, user))
          return true;
    return false;
  }

  /// Batch and heads; of operands of rank 3 as a reshape of q or of the scores
  /// tells them, or one head each.
  FailureOr<HeadDims> findHeads(Scores &scores, xf::MatMul op, Shapes &shapes) {
    int64_t rank = getRank(scores.product.getA());
    if (rank != getRank(scores.product.getB()) || rank != getRank(op.getA()) ||
        rank != getRank(op.getB()) || (rank != 3 && rank != 4))
      return remarks.decline(op, "the operands' ranks are not all 3 or all 4");
    SmallVector<Dim> dims = shapes.getDims(scores.product.getA());
    HeadDims heads = rank == 4 ? HeadDims{dims[0], dims[1]}
                               : splitHeads(scores, op, dims[0], shapes);
    for (const Mask &mask : scores.masks)
      if (!fits(mask, heads, shapes))
        return remarks.decline(op, "a mask applies to scores of shape " +
                                       describe(mask.frame));
    if (rank == 3 && !shapes.areResolved({heads.batch, heads.heads}))
      return remarks.decline(op, "batch and heads are known only at run time");
    return heads;
  }

  HeadDims splitHeads(Scores &scores, xf::MatMul op, Dim merged,
                      Shapes &shapes) {
    SmallVector<SmallVector<Dim>> found;
    for (const Mask &mask : scores.masks)
      found.push_back(mask.frame);
    found.push_back(shapes.getDims(scores.softmax));
    for (Value x : {scores.product.getA(), op.getB()})
      if (auto reshape = x.getDefiningOp<xf::Reshape>())
        if (keepsLastTwo(reshape, shapes))
          found.push_back(shapes.getDims(reshape.getX()));
    for (ArrayRef<Dim> dims : found)
      if (dims.size() == 4 && shapes.areEqual(dims[0] * dims[1], merged))
        return {dims[0], dims[1]};
    return {merged, Dim::constant(op.getContext(), 1)};
  }

  /// Whether the mask's scores are those of batch and heads, merged or split.
  bool fits(const Mask &mask, HeadDims heads, Shapes &shapes) {
    ArrayRef<Dim> frame = mask.frame;
    if (mask.kind == Mask::floor)
      return true;
    if (frame.size() == 3)
      return shapes.areEqual(frame[0], heads.batch * heads.heads);
    return countBatchAxes(frame, heads, shapes).has_value();
  }

  LogicalResult build(Scores &scores, xf::MatMul op, HeadDims dims,
                      Shapes &shapes) {
    scores.ops.insert(scores.ops.begin(), op);
    OpBuilder builder(op);
    Location location = fuseLocations(scores.ops);
    HeadNormalizer heads(builder, location, shapes, dims);
    if (getRank(op.getA()) == 3 && !areRowsResolved(scores, op, shapes))
      return remarks.decline(op, "sizes are known only at run time");
    double scale = scores.scale;
    xf::MatMul product = scores.product;
    Operands found;
    found.q = heads.normalize(product.getA(), product.getTransposeA(), &scale);
    found.k = heads.normalize(product.getB(), !product.getTransposeB(), &scale);
    found.v = heads.normalize(op.getB(), op.getTransposeB(), nullptr);
    for (Value factor : scores.factors) {
      if (getElementTypeOrSelf(factor) != getElementTypeOrSelf(found.q))
        return remarks.decline(op, "heads are scaled in another type");
      found.q = xf::Mul::create(builder, location, found.q.getType(), found.q,
                                factor);
    }
    unrepeat(builder, found, shapes);
    if (failed(checkOperands(op, found, dims, shapes)))
      return failure();
    Value sinks;
    if (scores.sink && !(sinks = findSinks(builder, scores.sink, dims,
                                           shapes.getDims(found.q)[2], shapes)))
      return remarks.decline(op, "the score beside those of the keys is not "
                                 "one number per head");
    Value bias = heads.combine(scores.masks);
    Value y = xf::Attention::create(
        builder, location, found.q, found.k, found.v, bias, Value(), sinks,
        builder.getF64FloatAttr(scale),
        xf::CausalKindAttr::get(op.getContext(), xf::CausalKind::none),
        builder.getI64IntegerAttr(-1), builder.getI64IntegerAttr(-1),
        builder.getF64FloatAttr(scores.softcap));
    remarks.apply(y.getDefiningOp());
    if (getRank(op) == 3)
      y = makeReshape(builder, location, y, shapes.getDims(op));
    else
      y.setType(op.getType());
    op.replaceAllUsesWith(y);
    return success();
  }

  bool areRowsResolved(Scores &scores, xf::MatMul op, Shapes &shapes) {
    return shapes.areResolved(shapes.getDims(op)) &&
           shapes.areResolved(shapes.getDims(scores.product)) &&
           shapes.areResolved(shapes.getDims(scores.product.getA()));
  }

  /// Keys and values before their heads were repeated for groups of queries.
  void unrepeat(OpBuilder &builder, Operands &operands, Shapes &shapes) {
    int64_t kGroups = 0, vGroups = 0;
    Value k = findUnrepeated(builder, operands.k, shapes, kGroups);
    Value v = findUnrepeated(builder, operands.v, shapes, vGroups);
    if (k && v && kGroups == vGroups) {
      operands.k = k;
      operands.v = v;
    }
  }

  LogicalResult checkOperands(xf::MatMul op, const Operands &operands,
                              HeadDims dims, Shapes &shapes) {
    SmallVector<Dim> q = shapes.getDims(operands.q),
                     k = shapes.getDims(operands.k),
                     v = shapes.getDims(operands.v);
    if (q.size() != 4 || k.size() != 4 || v.size() != 4)
      return remarks.decline(op, "batch and heads are merged differently");
    std::string found =
        "q is " + describe(q) + ", k " + describe(k) + ", v " + describe(v);
    if (!shapes.areEqual({q[0], q[1]}, {dims.batch, dims.heads}) ||
        !shapes.areEqual(q[0], k[0]) || !shapes.areEqual(q[0], v[0]))
      return remarks.decline(op, "batches may differ: " + found);
    std::optional<int64_t> heads = q[1].getConstant(),
                           kvHeads = k[1].getConstant();
    bool divides = shapes.areEqual(q[1], k[1]) || k[1].isConstant(1) ||
                   (heads && kvHeads && *kvHeads > 0 && *heads % *kvHeads == 0);
    if (!divides || !shapes.areEqual(k[1], v[1]))
      return remarks.decline(op, "heads do not fit: " + found);
    if (!shapes.areEqual(k[2], v[2]) || !shapes.areEqual(q[3], k[3]))
      return remarks.decline(op, "keys or features may differ: " + found);
    if (!q[3].getConstant() || !v[3].getConstant())
      return remarks.decline(
          op, "features are counted at run time, as where channels attend: " +
                  found);
    if (getElementTypeOrSelf(operands.q) != getElementTypeOrSelf(operands.k) ||
        getElementTypeOrSelf(operands.q) != getElementTypeOrSelf(operands.v))
      return remarks.decline(op, "q, k and v have different types");
    return success();
  }

  Remarks remarks{"attention"};
};

} // namespace
