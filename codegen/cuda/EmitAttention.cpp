//===- EmitAttention.cpp - Attention as CUDA C++ --------------------------===//
//
// A block of rows against the keys that one of them may see. Both ways, tiles
// for many queries and streams for few, place blocks and adjust scores alike;
// hagane/cuda/attention_tile.cuh and attention_stream.cuh have their parts.
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/EmitAttention.h"
#include "codegen/cuda/Emitters.h"
#include "dialects/kernel/KernelCudaCost.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using llvm::formatv;

namespace hagane::cuda {

static constexpr llvm::StringLiteral kLowest = "Limits<Number>::lowest()";

AttentionEmitter::AttentionEmitter(kernel::Attention op, KernelWriter &writer)
    : op(op), w(writer),
      schedule(cast<kernel::CudaAttentionAttr>(kernel::getCudaSchedule(op))) {
  auto axesOf = [&](unsigned i) {
    return kernel::AttentionAxes(
        cast<StringAttr>(op.getLayouts()[i]).getValue());
  };
  q = {op.getQ(), axesOf(0)};
  k = {op.getK(), axesOf(1)};
  v = {op.getV(), axesOf(2)};
  out = {op.getOuts().front(), axesOf(3)};
  number = w.typeName(kernel::getComputeType(elementOf(op.getQ())));
}

std::string AttentionEmitter::addressOf(const Heads &x, StringRef entry,
                                        StringRef head, StringRef position) {
  auto term = [&](StringRef index, size_t axis) {
    return formatv("int64_t({0}) * {1}", index, w.stride(x.memref, axis)).str();
  };
  return formatv("{0} + {1} + {2} + {3}", w.pointer(x.memref),
                 term(entry, x.axes.batch), term(head, x.axes.heads),
                 term(position, x.axes.positions));
}

std::string AttentionEmitter::constantOf(double value) {
  SmallString<32> text;
  APFloat(value).toString(text, /*FormatPrecision=*/17, /*FormatMaxPadding=*/3);
  return formatv("Number({0})", text.find('.') == StringRef::npos &&
                                        text.find('E') == StringRef::npos
                                    ? (text + ".0").str()
                                    : text.str().str());
}

LogicalResult AttentionEmitter::emit() {
  w.include("attention_tile.cuh");
  if (schedule.getFewQ() > 0)
    w.include("attention_stream.cuh");
  w.useShared(kernel::getSharedBytes(op, schedule));
  emitTypes();
  w.openKernel(schedule.getThreads());
  w.line("HAGANE_SHARED(shared);");
  emitSizes();
  if (schedule.getFewQ() == 0) {
    emitBlock(/*few=*/false);
  } else {
    w.open(formatv("if (queries <= {0})", schedule.getFewQ()));
    emitBlock(/*few=*/true);
    w.close(" else {");
    emitBlock(/*few=*/false);
    w.close();
  }
  w.closeKernel();
  return success();
}

/// The numbers of the kernel, and what its tiles are.
void AttentionEmitter::emitTypes() {
  int64_t d = kernel::getDepth(op), e = kernel::getValueSize(op);
  w.line(formatv("using Number = {0};", number));
  w.line(formatv("using Tile = AttentionTile<Number, {0}, {1}, {2}, {3}, {4}>;",
                 schedule.getThreads(),
                 schedule.getRows() / (schedule.getThreads() / 16),
                 schedule.getKeys() / 16, d, e));
  if (schedule.getFewQ() > 0)
    w.line(formatv("using Stream = AttentionStream<Number, {0}, {1}, {2}, {3}, "
                   "{4}, {5}, {6}, {7}, {8}>;",
                   w.typeName(elementOf(op.getK())),
                   w.typeName(elementOf(op.getV())), schedule.getThreads(),
                   schedule.getFewRows(), schedule.getFewKeys(), d, e,
                   isCoded(k), isCoded(v)));
  w.line("");
}

/// Sizes, and where the block is.
void AttentionEmitter::emitSizes() {
  w.line(formatv("const int queries = int({0});",
                 w.size(q.memref, q.axes.positions)));
  std::string keys =
      op.getPages()
          ? formatv("{0} * {1}", w.size(op.getPages(), 1), op.getPageSize())
                .str()
          : w.size(k.memref, k.axes.positions);
  w.line(formatv("const int keys = int({0});", keys));
  w.line(formatv("const int keyHeads = int({0});",
                 w.size(k.memref, k.axes.heads)));
  w.line(formatv("const int group = int({0}) / keyHeads;",
                 w.size(q.memref, q.axes.heads)));
  w.line("// Rows are the queries of all heads that share keys.");
  w.line("const int rows = queries * group;");
  w.line("");
}

void AttentionEmitter::emitBlock(bool few) {
  name = few ? "Stream" : "Tile";
  emitPlace();
  emitRanges();
  emitRow();
  if (few)
    emitStream();
  else
    emitTile();
}

/// Which rows, keys and heads the block has.
void AttentionEmitter::emitPlace() {
  std::string rows =
      name == "Tile" ? "Tile::kRows" : std::to_string(schedule.getFewRows());
  w.line(formatv("constexpr int kRows = {0};", rows));
  w.line("int place = int(blockIdx.x);");
  if (schedule.getParts() > 1) {
    w.line(formatv("const int part = place % {0};", schedule.getParts()));
    w.line(formatv("place /= {0};", schedule.getParts()));
  }
  w.line("const int blocks = ceilDivide(rows, kRows);");
  w.line("const int firstRow = place % blocks * kRows;");
  w.line("const int keyHead = place / blocks % keyHeads;");
  w.line("const int batch = place / blocks / keyHeads;");
}

std::optional<int64_t> AttentionEmitter::rightReach() {
  if (op.getCausal() != xf::CausalKind::none)
    return 0;
  if (int64_t right = op.getWindowRight(); right >= 0)
    return right;
  return std::nullopt;
}

/// The keys that a row of the block may see.
void AttentionEmitter::emitRanges() {
  if (Value lengths = op.getKeyLengths())
    w.line(formatv("const int keyEnd = smaller(keys, int({0}[batch * {1}]));",
                   w.pointer(lengths), w.stride(lengths, 0)));
  else
    w.line("const int keyEnd = keys;");
  bool isRight = op.getCausal() == xf::CausalKind::bottom_right;
  bool isWindow = rightReach() || int64_t(op.getWindowLeft()) >= 0;
  if (isWindow)
    w.line(formatv("// Query i is at key i + diagonal.\nconst int diagonal = "
                   "{0};",
                   isRight ? "keyEnd - queries" : "0"));
  w.line("int begin = 0, end = keyEnd;");
  if (schedule.getParts() > 1) {
    std::string size = formatv("ceilDivide(keys, {0})", schedule.getParts());
    if (op.getPages())
      size = formatv("ceilDivide({0}, {1}) * {1}", size, op.getPageSize());
    w.line(formatv("const int partSize = {0};", size));
    w.line("begin = smaller(part * partSize, keyEnd);");
    w.line("end = smaller(end, begin + partSize);");
  }
  if (int64_t left = op.getWindowLeft(); left >= 0)
    w.line(formatv("begin = larger(begin, firstRow / group + diagonal - {0});",
                   left));
  if (auto right = rightReach())
    w.line(formatv(
        "end = smaller(end, (smaller(firstRow + kRows, rows) - 1) / group + "
        "diagonal + {0});",
        *right + 1));
}

/// Where a row's query, head and memory are, and what its scores become.
void AttentionEmitter::emitRow() {
  w.line("");
  w.line("auto queryOf = [&](int row) { return (firstRow + row) / group; };");
  w.line("auto headOf = [&](int row) {");
  w.line("  return keyHead * group + (firstRow + row) % group;");
  w.line("};");
  w.line(formatv("auto queryAt = [&](int row) -> const {0} * {{",
                 w.typeName(elementOf(q.memref))));
  w.line("  if (firstRow + row >= rows)");
  w.line("    return nullptr;");
  w.line(formatv("  return {0};",
                 addressOf(q, "batch", "headOf(row)", "queryOf(row)")));
  w.line("};");
  emitRowsOf("keyAt", k);
  emitRowsOf("valueAt", v);
  emitScore();
}

/// Where a key or value of the block is; null beyond those that are seen.
void AttentionEmitter::emitRowsOf(StringRef function, const Heads &x) {
  w.line(formatv("auto {0} = [&](int key) -> const {1} * {{", function,
                 w.typeName(elementOf(x.memref))));
  w.line("  if (key >= end)");
  w.line("    return nullptr;");
  if (Value pages = op.getPages()) {
    w.line(formatv("  const int page = {0}[batch * {1} + key / {2} * {3}];",
                   w.pointer(pages), w.stride(pages, 0), op.getPageSize(),
                   w.stride(pages, 1)));
    w.line(formatv("  return {0};",
                   addressOf(x, "page", "keyHead",
                             formatv("key % {0}", op.getPageSize()).str())));
  } else {
    w.line(formatv("  return {0};", addressOf(x, "batch", "keyHead", "key")));
  }
  w.line("};");
}

/// The score as the softmax sees it: with soft cap, bias and window.
void AttentionEmitter::emitScore() {
  w.line("auto scoreOf = [&](int row, int key, Number score) {");
  std::string hidden = "key >= end || firstRow + row >= rows";
  if (auto right = rightReach())
    hidden += formatv(" || key > queryOf(row) + diagonal + {0}", *right);
  if (int64_t left = op.getWindowLeft(); left >= 0)
    hidden += formatv(" || key < queryOf(row) + diagonal - {0}", left);
  w.line(formatv("  if ({0})", hidden));
  w.line(formatv("    return {0};", kLowest));
  if (double cap = op.getSoftcap().convertToDouble(); cap != 0)
    w.line(formatv("  score = {0} * tanhOf(score / {0});", constantOf(cap)));
  emitBias();
  w.line("};");
}

void AttentionEmitter::emitBias() {
  Value bias = op.getBias();
  if (!bias) {
    w.line("  return score;");
    return;
  }
  static constexpr StringRef places[] = {"batch", "headOf(row)", "queryOf(row)",
                                         "key"};
  auto type = cast<ShapedType>(bias.getType());
  std::string at;
  for (auto [axis, place] : llvm::enumerate(places))
    if (type.getDimSize(axis) != 1)
      at += formatv("{0}int64_t({1}) * {2}", at.empty() ? "" : " + ", place,
                    w.stride(bias, axis));
  std::string element =
      formatv("{0}[{1}]", w.pointer(bias), at.empty() ? "0" : at);
  if (type.getElementType().isInteger(1))
    w.line(formatv("  return {0} ? score : {1};", element, kLowest));
  else
    w.line(formatv("  return score + toCompute<Number>({0});", element));
}

/// What a row's softmax begins with.
std::string AttentionEmitter::beginText() {
  Value sinks = op.getSinks();
  if (!sinks)
    return formatv("[&](int) {{ return {0}; }", kLowest);
  std::string first = schedule.getParts() > 1 ? "part == 0 && " : "";
  return formatv("[&](int row) {{ return {0}firstRow + row < rows ? "
                 "toCompute<Number>({1}[headOf(row) * {2}]) : {3}; }",
                 first, w.pointer(sinks), w.stride(sinks, 0), kLowest);
}

void AttentionEmitter::emitTile() {
  w.line("");
  w.line("Tile tile(shared);");
  w.line(formatv("tile.begin({0});", beginText()));
  w.line(formatv("tile.loadQueries({0}, queryAt);",
                 constantOf(op.getScale().convertToDouble())));
  w.open("for (int key = begin; key < end; key += Tile::kKeys)");
  w.line("syncBlock();");
  w.line(formatv("tile.loadKeys<{0}>([&](int n) {{ return keyAt(key + n); });",
                 isCoded(k)));
  w.line(
      formatv("tile.loadValues<{0}>([&](int n) {{ return valueAt(key + n); });",
              isCoded(v)));
  w.line("syncBlock();");
  w.line("Tile::Scores scores;");
  w.line("tile.multiplyKeys(scores);");
  w.line("tile.forScores(scores, [&](int row, int n, Number score) {");
  w.line("  return scoreOf(row, key + n, score);");
  w.line("});");
  w.line("tile.weigh(scores);");
  w.line("tile.multiplyValues();");
  w.close();
  w.line("tile.finish();");
  if (!isPart())
    w.line("tile.divide();");
  w.line(formatv("tile.storeRows([&](int row) -> {0} * {{",
                 w.typeName(elementOf(out.memref))));
  w.line("  if (firstRow + row >= rows)");
  w.line("    return nullptr;");
  w.line(formatv("  return {0};",
                 addressOf(out, entryText(), "headOf(row)", "queryOf(row)")));
  w.line("});");
  if (!isPart())
    return;
  w.line("tile.forRows([&](int row, Number most, Number sum) {");
  w.line("  if (firstRow + row >= rows)");
  w.line("    return;");
  emitStatistics("most", "sum");
  w.line("});");
}

void AttentionEmitter::emitStream() {
  w.line("");
  w.line("Stream stream;");
  w.line(formatv("stream.begin({0});", beginText()));
  w.line(formatv("stream.loadQueries({0}, queryAt);",
                 constantOf(op.getScale().convertToDouble())));
  w.open("for (int key = begin; key < end; key += Stream::kKeys)");
  w.line("Stream::Keys keysOfTeam;");
  w.line("Stream::Values valuesOfTeam;");
  w.line("stream.load(keysOfTeam, [&](int n) { return keyAt(key + n); });");
  w.line("stream.load(valuesOfTeam, [&](int n) { return valueAt(key + n); });");
  w.line("Stream::Scores scores;");
  w.line("stream.multiplyKeys(scores, keysOfTeam);");
  w.line("stream.forScores(scores, [&](int row, int n, Number score) {");
  w.line("  return scoreOf(row, key + n, score);");
  w.line("});");
  w.line("stream.weigh(scores);");
  w.line("stream.multiplyValues(scores, valuesOfTeam);");
  w.close();
  w.line("stream.merge(shared);");
  w.line("stream.forResults(shared, [&](int row, int feature, Number value, "
         "const RowSoftmax<Number> &all) {");
  w.line("  if (firstRow + row >= rows)");
  w.line("    return;");
  w.line(formatv("  {0} *to = {1};", w.typeName(elementOf(out.memref)),
                 addressOf(out, entryText(), "headOf(row)", "queryOf(row)")));
  w.line(formatv("  to[feature] = fromCompute<{0}>({1});",
                 w.typeName(elementOf(out.memref)),
                 isPart() ? "value" : "value * inverseOf(all.sum)"));
  if (isPart()) {
    w.line("  if (feature != 0)");
    w.line("    return;");
    emitStatistics("all.most", "all.sum");
  }
  w.line("});");
}

std::string AttentionEmitter::entryText() {
  if (schedule.getParts() == 1)
    return "batch";
  return formatv("(part * {0} + batch)", w.size(q.memref, q.axes.batch));
}

/// The largest score and the sum of weights of a row, for the kernel that
/// merges parts.
void AttentionEmitter::emitStatistics(StringRef most, StringRef sum) {
  const StringRef texts[] = {most, sum};
  for (auto [value, text] : llvm::zip_equal(op.getOuts().drop_front(), texts))
    w.line(formatv("  {0}[int64_t({1}) * {2} + int64_t(headOf(row)) * {3} + "
                   "int64_t(queryOf(row)) * {4}] = {5};",
                   w.pointer(value), entryText(), w.stride(value, 0),
                   w.stride(value, 1), w.stride(value, 2), text));
}

LogicalResult emitAttention(kernel::Attention op, KernelWriter &w) {
  return AttentionEmitter(op, w).emit();
}

} // namespace hagane::cuda
