//===- Facts.h - What is known of a tensor value -*- C++ -*-===//

#ifndef HAGANE_DIALECTS_XF_FACTS_H
#define HAGANE_DIALECTS_XF_FACTS_H

#include "dialects/xf/Dim.h"
#include "mlir/IR/BuiltinTypes.h"
#include <functional>

namespace hagane::xf {

/// What is known of a tensor at compile time: its type, its symbolic shape
/// and, for small integer tensors (rank 2 or less, at most kMaxContent
/// elements), its elements. A null Dim inside `content` is an unknown element.
struct Facts {
  static constexpr int64_t kMaxContent = 64;

  mlir::Type elementType;
  llvm::SmallVector<Dim> dims;
  std::optional<llvm::SmallVector<Dim>> content;

  int64_t rank() const { return static_cast<int64_t>(dims.size()); }
  /// The tensor type: constants become static sizes, everything else `?`.
  mlir::RankedTensorType getType() const;
};

/// Two sizes that a legal run makes equal, though nothing known at compile time
/// says so.
struct SizeCondition {
  Dim a, b;
  std::string what;        ///< the rule and the sizes it speaks of
  bool broadcasts = false; ///< one of them could also be 1
};

/// What an operation's shape rule may use besides its operands.
class FactsContext {
public:
  FactsContext(mlir::MLIRContext *context, const DimProver &prover,
               std::optional<mlir::Location> location,
               std::function<Dim(unsigned result, unsigned axis)> fresh,
               std::function<void(SizeCondition)> assumed = nullptr)
      : context(context), prover(prover), location(location),
        fresh(std::move(fresh)), assumed(std::move(assumed)) {}

  mlir::MLIRContext *getContext() const { return context; }
  const DimProver &getProver() const { return prover; }
  Dim constant(int64_t value) const { return Dim::constant(context, value); }
  /// A symbol for a size that only running the model tells.
  Dim getFresh(unsigned result, unsigned axis) const {
    return fresh(result, axis);
  }
  /// Notes that the result is only right if a = b, unless that can be proved.
  void assumeEqual(Dim a, Dim b, const llvm::Twine &what) const;
  /// The same for a = b, a = 1 or b = 1.
  void assumeBroadcast(Dim a, Dim b, const llvm::Twine &what) const;
  /// Emits an error at the operation, if it has a location, and fails.
  llvm::LogicalResult error(const llvm::Twine &message) const;

private:
  mlir::MLIRContext *context;
  const DimProver &prover;
  std::optional<mlir::Location> location;
  std::function<Dim(unsigned, unsigned)> fresh;
  std::function<void(SizeCondition)> assumed;
};

/// The facts that a type alone tells; a `?` becomes `unknown(axis)`.
Facts factsOfType(mlir::RankedTensorType type,
                  llvm::function_ref<Dim(unsigned axis)> unknown);

/// NumPy broadcasting of two sizes. Where neither equality nor a constant 1
/// can be proved the result is max(a, b), which is right for every legal pair
/// except the pair (0, 1); null if they are provably incompatible.
Dim broadcastDim(Dim a, Dim b, const DimProver &prover);

} // namespace hagane::xf

#endif // HAGANE_DIALECTS_XF_FACTS_H
