//===- EmitGemmMma.cpp - Products by mma.sync -----------------------------===//

#include "codegen/cuda/GemmEmission.h"
#include "dialects/kernel/KernelCost.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using llvm::formatv;

namespace hagane::cuda {

/// Bytes of a row in a step.
static int64_t depthOf(kernel::CudaGemmAttr schedule, Type factor) {
  return schedule.getTileK() * kernel::getElementBytes(factor);
}

std::string GemmEmission::tileOfA() {
  return formatv("RowsTile<{0}, {1}>", schedule.getTileM(),
                 depthOf(schedule, typeOf(op.getA())));
}

std::string GemmEmission::tileOfB() {
  return formatv("{0}<{1}, {2}>",
                 op.getBLayout() == "columns" ? "RowsTile" : "PanelsTile",
                 schedule.getTileN(), depthOf(schedule, typeOf(op.getA())));
}

/// Rows that lie apart by so many elements, each of which has unit stride.
std::string GemmEmission::copyOfRows(Value operand, StringRef tile,
                                     StringRef target, StringRef first,
                                     StringRef count) {
  auto type = cast<MemRefType>(operand.getType());
  SmallVector<std::string> at{first.str(), "k"};
  if (type.getRank() == 3)
    at.insert(at.begin(), "tile.batch");
  std::string stride = w.stride(operand, type.getRank() - 2);
  return formatv("{0}{{{1}}.copy<{2}>(&{3}, {4}, {5}, terms - k, {6});", tile,
                 target, schedule.getThreads(), w.element(operand, at), stride,
                 count, operand == op.getA() ? "alignedA" : "alignedB");
}

/// Whether an operand's rows begin on 16 bytes.
void GemmEmission::emitAlignment(Value operand, StringRef name) {
  auto type = cast<MemRefType>(operand.getType());
  SmallVector<std::string> zeros(type.getRank(), "0");
  int64_t elements = 16 / kernel::getElementBytes(type.getElementType());
  std::string test = formatv("isAligned<16>(&{0})", w.element(operand, zeros));
  for (int64_t axis = 0; axis + 1 < type.getRank(); ++axis)
    test += formatv(" && {0} % {1} == 0", w.stride(operand, axis), elements);
  w.line(formatv("const bool {0} = {1};", name, test));
}

void GemmEmission::emitCopies() {
  w.line("");
  w.line("// A step's tiles: copies go on while products of earlier steps are "
         "summed up.");
  w.open("const auto copyStep = [&](int64_t step)");
  w.line(formatv("std::byte *stage = shared + step % {0} * {1};",
                 schedule.getStages(), shared.stage));
  w.line(formatv("const int64_t k = step * {0};", schedule.getTileK()));
  w.line(copyOfRows(op.getA(), tileOfA(),
                    formatv("stage + {0}", shared.a).str(), "tile.row",
                    "tile.rows"));
  Value b = op.getB();
  std::string target = formatv("stage + {0}", shared.b);
  if (op.getBLayout() == "columns") {
    w.line(copyOfRows(b, tileOfB(), target, "tile.column", "tile.columns"));
  } else {
    auto type = cast<MemRefType>(b.getType());
    unsigned axis = getAxisOfColumns();
    SmallVector<std::string> at{
        formatv("tile.column * {0} / {1}", groups, kernel::getPanelWidth(op)),
        "0", "0", "0"};
    if (axis > 0)
      at.insert(at.begin(), "tile.batch");
    w.line(formatv("{0}{{{1}}.copy<{2}>(&{3}, {4} - {5}, k / {6}, {7});",
                   tileOfB(), target, schedule.getThreads(), w.element(b, at),
                   w.size(b, axis), at[axis], type.getShape().back(),
                   w.size(b, axis + 1)));
  }
  w.line("copyCommit();");
  w.close(";");
}

void GemmEmission::emitMma() {
  static constexpr int64_t kRows = 16, kColumns = 8;
  int64_t warpRows = schedule.getTileM() / schedule.getWarpsM(),
          warpColumns = schedule.getTileN() / schedule.getWarpsN(),
          ahead = schedule.getStages() - 1;
  emitAlignment(op.getA(), "alignedA");
  if (op.getBLayout() == "columns")
    emitAlignment(op.getB(), "alignedB");
  emitCopies();
  w.line("");
  w.line(formatv("const int warpRow = warpIndex() / {0} * {1}, warpColumn = "
                 "warpIndex() % {0} * {2};",
                 schedule.getWarpsN(), warpRows, warpColumns));
  w.line(formatv("FragmentSums<{0}, {1}, {2}> sums;", warpRows / kRows,
                 warpColumns / kColumns, w.typeName(sum)));
  w.line(formatv("const int64_t steps = ceilDivide(terms, int64_t({0}));",
                 schedule.getTileK()));
  w.line("#pragma unroll");
  w.open(formatv("for (int step = 0; step < {0}; ++step)", ahead));
  w.line("copyStep(step);");
  w.close();
  w.open("for (int64_t step = 0; step < steps; ++step)");
  w.line(formatv("copyWait<{0}>();", ahead - 1));
  w.line("syncBlock();");
  w.line(formatv("copyStep(step + {0});", ahead));
  w.line(formatv("std::byte *stage = shared + step % {0} * {1};",
                 schedule.getStages(), shared.stage));
  w.line(formatv("sums.add<{0}, {1}>({2}{{stage + {3}}, warpRow, {4}{{stage + "
                 "{5}}, warpColumn);",
                 w.typeName(typeOf(op.getA())), w.typeName(typeOf(op.getB())),
                 tileOfA(), shared.a, tileOfB(), shared.b));
  w.close();
  w.line("copyWait<0>();");
  w.line("syncBlock();");
  w.line(formatv("sums.stage<{0}>(staged + warpRow * {0} + warpColumn);",
                 getPitch()));
  w.line("syncBlock();");
}

} // namespace hagane::cuda
