#include "frontend/Weights.h"

#include "dialects/onnx/OnnxDialect.h"
#include "frontend/DataTypes.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "onnx-ml.pb.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace hagane::frontend;
using hagane::onnx::rawDataSize;

namespace {

using Bytes = std::vector<char>;

template <typename T, typename Field>
void appendValues(const Field &values, Bytes &bytes) {
  bytes.reserve(values.size() * sizeof(T));
  for (auto value : values) {
    T narrow = static_cast<T>(value);
    const char *data = reinterpret_cast<const char *>(&narrow);
    bytes.insert(bytes.end(), data, data + sizeof(T));
  }
}

/// The low six bits of each value, as one stream from the least significant bit
/// on.
template <typename Field>
void appendSixBits(const Field &values, Bytes &bytes) {
  unsigned pending = 0, bits = 0;
  for (int32_t value : values) {
    pending |= (value & 0x3f) << bits;
    for (bits += 6; bits >= 8; bits -= 8, pending >>= 8)
      bytes.push_back(static_cast<char>(pending));
  }
  if (bits)
    bytes.push_back(static_cast<char>(pending));
}

/// int32_data holds an element each, or a byte of 2-bit or 4-bit elements.
void appendInt32Data(const proto::TensorProto &tensor, Type element,
                     Bytes &bytes) {
  const auto &values = tensor.int32_data();
  switch (element.getIntOrFloatBitWidth()) {
  case 1:
    for (int32_t value : values)
      bytes.push_back(value != 0);
    break;
  case 6:
    appendSixBits(values, bytes);
    break;
  case 16:
    appendValues<int16_t>(values, bytes);
    break;
  case 32:
    appendValues<int32_t>(values, bytes);
    break;
  default:
    appendValues<int8_t>(values, bytes);
  }
}

Bytes fieldData(const proto::TensorProto &tensor, Type element) {
  Bytes bytes;
  switch (findDataType(tensor.data_type())->field) {
  case DataField::Int32:
    appendInt32Data(tensor, element, bytes);
    break;
  case DataField::Int64:
    appendValues<int64_t>(tensor.int64_data(), bytes);
    break;
  case DataField::UInt64:
    if (element.getIntOrFloatBitWidth() == 32)
      appendValues<uint32_t>(tensor.uint64_data(), bytes);
    else
      appendValues<uint64_t>(tensor.uint64_data(), bytes);
    break;
  case DataField::Float:
    appendValues<float>(tensor.float_data(), bytes);
    break;
  case DataField::Double:
    appendValues<double>(tensor.double_data(), bytes);
    break;
  case DataField::String:
    break;
  }
  return bytes;
}

/// The bits of element `index` of a type narrower than a byte.
uint64_t narrowElement(ArrayRef<char> bytes, unsigned width, uint64_t index) {
  if (width == 1)
    return bytes[index] != 0;
  uint64_t bit = index * width;
  unsigned value = static_cast<uint8_t>(bytes[bit / 8]);
  if (bit % 8 + width > 8)
    value |= static_cast<unsigned>(static_cast<uint8_t>(bytes[bit / 8 + 1]))
             << 8;
  return value >> bit % 8 & ((1u << width) - 1);
}

DenseElementsAttr makeDense(RankedTensorType type, ArrayRef<char> bytes) {
  Type element = type.getElementType();
  unsigned width = element.getIntOrFloatBitWidth();
  if (width >= 8 && !bytes.empty())
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  SmallVector<APInt> bits;
  for (int64_t i = 0; i != type.getNumElements(); ++i)
    bits.emplace_back(width, narrowElement(bytes, width, i));
  auto floating = dyn_cast<FloatType>(element);
  if (!floating)
    return DenseElementsAttr::get(type, bits);
  SmallVector<APFloat> values;
  for (const APInt &value : bits)
    values.emplace_back(floating.getFloatSemantics(), value);
  return DenseElementsAttr::get(type, values);
}

/// The entry `key` of a tensor's external_data, or nothing.
std::optional<StringRef> externalEntry(const proto::TensorProto &tensor,
                                       StringRef key) {
  for (const auto &entry : tensor.external_data())
    if (entry.key() == key)
      return StringRef(entry.value());
  return std::nullopt;
}

} // namespace

//===----------------------------------------------------------------------===//
// Where the bytes are
//===----------------------------------------------------------------------===//

LogicalResult Weights::loadExternal(const proto::TensorProto &tensor,
                                    const Subject &subject, Payload &payload) {
  std::optional<StringRef> location = externalEntry(tensor, "location");
  if (!location)
    return subject.error() << "has external data without a location";
  uint64_t need = *rawDataSize(payload.type);
  uint64_t offset = 0, length = need;
  for (auto [key, value] :
       {std::pair("offset", &offset), std::pair("length", &length)})
    if (auto text = externalEntry(tensor, key);
        text && text->getAsInteger(10, *value))
      return subject.error() << "has external data with " << key << " \""
                             << *text << "\", expected a number of bytes";
  if (length != need)
    return subject.error() << "has " << length << " bytes of external data, "
                           << payload.type << " needs " << need;
  llvm::Expected<FileMapping> file = external.open(*location);
  if (!file)
    return subject.error() << "cannot be read: "
                           << llvm::toString(file.takeError());
  if (!*file) {
    if (options.weightless)
      return success();
    return subject.error() << "cannot be read: external data file \""
                           << *location << "\" does not exist";
  }
  uint64_t size = (*file)->getBufferSize();
  if (offset > size || length > size - offset)
    return subject.error() << "needs bytes " << offset << " to "
                           << llvm::SaturatingAdd(offset, length)
                           << " of external data file \"" << *location
                           << "\", which has " << size;
  payload.bytes = ArrayRef((*file)->getBufferStart() + offset, length);
  payload.keeper = *file;
  return success();
}

LogicalResult Weights::loadSegment(const proto::TensorProto &tensor,
                                   const Subject &subject, Payload &payload) {
  uint64_t begin = tensor.segment().begin(), end = tensor.segment().end();
  uint64_t need = *rawDataSize(payload.type);
  if (end - begin != need)
    return subject.error() << "has " << end - begin << " bytes of data, "
                           << payload.type << " needs " << need;
  payload.bytes = ArrayRef(model->getBufferStart() + begin, need);
  payload.keeper = model;
  return success();
}

LogicalResult Weights::loadFields(const proto::TensorProto &tensor,
                                  const Subject &subject, Payload &payload) {
  auto bytes =
      std::make_shared<Bytes>(fieldData(tensor, payload.type.getElementType()));
  uint64_t need = *rawDataSize(payload.type);
  if (bytes->empty() && need != 0 && options.weightless)
    return success();
  if (bytes->size() != need)
    return subject.error() << "has " << bytes->size() << " bytes of data, "
                           << payload.type << " needs " << need;
  payload.bytes = *bytes;
  payload.keeper = std::move(bytes);
  return success();
}

FailureOr<Weights::Payload> Weights::load(const proto::TensorProto &tensor,
                                          const Subject &subject) {
  Type element = elementType(context, tensor.data_type());
  if (!element)
    return subject.error() << "has element type "
                           << dataTypeName(tensor.data_type())
                           << ", which is not supported";
  auto type = staticType(ArrayRef(tensor.dims().data(), tensor.dims().size()),
                         element, subject.loc, subject.text);
  if (failed(type))
    return failure();
  Payload payload{*type, {}, nullptr};
  auto loader = tensor.data_location() == proto::TensorProto::EXTERNAL
                    ? &Weights::loadExternal
                : tensor.has_segment() ? &Weights::loadSegment
                                       : &Weights::loadFields;
  if (failed((this->*loader)(tensor, subject, payload)))
    return failure();
  return payload;
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

ElementsAttr Weights::makeAttr(const Payload &payload, StringRef name) {
  bool present = payload.keeper != nullptr;
  if (present && payload.bytes.size() <= options.maxDenseBytes)
    return makeDense(payload.type, payload.bytes);
  std::optional<AsmResourceBlob> blob;
  // Bytes in a file have any alignment; the blob only promises that they stay.
  if (present)
    blob.emplace(
        payload.bytes, /*dataAlignment=*/1,
        [keeper = payload.keeper](void *, size_t, size_t) {},
        /*dataIsMutable=*/false);
  auto &manager = DenseResourceElementsHandle::getManagerInterface(context);
  return DenseResourceElementsAttr::get(payload.type,
                                        manager.insert(name, std::move(blob)));
}

FailureOr<ElementsAttr> Weights::read(const proto::TensorProto &tensor,
                                      StringRef name, Location loc,
                                      StringRef subject) {
  FailureOr<Payload> payload = load(tensor, Subject{loc, subject});
  if (failed(payload))
    return failure();
  return makeAttr(*payload, name);
}

/// Where each value goes: linear positions, from indices [count] or [count,
/// rank].
FailureOr<SmallVector<int64_t>>
Weights::sparsePositions(const Payload &indices, RankedTensorType type,
                         int64_t count, const Subject &subject) {
  bool linear = indices.type.getRank() == 1;
  int64_t rank = type.getRank();
  ArrayRef<int64_t> shape = indices.type.getShape();
  if (!indices.keeper || !indices.type.getElementType().isSignlessInteger(64) ||
      (!linear && indices.type.getRank() != 2) || shape[0] != count ||
      (!linear && shape[1] != rank))
    return subject.error() << "has indices of type " << indices.type
                           << ", expected int64 of shape [" << count << "] or ["
                           << count << ", " << rank << "]";
  SmallVector<int64_t> positions(count, 0);
  int64_t perValue = linear ? 1 : rank;
  for (int64_t i = 0; i != count * perValue; ++i) {
    int64_t index;
    memcpy(&index, indices.bytes.data() + i * sizeof(index), sizeof(index));
    int64_t extent = linear ? type.getNumElements() : type.getDimSize(i % rank);
    if (index < 0 || index >= extent)
      return subject.error()
             << "has index " << index << ", expected 0 to " << extent - 1;
    positions[i / perValue] = positions[i / perValue] * extent + index;
  }
  return positions;
}

FailureOr<ElementsAttr> Weights::read(const proto::SparseTensorProto &sparse,
                                      StringRef name, Location loc,
                                      StringRef subjectText) {
  Subject subject{loc, subjectText};
  FailureOr<Payload> values = load(sparse.values(), subject);
  if (failed(values))
    return failure();
  FailureOr<Payload> indices = load(sparse.indices(), subject);
  if (failed(indices))
    return failure();
  auto type = staticType(ArrayRef(sparse.dims().data(), sparse.dims().size()),
                         values->type.getElementType(), loc, subjectText);
  if (failed(type))
    return failure();
  unsigned width = type->getElementTypeBitWidth();
  uint64_t size = *rawDataSize(*type);
  if (!values->keeper || values->type.getRank() != 1 ||
      (width != 1 && width % 8 != 0))
    return subject.error() << "has sparse values of type " << values->type
                           << ", which is not supported";
  if (size > options.maxSparseBytes)
    return subject.error() << "is sparse and would take " << size
                           << " bytes, at most " << options.maxSparseBytes
                           << " are supported";
  auto positions =
      sparsePositions(*indices, *type, values->type.getNumElements(), subject);
  if (failed(positions))
    return failure();

  auto bytes = std::make_shared<Bytes>(size, 0);
  size_t stride = std::max(width / 8, 1u);
  for (auto [i, position] : llvm::enumerate(*positions))
    memcpy(bytes->data() + position * stride, values->bytes.data() + i * stride,
           stride);
  Payload dense{*type, *bytes, bytes};
  return makeAttr(dense, name);
}
