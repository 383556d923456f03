//===- CodesLanes.h - Codes of weights in vector lanes ----------*- C++ -*-===//

#ifndef HAGANE_CODEGEN_CPU_CODESLANES_H
#define HAGANE_CODEGEN_CPU_CODESLANES_H

#include "codegen/cpu/Emit.h"
#include "codegen/cpu/Lowering.h"
#include "dialects/kernel/KernelCodes.h"

namespace hagane::cpu {

/// The codes of 32 rows of a panel, or of some of its columns. A lane is a word
/// of a column: its codes for the four rows of a quad.
class CodesLanes {
public:
  /// `load` gives the words of a vector's columns from a byte of a half on.
  using Load = std::function<mlir::Value(int64_t vector, int64_t byte)>;

  CodesLanes(Builder &b, int64_t bits, Load load)
      : b(b), planes(kernel::getPlanes(bits)), load(std::move(load)) {}

  /// A quad's codes, in the bytes of words.
  mlir::Value getQuad(int64_t vector, int64_t quad);
  /// Its codes in one of the rows, in words.
  mlir::Value getRow(int64_t vector, int64_t quad, int64_t row);

private:
  mlir::Value combine(int64_t vector, int64_t quad, int64_t shift,
                      uint32_t repeat);
  mlir::Value getLine(int64_t vector, int64_t byte);

  Builder &b;
  llvm::SmallVector<kernel::CodesPlane, 3> planes;
  Load load;
  llvm::SmallDenseMap<std::pair<int64_t, int64_t>, mlir::Value> lines;
};

/// All quads of 32 rows, those together whose codes lie together.
llvm::SmallVector<int64_t> listQuads(int64_t bits);

/// Sums of products of quads: codes, which are unsigned, by signed bytes.
class QuadProducts {
public:
  QuadProducts(const LoweringOptions &options, int64_t bits);

  /// Words of bytes as the operands that `add` takes.
  Values splitCodes(Builder &b, mlir::Value words) const;
  Values splitBytes(Builder &b, mlir::Value words) const;
  mlir::Value add(Builder &b, mlir::ValueRange codes, mlir::ValueRange bytes,
                  mlir::Value sum) const;

private:
  enum class Way { Quads, Pairs, Ones };

  Values split(Builder &b, mlir::Value words, bool isUnsigned) const;

  Way way = Way::Ones;
  llvm::StringRef intrinsic;
};

/// A vector of equal words.
mlir::Value splatWord(Builder &b, uint32_t word, int64_t lanes);

} // namespace hagane::cpu

#endif // HAGANE_CODEGEN_CPU_CODESLANES_H
