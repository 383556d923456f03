//===- EmitGemm.cpp - Matrix products as CUDA C++ -------------------------===//

#include "codegen/cuda/Emitters.h"
#include "codegen/cuda/GemmEmission.h"
#include "dialects/kernel/KernelCost.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using llvm::formatv;

namespace hagane::cuda {

GemmEmission::GemmEmission(kernel::Gemm op, KernelWriter &writer)
    : op(op), w(writer), schedule(kernel::getCudaGemm(op)),
      shared(kernel::getCudaShared(op, schedule)),
      sum(kernel::getAccumulatorType(op)), groups(op.getGroups()),
      tileColumns(kernel::getTileColumns(op, schedule)),
      rank(cast<MemRefType>(op.getOuts()[0].getType()).getRank()) {}

LogicalResult GemmEmission::emit() {
  bool isSimt = schedule.getFamily() == kernel::CudaGemmFamily::simt;
  w.include(isSimt ? "product.cuh" : "product_mma.cuh");
  if (op.getCodes())
    w.include("codes.cuh");
  w.useShared(shared.bytes);
  w.openKernel(schedule.getThreads());
  emitTile();
  if (isSimt)
    emitSimt();
  else
    emitMma();
  if (failed(emitEpilogue()))
    return failure();
  w.closeKernel();
  return success();
}

LogicalResult emitGemm(kernel::Gemm op, KernelWriter &w) {
  return GemmEmission(op, w).emit();
}

Type GemmEmission::typeOf(Value operand) {
  return cast<MemRefType>(operand.getType()).getElementType();
}

int64_t GemmEmission::getPitch() const {
  return schedule.getTileN() +
         kernel::kSumsPadding / kernel::getElementBytes(sum);
}

int64_t GemmEmission::getPairedColumns() {
  int64_t panel = kernel::getPanelWidth(op);
  return groups > 1 ? panel / groups : schedule.getTileN();
}

int64_t GemmEmission::getNeighbours() {
  static constexpr int64_t kMost = 8, kAccessBytes = 16;
  int64_t count = kMost;
  for (Value out : op.getOuts())
    count =
        std::min(count, kAccessBytes / kernel::getElementBytes(typeOf(out)));
  return std::min(std::max<int64_t>(count, 1), getPairedColumns());
}

unsigned GemmEmission::getAxisOfColumns() {
  static constexpr int64_t kPacked = 4, kPlain = 2;
  StringRef layout = op.getBLayout();
  int64_t own = layout == "interleaved" ? kPacked
                : layout == "panels"    ? kPacked - 1
                                        : kPlain;
  return cast<MemRefType>(op.getB().getType()).getRank() - own;
}

//===-- Tile --------------------------------------------------------------===//

void GemmEmission::emitTile() {
  Value out = op.getOuts()[0];
  w.line(formatv("const int64_t rows = {0}, columns = {1}, terms = {2};",
                 w.size(out, rank - 2), w.size(out, rank - 1),
                 w.size(op.getA(), rank - 1)));
  w.line(formatv("const ProductTile tile = findTile<{0}, {1}>(blockIdx.x, "
                 "{2}, rows, columns);",
                 schedule.getTileM(), tileColumns,
                 rank == 3 ? w.size(out, 0) : std::string("1")));
  w.open("if (!tile.exists())");
  w.line("return;");
  w.close();
  w.line("HAGANE_SHARED(shared);");
  w.line(formatv("auto *staged = sharedRegion<{0}>(shared, {1});",
                 w.typeName(sum), 0));
}

//===-- Epilogue ----------------------------------------------------------===//

/// An extra operand of neighbours in a row: a number for all of them, or one
/// each. `argument` is what the epilogue's body calls it.
void GemmEmission::emitExtra(unsigned number, std::string &argument) {
  Value extra = op.getExtras()[number];
  AffineMap map = cast<AffineMapAttr>(op.getExtraMaps()[number]).getValue();
  Type type = kernel::getComputeType(typeOf(extra));
  std::string name = formatv("extra{0}", number);
  AffineExpr column = getAffineDimExpr(rank - 1, op.getContext());
  SmallVector<std::string> at;
  for (AffineExpr expr : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    at.push_back(!dim                            ? "0"
                 : dim.getPosition() == rank - 1 ? "n"
                 : dim.getPosition() == rank - 2 ? "m"
                                                 : "tile.batch");
  }
  std::string first = w.element(extra, at);
  argument = name;
  if (!map.isFunctionOfDim(rank - 1)) {
    w.line(formatv("const {0} {1} = {2};", w.typeName(type), name,
                   w.convert(first, typeOf(extra), type)));
    return;
  }
  argument += "[e]";
  w.line(formatv("{0} {1}[{2}];", w.typeName(type), name, getNeighbours()));
  bool isLast = map.getResults().back() == column &&
                cast<MemRefType>(extra.getType()).isLastDimUnitStride();
  if (isLast) {
    w.line(formatv("loadNeighbours({0}, &{1}, count);", name, first));
    return;
  }
  for (std::string &index : at)
    if (index == "n")
      index = "(n + e)";
  w.line("#pragma unroll");
  w.open(formatv("for (int e = 0; e < {0}; ++e)", getNeighbours()));
  w.line(formatv("{0}[e] = e < count ? {1} : {2}(0);", name,
                 w.convert(w.element(extra, at), typeOf(extra), type),
                 w.typeName(type)));
  w.close();
}

LogicalResult GemmEmission::emitEpilogue() {
  int64_t count = getNeighbours(), pitch = getPitch(),
          paired = getPairedColumns();
  w.line("");
  w.line("// Epilogue: results of some neighbours of a row a thread.");
  w.open(formatv("for (int place = int(threadIdx.x) * {0}; place < {1}; "
                 "place += {2})",
                 count, schedule.getTileM() * tileColumns,
                 schedule.getThreads() * count));
  w.line(formatv("const int i = place / {0}, j = place % {0}, count = "
                 "tile.columns - j;",
                 tileColumns));
  w.open("if (i >= tile.rows || count <= 0)");
  w.line("continue;");
  w.close();
  w.line("const int64_t m = tile.row + i, n = tile.column + j;");
  SmallVector<std::string> arguments;
  for (int64_t group = 0; group < groups; ++group) {
    std::string place = groups == 1
                            ? std::string("j")
                            : formatv("j / {0} * {1} + {2} + j % {0}", paired,
                                      groups * paired, group * paired)
                                  .str();
    w.line(formatv("{0} sum{1}[{2}];", w.typeName(sum), group, count));
    w.line(formatv("loadNeighbours(sum{0}, staged + i * {1} + {2}, {3});",
                   group, pitch, place, count));
    arguments.push_back(formatv("sum{0}[e]", group));
  }
  for (unsigned i = 0; i < op.getExtras().size(); ++i)
    emitExtra(i, arguments.emplace_back());
  for (auto [i, out] : llvm::enumerate(op.getOuts()))
    w.line(formatv("{0} result{1}[{2}];",
                   w.typeName(kernel::getComputeType(typeOf(out))), i, count));
  w.line("#pragma unroll");
  w.open(formatv("for (int e = 0; e < {0}; ++e)", count));
  SmallVector<std::string> dims;
  if (rank == 3)
    dims.push_back("tile.batch");
  dims.append({"m", "(n + e)"});
  FailureOr<SmallVector<std::string>> results =
      w.region(op.getEpilogue(), arguments, dims);
  if (failed(results))
    return failure();
  for (auto [i, result] : llvm::enumerate(*results))
    w.line(formatv("result{0}[e] = {1};", i, result));
  w.close();
  for (auto [i, out] : llvm::enumerate(op.getOuts())) {
    SmallVector<std::string> at(dims);
    at.back() = "n";
    std::string result = formatv("result{0}", i);
    if (cast<MemRefType>(out.getType()).isLastDimUnitStride()) {
      w.line(formatv("storeNeighbours(&{0}, {1}, count);", w.element(out, at),
                     result));
      continue;
    }
    w.line("#pragma unroll");
    w.open(formatv("for (int e = 0; e < {0}; ++e)", count));
    w.open("if (e < count)");
    Type type = typeOf(out);
    w.line(
        formatv("{0} = {1};", w.element(out, dims),
                w.convert(result + "[e]", kernel::getComputeType(type), type)));
    w.close();
    w.close();
  }
  w.close();
  return success();
}

} // namespace hagane::cuda
