//===- HostTensor.cpp - Dense tensors in host memory ----------------------===//

#include "dialects/xf/eval/HostTensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>
#include <cstring>

using namespace mlir;
using namespace hagane::xf::eval;

std::optional<int64_t>
hagane::xf::eval::countElements(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  bool isEmpty = false;
  for (int64_t size : shape) {
    if (size < 0)
      return std::nullopt;
    isEmpty |= size == 0;
    if (size != 0 && __builtin_mul_overflow(count, size, &count))
      return std::nullopt;
  }
  return isEmpty ? 0 : count;
}

std::string hagane::xf::eval::describeShape(ArrayRef<int64_t> shape) {
  std::string text = "[";
  llvm::raw_string_ostream stream(text);
  llvm::interleaveComma(shape, stream);
  return text + "]";
}

std::string hagane::xf::eval::describe(const HostTensor &tensor) {
  std::string text;
  llvm::raw_string_ostream(text) << tensor.getElementType();
  return text + describeShape(tensor.getShape());
}

llvm::Expected<HostTensor>
HostTensor::borrow(Type elementType, ArrayRef<int64_t> shape,
                   ArrayRef<char> bytes, std::shared_ptr<const void> owner) {
  std::optional<Element> element = Element::get(elementType);
  if (!element)
    return llvm::createStringError(
        "tensors of this element type cannot be evaluated");
  std::optional<int64_t> count = countElements(shape);
  int64_t size;
  if (!count || __builtin_mul_overflow(*count, int64_t(element->bytes), &size))
    return llvm::createStringError("a tensor of shape " + describeShape(shape) +
                                   " does not fit in memory");
  if (static_cast<uint64_t>(size) != bytes.size())
    return llvm::createStringError("found " + Twine(bytes.size()) +
                                   " bytes of data, expected " + Twine(size));
  HostTensor tensor;
  tensor.elementType = elementType;
  tensor.element = *element;
  tensor.shape.assign(shape.begin(), shape.end());
  tensor.count = *count;
  tensor.bytes = std::shared_ptr<const char>(std::move(owner), bytes.data());
  return tensor;
}

llvm::Expected<HostTensor> HostTensor::create(Type elementType,
                                              ArrayRef<int64_t> shape) {
  std::optional<Element> element = Element::get(elementType);
  std::optional<int64_t> count = countElements(shape);
  int64_t size = 0;
  char *memory = nullptr;
  if (element && count &&
      !__builtin_mul_overflow(*count, int64_t(element->bytes), &size))
    memory = static_cast<char *>(std::calloc(std::max<int64_t>(size, 1), 1));
  if (!memory && element)
    return llvm::createStringError("a tensor of shape " + describeShape(shape) +
                                   " does not fit in memory");
  std::shared_ptr<const void> owner(memory, std::free);
  return borrow(elementType, shape, ArrayRef<char>(memory, size), owner);
}

HostTensor HostTensor::scalar(Type elementType, int64_t value) {
  HostTensor tensor = llvm::cantFail(create(elementType, {}));
  tensor.setInteger(0, value);
  return tensor;
}

HostTensor HostTensor::withShape(ArrayRef<int64_t> newShape) const {
  assert(countElements(newShape) == count);
  HostTensor tensor = *this;
  tensor.shape.assign(newShape.begin(), newShape.end());
  return tensor;
}

/// One byte per element from those of `bits` bits side by side, the lowest
/// first.
static llvm::Expected<HostTensor>
unpackBits(RankedTensorType type, ArrayRef<char> packed, unsigned bits) {
  llvm::Expected<HostTensor> tensor =
      HostTensor::create(type.getElementType(), type.getShape());
  int64_t perByte = 8 / bits, mask = (1 << bits) - 1;
  if (tensor)
    for (int64_t i = 0; i < tensor->getCount(); ++i)
      tensor->setInteger(i, (static_cast<uint8_t>(packed[i / perByte]) >>
                             (i % perByte * bits)) &
                                mask);
  return tensor;
}

static llvm::Expected<HostTensor>
fromResource(DenseResourceElementsAttr attribute) {
  auto type = RankedTensorType::get(attribute.getType().getShape(),
                                    attribute.getType().getElementType());
  AsmResourceBlob *blob = attribute.getRawHandle().getBlob();
  if (!blob)
    return llvm::createStringError("the data of resource '" +
                                   attribute.getRawHandle().getKey() +
                                   "' is absent");
  std::optional<int64_t> count = countElements(type.getShape());
  unsigned bits = type.getElementTypeBitWidth();
  if (count && (bits == 2 || bits == 4) && *count > 1 &&
      blob->getData().size() ==
          static_cast<uint64_t>(llvm::divideCeil(*count, 8 / bits)))
    return unpackBits(type, blob->getData(), bits);
  return HostTensor::borrow(type.getElementType(), type.getShape(),
                            blob->getData());
}

static llvm::Expected<HostTensor> fromDense(DenseElementsAttr attribute) {
  Type elementType = attribute.getElementType();
  llvm::Expected<HostTensor> tensor =
      HostTensor::create(elementType, attribute.getType().getShape());
  if (!tensor || tensor->getCount() == 0)
    return tensor;
  unsigned bytes = tensor->getElement().bytes;
  auto store = [&](int64_t index, const llvm::APInt &bits) {
    uint64_t value = bits.getZExtValue();
    if (isa<FloatType>(elementType))
      std::memcpy(tensor->at(index), &value, bytes); // Hosts are little-endian.
    else
      tensor->setInteger(index, static_cast<int64_t>(value));
  };
  auto bitsOf = [](const llvm::APFloat &value) {
    return value.bitcastToAPInt();
  };
  if (attribute.isSplat()) {
    store(0, isa<FloatType>(elementType)
                 ? bitsOf(attribute.getSplatValue<llvm::APFloat>())
                 : attribute.getSplatValue<llvm::APInt>());
    for (int64_t i = 1; i < tensor->getCount(); ++i)
      std::memcpy(tensor->at(i), tensor->at(0), bytes);
    return tensor;
  }
  int64_t index = 0;
  if (isa<FloatType>(elementType))
    for (const llvm::APFloat &value : attribute.getValues<llvm::APFloat>())
      store(index++, bitsOf(value));
  else
    for (const llvm::APInt &value : attribute.getValues<llvm::APInt>())
      store(index++, value);
  return tensor;
}

llvm::Expected<HostTensor> HostTensor::fromAttribute(ElementsAttr attribute) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute))
    return fromResource(resource);
  if (auto dense = dyn_cast<DenseElementsAttr>(attribute))
    if (dense.getElementType().isIntOrIndexOrFloat())
      return fromDense(dense);
  return llvm::createStringError("constants of this kind cannot be evaluated");
}

DenseElementsAttr HostTensor::toAttribute() const {
  unsigned bits = element.bits;
  auto bitsAt = [&](int64_t index) {
    uint64_t value = 0;
    std::memcpy(&value, at(index), element.bytes);
    return llvm::APInt(bits, value, /*isSigned=*/false, /*implicitTrunc=*/true);
  };
  if (element.isFloat()) {
    SmallVector<llvm::APFloat> values;
    for (int64_t i = 0; i < count; ++i)
      values.emplace_back(*element.semantics, bitsAt(i));
    return DenseElementsAttr::get(getType(), values);
  }
  SmallVector<llvm::APInt> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(bitsAt(i));
  return DenseElementsAttr::get(getType(), values);
}
