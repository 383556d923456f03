//===- Program.h - Regions of kernels as instructions -----------*- C++ -*-===//
//
// A region of a kernel, compiled once and run over many elements: each
// instruction works on a batch of lanes, one per element. Regions with control
// flow run one element at a time.
//
// Reals are held as double and rounded to their type after each operation;
// integers, i1 included, are sign-extended from their type's width.
//
//===----------------------------------------------------------------------===//

#ifndef HAGANE_DIALECTS_KERNEL_EVAL_PROGRAM_H
#define HAGANE_DIALECTS_KERNEL_EVAL_PROGRAM_H

#include "dialects/xf/eval/Evaluation.h"
#include <vector>

namespace hagane::kernel::eval {

using xf::eval::Element;
using xf::eval::HostTensor;
using xf::eval::Shape;

/// The value of one lane.
union Scalar {
  double real;
  int64_t integer;
};

/// A tensor that a region reads and writes by `memref` operations.
struct View {
  char *data = nullptr;
  Element element;
  Shape shape, strides; // in elements
};

class Frame;

/// One step. Slots are numbers of batches of lanes in the frame.
struct Instruction {
  using Run = void (*)(const Instruction &, Frame &);
  Run run = nullptr;
  unsigned to = 0;
  llvm::SmallVector<unsigned, 4> from;
  llvm::SmallVector<unsigned, 2> alsoTo; // further results
  Element element;                       // of the value that `run` makes
  Element source;                        // of the first operand
  int64_t number = 0; // predicate, dimension, or place of a view or block
  int64_t secondNumber = 0;
};

/// Instructions and what the block hands on.
struct Block {
  std::vector<Instruction> instructions;
  llvm::SmallVector<unsigned, 4> arguments, yielded;
};

class Program {
public:
  /// Compiles a region of one block.
  static llvm::Expected<Program> compile(mlir::Region &region);

  const Block &body() const { return blocks.front(); }
  const Block &block(int64_t number) const { return blocks[number]; }
  unsigned getSlotCount() const { return slotCount; }
  /// Whether instructions are independent of each other's lanes.
  bool isStraight() const { return blocks.size() == 1; }
  bool usesCoordinates() const { return hasCoordinates; }

  struct Constant {
    unsigned slot;
    Scalar value;
  };
  llvm::ArrayRef<Constant> getConstants() const { return constants; }

private:
  friend class Compiler;
  std::vector<Block> blocks;
  std::vector<Constant> constants;
  unsigned slotCount = 0;
  bool hasCoordinates = false;
};

/// Where a program runs: one thread's values.
class Frame {
public:
  explicit Frame(const Program &program);

  const Program &program;
  /// Lanes of a slot.
  const int64_t width;
  /// Lanes in use, at most `width`.
  int64_t lanes = 1;
  /// The coordinate of lane 0; others follow along `laneDim`.
  Shape coordinate;
  unsigned laneDim = 0;
  llvm::SmallVector<View> views;
  /// What went wrong first; empty if nothing did.
  std::string fault;

  Scalar *slot(unsigned number) { return values.data() + number * width; }
  Scalar *argument(unsigned number) {
    return slot(program.body().arguments[number]);
  }
  const Scalar *result(unsigned number) {
    return slot(program.body().yielded[number]);
  }
  void run(const Block &block) {
    for (const Instruction &instruction : block.instructions)
      instruction.run(instruction, *this);
  }
  void run() { run(program.body()); }
  void fail(const llvm::Twine &message) {
    if (fault.empty())
      fault = message.str();
  }

private:
  std::vector<Scalar> values;
};

/// The operations of straight code by name.
struct OperationRow {
  llvm::StringLiteral name;
  Instruction::Run run;
  bool rounds = false; // the outcome must be rounded to its type
};
const OperationRow *findOperation(llvm::StringRef name);

/// Rounds reals to an element type, and wraps integers.
void roundLanes(const Element &element, Scalar *values, int64_t lanes);
/// Rounds slot `to` to the instruction's element type.
void roundSlot(const Instruction &instruction, Frame &frame);

/// Reads and writes elements `stride` elements apart.
void loadLanes(const Element &element, const char *from, int64_t stride,
               int64_t lanes, Scalar *to);
void storeLanes(const Element &element, const Scalar *from, int64_t lanes,
                char *to, int64_t stride);

} // namespace hagane::kernel::eval

#endif // HAGANE_DIALECTS_KERNEL_EVAL_PROGRAM_H
