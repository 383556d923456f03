// How control flow is built: branches, and loops that carry values.
#pragma once

#include "frontend/ops/NodeConverter.h"
#include "llvm/ADT/SmallBitVector.h"

namespace hagane::frontend {

/// `value`, which control flow has carried, with its sizes: axis by axis what
/// is known in `known`, else a computed size that gets its value there.
mlir::Value measure(NodeConverter &n, mlir::Value value,
                    llvm::ArrayRef<xf::Dim> known);

/// A tensor of one boolean as a scalar; null and an error if it is none.
mlir::Value readCondition(NodeConverter &n, mlir::Value condition);

/// Builds one branch at the converter's builder; its values go to `values`.
using Branch = llvm::function_ref<llvm::LogicalResult(
    llvm::SmallVectorImpl<mlir::Value> &values)>;

/// Runs one of two branches. `results` are their values; where their sizes
/// differ, a computed size.
llvm::LogicalResult buildIf(NodeConverter &n, mlir::Value condition,
                            Branch thenBranch, Branch elseBranch,
                            llvm::SmallVectorImpl<mlir::Value> &results);

/// What a loop's body makes of one iteration.
struct LoopStep {
  /// A tensor of one boolean, whether another iteration follows; null: always.
  mlir::Value goesOn;
  llvm::SmallVector<mlir::Value> carried;
  /// One part of each of the outputs that grow.
  llvm::SmallVector<mlir::Value> items;
};

/// An output that has one part per iteration, along `axis`.
struct GrowingOutput {
  int64_t axis = 0;
  bool isReversed = false;
};

struct LoopSpec {
  /// The number of iterations, at most; null: no limit.
  xf::Dim trips;
  /// A tensor of one boolean, whether there is a first iteration; null: yes.
  mlir::Value goesOn;
  llvm::SmallVector<mlir::Value> inits;
  /// Of the inits, those that the body plainly gives as it gets them: known
  /// before it is converted, as that may ask for constants.
  llvm::SmallBitVector stays;
  llvm::SmallVector<GrowingOutput> outputs;
  /// The size of outputs along their axis where it is not the number of
  /// iterations; what no iteration writes is 0.
  xf::Dim room;
  /// The operations of the body, for a decision on unrolling.
  int64_t bodySize = 0;
  /// Converts the body at the converter's builder, for iteration `at`; called
  /// several times until the sizes of what is carried are known.
  std::function<llvm::LogicalResult(
      xf::Dim at, llvm::ArrayRef<mlir::Value> carried, LoopStep &step)>
      body;
};

/// `results` are the carried values after the loop, then its outputs.
llvm::LogicalResult buildLoop(NodeConverter &n, const LoopSpec &spec,
                              llvm::SmallVectorImpl<mlir::Value> &results);

/// The one element of an integer tensor as a size that may be written into the
/// IR, bound here if only running the model tells it; null after an error.
xf::Dim readSize(NodeConverter &n, mlir::Value value, llvm::StringRef name);

} // namespace hagane::frontend
