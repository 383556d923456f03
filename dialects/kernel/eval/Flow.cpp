//===- Flow.cpp - Control flow and memory in programs ---------------------===//

#include "dialects/kernel/eval/Flow.h"
#include <cstring>

using namespace hagane;
using namespace hagane::kernel;
using namespace hagane::kernel::eval;

/// Loops of more iterations than this are taken for endless.
static constexpr int64_t kMaxIterations = int64_t(1) << 32;

/// Hands values on all at once: what is written may be read, too.
static void hand(llvm::ArrayRef<unsigned> from, llvm::ArrayRef<unsigned> to,
                 Frame &frame) {
  llvm::SmallVector<Scalar, 8> values;
  for (unsigned slot : from)
    values.push_back(*frame.slot(slot));
  for (auto [slot, value] : llvm::zip(to, values))
    *frame.slot(slot) = value;
}

void eval::runIf(const Instruction &i, Frame &frame) {
  int64_t number = frame.slot(i.from[0])->integer ? i.number : i.secondNumber;
  if (number == 0)
    return;
  const Block &block = frame.program.block(number);
  frame.run(block);
  hand(block.yielded, i.alsoTo, frame);
}

void eval::runFor(const Instruction &i, Frame &frame) {
  int64_t at = frame.slot(i.from[0])->integer,
          end = frame.slot(i.from[1])->integer,
          step = frame.slot(i.from[2])->integer;
  const Block &block = frame.program.block(i.number);
  llvm::ArrayRef<unsigned> carried =
      llvm::ArrayRef(block.arguments).drop_front();
  hand(llvm::ArrayRef(i.from).drop_front(3), carried, frame);
  if (step <= 0)
    return frame.fail("found step " + llvm::Twine(step) +
                      " of a loop, expected above 0");
  while (at < end && frame.fault.empty()) {
    frame.slot(block.arguments[0])->integer = at;
    frame.run(block);
    hand(block.yielded, carried, frame);
    if (__builtin_add_overflow(at, step, &at))
      break;
  }
  hand(carried, i.alsoTo, frame);
}

void eval::runWhile(const Instruction &i, Frame &frame) {
  const Block &before = frame.program.block(i.number),
              &after = frame.program.block(i.secondNumber);
  hand(i.from, before.arguments, frame);
  for (int64_t n = 0; frame.fault.empty(); ++n) {
    if (n == kMaxIterations)
      return frame.fail("a loop does not end");
    frame.run(before);
    llvm::ArrayRef<unsigned> passed =
        llvm::ArrayRef(before.yielded).drop_front();
    if (!frame.slot(before.yielded[0])->integer)
      return hand(passed, i.alsoTo, frame);
    hand(passed, after.arguments, frame);
    frame.run(after);
    hand(after.yielded, before.arguments, frame);
  }
}

/// Where an element lies; null, with a fault, if there is none.
static char *locate(llvm::ArrayRef<unsigned> indices, const View &view,
                    Frame &frame) {
  int64_t offset = 0;
  for (auto [axis, slot] : llvm::enumerate(indices)) {
    int64_t at = frame.slot(slot)->integer;
    if (at < 0 || at >= view.shape[axis]) {
      frame.fail("a kernel reads or writes at " + llvm::Twine(at) +
                 " on axis " + llvm::Twine(axis) + " of " +
                 xf::eval::describeShape(view.shape));
      return nullptr;
    }
    offset += at * view.strides[axis];
  }
  return view.data + offset * view.element.bytes;
}

void eval::loadElement(const Instruction &i, Frame &frame) {
  const View &view = frame.views[i.number];
  if (const char *at = locate(i.from, view, frame))
    loadLanes(view.element, at, 0, 1, frame.slot(i.to));
}

void eval::storeElement(const Instruction &i, Frame &frame) {
  const View &view = frame.views[i.number];
  if (char *at = locate(llvm::ArrayRef(i.from).drop_front(), view, frame))
    storeLanes(view.element, frame.slot(i.from[0]), 1, at, 0);
}

void eval::loadSize(const Instruction &i, Frame &frame) {
  const View &view = frame.views[i.number];
  int64_t axis = frame.slot(i.from[0])->integer;
  if (axis < 0 || axis >= static_cast<int64_t>(view.shape.size()))
    return frame.fail("a kernel asks for axis " + llvm::Twine(axis) + " of " +
                      xf::eval::describeShape(view.shape));
  frame.slot(i.to)->integer = view.shape[axis];
}

void eval::loadAddress(const Instruction &i, Frame &frame) {
  frame.slot(i.to)->integer = static_cast<int64_t>(
      reinterpret_cast<intptr_t>(frame.views[i.number].data));
}

void eval::reinterpretBits(const Instruction &i, Frame &frame) {
  char bytes[8] = {};
  for (int64_t n = 0; n < frame.lanes; ++n) {
    storeLanes(i.source, frame.slot(i.from[0]) + n, 1, bytes, 0);
    loadLanes(i.element, bytes, 0, 1, frame.slot(i.to) + n);
  }
}
