// Boxes and regions of images.
#include "dialects/xf/XfSpecial.h"
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

/// The one element of an input as a scalar, or `otherwise`.
static Value scalarInput(NodeConverter &n, unsigned index, Value otherwise) {
  Value x = n.in(index);
  return x ? n.reshape(x, ArrayRef<Size>()) : otherwise;
}

/// (boxes, scores, limit?, overlap?, threshold?) to [kept, 3] rows of image,
/// class and box.
static LogicalResult convertNonMaxSuppression(NodeConverter &n) {
  Type i64 = n.builder().getI64Type(), f32 = n.builder().getF32Type();
  Value kept = n.make<xf::SuppressBoxes>(
      n.in(0), n.in(1), scalarInput(n, 2, n.scalar(0, i64)),
      scalarInput(n, 3, n.scalar(0, f32)), scalarInput(n, 4, Value()),
      n.getInt("center_point_box", 0) != 0);
  Value places =
      n.make<xf::NonZero>(n.cmp(xf::CmpKind::ge, kept, n.scalar(0, i64)));
  Value boxes =
      n.make<xf::GatherNd>(kept, n.transpose(places, {1, 0}), int64_t(0));
  Value rows = n.concat({n.slice(places, 0, 0, 2), n.unsqueeze(boxes, {0})}, 0);
  return n.done({n.transpose(rows, {1, 0})});
}

static LogicalResult convertMaxRoiPool(NodeConverter &n) {
  auto shape = n.getInts("pooled_shape");
  if (!shape || shape->size() != 2)
    return n.error("attribute 'pooled_shape' is not of two sizes");
  return n.done(
      {n.make<xf::RoiPool>(n.in(0), n.in(1), (*shape)[0], (*shape)[1],
                           llvm::APFloat(n.getFloat("spatial_scale", 1)))});
}

static const OpRow rows[] = {
    {"MaxRoiPool", 1, 2, convertMaxRoiPool},
    {"NonMaxSuppression", 10, 2, convertNonMaxSuppression},
};

void hagane::frontend::registerRegions(OpRegistry &registry) {
  registry.add("", rows);
}
