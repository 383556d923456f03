//===- LoopNest.cpp - Operands over an iteration space --------------------===//

#include "codegen/cuda/LoopNest.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using llvm::formatv;

namespace hagane::cuda {

Type NestOperand::getComputeType() const {
  return kernel::getComputeType(getElementTypeOrSelf(memref.getType()));
}

LoopNest::LoopNest(KernelWriter &w, ValueRange insRange, ValueRange outsRange,
                   ArrayAttr maps)
    : w(w) {
  auto all = llvm::to_vector(maps.getAsValueRange<AffineMapAttr>());
  for (auto [i, memref] : llvm::enumerate(insRange))
    ins.push_back({memref, all[i], w.unique(formatv("x{0}", i).str())});
  for (auto [i, memref] : llvm::enumerate(outsRange))
    outs.push_back(
        {memref, all[ins.size() + i], w.unique(formatv("y{0}", i).str())});
  dimSizes.resize(all.front().getNumDims());
  // Outs first: they are never broadcast, except along reduced dimensions.
  auto learn = [&](ArrayRef<NestOperand> operands) {
    for (const NestOperand &operand : operands)
      for (auto [axis, expr] : llvm::enumerate(operand.map.getResults()))
        if (auto dim = dyn_cast<AffineDimExpr>(expr);
            dim && dimSizes[dim.getPosition()].empty())
          dimSizes[dim.getPosition()] = w.size(operand.memref, axis);
  };
  learn(outs);
  learn(ins);
  for (std::string &size : dimSizes)
    if (size.empty())
      size = "1";
}

void LoopNest::loadInvariant(ArrayRef<std::string> dims, unsigned dim) {
  for (const NestOperand &in : ins)
    if (!in.varies(dim))
      w.line(formatv("const {0} {1} = {2};", w.typeName(in.getComputeType()),
                     in.name,
                     w.load(in.memref, KernelWriter::apply(in.map, dims))));
}

std::string LoopNest::strideAlong(const NestOperand &operand,
                                  unsigned dim) const {
  for (auto [axis, expr] : llvm::enumerate(operand.map.getResults()))
    if (auto own = dyn_cast<AffineDimExpr>(expr);
        own && own.getPosition() == dim)
      return w.stride(operand.memref, axis);
  return "0";
}

void LoopNest::loadVarying(
    ArrayRef<std::string> dims, unsigned dim,
    llvm::function_ref<std::string(const NestOperand &)> target,
    StringRef count) {
  for (const NestOperand &in : ins) {
    if (!in.varies(dim))
      continue;
    std::string first = w.element(in.memref, KernelWriter::apply(in.map, dims)),
                stride = strideAlong(in, dim);
    if (stride == "1")
      w.line(
          formatv("loadNeighbours({0}, &{1}, {2});", target(in), first, count));
    else
      w.line(formatv("loadSpaced({0}, &{1}, {2}, {3});", target(in), first,
                     stride, count));
  }
}

void LoopNest::store(const NestOperand &out, ArrayRef<std::string> dims,
                     unsigned dim, StringRef values, StringRef count) {
  std::string first = w.element(out.memref, KernelWriter::apply(out.map, dims)),
              stride = strideAlong(out, dim);
  if (stride == "1")
    w.line(formatv("storeNeighbours(&{0}, {1}, {2});", first, values, count));
  else
    w.line(formatv("storeSpaced(&{0}, {1}, {2}, {3});", first, stride, values,
                   count));
}

void LoopNest::store(const NestOperand &out, ArrayRef<std::string> dims,
                     const std::string &value) {
  w.line(formatv("{0} = {1};",
                 w.element(out.memref, KernelWriter::apply(out.map, dims)),
                 w.convert(value, out.getComputeType(),
                           getElementTypeOrSelf(out.memref.getType()))));
}

std::string computeName(KernelWriter &w, Type type) {
  return w.typeName(kernel::getComputeType(type));
}

std::string product(ArrayRef<std::string> factors) {
  Texts others;
  for (const std::string &factor : factors)
    if (factor != "1")
      others.push_back(factor);
  return others.empty() ? "1" : llvm::join(others, " * ");
}

Texts delinearize(KernelWriter &w, StringRef position,
                  ArrayRef<std::string> sizes, StringRef prefix) {
  Texts names(sizes.size());
  // Dimensions of size 1 have no coordinate; the first other one takes what
  // remains.
  size_t first = 0;
  while (first < sizes.size() && sizes[first] == "1")
    names[first++] = "0";
  std::string rest = position.str();
  for (size_t i = sizes.size(); i-- > first;) {
    names[i] = "0";
    if (i == first)
      names[i] = rest;
    if (i == first || sizes[i] == "1")
      continue;
    names[i] = w.unique((prefix + Twine(i)).str());
    w.line(formatv("const int64_t {0} = {1} % {2};", names[i], rest, sizes[i]));
    bool isLast =
        llvm::all_of(ArrayRef(sizes).slice(first + 1, i - first - 1),
                     [](const std::string &size) { return size == "1"; });
    std::string next =
        w.unique(isLast ? (prefix + Twine(first)).str() : "rest");
    w.line(formatv("const int64_t {0} = {1} / {2};", next, rest, sizes[i]));
    rest = next;
  }
  return names;
}

StringRef combinationOf(StringRef kind) {
  return llvm::StringSwitch<StringRef>(kind)
      .Case("max", "Max")
      .Case("min", "Min")
      .Case("prod", "Product")
      .Default("Sum");
}

LogicalResult
forGroups(KernelWriter &w, ArrayRef<std::string> sizes,
          kernel::CudaLoopAttr schedule,
          llvm::function_ref<LogicalResult(Texts, std::string)> body) {
  int64_t vector = schedule.getVector(), steps = schedule.getPerThread();
  Texts groups(sizes);
  std::string last = sizes.empty() ? "1" : sizes.back();
  if (!groups.empty() && vector > 1) {
    int64_t known;
    groups.back() =
        StringRef(last).getAsInteger(10, known)
            ? formatv("ceilDivide<int64_t>({0}, {1})", last, vector).str()
            : std::to_string(llvm::divideCeil(known, vector));
  }
  w.line(formatv("const int64_t groups = {0};", product(groups)));
  if (steps > 1)
    w.open(formatv("for (int step = 0; step < {0}; ++step)", steps));
  std::string block = steps > 1
                          ? formatv("(int64_t(blockIdx.x) * {0} + step)", steps)
                          : std::string("int64_t(blockIdx.x)");
  w.line(formatv("const int64_t group = {0} * {1} + threadIdx.x;", block,
                 schedule.getThreads()));
  w.line("if (group >= groups)\n  return;");
  Texts at = delinearize(w, "group", groups, "i");
  std::string count = "1";
  if (!at.empty() && vector > 1) {
    std::string first = w.unique("first");
    w.line(formatv("const int64_t {0} = {1} * {2};", first, at.back(), vector));
    at.back() = first;
    count = formatv("{0} - {1}", last, first);
  }
  if (failed(body(at, count)))
    return failure();
  if (steps > 1)
    w.close();
  return success();
}

} // namespace hagane::cuda
