// Matrices as a whole.
#include "dialects/xf/XfSpecial.h"
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

static const OpRow rows[] = {
    {"Det", 11, 1, convertUnary<xf::Determinant>},
};

static const OpRow microsoftRows[] = {
    {"Inverse", 1, 1, convertUnary<xf::Inverse>},
};

void hagane::frontend::registerLinalg(OpRegistry &registry) {
  registry.add("", rows);
  registry.add("com.microsoft", microsoftRows);
}
