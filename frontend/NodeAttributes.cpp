#include "frontend/NodeAttributes.h"

#include "dialects/onnx/OnnxDialect.h"
#include "frontend/DataTypes.h"
#include "mlir/IR/Builders.h"
#include "onnx-ml.pb.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace hagane::frontend;

namespace {

using Kind = proto::AttributeProto;

/// Models of IR version 1 do not say which field holds the value.
Kind::AttributeType kindOf(const proto::AttributeProto &attribute) {
  if (attribute.type() != Kind::UNDEFINED)
    return attribute.type();
  const std::pair<bool, Kind::AttributeType> fields[] = {
      {attribute.has_f(), Kind::FLOAT},
      {attribute.has_i(), Kind::INT},
      {attribute.has_s(), Kind::STRING},
      {attribute.has_t(), Kind::TENSOR},
      {attribute.has_g(), Kind::GRAPH},
      {attribute.floats_size() > 0, Kind::FLOATS},
      {attribute.ints_size() > 0, Kind::INTS},
      {attribute.strings_size() > 0, Kind::STRINGS},
      {attribute.tensors_size() > 0, Kind::TENSORS},
      {attribute.graphs_size() > 0, Kind::GRAPHS},
  };
  for (auto [present, kind] : fields)
    if (present)
      return kind;
  return Kind::UNDEFINED;
}

class Reader {
public:
  Reader(const NodeContext &context, Weights &weights)
      : node(context), weights(weights), builder(context.loc.getContext()) {}

  LogicalResult add(const proto::AttributeProto &attribute);

  NodeAttributes result;

private:
  FailureOr<Attribute> convert(const proto::AttributeProto &attribute,
                               Kind::AttributeType kind, StringRef name);
  FailureOr<Attribute> convertType(const proto::TypeProto &type);
  template <typename List>
  FailureOr<Attribute> convertList(
      const List &list,
      llvm::function_ref<FailureOr<Attribute>(const typename List::value_type &,
                                              StringRef)>
          convert,
      StringRef name);
  template <typename Tensor>
  FailureOr<Attribute> convertTensor(const Tensor &tensor, StringRef name);
  void addGraph(std::string name, const proto::GraphProto &graph,
                const BoundAttribute &bound) {
    result.subgraphs.push_back(
        {std::move(name), &graph, bound.frame, bound.scope});
  }

  const NodeContext &node;
  Weights &weights;
  Builder builder;
  llvm::StringSet<> seen;
};

template <typename Tensor>
FailureOr<Attribute> Reader::convertTensor(const Tensor &tensor,
                                           StringRef name) {
  auto value = weights.read(tensor, (node.name + "." + name).str(), node.loc,
                            ("attribute \"" + name + "\"").str());
  if (failed(value))
    return failure();
  return Attribute(*value);
}

FailureOr<Attribute> Reader::convertType(const proto::TypeProto &type) {
  auto converted =
      hagane::frontend::convertType(type, node.loc, "type attribute");
  if (failed(converted))
    return failure();
  return Attribute(TypeAttr::get(converted->type));
}

template <typename List>
FailureOr<Attribute> Reader::convertList(
    const List &list,
    llvm::function_ref<FailureOr<Attribute>(const typename List::value_type &,
                                            StringRef)>
        convert,
    StringRef name) {
  SmallVector<Attribute> items;
  for (const auto &item : list) {
    auto converted =
        convert(item, (name + "[" + Twine(items.size()) + "]").str());
    if (failed(converted))
      return failure();
    items.push_back(*converted);
  }
  return Attribute(builder.getArrayAttr(items));
}

FailureOr<Attribute> Reader::convert(const proto::AttributeProto &attribute,
                                     Kind::AttributeType kind, StringRef name) {
  auto tensor = [&](const auto &tensor, StringRef name) {
    return convertTensor(tensor, name);
  };
  auto type = [&](const proto::TypeProto &type, StringRef) {
    return convertType(type);
  };
  switch (kind) {
  case Kind::FLOAT:
    return Attribute(builder.getF32FloatAttr(attribute.f()));
  case Kind::INT:
    return Attribute(builder.getI64IntegerAttr(attribute.i()));
  case Kind::STRING:
    return Attribute(builder.getStringAttr(attribute.s()));
  case Kind::TENSOR:
    return convertTensor(attribute.t(), name);
  case Kind::SPARSE_TENSOR:
    return convertTensor(attribute.sparse_tensor(), name);
  case Kind::TYPE_PROTO:
    return convertType(attribute.tp());
  case Kind::FLOATS:
    return Attribute(builder.getDenseF32ArrayAttr(
        ArrayRef(attribute.floats().data(), attribute.floats_size())));
  case Kind::INTS: {
    SmallVector<int64_t> values(attribute.ints().begin(),
                                attribute.ints().end());
    return Attribute(builder.getDenseI64ArrayAttr(values));
  }
  case Kind::STRINGS: {
    SmallVector<StringRef> values(attribute.strings().begin(),
                                  attribute.strings().end());
    return Attribute(builder.getStrArrayAttr(values));
  }
  case Kind::TENSORS:
    return convertList(attribute.tensors(), tensor, name);
  case Kind::SPARSE_TENSORS:
    return convertList(attribute.sparse_tensors(), tensor, name);
  case Kind::TYPE_PROTOS:
    return convertList(attribute.type_protos(), type, name);
  default:
    return emitError(node.loc) << "attribute \"" << name << "\" has no value";
  }
}

LogicalResult Reader::add(const proto::AttributeProto &attribute) {
  const std::string &name = attribute.name();
  if (name.empty())
    return emitError(node.loc) << "an attribute has no name";
  if (!seen.insert(name).second)
    return emitError(node.loc) << "attribute \"" << name << "\" is given twice";
  BoundAttribute bound{&attribute, &node.frame, &node.scope};
  if (!attribute.ref_attr_name().empty()) {
    if (!node.frame.function)
      return emitError(node.loc)
             << "attribute \"" << name << "\" refers to attribute \""
             << attribute.ref_attr_name() << "\" outside of a function";
    auto it = node.frame.attributes.find(attribute.ref_attr_name());
    if (it == node.frame.attributes.end())
      return success();
    bound = it->second;
  }
  Kind::AttributeType kind = kindOf(*bound.attribute);
  if (kind == Kind::GRAPH) {
    addGraph(name, bound.attribute->g(), bound);
    return success();
  }
  if (kind == Kind::GRAPHS) {
    for (auto [i, graph] : llvm::enumerate(bound.attribute->graphs()))
      addGraph(name + "[" + std::to_string(i) + "]", graph, bound);
    return success();
  }
  FailureOr<Attribute> value = convert(*bound.attribute, kind, name);
  if (failed(value))
    return failure();
  result.values.append(name, *value);
  return success();
}

} // namespace

FailureOr<NodeAttributes>
hagane::frontend::readAttributes(const NodeContext &context, Weights &weights) {
  Reader reader(context, weights);
  for (const proto::AttributeProto &attribute : context.node.attribute())
    if (failed(reader.add(attribute)))
      return failure();
  return std::move(reader.result);
}

ElementsAttr hagane::frontend::constantValue(const NodeAttributes &attributes) {
  if (attributes.values.getAttrs().size() != 1)
    return {};
  Attribute value = attributes.values.getAttrs().front().getValue();
  MLIRContext *context = value.getContext();
  Builder builder(context);
  auto scalar = [&](Type type) { return RankedTensorType::get({}, type); };
  if (auto elements = dyn_cast<ElementsAttr>(value);
      elements && !isa<DenseArrayAttr>(value))
    return elements;
  if (isa<FloatAttr, IntegerAttr>(value))
    return DenseElementsAttr::get(scalar(cast<TypedAttr>(value).getType()),
                                  value);
  if (auto floats = dyn_cast<DenseF32ArrayAttr>(value))
    return DenseElementsAttr::get(
        RankedTensorType::get({floats.size()}, builder.getF32Type()),
        floats.asArrayRef());
  if (auto ints = dyn_cast<DenseI64ArrayAttr>(value))
    return DenseElementsAttr::get(
        RankedTensorType::get({ints.size()}, builder.getI64Type()),
        ints.asArrayRef());
  return {};
}
