#include "frontend/GraphImporter.h"

#include "dialects/onnx/OnnxDialect.h"
#include "frontend/OpVersions.h"
#include "frontend/Ordering.h"
#include "onnx-ml.pb.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace hagane::frontend;
namespace dialect = hagane::onnx;

/// Graphs in graphs and calls in calls; keeps the stack bounded.
static constexpr unsigned maxDepth = 200;

static std::string functionKey(StringRef domain, StringRef name,
                               StringRef overload) {
  return (normalizeDomain(domain) + Twine('\0') + name + Twine('\0') + overload)
      .str();
}

GraphImporter::GraphImporter(MLIRContext *context,
                             const proto::ModelProto &model, Weights &weights,
                             const ImportOptions &options)
    : model(model), weights(weights), options(options), builder(context) {
  for (const proto::FunctionProto &function : model.functions())
    functions.try_emplace(
        functionKey(function.domain(), function.name(), function.overload()),
        &function);
}

Location GraphImporter::nameLocation(StringRef name) {
  return NameLoc::get(builder.getStringAttr(name));
}

/// What the exporter says of a node (module path, stack trace) travels with its
/// location.
Location GraphImporter::nodeLocation(const proto::NodeProto &node,
                                     StringRef name) {
  NamedAttrList metadata;
  for (const auto &entry : node.metadata_props())
    if (!entry.key().empty())
      metadata.set(entry.key(), builder.getStringAttr(entry.value()));
  Location loc = nameLocation(name);
  if (metadata.empty())
    return loc;
  MLIRContext *context = builder.getContext();
  return FusedLoc::get(context, {loc}, metadata.getDictionary(context));
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

FailureOr<ValueType> GraphImporter::declaredType(const ValueScope &scope,
                                                 StringRef name, Location loc) {
  if (const proto::ValueInfoProto *info = scope.infos.lookup(name))
    return convertType(*info, loc);
  return ValueType{dialect::UnknownType::get(builder.getContext()), {}};
}

LogicalResult GraphImporter::define(ValueScope &scope, StringRef name,
                                    Value value, const Twine &origin,
                                    Location loc) {
  auto [it, inserted] = scope.values.try_emplace(
      name, ValueScope::Definition{value, origin.str()});
  if (inserted)
    return success();
  return emitError(loc) << "value \"" << name << "\" is defined twice: by "
                        << it->second.origin << " and by " << origin.str();
}

FailureOr<Value> GraphImporter::operand(const NodeContext &context,
                                        StringRef name) {
  if (name.empty())
    return absent;
  if (Value value = context.scope.lookup(name))
    return value;
  return emitError(context.loc)
         << "input \"" << name
         << "\" is not the output of a node, an initializer or an input of "
            "the graph";
}

//===----------------------------------------------------------------------===//
// Graphs
//===----------------------------------------------------------------------===//

LogicalResult GraphImporter::importInitializers(const proto::GraphProto &graph,
                                                ValueScope &scope) {
  auto add = [&](const auto &tensor, StringRef name) -> LogicalResult {
    Location loc = nameLocation(name);
    std::string subject = ("initializer \"" + name + "\"").str();
    if (name.empty())
      return emitError(loc) << "an initializer has no name";
    auto value = weights.read(tensor, name, loc, subject);
    if (failed(value))
      return failure();
    auto it = scope.values.find(name);
    // Some exporters write a shared constant more than once.
    if (it != scope.values.end())
      if (auto known = it->second.value.getDefiningOp<dialect::InitializerOp>();
          known && sameElements(known.getValue(), *value))
        return success();
    Value result =
        dialect::InitializerOp::create(builder, loc, value->getShapedType(),
                                       builder.getStringAttr(name), *value);
    return define(scope, name, result, subject, loc);
  };
  for (const proto::TensorProto &tensor : graph.initializer())
    if (failed(add(tensor, tensor.name())))
      return failure();
  for (const proto::SparseTensorProto &sparse : graph.sparse_initializer())
    if (failed(add(sparse, sparse.values().name())))
      return failure();
  return success();
}

template <typename Nodes>
LogicalResult GraphImporter::importNodes(const Nodes &nodes, const Frame &frame,
                                         ValueScope &scope, StringRef path) {
  for (auto [index, node] : llvm::enumerate(nodes)) {
    std::string name = frame.prefix + node.name();
    if (node.name().empty())
      name = (path + node.op_type() + "_" + Twine(index)).str();
    NodeContext context{node, frame, scope, nodeLocation(node, name), name};
    if (++nodeCount > options.maxNodes)
      return emitError(context.loc)
             << "the model has more than " << options.maxNodes
             << " nodes once its functions are inlined; --max-nodes allows "
                "more";
    if (failed(checkOrder(context, nodes, index)) ||
        failed(importNode(context)))
      return failure();
  }
  return success();
}

LogicalResult GraphImporter::importContents(const proto::GraphProto &graph,
                                            const Frame &frame,
                                            ValueScope &scope, StringRef path) {
  for (const proto::ValueInfoProto &info : graph.value_info())
    scope.infos[info.name()] = &info;
  for (const proto::ValueInfoProto &info : graph.output())
    if (info.has_type())
      scope.infos[info.name()] = &info;
  if (failed(importInitializers(graph, scope)))
    return failure();
  return importNodes(graph.node(), frame, scope, path);
}

LogicalResult
GraphImporter::importSubgraph(const NodeContext &context,
                              const NodeAttributes::Subgraph &subgraph,
                              Region &region) {
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&region);
  ValueScope scope(subgraph.scope);
  for (const proto::ValueInfoProto &input : subgraph.graph->input()) {
    auto type = convertType(input, context.loc);
    if (failed(type))
      return failure();
    Value argument = block->addArgument(type->type, nameLocation(input.name()));
    if (failed(define(scope, input.name(), argument, "an input of the subgraph",
                      context.loc)))
      return failure();
  }
  std::string path = context.name + "/" + subgraph.name + "/";
  if (failed(importContents(*subgraph.graph, *subgraph.frame, scope, path)))
    return failure();
  SmallVector<Value> outputs;
  for (const proto::ValueInfoProto &output : subgraph.graph->output()) {
    Value value = scope.lookup(output.name());
    if (!value)
      return emitError(context.loc)
             << "output \"" << output.name() << "\" of subgraph \""
             << subgraph.name << "\" is not the output of a node";
    outputs.push_back(value);
  }
  dialect::YieldOp::create(builder, context.loc, outputs);
  return success();
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

FailureOr<int64_t> GraphImporter::version(const NodeContext &context) {
  StringRef domain = normalizeDomain(context.node.domain());
  auto it = context.frame.opsets.find(domain);
  if (it == context.frame.opsets.end())
    return emitError(context.loc)
           << "operator \"" << context.node.op_type() << "\" is of domain \""
           << (domain.empty() ? "ai.onnx" : domain)
           << "\", which the model does not import";
  return sinceVersion(domain, context.node.op_type(), it->second);
}

LogicalResult GraphImporter::importNode(const NodeContext &context) {
  if (context.node.op_type().empty())
    return emitError(context.loc) << "the node has no operator type";
  if (depth == maxDepth)
    return emitError(context.loc)
           << "subgraphs and function calls nest deeper than " << maxDepth;
  ++depth;
  llvm::scope_exit leave([&] { --depth; });
  if (const proto::FunctionProto *function = findFunction(context.node))
    return importCall(context, *function);
  FailureOr<NodeAttributes> attributes = readAttributes(context, weights);
  if (failed(attributes))
    return failure();
  if (context.node.op_type() == "Constant" &&
      normalizeDomain(context.node.domain()).empty() &&
      context.node.output_size() == 1)
    if (ElementsAttr value = constantValue(*attributes))
      return importConstant(context, value);
  return importOperator(context, *attributes);
}

LogicalResult GraphImporter::importConstant(const NodeContext &context,
                                            ElementsAttr value) {
  const std::string &name = context.node.output(0);
  Value result = dialect::InitializerOp::create(
      builder, context.loc, value.getShapedType(), builder.getStringAttr(name),
      value);
  return define(context.scope, name, result, "node \"" + context.name + "\"",
                context.loc);
}

LogicalResult GraphImporter::importOperator(const NodeContext &context,
                                            NodeAttributes &attributes) {
  const proto::NodeProto &node = context.node;
  FailureOr<int64_t> since = version(context);
  if (failed(since))
    return failure();
  SmallVector<Value> inputs;
  for (const std::string &name : node.input()) {
    FailureOr<Value> input = operand(context, name);
    if (failed(input))
      return failure();
    inputs.push_back(*input);
  }
  SmallVector<Type> types;
  for (const std::string &name : node.output()) {
    auto type = declaredType(context.scope, name, context.loc);
    if (failed(type))
      return failure();
    types.push_back(name.empty() ? builder.getNoneType() : type->type);
  }
  SmallVector<StringRef> subgraphs;
  for (const NodeAttributes::Subgraph &subgraph : attributes.subgraphs)
    subgraphs.push_back(subgraph.name);

  auto op = dialect::NodeOp::create(
      builder, context.loc, types, builder.getStringAttr(node.op_type()),
      builder.getStringAttr(normalizeDomain(node.domain())),
      builder.getI64IntegerAttr(*since),
      attributes.values.getDictionary(builder.getContext()),
      builder.getStrArrayAttr(subgraphs), inputs,
      static_cast<unsigned>(subgraphs.size()));
  for (auto [subgraph, region] :
       llvm::zip_equal(attributes.subgraphs, op.getBodies()))
    if (failed(importSubgraph(context, subgraph, region)))
      return failure();
  for (auto [name, value] : llvm::zip_equal(node.output(), op.getOutputs()))
    if (!name.empty() &&
        failed(define(context.scope, name, value,
                      "node \"" + context.name + "\"", context.loc)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Local functions
//===----------------------------------------------------------------------===//

const proto::FunctionProto *
GraphImporter::findFunction(const proto::NodeProto &node) const {
  return functions.lookup(
      functionKey(node.domain(), node.op_type(), node.overload()));
}

LogicalResult GraphImporter::checkCall(const NodeContext &context,
                                       const proto::FunctionProto &function) {
  for (const Frame *frame = &context.frame; frame; frame = frame->caller)
    if (frame->function == &function)
      return emitError(context.loc)
             << "function \"" << function.name() << "\" calls itself";
  auto check = [&](int given, int declared, StringRef what) -> LogicalResult {
    if (given <= declared)
      return success();
    return emitError(context.loc)
           << "call of function \"" << function.name() << "\" has " << given
           << " " << what << ", the function has " << declared;
  };
  return failure(failed(check(context.node.input_size(), function.input_size(),
                              "inputs")) ||
                 failed(check(context.node.output_size(),
                              function.output_size(), "outputs")));
}

Frame GraphImporter::callFrame(const NodeContext &context,
                               const proto::FunctionProto &function) {
  Frame frame;
  frame.function = &function;
  frame.caller = &context.frame;
  frame.prefix = context.name + "/";
  frame.opsets = context.frame.opsets;
  for (const auto &opset : function.opset_import())
    frame.opsets[normalizeDomain(opset.domain())] =
        std::max<int64_t>(opset.version(), 1);
  for (const proto::AttributeProto &attribute : function.attribute_proto())
    frame.attributes[attribute.name()] = {&attribute, &context.frame,
                                          &context.scope};
  for (const proto::AttributeProto &attribute : context.node.attribute()) {
    if (attribute.ref_attr_name().empty()) {
      frame.attributes[attribute.name()] = {&attribute, &context.frame,
                                            &context.scope};
      continue;
    }
    auto it = context.frame.attributes.find(attribute.ref_attr_name());
    if (it != context.frame.attributes.end())
      frame.attributes[attribute.name()] = it->second;
  }
  return frame;
}

LogicalResult GraphImporter::importCall(const NodeContext &context,
                                        const proto::FunctionProto &function) {
  if (failed(checkCall(context, function)))
    return failure();
  Frame frame = callFrame(context, function);
  ValueScope scope(nullptr);
  for (const proto::ValueInfoProto &info : function.value_info())
    scope.infos[info.name()] = &info;
  for (auto [index, name] : llvm::enumerate(function.input())) {
    bool given = static_cast<int>(index) < context.node.input_size();
    FailureOr<Value> value =
        operand(context, given ? context.node.input(index) : "");
    if (failed(value) ||
        failed(define(scope, name, *value, "an input of the function",
                      context.loc)))
      return failure();
  }
  if (failed(importNodes(function.node(), frame, scope, frame.prefix)))
    return failure();
  for (auto [index, name] : llvm::enumerate(context.node.output())) {
    if (name.empty())
      continue;
    Value value = scope.lookup(function.output(index));
    if (!value)
      return emitError(context.loc)
             << "output \"" << function.output(index) << "\" of function \""
             << function.name() << "\" is not the output of a node";
    auto type = declaredType(context.scope, name, context.loc);
    if (failed(type) ||
        failed(define(context.scope, name, value,
                      "node \"" + context.name + "\"", context.loc)))
      return failure();
    // The caller may know more than the body, whose types hold for every call.
    if (isa<dialect::UnknownType>(value.getType()) &&
        value.getDefiningOp<dialect::NodeOp>())
      value.setType(type->type);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// The model's graph
//===----------------------------------------------------------------------===//

static DictionaryAttr signatureAttrs(OpBuilder &builder, StringRef name,
                                     ArrayAttr dims) {
  NamedAttrList attrs;
  attrs.set("onnx.name", builder.getStringAttr(name));
  if (dims)
    attrs.set("onnx.dims", dims);
  return attrs.getDictionary(builder.getContext());
}

LogicalResult GraphImporter::importInputs(const proto::GraphProto &graph,
                                          ValueScope &scope,
                                          func::FuncOp main) {
  // Up to IR version 3 every initializer is an input too; later ones give a
  // default. A constant either way.
  llvm::StringSet<> initialized;
  for (const proto::TensorProto &tensor : graph.initializer())
    initialized.insert(tensor.name());
  for (const proto::SparseTensorProto &sparse : graph.sparse_initializer())
    initialized.insert(sparse.values().name());

  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attrs;
  for (const proto::ValueInfoProto &input : graph.input()) {
    if (initialized.contains(input.name()))
      continue;
    Location loc = nameLocation(input.name());
    auto type = convertType(input, loc);
    if (failed(type))
      return failure();
    if (isa<dialect::UnknownType>(type->type))
      return emitError(loc) << "input \"" << input.name()
                            << "\" is not a tensor of a supported element type";
    Value argument = main.getBody().addArgument(type->type, loc);
    if (failed(define(scope, input.name(), argument, "an input of the graph",
                      loc)))
      return failure();
    types.push_back(type->type);
    attrs.push_back(signatureAttrs(builder, input.name(), type->dims));
  }
  main.setFunctionType(builder.getFunctionType(types, {}));
  main.setAllArgAttrs(attrs);
  return success();
}

LogicalResult GraphImporter::importOutputs(const proto::GraphProto &graph,
                                           ValueScope &scope,
                                           func::FuncOp main) {
  SmallVector<Value> values;
  SmallVector<DictionaryAttr> attrs;
  llvm::StringSet<> seen;
  for (const proto::ValueInfoProto &output : graph.output()) {
    Location loc = nameLocation(output.name());
    Value value = scope.lookup(output.name());
    if (!value)
      return emitError(loc) << "output \"" << output.name()
                            << "\" of the graph is not the output of a node";
    if (!seen.insert(output.name()).second)
      return emitError(loc) << "output \"" << output.name()
                            << "\" of the graph is given twice";
    auto type = convertType(output, loc);
    if (failed(type))
      return failure();
    values.push_back(value);
    attrs.push_back(signatureAttrs(builder, output.name(), type->dims));
  }
  func::ReturnOp::create(builder, main.getLoc(), values);
  SmallVector<Type> types(ValueRange(values).getTypes());
  main.setFunctionType(builder.getFunctionType(main.getArgumentTypes(), types));
  main.setAllResultAttrs(attrs);
  return success();
}

LogicalResult GraphImporter::importMain(ModuleOp module, const Frame &frame) {
  const proto::GraphProto &graph = model.graph();
  builder.setInsertionPointToEnd(module.getBody());
  auto main = func::FuncOp::create(builder, module.getLoc(), "main",
                                   builder.getFunctionType({}, {}));
  builder.createBlock(&main.getBody());
  absent = dialect::AbsentOp::create(builder, module.getLoc(),
                                     builder.getNoneType());
  ValueScope scope(nullptr);
  if (failed(importInputs(graph, scope, main)) ||
      failed(importContents(graph, frame, scope, /*path=*/"")) ||
      failed(importOutputs(graph, scope, main)))
    return failure();
  if (absent.use_empty())
    absent.getDefiningOp()->erase();
  return success();
}
