//===- EmitWindow.cpp - Sliding windows as CUDA C++ -----------------------===//
//
// A thread reduces what one element of the result sees.
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/Emitters.h"
#include "codegen/cuda/LoopNest.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using llvm::formatv;

namespace hagane::cuda {
namespace {

constexpr unsigned kSpace = 3; // axes that a window slides along
constexpr unsigned kChannel = 1, kFirstOfSpace = 2;

class WindowEmitter {
public:
  WindowEmitter(kernel::Window op, KernelWriter &w)
      : op(op), w(w),
        schedule(cast<kernel::CudaLoopAttr>(kernel::getCudaSchedule(op))),
        type(op.getFinish().getArgument(0).getType()) {}

  LogicalResult emit() {
    Texts sizes;
    for (unsigned axis = 0; axis < kFirstOfSpace + kSpace; ++axis)
      sizes.push_back(w.size(op.getOuts()[0], axis));
    w.openKernel(schedule.getThreads());
    if (failed(forGroups(w, sizes, schedule, [&](Texts at, std::string) {
          return emitElement(at);
        })))
      return failure();
    w.closeKernel();
    return success();
  }

private:
  LogicalResult emitElement(const Texts &at) {
    StringRef combination = combinationOf(op.getKind());
    std::string number = w.typeName(type);
    // Several channels of the result may see the same one of x.
    w.line(formatv("const int64_t channel = {0} / ({1} / {2});", at[kChannel],
                   w.size(op.getOuts()[0], kChannel),
                   w.size(op.getX(), kChannel)));
    w.line(formatv("{0} total = {1}::identity<{0}>();\nint64_t seen = 0;",
                   number, combination));
    Texts place = {at[0], "channel"};
    Texts inside, counted;
    for (unsigned axis = 0; axis < kSpace; ++axis)
      openAxis(axis, at[kFirstOfSpace + axis], place, inside, counted);
    w.line(formatv("seen += {0};",
                   llvm::join(op.getCountPad() ? counted : inside, " && ")));
    w.line(formatv("if (!({0}))\n  continue;", llvm::join(inside, " && ")));
    Texts arguments = {w.load(op.getX(), place)};
    if (Value weight = op.getWeight()) {
      ArrayRef<int64_t> window = op.getWindow();
      std::string tap =
          formatv("(k0 * {0} + k1) * {1} + k2", window[1], window[2]);
      arguments.push_back(w.load(weight, {at[kChannel], tap}));
    }
    FailureOr<Texts> value = w.region(op.getBody(), arguments);
    if (failed(value))
      return failure();
    w.line(
        formatv("total = {0}::of(total, {1});", combination, value->front()));
    for (unsigned axis = 0; axis < kSpace; ++axis)
      w.close();
    return emitFinish(at);
  }

  /// Opens the loop over an axis of the window; says where it is in x, when
  /// that is inside, and when it counts though it is in the padding.
  void openAxis(unsigned axis, const std::string &position, Texts &place,
                Texts &inside, Texts &counted) {
    std::string name = formatv("x{0}", axis),
                size = w.size(op.getX(), kFirstOfSpace + axis);
    w.open(formatv("for (int64_t k{0} = 0; k{0} < {1}; ++k{0})", axis,
                   op.getWindow()[axis]));
    w.line(formatv("const int64_t {0} = {1} * {2} + k{3} * {4} - {5};", name,
                   position, op.getStrides()[axis], axis,
                   op.getDilations()[axis], op.getPads()[axis]));
    inside.push_back(formatv("{0} >= 0 && {0} < {1}", name, size));
    counted.push_back(
        formatv("{0} < {1} + {2}", name, size, op.getPads()[kSpace + axis]));
    place.push_back(name);
  }

  LogicalResult emitFinish(const Texts &at) {
    Texts arguments = {"total", formatv("{0}(seen)", w.typeName(type))};
    for (auto [extra, map] :
         llvm::zip_equal(op.getExtras(),
                         op.getExtraMaps().getAsValueRange<AffineMapAttr>()))
      arguments.push_back(w.load(extra, KernelWriter::apply(map, at)));
    FailureOr<Texts> results = w.region(op.getFinish(), arguments, at);
    if (failed(results))
      return failure();
    for (auto [out, result] : llvm::zip_equal(op.getOuts(), *results)) {
      Type own = getElementTypeOrSelf(out.getType());
      w.line(formatv("{0} = {1};", w.element(out, at),
                     w.convert(result, kernel::getComputeType(own), own)));
    }
    return success();
  }

  kernel::Window op;
  KernelWriter &w;
  kernel::CudaLoopAttr schedule;
  Type type;
};

} // namespace

LogicalResult emitWindow(kernel::Window op, KernelWriter &w) {
  return WindowEmitter(op, w).emit();
}

} // namespace hagane::cuda
