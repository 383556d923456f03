// Names ONNX's protobuf classes without their header: `proto::ModelProto` is
// `::proto::ModelProto`, kept apart from the dialect's namespace
// `hagane::onnx`.
#pragma once

namespace onnx {
class AttributeProto;
class FunctionProto;
class GraphProto;
class ModelProto;
class NodeProto;
class SparseTensorProto;
class TensorProto;
class TypeProto;
class ValueInfoProto;
} // namespace onnx

namespace hagane::frontend {
namespace proto = ::onnx;
} // namespace hagane::frontend
