#include "frontend/ops/Registry.h"

using namespace hagane::frontend;
using llvm::StringRef;

static std::string keyOf(StringRef domain, StringRef name) {
  // Both spellings of the default domain occur.
  if (domain == "ai.onnx")
    domain = "";
  return (domain + ":" + name).str();
}

void OpRegistry::add(StringRef domain, llvm::ArrayRef<OpRow> added) {
  for (const OpRow &row : added)
    rows[keyOf(domain, row.name)].push_back(&row);
}

const OpRow *OpRegistry::find(StringRef domain, StringRef name,
                              int64_t version) const {
  auto it = rows.find(keyOf(domain, name));
  if (it == rows.end())
    return nullptr;
  const OpRow *best = nullptr;
  for (const OpRow *row : it->second)
    if (row->since <= version && (!best || row->since > best->since))
      best = row;
  return best;
}

std::optional<int64_t> OpRegistry::oldest(StringRef domain,
                                          StringRef name) const {
  auto it = rows.find(keyOf(domain, name));
  if (it == rows.end())
    return std::nullopt;
  int64_t version = it->second.front()->since;
  for (const OpRow *row : it->second)
    version = std::min(version, row->since);
  return version;
}

void OpRegistry::forEach(
    llvm::function_ref<void(StringRef, const OpRow &)> visit) const {
  for (const auto &entry : rows)
    for (const OpRow *row : entry.second)
      visit(entry.first().split(':').first, *row);
}

const OpRegistry &hagane::frontend::getOpRegistry() {
  static const OpRegistry registry = [] {
    OpRegistry made;
#define HAGANE_FAMILY(NAME) register##NAME(made);
#include "frontend/ops/Families.def"
    return made;
  }();
  return registry;
}
