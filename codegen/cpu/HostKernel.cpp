//===- HostKernel.cpp - Memrefs as bare words -----------------------------===//

#include "codegen/cpu/HostKernel.h"
#include "codegen/module/ModuleRecord.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include <limits>

using namespace mlir;
using namespace hagane;
using namespace hagane::cpu;

using LocBuilder = ImplicitLocOpBuilder;

static Value constant(LocBuilder &b, int64_t value) {
  return LLVM::ConstantOp::create(b, b.getI64Type(),
                                  b.getI64IntegerAttr(value));
}

/// Sizes of all dimensions, open ones taken in order from `open`.
static SmallVector<Value> closeSizes(LocBuilder &b, MemRefType type,
                                     ValueRange open) {
  SmallVector<Value> sizes;
  for (int64_t size : type.getShape()) {
    bool isOpen = ShapedType::isDynamic(size);
    sizes.push_back(isOpen ? open.front() : constant(b, size));
    open = open.drop_front(isOpen);
  }
  return sizes;
}

static SmallVector<Value> denseStrides(LocBuilder &b, ArrayRef<Value> sizes) {
  SmallVector<Value> strides(sizes.size());
  Value stride = constant(b, 1);
  for (size_t i = sizes.size(); i-- > 0;) {
    strides[i] = stride;
    if (i > 0)
      stride = LLVM::MulOp::create(b, stride, sizes[i]);
  }
  return strides;
}

static SmallVector<Value> closeStrides(LocBuilder &b, ArrayRef<int64_t> known,
                                       ValueRange open) {
  SmallVector<Value> strides;
  for (int64_t stride : known) {
    bool isOpen = ShapedType::isDynamic(stride);
    strides.push_back(isOpen ? open.front() : constant(b, stride));
    open = open.drop_front(isOpen);
  }
  return strides;
}

Value hagane::cpu::makeMemRef(LocBuilder &b, MemRefType type, Value address,
                              ValueRange openSizes, ValueRange openStrides) {
  LLVMTypeConverter converter(b.getContext());
  auto [known, offset] = type.getStridesAndOffset();
  SmallVector<Value> sizes = closeSizes(b, type, openSizes);
  SmallVector<Value> strides = type.getLayout().isIdentity()
                                   ? denseStrides(b, sizes)
                                   : closeStrides(b, known, openStrides);
  MemRefDescriptor descriptor =
      MemRefDescriptor::poison(b, b.getLoc(), converter.convertType(type));
  descriptor.setAllocatedPtr(b, b.getLoc(), address);
  descriptor.setAlignedPtr(b, b.getLoc(), address);
  descriptor.setConstantOffset(b, b.getLoc(),
                               ShapedType::isDynamic(offset) ? 0 : offset);
  for (int64_t i = 0; i < type.getRank(); ++i) {
    descriptor.setSize(b, b.getLoc(), i, sizes[i]);
    descriptor.setStride(b, b.getLoc(), i, strides[i]);
  }
  return UnrealizedConversionCastOp::create(b, TypeRange{type},
                                            ValueRange{descriptor})
      .getResult(0);
}

int64_t hagane::cpu::countOpenSizes(MemRefType type) {
  return type.getNumDynamicDims();
}

int64_t hagane::cpu::countOpenStrides(MemRefType type) {
  if (type.getLayout().isIdentity())
    return 0;
  return llvm::count_if(type.getStridesAndOffset().first,
                        ShapedType::isDynamic);
}

SmallVector<Value> hagane::cpu::getWords(LocBuilder &b, Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  auto [known, offset] = type.getStridesAndOffset();
  auto metadata = memref::ExtractStridedMetadataOp::create(b, memref);
  auto toWord = [&](Value index) {
    return arith::IndexCastOp::create(b, b.getI64Type(), index).getResult();
  };

  Value address =
      toWord(memref::ExtractAlignedPointerAsIndexOp::create(b, memref));
  // A constant offset is part of the type: the kernel adds it itself.
  if (ShapedType::isDynamic(offset)) {
    int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
    Value shift = arith::MulIOp::create(b, toWord(metadata.getOffset()),
                                        constant(b, bytes));
    address = arith::AddIOp::create(b, address, shift);
  }
  SmallVector<Value> words = {address};
  for (auto [size, value] :
       llvm::zip_equal(type.getShape(), metadata.getSizes()))
    if (ShapedType::isDynamic(size))
      words.push_back(toWord(value));
  if (!type.getLayout().isIdentity())
    for (auto [stride, value] : llvm::zip_equal(known, metadata.getStrides()))
      if (ShapedType::isDynamic(stride))
        words.push_back(toWord(value));
  return words;
}

/// A kernel that reports takes the report's memory and the check's number
/// after its memrefs.
static bool reports(func::FuncOp kernel) {
  return kernel->hasAttr("kernel.reports");
}

static LogicalResult checkSignature(func::FuncOp kernel) {
  ArrayRef<Type> types = kernel.getArgumentTypes();
  SmallVector<Type> withoutCheck(types);
  if (reports(kernel) && types.size() >= 4 &&
      types[types.size() - 4].isIndex()) {
    withoutCheck.erase(withoutCheck.end() - 4);
    types = withoutCheck;
  }
  Type scratch = MemRefType::get({ShapedType::kDynamic},
                                 IntegerType::get(kernel.getContext(), 8));
  auto isStrided = [](Type type) {
    auto memref = dyn_cast<MemRefType>(type);
    return memref && memref.isStrided();
  };
  if (types.size() < 3 || !llvm::all_of(types.drop_back(3), isStrided) ||
      !types[types.size() - 3].isIndex() ||
      !types[types.size() - 2].isIndex() || types.back() != scratch ||
      kernel.getNumResults() != 0)
    return kernel.emitError(
               "expected a kernel of strided memrefs, then begin and end of "
               "type index, then "
               "scratch of type memref<?xi8>, without results, found ")
           << kernel.getFunctionType();
  return success();
}

/// Replaces the block arguments by memrefs made of words, and the signature.
static void takeWords(func::FuncOp kernel, const llvm::BitVector &unaliased) {
  Block &block = kernel.front();
  auto b = LocBuilder::atBlockBegin(kernel.getLoc(), &block);
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  unsigned count = block.getNumArguments();
  SmallVector<Type> types;
  SmallVector<Attribute> attributes;
  auto addWord = [&](Type type, bool alone = false) {
    types.push_back(type);
    attributes.push_back(alone ? b.getDictionaryAttr(b.getNamedAttr(
                                     "llvm.noalias", b.getUnitAttr()))
                               : b.getDictionaryAttr({}));
    return block.addArgument(type, kernel.getLoc());
  };
  for (unsigned i = 0; i + 3 < count; ++i) {
    BlockArgument old = block.getArgument(i);
    if (old.getType().isIndex()) {
      Value check = addWord(b.getI64Type());
      old.replaceAllUsesWith(
          arith::IndexCastOp::create(b, b.getIndexType(), check));
      continue;
    }
    auto type = cast<MemRefType>(old.getType());
    Value address =
        addWord(pointer, i >= unaliased.size() || unaliased.test(i));
    SmallVector<Value> sizes, strides;
    for (int64_t j = 0; j < countOpenSizes(type); ++j)
      sizes.push_back(addWord(b.getI64Type()));
    for (int64_t j = 0; j < countOpenStrides(type); ++j)
      strides.push_back(addWord(b.getI64Type()));
    old.replaceAllUsesWith(makeMemRef(b, type, address, sizes, strides));
  }
  for (unsigned i : {count - 3, count - 2})
    block.getArgument(i).replaceAllUsesWith(addWord(b.getIndexType()));
  BlockArgument scratch = block.getArgument(count - 1);
  Value unbounded = constant(b, std::numeric_limits<int64_t>::max());
  scratch.replaceAllUsesWith(makeMemRef(b, cast<MemRefType>(scratch.getType()),
                                        addWord(pointer, true),
                                        ValueRange{unbounded}));
  block.eraseArguments(0, count);
  kernel.setFunctionType(b.getFunctionType(types, {}));
  kernel.setArgAttrsAttr(b.getArrayAttr(attributes));
}

FailureOr<func::FuncOp>
hagane::cpu::makeKernelEntry(func::FuncOp kernel,
                             const llvm::BitVector &unaliased) {
  if (failed(checkSignature(kernel)))
    return failure();
  takeWords(kernel, unaliased);
  kernel.setPrivate();

  LocBuilder b(kernel.getLoc(), kernel->getContext());
  b.setInsertionPointAfter(kernel);
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  auto entry = func::FuncOp::create(
      b, (kernel.getName() + record::kEntrySuffix).str(),
      b.getFunctionType({pointer, b.getIndexType(), b.getIndexType(), pointer},
                        {}));
  Block *block = entry.addEntryBlock();
  b.setInsertionPointToStart(block);
  SmallVector<Value> arguments;
  for (auto [i, type] :
       llvm::enumerate(kernel.getArgumentTypes().drop_back(3))) {
    Value place =
        LLVM::GEPOp::create(b, pointer, b.getI64Type(), block->getArgument(0),
                            ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
    arguments.push_back(LLVM::LoadOp::create(b, type, place));
  }
  llvm::append_range(arguments, block->getArguments().drop_front());
  func::CallOp::create(b, kernel, arguments);
  func::ReturnOp::create(b);
  return entry;
}
