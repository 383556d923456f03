#include "frontend/ops/Alternatives.h"

using namespace hagane::frontend;
using llvm::StringRef;

namespace {
/// An empty name stands for all of the domain's operators.
struct AdviceRow {
  llvm::StringLiteral domain, name, advice;
};
} // namespace

static constexpr llvm::StringLiteral kGenerate =
    "export the decoder by itself and search outside of the model";

static constexpr AdviceRow kAdvice[] = {
    {"com.microsoft", "BeamSearch", kGenerate},
    {"com.microsoft", "GreedySearch", kGenerate},
    {"com.microsoft", "Sampling", kGenerate},
    {"com.microsoft", "WhisperBeamSearch", kGenerate},
    {"com.microsoft", "EPContext",
     "compile the model as it was before ONNX Runtime optimized it"},
    {"com.microsoft.nchwc", "",
     "compile the model as it was before ONNX Runtime optimized it"},
    {"com.ms.internal.nhwc", "",
     "compile the model as it was before ONNX Runtime optimized it"},
    {"org.pytorch.aten", "", "export with torch.onnx.export(dynamo=True)"},
    {"aten", "", "export with torch.onnx.export(dynamo=True)"},
    {"pkg.onnxscript.torch_lib", "",
     "export with a PyTorch that keeps the function's body in the model"},
    {"ai.onnx.preview.training", "", "export the model for inference"},
    {"ai.onnx.training", "", "export the model for inference"},
    {"com.microsoft.extensions", "",
     "leave text and images to the program around the model"},
    {"ai.onnx.contrib", "",
     "leave text and images to the program around the model"},
};

static StringRef nameOf(StringRef domain) {
  return domain.empty() ? StringRef("ai.onnx") : domain;
}

/// The same name elsewhere, or the most similar one in this domain.
static std::string findSimilar(const OpRegistry &registry, StringRef domain,
                               StringRef name) {
  StringRef elsewhere, closest;
  unsigned best = name.size() / 3 + 1;
  registry.forEach([&](StringRef otherDomain, const OpRow &row) {
    if (row.name == name && (elsewhere.empty() || otherDomain < elsewhere))
      elsewhere = nameOf(otherDomain);
    if (otherDomain != domain)
      return;
    unsigned distance =
        row.name.edit_distance(name, /*AllowReplacements=*/true, best);
    if (distance < best ||
        (distance == best && !closest.empty() && row.name < closest)) {
      best = distance;
      closest = row.name;
    }
  });
  if (!elsewhere.empty())
    return ("the operator of that name in domain '" + elsewhere + "' is").str();
  if (!closest.empty())
    return ("the closest that is: " + closest).str();
  return "";
}

std::string hagane::frontend::findAlternative(const OpRegistry &registry,
                                              StringRef domain,
                                              StringRef name) {
  for (const AdviceRow &row : kAdvice)
    if (row.domain == domain && (row.name.empty() || row.name == name))
      return row.advice.str();
  return findSimilar(registry, domain == "ai.onnx" ? "" : domain, name);
}
