//===- Remarks.h - What fusions say about themselves ------------*- C++ -*-===//

#ifndef HAGANE_PASSES_FUSION_REMARKS_H
#define HAGANE_PASSES_FUSION_REMARKS_H

#include "dialects/xf/Dim.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/Twine.h"

namespace hagane::fusion {

/// MLIR remarks of one category in the name of one fusion. They cost nothing
/// where remarks are off. Names of ONNX nodes come from locations.
class Remarks {
public:
  explicit Remarks(llvm::StringRef fusion, llvm::StringRef category = "fusion")
      : fusion(fusion), category(category) {}

  /// A missed remark: `op` looked like the fusion's pattern up to the
  /// precondition that failed. Always returns failure.
  llvm::LogicalResult decline(mlir::Operation *op,
                              const llvm::Twine &reason) const;
  /// A passed remark for the operation that replaces a pattern, with the bytes
  /// that it does not move any more, if they are known.
  void apply(mlir::Operation *op, xf::Dim savedBytes = {}) const;

  /// Whether anybody listens.
  static bool areOn(mlir::Operation *op);

private:
  llvm::StringRef fusion, category;
};

} // namespace hagane::fusion

#endif // HAGANE_PASSES_FUSION_REMARKS_H
