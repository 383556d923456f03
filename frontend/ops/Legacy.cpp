// Element-wise operators as they were before opset 7, when broadcasting was
// asked for.
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

/// The second operand's axes match the first's from `axis` on, or, without
/// one, its last ones.
template <typename OpTy>
static LogicalResult convertLegacyBinary(NodeConverter &n) {
  Value a = n.in(0), b = n.in(1);
  if (n.getInt("broadcast", 0) && n.hasAttr("axis")) {
    int64_t rank = n.rank(b);
    int64_t after =
        n.rank(a) - n.normalAxis(n.getInt("axis", 0), n.rank(a)) - rank;
    if (after < 0)
      return n.error("input 1 has rank " + Twine(rank) +
                     ", which is too much for its axis");
    b = n.unsqueeze(b, llvm::to_vector(llvm::seq(rank, rank + after)));
  }
  return n.done({n.make<OpTy>(a, b)});
}

static const OpRow rows[] = {
    {"Add", 1, 2, convertLegacyBinary<xf::Add>},
    {"Div", 1, 2, convertLegacyBinary<xf::Div>},
    {"Mul", 1, 2, convertLegacyBinary<xf::Mul>},
    {"Pow", 1, 2, convertLegacyBinary<xf::Pow>},
    {"Sub", 1, 2, convertLegacyBinary<xf::Sub>},
};

void hagane::frontend::registerLegacy(OpRegistry &registry) {
  registry.add("", rows);
}
