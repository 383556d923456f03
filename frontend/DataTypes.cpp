#include "frontend/DataTypes.h"

#include "dialects/onnx/OnnxDialect.h"
#include "mlir/IR/Builders.h"
#include "onnx-ml.pb.h"

using namespace mlir;
using namespace hagane::frontend;

namespace {

template <unsigned width> Type signedInt(Builder &b) {
  return b.getIntegerType(width);
}
template <unsigned width> Type unsignedInt(Builder &b) {
  return b.getIntegerType(width, false);
}
template <typename T> Type floating(Builder &b) {
  return T::get(b.getContext());
}

const DataType dataTypes[] = {
    {proto::TensorProto::FLOAT, "float", DataField::Float,
     floating<Float32Type>},
    {proto::TensorProto::UINT8, "uint8", DataField::Int32, unsignedInt<8>},
    {proto::TensorProto::INT8, "int8", DataField::Int32, signedInt<8>},
    {proto::TensorProto::UINT16, "uint16", DataField::Int32, unsignedInt<16>},
    {proto::TensorProto::INT16, "int16", DataField::Int32, signedInt<16>},
    {proto::TensorProto::INT32, "int32", DataField::Int32, signedInt<32>},
    {proto::TensorProto::INT64, "int64", DataField::Int64, signedInt<64>},
    {proto::TensorProto::STRING, "string", DataField::String, nullptr},
    {proto::TensorProto::BOOL, "bool", DataField::Int32, signedInt<1>},
    {proto::TensorProto::FLOAT16, "float16", DataField::Int32,
     floating<Float16Type>},
    {proto::TensorProto::DOUBLE, "double", DataField::Double,
     floating<Float64Type>},
    {proto::TensorProto::UINT32, "uint32", DataField::UInt64, unsignedInt<32>},
    {proto::TensorProto::UINT64, "uint64", DataField::UInt64, unsignedInt<64>},
    {proto::TensorProto::COMPLEX64, "complex64", DataField::Float, nullptr},
    {proto::TensorProto::COMPLEX128, "complex128", DataField::Double, nullptr},
    {proto::TensorProto::BFLOAT16, "bfloat16", DataField::Int32,
     floating<BFloat16Type>},
    {proto::TensorProto::FLOAT8E4M3FN, "float8e4m3fn", DataField::Int32,
     floating<Float8E4M3FNType>},
    {proto::TensorProto::FLOAT8E4M3FNUZ, "float8e4m3fnuz", DataField::Int32,
     floating<Float8E4M3FNUZType>},
    {proto::TensorProto::FLOAT8E5M2, "float8e5m2", DataField::Int32,
     floating<Float8E5M2Type>},
    {proto::TensorProto::FLOAT8E5M2FNUZ, "float8e5m2fnuz", DataField::Int32,
     floating<Float8E5M2FNUZType>},
    {proto::TensorProto::UINT4, "uint4", DataField::Int32, unsignedInt<4>},
    {proto::TensorProto::INT4, "int4", DataField::Int32, signedInt<4>},
    {proto::TensorProto::FLOAT4E2M1, "float4e2m1", DataField::Int32,
     floating<Float4E2M1FNType>},
    {proto::TensorProto::FLOAT8E8M0, "float8e8m0", DataField::Int32,
     floating<Float8E8M0FNUType>},
    {proto::TensorProto::UINT2, "uint2", DataField::Int32, unsignedInt<2>},
    {proto::TensorProto::INT2, "int2", DataField::Int32, signedInt<2>},
    {proto::TensorProto::FLOAT6E2M3, "float6e2m3", DataField::Int32,
     floating<Float6E2M3FNType>},
    {proto::TensorProto::FLOAT6E3M2, "float6e3m2", DataField::Int32,
     floating<Float6E3M2FNType>},
};

/// The product of the static dims must leave room for the widest element in 63
/// bits.
constexpr int64_t maxElements = int64_t(1) << 56;

/// Shape arithmetic takes time that grows with the square of it; NumPy stops
/// here too.
constexpr size_t maxRank = 64;

LogicalResult checkExtents(ArrayRef<int64_t> dims, Location loc,
                           StringRef subject) {
  if (dims.size() > maxRank)
    return emitError(loc) << subject << " has rank " << dims.size()
                          << ", expected at most " << maxRank;
  int64_t elements = 1;
  for (int64_t dim : dims) {
    if (ShapedType::isDynamic(dim) || dim == 0)
      continue;
    if (dim < 0)
      return emitError(loc)
             << subject << " has a dim of " << dim << ", expected at least 0";
    if (dim > maxElements / elements)
      return emitError(loc) << subject << " has more than 2^56 elements";
    elements *= dim;
  }
  return success();
}

const DataType *findRow(llvm::function_ref<bool(const DataType &)> matches) {
  const DataType *row = llvm::find_if(dataTypes, matches);
  return row == std::end(dataTypes) ? nullptr : row;
}

} // namespace

const DataType *hagane::frontend::findDataType(int id) {
  return findRow([&](const DataType &row) { return row.id == id; });
}

const DataType *hagane::frontend::findDataType(StringRef name) {
  return findRow([&](const DataType &row) { return row.name == name; });
}

Type hagane::frontend::elementType(MLIRContext *context, int id) {
  const DataType *row = findDataType(id);
  Builder builder(context);
  return row && row->make ? row->make(builder) : Type();
}

std::string hagane::frontend::dataTypeName(int id) {
  const DataType *row = findDataType(id);
  return row ? row->name.str() : std::to_string(id);
}

FailureOr<RankedTensorType> hagane::frontend::staticType(ArrayRef<int64_t> dims,
                                                         Type element,
                                                         Location loc,
                                                         StringRef subject) {
  // The smallest integer stands for a dynamic dim in MLIR.
  if (llvm::any_of(dims, ShapedType::isDynamic))
    return emitError(loc) << subject
                          << " has a negative dim, expected at least 0";
  if (failed(checkExtents(dims, loc, subject)))
    return failure();
  return RankedTensorType::get(dims, element);
}

FailureOr<ValueType>
hagane::frontend::convertType(const proto::ValueInfoProto &info, Location loc) {
  return convertType(info.type(), loc, info.name());
}

FailureOr<ValueType> hagane::frontend::convertType(const proto::TypeProto &type,
                                                   Location loc,
                                                   StringRef valueName) {
  MLIRContext *context = loc.getContext();
  Builder builder(context);
  const auto &tensor = type.tensor_type();
  Type element = type.has_tensor_type()
                     ? elementType(context, tensor.elem_type())
                     : Type();
  if (!element)
    return ValueType{hagane::onnx::UnknownType::get(context), {}};
  if (!tensor.has_shape())
    return ValueType{UnrankedTensorType::get(element), {}};

  SmallVector<int64_t> shape;
  SmallVector<Attribute> dims;
  std::string subject = ("value \"" + valueName + "\"").str();
  for (const auto &dim : tensor.shape().dim()) {
    if (dim.has_dim_value()) {
      if (dim.dim_value() < 0)
        return emitError(loc) << subject << " has a dim of " << dim.dim_value()
                              << ", expected at least 0";
      shape.push_back(dim.dim_value());
      dims.push_back(builder.getI64IntegerAttr(dim.dim_value()));
      continue;
    }
    shape.push_back(ShapedType::kDynamic);
    dims.push_back(
        builder.getStringAttr(dim.dim_param().empty() ? "?" : dim.dim_param()));
  }
  if (failed(checkExtents(shape, loc, subject)))
    return failure();
  return ValueType{RankedTensorType::get(shape, element),
                   builder.getArrayAttr(dims)};
}
