#include "tools/driver/Taps.h"

#include "dialects/kernel/KernelOps.h"
#include "dialects/xf/XfOps.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "passes/kernels/Scalars.h"
#include <cmath>

using namespace mlir;
using namespace hagane;
using namespace hagane::driver;
using xf::eval::HostTensor;

void hagane::driver::appendResults(func::FuncOp main, ArrayRef<Value> values) {
  Operation *ret = main.front().getTerminator();
  SmallVector<Type> types(main.getResultTypes());
  SmallVector<DictionaryAttr> attributes;
  main.getAllResultAttrs(attributes);
  attributes.resize(types.size());
  Builder builder(main.getContext());
  for (Value value : values) {
    std::string name = ("tap." + Twine(types.size())).str();
    attributes.push_back(builder.getDictionaryAttr(
        builder.getNamedAttr("onnx.name", builder.getStringAttr(name))));
    types.push_back(value.getType());
  }
  ret->insertOperands(ret->getNumOperands(), values);
  main.setType(
      FunctionType::get(main.getContext(), main.getArgumentTypes(), types));
  for (DictionaryAttr &attribute : attributes)
    if (!attribute)
      attribute = builder.getDictionaryAttr({});
  main.setAllResultAttrs(attributes);
}

SmallVector<Tap> hagane::driver::tapKernels(func::FuncOp main) {
  SmallVector<Tap> taps;
  SmallVector<Value> values;
  SmallVector<Attribute> shapes;
  for (Operation &op : main.front()) {
    auto kernel = dyn_cast<kernel::KernelOpInterface>(op);
    auto style = dyn_cast<DestinationStyleOpInterface>(op);
    auto dims = op.getAttrOfType<ArrayAttr>("shapes");
    if (!kernel || !style || !dims)
      continue;
    for (OpResult result : op.getResults()) {
      unsigned operand = style.getTiedOpOperand(result)->getOperandNumber();
      if (operand >= dims.size())
        continue;
      taps.push_back({kernel.getKernelKind().str(), op.getLoc()});
      values.push_back(result);
      shapes.push_back(dims[operand]);
    }
  }
  unsigned first = main.getNumResults();
  appendResults(main, values);
  for (auto [i, shape] : llvm::enumerate(shapes))
    main.setResultAttr(first + i, "xf.dims", shape);
  return taps;
}

llvm::SetVector<StringAttr> hagane::driver::nodeNames(Location location) {
  llvm::SetVector<StringAttr> names;
  location->walk([&](Location part) {
    if (auto name = dyn_cast<NameLoc>(part))
      names.insert(name.getName());
    return WalkResult::advance();
  });
  return names;
}

std::string hagane::driver::nodeName(Location location) {
  llvm::SetVector<StringAttr> names = nodeNames(location);
  return names.empty() ? "" : names.back().str();
}

Difference hagane::driver::compare(const HostTensor &got,
                                   const HostTensor &want, double absTolerance,
                                   double relTolerance, bool anyForNan) {
  Difference difference;
  bool isFloat = want.getElement().isFloat();
  for (int64_t i = 0; i < want.getCount(); ++i) {
    double x = isFloat ? got.getReal(i) : double(got.getInteger(i));
    double y = isFloat ? want.getReal(i) : double(want.getInteger(i));
    if (x == y || (std::isnan(y) && (anyForNan || std::isnan(x))))
      continue;
    double absolute = std::abs(x - y);
    if (std::isnan(absolute))
      absolute = std::numeric_limits<double>::infinity();
    double relative = absolute / std::max(std::abs(y), 1e-30);
    difference.absolute = std::max(difference.absolute, absolute);
    difference.relative = std::max(difference.relative, relative);
    // Written so that an infinite difference is never tolerable.
    if (!std::isfinite(absolute) ||
        absolute > absTolerance + relTolerance * std::abs(y))
      difference.isTolerable = false;
  }
  return difference;
}

static bool isAbsorbed(Operation *op) {
  return findScalarBuilder(op) || isa<xf::Reshape, xf::Transpose>(op);
}

SmallVector<Value> hagane::driver::findCandidates(Location kernel,
                                                  const References &references,
                                                  Type element, int64_t count) {
  llvm::SetVector<StringAttr> names = nodeNames(kernel);
  llvm::SmallPtrSet<Value, 16> reached;
  SmallVector<Value> candidates;
  for (const auto &[value, tensor] : references) {
    Operation *op = value.getDefiningOp();
    bool isReached =
        llvm::any_of(nodeNames(op->getLoc()),
                     [&](StringAttr name) { return names.contains(name); }) ||
        (isAbsorbed(op) && llvm::any_of(op->getOperands(), [&](Value operand) {
           return reached.contains(operand);
         }));
    if (!isReached)
      continue;
    reached.insert(value);
    if (tensor.getElementType() == element && tensor.getCount() == count)
      candidates.push_back(value);
  }
  return candidates;
}
