//===- EmitGemmSimt.cpp - Products of scalars -----------------------------===//

#include "codegen/cuda/GemmEmission.h"
#include "dialects/kernel/KernelCodes.h"
#include "dialects/kernel/KernelCost.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using llvm::formatv;

namespace hagane::cuda {

/// Elements between terms in a tile of so many rows.
static int64_t pitchOf(int64_t rows, Type type) {
  return rows + kernel::kSumsPadding / kernel::getElementBytes(type);
}

void GemmEmission::emitSimt() {
  static constexpr int64_t kLanesDown = 4, kLanesAcross = 8;
  int64_t tileM = schedule.getTileM(), tileN = schedule.getTileN(),
          tileK = schedule.getTileK();
  int64_t warpRows = tileM / schedule.getWarpsM(),
          warpColumns = tileN / schedule.getWarpsN();
  std::string type = w.typeName(sum);
  w.line("");
  w.line("// Tiles of both factors, one term after another.");
  w.line(formatv("auto *left = sharedRegion<{0}>(shared, {1}), *right = "
                 "sharedRegion<{0}>(shared, {2});",
                 type, shared.a, shared.b));
  w.line(formatv("const int warpRow = warpIndex() / {0} * {1}, warpColumn = "
                 "warpIndex() % {0} * {2};",
                 schedule.getWarpsN(), warpRows, warpColumns));
  w.line(formatv("ScalarSums<{0}, {1}, {2}> sums;", warpRows / kLanesDown,
                 warpColumns / kLanesAcross, type));
  w.open(formatv("for (int64_t step = 0; step < terms; step += {0})", tileK));
  emitScalarsOfA();
  emitScalarsOfB();
  w.line("syncBlock();");
  w.line(formatv("sums.add<{0}, {1}, {2}>(left + warpRow, right + "
                 "warpColumn);",
                 tileK, pitchOf(tileM, sum), pitchOf(tileN, sum)));
  w.line("syncBlock();");
  w.close();
  w.line(formatv("sums.stage<{0}>(staged + warpRow * {0} + warpColumn);",
                 getPitch()));
  w.line("syncBlock();");
}

/// Terms of a row are neighbours in memory.
void GemmEmission::emitScalarsOfA() {
  int64_t tileM = schedule.getTileM(), tileK = schedule.getTileK();
  SmallVector<std::string> at{"m", "k"};
  if (rank == 3)
    at.insert(at.begin(), "tile.batch");
  std::string element =
      w.convert(w.element(op.getA(), at), typeOf(op.getA()), sum);
  if (Value scales = op.getAScales()) {
    at.back() = formatv("k / {0}", kernel::getCodesLayout(op).block);
    element += " * " + w.element(scales, at);
  }
  w.open(formatv("for (int place = int(threadIdx.x); place < {0}; place += "
                 "{1})",
                 tileM * tileK, schedule.getThreads()));
  w.line(formatv("const int i = place / {0}, term = place % {0};", tileK));
  w.line("const int64_t m = tile.row + i, k = step + term;");
  w.line(formatv("left[term * {0} + i] = i < tile.rows && k < terms ? {1} : "
                 "{2}(0);",
                 pitchOf(tileM, sum), element, w.typeName(sum)));
  w.close();
}

/// Term k of b's column `column`, in panels or not.
std::string GemmEmission::elementOfB() {
  Value b = op.getB();
  if (op.getCodes())
    return elementOfCodes();
  auto type = cast<MemRefType>(b.getType());
  StringRef layout = op.getBLayout();
  SmallVector<std::string> at;
  int64_t panel = kernel::getPanelWidth(op);
  if (layout == "rows")
    at = {"k", "column"};
  else if (layout == "columns")
    at = {"column", "k"};
  else if (layout == "panels")
    at = {formatv("column / {0}", panel), "k", formatv("column % {0}", panel)};
  else
    at = {formatv("column / {0}", panel),
          formatv("k / {0}", type.getShape().back()),
          formatv("column % {0}", panel),
          formatv("k % {0}", type.getShape().back())};
  if (type.getRank() > static_cast<int64_t>(at.size()))
    at.insert(at.begin(), "tile.batch");
  return w.convert(w.element(b, at), typeOf(b), sum);
}

std::string GemmEmission::elementOfCodes() {
  kernel::CodesAttr codes = *op.getCodes();
  kernel::CodesLayout layout = kernel::getCodesLayout(op);
  return formatv(
      "decode<CodesLayout<{0}, {1}, {2}, {3}>, {1}, {3}>(&{4}, k, "
      "int(column % {5}), {6})",
      layout.bits, layout.block, w.typeName(codes.getScale()),
      layout.hasZeros ? "true" : "false",
      w.element(op.getB(), {formatv("column / {0}", kernel::kCodesPanel), "0"}),
      kernel::kCodesPanel, codes.getZero().value_or(0));
}

/// Neighbours in memory are terms of a column, or columns of a term.
void GemmEmission::emitScalarsOfB() {
  int64_t tileN = schedule.getTileN(), tileK = schedule.getTileK(),
          panel = kernel::getPanelWidth(op);
  bool areColumns = op.getBLayout() == "rows" || op.getBLayout() == "panels";
  w.open(formatv("for (int place = int(threadIdx.x); place < {0}; place += "
                 "{1})",
                 tileN * tileK, schedule.getThreads()));
  if (areColumns)
    w.line(formatv("const int term = place / {0}, j = place % {0};", tileN));
  else
    w.line(formatv("const int j = place / {0}, term = place % {0};", tileK));
  w.line(formatv("const int64_t column = tile.column * {0} + j, k = step + "
                 "term;",
                 groups));
  std::string limit =
      panel ? formatv("{0} * {1}", w.size(op.getB(), getAxisOfColumns()), panel)
                  .str()
            : std::string("columns");
  w.line(formatv("right[term * {0} + j] = column < {1} && k < terms ? {2} : "
                 "{3}(0);",
                 pitchOf(tileN, sum), limit, elementOfB(), w.typeName(sum)));
  w.close();
}

} // namespace hagane::cuda
