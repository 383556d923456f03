//===- HostDevice.cpp - Memory of a device in hgn_run ---------------------===//
//
// The host looks into a device's memory one element at a time: sizes that
// kernels compute, and conditions and counters of loops.
//
//===----------------------------------------------------------------------===//

#include "codegen/cpu/HostLowering.h"
#include "runtime/include/hagane/abi.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::cpu;

static int64_t bytesOf(Type element) {
  return llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
}

Value HostLowering::addressOf(Value memref, ValueRange at) {
  auto type = cast<MemRefType>(memref.getType());
  auto metadata = memref::ExtractStridedMetadataOp::create(b, memref);
  Value element = metadata.getOffset();
  for (auto [index, stride] : llvm::zip_equal(at, metadata.getStrides()))
    element = arith::AddIOp::create(
        b, element, arith::MulIOp::create(b, index, stride).getResult());
  Value byte = arith::MulIOp::create(
      b, arith::IndexCastOp::create(b, b.getI64Type(), element).getResult(),
      word(bytesOf(type.getElementType())));
  Value base = arith::IndexCastOp::create(
      b, b.getI64Type(),
      memref::ExtractAlignedPointerAsIndexOp::create(b, memref).getResult());
  Value address = arith::AddIOp::create(b, base, byte);
  return LLVM::IntToPtrOp::create(b, pointerType(), address);
}

/// One place of the host's for all elements, as each is used at once.
Value HostLowering::stagingPlace() {
  if (staging)
    return staging;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointAfterValue(words);
  staging = LLVM::AllocaOp::create(b, pointerType(), b.getI64Type(), word(1),
                                   /*alignment=*/8);
  return staging;
}

/// Calls `read` or `write`. What cannot be copied ends the run; the runtime
/// knows why.
void HostLowering::transfer(int64_t function, Value memory, Value host,
                            int64_t bytes) {
  auto type = LLVM::LLVMFunctionType::get(
      b.getI32Type(),
      {pointerType(), pointerType(), pointerType(), b.getI64Type()});
  Value result = LLVM::CallOp::create(b, type,
                                      ValueRange{apiFunction(function), exec,
                                                 memory, host, word(bytes)})
                     .getResult();
  Value fine =
      LLVM::ConstantOp::create(b, b.getI32Type(), b.getI32IntegerAttr(0));
  Value failed =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ne, result, fine);
  noteFailure(failed, word(-1), word(0), word(0));
}

/// What main needs to know of an element, wherever memory is.
Value HostLowering::loadElement(Value memref, ValueRange at) {
  if (!forDevice)
    return memref::LoadOp::create(b, memref, at);
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  Value place = stagingPlace();
  transfer(offsetof(hgn_host_api, read), addressOf(memref, at), place,
           bytesOf(element));
  return LLVM::LoadOp::create(b, element, place);
}

void HostLowering::lowerRead(memref::LoadOp op) {
  if (!forDevice)
    return;
  op.replaceAllUsesWith(loadElement(op.getMemRef(), op.getIndices()));
  op.erase();
}

void HostLowering::lowerWrite(memref::StoreOp op) {
  if (!forDevice)
    return;
  Value place = stagingPlace();
  LLVM::StoreOp::create(b, op.getValueToStore(), place);
  transfer(offsetof(hgn_host_api, write),
           addressOf(op.getMemRef(), op.getIndices()), place,
           bytesOf(op.getMemRefType().getElementType()));
  op.erase();
}

/// Ends the run if a kernel has noted a failure: what it computed then may make
/// a loop wait for ever. The runtime reads the report itself.
void HostLowering::watchDevice() {
  Value place = stagingPlace();
  transfer(offsetof(hgn_host_api, read),
           loadField(offsetof(hgn_exec, report), pointerType()), place, 8);
  Value number = LLVM::LoadOp::create(b, b.getI64Type(), place);
  Value failed =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ne, number, word(0));
  noteFailure(failed, word(-1), word(0), word(0));
}

/// Kernels no longer run after a failure: no end may be waited for.
void HostLowering::lowerCondition(scf::ConditionOp op) {
  if (!isGuarded)
    return;
  if (forDevice && launchesReport)
    watchDevice();
  op.getConditionMutable().assign(
      arith::AndIOp::create(b, op.getCondition(), isFine()));
}
