#include "frontend/Ordering.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "onnx-ml.pb.h"
#include "llvm/ADT/SmallVector.h"

using namespace mlir;
using namespace hagane::frontend;

namespace {

using Nodes = google::protobuf::RepeatedPtrField<proto::NodeProto>;

llvm::StringMap<int> producers(const Nodes &nodes) {
  llvm::StringMap<int> result;
  for (int i = 0; i != nodes.size(); ++i)
    for (const std::string &output : nodes[i].output())
      result.try_emplace(output, i);
  return result;
}

/// Whether node `from` needs the outputs of node `target`, directly or through
/// others.
bool dependsOn(const Nodes &nodes, const llvm::StringMap<int> &producer,
               int from, int target) {
  SmallVector<int> work{from};
  std::vector<bool> seen(nodes.size());
  while (!work.empty()) {
    int node = work.pop_back_val();
    if (node == target)
      return true;
    if (seen[node])
      continue;
    seen[node] = true;
    for (const std::string &input : nodes[node].input())
      if (auto it = producer.find(input); it != producer.end())
        work.push_back(it->second);
  }
  return false;
}

std::string describe(const proto::NodeProto &node) {
  return node.name().empty() ? "\"" + node.op_type() + "\" without a name"
                             : "\"" + node.name() + "\"";
}

} // namespace

LogicalResult hagane::frontend::checkOrder(const NodeContext &context,
                                           const Nodes &nodes, size_t index) {
  for (const std::string &input : context.node.input()) {
    if (input.empty() || context.scope.lookup(input))
      continue;
    llvm::StringMap<int> producer = producers(nodes);
    auto it = producer.find(input);
    if (it == producer.end())
      continue;
    int node = static_cast<int>(index);
    InFlightDiagnostic diag = emitError(context.loc)
                              << "input \"" << input << "\" is produced by ";
    if (it->second == node)
      return diag << "the node itself: the graph has a cycle";
    diag << "the later node " << describe(nodes[it->second]);
    if (dependsOn(nodes, producer, it->second, node))
      return diag << ", which depends on this node: the graph has a cycle";
    return diag << ": the nodes are not sorted";
  }
  return success();
}

bool hagane::frontend::sameElements(ElementsAttr left, ElementsAttr right) {
  if (left == right)
    return true;
  auto leftResource = dyn_cast<DenseResourceElementsAttr>(left);
  auto rightResource = dyn_cast<DenseResourceElementsAttr>(right);
  if (!leftResource || !rightResource ||
      left.getShapedType() != right.getShapedType())
    return false;
  AsmResourceBlob *leftBlob = leftResource.getRawHandle().getBlob();
  AsmResourceBlob *rightBlob = rightResource.getRawHandle().getBlob();
  return leftBlob && rightBlob && leftBlob->getData() == rightBlob->getData();
}
