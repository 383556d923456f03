//===- EmitConv.cpp - Convolutions as CUDA C++ ----------------------------===//
//
// A block computes channels of a group by positions; hagane/cuda/conv_tile.cuh
// has its parts.
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/Emitters.h"
#include "dialects/kernel/KernelCudaCost.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using llvm::formatv;

namespace hagane::cuda {
namespace {

constexpr StringRef kAxes[] = {"z", "y", "x"};
constexpr unsigned kSpace = 3, kFirstOfSpace = 2; // axes of x

class ConvEmitter {
public:
  ConvEmitter(kernel::Conv op, KernelWriter &w)
      : op(op), w(w),
        schedule(cast<kernel::CudaConvAttr>(kernel::getCudaSchedule(op))),
        number(op.getEpilogue().getArgument(0).getType()) {}

  LogicalResult emit() {
    w.include("conv_tile.cuh");
    w.useShared(kernel::getSharedBytes(op, schedule));
    emitTypes();
    w.openKernel(schedule.getThreads());
    emitPlace();
    emitPatch();
    emitWeight();
    emitProduct();
    if (failed(emitEpilogue()))
      return failure();
    w.closeKernel();
    return success();
  }

private:
  static std::string axes(ArrayRef<int64_t> sizes) {
    return formatv("Axes<{0}, {1}, {2}>", sizes[0], sizes[1], sizes[2]);
  }
  static Type elementOf(Value memref) {
    return getElementTypeOrSelf(memref.getType());
  }
  int64_t getVolume() {
    ArrayRef<int64_t> window = op.getWindow();
    return window[0] * window[1] * window[2];
  }

  void emitTypes() {
    w.line(formatv("using Number = {0};", w.typeName(number)));
    w.line(formatv("using Tile = ConvTile<Number, {0}, {1}, {2}, {3}>;",
                   schedule.getThreads(), schedule.getChannels(),
                   schedule.getPositions(), schedule.getSteps()));
    w.line("// Window, strides, pads before, dilations.");
    w.line(formatv("using Way = WindowWay<{0}, {1}, {2}, {3}>;",
                   axes(op.getWindow()), axes(op.getStrides()),
                   axes(op.getPads().take_front(kSpace)),
                   axes(op.getDilations())));
    w.line(formatv("static_assert(Tile::kSharedBytes == {0}, \"as launched\");",
                   kernel::getSharedBytes(op, schedule)));
    w.line("");
  }

  /// Which channels and positions the block has.
  void emitPlace() {
    Value out = op.getOuts()[0];
    int64_t groups = op.getGroups();
    w.line(formatv("const int channels = int({0}) / {1}, inner = int({2}) / "
                   "{1}, positions = int({3});",
                   w.size(out, 1), groups, w.size(op.getX(), 1),
                   w.size(out, 2)));
    w.line(formatv("const int terms = inner * {0};", getVolume()));
    w.line("int place = int(blockIdx.x);");
    emitCut("position", "positions", schedule.getPositions());
    emitCut("channel", "channels", schedule.getChannels());
    w.line(formatv("const int group = place % {0};", groups));
    w.line(formatv("const int64_t batch = place / {0};", groups));
  }

  void emitCut(StringRef first, StringRef size, int64_t tile) {
    w.line(formatv("const int {0} = place % ceilDivide({1}, {2}) * {2};", first,
                   size, tile));
    w.line(formatv("place /= ceilDivide({0}, {1});", size, tile));
  }

  /// What the window of this thread's position sees.
  void emitPatch() {
    Texts in, out, steps;
    for (unsigned axis = 0; axis < kSpace; ++axis) {
      int64_t pads = op.getPads()[axis] + op.getPads()[kSpace + axis];
      int64_t reach = op.getDilations()[axis] * (op.getWindow()[axis] - 1) + 1;
      in.push_back(
          formatv("int({0})", w.size(op.getX(), kFirstOfSpace + axis)));
      out.push_back(formatv("(in.{0} {1} {2}) / {3} + 1", kAxes[axis],
                            pads < reach ? "-" : "+", std::abs(pads - reach),
                            op.getStrides()[axis]));
      steps.push_back(w.stride(op.getX(), kFirstOfSpace + axis));
    }
    w.line("const Way::Space in = {" + llvm::join(in, ", ") + "};");
    w.line("const Way::Space out = {" + llvm::join(out, ", ") + "};");
    w.line("const Way::Steps steps = {" + llvm::join(steps, ", ") + "};");
    w.line("const Way::Patch patch(position + Tile::patchPosition(), "
           "positions, out);");
    w.line("auto patchAt = [&](int term) {");
    w.line(formatv("  const int64_t c = group * inner + term / {0};",
                   getVolume()));
    w.line(formatv("  const int64_t offset = term < terms ? "
                   "patch.offsetOf(term % {0}, in, steps) : -1;",
                   getVolume()));
    w.line(formatv("  return offset < 0 ? Number(0) : Number((&{0})[offset]);",
                   w.element(op.getX(), {"batch", "c", "0", "0", "0"})));
    w.line("};");
  }

  /// The weight of a channel of the group and a term.
  void emitWeight() {
    Value weight = op.getWeight();
    auto type = cast<MemRefType>(weight.getType());
    Texts at = {"int64_t(group * channels + m)", "term"};
    isAlong = type.getRank() > 2;
    if (isAlong) {
      int64_t panel = type.getDimSize(2);
      at = {formatv("int64_t(group * (int({0}) / {1}) + m / {2})",
                    w.size(weight, 0), op.getGroups(), panel),
            "term", formatv("m % {0}", panel)};
    }
    if (type.getRank() == 4) {
      int64_t depth = type.getDimSize(3);
      at[1] =
          formatv("(term / {0} / {1} * {0} + term % {0})", getVolume(), depth);
      at.push_back(formatv("term / {0} % {1}", getVolume(), depth));
    }
    w.line("auto weightAt = [&](int m, int term) {");
    w.line(formatv("  return m < channels && term < terms ? Number({0}) : "
                   "Number(0);",
                   w.element(weight, at)));
    w.line("};");
  }

  void emitProduct() {
    w.line("HAGANE_SHARED(shared);");
    w.line("Tile tile(shared);");
    w.line("auto load = [&](int first) {");
    w.line(formatv("  tile.loadWeights<{0}>([&](int m, int step) {{",
                   isAlong ? "true" : "false"));
    w.line("    return weightAt(channel + m, first + step);");
    w.line("  });");
    w.line("  tile.loadPatches([&](int step) { return patchAt(first + step); "
           "});");
    w.line("};");
    w.line("load(0);");
    w.open(formatv("for (int first = 0; first < terms; first += {0})",
                   schedule.getSteps()));
    w.line("tile.exchange();");
    w.line(formatv("if (first + {0} < terms)\n  load(first + {0});",
                   schedule.getSteps()));
    w.line("tile.multiply();");
    w.close();
  }

  LogicalResult emitEpilogue() {
    w.line("");
    w.open("tile.forResults([&](int row, int column, Number sum)");
    w.line("const int m = channel + row, n = position + column;");
    w.line("if (m >= channels || n >= positions)\n  return;");
    w.line("const int64_t c = group * channels + m;");
    Texts dims = {"batch", "c", "n"}, arguments = {"sum"};
    for (auto [extra, map] :
         llvm::zip_equal(op.getExtras(),
                         op.getExtraMaps().getAsValueRange<AffineMapAttr>()))
      arguments.push_back(w.load(extra, KernelWriter::apply(map, dims)));
    FailureOr<Texts> results = w.region(op.getEpilogue(), arguments, dims);
    if (failed(results))
      return failure();
    for (auto [out, result] : llvm::zip_equal(op.getOuts(), *results)) {
      Type own = elementOf(out);
      w.line(formatv("{0} = {1};", w.element(out, dims),
                     w.convert(result, kernel::getComputeType(own), own)));
    }
    w.close(");");
    return success();
  }

  kernel::Conv op;
  KernelWriter &w;
  kernel::CudaConvAttr schedule;
  Type number;
  bool isAlong = false; ///< neighbouring channels lie side by side
};

} // namespace

LogicalResult emitConv(kernel::Conv op, KernelWriter &w) {
  return ConvEmitter(op, w).emit();
}

} // namespace hagane::cuda
