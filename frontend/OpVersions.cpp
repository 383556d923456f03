#include "frontend/OpVersions.h"

#include "llvm/ADT/STLExtras.h"
#include <tuple>

using llvm::StringRef;

namespace {

constexpr unsigned maxVersions = 10;

/// Versions ascend; zeros fill the row.
struct Operator {
  StringRef domain;
  StringRef name;
  uint8_t versions[maxVersions];

  auto key() const { return std::tie(domain, name); }
};

/// Sorted by domain and name.
constexpr Operator operators[] = {
#define HAGANE_ONNX_OP(domain, name, ...) {domain, name, {__VA_ARGS__}},
#include "frontend/OpVersions.inc"
#undef HAGANE_ONNX_OP
};

} // namespace

int64_t hagane::frontend::sinceVersion(StringRef domain, StringRef opType,
                                       int64_t opset) {
  auto key = std::tie(domain, opType);
  const Operator *row =
      llvm::lower_bound(operators, key, [](const Operator &row, auto key) {
        return row.key() < key;
      });
  if (row == std::end(operators) || row->key() != key)
    return opset;
  int64_t since = opset;
  for (int64_t version : row->versions)
    if (version != 0 && version <= opset)
      since = version;
  return since;
}
