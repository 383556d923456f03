// The table of operator handlers: one row per operator and since-version.
#pragma once

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringMap.h"
#include <string>

namespace hagane::frontend {

class NodeConverter;

/// Converts one node; failure means that an error has been reported.
using OpHandler = llvm::LogicalResult (*)(NodeConverter &);

struct OpRow {
  llvm::StringRef name;
  /// The first opset version whose definition the handler implements; it
  /// serves later versions too, up to the next row of the same name.
  int64_t since;
  /// How many leading inputs must be present.
  unsigned requiredInputs;
  OpHandler handler;
};

class OpRegistry {
public:
  /// Registers rows of one domain ("" is ai.onnx). Rows must outlive the
  /// registry.
  void add(llvm::StringRef domain, llvm::ArrayRef<OpRow> rows);

  /// The row with the newest since-version that is not above `version`.
  const OpRow *find(llvm::StringRef domain, llvm::StringRef name,
                    int64_t version) const;
  /// The oldest version of the operator that has a row, if any.
  std::optional<int64_t> oldest(llvm::StringRef domain,
                                llvm::StringRef name) const;

  /// Calls `visit` for each row, in no particular order.
  void forEach(llvm::function_ref<void(llvm::StringRef domain, const OpRow &)>
                   visit) const;

private:
  // "domain:name" to its rows.
  llvm::StringMap<llvm::SmallVector<const OpRow *, 1>> rows;
};

/// All handlers of this folder.
const OpRegistry &getOpRegistry();

#define HAGANE_FAMILY(NAME) void register##NAME(OpRegistry &registry);
#include "frontend/ops/Families.def"

} // namespace hagane::frontend
