//===- LowerPosition.cpp - Checked indices --------------------------------===//

#include "codegen/cpu/Emit.h"
#include "codegen/cpu/Lowering.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace hagane::cpu {

/// Notes a failed check, unless one was noted before: by this kernel's other
/// threads or by an earlier kernel. The host reads the report when all threads
/// are done, so the order of memory does not matter.
static void emitReport(Builder &b, const KernelBody &body, Value got,
                       Value want) {
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  Type word = b.getI64Type();
  auto toWord = [&](Value value) {
    return arith::IndexCastOp::create(b, word, value).getResult();
  };
  Value address = LLVM::IntToPtrOp::create(
      b, pointer,
      toWord(memref::ExtractAlignedPointerAsIndexOp::create(b, body.report)));
  Value none = arith::ConstantIntOp::create(b, word, 0);
  Value exchange = LLVM::AtomicCmpXchgOp::create(
      b, address, none, toWord(body.check), LLVM::AtomicOrdering::monotonic,
      LLVM::AtomicOrdering::monotonic);
  Value isFirst =
      LLVM::ExtractValueOp::create(b, exchange, ArrayRef<int64_t>{1});
  ifThen(b, isFirst, [&] {
    for (auto [i, value] : {std::pair(1, got), std::pair(2, want)})
      memref::StoreOp::create(b, toWord(value), body.report,
                              ValueRange{index(b, i)});
  });
}

void lowerPosition(kernel::Position op, const KernelBody &body,
                   ImplicitLocOpBuilder &b) {
  Value at = op.getAt(), size = op.getSize(), zero = index(b, 0);
  auto compare = [&](arith::CmpIPredicate predicate, Value x, Value y) {
    return arith::CmpIOp::create(b, predicate, x, y).getResult();
  };
  Value place = at;
  if (!op.getFromStart()) {
    Value negative = compare(arith::CmpIPredicate::slt, at, zero);
    place = arith::SelectOp::create(b, negative, add(b, at, size), at);
  }
  // Unsigned, so that what is still negative is out of range too.
  Value outside = compare(arith::CmpIPredicate::uge, place, size);
  ifThen(b, outside, [&] { emitReport(b, body, at, size); });
  op.replaceAllUsesWith(maximum(b, zero, minimum(b, place, add(b, size, -1))));
  op.erase();
}

} // namespace hagane::cpu
